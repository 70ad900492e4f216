//! A SIP server of a few lines that takes nothing on trust.

use std::net::SocketAddr;

use ringside_domain::Random;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::watch,
};

use super::*;
use crate::sip::wire::framing::{Next, next};

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) enum Server {
    Tcp {
        stream: TcpStream,
        read: Vec<u8>,
    },
    Udp {
        socket: UdpSocket,
        peer: Option<SocketAddr>,
    },
}

pub(super) struct Chance;

impl Random for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        use std::hash::{BuildHasher as _, RandomState};
        for chunk in bytes.chunks_mut(8) {
            let value = RandomState::new().hash_one(0_u8).to_le_bytes();
            chunk.copy_from_slice(&value[..chunk.len()]);
        }
    }
}

struct NoTls;

impl Tls for NoTls {
    fn client(&self, _: Option<&std::path::Path>) -> Result<Arc<rustls::ClientConfig>> {
        panic!("nobody asked for TLS")
    }
}

pub(super) fn wire(host: &str, tls: Arc<dyn Tls>) -> Wire {
    Wire {
        settings: Arc::new(Settings {
            address: Address::read("201@pbx.example.com").unwrap(),
            login: "201".to_owned(),
            password: Secret::new("s3cret"),
            transport: Transport::Tls,
            large_over_tcp: false,
            host: host.to_owned(),
            port: None,
            host_field: "server",
            ca: None,
        }),
        tls,
        random: Arc::new(Chance),
        dns: None,
        pinned: Arc::new(pinned_to(None).0),
    }
}

pub(super) fn pinned_to(pin: Option<&str>) -> (Pinned, watch::Receiver<Option<String>>) {
    Pinned::to(pin).unwrap()
}

type Opened = (Server, Box<dyn SipLine>, mpsc::Receiver<Incoming>);

impl Server {
    pub(super) async fn tcp() -> Opened {
        Self::tcp_of(pinned_to(None).0).await
    }

    pub(super) async fn tcp_of(pinned: Pinned) -> Opened {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target {
            address: listener.local_addr().unwrap(),
            transport: Transport::Tcp,
        };
        let mut wire = wire("127.0.0.1", Arc::new(NoTls));
        wire.pinned = Arc::new(pinned);
        let (opened, accepted) = tokio::join!(wire.open(target), listener.accept());
        let (line, incoming) = opened.unwrap();
        let server = Self::Tcp {
            stream: accepted.unwrap().0,
            read: Vec::new(),
        };
        (server, line, incoming)
    }

    pub(super) async fn udp() -> Opened {
        Self::udp_on("127.0.0.1:0").await
    }

    pub(super) async fn udp_on(address: &str) -> Opened {
        let socket = UdpSocket::bind(address).await.unwrap();
        let target = Target {
            address: socket.local_addr().unwrap(),
            transport: Transport::Udp,
        };
        let (line, incoming) = wire("127.0.0.1", Arc::new(NoTls)).open(target).await.unwrap();
        (Self::Udp { socket, peer: None }, line, incoming)
    }

    pub(super) fn peer(&self) -> SocketAddr {
        match self {
            Self::Tcp { stream, .. } => stream.peer_addr().unwrap(),
            Self::Udp { peer, .. } => peer.unwrap(),
        }
    }

    async fn message(&mut self) -> String {
        let reading = async {
            match self {
                Self::Tcp { stream, read } => loop {
                    if let Next::Message { head, body } = next(read).unwrap() {
                        let message = read.drain(..head + body).collect();
                        return String::from_utf8(message).unwrap();
                    }
                    assert_ne!(stream.read_buf(read).await.unwrap(), 0, "the watcher hung up");
                },
                Self::Udp { socket, peer } => {
                    let mut bytes = vec![0; 65_535];
                    let (length, from) = socket.recv_from(&mut bytes).await.unwrap();
                    *peer = Some(from);
                    String::from_utf8(bytes[..length].to_vec()).unwrap()
                }
            }
        };
        timeout(PATIENCE, reading).await.unwrap()
    }

    pub(super) async fn take(&mut self, method: &str) -> String {
        let message = self.message().await;
        assert!(message.starts_with(&format!("{method} sip:")), "{message}");
        for header in [
            "Via",
            "Max-Forwards",
            "From",
            "To",
            "Call-ID",
            "CSeq",
            "Contact",
            "Event: dialog",
        ] {
            assert!(
                message.contains(&format!("\r\n{header}")),
                "{header} is missing: {message}"
            );
        }
        message
    }

    /// The code of a response of the watcher.
    pub(super) async fn answer(&mut self) -> u16 {
        let message = self.message().await;
        match head_of(&message).start {
            Start::Response { code } => code,
            Start::Request { .. } => panic!("no answer: {message}"),
        }
    }

    pub(super) async fn raw(&mut self, length: usize) -> Vec<u8> {
        let Self::Tcp { stream, read } = self else {
            panic!("a stream only")
        };
        while read.len() < length {
            timeout(PATIENCE, stream.read_buf(read)).await.unwrap().unwrap();
        }
        read.drain(..length).collect()
    }

    pub(super) async fn says_nothing_more(&mut self) {
        let more = timeout(Duration::from_millis(200), self.message()).await;
        assert!(more.is_err(), "{more:?}");
    }

    /// Accepts one more request, if it comes.
    pub(super) async fn answers_or_hears_no_more(&mut self) {
        if let Ok(asked) = timeout(Duration::from_millis(200), self.message()).await {
            assert!(asked.contains("\r\nAuthorization: Digest "), "{asked}");
            self.reply(&asked, 200, "").await;
        }
    }

    pub(super) async fn sees_the_end(&mut self) {
        let Self::Tcp { stream, .. } = self else {
            panic!("a stream only")
        };
        let mut byte = [0];
        assert_eq!(timeout(PATIENCE, stream.read(&mut byte)).await.unwrap().unwrap(), 0);
    }

    pub(super) async fn say(&mut self, text: &str) {
        self.say_bytes(text.as_bytes()).await;
    }

    pub(super) async fn say_bytes(&mut self, bytes: &[u8]) {
        match self {
            Self::Tcp { stream, .. } => {
                stream.write_all(bytes).await.unwrap();
                stream.flush().await.unwrap();
            }
            Self::Udp { socket, peer } => {
                socket.send_to(bytes, peer.unwrap()).await.unwrap();
            }
        }
    }

    pub(super) async fn reply(&mut self, request: &str, code: u16, headers: &str) {
        let head = head_of(request);
        let mut to = head.first("to").unwrap().to_owned();
        if !to.contains(";tag=") {
            to.push_str(";tag=theirs");
        }
        let text = format!(
            "SIP/2.0 {code} Whatever\r\nVia: {}\r\nFrom: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {}\r\n{headers}\
             Content-Length: 0\r\n\r\n",
            head.first("via").unwrap(),
            head.first("from").unwrap(),
            head.first("call-id").unwrap(),
            head.first("cseq").unwrap(),
        );
        self.say(&text).await;
    }

    /// A request inside the dialog that this SUBSCRIBE began.
    pub(super) fn request(&self, subscribe: &str, method: &str, cseq: u32) -> String {
        self.compose(subscribe, method, cseq, "", "")
    }

    pub(super) fn notify(&self, subscribe: &str, cseq: u32, state: &str, body: &str) -> String {
        let kind = if body.is_empty() {
            ""
        } else {
            "Content-Type: Application/dialog-info+xml;charset=utf-8\r\n"
        };
        self.compose(
            subscribe,
            "NOTIFY",
            cseq,
            &format!("Event: dialog\r\n{state}{kind}"),
            body,
        )
    }

    fn compose(&self, subscribe: &str, method: &str, cseq: u32, headers: &str, body: &str) -> String {
        let head = head_of(subscribe);
        let to = head.first("from").unwrap();
        let from = head.first("to").unwrap().trim_end_matches(";tag=theirs");
        format!(
            "{method} sip:201@192.0.2.7 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK{method}{cseq}\r\n\
             From: {from};tag=theirs\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            head.first("call-id").unwrap(),
            body.len(),
        )
    }
}

pub(super) fn head_of(message: &str) -> Head {
    Head::read(message.as_bytes()).unwrap()
}
