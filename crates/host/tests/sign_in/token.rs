//! The token endpoint: ways to ask, and everything that may come back.

use std::time::Duration;

use ringside_domain::{
    Kind, Retry, SignIn, Url,
    credentials::Secret,
    sign_in::{ClientAuth, TokenAsk},
};

use crate::{
    browser::{Follows, Missing},
    house::House,
    provider::{Provider, SECRET},
};

#[tokio::test]
async fn every_way_to_prove_who_we_are() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    for (auth, in_query) in [
        (ClientAuth::Basic, false),
        (ClientAuth::Body, false),
        (ClientAuth::None, false),
        (ClientAuth::Body, true),
        (ClientAuth::Basic, true),
    ] {
        let mut ask = provider.ask(TokenAsk::ClientCredentials);
        ask.client_auth = auth;
        ask.in_query = in_query;
        let grant = house.sign_in.token(ask).await.unwrap();
        assert!(grant.access.expose().starts_with(b"at-"), "{auth:?} {in_query}");
        let asked = provider.inner().asked.last().unwrap().clone();
        assert_eq!(asked["environment"], "test");
        let secret = asked.get("client_secret").map(String::as_str);
        assert_eq!(secret, (auth == ClientAuth::Body).then_some(SECRET), "{auth:?}");
    }
}

#[tokio::test]
async fn a_query_that_is_there_stays_and_ours_comes_once() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let mut ask = provider.ask(TokenAsk::Password {
        user: "ann@example.com".to_owned(),
        password: Secret::new("pass word"),
    });
    ask.url = Url::parse(&format!("{}token?tenant=7", provider.url)).unwrap();
    ask.in_query = true;
    ask.extra
        .push(("grant_type".to_owned(), "client_credentials".to_owned()));
    let grant = house.sign_in.token(ask).await.unwrap();
    assert!(grant.refresh.is_some());
    let asked = provider.inner().asked.last().unwrap().clone();
    assert_eq!(
        (asked["tenant"].as_str(), asked["grant_type"].as_str()),
        ("7", "password")
    );
}

#[tokio::test]
async fn what_a_grant_holds() {
    let provider = Provider::start().await;
    let house = House::new(Follows::new("en").0);
    let back = house.sign_in.authorize(provider.authorize()).await.unwrap();
    let grant = house.sign_in.token(provider.exchange(&back)).await.unwrap();
    assert_eq!(grant.expires_in, Some(Duration::from_secs(3_600)));
    assert!(!grant.expired);
    assert!(grant.refresh.is_some());
    let mut members = grant.members.clone();
    members.sort();
    let wanted = [
        ("account", "4711"),
        ("instance_url", "https://eu1.example.com"),
        ("token_type", "Bearer"),
    ];
    let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(members, wanted, "no token, nothing nested");
}

#[tokio::test]
async fn lifetimes_as_providers_write_them() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let day = Duration::from_secs(24 * 3_600);
    for (sent, read) in [
        (serde_json::json!("3600"), Some(Duration::from_secs(3_600))),
        (serde_json::json!(" 60 "), Some(Duration::from_secs(60))),
        (serde_json::json!(3600.5), Some(Duration::from_secs_f64(3_600.5))),
        (serde_json::json!(1e300), Some(3_650 * day)),
        (serde_json::json!("inf"), Some(3_650 * day)),
        (serde_json::json!(0), None),
        (serde_json::json!(-5), None),
        (serde_json::json!("NaN"), None),
        (serde_json::json!("soon"), None),
        (serde_json::json!(["3600"]), None),
        (serde_json::json!(null), None),
    ] {
        provider.inner().lifetime = Some(sent.clone());
        let grant = house
            .sign_in
            .token(provider.ask(TokenAsk::ClientCredentials))
            .await
            .unwrap();
        assert_eq!(grant.expires_in, read, "{sent}");
    }
}

/// Google's, shortened.
const AUTOMATED: &str =
    "<html><h1>We're sorry...</h1><p>... but your computer or network may be sending automated queries.";

/// Status, type, body; the kind it means, and what the words must hold.
type Case = (u16, &'static str, String, Kind, &'static str);

fn hostile() -> Vec<Case> {
    let json = "application/json";
    let text = |body: &str| body.to_owned();
    let error = |code: &str| format!(r#"{{"error":"{code}","error_description":"Because we say so."}}"#);
    vec![
        (
            400,
            json,
            error("invalid_grant"),
            Kind::SignInNeeded,
            "Because we say so (invalid_grant)",
        ),
        (401, json, error("invalid_client"), Kind::SignInNeeded, "invalid_client"),
        (
            400,
            json,
            error("unauthorized_client"),
            Kind::SignInNeeded,
            "unauthorized_client",
        ),
        (400, json, error("access_denied"), Kind::SignInNeeded, "access_denied"),
        (200, json, error("invalid_code"), Kind::SignInNeeded, "invalid_code"),
        (
            200,
            json,
            text(r#"{"error":"invalid_client_secret"}"#),
            Kind::SignInNeeded,
            "invalid_client_secret",
        ),
        (400, json, error("invalid_scope"), Kind::Invalid, "invalid_scope"),
        (200, json, error("other_error"), Kind::Invalid, "other_error"),
        (
            400,
            json,
            error("temporarily_unavailable"),
            Kind::Unavailable,
            "Because we say so",
        ),
        (
            400,
            json,
            text(r#"{"error":{"message":"no such app"}}"#),
            Kind::Invalid,
            "no such app",
        ),
        (
            400,
            json,
            text(r#"{"error":"The thing is wrong"}"#),
            Kind::Invalid,
            "The thing is wrong",
        ),
        (401, "text/html", text("<html>"), Kind::SignInNeeded, "status 401"),
        (403, json, text("{}"), Kind::Forbidden, "status 403"),
        (404, "text/html", text("<html>"), Kind::Invalid, "status 404"),
        (302, "text/html", text(""), Kind::Invalid, "another address"),
        (500, "text/html", text("<html>"), Kind::Unavailable, "status 500"),
        (503, json, error("server_error"), Kind::Unavailable, "server_error"),
        (
            429,
            json,
            error("slow_down"),
            Kind::RateLimited,
            "too often: Because we say so",
        ),
        (
            400,
            json,
            error("rate_limit_exceeded"),
            Kind::RateLimited,
            "too often: Because we say so",
        ),
        (403, "text/html", text(AUTOMATED), Kind::RateLimited, "too often"),
        (
            200,
            "text/html",
            text("<html>Sign in</html>"),
            Kind::Invalid,
            "not a JSON object",
        ),
        (200, json, text(""), Kind::Invalid, "not a JSON object"),
        (200, json, text("[]"), Kind::Invalid, "not a JSON object"),
        (
            200,
            json,
            text(r#"{"access_token":"a"#),
            Kind::Invalid,
            "not a JSON object",
        ),
        (200, json, "[".repeat(100_000), Kind::Invalid, "not a JSON object"),
        (200, json, text("{}"), Kind::Invalid, "no access token"),
        (
            200,
            json,
            text(r#"{"access_token":null}"#),
            Kind::Invalid,
            "no access token",
        ),
        (
            200,
            json,
            text(r#"{"access_token":""}"#),
            Kind::Invalid,
            "no access token",
        ),
        (200, json, text(r#"{"access_token":17}"#), Kind::Invalid, "access_token"),
        (
            200,
            json,
            text(r#"{"access_token":{"a":1}}"#),
            Kind::Invalid,
            "access_token",
        ),
        (
            200,
            json,
            text(r#"{"access_token":"a\r\nX-Evil: 1"}"#),
            Kind::Invalid,
            "access_token",
        ),
        (
            200,
            json,
            text(r#"{"access_token":"a","refresh_token":[]}"#),
            Kind::Invalid,
            "refresh_token",
        ),
        (
            200,
            json,
            format!(r#"{{"access_token":"{}"}}"#, "a".repeat(60_000)),
            Kind::Invalid,
            "access_token",
        ),
        (
            200,
            json,
            format!(r#"{{"x":"{}"}}"#, "a".repeat(400_000)),
            Kind::Invalid,
            "larger than",
        ),
    ]
}

#[tokio::test]
async fn answers_that_grant_nothing_say_what_is_wrong() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    for (status, kind, body, meant, words) in hostile() {
        let start: String = body.chars().take(60).collect();
        provider.inner().instead = Some((status, kind, body.into_bytes()));
        let error = house
            .sign_in
            .token(provider.ask(TokenAsk::ClientCredentials))
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind, meant, "{status} {start}: {error}");
        assert!(error.message.contains(words), "{status} {start}: {error}");
        assert!(
            !error.message.ends_with('.') && error.message.chars().count() < 400,
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_refresh_that_is_refused_in_any_words_asks_the_person() {
    use ringside_domain::sign_in::Grant;

    let provider = Provider::start().await;
    let house = House::new(Missing);
    let json = "application/json";
    let own: [(u16, &'static str, &str, Kind, &str); 8] = [
        (
            400,
            json,
            r#"{"status":"BAD_REFRESH_TOKEN","message":"refresh token is invalid"}"#,
            Kind::SignInNeeded,
            "refresh token is invalid",
        ),
        (
            400,
            json,
            r#"{"error":"invalid_request","error_description":"The refresh token is invalid."}"#,
            Kind::SignInNeeded,
            "invalid_request",
        ),
        (400, "text/plain", "expired", Kind::SignInNeeded, "status 400"),
        (422, json, "{}", Kind::SignInNeeded, "status 422"),
        (405, json, "{}", Kind::Invalid, "status 405"),
        (408, "text/plain", "slow", Kind::Unavailable, "status 408"),
        (403, json, "{}", Kind::Forbidden, "status 403"),
        // Salesforce's, which passes.
        (
            400,
            json,
            r#"{"error":"unknown_error","error_description":"retry your request"}"#,
            Kind::Unavailable,
            "retry your request",
        ),
    ];
    let own = own.map(|(status, kind, body, meant, words)| (status, kind, body.to_owned(), meant, words));
    let grant = Grant {
        access: Secret::new("at"),
        refresh: Some(Secret::new("rt")),
        expires_in: None,
        expired: true,
        members: Vec::new(),
    };
    for (number, (status, kind, body, meant, words)) in own.into_iter().chain(hostile()).enumerate() {
        // What is said of a new sign-in is the same here, but that no word of a client error blames the settings.
        let meant = match (status, meant) {
            (400, Kind::Invalid) => Kind::SignInNeeded,
            (200, Kind::Invalid) if body.contains("other_error") => Kind::SignInNeeded,
            (_, meant) => meant,
        };
        let start: String = body.chars().take(60).collect();
        provider.inner().instead = Some((status, kind, body.into_bytes()));
        let name = format!("crm-{number}");
        house.sign_in.keep(&name, grant.clone()).await.unwrap();
        let ask = provider.ask(TokenAsk::Refresh);
        let error = house.sign_in.refresh(&name, &grant, ask).await.unwrap_err();
        assert_eq!(error.kind, meant, "{status} {start}: {error}");
        // A bare code says nothing to who was signed in until now.
        let ended = error.message.ends_with("has ended this sign-in");
        assert!(ended || error.message.contains(words), "{status} {start}: {error}");
        if status == 400 && meant == Kind::SignInNeeded && !words.contains("client") {
            assert_eq!(error.hint.as_deref(), Some("Sign in again"), "{start}");
        }
    }
}

#[tokio::test]
async fn a_json_under_another_name_is_read_and_members_have_limits() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let mut members: Vec<String> = (0..80).map(|number| format!(r#""m{number:02}":"v""#)).collect();
    members.push(format!(r#""a_long":"{}""#, "x".repeat(2_001)));
    members.push(r#""b_split":"https://a.example\r\nX-Evil: 1""#.to_owned());
    members.push(r#""access_token":"at","id_token":"secret","refresh_token":null,"flag":true"#.to_owned());
    let body = format!("{{{}}}", members.join(","));
    provider.inner().instead = Some((200, "text/plain; charset=utf-8", body.into_bytes()));
    let grant = house
        .sign_in
        .token(provider.ask(TokenAsk::ClientCredentials))
        .await
        .unwrap();
    assert_eq!(grant.members.len(), 50);
    assert!(
        grant
            .members
            .iter()
            .all(|(name, value)| name.starts_with('m') && value == "v")
    );
    assert_eq!((grant.refresh, grant.expires_in), (None, None));
}

#[tokio::test]
async fn a_provider_that_says_when_to_come_back_is_obeyed() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    for (status, after, retry) in [
        (429, Some("17"), Retry::After(Duration::from_secs(17))),
        // A minute after the test's clock.
        (
            429,
            Some("Sun, 22 Nov 2026 00:01:00 GMT"),
            Retry::After(Duration::from_secs(60)),
        ),
        (503, Some("Sat, 21 Nov 2026 00:00:00 GMT"), Retry::After(Duration::ZERO)),
        (429, Some("99999999999"), Retry::After(Duration::from_secs(24 * 3_600))),
        (429, Some("later"), Retry::After(Duration::from_secs(60))),
        (503, None, Retry::Later),
    ] {
        {
            let mut inner = provider.inner();
            inner.instead = Some((status, "application/json", b"{}".to_vec()));
            inner.retry_after = after.map(str::to_owned);
        }
        let error = house
            .sign_in
            .token(provider.ask(TokenAsk::ClientCredentials))
            .await
            .err()
            .unwrap();
        assert_eq!(error.retry, retry, "{status} {after:?}");
    }
}

#[tokio::test]
async fn secrets_that_a_provider_repeats_stay_out_of_the_error() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let mut ask = provider.ask(TokenAsk::ClientCredentials);
    ask.client_id = "somebody else".to_owned();
    // The provider's answer holds the client secret.
    let error = house.sign_in.token(ask).await.err().unwrap();
    assert_eq!(error.kind, Kind::SignInNeeded);
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    assert!(error.hint.unwrap().contains("client secret of this connection"));
}

#[tokio::test]
async fn nothing_to_refresh_with_and_hosts_that_are_not_allowed() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let error = house
        .sign_in
        .token(provider.ask(TokenAsk::Refresh))
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind, Kind::SignInNeeded);
    let mut ask = provider.ask(TokenAsk::ClientCredentials);
    ask.hosts.typed = None;
    let error = house.sign_in.token(ask).await.err().unwrap();
    assert_eq!(error.kind, Kind::Forbidden);
    assert!(provider.inner().asked.is_empty(), "nothing was sent");
}

#[tokio::test]
async fn a_provider_that_never_answers_is_not_waited_for() {
    let provider = Provider::start().await;
    let _hold = provider.hold();
    let house = House::new(Missing);
    let mut ask = provider.ask(TokenAsk::ClientCredentials);
    ask.deadline = Duration::from_millis(100);
    let error = house.sign_in.token(ask).await.err().unwrap();
    assert_eq!(error.kind, Kind::Timeout);
    assert!(error.may_have_happened);
}
