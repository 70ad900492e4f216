//! Connectors and connections in the words of the wire.

use ringside_connectors::{
    catalog::{Body, Entry, Origin},
    manifest::{
        format::{Environment, EvidenceKind, Grants, Manifest, OptionSpec, Parameter, ParameterKind},
        load::Problem,
    },
};
use ringside_domain::connector::Account;
use ringside_engine::Connection;
use ringside_ipc::{
    connection::{
        ConnectionStateDto, ConnectorDto, EnvironmentDto, EvidenceDto, EvidenceKindDto, OriginDto, ParameterDto,
        ParameterKindDto, ProblemDto,
    },
    convert,
    status::{ConnectionDto, FieldOptionDto},
};

use super::form;
use crate::settings::ConnectionEntry;

/// What an App Connect server needs, and cannot do. It is no manifest, so it is said here.
const APP_CONNECT_NEEDS: &str = "The address of your company's App Connect server, from whoever runs it. What else is \
                                 needed, the server says once its address is typed.";
const APP_CONNECT_LIMITS: [&str; 8] = [
    "A number can't be added to a contact through it, and a log can't be moved to another contact.",
    "It can't be asked for a contact by its id: Ringside finds them again by number or by name. The note of a log can't be emptied.",
    "Most connectors with OAuth end a sign-in on a page of RingCentral's: you copy its address into Ringside.",
    "Where an administrator keeps the sign-in or the keys at RingCentral (managed OAuth, managed authentication), Ringside can't get at them.",
    "What an administrator set up for the company at RingCentral (plug-ins, shared defaults) holds only where you give your account's id there.",
    "Settings of a CRM that choose several things at once, or whose choices only the CRM knows, can be made in RingCentral's own window only: NetSuite's fields and records to search, Redtail's category. For Google Sheets, the sheet itself has to be made there.",
    "What counts where you choose nothing in the dialog holds for incoming and outgoing calls alike: where your settings differ by direction, nothing does.",
    "Most of its connectors ask their CRM for one way of writing a number after the other, which takes its time.",
];
const APP_CONNECT_NOTE: &str = "Ran against the App Connect server 1.7.41 from npm, with test connectors of our own for an API key and for OAuth; what \
     RingCentral's own connectors want beyond that was read in their source.";
const APP_CONNECT_DOCS: &str = "https://appconnect.labs.ringcentral.com/";

pub(crate) fn connector(entry: &Entry) -> ConnectorDto {
    let mut dto = ConnectorDto {
        id: entry.id.clone(),
        name: entry.name.clone(),
        origin: origin(&entry.origin),
        docs: None,
        needs: Vec::new(),
        limits: Vec::new(),
        evidence: evidence(entry),
        environment: EnvironmentDto::Fixed,
        parameters: Vec::new(),
        asks_server: false,
        signs_in_with_browser: false,
        operations: Vec::new(),
        types: Vec::new(),
        only_once: entry.only_once(),
        problems: entry.problems().iter().map(problem).collect(),
    };
    let operations = |which: &[&str]| which.iter().map(|name| (*name).to_owned()).collect();
    match (&entry.body, entry.manifest()) {
        (Body::AddressBook, _) => dto.operations = operations(&OPERATIONS),
        (Body::AppConnect, _) => {
            dto.docs = Some(APP_CONNECT_DOCS.to_owned());
            (dto.needs, dto.limits) = needs_and_limits(entry);
            dto.environment = form::app_connect_server();
            dto.parameters = form::app_connect_parameters();
            dto.asks_server = true;
            dto.operations = operations(&OPERATIONS.map(|name| if name == "add_number" { "log_fields" } else { name }));
        }
        (_, Some(manifest)) => {
            (dto.needs, dto.limits) = needs_and_limits(entry);
            dto.docs = Some(manifest.docs.clone()).filter(|docs| docs.starts_with("https://"));
            dto.environment = environment(&manifest.environment);
            dto.parameters = manifest.parameters.iter().map(parameter).collect();
            dto.signs_in_with_browser = signs_in_with_browser(manifest);
            dto.operations = manifest_operations(manifest);
            dto.types = manifest.types.iter().map(|kind| kind.label.clone()).collect();
        }
        (_, None) => {}
    }
    dto
}

/// The operations of a connector, by the names they have in manifests.
const OPERATIONS: [&str; 8] = [
    "find_contact",
    "find_contact_with_name",
    "get_contact",
    "create_contact",
    "add_number",
    "log_call",
    "update_log",
    "find_log",
];

fn manifest_operations(manifest: &Manifest) -> Vec<String> {
    let own = || manifest.by_type.values();
    let has = [
        manifest.find_contact.is_some() || own().any(|own| own.find_contact.is_some()),
        manifest.find_contact_with_name.is_some() || own().any(|own| own.find_contact_with_name.is_some()),
        manifest.get_contact.is_some() || own().any(|own| own.get_contact.is_some()),
        manifest.create_contact.is_some() || own().any(|own| own.create_contact.is_some()),
        manifest.add_number.is_some() || own().any(|own| own.add_number.is_some()),
        manifest.log_call.is_some() || own().any(|own| own.log_call.is_some()),
        manifest.update_log.is_some() || own().any(|own| own.update_log.is_some()),
        manifest.find_log.is_some() || own().any(|own| own.find_log.is_some()),
    ];
    let asks = (!manifest.log_fields.is_empty()).then_some("log_fields");
    let has = OPERATIONS
        .into_iter()
        .zip(has)
        .filter_map(|(name, has)| has.then_some(name));
    has.chain(asks).map(str::to_owned).collect()
}

pub(crate) fn signs_in_with_browser(manifest: &Manifest) -> bool {
    let oauth2 = manifest.auth.oauth2.as_ref();
    oauth2.is_some_and(|oauth2| oauth2.grant == Grants::AuthorizationCode)
}

fn origin(origin: &Origin) -> OriginDto {
    match origin {
        Origin::BuiltIn => OriginDto::BuiltIn,
        Origin::Shipped => OriginDto::Shipped,
        Origin::Own { file } => OriginDto::Own { file: file.clone() },
    }
}

fn evidence(entry: &Entry) -> Option<EvidenceDto> {
    if matches!(entry.body, Body::AppConnect) {
        return Some(EvidenceDto {
            kind: EvidenceKindDto::RealServer,
            note: APP_CONNECT_NOTE.to_owned(),
        });
    }
    let evidence = &entry.manifest()?.evidence;
    Some(EvidenceDto {
        kind: match evidence.kind {
            EvidenceKind::RealServer => EvidenceKindDto::RealServer,
            EvidenceKind::Specification => EvidenceKindDto::Specification,
            EvidenceKind::Documentation => EvidenceKindDto::Documentation,
        },
        note: evidence.note.clone(),
    })
}

fn needs_and_limits(entry: &Entry) -> (Vec<String>, Vec<String>) {
    match (&entry.body, entry.manifest()) {
        (Body::AppConnect, _) => (
            vec![APP_CONNECT_NEEDS.to_owned()],
            APP_CONNECT_LIMITS.map(str::to_owned).to_vec(),
        ),
        (_, Some(manifest)) => (manifest.needs.clone(), manifest.limits.clone()),
        (_, None) => (Vec::new(), Vec::new()),
    }
}

fn environment(environment: &Environment) -> EnvironmentDto {
    match &environment.typed {
        Some(typed) => EnvironmentDto::Typed {
            title: typed.title.clone(),
            placeholder: typed.placeholder.clone(),
            help: typed.help.clone(),
        },
        None if environment.choices.is_empty() => EnvironmentDto::Fixed,
        None => EnvironmentDto::Choice {
            options: environment
                .choices
                .iter()
                .map(|choice| FieldOptionDto {
                    value: choice.id.clone(),
                    label: choice.label.clone(),
                })
                .collect(),
        },
    }
}

pub(crate) fn parameter(parameter: &Parameter) -> ParameterDto {
    let option = |option: &OptionSpec| FieldOptionDto {
        value: option.value.clone(),
        label: option.label.clone(),
    };
    ParameterDto {
        name: parameter.name.clone(),
        title: parameter.title.clone(),
        kind: match parameter.kind {
            ParameterKind::Text => ParameterKindDto::Text,
            ParameterKind::Secret => ParameterKindDto::Secret,
            ParameterKind::Choice => ParameterKindDto::Choice,
            ParameterKind::Bool => ParameterKindDto::Bool,
            ParameterKind::Int => ParameterKindDto::Int,
        },
        help: parameter.help.clone(),
        placeholder: parameter.placeholder.clone(),
        required: parameter.required,
        default: parameter.default.clone(),
        pattern: parameter.pattern.clone(),
        options: parameter.options.iter().map(option).collect(),
        is_setting: false,
    }
}

pub(crate) fn problem(problem: &Problem) -> ProblemDto {
    let short = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    ProblemDto {
        message: problem.message.clone(),
        hint: problem.hint.clone(),
        line: short(problem.line),
        column: short(problem.column),
        path: problem.path.clone(),
    }
}

/// A configured connection. `live` is what the engine runs, where the state lets it.
pub(crate) fn connection(
    entry: &ConnectionEntry,
    connector: Option<&Entry>,
    state: ConnectionStateDto,
    live: Option<&Connection>,
) -> ConnectionDto {
    let (needs, limits) = connector.map(needs_and_limits).unwrap_or_default();
    let connector_name = connector.map_or_else(|| entry.connector.clone(), |connector| connector.name.clone());
    let manifest = connector.and_then(Entry::manifest);
    let (message, hint) = words(&state, &connector_name);
    ConnectionDto {
        id: entry.id.clone(),
        name: entry.name.clone(),
        connector: entry.connector.clone(),
        connector_name,
        state,
        logs_here: entry.logs_here,
        // Whether an App Connect server has an API key or a page to sign in at, only its own manifest says; as long as that
        // was not read, signing in asks it.
        can_sign_in: manifest.is_some_and(signs_in_with_browser)
            || connector.is_some_and(|connector| matches!(connector.body, Body::AppConnect)),
        own: connector.is_some_and(|connector| matches!(connector.origin, Origin::Own { .. })),
        evidence: connector.and_then(evidence),
        needs,
        limits,
        environment: entry.environment.clone(),
        server: entry.server.clone(),
        parameters: entry.parameters.clone(),
        message,
        hint,
        ..live.map_or_else(nothing, plugged_in)
    }
}

/// A connection that was just asked whose account it is. What that account may not see is no reason to refuse it, but callers
/// who are only there are missed.
pub(crate) fn entered(shown: ConnectionDto, account: Account) -> ConnectionDto {
    let (mut message, mut hint) = (shown.message, shown.hint);
    if !account.limits.is_empty() {
        let limits = account.limits.join("; ");
        message = Some(format!("Not all of it can be searched by number: {limits}"));
        hint = Some("Callers who are only there are not found".to_owned());
    }
    ConnectionDto {
        account: Some(account.name),
        message,
        hint,
        ..shown
    }
}

/// A connection that is in no settings: a test's own.
pub(crate) fn plugged_in(connection: &Connection) -> ConnectionDto {
    let (capability, info) = (connection.connector.capability(), connection.connector.info());
    ConnectionDto {
        id: info.connection.to_string(),
        connector_name: info.name.clone(),
        name: info.name,
        logs_here: connection.logs_here,
        types: info.types.iter().map(convert::contact_type).collect(),
        can_create: capability.create,
        can_log: capability.log,
        ..nothing()
    }
}

fn nothing() -> ConnectionDto {
    ConnectionDto {
        id: String::new(),
        name: String::new(),
        connector: String::new(),
        connector_name: String::new(),
        state: ConnectionStateDto::Ready,
        logs_here: false,
        types: Vec::new(),
        can_create: false,
        can_log: false,
        can_sign_in: false,
        own: false,
        evidence: None,
        needs: Vec::new(),
        limits: Vec::new(),
        environment: None,
        server: None,
        parameters: std::collections::BTreeMap::new(),
        account: None,
        message: None,
        hint: None,
    }
}

fn words(state: &ConnectionStateDto, connector: &str) -> (Option<String>, Option<String>) {
    let (message, hint) = match state {
        ConnectionStateDto::Ready | ConnectionStateDto::SignInNeeded => return (None, None),
        ConnectionStateDto::Changed { .. } => (
            format!("Where {connector} sends your secrets has changed, so nothing is asked there"),
            "Look at what changed, then agree or remove the connection".to_owned(),
        ),
        ConnectionStateDto::Broken { problems } => {
            let at =
                |problem: &ProblemDto| format!("line {}, column {}: {}", problem.line, problem.column, problem.message);
            let first = problems.first();
            (
                first.map_or_else(|| "Its connector file can't be read".to_owned(), at),
                first
                    .and_then(|problem| problem.hint.clone())
                    .unwrap_or_else(|| "Correct the file; Ringside reads it again by itself".to_owned()),
            )
        }
        ConnectionStateDto::Unfit { error } => {
            let hint = error
                .hint
                .clone()
                .unwrap_or_else(|| "Change the connection's settings".to_owned());
            (error.message.clone(), hint)
        }
        ConnectionStateDto::Missing => (
            format!("This version has no connector \"{connector}\""),
            "If it is a file of your own, put it back; else remove the connection".to_owned(),
        ),
    };
    (Some(message), Some(hint))
}
