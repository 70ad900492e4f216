//! When no card pops, or shows less: pauses, presenting, a desktop that is not to be disturbed, a locked session.
//!
//! Here is only what is so; what follows for a call is the shell's to decide. Calls are looked up and logged all the same. A
//! pause is kept over a restart, in a file of its own: who paused until tomorrow and updates Ringside meanwhile is not disturbed.
//! Presenting is not: a switch forgotten for days would hide every caller.

use std::{sync::Mutex, time::Duration};

use ringside_domain::Timestamp;
use ringside_host::{Folders, state};
use ringside_ipc::{
    ApiError, Event,
    status::{QuietDto, StatusDto},
};

use crate::app::{App, lock, log_failure};

const PAUSE: &str = "pause";
/// Longer than this is no pause.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often a pause is looked at: timers stand still while the machine sleeps, and pauses do not.
const LOOK: Duration = Duration::from_secs(20);

/// What is known of the wish for quiet.
pub(crate) struct Quiet {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    paused_until: Option<Timestamp>,
    /// Counts the pauses: the watch over an older one ends.
    pause: u64,
    presenting: bool,
    desk: Desk,
}

/// What the desktop says, by whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    pub locked: bool,
    /// The notification service shows nothing.
    pub silent: bool,
    /// The desktop's settings switch banners off.
    pub banners_off: bool,
    /// The window that the person works in fills the screen.
    pub full_screen: bool,
}

impl Quiet {
    /// With the pause that was still on when Ringside ended.
    pub fn kept(folders: &Folders) -> Self {
        let state = State {
            paused_until: state::read::<i64>(folders, PAUSE).map(Timestamp),
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
        }
    }
}

impl App {
    /// How it is at this moment.
    #[must_use]
    pub fn quiet_now(&self) -> QuietDto {
        let now = self.inner.ports.clock.now().wall;
        let respects = self.settings_now().respect_do_not_disturb;
        let state = lock(&self.inner.quiet.state);
        let desk = state.desk;
        QuietDto {
            paused_until: lasting(state.paused_until, now).map(|until| until.0),
            presenting: state.presenting,
            do_not_disturb: respects && (desk.silent || desk.banners_off || desk.full_screen),
            locked: desk.locked,
        }
    }

    /// The desktop says something new. What it says is told in the order in which it says it.
    pub fn desk_says(&self, change: impl FnOnce(&mut Desk)) {
        let changed = {
            let mut state = lock(&self.inner.quiet.state);
            let before = state.desk;
            change(&mut state.desk);
            state.desk != before
        };
        if changed {
            self.tell_quiet();
        }
    }

    pub(crate) async fn pause_until(&self, until: Option<i64>) -> Result<StatusDto, ApiError> {
        let now = self.inner.ports.clock.now().wall;
        let until = until.map(Timestamp);
        if until.is_some_and(|until| until > now.plus(LONGEST)) {
            return Err(ApiError::invalid("until", "a pause lasts seven days at most"));
        }
        let until = lasting(until, now);
        let kept = match until {
            Some(until) => state::write(&self.inner.folders, PAUSE, &until.0),
            None => state::forget(&self.inner.folders, PAUSE),
        };
        if let Err(error) = kept {
            log_failure("a pause is not kept over a restart", &error);
        }
        {
            let mut state = lock(&self.inner.quiet.state);
            state.paused_until = until;
            state.pause += 1;
        }
        self.watch_pause();
        Ok(self.tell_quiet())
    }

    pub(crate) async fn set_presenting(&self, on: bool) -> Result<StatusDto, ApiError> {
        lock(&self.inner.quiet.state).presenting = on;
        Ok(self.tell_quiet())
    }

    /// Tells everybody how quiet it is to be. Who presents does not wait for a database: the counts are the last ones.
    fn tell_quiet(&self) -> StatusDto {
        let status = self.status_at_once();
        self.tell(Event::Status { status: status.clone() });
        status
    }

    /// Tells everybody when the pause is over.
    pub(crate) fn watch_pause(&self) {
        let (until, pause) = {
            let state = lock(&self.inner.quiet.state);
            (state.paused_until, state.pause)
        };
        let Some(until) = until else { return };
        let app = self.clone();
        let stop = self.stop_signal();
        tokio::spawn(async move {
            loop {
                let left = until.since(app.inner.ports.clock.now().wall);
                if left.is_zero() {
                    break;
                }
                tokio::select! {
                    () = tokio::time::sleep(left.min(LOOK)) => {}
                    () = stop.clone() => return,
                }
                if lock(&app.inner.quiet.state).pause != pause {
                    return;
                }
            }
            if let Err(error) = app.pause_until(None).await {
                tracing::warn!(code = error.code, "the end of a pause was not told");
            }
        });
    }
}

/// A pause that is over is none.
fn lasting(until: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    until.filter(|until| *until > now)
}
