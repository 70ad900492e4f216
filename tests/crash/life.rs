//! One life of one profile: from its start to its death, or to the end of its work.

use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use ringside_tests::{Hold, LoopbackCrm, NUMBER};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

/// How long after its sender died a request may still take effect in this CRM.
pub const SETTLES: Duration = Duration::from_millis(600);
/// Pieces of the note that are typed before the call is logged.
pub const PIECES: u64 = 4;
/// A life that is not over by then hangs.
const LONGEST: Duration = Duration::from_secs(60);

/// What a profile is started with, each time.
#[derive(Clone)]
pub struct Profile {
    pub store: PathBuf,
    pub key: u8,
    pub crm: String,
    pub searchable: bool,
    pub steps: u8,
    pub deed: Deed,
    pub connector: Made,
    /// The provider's id of the call, where two profiles see the same one.
    pub provider: Option<String>,
}

/// What the person does beside noting and logging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Nothing,
    /// Once logged, the log gets one more piece of the note and moves to the colleague.
    Moves,
    /// While the log is on its way, one more piece of the note is typed, and logged.
    Wishes,
    /// The caller is not in the CRM yet, and is created.
    Creates,
}

/// What its connector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Rust, and nothing but what the port asks for.
    Code,
    /// `crm.toml`, which the engine of manifests runs.
    Manifest,
}

impl Made {
    /// Whether the CRM holds the whole note. Only a manifest sends it without the blanks around it.
    pub fn kept(self, note: &str, whole: &str) -> bool {
        match self {
            Self::Code => note == whole,
            Self::Manifest => note == whole.trim(),
        }
    }
}

/// A CRM that knows the two people whom the program that is killed chooses.
pub async fn crm_of_two(searchable: bool) -> LoopbackCrm {
    let crm = LoopbackCrm::start(searchable).await;
    for (id, name) in [("7", "Ada Example"), ("8", "Bea Example")] {
        crm.plant(id, name, NUMBER);
    }
    crm
}

/// When it dies.
#[derive(Clone)]
pub enum Death {
    Never,
    /// It stands still after this line, and is killed there.
    AtLine(String),
    /// When a request of its stands still in the CRM.
    At(Arc<Hold>),
    After(Duration),
}

/// What one life said.
#[derive(Clone, Debug, Default)]
pub struct Life {
    pub lines: Vec<String>,
    pub killed: bool,
    pub trouble: Option<String>,
}

impl Life {
    /// The number behind the last line that begins so.
    pub fn last(&self, prefix: &str) -> Option<u64> {
        let lines = self.lines.iter().rev();
        lines
            .filter_map(|line| line.strip_prefix(prefix))
            .find_map(|rest| rest.rsplit(' ').next()?.parse().ok())
    }

    /// It was killed between the moment it set out to send the log and its answer.
    pub fn died_logging(&self) -> bool {
        let last = self.lines.iter().rfind(|line| line.starts_with("step log "));
        self.killed && last.is_some_and(|line| line.ends_with(" begins") || line.ends_with(" sent"))
    }

    pub fn ended(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line.strip_prefix("ended "))
    }
}

impl Profile {
    /// Pieces that the note has in the end.
    pub fn pieces(&self) -> u64 {
        PIECES + u64::from(matches!(self.deed, Deed::Moves | Deed::Wishes))
    }

    pub async fn live(&self, death: &Death) -> Life {
        let mut child = self.command(death).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut life = Life::default();
        let hold = match death {
            Death::At(hold) => Some(Arc::clone(hold)),
            _ => None,
        };
        let due = async {
            match death {
                Death::After(time) => sleep(*time).await,
                Death::At(hold) => hold.wait().await,
                Death::AtLine(_) | Death::Never => std::future::pending().await,
            }
        };
        tokio::pin!(due);
        let work = async {
            loop {
                tokio::select! {
                    line = lines.next_line() => match line.unwrap() {
                        Some(line) => {
                            let fatal = matches!(death, Death::AtLine(last) if *last == line);
                            life.lines.push(line);
                            if fatal {
                                return true;
                            }
                        }
                        None => return false,
                    },
                    () = &mut due => return true,
                }
            }
        };
        match timeout(LONGEST, work).await {
            Ok(kill) => life.killed = kill,
            Err(_) => life.trouble = Some("it hangs".into()),
        }
        if life.killed || life.trouble.is_some() {
            child.start_kill().unwrap();
        }
        let status = child.wait().await.unwrap();
        if let Some(hold) = hold {
            hold.go_on();
        }
        // What it had said before it died counts.
        while let Ok(Some(line)) = lines.next_line().await {
            life.lines.push(line);
        }
        if !life.killed && !status.success() {
            life.trouble
                .get_or_insert(format!("{status}: {}", stderr(&mut child).await));
        }
        life
    }

    fn command(&self, death: &Death) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crash-actor"));
        command.arg("--store").arg(&self.store);
        let words = [
            ("--key", self.key.to_string()),
            ("--crm", self.crm.clone()),
            ("--searchable", if self.searchable { "yes".into() } else { "no".into() }),
            ("--deed", format!("{:?}", self.deed)),
            ("--connector", format!("{:?}", self.connector)),
            ("--steps", self.steps.to_string()),
            ("--settles", SETTLES.as_millis().to_string()),
            ("--pieces", PIECES.to_string()),
        ];
        for (name, value) in words {
            command.arg(name).arg(value);
        }
        if let Some(provider) = &self.provider {
            command.arg("--provider").arg(provider);
        }
        if let Death::AtLine(line) = death {
            command.arg("--hold").arg(line);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

async fn stderr(child: &mut Child) -> String {
    let mut text = String::new();
    if let Some(mut pipe) = child.stderr.take() {
        let _ = tokio::io::AsyncReadExt::read_to_string(&mut pipe, &mut text).await;
    }
    text
}
