//! The engine's pictures as DTOs, and a person's wishes back.
//!
//! Numbers become text here, and nowhere later: as people of that country write them, seen from the user's home. What
//! a stable code stands for is spelled out once for each direction, so a new state cannot be forgotten silently.

mod call;
mod codes;
mod contact;
mod creation;
mod trace;

use ringside_domain::{ConnectionId, connector::ConnectorInfo, phone::Home};

pub use call::{log_fields, values};
pub use contact::{contact_type, draft, reference};

/// What it takes to put a picture into words: where the user is at home, and what the connections are called.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub home: &'a Home,
    pub connections: &'a [ConnectorInfo],
    /// In the rehearsal's own profile a simulated call may be logged.
    pub logs_rehearsals: bool,
}

impl<'a> Words<'a> {
    fn info(&self, connection: &ConnectionId) -> Option<&'a ConnectorInfo> {
        self.connections.iter().find(|info| info.connection == *connection)
    }

    /// The connection's name; its id where it was removed meanwhile.
    fn connection_name(&self, connection: &ConnectionId) -> String {
        self.info(connection)
            .map_or_else(|| connection.to_string(), |info| info.name.clone())
    }
}

/// Microseconds or milliseconds for the wire; what does not fit is as long as it gets.
fn whole(count: u128) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
