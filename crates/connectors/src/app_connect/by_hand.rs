//! Signing in where the browser can't come back by itself: most connectors end a sign-in on a page of the vendor's, and the
//! person brings the address of it here.
//!
//! Whoever gets a person to paste an address of theirs would sign them in as somebody else. So the page is opened with a
//! `state` that nobody can guess, which must be in the address, is good for an hour, and for once. The server isn't told: it
//! looks for the platform in `state`, and some versions find it only where nothing stands behind it.

use std::time::Duration;

use ringside_domain::{Cx, Error, Kind, Result, Timestamp, Url, connector::Account, credentials::Secret};
use serde_json::{Value, json};

use super::{
    AppConnect,
    back::Back,
    login::{loopback, state},
    manifest::{Auth, OAuth, SignInPage},
    value::text,
    wire::Span,
};

/// What the connection's memory holds a begun sign-in under: its `state` and until when it is good, in milliseconds.
const BEGUN: &str = "sign_in";
/// A person may have to ask for a password; the provider's code itself is over in minutes.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);

impl AppConnect {
    /// Where a person signs in by hand, for connectors that send the browser to a page of their vendor. `None`: not needed.
    ///
    /// # Errors
    /// As for reading the manifest; with Bullhorn also when it can't be asked where the person's data are.
    pub async fn sign_in_page(&self, cx: Cx) -> Result<Option<Url>> {
        let span = Span::of(&cx);
        let manifest = self.manifest(&span).await?;
        let Auth::OAuth(oauth) = &manifest.auth else {
            return Ok(None);
        };
        if loopback(&oauth.redirect).is_some() {
            return Ok(None);
        }
        let (mut url, scope) = self.page(&span, &manifest, oauth).await?;
        if oauth.page == SignInPage::Redirect {
            self.begins("").await;
            return Ok(Some(url));
        }
        // In front of the platform: pages that read it there take all that stands behind it.
        let state = format!("n={}&{}", self.parts.sign_in.state(), state(&manifest, oauth));
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &oauth.client_id);
            if !scope.is_empty() {
                query.append_pair("scope", &scope);
            }
            query
                .append_pair("state", &state)
                .append_pair("redirect_uri", &oauth.redirect);
        }
        self.begins(&state).await;
        Ok(Some(url))
    }

    /// Ends a sign-in by hand with the address at which the browser ended.
    ///
    /// # Errors
    /// [`Kind::Invalid`] when it is no such address, or that of another sign-in; else as [`AppConnect::sign_in`].
    pub async fn finish_sign_in(&self, cx: Cx, pasted: Secret) -> Result<Account> {
        let span = Span::of(&cx);
        let manifest = self.manifest(&span).await?;
        let wrong = || {
            refused(
                "This is not the address at which the sign-in ends",
                "Copy the whole address of the browser's last page",
            )
        };
        let Auth::OAuth(oauth) = &manifest.auth else {
            return Err(wrong());
        };
        let pasted = std::str::from_utf8(pasted.expose())
            .ok()
            .and_then(|text| Url::parse(text.trim()).ok())
            .ok_or_else(wrong)?;
        let ends = Url::parse(&oauth.redirect).map_err(|_| wrong())?;
        let same = (pasted.origin(), pasted.path()) == (ends.origin(), ends.path());
        let value = |wanted: &str| {
            pasted
                .query_pairs()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
        };
        let code = value("code")
            .filter(|code| same && !code.is_empty())
            .ok_or_else(wrong)?;
        self.ends(oauth, value("state").as_deref()).await?;
        let all = pasted.query_pairs().into_owned().collect();
        let back = Back::to(&oauth.redirect, Secret::new(code.into_bytes()), all);
        let token = self.exchange(&span, &manifest, oauth, back).await?;
        self.account(&manifest, &token).await
    }

    async fn begins(&self, state: &str) {
        let until = self.parts.clock.now().wall.plus(GOOD_FOR);
        self.remember(BEGUN, json!({ "state": state, "until": until.0 }).to_string())
            .await;
    }

    /// Whether this is the sign-in that was begun here. What was begun ends with it.
    async fn ends(&self, oauth: &OAuth, state: Option<&str>) -> Result<()> {
        let begun: Value = self
            .recall(BEGUN)
            .await
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let until = begun["until"].as_i64().map(Timestamp);
        if until.is_none_or(|until| until < self.parts.clock.now().wall) {
            return Err(refused(
                "No sign-in was begun here, or it was begun too long ago",
                "Begin the sign-in again",
            ));
        }
        let ours = match text(&begun, "state") {
            Some(ours) => state == Some(ours),
            // A page that leads to the sign-in by itself takes none along.
            None => oauth.page == SignInPage::Redirect && state.is_none(),
        };
        if !ours {
            return Err(refused(
                "This is the address of another sign-in than the one that was begun here",
                "Sign in on the page that Ringside opened, and copy the address at which it ends",
            ));
        }
        self.remember(BEGUN, String::new()).await;
        Ok(())
    }
}

fn refused(message: &'static str, hint: &'static str) -> Error {
    Error::new(Kind::Invalid, "sign_in", message)
        .field("redirect")
        .hint(hint)
}
