//! How the server wanted the password proved when it accepted it: it gets no weaker proof later, and no other name gets one.
//!
//! In clear text somebody on the way can take the better challenges out of an answer, or write one of their own, to be given
//! a proof that they can guess the password by. The first challenge has to be believed; from then on they are too late. It
//! outlives the program as a text of one line, which is kept beside the password:
//!
//! ```text
//! algorithm=SHA-256;qop;realm=pbx.example.com
//! algorithm=MD5;realm=the realm is the rest of the line; whatever that is
//! ```

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ringside_domain::{Error, Result};
use tokio::sync::watch;

use super::digest::{Algorithm, Challenge, LONGEST_REALM, Strength};
use crate::kinds::invalid;

/// A realm, and the weakest proof that was ever accepted together with it at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    pub realm: String,
    pub strength: Strength,
}

/// What a challenge has against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    OtherRealm,
    Weaker,
}

impl Pin {
    /// Reads what [`Display`](fmt::Display) wrote. `None`: it is something else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (algorithm, rest) = text.strip_prefix("algorithm=")?.split_once(';')?;
        let (salted, rest) = match rest.strip_prefix("qop;") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let algorithm = Algorithm::ALL.into_iter().find(|known| known.name() == algorithm)?;
        let realm = rest.strip_prefix("realm=")?;
        if realm.len() > LONGEST_REALM || realm.chars().any(char::is_control) {
            return None;
        }
        Some(Self {
            realm: realm.to_owned(),
            strength: Strength { algorithm, salted },
        })
    }

    /// What is known when this challenge is answered too.
    pub(super) fn and(before: Option<Self>, challenge: &Challenge) -> Self {
        let strength = challenge.strength();
        Self {
            realm: challenge.realm.clone(),
            strength: before.map_or(strength, |before| before.strength.weaker(strength)),
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let salted = if self.strength.salted { "qop;" } else { "" };
        write!(
            to,
            "algorithm={};{salted}realm={}",
            self.strength.algorithm.name(),
            self.realm
        )
    }
}

/// The pin of one phone, for all its connections and runs.
pub(crate) struct Pinned {
    pin: Mutex<Option<Pin>>,
    told: watch::Sender<Option<String>>,
}

impl Pinned {
    /// By what was kept of an earlier run. The receiver hears of every change.
    ///
    /// # Errors
    /// [`Kind::Invalid`](ringside_domain::Kind::Invalid), field `password`: what was kept can't be read. Were it left out, the server could ask for any
    /// proof.
    pub(crate) fn to(kept: Option<&str>) -> Result<(Self, watch::Receiver<Option<String>>)> {
        let pin = match kept {
            Some(text) => Some(Pin::read(text).ok_or_else(unreadable)?),
            None => None,
        };
        let (told, hears) = watch::channel(pin.as_ref().map(Pin::to_string));
        let pin = Mutex::new(pin);
        Ok((Self { pin, told }, hears))
    }

    pub(super) fn now(&self) -> Option<Pin> {
        self.lock().clone()
    }

    /// The server took the password, proved like this.
    pub(super) fn accepted(&self, pin: Pin) {
        let text = pin.to_string();
        *self.lock() = Some(pin);
        self.told.send_if_modified(|told| {
            let differs = told.as_ref() != Some(&text);
            *told = Some(text);
            differs
        });
    }

    /// # Errors
    /// It must not be answered. A better one may be, and is what counts from then on.
    pub(super) fn check(&self, challenge: &Challenge) -> std::result::Result<(), Refused> {
        match &*self.lock() {
            Some(pin) if pin.realm != challenge.realm => Err(Refused::OtherRealm),
            Some(pin) if !challenge.strength().is_at_least(pin.strength) => Err(Refused::Weaker),
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pin>> {
        self.pin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unreadable() -> Error {
    invalid(
        "password",
        "What was kept of how the server takes the password can't be read",
    )
    .hint("Change this phone and type its password again")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use ringside_domain::Kind;

    use super::*;
    use crate::sip::wire::message::Head;

    fn challenge(algorithm: &str, qop: &str, realm: &str) -> Challenge {
        let line = format!("WWW-Authenticate: Digest realm=\"{realm}\", nonce=\"n\"{algorithm}{qop}\r\n");
        let head = Head::read(format!("SIP/2.0 401 Unauthorized\r\n{line}\r\n").as_bytes());
        Challenge::of(&head.unwrap(), false).unwrap()
    }

    const QOP: &str = ", qop=\"auth\"";
    const SHA: &str = ", algorithm=SHA-256";

    #[test]
    fn as_good_as_before_and_under_the_same_name() {
        let (weaker, other) = (Err(Refused::Weaker), Err(Refused::OtherRealm));
        for (pin, challenge, checked) in [
            ("algorithm=SHA-256;qop;realm=pbx", challenge(SHA, QOP, "pbx"), Ok(())),
            ("algorithm=SHA-256;qop;realm=pbx", challenge("", QOP, "pbx"), weaker),
            ("algorithm=SHA-256;qop;realm=pbx", challenge(SHA, "", "pbx"), weaker),
            ("algorithm=SHA-256;qop;realm=pbx", challenge(SHA, QOP, "PBX"), other),
            ("algorithm=MD5;realm=pbx", challenge("", "", "pbx"), Ok(())),
            ("algorithm=MD5;realm=pbx", challenge(SHA, QOP, "pbx"), Ok(())),
            ("algorithm=MD5;qop;realm=pbx", challenge("", "", "pbx"), weaker),
            // Ours goes into the proof in another place.
            (
                "algorithm=MD5;qop;realm=pbx",
                challenge(", algorithm=MD5-sess", "", "pbx"),
                Ok(()),
            ),
            ("algorithm=MD5;realm=", challenge("", QOP, ""), Ok(())),
        ] {
            let (pinned, hears) = Pinned::to(Some(pin)).unwrap();
            assert_eq!(hears.borrow().as_deref(), Some(pin));
            assert_eq!(pinned.check(&challenge), checked, "{pin}: {challenge:?}");
        }
        assert_eq!(Pinned::to(None).unwrap().0.check(&challenge("", "", "any")), Ok(()));
    }

    #[test]
    fn the_weakest_of_what_is_proved_at_one_time_counts() {
        let first = Pin::and(None, &challenge(SHA, QOP, "pbx"));
        let both = Pin::and(Some(first.clone()), &challenge("", "", "pbx"));
        assert_eq!(first.to_string(), "algorithm=SHA-256;qop;realm=pbx");
        assert_eq!(both.to_string(), "algorithm=MD5;realm=pbx");
        let (pinned, hears) = Pinned::to(None).unwrap();
        assert_eq!(*hears.borrow(), None);
        pinned.accepted(both);
        pinned.accepted(first);
        assert_eq!(hears.borrow().as_deref(), Some("algorithm=SHA-256;qop;realm=pbx"));
    }

    #[test]
    fn what_is_no_pin() {
        for text in [
            "",
            "algorithm=",
            "algorithm=SHA-256",
            "algorithm=SHA3-512;realm=pbx",
            "algorithm=SHA-256;realm",
            "algorithm=SHA-256;qop",
            "algorithm=SHA-256;qop;realm=p\nbx",
            &format!("algorithm=MD5;realm={}", "r".repeat(LONGEST_REALM + 1)),
        ] {
            assert_eq!(Pin::read(text), None, "{text}");
            // It does not count as none: that would be the way around it.
            let error = Pinned::to(Some(text)).map(drop).unwrap_err();
            assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("password")));
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(text in "(algorithm=)?(MD5|SHA-256|SHA-512-256)?;?(qop;)?(realm=)?.{0,40}") {
            if let Some(pin) = Pin::read(&text) {
                prop_assert_eq!(pin.to_string(), text);
            }
        }

        #[test]
        fn any_realm_comes_back(realm in "[^\\p{Cc}]{0,60}", salted: bool, at in 0..Algorithm::ALL.len()) {
            let pin = Pin { realm, strength: Strength { algorithm: Algorithm::ALL[at], salted } };
            prop_assert_eq!(Pin::read(&pin.to_string()), Some(pin));
        }
    }
}
