//! What stands for the desktop: a keyring in memory, and a browser whose person agrees to everything.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use reqwest::{Client, header, redirect};
use ringside_domain::{CredentialStore, Result, Url, credentials::Secret};
use ringside_host::sign_in::Browser;

#[derive(Default)]
pub struct MemoryKeyring(Mutex<BTreeMap<String, Secret>>);

#[async_trait]
impl CredentialStore for MemoryKeyring {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        self.0.lock().unwrap().insert(name.to_owned(), secret);
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// Opens the provider's page on the fake CRM, and goes where that sends it.
pub struct Agreeing {
    /// `http://127.0.0.1:PORT`
    pub origin: String,
}

#[async_trait]
impl Browser for Agreeing {
    async fn open(&self, page: &Url) -> Result<()> {
        let mut there = Url::parse(&self.origin).unwrap();
        there.set_path(page.path());
        there.set_query(page.query());
        let host = page.host_str().unwrap_or_default().to_owned();
        tokio::spawn(async move {
            let client = Client::builder()
                .no_proxy()
                .redirect(redirect::Policy::none())
                .build()
                .unwrap();
            let answer = client.get(there).header(header::HOST, host).send().await.unwrap();
            let back = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
            client.get(back).send().await.unwrap();
        });
        Ok(())
    }
}
