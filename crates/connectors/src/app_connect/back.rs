//! How the browser came back from a sign-in: what the server is given of it.

use ringside_domain::{Url, credentials::Secret};

/// What the CRM says beside the code may be as good as one: an id token, a session. A value so long, in bytes, is no name and no number
/// that an error had better name.
const SECRET_FROM: usize = 20;

/// The address at which a sign-in ended, taken apart.
pub(super) struct Back {
    redirect: String,
    code: Secret,
    others: Vec<(String, String)>,
}

impl Back {
    /// `parameters` are those of the address; `code` and `state` among them are left out, as `code` is given by itself, and
    /// the `state` was for us.
    pub fn to(redirect: &str, code: Secret, parameters: Vec<(String, String)>) -> Self {
        let own: Vec<(String, String)> = Url::parse(redirect)
            .map(|url| url.query_pairs().into_owned().collect())
            .unwrap_or_default();
        let mut others = parameters;
        others.retain(|pair| !["code", "state"].contains(&pair.0.as_str()) && !own.contains(pair));
        Self {
            redirect: redirect.to_owned(),
            code,
            others,
        }
    }

    /// The whole address with the `state` that the server knows. `None`: it is none.
    pub fn address(&self, state: &str) -> Option<Url> {
        let mut address = Url::parse(&self.redirect).ok()?;
        address
            .query_pairs_mut()
            .append_pair("code", &String::from_utf8_lossy(self.code.expose()))
            .append_pair("state", state)
            .extend_pairs(&self.others);
        Some(address)
    }

    /// What no error may repeat.
    pub fn secrets(&self) -> Vec<Secret> {
        let long = self.others.iter().filter(|(_, value)| value.len() >= SECRET_FROM);
        let long = long.map(|(_, value)| Secret::new(value.as_bytes()));
        std::iter::once(self.code.clone()).chain(long).collect()
    }
}
