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
    /// Calls with these are looked up and shown, and never logged.
    pub never_log: Vec<String>,
    /// These pop even while Ringside is paused or the desktop is not to be disturbed.
    pub vip: Vec<String>,
    pub pop: PopDto,
    /// Which of several matches is preselected when nothing else decides.
    pub several: SeveralDto,
    /// What opens by itself when nobody is found.
    pub nobody: NobodyDto,
    /// When the record of a single exact match opens in the browser.
    pub open_record: OpenRecordDto,
    pub log_rule: LogRuleDto,
    pub notify: bool,
    /// No card while the desktop is set to "do not disturb", or a window fills the screen.
    pub respect_do_not_disturb: bool,
    /// Single letters press buttons of the card.
    pub letter_keys: bool,
    pub card_screen: CardScreenDto,
    /// How large the windows are drawn, in percent: one of [`TEXT_SIZES`].
    pub text_size: u16,
    pub start_with_system: bool,
    /// `tel:` and `callto:` links open Ringside.
    pub handle_tel_links: bool,
    pub search_hotkey: Option<String>,
    pub card_hotkey: Option<String>,
    /// Switches "presenting" on and off.
    pub present_hotkey: Option<String>,
    /// Shows the notification of the newest call again, for screen readers.
    pub say_hotkey: Option<String>,
    pub intake_on: bool,
    pub intake_port: u16,
    /// The address of this computer in the local network on which desk phones may report calls too; `null`: only programs on
    /// this computer may.
    pub intake_lan: Option<String>,
    /// Calls older than this are deleted, unless something of them is still owed to a CRM; `null`: they are kept.
    pub keep_calls_days: Option<u32>,
    /// The first steps were gone through, or skipped.
    pub welcomed: bool,
}

/// In percent. WCAG 2.2 wants text usable at 200 %.
pub const TEXT_SIZES: [u16; 6] = [100, 115, 130, 150, 175, 200];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PopDto {
    /// Incoming and outgoing calls show a card.
    Always,
    Incoming,
    /// No card: the notification and the list only.
    Never,
}

/// Several contacts have the caller's number, and no choice was made for it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SeveralDto {
    /// The card asks.
    Ask,
    First,
    /// With whom one spoke last.
    LastSpoken,
    /// The oldest record.
    EarliestCreated,
}

/// Nobody has the caller's number. A contact is never created without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NobodyDto {
    /// The card asks.
    Ask,
    /// Answering opens the search by name.
    Search,
    /// Answering opens the form for a new contact in the card.
    Create,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OpenRecordDto {
    ByHand,
    Ring,
    Answer,
}

/// Where the card shows on a desktop of several screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CardScreenDto {
    Pointer,
    Primary,
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
