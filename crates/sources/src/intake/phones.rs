//! The phones that may report calls, each with a token of its own that can be taken away.
//!
//! Tokens lie in the operating system's secret store under `phone/<name>`. The settings keep the rest.

use std::{
    fmt,
    net::IpAddr,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use ringside_domain::{CredentialStore, Error, Kind, Random, Result, Timestamp, credentials::Secret};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use tokio::sync::watch;

const LONGEST_NAME: usize = 40;
const MOST_PHONES: usize = 50;

/// What the settings keep of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// For people, and unique without regard to case: `Desk phone`, `microsip`.
    pub name: String,
    pub place: Place,
    /// What it reports may log calls by itself.
    pub trusted: bool,
    pub created: Timestamp,
    /// When its newest report came.
    pub last_seen: Option<Timestamp>,
}

/// From where a phone reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// A program on this computer.
    #[default]
    Here,
    /// A device in the local network.
    Lan {
        /// The only address its reports are taken from; `None`: the one that reports first becomes it.
        address: Option<IpAddr>,
        /// Where its token was used from as well, the last time; refused.
        stranger: Option<IpAddr>,
    },
}

/// A phone just added, with the only chance to see its token.
#[derive(Debug)]
pub struct NewPhone {
    pub phone: Phone,
    pub token: Token,
}

/// 128 bits of chance as 32 hexadecimal digits. Debug shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn new(random: &dyn Random) -> Self {
        let mut bytes = [0_u8; 16];
        random.fill(&mut bytes);
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn from_secret(secret: &Secret) -> Option<Self> {
        let text = std::str::from_utf8(secret.expose()).ok()?;
        let hex = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        hex.then(|| Self(text.to_owned()))
    }

    /// The token in clear, for the lines that a person copies into the phone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The phones of one profile. Shared between the settings page and the intake.
#[derive(Debug, Default)]
pub struct PhoneRegistry {
    phones: RwLock<Vec<(Phone, Option<Token>)>>,
    /// Counts what the phones changed by themselves: an address that was pinned, a stranger who came.
    changes: watch::Sender<u64>,
}

impl PhoneRegistry {
    /// The phones of the settings, still without tokens: [`PhoneRegistry::load_tokens`] fetches them.
    #[must_use]
    pub fn new(phones: Vec<Phone>) -> Self {
        Self {
            phones: RwLock::new(phones.into_iter().map(|phone| (phone, None)).collect()),
            changes: watch::Sender::default(),
        }
    }

    /// Tells when a desk phone's address was pinned or somebody else used its token: [`PhoneRegistry::phones`] says which.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Fetches the tokens that are still missing. Until then such a phone is refused; call it again when the secret store
    /// has been unlocked.
    pub async fn load_tokens(&self, credentials: &dyn CredentialStore) -> Result<()> {
        let missing: Vec<String> = self
            .read()
            .iter()
            .filter(|(_, token)| token.is_none())
            .map(|(phone, _)| phone.name.clone())
            .collect();
        for name in missing {
            let secret = credentials.get(&entry(&name)).await?;
            let Some(token) = secret.as_ref().and_then(Token::from_secret) else {
                continue;
            };
            if let Some((_, place)) = self.write().iter_mut().find(|(phone, _)| phone.name == name) {
                *place = Some(token);
            }
        }
        Ok(())
    }

    /// Adds a phone and makes its token. It may report as soon as this returns.
    ///
    /// # Errors
    /// [`Kind::Invalid`] or [`Kind::Conflict`] with the field `name`; or what the secret store says.
    pub async fn add(
        &self,
        name: &str,
        place: Place,
        trusted: bool,
        now: Timestamp,
        random: &dyn Random,
        credentials: &dyn CredentialStore,
    ) -> Result<NewPhone> {
        let name = checked(name)?;
        self.refuse_twice(&name)?;
        let token = Token::new(random);
        credentials.set(&entry(&name), Secret::new(token.reveal())).await?;
        let phone = Phone {
            name: name.clone(),
            place,
            trusted,
            created: now,
            last_seen: None,
        };
        // Somebody may have been faster while the secret store was asked; the token in there is then ours, not theirs.
        let mut phones = self.write();
        phones.retain(|(other, _)| !same(&other.name, &name));
        phones.push((phone.clone(), Some(token.clone())));
        Ok(NewPhone { phone, token })
    }

    /// A phone of the settings that was not let in before: it may report once [`PhoneRegistry::load_tokens`] has its token.
    /// One that is known stays as it is.
    pub fn admit(&self, phone: Phone) {
        let mut phones = self.write();
        if !phones.iter().any(|(other, _)| same(&other.name, &phone.name)) {
            phones.push((phone, None));
        }
    }

    /// Takes a phone's right away at once, and its token out of the secret store. Unknown names are fine: whoever was never
    /// let in may have a token there.
    pub async fn remove(&self, name: &str, credentials: &dyn CredentialStore) -> Result<()> {
        self.write().retain(|(phone, _)| !same(&phone.name, name));
        credentials.remove(&entry(name.trim())).await
    }

    /// Changes whether a phone's reports may log by themselves; false when there is no such phone.
    pub fn set_trusted(&self, name: &str, trusted: bool) -> bool {
        let mut phones = self.write();
        let found = phones.iter_mut().find(|(phone, _)| same(&phone.name, name));
        found.map(|(phone, _)| phone.trusted = trusted).is_some()
    }

    /// Sets the only address a desk phone reports from; `None`: the next that comes. False when there is no such phone.
    pub fn set_address(&self, name: &str, wanted: Option<IpAddr>) -> bool {
        let mut phones = self.write();
        let found = phones.iter_mut().find(|(phone, _)| same(&phone.name, name));
        let Some((phone, _)) = found.filter(|(phone, _)| phone.place != Place::Here) else {
            return false;
        };
        phone.place = Place::Lan {
            address: wanted,
            stranger: None,
        };
        true
    }

    /// Whether this desk phone may report from there. The first address it comes from is kept.
    pub(super) fn comes_from(&self, name: &str, peer: IpAddr) -> bool {
        let mut phones = self.write();
        let place = phones
            .iter_mut()
            .find(|(phone, _)| phone.name == name)
            .map(|(phone, _)| &mut phone.place);
        let Some(Place::Lan { address, stranger }) = place else {
            return false;
        };
        let (known, changed) = match *address {
            Some(pinned) => (pinned == peer, pinned != peer && stranger.replace(peer) != Some(peer)),
            None => {
                *address = Some(peer);
                (true, true)
            }
        };
        drop(phones);
        if changed {
            self.changes.send_modify(|count| *count += 1);
        }
        known
    }

    /// Whether a desk phone reports from this address.
    pub(super) fn is_home_of(&self, peer: IpAddr) -> bool {
        let reports = |phone: &Phone| matches!(phone.place, Place::Lan { address: Some(own), .. } if own == peer);
        self.read().iter().any(|(phone, _)| reports(phone))
    }

    /// All phones, in the order in which they were added.
    #[must_use]
    pub fn phones(&self) -> Vec<Phone> {
        self.read().iter().map(|(phone, _)| phone.clone()).collect()
    }

    /// Whether this phone's reports are refused because the secret store did not give its token.
    #[must_use]
    pub fn lacks_token(&self, name: &str) -> bool {
        let phones = self.read();
        phones
            .iter()
            .any(|(phone, token)| same(&phone.name, name) && token.is_none())
    }

    /// Whose token this is. Takes as long for a wrong one as for a right one, whichever phone it is.
    pub(super) fn phone_with(&self, offered: &str) -> Option<Phone> {
        let phones = self.read();
        let mut place = u32::MAX;
        for (number, (_, token)) in (0_u32..).zip(phones.iter()) {
            let equal = token
                .as_ref()
                .map_or(Choice::from(0), |token| token.0.as_bytes().ct_eq(offered.as_bytes()));
            place = u32::conditional_select(&place, &number, equal);
        }
        let (phone, _) = phones.get(usize::try_from(place).ok()?)?;
        Some(phone.clone())
    }

    pub(super) fn seen(&self, name: &str, now: Timestamp) {
        if let Some((phone, _)) = self.write().iter_mut().find(|(phone, _)| phone.name == name) {
            phone.last_seen = Some(now);
        }
    }

    fn refuse_twice(&self, name: &str) -> Result<()> {
        let phones = self.read();
        if phones.iter().any(|(phone, _)| same(&phone.name, name)) {
            return Err(
                Error::new(Kind::Conflict, "add_phone", "there is a phone with this name already")
                    .hint("Take another name, or remove that phone first")
                    .field("name"),
            );
        }
        if phones.len() >= MOST_PHONES {
            return Err(Error::new(
                Kind::Invalid,
                "add_phone",
                format!("there are {MOST_PHONES} phones already"),
            )
            .hint("Remove one that is no longer used"));
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<(Phone, Option<Token>)>> {
        self.phones.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<(Phone, Option<Token>)>> {
        self.phones.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(name: &str) -> String {
    format!("phone/{}", name.to_lowercase())
}

fn same(one: &str, two: &str) -> bool {
    one.to_lowercase() == two.trim().to_lowercase()
}

fn checked(name: &str) -> Result<String> {
    let name = name.trim();
    let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_' | '.');
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(allowed) {
        return Err(Error::new(Kind::Invalid, "add_phone", "this is not a name for a phone")
            .hint(format!(
                "Use up to {LONGEST_NAME} letters, digits, spaces, dots and dashes, such as \"Desk phone\""
            ))
            .field("name"));
    }
    Ok(name.to_owned())
}
