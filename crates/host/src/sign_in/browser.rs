//! The browser as signing in needs it: a seam, because a test has no person to click.

use async_trait::async_trait;
use ringside_domain::{Error, Kind, Result, Url};

use crate::links;

#[async_trait]
pub trait Browser: Send + Sync {
    /// Shows the page to the person and comes back at once, whatever they do there.
    ///
    /// The URL holds the state of a sign-in: it must get into no log and no error.
    ///
    /// # Errors
    /// No browser could be started.
    async fn open(&self, page: &Url) -> Result<()>;
}

/// The person's default browser.
///
/// It gets the URL as an argument, so other programs of the same machine may read it in the list of processes. That is
/// why the state alone is worth nothing: the code comes to our port, and is exchanged only with the PKCE verifier.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemBrowser;

#[async_trait]
impl Browser for SystemBrowser {
    async fn open(&self, page: &Url) -> Result<()> {
        links::open_sign_in(page.as_str()).await.map_err(|error| {
            // The connector's fault, not the browser's.
            if error.kind == Kind::Invalid {
                return error;
            }
            let words = "the browser could not be opened to sign in";
            let again = Error::new(Kind::Unavailable, "sign_in", words);
            // Without a browser a second try fails like the first, until a person has done something.
            let again = again.retry(ringside_domain::Retry::AfterPerson);
            match error.hint.clone() {
                Some(hint) => again.hint(hint),
                None => again.hint("Choose a default browser in the system's settings"),
            }
            .because(error)
        })
    }
}
