//! What a person is asked for when they add a connection: the fields of the manifest's login page, what the vendor's client knows by
//! itself and we have to ask for, and the settings of the CRM.

use ringside_domain::contact::FieldOption;
use serde_json::Value;

use super::{
    fields::options,
    settings::SETTING,
    value::{flag, text},
};
use crate::parts::KEPT;

/// One field of the login page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginField {
    /// Secret ones lie in the keyring under this name, others among the connection's parameters.
    pub name: String,
    pub label: String,
    pub secret: bool,
    pub required: bool,
    /// What it can be; empty: any text.
    pub options: Vec<FieldOption>,
    /// A regular expression of JavaScript's kind that the value must match.
    pub pattern: Option<String>,
    pub description: Option<String>,
}

/// The parameter with the user name in the CRM.
pub(super) const USER_NAME: &str = "username";
/// The parameter with the id of the person's account at RingCentral.
pub(super) const ACCOUNT: &str = "rcAccountId";
/// The parameters of a connection that are ours, and what we keep in the keyring by ourselves, so that a login field of the
/// same name gets another one.
const OURS: [&str; 6] = ["platform", "manifest", "hostname", KEPT[0], KEPT[1], KEPT[2]];

impl LoginField {
    /// It is no part of signing in: what the CRM can be set to.
    #[must_use]
    pub fn is_setting(&self) -> bool {
        self.name.starts_with(SETTING)
    }

    /// The keyring's and the parameters' name of a login field.
    pub(super) fn parameter(name: &str) -> String {
        if OURS.contains(&name) || name.starts_with(SETTING) {
            format!("login_{name}")
        } else {
            name.to_owned()
        }
    }

    pub(super) fn api_key() -> Self {
        Self {
            name: "apiKey".to_owned(),
            label: "API key".to_owned(),
            secret: true,
            required: true,
            options: Vec::new(),
            pattern: None,
            description: None,
        }
    }

    /// In which data centre somebody's Bullhorn is, their user name says.
    pub(super) fn user_name(crm: &str) -> Self {
        Self {
            name: USER_NAME.to_owned(),
            label: format!("User name in {crm}"),
            secret: false,
            ..Self::api_key()
        }
    }

    /// The vendor's client knows it. Servers keep what is the same for a whole company under it, and some connectors do
    /// nothing without.
    pub(super) fn account() -> Self {
        Self {
            name: ACCOUNT.to_owned(),
            label: "Account id at RingCentral".to_owned(),
            secret: false,
            required: false,
            pattern: Some("[0-9]{1,20}".to_owned()),
            description: Some(
                "Only where you use this CRM in RingCentral's own App Connect window, too: your RingCentral administrator knows the number. Left empty, Ringside makes one up, and what your company set up there (plug-ins, shared defaults) holds again once you have signed in there anew"
                    .to_owned(),
            ),
            ..Self::api_key()
        }
    }

    pub(super) fn hostname(crm: &str, options: Vec<FieldOption>) -> Self {
        Self {
            name: "hostname".to_owned(),
            label: format!("Address of {crm}"),
            secret: false,
            ..Self {
                options,
                ..Self::api_key()
            }
        }
    }

    /// `None` for what is no input: buttons and texts, and fields that the account's administrator fills in unseen.
    pub(super) fn read(item: &Value) -> Option<Self> {
        let name = text(item, "const")?;
        let ui = &item["uiSchema"];
        let shown = matches!(
            text(ui, "ui:field"),
            Some("button" | "typography" | "link" | "admonition")
        );
        if shown || (flag(item, "hidden") && flag(item, "managed")) {
            return None;
        }
        // Nothing says which fields are secret. What may be one is treated as one: a secret in the settings file is worse
        // than a user name in the keyring.
        let lower = name.to_lowercase();
        let secret = ["key", "password", "secret", "token", "pin"]
            .iter()
            .any(|word| lower.contains(word))
            || [text(ui, "ui:widget"), text(item, "format")].contains(&Some("password"));
        Some(Self {
            name: Self::parameter(name),
            label: text(item, "title").unwrap_or(name).to_owned(),
            secret,
            required: flag(item, "required"),
            options: options(item),
            pattern: text(item, "pattern").map(str::to_owned),
            description: text(item, "description").map(str::to_owned),
        })
    }

    /// The name that the server knows it by.
    pub(super) fn wire_name(&self) -> &str {
        let ours = self.name.strip_prefix("login_");
        ours.filter(|name| Self::parameter(name) == self.name)
            .unwrap_or(&self.name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parts::{SESSION, secret_name};

    #[test]
    fn a_login_field_never_lies_where_our_session_lies() {
        for name in ["jwt", "oauth", "oauth-places", "platform"] {
            let item = json!({ "const": name, "title": "Access token", "type": "string" });
            let field = LoginField::read(&item).unwrap();
            assert_eq!(
                (field.name.as_str(), field.wire_name()),
                (format!("login_{name}").as_str(), name)
            );
            let connection = ringside_domain::ConnectionId::new("crm");
            assert_ne!(secret_name(&connection, &field.name), secret_name(&connection, SESSION));
        }
        let plain = LoginField::read(&json!({ "const": "userToken", "type": "string" })).unwrap();
        assert_eq!((plain.name.as_str(), plain.wire_name()), ("userToken", "userToken"));
    }
}
