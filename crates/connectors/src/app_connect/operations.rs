//! What a connection does: finding, creating and logging, each over a session that may have to be begun anew.

use ringside_domain::{
    Contact, ContactDraft, ContactRef, Error, Kind, Method, Result, Retry, StoredNumber,
    connector::{Account, NameQuery, NumberForms},
    contact::Found,
    credentials::Secret,
    phone::{Home, compare, forms, read},
};
use serde_json::{Map, Value, json};
use std::{sync::PoisonError, time::Duration};

use super::{
    AppConnect, CHOICES, SETTLES_WITHIN,
    answer::{self, Outcome},
    contacts::{Row, new_contact_choices, wire_type},
    manifest::{Auth, ServerManifest},
    masks::{self, Asked},
    seen::Way,
    value::text,
    wire::{Ask, Span, Step},
};

/// A session that no log has: its answer says whether we are logged in, and costs the CRM nothing.
const NO_SESSION: &str = "ringside-nobody";
/// After a 429 that does not say for how long.
const PAUSE: Duration = Duration::from_secs(1);
/// So often.
const PAUSES: u32 = 3;
/// Reserved for fiction: nobody calls from it.
const NOBODY: &str = "+12025550100";
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
        let limits = self.try_finding(&span, &manifest).await?;
        let account = self.account(&manifest, &token).await?;
        Ok(Account { limits, ..account })
    }

    /// A key that logs in may still not be one that may look for people.
    ///
    /// # Errors
    /// What keeps all callers from being found.
    async fn try_finding(&self, span: &Span, manifest: &ServerManifest) -> Result<Vec<String>> {
        let nobody = NumberForms {
            reading: read(NOBODY, &Home::default()),
            forms: Vec::new(),
        };
        let Some(asked) = masks::asked(&nobody) else {
            return Ok(Vec::new());
        };
        let (_, failed) = self.ask_number(span, manifest, &asked, false).await?;
        Ok(failed.into_iter().map(|(_, error)| error.to_string()).collect())
    }

    pub(super) async fn find(&self, span: &Span, number: &NumberForms) -> Result<Found> {
        let manifest = self.manifest(span).await?;
        match masks::asked(number) {
            Some(asked) if !asked.is_extension || manifest.knows_extensions => {
                let (rows, failed) = self.ask_number(span, &manifest, &asked, span.live).await?;
                Ok(Found {
                    contacts: rows.into_iter().map(|row| row.contact).collect(),
                    failed,
                })
            }
            _ => Ok(Found::default()),
        }
    }

    async fn ask_number(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        asked: &Asked,
        live: bool,
    ) -> Result<(Vec<Row>, Vec<(String, Error)>)> {
        let mut ask = Ask::get("find_contact", "/contact")
            .with("phoneNumber", asked.number.clone())
            // Always there, empty or not: some connectors fail without it.
            .with("overridingFormat", asked.masks.clone())
            .with("isExtension", asked.is_extension.to_string());
        if live {
            ask = ask.with("isForceRefreshAccountData", "true");
        }
        ask.forms.clone_from(&asked.forms);
        let told = self.signed(span, manifest, ask).await?;
        self.learn_choices(&told.body).await;
        let hostname = self.hostname(manifest);
        let rows = self
            .reader(manifest, hostname.as_deref())
            .rows(&told.body, Some(&asked.number));
        let caller = read(&asked.number, &Home::default());
        let proves = |number: &StoredNumber| compare(&read(&number.raw, &Home::default()), &caller).is_some();
        let proved = rows.iter().filter(|row| row.contact.numbers.iter().any(proves)).count();
        self.proved(span, &told.step, rows.len(), proved);
        self.seen.keep(&*self.parts.memory, &rows, Some(asked), false).await;
        let failed = warned(&told.body, "find_contact", manifest, !rows.is_empty());
        Ok((rows, failed))
    }

    pub(super) async fn find_with_name(&self, span: &Span, query: NameQuery) -> Result<Found> {
        let manifest = self.manifest(span).await?;
        if !manifest.finds_names || query.text.trim().is_empty() {
            return Ok(Found::default());
        }
        let (mut rows, failed) = self.ask_name(span, &manifest, query.text.trim()).await?;
        rows.retain(|row| query.types.is_empty() || query.types.contains(&row.contact.id.contact_type));
        rows.truncate(if query.limit == 0 { usize::MAX } else { query.limit });
        Ok(Found {
            contacts: rows.into_iter().map(|row| row.contact).collect(),
            failed,
        })
    }

    async fn ask_name(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        name: &str,
    ) -> Result<(Vec<Row>, Vec<(String, Error)>)> {
        let ask = Ask::get("find_contact_with_name", "/custom/contact/search").with("name", name);
        let told = self.signed(span, manifest, ask).await?;
        let hostname = self.hostname(manifest);
        let rows = self.reader(manifest, hostname.as_deref()).rows(&told.body, None);
        self.tell(span, &told.step, rows.len());
        self.seen.keep(&*self.parts.memory, &rows, None, false).await;
        let failed = warned(&told.body, "find_contact_with_name", manifest, !rows.is_empty());
        Ok((rows, failed))
    }

    /// The server has no question for one contact: it is found again the way it was found before.
    pub(super) async fn get(&self, span: &Span, id: &ContactRef) -> Result<Contact> {
        if !span.live
            && let Some(row) = self.seen.row(id)
        {
            return Ok(row.contact);
        }
        let manifest = self.manifest(span).await?;
        let Some(way) = self.seen.way(&*self.parts.memory, id).await else {
            let message = format!("{} cannot be asked for a contact by its id", manifest.name);
            return Err(Error::new(Kind::Unsupported, "get_contact", message).hint("Search for it by name"));
        };
        let row = self.look_again(span, &manifest, id, way).await?;
        let row = row.or_else(|| self.seen.just_created(id, SETTLES_WITHIN));
        row.map(|row| row.contact).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "get_contact",
                format!("This contact is no longer in {}", manifest.name),
            )
            .hint("Search for it by name, or create it again")
        })
    }

    pub(super) async fn look_again(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        id: &ContactRef,
        way: Way,
    ) -> Result<Option<Row>> {
        let mine = |rows: Vec<Row>| rows.into_iter().find(|row| row.contact.id == *id);
        if let Some(asked) = way
            .asked
            .filter(|asked| !asked.is_extension || manifest.knows_extensions)
        {
            let (rows, _) = self.ask_number(span, manifest, &asked, span.live).await?;
            if let Some(row) = mine(rows) {
                return Ok(Some(row));
            }
        }
        match way.name.filter(|_| manifest.finds_names) {
            Some(name) => Ok(mine(self.ask_name(span, manifest, &name).await?.0)),
            None => Ok(None),
        }
    }

    pub(super) async fn create(&self, span: &Span, draft: ContactDraft) -> Result<Contact> {
        let manifest = self.manifest(span).await?;
        let body = self.new_contact(&manifest, &draft)?;
        let told = self
            .signed(
                span,
                &manifest,
                Ask::send("create_contact", Method::Post, "/contact", body),
            )
            .await?;
        let mut item = told.body["contact"].clone();
        if told.nothing || !item.is_object() {
            let error = Error::new(
                Kind::Invalid,
                "create_contact",
                format!("{} did not create the contact", manifest.name),
            );
            return Err(answer::message(&told.body)
                .map(answer::said)
                .into_iter()
                .fold(error, Error::hint));
        }
        // The answer has an id, mostly a name, and rarely a type.
        for (name, value) in [("name", draft.name.trim()), ("type", wire_type(&draft.contact_type))] {
            if text(&item, name).is_none() {
                item[name] = json!(value);
            }
        }
        if let Some(number) = draft.number.as_deref().filter(|_| text(&item, "phone").is_none()) {
            item["phone"] = json!(number);
        }
        let hostname = self.hostname(&manifest);
        let row = self.reader(&manifest, hostname.as_deref()).row(&item).ok_or_else(|| {
            Error::new(
                Kind::Invalid,
                "create_contact",
                format!("{} did not say which contact it created", manifest.name),
            )
            .maybe_happened()
        })?;
        self.tell(span, &told.step, 1);
        self.remark(span, &told);
        let asked = draft.number.as_deref().and_then(about);
        self.seen
            .keep(&*self.parts.memory, std::slice::from_ref(&row), asked.as_ref(), true)
            .await;
        Ok(self.as_it_is_found(span, &manifest, row, asked).await)
    }

    /// Some connectors create a `contact` and find a `Contact` ever after, and log only on the one they find. So the new
    /// contact is looked for once; if the search doesn't show it yet, or fails, it is taken as it was made.
    async fn as_it_is_found(&self, span: &Span, manifest: &ServerManifest, made: Row, asked: Option<Asked>) -> Contact {
        let Some(asked) = asked.filter(|asked| !manifest.types.is_empty() && !asked.is_extension) else {
            return made.contact;
        };
        let rows = match self.ask_number(span, manifest, &asked, true).await {
            Ok((rows, _)) => rows,
            Err(_) => Vec::new(),
        };
        let (id, contact_type) = (&made.contact.id.id, &made.contact.id.contact_type);
        let same =
            |row: &Row| row.contact.id.id == *id && row.contact.id.contact_type.eq_ignore_ascii_case(contact_type);
        rows.into_iter().find(same).map_or(made.contact, |row| row.contact)
    }

    fn new_contact(&self, manifest: &ServerManifest, draft: &ContactDraft) -> Result<Value> {
        let chosen = |name: &str| match name {
            "company" => draft.company.clone(),
            "title" => draft.title.clone(),
            "email" => draft.email.clone(),
            _ => draft
                .extra
                .iter()
                .find(|(field, _)| field == name)
                .map(|(_, value)| value.clone()),
        };
        let mut submitted = Map::new();
        for field in &manifest.contact_fields {
            if let Some(value) = chosen(&field.name).and_then(|value| field.submitted(value.trim())) {
                submitted.insert(field.name.clone(), value);
            }
        }
        // What this server has no field for would be lost without a word.
        for (name, value) in [
            ("company", &draft.company),
            ("title", &draft.title),
            ("email", &draft.email),
        ] {
            if value.as_deref().is_some_and(|value| !value.trim().is_empty()) && !submitted.contains_key(name) {
                let message = format!("New contacts of {} have no field for this", manifest.name);
                return Err(Error::new(Kind::Invalid, "create_contact", message)
                    .field(name)
                    .hint("Leave it empty, and add it in the CRM"));
            }
        }
        Ok(json!({
            "phoneNumber": draft.number.as_deref().unwrap_or_default(),
            "newContactName": draft.name.trim(),
            "newContactType": wire_type(&draft.contact_type),
            "additionalSubmission": submitted,
        }))
    }

    /// Keeps the choices of new contacts' fields, which come with answers about callers.
    async fn learn_choices(&self, body: &Value) {
        let Some(choices) = new_contact_choices(body) else {
            return;
        };
        {
            let mut known = self.choices.write().unwrap_or_else(PoisonError::into_inner);
            if *known == *choices {
                return;
            }
            known.clone_from(choices);
        }
        self.remember(CHOICES, Value::Object(choices.clone()).to_string()).await;
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

/// A number about which nobody calls, with the likeliest masks of its country.
fn about(number: &str) -> Option<Asked> {
    let reading = read(number, &Home::default());
    let forms = reading.number().map_or_else(Vec::new, |line| forms(line, &[]));
    masks::asked(&NumberForms { reading, forms })
}

/// Contacts came, and a warning with them: something is missing. Without contacts a warning only says that nobody was found.
fn warned(body: &Value, operation: &'static str, manifest: &ServerManifest, found: bool) -> Vec<(String, Error)> {
    let is_error = matches!(text(&body["returnMessage"], "messageType"), Some("error" | "danger"));
    let words = answer::warning(body).filter(|_| found || is_error);
    words
        .map(|words| {
            (
                manifest.name.clone(),
                Error::new(Kind::Unavailable, operation, format!("{} says: {words}", manifest.name)),
            )
        })
        .into_iter()
        .collect()
}
