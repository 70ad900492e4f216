//! The desktop notification of a call: who rings, for eyes on another screen and for screen readers, which do not read a
//! window that has no focus. A click opens the card. It goes when the call ends; a storm of calls has one for all of them.
//!
//! What is to be on the screen is planned at once, and brought there beside the calls: a notification service that is slow
//! or dead holds up no card.

use std::{collections::BTreeMap, time::Duration};

use ringside_app::host::{Notice, Notifier, notify::OPEN};
use ringside_ipc::{call::CallDto, status::QuietDto};
use tauri::{AppHandle, Manager as _, async_runtime::JoinHandle};
use tokio::{sync::watch, time::Instant};

mod plan;
mod text;

use crate::{Shell, hotkeys::Available, manners, words::Words};
use plan::{Plan, Screen};

/// The place of the one that tells of missed calls: no call has this id.
const MISSED: &str = "00000000-0000-0000-0000-000000000000";

/// What a person may want of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Click {
    /// The card of this call.
    Card(String),
    /// A search for this call.
    Search(String),
    /// The list with the calls that were missed.
    Missed,
}

/// Codes of buttons.
const CARD: &str = "card";
const SEARCH: &str = "search";

/// How often the number of calls in a storm is told anew.
const STORM_PAUSE: Duration = Duration::from_secs(1);

pub struct Notices {
    plan: Plan,
    screen: watch::Sender<Screen>,
    work: JoinHandle<()>,
}

impl Notices {
    pub fn new(app: &AppHandle) -> Self {
        let to_the_front = app.state::<Available>().to_the_front;
        let app = app.clone();
        let clicked = move |call: String, code: &str| {
            let click = match code {
                OPEN if call == MISSED => Click::Missed,
                OPEN | CARD => Click::Card(call),
                SEARCH => Click::Search(call),
                _ => return,
            };
            app.state::<Shell>().wish(crate::Wish::Clicked(click));
        };
        // Where no window can come to the front by itself, the notification is what people have: it says so on buttons.
        let buttons = match to_the_front {
            true => Vec::new(),
            false => {
                let words = Words::of_the_system();
                let button = |code: &str, label: &str| (code.to_owned(), label.to_owned());
                vec![button(CARD, words.show_card), button(SEARCH, words.search)]
            }
        };
        let (screen, wanted) = watch::channel(Screen::default());
        Self {
            plan: Plan::new(Words::of_the_system()),
            screen,
            work: tauri::async_runtime::spawn(work(
                Notifier::new(move |call, code| clicked(call.to_string(), code)),
                buttons,
                wanted,
            )),
        }
    }

    /// A call began, changed or ended. `opened`: its card opened just now; `wanted`: it may have a notification now;
    /// `tells_missed`: the person wants them at all.
    pub fn call(&mut self, call: &CallDto, opened: bool, wanted: bool, tells_missed: bool) {
        self.plan.call(call, opened, wanted, tells_missed);
        self.tell();
    }

    /// How much may be said now.
    pub fn quiet(&mut self, quiet: &QuietDto) {
        let hushed = quiet.paused_until.is_some() || quiet.do_not_disturb;
        self.plan.hush(hushed, manners::is_discreet(quiet));
        self.tell();
    }

    /// So many missed calls nobody has seen.
    pub fn missed(&mut self, missed: u32) {
        if missed == 0 {
            self.plan.list_was_seen();
        }
        self.tell();
    }

    pub fn say_again(&mut self) {
        self.plan.say_again();
        self.tell();
    }

    /// Events were missed: only these calls are known to be there.
    pub fn again(&mut self, calls: &[CallDto]) {
        self.plan.again(calls);
        self.tell();
    }

    /// Takes every notification away: the app ends.
    pub async fn close_all(self) {
        self.screen.send_replace(Screen::default());
        drop(self.screen);
        let _ = self.work.await;
    }

    fn tell(&self) {
        self.screen.send_if_modified(|screen| {
            let next = self.plan.screen();
            let is_new = *screen != next;
            *screen = next;
            is_new
        });
    }
}

/// Brings to the screen what is wanted, until nobody wants anything any more.
async fn work(notifier: Notifier, buttons: Vec<(String, String)>, mut wanted: watch::Receiver<Screen>) {
    let mut desk = Desk {
        notifier,
        buttons,
        said_again: 0,
        shown: BTreeMap::new(),
        storm_told: None,
        complained: false,
    };
    loop {
        let screen = wanted.borrow_and_update().clone();
        let held_back = desk.bring(screen).await;
        tokio::select! {
            changed = wanted.changed() => if changed.is_err() { return },
            () = tokio::time::sleep_until(held_back.unwrap_or_else(Instant::now)), if held_back.is_some() => {}
        }
    }
}

struct Desk {
    notifier: Notifier,
    /// Of each call's notification.
    buttons: Vec<(String, String)>,
    said_again: u64,
    /// What is on the screen, by call: an equal notice is not sent twice.
    shown: BTreeMap<String, Notice>,
    storm_told: Option<Instant>,
    /// Said once in the log, not at each call.
    complained: bool,
}

impl Desk {
    /// Answers when to look again, if something is held back until then.
    async fn bring(&mut self, screen: Screen) -> Option<Instant> {
        let gone: Vec<String> = self.shown.keys().filter(|call| !screen.has(call)).cloned().collect();
        for call in gone {
            self.close(&call).await;
        }
        let (times, call) = &screen.again;
        if std::mem::replace(&mut self.said_again, *times) != *times {
            // A replaced notification is not read out: it has to be new.
            self.close(call).await;
        }
        for (call, mut notice) in screen.own {
            notice.actions.extend(self.buttons.iter().cloned());
            self.show(call, notice).await;
        }
        if let Some(notice) = screen.missed {
            self.show(MISSED.to_owned(), notice).await;
        }
        let (call, notice) = screen.storm?;
        let now = Instant::now();
        let next = self
            .storm_told
            .map(|told| told + STORM_PAUSE)
            .filter(|next| *next > now);
        match next {
            Some(next) if self.shown.contains_key(&call) => (self.shown.get(&call) != Some(&notice)).then_some(next),
            _ => {
                self.storm_told = Some(now);
                self.show(call, notice).await;
                None
            }
        }
    }

    async fn show(&mut self, call: String, notice: Notice) {
        let Ok(id) = call.parse() else { return };
        if self.shown.get(&call) == Some(&notice) {
            return;
        }
        match self.notifier.show(id, notice.clone()).await {
            Ok(()) => {
                self.shown.insert(call, notice);
            }
            Err(error) if !self.complained => {
                self.complained = true;
                tracing::warn!(%error, "calls are not notified");
            }
            Err(_) => {}
        }
    }

    async fn close(&mut self, call: &str) {
        self.shown.remove(call);
        let Ok(id) = call.parse() else { return };
        if let Err(error) = self.notifier.close(id).await {
            tracing::warn!(%error, "a notification can't be closed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn storm(ringing: usize) -> Screen {
        Screen {
            storm: Some((CALL.to_owned(), text::storm(ringing, Words::of("en")))),
            ..Screen::default()
        }
    }

    #[test]
    fn the_number_of_a_storm_is_told_once_a_second_and_the_last_one_is_not_lost() {
        // Later than now, so that a slow machine does not come to the end of the pause.
        let told = Instant::now() + Duration::from_secs(60);
        let (_, four) = storm(4).storm.expect("a storm");
        let mut desk = Desk {
            notifier: Notifier::new(|_, _| {}),
            buttons: Vec::new(),
            said_again: 0,
            shown: BTreeMap::from([(CALL.to_owned(), four.clone())]),
            storm_told: Some(told),
            complained: false,
        };
        let mut bring = |ringing| tauri::async_runtime::block_on(desk.bring(storm(ringing)));
        assert_eq!(bring(5), Some(told + STORM_PAUSE));
        assert_eq!(bring(4), None, "what is on the screen is right again");
        assert_eq!(bring(200), Some(told + STORM_PAUSE));
        assert_eq!(desk.shown.get(CALL), Some(&four));
    }
}
