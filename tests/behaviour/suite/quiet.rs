//! Nothing secret and no number in any log, in any error, or in the text of any step of a trace.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use ringside_domain::{Error, trace::Answer};
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::{Behaviour, behaviour, finds, wired};
use crate::{
    asking::{NUMBER, Steady, Steps, cx, draft, entry, forms, plant, query},
    crm::{Act, Purpose},
    kits::Case,
};

pub const ALL: &[Behaviour] = &[behaviour!(quiet::no_secret_and_no_number_gets_out, |offer| wired(
    offer
)
.or(finds(offer)))];

/// The digits of the planted number, in any way of writing it that keeps the last ones together.
const DIGITS: &[&str] = &["5550100", "555-0100", "555 0100", "5550150", "555-0150", "5550160"];

async fn no_secret_and_no_number_gets_out(case: Case) {
    let kept = Kept::default();
    let filter = EnvFilter::new("trace");
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(kept.clone())
        .with_ansi(false);
    let said = everything(&case).with_subscriber(subscriber.finish()).await;
    let logged = String::from_utf8_lossy(&kept.0.lock().unwrap()).into_owned();
    // What our own crates write at any level, and what anybody writes at the levels that are kept.
    let ours = logged.lines().filter(|line| {
        let theirs = [" TRACE ", " DEBUG "].iter().any(|level| line.contains(level)) && !line.contains("ringside");
        !theirs
    });
    for line in ours {
        is_quiet(&case, "log", line);
    }
    assert!(said.len() > 10, "only {} texts", said.len());
    for text in &said {
        is_quiet(&case, "text", text);
    }
}

fn is_quiet(case: &Case, what: &str, text: &str) {
    let issued = ["-planted"];
    let secrets = case.secrets.iter().map(String::as_str).chain(issued);
    for secret in secrets.chain(DIGITS.iter().copied()) {
        assert!(!text.contains(secret), "a {what} holds {secret:?}: {text}");
    }
}

/// Every operation, when all is well and when nothing is; what it said.
async fn everything(case: &Case) -> Vec<String> {
    let mut said = Vec::new();
    let anna = plant(case, "Anna", "Example", &["(415) 555-0100"]).await;
    let entry = entry(case, &anna, &format!("Her other number is {NUMBER}")).await;
    let kind = case.types().remove(0);
    let acts = [
        None,
        Some(Act::Refuse(401, Vec::new())),
        Some(Act::Refuse(429, vec![("retry-after", "60".into())])),
        Some(Act::Refuse(500, Vec::new())),
        Some(Act::Answer(400, echo())),
        Some(Act::Answer(200, echo())),
        Some(Act::Lost),
        Some(Act::Late(Duration::from_secs(9))),
    ];
    for act in acts {
        for purpose in act.iter().flat_map(|_| PURPOSES) {
            case.wire().plan(*purpose, 1_000, act.clone().unwrap());
        }
        let steps = Arc::new(Steps::default());
        let mut cx = cx();
        cx.deadline = Duration::from_millis(if act.is_none() { 20_000 } else { 400 });
        cx.trace = steps.clone();
        let connector = &case.connector;
        said.extend(error(connector.check(cx.clone()).await));
        match connector.find_contact(cx.clone(), forms(NUMBER)).await {
            Ok(found) => said.extend(
                found
                    .failed
                    .into_iter()
                    .flat_map(|(what, failed)| [vec![what], texts(&failed)].concat()),
            ),
            Err(failed) => said.extend(texts(&failed)),
        }
        said.extend(error(connector.find_contact_with_name(cx.clone(), query(NUMBER)).await));
        said.extend(error(connector.get_contact(cx.clone(), anna.clone()).await));
        let new = draft(case, &kind, "Dana Newperson", Some("+14155550150"));
        said.extend(error(connector.create_contact(cx.clone(), new).await));
        said.extend(error(
            connector
                .add_number(cx.clone(), anna.clone(), "+14155550160".into())
                .await,
        ));
        let steady = Arc::new(Steady::default());
        let logged = connector.log_call(cx.clone(), entry.clone(), steady).await;
        if let Ok(receipt) = &logged
            && connector.capability().update_log
        {
            said.extend(error(
                connector
                    .update_log(cx.clone(), receipt.log.clone(), entry.clone())
                    .await,
            ));
        }
        said.extend(error(logged));
        if connector.capability().find_log {
            said.extend(error(connector.find_log(cx.clone(), entry.clone()).await));
        }
        for step in steps.0.lock().unwrap().iter() {
            said.push(step.request.clone());
            match &step.answer {
                Answer::Failed { message, .. } => said.push(message.clone()),
                Answer::Skipped { reason } => said.push(reason.clone()),
                Answer::Found { .. } => {}
            }
        }
        case.wire().plan_nothing();
    }
    said
}

const PURPOSES: &[Purpose] = &[
    Purpose::Account,
    Purpose::Find,
    Purpose::Get,
    Purpose::Create,
    Purpose::Change,
    Purpose::Log,
    Purpose::Link,
    Purpose::UpdateLog,
    Purpose::FindLog,
];

/// A CRM that repeats what it was sent, in every place where a message may be.
fn echo() -> Vec<u8> {
    let words = format!("No record with {NUMBER} or (415) 555-0100 for Bearer pat-na1-planted-0f6b2c");
    let body = serde_json::json!({
        "message": words, "Message": words, "error": words, "error_info": words, "errorMessage": words,
        "errors": [{ "message": words, "detailMessage": words, "propertyName": "phone", "context": { "propertyName": ["phone"] } }],
    });
    serde_json::to_vec(&body).unwrap()
}

fn error<T>(result: Result<T, Error>) -> Vec<String> {
    result.err().as_ref().map(texts).unwrap_or_default()
}

/// Everything that may be shown or logged of an error.
fn texts(error: &Error) -> Vec<String> {
    let mut texts = vec![error.to_string(), format!("{error:?}")];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    texts
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
