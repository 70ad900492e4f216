//! From the settings of a connection to the connector that runs it.

use std::{fmt, sync::Arc};

use ringside_domain::{Connector, Cx, Error, Kind, Result, Url, credentials::Secret};

use crate::{
    address_book::AddressBookConnector,
    app_connect::AppConnect,
    catalog::{Body, Catalog},
    manifest::connector::ManifestConnector,
    parts::{Parts, Setup},
};

/// A connector that was made, with its way in: what the port [`Connector`] does not know of, because only a person signs in.
#[derive(Clone)]
pub enum Built {
    AddressBook(Arc<AddressBookConnector>),
    AppConnect(Arc<AppConnect>),
    Manifest(Arc<ManifestConnector>),
}

/// Makes the connector of one configured connection. Asks nothing and opens nothing.
///
/// # Errors
/// [`Kind::NotFound`] when there is no such connector; [`Kind::Invalid`] when its file has faults, or with the field of the
/// setup that does not fit.
pub fn build(parts: &Parts, catalog: &Catalog, setup: &Setup) -> Result<Built> {
    let entry = catalog.get(&setup.connector).ok_or_else(|| {
        let known: Vec<&str> = catalog.entries().iter().map(|entry| entry.id.as_str()).collect();
        Error::new(
            Kind::NotFound,
            "connect",
            format!("There is no connector \"{}\"", setup.connector),
        )
        .field("connector")
        .hint(format!("There are: {}", known.join(", ")))
    })?;
    match &entry.body {
        Body::AddressBook => {
            let connector = AddressBookConnector::new(
                setup.connection.clone(),
                setup.name.as_str(),
                Arc::clone(&parts.address_book),
            );
            Ok(Built::AddressBook(Arc::new(connector)))
        }
        Body::AppConnect => {
            let made = Arc::new(AppConnect::new(parts, setup)?);
            // Before its first request it would have no contact types to show.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                let made = Arc::clone(&made);
                runtime.spawn(async move { made.recall_manifest().await });
            }
            Ok(Built::AppConnect(made))
        }
        Body::Manifest(_) | Body::Broken { .. } => {
            let sheet = entry.sheet().ok_or_else(|| {
                let first = entry.problems().first();
                let words = first.map_or_else(|| "it can't be read".to_owned(), ToString::to_string);
                Error::new(
                    Kind::Invalid,
                    "connect",
                    format!("The file of {} has faults: {words}", entry.id),
                )
                .field("connector")
            })?;
            let made = ManifestConnector::new(Arc::clone(&sheet.loaded), parts, setup)?;
            Ok(Built::Manifest(Arc::new(made)))
        }
    }
}

impl Built {
    #[must_use]
    pub fn connector(&self) -> Arc<dyn Connector> {
        match self {
            Self::AddressBook(connector) => connector.clone(),
            Self::AppConnect(connector) => connector.clone(),
            Self::Manifest(connector) => connector.clone(),
        }
    }

    /// Whether it holds in memory whom it has seen: once one of them is erased, it is to be made anew. An address book asks its
    /// file each time, and what a manifest's connection holds, ways to write numbers, its session and its pace, is about its CRM.
    #[must_use]
    pub fn remembers_people(&self) -> bool {
        match self {
            Self::AppConnect(_) => true,
            Self::AddressBook(_) | Self::Manifest(_) => false,
        }
    }

    /// Whether the person signs in in the browser. `None`: an App Connect server that was not asked yet; nobody is here.
    pub async fn signs_in_with_browser(&self) -> Option<bool> {
        match self {
            Self::AddressBook(_) => Some(false),
            Self::AppConnect(connector) => connector.signs_in_with_browser().await,
            Self::Manifest(connector) => Some(connector.needs_browser()),
        }
    }

    /// Signs in from the beginning; in the browser, this waits for the person.
    ///
    /// # Errors
    /// As [`SignIn::authorize`](ringside_domain::SignIn::authorize) and the CRM's own refusals; [`Kind::Unsupported`] where
    /// the browser can't come back by itself: then there is a [`Built::sign_in_page`].
    pub async fn sign_in(&self, cx: Cx) -> Result<()> {
        match self {
            Self::AddressBook(_) => Ok(()),
            Self::AppConnect(connector) => connector.sign_in(cx).await.map(drop),
            Self::Manifest(connector) => connector.sign_in().await,
        }
    }

    /// The page for a person whose browser can't come back by itself. `None`: it can, or there is no such page.
    ///
    /// # Errors
    /// When the server can't be asked.
    pub async fn sign_in_page(&self, cx: Cx) -> Result<Option<Url>> {
        match self {
            Self::AppConnect(connector) => connector.sign_in_page(cx).await,
            Self::AddressBook(_) | Self::Manifest(_) => Ok(None),
        }
    }

    /// Ends the sign-in at [`Built::sign_in_page`] with the address at which the browser ended.
    ///
    /// # Errors
    /// [`Kind::Invalid`] when it is no such address; else as [`Built::sign_in`].
    pub async fn finish_sign_in(&self, cx: Cx, address: Secret) -> Result<()> {
        match self {
            Self::AppConnect(connector) => connector.finish_sign_in(cx, address).await.map(drop),
            Self::AddressBook(_) | Self::Manifest(_) => Err(Error::new(
                Kind::Unsupported,
                "sign_in",
                "This connection does not wait for an address",
            )
            .hint("Sign in to it again")),
        }
    }

    /// Forgets what signing in brought. What the person typed stays.
    ///
    /// # Errors
    /// When the keyring can't be reached.
    pub async fn sign_out(&self, cx: Cx) -> Result<()> {
        match self {
            Self::AddressBook(_) => Ok(()),
            Self::AppConnect(connector) => connector.sign_out(cx).await,
            Self::Manifest(connector) => connector.sign_out().await,
        }
    }
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressBook(_) => f.write_str("AddressBook"),
            Self::AppConnect(connector) => connector.fmt(f),
            Self::Manifest(connector) => connector.fmt(f),
        }
    }
}
