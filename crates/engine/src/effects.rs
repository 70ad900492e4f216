//! What follows from decisions: lookups, pictures, logs. Worked off in the order in which it was decided.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringside_domain::{CallId, Contact, ContactRef, Freshness, Stop, phone::Reading};
use tokio::sync::mpsc;

use crate::{
    callbook::{Effect, Input},
    engine::Engine,
    lookup::{Question, lookup},
    view::Update,
};

/// How often calls are looked at that may never end by themselves.
const TICK: Duration = Duration::from_secs(5);

/// What was decided about this number before: whom it was chosen for, and to whom it was linked.
type Before = (Option<ContactRef>, Option<Contact>);

impl Engine {
    pub(crate) async fn work(self, mut queue: mpsc::UnboundedReceiver<Effect>, stop: Stop) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.clone() => return,
                _ = tick.tick() => self.apply(Input::Tick),
                effect = queue.recv() => match effect {
                    Some(effect) => self.run(effect),
                    None => return,
                },
            }
        }
    }

    fn run(&self, effect: Effect) {
        let engine = self.clone();
        match effect {
            // Done when it was decided.
            Effect::Save(_) => {}
            Effect::Publish(id) => {
                if let Ok(view) = self.view_of(id) {
                    self.tell(Update::Call(Box::new(view)));
                }
            }
            Effect::CardClosed(id) => self.tell(Update::CardClosed(id)),
            Effect::TickAfter(pause) => {
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    engine.apply(Input::Tick);
                });
            }
            Effect::LookUp(id) => {
                let paint_by = self.config().paint_by;
                tokio::spawn(async move {
                    let paint = async {
                        tokio::time::sleep(paint_by).await;
                        engine.apply(Input::PaintNow { call: id });
                    };
                    tokio::join!(engine.look_up(id, Freshness::Cached), paint);
                });
            }
            Effect::Log(id) => {
                tokio::spawn(async move { engine.log_by_rule(id).await });
            }
            Effect::CompleteLog(id) => {
                tokio::spawn(async move {
                    engine.log_new_contact_by_rule(id).await;
                    engine.complete_log(id).await;
                });
            }
        }
    }

    pub(crate) async fn log_by_rule(&self, id: CallId) {
        if self.view_of(id).is_ok_and(|view| self.was_decided(&view.call)) {
            return;
        }
        if let Err(error) = self.log(id, None).await {
            tracing::warn!(kind = error.kind.code(), "a call could not be logged by its rule");
        }
    }

    /// Starts a lookup for the call and waits for its end. A newer one for the same call ends it.
    pub(crate) async fn look_up(&self, id: CallId, freshness: Freshness) {
        let Some((reading, before)) = self
            .book()
            .get(id)
            .map(|entry| (entry.call.remote.reading.clone(), entry.lookup.clone()))
        else {
            return;
        };
        let engine = self.clone();
        let task = tokio::spawn(async move {
            let remembered = Arc::new(Mutex::new(Before::default()));
            let publish = {
                let (engine, remembered) = (engine.clone(), remembered.clone());
                move |lookup| {
                    let (remembered, linked) = remembered.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    engine.apply(Input::Looked {
                        call: id,
                        lookup,
                        remembered,
                        linked,
                    });
                }
            };
            let question = Question {
                call: Some(id),
                reading: reading.clone(),
                freshness,
                before,
            };
            let recall = engine.recall(id, &reading, &remembered);
            let (looked, ()) = tokio::join!(lookup(engine.places(), question, publish), recall);
            match engine.shared.journal.save_trace(looked.trace).await {
                // Whoever looks at the traces was told of the last answer before this one was there.
                Ok(()) => engine.show_call(id).await,
                Err(error) => tracing::warn!(kind = error.kind.code(), "a trace was not saved"),
            }
        });
        if let Some(earlier) = self.lookups().insert(id, task.abort_handle()) {
            earlier.abort();
        }
        let _ = task.await;
        self.lookups().retain(|_, task| !task.is_finished());
    }

    /// Fetches the remembered choice beside the lookup, which does not wait for it.
    async fn recall(&self, id: CallId, reading: &Reading, slot: &Mutex<Before>) {
        let Reading::Number(number) = reading else { return };
        let Ok(Some(contact)) = self.shared.journal.remembered_choice(number.e164().to_owned()).await else {
            return;
        };
        let linked = self.shared.journal.linked(number.e164().to_owned()).await;
        // A connection that was removed has nothing to open or to log on.
        let linked = linked
            .ok()
            .flatten()
            .filter(|linked| self.shared.connector(&linked.id.connection).is_some());
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = (Some(contact.clone()), linked.clone());
        let lookup = self.book().get(id).map(|entry| entry.lookup.clone());
        if let Some(lookup) = lookup.filter(|lookup| linked.is_some() || !lookup.matches.is_empty()) {
            self.apply(Input::Looked {
                call: id,
                lookup,
                remembered: Some(contact),
                linked,
            });
        }
    }

    fn lookups(&self) -> MutexGuard<'_, HashMap<CallId, tokio::task::AbortHandle>> {
        self.shared.lookups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
