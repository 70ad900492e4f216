//! How every operation asks: over a session that may have to be begun anew. What is asked, `finding`, `creating` and
//! `logging` say.

use std::time::Duration;

use ringside_domain::{Error, Kind, Method, Result, Retry, connector::Account, credentials::Secret};
use serde_json::Value;

use super::{
    AppConnect,
    answer::{self, Outcome},
    manifest::{Auth, ServerManifest},
    wire::{Ask, Span, Step},
};

/// A session that no log has: its answer says whether we are logged in, and costs the CRM nothing.
const NO_SESSION: &str = "ringside-nobody";
/// After a 429 that does not say for how long.
const PAUSE: Duration = Duration::from_secs(1);
/// So often.
const PAUSES: u32 = 3;
/// Asks the CRM whether it still knows us.
const VALIDATION: &str = "/authValidation";

/// What a signed-in request was answered.
pub(super) struct Told {
    pub body: Value,
    /// `"successful": false`, and the session is there: there is really nothing.
    pub nothing: bool,
    pub step: Step,
}

impl AppConnect {
    /// Sends a request with the session's token. A session that is over is begun anew once, where the key is here; the server
    /// refuses such a request before it does anything, so it may be sent again.
    pub(super) async fn signed(&self, span: &Span, manifest: &ServerManifest, mut ask: Ask) -> Result<Told> {
        let mut token = self.token(span, manifest).await?;
        // The server has the key as well, and may repeat it.
        ask.secrets = self.login_secrets(manifest).await;
        let (mut renewed, mut waited) = (false, 0);
        loop {
            let reply = self.wire.ask(span, &manifest.name, &ask, Some(&token)).await?;
            if let Some(newer) = reply.refreshed {
                self.session.rotate(&token, newer).await;
            }
            let over = match reply.outcome {
                Outcome::Answered(body) => {
                    return Ok(Told {
                        body,
                        nothing: false,
                        step: reply.step,
                    });
                }
                // Refused at the door, nothing was done: whatever it was, it may be asked again while there is time.
                Outcome::Failed(error) => match hiccup(&error).filter(|wait| waited < PAUSES && span.has(*wait)) {
                    Some(wait) => {
                        tokio::time::sleep(wait).await;
                        waited += 1;
                        continue;
                    }
                    None => return Err(error),
                },
                Outcome::CrmRefused(error) => match self.refused(span, manifest, &token, &ask, error).await {
                    Some(refused) => return Err(refused),
                    None => answer::over(ask.operation, &manifest.name),
                },
                Outcome::Nothing(body) if self.is_signed_in(span, manifest, &token).await? => {
                    return Ok(Told {
                        body,
                        nothing: true,
                        step: reply.step,
                    });
                }
                Outcome::Nothing(_) => answer::over(ask.operation, &manifest.name),
                Outcome::SessionOver(error) => error,
            };
            if renewed {
                return Err(over);
            }
            token = self.renew(span, manifest, Some(&token)).await?;
            renewed = true;
        }
    }

    /// What a refusal by the CRM is: `None` where the session went with it. The server ends a session whose grant the CRM no
    /// longer renews before it asks the connector for anything; in that case nothing was done.
    async fn refused(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        token: &Secret,
        ask: &Ask,
        error: Error,
    ) -> Option<Error> {
        // Where it can't be told, the refusal is what is known.
        let is_over = match error.kind {
            Kind::Forbidden if ask.path == VALIDATION => true,
            Kind::Forbidden => matches!(self.is_signed_in(span, manifest, token).await, Ok(false)),
            _ => false,
        };
        if is_over {
            return None;
        }
        Some(match ask.method {
            Method::Get => error,
            method => answer::write_refused(method, ask.path, &manifest.name, error),
        })
    }

    /// Logged out, the server answers many questions as if there were nothing; this one it doesn't.
    async fn is_signed_in(&self, span: &Span, manifest: &ServerManifest, token: &Secret) -> Result<bool> {
        let ask = Ask::get("check", "/callLog")
            .with("sessionIds", NO_SESSION)
            .with("requireDetails", "false");
        let reply = self.wire.ask(span, &manifest.name, &ask, Some(token)).await?;
        match reply.outcome {
            Outcome::Answered(_) => {
                self.tell(span, &reply.step, 0);
                Ok(true)
            }
            Outcome::Nothing(_) | Outcome::SessionOver(_) => Ok(false),
            // All that the CRM is asked for here is to renew the grant.
            Outcome::CrmRefused(error) if error.kind == Kind::Forbidden => Ok(false),
            Outcome::CrmRefused(error) => Err(error),
            Outcome::Failed(error) => Err(error),
        }
    }

    /// A key is checked by logging in with it, a sign-in of a person by asking the CRM.
    pub(super) async fn check_session(&self, span: Span) -> Result<Account> {
        let known = self.manifest(&span).await?;
        let manifest = if self.is_given() {
            self.whole_manifest(&span).await?
        } else {
            self.fetch(&span).await?
        };
        if manifest.auth != known.auth {
            return Err(Error::new(
                Kind::Conflict,
                "check",
                "The server asks for another way to sign in than before",
            )
            .hint("Add this connection again, if you trust the server's new way"));
        }
        self.session.pardon();
        let token = match &manifest.auth {
            Auth::ApiKey(_) => {
                let stale = self.session.token().await?;
                self.renew(&span, &manifest, stale.as_ref()).await?
            }
            Auth::OAuth(_) => {
                let token = self.token(&span, &manifest).await?;
                let ask = Ask::get("check", VALIDATION);
                match self.signed(&span, &manifest, ask).await {
                    Ok(told) => self.tell(&span, &told.step, 0),
                    // A connector need not have this function; whether we are logged in can be asked in any case.
                    Err(error) if error.message.contains("is not a function") => {
                        if !self.is_signed_in(&span, &manifest, &token).await? {
                            return Err(answer::over("check", &manifest.name));
                        }
                    }
                    Err(error) => return Err(error),
                }
                self.session.current().unwrap_or(token)
            }
        };
        self.know_pages(&span, &manifest).await;
        let mut limits = self.hand_settings(&span, &manifest).await?;
        self.learn_account_choices(&span, &manifest).await;
        if matches!(manifest.auth, Auth::OAuth(_)) {
            limits.extend(self.account_that_waits().await);
        }
        limits.extend(self.try_finding(&span, &manifest).await?);
        let account = self.account(&manifest, &token).await?;
        Ok(Account { limits, ..account })
    }
}

/// The server, or what stands before it, took no more just now: how long to wait before it is asked again.
fn hiccup(error: &Error) -> Option<Duration> {
    match error.retry {
        Retry::After(wait) if error.kind == Kind::RateLimited => Some(wait),
        _ if error.kind == Kind::RateLimited => Some(PAUSE),
        _ => None,
    }
}
