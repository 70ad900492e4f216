//! Signing in: what one connection proves itself with, opened when it is needed and renewed when it is refused.
//!
//! Three layers, each optional: an OAuth grant, a session opened with it, and the headers and parameters that every request
//! carries. A refused request renews from the outside in: first a new session with the same token, then a refreshed token and
//! a session with that, then the person is asked. What is known to be over is not tried, and a login that refuses the token, in
//! whatever words, is answered with a refreshed one. Only one renewal runs at a time, whoever asks.
//!
//! Secrets are reachable in the templates of `auth` and nowhere else; what they make goes out as [`Secret`].

mod oauth;
mod step;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ringside_domain::{
    Clock, CredentialStore, Error, Kind, Result, SignIn, Steady, credentials::Secret, sign_in::Grant,
};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, timeout_at},
};

use self::{
    oauth::{Places, Token},
    step::{hidden, hide_captures},
};
use super::{
    classify::Hidden,
    format::{Grants, Template},
    load::Loaded,
    render::Scope,
    send::{Exit, Place, parameters},
};
use crate::parts::{Parts, Setup};

/// So long no fresher token is got where a fresh one opened no session: it is not the token's fault. Then that one may be
/// over, too.
const IN_VAIN: Duration = Duration::from_secs(5 * 60);

/// What one connection is signed in with.
#[derive(Clone)]
pub(crate) struct Opened {
    pub headers: Vec<(String, Secret)>,
    pub query: Vec<(String, Secret)>,
    /// What the session's steps captured and may be known outside of `auth`.
    pub session: BTreeMap<String, String>,
    /// What the token answer said besides tokens, as far as the manifest keeps it.
    pub granted: BTreeMap<String, String>,
    pub discovered: BTreeMap<String, String>,
    /// Grows with each opening, so that a late refusal of an older one renews nothing.
    number: u64,
    /// The session was opened anew with the same token, and no answer has proved it good yet: a refusal is the token's.
    on_trial: Arc<AtomicBool>,
    grant: Option<Grant>,
    since: Steady,
    hidden: Hidden,
}

impl Opened {
    /// What no message about a request with these may show.
    pub fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// The CRM answered, and did not want another sign-in.
    pub fn prove(&self) {
        self.on_trial.store(false, Ordering::Relaxed);
    }
}

/// How one connection gets in. One for each connection; requests share it.
pub(crate) struct Access {
    loaded: Arc<Loaded>,
    place: Place,
    setup: Setup,
    sign_in: Arc<dyn SignIn>,
    credentials: Arc<dyn CredentialStore>,
    clock: Arc<dyn Clock>,
    opened: Mutex<State>,
}

#[derive(Default)]
struct State {
    opened: Option<Opened>,
    openings: u64,
    /// The access token that was fresh, and with which no session could be opened all the same, and when that was.
    in_vain: Option<(Secret, Steady)>,
}

/// What requests carry is made of.
struct Held {
    grant: Option<Grant>,
    places: Places,
    session: BTreeMap<String, String>,
    on_trial: bool,
    since: Steady,
    hidden: Hidden,
}

impl Access {
    pub fn new(loaded: Arc<Loaded>, place: Place, parts: &Parts, setup: &Setup) -> Self {
        Self {
            loaded,
            place,
            setup: setup.clone(),
            sign_in: Arc::clone(&parts.sign_in),
            credentials: Arc::clone(&parts.credentials),
            clock: Arc::clone(&parts.clock),
            opened: Mutex::default(),
        }
    }

    /// What the next request goes out with. Opens no browser.
    pub async fn open(&self, exit: &Exit, until: Instant) -> Result<Opened> {
        let mut state = self.turn(until).await?;
        if let Some(opened) = state.opened.clone()
            && self.still_holds(&opened).await?
        {
            return Ok(opened);
        }
        let token = self.token(exit, until).await?;
        self.enter(&mut state, exit, token, false, until).await
    }

    /// Something else than the refused `stale` one.
    ///
    /// # Errors
    /// [`Kind::SignInNeeded`] when there is nothing left to try without the person.
    pub async fn renew(&self, exit: &Exit, stale: &Opened, until: Instant) -> Result<Opened> {
        let mut state = self.turn(until).await?;
        if let Some(newer) = state.opened.as_ref().filter(|opened| opened.number > stale.number) {
            return Ok(newer.clone());
        }
        state.opened = None;
        let has_session = !self.loaded.manifest.auth.session.is_empty();
        if has_session && !stale.on_trial.load(Ordering::Relaxed) {
            let token = self.token(exit, until).await?;
            return self.enter(&mut state, exit, token, true, until).await;
        }
        match &stale.grant {
            Some(grant) => self.refresh_and_enter(&mut state, exit, grant, until).await,
            None => Err(self.refused()),
        }
    }

    /// Opens a session with the token there is, or with a refreshed one where the login refuses it.
    async fn enter(&self, state: &mut State, exit: &Exit, token: Token, again: bool, until: Instant) -> Result<Opened> {
        let Token { grant, fresh } = token;
        let opened = self.settle(state, exit, grant.clone(), again && !fresh, until).await;
        let (Err(error), Some(grant)) = (&opened, grant) else {
            return opened;
        };
        if !refuses(error) {
            return opened;
        }
        let now = self.clock.now().steady;
        let is_vain = |(token, at): &(Secret, Steady)| *token == grant.access && now.since(*at) < IN_VAIN;
        if fresh {
            state.in_vain = Some((grant.access, now));
        } else if !state.in_vain.as_ref().is_some_and(is_vain) && self.renews(&grant) {
            return self.refresh_and_enter(state, exit, &grant, until).await;
        }
        opened
    }

    async fn refresh_and_enter(&self, state: &mut State, exit: &Exit, stale: &Grant, until: Instant) -> Result<Opened> {
        let grant = self.refreshed(exit, stale, until).await?;
        let access = grant.access.clone();
        let opened = self.settle(state, exit, Some(grant), false, until).await;
        if opened.as_ref().is_err_and(refuses) {
            state.in_vain = Some((access, self.clock.now().steady));
        }
        opened
    }

    /// Signs in from the beginning; with OAuth in the browser, this waits for the person.
    pub async fn sign_in(&self, exit: &Exit) -> Result<()> {
        // What was opened before goes on being used meanwhile; whether anybody may use it is the caller's to say.
        if self.loaded.manifest.auth.oauth2.is_some() {
            self.authorize(exit).await?;
        }
        self.opened.lock().await.opened = None;
        Ok(())
    }

    /// Forgets grant, session and what OAuth found; secrets that the person typed stay with the connection.
    pub async fn sign_out(&self) -> Result<()> {
        let mut state = self.opened.lock().await;
        state.opened = None;
        self.forget_grant().await
    }

    /// Whether the person must be sent to the browser before anything can be asked.
    pub fn needs_browser(&self) -> bool {
        let oauth2 = self.loaded.manifest.auth.oauth2.as_ref();
        oauth2.is_some_and(|oauth2| oauth2.grant == Grants::AuthorizationCode)
    }

    /// One at a time opens and renews; whoever waits for that waits no longer than its own deadline.
    async fn turn(&self, until: Instant) -> Result<MutexGuard<'_, State>> {
        timeout_at(until, self.opened.lock()).await.map_err(|_| {
            let message = format!("{} was still being signed in to", self.setup.name);
            Error::new(Kind::Timeout, "sign_in", message)
        })
    }

    async fn still_holds(&self, opened: &Opened) -> Result<bool> {
        let auth = &self.loaded.manifest.auth;
        let lifetime = auth.session_lifetime.map(Duration::from_secs);
        let age = self.clock.now().steady.since(opened.since);
        if lifetime.is_some_and(|lifetime| age >= lifetime) {
            return Ok(false);
        }
        match &opened.grant {
            // A session may outlive the token that opened it; when it is over, its refusal renews both.
            Some(grant) if auth.session.is_empty() => self.is_current(grant).await,
            _ => Ok(true),
        }
    }

    /// Opens the session and renders what requests carry.
    async fn settle(
        &self,
        state: &mut State,
        exit: &Exit,
        grant: Option<Grant>,
        on_trial: bool,
        until: Instant,
    ) -> Result<Opened> {
        let since = self.clock.now().steady;
        let secrets = self.secrets().await?;
        let places = self.places().await?;
        let mut scope = self.scope(&secrets, &places, grant.as_ref());
        let mut hidden = hidden(&secrets, grant.as_ref());
        let (mut session, mut private) = (BTreeMap::new(), BTreeSet::new());
        for step in &self.loaded.manifest.auth.session {
            let captured = self.session_step(exit, step, &scope, &mut hidden, until).await?;
            hide_captures(&mut hidden, step, &captured);
            session.extend(captured);
            private.extend(step.secret.iter());
            scope = scope.with("session", &session);
        }
        session.retain(|name, _| !private.contains(name));
        let held = Held {
            grant,
            places,
            session,
            on_trial,
            since,
            hidden,
        };
        self.carry(state, &scope, held)
    }

    /// As if a session had been opened before, with these captures: an example of a manifest begins there.
    pub async fn assume(&self, exit: &Exit, mut session: BTreeMap<String, String>, until: Instant) -> Result<()> {
        let mut state = self.turn(until).await?;
        let Token { grant, .. } = self.token(exit, until).await?;
        let (secrets, places) = (self.secrets().await?, self.places().await?);
        let scope = self.scope(&secrets, &places, grant.as_ref()).with("session", &session);
        let mut hidden = hidden(&secrets, grant.as_ref());
        for step in &self.loaded.manifest.auth.session {
            hide_captures(&mut hidden, step, &session);
        }
        let private = self.loaded.manifest.auth.session.iter().flat_map(|step| &step.secret);
        private.for_each(|name| drop(session.remove(name)));
        let held = Held {
            grant,
            places,
            session,
            on_trial: false,
            since: self.clock.now().steady,
            hidden,
        };
        self.carry(&mut state, &scope, held).map(drop)
    }

    /// Renders what requests carry, and keeps it.
    fn carry(&self, state: &mut State, scope: &Scope, mut held: Held) -> Result<Opened> {
        let rendered = |pairs: &BTreeMap<String, Template>| -> Result<Vec<(String, Secret)>> {
            let pair = |(name, template): (&String, &Template)| {
                let value = self.loaded.text(template, scope)?;
                Ok((name.clone(), Secret::new(value.into_bytes())))
            };
            let mut set = pairs.iter().map(pair).collect::<Result<Vec<_>>>()?;
            set.retain(|(_, value)| !value.expose().is_empty());
            Ok(set)
        };
        let set = &self.loaded.manifest.auth.set;
        let (headers, query) = (rendered(&set.headers)?, rendered(&set.query)?);
        for (_, value) in headers.iter().chain(&query) {
            held.hidden.add_rendered(value.expose());
        }
        state.openings += 1;
        let opened = Opened {
            headers,
            query,
            session: held.session,
            granted: self.granted(held.grant.as_ref()),
            discovered: held.places.discovered,
            number: state.openings,
            on_trial: Arc::new(AtomicBool::new(held.on_trial)),
            grant: held.grant,
            since: held.since,
            hidden: held.hidden,
        };
        state.opened = Some(opened.clone());
        Ok(opened)
    }

    fn scope(&self, secrets: &BTreeMap<String, String>, places: &Places, grant: Option<&Grant>) -> Scope {
        let token = grant.map(|grant| String::from_utf8_lossy(grant.access.expose()).into_owned());
        Scope::default()
            .with("secret", secrets)
            .with("param", &parameters(&self.loaded, &self.setup))
            .with("env", &self.place.env)
            .with("discovered", &places.discovered)
            .with("redirect", &places.redirect)
            .with("granted", &self.granted(grant))
            .with("token", &token)
            .with("session", &BTreeMap::<String, String>::new())
    }

    fn refused(&self) -> Error {
        let name = &self.loaded.manifest.name;
        let (message, hint) = if self.loaded.manifest.auth.oauth2.is_some() {
            (
                format!("{name} no longer accepts this sign-in"),
                "Sign in again".to_owned(),
            )
        } else {
            (
                format!("{name} does not accept this key"),
                format!("Copy it from {name} once more, or make a new one there"),
            )
        };
        Error::new(Kind::SignInNeeded, "sign_in", message).hint(hint)
    }
}

/// Whether a login said no, in any words: CRMs have many for a token that is over. Not where it was not reached or not heard.
const fn refuses(error: &Error) -> bool {
    matches!(
        error.kind,
        Kind::SignInNeeded | Kind::Invalid | Kind::Forbidden | Kind::Conflict
    )
}
