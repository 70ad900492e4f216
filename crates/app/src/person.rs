//! What this computer keeps, and of whom: shown, saved as a file, erased.

mod diagnostics;
pub(crate) mod export;
mod file;
mod kept;

pub(crate) use file::SavedFiles;
use ringside_domain::{
    CallId, CreationId,
    phone::{Reading, read},
};
use ringside_ipc::{
    ApiError, Event,
    call::{CallDto, TraceDto},
    convert,
    person::{ErasedDto, PersonArgs, PersonDto, SavedFileDto, UnreadableArgs, UnreadableDto, UnreadablePageDto},
};
use ringside_store::{Person, Whose};
use serde::Serialize;

use crate::{
    api_input::{page, typed},
    app::App,
};

/// Calls that are shown; a file has all of them.
const SHOWN_CALLS: usize = 200;

/// The file of one person. Its shape is for people and programs to read: see `docs/privacy.md`.
#[derive(Serialize)]
struct PersonFile<'a> {
    made_by: String,
    made: String,
    asked: &'a PersonArgs,
    #[serde(flatten)]
    person: PersonDto,
    /// What lookups did, of the calls of the last 14 days.
    traces: Vec<TracesOfCall>,
}

#[derive(Serialize)]
struct TracesOfCall {
    call: String,
    traces: Vec<TraceDto>,
}

impl App {
    pub(crate) async fn unreadable_numbers(&self, args: UnreadableArgs) -> Result<UnreadablePageDto, ApiError> {
        let limit = page(args.limit);
        let mut found = self.inner.store.unreadable(args.after as usize, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let rows = self.words(|words| {
            let row = |(contact, number): &(ringside_domain::Contact, ringside_domain::StoredNumber)| UnreadableDto {
                contact: words.contact(contact),
                label: number.label.clone(),
                raw: number.raw.clone(),
            };
            found.iter().map(row).collect()
        });
        Ok(UnreadablePageDto { rows, more })
    }

    pub(crate) async fn person_of(&self, args: PersonArgs) -> Result<PersonDto, ApiError> {
        let person = self.inner.store.person(self.whose(&args)?).await?;
        self.person_dto(&person, SHOWN_CALLS).await
    }

    pub(crate) async fn save_person(&self, args: PersonArgs) -> Result<SavedFileDto, ApiError> {
        let found = self.inner.store.person(self.whose(&args)?).await?;
        let kept = found.contacts.len() + found.calls.len() + found.creations.len() + found.remembered;
        if kept == 0 {
            return Err(ApiError::new(
                "not_found",
                "nothing is kept of this person on this computer",
            ));
        }
        let person = self.person_dto(&found, usize::MAX).await?;
        let mut traces = Vec::new();
        for call in &found.calls {
            let of_call = self.inner.engine.traces(*call).await?;
            if !of_call.is_empty() {
                traces.push(TracesOfCall {
                    call: call.to_string(),
                    traces: self.words(|words| of_call.iter().map(|trace| words.trace(trace)).collect()),
                });
            }
        }
        let count = person.contacts.len() + person.calls.len() + person.creations.len();
        let (now, zone) = self.local_now();
        let file = PersonFile {
            made_by: format!("Ringside {}", env!("CARGO_PKG_VERSION")),
            made: crate::time::local(now, &zone),
            asked: &args,
            person,
            traces,
        };
        let text = serde_json::to_vec_pretty(&file).map_err(|error| ApiError::new("internal", error.to_string()))?;
        self.save_file("ringside-person", "json", text, count).await
    }

    pub(crate) async fn erase(&self, args: PersonArgs) -> Result<ErasedDto, ApiError> {
        let whose = self.whose(&args)?;
        let before = self.inner.store.person(whose.clone()).await?;
        let creations = |person: &Person| -> Vec<CreationId> {
            let all = person.creations.iter();
            all.map(|creation| creation.id).collect()
        };
        let held = self.inner.engine.let_go(&before.calls, &creations(&before)).await?;
        let erased = self.inner.store.erase_person(whose).await?;
        held.forget(&erased.calls, &creations(&erased));
        drop(held);
        self.inner.missed.forget(&erased.calls);
        // A file that was read and shown may be full of such people.
        self.forget_previews();
        self.inner.connections.forget_people();
        self.place_connections();
        // Every window shows something of it: they ask anew for all they show.
        self.tell(Event::Behind);
        self.tell_status().await;
        Ok(ErasedDto {
            contacts: short(erased.contacts.len()),
            calls: short(erased.calls.len()),
            creations: short(erased.creations.len()),
            remembered: short(erased.remembered),
        })
    }

    fn whose(&self, args: &PersonArgs) -> Result<Whose, ApiError> {
        // What lies in a file that nobody can open now would be left out, and be back afterwards.
        if let Some(locked) = self.locked().filter(|_| self.inner.vault.has_file().unwrap_or(true)) {
            return Err(locked);
        }
        let home = self.inner.engine.config().home;
        let number = match args.number.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => Some(read(typed("number", text)?, &home)),
            None => None,
        };
        if matches!(number, Some(Reading::Withheld)) {
            return Err(ApiError::invalid("number", "nobody can be told by a withheld number"));
        }
        let contact = args.contact.clone().map(convert::reference);
        if number.is_none() && contact.is_none() {
            return Err(ApiError::invalid(
                "number",
                "a contact or a number is needed to say who is meant",
            ));
        }
        let connections = self.inner.engine.connections();
        let types = connections.iter().map(|connection| {
            let info = connection.connector.info();
            (info.connection, info.types.into_iter().map(|one| one.id).collect())
        });
        Ok(Whose {
            contact,
            number,
            home,
            types: types.collect(),
        })
    }

    async fn person_dto(&self, person: &Person, most: usize) -> Result<PersonDto, ApiError> {
        let shown: &[CallId] = &person.calls[..person.calls.len().min(most)];
        let views = self.inner.engine.calls_named(shown).await?;
        let calls: Vec<CallDto> = views.iter().map(|view| self.shown(view)).collect();
        Ok(PersonDto {
            contacts: self.words(|words| person.contacts.iter().map(|contact| words.contact(contact)).collect()),
            calls,
            call_count: short(person.calls.len()),
            creations: self.words(|words| {
                let all = person.creations.iter();
                all.map(|creation| words.creation(creation)).collect()
            }),
            remembered: short(person.remembered),
            owed: short(person.owed),
        })
    }

    /// Unix milliseconds, and the zone of this computer.
    fn local_now(&self) -> (i64, String) {
        let clock = &self.inner.ports.clock;
        (clock.now().wall.0, clock.zone())
    }
}

fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
