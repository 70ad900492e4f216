//! Pins: a connection was made with a manifest that a person trusted with a key; this says whether it is still that one.
//!
//! What decides where secrets go is pinned: hosts, environment, parameters, signing in, and the server that was typed. A change
//! in any of it stops the connection until a person has seen old and new. Everything else, such as a better search, may change
//! by itself.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::parts::Server;

/// The tables of a manifest that decide where a secret goes.
const PINNED: [&str; 4] = ["allowed_hosts", "environment", "parameters", "auth"];

/// What the typed server is called in a pin's text. No table of a manifest has this name.
const SERVER: &str = "server";

/// What a connection is pinned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// SHA-256 of the pinned tables, in hexadecimal; behind it `@host:port` of a typed server. In the settings.
    pub hash: String,
    /// The pinned tables and the server as canonical JSON, for a person to compare.
    pub text: String,
}

impl Pin {
    /// The pin of a manifest's text. One that is no TOML has the pin of an empty one.
    #[must_use]
    pub fn of(manifest: &str) -> Self {
        let table: Map<String, Value> = toml::from_str(manifest).unwrap_or_default();
        let pinned: Map<String, Value> = table
            .into_iter()
            .filter(|(name, _)| PINNED.contains(&name.as_str()))
            .collect();
        // serde_json keeps objects sorted, so the same tables are the same text whatever their order in the file.
        let text = serde_json::to_string_pretty(&Value::Object(pinned)).unwrap_or_default();
        let hash = Sha256::digest(text.as_bytes());
        let hash = hash
            .iter()
            .fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
        Self { hash, text }
    }

    /// The same with the server that a person typed: secrets go there.
    #[must_use]
    pub fn at(&self, server: &Server) -> Self {
        let server = format!("{}:{}", server.host.host, server.host.port);
        let mut pinned: Map<String, Value> = serde_json::from_str(&self.text).unwrap_or_default();
        pinned.insert(SERVER.to_owned(), Value::from(server.as_str()));
        Self {
            hash: format!("{}@{server}", self.hash),
            text: serde_json::to_string_pretty(&Value::Object(pinned)).unwrap_or_default(),
        }
    }

    /// Whether a pin of the settings is this one, but for the server.
    #[must_use]
    pub fn is_but_for_server(&self, pin: &str) -> bool {
        let tables = |pin: &str| pin.split_once('@').map_or(pin, |(tables, _)| tables).to_owned();
        tables(&self.hash) == tables(pin)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const BEFORE: &str = "id = \"x\"\nallowed_hosts = [\"api.example.com\"]\n[environment]\nbase = \"https://api.example.com\"\n[auth.set]\nheaders = { A = \"{{ secret.key }}\" }\n";

    #[test]
    fn what_decides_where_a_secret_goes_changes_the_pin() {
        let before = Pin::of(BEFORE);
        assert_eq!(before.hash.len(), 64);
        for (from, to) in [
            (
                "allowed_hosts = [\"api.example.com\"]",
                "allowed_hosts = [\"api.example.com\", \"evil.example\"]",
            ),
            ("https://api.example.com", "https://api.example.net"),
            ("{{ secret.key }}", "{{ secret.other }}"),
        ] {
            assert_ne!(Pin::of(&BEFORE.replace(from, to)).hash, before.hash, "{to}");
        }
    }

    #[test]
    fn order_comments_and_other_tables_do_not() {
        let before = Pin::of(BEFORE);
        let moved = "# A comment.\n[auth.set]\nheaders.A = \"{{ secret.key }}\"\n[environment]\nbase = \"https://api.example.com\"\n[find_contact]\nmatching = \"exact\"\n";
        let moved = format!("allowed_hosts = [\"api.example.com\"]\nid = \"y\"\n{moved}");
        assert_eq!(Pin::of(&moved), before);
    }

    #[test]
    fn another_server_is_another_pin() {
        let tables = Pin::of(BEFORE);
        let at = |typed: &str| tables.at(&Server::read(typed).unwrap());
        let here = at("crm.example.com");
        assert_ne!(here.hash, tables.hash);
        assert!(
            here.text.contains("\"server\": \"crm.example.com:443\""),
            "{}",
            here.text
        );
        assert_eq!(here, at("https://CRM.example.com:443/start"));
        for other in ["crm.example.net", "crm.example.com:8443"] {
            assert_ne!(at(other).hash, here.hash, "{other}");
            assert!(at(other).is_but_for_server(&here.hash));
        }
        assert!(here.is_but_for_server(&tables.hash));
        let changed = Pin::of(&BEFORE.replace("secret.key", "secret.other"));
        assert!(!changed.is_but_for_server(&here.hash));
    }
}
