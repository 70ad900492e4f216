#![allow(clippy::unwrap_used, clippy::panic)]

use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn a_link_that_dies_is_noticed_within_a_minute() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = connect(listener.local_addr().unwrap()).await.unwrap();
    let socket = SockRef::from(&stream);
    assert!(stream.nodelay().unwrap());
    assert!(socket.keepalive().unwrap());
    let probed = socket.tcp_keepalive_time().unwrap()
        + socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
    assert!(probed <= Duration::from_secs(30), "{probed:?}");
    // The longest pause of what sources send by themselves: baresip and Asterisk are asked every 30 s, and time out earlier.
    #[cfg(target_os = "linux")]
    {
        let sip = Duration::from_secs(25);
        let given_up = socket.tcp_user_timeout().unwrap().unwrap();
        assert!(
            given_up >= Duration::from_secs(30),
            "a change of Wi-Fi takes some seconds"
        );
        assert!(sip + given_up < Duration::from_secs(60), "{given_up:?}");
    }
}

#[tokio::test]
async fn what_is_in_the_way() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = dial(free, None).await.err().unwrap();
    assert_eq!(refused.why, Why::Refused);
    let error = refused.error("test", "pbx.example.com", Some("TCP"));
    assert_eq!(
        (error.kind, error.message.as_ref()),
        (
            Kind::Unavailable,
            "pbx.example.com cannot be reached over TCP: nothing listens there"
        )
    );
    // RFC 6761: a name that never is.
    let unknown = dial(("pbx.invalid", 5060), None).await.err().unwrap();
    assert_eq!(unknown.why, Why::NoHost);
    let error = unknown.error("test", "pbx.invalid", None);
    assert_eq!(error.message, "pbx.invalid cannot be reached: its name can't be found");
}

#[test]
fn the_systems_words() {
    for (kind, why) in [
        (io::ErrorKind::TimedOut, Why::Silent),
        (io::ErrorKind::HostUnreachable, Why::NoWay),
        (io::ErrorKind::ConnectionReset, Why::Closed),
        (io::ErrorKind::UnexpectedEof, Why::Closed),
        (io::ErrorKind::PermissionDenied, Why::Other),
    ] {
        assert_eq!(Failure::from(io::Error::from(kind)).why, why);
    }
    #[cfg(unix)]
    {
        let denied = Failure::from(io::Error::from_raw_os_error(1));
        let error = denied.error("test", "pbx.example.com", None);
        assert_eq!(
            error.message,
            "pbx.example.com cannot be reached: Operation not permitted"
        );
    }
    let quoting = Failure::from(io::Error::other("sip:+15550100123@pbx.example.com"));
    let error = quoting.error("test", "pbx.example.com", None);
    assert_eq!(
        error.message,
        "pbx.example.com cannot be reached: the connection failed"
    );
}

#[tokio::test]
async fn who_takes_the_connection_and_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let secure = Secure {
        name: "pbx.example.com",
        config: Arc::new(config),
    };
    let stream = connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::time::pause();
    let failure = shake_hands(stream, secure).await.err().unwrap();
    assert_eq!(failure.why, Why::SilentTls);
    let error = failure.error("test", "pbx.example.com", None);
    assert_eq!(error.kind, Kind::Timeout);
}

/// What [`Why`] there is, in words: each names the server and says what to do.
#[test]
fn every_failure_has_words() {
    for why in [
        Why::NoHost,
        Why::NoWay,
        Why::Refused,
        Why::Closed,
        Why::Silent,
        Why::SilentTls,
        Why::NoTls,
        Why::NoCommonTls,
        Why::NoName,
        Why::OtherName,
        Why::UnknownAuthority,
        Why::Expired,
        Why::NotYetValid,
        Why::BadCertificate,
        Why::Other,
    ] {
        let error = Failure::from(why).error("test", "pbx.example.com", Some("TLS"));
        assert!(
            error.message.contains("pbx.example.com") && error.hint.is_some(),
            "{error}"
        );
        assert_eq!(error.kind == Kind::Forbidden, why.is_of_certificate(), "{error}");
    }
}
