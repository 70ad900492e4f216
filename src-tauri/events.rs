//! From the owner to the windows: every event goes to all pages, and the shell itself shows, hides and notifies by them.

use std::time::{Duration, Instant};

use ringside_ipc::{
    Api as _, Event,
    call::CallDto,
    command::{CallArgs, Nothing, SnapshotDto},
    settings::SettingsDto,
    status::{QuietDto, StatusDto},
};
use tauri::{AppHandle, Emitter as _, Manager as _};
use tokio::sync::{broadcast::error::RecvError, mpsc};

use crate::{
    Shell, Wish,
    cards::Turn,
    commands, hotkeys,
    links::Gate,
    manners,
    notify::{Click, Notices},
    rules::{Act, Rules},
    stages::Stage,
    tray,
    windows::{self, MainPage},
};

/// The Tauri event that carries an [`Event`].
pub const NAME: &str = "ringside";
/// How long a card that is kept back can still be brought after its call: as long as one that asks for a note stays.
const KEPT_BACK: Duration = Duration::from_secs(30);

/// Follows the owner's events until the app ends.
pub async fn follow(app: AppHandle, mut wished: mpsc::UnboundedReceiver<Wish>) {
    let shell = app.state::<Shell>();
    let mut events = shell.app.events();
    let mut follower = Follower {
        notices: Notices::new(&app),
        settings: shell.app.settings(Nothing {}).await.ok(),
        rules: Rules::default(),
        quiet: QuietDto::default(),
        gate: Gate::default(),
        app: app.clone(),
    };
    follower.use_settings();
    follower.catch_up(Look::First).await;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            Some(wish) = wished.recv() => {
                follower.grant(wish);
                continue;
            }
            () = shell.ending.notified() => Err(RecvError::Closed),
        };
        match event {
            Ok(Event::Behind) => follower.catch_up_late().await,
            Ok(event) => follower.take(event).await,
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "events were missed; the windows are told everything again");
                follower.catch_up_late().await;
            }
            Err(RecvError::Closed) => return follower.notices.close_all().await,
        }
    }
}

/// Why everything is told again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    First,
    Late,
}

struct Follower {
    app: AppHandle,
    notices: Notices,
    settings: Option<SettingsDto>,
    rules: Rules,
    /// As it was last told: what changes then is brought to the windows.
    quiet: QuietDto,
    gate: Gate,
}

impl Follower {
    async fn take(&mut self, event: Event) {
        let told = Instant::now();
        match &event {
            Event::Call { call } => {
                // As it is at this moment: a pause may have ended since it was told.
                let quiet = self.app.state::<Shell>().app.quiet_now();
                let manners = manners::of(call, self.settings.as_ref(), &quiet);
                let shell = self.app.state::<Shell>();
                let turn = shell.cards().call(call, manners.card);
                self.begin(call, turn);
                self.send_call(call);
                shell.stages.reach(&call.id, Stage::Sent);
                self.follow_up(turn);
                self.notices.quiet(&quiet);
                self.notify(call, matches!(turn, Turn::Opened { .. }), manners.notice);
                self.act(call, &quiet);
            }
            Event::CardClosed { id } => {
                let turn = self.app.state::<Shell>().cards().closed(id);
                self.send(&event);
                self.follow_up(turn);
            }
            Event::Status { status } => self.told(status.clone()),
            Event::Phones | Event::Creation { .. } | Event::Import { .. } | Event::Reveal | Event::Show { .. } => {
                self.send(&event)
            }
            Event::Settings => {
                self.settings = self.app.state::<Shell>().app.settings(Nothing {}).await.ok();
                self.use_settings();
                self.bring_what_may_come();
                if let Some(settings) = &self.settings {
                    hotkeys::apply(&self.app, settings).await;
                }
                self.send(&event);
            }
            // Every event of two hundred ringing calls would only keep the pages from painting: they follow the calls.
            Event::Heard { .. } => {}
            // As the pages ask for a snapshot then, the shell does: see `follow`.
            Event::Behind => self.send(&event),
            // A link, a hotkey or a command line may ask as often as it likes; the window jumps up once a second.
            Event::OpenSearch { text, call, hand_on } => {
                if self.gate.open(told) {
                    commands::open_search(&self.app, text, call.clone(), false, hand_on.clone());
                }
            }
            Event::OpenMain => windows::on_main(&self.app, windows::show_main),
            Event::QuitAsked { .. } => {
                windows::on_main(&self.app, windows::show_main_to_quit);
                self.send(&event);
            }
        }
    }

    /// Has a card shown that opened just now. Before the page gets the call, so that its answer finds the window waiting
    /// for it.
    fn begin(&self, call: &CallDto, turn: Turn) {
        let Turn::Opened { on_window, first } = turn else {
            return;
        };
        let shell = self.app.state::<Shell>();
        // One that had to wait for its card says nothing about our speed.
        if let Some(ago) = shell.app.since_first_event(&call.id).filter(|_| first) {
            shell.stages.begin(&call.id, ago);
            shell.stages.reach(&call.id, Stage::Told);
        }
        if on_window {
            let id = call.id.clone();
            windows::on_main(&self.app, move |app| windows::card::pop(app, &id));
        }
    }

    /// After the page was told.
    fn follow_up(&self, turn: Turn) {
        if turn == Turn::Emptied {
            windows::on_main(&self.app, windows::card::hide);
        }
    }

    /// Tells the windows everything again: at the start, and when events were missed.
    async fn catch_up(&mut self, look: Look) {
        let app = self.app.clone();
        let shell = app.state::<Shell>();
        let owner = shell.app.clone();
        let Ok(SnapshotDto { calls, status }) = owner.snapshot(Nothing {}).await else {
            return;
        };
        let gone = shell.cards().again(&calls);
        for id in gone {
            self.send(&Event::CardClosed { id });
        }
        self.told(status);
        self.send(&Event::Phones);
        self.notices.again(&calls);
        if look == Look::First {
            calls.iter().for_each(|call| self.rules.known(call));
        }
        for call in calls.into_iter().rev() {
            self.take(Event::Call { call: Box::new(call) }).await;
        }
        if !shell.cards().is_window_used() {
            windows::on_main(&self.app, windows::card::hide);
        }
    }

    /// Events were missed: the pages may know of calls without a card that are long over, which only they ask for.
    async fn catch_up_late(&mut self) {
        self.catch_up(Look::Late).await;
        self.send(&Event::Behind);
    }

    fn use_settings(&self) {
        if let Some(settings) = &self.settings {
            let (screen, text_size) = (settings.card_screen, settings.text_size);
            windows::on_main(&self.app, move |app| {
                windows::card::set_screen(app, screen);
                windows::set_text_size(app, text_size);
            });
        }
    }

    /// The state of the house changed.
    fn told(&mut self, mut status: StatusDto) {
        let app = self.app.clone();
        let shell = app.state::<Shell>();
        // As it is now: two pictures of the house may come in the wrong order.
        (status.quiet, status.missed) = (shell.app.quiet_now(), shell.app.missed_now());
        let before = std::mem::replace(&mut self.quiet, status.quiet.clone());
        let now = &self.quiet;
        if before.presenting != now.presenting {
            let presenting = now.presenting;
            windows::on_main(&self.app, move |app| windows::protect(app, presenting));
        }
        if before.locked != now.locked {
            let (locked, call) = (now.locked, shell.cards().one_on_window().map(ToOwned::to_owned));
            windows::on_main(&self.app, move |app| {
                windows::card::set_locked(app, locked);
                if let Some(call) = call.filter(|_| !locked) {
                    windows::card::pop(app, &call);
                }
            });
        }
        tray::tell(&self.app, &status);
        self.notices.quiet(&self.quiet);
        self.notices.missed(status.missed);
        self.send(&Event::Status { status });
        self.bring_what_may_come();
    }

    /// The pause is over, or the desktop may be disturbed again: who still calls has a card and a notification now.
    fn bring_what_may_come(&mut self) {
        let shell = self.app.state::<Shell>();
        let quiet = shell.app.quiet_now();
        let manners = |call: &CallDto| manners::of(call, self.settings.as_ref(), &quiet);
        let brought = shell
            .cards()
            // Not as it was told: its end may have come a moment ago, and is told after this.
            .bring(|call| shell.app.goes_on(&call.id) && manners(call).card == manners::Card::Pops);
        for call in brought {
            self.send_call(&call);
            let notice = manners::of(&call, self.settings.as_ref(), &quiet).notice;
            self.notify(&call, true, notice);
            windows::on_main(&self.app, move |app| windows::card::pop(app, &call.id));
        }
    }

    fn notify(&mut self, call: &CallDto, opened: bool, wanted: bool) {
        let notifies = self.settings.as_ref().is_none_or(|settings| settings.notify);
        self.notices.call(call, opened, wanted, notifies);
    }

    /// What the person's rules open by themselves.
    fn act(&mut self, call: &CallDto, quiet: &QuietDto) {
        let Some(settings) = &self.settings else { return };
        match self.rules.call(call, settings, quiet) {
            Some(Act::OpenRecord(url)) => {
                tauri::async_runtime::spawn(async move {
                    if let Err(error) = commands::open_page(Some(url), "").await {
                        tracing::warn!(code = error.code, "the record can't be opened");
                    }
                });
            }
            Some(Act::Search) => commands::open_search(&self.app, "", Some(call.id.clone()), false, None),
            None => {}
        }
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::SayAgain => self.notices.say_again(),
            Wish::Card => self.bring_card(None),
            Wish::Clicked(Click::Card(call)) => self.bring_card(Some(call)),
            Wish::Clicked(Click::Search(call)) => commands::open_search(&self.app, "", Some(call), false, None),
            Wish::Clicked(Click::Missed) => {
                windows::on_main(&self.app, |app| windows::show_main_at(app, MainPage::Calls));
            }
            Wish::PutAway(call) => self.put_away(call),
        }
    }

    /// Gives the card the keyboard, also one that was kept back. `clicked`: the card of this call, which says no more than the
    /// notification did; else the top one, and who it is, for the hotkey asks for that. Where there is none, does what a person
    /// wants then.
    fn bring_card(&self, clicked: Option<String>) {
        let shell = self.app.state::<Shell>();
        let quiet = shell.app.quiet_now();
        if quiet.locked {
            return;
        }
        let brought = shell
            .cards()
            .bring(|call| clicked.as_ref().is_none_or(|clicked| *clicked == call.id));
        brought.iter().for_each(|call| self.send_call(call));
        let shown = match &clicked {
            Some(clicked) => Some(clicked.clone()).filter(|id| shell.cards().is_on_window(id)),
            None => shell.cards().one_on_window().map(ToOwned::to_owned),
        };
        match (clicked, shown.clone()) {
            (Some(_), Some(call)) => self.send(&Event::Show { call }),
            (None, Some(_)) if quiet.presenting => self.send(&Event::Reveal),
            (None, None) => return commands::open_search(&self.app, "", None, false, None),
            _ => {}
        }
        windows::on_main(&self.app, move |app| match shown {
            Some(call) => windows::card::bring(app, &call),
            None => windows::show_main(app),
        });
    }

    /// The card of a call that is over can't be brought for ever: it would be one of the twelve that there is room for.
    fn put_away(&self, call: String) {
        let shell = self.app.state::<Shell>();
        if !shell.cards().is_kept_back(&call) {
            return;
        }
        let owner = shell.app.clone();
        tauri::async_runtime::spawn(async move {
            if let Err(error) = owner.close_card(CallArgs { call }).await {
                tracing::warn!(code = error.code, "a card that was kept back is not put away");
            }
        });
    }

    /// Tells the windows of a call; the card's page only if its card is not kept back.
    fn send_call(&self, call: &CallDto) {
        let shell = self.app.state::<Shell>();
        let event = Event::Call {
            call: Box::new(call.clone()),
        };
        if !shell.cards().is_kept_back(&call.id) {
            return self.send(&event);
        }
        self.send_to(&[windows::SEARCH, windows::MAIN], &event);
        if call.is_over {
            // One that the page knew of, before it got its card: it waits no more.
            let gone = CallDto {
                card: false,
                ..call.clone()
            };
            let call_is_over = Event::Call { call: Box::new(gone) };
            self.send_to(&[windows::CARD], &call_is_over);
            let (app, id) = (self.app.clone(), call.id.clone());
            tauri::async_runtime::spawn(async move {
                tokio::time::sleep(KEPT_BACK).await;
                app.state::<Shell>().wish(Wish::PutAway(id));
            });
        }
    }

    fn send(&self, event: &Event) {
        // One process draws all windows, one after the other: the card comes first.
        self.send_to(&[windows::CARD, windows::SEARCH, windows::MAIN], event);
    }

    fn send_to(&self, windows: &[&str], event: &Event) {
        for window in windows {
            if let Err(error) = self.app.emit_to(*window, NAME, event) {
                tracing::error!(%error, window, "a window can't be told");
            }
        }
    }
}
