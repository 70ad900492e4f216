//! `phone-watcher ACCOUNT TRANSPORT SERVER [JOURNAL]`: a desk with one SIP phone, as a program that can be killed and stopped.
//! Its journal is in memory, or in this file.
//!
//! It prints a line when the phone is `ready`, `retrying` or `stopped`, and one for every state of every call:
//! `in ringing +14155550100`, `in answered +14155550100`, `in completed +14155550100`. After every hundredth call that is over:
//! `kept`, when all of them are in the journal.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use ringside_domain::{CallId, SourceState};
use ringside_engine::Update;
use ringside_tests::{phone::Line, phone_desk::PhoneDesk};

/// Calls of which it knows what it said last; nothing is told of older ones.
const RECENT: usize = 1_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (account, transport, server, desk) = match arguments.as_slice() {
        [account, transport, server] => (account, transport, server, PhoneDesk::new().await),
        [account, transport, server, journal] => {
            (account, transport, server, PhoneDesk::on_file(journal.as_ref()).await)
        }
        _ => panic!("usage: phone-watcher ACCOUNT TRANSPORT SERVER [JOURNAL]"),
    };
    let mut updates = desk.engine.subscribe();
    let mut phone = desk.listens(Line::sip(account, transport, server));
    let mut said: BTreeMap<CallId, &str> = BTreeMap::new();
    let mut over = 0;
    let mut state = "";
    loop {
        tokio::select! {
            now = phone.changes() => {
                let word = match now {
                    SourceState::Off | SourceState::Connecting => continue,
                    SourceState::Ready { .. } => "ready",
                    SourceState::Retrying { .. } => "retrying",
                    SourceState::Stopped { .. } => "stopped",
                };
                if word != state {
                    println!("{word}");
                    state = word;
                }
            }
            update = updates.recv() => {
                let Update::Call(view) = update.unwrap() else { continue };
                let (call, word) = (&view.call, view.call.state.code());
                if said.insert(call.id, word) != Some(word) {
                    let number = call.remote.reading.number().map_or("none", |number| number.e164());
                    println!("{} {word} {number}", call.direction.code());
                    if said.len() > RECENT {
                        said.pop_first();
                    }
                    over += usize::from(call.state.is_over());
                    if call.state.is_over() && over.is_multiple_of(100) {
                        // A note is in the journal when it answers, and all that came before it.
                        desk.engine.note(call.id, "the hundredth".to_owned(), None).await.unwrap();
                        println!("kept");
                    }
                }
            }
        }
    }
}
