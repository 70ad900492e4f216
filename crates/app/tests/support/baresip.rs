//! A baresip that a test holds in its hands: netstrings of JSON on a loopback port, as its module `ctrl_tcp` speaks them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{broadcast, watch},
    task::JoinHandle,
};

pub struct Baresip {
    pub address: SocketAddr,
    says: broadcast::Sender<String>,
    connected: watch::Receiver<u32>,
    /// How many programs have ever come.
    came: Arc<AtomicU32>,
    task: JoinHandle<()>,
}

impl Baresip {
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap()).await
    }

    pub async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (says, (count, connected)) = (broadcast::channel(64).0, watch::channel(0));
        let (lines, came) = (says.clone(), Arc::<AtomicU32>::default());
        let comes = Arc::clone(&came);
        let task = tokio::spawn(async move {
            let mut peers = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                comes.fetch_add(1, Ordering::SeqCst);
                let (lines, count) = (lines.subscribe(), count.clone());
                peers.spawn(async move {
                    count.send_modify(|count| *count += 1);
                    let _ = serve(stream, lines).await;
                    count.send_modify(|count| *count -= 1);
                });
            }
        });
        Self {
            address,
            says,
            connected,
            came,
            task,
        }
    }

    /// An event about a call, as baresip 1.0.0 writes it.
    pub fn tells(&self, what: &str, id: &str, peer: &str, name: &str) {
        let event = json!({
            "event": true, "type": what, "class": "call", "accountaor": "sip:202@pbx.example.com",
            "direction": "incoming", "peeruri": peer, "peerdisplayname": name, "id": id, "param": "",
        });
        self.says.send(event.to_string()).unwrap();
    }

    /// Waits until so many programs are connected.
    pub async fn has(&self, peers: u32) {
        let mut connected = self.connected.clone();
        let wait = connected.wait_for(|count| *count == peers);
        tokio::time::timeout(Duration::from_secs(5), wait)
            .await
            .unwrap()
            .unwrap();
    }

    pub fn came(&self) -> u32 {
        self.came.load(Ordering::SeqCst)
    }

    pub async fn end(self) -> SocketAddr {
        self.task.abort();
        let _ = self.task.await;
        self.address
    }
}

async fn serve(mut stream: TcpStream, mut lines: broadcast::Receiver<String>) -> std::io::Result<()> {
    let mut received = Vec::new();
    let mut bytes = [0_u8; 1024];
    loop {
        tokio::select! {
            read = stream.read(&mut bytes) => match read? {
                0 => return Ok(()),
                count => received.extend_from_slice(&bytes[..count]),
            },
            Ok(line) = lines.recv() => stream.write_all(netstring(&line).as_bytes()).await?,
        }
        while let Some(command) = taken(&mut received) {
            let answer = json!({
                "response": true, "ok": true, "data": "\n--- Active calls (0) ---\n", "token": command["token"],
            });
            assert_eq!(command["command"], "listcalls", "{command}");
            stream.write_all(netstring(&answer.to_string()).as_bytes()).await?;
        }
    }
}

fn taken(received: &mut Vec<u8>) -> Option<Value> {
    let colon = received.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&received[..colon]).unwrap().parse().unwrap();
    if received.len() < colon + length + 2 {
        return None;
    }
    let command = serde_json::from_slice(&received[colon + 1..colon + 1 + length]).unwrap();
    assert_eq!(received[colon + 1 + length], b',');
    received.drain(..colon + length + 2);
    Some(command)
}

fn netstring(text: &str) -> String {
    format!("{}:{text},", text.len())
}
