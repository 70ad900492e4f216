//! The two buses. Signals say what changed; what was so before is read once, and again when a service comes or goes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt as _;
use zbus::{
    Connection, MatchRule, Message, MessageStream,
    fdo::{DBusProxy, PropertiesProxy},
    message::Type,
    names::{BusName, InterfaceName},
    zvariant::{OwnedObjectPath, OwnedValue},
};

use super::Session;

/// Lockers with `GetActive` and `ActiveChanged(b)`; each lies at the path that is its name.
const LOCKERS: [&str; 4] = [
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
];
const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
/// Properties of the notification service that mean "do not disturb", by interface: KDE's since Plasma 5.18, and dunst's.
const SILENT: [(&str, &str); 2] = [(NOTIFICATIONS, "Inhibited"), ("org.dunstproject.cmd0", "paused")];
const LOGIN: &str = "org.freedesktop.login1";
const LOGIN_SESSION: &str = "org.freedesktop.login1.Session";
const LOCKED_HINT: &str = "LockedHint";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// For a bus, or a service on it, to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// A bus that is not there, or went away, is looked for again after this.
const AGAIN: Duration = Duration::from_secs(30);

pub(super) async fn watch(told: impl Fn(Session) + Send + Sync) {
    let desk = Desk {
        seen: Mutex::default(),
        told,
    };
    (desk.told)(Session::default());
    tokio::join!(desk.keep(Bus::Session), desk.keep(Bus::System));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bus {
    Session,
    System,
}

struct Desk<F> {
    seen: Mutex<Seen>,
    told: F,
}

#[derive(Default)]
struct Seen {
    last: Session,
    /// What each of them says: true is locked, or silent.
    lockers: BTreeMap<&'static str, bool>,
    silent: BTreeMap<&'static str, bool>,
}

impl Seen {
    fn now(&self) -> Session {
        Session {
            locked: self.lockers.values().any(|locked| *locked),
            do_not_disturb: self.silent.values().any(|silent| *silent),
        }
    }
}

impl<F: Fn(Session)> Desk<F> {
    async fn keep(&self, bus: Bus) {
        loop {
            if let Err(error) = self.follow(bus).await {
                tracing::debug!(%error, ?bus, "a bus does not tell of locks");
            }
            // Who is gone says nothing.
            self.note(|seen| {
                if bus == Bus::Session {
                    seen.silent.clear();
                }
                seen.lockers.retain(|name, _| (*name == LOGIN) == (bus == Bus::Session));
            });
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn follow(&self, bus: Bus) -> zbus::Result<()> {
        let connection = in_time(async {
            match bus {
                Bus::Session => Connection::session().await,
                Bus::System => Connection::system().await,
            }
        })
        .await?;
        // Before the first question, so that no change falls in between.
        let mut messages = MessageStream::from(&connection);
        let session = in_time(listen(&connection, bus)).await?;
        self.read(&connection, bus, session.as_ref()).await;
        while let Some(message) = messages.next().await {
            if !self.hear(&message?) {
                self.read(&connection, bus, session.as_ref()).await;
            }
        }
        Ok(())
    }

    /// Takes what a signal says. False when it says only that something has to be asked again.
    fn hear(&self, message: &Message) -> bool {
        let header = message.header();
        let (Some(interface), Some(member)) = (header.interface(), header.member()) else {
            return true;
        };
        match (interface.as_str(), member.as_str()) {
            (interface, "ActiveChanged") => {
                // By whom is not asked: who may speak on this bus may do more harm than that.
                let locker = LOCKERS.into_iter().find(|name| *name == interface);
                if let (Some(locker), Ok(active)) = (locker, message.body().deserialize::<bool>()) {
                    self.note(|seen| seen.lockers.insert(locker, active));
                }
                true
            }
            (PROPERTIES, "PropertiesChanged") => {
                let body = message.body();
                let Ok((interface, changed, unsaid)) =
                    body.deserialize::<(String, HashMap<String, OwnedValue>, Vec<String>)>()
                else {
                    return true;
                };
                self.note(|seen| {
                    let value = |name: &str| changed.get(name).and_then(|value| bool::try_from(value).ok());
                    if interface == LOGIN_SESSION
                        && let Some(locked) = value(LOCKED_HINT)
                    {
                        seen.lockers.insert(LOGIN, locked);
                    }
                    for (of, name) in SILENT {
                        if interface == of
                            && let Some(silent) = value(name)
                        {
                            seen.silent.insert(of, silent);
                        }
                    }
                });
                !unsaid
                    .iter()
                    .any(|name| name == LOCKED_HINT || SILENT.iter().any(|(_, silent)| name == silent))
            }
            ("org.freedesktop.DBus", "NameOwnerChanged") => {
                let body = message.body();
                let name = body.deserialize::<(String, String, String)>().map(|(name, ..)| name);
                !name.is_ok_and(|name| name == NOTIFICATIONS || LOCKERS.contains(&name.as_str()))
            }
            _ => true,
        }
    }

    /// Asks everybody who is there.
    async fn read(&self, connection: &Connection, bus: Bus, session: Option<&OwnedObjectPath>) {
        if bus == Bus::System {
            let locked = match session {
                Some(path) => property(connection, LOGIN, path.as_str(), LOGIN_SESSION, LOCKED_HINT).await,
                None => None,
            };
            self.note(|seen| seen.lockers.insert(LOGIN, locked.unwrap_or(false)));
            return;
        }
        for locker in LOCKERS {
            let active = if is_there(connection, locker).await {
                active(connection, locker).await
            } else {
                None
            };
            self.note(|seen| seen.lockers.insert(locker, active.unwrap_or(false)));
        }
        let notifies = is_there(connection, NOTIFICATIONS).await;
        for (interface, name) in SILENT {
            let silent = match notifies {
                true => property(connection, NOTIFICATIONS, NOTIFICATIONS_PATH, interface, name).await,
                false => None,
            };
            self.note(|seen| seen.silent.insert(interface, silent.unwrap_or(false)));
        }
    }

    fn note<T>(&self, change: impl FnOnce(&mut Seen) -> T) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut seen);
        let now = seen.now();
        if now != seen.last {
            seen.last = now;
            (self.told)(now);
        }
    }
}

/// Has the bus send the signals. Answers the path of our session at `login1`, where there is one.
async fn listen(connection: &Connection, bus: Bus) -> zbus::Result<Option<OwnedObjectPath>> {
    let signal = || MatchRule::builder().msg_type(Type::Signal);
    let changed = || {
        signal()
            .interface(PROPERTIES)
            .and_then(|rule| rule.member("PropertiesChanged"))
    };
    let bus_itself = DBusProxy::new(connection).await?;
    if bus == Bus::System {
        let id = std::env::var("XDG_SESSION_ID").unwrap_or_else(|_| "auto".to_owned());
        let answer = connection
            .call_method(
                Some(LOGIN),
                "/org/freedesktop/login1",
                Some("org.freedesktop.login1.Manager"),
                "GetSession",
                &id,
            )
            .await?;
        let path: OwnedObjectPath = answer.body().deserialize()?;
        bus_itself
            .add_match_rule(changed()?.path(path.clone())?.build())
            .await?;
        return Ok(Some(path));
    }
    for locker in LOCKERS {
        let rule = signal().interface(locker)?.member("ActiveChanged")?.build();
        bus_itself.add_match_rule(rule).await?;
    }
    bus_itself
        .add_match_rule(changed()?.path(NOTIFICATIONS_PATH)?.build())
        .await?;
    for name in LOCKERS.into_iter().chain([NOTIFICATIONS]) {
        let rule = signal()
            .sender("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, name)?
            .build();
        bus_itself.add_match_rule(rule).await?;
    }
    Ok(None)
}

/// Asking a service that is not there would start it.
async fn is_there(connection: &Connection, name: &'static str) -> bool {
    let asked = in_time(async {
        let name = BusName::try_from(name)?;
        Ok(DBusProxy::new(connection).await?.name_has_owner(name).await?)
    });
    asked.await.unwrap_or(false)
}

async fn active(connection: &Connection, locker: &'static str) -> Option<bool> {
    let path = format!("/{}", locker.replace('.', "/"));
    let asked = in_time(async {
        let answer = connection
            .call_method(Some(locker), path, Some(locker), "GetActive", &())
            .await?;
        answer.body().deserialize()
    });
    asked.await.ok()
}

async fn property(connection: &Connection, service: &str, path: &str, interface: &str, name: &str) -> Option<bool> {
    let asked = in_time(async {
        let properties = PropertiesProxy::new(connection, service.to_owned(), path.to_owned()).await?;
        let value = properties.get(InterfaceName::try_from(interface)?, name).await?;
        Ok(bool::try_from(value)?)
    });
    asked.await.ok()
}

async fn in_time<T>(work: impl Future<Output = zbus::Result<T>>) -> zbus::Result<T> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| Err(zbus::Error::Failure("no answer in time".to_owned())))
}
