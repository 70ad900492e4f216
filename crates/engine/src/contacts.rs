//! Finding, creating and linking contacts, with or without a call.

use std::time::Duration;

use futures_util::future::join_all;
use ringside_domain::{
    CallId, ConnectionId, Contact, ContactDraft, ContactRef, Cx, Error, Freshness, Kind, Result,
    call::{Choice, ChosenBy},
    connector::NameQuery,
    index::{Indexed, Instead},
    journal::CallPage,
    phone::{Reading, read},
};

use crate::{
    callbook::Input,
    draft,
    engine::Engine,
    logging::e164,
    lookup::{Question, bounds, lookup},
    people::{self, Whom},
    undo::{ChoiceBefore, Undo},
    view::{CallView, Connection, Created, LiveAnswer, Looked, LookupView, NumberAdded},
};

impl Engine {
    /// A page of the call list, newest first.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn calls(&self, page: CallPage) -> Result<Vec<CallView>> {
        self.shared.saver.flush().await?;
        let mut views = Vec::new();
        for call in self.shared.journal.calls(page).await? {
            let live = self
                .book()
                .get(call.id)
                .map(|entry| (entry.call.clone(), entry.lookup.clone()));
            let (call, lookup) = live.unwrap_or((call, LookupView::default()));
            for write in self.shared.journal.writes_of(call.id).await? {
                self.remember_write(write);
            }
            views.push(self.view(call, lookup));
        }
        Ok(views)
    }

    /// Who has this number: the same lookup as for a call, without a call.
    ///
    /// # Errors
    /// Never: what failed is in the answer.
    pub async fn lookup(&self, reading: Reading, freshness: Freshness) -> Result<Looked> {
        let question = Question {
            call: None,
            reading,
            freshness,
            before: LookupView::default(),
        };
        Ok(lookup(self.places(), question, |_| ()).await)
    }

    /// Rows of the local index.
    ///
    /// # Errors
    /// When the index can't be read.
    pub async fn search(&self, query: NameQuery) -> Result<Vec<Indexed>> {
        let mut rows = self.shared.index.search(query).await?;
        // What was remembered from a connection that is gone can't be opened, called or logged on any more.
        rows.retain(|row| self.shared.connector(&row.contact.id.connection).is_some());
        Ok(rows)
    }

    /// Names of the local index that may have been meant by one that nobody has.
    ///
    /// # Errors
    /// When the index can't be read.
    pub async fn instead(&self, query: NameQuery) -> Result<Vec<Instead>> {
        self.shared.index.instead(query).await
    }

    /// The connections' own answers to a name; those whose contacts are all in the index are not asked.
    pub async fn search_live(&self, query: NameQuery) -> Vec<LiveAnswer> {
        let asked = self.connections().into_iter().filter(|connection| {
            let capability = connection.connector.capability();
            capability.find_with_name && !capability.indexed
        });
        join_all(asked.map(|connection| self.ask_for_name(connection, query.clone()))).await
    }

    async fn ask_for_name(&self, connection: Connection, query: NameQuery) -> LiveAnswer {
        let info = connection.connector.info();
        let deadline = self.config().lookup_deadline;
        let asking = connection
            .connector
            .find_contact_with_name(self.cx(deadline, Freshness::Live), query);
        let answer = tokio::time::timeout(deadline, asking)
            .await
            .unwrap_or_else(|_| Err(late(&info.name)));
        match answer {
            Ok(mut found) => {
                let error = found.failed.pop().map(|(_, error)| error);
                let contacts = bounds::contacts(found.contacts, &info.connection).contacts;
                self.keep(&contacts).await;
                LiveAnswer { info, contacts, error }
            }
            Err(error) => LiveAnswer {
                info,
                contacts: Vec::new(),
                error: Some(error),
            },
        }
    }

    /// # Errors
    /// When the connection is gone, does not answer, or has no such contact.
    pub async fn contact(&self, id: ContactRef) -> Result<Contact> {
        let connector = self.shared.connector(&id.connection).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "get_contact",
                "The connection of this contact was removed",
            )
        })?;
        let deadline = self.config().lookup_deadline;
        let asking = connector.get_contact(self.cx(deadline, Freshness::Cached), id);
        tokio::time::timeout(deadline, asking)
            .await
            .unwrap_or_else(|_| Err(late(&connector.info().name)))
    }

    /// A contact that is about to be chosen for a call: from its picture if it is there, else from its CRM.
    pub(crate) async fn known_contact(&self, call: CallId, id: ContactRef) -> Result<Contact> {
        let shown = self
            .book()
            .get(call)
            .and_then(|entry| entry.lookup.contact(&id).cloned());
        match shown {
            Some(contact) => Ok(contact),
            None => match self.contact(id.clone()).await {
                Ok(contact) => Ok(contact),
                // Not every CRM can be asked by id, and none while it is away: the index has seen whom a person can choose.
                Err(error) if error.kind != Kind::NotFound => {
                    let indexed = self.shared.index.known(id).await.ok().flatten();
                    indexed.map(|indexed| indexed.contact).ok_or(error)
                }
                Err(error) => Err(error),
            },
        }
    }

    /// Creates a contact, unless it may be there already and `force` is not set; assigns it to the call.
    ///
    /// # Errors
    /// When the connection is gone, can't create, or refuses a field, or when the draft lacks one that its contact type
    /// requires; the error names it. Without `force`, when the connection could not say whether the contact is there.
    pub async fn create(&self, draft: ContactDraft, call: Option<CallId>, force: bool) -> Result<Created> {
        let connector = self.may_create(&draft)?;
        let (info, config) = (connector.info(), self.config());
        // Live, and right before: what was created in the morning is not in the index at noon.
        let whom = if force { Whom::Own } else { Whom::All };
        let mut looked = people::look(
            &self.places(),
            &draft,
            whom,
            config.lookup_deadline,
            &people::no_trace(),
        )
        .await;
        if !force {
            let found = looked.duplicates(&draft, &config.home);
            if !found.is_empty() {
                return Ok(Created::Duplicates(found));
            }
            if let Some(error) = looked.take_failure(&draft) {
                return Err(not_looked(&info.name, &error));
            }
        }
        let before = looked.same(&draft, &config.home).unwrap_or_default();
        self.keep(&before).await;
        let draft = draft::ready(draft, &info, force);
        let number = draft.number.clone();
        let contact = connector
            .create_contact(self.cx(config.write_deadline, Freshness::Live), draft)
            .await?;
        self.assign(&contact, call).await?;
        let before = before.into_iter().map(|contact| contact.id).collect();
        self.look_for_twins(connector, &contact, number, before, call, None);
        Ok(Created::Contact(Box::new(contact)))
    }

    /// Adds a number to a contact and assigns the contact to the call. Fills an empty field, never overwrites one: where
    /// there is none, the CRM takes no numbers or not this one, or this person may not change contacts there, the number is
    /// linked to the contact on this machine.
    ///
    /// # Errors
    /// When the connection is gone or does not answer; and what can't be linked because it is no whole number.
    pub async fn add_number(&self, id: ContactRef, number: String, call: Option<CallId>) -> Result<NumberAdded> {
        self.give_number(id, number, call, false).await
    }

    /// The same for somebody who was chosen for the call in the same act: one undo takes back both, but for what a CRM has taken.
    ///
    /// # Errors
    /// As [`Engine::add_number`]. The choice stands then.
    pub async fn add_number_of_chosen(&self, id: ContactRef, number: String, call: CallId) -> Result<NumberAdded> {
        self.give_number(id, number, Some(call), true).await
    }

    async fn give_number(
        &self,
        id: ContactRef,
        number: String,
        call: Option<CallId>,
        with_choice: bool,
    ) -> Result<NumberAdded> {
        let connector = self.shared.connector(&id.connection).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "add_number",
                "The connection of this contact was removed",
            )
        })?;
        let answer = if connector.capability().add_number {
            let cx = self.cx(self.config().write_deadline, Freshness::Live);
            connector.add_number(cx, id.clone(), number.clone()).await
        } else {
            let message = format!("{} cannot add numbers to contacts", connector.info().name);
            Err(Error::new(Kind::Unsupported, "add_number", message))
        };
        match answer {
            Ok(contact) => {
                // The number stays there; the choice can be taken back as before.
                let chosen = call.filter(|_| with_choice);
                let before = chosen.and_then(|call| Some((call, self.chosen_just_now(call, &id)?)));
                self.assign(&contact, call).await?;
                if let Some((call, before)) = before {
                    self.can_undo(call, before).await;
                }
                Ok(NumberAdded {
                    contact,
                    linked_only: None,
                })
            }
            Err(error) if has_no_place(&error) => self.link(id, &number, call, with_choice, error).await,
            Err(error) => Err(error),
        }
    }

    /// The number stays with the contact on this machine, as its CRM has no place for it.
    async fn link(
        &self,
        id: ContactRef,
        number: &str,
        call: Option<CallId>,
        with_choice: bool,
        why: Error,
    ) -> Result<NumberAdded> {
        let Some(e164) = e164(&read(number, &self.config().home)) else {
            return Err(why);
        };
        let contact = match call {
            Some(call) => {
                self.adopt(call).await?;
                self.known_contact(call, id).await?
            }
            None => self.contact(id).await?,
        };
        let before = match call {
            Some(call) => {
                let chosen = with_choice.then(|| self.chosen_just_now(call, &contact.id)).flatten();
                self.before_link(call, chosen, &e164).await
            }
            None => None,
        };
        self.assign(&contact, call).await?;
        // After the choice, which would take an older link away.
        let now = self.shared.clock.now().wall;
        self.shared.journal.link(e164, contact.clone(), now).await?;
        if let (Some(call), Some(before)) = (call, before) {
            self.can_undo(call, before).await;
        }
        Ok(NumberAdded {
            contact,
            linked_only: Some(why),
        })
    }

    async fn can_undo(&self, call: CallId, before: ChoiceBefore) {
        let undo = Undo::Choice(Box::new(before));
        self.apply(Input::Undoable { call, undo });
        self.show_call(call).await;
    }

    /// How it was before this contact was chosen, if that is the newest thing that was done with the call.
    fn chosen_just_now(&self, call: CallId, contact: &ContactRef) -> Option<ChoiceBefore> {
        let book = self.book();
        let entry = book.get(call)?;
        let is_chosen = entry
            .call
            .choice
            .as_ref()
            .is_some_and(|choice| choice.contact.id == *contact);
        match entry.undo() {
            Some(Undo::Choice(before)) if is_chosen => Some(ChoiceBefore::clone(before)),
            _ => None,
        }
    }

    /// How it was before this number was linked to whom the call will be about.
    async fn before_link(&self, call: CallId, chosen: Option<ChoiceBefore>, e164: &str) -> Option<ChoiceBefore> {
        let mut before = match chosen {
            Some(before) => before,
            None => ChoiceBefore {
                waited: self.waiting_for(call),
                ..self.choice_before(call).await?
            },
        };
        if before.memory.as_ref().is_none_or(|memory| memory.e164 != e164) {
            before.other_memory = Some(self.memory_of(e164.to_owned()).await?);
        }
        Some(before)
    }

    #[must_use]
    pub fn split_name(
        &self,
        connection: &ConnectionId,
        contact_type: &str,
        name: &str,
    ) -> (Option<String>, Option<String>) {
        let info = self.shared.connector(connection).map(|connector| connector.info());
        let known = info.as_ref().and_then(|info| draft::listed(&info.types, contact_type));
        known.map_or((None, None), |known| people::split(name, known))
    }

    /// A new or changed contact is known at once, and the call is about it.
    async fn assign(&self, contact: &Contact, call: Option<CallId>) -> Result<()> {
        self.keep(std::slice::from_ref(contact)).await;
        let Some(id) = call else { return Ok(()) };
        self.adopt(id).await?;
        self.set_choice(
            id,
            Some(Choice {
                contact: contact.clone(),
                by: ChosenBy::Person,
            }),
        )
        .await?;
        self.look_again(id);
        Ok(())
    }

    pub(crate) async fn keep(&self, contacts: &[Contact]) {
        let now = self.shared.clock.now().wall;
        if let Err(error) = self
            .shared
            .index
            .remember(contacts.to_vec(), now, self.config().home)
            .await
        {
            tracing::warn!(kind = error.kind.code(), "contacts were not remembered in the index");
        }
    }

    pub(crate) fn cx(&self, deadline: Duration, freshness: Freshness) -> Cx {
        Cx {
            deadline,
            freshness,
            trace: people::no_trace(),
        }
    }
}

/// The CRM has no place for the number, whenever it is asked.
fn has_no_place(error: &Error) -> bool {
    let refused = matches!(
        error.kind,
        Kind::Conflict | Kind::Unsupported | Kind::Forbidden | Kind::Invalid
    );
    refused && !error.may_have_happened
}

fn not_looked(name: &str, error: &Error) -> Error {
    let message = format!(
        "{name} could not say whether this contact is there already, so it was not created: {}",
        error.message
    );
    Error::new(error.kind, "create_contact", message)
        .retry(error.retry)
        .hint("Try again, or create it all the same")
}

pub(crate) fn late(name: &str) -> Error {
    Error::new(Kind::Timeout, "ask", format!("{name} did not answer in time"))
}
