//! What SuiteCRM's modules have, from their definitions.

use super::{super::Reply, refused};

/// A module, the name of its objects, and its columns with their lengths.
pub struct Module {
    pub name: &'static str,
    pub object: &'static str,
    pub columns: &'static [(&'static str, usize)],
    /// Attributes that are no columns: they can be read and written, but not be filtered by.
    pub others: &'static [&'static str],
}

const TEXT: usize = 65_535;

#[rustfmt::skip]
const PERSON: &[(&str, usize)] = &[
    ("first_name", 100), ("last_name", 100), ("title", 100), ("phone_home", 100), ("phone_mobile", 100), ("phone_work", 100),
    ("phone_other", 100), ("primary_address_country", 255), ("description", TEXT), ("assigned_user_id", 36),
    ("date_modified", 25), ("date_entered", 25),
];

#[rustfmt::skip]
const MODULES: &[Module] = &[
    Module {
        name: "Contacts",
        object: "Contact",
        columns: PERSON,
        others: &["account_id", "account_name", "email1", "full_name"],
    },
    Module {
        name: "Leads",
        object: "Lead",
        columns: PERSON,
        others: &["account_name", "email1", "full_name"],
    },
    Module {
        name: "Accounts",
        object: "Account",
        columns: &[
            ("name", 150), ("phone_office", 100), ("phone_alternate", 100), ("billing_address_country", 255),
            ("description", TEXT), ("assigned_user_id", 36), ("date_modified", 25), ("date_entered", 25),
        ],
        others: &["email1"],
    },
    Module {
        name: "Calls",
        object: "Call",
        columns: &[
            ("name", 50), ("status", 100), ("direction", 100), ("date_start", 25), ("duration_hours", 2),
            ("duration_minutes", 2), ("description", TEXT), ("parent_type", 255), ("parent_id", 36),
            ("assigned_user_id", 36), ("date_entered", 25),
        ],
        others: &[],
    },
];

pub fn module(name: &str) -> Result<&'static Module, Reply> {
    let module = MODULES.iter().find(|module| module.name == name);
    module.ok_or_else(|| refused(400, &format!("Module with name {name} is not found")))
}

/// The longest text of an attribute, if the module has it.
pub fn longest(module: &Module, name: &str) -> Option<usize> {
    let column = module
        .columns
        .iter()
        .find(|(column, _)| *column == name)
        .map(|(_, longest)| *longest);
    column.or_else(|| module.others.contains(&name).then_some(255))
}
