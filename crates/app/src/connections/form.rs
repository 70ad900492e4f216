//! What a connector asks for when it is connected, and whether what was filled in will do.

use std::sync::Arc;

use regex::RegexBuilder;
use ringside_connectors::{
    app_connect::{self, Auth, HOSTNAME, LoginField, MANIFEST, PLATFORM, ServerManifest},
    catalog::{Body, Entry},
    parts::{Parts, Server},
};
use ringside_domain::{Error, credentials::Secret};
use ringside_ipc::{
    ApiError,
    connection::{EnvironmentDto, ParameterDto, ParameterKindDto, Secrets, Values},
    status::FieldOptionDto,
};

use super::{quiet, show};

/// Bytes of a value in the settings. An App Connect server's manifest is the longest one.
const LONGEST_VALUE: usize = 100_000;
/// Bytes of a key, a password or a certificate with its key.
const LONGEST_SECRET: usize = 16 * 1024;
/// Bytes of a compiled pattern.
const LARGEST_PATTERN: usize = 1 << 20;

/// Everything that is asked for.
pub(crate) struct Form {
    /// Of the CRM: an App Connect server speaks for another one.
    pub name: String,
    /// The server's address, put in order.
    pub server: Option<String>,
    /// Where the manifest says that the server is, put in order, if no address was typed. Nothing goes there before the person
    /// has seen it: then it comes back as the address.
    pub named_server: Option<String>,
    pub parameters: Vec<ParameterDto>,
    pub signs_in_with_browser: bool,
    /// The manifest that was given for an App Connect server, with the one CRM in it.
    pub given_manifest: Option<String>,
}

/// What was filled in and will do.
pub(crate) struct Filled {
    pub parameters: Values,
    pub secrets: Vec<(String, Secret)>,
}

impl Form {
    /// What `connector` asks for; an App Connect server is asked what it wants, as far as its address is known.
    pub async fn of(parts: &Parts, connector: &Entry, server: Option<&str>, values: &Values) -> Result<Self, ApiError> {
        let typed = server.map(str::trim).filter(|typed| !typed.is_empty());
        let server = typed.map(Server::read).transpose()?;
        let put_in_order = server.as_ref().map(in_order);
        match &connector.body {
            Body::AppConnect => Self::of_app_connect(parts, connector, server.as_ref(), values, put_in_order).await,
            _ => {
                let manifest = connector.manifest();
                let parameters = manifest.map_or(&[][..], |manifest| &manifest.parameters);
                let takes_server = manifest.is_some_and(|manifest| manifest.environment.typed.is_some());
                if put_in_order.is_some() && !takes_server {
                    return Err(ApiError::invalid(
                        "server",
                        format!("{} has an address of its own", connector.name),
                    ));
                }
                Ok(Self {
                    name: connector.name.clone(),
                    server: put_in_order,
                    named_server: None,
                    parameters: parameters.iter().map(show::parameter).collect(),
                    signs_in_with_browser: manifest.is_some_and(show::signs_in_with_browser),
                    given_manifest: None,
                })
            }
        }
    }

    async fn of_app_connect(
        parts: &Parts,
        connector: &Entry,
        server: Option<&Server>,
        values: &Values,
        put_in_order: Option<String>,
    ) -> Result<Self, ApiError> {
        let value = |name: &str| values.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let (platform, http) = (value(PLATFORM).unwrap_or_default(), Arc::clone(&parts.http));
        let given = value(MANIFEST);
        let manifest = match (given, server) {
            (Some(url), _) if url.starts_with("https://") => {
                let read = app_connect::read_manifest_at(http, url, platform, &quiet()).await;
                Some(read.map_err(|error| error.field(MANIFEST))?)
            }
            (Some(text), _) => {
                let read = ServerManifest::parse(text, platform, value(HOSTNAME));
                Some(read.map_err(|error| at(MANIFEST, error))?)
            }
            (None, Some(server)) => {
                let read = app_connect::read_manifest(http, server, platform, &quiet()).await;
                let read = read.map_err(|error| at("server", error))?;
                stays(server, &read)?;
                Some(read)
            }
            (None, None) => None,
        };
        let mut form = Self {
            name: connector.name.clone(),
            server: put_in_order,
            named_server: None,
            parameters: app_connect_parameters(),
            signs_in_with_browser: false,
            given_manifest: None,
        };
        if let Some(manifest) = manifest {
            form.parameters.extend(manifest.login_fields().iter().map(login_field));
            form.signs_in_with_browser = matches!(manifest.auth, Auth::OAuth(_));
            form.given_manifest = given.map(|_| manifest.as_text().to_owned());
            let named = manifest.server.as_deref().filter(|_| server.is_none());
            form.named_server = named.map(on_the_web).transpose()?;
            form.name = manifest.name;
        }
        Ok(form)
    }

    /// A manifest can be another one each time it is read: the server that is used is the one that was shown.
    ///
    /// # Errors
    /// On the field `server`, when only the manifest says where it is.
    pub fn seen_server(&self) -> Result<(), ApiError> {
        match &self.named_server {
            Some(named) => {
                let words = format!("The manifest says that the server is {named}, and nobody agreed to that yet");
                Err(ApiError::invalid("server", words).hint("Type that address if you trust whoever runs it"))
            }
            None => Ok(()),
        }
    }

    /// Checks what was filled in. `kept` are the secrets that are in the keyring already: these may be left out.
    pub fn fill(&self, values: &Values, secrets: &Secrets, kept: &[String]) -> Result<Filled, ApiError> {
        let known = |name: &String| self.parameters.iter().any(|asked| asked.name == *name);
        if let Some(name) = values.keys().chain(secrets.keys()).find(|name| !known(name)) {
            let names: Vec<&str> = self.parameters.iter().map(|asked| asked.name.as_str()).collect();
            let error = ApiError::invalid(name, format!("{} does not ask for \"{name}\"", self.name));
            return Err(if names.is_empty() {
                error.hint("It asks for nothing")
            } else {
                error.hint(format!("It asks for: {}", names.join(", ")))
            });
        }
        let mut filled = Filled {
            parameters: Values::new(),
            secrets: Vec::new(),
        };
        for asked in &self.parameters {
            if asked.kind == ParameterKindDto::Secret {
                filled.secrets.extend(secret(asked, values, secrets, kept)?);
            } else {
                let value = value(asked, values, secrets)?;
                filled.parameters.extend(value.map(|value| (asked.name.clone(), value)));
            }
        }
        if let Some(manifest) = &self.given_manifest {
            if manifest.len() > LONGEST_VALUE {
                return Err(ApiError::invalid(
                    MANIFEST,
                    "This CRM's part of the manifest is longer than 100 kB",
                ));
            }
            filled.parameters.insert(MANIFEST.to_owned(), manifest.clone());
        }
        Ok(filled)
    }
}

/// As it is spelled on the wire, so that letters that look like others show.
fn in_order(server: &Server) -> String {
    format!("{}{}", server.origin, server.path)
}

/// The address that a manifest names.
fn on_the_web(named: &str) -> Result<String, ApiError> {
    let read = Server::read(named).ok().map(|server| in_order(&server));
    let read = read.filter(|address| address.starts_with("https://"));
    read.ok_or_else(|| {
        ApiError::invalid(
            MANIFEST,
            "The server that the manifest names has no address that begins with https://",
        )
        .hint("Type the server's address, or ask whoever runs it for another manifest")
    })
}

/// A server may send one of its CRMs on to somebody else's server. What the person types next would go to the one that they
/// named, which doesn't know that CRM; where it goes instead, only they can decide.
fn stays(server: &Server, manifest: &ServerManifest) -> Result<(), ApiError> {
    let own = manifest.server.as_deref().filter(|_| manifest.moves_server);
    let Some(own) = own.and_then(|own| Server::read(own).ok()) else {
        return Ok(());
    };
    if own.host.host == server.host.host {
        return Ok(());
    }
    let words = format!("{} is connected by another server: {}", manifest.name, own.origin);
    Err(ApiError::invalid("server", words)
        .hint("Type that address if you trust whoever runs it, and give this server's manifest along with it"))
}

/// The field that was asked, where the error does not know better.
fn at(field: &str, error: Error) -> Error {
    match error.field {
        Some(_) => error,
        None => error.field(field),
    }
}

fn secret(
    asked: &ParameterDto,
    values: &Values,
    secrets: &Secrets,
    kept: &[String],
) -> Result<Option<(String, Secret)>, ApiError> {
    if values.contains_key(&asked.name) {
        let error = ApiError::invalid(
            &asked.name,
            format!("{} is a secret, and was not given as one", asked.title),
        );
        return Err(error.hint("Secrets are never part of a command line or of the settings file"));
    }
    let typed = secrets.get(&asked.name).map_or("", |secret| secret.expose().trim());
    if typed.len() > LONGEST_SECRET {
        return Err(ApiError::invalid(
            &asked.name,
            format!("{} is too long to be one", asked.title),
        ));
    }
    if typed.is_empty() {
        return match asked.required && !kept.contains(&asked.name) {
            true => Err(missing(asked)),
            false => Ok(None),
        };
    }
    if !fits(asked.pattern.as_deref(), typed) {
        return Err(unlike(asked));
    }
    Ok(Some((asked.name.clone(), Secret::new(typed.as_bytes()))))
}

fn value(asked: &ParameterDto, values: &Values, secrets: &Secrets) -> Result<Option<String>, ApiError> {
    if secrets.contains_key(&asked.name) {
        return Err(ApiError::invalid(
            &asked.name,
            format!("{} is not a secret", asked.title),
        ));
    }
    let typed = values.get(&asked.name).map_or("", |text| text.trim());
    if typed.is_empty() {
        return match asked.required && asked.default.as_deref().unwrap_or_default().is_empty() {
            true => Err(missing(asked)),
            false => Ok(None),
        };
    }
    if typed.len() > LONGEST_VALUE && asked.name != MANIFEST {
        return Err(ApiError::invalid(&asked.name, format!("{} is too long", asked.title)));
    }
    let wrong = |words: &str| ApiError::invalid(&asked.name, format!("{} {words}", asked.title));
    match asked.kind {
        ParameterKindDto::Bool if !["true", "false"].contains(&typed) => {
            return Err(wrong("is on or off").hint("Write true or false"));
        }
        ParameterKindDto::Int if typed.parse::<i64>().is_err() => return Err(wrong("is a whole number")),
        _ => {}
    }
    if !asked.options.is_empty() && !asked.options.iter().any(|option| option.value == typed) {
        let offers: Vec<&str> = asked
            .options
            .iter()
            .take(20)
            .map(|option| option.value.as_str())
            .collect();
        return Err(wrong("has no such choice").hint(format!("Choose one of: {}", offers.join(", "))));
    }
    if !fits(asked.pattern.as_deref(), typed) {
        return Err(unlike(asked));
    }
    Ok(Some(typed.to_owned()))
}

/// A pattern that is not one of ours, such as a server's in JavaScript's own kind, is left to the server.
fn fits(pattern: Option<&str>, typed: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    let whole = RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(LARGEST_PATTERN)
        .build();
    whole.map_or(true, |pattern| pattern.is_match(typed))
}

fn missing(asked: &ParameterDto) -> ApiError {
    let error = ApiError::invalid(&asked.name, format!("{} is missing", asked.title));
    asked.help.iter().fold(error, ApiError::hint)
}

fn unlike(asked: &ParameterDto) -> ApiError {
    let error = ApiError::invalid(&asked.name, format!("{} does not look like one", asked.title));
    match (&asked.placeholder, &asked.help) {
        (Some(example), _) => error.hint(format!("It looks like this: {example}")),
        (None, Some(help)) => error.hint(help),
        (None, None) => error,
    }
}

pub(crate) fn app_connect_server() -> EnvironmentDto {
    EnvironmentDto::Typed {
        title: "Address of the App Connect server".to_owned(),
        placeholder: Some("app-connect.example.com".to_owned()),
        help: Some("From whoever runs it; it may stay empty where a manifest is given that names it".to_owned()),
    }
}

pub(crate) fn app_connect_parameters() -> Vec<ParameterDto> {
    let text = |name: &str, title: &str, help: &str| ParameterDto {
        name: name.to_owned(),
        title: title.to_owned(),
        kind: ParameterKindDto::Text,
        help: Some(help.to_owned()),
        placeholder: None,
        required: false,
        default: None,
        pattern: None,
        options: Vec::new(),
        is_setting: false,
    };
    vec![
        text(
            PLATFORM,
            "CRM",
            "The server's own name of the CRM; only needed where it connects to several",
        ),
        text(
            MANIFEST,
            "Manifest",
            "The manifest's text or its https address; only needed where the server does not give it out",
        ),
    ]
}

fn login_field(field: &LoginField) -> ParameterDto {
    ParameterDto {
        name: field.name.clone(),
        title: field.label.clone(),
        kind: match field {
            LoginField { secret: true, .. } => ParameterKindDto::Secret,
            LoginField { options, .. } if !options.is_empty() => ParameterKindDto::Choice,
            _ => ParameterKindDto::Text,
        },
        help: field.description.clone(),
        placeholder: None,
        required: field.required,
        default: None,
        pattern: field.pattern.clone(),
        options: field.options.iter().map(FieldOptionDto::from).collect(),
        is_setting: field.is_setting(),
    }
}
