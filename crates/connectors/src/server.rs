//! A server's address as people type it: with or without `https://`, with half a page's path behind it, or a whole link
//! copied from the browser.

use ringside_domain::{Error, Kind, Result, TypedHost, Url, http::host_of};

/// A typed server address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// No slash at its end and no path: `https://crm.example.com:8443`.
    pub origin: String,
    pub host: TypedHost,
    /// What was typed behind the host, without a slash at its end: empty, or `/crm`.
    pub path: String,
}

impl Server {
    /// Reads what was typed. https is assumed; http is for servers on this computer only.
    ///
    /// # Errors
    /// [`Kind::Invalid`] on the field `server`, with what is wrong.
    pub fn read(typed: &str) -> Result<Self> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(wrong("The address of the server is missing"));
        }
        let whole = if typed.contains("://") {
            typed.to_owned()
        } else {
            format!("https://{typed}")
        };
        let url = Url::parse(&whole).map_err(|_| wrong("This is not an address of a server"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("There is a user name or password in the address")
                .hint("Type the address alone; keys and passwords have fields of their own"));
        }
        let host = host_of(&url).ok_or_else(|| wrong("This is not an address of a server"))?;
        let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(
                    wrong("This address begins with http://, and what is sent there could be read on the way")
                        .hint("Type it with https://; plain http is for servers on this computer only"),
                );
            }
            _ => return Err(wrong("The address must begin with https://")),
        }
        let port = url
            .port_or_known_default()
            .ok_or_else(|| wrong("The address has no port"))?;
        let shown = url.host_str().unwrap_or_default().trim_end_matches('.');
        let origin = match url.port() {
            Some(port) => format!("{}://{shown}:{port}", url.scheme()),
            None => format!("{}://{shown}", url.scheme()),
        };
        Ok(Self {
            origin,
            host: TypedHost { host, port },
            path: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

fn wrong(message: &'static str) -> Error {
    Error::new(Kind::Invalid, "connect", message)
        .field("server")
        .hint("It looks like this: crm.example.com")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(typed: &str) -> (String, String, u16, String) {
        let server = Server::read(typed).unwrap();
        (server.origin, server.host.host, server.host.port, server.path)
    }

    fn as_read(origin: &str, host: &str, port: u16, path: &str) -> (String, String, u16, String) {
        (origin.into(), host.into(), port, path.into())
    }

    #[test]
    fn addresses_are_read_as_people_type_them() {
        let acme = |path| as_read("https://acme.pipedrive.com", "acme.pipedrive.com", 443, path);
        assert_eq!(read("acme.pipedrive.com"), acme(""));
        assert_eq!(read("  HTTPS://Acme.Pipedrive.com/ "), acme(""));
        assert_eq!(read("https://acme.pipedrive.com/deals?x=1#y"), acme("/deals"));
        assert_eq!(read("acme.pipedrive.com:443"), acme(""));
        assert_eq!(
            read("crm.example.com:8443/crm/"),
            as_read("https://crm.example.com:8443", "crm.example.com", 8443, "/crm")
        );
        assert_eq!(
            read("http://localhost:8080"),
            as_read("http://localhost:8080", "localhost", 8080, "")
        );
        assert_eq!(
            read("http://[::1]:8080/"),
            as_read("http://[::1]:8080", "::1", 8080, "")
        );
        assert_eq!(read("bücher.example").1, "xn--bcher-kva.example");
    }

    #[test]
    fn what_is_no_server_is_refused_with_words() {
        for (typed, words) in [
            ("", "missing"),
            ("https://", "not an address"),
            ("a b", "not an address"),
            ("http://crm.example.com", "could be read on the way"),
            ("http://10.0.0.7", "could be read on the way"),
            ("ftp://crm.example.com", "must begin with https"),
            ("https://me:secret@crm.example.com", "user name or password"),
        ] {
            let error = Server::read(typed).unwrap_err();
            assert!(error.message.contains(words), "{typed}: {error}");
            assert_eq!(error.field.as_deref(), Some("server"));
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
