//! One refresh for everybody who wants one.

use std::{
    mem::{Discriminant, discriminant},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ringside_domain::{
    Error, Kind, Result, Retry, Steady,
    credentials::Secret,
    sign_in::{Grant, TokenAsk, TokenRequest},
};
use tokio::sync::watch;

use super::{Grants, Held, Name, OPERATION, Part, Ports, State};
use crate::sign_in::token;

/// The refresh of a name that is on its way, or was the last one.
pub(super) type Running = Mutex<Option<Flying>>;

pub(super) struct Flying {
    began: Began,
    question: Question,
    end: watch::Receiver<Flight>,
}

/// What a refresh began with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Began {
    /// Of the grant.
    age: u64,
    /// Which refresh of this name it is.
    number: u64,
}

/// What one answer and those before it may say together.
const MOST_MEMBERS: usize = 100;
/// A provider that rotates has ended the old refresh token by the time it answers. So it is waited for longer than whoever
/// asked first may have time for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a refresh ended, for all who wait for it; `None`: not yet.
pub(super) type Flight = Option<Result<Grant, Arc<Error>>>;

enum Joined {
    Current(Grant),
    Flight(watch::Receiver<Flight>),
    /// The provider said no, or not now, to the very same question a while ago.
    Refused(Error),
}

/// That a provider refused a grant, or wants a pause.
pub(super) struct Refused {
    at: Steady,
    holds: Duration,
    question: Question,
    error: Arc<Error>,
}

/// Who asks by what: with another client, or by a password, or by another one, it is another question.
#[derive(Clone, PartialEq)]
pub(super) struct Question {
    client_id: String,
    client_secret: Option<Secret>,
    by: Discriminant<TokenAsk>,
    typed: Option<(String, Secret)>,
}

impl Flying {
    /// Whether its end is one for this question, too. A refresh token that is good once allows no second refresh beside it; but
    /// who typed something else meanwhile is not to hear what became of that.
    fn answers(&self, age: u64, question: &Question) -> bool {
        let is_on_its_way = self.end.has_changed().is_ok() && self.end.borrow().is_none();
        let fits = self.question.renews() || question.renews() || self.question == *question;
        self.began.age == age && is_on_its_way && fits
    }
}

impl Refused {
    fn holds_at(&self, now: Steady) -> bool {
        now.since(self.at) < self.holds
    }
}

impl Question {
    fn of(ask: &TokenRequest) -> Self {
        Self {
            client_id: ask.client_id.clone(),
            client_secret: ask.client_secret.clone(),
            by: discriminant(&ask.ask),
            typed: match &ask.ask {
                TokenAsk::Password { user, password } => Some((user.clone(), password.clone())),
                TokenAsk::Code { .. } | TokenAsk::ClientCredentials | TokenAsk::Refresh => None,
            },
        }
    }

    fn renews(&self) -> bool {
        self.by == discriminant(&TokenAsk::Refresh)
    }
}

impl Grants {
    pub(in crate::sign_in) async fn refresh(&self, name: &str, stale: &Grant, ask: TokenRequest) -> Result<Grant> {
        let name = self.name(name);
        self.load(&name).await?;
        self.write_again(&name);
        let patience = ask.deadline;
        let too_late = match ask.ask {
            TokenAsk::Refresh => format!("{} did not renew the sign-in in time", ask.provider),
            _ => format!("{} did not answer in time when asked to sign in", ask.provider),
        };
        let mut flight = match self.join(&name, stale, ask) {
            Joined::Current(grant) => return Ok(grant),
            Joined::Flight(flight) => flight,
            Joined::Refused(error) => return name.until_its_end(stale, self.ports.steady(), error),
        };
        let end = tokio::time::timeout(patience, flight.wait_for(Option::is_some)).await;
        match end.as_ref().map(|end| end.as_deref()) {
            Ok(Ok(Some(Ok(grant)))) => Ok(grant.clone()),
            Ok(Ok(Some(Err(error)))) => name.until_its_end(stale, self.ports.steady(), copy(error)),
            Ok(_) => Err(Error::new(Kind::Internal, OPERATION, "renewing the sign-in broke off")),
            // It goes on without this one.
            Err(_) => Err(Error::new(Kind::Timeout, OPERATION, too_late).maybe_happened()),
        }
    }

    pub(in crate::sign_in) async fn asks(&self, name: &str, stale: &Grant, ask: &TokenRequest) -> bool {
        let name = self.name(name);
        if self.load(&name).await.is_err() {
            return true;
        }
        let flight = name.flight.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, known) = self.known(&name, flight.as_ref(), stale, &Question::of(ask));
        !matches!(known, Some(Joined::Current(_) | Joined::Refused(_)))
    }

    /// A grant that is newer than the stale one, or the refresh that is on its way, or a new one.
    fn join(&self, name: &Arc<Name>, stale: &Grant, mut ask: TokenRequest) -> Joined {
        let mut flight = name.flight.lock().unwrap_or_else(PoisonError::into_inner);
        let question = Question::of(&ask);
        let age = match self.known(name, flight.as_ref(), stale, &question) {
            (_, Some(known)) => return known,
            (age, None) => age,
        };
        let (sender, receiver) = watch::channel(None);
        let began = name.state().begin(age);
        *flight = Some(Flying {
            began,
            question: question.clone(),
            end: receiver.clone(),
        });
        let (ports, name) = (self.ports.clone(), name.clone());
        ask.deadline = ask.deadline.max(PATIENCE);
        self.ports.errands.run(async move {
            let end = refreshed(&ports, &name, began, ask).await.map_err(|refused| {
                let (at, holds, error) = (ports.steady(), refused.holds, Arc::new(refused.error));
                let mut state = name.state();
                // What a person typed may be right the next time: an account that was locked is opened at the CRM.
                let is_said = question.renews() || error.kind != Kind::SignInNeeded;
                if state.age == age && !holds.is_zero() && is_said {
                    state
                        .refused
                        .retain(|refused| refused.holds_at(at) && refused.question != question);
                    state.refused.push(Refused {
                        at,
                        holds,
                        question,
                        error: Arc::clone(&error),
                    });
                }
                error
            });
            // By now the state holds the new grant: whoever comes from here on gets it from there.
            sender.send_replace(Some(end));
        });
        Joined::Flight(receiver)
    }

    /// What is there without asking anybody, or asked already; and the age of what it was held against.
    fn known(&self, name: &Name, flight: Option<&Flying>, stale: &Grant, question: &Question) -> (u64, Option<Joined>) {
        let now = self.ports.steady();
        let (age, current) = {
            let state = name.state();
            (state.age, state.grant.as_ref().map(|held| held.grant(now)))
        };
        if let Some(current) = current.filter(|current| current.access != stale.access && !current.expired) {
            return (age, Some(Joined::Current(current)));
        }
        // One that began before the person signed in again can say nothing about what they have now.
        if let Some(flying) = flight.filter(|flying| flying.answers(age, question)) {
            return (age, Some(Joined::Flight(flying.end.clone())));
        }
        (age, name.refused(question, now).map(Joined::Refused))
    }
}

/// Asks the provider, and keeps what it grants before it is given out.
async fn refreshed(ports: &Ports, name: &Name, began: Began, ask: TokenRequest) -> Result<Grant, token::Refused> {
    let old = {
        let state = name.state();
        if state.age != began.age {
            drop(state);
            // Before this began to run.
            return Ok(name.replaced(ports.steady())?);
        }
        state.grant.as_ref().map(|held| held.grant.clone())
    };
    let renews = matches!(ask.ask, TokenAsk::Refresh);
    let with = match &ask.ask {
        TokenAsk::Refresh => old.as_ref().and_then(|old| old.refresh.as_ref()),
        TokenAsk::ClientCredentials | TokenAsk::Password { .. } => None,
        TokenAsk::Code { .. } => {
            return Err(Error::new(Kind::Internal, OPERATION, "a code cannot be used a second time").into());
        }
    };
    // Whatever goes wrong from here to the answer, the old refresh token stays: the provider may not have used it up.
    let asked = token::ask(ports.http.as_ref(), ports.clock.as_ref(), ask.clone(), with).await;
    let mut grant = match asked {
        Ok(grant) => grant,
        // What the person signed in to in the meantime is not refused.
        Err(error) if name.state().age != began.age => return name.replaced(ports.steady()).map_err(|_| error),
        Err(error) => return Err(error),
    };
    let got = ports.steady();
    let rotated = grant.refresh.is_some() && grant.refresh.as_ref() != with;
    // What is granted anew owes nothing to the grant before it: whose refresh token may be the one that was refused.
    let changed = rotated || !renews;
    if let Some(old) = old.filter(|_| renews) {
        grant.refresh = grant.refresh.or(old.refresh);
        let named = |name: &str| grant.members.iter().any(|(other, _)| other == name);
        // Some say the address of the person's own server only in the first answer.
        let missing: Vec<_> = old.members.into_iter().filter(|(name, _)| !named(name)).collect();
        grant.members.extend(missing);
        grant.members.truncate(MOST_MEMBERS);
    }

    let _turn = name.turn.lock().await;
    if !name.state().is_newest(began) {
        return Ok(name.replaced(ports.steady())?);
    }
    let held = Held::new(grant, got);
    let written = if changed {
        ports.write(&name.name, &held, Part::Lasting).await
    } else {
        Ok(())
    };
    if let Err(error) = &written {
        // The provider has ended the old one, so the new one is all there is: it is used, and the keyring asked again.
        tracing::warn!(
            kind = error.kind.code(),
            "a renewed sign-in could not be put into the keyring; it will be tried again"
        );
    }
    let mut state = name.state();
    if state.age != began.age {
        drop(state);
        // Forgotten while it was written; what forgets waits for our turn to end, and removes it.
        return Ok(name.replaced(ports.steady())?);
    }
    if changed {
        state.unwritten = written.is_err().then_some(got);
    }
    state.refused.clear();
    state.grant = Some(held.clone());
    Ok(held.grant)
}

impl State {
    fn begin(&mut self, age: u64) -> Began {
        self.refreshes += 1;
        let number = self.refreshes;
        Began { age, number }
    }

    /// Whether no other refresh began beside it, nor was a grant kept or forgotten.
    fn is_newest(&self, began: Began) -> bool {
        let number = self.refreshes;
        began == Began { age: self.age, number }
    }
}

impl Name {
    /// What the provider said to this very question, if that still holds; with what is left of the pause.
    fn refused(&self, question: &Question, now: Steady) -> Option<Error> {
        let state = self.state();
        let mut all = state.refused.iter();
        let refused = all.find(|refused| refused.holds_at(now) && refused.question == *question)?;
        let mut error = copy(&refused.error);
        if let Retry::After(pause) = error.retry {
            error.retry = Retry::After(pause.saturating_sub(now.since(refused.at)));
        }
        // Nothing was sent this time.
        error.may_have_happened = false;
        Some(error)
    }

    /// A grant counts as over a moment before it is; whom the provider lets wait uses it until then. Some renew none before its
    /// end: Exact Online takes no request earlier than half a minute before.
    fn until_its_end(&self, stale: &Grant, now: Steady, error: Error) -> Result<Grant> {
        let passes = matches!(error.kind, Kind::RateLimited | Kind::Unavailable);
        let state = self.state();
        let held = state.grant.as_ref().filter(|held| {
            let lasts = held.left(now).is_some_and(|left| !left.is_zero());
            // One that the CRM refused is not stale by the clock.
            stale.expired && held.grant.access == stale.access && lasts
        });
        match held {
            Some(held) if passes => Ok(held.grant.clone()),
            _ => Err(error),
        }
    }

    /// What is there instead of a grant that came too late.
    fn replaced(&self, now: Steady) -> Result<Grant> {
        let current = self.state().grant.as_ref().map(|held| held.grant(now));
        current.ok_or_else(token::nothing_to_refresh_with)
    }
}

/// One error for each who waits; the cause stays with the first.
fn copy(error: &Error) -> Error {
    Error {
        kind: error.kind,
        retry: error.retry,
        operation: error.operation,
        message: error.message.clone(),
        hint: error.hint.clone(),
        field: error.field.clone(),
        may_have_happened: error.may_have_happened,
        source: None,
    }
}
