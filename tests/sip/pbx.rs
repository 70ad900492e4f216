//! A Kamailio of our own, on ports and in a folder of its own.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    certificates::Authority,
    process::{Running, listens, port, until},
};

const CONFIG: &str = include_str!("pbx/kamailio.cfg");
/// Where packages put its modules.
const MODULES: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/kamailio/modules",
    "/usr/lib/aarch64-linux-gnu/kamailio/modules",
    "/usr/lib64/kamailio/modules",
    "/usr/lib/kamailio/modules",
    "/usr/local/lib64/kamailio/modules",
];
/// The tables that its text database asks for, with the versions it wants to see: it keeps everything in memory.
const TABLES: [&str; 6] = ["version", "presentity", "active_watchers", "watchers", "xcap", "pua"];

pub struct Pbx {
    pub port: u16,
    pub tls_port: u16,
    pub folder: TempDir,
    arguments: Vec<String>,
    running: Option<Running>,
}

/// How it is set up. See the head of its configuration for the switches.
pub struct Ask<'a> {
    pub switches: &'a [&'a str],
    /// The name in its certificate, and who signs that.
    pub certificate: Option<(&'a Authority, &'a str)>,
    /// Seconds that a subscription may last.
    pub longest: u32,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self {
            switches: &[],
            certificate: None,
            longest: 3600,
        }
    }
}

impl Pbx {
    pub async fn start() -> Self {
        Self::with(Ask::default()).await
    }

    pub async fn switched(switches: &[&str]) -> Self {
        let ask = Ask {
            switches,
            ..Ask::default()
        };
        Self::with(ask).await
    }

    pub async fn with(ask: Ask<'_>) -> Self {
        let folder = tempfile::Builder::new().prefix("ringside-pbx.").tempdir().unwrap();
        let (port, tls_port) = (port(), port());
        let mut switches = ask.switches.to_vec();
        if let Some((authority, name)) = ask.certificate {
            let (certificate, key) = authority.server(name);
            std::fs::write(folder.path().join("server.pem"), certificate).unwrap();
            std::fs::write(folder.path().join("server.key"), key).unwrap();
            switches.push("TLS");
        }
        let modules = MODULES.iter().find(|place| Path::new(place).is_dir());
        let filled = CONFIG
            .replace("%PORT%", &port.to_string())
            .replace("%TLS%", &tls_port.to_string())
            .replace("%FOLDER%", folder.path().to_str().unwrap())
            .replace("%SHORTEST%", &ask.longest.min(10).to_string())
            .replace("%LONGEST%", &ask.longest.to_string())
            .replace(
                "%MODULES%",
                modules.expect("Kamailio's modules; ./dev test installs them"),
            );
        std::fs::write(folder.path().join("kamailio.cfg"), filled).unwrap();
        for table in TABLES {
            let from = Path::new("/usr/share/kamailio/dbtext/kamailio").join(table);
            std::fs::copy(&from, folder.path().join(table)).unwrap();
        }
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        // In the foreground, words to standard error, little memory; folders of its own.
        let mut arguments: Vec<String> = ["-DD", "-E", "-m", "64", "-M", "8"].map(str::to_owned).to_vec();
        arguments.extend([
            "-P".into(),
            path("pid"),
            "-Y".into(),
            path(""),
            "-f".into(),
            path("kamailio.cfg"),
        ]);
        arguments.extend(
            switches
                .iter()
                .flat_map(|switch| ["-A".to_owned(), (*switch).to_owned()]),
        );
        let mut pbx = Self {
            port,
            tls_port,
            folder,
            arguments,
            running: None,
        };
        pbx.up().await;
        pbx
    }

    /// Starts it, again after [`Pbx::down`]: as after a restart it knows of nobody.
    pub async fn up(&mut self) {
        let mut running = Running::start("kamailio", self.folder.path(), "kamailio", &self.arguments);
        until("the PBX to listen", Duration::from_secs(10), || {
            let over = running.has_ended();
            assert!(over.is_none(), "the PBX ended with {over:?}:\n{}", running.said());
            listens(self.port)
        })
        .await;
        self.running = Some(running);
    }

    /// Pulls its plug: it says goodbye to nobody.
    pub fn down(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill();
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub fn said(&self) -> String {
        self.running.as_ref().map(Running::said).unwrap_or_default()
    }

    /// How often it noted this in its log: see `bench:` in its configuration.
    pub fn noted(&self, what: &str) -> usize {
        let line = format!("bench: {what}");
        self.said().lines().filter(|said| said.contains(&line)).count()
    }

    /// Waits until it noted this so often.
    pub async fn notes(&self, what: &str, times: usize, within: Duration) {
        let wanted = format!("{times} × \"{what}\" in the log of the PBX");
        until(&wanted, within, || self.noted(what) >= times).await;
    }
}
