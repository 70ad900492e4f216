//! Bodies, and the content type that goes with each.

use ringside_domain::Result;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Loaded, Scope, Size, address::percent_encoded, evaluate::trouble};
use crate::manifest::format::Request;

impl Loaded {
    /// The content type and the bytes; nothing where the request has no body.
    pub(super) fn body(&self, request: &Request, scope: &Scope, size: &mut Size) -> Result<(Option<String>, Vec<u8>)> {
        let (usual, body) = if let Some(tree) = &request.json {
            match self.grown(&tree.0, scope, size)? {
                Some(value) => ("application/json".to_owned(), value.to_string().into_bytes()),
                None => return Ok((None, Vec::new())),
            }
        } else if let Some(form) = &request.form {
            let fields = self.fields(form, scope, size)?;
            let pair =
                |(name, value): &(String, String)| format!("{}={}", percent_encoded(name), percent_encoded(value));
            let body = fields.iter().map(pair).collect::<Vec<_>>().join("&");
            ("application/x-www-form-urlencoded".to_owned(), body.into_bytes())
        } else if let Some(parts) = &request.multipart {
            multipart(&self.fields(parts, scope, size)?)
        } else if let Some(graphql) = &request.graphql {
            let mut variables = Map::new();
            for (name, tree) in &graphql.variables {
                if let Some(value) = self.grown(&tree.0, scope, size)? {
                    variables.insert(name.clone(), value);
                }
            }
            let body = serde_json::json!({ "query": graphql.query, "variables": Value::Object(variables) });
            ("application/json".to_owned(), body.to_string().into_bytes())
        } else {
            return Ok((None, Vec::new()));
        };
        if body.len() > 2 * super::MOST_BYTES {
            return Err(trouble("A request's body is too large".to_owned()));
        }
        Ok((Some(request.content_type.clone().unwrap_or(usual)), body))
    }
}

/// RFC 7578. The boundary is made of the content, so that the same request has the same bytes, and is not in it.
fn multipart(fields: &[(String, String)]) -> (String, Vec<u8>) {
    let mut hash = Sha256::new();
    for (name, value) in fields {
        for part in [name, value] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
    }
    let mut seed = hash.finalize();
    let boundary = loop {
        let hex: String = seed.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let boundary = format!("ringside-{hex}");
        if !fields
            .iter()
            .any(|(name, value)| name.contains(&boundary) || value.contains(&boundary))
        {
            break boundary;
        }
        seed = Sha256::digest(seed);
    };
    let mut body = String::new();
    for (name, value) in fields {
        let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        body.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    (format!("multipart/form-data; boundary={boundary}"), body.into_bytes())
}
