//! The settings page, and what `config.toml` says.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a person may set. Every value has a default that works; `docs/config.md` has a line for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SettingsDto {
    /// ISO 3166-1 alpha-2; `null`: numbers need a country code.
    pub home: Option<String>,
    /// Digits dialled to get out of a PBX.
    pub outside_prefix: Option<String>,
    /// The user's own formats, as typed: `(###) ###-####`, `DE: 0*** *******`.
    pub formats: Vec<String>,
    /// Calls from these are never looked up and never logged.
    pub own_numbers: Vec<String>,
    pub pop: PopDto,
    pub log_rule: LogRuleDto,
    pub notify: bool,
    pub start_with_system: bool,
    /// `tel:` and `callto:` links open Ringside.
    pub handle_tel_links: bool,
    pub search_hotkey: Option<String>,
    pub card_hotkey: Option<String>,
    pub intake_on: bool,
    pub intake_port: u16,
    /// The address of this computer in the local network on which desk phones may report calls too; `null`: only programs on
    /// this computer may.
    pub intake_lan: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PopDto {
    /// Incoming and outgoing calls show a card.
    Always,
    Incoming,
    /// No card: the notification and the list only.
    Never,
}

/// What happens when a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LogRuleDto {
    /// The card asks.
    Ask,
    /// A call with a chosen contact is logged by itself, if its phone is trusted.
    Always,
    Never,
}

/// One of the user's formats, tried on one number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewDto {
    pub format: String,
    /// `null`: it does not fit this number.
    pub text: Option<String>,
    /// The format itself can't be read.
    pub error: Option<String>,
}

/// One string, read: what `ringside number` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NumberReadDto {
    pub input: String,
    /// `number`, `extension`, `sip_address`, `withheld`, `unreadable`.
    pub kind: String,
    pub e164: Option<String>,
    pub extension: Option<String>,
    pub keys: Vec<String>,
    pub forms: Vec<FormDto>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FormDto {
    pub format: String,
    pub text: String,
}
