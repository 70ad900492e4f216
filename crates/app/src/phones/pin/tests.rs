#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Mutex;

use async_trait::async_trait;
use ringside_sources::kinds::ParameterKind;

use super::*;

/// A keyring with one entry, that refuses to be written to as often as it was told.
#[derive(Default)]
struct Keyring {
    refuses: Mutex<usize>,
    asked: Mutex<usize>,
    entry: Mutex<Option<String>>,
}

impl Keyring {
    fn text(&self) -> Option<String> {
        self.entry.lock().unwrap().clone()
    }
}

#[async_trait]
impl CredentialStore for Keyring {
    async fn get(&self, _: &str) -> Result<Option<Secret>> {
        Ok(self.text().map(Secret::new))
    }

    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        assert_eq!(name, "phone/office/pin");
        *self.asked.lock().unwrap() += 1;
        let mut refuses = self.refuses.lock().unwrap();
        if *refuses > 0 {
            *refuses -= 1;
            return Err(Error::new(Kind::KeyringLocked, "keyring", "locked"));
        }
        *self.entry.lock().unwrap() = Some(String::from_utf8(secret.expose().to_vec()).unwrap());
        Ok(())
    }

    async fn remove(&self, _: &str) -> Result<()> {
        panic!("nobody asked for it")
    }
}

fn entry(kind: &str, parameters: &[(&str, &str)], secrets: &[&str]) -> PhoneEntry {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    PhoneEntry {
        name: "Office".to_owned(),
        kind: kind.to_owned(),
        parameters: parameters.iter().map(text).collect(),
        secrets: secrets.iter().map(|name| (*name).to_owned()).collect(),
        ..PhoneEntry::default()
    }
}

fn sip(parameters: &[(&str, &str)]) -> PhoneEntry {
    entry("sip", parameters, &["password"])
}

#[test]
fn every_kind_that_gives_something_away_is_pinned_to_what_it_asks_for() {
    for kind in kinds::kinds() {
        let secret = |kind: ParameterKind| kind == ParameterKind::Secret;
        let gives = kind.signs_in_with_browser || kind.parameters.iter().any(|asked| secret(asked.kind));
        assert_eq!(is_pinned(kind.id), gives, "{}", kind.id);
        for place in places(kind.id) {
            let asked = kind.parameters.iter().find(|asked| asked.name == *place);
            assert!(!secret(asked.unwrap().kind), "{}: {place}", kind.id);
        }
    }
}

#[test]
fn another_place_is_one_where_the_secret_would_go_elsewhere() {
    let typed = sip(&[("address", "201@pbx.example.com"), ("user", "201-a")]);
    let pin = Pin::read(&Pin::of(&typed, Some("algorithm=MD5;realm=x".to_owned())).text());
    assert_eq!(pin.proof.as_deref(), Some("algorithm=MD5;realm=x"));
    let (address, user) = (("address", " 201@pbx.example.com "), ("user", "201-a"));
    // The default written out, and what says nothing of the place.
    assert!(pin.fits(&sip(&[address, user, ("transport", "tls"), ("ca", "/etc/company.pem")])));
    let unencrypted = [address, user, ("transport", "udp"), ("clear_text", "true")];
    for (parameters, what) in [
        (&[("address", "201@evil.example.net"), user][..], "The server"),
        (&[address, user, ("server", "evil.example.net")], "The server"),
        (&unencrypted, "The connection"),
        (&[address], "The account"),
    ] {
        let error = pin.check(&sip(parameters)).unwrap_err();
        assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("password")));
        let words = " of this phone was changed outside Ringside; its password was given for pbx.example.com over tls";
        assert_eq!(error.message, format!("{what}{words}"));
    }
    let cloud = entry("ringcentral", &[("client_id", "a")], &[]);
    let error = Pin::of(&cloud, None).check(&entry("ringcentral", &[("client_id", "b")], &[]));
    assert_eq!(error.unwrap_err().kind, Kind::SignInNeeded);
}

#[test]
fn what_can_not_be_read_fits_nothing() {
    let phone = sip(&[("address", "201@pbx.example.com")]);
    for text in ["", "{}", "null", "{\"given_for\":[]}", "\u{0}", "{\"given_for\":{}}"] {
        let pin = Pin::read(&Secret::new(text));
        assert!(pin.check(&phone).is_err() && pin.proof.is_none(), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_written_at_the_first_start_and_with_each_news_even_if_that_takes_some_tries() {
    let phone = sip(&[("address", "201@pbx.example.com")]);
    let keyring = Arc::new(Keyring::default());
    *keyring.refuses.lock().unwrap() = 2;
    let (says, news) = watch::channel(None);
    let keeper = |kept, news| Keeper::new(keyring.clone(), &phone, kept, news).unwrap();
    let mut first = keeper(None, Some(news));
    assert!(timeout(AGAIN / 2, first.run()).await.is_err());
    assert_eq!(keyring.text(), None);
    // What was on its way when it was dropped is tried anew; no news are needed for that.
    assert!(timeout(AGAIN * 2, first.run()).await.is_err());
    let place =
        "{\"given_for\":{\"address\":\"201@pbx.example.com\",\"server\":\"\",\"transport\":\"tls\",\"user\":\"\"}";
    assert_eq!(keyring.text(), Some(format!("{place},\"proof\":null}}")));

    says.send_replace(Some("one".to_owned()));
    assert!(timeout(AGAIN / 10, first.run()).await.is_err());
    assert_eq!(keyring.text(), Some(format!("{place},\"proof\":\"one\"}}")));
    says.send_replace(Some("two".to_owned()));
    drop(says);
    first.finish().await;
    let last = format!("{place},\"proof\":\"two\"}}");
    assert_eq!(keyring.text(), Some(last.clone()));

    // Nothing new: nothing is written.
    let asked = *keyring.asked.lock().unwrap();
    let mut next = keeper(Some(Pin::read(&Secret::new(last))), None);
    assert!(timeout(AGAIN * 5, next.run()).await.is_err());
    next.finish().await;
    assert_eq!(*keyring.asked.lock().unwrap(), asked);
    assert!(Keeper::new(keyring, &entry("baresip", &[], &[]), None, None).is_none());
}
