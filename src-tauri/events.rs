//! From the owner to the windows: every event goes to all pages, and the shell itself shows, hides and notifies by them.

use std::{collections::HashSet, time::Instant};

use ringside_ipc::{
    Api as _, Event,
    call::{CallDto, DirectionDto},
    command::{Nothing, SnapshotDto},
    settings::{PopDto, SettingsDto},
};
use tauri::{AppHandle, Emitter as _, Manager as _};
use tokio::sync::broadcast::error::RecvError;

use crate::{Shell, commands, hotkeys, links::Gate, notify::Notices, stages::Stage, tray, windows};

/// The Tauri event that carries an [`Event`].
pub const NAME: &str = "ringside";

/// Follows the owner's events until the app ends.
pub async fn follow(app: AppHandle) {
    let shell = app.state::<Shell>();
    let mut events = shell.app.events();
    let mut follower = Follower {
        notices: Notices::new(&app),
        settings: shell.app.settings(Nothing {}).await.ok(),
        live: HashSet::new(),
        cards: Vec::new(),
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
            Ok(event) => follower.take(event).await,
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "events were missed; the windows are told everything again");
                follower.catch_up().await;
            }
            Err(RecvError::Closed) => return follower.notices.close_all().await,
        }
    }
}

struct Follower {
    app: AppHandle,
    notices: Notices,
    settings: Option<SettingsDto>,
    /// Calls that go on.
    live: HashSet<String>,
    /// Calls whose card is open.
    cards: Vec<String>,
    gate: Gate,
}

impl Follower {
    async fn take(&mut self, event: Event) {
        let told = Instant::now();
        match &event {
            Event::Call { call } => {
                let began = !call.is_over && self.live.insert(call.id.clone());
                if began {
                    self.begin(call).await;
                }
                self.send(&event);
                self.app.state::<Shell>().stages.reach(&call.id, Stage::Sent);
                self.notices.call(call, began, self.settings.as_ref()).await;
                if call.is_over {
                    self.live.remove(&call.id);
                }
            }
            Event::CardClosed { id } => {
                self.send(&event);
                self.cards.retain(|card| card != id);
                if self.cards.is_empty() {
                    windows::on_main(&self.app, windows::card::hide);
                }
            }
            Event::Status { status } => {
                tray::tell(&self.app, status);
                self.send(&event);
            }
            Event::Settings => {
                self.settings = self.app.state::<Shell>().app.settings(Nothing {}).await.ok();
                if let Some(settings) = &self.settings {
                    hotkeys::apply(&self.app, settings).await;
                }
                self.send(&event);
            }
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

    /// Has the card shown, if the owner opened one for this call. Before the page gets the call, so that its answer finds
    /// the window waiting for it.
    async fn begin(&mut self, call: &CallDto) {
        let shell = self.app.state::<Shell>();
        if let Some(ago) = shell.app.since_first_event(&call.id) {
            shell.stages.begin(&call.id, ago);
            shell.stages.reach(&call.id, Stage::Told);
        }
        let Ok(snapshot) = shell.app.snapshot(Nothing {}).await else {
            return;
        };
        if self.pops(call.direction) && snapshot.calls.iter().any(|open| open.id == call.id) {
            self.cards.push(call.id.clone());
            let id = call.id.clone();
            windows::on_main(&self.app, move |app| windows::card::pop(app, &id));
        }
    }

    /// Tells the windows everything again: at the start, and when events were missed.
    async fn catch_up(&mut self) {
        let owner = self.app.state::<Shell>().app.clone();
        let Ok(SnapshotDto { calls, status }) = owner.snapshot(Nothing {}).await else {
            return;
        };
        let open: Vec<String> = calls
            .iter()
            .filter(|call| self.pops(call.direction))
            .map(|call| call.id.clone())
            .collect();
        for id in std::mem::take(&mut self.cards) {
            if !open.contains(&id) {
                self.send(&Event::CardClosed { id });
            }
        }
        tray::tell(&self.app, &status);
        self.send(&Event::Status { status });
        self.live = calls
            .iter()
            .filter(|call| !call.is_over)
            .map(|call| call.id.clone())
            .collect();
        for call in calls.into_iter().rev() {
            let id = call.id.clone();
            self.send(&Event::Call { call: Box::new(call) });
            if open.contains(&id) {
                windows::on_main(&self.app, move |app| windows::card::pop(app, &id));
            }
        }
        self.cards = open;
        if self.cards.is_empty() {
            windows::on_main(&self.app, windows::card::hide);
        }
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
