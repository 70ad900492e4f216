//! The loopback intake as part of the app: on or off as the settings say, and its state for everybody to see.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::FutureExt as _;
use ringside_domain::{CallSource as _, EventSink, Stop, Timestamp};
use ringside_ipc::{
    ApiError,
    command::AddPhoneArgs,
    status::{IntakeStateDto, NewPhoneDto, PhoneDto, RecipeDto},
};
use ringside_sources::{PhoneRegistry, intake::Phone, recipes};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    app::{App, lock},
    settings::{PhoneEntry, Settings},
};

/// How long opening or closing the port may keep a command waiting.
const PATIENCE: Duration = Duration::from_secs(3);

/// The phones of the profile, and the source while it runs.
pub(crate) struct Intake {
    phones: Arc<PhoneRegistry>,
    state: Mutex<IntakeStateDto>,
    running: tokio::sync::Mutex<Option<Running>>,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Intake {
    pub fn new(settings: &Settings) -> Self {
        let phone = |entry: &PhoneEntry| Phone {
            name: entry.name.clone(),
            trusted: entry.trusted,
            created: Timestamp(entry.created),
            last_seen: None,
        };
        Self {
            phones: Arc::new(PhoneRegistry::new(settings.phones.iter().map(phone).collect())),
            state: Mutex::new(IntakeStateDto::Off),
            running: tokio::sync::Mutex::default(),
        }
    }

    pub fn state(&self) -> IntakeStateDto {
        lock(&self.state).clone()
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
        *lock(&self.state) = IntakeStateDto::Off;
    }

    fn set(&self, state: IntakeStateDto) {
        *lock(&self.state) = state;
    }
}

impl App {
    /// Opens or closes the port as the settings say. Answers when it is open, or known that it can't be.
    pub(crate) async fn start_intake(&self) {
        let settings = self.settings_now();
        let mut running = self.inner.intake.running.lock().await;
        self.inner.intake.halt(&mut running).await;
        if !settings.intake_on {
            return;
        }
        self.load_tokens().await;
        let port = settings.intake_port;
        let (mut source, mut bound) =
            ringside_sources::Intake::new(port, self.inner.intake.phones.clone(), self.inner.ports.clock.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let until: Stop = stopped.map(|_| ()).boxed().shared();
        let app = self.clone();
        let (settled, wait) = oneshot::channel::<()>();
        // Before it accepts: no connector's file may make calls ring.
        self.inner.ports.own_ports.add(port);
        let task = tokio::spawn(async move {
            let sink: Box<dyn EventSink> = app.inner.engine.sink();
            let open = async {
                // Never comes when the port can't be opened: then the source ends instead.
                if bound.wait_for(Option::is_some).await.is_ok() {
                    app.inner.intake.set(IntakeStateDto::Listening { port });
                    let _ = settled.send(());
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                ended = source.run(sink, until) => if let Err(error) = ended {
                    tracing::warn!(code = error.kind.code(), "the intake is not open");
                    app.inner.intake.set(IntakeStateDto::Failed { port, message: error.to_string() });
                    app.tell_status().await;
                },
                () = open => {}
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
    }

    pub(crate) fn phones_now(&self) -> Vec<PhoneDto> {
        self.inner.intake.phones.phones().iter().map(dto).collect()
    }

    /// Makes a token for a phone. The first phone opens the intake.
    pub(crate) async fn add_phone_entry(&self, args: AddPhoneArgs) -> Result<NewPhoneDto, ApiError> {
        self.inner.file.lock().await.check()?;
        let (credentials, random) = (&*self.inner.ports.credentials, &*self.inner.ports.random);
        let now = self.inner.ports.clock.now().wall;
        let phones = &self.inner.intake.phones;
        let added = phones.add(&args.name, args.trusted, now, random, credentials).await?;
        let name = added.phone.name.clone();
        let saved = self.edit_settings(|settings| {
            settings.intake_on |= settings.phones.is_empty();
            settings.phones.retain(|phone| phone.name != name);
            settings.phones.push(PhoneEntry {
                name: name.clone(),
                trusted: args.trusted,
                created: now.0,
            });
            Ok(())
        });
        if let Err(error) = saved.await {
            // A token that the settings do not know would open the door for ever.
            let _ = phones.remove(&name, credentials).await;
            return Err(error);
        }
        let port = self.settings_now().intake_port;
        let profile = self.inner.folders.profile.as_str();
        let recipes = recipes::recipes(port, added.token.reveal(), &command_line(), profile)
            .into_iter()
            .map(|recipe| RecipeDto {
                title: recipe.title.to_owned(),
                place: recipe.place.to_owned(),
                text: recipe.lines,
            })
            .collect();
        Ok(NewPhoneDto {
            phone: dto(&added.phone),
            recipes,
        })
    }

    /// Revokes a token: at once, then in the settings and the keyring.
    pub(crate) async fn remove_phone_entry(&self, name: &str) -> Result<(), ApiError> {
        let phones = &self.inner.intake.phones;
        let same = |other: &str| other.to_lowercase() == name.trim().to_lowercase();
        if !phones.phones().iter().any(|phone| same(&phone.name)) {
            return Err(ApiError {
                field: Some("name".to_owned()),
                ..ApiError::new("not_found", "there is no phone with this name")
            });
        }
        let revoked = phones.remove(name, &*self.inner.ports.credentials).await;
        self.edit_settings(|settings| {
            settings.phones.retain(|phone| !same(&phone.name));
            Ok(())
        })
        .await?;
        Ok(revoked?)
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

fn dto(phone: &Phone) -> PhoneDto {
    PhoneDto {
        name: phone.name.clone(),
        trusted: phone.trusted,
        created: phone.created.0,
        last_seen: phone.last_seen.map(|at| at.0),
    }
}
