//! What a person asks for: a contact to be created in a moment, taken back, sent at once, or dropped.

use std::sync::Arc;

use ringside_domain::{
    CallId, Connector, ContactDraft, Creation, CreationId, CreationState, Error, Kind, Result, Retry,
    connector::ConnectorInfo,
};

use crate::{
    draft,
    engine::Engine,
    people::{self, folded_email, normalise},
    view::{Created, CreationDecision, Update},
};

impl Engine {
    /// Takes a contact into the books that is created in [`Config::undo_window`](crate::Config::undo_window), unless the
    /// index says that it may be there already and `force` is not set. Durable when it answers; nothing has been sent then,
    /// and nobody was asked: that happens right before it is sent, and whoever is found then makes it refused. The call
    /// waits for it.
    ///
    /// `instead_of`: the one that was refused or taken back, and that this one is made of. It is gone afterwards.
    ///
    /// # Errors
    /// When the connection is gone or can't create, or the draft lacks something, which the error names; when the call
    /// waits for another contact already; and the journal's.
    pub async fn create_later(
        &self,
        draft: ContactDraft,
        call: Option<CallId>,
        force: bool,
        instead_of: Option<CreationId>,
    ) -> Result<Created> {
        let info = self.may_create(&draft)?.info();
        if let Some(call) = call {
            self.adopt(call).await?;
        }
        self.not_yet_asked(&draft, call, force, instead_of)?;
        if !force {
            let found = people::known_duplicates(&self.places(), &draft).await;
            if !found.is_empty() {
                return Ok(Created::Duplicates(found));
            }
        }
        let now = self.shared.clock.now().wall;
        let mut creation = Creation {
            id: CreationId::new(&*self.shared.clock, &*self.shared.random),
            call,
            draft,
            force,
            log: false,
            before: None,
            state: CreationState::Waiting(None),
            attempts: 0,
            asked: now,
            due: Some(now.plus(self.config().undo_window)),
            said: None,
        };
        {
            let _books = self.shared.creations.books.lock().await;
            // Once more: two windows may have asked at the same time.
            self.not_yet_asked(&creation.draft, call, force, instead_of)?;
            let old = match instead_of {
                Some(id) => self.shared.journal.creation(id).await?,
                None => None,
            };
            if let Some(old) = &old {
                is_replaceable(old, &info)?;
                creation.log = old.log && old.call == call && call.is_some();
            }
            self.shared.journal.save_creation(creation.clone()).await?;
            self.shared.creations.put(&creation, now, None);
            if let Some(old) = old {
                // In this order: whatever breaks off in between, nothing that was typed is lost.
                self.shared.journal.forget_creation(old.id).await?;
                let undone = Creation {
                    state: CreationState::Undone,
                    ..old
                };
                self.shared.creations.put(&undone, now, None);
                self.tell(Update::Creation(Box::new(undone)));
            }
        }
        self.wait_for(&creation).await?;
        self.show_creation(&creation).await;
        Ok(Created::Waiting(Box::new(creation)))
    }

    /// Contacts that are still to come, newest first: waiting, sent, refused and unsure ones.
    #[must_use]
    pub fn creations(&self) -> Vec<Creation> {
        let mut open = self.shared.creations.open();
        open.retain(Creation::is_to_come);
        open.reverse();
        open
    }

    /// The contact that is about to be created for this call.
    #[must_use]
    pub fn creation_of(&self, call: CallId) -> Option<Creation> {
        self.shared.creations.of_call(call)
    }

    /// Takes one back of which nothing was sent, and that its log was to follow it. Twice is harmless.
    ///
    /// # Errors
    /// When it was sent, when there is none, or when the journal can't be written: then it is not sent by this run of the
    /// program, but it is not forgotten either.
    pub async fn undo_creation(&self, id: CreationId) -> Result<Creation> {
        let undone = self.change_creation(id, |creation| {
            is_untouched(creation)?;
            (creation.state, creation.due, creation.log) = (CreationState::Undone, None, false);
            Ok(())
        });
        let undone = undone.await;
        if let Err(error) = &undone
            && error.kind == Kind::Storage
        {
            self.shared.creations.hold(id);
        }
        undone
    }

    /// A person's word on one that waits for it. `Send`: now, without a wait, also for a CRM that could not say whether it is
    /// there; where that was not certain, the person has looked. `Drop`: it is not to be created, or is known to be there.
    ///
    /// # Errors
    /// When it is being sent, when there is none, and the journal's.
    pub async fn settle_creation(&self, id: CreationId, decision: CreationDecision) -> Result<Creation> {
        let now = self.shared.clock.now().wall;
        self.change_creation(id, |creation| {
            match (&creation.state, decision) {
                (CreationState::Sent(_), _) => return Err(being_sent()),
                // Settled: a second click does nothing.
                (CreationState::Created(_) | CreationState::Finished(_), _) => {}
                (_, CreationDecision::Drop) => {
                    (creation.state, creation.due, creation.log) = (CreationState::Undone, None, false);
                }
                (CreationState::Undone, CreationDecision::Send) => {
                    let message = "This contact was taken back";
                    return Err(
                        Error::new(Kind::Conflict, "settle_creation", message).hint("Create it again from the form")
                    );
                }
                (CreationState::Waiting(_), CreationDecision::Send) => {
                    creation.due = Some(now);
                    self.shared.creations.spare(id);
                }
                (CreationState::Refused(why), CreationDecision::Send) => {
                    creation.force |= why.kind == Kind::Conflict;
                    (creation.state, creation.due) = (CreationState::Waiting(None), Some(now));
                }
                (CreationState::Unsure(_), CreationDecision::Send) => {
                    creation.force = true;
                    (creation.state, creation.due) = (CreationState::Waiting(None), Some(now));
                }
            }
            Ok(())
        })
        .await
    }

    /// Whether this draft could be created at all, as far as that can be told without asking the CRM.
    pub(crate) fn may_create(&self, draft: &ContactDraft) -> Result<Arc<dyn Connector>> {
        let connector = self.shared.connector(&draft.connection).ok_or_else(|| {
            Error::new(Kind::NotFound, "create_contact", "There is no such connection").field("connection")
        })?;
        let info = connector.info();
        if !connector.capability().create {
            let message = format!("{} cannot create contacts", info.name);
            return Err(Error::new(Kind::Unsupported, "create_contact", message).field("connection"));
        }
        draft::check(&draft::ready(draft.clone(), &info, false), &info)?;
        Ok(connector)
    }

    /// A second press of the button makes no second contact.
    fn not_yet_asked(
        &self,
        draft: &ContactDraft,
        call: Option<CallId>,
        force: bool,
        instead_of: Option<CreationId>,
    ) -> Result<()> {
        let under_way = self.shared.creations.open();
        let same = under_way
            .iter()
            .filter(|known| Some(known.id) != instead_of)
            .filter(|known| matches!(known.state, CreationState::Waiting(_) | CreationState::Sent(_)))
            .find(|known| (call.is_some() && known.call == call) || (!force && is_same(&known.draft, draft)));
        match same {
            None => Ok(()),
            Some(known) => Err(Error::new(
                Kind::Conflict,
                "create_contact",
                format!("{} is about to be created already", known.draft.name),
            )
            .hint("Wait until it is there, or take it back first")),
        }
    }

    /// Of several contacts for one call the newest one counts.
    async fn wait_for(&self, newest: &Creation) -> Result<()> {
        let Some(call) = newest.call else { return Ok(()) };
        for older in self.shared.creations.open() {
            if older.id != newest.id && older.call == Some(call) && older.is_to_come() {
                self.change_creation(older.id, |older| {
                    (older.call, older.log) = (None, false);
                    Ok(())
                })
                .await?;
            }
        }
        Ok(())
    }
}

fn is_untouched(creation: &Creation) -> Result<()> {
    match &creation.state {
        CreationState::Waiting(_) | CreationState::Refused(_) | CreationState::Undone => Ok(()),
        CreationState::Sent(_) => Err(being_sent()),
        CreationState::Unsure(_) => Err(Error::new(
            Kind::Conflict,
            "undo_creation",
            "This contact may be in the CRM already",
        )
        .hint("Look there, then drop it here or send it again")),
        CreationState::Created(_) | CreationState::Finished(_) => {
            Err(
                Error::new(Kind::Conflict, "undo_creation", "This contact is in the CRM by now")
                    .hint("Delete it there if it is not wanted"),
            )
        }
    }
}

fn is_replaceable(old: &Creation, info: &ConnectorInfo) -> Result<()> {
    match &old.state {
        CreationState::Created(_) | CreationState::Finished(_) => Err(Error::new(
            Kind::Conflict,
            "create_contact",
            format!("{} was created in {} meanwhile", old.draft.name, info.name),
        )
        .hint("Choose it instead")),
        CreationState::Sent(_) => Err(being_sent()),
        _ => Ok(()),
    }
}

fn being_sent() -> Error {
    Error::new(Kind::Conflict, "creation", "This contact is being sent right now")
        .retry(Retry::Later)
        .hint("Wait for its answer, then decide")
}

fn is_same(one: &ContactDraft, other: &ContactDraft) -> bool {
    let email = |draft: &ContactDraft| draft.email.as_deref().and_then(folded_email);
    one.connection == other.connection
        && one.contact_type == other.contact_type
        && normalise(&one.name) == normalise(&other.name)
        && one.number == other.number
        && email(one) == email(other)
}
