//! The owner's socket: who may connect, and how many at the same time.

#[cfg(unix)]
use std::{sync::Arc, time::Duration};

use ringside_domain::Result;
#[cfg(unix)]
use ringside_domain::Stop;

use crate::app::App;
#[cfg(unix)]
use crate::app::lock;

#[cfg(unix)]
impl App {
    pub(crate) fn listen(&self) -> Result<()> {
        use ringside_host::socket;

        let guard = lock(&self.inner.lock);
        let Some(owned) = guard.as_ref() else { return Ok(()) };
        let listener = socket::listen(&self.inner.folders, owned)?;
        drop(guard);
        let app = self.clone();
        tokio::spawn(async move {
            let stop = app.stop_signal();
            let seats = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS));
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stop.clone() => return,
                };
                let Ok((stream, _)) = accepted else {
                    // Out of file handles, for instance: others give theirs back meanwhile.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                };
                if socket::check_peer(&stream).is_err() {
                    tracing::warn!("a program of another user was turned away from the socket");
                    continue;
                }
                let Ok(seat) = seats.clone().try_acquire_owned() else {
                    continue;
                };
                let (owner, stop) = (Arc::new(app.clone()), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = crate::owner::attend(stream, owner) => {}
                        () = ended(stop) => {}
                    }
                    drop(seat);
                });
            }
        });
        Ok(())
    }
}

/// Connections at the same time: more of them are something that is broken.
#[cfg(unix)]
const CONNECTIONS: usize = 64;

/// Some time after the stop, so that the answer to `quit` is written.
#[cfg(unix)]
async fn ended(stop: Stop) {
    stop.await;
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// The seam for Windows: the owner's named pipe is not built yet, so each command line needs the profile for itself.
#[cfg(not(unix))]
impl App {
    pub(crate) fn listen(&self) -> Result<()> {
        tracing::warn!("this system's socket of the owner is not built yet: command lines can't reach the running app");
        Ok(())
    }
}
