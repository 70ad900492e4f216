//! What a CRM wants to know about a call beside note and outcome: the matter, the deal, the action of the note.
//!
//! The choices depend on the contact, so what was chosen holds for that contact only: another one starts with none. It is
//! journaled as it is chosen, and goes out with the log.

use std::collections::BTreeMap;

use ringside_domain::{CallId, ContactRef, Error, Freshness, Kind, LogField, Result};

use crate::{callbook::Input, engine::Engine, lookup::bounds, view::CallView};

/// So many fields are shown, and so many values may be chosen.
const MAX_FIELDS: usize = 50;
/// So many choices of one field are shown.
const MAX_OPTIONS: usize = 2_000;
/// The longest value, in bytes: an id or one of a list of words, never a text.
const MAX_VALUE_BYTES: usize = 1_000;

impl Engine {
    /// What the connection of the chosen contact wants to know, and of whom this holds. Empty when nobody is chosen, when
    /// that connection asks for nothing, or when it was removed.
    ///
    /// # Errors
    /// When there is no such call, or the connection does not answer.
    pub async fn log_fields(&self, id: CallId) -> Result<(Option<ContactRef>, Vec<LogField>)> {
        self.adopt(id).await?;
        let Some(choice) = self.view_of(id)?.call.choice else {
            return Ok((None, Vec::new()));
        };
        let contact = choice.contact.id;
        let connector = self.shared.connector(&contact.connection);
        let Some(connector) = connector.filter(|connector| connector.capability().log_fields) else {
            return Ok((Some(contact), Vec::new()));
        };
        let deadline = self.config().lookup_deadline;
        let cx = self.cx(bounds::inner(deadline), Freshness::Cached);
        let mut fields = tokio::time::timeout(deadline, connector.log_fields(cx, contact.clone()))
            .await
            .unwrap_or_else(|_| {
                let message = format!("{} did not say in time what it wants to know", connector.info().name);
                Err(Error::new(Kind::Timeout, "log_fields", message).hint("Log without it, or try again"))
            })?;
        fields.retain(|field| !field.name.is_empty() && field.name.len() <= MAX_VALUE_BYTES);
        fields.truncate(MAX_FIELDS);
        for field in &mut fields {
            field.options.retain(|option| option.value.len() <= MAX_VALUE_BYTES);
            field.options.truncate(MAX_OPTIONS);
        }
        Ok((Some(contact), fields))
    }

    /// Saves what was chosen, in place of what was chosen before. An empty value is none. Durable when it answers. From then
    /// on the contact counts as chosen by the person.
    ///
    /// # Errors
    /// When there is no such call, when nobody is chosen for it, when it is more than fields can be, or when the journal
    /// can't be written.
    pub async fn set_log_fields(&self, id: CallId, fields: Vec<(String, String)>) -> Result<CallView> {
        let fields = checked(fields)?;
        let _turn = self.shared.orderly.lock().await;
        self.adopt(id).await?;
        let Some(choice) = self.view_of(id)?.call.choice else {
            return Err(
                Error::new(Kind::Invalid, "set_log_fields", "Nobody is chosen for this call")
                    .field("contact")
                    .hint("Choose the contact first"),
            );
        };
        let contact = choice.contact.id;
        self.shared.saver.flush().await?;
        self.shared
            .journal
            .save_fields(id, contact.clone(), fields.clone())
            .await?;
        self.apply(Input::Fields {
            call: id,
            contact,
            fields,
        });
        self.shared.saver.flush().await?;
        self.view_of(id)
    }
}

/// By name, each once: the last one counts.
fn checked(fields: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
    let refused = |words: String| Error::new(Kind::Invalid, "set_log_fields", words);
    if fields.len() > MAX_FIELDS {
        return Err(refused(format!("A log has at most {MAX_FIELDS} fields")).field("fields"));
    }
    let mut known = BTreeMap::new();
    for (name, value) in fields {
        if name.is_empty() || name.len() > MAX_VALUE_BYTES {
            let words = format!("The name of a field has 1 to {MAX_VALUE_BYTES} bytes");
            return Err(refused(words).field("fields"));
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(refused(format!("The value is longer than {MAX_VALUE_BYTES} bytes")).field(name));
        }
        known.insert(name, value.trim().to_owned());
    }
    known.retain(|_, value| !value.is_empty());
    Ok(known.into_iter().collect())
}
