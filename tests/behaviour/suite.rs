//! What every connector must do.

mod changing;
mod failing;
mod finding;
mod golden;
mod hostile;
mod logging;
mod lost;
mod pages;
mod quiet;
mod refusing;
pub mod strict;
mod whole;
mod writing;

use std::{pin::Pin, time::Duration};

use crate::{
    crm::Knobs,
    kits::{Case, Offer},
};

type Run = Pin<Box<dyn Future<Output = ()>>>;

/// One thing that a connector must do.
#[derive(Clone, Copy)]
pub struct Behaviour {
    pub name: &'static str,
    /// Why a connector of this offer need not do it.
    pub ruled_out: fn(&Offer) -> Option<&'static str>,
    pub knobs: Knobs,
    pub run: fn(Case) -> Run,
}

/// `behaviour!(module::function, needs)`: its name is the function's.
macro_rules! behaviour {
    ($module:ident :: $function:ident, $ruled_out:expr) => {
        $crate::suite::behaviour!($module::$function, $ruled_out, $crate::suite::PLAIN)
    };
    ($module:ident :: $function:ident, $ruled_out:expr, $knobs:expr) => {
        $crate::suite::Behaviour {
            name: concat!(stringify!($module), "::", stringify!($function)),
            ruled_out: $ruled_out,
            knobs: $knobs,
            run: |case| Box::pin($function(case)),
        }
    };
}
use behaviour;

const PLAIN: Knobs = Knobs {
    search_lag: Duration::ZERO,
    per_second: None,
    sign_in_lasts: None,
};

pub fn all() -> Vec<Behaviour> {
    let parts: [&[Behaviour]; 11] = [
        finding::ALL,
        writing::ALL,
        logging::ALL,
        changing::ALL,
        pages::ALL,
        whole::ALL,
        lost::ALL,
        hostile::ALL,
        failing::ALL,
        refusing::ALL,
        quiet::ALL,
    ];
    let mut all = parts.concat();
    all.extend(golden::ALL);
    all
}

fn always(_: &Offer) -> Option<&'static str> {
    None
}

fn finds(offer: &Offer) -> Option<&'static str> {
    (!offer.capability.find).then_some("it does not find by number")
}

fn finds_names(offer: &Offer) -> Option<&'static str> {
    (!offer.capability.find_with_name).then_some("it does not find by name")
}

fn creates(offer: &Offer) -> Option<&'static str> {
    (!offer.capability.create).then_some("it creates nobody")
}

fn adds(offer: &Offer) -> Option<&'static str> {
    (!offer.capability.add_number).then_some("it adds no numbers")
}

fn logs(offer: &Offer) -> Option<&'static str> {
    (!offer.capability.log).then_some("it logs nothing")
}

fn updates(offer: &Offer) -> Option<&'static str> {
    logs(offer).or((!offer.capability.update_log).then_some("a sent log can't be changed there"))
}

fn finds_logs(offer: &Offer) -> Option<&'static str> {
    logs(offer).or((!offer.capability.find_log).then_some("its logs can't be searched"))
}

fn wired(offer: &Offer) -> Option<&'static str> {
    (!offer.wire).then_some("it sends no requests")
}
