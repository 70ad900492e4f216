//! The server's manifest: how to log in, which contact types and additional fields there are, and where records' pages lie.
//!
//! `GET /crmManifest?platformName=…` answers with JSON whose `platforms` holds one entry a CRM; people also get it as a file or
//! as an address. What its functions are, the manifest doesn't say: `GET /implementedInterfaces` does, and its answer is
//! kept in the same JSON. It is read leniently, as every vendor writes their own: what can't be used is left out.

use ringside_domain::{Error, Kind, Result, Url, contact::FieldOption};
use serde_json::{Map, Value, json};

use super::{
    bullhorn,
    fields::Field,
    login_fields::LoginField,
    overrides,
    pages::host_of_text,
    settings::Setting,
    value::{flag, list, members, text},
};

/// Names of functions, as `/implementedInterfaces` has them, under this member of the manifest's JSON.
const INTERFACES: &str = "implementedInterfaces";
/// A manifest with all the vendor's CRMs in it has some 100 kB.
const MAX_MANIFEST_BYTES: usize = 2 << 20;
/// So many types, fields and options are taken.
const MAX_ITEMS: usize = 500;

/// One platform of a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerManifest {
    /// The platform's key: what the server calls this CRM.
    pub platform: String,
    /// For people: `Clio`.
    pub name: String,
    /// Who made the connector.
    pub author: Option<String>,
    /// Where the manifest says that its server is.
    pub server: Option<String>,
    /// Whether it says so of this CRM alone: the rest of the manifest is another server's.
    pub moves_server: bool,
    pub auth: Auth,
    pub hostname: Hostname,
    /// Value and name of each contact type; empty where the CRM has only one.
    pub types: Vec<FieldOption>,
    pub log_fields: Vec<Field>,
    pub contact_fields: Vec<Field>,
    pub settings: Vec<Setting>,
    pub finds_names: bool,
    pub creates: bool,
    pub knows_extensions: bool,
    pub takes_dispositions: bool,
    /// The server's memory of who was found by which number is not to be used.
    pub is_never_cached: bool,
    pub contact_page: Option<String>,
    pub log_page: Option<String>,
    /// The vendor's own id of a connector that is made of stored JSON; login passes it on.
    pub proxy_id: Option<String>,
    knows_functions: bool,
    text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Auth {
    ApiKey(Vec<LoginField>),
    OAuth(OAuth),
}

/// Where connectors that name no page of their own end a sign-in: that of the vendor's client.
const CLIENTS_PAGE: &str = "https://ringcentral.github.io/ringcentral-embeddable/redirect.html";
/// Two platforms that the vendor's client signs in to in ways of their own, by these names.
pub(super) const BULLHORN: &str = "bullhorn";
const PIPEDRIVE: &str = "pipedrive";

/// What the browser is opened with. The server itself exchanges the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth {
    pub page: SignInPage,
    pub client_id: String,
    /// Query text that is added to the address as it is: `scope=read+write`.
    pub scope: String,
    pub redirect: String,
    /// What `state` begins with instead of `platform=<name>`.
    pub state: Option<String>,
}

/// Where a person signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInPage {
    /// At the manifest's `authUrl`; `{hostname}` in it stands for the person's CRM.
    At(String),
    /// At that of the data centre in which the person's Bullhorn is.
    Bullhorn,
    /// Pipedrive's connector need not name one: its own page, at which the sign-in ends, says how to come there.
    Redirect,
}

/// Where the CRM of the person lies, which some connectors want to know at login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hostname {
    /// The same for everybody, if it is known.
    Fixed(Option<String>),
    Choice(Vec<FieldOption>),
    Typed,
}

impl ServerManifest {
    /// Reads one platform out of a manifest. An empty `platform` stands for the only one there is.
    ///
    /// # Errors
    /// [`Kind::Invalid`] when it is no such manifest or doesn't have the platform; the hint names those that it has.
    pub fn parse(json: &str, platform: &str, hostname: Option<&str>) -> Result<Self> {
        if json.len() > MAX_MANIFEST_BYTES {
            return Err(broken("The manifest is larger than 2 MB"));
        }
        let json: Value = serde_json::from_str(json).map_err(|error| {
            broken(format!(
                "The manifest is not JSON: line {}, column {}",
                error.line(),
                error.column()
            ))
        })?;
        let platforms = |json: &Value| members(json, "platforms").cloned();
        let none = || broken("The manifest has no \"platforms\"");
        let (key, own) = choose(&platforms(&json).ok_or_else(none)?, platform)?;
        let moves_server = overrides::moves(&own, "serverUrl");
        let json = overrides::of_whole(json, &own);
        let (_, own) = choose(&platforms(&json).ok_or_else(none)?, &key)?;
        let regions = overrides::of_regions(&own);
        let mut own = overrides::of_region(own, hostname);
        if let Some(own) = own.as_object_mut() {
            own.insert("override".to_owned(), Value::Array(regions));
        }
        let key = key.as_str();
        let interfaces = members(&json, INTERFACES).cloned();
        let implements = |name: &str| interfaces.as_ref()?.get(name)?.as_bool();
        let page = own.get("page").cloned().unwrap_or_default();
        let settings = Setting::read_all(key, &own, MAX_ITEMS);
        let fields = |form: &str| Field::read_all(list(&page[form], "additionalFields"), &settings, MAX_ITEMS);
        let page_url = |name: &str| text(&own, name).map(str::to_owned);
        let one = json!({
            "serverUrl": json["serverUrl"], "redirectUri": json["redirectUri"], "author": json["author"],
            INTERFACES: json[INTERFACES], "platforms": { key: own },
        });
        Ok(Self {
            platform: key.to_owned(),
            name: text(&own, "displayName")
                .or(text(&own, "name"))
                .unwrap_or(key)
                .to_owned(),
            author: text(&json["author"], "name")
                .or(text(&json, "author"))
                .map(str::to_owned),
            server: text(&json, "serverUrl").map(|url| url.trim_end_matches('/').to_owned()),
            moves_server,
            auth: Auth::read(&json, key, &own)?,
            hostname: Hostname::read(&own["environment"]),
            types: list(&own, "contactTypes")
                .iter()
                .filter_map(contact_type)
                .take(MAX_ITEMS)
                .collect(),
            log_fields: fields("callLog"),
            contact_fields: fields("newContact"),
            settings: settings.clone(),
            finds_names: implements("findContactWithName").unwrap_or_else(|| flag(&page, "useContactSearch")),
            creates: implements("createContact").unwrap_or(true),
            knows_extensions: flag(&own, "enableExtensionNumberLoggingSetting"),
            takes_dispositions: !flag(&own, "disableDisposition")
                && implements("upsertCallDisposition").unwrap_or(false),
            is_never_cached: flag(&page, "disableContactCache"),
            contact_page: page_url("contactPageUrl").or_else(|| (key == BULLHORN).then(|| bullhorn::PAGE.to_owned())),
            log_page: page_url("logPageUrl").filter(|_| flag(&own, "canOpenLogPage")),
            proxy_id: text(&own, "proxyId").map(str::to_owned),
            knows_functions: interfaces.is_some(),
            text: one.to_string(),
        })
    }

    /// The manifest's JSON, with this platform only: what a connection keeps of it. Read again, it names the same server.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// A contact type as the manifest writes it, which is how it is created.
    pub(super) fn as_listed<'a>(&'a self, contact_type: &'a str) -> &'a str {
        let mut listed = self.types.iter().map(|one| one.value.as_str());
        listed
            .find(|one| one.eq_ignore_ascii_case(contact_type))
            .unwrap_or(contact_type)
    }

    /// Whether it is known which functions the connector has.
    #[must_use]
    pub fn knows_functions(&self) -> bool {
        self.knows_functions
    }

    /// Adds what `/implementedInterfaces` answered to a manifest's JSON; anything but an object is left out.
    #[must_use]
    pub fn with_interfaces(json: &str, interfaces: Option<Value>) -> String {
        match (serde_json::from_str::<Value>(json), interfaces) {
            (Ok(Value::Object(mut manifest)), Some(interfaces @ Value::Object(_))) => {
                manifest.insert(INTERFACES.to_owned(), interfaces);
                Value::Object(manifest).to_string()
            }
            _ => json.to_owned(),
        }
    }

    /// What a person is asked for when they add a connection, in this order: how to sign in, and then what they may leave
    /// empty.
    #[must_use]
    pub fn login_fields(&self) -> Vec<LoginField> {
        let mut fields = match &self.hostname {
            Hostname::Fixed(_) => Vec::new(),
            Hostname::Choice(options) => vec![LoginField::hostname(&self.name, options.clone())],
            Hostname::Typed => vec![LoginField::hostname(&self.name, Vec::new())],
        };
        match &self.auth {
            Auth::ApiKey(own) => fields.extend(own.iter().cloned()),
            Auth::OAuth(oauth) => {
                if oauth.page == SignInPage::Bullhorn {
                    fields.push(LoginField::user_name(&self.name));
                }
                fields.push(LoginField::account());
            }
        }
        fields.extend(self.settings.iter().filter_map(Setting::asked));
        fields
    }

    pub(super) fn label_of_setting<'a>(&'a self, id: &'a str) -> &'a str {
        let setting = self.settings.iter().find(|setting| setting.id == id);
        setting.map_or(id, |setting| &setting.label)
    }
}

impl Auth {
    fn read(manifest: &Value, platform: &str, own: &Value) -> Result<Self> {
        let auth = &own["auth"];
        // The documentation of 2024 has the OAuth members and `authType` right in the platform.
        let kind = text(auth, "type").or(text(own, "authType")).unwrap_or("apiKey");
        match kind {
            "apiKey" => {
                let content = list(&auth["apiKey"]["page"], "content");
                let mut fields: Vec<LoginField> = content.iter().filter_map(LoginField::read).take(MAX_ITEMS).collect();
                if fields.is_empty() {
                    fields.push(LoginField::api_key());
                }
                Ok(Self::ApiKey(fields))
            }
            "oauth" => {
                let oauth = if auth["oauth"].is_object() { &auth["oauth"] } else { own };
                let needed = |name: &str| match text(oauth, name) {
                    Some(text) => Ok(text.to_owned()),
                    None if flag(&oauth["adminManaged"], "enabled") => Err(managed()),
                    None => Err(broken(format!("The manifest's sign-in has no \"{name}\""))),
                };
                let own_page = text(oauth, "redirectUri");
                let page = match (platform, text(oauth, "authUrl")) {
                    (BULLHORN, _) => SignInPage::Bullhorn,
                    (PIPEDRIVE, None) if own_page.is_some() => SignInPage::Redirect,
                    _ => SignInPage::At(needed("authUrl")?),
                };
                Ok(Self::OAuth(OAuth {
                    page,
                    client_id: needed("clientId")?,
                    scope: scope(text(oauth, "scope").unwrap_or_default()),
                    redirect: own_page
                        .or(text(manifest, "redirectUri"))
                        .unwrap_or(CLIENTS_PAGE)
                        .to_owned(),
                    state: text(oauth, "customState").map(str::to_owned),
                }))
            }
            other => Err(broken(format!("The manifest wants to sign in by \"{}\"", short(other)))
                .hint("Ringside can sign in by API key and by OAuth")),
        }
    }
}

impl Hostname {
    fn read(environment: &Value) -> Self {
        match text(environment, "type") {
            Some("selectable") => Self::Choice(
                list(environment, "selections")
                    .iter()
                    .filter_map(|choice| {
                        let value = host_of_text(text(choice, "const")?)?;
                        let label = text(choice, "name").unwrap_or(&value).to_owned();
                        Some(FieldOption { value, label })
                    })
                    .take(MAX_ITEMS)
                    .collect(),
            ),
            Some("dynamic") => Self::Typed,
            _ => Self::Fixed(text(environment, "url").and_then(host_of_text)),
        }
    }
}

/// Query text as it is, `scope=…&…`, or else the value of `scope`.
fn scope(text: &str) -> String {
    match Url::parse("https://scope.invalid/") {
        Ok(mut url) if !text.is_empty() && !text.contains('=') => {
            url.query_pairs_mut().append_pair("scope", text);
            url.query().unwrap_or_default().to_owned()
        }
        _ => text.to_owned(),
    }
}

fn choose(platforms: &Map<String, Value>, wanted: &str) -> Result<(String, Value)> {
    let only = || {
        platforms
            .iter()
            .next()
            .filter(|_| wanted.is_empty() && platforms.len() == 1)
    };
    let found = platforms.get_key_value(wanted).or_else(only);
    found
        .filter(|(_, own)| own.is_object())
        .map(|(key, own)| (key.clone(), own.clone()))
        .ok_or_else(|| {
            let known: Vec<&str> = platforms.keys().map(|key| short(key)).take(20).collect();
            broken("The manifest does not have this CRM")
                .field("platform")
                .hint(format!("It has: {}", known.join(", ")))
        })
}

/// `{display, value}`, or a bare text in older manifests.
fn contact_type(item: &Value) -> Option<FieldOption> {
    let value = item.as_str().or(text(item, "value"))?.trim();
    let label = text(item, "display").unwrap_or(value);
    (!value.is_empty()).then(|| FieldOption {
        value: value.to_owned(),
        label: label.to_owned(),
    })
}

fn short(text: &str) -> &str {
    text.char_indices().nth(60).map_or(text, |(end, _)| &text[..end])
}

fn managed() -> Error {
    let message = "What this sign-in needs, an administrator keeps at RingCentral, where Ringside can't ask for it";
    Error::new(Kind::Unsupported, "read_manifest", message)
        .hint("Ask whoever runs the App Connect server for a manifest with \"authUrl\" and \"clientId\" in it")
}

fn broken(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Kind::Invalid, "read_manifest", message).hint("Ask whoever runs the App Connect server for its manifest")
}

#[cfg(test)]
mod tests;
