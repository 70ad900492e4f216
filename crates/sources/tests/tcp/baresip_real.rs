//! Two real baresips on loopback: one is watched, the other one calls it and is called.

use std::{
    fs,
    net::{SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use ringside_domain::{Change, Direction, EndReason};

use crate::house::{Nobody, PATIENCE, Running, is_installed};

/// A baresip that is told what to do on its console, by UDP.
struct Baresip {
    process: Child,
    sip: SocketAddr,
    control: SocketAddr,
    console: SocketAddr,
    hand: UdpSocket,
    _folder: tempfile::TempDir,
}

impl Baresip {
    fn start(user: &str, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [sip, control, console] = free_addresses();
        silence(&folder.path().join("in.wav"));
        let at = |file: &str| folder.path().join(file).display().to_string();
        let modules = ["/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"]
            .map(PathBuf::from)
            .into_iter()
            .find(|path| path.exists())
            .unwrap();
        fs::write(
            folder.path().join("config"),
            format!(
                "net_interface 127.0.0.1\nsip_listen {sip}\nctrl_tcp_listen {control}\ncons_listen {console}\n\
                 audio_player aufile,{}\naudio_source aufile,{}\nmodule_path {}\n\
                 module account.so\nmodule aufile.so\nmodule g711.so\nmodule cons.so\n\
                 module_app menu.so\nmodule_app ctrl_tcp.so\n",
                at("out.wav"),
                at("in.wav"),
                modules.display()
            ),
        )
        .unwrap();
        let account = format!("\"{name}\" <sip:{user}@127.0.0.1;transport=udp>;regint=0\n");
        fs::write(folder.path().join("accounts"), account).unwrap();
        let process = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            process,
            sip,
            control,
            console,
            hand: UdpSocket::bind("127.0.0.1:0").unwrap(),
            _folder: folder,
        }
    }

    fn does(&self, command: &str) {
        self.hand
            .send_to(format!("/{command}\n").as_bytes(), self.console)
            .unwrap();
    }

    /// Waits until it listens.
    async fn is_up(&mut self) {
        let began = Instant::now();
        while TcpListener::bind(self.control).is_ok() || UdpSocket::bind(self.sip).is_ok() {
            assert_eq!(self.process.try_wait().unwrap(), None, "baresip ended at once");
            assert!(began.elapsed() < PATIENCE, "baresip does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ports that are free for TCP and UDP, and the one after it too: baresip takes that for TLS.
fn free_addresses() -> [SocketAddr; 3] {
    let mut held = Vec::new();
    let mut next = || {
        loop {
            let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = tcp.local_addr().unwrap();
            let mut after = address;
            after.set_port(address.port().saturating_add(1));
            if let (Ok(udp), Ok(tls)) = (UdpSocket::bind(address), TcpListener::bind(after)) {
                held.push((tcp, udp, tls));
                return address;
            }
        }
    };
    [next(), next(), next()]
}

/// Twenty seconds of it, 8 kHz, 16 bits: what the phone sends.
fn silence(path: &Path) {
    let samples: u32 = 8_000 * 20;
    let mut wav = Vec::new();
    for part in [b"RIFF".as_slice(), &(36 + samples * 2).to_le_bytes(), b"WAVEfmt "] {
        wav.extend_from_slice(part);
    }
    wav.extend_from_slice(&16_u32.to_le_bytes());
    for word in [1_u16, 1] {
        wav.extend_from_slice(&word.to_le_bytes());
    }
    wav.extend_from_slice(&8_000_u32.to_le_bytes());
    wav.extend_from_slice(&16_000_u32.to_le_bytes());
    for word in [2_u16, 16] {
        wav.extend_from_slice(&word.to_le_bytes());
    }
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&(samples * 2).to_le_bytes());
    wav.resize(wav.len() + samples as usize * 2, 0);
    fs::write(path, wav).unwrap();
}

#[tokio::test]
async fn calls_of_a_real_baresip() {
    if !is_installed("baresip", "baresip-core") {
        return;
    }
    let (mut mine, mut other) = (
        Baresip::start("202", "Me"),
        Baresip::start("+15550100123", "Ada Lovelace"),
    );
    mine.is_up().await;
    other.is_up().await;
    let server = mine.control.to_string();
    let mut source = Running::start("baresip", &[("server", &server)], &[], Arc::new(Nobody));
    source.until_ready().await;
    let (to_me, to_other) = (
        format!("sip:202@{}", mine.sip),
        format!("sip:+15550100123@{}", other.sip),
    );

    // Answered here, held, resumed, ended by the other end.
    other.does(&format!("dial {to_me}"));
    let ring = source.hears(Change::Ringing).await;
    let remote = ring.remote.unwrap();
    assert_eq!(remote.raw, "sip:+15550100123@127.0.0.1");
    assert_eq!(remote.display.as_deref(), Some("Ada Lovelace"));
    assert_eq!((ring.direction, ring.replay), (Some(Direction::In), false));
    assert!(ring.provider_call_id.is_some_and(|id| id.len() >= 16), "a Call-ID");
    mine.does("accept");
    assert_eq!(source.hears(Change::Answered).await.key, ring.key);
    mine.does("hold");
    source.hears(Change::Held).await;
    mine.does("resume");
    source.hears(Change::Answered).await;
    other.does("hangup");
    assert_eq!(source.hears(Change::Ended(EndReason::Completed)).await.key, ring.key);

    // The caller gives up; then we decline.
    other.does(&format!("dial {to_me}"));
    source.hears(Change::Ringing).await;
    other.does("hangup");
    source.hears(Change::Ended(EndReason::Missed)).await;
    other.does(&format!("dial {to_me}"));
    source.hears(Change::Ringing).await;
    mine.does("hangup");
    source.hears(Change::Ended(EndReason::Declined)).await;

    // We call, and they decline; then they answer, and our phone dies in the middle of the call.
    mine.does(&format!("dial {to_other}"));
    let ring = source.hears(Change::Ringing).await;
    assert_eq!(ring.direction, Some(Direction::Out));
    assert!(ring.remote.unwrap().raw.starts_with("sip:+15550100123@127.0.0.1"));
    other.does("hangup");
    let ended = source.event().await;
    assert!(
        matches!(ended.change, Change::Ended(EndReason::Busy | EndReason::Declined)),
        "{ended:?}"
    );
    mine.does(&format!("dial {to_other}"));
    source.hears(Change::Ringing).await;
    other.does("accept");
    source.hears(Change::Answered).await;
    drop(mine);
    source.hears(Change::Ended(EndReason::Unknown)).await;
    source.until_trouble().await;
    source.stop().await.unwrap();
}
