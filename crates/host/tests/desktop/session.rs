//! Locks and "do not disturb": against services of our own that speak as the desktops' do.

use std::{sync::mpsc, time::Duration};

use ringside_host::session::{Session, watch};
use zbus::{Connection, connection::Builder, interface, object_server::SignalEmitter};

use crate::inside;

struct Locker(bool);

/// As `org.freedesktop.ScreenSaver` of KDE and of xfce4-screensaver.
#[interface(name = "org.freedesktop.ScreenSaver")]
impl Locker {
    fn get_active(&self) -> bool {
        self.0
    }

    #[zbus(signal)]
    async fn active_changed(emitter: &SignalEmitter<'_>, active: bool) -> zbus::Result<()>;
}

struct Notifications(bool);

/// As `org.freedesktop.Notifications` of Plasma: <https://specifications.freedesktop.org/notification-spec/> with KDE's property.
#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[zbus(property)]
    fn inhibited(&self) -> bool {
        self.0
    }
}

const LOCKER: &str = "/org/freedesktop/ScreenSaver";
const NOTIFICATIONS: &str = "/org/freedesktop/Notifications";

async fn desktop(locked: bool, inhibited: bool) -> Connection {
    Builder::session()
        .unwrap()
        .serve_at(LOCKER, Locker(locked))
        .unwrap()
        .serve_at(NOTIFICATIONS, Notifications(inhibited))
        .unwrap()
        .name("org.freedesktop.ScreenSaver")
        .unwrap()
        .name("org.freedesktop.Notifications")
        .unwrap()
        .build()
        .await
        .unwrap()
}

#[test]
fn what_is_so_is_read_and_what_changes_is_heard() {
    if !inside("session::what_is_so_is_read_and_what_changes_is_heard") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let services = desktop(true, false).await;
        let (tell, told) = mpsc::channel();
        let watching = tokio::spawn(watch(move |session| {
            let _ = tell.send(session);
        }));
        let now = |locked, do_not_disturb| {
            let wanted = Session { locked, do_not_disturb };
            let mut last = None;
            // The last word counts: in between, one thing may change after the other.
            for _ in 0..100 {
                last = told.recv_timeout(Duration::from_millis(100)).ok().or(last);
                if last == Some(wanted) {
                    return;
                }
            }
            panic!("waited for {wanted:?}, heard {last:?} last");
        };
        tokio::task::block_in_place(|| now(true, false));

        let locker = services.object_server().interface::<_, Locker>(LOCKER).await.unwrap();
        Locker::active_changed(locker.signal_emitter(), false).await.unwrap();
        tokio::task::block_in_place(|| now(false, false));
        locker.get_mut().await.0 = false;

        let notifications = services
            .object_server()
            .interface::<_, Notifications>(NOTIFICATIONS)
            .await
            .unwrap();
        notifications.get_mut().await.0 = true;
        let emitter = notifications.signal_emitter();
        notifications.get().await.inhibited_changed(emitter).await.unwrap();
        tokio::task::block_in_place(|| now(false, true));

        // Who is gone says nothing.
        drop((locker, notifications));
        services.close().await.unwrap();
        tokio::task::block_in_place(|| now(false, false));
        // And who comes later is asked.
        let _again = desktop(true, true).await;
        tokio::task::block_in_place(|| now(true, true));
        watching.abort();
    });
}
