//! Whose account it is, and the facts that templates have as `account.*`.
//!
//! They are asked for when the connection is checked and kept in its memory; an operation that needs them and finds none
//! there asks once, however many operations begin at the same time.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    sync::Arc,
    time::Duration,
};

use ringside_domain::{Kind, Result, Retry, connector::Account};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, timeout_at},
};

use super::{Ask, Run};
use crate::manifest::{
    format::{Captures, Manifest, Operations, WhoAmI},
    load::Loaded,
    render::Scope,
};

/// Under this key the facts lie in the connection's memory.
pub(crate) const KEY: &str = "account";

/// How long it may take to see whether each contact type can be searched, and what of the deadline is left untouched.
const TRIAL: Duration = Duration::from_secs(5);
const LEFT: Duration = Duration::from_millis(500);

/// What is known of the account, and which operations want to know it.
pub(crate) struct Facts {
    wanted_by: BTreeSet<&'static str>,
    known: Mutex<Known>,
}

type Known = Option<Arc<BTreeMap<String, String>>>;

#[derive(Serialize, Deserialize)]
struct Kept {
    facts: BTreeMap<String, String>,
}

/// Facts as they lie in a connection's memory.
pub(crate) fn kept(facts: BTreeMap<String, String>) -> String {
    serde_json::to_string(&Kept { facts }).unwrap_or_default()
}

impl Facts {
    pub(crate) fn new(loaded: &Loaded) -> Self {
        Self {
            wanted_by: wanted_by(&loaded.manifest),
            known: Mutex::default(),
        }
    }
}

/// Operations whose part of the manifest names the account, by itself or by the zone or a record's page. A name too many
/// costs one request in a connection's life.
fn wanted_by(manifest: &Manifest) -> BTreeSet<&'static str> {
    let zone_is_the_accounts = names_account(&text(&manifest.zone));
    let wants = |text: &str| names_account(text) || (zone_is_the_accounts && text.contains("zone"));
    let makes_contacts = names_account(&text(&manifest.types));
    let all = &manifest.by_type;
    let own = |part: fn(&Operations) -> String| all.values().map(part).collect::<String>();
    let get = text(&manifest.get_contact) + &own(|own| text(&own.get_contact));
    let find = text(&manifest.find_contact) + &own(|own| text(&own.find_contact));
    let named = text(&manifest.find_contact_with_name) + &own(|own| text(&own.find_contact_with_name));
    let create = text(&manifest.create_contact) + &own(|own| text(&own.create_contact)) + &get;
    let add = text(&manifest.add_number) + &own(|own| text(&own.add_number)) + &get;
    let log = text(&manifest.log_call) + &own(|own| text(&own.log_call));
    let update = text(&manifest.update_log) + &own(|own| text(&own.update_log));
    // Its logs have the pages that `log_call` says.
    let find_log = text(&manifest.find_log) + &own(|own| text(&own.find_log)) + &log;
    [
        ("get_contact", makes_contacts || wants(&get)),
        ("find_contact", makes_contacts || wants(&find)),
        ("find_contact_with_name", makes_contacts || wants(&named)),
        ("create_contact", makes_contacts || wants(&create)),
        ("add_number", makes_contacts || wants(&add)),
        ("log_call", wants(&log)),
        ("update_log", wants(&update)),
        ("find_log", wants(&find_log)),
        ("log_fields", wants(&text(&manifest.log_fields))),
    ]
    .into_iter()
    .filter_map(|(operation, wants)| wants.then_some(operation))
    .collect()
}

/// All that a part of the manifest says, in one text.
fn text(part: &impl Debug) -> String {
    format!("{part:?}")
}

fn names_account(text: &str) -> bool {
    text.contains("account.") || text.contains("account[")
}

impl Run<'_> {
    /// The facts, if this operation names any.
    pub(super) async fn account(&self) -> Result<Arc<BTreeMap<String, String>>> {
        let facts = &self.core.facts;
        let Some(who) = &self.manifest().whoami else {
            return Ok(Arc::default());
        };
        if !facts.wanted_by.contains(self.operation) {
            return Ok(Arc::default());
        }
        let mut known = self.known().await?;
        if let Some(known) = &*known {
            return Ok(Arc::clone(known));
        }
        let kept = self.core.memory.recall(&self.core.connection, KEY).await.ok().flatten();
        let kept = kept.and_then(|text| serde_json::from_str::<Kept>(&text).ok());
        let facts = match kept {
            Some(kept) if knows_all(who, &kept.facts) => Arc::new(kept.facts),
            // Of a file that asked for less. It was enough to work with, so whoever can't be asked stops nobody.
            Some(kept) => match self.who(who).await {
                Ok((_, facts)) => facts,
                Err(error) => {
                    tracing::debug!(kind = error.kind.code(), "what is new of the account was not told");
                    let facts = Arc::new(with_all(who, kept.facts));
                    let passes = matches!(error.retry, Retry::Later | Retry::After(_));
                    if !passes && error.kind != Kind::SignInNeeded {
                        *known = Some(Arc::clone(&facts));
                    }
                    return Ok(facts);
                }
            },
            None => self.who(who).await?.1,
        };
        *known = Some(Arc::clone(&facts));
        Ok(facts)
    }

    /// Signs in and says whose account it is.
    pub(crate) async fn whose(&self) -> Result<Account> {
        let Some(who) = &self.manifest().whoami else {
            // Nothing to ask: signed in is all that can be said.
            self.core.access.open(&self.exit, self.until).await?;
            let name = self.core.place.env.get("host").and_then(|host| host.as_str());
            return Ok(Account {
                id: self.core.place.base.clone(),
                name: name.unwrap_or(self.name()).to_owned(),
                limits: Vec::new(),
            });
        };
        let mut known = self.known().await?;
        let (account, facts) = self.who(who).await?;
        *known = Some(facts);
        Ok(account)
    }

    /// Signs in, says whose account it is, and tries whether callers can be found there.
    ///
    /// # Errors
    /// As [`Run::whose`], and what stands in the way where no contact type can be searched.
    pub(crate) async fn check(&self) -> Result<Account> {
        let account = self.whose().await?;
        // Whoever cuts this off must hear whose account it is all the same.
        let until = (Instant::now() + TRIAL).min(self.until - LEFT);
        if Instant::now() >= until {
            return Ok(account);
        }
        let limits = self.for_lookups(until).unsearchable().await?;
        Ok(Account { limits, ..account })
    }

    /// The same errand, but its answers are heard as those of a lookup.
    fn for_lookups(&self, until: Instant) -> Self {
        Self {
            core: self.core,
            operation: "find_contact",
            exit: self.exit.clone(),
            until,
            live: true,
        }
    }

    /// One at a time asks; whoever waits for the answer waits no longer than its own deadline.
    async fn known(&self) -> Result<MutexGuard<'_, Known>> {
        let turn = timeout_at(self.until, self.core.facts.known.lock()).await;
        turn.map_err(|_| {
            let message = format!("{} did not say in time whose account this is", self.name());
            self.error(Kind::Timeout, message)
        })
    }

    async fn who(&self, who: &WhoAmI) -> Result<(Account, Arc<BTreeMap<String, String>>)> {
        let scope = Scope::new()
            .with("env", &self.core.place.env)
            .with("param", &self.core.parameters);
        let loaded = &self.core.loaded;
        let mut facts = BTreeMap::new();
        let first = scope.with("account", &facts);
        let reply = self
            .ask(Ask::new(&who.request, &who.answer, &first))
            .await
            .map_err(|refusal| refusal.error)?;
        self.found(&reply, 0, 0);
        let missing = |what: &str| {
            let message = format!(
                "{} did not say whose account this is: no {what} in its answer",
                self.name()
            );
            let error = self
                .error(Kind::Unavailable, message)
                .retry(Retry::Never);
            error.hint("Is this the right address, and an account that may ask for itself?")
        };
        // Paths of `whoami` look at the answer, or at its first record where it says where the records are.
        let body = match who.answer.list {
            Some(_) => self
                .records_of(&reply, &who.answer)?
                .into_iter()
                .next()
                .unwrap_or_default(),
            None => reply.body.clone(),
        };
        let mut account = Account {
            id: loaded.text_at(&who.id, &body)?.ok_or_else(|| missing("id"))?,
            name: loaded
                .text_at(&who.name, &body)?
                .unwrap_or_else(|| self.name().to_owned()),
            limits: Vec::new(),
        };
        facts.insert("id".to_owned(), account.id.clone());
        facts.insert("name".to_owned(), account.name.clone());
        add(
            &mut facts,
            &who.capture,
            loaded.captures(&who.capture, &reply.http, &body)?,
        );
        for step in &who.more {
            let scope = scope.with("account", &facts);
            let found = self.read_step(step, &scope).await.map_err(|refusal| refusal.error)?;
            add(&mut facts, &step.capture, found.unwrap_or_default());
        }
        for (fact, known) in [("id", &mut account.id), ("name", &mut account.name)] {
            match facts.get(fact).filter(|better| !better.is_empty()) {
                Some(better) => known.clone_from(better),
                None => drop(facts.insert(fact.to_owned(), known.clone())),
            }
        }
        let text = kept(facts.clone());
        if let Err(error) = self.core.memory.keep(&self.core.connection, KEY, text).await {
            tracing::debug!(kind = error.kind.code(), "whose account it is was not kept");
        }
        Ok((account, Arc::new(facts)))
    }
}

/// What a file asks of the account beside its id and its name.
fn captured(who: &WhoAmI) -> impl Iterator<Item = &String> {
    let more = who.more.iter().flat_map(|step| step.capture.keys());
    who.capture.keys().chain(more)
}

fn knows_all(who: &WhoAmI, facts: &BTreeMap<String, String>) -> bool {
    captured(who).all(|name| facts.contains_key(name))
}

fn with_all(who: &WhoAmI, mut facts: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for name in captured(who) {
        facts.entry(name.clone()).or_default();
    }
    facts
}

/// Facts that are not there are "": templates may ask for them.
fn add(facts: &mut BTreeMap<String, String>, captures: &Captures, mut found: BTreeMap<String, String>) {
    facts.extend(
        captures
            .keys()
            .map(|name| (name.clone(), found.remove(name).unwrap_or_default())),
    );
}
