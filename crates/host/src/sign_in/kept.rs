//! A grant as it lies in the keyring: one entry of JSON, `{"version":1,"refresh":"…","members":[["instance_url","…"]]}`.
//!
//! The access token is not in it. Long entries are the keyring's business.

use ringside_domain::{CredentialStore, Error, Kind, Result, credentials::Secret};
use serde::{Deserialize, Serialize};

const OPERATION: &str = "keep_sign_in";
const VERSION: u32 = 1;
/// Bytes of all members together. With the longest refresh token, and everything in both escaped, the entry still fits
/// into the keyring. What comes after is there until the program ends.
const MOST_OF_MEMBERS: usize = 16 * 1024;

/// What outlives the program.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) refresh: Secret,
    pub(super) members: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    version: u32,
    refresh: std::borrow::Cow<'a, str>,
    #[serde(default)]
    members: Vec<(String, String)>,
}

pub(super) async fn read(credentials: &dyn CredentialStore, name: &str) -> Result<Option<Kept>> {
    let Some(secret) = credentials.get(name).await? else {
        return Ok(None);
    };
    // The parser's own words may quote the entry.
    let entry: Entry<'_> = serde_json::from_slice(secret.expose()).map_err(|_| damaged("it cannot be read"))?;
    if entry.version != VERSION {
        return Err(damaged("it was written by another version of Ringside"));
    }
    Ok(Some(Kept {
        refresh: Secret::new(entry.refresh.into_owned()),
        members: entry.members,
    }))
}

pub(super) async fn write(credentials: &dyn CredentialStore, name: &str, kept: &Kept) -> Result<()> {
    let refresh = std::str::from_utf8(kept.refresh.expose());
    let refresh = refresh.map_err(|_| Error::new(Kind::Invalid, OPERATION, "the refresh token is not text"))?;
    let mut bytes = 0;
    let members = kept.members.iter().take_while(|(name, value)| {
        bytes += name.len() + value.len();
        bytes <= MOST_OF_MEMBERS
    });
    let entry = Entry {
        version: VERSION,
        refresh: refresh.into(),
        members: members.cloned().collect(),
    };
    let bytes = serde_json::to_vec(&entry)
        .map_err(|_| Error::new(Kind::Internal, OPERATION, "the sign-in could not be written down"))?;
    credentials.set(name, Secret::new(bytes)).await
}

fn damaged(why: &'static str) -> Error {
    let words = format!("the sign-in that is kept in the system's secret store is damaged: {why}");
    Error::new(Kind::Storage, OPERATION, words).hint("Sign in again, and it is replaced")
}
