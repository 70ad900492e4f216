//! The same on real servers: `RINGSIDE_REAL="NAME url credential…"` names one that runs (tests/real/run.sh).
//!
//! Its connector is `tests/real/NAME/NAME.toml`, or a shipped one. The credentials fill the manifest's parameters in
//! their order. First come the people of `tests/real/people.tsv`, who hold their numbers in every way that there is; then,
//! on a server that can be written to and looked into, every behaviour of the suite that needs no fault on the wire. What a
//! server can't do is in [`SERVERS`], with the reason, and is said when its tests run.

mod connect;
mod people;
mod server;

use std::{env, sync::Mutex};

use libtest_mimic::{Failed, Trial};

use self::server::{Kind, RealCrm};
use crate::{
    kits::Offer,
    suite::{self, Behaviour},
};

/// A server of tests/real, and where it is not as the suite wants it.
pub struct Server {
    pub name: &'static str,
    kind: Kind,
    one_number: bool,
    /// Given names out of people.tsv whom it does not find by their number, and why.
    misses: &'static [(&'static str, &'static str)],
    /// Tests, and why they are left out.
    left_out: &'static [(&'static str, &'static str)],
}

const SERVERS: &[Server] = &[
    Server {
        name: "amagi-crm",
        kind: Kind::Amagi,
        one_number: true,
        misses: &[
            (
                "Kai Berlin: 030 23125 120",
                "it compares letter by letter, and this is none of our forms",
            ),
            ("Pat O'Brien: 415 555 0111", "the same"),
            ("Lea Mobile: +1 415 555 0109", "it has room for one number"),
            (
                "Max Shared: +14155550110",
                "Mia has it in another form, and the first verified hit ends the search",
            ),
        ],
        left_out: &[],
    },
    Server {
        name: "backlot",
        kind: Kind::ReadOnly,
        one_number: false,
        misses: &[],
        left_out: &[("people::it_says_whose_account_it_is", "it has no account-info")],
    },
    Server {
        name: "bottlecrm",
        kind: Kind::Bottle,
        one_number: true,
        misses: &[
            (
                "Gia Extension: 415-555-0106 ext. 7",
                "it refuses extensions, so she is not there",
            ),
            ("Lea Mobile: +1 415 555 0109", "it has room for one number"),
        ],
        left_out: &[
            (
                "writing::a_name_is_neither_cut_nor_made_up",
                "who has one name is refused",
            ),
            (
                "hostile::a_name_is_stored_as_typed_or_refused",
                "who has one name is refused",
            ),
        ],
    },
    Server {
        name: "tryton",
        kind: Kind::Tryton,
        one_number: false,
        misses: &[],
        left_out: &[("finding::says_for_whom_they_work", "a party names no employer")],
    },
];

/// A server holds one CRM, so one test at a time has it.
static TURN: Mutex<()> = Mutex::new(());

/// Named `real_NAME::…`, with underscores; ignored where that server does not run.
pub fn all() -> Vec<Trial> {
    let named = env::var("RINGSIDE_REAL").unwrap_or_default();
    let words: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
    let mut trials = Vec::new();
    for server in SERVERS {
        let runs = words.first().is_some_and(|first| first == server.name);
        let title = |test: &str| format!("real_{}::{test}", server.name.replace('-', "_"));
        let leaves_out = |test: &str| server.left_out.iter().find(|(name, _)| *name == test);
        for (test, run) in people::ALL {
            let words = words.clone();
            let left_out = leaves_out(test);
            if let Some((_, reason)) = left_out.filter(|_| runs) {
                println!("left out: {test}: {reason}");
            }
            let trial = Trial::test(title(test), move || {
                in_turn(async { run(people::Desk::new(server, &words).await).await });
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!runs || left_out.is_some()));
        }
        if runs && server.kind == Kind::ReadOnly {
            println!("left out: the whole suite: nothing can be written there");
        } else if runs {
            let offer = crate::alone(offer(server, &words));
            for behaviour in suite::all() {
                let reason = leaves_out(behaviour.name).map(|(_, reason)| *reason);
                let reason = reason.or_else(|| rules_out(behaviour, &offer));
                if let Some(reason) = reason {
                    println!("left out: {}: {reason}", behaviour.name);
                }
                let words = words.clone();
                let trial = Trial::test(title(behaviour.name), move || behave(server, &words, behaviour));
                trials.push(trial.with_ignored_flag(reason.is_some()));
            }
        }
    }
    trials
}

async fn offer(server: &Server, words: &[String]) -> Offer {
    let connector = connect::connect(server, &connect::Way::of(words)).await.connector;
    Offer {
        capability: connector.capability(),
        types: connector.info().types.len(),
        wire: true,
        renews: false,
        at_once: false,
        one_number: server.one_number,
        lags_never: true,
        slow_to_ask: false,
    }
}

fn rules_out(behaviour: Behaviour, offer: &Offer) -> Option<&'static str> {
    let by_itself = (behaviour.ruled_out)(offer);
    let wireless = Offer { wire: false, ..*offer };
    by_itself.or_else(|| (behaviour.ruled_out)(&wireless).map(|_| "faults and requests are for the fakes"))
}

fn behave(server: &'static Server, words: &[String], behaviour: Behaviour) -> Result<(), Failed> {
    in_turn(async {
        let way = connect::Way::of(words);
        let crm = RealCrm::new(server.kind, &way).await;
        crm.wipe().await;
        (behaviour.run)(connect::case(server, &way, crm, behaviour.knobs).await).await;
    });
    Ok(())
}

fn in_turn(test: impl Future<Output = ()>) {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    crate::alone(test);
}
