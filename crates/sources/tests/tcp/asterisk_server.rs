//! A stand-in for the manager that takes nothing but what its documentation allows: the greeting, Challenge and Login with
//! MD5, ListCommands, CoreShowChannels, Ping, Logoff, and events after that.

use std::{path::Path, sync::Arc, time::Duration};

use md5::{Digest, Md5};
use ringside_domain::{Change, EndReason, Kind, Result, SourceState, source::Note};
use ringside_sources::{
    asterisk::{Packet, packet},
    kinds::Tls,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::house::{Nobody, Running, build};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One session of the manager.
struct Manager {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
}

/// What the account may do, in the manager's own order of lines: `Name: synopsis  (Priv: class,class)`.
const LISTENS: &str = "Challenge: Generate Challenge for MD5 Auth  (Priv: <none>)\r\nListCommands: List available manager commands.  (Priv: <none>)\r\nPing: Keepalive command.  (Priv: <none>)\r\n";
const ORIGINATES: &str = "Originate: Originate a call.  (Priv: originate,all)\r\n";

impl Manager {
    async fn accept(listener: &TcpListener, tls: Option<&TlsAcceptor>) -> Self {
        let (stream, _) = tokio::time::timeout(Duration::from_secs(10), listener.accept())
            .await
            .unwrap()
            .unwrap();
        let stream: Box<dyn Stream> = match tls {
            Some(tls) => Box::new(tls.accept(stream).await.unwrap()),
            None => Box::new(stream),
        };
        Self {
            stream,
            received: Vec::new(),
        }
    }

    async fn says(&mut self, text: &str) {
        assert!(text.ends_with("\r\n"));
        // A packet comes in any number of pieces.
        for piece in text.as_bytes().chunks(23) {
            self.stream.write_all(piece).await.unwrap();
            self.stream.flush().await.unwrap();
        }
    }

    /// The next action, which has to be this one, written as the specification has it.
    async fn asked(&mut self, action: &str) -> Packet {
        loop {
            if let Some((read, used)) = packet(&self.received).unwrap() {
                let text = String::from_utf8(self.received.drain(..used).collect()).unwrap();
                assert!(text.starts_with(&format!("Action: {action}\r\n")), "{text}");
                assert!(
                    text.ends_with("\r\n\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']),
                    "{text:?}"
                );
                return read;
            }
            let read = self.stream.read_buf(&mut self.received).await.unwrap();
            assert_ne!(read, 0, "closed, instead of {action}");
        }
    }

    async fn answers(&mut self, to: &Packet, response: &str, more: &str) {
        let text = format!(
            "Response: {response}\r\nActionID: {}\r\n{more}\r\n",
            to.text("ActionID")
        );
        self.says(&text).await;
    }

    /// Lets in who knows the secret.
    async fn signs_in(&mut self, challenge: &str, user: &str, secret: &str) {
        self.says("Asterisk Call Manager/9.0.0\r\n").await;
        let asked = self.asked("Challenge").await;
        assert_eq!(asked.text("AuthType"), "MD5");
        self.answers(&asked, "Success", &format!("Challenge: {challenge}\r\n"))
            .await;
        let login = self.asked("Login").await;
        assert_eq!((login.text("AuthType"), login.text("Events")), ("MD5", "call,agent"));
        assert_eq!(login.get("Secret"), None, "it is never sent as it is");
        let digest = Md5::digest(format!("{challenge}{secret}"));
        let key: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        if login.text("Username") == user && login.text("Key") == key {
            self.answers(&login, "Success", "Message: Authentication accepted\r\n")
                .await;
        } else {
            self.answers(&login, "Error", "Message: Authentication failed\r\n")
                .await;
        }
    }

    /// Answers the two questions after signing in.
    async fn is_ready(&mut self, may: &str, list: Option<&str>) {
        let asked = self.asked("ListCommands").await;
        self.answers(&asked, "Success", may).await;
        let asked = self.asked("CoreShowChannels").await;
        let Some(list) = list else {
            return self.answers(&asked, "Error", "Message: Permission denied\r\n").await;
        };
        self.answers(
            &asked,
            "Success",
            "EventList: start\r\nMessage: Channels will follow\r\n",
        )
        .await;
        let id = asked.text("ActionID");
        if !list.is_empty() {
            self.says(&format!("Event: CoreShowChannel\r\nActionID: {id}\r\n{list}\r\n"))
                .await;
        }
        self.says(&format!(
            "Event: CoreShowChannelsComplete\r\nActionID: {id}\r\nEventList: Complete\r\nListItems: 1\r\n\r\n"
        ))
        .await;
    }

    async fn rings(&mut self, id: &str) {
        self.says(&format!(
            "Event: DialBegin\r\nPrivilege: call,all\r\nChannel: PJSIP/trunk-00000001\r\nCallerIDNum: +15550100123\r\n\
             CallerIDName: Ada Lovelace\r\nUniqueid: 1.0\r\nLinkedid: 1.0\r\nDestChannel: PJSIP/201-00000002\r\n\
             DestCallerIDNum: 201\r\nDestUniqueid: {id}\r\nDestLinkedid: 1.0\r\nDialString: 201\r\n\r\n"
        ))
        .await;
    }
}

fn clear(server: &str) -> [(&str, &str); 4] {
    [
        ("server", server),
        ("transport", "tcp"),
        ("user", "ringside"),
        ("device", "PJSIP/201"),
    ]
}

#[tokio::test]
async fn a_listener_on_the_manager() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    // Together they are a test string of RFC 1321, "message digest".
    let (challenge, secret) = ("message", " digest");
    let mut source = Running::start("asterisk", &clear(&server), &[("secret", secret)], Arc::new(Nobody));

    let mut manager = Manager::accept(&listener, None).await;
    manager.says("Asterisk Call Manager/9.0.0\r\n").await;
    let asked = manager.asked("Challenge").await;
    manager
        .answers(&asked, "Success", &format!("Challenge: {challenge}\r\n"))
        .await;
    let login = manager.asked("Login").await;
    assert_eq!(login.text("Key"), "f96b697d7cb7938d525a2f31aaf161d0");
    // An account that may read system events hears this at once, before its answers.
    manager
        .says("Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n")
        .await;
    manager
        .answers(&login, "Success", "Message: Authentication accepted\r\n")
        .await;
    manager.is_ready(LISTENS, None).await;
    assert_eq!(source.until_ready().await, SourceState::Ready { notes: Vec::new() });

    manager.rings("1.1").await;
    assert_eq!(source.hears(Change::Ringing).await.key, "1.1");
    manager
        .says("Event: Hangup\r\nChannel: PJSIP/201-00000002\r\nUniqueid: 1.1\r\nCause: 26\r\n\r\n")
        .await;
    source.hears(Change::Ended(EndReason::AnsweredElsewhere)).await;

    // It breaks in a call, and nobody may list channels: what becomes of the call is not known.
    manager.rings("2.1").await;
    source.hears(Change::Ringing).await;
    manager
        .says("Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: True\r\n\r\n")
        .await;
    let trouble = source.until_trouble().await;
    assert_eq!(trouble.message, format!("Asterisk at {server} shuts down"));
    let mut manager = Manager::accept(&listener, None).await;
    manager.signs_in("4711", "ringside", secret).await;
    manager.is_ready(LISTENS, None).await;
    source.hears(Change::Ended(EndReason::Unknown)).await;

    // It breaks again, and this time channels are listed: the call goes on.
    manager.rings("3.1").await;
    source.hears(Change::Ringing).await;
    drop(manager);
    let mut manager = Manager::accept(&listener, None).await;
    manager.signs_in("4712", "ringside", secret).await;
    let list = "Channel: PJSIP/201-00000002\r\nChannelState: 5\r\nUniqueid: 3.1\r\nLinkedid: 1.0\r\n";
    manager.is_ready(LISTENS, Some(list)).await;
    source.until_ready().await;
    manager
        .says("Event: BridgeEnter\r\nChannel: PJSIP/201-00000002\r\nUniqueid: 3.1\r\n\r\n")
        .await;
    source.hears(Change::Answered).await;

    let goodbye = tokio::spawn(async move { manager.asked("Logoff").await });
    source.stop().await.unwrap();
    goodbye.await.unwrap();
}

#[tokio::test]
async fn a_computer_that_slept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut source = Running::start("asterisk", &clear(&server), &[("secret", "sesame")], Arc::new(Nobody));
    let mut before = Manager::accept(&listener, None).await;
    before.signs_in("1", "ringside", "sesame").await;
    before.is_ready(LISTENS, Some("")).await;
    source.until_ready().await;
    before.rings("1.1").await;
    source.hears(Change::Ringing).await;

    // The old connection looks as good as ever. It is made anew before anything is asked on it, and a call goes on.
    source.sleeps(Duration::from_secs(600));
    let mut manager = Manager::accept(&listener, None).await;
    manager.signs_in("2", "ringside", "sesame").await;
    let list = "Channel: PJSIP/201-00000002\r\nChannelState: 6\r\nUniqueid: 1.1\r\nLinkedid: 1.0\r\nBridgeId: b-1\r\n";
    manager.is_ready(LISTENS, Some(list)).await;
    assert!(source.hears(Change::Answered).await.replay, "answered while it slept");
    manager.rings("2.1").await;
    source.hears(Change::Ringing).await;
    source.stop().await.unwrap();
}

#[tokio::test]
async fn an_account_that_may_do_too_much() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut source = Running::start("asterisk", &clear(&server), &[("secret", "sesame")], Arc::new(Nobody));
    let mut manager = Manager::accept(&listener, None).await;
    manager.signs_in("1", "ringside", "sesame").await;
    manager.is_ready(&format!("{LISTENS}{ORIGINATES}"), Some("")).await;
    let SourceState::Ready { notes } = source.until_ready().await else {
        panic!()
    };
    let [Note { code, message, hint }] = &notes[..] else {
        panic!("{notes:?}")
    };
    assert_eq!(*code, "may_write");
    assert!(message.contains("Originate"), "{message}");
    assert!(hint.as_ref().unwrap().contains("write ="));
    source.stop().await.unwrap();
}

#[tokio::test]
async fn a_wrong_secret_stops_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut source = Running::start(
        "asterisk",
        &clear(&server),
        &[("secret", "open sesame")],
        Arc::new(Nobody),
    );
    let mut manager = Manager::accept(&listener, None).await;
    manager.signs_in("1", "ringside", "sesame").await;
    let state = source.until(|state| matches!(state, SourceState::Stopped { .. })).await;
    let error = source.ended().await.unwrap_err();
    assert_eq!(error.kind, Kind::SignInNeeded);
    let SourceState::Stopped { trouble } = state else {
        panic!()
    };
    assert_eq!(
        trouble.message,
        format!("{server} does not let this manager account in")
    );
    assert!(!format!("{trouble:?} {error:?}").contains("sesame"));
}

#[tokio::test]
async fn an_account_that_is_closed_in_a_call_leaves_nobody_to_tell_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut source = Running::start("asterisk", &clear(&server), &[("secret", "sesame")], Arc::new(Nobody));
    let mut manager = Manager::accept(&listener, None).await;
    manager.signs_in("1", "ringside", "sesame").await;
    manager.is_ready(LISTENS, Some("")).await;
    source.until_ready().await;
    manager.rings("1.1").await;
    source.hears(Change::Ringing).await;
    drop(manager);
    let mut manager = Manager::accept(&listener, None).await;
    manager.signs_in("2", "ringside", "another").await;
    let lost = source.hears(Change::Ended(EndReason::Unknown)).await;
    assert_eq!((lost.key.as_str(), lost.replay), ("1.1", true));
    assert_eq!(source.ended().await.unwrap_err().kind, Kind::SignInNeeded);
}

#[tokio::test]
async fn what_is_no_manager() {
    for (says, words) in [
        (
            "SSH-2.0-OpenSSH_9.2\r\n",
            "is no Asterisk manager: it does not greet like one",
        ),
        ("", "closed the connection"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap().to_string();
        let mut source = Running::start("asterisk", &clear(&server), &[("secret", "x")], Arc::new(Nobody));
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(says.as_bytes()).await.unwrap();
        drop(stream);
        let trouble = source.until_trouble().await;
        assert!(
            trouble.message.contains(words) && trouble.message.contains(&server),
            "{}",
            trouble.message
        );
        source.stop().await.unwrap();
    }
    // Without a challenge the secret would have to go in clear text.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut source = Running::start("asterisk", &clear(&server), &[("secret", "x")], Arc::new(Nobody));
    let mut manager = Manager::accept(&listener, None).await;
    manager.says("Asterisk Call Manager/9.0.0\r\n").await;
    let asked = manager.asked("Challenge").await;
    manager
        .answers(&asked, "Error", "Message: Must specify AuthType\r\n")
        .await;
    let trouble = source.until_trouble().await;
    assert_eq!(trouble.message, format!("{server} asks for the secret in clear text"));
    assert!(source.ended().await.is_err());
}

/// Trusts one authority, whatever is asked for.
struct Authority(CertificateDer<'static>);

impl Tls for Authority {
    fn client(&self, _extra_ca: Option<&Path>) -> Result<Arc<rustls::ClientConfig>> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.0.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    }
}

/// A certificate for this name, signed by itself, and a server that shows it.
fn certificate(name: &str) -> (CertificateDer<'static>, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let der = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key)
        .unwrap();
    (der, TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn over_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (right, acceptor) = certificate("localhost");
    let server = format!("localhost:{port}");
    let parameters = [
        ("server", server.as_str()),
        ("user", "ringside"),
        ("device", "PJSIP/201"),
    ];
    let secret = [("secret", "sesame")];

    let mut source = Running::start("asterisk", &parameters, &secret, Arc::new(Authority(right)));
    let mut manager = Manager::accept(&listener, Some(&acceptor)).await;
    manager.signs_in("1", "ringside", "sesame").await;
    manager.is_ready(LISTENS, Some("")).await;
    assert_eq!(source.until_ready().await, SourceState::Ready { notes: Vec::new() });
    manager.rings("1.1").await;
    source.hears(Change::Ringing).await;
    source.stop().await.unwrap();

    // Nobody signed it; then it is for another name; then there is no TLS at all.
    let (stranger, _) = certificate("localhost");
    let (elsewhere, other) = certificate("pbx.example.com");
    for (trusted, acceptor, words, field) in [
        (
            stranger,
            &acceptor,
            "of an authority that this computer does not know",
            "ca",
        ),
        (elsewhere, &other, "for another name", "server"),
    ] {
        let mut source = Running::start("asterisk", &parameters, &secret, Arc::new(Authority(trusted)));
        let (stream, _) = listener.accept().await.unwrap();
        assert!(acceptor.accept(stream).await.is_err(), "nothing is said on it");
        let trouble = source.until_trouble().await;
        assert_eq!(trouble.kind, Kind::Forbidden);
        assert_eq!(trouble.message, format!("{server} shows a certificate {words}"));
        assert_eq!(trouble.field.as_deref(), Some(field));
        source.stop().await.unwrap();
    }
    let (right, _) = certificate("localhost");
    let mut source = Running::start("asterisk", &parameters, &secret, Arc::new(Authority(right)));
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.write_all(b"Asterisk Call Manager/9.0.0\r\n").await.unwrap();
    let trouble = source.until_trouble().await;
    assert!(trouble.message.contains("does not speak TLS"), "{}", trouble.message);
    source.stop().await.unwrap();
}

#[test]
fn what_is_filled_in() {
    let whole = [
        ("server", "pbx.example.com"),
        ("transport", "tls"),
        ("user", "ringside"),
        ("device", "PJSIP/201, Local/201@from-internal"),
    ];
    let built = |change: (&str, &str), secret: &str| {
        let mut filled: Vec<(&str, &str)> = whole.iter().filter(|(name, _)| *name != change.0).copied().collect();
        filled.push(change);
        let built = build("asterisk", &filled, &[("secret", secret)], Arc::new(Nobody));
        built.err().map(|error| {
            assert_eq!(error.kind, Kind::Invalid);
            error.field.unwrap()
        })
    };
    assert_eq!(built(("ca", "/etc/ssl/pbx.pem"), "x"), None);
    for (change, field) in [
        (("server", " "), "server"),
        (("server", "pbx example"), "server"),
        (("transport", "udp"), "transport"),
        (("transport", "tcp"), "clear_text"),
        (("user", ""), "user"),
        (("user", "a\r\nAction: Originate"), "user"),
        (("device", "201"), "device"),
        (("device", "PJSIP/"), "device"),
        (("device", "PJSIP/201,,"), "device"),
    ] {
        assert_eq!(built(change, "x").as_deref(), Some(field), "{change:?}");
    }
    assert_eq!(built(("ca", ""), "").as_deref(), Some("secret"));
    assert_eq!(built(("ca", ""), "x\r\nAction: Originate").as_deref(), Some("secret"));
    let agreed = [("transport", "tcp"), ("clear_text", "true")];
    let mut filled: Vec<(&str, &str)> = whole.iter().filter(|(name, _)| *name != "transport").copied().collect();
    filled.extend(agreed);
    assert!(build("asterisk", &filled, &[("secret", "x")], Arc::new(Nobody)).is_ok());
}
