//! Whose account it is, and the facts that templates have as `account.*`.
//!
//! They are asked for when the connection is checked and kept in its memory; an operation that needs them and finds none
//! there asks once, however many operations begin at the same time. A file that wants to know more than was kept asks for the
//! rest: that has been done without until now, so it is given a moment only, and asked for again after a while.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ringside_domain::{Kind, Result, Retry, connector::Account};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::MutexGuard,
    time::{Instant, timeout_at},
};

use super::{Ask, Run, not_sent};
use crate::manifest::{
    format::{Captures, WhoAmI},
    load::Loaded,
    render::Scope,
};

/// Under this key the facts lie in the connection's memory.
pub(crate) const KEY: &str = "account";

/// How long it may take to see whether each contact type can be searched, and what of the deadline is left untouched.
const TRIAL: Duration = Duration::from_secs(5);
const LEFT: Duration = Duration::from_millis(500);

/// So long whoever did without a fact waits for it, at the most, and so much of what is left of its own time.
const A_MOMENT: Duration = Duration::from_secs(1);
const A_PART: u32 = 3;
/// And after so long it is asked for again, where it may be told by then.
const A_WHILE: Duration = Duration::from_secs(60);

/// What is known of the account, and which operations want to know it.
pub(crate) struct Facts {
    wanted_by: BTreeSet<&'static str>,
    known: Mutex<Option<Known>>,
    /// One operation at a time asks.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Known {
    facts: Told,
    /// Some of them were not told, and are to be asked for again then.
    lacks_until: Option<Instant>,
}

type Told = Arc<BTreeMap<String, String>>;

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
            wanted_by: wanted_by(loaded),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn know(&self, facts: Told) -> Told {
        let known = Known {
            facts: Arc::clone(&facts),
            lacks_until: None,
        };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        facts
    }

    /// Unless somebody else heard more meanwhile.
    fn make_do_with(&self, facts: BTreeMap<String, String>, until: Option<Instant>) -> Told {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| !known.is_due()) {
            return Arc::clone(&known.facts);
        }
        let facts = Arc::new(facts);
        *known = Some(Known {
            facts: Arc::clone(&facts),
            lacks_until: until,
        });
        facts
    }
}

impl Known {
    fn is_due(&self) -> bool {
        self.lacks_until.is_some_and(|until| Instant::now() >= until)
    }
}

/// Operations whose part of the manifest names the account, by itself, by the zone or by a record's page. A name too many costs
/// one request in a connection's life.
fn wanted_by(loaded: &Loaded) -> BTreeSet<&'static str> {
    let names = |part: &str, root: &str| loaded.named.part_names(part, root);
    let makes_contacts = names("types", "account");
    let zone_is_the_accounts = names("zone", "account");
    let wants = |part: &&str| names(part, "account") || (zone_is_the_accounts && names(part, "zone"));
    // Contacts are read again after a write; logs have the choices of `log_fields`, and found ones the pages of `log_call`.
    let operations: [(&str, bool, &[&str]); 9] = [
        ("get_contact", true, &["get_contact"]),
        ("find_contact", true, &["find_contact"]),
        ("find_contact_with_name", true, &["find_contact_with_name"]),
        ("create_contact", true, &["create_contact", "get_contact"]),
        ("add_number", true, &["add_number", "get_contact"]),
        ("log_call", false, &["log_call", "log_fields"]),
        ("update_log", false, &["update_log", "log_fields"]),
        ("find_log", false, &["find_log", "log_call", "log_fields"]),
        ("log_fields", false, &["log_fields"]),
    ];
    let wanting = operations
        .into_iter()
        .filter(|(_, is_of_contacts, parts)| (*is_of_contacts && makes_contacts) || parts.iter().any(wants));
    wanting.map(|(operation, ..)| operation).collect()
}

impl Run<'_> {
    /// The facts, if this operation names any.
    pub(super) async fn account(&self) -> Result<Told> {
        let facts = &self.core.facts;
        let Some(who) = &self.manifest().whoami else {
            return Ok(Arc::default());
        };
        if !facts.wanted_by.contains(self.operation) {
            return Ok(Arc::default());
        }
        let known = facts.known();
        if let Some(known) = known.as_ref().filter(|known| !known.is_due()) {
            return Ok(Arc::clone(&known.facts));
        }
        let _turn = match (facts.asking.try_lock(), known) {
            (Ok(turn), _) => turn,
            // Somebody asks: what is known will do.
            (Err(_), Some(known)) => return Ok(known.facts),
            (Err(_), None) => self.turn_to_ask().await?,
        };
        if let Some(known) = facts.known().filter(|known| !known.is_due()) {
            return Ok(known.facts);
        }
        let kept = self.core.memory.recall(&self.core.connection, KEY).await.ok().flatten();
        let kept = kept.and_then(|text| serde_json::from_str::<Kept>(&text).ok());
        match kept {
            Some(kept) if knows_all(who, &kept.facts) => Ok(facts.know(Arc::new(kept.facts))),
            Some(kept) => {
                // A login is not the account's: it has all the time that there is.
                self.core.access.open(&self.exit, self.until).await.map_err(not_sent)?;
                match self.for_a_moment().who(who).await {
                    Ok((_, told)) => Ok(facts.know(told)),
                    Err(error) => {
                        tracing::debug!(kind = error.kind.code(), "what is new of the account was not told");
                        let passes = matches!(error.retry, Retry::Later | Retry::After(_));
                        let again = (passes || error.kind == Kind::SignInNeeded).then(|| Instant::now() + A_WHILE);
                        Ok(facts.make_do_with(with_all(who, kept.facts), again))
                    }
                }
            }
            None => Ok(facts.know(self.who(who).await?.1)),
        }
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
        let (account, told) = self.who(who).await?;
        self.core.facts.know(told);
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

    /// The same errand with a moment's patience.
    fn for_a_moment(&self) -> Self {
        let now = Instant::now();
        let left = self.until.saturating_duration_since(now);
        Self {
            core: self.core,
            operation: self.operation,
            exit: self.exit.clone(),
            until: now + A_MOMENT.min(left / A_PART),
            live: self.live,
        }
    }

    /// One at a time asks; whoever waits for the answer waits no longer than its own deadline.
    async fn turn_to_ask(&self) -> Result<MutexGuard<'_, ()>> {
        let turn = timeout_at(self.until, self.core.facts.asking.lock()).await;
        turn.map_err(|_| {
            let message = format!("{} did not say in time whose account this is", self.name());
            self.error(Kind::Timeout, message)
        })
    }

    async fn who(&self, who: &WhoAmI) -> Result<(Account, Told)> {
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
            let error = self.error(Kind::Unavailable, message).retry(Retry::Never);
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
