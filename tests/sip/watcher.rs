//! A desk with a SIP phone as a program of its own, which can be killed and stopped: `actor/main.rs`.

use std::{fs::File, path::Path, process::Command, time::Duration};

use ringside_tests::phone_desk::KNOWN_WITHIN;

use crate::{
    calls::AGENT,
    pbx::Pbx,
    process::{Running, until},
};

pub struct Watcher {
    pub program: Running,
}

impl Watcher {
    /// Watches the agent's account; ready when this returns.
    pub async fn start(pbx: &Pbx, transport: &str) -> Self {
        let watcher = Self::run(&pbx.folder(), &[AGENT, transport, &format!("127.0.0.1:{}", pbx.port)]);
        watcher.says("ready", 1, KNOWN_WITHIN).await;
        watcher
    }

    /// The same over TCP, without waiting, its journal on a file.
    pub fn with_journal(folder: &Path, server: &str, journal: &Path) -> Self {
        Self::run(folder, &[AGENT, "tcp", server, journal.to_str().unwrap()])
    }

    fn run(folder: &Path, arguments: &[&str]) -> Self {
        let log = folder.join("watcher.log");
        let said = File::create(&log).unwrap();
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_phone-watcher")])
            .args(arguments)
            .current_dir(folder)
            .stdout(said.try_clone().unwrap())
            .stderr(said);
        let program = Running::of("watcher", log, &mut command);
        Self { program }
    }

    /// How often it said this line.
    pub fn lines(&self, words: &str) -> usize {
        self.program.said().lines().filter(|line| *line == words).count()
    }

    pub async fn says(&self, words: &str, times: usize, within: Duration) {
        let what = format!(
            "{times} × {words:?} of the watcher, which said\n{}",
            self.program.said()
        );
        until(&what, within, || self.lines(words) >= times).await;
    }

    /// How many answered calls it has seen to their end.
    pub fn completed(&self) -> usize {
        let said = self.program.said();
        said.lines().filter(|line| line.starts_with("in completed ")).count()
    }

    /// What it holds of the computer's memory, in KiB: its own, without the program's file.
    pub fn memory(&mut self) -> u64 {
        let status = self.system("status");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How long it computed until now, in the kernel's clock ticks; how busy the machine is hardly matters.
    pub fn worked(&mut self) -> u64 {
        let stat = self.system("stat");
        // `PID (NAME) STATE …`: user and system time are the 12th and the 13th after the name, see proc(5).
        let (_, after) = stat.rsplit_once(')').unwrap();
        let words = after.split_whitespace().skip(11).take(2);
        words.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    fn system(&mut self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.program.child().id())).unwrap()
    }
}
