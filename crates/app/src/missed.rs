//! Missed calls that nobody has looked at yet. Each is new once: what becomes of it later, a note or its log, is no news.

use std::{collections::BTreeMap, sync::Mutex};

use ringside_domain::{
    CallId,
    call::{Call, CallState, Direction, EndReason},
};

use crate::{app::lock, calls::heard_at};

/// So many are known, the newest: their ids begin with the time.
const MOST: usize = 10_000;

#[derive(Default)]
pub(crate) struct Missed {
    /// Whether somebody has looked.
    calls: Mutex<BTreeMap<CallId, bool>>,
    /// Unix milliseconds. What was over before this run was told by the one before.
    begun: i64,
}

impl Missed {
    pub fn since(begun: i64) -> Self {
        Self {
            begun,
            ..Self::default()
        }
    }

    /// Whether this call was missed just now.
    pub fn heard(&self, call: &Call) -> bool {
        let missed = call.state == CallState::Ended(EndReason::Missed) && call.direction == Direction::In;
        // What was told while Ringside was started is over before that, too, and first heard of now.
        let is_ours = heard_at(call.id) >= self.begun || call.ended.is_some_and(|ended| ended.0 >= self.begun);
        let mut calls = lock(&self.calls);
        if !missed || !is_ours || calls.contains_key(&call.id) {
            return false;
        }
        calls.insert(call.id, false);
        if calls.len() > MOST {
            calls.pop_first();
        }
        true
    }

    pub fn count(&self) -> u32 {
        let new = lock(&self.calls).values().filter(|seen| !**seen).count();
        u32::try_from(new).unwrap_or(u32::MAX)
    }

    /// Somebody looked. Whether there was anything new.
    pub fn seen(&self) -> bool {
        let mut calls = lock(&self.calls);
        let new = calls.values().any(|seen| !seen);
        calls.values_mut().for_each(|seen| *seen = true);
        new
    }

    pub fn forget(&self, gone: &[CallId]) {
        lock(&self.calls).retain(|id, _| !gone.contains(id));
    }
}
