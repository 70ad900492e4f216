//! Addresses that would be refused, or pages that would never be shown, because their host is not an allowed one.

use ringside_domain::http::host_matches;

use super::{Lint, below, key, requests::all, tables};
use crate::manifest::{
    format::Manifest,
    load::place::Step,
    render::{Piece, pieces},
};

impl Lint<'_> {
    pub(super) fn hosts(&mut self) {
        let manifest = self.manifest;
        for placed in all(manifest) {
            if let Some(host) = placed.request.url.and_then(|url| stranger(manifest, &url.0)) {
                self.wrong(
                    &below(&placed.at, &[key("url")]),
                    format!("`{host}` is not among the allowed hosts: this request would be refused"),
                    format!("Write it into `allowed_hosts`: `\"{host}\"`"),
                );
            }
        }
        if let Some(oauth2) = &manifest.auth.oauth2 {
            for (name, template) in [("authorize", oauth2.authorize.as_ref()), ("token", Some(&oauth2.token))] {
                if let Some(host) = template.and_then(|template| stranger(manifest, &template.0)) {
                    self.wrong(
                        &[key("auth"), key("oauth2"), key(name)],
                        format!("`{host}` is not among the allowed hosts: nobody could sign in"),
                        format!("Write it into `allowed_hosts`: `\"{host}\"`"),
                    );
                }
            }
        }
        for (index, kind) in manifest.types.iter().enumerate() {
            if let Some(url) = &kind.record_url {
                self.page(&[key("types"), Step::Index(index), key("record_url")], &url.0);
            }
        }
        for (at, _, own) in tables(manifest) {
            for (name, log) in [("log_call", &own.log_call), ("update_log", &own.update_log)] {
                if let Some(url) = log.as_ref().and_then(|log| log.log_url.as_ref()) {
                    self.page(&below(&at, &[key(name), key("log_url")]), &url.0);
                }
            }
        }
    }

    fn page(&mut self, at: &[Step], url: &str) {
        if let Some(host) = stranger(self.manifest, url) {
            self.unwise(
                at,
                format!("`{host}` is not among the allowed hosts: this page would never be shown"),
                format!("Write it into `allowed_hosts`: `\"{host}\"`"),
            );
        }
    }
}

/// The host of an address, if it is known here and is not an allowed one. Values that only a sign-in knows stand for
/// any one word.
fn stranger(manifest: &Manifest, url: &str) -> Option<String> {
    let mut address = String::new();
    for (at, piece) in pieces(url).ok()?.iter().enumerate() {
        match piece {
            Piece::Text(text) => address.push_str(text),
            // An address that a value begins is checked when it is asked.
            Piece::Value(_) if at == 0 => return None,
            Piece::Value(expression) => {
                let default = expression.strip_prefix("param.").and_then(|name| {
                    let mut parameters = manifest.parameters.iter();
                    let found = parameters.find(|parameter| parameter.name == name)?;
                    found.default.as_deref().or(found.placeholder.as_deref())
                });
                address.push_str(default.unwrap_or("x"));
            }
        }
    }
    let host = address
        .strip_prefix("https://")?
        .split(['/', '?', '#'])
        .next()?
        .to_lowercase();
    let only_a_value = host == "x";
    let allowed = manifest
        .allowed_hosts
        .iter()
        .any(|pattern| host_matches(pattern, &host));
    (!allowed && !only_a_value).then_some(host)
}
