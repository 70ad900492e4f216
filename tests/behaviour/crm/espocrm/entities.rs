//! What EspoCRM's entities have, from their definitions.

/// An entity, and its attributes with their longest text; 0 where it is no text of its own.
pub struct Entity {
    pub name: &'static str,
    pub attributes: &'static [(&'static str, usize)],
    pub required: &'static [&'static str],
    /// What the text filter looks at.
    pub filtered: &'static [&'static str],
}

const TEXT: usize = 65_535;

#[rustfmt::skip]
pub const ENTITIES: &[Entity] = &[
    Entity {
        name: "Contact",
        attributes: &[
            ("firstName", 100), ("lastName", 100), ("title", 100), ("emailAddress", 255), ("phoneNumber", 36),
            ("phoneNumberData", 0), ("emailAddressData", 0), ("assignedUserId", 24), ("description", TEXT),
            ("addressCountry", 100), ("accountId", 24),
        ],
        required: &["lastName"],
        filtered: &["firstName", "lastName", "name", "reversed", "accountName", "emailAddress"],
    },
    Entity {
        name: "Lead",
        attributes: &[
            ("firstName", 100), ("lastName", 100), ("title", 100), ("emailAddress", 255), ("phoneNumber", 36),
            ("phoneNumberData", 0), ("emailAddressData", 0), ("assignedUserId", 24), ("description", TEXT),
            ("addressCountry", 100), ("accountName", 255), ("status", 100),
        ],
        required: &["lastName"],
        filtered: &["firstName", "lastName", "name", "reversed", "accountName", "emailAddress"],
    },
    Entity {
        name: "Account",
        attributes: &[
            ("name", 249), ("emailAddress", 255), ("phoneNumber", 36), ("phoneNumberData", 0), ("emailAddressData", 0),
            ("assignedUserId", 24), ("description", TEXT), ("billingAddressCountry", 100),
        ],
        required: &["name"],
        filtered: &["name", "emailAddress"],
    },
    Entity {
        name: "Call",
        attributes: &[
            ("name", 255), ("status", 100), ("direction", 100), ("dateStart", 0), ("dateEnd", 0), ("description", TEXT),
            ("assignedUserId", 24), ("contactsIds", 0), ("leadsIds", 0), ("parentType", 100), ("parentId", 24),
        ],
        required: &["name", "dateStart", "dateEnd", "assignedUserId"],
        filtered: &["name"],
    },
];

/// What records have and nobody writes.
const READ_ONLY: &[&str] = &[
    "id",
    "name",
    "accountName",
    "modifiedAt",
    "createdAt",
    "phoneNumberNumeric",
];

pub fn has(entity: &Entity, attribute: &str) -> bool {
    entity.attributes.iter().any(|(name, _)| *name == attribute) || READ_ONLY.contains(&attribute)
}
