//! Secrets that are changed and, when what they are for fails, put back as they were.

use ringside_domain::{CredentialStore, Result, credentials::Secret};

use crate::app::log_failure;

/// What was there, by the keyring's entries; `None` where there was nothing.
pub(crate) type Before = Vec<(String, Option<Secret>)>;

/// Puts secrets in place of others, all of them or none, and answers what was there.
pub(crate) async fn exchange(
    credentials: &dyn CredentialStore,
    secrets: impl IntoIterator<Item = (String, Secret)>,
) -> Result<Before> {
    let mut old = Vec::new();
    for (entry, secret) in secrets {
        let changed = match credentials.get(&entry).await {
            Ok(before) => {
                old.push((entry.clone(), before));
                credentials.set(&entry, secret).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = changed {
            put_back(credentials, old).await;
            return Err(error);
        }
    }
    Ok(old)
}

pub(crate) async fn put_back(credentials: &dyn CredentialStore, old: Before) {
    for (entry, secret) in old {
        let put = match secret {
            Some(secret) => credentials.set(&entry, secret).await,
            None => credentials.remove(&entry).await,
        };
        if let Err(error) = put {
            log_failure("a secret could not be put back", &error);
        }
    }
}
