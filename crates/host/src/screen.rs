//! Whether the window that a person works in fills the screen: a talk, a film, a shared screen. Nothing pops up over those.
//!
//! X11 tells everybody (`_NET_ACTIVE_WINDOW`, `_NET_WM_STATE`, as the EWMH define them); Wayland tells nobody, and other systems
//! are not known here.

/// Tells whenever it changes, from a thread of its own that lasts as long as the screen does. Does nothing without an X11
/// screen.
pub fn watch_full_screen(told: impl Fn(bool) + Send + 'static) {
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        if std::env::var_os("DISPLAY").is_none_or(|display| display.is_empty()) {
            return;
        }
        let started = std::thread::Builder::new()
            .name("full-screen".to_owned())
            .spawn(move || {
                if let Err(error) = x11::follow(&told) {
                    tracing::debug!(%error, "the screen does not tell of full-screen windows");
                }
                told(false);
            });
        if let Err(error) = started {
            tracing::warn!(%error, "full-screen windows are not noticed");
        }
    }
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    drop(told);
}

#[cfg(all(unix, not(target_os = "macos")))]
mod x11 {
    use x11rb::{
        connection::Connection as _,
        errors::ReplyError,
        protocol::{
            Event,
            xproto::{Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, Window},
        },
        rust_connection::RustConnection,
    };

    pub(super) fn follow(told: &impl Fn(bool)) -> Result<(), Box<dyn std::error::Error>> {
        let (connection, screen) = x11rb::connect(None)?;
        let atom = |name: &str| -> Result<Atom, ReplyError> {
            Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
        };
        let desk = Desk {
            root: connection.setup().roots[screen].root,
            active: atom("_NET_ACTIVE_WINDOW")?,
            state: atom("_NET_WM_STATE")?,
            full: atom("_NET_WM_STATE_FULLSCREEN")?,
            connection: &connection,
        };
        desk.hear(desk.root)?;
        let mut before = false;
        loop {
            let now = desk.is_full()?;
            if now != before {
                before = now;
                told(now);
            }
            loop {
                if let Event::PropertyNotify(event) = connection.wait_for_event()?
                    && (event.atom == desk.active || event.atom == desk.state)
                {
                    break;
                }
            }
        }
    }

    struct Desk<'a> {
        connection: &'a RustConnection,
        root: Window,
        active: Atom,
        state: Atom,
        full: Atom,
    }

    impl Desk<'_> {
        /// A window may be gone at any moment: then it fills nothing.
        fn is_full(&self) -> Result<bool, ReplyError> {
            let active = self.values(self.root, self.active, AtomEnum::WINDOW.into())?;
            let Some(window) = active.first().copied().filter(|window| *window != 0) else {
                return Ok(false);
            };
            if window != self.root {
                self.hear(window)?;
            }
            Ok(self
                .values(window, self.state, AtomEnum::ATOM.into())?
                .contains(&self.full))
        }

        fn values(&self, window: Window, property: Atom, kind: Atom) -> Result<Vec<u32>, ReplyError> {
            let asked = self.connection.get_property(false, window, property, kind, 0, 64)?;
            match asked.reply() {
                Ok(reply) => Ok(reply.value32().into_iter().flatten().collect()),
                Err(ReplyError::X11Error(_)) => Ok(Vec::new()),
                Err(error) => Err(error),
            }
        }

        fn hear(&self, window: Window) -> Result<(), ReplyError> {
            let wanted = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
            match self.connection.change_window_attributes(window, &wanted)?.check() {
                Ok(()) | Err(ReplyError::X11Error(_)) => Ok(()),
                Err(error) => Err(error),
            }
        }
    }
}
