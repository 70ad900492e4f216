//! The person's lists of numbers: their own, those that are never logged, and those of callers who are never missed.
//!
//! Numbers of people never lie in a plain file: each list is an entry of the keyring, as a JSON list of E.164.

use std::sync::{PoisonError, atomic::Ordering};

use ringside_domain::{
    Result,
    credentials::Secret,
    phone::{Home, read},
};
use ringside_ipc::{ApiError, Event, settings::SettingsDto};

use crate::app::App;

/// Numbers on one list.
const MOST: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Own,
    NeverLog,
    Vip,
}

/// All lists, in E.164.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    pub own: Vec<String>,
    pub never_log: Vec<String>,
    pub vip: Vec<String>,
}

impl List {
    pub const ALL: [Self; 3] = [Self::Own, Self::NeverLog, Self::Vip];

    /// The field of the settings.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Own => "own_numbers",
            Self::NeverLog => "never_log",
            Self::Vip => "vip",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The entry of the keyring.
    const fn entry(self) -> &'static str {
        match self {
            Self::Own => "own-numbers",
            Self::NeverLog => "never-log",
            Self::Vip => "vip",
        }
    }

    /// What one number of it is called, for a person.
    const fn words(self) -> &'static str {
        match self {
            Self::Own => "own number",
            Self::NeverLog => "number never to log",
            Self::Vip => "VIP number",
        }
    }

    /// As typed, read: only whole numbers can be told from other people's, so an extension, or the beginning of a number,
    /// can be on no list.
    fn read(self, typed: &[String], home: &Home) -> Result<Vec<String>, ApiError> {
        let typed = typed.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let mut numbers: Vec<String> = Vec::new();
        for (at, text) in typed.enumerate() {
            if at == MOST {
                let words = format!("there are more than {MOST} {}s", self.words());
                return Err(ApiError::invalid(self.field(), words));
            }
            let reading = read(text, home);
            let Some(number) = reading.number() else {
                let words = format!("{} {} is not a whole phone number", self.words(), at + 1);
                return Err(ApiError::invalid(self.field(), words).hint("Write it with its country code, +49 …"));
            };
            if !numbers.iter().any(|known| known == number.e164()) {
                numbers.push(number.e164().to_owned());
            }
        }
        Ok(numbers)
    }
}

impl Lists {
    pub fn of(&self, list: List) -> &[String] {
        match list {
            List::Own => &self.own,
            List::NeverLog => &self.never_log,
            List::Vip => &self.vip,
        }
    }

    fn of_mut(&mut self, list: List) -> &mut Vec<String> {
        match list {
            List::Own => &mut self.own,
            List::NeverLog => &mut self.never_log,
            List::Vip => &mut self.vip,
        }
    }

    /// What a person wants on them.
    ///
    /// # Errors
    /// The first text that is no whole number, with its field.
    pub fn wanted(settings: &SettingsDto, home: &Home) -> Result<Self, ApiError> {
        Ok(Self {
            own: List::Own.read(&settings.own_numbers, home)?,
            never_log: List::NeverLog.read(&settings.never_log, home)?,
            vip: List::Vip.read(&settings.vip, home)?,
        })
    }
}

impl App {
    pub(crate) fn lists_now(&self) -> Lists {
        self.inner.lists.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The lists out of the keyring. While it is locked every call is shown, better one card too many, and none is logged by
    /// itself: nobody knows which ones must not be. A list that does not answer stays as it is.
    pub(crate) async fn read_lists(&self) {
        let mut damaged = None;
        for list in List::ALL {
            let numbers = match self.inner.ports.credentials.get(list.entry()).await {
                Ok(Some(secret)) => serde_json::from_slice(secret.expose()).ok(),
                Ok(None) => Some(Vec::new()),
                Err(_) => break,
            };
            match numbers {
                Some(numbers) => self.use_list(list, numbers),
                None => damaged = Some(list),
            }
        }
        let notice = damaged.map(|list| {
            let words = format!("The list with every {} can't be read in the secret store", list.words());
            ApiError::new("lists_damaged", words)
                .hint("Type its numbers again on the Numbers page; until then no call is logged by itself")
        });
        self.notice("lists_damaged", notice);
        self.configure_engine(&self.settings_now());
        self.tell(Event::Settings);
    }

    /// Whether every list has been read: only then is it known which calls must not be logged.
    pub(crate) fn lists_are_known(&self) -> bool {
        let known = self.inner.known_lists.load(Ordering::SeqCst);
        List::ALL.iter().all(|list| known & list.bit() != 0)
    }

    pub(crate) async fn keep_list(&self, list: List, numbers: &[String]) -> Result<()> {
        let credentials = &self.inner.ports.credentials;
        if numbers.is_empty() {
            credentials.remove(list.entry()).await?;
        } else {
            let text = serde_json::to_vec(numbers).unwrap_or_default();
            credentials.set(list.entry(), Secret::new(text)).await?;
        }
        self.use_list(list, numbers.to_vec());
        Ok(())
    }

    fn use_list(&self, list: List, numbers: Vec<String>) {
        let mut lists = self.inner.lists.write().unwrap_or_else(PoisonError::into_inner);
        *lists.of_mut(list) = numbers;
        self.inner.known_lists.fetch_or(list.bit(), Ordering::SeqCst);
    }
}
