//! In which data centre somebody's Bullhorn is: OAuth and REST lie there, and the server is told at the end of a sign-in; and its
//! records' pages, of which the manifest says nothing, because the vendor's client knows them by itself.
//!
//! `GET https://rest.bullhornstaffing.com/rest-services/loginInfo?username=…` answers `{"oauthUrl": "https://auth-west.…/oauth",
//! "restUrl": "https://rest-west.…/rest-services", "atsUrl": "https://bullhorn-west.…"}` to everybody, as Bullhorn documents it
//! and the vendor's client asks it.

use ringside_domain::{Error, HostRules, HttpRequest, Kind, Method, Result, Url, http::host_of};
use serde_json::{Value, json};

use super::{
    AppConnect,
    login_fields::USER_NAME,
    manifest::{Auth, ServerManifest, SignInPage},
    value::text,
    wire::{Span, Step},
};

const LOGIN_INFO: &str = "https://rest.bullhornstaffing.com/rest-services/loginInfo";
/// All data centres have hosts below it.
const HOSTS: &str = "*.bullhornstaffing.com";
const MAX_ANSWER: usize = 64 << 10;
/// The page of a record, as the vendor's client opens it; `{hostname}` is that of the data centre.
pub(super) const PAGE: &str =
    "https://{hostname}/BullhornStaffing/OpenWindow.cfm?Entity={contactType}&id={contactId}&view=Overview";
/// What the connection's memory holds the host of the records' pages under, as JSON with the user whose data centre it is.
const PAGES: &str = "bullhorn_pages";

/// The addresses of one data centre.
pub(super) struct DataCentre {
    pub user_name: String,
    oauth: Url,
    rest: Url,
}

impl DataCentre {
    /// Where the person signs in.
    pub fn page(&self) -> Url {
        let mut page = self.below("authorize");
        // Without it Bullhorn answers whoever asks with a list of its clients.
        page.set_query(Some("action=Login"));
        page
    }

    /// What the server wants to know of it, by the names of its parameters.
    pub fn told(&self) -> [(&'static str, String); 3] {
        [
            ("tokenUrl", self.below("token").into()),
            ("apiUrl", self.rest.to_string()),
            ("username", self.user_name.clone()),
        ]
    }

    fn below(&self, name: &str) -> Url {
        let mut url = self.oauth.clone();
        url.set_path(&format!("{}/{name}", self.oauth.path().trim_end_matches('/')));
        url
    }
}

impl AppConnect {
    fn user_name(&self) -> Option<&str> {
        let name = self.setup.parameters.get(USER_NAME).map(|name| name.trim());
        name.filter(|name| !name.is_empty())
    }

    /// The host of the records' pages, as an earlier question told it. Asks nobody.
    pub(super) async fn recall_pages(&self) {
        let Some(name) = self.user_name() else { return };
        let pages = self.recall(PAGES).await;
        let pages: Value = pages
            .and_then(|pages| serde_json::from_str(&pages).ok())
            .unwrap_or_default();
        if let (Some(user), Some(host)) = (text(&pages, "user"), text(&pages, "host"))
            && user == name
        {
            let _ = self.bullhorn_pages.set(host.to_owned());
        }
    }

    /// Asks for it where nobody knows it: whoever signed in with an older version was not told. Without it, records have no pages.
    pub(super) async fn know_pages(&self, span: &Span, manifest: &ServerManifest) {
        let is_bullhorn = matches!(&manifest.auth, Auth::OAuth(oauth) if oauth.page == SignInPage::Bullhorn);
        if is_bullhorn && self.bullhorn_pages.get().is_none() {
            // What is wrong with the user name is said where the person signs in.
            let _ = self.data_centre(span).await;
        }
    }

    /// Asks Bullhorn, by the user name that stands among the connection's parameters.
    pub(super) async fn data_centre(&self, span: &Span) -> Result<DataCentre> {
        let Some(name) = self.user_name() else {
            return Err(about_the_name("The user name in Bullhorn is missing"));
        };
        let url = Url::parse_with_params(LOGIN_INFO, [("username", name)])
            .map_err(|_| about_the_name("Bullhorn does not know in which data centre this user is"))?;
        let hosts = HostRules {
            allowed: vec![HOSTS.to_owned()],
            typed: None,
        };
        let begun = span.begins(Method::Get, "loginInfo");
        let answer = self
            .wire
            .http
            .send(HttpRequest {
                operation: "sign_in",
                method: Method::Get,
                url,
                headers: vec![("accept".to_owned(), "application/json".to_owned())],
                credentials: Vec::new(),
                body: Vec::new(),
                hosts: hosts.clone(),
                redirects: 3,
                deadline: span.left("sign_in", "Bullhorn")?,
                max_answer: MAX_ANSWER,
            })
            .await?;
        let step: Step = span.ended(begun);
        let told = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        // A code and the server's own secret go there: no other host will do.
        let place = |member: &str| {
            let url = Url::parse(text(&told, member)?).ok()?;
            hosts.check(&url).is_ok().then_some(url)
        };
        match (answer.status, place("oauthUrl"), place("restUrl")) {
            (200..=299, Some(oauth), Some(rest)) => {
                self.tell(span, &step, 1);
                if let Some(host) = place("atsUrl").as_ref().and_then(host_of) {
                    let pages = json!({ "user": name, "host": host }).to_string();
                    self.remember(PAGES, pages).await;
                    self.recall_pages().await;
                }
                Ok(DataCentre {
                    user_name: name.to_owned(),
                    oauth,
                    rest,
                })
            }
            (500.., _, _) => Err(Error::new(
                Kind::Unavailable,
                "sign_in",
                "Bullhorn does not say just now in which data centre you are",
            )),
            _ => Err(about_the_name(
                "Bullhorn does not know in which data centre this user is",
            )),
        }
    }
}

fn about_the_name(message: &'static str) -> Error {
    Error::new(Kind::Invalid, "sign_in", message)
        .field(USER_NAME)
        .hint("Check the user name in the settings of this connection")
}
