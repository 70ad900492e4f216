//! The way to the browser and back, and everything else that may come to the port.

use ringside_domain::{
    Kind, Result, SignIn, TypedHost, Url,
    sign_in::{Authorize, Redirected},
};
use tokio::task::JoinHandle;

use crate::{
    browser::{Back, Follows, HandsOver, Missing, raw},
    house::House,
    provider::{ISSUER, Provider},
};

/// A sign-in that waits for the test to come back from the browser.
async fn waiting(change: impl FnOnce(&mut Authorize)) -> (House, Back, JoinHandle<Result<Redirected>>) {
    let provider = Provider::start().await;
    let (browser, page) = HandsOver::new();
    let house = House::new(browser);
    let mut ask = provider.authorize();
    change(&mut ask);
    let sign_in = house.sign_in.clone();
    let task = tokio::spawn(async move { sign_in.authorize(ask).await });
    let back = page.await.unwrap();
    assert!(house.own_ports.contains(back.port), "told before the browser opens");
    (house, back, task)
}

fn good(back: &Back) -> String {
    format!("code=the-code&state={}&iss={ISSUER}", back.state)
}

async fn is_closed(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err()
}

#[tokio::test]
async fn through_the_browser_to_a_grant() {
    let provider = Provider::start().await;
    let (browser, shown) = Follows::new("de-AT, en;q=0.5");
    let house = House::new(browser);
    let back = house.sign_in.authorize(provider.authorize()).await.unwrap();

    assert!(
        back.redirect_uri.starts_with("http://127.0.0.1:"),
        "{}",
        back.redirect_uri
    );
    let names: Vec<&str> = back.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["iss", "accounts-server"]);

    let shown = shown.await.unwrap();
    assert_eq!(shown.status, 200);
    assert!(
        shown.body.contains("Sie können dieses Fenster schließen"),
        "{}",
        shown.body
    );
    assert!(shown.body.contains("Sample CRM"), "{}", shown.body);
    assert!(!shown.body.contains("code-"), "no secret on the page: {}", shown.body);
    let header = |name: &str| shown.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));

    let port = Url::parse(&back.redirect_uri).unwrap().port().unwrap();
    assert!(is_closed(port).await);

    // The provider checks the verifier, the redirect address and that the code is used once.
    let grant = house.sign_in.token(provider.exchange(&back)).await.unwrap();
    assert!(grant.access.expose().starts_with(b"at-"));
    let error = house.sign_in.token(provider.exchange(&back)).await.unwrap_err();
    assert_eq!(error.kind, Kind::SignInNeeded);
    let code = String::from_utf8(back.code.expose().to_vec()).unwrap();
    assert!(!error.to_string().contains(&code), "{error}");
}

#[tokio::test]
async fn a_verifier_of_another_sign_in_is_worth_nothing() {
    let provider = Provider::start().await;
    let house = House::new(Follows::new("en").0);
    let mut back = house.sign_in.authorize(provider.authorize()).await.unwrap();
    let other = House::new(Follows::new("en").0);
    let other = other.sign_in.authorize(provider.authorize()).await.unwrap();
    assert_ne!(back.verifier, other.verifier);
    back.verifier = other.verifier;
    let error = house.sign_in.token(provider.exchange(&back)).await.unwrap_err();
    assert_eq!(error.kind, Kind::SignInNeeded);
}

#[tokio::test]
async fn without_pkce_and_on_localhost_where_a_vendor_wants_it_so() {
    let provider = Provider::start().await;
    let house = House::new(Follows::new("en").0);
    let mut ask = provider.authorize();
    ask.pkce = false;
    ask.redirect.host = "localhost".to_owned();
    let back = house.sign_in.authorize(ask).await.unwrap();
    assert_eq!(back.verifier, None);
    assert!(back.redirect_uri.starts_with("http://localhost:"));
    house.sign_in.token(provider.exchange(&back)).await.unwrap();
}

#[tokio::test]
async fn what_the_browser_is_opened_with() {
    let (_house, back, task) = waiting(|ask| ask.url.set_fragment(Some("x"))).await;
    let names: Vec<String> = back.page.query_pairs().map(|(name, _)| name.into_owned()).collect();
    // The state of the connector's file is not ours and is gone.
    let wanted = [
        "prompt",
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ];
    assert_eq!(names, wanted);
    assert_eq!(back.page.fragment(), None);
    assert_eq!(back.state.len(), 22, "128 bits in base64url");
    task.abort();
}

#[tokio::test]
async fn only_the_exact_request_is_the_answer() {
    let (house, back, task) = waiting(|_| ()).await;
    let good = good(&back);
    let (host, port) = (back.host.clone(), back.port);
    let answered = [
        ("GET /favicon.ico HTTP/1.1".to_owned(), host.clone(), "404"),
        (format!("GET /callback/?{good} HTTP/1.1"), host.clone(), "404"),
        (format!("GET //callback?{good} HTTP/1.1"), host.clone(), "404"),
        (format!("GET /Callback?{good} HTTP/1.1"), host.clone(), "404"),
        (
            format!("GET http://{host}/callback?{good} HTTP/1.1"),
            host.clone(),
            "404",
        ),
        (format!("POST /callback?{good} HTTP/1.1"), host.clone(), "400"),
        (format!("HEAD /callback?{good} HTTP/1.1"), host.clone(), "400"),
        (format!("OPTIONS /callback?{good} HTTP/1.1"), host.clone(), "400"),
        (
            format!("GET /callback?{good} HTTP/1.1"),
            format!("evil.example:{port}"),
            "400",
        ),
        (
            format!("GET /callback?{good} HTTP/1.1"),
            format!("localhost:{port}"),
            "400",
        ),
        (format!("GET /callback?{good} HTTP/1.1"), "127.0.0.1".to_owned(), "400"),
        (
            format!("GET /callback?{good} HTTP/1.1"),
            format!("{host}\r\nHost: {host}"),
            "400",
        ),
        ("GET /callback HTTP/1.1".to_owned(), host.clone(), "400"),
        ("GET /callback?state=&code=x HTTP/1.1".to_owned(), host.clone(), "400"),
        (
            "GET /callback?state=AAAAAAAAAAAAAAAAAAAAAA&code=x HTTP/1.1".to_owned(),
            host.clone(),
            "400",
        ),
        (format!("GET /callback?{good}&code=other HTTP/1.1"), host.clone(), "400"),
        (
            format!("GET /callback?{good}&state=other HTTP/1.1"),
            host.clone(),
            "400",
        ),
        ("nonsense".to_owned(), host.clone(), "400"),
        (
            "GET /callback?error=access_denied&error_description=forged HTTP/1.1".to_owned(),
            host.clone(),
            "400",
        ),
    ];
    for (line, host, status) in answered {
        let answer = back.send(&line, &host).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{line} {host}: {answer}"
        );
        assert!(
            !answer.contains(&back.state) && !answer.contains("forged"),
            "{line}: {answer}"
        );
        assert!(!task.is_finished(), "{line} {host}");
    }
    let answer = back.get(&good).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("You can close this window"), "{answer}");
    let found = task.await.unwrap().unwrap();
    assert_eq!(found.code.expose(), b"the-code");
    assert!(is_closed(port).await && !house.own_ports.contains(port));
}

#[tokio::test]
async fn long_and_slow_requests_are_cut_and_the_wait_goes_on() {
    let (_house, back, task) = waiting(|_| ()).await;
    let long = format!(
        "GET /callback?x={} HTTP/1.1\r\nHost: {}\r\n\r\n",
        "a".repeat(20_000),
        back.host
    );
    let answer = raw(back.port, long.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");

    // More connections than are served at a time, none of which says anything: the oldest make room for the real one.
    tokio::time::pause();
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(tokio::net::TcpStream::connect(("127.0.0.1", back.port)).await.unwrap());
    }
    let begun = tokio::time::Instant::now();
    let answer = back.get(&good(&back)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let waited = begun.elapsed().as_millis();
    assert!((500..=5_000).contains(&waited), "{waited} ms");
    let mut nothing = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut silent[0], &mut nothing).await;
    assert!(nothing.is_empty(), "cut without a word: {nothing:?}");
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn no_number_of_wrong_states_ends_the_wait() {
    let (_house, back, task) = waiting(|_| ()).await;
    for wrong in 0..40 {
        let answer = back.get(&format!("code=x&state=guess{wrong}")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let answer = back.get(&good(&back)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_state_is_good_once() {
    let (_house, back, task) = waiting(|_| ()).await;
    let (first, second) = (good(&back), good(&back).replace("the-code", "second"));
    // Both are there before either is read.
    let mut one = tokio::net::TcpStream::connect(("127.0.0.1", back.port)).await.unwrap();
    let mut two = tokio::net::TcpStream::connect(("127.0.0.1", back.port)).await.unwrap();
    for (stream, query) in [(&mut one, &first), (&mut two, &second)] {
        let request = format!("GET /callback?{query} HTTP/1.1\r\nHost: {}\r\n\r\n", back.host);
        tokio::io::AsyncWriteExt::write_all(stream, request.as_bytes())
            .await
            .unwrap();
    }
    let mut answers = [String::new(), String::new()];
    for (stream, answer) in [&mut one, &mut two].into_iter().zip(&mut answers) {
        let _ = tokio::io::AsyncReadExt::read_to_string(stream, answer).await;
    }
    let done = answers
        .iter()
        .filter(|answer| answer.starts_with("HTTP/1.1 200"))
        .count();
    assert_eq!(done, 1, "{answers:?}");
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn another_issuer_or_none_is_refused() {
    for iss in ["&iss=https://evil.example", "&iss=https://login.example.com/", ""] {
        let (_house, back, task) = waiting(|_| ()).await;
        let answer = back.get(&format!("code=the-code&state={}{iss}", back.state)).await;
        assert!(answer.contains("Sample CRM did not sign you in"), "{answer}");
        let error = task.await.unwrap().err().unwrap();
        assert_eq!(error.kind, Kind::SignInNeeded);
        assert!(error.message.contains("names no issuer, or another one"), "{error}");
        assert!(!error.to_string().contains("evil"), "{error}");
    }
}

#[tokio::test]
async fn an_issuer_whom_the_connector_does_not_name_is_at_one_of_its_hosts() {
    let sent = async |iss: &str| {
        let (_house, back, task) = waiting(|ask| {
            ask.issuer = None;
            ask.hosts.allowed = vec!["login.example.com".to_owned(), "*.example.net".to_owned()];
        })
        .await;
        back.get(&format!("code=c&state={}{iss}", back.state)).await;
        task.await.unwrap()
    };
    for iss in [
        "",
        "&iss=https://login.example.com",
        "&iss=https://eu1.example.net/realms/7",
    ] {
        sent(iss).await.unwrap();
    }
    for iss in [
        "&iss=https://x.example",
        "&iss=http://login.example.com",
        "&iss=https://login.example.com.evil.example",
        "&iss=https://login.example.com:8443",
        "&iss=login.example.com",
        "&iss=",
    ] {
        let error = sent(iss).await.err().unwrap();
        assert_eq!(error.kind, Kind::SignInNeeded, "{iss}");
        assert!(
            error.message.contains("issuer is at a host of somebody else"),
            "{error}"
        );
        assert!(!error.to_string().contains("evil"), "{error}");
        assert!(error.hint.unwrap().contains("must name its `issuer`"));
    }
}

#[tokio::test]
async fn a_no_is_told_in_the_providers_own_words_cleaned() {
    let (_house, back, task) = waiting(|_| ()).await;
    let long = "b".repeat(500);
    let words = format!("The+user%0Asaid%00+no%E2%80%AE+%3Cscript%3Ealert(1)%3C/script%3E+{long}");
    let answer = back
        .get(&format!(
            "error=access_denied&error_description={words}&state={}",
            back.state
        ))
        .await;
    assert!(answer.contains("&lt;script&gt;alert(1)"), "{answer}");
    assert!(!answer.contains("<script"), "{answer}");
    let error = task.await.unwrap().err().unwrap();
    assert_eq!(error.kind, Kind::SignInNeeded);
    let start = "Sample CRM did not sign you in: The user said no <script>alert(1)</script> bbb";
    assert!(error.message.starts_with(start), "{error}");
    assert!(error.message.ends_with("b… (access_denied)"), "{error}");
    assert!(
        !error
            .message
            .chars()
            .any(|letter| letter.is_control() || letter == '\u{202e}')
    );
    assert!(error.message.chars().count() < 300);
    assert!(error.hint.unwrap().contains("allow Ringside"));
}

#[tokio::test]
async fn an_answer_without_a_code_is_told() {
    let (_house, back, task) = waiting(|_| ()).await;
    back.get(&format!("code=&iss={ISSUER}&state={}", back.state)).await;
    let error = task.await.unwrap().err().unwrap();
    assert!(error.message.contains("holds no code"), "{error}");
}

#[tokio::test]
async fn a_taken_port_is_said_and_no_browser_opens() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let provider = Provider::start().await;
    let (browser, mut page) = HandsOver::new();
    let house = House::new(browser);
    let mut ask = provider.authorize();
    ask.redirect.port = Some(port);
    let error = house.sign_in.authorize(ask.clone()).await.err().unwrap();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(error.message.contains(&port.to_string()), "{error}");
    assert!(error.hint.unwrap().contains("try again"));
    assert!(page.try_recv().is_err(), "the browser must not open");

    // Free again, the same port is used, and a second sign-in at the same time is told.
    drop(taken);
    let sign_in = house.sign_in.clone();
    let first = ask.clone();
    let task = tokio::spawn(async move { sign_in.authorize(first).await });
    let back = page.await.unwrap();
    assert_eq!(back.port, port);
    assert_eq!(house.sign_in.authorize(ask).await.err().unwrap().kind, Kind::Conflict);
    back.get(&good(&back)).await;
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn localhost_with_its_other_address_in_foreign_hands_is_a_taken_port() {
    let Ok(taken) = std::net::TcpListener::bind("[::1]:0") else {
        println!("skipped: this machine has no IPv6");
        return;
    };
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let mut ask = provider.authorize();
    ask.redirect.host = "localhost".to_owned();
    ask.redirect.port = Some(taken.local_addr().unwrap().port());
    assert_eq!(house.sign_in.authorize(ask).await.err().unwrap().kind, Kind::Conflict);
}

#[tokio::test]
async fn nobody_comes_back_for_five_minutes() {
    let (house, back, task) = waiting(|_| ()).await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let error = task.await.unwrap().err().unwrap();
    assert_eq!(error.kind, Kind::Timeout);
    let waited = begun.elapsed().as_secs();
    assert!((295..=300).contains(&waited), "{waited} s");
    assert!(is_closed(back.port).await);
    assert!(!house.own_ports.contains(back.port));
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_closes_its_port() {
    let (house, back, task) = waiting(|_| ()).await;
    let open = tokio::net::TcpStream::connect(("127.0.0.1", back.port)).await.unwrap();
    task.abort();
    assert!(task.await.is_err());
    assert!(is_closed(back.port).await);
    assert!(!house.own_ports.contains(back.port));
    drop(open);
}

#[tokio::test]
async fn no_browser_is_an_error_without_the_url() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    let error = house.sign_in.authorize(provider.authorize()).await.err().unwrap();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(!format!("{error} {error:?}").contains("state="), "{error:?}");
}

#[tokio::test]
async fn pages_and_redirects_that_must_not_be() {
    let provider = Provider::start().await;
    let house = House::new(Missing);
    type Change = fn(&mut Authorize);
    let cases: [(Change, Kind); 7] = [
        (
            |ask| ask.url = Url::parse("https://evil.example/authorize").unwrap(),
            Kind::Forbidden,
        ),
        (
            |ask| ask.url = Url::parse("file:///etc/passwd").unwrap(),
            Kind::Forbidden,
        ),
        (
            |ask| {
                ask.hosts.typed = Some(TypedHost {
                    host: "127.0.0.1".to_owned(),
                    port: 1,
                });
            },
            Kind::Forbidden,
        ),
        (|ask| ask.redirect.host = "0.0.0.0".to_owned(), Kind::Invalid),
        (|ask| ask.redirect.path = "callback".to_owned(), Kind::Invalid),
        (|ask| ask.redirect.path = "/call back?x".to_owned(), Kind::Invalid),
        (|ask| ask.redirect.port = Some(0), Kind::Invalid),
    ];
    for (number, (change, kind)) in cases.into_iter().enumerate() {
        let mut ask = provider.authorize();
        change(&mut ask);
        assert_eq!(house.sign_in.authorize(ask).await.err().unwrap().kind, kind, "{number}");
    }
}
