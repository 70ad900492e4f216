//! Finding people: by number, by name, and again.

use std::sync::PoisonError;

use ringside_domain::{
    Contact, ContactRef, Error, Kind, Result, StoredNumber,
    connector::{NameQuery, NumberForms},
    contact::Found,
    phone::{Home, read},
};
use serde_json::Value;

use super::{
    AppConnect, CHOICES, SETTLES_WITHIN, answer,
    contacts::{NO_TYPE, Row, new_contact_choices, proves},
    habits::{MAX_UNLISTED, type_of},
    manifest::ServerManifest,
    masks::{self, Asked},
    seen::Way,
    value::text,
    vendor,
    wire::{Ask, Span},
};

/// Reserved for fiction: nobody calls from it.
const NOBODY: &str = "+12025550100";

/// Who came, and what part of the answer is missing, and why.
type Partial = (Vec<Row>, Vec<(String, Error)>);

impl AppConnect {
    /// A key that logs in may still not be one that may look for people.
    ///
    /// # Errors
    /// What keeps all callers from being found.
    pub(super) async fn try_finding(&self, span: &Span, manifest: &ServerManifest) -> Result<Vec<String>> {
        let nobody = NumberForms {
            reading: read(NOBODY, &Home::default()),
            forms: Vec::new(),
        };
        let Some(asked) = masks::questions(&nobody, &manifest.platform, false).into_iter().next() else {
            return Ok(Vec::new());
        };
        let (_, failed) = self.ask_number(span, manifest, &asked).await?;
        Ok(failed.into_iter().map(|(_, error)| error.to_string()).collect())
    }

    pub(super) async fn find(&self, span: &Span, number: &NumberForms) -> Result<Found> {
        let manifest = self.manifest(span).await?;
        let mut questions = self.questions(&manifest, number).await;
        questions.retain(|asked| !asked.is_extension || manifest.knows_extensions);
        // Whoever wants to know everybody is told of those as well who are stored in another way.
        let enough = |row: &Row, asked: &Asked| !span.live && shows(row, asked);
        let asked = self.ask_in_turn(span, &manifest, &questions, enough).await;
        // After the server was asked: no caller waits for a disk.
        let (memory, connection) = (&*self.parts.memory, &self.setup.connection);
        let formats = masks::formats(number);
        self.habits.learn_formats(memory, connection, formats).await;
        let (rows, failed) = asked?;
        Ok(Found {
            contacts: rows.into_iter().map(|row| row.contact).collect(),
            failed,
        })
    }

    pub(super) async fn questions(&self, manifest: &ServerManifest, number: &NumberForms) -> Vec<Asked> {
        let masks_hit = self.habits.masks_hit(&*self.parts.memory, &self.setup.connection).await;
        masks::questions(number, &manifest.platform, masks_hit)
    }

    /// Asks one question after the other until an answer holds somebody who is wanted. What comes out is everybody who came.
    ///
    /// # Errors
    /// Of the first question. That one of the others was not answered is a part that is missing.
    pub(super) async fn ask_in_turn(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        questions: &[Asked],
        wanted: impl Fn(&Row, &Asked) -> bool,
    ) -> Result<Partial> {
        let (mut all, mut failed): Partial = Default::default();
        for (place, asked) in questions.iter().enumerate() {
            let (rows, missing) = match self.ask_number(span, manifest, asked).await {
                Ok(answered) => answered,
                Err(error) if place == 0 || error.kind == Kind::SignInNeeded => return Err(error),
                Err(error) => (Vec::new(), vec![(manifest.name.clone(), error)]),
            };
            let is_hit = rows.iter().any(|row| wanted(row, asked));
            for row in rows {
                match all
                    .iter_mut()
                    .find(|known: &&mut Row| known.contact.id == row.contact.id)
                {
                    Some(known) => {
                        known.merge(row);
                        let whole = std::slice::from_ref(&*known);
                        self.seen.keep(&*self.parts.memory, whole, Some(asked), false).await;
                    }
                    None => all.push(row),
                }
            }
            for (part, error) in missing {
                if failed.iter().all(|(_, known)| known.message != error.message) {
                    failed.push((part, error));
                }
            }
            if is_hit {
                if questions.len() > 1 {
                    let masks_hit = !asked.masks.is_empty();
                    self.habits
                        .learn_masks(&*self.parts.memory, &self.setup.connection, masks_hit)
                        .await;
                }
                break;
            }
        }
        Ok((all, failed))
    }

    /// One question about a number.
    async fn ask_number(&self, span: &Span, manifest: &ServerManifest, asked: &Asked) -> Result<Partial> {
        let anew = self.asks_anew(span, manifest, asked);
        let mut ask = Ask::get("find_contact", "/contact")
            .with("phoneNumber", asked.number.clone())
            // Always there, empty or not: some connectors fail without it.
            .with("overridingFormat", asked.masks.clone())
            .with("isExtension", asked.is_extension.to_string());
        if anew {
            ask = ask.with("isForceRefreshAccountData", "true");
        }
        ask.forms.clone_from(&asked.forms);
        let told = self.signed(span, manifest, ask).await?;
        if anew {
            self.habits.asked_anew(&asked.number);
        }
        self.learn_choices(&told.body).await;
        let hostname = self.hostname(manifest);
        let reader = self.reader(manifest, hostname.as_deref());
        let rows = reader.rows(&told.body, Some(&asked.number));
        self.learn_types(manifest, &rows).await;
        let proved = rows.iter().filter(|row| is_proved(row, asked)).count();
        self.proved(span, &told.step, rows.len(), proved);
        self.seen.keep(&*self.parts.memory, &rows, Some(asked), false).await;
        let failed = warned(&told.body, "find_contact", manifest, !rows.is_empty());
        Ok((rows, failed))
    }

    /// Whether the server has to ask the CRM. What it answers else, to whose account it knows, is whoever a colleague ever
    /// found by this number, with whatever masks and however long ago, and we would say it is live; for speed we have an index
    /// of our own. Where the connector takes such a question as one for its lists, too, a number is asked anew once a day.
    fn asks_anew(&self, span: &Span, manifest: &ServerManifest, asked: &Asked) -> bool {
        span.live
            || manifest.is_never_cached
            || !vendor::rereads_lists(&manifest.platform)
            || self.habits.is_due(&asked.number)
    }

    pub(super) async fn find_with_name(&self, span: &Span, query: NameQuery) -> Result<Found> {
        let manifest = self.manifest(span).await?;
        if !manifest.finds_names || query.text.trim().is_empty() {
            return Ok(Found::default());
        }
        let (mut rows, failed) = self.ask_name(span, &manifest, query.text.trim()).await?;
        let asked_for = |found: &str| query.types.iter().any(|one| one.eq_ignore_ascii_case(found));
        rows.retain(|row| {
            let found = &row.contact.id.contact_type;
            // Of a type that the server doesn't list nobody can say which one it is.
            query.types.is_empty() || asked_for(found) || !lists(manifest.as_ref(), found)
        });
        rows.truncate(if query.limit == 0 { usize::MAX } else { query.limit });
        Ok(Found {
            contacts: rows.into_iter().map(|row| row.contact).collect(),
            failed,
        })
    }

    async fn ask_name(&self, span: &Span, manifest: &ServerManifest, name: &str) -> Result<Partial> {
        let ask = Ask::get("find_contact_with_name", "/custom/contact/search").with("name", name);
        let told = self.signed(span, manifest, ask).await?;
        let hostname = self.hostname(manifest);
        let mut rows = self.reader(manifest, hostname.as_deref()).rows(&told.body, None);
        self.learn_types(manifest, &rows).await;
        self.settle(manifest, hostname.as_deref(), &mut rows).await;
        self.tell(span, &told.step, rows.len());
        self.seen.keep(&*self.parts.memory, &rows, None, false).await;
        let failed = warned(&told.body, "find_contact_with_name", manifest, !rows.is_empty());
        Ok((rows, failed))
    }

    async fn learn_types(&self, manifest: &ServerManifest, rows: &[Row]) {
        let memory = &*self.parts.memory;
        self.habits
            .learn_types(memory, &self.setup.connection, &manifest.types, rows)
            .await;
    }

    /// Clio's connector finds a `Person` by number, and by name calls the same one a `contact`, a type that its manifest
    /// doesn't list: then it is the type under which this contact was seen. One that was not seen keeps the server's word, as
    /// its connector may want it back for a log; and so does everybody who is found by number.
    async fn settle(&self, manifest: &ServerManifest, hostname: Option<&str>, rows: &mut Vec<Row>) {
        let memory = &*self.parts.memory;
        if manifest.types.is_empty() || rows.iter().all(|row| lists(manifest, &row.contact.id.contact_type)) {
            return;
        }
        let mut types = Vec::new();
        for one in &manifest.types {
            types.push(self.spelled(manifest, &one.value).await);
        }
        let reader = self.reader(manifest, hostname);
        let (mut settled, mut unlisted) = (Vec::with_capacity(rows.len()), 0);
        for mut row in rows.drain(..) {
            let is_listed = lists(manifest, &row.contact.id.contact_type);
            unlisted += usize::from(!is_listed);
            let asks_disk = unlisted <= MAX_UNLISTED;
            if !is_listed && let Some(known) = type_of(&self.seen, memory, &row.contact, &types, asks_disk).await {
                reader.retyped(&mut row, &known);
            }
            if settled.iter().all(|other: &Row| other.contact.id != row.contact.id) {
                settled.push(row);
            }
        }
        *rows = settled;
    }

    /// A type of the manifest as the server's finds write it.
    pub(super) async fn spelled(&self, manifest: &ServerManifest, contact_type: &str) -> String {
        let (memory, connection) = (&*self.parts.memory, &self.setup.connection);
        let seen = self.habits.spelled(memory, connection, contact_type).await;
        seen.unwrap_or_else(|| vendor::found_as(&manifest.platform, contact_type).to_owned())
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
        let is_it = |row: &Row| row.contact.id == *id;
        if let Some(number) = &way.number {
            let (memory, connection) = (&*self.parts.memory, &self.setup.connection);
            let number = masks::forms_of(number, &self.habits.formats(memory, connection).await);
            let mut questions = self.questions(manifest, &number).await;
            questions.retain(|asked| !asked.is_extension || manifest.knows_extensions);
            let (rows, _) = self
                .ask_in_turn(span, manifest, &questions, |row, _| is_it(row))
                .await?;
            if let Some(row) = rows.into_iter().find(is_it) {
                return Ok(Some(row));
            }
        }
        match way.name.filter(|_| manifest.finds_names) {
            Some(name) => Ok(self.ask_name(span, manifest, &name).await?.0.into_iter().find(is_it)),
            None => Ok(None),
        }
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

/// Whether the number that was asked for is one of the contact's, or the server says so.
fn is_proved(row: &Row, asked: &Asked) -> bool {
    row.contact.numbers.iter().any(|number| proves(number, &asked.number))
}

/// The same, and the contact shows nothing that speaks against it.
fn shows(row: &Row, asked: &Asked) -> bool {
    let numbers = &row.contact.numbers;
    is_proved(row, asked) && (numbers.len() == 1 || !numbers.iter().any(StoredNumber::is_vouched))
}

fn lists(manifest: &ServerManifest, contact_type: &str) -> bool {
    let listed = |one: &ringside_domain::contact::FieldOption| one.value.eq_ignore_ascii_case(contact_type);
    (manifest.types.is_empty() && contact_type == NO_TYPE) || manifest.types.iter().any(listed)
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
