//! Runs examples: a connection is made of what the case says, asked for what it says, and what went out and what came of it is
//! compared with what it says.

mod connection;
mod input;
mod outcome;

use std::sync::Arc;

use ringside_domain::{Connector, Contact, LogRef, Result, connector::NameQuery};

use self::{
    connection::connector,
    input::{contact, draft, entry, number, of_account, unfit, wanted},
    outcome::{Came, failed, meanings},
};
use super::{
    ExampleResult, desk,
    exchange::{NO_SUCH, Script, Sent},
};
use crate::manifest::{
    connector::ManifestConnector,
    format::{Example, Manifest},
    load::{
        Loaded,
        place::{Step, position, span},
    },
    mapping::Doubts,
    run::proves,
};

/// The connection of every example.
const CONNECTION: &str = "example";
/// Hits that a search by name may bring.
const LIMIT: usize = 20;

/// Every example, each twice: the same question must send the same bytes.
pub(super) fn run_all(text: &str, loaded: &Arc<Loaded>) -> Vec<ExampleResult> {
    // A thread of its own: the caller may be a runtime, and in one there can be no other.
    let loaded = &Arc::new(loaded.heard());
    let results = std::thread::scope(|scope| scope.spawn(|| run_here(text, loaded)).join());
    results.unwrap_or_else(|_| {
        let broken = "the examples could not be run: this is a fault of Ringside's, please report it".to_owned();
        vec![ExampleResult {
            name: "all".to_owned(),
            line: 1,
            difference: Some(broken),
            doubts: Vec::new(),
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
    let run = |(index, example): (usize, &Example)| {
        loaded.doubts.take();
        let difference = difference(loaded, example);
        let doubts = loaded.doubts.take().into_iter().filter(|doubt| doubt.is_grave);
        ExampleResult {
            name: example.name.clone(),
            line: line(index),
            difference,
            doubts: doubts.map(|doubt| doubt.words).collect(),
        }
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
    if !differences.is_empty() {
        differences.extend(loaded.doubts.take().into_iter().map(|doubt| doubt.words));
    }
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
        Ok(connector) => ask(&connector, example, &loaded.doubts).await,
        Err(error) => Err(error),
    };
    let mut differences = script.differences();
    match came {
        came if differences.is_empty() => differences = meanings(example, came),
        // Why it stopped asking; what comes of other requests than the expected ones says nothing else.
        Err(error) if example.error.is_none() && error.message != NO_SUCH => differences.push(failed(&error)),
        Ok(came) if example.error.is_none() => {
            let parts = came.failed.iter().filter(|(_, error)| error.message != NO_SUCH);
            differences.extend(parts.map(|(part, error)| format!("{part}: {}", failed(error))));
        }
        _ => {}
    }
    differences.extend(begins_with_whoami(&loaded.manifest, example, &script));
    (script.sent(), differences)
}

/// Who uses what `whoami` captures asks for it first, unless the example says what it is.
fn begins_with_whoami(manifest: &Manifest, example: &Example, script: &Script) -> Option<String> {
    let who = manifest.whoami.as_ref()?;
    let path = who.request.path.as_ref().filter(|path| !path.0.contains("{{"))?;
    let path = path.0.split('?').next().unwrap_or_default();
    let strayed = example.operation != "check" && example.account.is_empty() && script.strayed_to(path);
    strayed.then(|| {
        let name = who.capture.keys().next().map_or("id", String::as_str);
        format!(
            "the case begins with `whoami`, whose captures the file uses here: write `account = {{ {name} = \"…\" }}` into the example"
        )
    })
}

/// What is wrong with an example's call: the name of it, and why.
pub(super) fn unfit_call(example: &Example) -> Option<(&'static str, String)> {
    example.call.as_ref().and_then(input::unfit_call)
}

async fn ask(connector: &ManifestConnector, example: &Example, doubts: &Doubts) -> Result<Came> {
    let cx = desk::cx();
    let one = |contact: Contact| Came {
        contacts: vec![contact],
        ..Came::default()
    };
    let logged = |logs: Vec<LogRef>| Came {
        log_url: logs.first().and_then(|log| log.url.clone()),
        logs: logs.into_iter().map(|log| log.id).collect(),
        ..Came::default()
    };
    match example.operation.as_str() {
        "check" => {
            let account = connector.whose(cx).await?;
            Ok(one(of_account(account.id, account.name)))
        }
        "find_contact" => {
            let number = number(example)?;
            let reading = number.reading.clone();
            let found = connector.find_contact(cx, number).await?;
            let (proved, others): (Vec<Contact>, Vec<Contact>) = found
                .contacts
                .into_iter()
                .partition(|contact| proves(contact, &reading));
            for other in &others {
                doubts.say(|| without_number(other));
            }
            Ok(Came {
                contacts: proved,
                failed: found.failed,
                ..Came::default()
            })
        }
        "find_contact_with_name" => {
            let query = NameQuery {
                text: wanted(example.query.clone(), "query")?,
                types: example.contact_type.iter().cloned().collect(),
                company: None,
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

fn without_number(contact: &Contact) -> String {
    let numbers: Vec<&str> = contact.numbers.iter().map(|number| number.raw.as_str()).collect();
    let why = if numbers.is_empty() {
        "no number was found in it: look at `numbers`".to_owned()
    } else {
        format!("none of its numbers is the asked one: {}", numbers.join(", "))
    };
    format!("{} came and was left out: {why}", contact.id.id)
}
