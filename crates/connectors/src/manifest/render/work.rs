//! What everything that one operation renders may cost together.
//!
//! A phone rings, and a connection's templates are worked out on the thread that serves the other connections, too: no deadline
//! fires until they are done. So what an expression reads and makes in between is counted as it is done, in bytes, not only
//! what comes out of it.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use minijinja::Error as Fault;

use super::filters::fault;

/// Bytes, or what takes as long as to copy so many: a lookup in every type of a large CRM costs a hundredth of it.
const MOST: usize = 16 * 1024 * 1024;
/// To begin an expression, and for each byte of it: most are one step of the machine.
const BEGUN: usize = 400;
const EACH_BYTE: usize = 32;
/// A step copies or compares the variables themselves, which is quickly done.
const QUICK: usize = 512;

/// What is left of it. Cloning shares it.
#[derive(Clone)]
pub(super) struct Work(Arc<AtomicUsize>);

impl Default for Work {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(MOST)))
    }
}

thread_local! {
    /// Of the expression that is worked out on this thread: filters are handed nothing but their values.
    static CURRENT: RefCell<Option<Work>> = const { RefCell::new(None) };
}

impl Work {
    /// For an expression, before it is worked out; `held` are the bytes of its variables.
    pub(super) fn begin(&self, expression: &str, held: usize) -> Result<Begun, Fault> {
        // Each `~` copies all before it once more.
        let joins = expression.matches(['~', '+']).count();
        let joined = joins.saturating_mul(joins) / 2;
        let each = EACH_BYTE + held / QUICK;
        self.spend(BEGUN + (expression.len() * each).saturating_add(joined.saturating_mul(held / 64)))?;
        let outer = CURRENT.replace(Some(self.clone()));
        Ok(Begun { outer })
    }

    pub(super) fn spend(&self, cost: usize) -> Result<(), Fault> {
        let left = self.0.load(Ordering::Relaxed).saturating_sub(cost);
        self.0.store(left, Ordering::Relaxed);
        if left == 0 {
            return Err(fault("it takes too much work".to_owned()));
        }
        Ok(())
    }
}

/// While this lives, filters on this thread spend of its expression's work.
pub(super) struct Begun {
    outer: Option<Work>,
}

impl Drop for Begun {
    fn drop(&mut self) {
        CURRENT.set(self.outer.take());
    }
}

/// What a filter is about to read or make, in bytes.
pub(super) fn spend(cost: usize) -> Result<(), Fault> {
    let current = CURRENT.with_borrow(Clone::clone);
    current.map_or(Ok(()), |work| work.spend(cost))
}
