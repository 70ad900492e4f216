//! What must not be cut off: requests to a provider and writes to the keyring run as tasks of their own, and are counted, so
//! that whoever ends the program can wait for them.

use tokio::sync::watch;

#[derive(Clone, Default)]
pub(super) struct Errands(watch::Sender<usize>);

/// One that is on its way, until it is dropped.
pub(super) struct Errand(watch::Sender<usize>);

impl Errands {
    /// Runs to its end even if nobody waits for it any more; counted from now on.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.0.send_modify(|running| *running += 1);
        let errand = Errand(self.0.clone());
        tokio::spawn(async move {
            let _errand = errand;
            work.await
        })
    }

    /// Resolves when none is on its way.
    pub(super) async fn over(&self) {
        let mut running = self.0.subscribe();
        let _ = running.wait_for(|running| *running == 0).await;
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running -= 1);
    }
}
