//! A notifier of dialogs over TCP that asks for no password: for more calls than a real PBX makes in a test's time.
//!
//! It speaks as Kamailio does in the other tests: full bodies, one NOTIFY at a time, each waited for.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(10);

pub struct Notifier {
    stream: TcpStream,
    bytes: Vec<u8>,
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

    /// Waits for somebody who subscribes, and answers with an empty body.
    pub async fn serves(place: &TcpListener) -> Self {
        let (stream, _) = timeout(PATIENCE, place.accept()).await.unwrap().unwrap();
        let mut notifier = Self {
            stream,
            bytes: Vec::new(),
            dialog: String::new(),
            contact: String::new(),
            cseq: 0,
        };
        let subscribe = notifier.hears().await;
        assert!(subscribe.starts_with("SUBSCRIBE "), "{subscribe}");
        assert_eq!(header(&subscribe, "Event"), "dialog");
        let (from, to) = (header(&subscribe, "From"), header(&subscribe, "To"));
        let call_id = header(&subscribe, "Call-ID");
        notifier.dialog = format!("From: {to};tag=notifier\r\nTo: {from}\r\nCall-ID: {call_id}\r\n");
        notifier.contact = header(&subscribe, "Contact").trim_matches(['<', '>']).to_owned();
        let answer = format!(
            "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {from}\r\nTo: {to};tag=notifier\r\nCall-ID: {call_id}\r\nCSeq: {}\r\n\
             Expires: 3600\r\nContact: <sip:notifier@127.0.0.1;transport=tcp>\r\nContent-Length: 0\r\n\r\n",
            header(&subscribe, "Via"),
            header(&subscribe, "CSeq")
        );
        notifier.stream.write_all(answer.as_bytes()).await.unwrap();
        notifier.tells(&[]).await;
        notifier
    }

    /// Sends these dialogs as a full body, and waits until that was taken.
    pub async fn tells(&mut self, dialogs: &[Told]) {
        self.cseq += 1;
        let listed: String = dialogs.iter().map(Told::xml).collect();
        let body = format!(
            "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{}\" \
             state=\"full\" entity=\"sip:201@pbx.test\">{listed}</dialog-info>",
            self.cseq
        );
        let notify = format!(
            "NOTIFY {} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{}\r\n{}CSeq: {} NOTIFY\r\n\
             Max-Forwards: 70\r\nEvent: dialog\r\nContact: <sip:notifier@127.0.0.1;transport=tcp>\r\n\
             Subscription-State: active;expires=3600\r\nContent-Type: application/dialog-info+xml\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.contact,
            self.cseq,
            self.dialog,
            self.cseq,
            body.len()
        );
        self.stream.write_all(notify.as_bytes()).await.unwrap();
        let taken = self.hears().await;
        assert!(taken.starts_with("SIP/2.0 200 "), "{taken}");
    }

    /// The head of the next message. Bodies come to us from nobody.
    async fn hears(&mut self) -> String {
        loop {
            let keep_alive = self
                .bytes
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            self.bytes.drain(..keep_alive);
            if let Some(end) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let message: Vec<u8> = self.bytes.drain(..end + 4).collect();
                return String::from_utf8(message).unwrap();
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.bytes)).await;
            assert_ne!(read.unwrap().unwrap(), 0, "the watcher went away");
        }
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
