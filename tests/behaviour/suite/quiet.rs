//! Nothing secret and no number in any log, in any error, or in the text of any step of a trace.

use std::{
    collections::BTreeMap,
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
    let secrets = proofs(&case);
    let logged = String::from_utf8_lossy(&kept.0.lock().unwrap()).into_owned();
    // What our own crates write at any level, and what anybody writes at the levels that are kept.
    let ours = logged.lines().filter(|line| {
        let theirs = [" TRACE ", " DEBUG "].iter().any(|level| line.contains(level)) && !line.contains("ringside");
        !theirs
    });
    for line in ours {
        is_quiet(&secrets, "log", line);
    }
    assert!(said.len() > 10, "only {} texts", said.len());
    for text in &said {
        is_quiet(&secrets, "text", text);
    }
}

fn is_quiet(secrets: &[String], what: &str, text: &str) {
    let secrets = secrets.iter().map(String::as_str).chain(["-planted"]);
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
    // An echo is made when its turn comes: it repeats what was sent by then.
    let acts: [fn(&Case) -> Option<Act>; 8] = [
        |_| None,
        |_| Some(Act::Refuse(401, Vec::new())),
        |_| Some(Act::Refuse(429, vec![("retry-after", "60".into())])),
        |_| Some(Act::Refuse(500, Vec::new())),
        |case| Some(Act::Answer(400, echo(case))),
        |case| Some(Act::Answer(200, echo(case))),
        |_| Some(Act::Lost),
        |_| Some(Act::Late(Duration::from_secs(9))),
    ];
    for act in acts {
        let act = act(case);
        for purpose in act.iter().flat_map(|_| Purpose::WORK) {
            case.wire().plan(purpose, 1_000, act.clone().unwrap());
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
                Answer::Skipped { reason } | Answer::Odd { reason } => said.push(reason.clone()),
                Answer::Found { .. } => {}
            }
        }
        case.wire().plan_nothing();
    }
    said
}

/// A CRM that repeats what it was sent, in every place where a message may be.
fn echo(case: &Case) -> Vec<u8> {
    let proofs = proofs(case);
    assert!(!proofs.is_empty(), "{}: nothing secret went out", case.name);
    // In front, where a message is not cut off.
    let proofs = proofs.join(" ");
    let words = format!("{proofs} finds no record with {NUMBER} or (415) 555-0100");
    let body = serde_json::json!({
        "message": words, "Message": words, "error": words, "error_info": words, "errorMessage": words,
        "errors": [{ "message": words, "detailMessage": words, "propertyName": "phone", "context": { "propertyName": ["phone"] } }],
    });
    serde_json::to_vec(&body).unwrap()
}

/// What proves who asks: the secrets, and the newest of each header that holds one or was made of one, without its scheme.
fn proofs(case: &Case) -> Vec<String> {
    let exchanges = case.wire().exchanges();
    let mut newest = BTreeMap::new();
    for (name, value) in exchanges.iter().flat_map(|exchange| &exchange.asked.headers) {
        let holds_one = value.contains("-planted") || case.secrets.iter().any(|secret| value.contains(secret));
        if name == "authorization" || holds_one {
            let proof = value.rsplit(' ').next().unwrap_or(value);
            newest.insert(name, proof.to_owned());
        }
    }
    case.secrets.iter().cloned().chain(newest.into_values()).collect()
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
