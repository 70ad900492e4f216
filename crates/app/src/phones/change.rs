//! Adding, changing and removing a phone: everything is tried before it is kept, and what fails leaves nothing behind.

use std::time::Duration;

use ringside_domain::{Error, Kind, credentials::Secret};
use ringside_ipc::{
    ApiError,
    command::{AddPhoneArgs, ChangePhoneArgs},
    connection::Values,
    phone::{NewPhoneDto, PhoneDto},
    status::RoleDto,
};
use ringside_sources::kinds::{self, CLEAR_TEXT, PROGRAM, PhoneKind};
use tokio::sync::oneshot;

use super::{
    grant_name, key, known,
    line::Unsettled,
    pin::{ADDRESS, PIN, Pin, SERVER, is_pinned},
    secrets::{forget, secret_name},
    show,
};
use crate::{
    app::{App, lock, log_failure},
    connections::form::{Filled, Form},
    secrets::{exchange, put_back},
    settings::PhoneEntry,
};

/// A person waits this long for a phone that is tried.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// One whose connection broke has this long for its next try: a server may refuse the first one only.
pub(super) const NEXT_TRY: Duration = Duration::from_secs(4);
const MOST_PHONES: usize = 50;
const LONGEST_NAME: usize = 40;
/// The parameters that say which server gets the secrets. One that was typed for one server never goes to another.
const SERVERS: [&str; 2] = [ADDRESS, SERVER];

impl App {
    pub(crate) async fn add_phone_entry(&self, args: AddPhoneArgs) -> Result<NewPhoneDto, ApiError> {
        let _turn = self.inner.phones.turn.lock().await;
        let kind = chosen(args.kind.as_deref())?;
        let name = self.free_name(&args.name)?;
        let Filled { parameters, secrets } = form(kind).fill(&args.parameters, &args.secrets, &[])?;
        let entry = PhoneEntry {
            name,
            kind: kind.id.to_owned(),
            trusted: args.trusted,
            created: self.inner.ports.clock.now().wall.0,
            parameters,
            secrets: secrets.iter().map(|(name, _)| name.clone()).collect(),
        };
        self.inner.file.lock().await.check()?;
        if kind.uses_intake {
            agreed(&entry)?;
            return self.add_to_intake(entry).await;
        }
        let (cancel, cancelled) = oneshot::channel();
        *lock(&self.inner.phones.adding) = Some((key(&entry.name), cancel));
        let added = self.try_new_phone(kind, &entry, secrets, cancelled).await;
        lock(&self.inner.phones.adding).take();
        if let Err(error) = added {
            self.inner.phones.halt(&entry.name).await;
            self.forget_phone(kind, &entry.name).await.unwrap_or_else(|error| {
                log_failure("what a failed phone had left was not forgotten", &error);
            });
            return Err(error);
        }
        self.leave_to_the_app(&entry).await;
        Ok(NewPhoneDto {
            phone: self.shown_phone(&entry).await,
            recipes: Vec::new(),
        })
    }

    async fn try_new_phone(
        &self,
        kind: &PhoneKind,
        entry: &PhoneEntry,
        secrets: Vec<(String, Secret)>,
        cancelled: oneshot::Receiver<()>,
    ) -> Result<(), ApiError> {
        // What can be said without asking anybody is said before anything is kept.
        let typed = secrets.iter().cloned().collect();
        kinds::build(&entry.kind, super::setup(entry, typed), &self.inner.phones.parts)?;
        // Another phone may have had this name, and its secrets may have outlived it.
        self.forget_phone(kind, &entry.name).await?;
        let pin = given_for(entry, None).filter(|_| !secrets.is_empty());
        for (name, secret) in secrets.into_iter().chain(pin) {
            let place = secret_name(&entry.name, &name);
            self.inner.ports.credentials.set(&place, secret).await?;
        }
        let line = self.start_phone(entry).await;
        if !kind.signs_in_with_browser {
            tokio::select! {
                settled = line.settled(PATIENCE, NEXT_TRY) => settled.map_err(refusal)?,
                _ = cancelled => return Err(ApiError::new("cancelled", "The phone was not added after all")),
            }
        }
        self.edit_settings(|settings| {
            settings.phones.push(entry.clone());
            Ok(())
        })
        .await
    }

    /// What was added before this came stays; another one that is tried goes on.
    pub(crate) fn cancel_added_phone(&self, name: &str) {
        lock(&self.inner.phones.adding).take_if(|(tried, _)| *tried == key(name));
    }

    /// What is left out stays. The phone is tried with the change; when that fails, all is as it was.
    pub(crate) async fn change_phone_entry(&self, args: ChangePhoneArgs) -> Result<PhoneDto, ApiError> {
        let _turn = self.inner.phones.turn.lock().await;
        let before = self.phone_entry(&args.name)?;
        let kind = known(&before.kind)?;
        let form = form(kind);
        let mut values: Values = before.parameters.clone();
        values.extend(args.parameters);
        // What this kind asked for in an older version is dropped.
        values.retain(|name, value| {
            let asked = form.parameters.iter().any(|asked| asked.name == *name);
            !value.trim().is_empty() && (asked || !before.parameters.contains_key(name))
        });
        let Filled { parameters, secrets } = form.fill(&values, &args.secrets, &before.secrets)?;
        let mut after = PhoneEntry {
            trusted: args.trusted.unwrap_or(before.trusted),
            parameters,
            ..before.clone()
        };
        for (name, _) in &secrets {
            if !after.secrets.contains(name) {
                after.secrets.push(name.clone());
            }
        }
        self.inner.file.lock().await.check()?;
        if kind.uses_intake {
            agreed(&after)?;
            return self.change_in_intake(after).await;
        }
        let only_trust = after.parameters == before.parameters && secrets.is_empty();
        if !only_trust {
            let pin = self.kept_pin(&before).await?;
            typed_again(&form, &before, &after, &secrets, pin.as_ref())?;
        }
        let changed = self.try_changed_phone(kind, &before, &after, secrets, only_trust).await;
        if changed.is_err() && self.inner.role == RoleDto::App {
            self.start_phone(&before).await;
        }
        let now = if changed.is_ok() { &after } else { &before };
        self.leave_to_the_app(now).await;
        changed?;
        Ok(self.shown_phone(&after).await)
    }

    async fn try_changed_phone(
        &self,
        kind: &PhoneKind,
        before: &PhoneEntry,
        after: &PhoneEntry,
        secrets: Vec<(String, Secret)>,
        only_trust: bool,
    ) -> Result<(), ApiError> {
        let phones = &self.inner.phones;
        // Two of one phone at the same time is more than some servers allow.
        phones.halt(&before.name).await;
        let mut given = secrets;
        if !only_trust && !after.secrets.is_empty() {
            // A new secret may be for a server that proves it in another way.
            let kept = match given.is_empty() {
                true => self.kept_pin(before).await?,
                false => None,
            };
            given.extend(given_for(after, kept.and_then(|kept| kept.proof)));
        }
        let credentials = &*self.inner.ports.credentials;
        let given = given
            .into_iter()
            .map(|(name, secret)| (secret_name(&before.name, &name), secret));
        let old = exchange(credentials, given).await?;
        let tried = async {
            if only_trust || kind.signs_in_with_browser {
                kinds::build(&after.kind, self.signed_out_setup(after).await?, &phones.parts)?;
                return Ok(());
            }
            let line = self.start_phone(after).await;
            line.settled(PATIENCE, NEXT_TRY).await.map_err(refusal)
        };
        let kept = match tried.await {
            Ok(()) => self.put_phone(after).await,
            Err(error) => Err(error),
        };
        if kept.is_err() {
            phones.halt(&before.name).await;
            put_back(credentials, old).await;
            return kept;
        }
        if kind.signs_in_with_browser && !only_trust {
            // It was granted to what was filled in before, and so would be what is under way.
            self.cancel_phone_sign_in_of(&before.name).await;
            phones.parts.sign_in.forget(&grant_name(&before.name)).await?;
        }
        if self.inner.role == RoleDto::App && (only_trust || kind.signs_in_with_browser) {
            self.start_phone(after).await;
        }
        Ok(())
    }

    pub(crate) async fn put_phone(&self, entry: &PhoneEntry) -> Result<(), ApiError> {
        self.edit_settings(|settings| {
            let place = settings
                .phones
                .iter_mut()
                .find(|other| key(&other.name) == key(&entry.name));
            *place.ok_or_else(|| ApiError::new("not_found", "the phone was removed meanwhile"))? = entry.clone();
            Ok(())
        })
        .await
    }

    /// Takes a phone away: at once, then out of the settings and the keyring.
    pub(crate) async fn remove_phone_entry(&self, name: &str) -> Result<(), ApiError> {
        self.cancel_phone_sign_in_of(name).await;
        let phones = &self.inner.phones;
        let _turn = phones.turn.lock().await;
        let entry = self.phone_entry(name)?;
        let revoked = match kinds::kind(&entry.kind) {
            Some(kind) if kind.uses_intake => self.remove_from_intake(&entry.name).await,
            kind => {
                phones.halt(&entry.name).await;
                let secrets = match kind {
                    Some(kind) => self.forget_phone(kind, &entry.name).await,
                    None => Ok(()),
                };
                let mut names = entry.secrets.clone();
                names.extend((kind.is_none() && !names.is_empty()).then(|| PIN.to_owned()));
                match secrets {
                    Ok(()) => forget(&*self.inner.ports.credentials, &entry.name, &names).await,
                    Err(error) => Err(error),
                }
            }
        };
        phones.heard.forget(&entry.name);
        self.edit_settings(|settings| {
            settings.phones.retain(|other| key(&other.name) != key(&entry.name));
            Ok(())
        })
        .await?;
        Ok(revoked?)
    }

    /// Tries a phone that waits or stopped, now.
    pub(crate) async fn retry_phone_entry(&self, name: &str) -> Result<PhoneDto, ApiError> {
        let _turn = self.inner.phones.turn.lock().await;
        let entry = self.phone_entry(name)?;
        if super::uses_intake(&entry.kind) {
            self.start_intake().await;
        } else {
            let line = self.start_phone(&entry).await;
            // What is in its way is its state.
            let _ = line.settled(PATIENCE, NEXT_TRY).await;
        }
        Ok(self.shown_phone(&entry).await)
    }

    pub(crate) async fn begin_check(&self, name: &str) -> Result<PhoneDto, ApiError> {
        let entry = self.phone_entry(name)?;
        self.inner.phones.heard.begin_check(&entry.name);
        self.phone_now(&entry.name).await
    }

    /// A command line that tried a phone leaves it to the app.
    async fn leave_to_the_app(&self, entry: &PhoneEntry) {
        if self.inner.role == RoleDto::CommandLine {
            self.inner.phones.halt(&entry.name).await;
        }
    }

    fn free_name(&self, typed: &str) -> Result<String, ApiError> {
        let name = typed.trim();
        let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_' | '.');
        if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(allowed) {
            return Err(
                ApiError::invalid("name", "this is not a name for a phone").hint(format!(
                    "Use up to {LONGEST_NAME} letters, digits, spaces, dots and dashes, such as \"Desk phone\""
                )),
            );
        }
        let phones = self.settings_now().phones;
        if phones.iter().any(|other| key(&other.name) == key(name)) {
            let error = ApiError::new("conflict", "there is a phone with this name already");
            let error = error.hint("Take another name, or remove that phone first");
            return Err(ApiError {
                field: Some("name".to_owned()),
                ..error
            });
        }
        if phones.len() >= MOST_PHONES {
            let error = ApiError::new("invalid", format!("there are {MOST_PHONES} phones already"));
            return Err(error.hint("Remove one that is no longer used"));
        }
        Ok(name.to_owned())
    }
}

fn chosen(kind: Option<&str>) -> Result<&'static PhoneKind, ApiError> {
    let id = kind.unwrap_or(PROGRAM);
    kinds::kind(id).ok_or_else(|| {
        let ids = kinds::kinds().map(|kind| kind.id).join(", ");
        ApiError::invalid("kind", "there is no such kind of phone").hint(format!("There are: {ids}"))
    })
}

fn form(kind: &PhoneKind) -> Form {
    Form {
        name: kind.name.to_owned(),
        server: None,
        named_server: None,
        parameters: kind.parameters.iter().map(show::parameter).collect(),
        signs_in_with_browser: kind.signs_in_with_browser,
        given_manifest: None,
    }
}

/// Phones that report to the intake have no source that could ask for consent.
///
/// # Errors
/// The person has not agreed to what this phone needs; field `clear_text`.
pub(crate) fn agreed(entry: &PhoneEntry) -> ringside_domain::Result<()> {
    let parameters = kinds::kind(&entry.kind).map_or(&[][..], |kind| kind.parameters);
    let asked = parameters
        .iter()
        .find(|asked| asked.name == CLEAR_TEXT && asked.required);
    match asked {
        Some(asked) if entry.parameters.get(CLEAR_TEXT).map(String::as_str) != Some("true") => {
            let words = "what this phone reports is not encrypted: agree to that first";
            let error = Error::new(Kind::Invalid, "agree", words).field(CLEAR_TEXT);
            Err(asked.help.into_iter().fold(error, Error::hint))
        }
        _ => Ok(()),
    }
}

/// The keyring's entry that goes with this phone's secrets.
fn given_for(entry: &PhoneEntry, proof: Option<String>) -> Option<(String, Secret)> {
    is_pinned(&entry.kind).then(|| (PIN.to_owned(), Pin::of(entry, proof).text()))
}

/// Another server gets no secret that was typed for this one.
fn typed_again(
    form: &Form,
    before: &PhoneEntry,
    after: &PhoneEntry,
    typed: &[(String, Secret)],
    pin: Option<&Pin>,
) -> Result<(), ApiError> {
    let differs = |place: &&str| before.parameters.get(*place) != after.parameters.get(*place);
    let moved = match pin {
        // Whoever edited the settings by hand must not get it by way of another change.
        Some(pin) => !pin.fits(after) && (!pin.fits(before) || SERVERS.iter().any(differs)),
        None => SERVERS.iter().any(differs),
    };
    let missing = before
        .secrets
        .iter()
        .find(|kept| !typed.iter().any(|(name, _)| name == *kept));
    match missing {
        Some(name) if moved => {
            let asked = form.parameters.iter().find(|asked| asked.name == *name);
            let title = asked.map_or(name.as_str(), |asked| asked.title.as_str());
            let words = format!("{title} was typed for another server");
            Err(ApiError::invalid(name, words).hint("Type it again for this one"))
        }
        _ => Ok(()),
    }
}

/// Why a phone that was tried is not kept.
fn refusal(unsettled: Unsettled) -> ApiError {
    match unsettled {
        Unsettled::Stopped(trouble) => trouble.into(),
        Unsettled::Broken(trouble) => {
            let error = ApiError::from(trouble);
            match error.hint {
                Some(_) => error,
                None => error.hint("Check what is filled in, or try again when the server answers. Nothing was kept"),
            }
        }
        Unsettled::Silent => ApiError::new(
            "timeout",
            format!("there was no answer within {} seconds", PATIENCE.as_secs()),
        )
        .hint("Check the server's address and port, and that no firewall is in between. Nothing was kept"),
    }
}
