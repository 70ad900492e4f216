//! The programs beside us: each in a folder of its own, and gone when the test is, however it ends.

use std::{
    fs::File,
    io,
    net::{Ipv4Addr, TcpListener, UdpSocket},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// A program that runs. Dropping it kills it and all that it started; so does the end of this process.
pub struct Running {
    pub name: String,
    pub log: PathBuf,
    child: Child,
}

impl Running {
    /// Starts it; what it says goes to `NAME.log` in the folder.
    pub fn start(name: &str, folder: &Path, program: &str, arguments: &[String]) -> Self {
        let log = folder.join(format!("{name}.log"));
        let said = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "TERM", program])
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said);
        Self::of(name, log, &mut command)
    }

    pub fn of(name: &str, log: PathBuf, command: &mut Command) -> Self {
        let child = command
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}; ./dev test installs what is missing"));
        let name = name.to_owned();
        Self { name, log, child }
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// What it said so far.
    pub fn said(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end by itself.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.has_ended() {
                return status;
            }
            assert!(
                begin.elapsed() < within,
                "{} goes on after {within:?}:\n{}",
                self.name,
                self.said()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(self.pid(), signal);
    }

    /// kill -9, for it and all that it started.
    pub fn kill(&mut self) {
        if self.has_ended().is_none() {
            let _ = kill_process_group(self.pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Running {
    /// Asks first: a program that ends by itself clears up behind it.
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let begin = Instant::now();
        while self.has_ended().is_none() && begin.elapsed() < Duration::from_millis(500) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
    }
}

/// The first of two neighbouring ports that are free for UDP and TCP; some programs take the next one for TLS. Below the
/// range from which the system hands out ports by itself, and never the same twice in one process.
pub fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs at a time begin at different places.
    let start = u16::try_from(std::process::id() % 9_000).unwrap() * 2;
    for _ in 0..9_000 {
        let port = 10_000 + (start + NEXT.fetch_add(2, Ordering::Relaxed)) % 18_000;
        if is_free(port).is_ok() && is_free(port + 1).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

fn is_free(port: u16) -> io::Result<()> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port))?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    Ok(())
}

/// Waits until somebody has this UDP port.
pub async fn until_taken(port: u16) {
    let what = format!("somebody at UDP port {port}");
    until(&what, Duration::from_secs(5), || is_taken("udp", port, "07")).await;
}

/// Whether somebody waits for connections at this TCP port. Asks nobody: some programs take a connection for their only one.
pub fn listens(port: u16) -> bool {
    is_taken("tcp", port, "0A")
}

/// A line of the kernel's table: ` 0: 0100007F:13C4 00000000:0000 0A …`.
fn is_taken(protocol: &str, port: u16, state: &str) -> bool {
    let address = format!("{:08X}:{port:04X}", u32::from_ne_bytes(Ipv4Addr::LOCALHOST.octets()));
    let table = std::fs::read_to_string(format!("/proc/net/{protocol}")).unwrap();
    table.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        matches!(words[..], [_, local, _, now] if local == address && now == state)
    })
}

/// Waits for what should become true.
pub async fn until(what: &str, within: Duration, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < within, "waited {within:?} for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
