//! From the owner to the windows: every event goes to all pages, and the shell itself shows, hides and notifies by them.

use std::time::Instant;

use ringside_ipc::{
    Api as _, Event,
    call::{CallDto, DirectionDto},
    command::{Nothing, SnapshotDto},
    settings::{PopDto, SettingsDto},
};
use tauri::{AppHandle, Emitter as _, Manager as _};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    Shell,
    cards::{Cards, Turn},
    commands, hotkeys,
    links::Gate,
    notify::Notices,
    stages::Stage,
    tray, windows,
};

/// The Tauri event that carries an [`Event`].
pub const NAME: &str = "ringside";

/// Follows the owner's events until the app ends.
pub async fn follow(app: AppHandle) {
    let shell = app.state::<Shell>();
    let mut events = shell.app.events();
    let mut follower = Follower {
        notices: Notices::new(&app),
        settings: shell.app.settings(Nothing {}).await.ok(),
        cards: Cards::default(),
        gate: Gate::default(),
        app: app.clone(),
    };
    follower.catch_up().await;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
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

struct Follower {
    app: AppHandle,
    notices: Notices,
    settings: Option<SettingsDto>,
    cards: Cards,
    gate: Gate,
}

impl Follower {
    async fn take(&mut self, event: Event) {
        let told = Instant::now();
        match &event {
            Event::Call { call } => {
                let turn = self.cards.call(call, self.pops(call.direction));
                self.begin(call, turn);
                self.send(&event);
                self.app.state::<Shell>().stages.reach(&call.id, Stage::Sent);
                self.follow_up(turn);
                let opened = matches!(turn, Turn::Opened { .. });
                self.notices.call(call, opened, self.settings.as_ref());
            }
            Event::CardClosed { id } => {
                let turn = self.cards.closed(id);
                self.send(&event);
                self.follow_up(turn);
            }
            Event::Status { status } => {
                tray::tell(&self.app, status);
                self.send(&event);
            }
            Event::Phones => self.send(&event),
            Event::Settings => {
                self.settings = self.app.state::<Shell>().app.settings(Nothing {}).await.ok();
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
    async fn catch_up(&mut self) {
        let owner = self.app.state::<Shell>().app.clone();
        let Ok(SnapshotDto { calls, status }) = owner.snapshot(Nothing {}).await else {
            return;
        };
        for id in self.cards.again(&calls) {
            self.send(&Event::CardClosed { id });
        }
        tray::tell(&self.app, &status);
        self.send(&Event::Status { status });
        self.send(&Event::Phones);
        self.notices.again(&calls);
        for call in calls.into_iter().rev() {
            self.take(Event::Call { call: Box::new(call) }).await;
        }
        if !self.cards.is_window_used() {
            windows::on_main(&self.app, windows::card::hide);
        }
    }

    /// Events were missed: the pages may know of calls without a card that are long over, which only they ask for.
    async fn catch_up_late(&mut self) {
        self.catch_up().await;
        self.send(&Event::Behind);
    }

    /// Whether the person wants a card for calls of this direction; the page decides by the same setting.
    fn pops(&self, direction: DirectionDto) -> bool {
        match self.settings.as_ref().map(|settings| settings.pop) {
            None | Some(PopDto::Always) => true,
            Some(PopDto::Incoming) => direction == DirectionDto::In,
            Some(PopDto::Never) => false,
        }
    }

    fn send(&self, event: &Event) {
        // One process draws all windows, one after the other: the card comes first.
        for window in [windows::CARD, windows::SEARCH, windows::MAIN] {
            if let Err(error) = self.app.emit_to(window, NAME, event) {
                tracing::error!(%error, window, "a window can't be told");
            }
        }
    }
}
