//! The page that the browser shows in the end: small, in English or German, and nothing in it that runs or is loaded.

use std::{borrow::Cow, sync::LazyLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::{
    Response, StatusCode,
    header::{self, HeaderValue},
};
use sha2::{Digest, Sha256};

use crate::markup::escaped;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1.5rem}\
h1{font-size:1.4rem}:root{color-scheme:light dark}";

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
}

impl Language {
    /// The one of the two that the browser likes better; English for everybody else.
    pub(super) fn of(accept_language: Option<&str>) -> Self {
        let mut best = (0.0, Self::English);
        for wish in accept_language.unwrap_or_default().split(',').take(20) {
            let (tag, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
            let weight: f32 = weight
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.parse().ok())
                .unwrap_or(0.0);
            let language = match tag.trim().split('-').next().map(str::to_ascii_lowercase).as_deref() {
                Some("en") => Self::English,
                Some("de") => Self::German,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

pub(super) enum Said<'a> {
    /// The browser brought what we waited for. Whether it is worth anything is not known yet, so the page doesn't say.
    Done {
        provider: &'a str,
    },
    /// The provider, or the person there, said no; `words` are the provider's, cleaned.
    Refused {
        provider: &'a str,
        words: Option<&'a str>,
    },
    /// Not the answer that is waited for, or no longer.
    Stray,
    NothingHere,
}

pub(super) fn page(status: StatusCode, language: Language, said: &Said<'_>) -> Response<String> {
    let (title, lines) = text(language, said);
    let code = match language {
        Language::English => "en",
        Language::German => "de",
    };
    let lines: String = lines.iter().map(|line| format!("<p>{}</p>", escaped(line))).collect();
    let title = escaped(&title);
    let mut response = Response::new(format!(
        "<!doctype html><html lang=\"{code}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style>\
         <h1>{title}</h1>{lines}</html>"
    ));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONNECTION, "close"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn text(language: Language, said: &Said<'_>) -> (Cow<'static, str>, Vec<String>) {
    match (language, said) {
        (Language::English, Said::Done { provider }) => (
            "You can close this window".into(),
            vec![format!("{provider} has sent you back to Ringside, where it goes on now.")],
        ),
        (Language::German, Said::Done { provider }) => (
            "Sie können dieses Fenster schließen".into(),
            vec![format!("{provider} hat Sie zu Ringside zurückgeschickt. Dort geht es jetzt weiter.")],
        ),
        (Language::English, Said::Refused { provider, words }) => (
            format!("{provider} did not sign you in").into(),
            words
                .map(|words| format!("{provider} says: {words}"))
                .into_iter()
                .chain(["Go back to Ringside and try again. You can close this window.".to_owned()])
                .collect(),
        ),
        (Language::German, Said::Refused { provider, words }) => (
            format!("{provider} hat Sie nicht angemeldet").into(),
            words
                .map(|words| format!("{provider} meldet: {words}"))
                .into_iter()
                .chain([
                    "Gehen Sie zurück zu Ringside und versuchen Sie es noch einmal. Sie können dieses Fenster schließen."
                        .to_owned(),
                ])
                .collect(),
        ),
        (Language::English, Said::Stray) => (
            "Ringside is not waiting for this answer".into(),
            vec!["Close this window and sign in again from Ringside.".to_owned()],
        ),
        (Language::German, Said::Stray) => (
            "Auf diese Antwort wartet Ringside nicht".into(),
            vec!["Schließen Sie dieses Fenster und melden Sie sich von Ringside aus noch einmal an.".to_owned()],
        ),
        (Language::English, Said::NothingHere) => ("There is nothing here".into(), Vec::new()),
        (Language::German, Said::NothingHere) => ("Hier ist nichts".into(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_the_browser_likes_better() {
        let cases = [
            (None, Language::English),
            (Some("de-DE,de;q=0.9,en;q=0.8"), Language::German),
            (Some("en-GB,de;q=0.9"), Language::English),
            (Some("fr, en;q=0.3, de;q=0.7"), Language::German),
            (Some("fr"), Language::English),
            (Some("de;q=0"), Language::English),
            (Some(",;;q=x,\u{0},de;q=NaN"), Language::English),
        ];
        for (header, language) in cases {
            assert_eq!(Language::of(header), language, "{header:?}");
        }
    }

    #[test]
    fn what_a_provider_says_stays_text() {
        let said = Said::Refused {
            provider: "A&B",
            words: Some("<script>alert('x')</script>"),
        };
        let body = page(StatusCode::OK, Language::English, &said).into_body();
        assert!(
            body.contains("A&amp;B says: &lt;script&gt;alert(&apos;x&apos;)"),
            "{body}"
        );
        assert!(!body.contains("<script"), "{body}");
    }
}
