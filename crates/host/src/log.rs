//! The log: one file a day, fourteen of them, and standard error when [`env::LOG`](crate::env::LOG) is set.
//!
//! No code of ours writes a number or a secret into a log line. This module is the second belt: whatever looks like one
//! is masked on its way out.

use std::{fmt, io};

use ringside_domain::{Error, Kind, Result};
use tracing::{Event, Level, Subscriber, level_filters::LevelFilter};
use tracing_appender::{
    non_blocking::{NonBlocking, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt as _, filter_fn},
    fmt::{
        FmtContext, FormatEvent, FormatFields, MakeWriter,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{env, folders::Folders};

mod mask;

pub use mask::masked;

const OPERATION: &str = "start_log";
const KEPT_FILES: usize = 14;
/// What is written when nobody asks for more.
const USUAL: &str = "warn,ringside=info";
/// These write whole messages at finer levels: people's names and numbers, and secrets on their way to the keyring. Nobody can
/// ask for them, whatever [`env::LOG`] says.
const NEVER_FINER: [&str; 7] = [
    "zbus",
    "notify_rust",
    "keyring_core",
    "zbus_secret_service_keyring_store",
    "hyper",
    "tungstenite",
    "tokio_tungstenite",
];

/// Keeps the log open; dropping it writes what is still waiting.
#[must_use = "the log ends when this is dropped"]
pub struct Log {
    _file: WorkerGuard,
}

/// Starts the log of this process. Call it once, first of all.
///
/// # Errors
/// [`Kind::Storage`] when the folder cannot be written to. The program can go on without a log.
pub fn start(folders: &Folders) -> Result<Log> {
    crate::folders::private_folder(&folders.logs)?;
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("ringside")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(&folders.logs)
        .map_err(|error| {
            Error::new(
                Kind::Storage,
                OPERATION,
                format!("no log can be written to {}", folders.logs.display()),
            )
            .because(error)
        })?;
    let (file, guard): (NonBlocking, WorkerGuard) = tracing_appender::non_blocking(files);
    let wanted = std::env::var(env::LOG).ok().filter(|wanted| !wanted.is_empty());
    let subscriber = tracing_subscriber::registry()
        .with(layer(file, wanted.as_deref()))
        .with(wanted.as_deref().map(|wanted| layer(io::stderr, Some(wanted))));
    subscriber
        .try_init()
        .map_err(|error| Error::new(Kind::Internal, OPERATION, "a log runs already").because(error))?;
    Ok(Log { _file: guard })
}

/// A layer that writes masked lines to `writer`; `wanted` as in [`env::LOG`].
pub fn layer<S, W>(writer: W, wanted: Option<&str>) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let wanted = EnvFilter::try_new(wanted.unwrap_or(USUAL)).unwrap_or_else(|_| EnvFilter::new(USUAL));
    // A filter of its own: as directives beside the wanted ones, a longer target would win over them.
    let allowed =
        filter_fn(|about| *about.level() <= Level::WARN || !NEVER_FINER.iter().any(|name| is_of(about.target(), name)))
            .with_max_level_hint(LevelFilter::TRACE);
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer)
        .event_format(Masked)
        .with_filter(wanted.and(allowed))
        .boxed()
}

/// Whether a target is this crate, or a module in it.
fn is_of(target: &str, name: &str) -> bool {
    let rest = target.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// `2026-11-22T01:15:55.123456Z  INFO ringside_engine call{id=…}: the call ended`, masked but for the first three.
struct Masked;

impl<S, F> FormatEvent<S, F> for Masked
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, F>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        SystemTime.format_time(&mut writer)?;
        let about = event.metadata();
        write!(writer, " {:>5} {}", about.level(), about.target())?;
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            write!(writer, " {}", span.name())?;
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<tracing_subscriber::fmt::FormattedFields<F>>() {
                write!(writer, "{{{}}}", masked(fields))?;
            }
        }
        let mut text = String::new();
        context.format_fields(Writer::new(&mut text), event)?;
        writeln!(writer, ": {}", masked(&text))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn captured(wanted: Option<&str>, work: impl FnOnce()) -> String {
        let lines = Captured::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::registry().with(layer(move || writer.clone(), wanted));
        tracing::subscriber::with_default(subscriber, work);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn numbers_and_secrets_are_masked_wherever_they_stand() {
        let log = captured(Some("debug"), || {
            let span = tracing::info_span!("call", remote = "+44 20 7946 0123");
            let _inside = span.enter();
            tracing::info!(number = 12_025_550_123_i64, name = %"sip:alice@example.com", "rang from (202) 555-0123");
            tracing::error!(error = ?"Bearer 0123456789abcdef0123456789abcdef", "token=hunter2 refused");
        });
        for leak in ["7946", "0123", "555-01", "2025550", "alice", "hunter2", "89abcdef"] {
            assert!(!log.contains(leak), "{leak} is in {log}");
        }
        assert!(log.contains(" INFO ringside_host::log::tests call{remote="), "{log}");
        assert!(log.contains("rang from"), "{log}");
        assert_eq!(log.lines().count(), 2, "{log}");
        assert!(log.starts_with("20"), "the time of the line stays readable: {log}");
    }

    #[test]
    fn usual_and_wanted_levels() {
        let work = || {
            tracing::debug!(target: "ringside_engine", "fine");
            tracing::info!(target: "ringside_engine", "usual");
            tracing::info!(target: "other", "chatter");
            tracing::trace!(target: "zbus::connection", "a whole message");
        };
        let usual = captured(None, work);
        assert!(
            usual.contains("usual") && !usual.contains("fine") && !usual.contains("chatter"),
            "{usual}"
        );
        let wanted = captured(Some("trace"), work);
        assert!(wanted.contains("fine") && wanted.contains("chatter"), "{wanted}");
        assert!(!wanted.contains("a whole message"), "{wanted}");
        assert!(
            captured(Some("=?["), work).contains("usual"),
            "nonsense means the usual"
        );
    }

    #[test]
    fn whole_messages_of_libraries_stay_out_whoever_asks() {
        for wanted in [
            "trace",
            "tungstenite=trace",
            "tungstenite::protocol=trace,zbus::connection=trace",
            "off,hyper::proto=debug",
        ] {
            let log = captured(Some(wanted), || {
                tracing::trace!(target: "tungstenite::protocol", "a whole frame");
                tracing::debug!(target: "tungstenite", "a whole frame");
                tracing::info!(target: "zbus::connection", "a whole message");
                tracing::debug!(target: "hyper::proto", "a whole head");
            });
            assert_eq!(log, "", "{wanted}");
        }
        let log = captured(Some("trace"), || {
            tracing::warn!(target: "tungstenite::protocol", "in trouble");
            tracing::trace!(target: "tungstenite_of_ours", "another crate");
        });
        assert_eq!(log.lines().count(), 2, "{log}");
    }

    #[test]
    fn a_line_break_in_a_value_makes_no_second_line() {
        let log = captured(None, || tracing::warn!("one\n2026-01-01T00:00:00Z ERROR forged"));
        assert_eq!(log.lines().count(), 1, "{log}");
    }
}
