//! Proving that we know the password, without sending it (RFC 3261 §22, RFC 7616, RFC 8760).
//!
//! ```text
//! WWW-Authenticate: Digest realm="pbx", nonce="n", algorithm=SHA-256, qop="auth"     one line for each algorithm
//! Authorization: Digest username="201", realm="pbx", nonce="n", uri="sip:201@pbx", response="…", qop=auth, …
//! ```

use md5::Md5;
use ringside_domain::credentials::Secret;
use sha2::{Sha256, Sha512_256};

use super::message::Head;

/// In the order in which they are preferred: the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    Md5,
    Sha256,
    Sha512_256,
}

/// How hard it is to guess the password by a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strength {
    pub algorithm: Algorithm,
    /// Something of ours goes into it too, so that no list of proofs can be made beforehand.
    pub salted: bool,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::Md5, Self::Sha256, Self::Sha512_256];

    /// As RFC 7616 §6.1 writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }
}

impl Strength {
    #[must_use]
    pub fn is_at_least(self, least: Self) -> bool {
        self.algorithm >= least.algorithm && self.salted >= least.salted
    }

    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        Self {
            algorithm: self.algorithm.min(other.algorithm),
            salted: self.salted && other.salted,
        }
    }
}

/// In bytes. It is kept for as long as the phone, in a keyring that takes no more than a few; no server has such a name.
pub const LONGEST_REALM: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    /// RFC 2069: nothing of ours goes into the proof.
    None,
    Auth,
    AuthInt,
}

/// The challenge that will be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub realm: String,
    /// The password was right, only the nonce was too old.
    pub stale: bool,
    pub algorithm: Algorithm,
    nonce: String,
    opaque: Option<String>,
    /// As the server wrote it; some want it back, some don't know it.
    named: Option<String>,
    session: bool,
    quality: Quality,
    proxy: bool,
}

/// Why no challenge can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// A challenge without a challenge.
    Missing,
    /// Only ways that are not Digest, or Digest of a kind that we don't know.
    Unknown,
}

impl Challenge {
    /// The strongest challenge of a 401 or 407 that can be answered.
    ///
    /// # Errors
    /// There is none.
    pub fn of(head: &Head, proxy: bool) -> Result<Self, Unusable> {
        let name = if proxy {
            "proxy-authenticate"
        } else {
            "www-authenticate"
        };
        let mut error = Unusable::Missing;
        let mut best: Option<Self> = None;
        for value in head.all(name) {
            match Self::read(value, proxy) {
                Some(challenge) if best.as_ref().is_none_or(|best| best.strength() < challenge.strength()) => {
                    best = Some(challenge);
                }
                Some(_) => {}
                None => error = Unusable::Unknown,
            }
        }
        best.ok_or(error)
    }

    fn read(value: &str, proxy: bool) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut challenge = Self {
            realm: String::new(),
            stale: false,
            algorithm: Algorithm::Md5,
            nonce: String::new(),
            opaque: None,
            named: None,
            session: false,
            quality: Quality::None,
            proxy,
        };
        let (mut realm, mut nonce) = (false, false);
        for (name, value) in parameters(rest) {
            match name.as_str() {
                "realm" => (challenge.realm, realm) = (value, true),
                "nonce" => (challenge.nonce, nonce) = (value, true),
                "opaque" => challenge.opaque = Some(value),
                "stale" => challenge.stale = value.eq_ignore_ascii_case("true"),
                "algorithm" => {
                    (challenge.algorithm, challenge.session) = algorithm(&value)?;
                    challenge.named = Some(value);
                }
                "qop" => challenge.quality = quality(&value)?,
                _ => {}
            }
        }
        let fits = |text: &str| !text.chars().any(char::is_control);
        let named = fits(&challenge.realm) && challenge.realm.len() <= LONGEST_REALM;
        let whole = realm && nonce && named && fits(&challenge.nonce);
        (whole && challenge.opaque.as_deref().is_none_or(fits)).then_some(challenge)
    }

    #[must_use]
    pub fn strength(&self) -> Strength {
        Strength {
            algorithm: self.algorithm,
            salted: self.session || self.quality != Quality::None,
        }
    }

    /// The name of the header that answers it.
    #[must_use]
    pub const fn header(&self) -> &'static str {
        if self.proxy {
            "Proxy-Authorization"
        } else {
            "Authorization"
        }
    }

    /// The header that answers it: name and value. The body of the request is empty.
    #[must_use]
    pub fn answer(
        &self,
        login: &str,
        password: &Secret,
        method: &str,
        uri: &str,
        cnonce: &str,
    ) -> (&'static str, String) {
        const COUNT: &str = "00000001";
        let hash = |parts: &[&[u8]]| hash(self.algorithm, parts);
        let mut secret = hash(&[login.as_bytes(), self.realm.as_bytes(), password.expose()]);
        if self.session {
            secret = hash(&[secret.as_bytes(), self.nonce.as_bytes(), cnonce.as_bytes()]);
        }
        let what = match self.quality {
            Quality::AuthInt => hash(&[method.as_bytes(), uri.as_bytes(), hash(&[b""]).as_bytes()]),
            Quality::None | Quality::Auth => hash(&[method.as_bytes(), uri.as_bytes()]),
        };
        let quality = match self.quality {
            Quality::None => None,
            Quality::Auth => Some("auth"),
            Quality::AuthInt => Some("auth-int"),
        };
        let response = match quality {
            None => hash(&[secret.as_bytes(), self.nonce.as_bytes(), what.as_bytes()]),
            Some(quality) => hash(&[
                secret.as_bytes(),
                self.nonce.as_bytes(),
                COUNT.as_bytes(),
                cnonce.as_bytes(),
                quality.as_bytes(),
                what.as_bytes(),
            ]),
        };
        let mut value = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            quoted(login),
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(uri),
        );
        if let Some(named) = &self.named {
            value.push_str(", algorithm=");
            value.push_str(named);
        }
        if let Some(opaque) = &self.opaque {
            value.push_str(", opaque=");
            value.push_str(&quoted(opaque));
        }
        if let Some(quality) = quality {
            value.push_str(&format!(", qop={quality}, nc={COUNT}, cnonce={}", quoted(cnonce)));
        } else if self.session {
            value.push_str(&format!(", cnonce={}", quoted(cnonce)));
        }
        (self.header(), value)
    }
}

fn algorithm(name: &str) -> Option<(Algorithm, bool)> {
    let name = name.to_ascii_lowercase();
    let (base, session) = match name.strip_suffix("-sess") {
        Some(base) => (base, true),
        None => (name.as_str(), false),
    };
    let algorithm = match base {
        "md5" => Algorithm::Md5,
        "sha-256" => Algorithm::Sha256,
        "sha-512-256" => Algorithm::Sha512_256,
        _ => return None,
    };
    Some((algorithm, session))
}

/// Of what is offered, `auth` is enough: our requests have no body that could be changed on the way.
fn quality(offered: &str) -> Option<Quality> {
    let offers = |name: &str| offered.split(',').any(|offer| offer.trim().eq_ignore_ascii_case(name));
    if offers("auth") {
        Some(Quality::Auth)
    } else if offers("auth-int") {
        Some(Quality::AuthInt)
    } else {
        None
    }
}

/// The hash over the parts with colons between them, in hex.
fn hash(algorithm: Algorithm, parts: &[&[u8]]) -> String {
    fn over<D: sha2::Digest>(parts: &[&[u8]]) -> String {
        let mut hash = D::new();
        for (at, part) in parts.iter().enumerate() {
            if at != 0 {
                hash.update(b":");
            }
            hash.update(part);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
    match algorithm {
        Algorithm::Md5 => over::<Md5>(parts),
        Algorithm::Sha256 => over::<Sha256>(parts),
        Algorithm::Sha512_256 => over::<Sha512_256>(parts),
    }
}

/// `name=value, name="value"`, with quotes and escapes taken off the values.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once('=') {
        let name = name.trim_matches(|letter: char| letter == ',' || letter.is_whitespace());
        let behind = behind.trim_start();
        let value;
        (value, rest) = match behind.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = behind.find(',').unwrap_or(behind.len());
                (behind[..end].trim().to_owned(), &behind[end..])
            }
        };
        found.push((name.to_ascii_lowercase(), value));
    }
    found
}

/// What stands before the closing quote, and what behind it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => {
                escaped = false;
                value.push(letter);
            }
            '\\' => escaped = true,
            '"' => return (value, &text[at + 1..]),
            letter => value.push(letter),
        }
    }
    (value, "")
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
