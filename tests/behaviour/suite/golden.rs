//! The requests of every operation, as files to be read: the same operation sends the same bytes, today and in the next
//! version. What was asked and answered is also kept in `target/contracts`, for `tests/contracts`.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringside_domain::CallLogEntry;
use serde_json::{Value, json};

use super::{Behaviour, behaviour, wired};
use crate::{
    asking::{NUMBER, Steady, cx, draft, entry, forms, plant_as, query},
    crm::{Asked, Exchange, Purpose},
    kits::{self, Case},
};

pub const ALL: &[Behaviour] = &[behaviour!(golden::requests_are_the_same_every_time, wired)];

async fn requests_are_the_same_every_time(case: Case) {
    let kit = kits::all().into_iter().find(|kit| kit.name == case.name).unwrap();
    let again = kit.case(case.knobs).await;
    let (first, second) = (operations(&case).await, operations(&again).await);
    keep_for_contracts(case.name, &first);
    let (first, second) = (without_signing_in(first), without_signing_in(second));
    let kept = golden_files(&folder().join(case.name));
    let sent: BTreeSet<String> = first.iter().map(|(operation, _)| operation.clone()).collect();
    let folder = folder().join(case.name);
    let write = env::var_os("RINGSIDE_GOLDEN").is_some_and(|value| value == "write");
    let mut differing = Vec::new();
    for ((operation, one), (_, other)) in first.iter().zip(&second) {
        let (one, other) = (written(one, &case.secrets), written(other, &again.secrets));
        assert_eq!(one, other, "{operation}: two runs of the same differ");
        let file = folder.join(format!("{operation}.txt"));
        if write {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, &one).unwrap();
        } else {
            let kept = fs::read_to_string(&file).unwrap_or_default();
            differing.extend(difference(&kept, &one).map(|at| format!("{}/{operation}.txt, {at}", case.name)));
        }
    }
    if !write {
        let silent: Vec<&String> = kept.difference(&sent).collect();
        assert!(silent.is_empty(), "these send nothing any more: {silent:?}");
    }
    assert!(
        differing.is_empty(),
        "requests changed. Read them, and if they are right, RINGSIDE_GOLDEN=write makes them the files:\n{}",
        differing.join("\n")
    );
}

/// The first line that differs.
fn difference(kept: &str, now: &str) -> Option<String> {
    if kept == now {
        return None;
    }
    let (mut kept, mut now) = (kept.lines(), now.lines());
    let mut at = 0;
    loop {
        at += 1;
        let pair = (kept.next(), now.next());
        match pair {
            (None, None) => return Some("line ends".into()),
            (kept, now) if kept != now => {
                return Some(format!(
                    "line {at}: {:?} was {:?}",
                    now.unwrap_or_default(),
                    kept.unwrap_or_default()
                ));
            }
            _ => {}
        }
    }
}

/// Each operation on each type, and what it sent.
async fn operations(case: &Case) -> Vec<(String, Vec<Exchange>)> {
    let connector = &case.connector;
    let capability = connector.capability();
    let wire = case.wire();
    let mut all = Vec::new();
    let mut take = |name: String| {
        all.push((name, wire.exchanges()));
        wire.forget_exchanges();
    };
    connector.check(cx()).await.unwrap();
    take("check".into());
    connector.find_contact(cx(), forms(NUMBER)).await.unwrap();
    take("find_contact".into());
    connector.find_contact(cx(), forms("+442079460018")).await.unwrap();
    take("find_contact_abroad".into());
    connector
        .find_contact_with_name(cx(), query("Anna O'Brien"))
        .await
        .unwrap();
    take("find_contact_with_name".into());
    for kind in connector.info().types {
        let id = plant_as(case, &kind.id, "Anna", "Example", &["(415) 555-0100"]).await;
        let of = |operation: &str| format!("{operation}_{}", kind.id.to_lowercase());
        if case.reads_by_id() {
            connector.get_contact(cx(), id.clone()).await.unwrap();
            take(of("get_contact"));
        }
        if kind.creatable {
            let mut new = draft(case, &kind.id, "Dana Newperson", Some("+14155550123"));
            for field in &kind.fields {
                match field.name.as_str() {
                    "company" => new.company = Some("Example Ltd".into()),
                    "title" => new.title = Some("Buyer".into()),
                    "email" => new.email = Some(format!("dana.{}@example.com", kind.id)),
                    _ => {}
                }
            }
            connector.create_contact(cx(), new).await.unwrap();
            take(of("create_contact"));
        }
        if capability.add_number {
            let id = plant_as(case, &kind.id, "Bea", "Example", &[]).await;
            connector.add_number(cx(), id, "+14155550124".into()).await.unwrap();
            take(of("add_number"));
        }
        if !capability.log {
            continue;
        }
        let entry = entry(case, &id, "Wants <b>two</b> seats\n& a call").await;
        take(of("log_fields"));
        let logged = connector
            .log_call(cx(), entry.clone(), Arc::new(Steady::default()))
            .await
            .unwrap();
        take(of("log_call"));
        if capability.update_log {
            let log = logged.log;
            connector.update_log(cx(), log.clone(), entry.clone()).await.unwrap();
            take(of("update_log"));
            if let Some(other) = chosen_otherwise(case, &entry).await {
                wire.forget_exchanges();
                connector.update_log(cx(), log, other).await.unwrap();
                take(of("update_log_choice"));
            }
        }
        if capability.find_log {
            connector.find_log(cx(), entry).await.unwrap();
            take(of("find_log"));
        }
    }
    all
}

/// The same call, with another choice wherever there is one.
async fn chosen_otherwise(case: &Case, entry: &CallLogEntry) -> Option<CallLogEntry> {
    if !case.connector.capability().log_fields {
        return None;
    }
    let mut other = entry.clone();
    let fields = case.connector.log_fields(cx(), entry.contact.clone()).await.unwrap();
    for (name, value) in &mut other.fields {
        let field = fields.iter().find(|field| field.name == *name);
        let mut options = field.into_iter().flat_map(|field| &field.options);
        if let Some(option) = options.find(|option| option.value != *value) {
            value.clone_from(&option.value);
        }
    }
    (other.fields != entry.fields).then_some(other)
}

/// Signing in is full of one-time values: the contracts see it, the files for people do not.
fn without_signing_in(mut all: Vec<(String, Vec<Exchange>)>) -> Vec<(String, Vec<Exchange>)> {
    for (_, exchanges) in &mut all {
        exchanges.retain(|exchange| exchange.purpose != Purpose::SignIn);
    }
    all.retain(|(_, exchanges)| !exchanges.is_empty());
    all
}

/// As a person reads it. Requests that only ask go out side by side, so they are sorted.
fn written(exchanges: &[Exchange], secrets: &[String]) -> String {
    let mut texts: Vec<String> = exchanges.iter().map(|exchange| request(&exchange.asked)).collect();
    let asks = |exchange: &Exchange| matches!(exchange.purpose, Purpose::Find | Purpose::Other | Purpose::Get);
    if exchanges.iter().all(asks) {
        texts.sort();
    }
    let mut text = texts.join("\n");
    for secret in secrets {
        text = text.replace(secret, "(secret)");
    }
    text
}

fn request(asked: &Asked) -> String {
    let mut text = format!("{} https://{}{}\n", asked.method, asked.host, asked.path);
    if !asked.query.is_empty() {
        text += &format!("?{}\n", asked.query);
        for (name, value) in asked.parameters() {
            text += &format!("    {name} = {value}\n");
        }
    }
    for (name, value) in &asked.headers {
        match name.as_str() {
            // The transport's own.
            "host" | "content-length" | "accept-encoding" | "user-agent" => {}
            "authorization" | "x-api-token" | "bhresttoken" => text += &format!("{name}: (secret)\n"),
            _ => text += &format!("{name}: {value}\n"),
        }
    }
    match serde_json::from_slice::<Value>(&asked.body) {
        Ok(json) => text += &format!("{}\n", serde_json::to_string_pretty(&json).unwrap()),
        Err(_) if asked.body.is_empty() => {}
        Err(_) => text += &format!("{}\n", String::from_utf8_lossy(&asked.body)),
    }
    text
}

/// The operations of which files are kept.
fn golden_files(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.map(|file| {
        file.path()
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    });
    names.collect()
}

/// The folder of the tests, and of what they make.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("behaviour/golden")
}

fn keep_for_contracts(name: &str, operations: &[(String, Vec<Exchange>)]) {
    let pairs =
        |pairs: &[(String, String)]| -> Vec<Value> { pairs.iter().map(|(name, value)| json!([name, value])).collect() };
    // The page to sign in at is the browser's.
    let is_ours =
        |exchange: &&Exchange| !(exchange.purpose == Purpose::SignIn && exchange.asked.path.ends_with("/authorize"));
    let exchanges = operations.iter().flat_map(|(operation, exchanges)| {
        exchanges.iter().filter(is_ours).map(move |exchange| {
            let asked = &exchange.asked;
            let reply = exchange.reply.as_ref().map(|reply| {
                json!({
                    "status": reply.status, "headers": pairs(&reply.headers), "body": String::from_utf8_lossy(&reply.body),
                })
            });
            json!({
                "operation": operation, "method": asked.method, "host": asked.host, "path": asked.path, "query": asked.query,
                "headers": pairs(&asked.headers), "body": String::from_utf8_lossy(&asked.body), "reply": reply,
            })
        })
    });
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), Into::into);
    let folder: PathBuf = target.join("contracts");
    fs::create_dir_all(&folder).unwrap();
    let text = serde_json::to_string_pretty(&exchanges.collect::<Vec<_>>()).unwrap();
    fs::write(folder.join(format!("{name}.json")), text).unwrap();
}
