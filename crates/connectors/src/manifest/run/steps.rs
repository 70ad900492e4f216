//! Writes in steps. Each is told to the journal before it is sent and after it is answered; one whose answer is known is not
//! sent again, and what it captured is there for the later ones. Steps that only read are not told: they are asked again.

use std::collections::BTreeMap;

use ringside_domain::{HttpAnswer, Kind, Result, connector::Progress, log::Captures as Kept};
use serde_json::Value;

use super::{Ask, CREATE, Run, ensured::Turn};
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
        let turn = self.turn(step, scope).await?;
        if let Some(there) = self.find_first(step, scope).await? {
            if let Some(progress) = progress {
                progress.done(&step.name, kept(&there)).await?;
            }
            return Ok(there);
        }
        if let Some(turn) = &turn
            && let Some(made) = turn.made().await
        {
            return Ok(self.with_all_names(step, made));
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
        if let Some(turn) = turn {
            turn.keep(&captured).await;
        }
        if let Some(progress) = progress {
            // The request was answered: whatever the journal says now, nobody may think it was not sent.
            let done = progress.done(&step.name, kept(&captured)).await;
            done.map_err(ringside_domain::Error::maybe_happened)?;
        }
        Ok(captured)
    }

    /// The turn of a step that makes what a new contact needs beside it.
    async fn turn(&self, step: &WriteStep, scope: &Scope) -> Result<Option<Turn<'_>>> {
        if self.operation != CREATE || step.name == super::create::STEP || step.find_first.is_none() {
            return Ok(None);
        }
        let core = self.core;
        let wanted = core.loaded.request(&step.request, scope, &core.place.base)?;
        let turn = core
            .ensured
            .turn(&step.name, &wanted, core.clock.now().wall, self.until)
            .await;
        let late = || {
            let message = format!("Another contact is being created in {}", self.name());
            self.error(Kind::Timeout, message)
        };
        turn.ok_or_else(late).map(Some)
    }

    /// What is there already: the record that the manifest picks, or everything that the step would capture.
    async fn find_first(
        &self,
        step: &WriteStep,
        scope: &Scope,
    ) -> Result<Option<BTreeMap<String, String>>, Box<Refusal>> {
        let Some(first) = &step.find_first else { return Ok(None) };
        let creates = self.operation == CREATE;
        let picked = match self.pick(first, scope, creates).await {
            Err(refusal) if refusal.error.kind == Kind::NotFound => return Ok(None),
            picked => picked?,
        };
        let Some(Picked {
            captured: found,
            of,
            called,
        }) = picked
        else {
            return Ok(None);
        };
        if creates && of > 1 {
            let what = if called.is_empty() { &step.name } else { &called };
            self.exit.said(&format!(
                "{} has {of} records that fit `{what}`; the first one was taken",
                self.name()
            ));
        }
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
        Ok(self.pick(step, scope, false).await?.map(|picked| picked.captured))
    }

    /// `cased`: a record is the same however it is cased.
    async fn pick(&self, step: &ReadStep, scope: &Scope, cased: bool) -> Result<Option<Picked>, Box<Refusal>> {
        let loaded = &self.core.loaded;
        if let Some(when) = &step.when
            && !loaded.is_true(when, scope)?
        {
            return Ok(None);
        }
        let reply = self.ask(Ask::new(&step.request, &step.answer, scope)).await?;
        let wanted = self.wanted(step, scope)?;
        // Without a list and a pick, captures look at the answer as a whole.
        let mut fits = if step.answer.list.is_none() && wanted.is_empty() {
            Some(reply.body.clone()).filter(|_| !reply.empty).into_iter().collect()
        } else {
            self.fitting(self.records_of(&reply, &step.answer)?, &wanted, cased)?
        };
        let of = fits.len();
        self.found(&reply, of, 0);
        if fits.is_empty() {
            return Ok(None);
        }
        let captured = loaded.captures(&step.capture, &reply.http, &fits.swap_remove(0))?;
        let called = wanted
            .iter()
            .map(|(_, text)| text.trim())
            .collect::<Vec<_>>()
            .join(", ");
        Ok(Some(Picked { captured, of, called }))
    }

    /// What the record's *paths* must say.
    fn wanted<'s>(&self, step: &'s ReadStep, scope: &Scope) -> Result<Vec<(&'s String, String)>> {
        let text = |(path, wanted)| Ok((path, self.core.loaded.text(wanted, scope)?));
        step.pick.iter().map(text).collect()
    }

    /// The records that fit, in their order. A company that a contact is created in is the same however it is `cased`, but one
    /// that is written just so is taken before; everywhere else, where texts may be ids, nothing less will do.
    fn fitting(&self, records: Vec<Value>, wanted: &[(&String, String)], cased: bool) -> Result<Vec<Value>> {
        let (mut just_so, mut nearly) = (Vec::new(), Vec::new());
        for record in records {
            let (mut same, mut alike) = (true, true);
            for (path, wanted) in wanted {
                let text = self.core.loaded.text_at(path, &record)?.unwrap_or_default();
                same &= text == *wanted;
                alike &= folded(&text) == folded(wanted);
            }
            if same {
                just_so.push(record);
            } else if alike && cased {
                nearly.push(record);
            }
        }
        Ok(if just_so.is_empty() { nearly } else { just_so })
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

/// A record of a reading step.
struct Picked {
    captured: BTreeMap<String, String>,
    /// So many fitted.
    of: usize,
    /// What they fitted.
    called: String,
}

/// Without case, and with single blanks.
fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kept(captured: &BTreeMap<String, String>) -> Kept {
    captured
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
