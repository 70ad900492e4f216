//! A grant as it lies in the keyring: one entry of JSON. Long entries are the keyring's business.
//!
//! ```json
//! {"version":1,"refresh":"…","members":[["instance_url","…"]]}
//! {"version":1,"refresh":"…","access":"…","until":1790000000000,"members":[["instance_url","…"]]}
//! {"version":2,"access":"…","until":1790000000000,"members":[]}
//! ```
//!
//! The first is the usual one, and the second what a program leaves that ends while its access token is still good. The third is for providers that give no refresh token and
//! an access token for days, or without an end: it is all there is of that sign-in. `until` is in milliseconds since 1970,
//! and absent where the provider names no end.

use ringside_domain::{CredentialStore, Error, Kind, Result, Timestamp, credentials::Secret};
use serde::{Deserialize, Serialize};

const OPERATION: &str = "keep_sign_in";
/// Bytes of all members together. With the longest token, and everything in both escaped, the entry still fits
/// into the keyring. What comes after is there until the program ends.
const MOST_OF_MEMBERS: usize = 16 * 1024;

/// What outlives the program.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) token: Token,
    pub(super) members: Vec<(String, String)>,
}

#[derive(Clone)]
pub(super) enum Token {
    Refresh {
        refresh: Secret,
        /// With its end, where it is worth keeping.
        access: Option<(Secret, Timestamp)>,
    },
    Access {
        access: Secret,
        until: Option<Timestamp>,
    },
}

#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    #[serde(default)]
    members: Vec<(String, String)>,
}

pub(super) async fn read(credentials: &dyn CredentialStore, name: &str) -> Result<Option<Kept>> {
    let Some(secret) = credentials.get(name).await? else {
        return Ok(None);
    };
    // The parser's own words may quote the entry.
    let entry: Entry<'_> = serde_json::from_slice(secret.expose()).map_err(|_| damaged("it cannot be read"))?;
    let token = match (entry.version, entry.refresh, entry.access) {
        (1, Some(refresh), access) => Token::Refresh {
            refresh: Secret::new(refresh.into_owned()),
            access: access
                .zip(entry.until)
                .map(|(access, until)| (Secret::new(access.into_owned()), Timestamp(until))),
        },
        (2, _, Some(access)) => Token::Access {
            access: Secret::new(access.into_owned()),
            until: entry.until.map(Timestamp),
        },
        (1 | 2, ..) => return Err(damaged("it cannot be read")),
        _ => return Err(damaged("it was written by another version of Ringside")),
    };
    Ok(Some(Kept {
        token,
        members: entry.members,
    }))
}

pub(super) async fn write(credentials: &dyn CredentialStore, name: &str, kept: &Kept) -> Result<()> {
    let text = |token, message: &'static str| {
        std::str::from_utf8(Secret::expose(token)).map_err(|_| Error::new(Kind::Invalid, OPERATION, message))
    };
    let mut bytes = 0;
    let members = kept.members.iter().take_while(|(name, value)| {
        bytes += name.len() + value.len();
        bytes <= MOST_OF_MEMBERS
    });
    let mut entry = Entry {
        version: 1,
        refresh: None,
        access: None,
        until: None,
        members: members.cloned().collect(),
    };
    match &kept.token {
        Token::Refresh { refresh, access } => {
            entry.refresh = Some(text(refresh, "the refresh token is not text")?.into());
            if let Some((access, until)) = access {
                entry.access = Some(text(access, "the access token is not text")?.into());
                entry.until = Some(until.0);
            }
        }
        Token::Access { access, until } => {
            entry.version = 2;
            entry.access = Some(text(access, "the access token is not text")?.into());
            entry.until = until.map(|until| until.0);
        }
    }
    let bytes = serde_json::to_vec(&entry)
        .map_err(|_| Error::new(Kind::Internal, OPERATION, "the sign-in could not be written down"))?;
    credentials.set(name, Secret::new(bytes)).await
}

fn damaged(why: &'static str) -> Error {
    let words = format!("the sign-in that is kept in the system's secret store is damaged: {why}");
    Error::new(Kind::Storage, OPERATION, words).hint("Sign in again, and it is replaced")
}
