//! baresip as a person's phone: it registers, rings, and does what it is told over `ctrl_tcp`.

use std::{
    net::Ipv4Addr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

use crate::{
    pbx::Pbx,
    process::{Running, listens, port, until},
};

/// Signing in, ringing and answering take this long at most.
const PATIENCE: Duration = Duration::from_secs(8);

pub struct Softphone {
    events: Arc<Mutex<Vec<Value>>>,
    commands: OwnedWriteHalf,
    reader: JoinHandle<()>,
    _program: Program,
}

/// A baresip that nobody has told anything yet: it takes one listener at a time.
pub struct Program {
    /// Where its events can be listened to.
    pub control: u16,
    _folder: TempDir,
    _running: Running,
}

impl Program {
    /// Starts it with this account; it is registered when this returns. `answers` by itself, or waits to be told.
    pub async fn start(pbx: &Pbx, account: &str, answers: bool) -> Self {
        let folder = tempfile::Builder::new().prefix("ringside-phone.").tempdir().unwrap();
        let control = port();
        configure(folder.path(), pbx.port, account, control, answers);
        let arguments = ["-f".to_owned(), folder.path().to_str().unwrap().to_owned()];
        let mut running = Running::start("baresip", folder.path(), "baresip", &arguments);
        until("baresip to be registered", PATIENCE, || {
            let over = running.has_ended();
            assert!(over.is_none(), "baresip ended with {over:?}:\n{}", running.said());
            running.said().contains("200 OK") && listens(control)
        })
        .await;
        Self {
            control,
            _folder: folder,
            _running: running,
        }
    }
}

fn configure(folder: &Path, pbx: u16, account: &str, control: u16, answers: bool) {
    let sip = port();
    // The bridge joins its ears to its mouth: no sound card is needed.
    let config = format!(
        "module_path /usr/lib/baresip/modules\n\
         sip_listen 127.0.0.1:{sip}\n\
         net_interface 127.0.0.1\n\
         call_max_calls 4\n\
         call_local_timeout 120\n\
         audio_player aubridge,one\n\
         audio_source aubridge,one\n\
         audio_alert aubridge,two\n\
         ctrl_tcp_listen 127.0.0.1:{control}\n\
         module g711.so\n\
         module aubridge.so\n\
         module_app account.so\n\
         module_app menu.so\n\
         module_app ctrl_tcp.so\n"
    );
    let mode = if answers { "auto" } else { "manual" };
    let line = format!(
        "<sip:{account}@pbx.test;transport=udp>;auth_user={account};auth_pass=pw-{account};\
         outbound=\"sip:127.0.0.1:{pbx};transport=udp\";regint=60;answermode={mode}\n"
    );
    for (file, text) in [("config", config), ("accounts", line), ("contacts", String::new())] {
        std::fs::write(folder.join(file), text).unwrap();
    }
}

impl Softphone {
    /// A phone with this account that is told what to do.
    pub async fn start(pbx: &Pbx, account: &str) -> Self {
        let program = Program::start(pbx, account, false).await;
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, program.control))
            .await
            .unwrap();
        let (reader, commands) = stream.into_split();
        let events = Arc::default();
        Self {
            reader: tokio::spawn(listen(reader, Arc::clone(&events))),
            events,
            commands,
            _program: program,
        }
    }

    /// Tells it to do something: `accept`, `hangup`, `hold`, `dial` …
    pub async fn does(&mut self, command: &str, with: &str) {
        let message = json!({ "command": command, "params": with, "token": "test" }).to_string();
        let netstring = format!("{}:{message},", message.len());
        self.commands.write_all(netstring.as_bytes()).await.unwrap();
    }

    /// Waits until an event of this type (`CALL_INCOMING` …) came so often.
    pub async fn told(&self, kind: &str, times: usize) {
        let is_it = |event: &&Value| event["type"] == kind;
        until(
            &format!("{times} × {kind} of baresip: {:?}", self.events),
            PATIENCE,
            || self.events.lock().unwrap().iter().filter(is_it).count() >= times,
        )
        .await;
    }

    /// Takes the call that rings. Nobody does so at once, and this server never tells of a state that follows another too fast.
    pub async fn accepts(&mut self) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.does("accept", "").await;
    }
}

impl Drop for Softphone {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Netstrings, `LENGTH:JSON,`, of which those with `event` are kept.
async fn listen(mut stream: OwnedReadHalf, events: Arc<Mutex<Vec<Value>>>) {
    let mut bytes = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut bytes).await {
        while let Some(colon) = bytes.iter().position(|byte| *byte == b':') {
            let length: usize = std::str::from_utf8(&bytes[..colon]).unwrap().parse().unwrap();
            if bytes.len() < colon + length + 2 {
                break;
            }
            let message: Value = serde_json::from_slice(&bytes[colon + 1..][..length]).unwrap();
            bytes.drain(..colon + length + 2);
            if message["event"] == true {
                events.lock().unwrap().push(message);
            }
        }
    }
}
