//! A notifier of dialogs that asks for no password: for more calls than a real PBX makes in a test's time, and for what the
//! loopback never does, a datagram that arrives cut.
//!
//! It speaks as Kamailio does in the other tests: full bodies, one NOTIFY at a time, each waited for.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    time::timeout,
};

use crate::process::port;

const PATIENCE: Duration = Duration::from_secs(10);

pub struct Notifier {
    stream: TcpStream,
    bytes: Vec<u8>,
    watched: Watched,
}

/// A subscription, from the notifier's end.
struct Watched {
    transport: &'static str,
    /// What a NOTIFY repeats of the SUBSCRIBE: its ends changed places.
    dialog: String,
    contact: String,
    cseq: u32,
}

/// One dialog of a body.
pub struct Told {
    pub id: u32,
    pub state: &'static str,
    pub number: String,
}

impl Notifier {
    /// The place of a notifier that is not there yet.
    pub async fn place() -> TcpListener {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
    }

    /// One for TCP and one for UDP, at the same port.
    pub async fn places() -> (TcpListener, UdpSocket) {
        let at = (Ipv4Addr::LOCALHOST, port());
        (TcpListener::bind(at).await.unwrap(), UdpSocket::bind(at).await.unwrap())
    }

    /// Waits for somebody who subscribes over UDP; tells of the first dialogs, and of the next in a datagram that arrives cut.
    pub async fn cuts(place: &UdpSocket, first: &[Told], next: &[Told]) {
        let mut bytes = vec![0; 64 * 1024];
        let (length, watcher) = timeout(PATIENCE, place.recv_from(&mut bytes)).await.unwrap().unwrap();
        let subscribe = String::from_utf8(bytes[..length].to_vec()).unwrap();
        let (mut watched, answer) = Watched::by(&subscribe, "udp");
        place.send_to(answer.as_bytes(), watcher).await.unwrap();
        let whole = watched.notify(first);
        let cut = watched.notify(next);
        for message in [whole.as_bytes(), &cut.as_bytes()[..cut.len() / 2]] {
            place.send_to(message, watcher).await.unwrap();
            let taken = timeout(PATIENCE, place.recv_from(&mut bytes)).await.unwrap().unwrap();
            assert!(bytes[..taken.0].starts_with(b"SIP/2.0 200 "), "{:?}", &bytes[..taken.0]);
        }
    }

    /// Waits for somebody who subscribes, and tells what goes on.
    pub async fn serves(place: &TcpListener, goes_on: &[Told]) -> Self {
        let (mut stream, _) = timeout(PATIENCE, place.accept()).await.unwrap().unwrap();
        let mut bytes = Vec::new();
        let subscribe = hears(&mut stream, &mut bytes).await;
        let (watched, answer) = Watched::by(&subscribe, "tcp");
        stream.write_all(answer.as_bytes()).await.unwrap();
        let mut notifier = Self { stream, bytes, watched };
        notifier.tells(goes_on).await;
        notifier
    }

    /// Sends these dialogs as a full body, and waits until that was taken.
    pub async fn tells(&mut self, dialogs: &[Told]) {
        let notify = self.watched.notify(dialogs);
        self.stream.write_all(notify.as_bytes()).await.unwrap();
        let taken = hears(&mut self.stream, &mut self.bytes).await;
        assert!(taken.starts_with("SIP/2.0 200 "), "{taken}");
    }
}

impl Watched {
    /// The subscription that this SUBSCRIBE begins, and its answer.
    fn by(subscribe: &str, transport: &'static str) -> (Self, String) {
        assert!(subscribe.starts_with("SUBSCRIBE "), "{subscribe}");
        assert_eq!(header(subscribe, "Event"), "dialog");
        let (from, to) = (header(subscribe, "From"), header(subscribe, "To"));
        let call_id = header(subscribe, "Call-ID");
        let answer = format!(
            "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {from}\r\nTo: {to};tag=notifier\r\nCall-ID: {call_id}\r\nCSeq: {}\r\n\
             Expires: 3600\r\nContact: <sip:notifier@127.0.0.1;transport={transport}>\r\nContent-Length: 0\r\n\r\n",
            header(subscribe, "Via"),
            header(subscribe, "CSeq")
        );
        let watched = Self {
            transport,
            dialog: format!("From: {to};tag=notifier\r\nTo: {from}\r\nCall-ID: {call_id}\r\n"),
            contact: header(subscribe, "Contact").trim_matches(['<', '>']).to_owned(),
            cseq: 0,
        };
        (watched, answer)
    }

    fn notify(&mut self, dialogs: &[Told]) -> String {
        self.cseq += 1;
        let Self {
            transport,
            dialog,
            contact,
            cseq,
        } = self;
        let listed: String = dialogs.iter().map(Told::xml).collect();
        let body = format!(
            "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{cseq}\" \
             state=\"full\" entity=\"sip:201@pbx.test\">{listed}</dialog-info>"
        );
        format!(
            "NOTIFY {contact} SIP/2.0\r\nVia: SIP/2.0/{} 127.0.0.1;branch=z9hG4bK{cseq}\r\n{dialog}CSeq: {cseq} NOTIFY\r\n\
             Max-Forwards: 70\r\nEvent: dialog\r\nContact: <sip:notifier@127.0.0.1;transport={transport}>\r\n\
             Subscription-State: active;expires=3600\r\nContent-Type: application/dialog-info+xml\r\n\
             Content-Length: {}\r\n\r\n{body}",
            transport.to_uppercase(),
            body.len()
        )
    }
}

/// The head of the next message. Bodies come to us from nobody.
async fn hears(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> String {
    loop {
        let keep_alive = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        bytes.drain(..keep_alive);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let message: Vec<u8> = bytes.drain(..end + 4).collect();
            return String::from_utf8(message).unwrap();
        }
        let read = timeout(PATIENCE, stream.read_buf(bytes)).await;
        assert_ne!(read.unwrap().unwrap(), 0, "the watcher went away");
    }
}

impl Told {
    fn xml(&self) -> String {
        let Self { id, state, number } = self;
        format!(
            "<dialog id=\"{id:08x}\" call-id=\"{id:08x}-5f3a9c1e7d@pbx.test\" local-tag=\"l{id}\" remote-tag=\"r{id}\" \
             direction=\"recipient\"><state>{state}</state><remote><identity>sip:{number}@pbx.test</identity></remote>\
             <local><identity>sip:201@pbx.test</identity></local></dialog>"
        )
    }
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message.lines().find(|line| {
        line.split_once(':')
            .is_some_and(|(found, _)| found.trim().eq_ignore_ascii_case(name))
    });
    line.and_then(|line| line.split_once(':'))
        .map_or("", |(_, value)| value.trim())
}
