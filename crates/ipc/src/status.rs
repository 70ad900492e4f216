//! The state of the house: store, connections, sources, what is waiting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::connection::{ConnectionStateDto, EvidenceDto};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StatusDto {
    pub store: StoreStateDto,
    pub contacts: i64,
    pub numbers: i64,
    pub unreadable: i64,
    pub waiting: u32,
    pub refused: u32,
    pub unsure: u32,
    pub missed: u32,
    /// Contacts that a person wants created and that are not yet: waiting, refused or unsure.
    pub creating: u32,
    pub quiet: QuietDto,
    pub intake: IntakeStateDto,
    /// What the person should know and can change: a settings file that can't be read, a key that is taken.
    pub notices: Vec<NoticeDto>,
}

/// Why no card pops, or shows less. Calls are looked up and logged all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuietDto {
    /// Unix milliseconds.
    pub paused_until: Option<i64>,
    /// Others see this screen: the card says who is calling only when it is asked.
    pub presenting: bool,
    /// The desktop says so.
    pub do_not_disturb: bool,
    /// The session is locked: nothing says who is calling.
    pub locked: bool,
}

/// One thing that does not work as set, in words, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NoticeDto {
    /// Stable: `settings_broken`, `settings_unknown`, `autostart`, `tel_links`, `hotkey`, `phones`, `connectors`,
    /// `phone_trouble` for phones that do not tell of calls now, `intake_lan` for desk phones that can't report.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StoreStateDto {
    /// On disk, encrypted.
    Open,
    /// The secret store does not give the key: calls and notes are kept in memory until it does.
    InMemory {
        code: String,
        message: String,
        hint: Option<String>,
        unsaved: u32,
        has_file: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum IntakeStateDto {
    Off,
    Listening {
        port: u16,
        /// The address in the local network, where it listens there too.
        lan: Option<String>,
    },
    /// The port is taken, or the system refused it.
    Failed {
        port: u16,
        message: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HelloDto {
    pub version: String,
    pub profile: String,
    pub pid: u32,
    pub role: RoleDto,
    /// Which library reads numbers, and its version.
    pub reader: String,
    pub rehearsal: bool,
    /// What draws the desktop, as the system calls it: `x11`, `wayland`; empty where it does not say.
    pub session: String,
}

/// What kind of process owns the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RoleDto {
    /// The app with its windows. It stays.
    App,
    /// A command line that found no app. It hands over as soon as its command is done.
    CommandLine,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConnectionDto {
    pub id: String,
    /// The person's name for it.
    pub name: String,
    /// The connector's id: `hubspot`, `own/acme`.
    pub connector: String,
    /// The connector's name: `HubSpot`.
    pub connector_name: String,
    pub state: ConnectionStateDto,
    /// Calls are logged here unless the person chooses otherwise.
    pub logs_here: bool,
    pub types: Vec<ContactTypeDto>,
    pub can_create: bool,
    pub can_log: bool,
    /// `sign_in` and `sign_out` make sense: it is signed in to in the browser.
    pub can_sign_in: bool,
    /// The connector is a file of the user's own.
    pub own: bool,
    pub evidence: Option<EvidenceDto>,
    pub needs: Vec<String>,
    pub limits: Vec<String>,
    /// The chosen environment's value.
    pub environment: Option<String>,
    /// The server's address as it was typed, put in order.
    pub server: Option<String>,
    /// What was filled in, by name. Never secrets.
    pub parameters: BTreeMap<String, String>,
    /// Whose account it is, where it was just asked.
    pub account: Option<String>,
    /// What is in the way, in a sentence.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ContactTypeDto {
    pub id: String,
    pub label: String,
    pub is_company: bool,
    pub creatable: bool,
    pub fields: Vec<FieldDto>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FieldDto {
    pub name: String,
    pub label: String,
    pub required: bool,
    /// What it can be; empty: any text.
    pub options: Vec<FieldOptionDto>,
}

/// One of the values that a field can have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FieldOptionDto {
    /// As the CRM writes it.
    pub value: String,
    pub label: String,
}
