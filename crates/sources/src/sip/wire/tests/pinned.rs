//! What was accepted once is the least that is given later: in this run and, by its pin, in the next.

use super::{
    server::{Server, pinned_to},
    *,
};

const NO_QOP: &str = "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n3\", algorithm=MD5\r\n";
const SHA_PIN: &str = "algorithm=SHA-256;qop;realm=pbx";

/// What a phone with this pin does with this challenge.
async fn asked_for(pin: &str, challenge: &str) -> Result<Answer> {
    let (mut server, mut line, _incoming) = Server::tcp_of(pinned_to(Some(pin)).0).await;
    let challenge = challenge.to_owned();
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 401, &challenge).await;
        server.answers_or_hears_no_more().await;
        server
    });
    let answer = line.request(begin()).await;
    serving.await.unwrap();
    answer
}

#[tokio::test]
async fn a_weaker_challenge_gets_no_proof_in_the_next_run_either() {
    for (pin, challenge) in [
        (SHA_PIN, MD5.to_owned()),
        (SHA_PIN, SHA256.replace(", qop=\"auth\"", "")),
        ("algorithm=MD5;qop;realm=pbx", NO_QOP.to_owned()),
        (SHA_PIN, SHA256.replace("\"pbx\"", "\"thief\"")),
    ] {
        let error = asked_for(pin, &challenge).await.unwrap_err();
        assert_eq!(
            (error.kind, error.field.as_deref()),
            (Kind::Forbidden, Some("password")),
            "{challenge}"
        );
        assert!(error.message.contains("127.0.0.1 "), "{error}");
        assert!(error.hint.unwrap().contains("type its password again"));
    }
    for (pin, challenge) in [
        (SHA_PIN, SHA256.to_owned()),
        (SHA_PIN, format!("{NO_QOP}{MD5}{SHA256}")),
        ("algorithm=MD5;qop;realm=pbx", format!("{NO_QOP}{MD5}")),
        ("algorithm=MD5;realm=pbx", SHA256.to_owned()),
    ] {
        let answer = asked_for(pin, &challenge).await;
        assert_eq!(answer.unwrap().code, 200, "{pin}: {challenge}");
    }
}

#[tokio::test]
async fn the_pin_is_told_when_the_server_accepted() {
    let (pinned, hears) = pinned_to(None);
    let (mut server, mut line, _incoming) = Server::tcp_of(pinned).await;
    let told = hears.clone();
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 401, &format!("{MD5}{SHA256}")).await;
        let asked = server.take("SUBSCRIBE").await;
        assert_eq!(*told.borrow(), None, "it is not accepted yet");
        server.reply(&asked, 200, "").await;
        // The same server, or somebody in between, wants less now.
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 401, MD5).await;
        server.says_nothing_more().await;
    });
    line.request(begin()).await.unwrap();
    assert_eq!(hears.borrow().as_deref(), Some(SHA_PIN));
    assert_eq!(line.request(refresh(600)).await.unwrap_err().kind, Kind::Forbidden);
    assert_eq!(hears.borrow().as_deref(), Some(SHA_PIN));
    serving.await.unwrap();
}

#[tokio::test]
async fn a_password_that_was_not_accepted_pins_nothing() {
    let (pinned, hears) = pinned_to(None);
    let (mut server, mut line, _incoming) = Server::tcp_of(pinned).await;
    let serving = tokio::spawn(async move {
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 401, SHA256).await;
        let asked = server.take("SUBSCRIBE").await;
        server.reply(&asked, 403, "").await;
        server
    });
    assert_eq!(line.request(begin()).await.unwrap().code, 403);
    assert_eq!(*hears.borrow(), None);
    serving.await.unwrap();
}

/// A proxy that asks only whoever begins: what is stronger inside the dialog is not what a new one will be asked for.
#[tokio::test]
async fn a_proxy_that_asks_for_less_stays_good() {
    let (pinned, hears) = pinned_to(None);
    let (mut server, mut line, _incoming) = Server::tcp_of(pinned).await;
    let proxy = MD5.replace("WWW-Authenticate", "Proxy-Authenticate");
    let serving = tokio::spawn(async move {
        for round in 0..2 {
            let asked = server.take("SUBSCRIBE").await;
            server.reply(&asked, 407, &proxy).await;
            let asked = server.take("SUBSCRIBE").await;
            server.reply(&asked, 401, SHA256).await;
            let asked = server.take("SUBSCRIBE").await;
            server.reply(&asked, 200, "").await;
            if round == 0 {
                let asked = server.take("SUBSCRIBE").await;
                server.reply(&asked, 401, SHA256).await;
                let asked = server.take("SUBSCRIBE").await;
                server.reply(&asked, 200, "").await;
            }
        }
        server
    });
    line.request(begin()).await.unwrap();
    line.request(refresh(600)).await.unwrap();
    assert_eq!(line.request(begin()).await.unwrap().code, 200);
    assert_eq!(hears.borrow().as_deref(), Some("algorithm=MD5;qop;realm=pbx"));
    serving.await.unwrap();
}
