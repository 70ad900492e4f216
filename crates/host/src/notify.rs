//! Desktop notifications: one for a call, replaced as the call goes on, closed when it is over.
//!
//! There may be no notification service at all, or one that never answers; neither may hold a call up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringside_domain::{CallId, Error, Kind, Result};
use tokio::task::JoinHandle;

use crate::markup::escaped;

const OPERATION: &str = "notify";
const DEADLINE: Duration = Duration::from_secs(2);
const LONGEST_TITLE: usize = 120;
const LONGEST_BODY: usize = 400;

/// What a notification shows. Plain text; it may hold whatever a caller sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    pub title: String,
    pub body: String,
    /// Buttons, each with its code for the program and its label for the person. A click on the notification itself has
    /// the code [`OPEN`].
    pub actions: Vec<(String, String)>,
}

/// The code of a click on the notification itself.
pub const OPEN: &str = "default";

/// Shows notifications by call. Must be used inside a tokio runtime.
pub struct Notifier {
    shown: Mutex<HashMap<CallId, Shown>>,
    /// Whether the service reads markup; asked once, kept once known.
    markup: Mutex<Option<bool>>,
    clicked: Clicked,
    deadline: Duration,
}

type Clicked = Arc<dyn Fn(CallId, &str) + Send + Sync>;

struct Shown {
    id: u32,
    handle: Arc<notify_rust::NotificationHandle>,
    waiting: JoinHandle<()>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.waiting.abort();
    }
}

impl Notifier {
    /// `clicked` gets the call and the code of the action; it runs on the runtime and must not block.
    pub fn new(clicked: impl Fn(CallId, &str) + Send + Sync + 'static) -> Self {
        Self {
            shown: Mutex::default(),
            markup: Mutex::default(),
            clicked: Arc::new(clicked),
            deadline: DEADLINE,
        }
    }

    /// Shows the notification of this call, in the place of the one it had.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] when there is no notification service, [`Kind::Timeout`] when it does not answer within two
    /// seconds. Both are for the log and the settings page: the card shows the call all the same.
    pub async fn show(&self, call: CallId, notice: Notice) -> Result<()> {
        let within = tokio::time::timeout(self.deadline, self.show_unhurried(call, notice));
        within.await.map_err(|_| silent(self.deadline))?
    }

    /// Takes the notification of this call away; does nothing when it has none.
    pub async fn close(&self, call: CallId) -> Result<()> {
        let Some(shown) = locked(&self.shown).remove(&call) else {
            return Ok(());
        };
        let handle = shown.handle.clone();
        drop(shown);
        tokio::time::timeout(self.deadline, handle.close_async())
            .await
            .map_err(|_| silent(self.deadline))
    }

    async fn show_unhurried(&self, call: CallId, notice: Notice) -> Result<()> {
        let markup = self.reads_markup().await?;
        let mut notification = notify_rust::Notification::new();
        let body = cleaned(&notice.body, LONGEST_BODY);
        notification
            .appname("Ringside")
            .summary(&cleaned(&notice.title, LONGEST_TITLE))
            .body(&if markup { escaped(&body) } else { body })
            .icon("call-start")
            .action(OPEN, "Open")
            // Names of callers do not stay in the desktop's list of past notifications.
            .hint(notify_rust::Hint::Transient(true))
            .hint(notify_rust::Hint::Category("call.incoming".to_owned()))
            .hint(notify_rust::Hint::DesktopEntry("ringside".to_owned()));
        for (code, label) in &notice.actions {
            notification.action(code, &cleaned(label, LONGEST_TITLE));
        }
        let before = locked(&self.shown).get(&call).map(|shown| shown.id);
        if let Some(id) = before {
            notification.id(id);
        }
        let handle = Arc::new(notification.show_async().await.map_err(absent)?);
        let waiting = tokio::spawn(wait_for_click(handle.clone(), call, self.clicked.clone()));
        locked(&self.shown).insert(
            call,
            Shown {
                id: handle.id(),
                handle,
                waiting,
            },
        );
        Ok(())
    }

    async fn reads_markup(&self) -> Result<bool> {
        if let Some(known) = *locked(&self.markup) {
            return Ok(known);
        }
        // The library asks this with a runtime of its own, which must not be started inside ours.
        let asked = tokio::task::spawn_blocking(notify_rust::get_capabilities).await;
        let abilities = asked.map_err(|error| absent_because(error.into()))?.map_err(absent)?;
        let markup = abilities.iter().any(|ability| ability == "body-markup");
        *locked(&self.markup) = Some(markup);
        Ok(markup)
    }
}

async fn wait_for_click(handle: Arc<notify_rust::NotificationHandle>, call: CallId, clicked: Clicked) {
    use notify_rust::NotificationResponse::{Action, Closed, Default, Reply};

    let told = handle.wait_for_action_async(|response: &notify_rust::NotificationResponse| match response {
        Default => clicked(call, OPEN),
        Action(code) => clicked(call, code),
        Reply(_) | Closed(_) => {}
    });
    told.await;
}

fn absent(error: notify_rust::error::Error) -> Error {
    absent_because(error.into())
}

fn absent_because(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::new(
        Kind::Unavailable,
        OPERATION,
        "this desktop has no notification service that answers",
    )
    .hint("Start one (GNOME and KDE have their own; dunst works everywhere), or switch notifications off")
    .because(error)
}

fn silent(deadline: Duration) -> Error {
    Error::new(
        Kind::Timeout,
        OPERATION,
        format!("the notification service did not answer within {deadline:?}"),
    )
}

/// No control characters, nothing that turns the direction of the text around, and not too long.
fn cleaned(text: &str, longest: usize) -> String {
    let turns = |letter: char| matches!(letter, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let kept = text
        .chars()
        .filter(|letter| !turns(*letter) && (!letter.is_control() || *letter == '\n'));
    let mut kept: String = kept.take(longest + 1).collect();
    if kept.chars().count() > longest {
        kept = kept.chars().take(longest - 1).chain(['…']).collect();
    }
    kept
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_format_or_turn_the_text() {
        assert_eq!(escaped("<b>A & \"B\"</b>"), "&lt;b&gt;A &amp; &quot;B&quot;&lt;/b&gt;");
        assert_eq!(cleaned("a\u{202E}b\u{0}\u{1b}[31m\nc", 20), "ab[31m\nc");
        assert_eq!(cleaned(&"ü".repeat(300), 10).chars().count(), 10);
    }
}
