//! The connector that is a manifest, for the CRM on the loopback.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use ringside_connectors::{
    manifest::{connector::ManifestConnector, load::load},
    parts::{Parts, Setup},
};
use ringside_domain::{
    Clock, ConnectionId, CredentialStore, Error, Kind, Result, SignIn,
    credentials::Secret,
    sign_in::{Authorize, Grant, Redirected, TokenRequest},
};
use ringside_store::Store;
use ringside_tests::detour::Detour;

const CRM: &str = include_str!("../crm.toml");

pub fn connector(
    url: &str,
    searchable: bool,
    steps: &str,
    store: &Store,
    clock: Arc<dyn Clock>,
) -> Arc<ManifestConnector> {
    let text = if searchable {
        CRM
    } else {
        CRM.split_once("[find_log]").unwrap().0
    };
    let parts = Parts {
        address_book: Arc::new(store.clone()),
        http: Arc::new(Detour::to(url)),
        sign_in: Arc::new(Nobody),
        credentials: Arc::new(Nobody),
        memory: Arc::new(store.clone()),
        clock,
    };
    let setup = Setup {
        connection: ConnectionId::new("loopback"),
        connector: "loopback".to_owned(),
        name: "Loopback CRM".to_owned(),
        environment: None,
        server: None,
        parameters: BTreeMap::from([("steps".to_owned(), steps.to_owned())]),
        account: None,
    };
    Arc::new(ManifestConnector::new(load(text).unwrap(), &parts, &setup).unwrap())
}

/// This CRM wants no secret and nobody to sign in.
struct Nobody;

fn nobody<T>() -> Result<T> {
    Err(Error::new(Kind::Internal, "crash", "nobody signs in here"))
}

#[async_trait]
impl CredentialStore for Nobody {
    async fn get(&self, _: &str) -> Result<Option<Secret>> {
        Ok(None)
    }
    async fn set(&self, _: &str, _: Secret) -> Result<()> {
        nobody()
    }
    async fn remove(&self, _: &str) -> Result<()> {
        nobody()
    }
}

#[async_trait]
impl SignIn for Nobody {
    async fn authorize(&self, _: Authorize) -> Result<Redirected> {
        nobody()
    }
    async fn token(&self, _: TokenRequest) -> Result<Grant> {
        nobody()
    }
    async fn keep(&self, _: &str, _: Grant) -> Result<()> {
        nobody()
    }
    async fn kept(&self, _: &str) -> Result<Option<Grant>> {
        Ok(None)
    }
    async fn refresh(&self, _: &str, _: &Grant, _: TokenRequest) -> Result<Grant> {
        nobody()
    }
    async fn forget(&self, _: &str) -> Result<()> {
        nobody()
    }
    fn state(&self) -> String {
        String::new()
    }
}
