//! The state of the house, in one picture.

use ringside_domain::{ContactIndex as _, index::IndexCounts};
use ringside_engine::view::Counts;
use ringside_ipc::{
    ApiError,
    status::{NoticeDto, StatusDto, StoreStateDto},
};

use crate::app::{App, lock};

/// What only the database knows of the house, as it was last counted.
#[derive(Clone, Default)]
pub(crate) struct Counted {
    index: IndexCounts,
    owed: Counts,
}

impl App {
    /// What works and what does not, now.
    pub async fn status_now(&self) -> StatusDto {
        let counted = Counted {
            index: self.inner.store.counts().await.unwrap_or_default(),
            owed: self.inner.engine.counts().await.unwrap_or_default(),
        };
        *lock(&self.inner.counted) = counted.clone();
        self.status_of(counted)
    }

    /// Tells everybody when something else is to be counted, until the app ends. However much changed meanwhile is one picture.
    pub(crate) async fn count(self) {
        let stop = self.stop_signal();
        loop {
            tokio::select! {
                () = self.inner.uncounted.notified() => self.tell_status().await,
                () = stop.clone() => return,
            }
        }
    }

    /// The same with what was counted last: it waits for no database.
    pub(crate) fn status_at_once(&self) -> StatusDto {
        let counted = lock(&self.inner.counted).clone();
        self.status_of(counted)
    }

    fn status_of(&self, Counted { index, owed: counts }: Counted) -> StatusDto {
        let mut notices = self.notices();
        if let Some(words) = counts.journal_error {
            notices.push(NoticeDto {
                code: "journal".to_owned(),
                message: words,
                hint: Some("Calls and notes are kept in memory until it can be written again".to_owned()),
            });
        }
        let notice = match self.inner.phones.troubled() {
            0 => None,
            1 => Some("A phone does not tell of calls now".to_owned()),
            more => Some(format!("{more} phones do not tell of calls now")),
        };
        notices.extend(notice.map(|message| NoticeDto {
            code: "phone_trouble".to_owned(),
            message,
            hint: Some("The list of phones says why, and what to do".to_owned()),
        }));
        notices.extend(self.inner.intake.lan_trouble().map(|trouble| NoticeDto {
            code: "intake_lan".to_owned(),
            message: trouble.message,
            hint: trouble.hint,
        }));
        StatusDto {
            store: self.store_state(),
            contacts: whole(index.contacts),
            numbers: whole(index.numbers),
            unreadable: whole(index.unreadable),
            waiting: short(counts.waiting),
            refused: short(counts.refused),
            unsure: short(counts.unsure),
            missed: self.missed_now(),
            creating: short(counts.creating),
            quiet: self.quiet_now(),
            intake: self.inner.intake.state(),
            notices,
        }
    }

    fn store_state(&self) -> StoreStateDto {
        if !self.inner.store.is_memory() {
            return StoreStateDto::Open;
        }
        let why = self
            .locked()
            .unwrap_or_else(|| ApiError::new("keyring_locked", "the file is not open"));
        StoreStateDto::InMemory {
            code: why.code,
            message: why.message,
            hint: why.hint,
            unsaved: short(self.inner.store.unsaved()),
            has_file: self.inner.vault.has_file().unwrap_or(true),
        }
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
