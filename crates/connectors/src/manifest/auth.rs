//! Signing in: what one connection proves itself with, opened when it is needed and renewed when it is refused.
//!
//! Three layers, each optional: an OAuth grant, a session opened with it, and the headers and parameters that every request
//! carries. A refused request renews from the outside in: first a new session with the same token, then a refreshed token and
//! a session with that, then the person is asked. Only one renewal runs at a time, whoever asks.
//!
//! Secrets are reachable in the templates of `auth` and nowhere else; what they make goes out as [`Secret`].

mod oauth;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use ringside_domain::{
    Clock, CredentialStore, Error, Kind, Result, SignIn, Steady, credentials::Secret, sign_in::Grant,
};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, timeout_at},
};

use self::oauth::Places;
use super::{
    classify::{Asked, Heard, Hidden},
    format::{Answer, Captures, Grants, ParameterKind, Request, SessionStep, Template},
    load::Loaded,
    render::Scope,
    send::{Exit, Place},
};
use crate::parts::{Parts, Setup, secret_name};

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
    /// The session was opened anew with the same token: the next refusal is the token's.
    session_renewed: bool,
    grant: Option<Grant>,
    since: Steady,
    hidden: Hidden,
}

impl Opened {
    /// What no message about a request with these may show.
    pub fn hidden(&self) -> &Hidden {
        &self.hidden
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
}

/// What requests carry is made of.
struct Held {
    grant: Option<Grant>,
    places: Places,
    session: BTreeMap<String, String>,
    session_renewed: bool,
    since: Steady,
    hidden: Hidden,
}

/// One request of signing in.
struct Step<'a> {
    request: &'a Request,
    capture: &'a Captures,
    scope: &'a Scope,
    /// What its headers are made of is added.
    hidden: &'a mut Hidden,
    /// Only what holds no secret is sent on to another address: transports drop headers there, not bodies and parameters.
    redirects: bool,
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
        if let Some(opened) = state.opened.as_ref().filter(|opened| self.still_holds(opened)) {
            return Ok(opened.clone());
        }
        let grant = self.grant(until).await?;
        self.settle(&mut state, exit, grant, false, until).await
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
        if has_session && !stale.session_renewed {
            match self.settle(&mut state, exit, stale.grant.clone(), true, until).await {
                Err(error) if error.kind == Kind::SignInNeeded => {}
                answer => return answer,
            }
        }
        let Some(grant) = &stale.grant else {
            return Err(self.refused());
        };
        let grant = self.refreshed(grant, until).await?;
        self.settle(&mut state, exit, Some(grant), false, until).await
    }

    /// Signs in from the beginning; with OAuth in the browser, this waits for the person.
    pub async fn sign_in(&self, exit: &Exit) -> Result<()> {
        // Whoever looks somebody up meanwhile does it with what was opened before.
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

    fn still_holds(&self, opened: &Opened) -> bool {
        let lifetime = self.loaded.manifest.auth.session_lifetime.map(Duration::from_secs);
        let age = self.clock.now().steady.since(opened.since);
        lifetime.is_none_or(|lifetime| age < lifetime)
    }

    /// Opens the session and renders what requests carry.
    async fn settle(
        &self,
        state: &mut State,
        exit: &Exit,
        grant: Option<Grant>,
        session_renewed: bool,
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
            session_renewed,
            since,
            hidden,
        };
        self.carry(state, &scope, held)
    }

    /// As if a session had been opened before, with these captures: an example of a manifest begins there.
    pub async fn assume(&self, mut session: BTreeMap<String, String>, until: Instant) -> Result<()> {
        let mut state = self.turn(until).await?;
        let grant = self.grant(until).await?;
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
            session_renewed: false,
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
            session_renewed: held.session_renewed,
            grant: held.grant,
            since: held.since,
            hidden: held.hidden,
        };
        state.opened = Some(opened.clone());
        Ok(opened)
    }

    async fn session_step(
        &self,
        exit: &Exit,
        step: &SessionStep,
        scope: &Scope,
        hidden: &mut Hidden,
        until: Instant,
    ) -> Result<BTreeMap<String, String>> {
        let asked = Step {
            request: &step.request,
            capture: &step.capture,
            scope,
            hidden,
            redirects: false,
        };
        let captured = self.ask(exit, asked, until).await?;
        match step.capture.keys().find(|name| !captured.contains_key(*name)) {
            None => Ok(captured),
            Some(name) => {
                let message = format!(
                    "{} opened a session, but its answer lacks \"{name}\"",
                    self.loaded.manifest.name
                );
                Err(Error::new(Kind::Unavailable, "sign_in", message))
            }
        }
    }

    /// One request of signing in, and what is kept of its answer.
    async fn ask(&self, exit: &Exit, step: Step<'_>, until: Instant) -> Result<BTreeMap<String, String>> {
        let mut rendered = self.loaded.request(step.request, step.scope, &self.place.base)?;
        rendered.reads &= step.redirects;
        let made = rendered.headers.iter().filter(|(name, _)| !says_the_format(name));
        made.for_each(|(_, value)| step.hidden.add_rendered(value.as_bytes()));
        let answer = exit.send(rendered, None, until).await?;
        let asked = Asked {
            operation: "sign_in",
            answer: &Answer::default(),
            writes: false,
            reads_body: true,
            hidden: step.hidden,
        };
        match self.loaded.hear(&asked, &answer, self.clock.now().wall)? {
            Heard::Answer(body) => self.loaded.captures(step.capture, &answer, &body),
            Heard::Empty => Ok(BTreeMap::new()),
            Heard::Refused(refusal) if refusal.sign_in => Err(self.refused().because(refusal.error)),
            Heard::Refused(refusal) => Err(refusal.error),
        }
    }

    /// The secret parameters, out of the keyring.
    async fn secrets(&self) -> Result<BTreeMap<String, String>> {
        let mut secrets = BTreeMap::new();
        for parameter in &self.loaded.manifest.parameters {
            if parameter.kind != ParameterKind::Secret {
                continue;
            }
            let kept = self
                .credentials
                .get(&secret_name(&self.setup.connection, &parameter.name))
                .await?;
            let text = kept.map(|secret| String::from_utf8_lossy(secret.expose()).into_owned());
            match text.filter(|text| !text.is_empty()) {
                Some(text) => {
                    secrets.insert(parameter.name.clone(), text);
                }
                None if parameter.required => {
                    let message = format!("The {} of {} is not in the keyring", parameter.title, self.setup.name);
                    return Err(Error::new(Kind::SignInNeeded, "sign_in", message)
                        .field(parameter.name.clone())
                        .hint("Open the connection and type it again"));
                }
                None => {
                    secrets.insert(parameter.name.clone(), String::new());
                }
            }
        }
        Ok(secrets)
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

/// What a sign-in begins with.
fn hidden(secrets: &BTreeMap<String, String>, grant: Option<&Grant>) -> Hidden {
    let mut hidden = Hidden::default();
    secrets.values().for_each(|secret| hidden.add(secret.as_bytes()));
    for token in grant
        .iter()
        .flat_map(|grant| [Some(&grant.access), grant.refresh.as_ref()])
        .flatten()
    {
        hidden.add(token.expose());
    }
    hidden
}

fn hide_captures(hidden: &mut Hidden, step: &SessionStep, captured: &BTreeMap<String, String>) {
    let private = step.secret.iter().filter_map(|name| captured.get(name));
    private.for_each(|secret| hidden.add(secret.as_bytes()));
}

/// Headers that hold no secret, and whose words an error may well need.
fn says_the_format(header: &str) -> bool {
    ["accept", "content-type"]
        .iter()
        .any(|name| header.eq_ignore_ascii_case(name))
}

/// The parameters that are not secret: what was filled in, else the default, else nothing.
pub(crate) fn parameters(loaded: &Loaded, setup: &Setup) -> BTreeMap<String, String> {
    let open = loaded
        .manifest
        .parameters
        .iter()
        .filter(|parameter| parameter.kind != ParameterKind::Secret);
    let value = |parameter: &super::format::Parameter| {
        let typed = setup.parameters.get(&parameter.name).filter(|text| !text.is_empty());
        typed.or(parameter.default.as_ref()).cloned().unwrap_or_default()
    };
    open.map(|parameter| (parameter.name.clone(), value(parameter)))
        .collect()
}
