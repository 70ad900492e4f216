//! The way in from the local network. The loopback network has many addresses: each stands for a machine.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use ringside_domain::{CallSource, Change, Timestamp};
use ringside_sources::{
    Intake, PhoneRegistry,
    intake::{LanAddress, LanState, Place},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    sync::oneshot,
};

use crate::house::{Counting, Secrets, TestClock, Told, status};

const OWN: &str = "127.0.0.2";
const PHONE: &str = "127.0.0.3";
const OTHER: &str = "127.0.0.4";

/// A running intake, open to the network, with one desk phone and one softphone.
struct Network {
    port: u16,
    told: Told,
    phones: Arc<PhoneRegistry>,
    desk: String,
    soft: String,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<ringside_domain::Result<()>>,
}

impl Network {
    async fn open() -> Self {
        let (phones, secrets, random) = (
            Arc::new(PhoneRegistry::default()),
            Secrets::default(),
            Counting::default(),
        );
        let nowhere = Place::Lan {
            address: None,
            stranger: None,
        };
        let desk = phones
            .add("Desk", nowhere, true, Timestamp(1), &random, &secrets)
            .await
            .unwrap();
        let soft = phones
            .add("soft", Place::Here, true, Timestamp(2), &random, &secrets)
            .await
            .unwrap();
        let lan: LanAddress = OWN.parse().unwrap();
        let (mut intake, mut bound) = Intake::new(0, Some(lan), phones.clone(), Arc::new(TestClock(Instant::now())));
        let (told, (stop, stopped)) = (Told::default(), oneshot::channel::<()>());
        let sink = Box::new(told.clone());
        let running = tokio::spawn(async move { intake.run(sink, stopped.map(|_| ()).boxed().shared()).await });
        let open = |bound: &ringside_sources::intake::Bound| matches!(bound.lan, LanState::Listening(_));
        let port = bound.wait_for(open).await.unwrap().port.unwrap();
        Self {
            port,
            told,
            phones,
            desk: desk.token.reveal().to_owned(),
            soft: soft.token.reveal().to_owned(),
            stop,
            running,
        }
    }

    /// One request from `from` to `to`; what stands after the host line is `rest`.
    async fn ask(&self, from: &str, to: &str, line: &str, rest: &str) -> String {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from.parse::<IpAddr>().unwrap(), 0).into()).unwrap();
        let mut stream = socket
            .connect((to.parse::<IpAddr>().unwrap(), self.port).into())
            .await
            .unwrap();
        let text = format!("{line} HTTP/1.1\r\nHost: {to}:{}\r\n{rest}", self.port);
        let _ = stream.write_all(text.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
            .await
            .expect("it ends");
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn ring(&self, from: &str, to: &str, token: &str) -> u16 {
        let line = format!("GET /v1/call/{token}?event=incoming&remote=sip:+442079460123@pbx.example;user=phone");
        status(&self.ask(from, to, &line, "\r\n").await)
    }

    fn place(&self) -> Place {
        self.phones.phones()[0].place
    }

    async fn close(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_desk_phone_is_bound_to_the_address_it_first_came_from() {
    let network = Network::open().await;
    let mut changes = network.phones.changes();
    let address: IpAddr = PHONE.parse().unwrap();
    let stranger: IpAddr = OTHER.parse().unwrap();

    assert_eq!(network.ring(PHONE, OWN, &network.desk).await, 204);
    assert_eq!(
        network.place(),
        Place::Lan {
            address: Some(address),
            stranger: None
        }
    );
    assert!(changes.has_changed().unwrap(), "whoever keeps the settings is told");
    changes.mark_unchanged();

    assert_eq!(network.ring(OTHER, OWN, &network.desk).await, 403);
    assert_eq!(
        network.place(),
        Place::Lan {
            address: Some(address),
            stranger: Some(stranger)
        }
    );
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    assert_eq!(network.ring(OTHER, OWN, &network.desk).await, 403);
    assert!(!changes.has_changed().unwrap(), "the same stranger is no news");
    assert_eq!(network.told.take().len(), 1);

    assert!(network.phones.set_address("desk", Some(stranger)));
    assert_eq!(network.ring(OTHER, OWN, &network.desk).await, 204, "its new address");
    assert_eq!(network.ring(PHONE, OWN, &network.desk).await, 403);
    assert!(
        !network.phones.set_address("soft", Some(stranger)),
        "a program has no address"
    );
    network.close().await;
}

#[tokio::test]
async fn each_side_takes_its_own_phones_under_its_own_address() {
    let network = Network::open().await;
    assert_eq!(
        network.ring(PHONE, OWN, &network.soft).await,
        403,
        "a program's token from the network"
    );
    assert_eq!(
        network.ring("127.0.0.1", "127.0.0.1", &network.desk).await,
        403,
        "a desk phone's token on this computer"
    );
    assert_eq!(network.ring("127.0.0.1", "127.0.0.1", &network.soft).await, 204);
    assert_eq!(network.ring(PHONE, OWN, &"0".repeat(32)).await, 401);
    let line = format!("GET /v1/call/{}?remote=201", network.desk);
    for host in ["pbx.example", "127.0.0.1", "localhost", "0.0.0.0"] {
        let socket = TcpSocket::new_v4().unwrap();
        let mut stream = socket
            .connect((OWN.parse::<IpAddr>().unwrap(), network.port).into())
            .await
            .unwrap();
        let text = format!("{line} HTTP/1.1\r\nHost: {host}:{}\r\n\r\n", network.port);
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(status(&answer), 403, "{host}: {answer}");
    }
    assert_eq!(
        status(
            &network
                .ask(PHONE, OWN, &line, "Origin: http://evil.example\r\n\r\n")
                .await
        ),
        403,
        "a browser in the network"
    );
    assert_eq!(network.told.take().len(), 1, "only the softphone's own");
    assert!(
        matches!(network.place(), Place::Lan { address: None, .. }),
        "what was refused pins nothing"
    );
    network.close().await;
}

#[tokio::test]
async fn a_poly_phone_posts_xml() {
    let network = Network::open().await;
    let line = format!("POST /v1/call/{}", network.desk);
    let post = |body: &str| {
        format!(
            "Content-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let body = "<PolycomIPPhone><IncomingCallEvent><CallingPartyName>Ada &amp; Co</CallingPartyName>\
                <CallingPartyNumber>sip:+442079460123@pbx.example</CallingPartyNumber>\
                <CalledPartyNumber>201</CalledPartyNumber></IncomingCallEvent></PolycomIPPhone>";
    assert_eq!(status(&network.ask(PHONE, OWN, &line, &post(body)).await), 204);
    let quiet = "<PolycomIPPhone><OffHookEvent><PhoneIP>127.0.0.3</PhoneIP></OffHookEvent></PolycomIPPhone>";
    assert_eq!(
        status(&network.ask(PHONE, OWN, &line, &post(quiet)).await),
        204,
        "a phone is not told off for a dial tone"
    );
    let broken = "<PolycomIPPhone><IncomingCallEvent>";
    assert_eq!(status(&network.ask(PHONE, OWN, &line, &post(broken)).await), 400);

    let events = network.told.take();
    assert_eq!(events.len(), 1);
    let remote = events[0].remote.clone().unwrap();
    assert_eq!(events[0].change, Change::Ringing);
    assert_eq!(remote.raw, "sip:+442079460123@pbx.example");
    assert_eq!(remote.display.as_deref(), Some("Ada & Co"));
    network.close().await;
}

#[tokio::test]
async fn a_neighbour_who_floods_keeps_nobody_else_waiting() {
    let network = Network::open().await;
    let wrong = "0".repeat(32);
    let mut refused = 0;
    for _ in 0..40 {
        refused += usize::from(network.ring(OTHER, OWN, &wrong).await == 429);
    }
    assert!(refused > 0, "guessing is slowed down");
    assert_eq!(network.ring(PHONE, OWN, &network.desk).await, 204);
    assert_eq!(network.ring("127.0.0.1", "127.0.0.1", &network.soft).await, 204);
    network.close().await;
}

#[tokio::test]
async fn an_address_that_is_not_there_is_said_and_this_computer_served() {
    let phones = Arc::new(PhoneRegistry::default());
    // A network for documentation inside a private one: nobody's address here.
    let lan: LanAddress = "10.255.254.253".parse().unwrap();
    let (mut intake, mut bound) = Intake::new(0, Some(lan), phones, Arc::new(TestClock(Instant::now())));
    let (stop, stopped) = oneshot::channel::<()>();
    let sink = Box::new(Told::default());
    let running = tokio::spawn(async move { intake.run(sink, stopped.map(|_| ()).boxed().shared()).await });
    let waiting = |bound: &ringside_sources::intake::Bound| matches!(bound.lan, LanState::Waiting(_));
    let now = bound.wait_for(waiting).await.unwrap().clone();
    assert!(now.port.is_some());
    let LanState::Waiting(trouble) = now.lan else {
        panic!("it waits")
    };
    assert!(trouble.message.contains("10.255.254.253"), "{}", trouble.message);
    assert!(trouble.hint.is_some());
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_neighbour_who_holds_connections_open_takes_no_place_of_others() {
    let network = Network::open().await;
    let mut held = Vec::new();
    for _ in 0..40 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((OTHER.parse::<IpAddr>().unwrap(), 0).into()).unwrap();
        held.push(
            socket
                .connect((OWN.parse::<IpAddr>().unwrap(), network.port).into())
                .await
                .unwrap(),
        );
    }
    let begin = Instant::now();
    assert_eq!(network.ring(PHONE, OWN, &network.desk).await, 204);
    assert!(
        begin.elapsed() < Duration::from_millis(1_500),
        "not only after the held ones were cut off"
    );
    drop(held);
    network.close().await;
}
