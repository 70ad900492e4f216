//! One attempt: sending what waits, looking for what was sent without an answer, and what follows once it is there.

use std::{sync::Arc, time::Duration};

use ringside_domain::{
    Connector, Contact, ContactDraft, ContactRef, Creation, CreationId, CreationState, Cx, Error, Freshness, Kind,
    Result, Retry, Timestamp, Trouble,
    call::{Choice, ChosenBy},
    connector::TraceSink,
};
use tokio::time::timeout;

use super::{JOURNAL_PAUSE, look::Before, words};
use crate::{delivery::Tracer, draft, engine::Engine, people::Whom};

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
        let draft = draft::ready(creation.draft.clone(), &info, creation.force);
        if let Err(error) = draft::check(&draft, &info) {
            let refused = CreationState::Refused(Trouble::from(&error));
            self.creation_ends(id, refused, None).await;
            return Ok(());
        }
        let tracer = self.tracer(&creation);
        let looked = self.look_before(&creation, &info.name, &tracer.sink()).await;
        let mut note = None;
        let before = match looked {
            Before::Free(alikes) => alikes,
            Before::There(there) => {
                tracer.save(&*self.shared.journal).await;
                self.creation_is_there(id, *there, Some(words::made_meanwhile(&info.name)))
                    .await;
                return Ok(());
            }
            Before::Doubt(why) => {
                tracer.save(&*self.shared.journal).await;
                self.creation_ends(id, CreationState::Refused(why), None).await;
                return Ok(());
            }
            Before::Unknown(error) => {
                // What heals is waited for, unless the person does not want to. What doesn't would hold it for ever.
                let again = self.creation_again(creation.attempts.saturating_add(1), &error);
                let again = again.filter(|_| !creation.force && !self.shared.creations.is_spared(id));
                if let Some(due) = again {
                    tracer.save(&*self.shared.journal).await;
                    self.creation_is_put_off(id, words::not_looked(&info.name, &error), due)
                        .await;
                    return Ok(());
                }
                note = (!creation.force).then(|| words::sent_blindly(&info.name, &error));
                None
            }
        };
        let known: Vec<ContactRef> = creation.before.iter().flatten().cloned().collect();
        let before = before.map(|before| [before, known].concat());
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
            let answer = self.ask_to_create(id, draft, &connector, tracer.sink()).await;
            let said = tracer.said();
            tracer.save(&*self.shared.journal).await;
            let said: Vec<String> = note.into_iter().chain(said).collect();
            self.conclude_creation(id, answer, Some(said.join("; ")).filter(|said| !said.is_empty()))
                .await;
        }
        Ok(())
    }

    fn tracer(&self, creation: &Creation) -> Tracer {
        Tracer::of(creation.call, self.shared.clock.now().wall)
    }

    /// In a task of its own: an answer that comes after the deadline still counts for as long again.
    async fn ask_to_create(
        &self,
        id: CreationId,
        draft: ContactDraft,
        connector: &Arc<dyn Connector>,
        trace: Arc<dyn TraceSink>,
    ) -> Result<Contact> {
        let deadline = self.config().write_deadline;
        let name = connector.info().name;
        let cx = Cx {
            deadline,
            freshness: Freshness::Live,
            trace,
        };
        let connector = Arc::clone(connector);
        let mut task = tokio::spawn(async move { connector.create_contact(cx, draft).await });
        let mut answer = timeout(deadline, &mut task).await;
        if answer.is_err() {
            let unanswered = CreationState::Sent(Some(words::unanswered(&name)));
            self.learn_of_creation(id, |creation| creation.state = unanswered).await;
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

    async fn conclude_creation(&self, id: CreationId, answer: Result<Contact>, said: Option<String>) {
        let error = match answer {
            Ok(contact) => return self.creation_is_there(id, contact, said).await,
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
        match self.creation_again(creation.attempts, &error) {
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

    /// When it may be tried again after so many attempts and this error; `None`: never, or a person has to change something
    /// about it.
    fn creation_again(&self, attempts: u32, error: &Error) -> Option<Timestamp> {
        let pause = match error.retry {
            Retry::Later => self.creation_pause(attempts),
            Retry::After(wish) => wish.clamp(SHORTEST_WISH, LONGEST_WISH),
            // Somebody signs in or unlocks; then it is hurried.
            Retry::AfterPerson if matches!(error.kind, Kind::SignInNeeded | Kind::KeyringLocked) => {
                self.creation_pause(attempts)
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
        let tracer = self.tracer(&creation);
        let mut looked = self.look(&creation.draft, Whom::Own, &tracer.sink()).await;
        tracer.save(&*self.shared.journal).await;
        let failed = looked.take_failure(&creation.draft);
        let mut found = match (looked.alikes(&creation.draft, &self.config().home), failed) {
            (Some(found), None) => found,
            (None, None) => {
                return self
                    .creation_ends(id, unsure(words::cannot_be_searched(&name)), None)
                    .await;
            }
            (_, Some(error)) => {
                let (state, due) = match self.creation_again(creation.attempts, &error) {
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
            (Some(one), 0) => self.creation_is_there(id, one, None).await,
            (None, _) => self.creation_ends(id, unsure(words::not_found(&name)), None).await,
            (Some(_), more) => {
                self.creation_ends(id, unsure(words::several_found(&name, more + 1)), None)
                    .await;
            }
        }
    }

    /// `said`: what the person has to hear beside it.
    async fn creation_is_there(&self, id: CreationId, contact: Contact, said: Option<String>) {
        let now = self.shared.clock.now().wall;
        self.learn_of_creation(id, |creation| {
            (creation.state, creation.due) = (CreationState::Created(contact), Some(now));
            creation.said = said;
        })
        .await;
    }

    /// Nothing was sent, as nobody could say whether it is there; unless it was taken back meanwhile.
    async fn creation_is_put_off(&self, id: CreationId, why: Trouble, due: Timestamp) {
        self.learn_of_creation(id, |creation| {
            if matches!(creation.state, CreationState::Waiting(_)) {
                creation.attempts = creation.attempts.saturating_add(1);
                (creation.state, creation.due) = (CreationState::Waiting(Some(why)), Some(due));
            }
        })
        .await;
        self.shared.creations.was_not_looked_for(id);
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
            self.look_for_twins(
                connector,
                &contact,
                creation.draft.number.clone(),
                before,
                call,
                Some(creation.id),
            );
        }
        self.change_creation(id, |creation| {
            (creation.state, creation.due) = (CreationState::Finished(contact), None);
            Ok(())
        })
        .await?;
        Ok(())
    }
}
