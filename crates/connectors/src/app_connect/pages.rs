//! Addresses of records in the CRM, from the manifest's `contactPageUrl` and `logPageUrl`.
//!
//! A page lies on the host that its template names, or, where that is `{hostname}`, on the one of the person's CRM; https
//! only, and out on the web, unless the person typed that very host: whoever runs the server must not lead a browser into the
//! network that it stands in. A host that is put together of both (`{hostname}.example.com`) is nobody's word, and has no page. A value is always
//! written as part of a path or of a query: whatever a record's id holds, it cannot lead to another host.

use std::net::IpAddr;

use ringside_domain::Url;

use super::value::plain;

/// What stands for `{hostname}`, `{contactId}`, `{contactType}` and `{logId}`. An id is one of ours, see [`super::value`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tokens<'a> {
    pub hostname: Option<&'a str>,
    pub contact_id: Option<&'a str>,
    pub contact_type: Option<&'a str>,
    pub log_id: Option<&'a str>,
}

/// The page, if every word in braces is known and the result lies where it may.
pub(super) fn page(template: &str, tokens: Tokens) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, behind) = after.split_once('}')?;
        out.push_str(before);
        match word {
            "hostname" => out.push_str(tokens.hostname.filter(|host| is_host(host))?),
            _ if !out.strip_prefix("https://")?.contains('/') => return None,
            "contactId" => escape(plain(tokens.contact_id?), &mut out),
            "contactType" => escape(tokens.contact_type?, &mut out),
            "logId" => escape(plain(tokens.log_id?), &mut out),
            _ => return None,
        }
        rest = behind;
    }
    out.push_str(rest);
    let url = Url::parse(&out).ok()?;
    let safe = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    let host = host_of_template(template, tokens.hostname)?;
    (safe && url.host_str() == Some(host.as_str())).then(|| url.into())
}

/// Whether pages of this template may be opened: on the web, or on a host that the person typed. `hostname` is what stands for
/// `{hostname}`, where it is known by now.
pub(super) fn may_lie(template: &str, hostname: Option<&str>, typed: &[&str]) -> bool {
    let Some(host) = host_of_template(template, hostname) else {
        return true;
    };
    let is_typed =
        |typed: &&str| host_of_template("https://{hostname}/", Some(typed)).is_some_and(|typed| typed == host);
    is_on_the_web(&host) || typed.iter().any(is_typed)
}

/// A name, and none of those that mean something in the network at hand only (RFC 6761, 6762 and 8375, `.internal`, and what
/// routers and companies take).
fn is_on_the_web(host: &str) -> bool {
    const AT_HAND: [&str; 9] = [
        "corp",
        "home",
        "home.arpa",
        "internal",
        "intranet",
        "lan",
        "local",
        "localhost",
        "private",
    ];
    let host = host.trim_end_matches('.');
    let below = |name: &&str| host.strip_suffix(*name).is_some_and(|rest| rest.ends_with('.'));
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    !is_address && host.contains('.') && !AT_HAND.iter().any(below)
}

/// The one host on which pages of this template lie.
fn host_of_template(template: &str, hostname: Option<&str>) -> Option<String> {
    let authority = template.strip_prefix("https://")?.split(['/', '\\', '?', '#']).next()?;
    let host = match authority.strip_prefix("{hostname}") {
        Some(port) if port.is_empty() || port.starts_with(':') => hostname?,
        Some(_) => return None,
        None => authority,
    };
    // A brace that is left makes it no host.
    Url::parse(&format!("https://{host}/"))
        .ok()?
        .host_str()
        .map(str::to_owned)
}

/// A host name, with a port or without; nothing that could end the host part of an address.
pub(super) fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte))
}

/// The host of what a person typed or a manifest says: an address or just a name.
pub(super) fn host_of_text(text: &str) -> Option<String> {
    let text = text.trim();
    let host = match text.split_once("://") {
        Some(_) => Url::parse(text).ok()?.host_str()?.to_owned(),
        None => text.split('/').next()?.to_owned(),
    };
    is_host(&host).then(|| host.to_lowercase())
}

/// Percent-encodes everything but letters, digits and `-._~`, the unreserved characters of RFC 3986.
fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens<'a>(id: &'a str) -> Tokens<'a> {
        Tokens {
            hostname: Some("crm.example.test"),
            contact_id: Some(id),
            contact_type: Some("Lead"),
            log_id: None,
        }
    }

    #[test]
    fn a_page_stays_on_its_host_whatever_the_id_says() {
        let template = "https://{hostname}/{contactType}/{contactId}";
        assert_eq!(
            page(template, tokens("s:17")).as_deref(),
            Some("https://crm.example.test/Lead/17")
        );
        assert_eq!(
            page(template, tokens("../?a=b#c/@evil.test")).as_deref(),
            Some("https://crm.example.test/Lead/..%2F%3Fa%3Db%23c%2F%40evil.test")
        );
        for template in [
            "http://{hostname}/{contactId}",
            "https://{contactId}/",
            "https://a@{hostname}/{contactId}",
            "javascript:{contactId}",
            "https://{hostname}/{logId}",
            "https://{hostname}/{other}",
            "https://{hostname}/{contactId",
            "https://{hostname}{contactId}/",
            "https://{hostname}.evil.test/{contactId}",
            "https://evil-{hostname}/{contactId}",
            "https://{hostname}:443@evil.test/{contactId}",
            "https:/\\evil.test/{contactId}",
        ] {
            assert_eq!(page(template, tokens("7")), None, "{template}");
        }
        let hostile = Tokens {
            hostname: Some("evil.test/@crm"),
            ..tokens("7")
        };
        assert_eq!(page(template, hostile), None);
        for (template, its_page) in [
            ("https://app.example.test/{contactId}", "https://app.example.test/7"),
            (
                "https://{hostname}:8443/{contactId}?at={hostname}",
                "https://crm.example.test:8443/7?at=crm.example.test",
            ),
        ] {
            assert_eq!(page(template, tokens("7")).as_deref(), Some(its_page));
        }
    }

    #[test]
    fn a_page_lies_on_the_web_or_where_the_person_typed() {
        for (template, hostname, web) in [
            ("https://app.example.com/{contactId}", None, true),
            ("https://192.168.1.1/{contactId}", None, false),
            ("https://0x7f.1/{contactId}", None, false),
            ("https://[::1]:8443/{contactId}", None, false),
            ("https://2130706433/{contactId}", None, false),
            ("https://localhost/{contactId}", None, false),
            ("https://a.localhost./{contactId}", None, false),
            ("https://router/{contactId}", None, false),
            ("https://nas.local/{contactId}", None, false),
            ("https://x.Internal/{contactId}", None, false),
            ("https://box.home.arpa/{contactId}", None, false),
            ("https://thelocal.se/{contactId}", None, true),
            ("https://{hostname}/{contactId}", Some("crm.example.com"), true),
            ("https://{hostname}:8443/{contactId}", Some("10.0.0.7"), false),
            ("https://{hostname}/{contactId}", Some("crm.local:8443"), false),
        ] {
            assert_eq!(may_lie(template, hostname, &[]), web, "{template} {hostname:?}");
            let typed = ["192.168.1.1", "nas.local", "10.0.0.7", "crm.local:8443", "router"];
            let is_typed = ["168", "nas", "{hostname}", "router"]
                .iter()
                .any(|part| template.contains(part));
            assert_eq!(
                may_lie(template, hostname, &typed),
                web || is_typed,
                "{template} {hostname:?}"
            );
        }
    }

    #[test]
    fn hosts_are_read_from_addresses_and_names() {
        assert_eq!(
            host_of_text(" https://Crm.Example.test:8443/x ").as_deref(),
            Some("crm.example.test")
        );
        assert_eq!(host_of_text("crm.example.test/x").as_deref(), Some("crm.example.test"));
        assert_eq!((host_of_text("a b"), host_of_text("")), (None, None));
    }
}
