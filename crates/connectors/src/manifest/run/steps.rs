//! Writes in steps. Each is told to the journal before it is sent and after it is answered; one whose answer is known is not
//! sent again, and what it captured is there for the later ones. Steps that only read are not told: they are asked again.

use std::collections::BTreeMap;

use ringside_domain::{HttpAnswer, Kind, Result, connector::Progress, log::Captures as Kept};
use serde_json::Value;

use super::{Ask, Run};
use crate::manifest::{
    classify::Refusal,
    format::{ReadStep, WriteStep},
    render::Scope,
};

/// What the steps captured, by the step's name: `steps.NAME.CAPTURE`.
pub(super) type Steps = BTreeMap<String, BTreeMap<String, String>>;

/// Why a step, and which one.
pub(super) struct Stopped {
    pub refusal: Box<Refusal>,
    pub step: String,
}

impl Stopped {
    fn at(step: &WriteStep) -> impl Fn(Box<Refusal>) -> Self {
        let name = step.name.clone();
        move |refusal| Self {
            refusal,
            step: name.clone(),
        }
    }
}

impl Run<'_> {
    /// Goes through the steps. `complete` may add to what a step captured, before it is kept.
    pub(super) async fn steps(
        &self,
        steps: &[WriteStep],
        scope: &Scope,
        progress: Option<&dyn Progress>,
        complete: impl Fn(&str, &mut BTreeMap<String, String>, &Scope),
    ) -> Result<Steps, Stopped> {
        let mut done = Steps::new();
        for step in steps {
            let scope = scope.with("steps", &done);
            let captured = self
                .step(step, &scope, progress, &complete)
                .await
                .map_err(Stopped::at(step))?;
            done.insert(step.name.clone(), captured);
        }
        Ok(done)
    }

    async fn step(
        &self,
        step: &WriteStep,
        scope: &Scope,
        progress: Option<&dyn Progress>,
        complete: &impl Fn(&str, &mut BTreeMap<String, String>, &Scope),
    ) -> Result<BTreeMap<String, String>, Box<Refusal>> {
        let loaded = &self.core.loaded;
        let writes = step.request.writes();
        let progress = progress.filter(|_| writes);
        if let Some(progress) = progress
            && let Some(kept) = progress.answered(&step.name).await
        {
            return Ok(self.with_all_names(step, kept.into_iter().collect()));
        }
        if let Some(when) = &step.when
            && !loaded.is_true(when, scope)?
        {
            return Ok(self.with_all_names(step, BTreeMap::new()));
        }
        if let Some(there) = self.find_first(step, scope).await? {
            if let Some(progress) = progress {
                progress.done(&step.name, kept(&there)).await?;
            }
            return Ok(there);
        }
        let ask = Ask {
            reads_body: step.answer.ok_when.is_some() || step.capture.values().any(|path| !path.starts_with("header:")),
            step: progress.map(|progress| (progress, step.name.as_str())),
            ..Ask::new(&step.request, &step.answer, scope)
        };
        let reply = self.ask(ask).await?;
        let captured = self.captured(step, &reply.http, &reply.body);
        self.found(&reply, usize::from(captured.is_ok()), 0);
        let mut captured = captured.map_err(|error| if writes { error.maybe_happened() } else { error })?;
        complete(&step.name, &mut captured, scope);
        if let Some(progress) = progress {
            // The request was answered: whatever the journal says now, nobody may think it was not sent.
            let done = progress.done(&step.name, kept(&captured)).await;
            done.map_err(ringside_domain::Error::maybe_happened)?;
        }
        Ok(captured)
    }

    /// What is there already: the record that the manifest picks, or everything that the step would capture.
    async fn find_first(
        &self,
        step: &WriteStep,
        scope: &Scope,
    ) -> Result<Option<BTreeMap<String, String>>, Box<Refusal>> {
        let Some(first) = &step.find_first else { return Ok(None) };
        let found = match self.read_step(first, scope).await {
            Err(refusal) if refusal.error.kind == Kind::NotFound => return Ok(None),
            found => found?,
        };
        let Some(found) = found else { return Ok(None) };
        let names = if step.capture.is_empty() {
            &first.capture
        } else {
            &step.capture
        };
        let all = names.keys().all(|name| found.contains_key(name));
        let there = all && !(names.is_empty() && first.pick.is_empty());
        Ok(there.then_some(found))
    }

    /// What a reading step captures. `None`: it is not to be asked now, or there is no such record.
    pub(super) async fn read_step(
        &self,
        step: &ReadStep,
        scope: &Scope,
    ) -> Result<Option<BTreeMap<String, String>>, Box<Refusal>> {
        let loaded = &self.core.loaded;
        if let Some(when) = &step.when
            && !loaded.is_true(when, scope)?
        {
            return Ok(None);
        }
        let reply = self.ask(Ask::new(&step.request, &step.answer, scope)).await?;
        // Without a list and a pick, captures look at the answer as a whole.
        let body = if step.answer.list.is_none() && step.pick.is_empty() {
            Some(reply.body.clone()).filter(|_| !reply.empty)
        } else {
            let mut picked = None;
            for record in self.records_of(&reply, &step.answer)? {
                if self.is_picked(step, &record, scope)? {
                    picked = Some(record);
                    break;
                }
            }
            picked
        };
        self.found(&reply, usize::from(body.is_some()), 0);
        let Some(body) = body else { return Ok(None) };
        Ok(Some(loaded.captures(&step.capture, &reply.http, &body)?))
    }

    fn is_picked(&self, step: &ReadStep, record: &Value, scope: &Scope) -> Result<bool> {
        for (path, wanted) in &step.pick {
            let wanted = self.core.loaded.text(wanted, scope)?;
            if self.core.loaded.text_at(path, record)?.unwrap_or_default() != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn captured(&self, step: &WriteStep, http: &HttpAnswer, body: &Value) -> Result<BTreeMap<String, String>> {
        let captured = self.core.loaded.captures(&step.capture, http, body)?;
        // A page is nice to have; everything else that a step is to capture, a later one or the journal needs.
        let missing = step
            .capture
            .keys()
            .find(|name| name.as_str() != ringside_domain::log::LOG_URL && !captured.contains_key(*name));
        match missing {
            None => Ok(captured),
            Some(name) => {
                let took = if step.request.writes() {
                    "took it, but its"
                } else {
                    "answered, but the"
                };
                let message = format!(
                    "{} {took} answer lacks `{name}` of the step `{}`",
                    self.name(),
                    step.name
                );
                let error = self.error(Kind::Internal, message);
                if !step.request.writes() {
                    return Err(error.hint("The connector file does not fit this CRM; nothing was written"));
                }
                Err(error.hint(format!(
                    "Look in {} whether it is there; the connector file does not fit it",
                    self.name()
                )))
            }
        }
    }

    /// Names without a value are "": later templates may ask for them.
    fn with_all_names(&self, step: &WriteStep, mut captured: BTreeMap<String, String>) -> BTreeMap<String, String> {
        for name in step.capture.keys() {
            captured.entry(name.clone()).or_default();
        }
        captured
    }
}

fn kept(captured: &BTreeMap<String, String>) -> Kept {
    captured
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
