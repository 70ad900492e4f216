//! One attempt: sending what waits, looking for what was sent without an answer, and what follows once it is there.

use std::{sync::Arc, time::Duration};

use ringside_domain::{
    Connector, Contact, ContactRef, Creation, CreationId, CreationState, Error, Freshness, Kind, Result, Retry,
    Timestamp, Trouble,
    call::{Choice, ChosenBy},
};
use tokio::time::timeout;

use super::{JOURNAL_PAUSE, words};
use crate::{draft, engine::Engine};

/// A peer that says "not before next week" is asked again after this all the same.
const LONGEST_WISH: Duration = Duration::from_secs(60 * 60);
const SHORTEST_WISH: Duration = Duration::from_secs(1);

impl Engine {
    pub(super) async fn attempt_creation(&self, id: CreationId) {
        if self.is_unsaved(id) {
            // The journal was away when this was learned. What follows from it is due in its own time.
            return self.learn_of_creation(id, |_| ()).await;
        }
        let Some(creation) = self.shared.creations.get(id) else {
            return;
        };
        let done = match &creation.state {
            CreationState::Waiting(_) => self.send_creation(creation).await,
            CreationState::Sent(_) => {
                self.look_for_creation(creation).await;
                Ok(())
            }
            CreationState::Created(contact) => self.follow_creation(id, contact.clone()).await,
            _ => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!(kind = error.kind.code(), "a contact that is to be created has to wait");
            let still = |creation: &Creation| {
                creation.id == id && matches!(creation.state, CreationState::Waiting(_) | CreationState::Created(_))
            };
            let now = self.shared.clock.now().wall;
            self.shared.creations.put_off(still, now, JOURNAL_PAUSE);
        }
    }

    fn is_unsaved(&self, id: CreationId) -> bool {
        self.shared.creations.rows().get(&id).is_some_and(|row| row.unsaved)
    }

    /// # Errors
    /// Only the journal's, before anything was sent. What the CRM says becomes the state.
    async fn send_creation(&self, creation: Creation) -> Result<()> {
        let (id, due) = (creation.id, creation.due);
        let Some(connector) = self.shared.connector(&creation.draft.connection) else {
            let gone = words::connection_gone(creation.draft.connection.as_str());
            self.creation_ends(id, CreationState::Refused(gone), None).await;
            return Ok(());
        };
        let info = connector.info();
        if let Err(error) = draft::check(&creation.draft, &info) {
            let refused = CreationState::Refused(Trouble::from(&error));
            self.creation_ends(id, refused, None).await;
            return Ok(());
        }
        // What can't be asked now is no reason to wait: the index was asked when the person pressed Create.
        let alikes = self.alikes(&connector, &creation.draft).await.ok().flatten();
        let known: Vec<ContactRef> = creation.before.iter().flatten().cloned().collect();
        if let Some(alikes) = alikes.as_ref().filter(|_| !creation.force) {
            match alikes.as_slice() {
                [] => {}
                [one] => {
                    self.creation_is_there(id, one.clone()).await;
                    return Ok(());
                }
                many => {
                    let refused = words::there_already(&info.name, many.len());
                    self.creation_ends(id, CreationState::Refused(refused), None).await;
                    return Ok(());
                }
            }
        }
        if !creation.force
            && let Some(refused) = self.may_be_there(&creation).await
        {
            self.creation_ends(id, CreationState::Refused(refused), None).await;
            return Ok(());
        }
        let before: Option<Vec<ContactRef>> = alikes.map(|alikes| {
            let mut before: Vec<ContactRef> = alikes.into_iter().map(|contact| contact.id).collect();
            before.extend(known);
            before
        });
        let mut sends = false;
        self.change_creation(id, |creation| {
            // Taken back, or put off, while it was looked for.
            sends = matches!(creation.state, CreationState::Waiting(_)) && creation.due == due;
            if sends {
                creation.before = before.or(creation.before.take());
                creation.attempts = creation.attempts.saturating_add(1);
                (creation.state, creation.due) = (CreationState::Sent(None), None);
            }
            Ok(())
        })
        .await?;
        if sends {
            let answer = self.ask_to_create(&creation, &connector).await;
            self.conclude_creation(id, answer).await;
        }
        Ok(())
    }

    /// In a task of its own: an answer that comes after the deadline still counts for as long again.
    async fn ask_to_create(&self, creation: &Creation, connector: &Arc<dyn Connector>) -> Result<Contact> {
        let deadline = self.config().write_deadline;
        let name = connector.info().name;
        let (cx, draft) = (self.cx(deadline, Freshness::Live), creation.draft.clone());
        let connector = Arc::clone(connector);
        let mut task = tokio::spawn(async move { connector.create_contact(cx, draft).await });
        let mut answer = timeout(deadline, &mut task).await;
        if answer.is_err() {
            let unanswered = CreationState::Sent(Some(words::unanswered(&name)));
            self.learn_of_creation(creation.id, |creation| creation.state = unanswered)
                .await;
            answer = timeout(deadline, &mut task).await;
        }
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => {
                let message = format!("the connector of {name} broke down");
                Err(Error::new(Kind::Internal, "create_contact", message)
                    .hint("Please report this; what was typed is safe")
                    .maybe_happened())
            }
            Err(_) => {
                task.abort();
                let message = format!("{name} did not answer in time");
                Err(Error::new(Kind::Timeout, "create_contact", message).maybe_happened())
            }
        }
    }

    async fn conclude_creation(&self, id: CreationId, answer: Result<Contact>) {
        let error = match answer {
            Ok(contact) => return self.creation_is_there(id, contact).await,
            Err(error) => error,
        };
        let Some(creation) = self.shared.creations.get(id) else {
            return;
        };
        if error.may_have_happened {
            let settling = self.settling(&creation);
            tracing::info!(
                connection = %creation.draft.connection,
                "the answer to a new contact was lost; it is looked for"
            );
            let state = CreationState::Sent(Some(Trouble::from(&error)));
            let due = self.shared.clock.now().wall.plus(settling);
            return self.creation_ends(id, state, Some(due)).await;
        }
        match self.creation_again(&creation, &error) {
            Some(due) => {
                let state = CreationState::Waiting(Some(Trouble::from(&error)));
                self.creation_ends(id, state, Some(due)).await;
            }
            None => {
                let state = CreationState::Refused(Trouble::from(&error));
                self.creation_ends(id, state, None).await;
            }
        }
    }

    /// When it may be tried again after this error; `None`: never, or a person has to change something about it.
    fn creation_again(&self, creation: &Creation, error: &Error) -> Option<Timestamp> {
        let pause = match error.retry {
            Retry::Later => self.creation_pause(creation.attempts),
            Retry::After(wish) => wish.clamp(SHORTEST_WISH, LONGEST_WISH),
            // Somebody signs in or unlocks; then it is hurried.
            Retry::AfterPerson if matches!(error.kind, Kind::SignInNeeded | Kind::KeyringLocked) => {
                self.creation_pause(creation.attempts)
            }
            Retry::AfterPerson | Retry::Never => return None,
        };
        Some(self.shared.clock.now().wall.plus(pause))
    }

    /// It was sent, and nobody knows what became of it.
    async fn look_for_creation(&self, creation: Creation) {
        let id = creation.id;
        let unsure = |trouble| CreationState::Unsure(trouble);
        let Some(connector) = self.shared.connector(&creation.draft.connection) else {
            let gone = words::connection_gone_in_between(creation.draft.connection.as_str());
            return self.creation_ends(id, unsure(gone), None).await;
        };
        let name = connector.info().name;
        // Created although there were some like it, and nobody knows which: none of those found can be told to be the new one.
        if creation.force && creation.before.is_none() {
            return self
                .creation_ends(id, unsure(words::cannot_be_searched(&name)), None)
                .await;
        }
        let mut found = match self.alikes(&connector, &creation.draft).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                return self
                    .creation_ends(id, unsure(words::cannot_be_searched(&name)), None)
                    .await;
            }
            Err(error) => {
                let (state, due) = match self.creation_again(&creation, &error) {
                    Some(due) => (CreationState::Sent(Some(Trouble::from(&error))), Some(due)),
                    None => (unsure(words::looking_failed(&name, &error)), None),
                };
                self.learn_of_creation(id, |creation| {
                    creation.attempts = creation.attempts.saturating_add(1);
                    (creation.state, creation.due) = (state, due);
                })
                .await;
                return;
            }
        };
        let before = creation.before.unwrap_or_default();
        found.retain(|contact| !before.contains(&contact.id));
        match (found.pop(), found.len()) {
            (Some(one), 0) => self.creation_is_there(id, one).await,
            (None, _) => self.creation_ends(id, unsure(words::not_found(&name)), None).await,
            (Some(_), more) => {
                self.creation_ends(id, unsure(words::several_found(&name, more + 1)), None)
                    .await;
            }
        }
    }

    async fn creation_is_there(&self, id: CreationId, contact: Contact) {
        let now = self.shared.clock.now().wall;
        let state = CreationState::Created(contact.clone());
        self.creation_ends(id, state, Some(now)).await;
    }

    async fn creation_ends(&self, id: CreationId, state: CreationState, due: Option<Timestamp>) {
        self.learn_of_creation(id, |creation| (creation.state, creation.due) = (state, due))
            .await;
    }

    /// It is there: its call is about it, and is logged if that was wanted. May be done twice.
    ///
    /// # Errors
    /// The journal's: then it is done again.
    async fn follow_creation(&self, id: CreationId, contact: Contact) -> Result<()> {
        self.keep(std::slice::from_ref(&contact)).await;
        let creation = self.find_creation(id).await?;
        let mut call = creation.call;
        if let Some(id) = call {
            match self.adopt(id).await {
                Ok(()) => {
                    let by = ChosenBy::Person;
                    let contact = contact.clone();
                    self.set_choice(id, Some(Choice { contact, by })).await?;
                }
                // The call was deleted meanwhile.
                Err(error) if error.kind == Kind::NotFound => call = None,
                Err(error) => return Err(error),
            }
        }
        if let Some(id) = call {
            if creation.log
                && let Err(error) = self.log(id, None).await
            {
                if error.kind == Kind::Storage {
                    return Err(error);
                }
                tracing::warn!(
                    kind = error.kind.code(),
                    "a call could not be logged on its new contact"
                );
            }
            self.look_again(id);
        }
        if let Some(connector) = self.shared.connector(&creation.draft.connection) {
            let before = creation.before.clone().unwrap_or_default();
            self.look_for_twins(connector, &contact, creation.draft.number.clone(), before, call);
        }
        self.change_creation(id, |creation| {
            (creation.state, creation.due) = (CreationState::Finished(contact), None);
            Ok(())
        })
        .await?;
        Ok(())
    }
}
