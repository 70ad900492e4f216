//! Secrets go where they were typed for, and are proved as they were before: whatever somebody wrote into the settings since,
//! and whoever answers there now.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use ringside_ipc::{ApiError, command::ChangePhoneArgs, connection::SecretText};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::*;
use crate::support::asterisk::{Asterisk, SECRET};

const PIN: &str = "phone/office/pin";
const SHA: &str = "algorithm=SHA-256";
const MD5: &str = "algorithm=MD5";

async fn is_ready_again(app: &App) {
    until("it is ready", || async { is_ready(&the_phone(app).await) }).await;
}

/// The words and the field, once it stopped.
async fn stopped(app: &App) -> (String, Option<String>) {
    until("it stopped", || async {
        matches!(the_phone(app).await.state, PhoneStateDto::Stopped { .. })
    })
    .await;
    let PhoneStateDto::Stopped {
        message, field, hint, ..
    } = the_phone(app).await.state
    else {
        panic!("it did not stay so")
    };
    assert!(hint.is_some(), "{message}");
    (message, field)
}

fn new_phone(kind: &str, parameters: &[(&str, &str)], secret: (&str, &str)) -> AddPhoneArgs {
    AddPhoneArgs {
        secrets: [(secret.0.to_owned(), SecretText::new(secret.1))].into(),
        ..phone("Office", kind, parameters)
    }
}

fn office(server: &str) -> AddPhoneArgs {
    let parameters = [
        ("server", server),
        ("transport", "tcp"),
        ("user", "ringside"),
        ("device", "PJSIP/201"),
    ];
    new_phone("asterisk", &parameters, ("secret", SECRET))
}

fn change(parameters: &[(&str, &str)], secrets: &[(&str, &str)]) -> ChangePhoneArgs {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let secret = |(name, value): &(&str, &str)| ((*name).to_owned(), SecretText::new(*value));
    ChangePhoneArgs {
        name: "Office".to_owned(),
        trusted: None,
        parameters: parameters.iter().map(text).collect(),
        secrets: secrets.iter().map(secret).collect(),
    }
}

/// As with an editor, while Ringside does not run.
fn edit(house: &House, from: &str, to: &str) {
    let path = house.folders.settings();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_written_into_the_settings_by_hand_is_not_even_dialled() {
    let house = House::new();
    let server = Asterisk::start().await;
    let here = server.address.to_string();
    let app = house.own().await;
    let before = house.secrets.names();
    app.add_phone(office(&here)).await.unwrap();
    assert!(!house.secrets.text(PIN).unwrap().contains(SECRET));
    app.stop().await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = listener.local_addr().unwrap().to_string();
    let dialled = tokio::spawn(async move { listener.accept().await.map(drop) });
    edit(&house, &here, &elsewhere);
    let app = house.own().await;
    let (words, field) = stopped(&app).await;
    let given = format!("its secret was given for {here} over tcp");
    assert_eq!(
        words,
        format!("The server of this phone was changed outside Ringside; {given}")
    );
    assert_eq!(field.as_deref(), Some("secret"));
    app.retry_phone(named("Office")).await.unwrap();
    // Nor by way of a change of something else.
    let asks = |error: ApiError| error.field.as_deref() == Some("secret");
    for other in [&[("device", "PJSIP/202")][..], &[]] {
        assert!(asks(app.change_phone(change(other, &[])).await.unwrap_err()));
    }
    stopped(&app).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!dialled.is_finished(), "it was dialled");
    dialled.abort();

    // Where it was typed for it may go as it is, elsewhere once it was typed again.
    let back = app.change_phone(change(&[("server", &here)], &[])).await.unwrap();
    assert!(is_ready(&back), "{back:?}");
    app.stop().await;
    let other = Asterisk::start().await;
    edit(&house, &here, &other.address.to_string());
    let app = house.own().await;
    stopped(&app).await;
    let typed = app.change_phone(change(&[], &[("secret", SECRET)])).await.unwrap();
    assert!(is_ready(&typed), "{typed:?}");
    app.stop().await;
    let app = house.own().await;
    is_ready_again(&app).await;
    app.remove_phone(named("Office")).await.unwrap();
    assert_eq!(house.secrets.names(), before, "the secret store is as it was");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_of_before_is_pinned_at_its_first_start() {
    let house = House::new();
    let server = Asterisk::start().await;
    let app = house.own().await;
    app.add_phone(office(&server.address.to_string())).await.unwrap();
    app.stop().await;
    let pin = house.secrets.text(PIN);
    house.secrets.lose(PIN);
    house.secrets.be(Mood::ReadOnly);
    let app = house.own().await;
    is_ready_again(&app).await;
    assert_eq!(house.secrets.text(PIN), None);
    // It is not lost with the app's end.
    house.secrets.be(Mood::Well);
    app.stop().await;
    assert_eq!(house.secrets.text(PIN), pin);

    house.secrets.lose(PIN);
    let app = house.own().await;
    until("it is there again", || async { house.secrets.text(PIN) == pin }).await;
    app.stop().await;
    house.secrets.put(PIN, "{}");
    let app = house.own().await;
    assert_eq!(stopped(&app).await.1.as_deref(), Some("secret"), "unreadable");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_weaker_proof_after_a_start_gets_none() {
    let house = House::new();
    let server = Sip::start(SHA).await;
    let app = house.own().await;
    let address = format!("201@{}", server.address);
    let parameters = [
        ("address", address.as_str()),
        ("transport", "tcp"),
        ("clear_text", "true"),
    ];
    let added = app
        .add_phone(new_phone("sip", &parameters, ("password", "s3cret")))
        .await
        .unwrap();
    assert!(is_ready(&added.phone), "{added:?}");
    until("how it was proved is kept", || async {
        house
            .secrets
            .text(PIN)
            .is_some_and(|pin| pin.contains("algorithm=SHA-256;qop;realm=pbx.example.com"))
    })
    .await;
    app.stop().await;

    let app = house.own().await;
    is_ready_again(&app).await;
    app.stop().await;
    let proofs = server.proofs();
    *server.challenge.lock().unwrap() = MD5;
    let app = house.own().await;
    // A kept phone goes on asking; what it says is why.
    until("it says what it was asked for", || async {
        let PhoneStateDto::Retrying {
            code, message, hint, ..
        } = the_phone(&app).await.state
        else {
            return false;
        };
        let says = message.contains("weaker") && message.contains("127.0.0.1");
        code == "forbidden" && says && hint.is_some_and(|hint| hint.contains("type its password again"))
    })
    .await;
    assert_eq!(server.proofs(), proofs, "it got one");
    // What says nothing of the password leaves that as it is.
    let error = app
        .change_phone(change(&[("ca", "/nowhere.pem")], &[]))
        .await
        .unwrap_err();
    assert_eq!(error.field.as_deref(), Some("password"), "{error:?}");
    assert_eq!(server.proofs(), proofs, "it got one");

    // The administrator did that: the password is given anew.
    let typed = app.change_phone(change(&[], &[("password", "s3cret")])).await.unwrap();
    assert!(is_ready(&typed), "{typed:?}");
    assert!(server.proofs() > proofs);
    app.stop().await;
    assert!(house.secrets.text(PIN).unwrap().contains("algorithm=MD5;qop;"));
}

/// A SIP server that tells one watcher that nothing is going on. Whether a proof is right is tested where they are made.
struct Sip {
    address: std::net::SocketAddr,
    challenge: Arc<Mutex<&'static str>>,
    proofs: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Sip {
    async fn start(challenge: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (challenge, proofs) = (Arc::new(Mutex::new(challenge)), Arc::new(AtomicUsize::new(0)));
        let (now, count) = (challenge.clone(), proofs.clone());
        let task = tokio::spawn(async move {
            let mut peers = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (now, count) = (now.clone(), count.clone());
                peers.spawn(async move { drop(serve(stream, &now, &count).await) });
            }
        });
        Self {
            address,
            challenge,
            proofs,
            task,
        }
    }

    fn proofs(&self) -> usize {
        self.proofs.load(Ordering::SeqCst)
    }
}

impl Drop for Sip {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, challenge: &Mutex<&'static str>, proofs: &AtomicUsize) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut cseq = 0;
    loop {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            match stream.read_buf(&mut bytes).await? {
                0 => return Ok(()),
                _ => continue,
            }
        };
        let message = String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
        // Keep-alives are line breaks, and our NOTIFY is answered.
        let message = message.trim_start();
        if !message.starts_with("SUBSCRIBE ") {
            continue;
        }
        let header = |name: &str| {
            let line = message
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_default().to_owned()
        };
        let (from, to, call_id) = (header("From"), header("To"), header("Call-ID"));
        let to = format!("{};tag=here", to.trim_end_matches(";tag=here"));
        let wanted = *challenge.lock().unwrap();
        let proof = header("Authorization");
        let (code, more) = if proof.is_empty() {
            let asks = "WWW-Authenticate: Digest realm=\"pbx.example.com\", nonce=\"a1b2\", qop=\"auth\"";
            ("401 Unauthorized", format!("{asks}, {wanted}"))
        } else {
            assert!(proof.contains(wanted) && !proof.contains("s3cret"), "{proof}");
            proofs.fetch_add(1, Ordering::SeqCst);
            let expires = header("Expires");
            (
                "200 OK",
                format!("Expires: {expires}\r\nContact: <sip:here@127.0.0.1;transport=tcp>"),
            )
        };
        let dialog = format!("Call-ID: {call_id}\r\nContent-Length: ");
        let answer = format!(
            "SIP/2.0 {code}\r\nVia: {}\r\nFrom: {from}\r\nTo: {to}\r\nCSeq: {}\r\n{more}\r\n{dialog}0\r\n\r\n",
            header("Via"),
            header("CSeq"),
        );
        stream.write_all(answer.as_bytes()).await?;
        if proof.is_empty() {
            continue;
        }
        cseq += 1;
        let body = format!(
            "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{cseq}\" state=\"full\" \
             entity=\"sip:201@pbx.example.com\"/>"
        );
        let notify = format!(
            "NOTIFY sip:201@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{cseq}\r\nFrom: {to}\r\nTo: {from}\r\n\
             CSeq: {cseq} NOTIFY\r\nMax-Forwards: 70\r\nEvent: dialog\r\nSubscription-State: active;expires=600\r\n\
             Contact: <sip:here@127.0.0.1>\r\nContent-Type: application/dialog-info+xml\r\n{dialog}{}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(notify.as_bytes()).await?;
    }
}
