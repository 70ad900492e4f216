//! What can be typed.

mod data;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use data::{Export, Import, Meaning, Person};

/// Who is calling, out of all your CRMs at once
#[derive(Parser)]
#[command(name = "ringside", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Line {
    /// The profile to work in; without it your own
    #[arg(
        long,
        global = true,
        default_value = "",
        hide_default_value = true,
        value_name = "NAME"
    )]
    pub profile: String,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 nothing found, 2 wrong usage, 3 refused, 4 not now (locked, offline), 5 a fault of ours";

#[derive(Subcommand)]
pub enum Command {
    Number(crate::number::Number),
    /// Say who has this number
    Lookup {
        #[arg(allow_hyphen_values = true)]
        number: String,
        /// Ask every connection again, past the index
        #[arg(long)]
        live: bool,
    },
    /// Find contacts by name, company, e-mail or digits; without a text, open the search window of the running app
    Search(Search),
    /// Create a contact
    Create(Create),
    /// Contacts that wait to be created: list them, take one back, send or drop one
    Creations(crate::creations::Creations),
    /// Report a call: for softphones that can run a command. Back within 200 ms
    Ring(Ring),
    /// List calls, newest first
    Calls(Calls),
    /// Show everything that a lookup did, for a call or a number
    Explain {
        /// A call's id, `last`, or a number
        #[arg(allow_hyphen_values = true)]
        what: String,
    },
    /// Ask every connection again about the caller
    Refresh {
        call: String,
    },
    /// Say whom a call is about
    Choose {
        call: String,
        /// CONNECTION/TYPE/ID, as `search` prints it
        #[arg(required_unless_present = "nobody")]
        contact: Option<String>,
        #[arg(long, conflicts_with = "contact")]
        nobody: bool,
    },
    /// Save note and outcome of a call
    Note {
        call: String,
        text: Option<String>,
        #[arg(long)]
        outcome: Option<Outcome>,
    },
    /// Log a call on its contact
    Log(Log),
    /// Decide a log that is unsure or was refused
    Settle(Settle),
    /// Try every waiting log of a call now
    Retry {
        /// A call's id, or `last`
        call: String,
    },
    /// Take back the newest choice, setting aside or creating on a call
    Undo {
        /// A call's id, or `last`
        call: String,
    },
    /// Say that a call is not to be logged
    SetAside {
        /// A call's id, or `last`
        call: String,
    },
    /// Add a number to a contact
    AddNumber(AddNumber),
    /// Accounts in CRMs
    #[command(subcommand)]
    Connection(Connection),
    /// What can be connected
    #[command(subcommand)]
    Connector(Connector),
    /// What tells of calls: phone systems, softphones, desk phones
    #[command(subcommand)]
    Phone(Phone),
    /// Print every change of every call as it happens, one line each, until it is stopped
    Watch {
        /// Print how the phones are doing, too
        #[arg(long)]
        phones: bool,
    },
    /// Take contacts of a CSV or vCard file into the address book; prints what it would bring, and asks nobody
    Import(Import),
    /// Write contacts or calls to a file in your folder for downloads
    Export {
        what: Export,
    },
    /// What this computer keeps of a person; save it as a file, or erase it
    Person(Person),
    /// What is stored on this computer, where, and how much
    Kept,
    /// A text for whoever helps: no number, no name, no secret is in it
    Diagnostics,
    /// Settings, as in config.toml
    #[command(subcommand)]
    Settings(Settings),
    /// Say what works and what is waiting
    Status,
    /// Play simulated calls in the running app
    Rehearse {
        /// One part: known, several, unknown, withheld …
        part: Option<String>,
    },
    /// Ask the secret store for the key again, or take the recovery code
    Unlock {
        /// Read the recovery code from standard input
        #[arg(long)]
        code: bool,
    },
    /// Print the code that opens the data without the secret store
    RecoveryCode {
        /// Make a new one; the old one stops working
        #[arg(long)]
        rotate: bool,
    },
    /// What a package installs for shells, and as a manual page
    #[command(hide = true)]
    Completions {
        of: crate::completions::Of,
    },
    /// Show no card and no notification for a while; calls are looked up and listed all the same
    Pause {
        /// Minutes, `tomorrow`, or `off` to end it; half an hour unless you say
        #[arg(value_name = "MINUTES|tomorrow|off")]
        how_long: Option<String>,
    },
    /// Others see this screen: cards and notifications name nobody until they are asked
    Present {
        switch: Switch,
    },
    /// End the running app
    Quit {
        /// Quit although calls that are only in memory are lost with it
        #[arg(long)]
        force: bool,
    },
}

#[derive(Args)]
pub struct Search {
    /// Name, company, number or e-mail; `t:TYPE` and `co:COMPANY` in it are filters
    pub text: Option<String>,
    /// Ask the connections themselves as well
    #[arg(long)]
    pub live: bool,
    /// Only this contact type; may be given more than once
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Only people of companies that are called so
    #[arg(long)]
    pub company: Option<String>,
    #[arg(long)]
    pub limit: Option<u32>,
}

#[derive(Args)]
pub struct Create {
    pub name: String,
    #[arg(long, default_value = "address-book")]
    pub connection: String,
    #[arg(long = "type", default_value = "person", value_name = "TYPE")]
    pub contact_type: String,
    #[arg(long, allow_hyphen_values = true)]
    pub number: Option<String>,
    #[arg(long)]
    pub company: Option<String>,
    #[arg(long)]
    pub title: Option<String>,
    #[arg(long)]
    pub email: Option<String>,
    /// A field of this connection's own; may be given more than once
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
    /// Assign the new contact to this call
    #[arg(long)]
    pub call: Option<String>,
    /// Create it although there may be one already
    #[arg(long)]
    pub force: bool,
}

#[derive(Args)]
pub struct Ring {
    /// The other end: a number, a SIP or tel address, an extension, `anonymous`
    #[arg(long, allow_hyphen_values = true)]
    pub from: Option<String>,
    /// Your end: the line that was called
    #[arg(long, allow_hyphen_values = true)]
    pub to: Option<String>,
    /// The display name that came with the call
    #[arg(long, allow_hyphen_values = true)]
    pub name: Option<String>,
    /// Incoming, unless you say otherwise
    #[arg(long)]
    pub direction: Option<Direction>,
    #[arg(long, default_value = "ringing")]
    pub state: State,
    /// The softphone's own id of the call: ties later reports to it
    #[arg(long, allow_hyphen_values = true)]
    pub call_id: Option<String>,
    /// The other end, for softphones that add the caller to the end of the line: all that follows `--` is one text, and
    /// never an option, because the caller chose it
    #[arg(last = true, conflicts_with = "from", value_name = "CALLER")]
    pub caller: Vec<std::ffi::OsString>,
}

#[derive(Args)]
pub struct Calls {
    /// Part of a name, a company, a line or a number
    #[arg(long)]
    pub text: Option<String>,
    #[arg(long)]
    pub missed: bool,
    #[arg(long)]
    pub not_logged: bool,
    /// Only calls whose log is in this state
    #[arg(long, value_name = "STATE", conflicts_with = "not_logged")]
    pub log: Option<LogState>,
    #[arg(long)]
    pub limit: Option<u32>,
    /// Only calls before this one
    #[arg(long, value_name = "CALL")]
    pub before: Option<String>,
}

#[derive(Args)]
pub struct Log {
    /// A call's id, or `last`
    pub call: String,
    /// Log it on this contact: CONNECTION/TYPE/ID
    #[arg(long)]
    pub contact: Option<String>,
    /// Save this note first
    #[arg(long)]
    pub note: Option<String>,
    #[arg(long)]
    pub outcome: Option<Outcome>,
    /// What the CRM wants to know about the call: a matter, a deal; may be given more than once
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
}

#[derive(Args)]
pub struct Settle {
    /// A call's id, or `last`
    pub call: String,
    #[command(flatten)]
    pub decision: Decision,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Decision {
    /// The log is in the CRM: count it as logged
    #[arg(long)]
    pub is_there: bool,
    /// It is not: send it again
    #[arg(long)]
    pub send_again: bool,
    /// Give it up; the call and its note stay here
    #[arg(long)]
    pub drop: bool,
}

#[derive(Args)]
pub struct AddNumber {
    /// CONNECTION/TYPE/ID, as `search` prints it
    pub contact: String,
    #[arg(allow_hyphen_values = true)]
    pub number: String,
    /// Assign the contact to this call as well: a call's id, or `last`
    #[arg(long)]
    pub call: Option<String>,
}

#[derive(Subcommand)]
pub enum Connection {
    /// What calls can be looked up and logged in
    List,
    /// Connect an account: `add hubspot`. Asks for the keys on the terminal
    Add {
        /// As `connector list` names it
        connector: String,
        #[command(flatten)]
        filled: Filled,
    },
    /// Change what was filled in; what is left out stays
    Change {
        connection: String,
        #[command(flatten)]
        filled: Filled,
    },
    /// Sign in in the browser
    SignIn { connection: String },
    /// Forget the sign-in; what was filled in stays
    SignOut { connection: String },
    /// Show what a changed connector does with secrets now, and with --yes go on with it
    Agree {
        connection: String,
        #[arg(long)]
        yes: bool,
    },
    /// Take an account out of the settings and its keys out of the secret store; its data is not touched
    Remove { connection: String },
    /// Sign in and say whose account it is
    Test { connection: String },
    /// Log calls here unless you choose otherwise
    LogHere { connection: String },
}

/// Secrets are never arguments: every program of this computer can read those
#[derive(Args)]
pub struct Filled {
    /// Your name for it
    #[arg(long)]
    pub name: Option<String>,
    /// The address of your server, where the connector wants one
    #[arg(long, value_name = "ADDRESS")]
    pub server: Option<String>,
    /// The region or data centre, where the connector has several
    #[arg(long, value_name = "ID")]
    pub environment: Option<String>,
    /// What the connector asks for and is not secret; @FILE is what is in that file; may be given more than once
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    /// Read secrets from standard input, a line NAME=VALUE each, instead of asking for them
    #[arg(long)]
    pub secrets_from_stdin: bool,
}

#[derive(Subcommand)]
pub enum Connector {
    /// Everything that can be connected, your own files included
    List,
    /// What a connector needs, asks for and can do
    Show { connector: String },
    /// Say what is wrong with a connector's file, and run its examples; without FILE all of your own. Asks no CRM
    Check {
        #[arg(value_name = "FILE")]
        files: Vec<std::path::PathBuf>,
    },
}

#[derive(Subcommand)]
pub enum Phone {
    /// Your phones, and how each one is doing
    List,
    /// What can be set up; with KIND what it needs and asks for
    Kinds { kind: Option<String> },
    /// Set up a phone: `add "Office" --kind sip --set address=201@pbx.example.com`. It is tried first; one that reports to
    /// Ringside gets a token, and the lines to copy into it
    Add {
        name: String,
        /// As `phone kinds` names it
        #[arg(long, default_value = "program")]
        kind: String,
        #[command(flatten)]
        filled: PhoneFilled,
    },
    /// Change what was filled in; what is left out stays
    Change {
        name: String,
        #[command(flatten)]
        filled: PhoneFilled,
    },
    /// Take a phone out of the settings, and its token and secrets out of the secret store
    Remove { name: String },
    /// Wait for a call to it, and say what was heard: call yourself now
    Check { name: String },
    /// Try a phone that waits or stopped, now
    Retry { name: String },
    /// Sign in in the browser
    SignIn { name: String },
}

/// Secrets are never arguments: every program of this computer can read those
#[derive(Args)]
pub struct PhoneFilled {
    /// What the kind asks for and is not secret; @FILE is what is in that file; may be given more than once
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    /// Read secrets from standard input, a line NAME=VALUE each, instead of asking for them
    #[arg(long)]
    pub secrets_from_stdin: bool,
    /// Its calls may be logged by themselves; so it is for phones that Ringside connects to, unless you say otherwise
    #[arg(long, conflicts_with = "not_trusted")]
    pub trusted: bool,
    /// Its calls show a card, and nothing happens by itself
    #[arg(long)]
    pub not_trusted: bool,
}

impl PhoneFilled {
    pub fn trust(&self) -> Option<bool> {
        match (self.trusted, self.not_trusted) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}

#[derive(Subcommand)]
pub enum Settings {
    Show,
    /// Change one: `set home DE`, `set formats "(###) ###-####, DE: 0*** *******"`
    Set {
        key: String,
        /// Empty for none
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum LogState {
    NotLogged,
    SetAside,
    Waiting,
    Logged,
    Refused,
    Unsure,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Direction {
    In,
    Out,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum State {
    Ringing,
    Answered,
    Held,
    Ended,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Outcome {
    Connected,
    LeftMessage,
    NoAnswer,
    Busy,
    WrongNumber,
    CallBack,
}
