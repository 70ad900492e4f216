//! Pins: a connection was made with a manifest that a person trusted with a key; this says whether it is still that one.
//!
//! What decides where secrets go is pinned: hosts, environment, parameters, signing in, and the server that was typed. A change
//! in any of it stops the connection until a person has seen old and new. Everything else, such as a better search, may change
//! by itself. So may what only a person reads of these tables (titles, help, labels, examples of what to type), the order in
//! which things stand, and a default that is written out: who is stopped by a better sentence learns to agree unread.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::parts::Server;

/// The tables of a manifest that decide where a secret goes.
const PINNED: [&str; 4] = ["allowed_hosts", "environment", "parameters", "auth"];

/// What the typed server is called in a pin's text. No table of a manifest has this name.
const SERVER: &str = "server";
/// The same for the connector itself.
const CONNECTOR: &str = "connector";
/// What only a person reads.
const WORDS: [&str; 4] = ["title", "help", "placeholder", "label"];
/// Of `auth.oauth2`, what is the same as leaving it out: see [`OAuth2`](crate::manifest::format::OAuth2).
const USUAL: [(&str, &str); 5] = [
    ("grant", "authorization_code"),
    ("pkce", "s256"),
    ("scope_separator", " "),
    ("redirect_host", "127.0.0.1"),
    ("redirect_path", "/callback"),
];

/// What a connection is pinned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// SHA-256 of the pinned tables, in hexadecimal; behind it `@host:port` of a typed server. In the settings.
    pub hash: String,
    /// The pinned tables, the server and the connector's id as canonical JSON, for a person to compare.
    pub text: String,
}

impl Pin {
    /// The pin of a manifest's text. One that is no TOML has the pin of an empty one.
    #[must_use]
    pub fn of(manifest: &str) -> Self {
        let table: Map<String, Value> = toml::from_str(manifest).unwrap_or_default();
        let mut pinned: Map<String, Value> = table
            .into_iter()
            .filter(|(name, _)| PINNED.contains(&name.as_str()))
            .collect();
        normalise(&mut pinned);
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
        Self {
            hash: format!("{}@{server}", self.hash),
            text: self.text_with(SERVER, &server),
        }
    }

    /// The same with the connector's id in the text: `own/acme` is a file of the person's own. Two files whose tables are
    /// the same are trusted with the same, so it is not in the hash.
    #[must_use]
    pub fn by(&self, connector: &str) -> Self {
        Self {
            hash: self.hash.clone(),
            text: self.text_with(CONNECTOR, connector),
        }
    }

    fn text_with(&self, name: &str, value: &str) -> String {
        let mut pinned: Map<String, Value> = serde_json::from_str(&self.text).unwrap_or_default();
        pinned.insert(name.to_owned(), Value::from(value));
        serde_json::to_string_pretty(&Value::Object(pinned)).unwrap_or_default()
    }

    /// Whether a pin of the settings is this one, but for the server.
    #[must_use]
    pub fn is_but_for_server(&self, pin: &str) -> bool {
        let tables = |pin: &str| pin.split_once('@').map_or(pin, |(tables, _)| tables).to_owned();
        tables(&self.hash) == tables(pin)
    }
}

/// Takes out what is no matter of trust, and puts the rest into one order.
fn normalise(pinned: &mut Map<String, Value>) {
    if let Some(hosts) = pinned.get_mut("allowed_hosts") {
        in_order(hosts, Value::as_str);
    }
    if let Some(environment) = pinned.get_mut("environment") {
        each(environment.get_mut("choices"), without_words);
        each(environment.get_mut("typed"), without_words);
        environment
            .get_mut("choices")
            .into_iter()
            .for_each(|choices| in_order(choices, |choice| choice.get("id")?.as_str()));
    }
    each(pinned.get_mut("parameters"), |parameter| {
        without_words(parameter);
        parameter.retain(|name, value| !(name == "required" && *value == Value::Bool(true)));
        each(parameter.get_mut("options"), without_words);
        parameter
            .get_mut("options")
            .into_iter()
            .for_each(|options| in_order(options, |option| option.get("value")?.as_str()));
    });
    if let Some(parameters) = pinned.get_mut("parameters") {
        in_order(parameters, |parameter| parameter.get("name")?.as_str());
    }
    each(
        pinned.get_mut("auth").and_then(|auth| auth.get_mut("oauth2")),
        |oauth2| {
            let usual = |name: &str, value: &Value| USUAL.iter().any(|known| known.0 == name && *value == known.1);
            let off = |name: &str, value: &Value| name == "token_in_query" && *value == Value::Bool(false);
            oauth2.retain(|name, value| !usual(name, value) && !off(name, value));
        },
    );
}

fn without_words(table: &mut Map<String, Value>) {
    table.retain(|name, _| !WORDS.contains(&name.as_str()));
}

/// A table, or each of a list of tables.
fn each(tables: Option<&mut Value>, mut change: impl FnMut(&mut Map<String, Value>)) {
    match tables {
        Some(Value::Object(table)) => change(table),
        Some(Value::Array(list)) => list.iter_mut().filter_map(Value::as_object_mut).for_each(change),
        _ => {}
    }
}

fn in_order(list: &mut Value, by: impl Fn(&Value) -> Option<&str>) {
    if let Value::Array(list) = list {
        list.sort_by(|one, other| by(one).cmp(&by(other)));
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

    const WORDY: &str = r#"
allowed_hosts = ["b.example.com", "a.example.com"]
[environment.typed]
title = "Your server"
help = "It stands in your browser."
base = "{{ env.origin }}"
[[parameters]]
name = "region"
title = "Region"
kind = "choice"
required = true
options = [{ value = "eu", label = "Europe" }, { value = "us", label = "America" }]
[[parameters]]
name = "key"
title = "Key"
kind = "secret"
[auth.oauth2]
grant = "authorization_code"
pkce = "s256"
token_in_query = false
token = "https://a.example.com/token"
[[auth.session]]
request = { path = "/login", json = { title = "{{ secret.key }}", required = true } }
"#;

    #[test]
    fn a_better_sentence_another_order_and_a_default_written_out_are_the_same_pin() {
        let before = Pin::of(WORDY);
        for (from, to) in [
            ("\"Your server\"", "\"The server's address\""),
            ("help = \"It stands in your browser.\"\n", ""),
            (
                "title = \"Key\"",
                "title = \"API key\"\nhelp = \"Under Settings\"\nplaceholder = \"k-123\"\nrequired = true",
            ),
            ("\"Europe\"", "\"European Union\""),
            ("required = true\noptions", "options"),
            (
                "[\"b.example.com\", \"a.example.com\"]",
                "[\"a.example.com\", \"b.example.com\"]",
            ),
            (
                "grant = \"authorization_code\"\npkce = \"s256\"\ntoken_in_query = false\n",
                "redirect_path = \"/callback\"\n",
            ),
        ] {
            let changed = WORDY.replace(from, to);
            assert_ne!(changed, WORDY, "{from}");
            assert_eq!(Pin::of(&changed), before, "{to}");
        }
    }

    #[test]
    fn what_matters_of_the_same_tables_is_another_pin() {
        let before = Pin::of(WORDY);
        for (from, to) in [
            ("value = \"eu\"", "value = \"eu.evil\""),
            ("name = \"key\"", "name = \"other\""),
            ("kind = \"secret\"", "kind = \"text\""),
            ("kind = \"secret\"", "kind = \"secret\"\npattern = \"k.*\""),
            ("required = true\noptions", "required = false\noptions"),
            ("{{ env.origin }}", "https://a.example.com"),
            ("pkce = \"s256\"", "pkce = \"off\""),
            ("token_in_query = false", "token_in_query = true"),
            // In a request these are words of the vendor.
            ("{ title = \"{{ secret.key }}\"", "{ label = \"{{ secret.key }}\""),
            (", required = true }", " }"),
        ] {
            let changed = WORDY.replace(from, to);
            assert_ne!(changed, WORDY, "{from}");
            assert_ne!(Pin::of(&changed).hash, before.hash, "{to}");
        }
    }

    #[test]
    fn the_connector_is_shown_beside_what_it_does() {
        let (before, own) = (Pin::of(BEFORE).by("clio"), Pin::of(BEFORE).by("own/clio"));
        assert_eq!(before.hash, own.hash);
        assert!(own.text.contains("\"connector\": \"own/clio\""), "{}", own.text);
        assert_ne!(before.text, own.text);
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
