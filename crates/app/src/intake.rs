//! The intake as part of the app: on or off as the settings say, open to the local network if they say so, and its state
//! for everybody to see. Phones that report to it have a token each.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::FutureExt as _;
use ringside_domain::{CallSource as _, Kind, Stop, Timestamp, source::Trouble};
use ringside_ipc::{
    ApiError,
    phone::{NewPhoneDto, PhoneDto, PhoneNoteDto, PhoneStateDto, RecipeDto},
    status::{IntakeStateDto, RoleDto},
};
use ringside_sources::{
    PhoneRegistry,
    intake::{ADDRESS, Bound, LanAddress, LanState, Phone, Place},
    kinds::{CLEAR_TEXT, DESK},
    recipes::{self, Recipe},
};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    app::{App, lock},
    phones::{agreed, uses_intake},
    settings::{PhoneEntry, Settings},
};

/// How long opening or closing the port may keep a command waiting.
const PATIENCE: Duration = Duration::from_secs(3);
/// The intake looks for an address that is gone this often.
const LOOKS_AGAIN_MS: i64 = 15_000;

/// The phones of the profile that report, and the source while it runs.
pub(crate) struct Intake {
    phones: Arc<PhoneRegistry>,
    state: Mutex<State>,
    running: tokio::sync::Mutex<Option<Running>>,
}

#[derive(Clone, Default)]
struct State {
    bound: Bound,
    /// Why it is not open, and the port that it wanted.
    failed: Option<(u16, Trouble)>,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Intake {
    pub fn new(settings: &Settings) -> Self {
        let reports = |entry: &&PhoneEntry| uses_intake(&entry.kind) && agreed(entry).is_ok();
        let phones = settings.phones.iter().filter(reports);
        Self {
            phones: Arc::new(PhoneRegistry::new(phones.map(phone).collect())),
            state: Mutex::default(),
            running: tokio::sync::Mutex::default(),
        }
    }

    pub fn state(&self) -> IntakeStateDto {
        let State { bound, failed } = lock(&self.state).clone();
        match (bound.port, failed) {
            (Some(port), _) => IntakeStateDto::Listening {
                port,
                lan: match bound.lan {
                    LanState::Listening(address) => Some(address.to_string()),
                    LanState::Off | LanState::Waiting(_) => None,
                },
            },
            (None, Some((port, trouble))) => IntakeStateDto::Failed {
                port,
                message: trouble.message,
            },
            (None, None) => IntakeStateDto::Off,
        }
    }

    pub async fn stop(&self) {
        let mut running = self.running.lock().await;
        self.halt(&mut running).await;
    }

    async fn halt(&self, running: &mut Option<Running>) {
        if let Some(Running { stop, task }) = running.take() {
            let _ = stop.send(());
            // Its connections have a deadline of their own; nobody has to wait longer than that.
            let _ = tokio::time::timeout(PATIENCE, task).await;
        }
        *lock(&self.state) = State::default();
    }

    /// Why desk phones can't report although the rest is open.
    pub fn lan_trouble(&self) -> Option<Trouble> {
        match &lock(&self.state).bound.lan {
            LanState::Waiting(trouble) => Some(trouble.clone()),
            LanState::Off | LanState::Listening(_) => None,
        }
    }

    fn phone(&self, name: &str) -> Option<Phone> {
        let phones = self.phones.phones();
        phones.into_iter().find(|phone| phone.name == name)
    }
}

impl App {
    /// Opens or closes the port as the settings say. Answers when it is open, or known that it can't be.
    pub(crate) async fn start_intake(&self) {
        let settings = self.settings_now();
        let intake = &self.inner.intake;
        let mut running = intake.running.lock().await;
        intake.halt(&mut running).await;
        if !settings.intake_on {
            return;
        }
        self.load_tokens().await;
        let port = settings.intake_port;
        let lan = settings.intake_lan.map(LanAddress::new).transpose();
        let refused = lan.as_ref().err().map(|error| LanState::Waiting(Trouble::from(error)));
        let (mut source, mut bound) = ringside_sources::Intake::new(
            port,
            lan.ok().flatten(),
            intake.phones.clone(),
            self.inner.ports.clock.clone(),
        );
        let (stop, stopped) = oneshot::channel::<()>();
        let until: Stop = stopped.map(|_| ()).boxed().shared();
        let app = self.clone();
        let (settled, wait) = oneshot::channel::<()>();
        // Before it accepts: no connector's file may make calls ring.
        self.inner.ports.own_ports.add(port);
        let task = tokio::spawn(async move {
            let intake = &app.inner.intake;
            let sink = app.inner.phones.heard.sink(None, Some(app.inner.engine.sink()));
            let follow = async {
                let mut settled = Some(settled);
                while bound.changed().await.is_ok() {
                    let mut now = bound.borrow_and_update().clone();
                    if let (LanState::Off, Some(refused)) = (&now.lan, &refused) {
                        now.lan = refused.clone();
                    }
                    let open = now.port.is_some();
                    lock(&intake.state).bound = now;
                    app.inner.phones.heard.changed.notify_one();
                    if let Some(settled) = settled.take_if(|_| open) {
                        let _ = settled.send(());
                    }
                    app.tell_status().await;
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                ended = source.run(sink, until) => if let Err(error) = ended {
                    tracing::warn!(code = error.kind.code(), "the intake is not open");
                    *lock(&intake.state) = State {
                        bound: Bound::default(),
                        failed: Some((port, Trouble::from(&error))),
                    };
                    app.tell_status().await;
                },
                () = follow => {}
            }
            app.inner.ports.own_ports.remove(port);
        });
        // Dropped by the task when the source ended without having opened its port.
        let _ = tokio::time::timeout(PATIENCE, wait).await;
        *running = Some(Running { stop, task });
    }

    /// Tokens that the keyring gives now. A phone without its token is refused until then.
    pub(crate) async fn load_tokens(&self) {
        let loaded = self
            .inner
            .intake
            .phones
            .load_tokens(&*self.inner.ports.credentials)
            .await;
        self.notice(
            "phones",
            loaded.err().map(|error| ApiError {
                message: format!("phones can't report calls: {}", error.message),
                ..ApiError::from(error)
            }),
        );
        self.inner.phones.heard.changed.notify_one();
    }

    /// Keeps the addresses that desk phones were first heard from, so that they hold after a restart, too.
    pub(crate) async fn keep_desk_addresses(&self) {
        let (stop, mut changes) = (self.stop_signal(), self.inner.intake.phones.changes());
        loop {
            tokio::select! {
                Ok(()) = changes.changed() => {}
                () = stop.clone() => return,
            }
            self.inner.phones.heard.changed.notify_one();
            for phone in self.inner.intake.phones.phones() {
                let Place::Lan {
                    address: Some(address), ..
                } = phone.place
                else {
                    continue;
                };
                let text = address.to_string();
                let is_new =
                    |entry: &PhoneEntry| entry.name == phone.name && entry.parameters.get(ADDRESS) != Some(&text);
                if !self.settings_now().phones.iter().any(is_new) {
                    continue;
                }
                // This one word only: what else was changed meanwhile stays.
                let kept = self.edit_settings(|settings| {
                    if let Some(entry) = settings.phones.iter_mut().find(|entry| is_new(entry)) {
                        entry.parameters.insert(ADDRESS.to_owned(), text.clone());
                    }
                    Ok(())
                });
                if let Err(error) = kept.await {
                    tracing::warn!(
                        code = error.code,
                        "a desk phone's address could not be kept in the settings"
                    );
                }
            }
        }
    }

    /// How a phone that reports is doing: as the intake is.
    pub(crate) fn intake_phone_state(&self, entry: &PhoneEntry) -> PhoneStateDto {
        let intake = &self.inner.intake;
        if self.inner.role != RoleDto::App {
            return PhoneStateDto::Off;
        }
        // By hand in the file: without the consent its token opens nothing.
        if let Err(error) = agreed(entry) {
            return crate::phones::stopped(Trouble::from(&error));
        }
        let State { bound, failed } = lock(&intake.state).clone();
        match failed {
            Some((_, trouble)) => return crate::phones::stopped(trouble),
            None if bound.port.is_none() => return PhoneStateDto::Off,
            None => {}
        }
        if intake.phones.lacks_token(&entry.name) {
            return crate::phones::stopped(Trouble {
                kind: Kind::KeyringLocked,
                message: "this phone's token is not to be had from the secret store, so its reports are refused"
                    .to_owned(),
                hint: Some(
                    "Unlock the secret store; if it has lost the token, remove the phone and add it again".to_owned(),
                ),
                field: None,
            });
        }
        if entry.kind != DESK {
            return PhoneStateDto::Ready { notes: Vec::new() };
        }
        match bound.lan {
            LanState::Off => crate::phones::stopped(closed_to_the_network()),
            LanState::Waiting(trouble) => PhoneStateDto::Retrying {
                code: trouble.kind.code().to_owned(),
                message: trouble.message,
                hint: trouble.hint,
                next_try: self.inner.ports.clock.now().wall.0 + LOOKS_AGAIN_MS,
            },
            LanState::Listening(_) => PhoneStateDto::Ready {
                notes: self.desk_notes(&entry.name),
            },
        }
    }

    fn desk_notes(&self, name: &str) -> Vec<PhoneNoteDto> {
        let mut notes = vec![PhoneNoteDto {
            code: CLEAR_TEXT.to_owned(),
            message: "What this phone reports is not encrypted".to_owned(),
            hint: Some("Whoever can listen in your network sees who calls".to_owned()),
        }];
        let place = self.inner.intake.phone(name).map(|phone| phone.place);
        if let Some(Place::Lan {
            stranger: Some(stranger),
            ..
        }) = place
        {
            notes.push(PhoneNoteDto {
                code: "stranger".to_owned(),
                message: format!("Reports from {stranger} with this phone's token are refused: it is another address"),
                hint: Some(
                    "If the phone has this address now, set it here; if not, remove the phone and add it again, for a new token"
                        .to_owned(),
                ),
            });
        }
        notes
    }

    /// Makes a token for a phone. The first one opens the intake.
    pub(crate) async fn add_to_intake(&self, entry: PhoneEntry) -> Result<NewPhoneDto, ApiError> {
        let settings = self.settings_now();
        let own = match (entry.kind == DESK, settings.intake_lan) {
            (true, None) => return Err(no_address()),
            (desk, own) => own.filter(|_| desk),
        };
        desk_address(&entry)?;
        let (credentials, random) = (&*self.inner.ports.credentials, &*self.inner.ports.random);
        let phones = &self.inner.intake.phones;
        let phone = phone(&entry);
        let added = phones
            .add(
                &phone.name,
                phone.place,
                phone.trusted,
                phone.created,
                random,
                credentials,
            )
            .await?;
        let saved = self.edit_settings(|settings| {
            settings.intake_on |= !settings.phones.iter().any(|phone| uses_intake(&phone.kind));
            settings.phones.push(entry.clone());
            Ok(())
        });
        if let Err(error) = saved.await {
            // A token that the settings do not know would open the door for ever.
            let _ = phones.remove(&entry.name, credentials).await;
            return Err(error);
        }
        let recipes = self.recipes_of(&entry.kind, own, added.token.reveal());
        Ok(NewPhoneDto {
            phone: self.shown_phone(&entry).await,
            recipes,
        })
    }

    fn recipes_of(&self, kind: &str, own: Option<IpAddr>, token: &str) -> Vec<RecipeDto> {
        let port = self.settings_now().intake_port;
        let profile = self.inner.folders.profile.as_str();
        let list = match own {
            Some(own) if kind == DESK => recipes::desk_recipes(own, port, token),
            _ => recipes::recipes(port, token, &command_line(), profile),
        };
        let dto = |recipe: Recipe| RecipeDto {
            title: recipe.title.to_owned(),
            place: recipe.place.to_owned(),
            text: recipe.lines,
        };
        list.into_iter().map(dto).collect()
    }

    pub(crate) async fn change_in_intake(&self, entry: PhoneEntry) -> Result<PhoneDto, ApiError> {
        let address = desk_address(&entry)?;
        self.put_phone(&entry).await?;
        let phones = &self.inner.intake.phones;
        if self.inner.intake.phone(&entry.name).is_none() {
            phones.admit(phone(&entry));
            self.load_tokens().await;
        }
        phones.set_trusted(&entry.name, entry.trusted);
        // An address that stays keeps what is known of strangers; a changed one starts anew.
        let pinned = self.inner.intake.phone(&entry.name).map(|phone| phone.place);
        if !matches!(pinned, Some(Place::Lan { address: known, .. }) if known == address) {
            phones.set_address(&entry.name, address);
        }
        self.inner.phones.heard.changed.notify_one();
        Ok(self.shown_phone(&entry).await)
    }

    pub(crate) async fn remove_from_intake(&self, name: &str) -> ringside_domain::Result<()> {
        let removed = self
            .inner
            .intake
            .phones
            .remove(name, &*self.inner.ports.credentials)
            .await;
        self.inner.phones.heard.changed.notify_one();
        removed
    }

    /// Reports count as heard of even when no call could be made of them.
    pub(crate) fn intake_last_seen(&self, name: &str) -> Option<i64> {
        self.inner.intake.phone(name)?.last_seen.map(|at| at.0)
    }
}

fn phone(entry: &PhoneEntry) -> Phone {
    let place = match entry.kind.as_str() {
        DESK => Place::Lan {
            // One that is no address is said when it is typed; by hand in the file, it counts as none.
            address: desk_address(entry).ok().flatten(),
            stranger: None,
        },
        _ => Place::Here,
    };
    Phone {
        name: entry.name.clone(),
        place,
        trusted: entry.trusted,
        created: Timestamp(entry.created),
        last_seen: None,
    }
}

fn desk_address(entry: &PhoneEntry) -> Result<Option<IpAddr>, ApiError> {
    let typed = entry
        .parameters
        .get(ADDRESS)
        .map(|text| text.trim())
        .unwrap_or_default();
    if typed.is_empty() || entry.kind != DESK {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|_| {
        ApiError::invalid(ADDRESS, "this is not an address of a phone in the network")
            .hint("It looks like this: 192.168.1.40. Empty: the one that reports first")
    })
}

fn no_address() -> ApiError {
    closed_to_the_network().into()
}

fn closed_to_the_network() -> Trouble {
    Trouble {
        kind: Kind::Invalid,
        message: "desk phones can't report calls: Ringside listens on this computer only".to_owned(),
        hint: Some(
            "Set this computer's address in your network first: under Phones, or `ringside settings set intake_lan 192.168.1.20`"
                .to_owned(),
        ),
        field: Some("intake_lan".to_owned()),
    }
}

/// The program `ringside` as a phone's settings must name it: its path, where it lies beside this program.
fn command_line() -> String {
    let name = format!("ringside{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()
        .ok()
        .and_then(|own| Some(own.parent()?.join(&name)));
    beside
        .filter(|path| path.is_file())
        .and_then(|path| path.to_str().map(str::to_owned))
        .unwrap_or(name)
}
