//! Dialogs that are over. Servers go on listing them, and nothing may come of that twice.

use std::{cmp::Reverse, collections::HashMap};

use super::{
    super::dialog_info::MOST_DIALOGS,
    call::{Leg, agree},
};

/// A body lists this many at most; those of the last body are never forgotten.
const KEPT: usize = MOST_DIALOGS;

#[derive(Debug, Default)]
pub(super) struct Ended {
    /// By the dialog's id. A server that counts its dialogs gives one id to several, and the Call-ID tells them apart.
    by_id: HashMap<String, Vec<Dead>>,
    len: usize,
}

#[derive(Debug)]
struct Dead {
    call_id: Option<String>,
    /// The last body that listed it.
    listed: u64,
    /// The server said that it ended. Else it was missed from a list, and may turn up again.
    told: bool,
}

impl Ended {
    pub(super) fn remember(&mut self, leg: Leg, told: bool) {
        let dead = Dead {
            call_id: leg.call_id,
            listed: leg.listed,
            told,
        };
        let namesakes = self.by_id.entry(leg.id).or_default();
        match namesakes.iter_mut().find(|known| known.call_id == dead.call_id) {
            Some(known) => *known = dead,
            None => {
                namesakes.push(dead);
                self.len += 1;
            }
        }
        if self.len > 2 * KEPT {
            self.forget_oldest();
        }
    }

    /// Whether this dialog is over, for a body that lists it as over.
    pub(super) fn knows(&mut self, id: &str, call_id: Option<&str>, body: u64) -> bool {
        self.find(id, call_id, body).is_some()
    }

    /// Whether this dialog is over, for a body that lists it as going on.
    pub(super) fn is_final(&mut self, id: &str, call_id: Option<&str>, body: u64) -> bool {
        self.find(id, call_id, body).is_some_and(|dead| dead.told)
    }

    /// Whether a call of this key may have been told before.
    pub(super) fn has_key(&self, key: &str) -> bool {
        let named = |dead: &Dead| dead.call_id.as_deref() == Some(key);
        self.by_id.contains_key(key) || self.by_id.values().flatten().any(named)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn find(&mut self, id: &str, call_id: Option<&str>, body: u64) -> Option<&Dead> {
        let namesakes = self.by_id.get_mut(id)?;
        let dead = namesakes
            .iter_mut()
            .find(|dead| agree(dead.call_id.as_deref(), call_id))?;
        dead.listed = body;
        Some(dead)
    }

    fn forget_oldest(&mut self) {
        let mut ages: Vec<u64> = self.by_id.values().flatten().map(|dead| dead.listed).collect();
        ages.sort_unstable_by_key(|age| Reverse(*age));
        let oldest = ages[KEPT - 1];
        self.by_id.retain(|_, namesakes| {
            namesakes.retain(|dead| dead.listed >= oldest);
            !namesakes.is_empty()
        });
        self.len = self.by_id.values().map(Vec::len).sum();
    }
}
