//! What a person should know about a watcher that works.

use ringside_domain::Note;

use crate::sip::settings::Transport;

/// What is true from the start.
pub(super) fn of(transport: Transport, server: &str) -> Vec<Note> {
    let clear = Note {
        code: "clear_text",
        message: format!(
            "The connection to {server} over {} is not encrypted: others on the network can see who calls you",
            transport.name()
        ),
        hint: Some("Choose TLS if your server has it".to_owned()),
    };
    (transport != Transport::Tls).then_some(clear).into_iter().collect()
}

pub(super) fn pending(server: &str) -> Note {
    Note {
        code: "pending",
        message: format!("{server} tells of calls only after somebody approved this watcher"),
        hint: Some("Ask your admin to approve it".to_owned()),
    }
}

pub(super) fn silent(server: &str) -> Note {
    Note {
        code: "no_state",
        message: format!("{server} accepted this watcher, but has told nothing so far"),
        hint: Some("A firewall or NAT may be in the way: TLS or TCP passes where UDP does not".to_owned()),
    }
}

pub(super) fn unreadable(server: &str) -> Note {
    Note {
        code: "unreadable",
        message: format!("{server} told of calls in a way that could not be read"),
        hint: Some("If calls are missing, send the log to the makers of Ringside; it holds no numbers".to_owned()),
    }
}

pub(super) fn cut(server: &str) -> Note {
    Note {
        code: "cut",
        message: format!(
            "Messages of {server} are too large for UDP and arrive cut; each time everything is asked for anew"
        ),
        hint: Some("Choose TLS or TCP".to_owned()),
    }
}

pub(super) fn over_tcp(server: &str) -> Note {
    Note {
        code: "over_tcp",
        message: format!("Messages of {server} are too large for UDP, so they are fetched over TCP"),
        hint: None,
    }
}
