//! Runs examples: a connection is made of what the case says, asked for what it says, and what went out and what came of it is
//! compared with what it says.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ringside_domain::{
    CallLogEntry, ConnectionId, Connector, Contact, ContactDraft, ContactRef, Direction, Error, LogField, LogRef,
    Marker, Outcome, Result, Timestamp,
    call::EndReason,
    connector::{NameQuery, NumberForms},
    phone::{self, Home},
};
use serde_json::json;

use super::{
    ExampleResult, desk,
    exchange::{NO_SUCH, Script, Sent},
};
use crate::{
    manifest::{
        connector::ManifestConnector,
        format::{CallInput, ContactInput, Example, ExpectedContact, Manifest, ParameterKind},
        load::{
            Loaded,
            place::{Step, position, span},
        },
        run::{ACCOUNT, kept_account, proves},
    },
    parts::{Parts, Server, Setup, secret_name},
};

/// The connection of every example.
const CONNECTION: &str = "example";
/// Hits that a search by name may bring.
const LIMIT: usize = 20;

/// What came of an operation.
#[derive(Debug, Default)]
struct Came {
    contacts: Vec<Contact>,
    logs: Vec<String>,
    offered: Vec<LogField>,
    /// The parts of a lookup that failed.
    failed: Vec<(String, Error)>,
}

/// Every example, each twice: the same question must send the same bytes.
pub(super) fn run_all(text: &str, loaded: &Arc<Loaded>) -> Vec<ExampleResult> {
    // A thread of its own: the caller may be a runtime, and in one there can be no other.
    let results = std::thread::scope(|scope| scope.spawn(|| run_here(text, loaded)).join());
    results.unwrap_or_else(|_| {
        let broken = "the examples could not be run: this is a fault of Ringside's, please report it".to_owned();
        vec![ExampleResult {
            name: "all".to_owned(),
            line: 1,
            difference: Some(broken),
        }]
    })
}

fn run_here(text: &str, loaded: &Arc<Loaded>) -> Vec<ExampleResult> {
    let document = toml_edit::Document::parse(text).ok();
    let line = |index: usize| {
        let steps = [
            Step::Key("examples".to_owned()),
            Step::Index(index),
            Step::Key("name".to_owned()),
        ];
        document
            .as_ref()
            .map_or(1, |document| position(text, span(document, &steps).start).0)
    };
    let run = |(index, example): (usize, &Example)| ExampleResult {
        name: example.name.clone(),
        line: line(index),
        difference: difference(loaded, example),
    };
    loaded.manifest.examples.iter().enumerate().map(run).collect()
}

fn difference(loaded: &Arc<Loaded>, example: &Example) -> Option<String> {
    // Paused time: budgets and pauses are kept, and cost nothing.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Some(format!("the system gave no event queue: {error}")),
    };
    let (sent, mut differences) = runtime.block_on(once(loaded, example));
    if differences.is_empty() && runtime.block_on(once(loaded, example)).0 != sent {
        differences.push("a second run sent other requests than the first".to_owned());
    }
    (!differences.is_empty()).then(|| differences.join("\n"))
}

/// Runs the example: what went out, and every difference.
async fn once(loaded: &Arc<Loaded>, example: &Example) -> (Vec<Sent>, Vec<String>) {
    let writes = matches!(
        example.operation.as_str(),
        "create_contact" | "add_number" | "log_call" | "update_log"
    );
    let script = Arc::new(Script::new(example.requests.clone(), writes));
    let came = match connector(loaded, example, &script).await {
        Ok(connector) => ask(&connector, example).await,
        Err(error) => Err(error),
    };
    let mut differences = script.differences();
    match came {
        came if differences.is_empty() => differences = meanings(example, came),
        // Why it stopped asking; what comes of other requests than the expected ones says nothing else.
        Err(error) if example.error.is_none() && error.message != NO_SUCH => differences.push(failed(&error)),
        _ => {}
    }
    (script.sent(), differences)
}

/// The connection as the example has it.
async fn connector(loaded: &Arc<Loaded>, example: &Example, script: &Arc<Script>) -> Result<ManifestConnector> {
    let manifest = &loaded.manifest;
    let said = example.contact.as_ref().map(|contact| &contact.contact_type);
    if let Some(id) = said
        .into_iter()
        .chain(&example.contact_type)
        .find(|id| !is_type(manifest, id))
    {
        return Err(unfit(format!("there is no type `{id}`")));
    }
    let connection = ConnectionId::new(CONNECTION);
    let typed = manifest.environment.typed.as_ref();
    let server = match (&example.server, typed) {
        (Some(server), _) => Some(Server::read(server)?),
        (None, Some(typed)) => typed.placeholder.as_deref().map(Server::read).transpose()?,
        (None, None) => None,
    };
    let first = manifest.environment.choices.first().map(|choice| choice.id.clone());
    let setup = Setup {
        connection: connection.clone(),
        connector: manifest.id.clone(),
        name: manifest.name.clone(),
        environment: example.environment.clone().or(first),
        server,
        parameters: example.parameters.clone(),
        account: None,
    };
    let (session, granted, discovered) = signed_in(manifest, example);
    let parts = Parts {
        address_book: Arc::new(desk::NoAddressBook),
        http: Arc::clone(script) as _,
        sign_in: Arc::new(desk::SignedIn {
            members: granted.into_iter().collect(),
        }),
        credentials: Arc::new(desk::Keyring::new(secrets(manifest, &connection, &discovered))),
        memory: Arc::new(desk::Memory::with(ACCOUNT, account(manifest, example))),
        clock: Arc::new(desk::StandingClock),
    };
    let connector = ManifestConnector::new(of_type(loaded, example), &parts, &setup)?;
    if !session.is_empty() {
        connector.assume_session(session).await?;
    }
    Ok(connector)
}

fn is_type(manifest: &Manifest, id: &str) -> bool {
    manifest.types.iter().any(|kind| kind.id == id)
}

/// The manifest, and of its types only the one that the example is about.
fn of_type(loaded: &Arc<Loaded>, example: &Example) -> Arc<Loaded> {
    match &example.contact_type {
        Some(only) if example.operation == "find_contact" => Arc::new(loaded.with_type(only)),
        _ => Arc::clone(loaded),
    }
}

type Captured = BTreeMap<String, String>;

/// What the example says that signing in captured: of the session, the token answer, the discovery.
fn signed_in(manifest: &Manifest, example: &Example) -> (Captured, Captured, Captured) {
    let said = example.session.clone().unwrap_or_default();
    let pick = |wanted: &dyn Fn(&String) -> bool| -> Captured {
        let pairs = said.iter().filter(|(name, _)| wanted(name));
        pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let auth = &manifest.auth;
    let session = pick(&|name| auth.session.iter().any(|step| step.capture.contains_key(name)));
    let Some(oauth2) = &auth.oauth2 else {
        return (session, Captured::new(), Captured::new());
    };
    let granted = pick(&|name| oauth2.keep_granted.contains(name));
    let found = oauth2.discover.as_ref();
    let discovered =
        pick(&|name| found.is_some_and(|discover| discover.capture.contains_key(name)) && !session.contains_key(name));
    (session, granted, discovered)
}

fn secrets(manifest: &Manifest, connection: &ConnectionId, discovered: &Captured) -> BTreeMap<String, Vec<u8>> {
    let places = json!({ "discovered": discovered, "redirect": {} }).to_string();
    let secret = manifest
        .parameters
        .iter()
        .filter(|parameter| parameter.kind == ParameterKind::Secret)
        .map(|parameter| (parameter.name.as_str(), format!("secret-{}", parameter.name)));
    secret
        .chain([("oauth-places", places)])
        .map(|(name, value)| (secret_name(connection, name), value.into_bytes()))
        .collect()
}

/// The account's facts as the memory has them; without any the example begins with asking for them.
fn account(manifest: &Manifest, example: &Example) -> Option<String> {
    let who = manifest.whoami.as_ref().filter(|_| !example.account.is_empty())?;
    let more = who.more.iter().flat_map(|step| step.capture.keys());
    let names = who.capture.keys().chain(more).map(String::as_str);
    let mut facts: Captured = ["id", "name"]
        .into_iter()
        .chain(names)
        .map(|name| (name.to_owned(), String::new()))
        .collect();
    facts.extend(example.account.clone());
    Some(kept_account(facts))
}

async fn ask(connector: &ManifestConnector, example: &Example) -> Result<Came> {
    let cx = desk::cx();
    let one = |contact: Contact| Came {
        contacts: vec![contact],
        ..Came::default()
    };
    let logged = |logs: Vec<LogRef>| Came {
        logs: logs.into_iter().map(|log| log.id).collect(),
        ..Came::default()
    };
    match example.operation.as_str() {
        "check" => {
            let account = connector.check(cx).await?;
            Ok(one(of_account(account.id, account.name)))
        }
        "find_contact" => {
            let number = number(example)?;
            let reading = number.reading.clone();
            let found = connector.find_contact(cx, number).await?;
            let proved = found.contacts.into_iter().filter(|contact| proves(contact, &reading));
            Ok(Came {
                contacts: proved.collect(),
                failed: found.failed,
                ..Came::default()
            })
        }
        "find_contact_with_name" => {
            let query = NameQuery {
                text: wanted(example.query.clone(), "query")?,
                types: example.contact_type.iter().cloned().collect(),
                limit: LIMIT,
            };
            let found = connector.find_contact_with_name(cx, query).await?;
            Ok(Came {
                contacts: found.contacts,
                failed: found.failed,
                ..Came::default()
            })
        }
        "get_contact" => connector.get_contact(cx, contact(example)?).await.map(one),
        "create_contact" => connector.create_contact(cx, draft(example)?).await.map(one),
        "add_number" => {
            let number = wanted(example.number.clone(), "number")?;
            connector.add_number(cx, contact(example)?, number).await.map(one)
        }
        "log_call" => {
            let receipt = connector
                .log_call(cx, entry(example)?, Arc::new(desk::NewJournal))
                .await?;
            Ok(logged(vec![receipt.log]))
        }
        "update_log" => {
            let log = LogRef {
                id: wanted(example.log_id.clone(), "log_id")?,
                url: None,
            };
            let receipt = connector.update_log(cx, log, entry(example)?).await?;
            Ok(logged(vec![receipt.log]))
        }
        "find_log" => connector.find_log(cx, entry(example)?).await.map(logged),
        "log_fields" => Ok(Came {
            offered: connector.log_fields(cx, contact(example)?).await?,
            ..Came::default()
        }),
        other => Err(unfit(format!("there is no operation `{other}`"))),
    }
}

fn unfit(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ringside_domain::Kind::Invalid, "example", message)
}

fn wanted<T>(input: Option<T>, name: &str) -> Result<T> {
    input.ok_or_else(|| unfit(format!("this example needs `{name}`")))
}

fn number(example: &Example) -> Result<NumberForms> {
    let text = wanted(example.number.as_ref(), "number")?;
    let reading = phone::read(text, &Home::default());
    let forms = reading
        .number()
        .map(|number| phone::forms(number, &[]))
        .unwrap_or_default();
    Ok(NumberForms { reading, forms })
}

fn reference(contact: &ContactInput) -> ContactRef {
    ContactRef {
        connection: ConnectionId::new(CONNECTION),
        contact_type: contact.contact_type.clone(),
        id: contact.id.clone(),
    }
}

fn contact(example: &Example) -> Result<ContactRef> {
    wanted(example.contact.as_ref(), "contact").map(reference)
}

fn of_account(id: String, name: String) -> Contact {
    Contact {
        id: ContactRef {
            connection: ConnectionId::new(CONNECTION),
            contact_type: String::new(),
            id,
        },
        name,
        company: None,
        title: None,
        emails: Vec::new(),
        numbers: Vec::new(),
        region: None,
        url: None,
        updated: None,
        last_call: None,
    }
}

fn draft(example: &Example) -> Result<ContactDraft> {
    let draft = wanted(example.draft.clone(), "draft")?;
    Ok(ContactDraft {
        connection: ConnectionId::new(CONNECTION),
        contact_type: wanted(example.contact_type.clone(), "type")?,
        name: draft.name,
        given: draft.given,
        family: draft.family,
        company: draft.company,
        title: draft.title,
        email: draft.email,
        number: draft.number,
        extra: draft.extra.into_iter().collect(),
    })
}

fn entry(example: &Example) -> Result<CallLogEntry> {
    let contact = wanted(example.contact.as_ref(), "contact")?;
    let call: CallInput = wanted(example.call.clone(), "call")?;
    let started: jiff::Timestamp = call
        .start
        .parse()
        .map_err(|_| unfit("`call.start` is no time: write `2026-03-29T00:59:30Z`"))?;
    let code = |name: &str, text: &Option<String>| unfit(format!("`call.{name}` can't be {text:?}"));
    let end = match &call.end {
        Some(end) => Some(EndReason::from_code(end).ok_or_else(|| code("end", &call.end))?),
        None => call.seconds.map(|_| EndReason::Completed),
    };
    let outcome = match &call.outcome {
        Some(outcome) => Some(Outcome::from_code(outcome).ok_or_else(|| code("outcome", &call.outcome))?),
        None => None,
    };
    Ok(CallLogEntry {
        contact: reference(contact),
        contact_name: contact.name.clone(),
        direction: Direction::from_code(&call.direction)
            .ok_or_else(|| code("direction", &Some(call.direction.clone())))?,
        number: call.number,
        line: call.line,
        started: Timestamp(started.as_millisecond()),
        zone: call.zone,
        duration: call.seconds.map(Duration::from_secs),
        end,
        outcome,
        note: call.note,
        fields: call.fields.into_iter().collect(),
        marker: Marker::new(call.marker.unwrap_or_else(|| "ringside-example".to_owned()), false),
    })
}

/// What the answers meant, against what they were to mean.
fn meanings(example: &Example, came: Result<Came>) -> Vec<String> {
    let came = match (came, &example.error) {
        (Err(error), Some(_)) => return failure(example, &error),
        (Err(error), None) => return vec![failed(&error)],
        (Ok(came), Some(_)) => match came.failed.first() {
            Some((_, error)) => return failure(example, error),
            None => return vec!["it was to fail, and did not".to_owned()],
        },
        (Ok(came), None) => came,
    };
    let mut differences: Vec<String> = came
        .failed
        .iter()
        .map(|(part, error)| format!("{part} failed: {}: {error}", error.kind.code()))
        .collect();
    contacts(&example.contacts, &came.contacts, &mut differences);
    compare("the logs", &example.logs, &came.logs, &mut differences);
    let offered: BTreeMap<String, Vec<String>> = came
        .offered
        .into_iter()
        .map(|field| {
            (
                field.name,
                field.options.into_iter().map(|option| option.value).collect(),
            )
        })
        .collect();
    compare("what is offered", &example.offered, &offered, &mut differences);
    differences
}

fn failed(error: &Error) -> String {
    format!("it failed: {}: {error}", error.kind.code())
}

fn failure(example: &Example, error: &Error) -> Vec<String> {
    let mut differences = Vec::new();
    let Some(expected) = &example.error else {
        return differences;
    };
    compare(
        "the error",
        &expected.kind.as_str(),
        &error.kind.code(),
        &mut differences,
    );
    if expected.field.is_some() {
        compare("the error's field", &expected.field, &error.field, &mut differences);
    }
    if let Some(part) = expected
        .message
        .as_ref()
        .filter(|part| !error.message.contains(part.as_str()))
    {
        differences.push(format!(
            "the error's message differs\n  expected: … {part} …\n  came:     {}",
            error.message
        ));
    }
    if !differences.is_empty() {
        differences.push(format!("  it said: {error}"));
    }
    differences
}

fn contacts(expected: &[ExpectedContact], came: &[Contact], differences: &mut Vec<String>) {
    let before = differences.len();
    compare(
        "the contacts",
        &expected.iter().map(|contact| &contact.id).collect::<Vec<_>>(),
        &came.iter().map(|contact| &contact.id.id).collect::<Vec<_>>(),
        differences,
    );
    if differences.len() > before {
        return;
    }
    for (expected, came) in expected.iter().zip(came) {
        let id = &came.id.id;
        let texts = [
            ("type", &expected.contact_type, Some(&came.id.contact_type)),
            ("name", &expected.name, Some(&came.name)),
            ("company", &expected.company, came.company.as_ref()),
            ("title", &expected.title, came.title.as_ref()),
            ("url", &expected.url, came.url.as_ref()),
        ];
        for (what, expected, came) in texts {
            if expected.is_some() {
                compare(&format!("`{what}` of {id}"), &expected.as_ref(), &came, differences);
            }
        }
        let numbers: Vec<String> = came.numbers.iter().map(|number| number.raw.clone()).collect();
        for (what, expected, came) in [
            ("numbers", &expected.numbers, &numbers),
            ("emails", &expected.emails, &came.emails),
        ] {
            if let Some(expected) = expected {
                compare(&format!("`{what}` of {id}"), expected, came, differences);
            }
        }
    }
}

fn compare<T: PartialEq + serde::Serialize>(what: &str, expected: &T, came: &T, differences: &mut Vec<String>) {
    if expected != came {
        let shown = |value: &T| serde_json::to_string(value).unwrap_or_default();
        differences.push(format!(
            "{what} differ\n  expected: {}\n  came:     {}",
            shown(expected),
            shown(came)
        ));
    }
}
