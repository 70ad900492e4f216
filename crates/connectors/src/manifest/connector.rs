//! A connection that a manifest describes: the port [`Connector`], with one module of [`run`](super::run) for each operation.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_domain::{
    Capability, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, ContactType, Cx, Freshness,
    LogField, LogReceipt, LogRef, Result,
    connector::{Account, NameQuery, NoTrace, NumberForms, Progress},
    contact::{FieldOption, FieldSpec, Found},
    log::CallLogEntry,
};

use super::{
    auth::Access,
    format::{Manifest, OptionSpec, Type},
    learned::Learned,
    load::Loaded,
    run::{CREATE, Core, Ensured, Facts, Run},
    send::{Exit, Place, parameters},
};
use crate::parts::{Parts, Setup};

/// One connection to a CRM that a manifest describes.
pub struct ManifestConnector {
    core: Core,
}

impl ManifestConnector {
    /// Asks nothing and opens nothing.
    ///
    /// # Errors
    /// [`Kind::Invalid`](ringside_domain::Kind::Invalid) with the field `server` or `environment` when the manifest wants one
    /// that the setup does not have, or not so.
    pub fn new(loaded: Arc<Loaded>, parts: &Parts, setup: &Setup) -> Result<Self> {
        let place = Place::new(&loaded, setup)?;
        Ok(Self {
            core: Core {
                exit: Exit::new(&loaded, &place, parts, setup),
                access: Access::new(Arc::clone(&loaded), place.clone(), parts, setup),
                facts: Facts::new(&loaded),
                learned: Learned::new(Arc::clone(&parts.memory), setup.connection.clone()),
                ensured: Ensured::new(
                    Arc::clone(&parts.memory),
                    setup.connection.clone(),
                    Duration::from_secs(u64::from(loaded.manifest.search_lag)),
                ),
                parameters: parameters(&loaded, setup),
                memory: Arc::clone(&parts.memory),
                clock: Arc::clone(&parts.clock),
                connection: setup.connection.clone(),
                loaded,
                place,
            },
        })
    }

    /// Lets the person sign in, in the browser where it takes one.
    ///
    /// # Errors
    /// As [`SignIn::authorize`](ringside_domain::SignIn::authorize) and the CRM's own refusals.
    pub async fn sign_in(&self) -> Result<()> {
        let exit = self.core.exit.for_operation("sign_in", &quiet());
        self.core.access.sign_in(&exit).await
    }

    /// Forgets what signing in brought. What the person typed stays.
    ///
    /// # Errors
    /// When the keyring can't be reached.
    pub async fn sign_out(&self) -> Result<()> {
        self.core.access.sign_out().await
    }

    /// Whether the person must be sent to the browser before anything can be asked.
    #[must_use]
    pub fn needs_browser(&self) -> bool {
        self.core.access.needs_browser()
    }

    /// As if a session had been opened before: an example of a manifest begins there.
    pub(crate) async fn assume_session(&self, session: std::collections::BTreeMap<String, String>) -> Result<()> {
        let until = tokio::time::Instant::now() + quiet().deadline;
        self.core.access.assume(&self.core.exit, session, until).await
    }

    #[must_use]
    pub fn connection(&self) -> &ConnectionId {
        &self.core.connection
    }

    /// Whose account it is, and nothing more: what `whoami` of a manifest says.
    pub(crate) async fn whose(&self, cx: Cx) -> Result<Account> {
        self.run("check", cx).whose().await
    }

    fn run(&self, operation: &'static str, cx: Cx) -> Run<'_> {
        Run::new(&self.core, operation, cx)
    }
}

#[async_trait]
impl Connector for ManifestConnector {
    fn info(&self) -> ConnectorInfo {
        let manifest = &self.core.loaded.manifest;
        ConnectorInfo {
            connection: self.core.connection.clone(),
            name: manifest.name.clone(),
            types: manifest.types.iter().map(|kind| contact_type(manifest, kind)).collect(),
        }
    }

    fn capability(&self) -> Capability {
        capability(&self.core.loaded.manifest)
    }

    async fn check(&self, cx: Cx) -> Result<Account> {
        self.run("check", cx).check().await
    }

    async fn find_contact(&self, cx: Cx, number: NumberForms) -> Result<Found> {
        self.run("find_contact", cx).find_contact(number).await
    }

    async fn find_contact_with_name(&self, cx: Cx, query: NameQuery) -> Result<Found> {
        self.run("find_contact_with_name", cx).find_with_name(query).await
    }

    async fn get_contact(&self, cx: Cx, id: ContactRef) -> Result<Contact> {
        self.run("get_contact", cx).get_contact(id).await
    }

    async fn create_contact(&self, cx: Cx, draft: ContactDraft) -> Result<Contact> {
        self.run(CREATE, cx).create_contact(draft).await
    }

    async fn add_number(&self, cx: Cx, id: ContactRef, number: String) -> Result<Contact> {
        self.run("add_number", cx).add_number(id, number).await
    }

    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        self.run("log_call", cx).log_call(entry, &*progress).await
    }

    async fn update_log(&self, cx: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        self.run("update_log", cx).update_log(log, entry).await
    }

    async fn log_fields(&self, cx: Cx, contact: ContactRef) -> Result<Vec<LogField>> {
        self.run("log_fields", cx).log_fields(contact).await
    }

    async fn find_log(&self, cx: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        self.run("find_log", cx).find_log(entry).await
    }
}

/// What a manifest can do: the operations that it has, for all types or for some.
fn capability(manifest: &Manifest) -> Capability {
    let of_types = || manifest.by_type.values();
    let log = manifest
        .log_call
        .iter()
        .chain(of_types().filter_map(|own| own.log_call.as_ref()));
    let updates: Vec<_> = manifest
        .update_log
        .iter()
        .chain(of_types().filter_map(|own| own.update_log.as_ref()))
        .collect();
    let finds: Vec<_> = manifest
        .find_contact
        .iter()
        .chain(of_types().filter_map(|own| own.find_contact.as_ref()))
        .collect();
    Capability {
        find: !finds.is_empty(),
        find_with_name: manifest.find_contact_with_name.is_some()
            || of_types().any(|own| own.find_contact_with_name.is_some()),
        create: manifest.types.iter().any(|kind| creatable(manifest, kind)),
        // The record is read before it is changed.
        add_number: manifest.types.iter().any(|kind| {
            let own = manifest.by_type.get(&kind.id);
            let adds = own.is_some_and(|own| own.add_number.is_some()) || manifest.add_number.is_some();
            let reads = own.is_some_and(|own| own.get_contact.is_some()) || manifest.get_contact.is_some();
            adds && reads
        }),
        log: log.count() > 0,
        update_log: !updates.is_empty(),
        moves_logs: !updates.is_empty() && updates.iter().all(|update| update.moves),
        find_log: manifest.find_log.is_some() || of_types().any(|own| own.find_log.is_some()),
        log_fields: !manifest.log_fields.is_empty(),
        knows_extensions: finds.iter().any(|find| find.knows_extensions),
        indexed: false,
        settles_within: Duration::from_secs(u64::from(manifest.search_lag)),
    }
}

fn creatable(manifest: &Manifest, kind: &Type) -> bool {
    let own = manifest.by_type.get(&kind.id);
    kind.creatable && (manifest.create_contact.is_some() || own.is_some_and(|own| own.create_contact.is_some()))
}

fn contact_type(manifest: &Manifest, kind: &Type) -> ContactType {
    let fields = kind.fields.iter().map(|field| FieldSpec {
        name: field.name.clone(),
        label: field.label.clone(),
        required: field.required,
        options: field.options.iter().map(option).collect(),
    });
    ContactType {
        id: kind.id.clone(),
        label: kind.label.clone(),
        is_company: kind.is_company,
        creatable: creatable(manifest, kind),
        fields: fields.collect(),
    }
}

pub(super) fn option(option: &OptionSpec) -> FieldOption {
    FieldOption {
        value: option.value.clone(),
        label: option.label.clone(),
    }
}

/// Signing in takes as long as the person does, and belongs to no lookup.
fn quiet() -> Cx {
    Cx {
        deadline: Duration::from_secs(60),
        freshness: Freshness::Live,
        trace: Arc::new(NoTrace),
    }
}

impl fmt::Debug for ManifestConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManifestConnector({})", self.core.connection)
    }
}
