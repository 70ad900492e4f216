#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU8, Ordering};

use super::*;

struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn us(transport: Transport, local: &str) -> Us {
    Us {
        address: Address::read("201@pbx.example.com").unwrap(),
        local: local.parse().unwrap(),
        transport,
    }
}

fn text(sent: &Sent) -> String {
    String::from_utf8(sent.bytes.clone()).unwrap()
}

fn head(text: &str) -> Head {
    Head::read(text.replace('\n', "\r\n").as_bytes()).unwrap()
}

#[test]
fn the_first_request_to_the_letter() {
    let random = Counting(AtomicU8::new(1));
    let us = us(Transport::Tls, "192.0.2.7:40112");
    let mut dialog = Dialog::new(&us, &random);
    let sent = dialog.subscribe(&us, 600, &[], &random);
    let expected = format!(
        "SUBSCRIBE sip:201@pbx.example.com SIP/2.0\n\
         Via: SIP/2.0/TLS 192.0.2.7:40112;branch={branch};rport\n\
         Max-Forwards: 70\n\
         From: <sip:201@pbx.example.com>;tag=0202020202020202\n\
         To: <sip:201@pbx.example.com>\n\
         Call-ID: 01010101010101010101010101010101\n\
         CSeq: 1 SUBSCRIBE\n\
         Contact: <sip:201@192.0.2.7:40112;transport=tls>\n\
         Event: dialog\n\
         Accept: application/dialog-info+xml\n\
         Expires: 600\n\
         User-Agent: {USER_AGENT}\n\
         Content-Length: 0\n\n",
        branch = sent.branch
    );
    assert_eq!(text(&sent), expected.replace('\n', "\r\n"));
}

#[test]
fn a_refresh_goes_where_the_answer_said_over_its_proxies() {
    let random = Counting(AtomicU8::new(1));
    let us = us(Transport::Udp, "[2001:db8::7]:40112");
    let mut dialog = Dialog::new(&us, &random);
    dialog.subscribe(&us, 600, &[], &random);
    dialog.accepted(&head(
        "SIP/2.0 200 OK\nTo: <sip:201@pbx.example.com>;tag=theirs\n\
         Record-Route: <sip:near.example.com;lr>, <sip:middle.example.com;lr>\nRecord-Route: <sip:far.example.com;lr>\n\
         Contact: \"PBX\" <sip:presence@192.0.2.1:5080;transport=udp>;expires=9\n\n",
    ));
    let sent = text(&dialog.subscribe(&us, 0, &[("Authorization", "Digest x".to_owned())], &random));
    assert!(
        sent.starts_with("SUBSCRIBE sip:presence@192.0.2.1:5080;transport=udp SIP/2.0\r\n"),
        "{sent}"
    );
    assert!(
        sent.contains(
            "Route: <sip:far.example.com;lr>\r\nRoute: <sip:middle.example.com;lr>\r\nRoute: <sip:near.example.com;lr>\r\n"
        ),
        "{sent}"
    );
    assert!(sent.contains("To: <sip:201@pbx.example.com>;tag=theirs\r\n"), "{sent}");
    assert!(
        sent.contains("CSeq: 2 SUBSCRIBE\r\n") && sent.contains("Expires: 0\r\n"),
        "{sent}"
    );
    assert!(sent.contains("Authorization: Digest x\r\n"), "{sent}");
    assert!(sent.contains("Via: SIP/2.0/UDP [2001:db8::7]:40112;"), "{sent}");
    assert!(sent.contains("Contact: <sip:201@[2001:db8::7]:40112>\r\n"), "{sent}");
}

#[test]
fn whose_notify_it_is() {
    let random = Counting(AtomicU8::new(1));
    let us = us(Transport::Tcp, "192.0.2.7:40112");
    let mut dialog = Dialog::new(&us, &random);
    let notify = |call: &str, to: &str, from: &str| {
        head(&format!(
            "NOTIFY sip:201@192.0.2.7 SIP/2.0\nCall-ID: {call}\nTo: <sip:x>{to}\nFrom: <sip:y>{from}\n\
             Contact: <tel:+49301234>\n\n"
        ))
    };
    let (call, ours) = ("01".repeat(16), format!(";tag={}", "02".repeat(8)));
    assert!(dialog.owns(&notify(&call, &ours, ";tag=a")));
    assert!(!dialog.owns(&notify("other", &ours, ";tag=a")));
    assert!(!dialog.owns(&notify(&call, ";tag=other", ";tag=a")));
    assert!(!dialog.owns(&notify(&call, "", ";tag=a")));
    assert!(!dialog.owns(&notify(&call, &ours, "")));
    dialog.notified(&notify(&call, &ours, ";tag=a"));
    assert!(dialog.owns(&notify(&call, &ours, ";tag=a")));
    assert!(
        !dialog.owns(&notify(&call, &ours, ";tag=b")),
        "another branch of the fork"
    );
    assert_eq!(
        dialog.target(),
        "sip:201@pbx.example.com",
        "a Contact that is no SIP address leads nowhere"
    );
}

/// RFC 6665 §4.1.2.4: the NOTIFY may come first, and then it is what says who is talked to, and over which proxies.
#[test]
fn a_notify_before_the_answer_shows_the_way_too() {
    let random = Counting(AtomicU8::new(1));
    let us = us(Transport::Tcp, "192.0.2.7:40112");
    let mut dialog = Dialog::new(&us, &random);
    dialog.subscribe(&us, 600, &[], &random);
    dialog.notified(&head(
        "NOTIFY sip:201@192.0.2.7 SIP/2.0\nFrom: <sip:y>;tag=theirs\nContact: <sip:presence@192.0.2.1:5080>\n\
         Record-Route: <sip:near.example.com;lr>\nRecord-Route: <sip:far.example.com;lr>\n\n",
    ));
    assert_eq!(dialog.target(), "sip:presence@192.0.2.1:5080");
    // The answer adds nothing to the way.
    dialog.accepted(&head(
        "SIP/2.0 200 OK\nTo: <sip:201@pbx.example.com>;tag=theirs\nRecord-Route: <sip:other.example.com;lr>\n\n",
    ));
    let sent = text(&dialog.subscribe(&us, 600, &[], &random));
    assert!(
        sent.contains("\r\nRoute: <sip:near.example.com;lr>\r\nRoute: <sip:far.example.com;lr>\r\nFrom: "),
        "{sent}"
    );
    assert!(sent.contains("To: <sip:201@pbx.example.com>;tag=theirs\r\n"), "{sent}");
}

#[test]
fn answers_repeat_what_they_must() {
    let random = Counting(AtomicU8::new(7));
    let request = head(
        "OPTIONS sip:201@192.0.2.7 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1\nVia: SIP/2.0/UDP b\n\
         From: <sip:y>;tag=a\nTo: <sip:x>\nCall-ID: c\nCSeq: 5 OPTIONS\n\n",
    );
    let answered = String::from_utf8(answer(&request, 405, "192.0.2.1:5062".parse().unwrap(), &random)).unwrap();
    assert_eq!(
        answered,
        "SIP/2.0 405 Method Not Allowed\r\n\
         Via: SIP/2.0/UDP 10.0.0.1:5060;received=192.0.2.1;rport=5062;branch=z9hG4bK1\r\n\
         Via: SIP/2.0/UDP b\r\n\
         From: <sip:y>;tag=a\r\n\
         To: <sip:x>;tag=0707070707070707\r\n\
         Call-ID: c\r\n\
         CSeq: 5 OPTIONS\r\n\
         Allow: NOTIFY\r\n\
         Content-Length: 0\r\n\r\n"
    );
}
