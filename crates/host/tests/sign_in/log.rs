//! A whole sign-in with everything going wrong in it, and what the log says of that.

use std::{
    io,
    sync::{Arc, Mutex, atomic::Ordering},
};

use ringside_domain::{SignIn, sign_in::TokenAsk};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::layer::SubscriberExt;

use crate::{
    browser::Follows,
    grants::{NAME, refresh_of, text},
    house::House,
    provider::Provider,
};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_secret_in_any_log() {
    let lines = Captured::default();
    let writer = lines.clone();
    // Without the mask of our own log, at the finest level.
    let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(layer);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let work = async {
        let provider = Provider::start().await;
        let house = House::new(Follows::new("en").0);
        let back = house.sign_in.authorize(provider.authorize()).await.unwrap();
        let grant = house.sign_in.token(provider.exchange(&back)).await.unwrap();
        house.sign_in.keep(NAME, grant.clone()).await.unwrap();
        house.keyring.locked.store(true, Ordering::SeqCst);
        let fresh = house
            .sign_in
            .refresh(NAME, &grant, provider.ask(TokenAsk::Refresh))
            .await
            .unwrap();
        provider.inner().instead = Some((400, "application/json", br#"{"error":"invalid_grant"}"#.to_vec()));
        house
            .sign_in
            .refresh(NAME, &fresh, provider.ask(TokenAsk::Refresh))
            .await
            .unwrap_err();
        let mut secrets = vec![text(&back.code), text(&back.verifier.unwrap())];
        for grant in [&grant, &fresh] {
            secrets.extend([text(&grant.access), refresh_of(grant)]);
        }
        secrets
    };
    // The tasks of the sign-in run on this very thread.
    let secrets = tracing::subscriber::with_default(subscriber, || runtime.block_on(work.with_current_subscriber()));
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("could not be put into the keyring"), "{log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in {log}");
    }
}
