//! The behaviour suite: what every connector must do, run for each of them and for every capability it claims.
//!
//! A [`Kit`](kits::Kit) makes a connector beside a fake of its CRM; a [`Behaviour`](suite::Behaviour) is one thing that it
//! must do. Each pair is a test of its own. Pairs that a capability rules out are shown as ignored, with the reason in the
//! list at the end. `real_NAME` tests run on a real server where `RINGSIDE_REAL` names one (tests/real).
//!
//! `RINGSIDE_GOLDEN=write` writes the files in `golden/` anew: the requests of every operation, to be reviewed by reading.
#![allow(clippy::unwrap_used, clippy::panic)]

mod app_connect;
mod asking;
mod book;
mod crm;
mod desk;
mod desktop;
mod kits;
mod real;
mod suite;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use self::{kits::Kit, suite::Behaviour};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They wait most of the time.
    arguments.test_threads = arguments.test_threads.or(Some(12));
    let mut trials = crm_tests();
    trials.push(Trial::test("every_shipped_connector_has_a_kit", || {
        let without = kits::without_a_kit();
        let message = format!("docs/shipping-connectors.md says what they need: {without:?}");
        without.is_empty().then_some(()).ok_or(Failed::from(message))
    }));
    trials.extend(real::all());
    let mut said = Vec::new();
    for kit in kits::all() {
        let name = format!("{}::its_file_loads", kit.name);
        trials.push(Trial::test(name, move || kit.is_whole().map_err(Failed::from)));
        if kit.is_whole().is_err() {
            said.push(format!("{}: nothing could be run, its file is broken", kit.name));
            continue;
        }
        let offer = alone(kit.offer());
        let (mut runs, mut left_out) = (0, Vec::new());
        for behaviour in suite::all() {
            let name = format!("{}::{}", kit.name, behaviour.name);
            let reason = (behaviour.ruled_out)(&offer);
            match reason {
                None => runs += 1,
                Some(reason) => left_out.push(format!("    {}: {reason}", behaviour.name)),
            }
            trials.push(Trial::test(name, move || run(kit, behaviour)).with_ignored_flag(reason.is_some()));
        }
        said.push(format!(
            "{}: {runs} behaviours; ruled out: {}",
            kit.name,
            left_out.len()
        ));
        said.append(&mut left_out);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list && arguments.filter.is_none() {
        println!("{}\n", said.join("\n"));
    }
    conclusion.exit_code()
}

/// What only a vendor's fake can show: that it is strict, and what is so with one only.
fn crm_tests() -> Vec<Trial> {
    suite::strict::all()
        .into_iter()
        .map(|(name, test)| (format!("strict::{name}"), test))
        .chain(
            app_connect::ALL
                .iter()
                .map(|(name, test)| (format!("app-connect::server::{name}"), *test)),
        )
        .map(|(name, test)| {
            Trial::test(name, move || {
                alone(test());
                Ok(())
            })
        })
        .collect()
}

fn run(kit: Kit, behaviour: Behaviour) -> Result<(), Failed> {
    alone(async move {
        let case = kit.case(behaviour.knobs).await;
        (behaviour.run)(case).await;
    });
    Ok(())
}

/// On a runtime of one thread, so that nothing of one test meets another's.
fn alone<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test)
}
