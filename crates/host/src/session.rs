//! What the desktop says of its person: whether the session is locked, and whether they want to be disturbed.
//!
//! There is no one place to ask. Screen lockers tell it on the bus of the session under several names, `login1` on the bus of
//! the system, and each notification service has a property of its own for "do not disturb". All are listened to, none is
//! started by being asked, and one that is absent or silent says nothing. Systems without D-Bus are not known here: nothing
//! is locked there, and nobody undisturbed.

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;

/// What is known now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Session {
    pub locked: bool,
    /// The notification service shows nothing: KDE's and dunst's own switch. GNOME keeps its switch in its settings.
    pub do_not_disturb: bool,
}

/// Tells what is known at first and whenever it changes; goes on until it is dropped. Must run inside a tokio runtime;
/// `told` must not block.
pub async fn watch(told: impl Fn(Session) + Send + Sync) {
    #[cfg(all(unix, not(target_os = "macos")))]
    bus::watch(told).await;
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    {
        told(Session::default());
        std::future::pending().await
    }
}
