//! The command table: every question that a window or a command line may ask the owner, in one place.
//!
//! On the wire a command is `{"command":"choose","args":{"call":"…","contact":null}}`; its answer is the reply's JSON, or
//! an [`ApiError`]. The table makes four things of each row: a method of [`Api`], an arm of [`dispatch`], a row of the
//! TypeScript type `Commands`, and an entry of [`NAMES`].

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use ts_rs::TS;

use crate::{
    call::{
        CallDto, CallFilterDto, CallerDto, CallsPageDto, ChosenFieldDto, LogFieldsDto, LookupDto, OutcomeDto,
        ReportDto, TraceDto,
    },
    connection::{ConnectorDto, ConnectorFieldsDto, SecretText, Secrets, SignedInDto, Values},
    contact::{
        ContactDto, ContactRefDto, CreatedDto, DraftDto, DuplicateDto, LiveSearchDto, NumberAddedDto, SearchDto,
        SearchResultDto, SplitDto,
    },
    creation::{CreationArgs, CreationDto, SettleCreationArgs},
    error::ApiError,
    import::{ImportArgs, ImportColumnsArgs, ImportDto, ImportFileArgs, ImportPreviewDto, StartImportArgs},
    person::{
        DiagnosticsDto, ErasedDto, ExportArgs, KeptDto, PersonArgs, PersonDto, SavedFileDto, UnreadableArgs,
        UnreadablePageDto,
    },
    phone::{NewPhoneDto, PhoneDto, PhoneKindDto},
    settings::{NumberReadDto, PreviewDto, SettingsDto},
    status::{ConnectionDto, HelloDto, StatusDto},
};

/// A command on the wire. Its Debug shows the name only: arguments hold numbers, and some hold secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    pub command: String,
    #[serde(default)]
    pub args: Value,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({})", self.command)
    }
}

macro_rules! commands {
    ($( $(#[$doc:meta])* $name:ident($args:ident) -> $reply:ty; )+) => {
        /// What the owner can be asked. `app` implements it once; nothing else does.
        pub trait Api: Send + Sync {
            $( $(#[$doc])* fn $name(&self, args: $args) -> impl Future<Output = Result<$reply, ApiError>> + Send; )+
        }

        /// The names of all commands, as on the wire.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

        /// Reads a command's arguments, runs it, writes its reply.
        pub async fn dispatch(api: &impl Api, command: Command) -> Result<Value, ApiError> {
            match command.command.as_str() {
                $( stringify!($name) => reply(api.$name(read(stringify!($name), command.args)?).await?), )+
                other => Err(bad(format!("there is no command `{other}`"))),
            }
        }

        /// The TypeScript of the table: `interface Commands { snapshot: { args: …; reply: … }; … }`.
        pub(crate) fn table(cfg: &ts_rs::Config) -> String {
            let mut text = String::from("export interface Commands {\n");
            $( text += &format!("  {}: {{ args: {}; reply: {} }};\n", stringify!($name), <$args as TS>::name(cfg), <$reply as TS>::name(cfg)); )+
            text + "}\n"
        }

        /// Every type that the table names.
        pub(crate) fn visit_types(visitor: &mut impl ts_rs::TypeVisitor) {
            $(
                visitor.visit::<$args>();
                <$args as TS>::visit_generics(visitor);
                visitor.visit::<$reply>();
                <$reply as TS>::visit_generics(visitor);
            )+
        }
    };
}

commands! {
    hello(Nothing) -> HelloDto;
    /// Everything a window needs to paint itself: the open cards, newest first, and the state of the house.
    snapshot(Nothing) -> SnapshotDto;
    /// A call event from a command line. Answers before any lookup.
    report(ReportDto) -> ReportedDto;
    /// Plays the rehearsal: simulated calls from the sample people.
    rehearse(RehearseArgs) -> ReportedDto;

    calls(CallFilterDto) -> CallsPageDto;
    /// The person has looked at the list of calls: whoever was missed is no news any more. Asking for the list says nothing of it,
    /// for a search asks for it as well.
    see_missed(Nothing) -> StatusDto;
    call(CallArgs) -> CallDto;
    /// Asks every connection again, live, past every cache. Answers when the last one did.
    refresh(CallArgs) -> CallDto;
    /// Assigns a contact to the call, or none.
    choose(ChooseArgs) -> CallDto;
    /// Saves note and outcome. Durable when it answers.
    note(NoteArgs) -> CallDto;
    /// What the connection of the chosen contact wants to know about the call. Empty when nobody is chosen or it asks nothing.
    log_fields(CallArgs) -> LogFieldsDto;
    /// Saves what was chosen of them, in place of what was chosen before. Durable when it answers.
    set_log_fields(LogFieldsArgs) -> CallDto;
    /// Logs the call on its contact. Answers when the write is in the journal.
    log(LogArgs) -> CallDto;
    /// The call is not to be logged.
    set_aside(CallArgs) -> CallDto;
    /// Decides an unsure or refused write.
    settle(SettleArgs) -> CallDto;
    /// Tries every waiting write of this call now.
    retry(CallArgs) -> CallDto;
    close_card(CallArgs) -> Nothing;
    /// Takes back the newest thing the person did with this call: `CallDto::undo` says what.
    undo(CallArgs) -> CallDto;
    traces(CallArgs) -> Vec<TraceDto>;

    /// Who has this number: the same lookup as for a call, without a call.
    lookup(LookupArgs) -> LookupReplyDto;
    search(SearchDto) -> SearchResultDto;
    /// Asks the connections themselves; answers when all have answered or are late.
    search_live(SearchDto) -> Vec<LiveSearchDto>;
    contact(ContactArgs) -> ContactDto;
    create_contact(CreateArgs) -> CreatedDto;
    /// Contacts that are about to be created, newest first: waiting, refused and unsure ones.
    creations(Nothing) -> Vec<CreationDto>;
    /// Takes a contact back that has not been sent: all that was typed is in the answer.
    undo_creation(CreationArgs) -> CreationDto;
    settle_creation(SettleCreationArgs) -> CreationDto;
    duplicates(DraftDto) -> Vec<DuplicateDto>;
    split_name(SplitArgs) -> SplitDto;
    /// Where the CRM has no empty field for it, the number is linked to the contact on this machine, and the answer says so.
    add_number(AddNumberArgs) -> NumberAddedDto;

    connections(Nothing) -> Vec<ConnectionDto>;
    test_connection(ConnectionArgs) -> ConnectionDto;
    log_here(ConnectionArgs) -> Vec<ConnectionDto>;
    /// What a person can connect, with what each one asks for.
    connectors(Nothing) -> Vec<ConnectorDto>;
    /// Checks the address as far as that goes without a key, and says what is asked for there. Where the connector says
    /// `asks_server`, the server is asked.
    connector_fields(ConnectorFieldsArgs) -> ConnectorFieldsDto;
    /// Checks every field, keeps the secrets, signs in, and keeps the connection; on failure nothing is left behind. Where
    /// the person signs in in the browser, the connection is there afterwards and waits for `sign_in`.
    add_connection(AddConnectionArgs) -> ConnectionDto;
    /// What is left out stays. The connection is tried with the change; when that fails, all is as it was.
    change_connection(ChangeConnectionArgs) -> ConnectionDto;
    /// Opens the browser and waits until the person has signed in: five minutes at most.
    sign_in(ConnectionArgs) -> SignedInDto;
    /// Ends a sign-in where the browser can't come back by itself.
    finish_sign_in(FinishSignInArgs) -> ConnectionDto;
    /// The person does not sign in after all: `sign_in` answers with the code `cancelled`.
    cancel_sign_in(ConnectionArgs) -> Nothing;
    sign_out(ConnectionArgs) -> ConnectionDto;
    /// The person has seen what changed in the connector, and goes on with it.
    agree_to_connector(AgreeArgs) -> ConnectionDto;
    /// Takes its secrets, its grant and what was remembered along. What lies in the CRM stays.
    remove_connection(ConnectionArgs) -> Vec<ConnectionDto>;

    settings(Nothing) -> SettingsDto;
    save_settings(SettingsDto) -> SettingsDto;
    preview_formats(PreviewArgs) -> Vec<PreviewDto>;
    read_number(ReadArgs) -> NumberReadDto;

    /// No card pops until then, Unix milliseconds; `null` ends the pause.
    pause(PauseArgs) -> StatusDto;
    /// Others see this screen, or do not any more.
    present(PresentArgs) -> StatusDto;

    /// Stored numbers that nothing can be made of.
    unreadable(UnreadableArgs) -> UnreadablePageDto;
    /// What this computer keeps of one person.
    person(PersonArgs) -> PersonDto;
    /// The same as a file.
    export_person(PersonArgs) -> SavedFileDto;
    /// Erases it: records of the address book and the index, calls with notes and traces, remembered choices. What lies in a
    /// CRM stays there.
    erase_person(PersonArgs) -> ErasedDto;
    export(ExportArgs) -> SavedFileDto;
    /// What lies on this computer, and where.
    kept(Nothing) -> Vec<KeptDto>;
    diagnostics(Nothing) -> DiagnosticsDto;

    /// Reads a file of contacts, and says what it would bring.
    preview_import(ImportFileArgs) -> ImportPreviewDto;
    /// The same file, with other meanings of its columns.
    map_import(ImportColumnsArgs) -> ImportPreviewDto;
    /// Answers at once; `Event::Import` says how far it is.
    start_import(StartImportArgs) -> ImportDto;
    /// Stops it, or undoes the newest one that was taken in: nobody of it is in the address book afterwards.
    take_back_import(ImportArgs) -> ImportDto;

    phones(Nothing) -> Vec<PhoneDto>;
    /// The kinds of phones that a person can add, with what each one asks for.
    phone_kinds(Nothing) -> Vec<PhoneKindDto>;
    /// Checks every field, tries the phone where it is one that we connect to, keeps its secrets, and starts it. On failure
    /// nothing is left behind. Where the person signs in in the browser, the phone waits for `sign_in_phone`.
    add_phone(AddPhoneArgs) -> NewPhoneDto;
    /// The person does not add the phone that is being tried after all: `add_phone` answers with the code `cancelled`.
    cancel_add_phone(PhoneArgs) -> Nothing;
    /// What is left out stays. The phone is tried with the change; when that fails, all is as it was.
    change_phone(ChangePhoneArgs) -> PhoneDto;
    /// Takes its token, its secrets and its sign-in along.
    remove_phone(PhoneArgs) -> Vec<PhoneDto>;
    /// Waits for a trial call: what was heard of it is in `PhoneDto::check`.
    check_phone(PhoneArgs) -> PhoneDto;
    /// Tries a phone that waits or stopped, now.
    retry_phone(PhoneArgs) -> PhoneDto;
    /// Opens the browser and waits until the person has signed in: five minutes at most.
    sign_in_phone(PhoneArgs) -> PhoneDto;
    /// The person does not sign in after all: `sign_in_phone` answers with the code `cancelled`.
    cancel_phone_sign_in(PhoneArgs) -> Nothing;
    /// This computer's own addresses in local networks, the likeliest first: one of them is `intake_lan`.
    intake_addresses(Nothing) -> Vec<String>;

    /// Asks the secret store for the key again, and merges what was kept in memory.
    unlock(UnlockArgs) -> StatusDto;
    /// The code that opens the file without the secret store. Rotating it rekeys the file: the old code stops working.
    recovery_code(RecoveryArgs) -> RecoveryDto;

    /// Opens the search window of the running app.
    open_search(OpenSearchArgs) -> Nothing;
    /// Gives a telephone link that came to us to the program that opened such links before: the person chose to call.
    hand_on(HandOnArgs) -> Nothing;
    /// Brings the running app's main window to the front.
    open_main(Nothing) -> Nothing;
    /// Ends the app, after the journal is safe. While calls are only in memory it is refused with the code `unsaved`, and
    /// the app asks the person.
    quit(QuitArgs) -> Nothing;
}

macro_rules! args {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$fdoc:meta])* $field:ident: $type:ty ),* $(,)? } )+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $( $(#[$fdoc])* pub $field: $type ),* }
        )+
    };
}

args! {
    Nothing {}
    CallArgs { call: String }
    ChooseArgs { call: String, contact: Option<ContactRefDto> }
    NoteArgs { call: String, note: String, outcome: Option<OutcomeDto> }
    LogFieldsArgs { call: String, fields: Vec<ChosenFieldDto> }
    LogArgs {
        call: String,
        /// Log on this contact instead: an earlier log is moved there.
        #[serde(default)]
        contact: Option<ContactRefDto>,
    }
    SettleArgs { call: String, write: String, decision: Decision }
    RehearseArgs {
        /// A part of the script: `known`, `several`, `unknown`, `withheld`; all of it when absent.
        #[serde(default)]
        part: Option<String>,
    }
    LookupArgs { number: String, #[serde(default)] live: bool }
    /// Who the number is, as far as its digits tell, and whom it belongs to.
    LookupReplyDto { caller: CallerDto, lookup: LookupDto, trace: TraceDto }
    ContactArgs { contact: ContactRefDto }
    CreateArgs {
        draft: DraftDto,
        /// The call to assign the new contact to.
        #[serde(default)]
        call: Option<String>,
        /// Create although duplicates were found.
        #[serde(default)]
        force: bool,
        /// Keep it for ten seconds, in which it can be taken back, and send it then: the answer comes at once.
        #[serde(default)]
        later: bool,
        /// The one that was refused or taken back, and that this one is made of: it is gone afterwards.
        #[serde(default)]
        instead_of: Option<String>,
    }
    PauseArgs { until: Option<i64> }
    PresentArgs { on: bool }
    SplitArgs {
        connection: String,
        contact_type: String,
        name: String,
        #[serde(default)]
        number: Option<String>,
    }
    AddNumberArgs {
        contact: ContactRefDto,
        number: String,
        #[serde(default)]
        call: Option<String>,
        /// The contact was chosen for the call in the same act: one undo takes back both.
        #[serde(default)]
        with_choice: bool,
    }
    ConnectionArgs { connection: String }
    ConnectorFieldsArgs {
        connector: String,
        #[serde(default)]
        server: Option<String>,
        /// What is filled in already.
        #[serde(default)]
        parameters: Values,
    }
    AddConnectionArgs {
        connector: String,
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        environment: Option<String>,
        #[serde(default)]
        server: Option<String>,
        #[serde(default)]
        parameters: Values,
        #[serde(default)]
        secrets: Secrets,
    }
    ChangeConnectionArgs {
        connection: String,
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        environment: Option<String>,
        #[serde(default)]
        server: Option<String>,
        /// An empty one goes back to its default.
        #[serde(default)]
        parameters: Values,
        /// An empty one stays as it is.
        #[serde(default)]
        secrets: Secrets,
    }
    FinishSignInArgs {
        connection: String,
        /// Of the page at which the browser ended: a secret, as the code is in it.
        address: SecretText,
    }
    AgreeArgs {
        connection: String,
        /// The `after` that the person saw, so that nobody agrees to what came later.
        after: String,
    }
    PreviewArgs { formats: Vec<String>, number: String }
    ReadArgs { text: String }
    AddPhoneArgs {
        name: String,
        /// A kind's id; without it `program`.
        #[serde(default)]
        kind: Option<String>,
        trusted: bool,
        #[serde(default)]
        parameters: Values,
        #[serde(default)]
        secrets: Secrets,
    }
    ChangePhoneArgs {
        name: String,
        #[serde(default)]
        trusted: Option<bool>,
        /// An empty one goes back to its default.
        #[serde(default)]
        parameters: Values,
        /// An empty one stays as it is.
        #[serde(default)]
        secrets: Secrets,
    }
    PhoneArgs { name: String }
    UnlockArgs {
        /// The recovery code; without it the secret store is asked again.
        #[serde(default)]
        code: Option<String>,
    }
    RecoveryArgs {
        #[serde(default)]
        rotate: bool,
    }
    RecoveryDto { code: String }
    OpenSearchArgs {
        text: String,
        /// The telephone link that asks for it, whole: the window may offer to hand it on.
        #[serde(default)]
        link: Option<String>,
    }
    HandOnArgs { link: String }
    QuitArgs {
        /// Quit although calls that are only in memory are lost with it.
        #[serde(default)]
        force: bool,
    }
    ReportedDto { call: Option<String> }
    SnapshotDto { calls: Vec<CallDto>, status: StatusDto }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The log is in the CRM: count it as logged.
    ItIsThere,
    SendAgain,
    Drop,
}

fn read<T: DeserializeOwned>(name: &str, args: Value) -> Result<T, ApiError> {
    let args = if args.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        args
    };
    serde_json::from_value(args)
        .map_err(|error| bad(format!("command `{name}`: {}", without_digits(&error.to_string()))))
}

/// serde quotes what it can't read, and that may be somebody's number.
fn without_digits(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_numeric() { '•' } else { letter })
        .take(300)
        .collect()
}

fn reply(value: impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(value).map_err(|error| ApiError {
        code: "internal".into(),
        message: format!("the answer could not be written: {error}"),
        hint: None,
        field: None,
    })
}

fn bad(message: String) -> ApiError {
    ApiError {
        code: "bad_command".into(),
        message,
        hint: None,
        field: None,
    }
}
