//! Refusals that pass by themselves: what was asked for would be granted a while later.
//!
//! A refused refresh token is remembered, and sends the person to the browser; whoever only said "not now" must not be taken
//! for that. The standards have a status for it (429) and hardly a word, so vendors say it in words of their own, with any
//! status, 200 included. Each line below names who says it, and where that is written. The codes of RFC 6749 (5.2) about the
//! token, the client or the person stay what they are, whatever stands beside them, but for the few vendors who throttle with
//! one of those.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Later {
    /// We asked too often.
    TooOften,
    /// They have trouble of their own.
    Down,
}

/// An answer without a token.
#[derive(Clone, Copy, Default)]
pub(super) struct Refusal<'a> {
    pub status: u16,
    pub refreshes: bool,
    /// It came with a `Retry-After`.
    pub names_a_pause: bool,
    /// `error`, where that is one word.
    pub code: &'a str,
    /// `error`, where that is a sentence.
    pub sentence: &'a str,
    /// Everything that it says, or the beginning of a page in its place.
    pub text: &'a str,
}

impl Refusal<'_> {
    /// The server, or whatever stands before it: what its page says is not about us.
    pub(super) fn is_down(&self) -> bool {
        self.status == 408 || self.status >= 500
    }
}

/// Said beside `invalid_grant`, and means a pause all the same.
const IN_ANY_CASE: [&str; 3] = [
    // Microsoft: "client and server throttling" in the documentation of MSAL; a refresh token that was shown too often in a row.
    "aadsts50196",
    // Microsoft, "Microsoft Entra authentication and authorization error codes": TenantThrottlingError.
    "aadsts90055",
    // Salesforce: restforce/restforce#412; 3,600 sign-ins of one person in an hour.
    "login rate exceeded",
];

/// A new sign-in cures these, or another client, and no pause does.
const NEVER: [&str; 11] = [
    // RFC 6749, 5.2.
    "invalid_grant",
    "invalid_client",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
    // RFC 8628, 3.5.
    "expired_token",
    // OpenID Connect Core, 3.1.2.6; Microsoft sends them from the token endpoint.
    "interaction_required",
    "login_required",
    "consent_required",
    // Zoho's `invalid_grant` and `invalid_client`.
    "invalid_code",
    "invalid_client_secret",
];

const CODES: [(&str, Later); 4] = [
    // RFC 6749, 4.1.2.1, of the other endpoint; Microsoft and others have them here, too.
    ("temporarily_unavailable", Later::Down),
    ("server_error", Later::Down),
    // Salesforce, of which it says that it passes.
    ("unknown_error", Later::Down),
    // RFC 8628, 3.5.
    ("slow_down", Later::TooOften),
];

/// Parts of what they say or of their codes, in small letters and with blanks for dashes.
const WORDS: [&str; 5] = [
    // Zoho at 400 and, by its "Kaizen #43", at 200: "You have made too many requests continuously"; Microsoft beside 429.
    "too many requests",
    // Microsoft, of a tenant: "There are too many incoming requests".
    "too many incoming requests",
    // Exact Online at 400, with `access_denied`: "Rate limit exceeded: access_token not expired" (websmurf/laravel-exact-online#31);
    // HubSpot: "You have reached your rate limit" (PostHog/posthog#64726); Google: `rate_limit_exceeded`.
    "rate limit",
    // RingCentral, CMN-301: "Request rate exceeded".
    "rate exceeded",
    // Google at 403, as a page: "your computer or network may be sending automated queries" (googleapis/google-oauth-java-client#57).
    "automated queries",
];

/// Zoho again, and whoever else says when. A locked account (401) says so, too, and so does the page of a server that is down.
const WHEN: [&str; 3] = ["try again after", "try again later", "try after a few minutes"];
const STATUSES_OF_WHEN: [u16; 3] = [200, 400, 403];

/// Whether the answer only says "not now". `None`: it says something else.
pub(super) fn later(refusal: &Refusal<'_>) -> Option<Later> {
    let text = refusal.text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    if refusal.status == 429 || says(&IN_ANY_CASE) {
        return Some(Later::TooOften);
    }
    let code = refusal.code.to_ascii_lowercase();
    if NEVER.contains(&code.as_str()) {
        return None;
    }
    let known = CODES.iter().find(|(known, _)| *known == code);
    if let Some((_, later)) = known {
        return Some(*later);
    }
    if refusal.is_down() {
        return None;
    }
    let text = text.replace(['_', '-'], " ");
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    // Zoho, when it says no more: its manuals have this sentence for the limit of ten tokens in ten minutes, and `invalid_code` for
    // a refresh token that is over ("Token Validity" of its CRM, "Refresh the Access Token" of Zoho Bookings).
    let zoho = refusal.refreshes && refusal.sentence.eq_ignore_ascii_case("access denied");
    // RFC 9110, 10.2.3: a pause that is named is to be waited for. GitHub throttles with 403 and one.
    let named = refusal.names_a_pause && matches!(refusal.status, 400 | 403);
    let when = STATUSES_OF_WHEN.contains(&refusal.status) && says(&WHEN);
    (says(&WORDS) || when || zoho || named).then_some(Later::TooOften)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vendors_say_when_they_were_asked_too_often() {
        let zoho = "You have made too many requests continuously. Please try again after some time";
        let loops =
            "AADSTS50196: The server terminated an operation because it encountered a loop while processing a request";
        let exact = "Rate limit exceeded: access_token not expired";
        for (status, code, sentence, text) in [
            (429, "", "", ""),
            (429, "invalid_grant", "", ""),
            (400, "", "Access Denied", zoho),
            (200, "", "Access Denied", zoho),
            (200, "", "Access Denied", "Access Denied"),
            (400, "access_denied", "", exact),
            (400, "invalid_grant", "", loops),
            (400, "invalid_request", "", "login rate exceeded"),
            (403, "RATE_LIMIT_EXCEEDED", "", "RATE_LIMIT_EXCEEDED"),
            (403, "", "", "<h1>Sorry</h1> … may be sending automated queries."),
            (400, "slow_down", "", ""),
            (400, "", "", "You have reached your rate limit."),
            (200, "", "", "Request rate exceeded"),
        ] {
            let refusal = Refusal {
                status,
                refreshes: true,
                code,
                sentence,
                text,
                ..Refusal::default()
            };
            assert_eq!(later(&refusal), Some(Later::TooOften), "{status} {code} {text}");
        }
    }

    #[test]
    fn a_no_stays_a_no() {
        for (code, sentence, text) in [
            ("invalid_grant", "", "Your session is over, please try again later"),
            ("invalid_code", "", ""),
            ("invalid_client", "", "too many requests with a wrong secret"),
            ("access_denied", "", "Access denied"),
            ("unauthorized", "", "Access is denied"),
            (
                "interaction_required",
                "",
                "AADSTS50076: use multi-factor authentication",
            ),
            ("", "", "refresh token is invalid"),
            ("", "The token was revoked", "The token was revoked"),
            ("", "", ""),
        ] {
            for status in [200, 400, 401, 403] {
                let refusal = Refusal {
                    status,
                    refreshes: true,
                    code,
                    sentence,
                    text,
                    ..Refusal::default()
                };
                assert_eq!(later(&refusal), None, "{status} {code} {sentence} {text}");
            }
        }
        // The sentence alone is documented of refreshes only.
        let first = Refusal {
            status: 200,
            sentence: "Access Denied",
            text: "Access Denied",
            ..Refusal::default()
        };
        assert_eq!(later(&first), None);
    }

    #[test]
    fn a_server_that_is_down_and_a_locked_account_say_nothing_of_too_often() {
        let said = |status, code, text| {
            later(&Refusal {
                status,
                code,
                text,
                ..Refusal::default()
            })
        };
        for status in [401, 408, 500, 502, 503, 504] {
            assert_eq!(said(status, "", "Please try again later."), None, "{status}");
        }
        assert_eq!(said(503, "", "<title>Too Many Requests in the queue</title>"), None);
        for status in [200, 400, 403] {
            assert_eq!(said(status, "", "Please try again later."), Some(Later::TooOften));
        }
        assert_eq!(said(503, "slow_down", ""), Some(Later::TooOften));
        assert_eq!(said(503, "temporarily_unavailable", ""), Some(Later::Down));
        assert_eq!(said(500, "", "AADSTS90055: throttled"), Some(Later::TooOften));
    }

    #[test]
    fn a_named_pause_says_it_without_words() {
        let named = |status, code| {
            later(&Refusal {
                status,
                code,
                names_a_pause: true,
                ..Refusal::default()
            })
        };
        assert_eq!(named(403, ""), Some(Later::TooOften));
        assert_eq!(named(400, "odd"), Some(Later::TooOften));
        assert_eq!(named(400, "invalid_grant"), None);
        assert_eq!(named(401, ""), None);
    }
}
