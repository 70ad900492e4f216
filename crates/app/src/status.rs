//! The state of the house, in one picture.

use ringside_domain::ContactIndex as _;
use ringside_ipc::{
    ApiError,
    status::{NoticeDto, StatusDto, StoreStateDto},
};

use crate::app::App;

impl App {
    /// What works and what does not, now.
    pub async fn status_now(&self) -> StatusDto {
        let index = self.inner.store.counts().await.unwrap_or_default();
        let counts = self.inner.engine.counts().await.unwrap_or_default();
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
            missed: short(self.missed()),
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
