//! Where requests may go, by name, by address and by redirect; each refusal is seen from the server that got nothing.

use ringside_domain::{Error, HostRules, HttpTransport, Kind, Method, TypedHost, credentials::Secret};

use crate::{
    Names, OwnPorts, get, post, request,
    server::{Server, answer, ok, tls_for},
    web, web_with,
};

const NAME: &str = "crm.example.test";

fn forbidden(answer: Result<impl std::fmt::Debug, Error>, what: &str) {
    let error = answer.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden, "{error:?}");
    assert!(error.message.contains(what), "{error}");
    assert!(!error.may_have_happened && error.hint.is_some(), "{error:?}");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn a_host_that_was_not_named_is_not_asked() {
    let server = Server::start(|_, _| ok()).await;
    let mut request = get(&server.url("/?key=hush"));
    request.hosts = HostRules {
        allowed: vec!["api.example.com".into()],
        typed: None,
    };
    forbidden(web().send(request).await, "https only");
    let mut request = get(&format!("https://127.0.0.1:{}/?key=hush", server.port));
    request.hosts = HostRules::default();
    forbidden(web().send(request).await, "not among the hosts");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_or_an_address_in_a_private_network_is_asked_only_where_typed() {
    let server = Server::with(Some(tls_for(&[NAME])), |_, _| ok()).await;
    let to = format!("127.0.0.1:{}", server.port);
    let web = web_with(Names::new(&[&[&to]]), OwnPorts::default());
    let url = format!("https://{NAME}/people?key=hush");
    assert_eq!(web.send(get(&url)).await.unwrap().status, 200);
    assert_eq!(server.connections(), 1);
    // The connection is still warm; who did not type the host gets nothing of it.
    let mut untyped = post(&url, "{}");
    untyped.hosts = HostRules {
        allowed: vec![NAME.into()],
        typed: None,
    };
    forbidden(web.send(untyped).await, "private network");
    let mut literal = get("https://127.0.0.1/?key=hush");
    literal.hosts = HostRules {
        allowed: vec!["127.0.0.1".into()],
        typed: None,
    };
    forbidden(web.send(literal).await, "private network");
    assert_eq!((server.connections(), server.seen().len()), (1, 1));
    assert_eq!(web.send(get(&url)).await.unwrap().status, 200);
    assert_eq!(server.connections(), 1, "and who typed it, uses it again");
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_looked_at_at_every_connect() {
    let server = Server::with(Some(tls_for(&[NAME])), |_, _| {
        answer("200 OK", "connection: close\r\n", b"")
    })
    .await;
    let to = format!("127.0.0.1:{}", server.port);
    let web = web_with(Names::new(&[&[&to], &["169.254.169.254:0"]]), OwnPorts::default());
    let url = format!("https://{NAME}/?key=hush");
    assert_eq!(web.send(get(&url)).await.unwrap().status, 200);
    forbidden(web.send(get(&url)).await, "metadata");
}

#[tokio::test]
async fn localhost_is_this_computer_whatever_a_name_server_says() {
    let server = Server::start(|_, _| ok()).await;
    let lied_to = web_with(Names::new(&[&["192.0.2.7:0"]]), OwnPorts::default());
    let answer = lied_to.send(get(&format!("http://localhost:{}/", server.port))).await;
    assert_eq!(answer.unwrap().status, 200);
}

#[tokio::test]
async fn metadata_addresses_are_never_asked_even_if_typed() {
    let elsewhere = web_with(Names::new(&[&["[fd00:ec2::254]:0"]]), OwnPorts::default());
    for url in [
        "https://169.254.169.254/?key=hush",
        "https://[::ffff:169.254.169.254]/",
        "https://[fd00:ec2::254]/",
        "https://0xa9fea9fe/",
        "https://metadata.google.internal/",
        "https://crm.example.test/",
    ] {
        forbidden(elsewhere.send(get(url)).await, "metadata");
    }
    forbidden(
        elsewhere.send(get("https://0.0.0.0/")).await,
        "not the address of a server",
    );
}

#[tokio::test]
async fn our_own_ports_are_never_asked() {
    let server = Server::start(|_, _| ok()).await;
    let ports = OwnPorts::default();
    let web = web_with(Names::new(&[&["127.0.0.1:0"]]), ports.clone());
    ports.add(server.port);
    for host in ["127.0.0.1", "localhost", "localhost.", "[::ffff:127.0.0.1]"] {
        let scheme = if host.starts_with('[') { "https" } else { "http" };
        let url = format!("{scheme}://{host}:{}/?key=hush", server.port);
        forbidden(web.send(get(&url)).await, "Ringside itself");
    }
    forbidden(
        web.send(get(&format!("https://{NAME}:{}/", server.port))).await,
        "Ringside itself",
    );
    assert_eq!(server.connections(), 0);
    ports.remove(server.port);
    assert_eq!(web.send(get(&server.url("/"))).await.unwrap().status, 200);
    let by_name = format!("http://localhost:{}/", server.port);
    assert_eq!(web.send(get(&by_name)).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_redirect_to_what_is_not_allowed_is_refused_before_anything_is_sent_there() {
    let other = Server::start(|_, _| ok()).await;
    let to = other.url("/stolen?key=hush");
    let server = Server::start(move |_, _| answer("302 Found", &format!("location: {to}\r\n"), b"")).await;
    let mut request = get(&server.url("/"));
    request.redirects = 3;
    let error = web().send(request).await.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden);
    assert!(error.message.contains("wanted to send Ringside elsewhere"), "{error}");
    assert!(error.may_have_happened, "the first request did go out");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn redirects_are_counted_and_the_one_too_many_is_the_answer() {
    let server = Server::start(|n, _| answer("302 Found", &format!("location: /{n}\r\n"), b"elsewhere")).await;
    let web = web();
    for redirects in [0, 2] {
        let before = server.seen().len();
        let mut request = get(&server.url("/start"));
        request.redirects = redirects;
        let answer = web.send(request).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (302, &b"elsewhere"[..]));
        assert_eq!(server.seen().len() - before, usize::from(redirects) + 1);
    }
    assert_eq!(
        server.connections(),
        1,
        "the body of a redirect is read, its connection used again"
    );
}

#[tokio::test]
async fn a_307_keeps_method_and_body_and_says_where_the_answer_came_from() {
    let server = Server::start(|n, _| match n {
        0 => answer("307 Temporary Redirect", "location: ../rest/login?x=1#y\r\n", b""),
        _ => ok(),
    })
    .await;
    let mut request = post(&server.url("/old/login"), "{\"a\":1}");
    request.redirects = 1;
    let answer = web().send(request).await.unwrap();
    assert_eq!(answer.url.as_str(), server.url("/rest/login?x=1"));
    let seen = server.seen();
    assert!(
        seen[1].starts_with("POST /rest/login?x=1 HTTP/1.1\r\n") && seen[1].ends_with("{\"a\":1}"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_redirect_to_another_scheme_carries_nothing_that_proves_who_we_are() {
    let server = Server::with(Some(tls_for(&["127.0.0.1"])), |n, request| match n {
        0 => {
            let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
            answer("302 Found", &format!("location: https://{host}/in\r\n"), b"")
        }
        _ => ok(),
    })
    .await;
    let mut request = get(&server.url("/"));
    request.redirects = 1;
    request.headers = vec![
        ("Accept".into(), "application/json".into()),
        ("Cookie".into(), "a=hush".into()),
    ];
    request.credentials = vec![("X-Api-Key".into(), Secret::new("hush"))];
    assert_eq!(web().send(request).await.unwrap().url.scheme(), "https");
    let seen = server.seen();
    assert!(
        seen[0].contains("x-api-key: hush") && seen[0].contains("cookie: a=hush"),
        "{seen:?}"
    );
    assert!(
        !seen[1].contains("hush") && seen[1].contains("accept: application/json"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_redirect_back_to_no_encryption_is_refused() {
    let server = Server::with(Some(tls_for(&["127.0.0.1"])), |_, request| {
        let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        answer("302 Found", &format!("location: http://{host}/in\r\n"), b"")
    })
    .await;
    let mut request = get(&format!("https://127.0.0.1:{}/", server.port));
    request.redirects = 1;
    let error = web().send(request).await.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden);
    assert!(error.message.contains("without encryption"), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_port_of_a_typed_host_is_the_typed_one() {
    let server = Server::start(|_, _| ok()).await;
    let mut request = request(Method::Get, &server.url("/"));
    request.hosts.typed = Some(TypedHost {
        host: "127.0.0.1".into(),
        port: server.port ^ 1,
    });
    forbidden(web().send(request).await, "port");
    assert_eq!(server.connections(), 0);
}
