//! Operations that no example runs.

use super::{Lint, below, key, tables};
use crate::manifest::format::Example;

impl Lint<'_> {
    pub(super) fn examples(&mut self) {
        let manifest = self.manifest;
        if manifest.examples.is_empty() {
            self.unwise(
                &[key("id")],
                "There are no examples: nothing shows that the connector sends what it should",
                "Write `[[examples]]`, one for each operation",
            );
            return;
        }
        if manifest.whoami.is_some() && !self.has("check", None) {
            self.unwise(
                &[key("whoami")],
                "No example runs `whoami`",
                "Write one with `operation = \"check\"`",
            );
        }
        if let Some(index) = manifest.log_fields.iter().position(|field| field.request.is_some())
            && !self.has("log_fields", None)
        {
            let at = [key("log_fields"), crate::manifest::load::place::Step::Index(index)];
            self.unwise(
                &at,
                "No example runs `log_fields`",
                "Write one with `operation = \"log_fields\"`",
            );
        }
        for (at, only, own) in tables(manifest) {
            let operations = [
                ("find_contact", own.find_contact.is_some()),
                ("find_contact_with_name", own.find_contact_with_name.is_some()),
                ("get_contact", own.get_contact.is_some()),
                ("create_contact", own.create_contact.is_some()),
                ("add_number", own.add_number.is_some()),
                ("log_call", own.log_call.is_some()),
                ("update_log", own.update_log.is_some()),
                ("find_log", own.find_log.is_some()),
            ];
            for (name, _) in operations.into_iter().filter(|(_, is_there)| *is_there) {
                if !self.has(name, only) {
                    let of = only.map_or_else(String::new, |id| format!(" of the type {id}"));
                    self.unwise(
                        &below(&at, &[key(name)]),
                        format!("No example runs `{name}`{of}"),
                        format!("Write one with `operation = \"{name}\"`"),
                    );
                }
            }
        }
    }

    /// Whether an example runs this operation; for one type, one that is about it or about all.
    fn has(&self, operation: &str, only: Option<&str>) -> bool {
        let about = |example: &Example| {
            let contact = example.contact.as_ref().map(|contact| &contact.contact_type);
            contact.or(example.contact_type.as_ref()).cloned()
        };
        self.manifest.examples.iter().any(|example| {
            let fits = match (only, about(example)) {
                (Some(id), Some(other)) => id == other,
                _ => true,
            };
            example.operation == operation && fits
        })
    }
}
