//! What a process that holds secrets does first: no picture of its memory is ever written to a disk, and no fault of ours
//! prints what it was working on.

use ringside_domain::{Error, Kind, Result};

/// Switches core dumps off for this process and what it starts, and on Linux also forbids other programs of the same
/// user to read its memory.
///
/// The price on Linux: debuggers and `/proc/<pid>/smaps` need root, and desktop portals may refuse the process.
#[cfg(unix)]
pub fn forbid_core_dumps() -> Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let failed = |error: rustix::io::Errno| {
        Error::new(
            Kind::Internal,
            "forbid_core_dumps",
            "the system does not let core dumps be switched off",
        )
        .because(error)
    };
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )
    .map_err(failed)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).map_err(failed)?;
    Ok(())
}

/// Windows writes no dump of a process by default, and has no switch for it to set.
#[cfg(not(unix))]
pub fn forbid_core_dumps() -> Result<()> {
    let _: Option<(Error, Kind)> = None;
    Ok(())
}

/// A panic is our bug, and its text may hold what was just being read: only the place is told. Panics that are caught,
/// like those of the number library, then leave one calm line.
pub fn calm_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(%place, "a fault of Ringside's own; please report it");
    }));
}
