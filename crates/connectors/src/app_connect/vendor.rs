//! What the vendor's own connectors do, each differently, where the contract leaves it open. Read in their source of 2026
//! (`src/connectors` of rc-unified-crm-extension); a connector that somebody else wrote is none of these.
//!
//! | platform | looks for | with masks | asks its CRM, masks times |
//! |---|---|---|---|
//! | `bullhorn`, `pipedrive`, `redtail` | the digits of the national number | the same: it never reads them | 3, 1, 2 in all |
//! | `googleSheets` | E.164, letter by letter | the same | 2 in all |
//! | `netsuite` | whatever ends in the national number's digits, however it is spelled | E.164 and each mask, letter by letter, *instead* | 3 times 1 + masks |
//! | `clio` | E.164 | each mask as well | 1 + masks |
//! | `insightly` | the digits of the national number, letter by letter | only the masks *instead* | 4 times masks |
//!
//! None of them stops at a hit. The template from which others write theirs looks for E.164, and each mask as well.

/// What masks do for a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Masks {
    /// Nothing, or they hide people: it compares digits without them.
    Useless,
    /// They are asked for beside E.164.
    Beside,
    /// Only they are asked for.
    Instead,
    /// Nobody knows.
    Unknown,
}

pub(super) fn masks(platform: &str) -> Masks {
    match platform {
        "bullhorn" | "pipedrive" | "redtail" | "googleSheets" | "netsuite" => Masks::Useless,
        "clio" => Masks::Beside,
        "insightly" => Masks::Instead,
        _ => Masks::Unknown,
    }
}

/// Clio's and Insightly's paste what they look for into an address as it is, where a plus stands for a blank: so a mask must
/// hold it as it stands in an address.
pub(super) fn pastes(platform: &str) -> bool {
    matches!(masks(platform), Masks::Beside | Masks::Instead)
}

/// Bullhorn's reads four lists of choices anew, one after the other, whenever its server is told to ask the CRM and not its
/// own memory. It has them a day old at most anyway.
pub(super) fn rereads_lists(platform: &str) -> bool {
    platform == "bullhorn"
}

/// Under which type a contact is found and logged on that was created under another: Insightly's creates a `contact`, finds a
/// `Contact`, and logs on that one only; what it is told to log on a `contact` hangs on nobody.
pub(super) fn found_as<'a>(platform: &str, created: &'a str) -> &'a str {
    match (platform, created) {
        ("insightly", "contact") => "Contact",
        ("insightly", "lead") => "Lead",
        _ => created,
    }
}
