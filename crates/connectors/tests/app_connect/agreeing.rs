//! The real way through the browser: our port, the state, the provider's redirect. Only the person is none, and agrees to
//! everything.

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Client;
use ringside_domain::{CredentialStore, Result, SignIn, Url};
use ringside_host::{
    clock::{OsRandom, SystemClock},
    http::{OwnPorts, Web, WebOptions},
    sign_in::{self, Browser},
};

pub fn agreeing(credentials: Arc<dyn CredentialStore>) -> Arc<dyn SignIn> {
    let own_ports = OwnPorts::default();
    Arc::new(sign_in::OAuth::new(sign_in::Parts {
        http: Arc::new(Web::new(WebOptions::default()).unwrap()),
        credentials,
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        browser: Arc::new(Agreeing),
        own_ports,
    }))
}

struct Agreeing;

#[async_trait]
impl Browser for Agreeing {
    async fn open(&self, page: &Url) -> Result<()> {
        let page = page.clone();
        tokio::spawn(async move {
            // From page to page, and back to us.
            client().get(page).send().await.unwrap();
        });
        Ok(())
    }
}

pub fn client() -> Client {
    // reqwest wants a provider of TLS even where everything is http.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}
