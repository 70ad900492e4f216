//! Creating a contact, and under which type it is found from then on.

use ringside_domain::{Contact, ContactDraft, Error, Kind, Method, Result};
use serde_json::{Map, Value, json};

use super::{
    AppConnect, answer,
    contacts::{NO_TYPE, Row, wire_type},
    manifest::ServerManifest,
    masks::{self, Asked},
    value::text,
    wire::{Ask, Span},
};

impl AppConnect {
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
        // NetSuite's connector says that it created the contact 0 where its CRM refused a lead.
        if told.nothing || !item.is_object() || item["id"] == 0 || item["id"] == "0" {
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
        let contact_type = manifest.as_listed(wire_type(&draft.contact_type));
        let contact_type = self.spelled(&manifest, contact_type).await;
        for (name, value) in [("name", draft.name.trim()), ("type", &contact_type)] {
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
        let questions = self.questions_about(&manifest, draft.number.as_deref()).await;
        self.seen
            .keep(&*self.parts.memory, std::slice::from_ref(&row), questions.last(), true)
            .await;
        Ok(self.as_it_is_found(span, &manifest, row, &questions).await)
    }

    /// A number about which nobody calls.
    async fn questions_about(&self, manifest: &ServerManifest, number: Option<&str>) -> Vec<Asked> {
        let Some(number) = number else { return Vec::new() };
        let mut questions = self.questions(manifest, &masks::forms_of(number, &[])).await;
        questions.retain(|asked| !asked.is_extension);
        questions
    }

    /// Some connectors create one type and find another ever after, and log only on the one they find: Insightly's a `contact`
    /// and a `Contact`, NetSuite's a `lead` and a `custjob`. So the new contact is looked for once, by number, id and either
    /// the type or the name; if the search doesn't show it yet, or fails, it is taken as it was made.
    async fn as_it_is_found(&self, span: &Span, manifest: &ServerManifest, made: Row, questions: &[Asked]) -> Contact {
        let (id, name) = (&made.contact.id, made.contact.name.to_lowercase());
        let same = |row: &Row| {
            let found = &row.contact.id;
            let typed = found.contact_type.eq_ignore_ascii_case(&id.contact_type) || id.contact_type == NO_TYPE;
            found.id == id.id && (typed || row.contact.name.to_lowercase() == name)
        };
        let span = span.live();
        let rows = match self.ask_in_turn(&span, manifest, questions, |row, _| same(row)).await {
            Ok((rows, _)) => rows,
            Err(_) => Vec::new(),
        };
        let mut found: Vec<Row> = rows.into_iter().filter(|row| same(row)).collect();
        found.sort_by_key(|row| !row.contact.id.contact_type.eq_ignore_ascii_case(&id.contact_type));
        found.into_iter().next().map_or(made.contact, |row| row.contact)
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
            "newContactType": manifest.as_listed(wire_type(&draft.contact_type)),
            "additionalSubmission": submitted,
        }))
    }
}
