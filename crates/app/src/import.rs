//! Contacts from a file into the address book: read, shown, agreed to, taken in, and taken back.
//!
//! A file that was read is kept in memory only, for an hour, and wiped then. What is taken in is a batch in the store, so it
//! can be taken back after a restart too.

mod cards;
mod columns;
mod people;
mod preview;
mod run;
mod table;
#[cfg(test)]
mod tests;
mod text;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use base64::Engine as _;
use ringside_domain::id::uuid_v7;
use ringside_ipc::{
    ApiError,
    import::{
        ImportColumnsArgs, ImportDto, ImportField, ImportFileArgs, ImportFormat, ImportPreviewDto, ImportStateDto,
        StartImportArgs,
    },
};
use tokio::{sync::watch, time::Instant};
use zeroize::Zeroizing;

use self::{people::FilePerson, preview::Shown, table::Table};
use crate::app::{App, lock};

/// The largest file, in bytes.
const LARGEST: usize = 20 * 1024 * 1024;
/// How long a file that was read waits for a decision.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);
/// So many files wait at once; a further one takes the place of the oldest.
const KEPT: usize = 3;
/// A file's name is for a person to recognize it.
const LONGEST_NAME: usize = 200;

/// Files that wait for a decision, and those that are being taken in.
#[derive(Default)]
pub(crate) struct Imports {
    waiting: Mutex<Vec<Waiting>>,
    running: Mutex<HashMap<String, Running>>,
}

/// A file that was read and shown.
#[derive(Clone)]
struct Waiting {
    id: String,
    read: Instant,
    source: Arc<Source>,
    people: Arc<Vec<FilePerson>>,
    /// For each of them, whether the address book has them.
    known: Arc<Vec<bool>>,
}

/// The file itself.
struct Source {
    name: String,
    encoding: &'static str,
    text: Zeroizing<String>,
    /// `None`: cards.
    table: Option<Table>,
}

struct Running {
    cancelled: Arc<AtomicBool>,
    state: watch::Receiver<ImportDto>,
}

impl App {
    pub(crate) async fn read_import(&self, args: ImportFileArgs) -> Result<ImportPreviewDto, ApiError> {
        let ImportFileArgs { name, data } = args;
        if data.len() / 4 * 3 > LARGEST + 3 {
            return Err(too_large());
        }
        let data = Zeroizing::new(data);
        let source = blocking(move || {
            let bytes = base64::engine::general_purpose::STANDARD.decode(data.as_bytes());
            let bytes = Zeroizing::new(bytes.map_err(|_| ApiError::invalid("data", "the file did not come whole"))?);
            if bytes.len() > LARGEST {
                return Err(too_large());
            }
            let (text, encoding) = text::decode(&bytes)?;
            let table = if cards::is_cards(&text) {
                None
            } else {
                Some(Table::of(&text)?)
            };
            Ok(Source {
                name: name
                    .chars()
                    .filter(|sign| !sign.is_control())
                    .take(LONGEST_NAME)
                    .collect(),
                encoding,
                text,
                table,
            })
        })
        .await?;
        let id = uuid_v7(&*self.inner.ports.clock, &*self.inner.ports.random).to_string();
        let fields = source
            .table
            .as_ref()
            .map(|table| table.fields.clone())
            .unwrap_or_default();
        self.show_import(id, Arc::new(source), fields).await
    }

    pub(crate) async fn map_columns(&self, args: ImportColumnsArgs) -> Result<ImportPreviewDto, ApiError> {
        let waiting = self.waiting_import(&args.import)?;
        let columns = waiting.source.table.as_ref().map_or(0, |table| table.headers.len());
        if args.fields.len() != columns {
            let words = format!("the file has {columns} columns, and {} were given", args.fields.len());
            return Err(ApiError::invalid("fields", words));
        }
        self.show_import(waiting.id, waiting.source, args.fields).await
    }

    pub(crate) async fn begin_import(&self, args: StartImportArgs) -> Result<ImportDto, ApiError> {
        if let Some(locked) = self.locked() {
            return Err(locked);
        }
        let waiting = self.waiting_import(&args.import)?;
        let people: Vec<FilePerson> = waiting
            .people
            .iter()
            .zip(waiting.known.iter())
            .filter(|(_, known)| args.known_too || !**known)
            .map(|(person, _)| person.clone())
            .collect();
        let store = &self.inner.store;
        store
            .begin_batch(waiting.id.clone(), waiting.source.name.clone(), people.len())
            .await?;
        self.forget_waiting(&waiting.id);
        let first = ImportDto {
            import: waiting.id.clone(),
            name: waiting.source.name.clone(),
            done: 0,
            total: short(people.len()),
            state: ImportStateDto::Running,
        };
        let cancelled = Arc::new(AtomicBool::new(false));
        let (told, state) = watch::channel(first.clone());
        lock(&self.inner.imports.running).insert(
            waiting.id.clone(),
            Running {
                cancelled: cancelled.clone(),
                state,
            },
        );
        let app = self.clone();
        tokio::spawn(async move { app.take_in(people, told, &cancelled).await });
        Ok(first)
    }

    pub(crate) async fn undo_import(&self, import: &str) -> Result<ImportDto, ApiError> {
        if lock(&self.inner.imports.waiting)
            .iter()
            .any(|waiting| waiting.id == import)
        {
            return Err(ApiError::invalid("import", "this file was not taken in yet"));
        }
        self.take_back_import_of(import).await
    }

    /// Reads the file with these meanings of its columns, and keeps what comes of it.
    async fn show_import(
        &self,
        id: String,
        source: Arc<Source>,
        fields: Vec<ImportField>,
    ) -> Result<ImportPreviewDto, ApiError> {
        let home = self.inner.engine.config().home;
        let (of, meant) = (source.clone(), fields.clone());
        let shown = blocking(move || preview::read_people(&of, meant, &home)).await?;
        let known = self.known_people(&shown).await?;
        let table = source.table.as_ref().map(|table| table.meaning(fields));
        let preview = ImportPreviewDto {
            import: id.clone(),
            format: if table.is_some() {
                ImportFormat::Csv
            } else {
                ImportFormat::Vcard
            },
            encoding: source.encoding.to_owned(),
            columns: table.map(|table| table.columns()).unwrap_or_default(),
            rows: shown.rows(&known),
            total: short(shown.people.len()),
            known: short(known.iter().filter(|known| **known).count()),
            unreadable: short(shown.unreadable),
            fault_count: short(shown.faults.count),
            faults: shown.faults.first,
        };
        self.keep_waiting(Waiting {
            id,
            read: Instant::now(),
            source,
            people: Arc::new(shown.people),
            known: Arc::new(known),
        });
        Ok(preview)
    }

    fn keep_waiting(&self, new: Waiting) {
        let id = new.id.clone();
        {
            let mut waiting = lock(&self.inner.imports.waiting);
            waiting.retain(|old| old.id != new.id && old.read.elapsed() < KEPT_FOR);
            if waiting.len() >= KEPT {
                waiting.remove(0);
            }
            waiting.push(new);
        }
        let (app, stop) = (self.clone(), self.stop_signal());
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(KEPT_FOR) => {}
                () = stop => {}
            }
            lock(&app.inner.imports.waiting).retain(|old| old.id != id || old.read.elapsed() < KEPT_FOR);
        });
    }

    fn waiting_import(&self, id: &str) -> Result<Waiting, ApiError> {
        let waiting = lock(&self.inner.imports.waiting);
        let found = waiting
            .iter()
            .find(|waiting| waiting.id == id && waiting.read.elapsed() < KEPT_FOR);
        found.cloned().ok_or_else(|| {
            ApiError::new(
                "not_found",
                "this file was forgotten: an hour went by, or somebody was erased",
            )
            .hint("Choose it again")
        })
    }

    /// Somebody was erased who may be in one of the files.
    pub(crate) fn forget_previews(&self) {
        lock(&self.inner.imports.waiting).clear();
    }

    fn forget_waiting(&self, id: &str) {
        lock(&self.inner.imports.waiting).retain(|waiting| waiting.id != id);
    }

    /// A few hundred at a time, so that a call that comes in meanwhile is looked up at once.
    async fn known_people(&self, shown: &Shown) -> Result<Vec<bool>, ApiError> {
        let store = &self.inner.store;
        let home = self.inner.engine.config().home;
        let emails = store.known_emails().await?;
        let mut known = Vec::with_capacity(shown.people.len());
        for chunk in shown.candidates.chunks(200) {
            let by_number = store.known_by_number(chunk.to_vec(), home.clone()).await?;
            known.extend(chunk.iter().zip(by_number).map(|(candidate, by_number)| {
                let name = ringside_store::Store::same_text(&candidate.name);
                let mut all = candidate
                    .emails
                    .iter()
                    .map(|email| ringside_store::Store::same_text(email));
                by_number || all.any(|email| emails.contains(&(name.clone(), email)))
            }));
        }
        Ok(known)
    }
}

/// Reading a large file takes a second, in which calls go on to be shown.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(ApiError::new("internal", "the file could not be read")))
}

fn too_large() -> ApiError {
    ApiError::invalid("data", "the file is larger than 20 MB")
        .hint("Divide it into several files, or leave pictures out")
}

fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
