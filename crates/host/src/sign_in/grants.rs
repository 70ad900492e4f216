//! The grants of all connections: kept, and refreshed by one for everybody.
//!
//! Three rules hold the rotation together. Whatever asks a provider or writes to the keyring runs as its own task, so a
//! caller who leaves cuts nothing off. Writes of one name take turns. And every grant has an age: a refresh that comes back
//! to find that the person signed in again, or out, in the meantime changes nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringside_domain::{
    Clock, CredentialStore, Error, HttpTransport, Kind, Now, Result, Steady, credentials::Secret, sign_in::Grant,
};

use self::errands::Errands;
use super::kept::{self, Kept, Token};

mod errands;
mod refresh;

const OPERATION: &str = "refresh_sign_in";
/// An access token counts as over this long before it is, so that it does not end on its way; a short-lived one at half
/// of its time.
const LEAD: Duration = Duration::from_secs(60);
/// Between two tries to write what the keyring refused: each may put up a prompt.
const WRITE_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// An access token that nothing renews outlives the program where it is good for longer than this.
const WORTH_KEEPING: Duration = Duration::from_secs(24 * 60 * 60);
/// An access token that can be renewed is put by for the next run where it is good for longer than this.
const WORTH_PUTTING_BY: Duration = Duration::from_secs(2 * 60);

pub(super) struct Grants {
    ports: Arc<Ports>,
    names: Mutex<HashMap<String, Arc<Name>>>,
}

struct Ports {
    http: Arc<dyn HttpTransport>,
    credentials: Arc<dyn CredentialStore>,
    clock: Arc<dyn Clock>,
    errands: Errands,
}

/// Everything about one name.
struct Name {
    name: String,
    state: Mutex<State>,
    /// Held while the keyring is read or written: writes take turns.
    turn: tokio::sync::Mutex<()>,
    flight: refresh::Running,
}

#[derive(Default)]
struct State {
    grant: Option<Held>,
    /// Counts what was kept and forgotten. Who began at another age has nothing to say any more.
    age: u64,
    /// Counts the refreshes that began.
    refreshes: u64,
    /// The keyring was asked once: what is here is what is there, or newer.
    loaded: bool,
    /// The keyring refused the newest token, at that time.
    unwritten: Option<Steady>,
    /// The provider refused what is there, or wants a pause: one of each question.
    refused: Vec<refresh::Refused>,
}

#[derive(Clone)]
struct Held {
    grant: Grant,
    got: Steady,
    /// The keyring has the access token, too.
    put_by: bool,
}

/// What of a grant is to lie in the keyring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What this run can't do without when it is over.
    Lasting,
    /// The access token, too.
    All,
}

impl Grants {
    pub(super) fn new(
        http: Arc<dyn HttpTransport>,
        credentials: Arc<dyn CredentialStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let ports = Ports {
            http,
            credentials,
            clock,
            errands: Errands::default(),
        };
        Self {
            ports: Arc::new(ports),
            names: Mutex::default(),
        }
    }

    pub(super) async fn keep(&self, name: &str, grant: Grant) -> Result<()> {
        let (ports, name) = (self.ports.clone(), self.name(name));
        let errands = ports.errands.clone();
        whole(&errands, async move {
            let got = ports.steady();
            let held = Held::new(grant, got);
            let _turn = name.turn.lock().await;
            let age = name.state().age;
            let written = ports.write(&name.name, &held, Part::Lasting).await;
            let mut state = name.state();
            if state.age != age {
                // Forgotten while it was written; what forgets waits for our turn to end, and removes it.
                return Ok(());
            }
            state.age += 1;
            state.loaded = true;
            state.unwritten = written.is_err().then_some(got);
            state.refused.clear();
            state.grant = Some(held);
            written.map_err(|error| match error.hint {
                Some(_) => error,
                None => error.hint("You are signed in until Ringside ends; sign in again once secrets can be kept"),
            })
        })
        .await
    }

    pub(super) async fn kept(&self, name: &str) -> Result<Option<Grant>> {
        let name = self.name(name);
        self.load(&name).await?;
        self.write_again(&name);
        let now = self.ports.steady();
        let state = name.state();
        Ok(state.grant.as_ref().map(|held| held.grant(now)))
    }

    pub(super) async fn forget(&self, name: &str) -> Result<()> {
        let (ports, name) = (self.ports.clone(), self.name(name));
        let errands = ports.errands.clone();
        whole(&errands, async move {
            // At once for everybody, and for a refresh that is on its way; the keyring may take its time.
            {
                let mut state = name.state();
                state.age += 1;
                state.loaded = true;
                state.unwritten = None;
                state.refused.clear();
                state.grant = None;
            }
            let _turn = name.turn.lock().await;
            ports.credentials.remove(&name.name).await
        })
        .await
    }

    /// Resolves when nothing is on its way to a provider or to the keyring.
    pub(super) async fn settled(&self) {
        self.ports.errands.over().await;
    }

    /// Puts the access tokens that are still good beside their refresh tokens, so that whoever comes next, a command above all,
    /// does not begin with a renewal. Providers count those: Zoho allows ten in ten minutes, RingCentral five in one.
    pub(super) async fn put_by(&self) {
        let names: Vec<_> = {
            let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            names.values().cloned().collect()
        };
        for name in names {
            let ports = self.ports.clone();
            let errands = ports.errands.clone();
            let put = whole(&errands, async move { ports.put_by(&name).await });
            if let Err(error) = put.await {
                tracing::warn!(
                    kind = error.kind.code(),
                    "an access token could not be put by for the next start"
                );
            }
        }
    }

    fn name(&self, name: &str) -> Arc<Name> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Name::new(name)))
            .clone()
    }

    /// Reads the keyring, once for each name. A keyring that does not answer is asked again the next time.
    async fn load(&self, name: &Arc<Name>) -> Result<()> {
        if name.state().loaded {
            return Ok(());
        }
        let _turn = name.turn.lock().await;
        if name.state().loaded {
            return Ok(());
        }
        let kept = kept::read(self.ports.credentials.as_ref(), &name.name).await?;
        let mut state = name.state();
        // Forgotten in the meantime: that needs no turn.
        if !state.loaded {
            state.loaded = true;
            state.grant = kept.map(|kept| Held::of_before(kept, self.ports.clock.now()));
        }
        Ok(())
    }

    /// Writes to the keyring what it refused before, without making anybody wait.
    fn write_again(&self, name: &Arc<Name>) {
        let now = self.ports.steady();
        {
            let mut state = name.state();
            match state.unwritten {
                Some(tried) if now.since(tried) >= WRITE_AGAIN_AFTER => state.unwritten = Some(now),
                _ => return,
            }
        }
        let (ports, name) = (self.ports.clone(), name.clone());
        let errands = ports.errands.clone();
        errands.run(async move {
            let _turn = name.turn.lock().await;
            let (age, held) = {
                let state = name.state();
                match (&state.grant, state.unwritten) {
                    (Some(held), Some(_)) => (state.age, held.clone()),
                    _ => return,
                }
            };
            match ports.write(&name.name, &held, Part::Lasting).await {
                Ok(()) => {
                    let mut state = name.state();
                    if state.age == age {
                        state.unwritten = None;
                    }
                    tracing::info!("a renewed sign-in is in the keyring now");
                }
                Err(error) => tracing::warn!(
                    kind = error.kind.code(),
                    "a renewed sign-in is still not in the keyring"
                ),
            }
        });
    }
}

impl Name {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            flight: refresh::Running::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn new(grant: Grant, got: Steady) -> Self {
        let put_by = false;
        Self { grant, got, put_by }
    }

    /// What an earlier run of the program kept.
    fn of_before(kept: Kept, now: Now) -> Self {
        let grant = match kept.token {
            Token::Refresh {
                refresh,
                access: Some((access, until)),
            } if until > now.wall => Grant {
                access,
                refresh: Some(refresh),
                expires_in: Some(until.since(now.wall)),
                expired: false,
                members: kept.members,
            },
            Token::Refresh { refresh, .. } => Grant {
                access: Secret::new(""),
                refresh: Some(refresh),
                expires_in: None,
                expired: true,
                members: kept.members,
            },
            Token::Access { access, until } => Grant {
                access,
                refresh: None,
                expires_in: until.map(|until| until.since(now.wall)),
                expired: false,
                members: kept.members,
            },
        };
        Self {
            grant,
            got: now.steady,
            put_by: true,
        }
    }

    /// For how long the access token is good, where that is known.
    fn left(&self, now: Steady) -> Option<Duration> {
        let life = self.grant.expires_in.filter(|_| !self.grant.expired)?;
        Some(life.saturating_sub(now.since(self.got)))
    }

    /// Whether the next run gains by the access token.
    fn is_worth_putting_by(&self, now: Steady) -> bool {
        let lasts = self.left(now).is_some_and(|left| left > WORTH_PUTTING_BY);
        !self.put_by && self.grant.refresh.is_some() && lasts
    }

    /// What of it outlives the program. `None`: nothing that would still be good then.
    fn kept(&self, now: Now, part: Part) -> Option<Kept> {
        let Grant {
            access,
            refresh,
            expires_in,
            members,
            ..
        } = &self.grant;
        let token = match (refresh, expires_in) {
            (Some(refresh), _) => Token::Refresh {
                refresh: refresh.clone(),
                access: self
                    .left(now.steady)
                    .filter(|_| part == Part::All)
                    .map(|left| (access.clone(), now.wall.plus(left))),
            },
            (None, Some(life)) if *life <= WORTH_KEEPING => return None,
            (None, life) => Token::Access {
                access: access.clone(),
                until: life.map(|life| now.wall.plus(life.saturating_sub(now.steady.since(self.got)))),
            },
        };
        Some(Kept {
            token,
            members: members.clone(),
        })
    }

    fn grant(&self, now: Steady) -> Grant {
        let mut grant = self.grant.clone();
        if let Some(life) = grant.expires_in {
            let lead = LEAD.min(life / 2);
            grant.expired |= now.since(self.got) >= life - lead;
        }
        grant
    }
}

impl Ports {
    fn steady(&self) -> Steady {
        self.clock.now().steady
    }

    async fn put_by(&self, name: &Name) -> Result<()> {
        let _turn = name.turn.lock().await;
        let now = self.steady();
        let (age, held) = {
            let state = name.state();
            // A keyring that refuses is not asked for this.
            let willing = state.unwritten.is_none();
            match state
                .grant
                .as_ref()
                .filter(|held| willing && held.is_worth_putting_by(now))
            {
                Some(held) => (state.age, held.clone()),
                None => return Ok(()),
            }
        };
        self.write(&name.name, &held, Part::All).await?;
        let mut state = name.state();
        if state.age == age
            && let Some(now) = &mut state.grant
        {
            now.put_by |= now.grant.access == held.grant.access;
        }
        Ok(())
    }

    async fn write(&self, name: &str, held: &Held, part: Part) -> Result<()> {
        let credentials = self.credentials.as_ref();
        match held.kept(self.clock.now(), part) {
            Some(kept) => kept::write(credentials, name, &kept).await,
            None => credentials.remove(name).await,
        }
    }
}

/// Runs to its end even if nobody waits for it any more.
async fn whole<T: Send + 'static>(
    errands: &Errands,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    match errands.run(work).await {
        Ok(done) => done,
        Err(_) => Err(Error::new(Kind::Internal, OPERATION, "keeping the sign-in broke off")),
    }
}
