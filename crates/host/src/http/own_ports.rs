//! The ports that Ringside itself listens on, which no request of a connector may reach.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

/// A shared set: whoever listens on the loopback adds its port before it accepts and removes it once it has stopped.
#[derive(Clone, Debug, Default)]
pub struct OwnPorts(Arc<RwLock<BTreeSet<u16>>>);

impl OwnPorts {
    pub fn add(&self, port: u16) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(port);
    }

    pub fn remove(&self, port: u16) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&port);
    }

    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&port)
    }
}
