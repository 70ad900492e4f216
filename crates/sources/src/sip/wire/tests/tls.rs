//! Real handshakes with certificates made on the spot.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use super::{
    server::{Server, wire},
    *,
};

struct Trusting(CertificateDer<'static>);

impl Tls for Trusting {
    fn client(&self, _: Option<&Path>) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Connects to a server whose certificate is for this name and holds until this year.
async fn connect(name: &str, until: i32, known: bool) -> Result<()> {
    let issuer = authority();
    let other = authority();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target {
        address: listener.local_addr().unwrap(),
        transport: Transport::Tls,
    };
    let trusted = if known { issuer.der() } else { other.der() };
    let mut wire = wire("pbx.example.com", Arc::new(Trusting(trusted.clone())));
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else {
            return;
        };
        // What was asked for is not looked at here: it is the handshake that counts.
        let _ = stream.write_all(b"\r\n").await;
        let _ = stream.shutdown().await;
    });
    let (line, mut incoming) = wire.open(target).await?;
    assert!(matches!(next_of(&mut incoming).await, Incoming::Closed(_)));
    drop(line);
    serving.await.unwrap();
    Ok(())
}

#[tokio::test]
async fn the_name_that_was_typed_is_what_counts() {
    connect("pbx.example.com", 2100, true).await.unwrap();
    connect("*.example.com", 2100, true).await.unwrap();
    // The address that was dialled, which an SRV record could have named, is not enough.
    for (name, until, known, words, field) in [
        (
            "127.0.0.1",
            2100,
            true,
            "pbx.example.com shows a certificate for another name",
            Some("server"),
        ),
        ("node7.example.com", 2100, true, "for another name", Some("server")),
        ("pbx.example.com", 2001, true, "has expired", None),
        (
            "pbx.example.com",
            2100,
            false,
            "of an authority that this computer does not know",
            Some("ca"),
        ),
    ] {
        let error = connect(name, until, known).await.unwrap_err();
        assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, field), "{error}");
        assert!(error.message.contains(words), "{error}");
        assert!(error.hint.is_some());
    }
}

#[tokio::test]
async fn a_port_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target {
        address: listener.local_addr().unwrap(),
        transport: Transport::Tls,
    };
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"SIP/2.0 400 Bad Request\r\n\r\n").await;
        stream
    });
    let error = wire("pbx.example.com", Arc::new(Trusting(authority().der().clone())))
        .open(target)
        .await
        .err()
        .unwrap();
    assert_eq!(
        (error.kind, error.field.as_deref()),
        (Kind::Invalid, Some("transport")),
        "{error}"
    );
    serving.await.unwrap();
}

#[tokio::test]
async fn nobody_listens() {
    let (server, _line, _incoming) = Server::tcp().await;
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let error = wire("pbx.example.com", Arc::new(Trusting(authority().der().clone())))
        .open(Target {
            address,
            transport: Transport::Tcp,
        })
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(
        error
            .message
            .contains("pbx.example.com cannot be reached over TCP: nothing listens there"),
        "{error}"
    );
    drop(server);
}
