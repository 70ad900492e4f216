//! The requests of signing in: what they may use, what is kept of their answers, and what no message may show of them.

use std::collections::BTreeMap;

use ringside_domain::{Error, Kind, Result, sign_in::Grant};
use tokio::time::Instant;

use super::Access;
use crate::{
    manifest::{
        classify::{Asked, Heard, Hidden},
        format::{Answer, Captures, ParameterKind, Request, SessionStep},
        render::Scope,
        send::Exit,
    },
    parts::secret_name,
};

/// One request of signing in.
pub(super) struct Step<'a> {
    pub request: &'a Request,
    pub capture: &'a Captures,
    pub scope: &'a Scope,
    /// What its headers are made of is added.
    pub hidden: &'a mut Hidden,
    /// Only what holds no secret is sent on to another address: transports drop headers there, not bodies and parameters.
    pub redirects: bool,
}

impl Access {
    pub(super) async fn session_step(
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
    pub(super) async fn ask(&self, exit: &Exit, step: Step<'_>, until: Instant) -> Result<BTreeMap<String, String>> {
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
    pub(super) async fn secrets(&self) -> Result<BTreeMap<String, String>> {
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
}

/// What a sign-in begins with.
pub(super) fn hidden(secrets: &BTreeMap<String, String>, grant: Option<&Grant>) -> Hidden {
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

pub(super) fn hide_captures(hidden: &mut Hidden, step: &SessionStep, captured: &BTreeMap<String, String>) {
    let private = step.secret.iter().filter_map(|name| captured.get(name));
    private.for_each(|secret| hidden.add(secret.as_bytes()));
}

/// Headers that hold no secret, and whose words an error may well need.
fn says_the_format(header: &str) -> bool {
    ["accept", "content-type"]
        .iter()
        .any(|name| header.eq_ignore_ascii_case(name))
}
