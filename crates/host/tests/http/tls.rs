//! Whose certificates are believed, and what a person is told about the others.

use std::time::Duration;

use ringside_domain::{Error, HttpTransport, Kind};
use ringside_host::{Web, WebOptions};
use rustls::ServerConfig;

use crate::{
    Names, OwnPorts, get, post,
    server::{Server, Step, ok, tls_expired, tls_for, tls_of_a_namesake, tls_of_a_stranger, tls_self_signed},
    web_with,
};

const NAME: &str = "crm.example.test";

/// Asks a server with this certificate, under a name that leads to the loopback.
async fn ask(tls: ServerConfig) -> Result<u16, Error> {
    let server = Server::with(Some(tls), |_, _| ok()).await;
    let web = web_with(Names::new(&[&["127.0.0.1:0"]]), OwnPorts::default());
    let answer = web
        .send(post(&format!("https://{NAME}:{}/people?key=hush", server.port), "{}"))
        .await;
    if answer.is_err() {
        assert_eq!(server.seen(), Vec::<String>::new(), "nothing was sent");
    }
    answer.map(|answer| answer.status)
}

#[tokio::test]
async fn a_certificate_of_the_persons_own_ca_is_believed() {
    assert_eq!(ask(tls_for(&[NAME])).await.unwrap(), 200);
}

#[tokio::test]
async fn other_certificates_are_not_and_the_reason_is_said() {
    for (tls, reason, hint) in [
        (
            tls_of_a_stranger(&[NAME]),
            "nobody trusted",
            "certificate file of its CA",
        ),
        (
            tls_of_a_namesake(&[NAME]),
            "nobody trusted",
            "certificate file of its CA",
        ),
        (tls_self_signed(&[NAME]), "nobody trusted", "certificate file of its CA"),
        (
            tls_for(&["other.example.test"]),
            "another name",
            "for which its certificate",
        ),
        (tls_expired(&[NAME]), "expired", "clock"),
    ] {
        let error = ask(tls).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable, "{error}");
        assert!(
            error.message.starts_with(NAME) && error.message.contains(reason),
            "{error}"
        );
        assert!(error.hint.as_ref().unwrap().contains(hint), "{error}");
        assert!(!error.may_have_happened, "{error}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_said() {
    let server = Server::start(|_, _| ok()).await;
    let web = web_with(Names::new(&[&["127.0.0.1:0"]]), OwnPorts::default());
    // It waits for an HTTP head that never comes; a client that hangs would fail by its deadline.
    let mut request = post(&format!("https://{NAME}:{}/", server.port), "{}");
    request.deadline = Duration::from_millis(300);
    let error = web.send(request).await.unwrap_err();
    assert_eq!(error.kind, Kind::Timeout);
    assert!(!error.may_have_happened, "the handshake was not over: {error:?}");

    let shouting =
        Server::start(|_, _| vec![Step::Send(b"220 smtp.example.test ready\r\n".to_vec()), Step::Close]).await;
    let mut plain = get(&shouting.url("/"));
    plain.max_answer = 10;
    assert_eq!(web.send(plain).await.unwrap_err().kind, Kind::Invalid);
}

#[test]
fn a_file_that_is_no_certificate_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("text.pem"), "these are not the bytes").unwrap();
    std::fs::write(at("der.cer"), [0x30, 0x03, 1, 2, 3]).unwrap();
    std::fs::write(
        at("broken.pem"),
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    std::fs::write(at("large.pem"), vec![b' '; 2 << 20]).unwrap();
    for name in ["missing.pem", "text.pem", "der.cer", "broken.pem", "large.pem"] {
        let options = WebOptions {
            extra_ca: Some(at(name)),
            ..WebOptions::default()
        };
        let error = Web::new(options).unwrap_err();
        assert_eq!(
            (error.kind, error.field.as_deref()),
            (Kind::Invalid, Some("extra_ca")),
            "{name}"
        );
        assert!(error.message.contains(name) && error.hint.is_some(), "{error}");
    }
}

#[tokio::test]
async fn a_der_file_does_too() {
    let folder = tempfile::tempdir().unwrap();
    let pem = std::fs::read(&crate::server::authority().file).unwrap();
    let der: rustls::pki_types::CertificateDer = rustls::pki_types::pem::PemObject::from_pem_slice(&pem).unwrap();
    std::fs::write(folder.path().join("ca.cer"), der).unwrap();
    let web = Web::new(WebOptions {
        extra_ca: Some(folder.path().join("ca.cer")),
        resolver: Names::new(&[&["127.0.0.1:0"]]),
        ..WebOptions::default()
    });
    let server = Server::with(Some(tls_for(&[NAME])), |_, _| ok()).await;
    let answer = web
        .unwrap()
        .send(get(&format!("https://{NAME}:{}/", server.port)))
        .await;
    assert_eq!(answer.unwrap().status, 200);
}
