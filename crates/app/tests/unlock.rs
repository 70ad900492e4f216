//! The rules on keys, against a real encrypted file.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::sync::Arc;

use ringside_app::{
    host::{OsRandom, SystemClock},
    unlock::{KEY, PENDING, Vault},
};
use ringside_domain::{AddressBook as _, ConnectionId, ContactDraft, Journal as _, Kind, journal::CallPage};
use ringside_store::{Store, StoreKey};
use support::{Mood, Secrets};

struct Place {
    root: tempfile::TempDir,
    secrets: Arc<Secrets>,
}

impl Place {
    fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            secrets: Secrets::new(),
        }
    }

    fn vault(&self) -> Vault {
        Vault {
            credentials: self.secrets.clone(),
            file: self.root.path().join("ringside.db"),
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        }
    }

    /// A file with one person in it, closed again.
    async fn with_ada(&self) {
        let store = self.vault().open().await.unwrap();
        assert!(store.locked.is_none(), "{:?}", store.locked);
        store.store.create(draft("Ada")).await.unwrap();
        store.store.close().await;
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.root.path().join("ringside.db")).unwrap()
    }
}

fn draft(name: &str) -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new("address-book"),
        contact_type: "person".to_owned(),
        name: name.to_owned(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: None,
        number: None,
        extra: Vec::new(),
        force: false,
    }
}

async fn knows(store: &Store, name: &str) -> bool {
    let query = ringside_domain::connector::NameQuery {
        text: name.to_owned(),
        types: Vec::new(),
        company: None,
        limit: 5,
    };
    !store.with_name(query).await.unwrap().is_empty()
}

#[tokio::test]
async fn a_first_start_keeps_the_key_before_it_makes_the_file() {
    let place = Place::new();
    place.with_ada().await;
    assert!(StoreKey::from_recovery_code(&place.secrets.text(KEY).unwrap()).is_ok());
    let again = place.vault().open().await.unwrap();
    assert!(again.locked.is_none() && knows(&again.store, "Ada").await);
}

#[tokio::test]
async fn a_secret_store_that_keeps_nothing_gets_no_file() {
    let place = Place::new();
    place.secrets.be(Mood::Forgetful);
    let opened = place.vault().open().await.unwrap();
    assert_eq!(opened.locked.unwrap().kind, Kind::KeyringLocked);
    assert!(opened.store.is_memory());
    assert!(!place.vault().file.exists(), "its key would have been lost");
}

#[tokio::test]
async fn locked_and_hung_give_memory_and_touch_nothing() {
    for mood in [Mood::Locked, Mood::Hung] {
        let place = Place::new();
        place.with_ada().await;
        let before = place.bytes();
        place.secrets.be(mood);
        let opened = place.vault().open().await.unwrap();
        let why = opened.locked.unwrap();
        assert_eq!(why.kind, Kind::KeyringLocked);
        assert!(why.hint.is_some());
        assert!(opened.store.is_memory());
        opened.store.create(draft("Grace")).await.unwrap();
        assert_eq!(place.bytes(), before);

        place.secrets.be(Mood::Well);
        place.vault().attach(&opened.store).await.unwrap();
        assert!(!opened.store.is_memory());
        assert!(knows(&opened.store, "Ada").await && knows(&opened.store, "Grace").await);
    }
}

#[tokio::test]
async fn memory_becomes_a_new_file_where_there_was_none() {
    let place = Place::new();
    place.secrets.be(Mood::Locked);
    let opened = place.vault().open().await.unwrap();
    opened.store.create(draft("Grace")).await.unwrap();
    place.secrets.be(Mood::Well);
    place.vault().attach(&opened.store).await.unwrap();
    opened.store.close().await;
    assert!(knows(&place.vault().open().await.unwrap().store, "Grace").await);
}

#[tokio::test]
async fn a_file_without_its_key_is_never_opened_with_a_new_one() {
    let place = Place::new();
    place.with_ada().await;
    let before = place.bytes();
    place.secrets.lose(KEY);
    let opened = place.vault().open().await.unwrap();
    let why = opened.locked.unwrap();
    assert_eq!(why.kind, Kind::KeyringLocked);
    assert!(why.hint.unwrap().contains("recovery code"));
    assert!(place.secrets.text(KEY).is_none(), "no key was made up");
    assert_eq!(place.bytes(), before);
}

#[tokio::test]
async fn a_wrong_or_damaged_key_leaves_the_file_as_it_is() {
    let wrong = StoreKey::generate(&OsRandom).recovery_code();
    for text in [wrong.as_str(), "no code at all"] {
        let place = Place::new();
        place.with_ada().await;
        let (before, right) = (place.bytes(), place.secrets.text(KEY).unwrap());
        place.secrets.put(KEY, text);
        let opened = place.vault().open().await.unwrap();
        assert!(opened.locked.is_some() && opened.store.is_memory());
        assert_eq!(place.bytes(), before);
        assert_eq!(
            place.secrets.text(KEY).unwrap(),
            text,
            "a damaged entry is not overwritten either"
        );
        // The right code still opens it, and mends the entry.
        let (_, kept) = place
            .vault()
            .attach_with_code(&opened.store, &right.to_lowercase())
            .await
            .unwrap();
        kept.unwrap();
        assert!(knows(&opened.store, "Ada").await);
        assert_eq!(place.secrets.text(KEY).unwrap(), right);
    }
}

#[tokio::test]
async fn the_recovery_code_opens_without_the_secret_store() {
    let place = Place::new();
    place.with_ada().await;
    let code = place.vault().recovery_code().await.unwrap();
    place.secrets.be(Mood::Locked);
    let opened = place.vault().open().await.unwrap();
    let error = place
        .vault()
        .attach_with_code(&opened.store, "0000-1111")
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("code")));
    let wrong = StoreKey::generate(&OsRandom).recovery_code();
    assert!(
        place
            .vault()
            .attach_with_code(&opened.store, wrong.as_str())
            .await
            .is_err()
    );
    assert!(opened.store.is_memory());
    let (_, kept) = place
        .vault()
        .attach_with_code(&opened.store, code.as_str())
        .await
        .unwrap();
    assert!(kept.is_err(), "the secret store is still locked, and that is told");
    assert!(knows(&opened.store, "Ada").await);
}

#[tokio::test]
async fn a_code_makes_no_file() {
    let place = Place::new();
    place.secrets.be(Mood::Locked);
    let opened = place.vault().open().await.unwrap();
    let code = StoreKey::generate(&OsRandom).recovery_code();
    let error = place
        .vault()
        .attach_with_code(&opened.store, code.as_str())
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
    assert!(!place.vault().file.exists());
}

#[tokio::test]
async fn after_a_rotation_only_the_new_code_opens() {
    let place = Place::new();
    place.with_ada().await;
    let old = place.secrets.text(KEY).unwrap();
    let opened = place.vault().open().await.unwrap();
    let new = place.vault().rotate(&opened.store).await.unwrap();
    assert!(knows(&opened.store, "Ada").await, "goes on behind the same handle");
    opened.store.close().await;
    assert_eq!(place.secrets.text(KEY).as_deref(), Some(new.as_str()));
    assert!(place.secrets.text(PENDING).is_none());

    place.secrets.lose(KEY);
    let locked = place.vault().open().await.unwrap();
    assert!(place.vault().attach_with_code(&locked.store, &old).await.is_err());
    place
        .vault()
        .attach_with_code(&locked.store, new.as_str())
        .await
        .unwrap()
        .1
        .unwrap();
}

/// A crash between any two steps of a rotation leaves a file that opens, and one key.
#[tokio::test]
async fn a_rotation_that_broke_off_locks_nobody_out() {
    for rekeyed in [false, true] {
        let place = Place::new();
        place.with_ada().await;
        let pending = StoreKey::generate(&OsRandom);
        place.secrets.put(PENDING, pending.recovery_code().as_str());
        if rekeyed {
            let opened = place.vault().open().await.unwrap();
            opened.store.rekey(pending.clone()).await.unwrap();
            opened.store.close().await;
            // Opening took the entry away; a crash right after the rekeying would have left it.
            place.secrets.put(PENDING, pending.recovery_code().as_str());
        }
        let opened = place.vault().open().await.unwrap();
        assert!(opened.locked.is_none(), "rekeyed: {rekeyed}: {:?}", opened.locked);
        assert!(knows(&opened.store, "Ada").await);
        assert!(place.secrets.text(PENDING).is_none());
        assert_eq!(
            place.secrets.text(KEY).unwrap() == pending.recovery_code().as_str(),
            rekeyed
        );
    }
}

#[tokio::test]
async fn a_secret_store_that_takes_nothing_stops_a_rotation_before_it_begins() {
    let place = Place::new();
    place.with_ada().await;
    let opened = place.vault().open().await.unwrap();
    let code = place.secrets.text(KEY).unwrap();
    place.secrets.be(Mood::ReadOnly);
    assert!(place.vault().rotate(&opened.store).await.is_err());
    opened.store.close().await;
    let again = place.vault().open().await.unwrap();
    assert!(again.locked.is_none());
    assert_eq!(place.secrets.text(KEY).unwrap(), code);
}

#[tokio::test]
async fn attaching_twice_is_harmless() {
    let place = Place::new();
    place.secrets.be(Mood::Locked);
    let opened = place.vault().open().await.unwrap();
    opened.store.create(draft("Grace")).await.unwrap();
    place.secrets.be(Mood::Well);
    place.vault().attach(&opened.store).await.unwrap();
    place.vault().attach(&opened.store).await.unwrap();
    let query = ringside_domain::connector::NameQuery {
        text: "Grace".to_owned(),
        types: Vec::new(),
        company: None,
        limit: 5,
    };
    assert_eq!(opened.store.with_name(query).await.unwrap().len(), 1);
    assert!(
        opened
            .store
            .calls(CallPage {
                limit: 5,
                ..CallPage::default()
            })
            .await
            .unwrap()
            .is_empty()
    );
}
