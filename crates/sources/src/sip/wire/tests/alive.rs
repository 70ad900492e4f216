//! Whether the other end is still there: with time standing still, over a pipe.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    time::Instant,
};

use super::{server::Chance, *};

type Pumped = (
    DuplexStream,
    mpsc::Receiver<Incoming>,
    mpsc::Sender<Vec<u8>>,
    Arc<Shared>,
);

fn pumped() -> Pumped {
    let (ours, theirs) = duplex(16);
    let (outgoing, outgoing_end) = mpsc::channel(4);
    let (incoming_end, incoming) = mpsc::channel(4);
    let shared = Arc::<Shared>::default();
    let pump = Pump {
        peer: Peer::Stream(Box::new(ours)),
        remote: ([192, 0, 2, 1], 5061).into(),
        transport: Transport::Tls,
        server: "pbx.example.com".to_owned(),
        shared: shared.clone(),
        outgoing: outgoing_end,
        incoming: incoming_end,
        random: Arc::new(Chance),
    };
    tokio::spawn(pump.run());
    (theirs, incoming, outgoing, shared)
}

async fn closed(incoming: &mut mpsc::Receiver<Incoming>) -> Error {
    match incoming.recv().await {
        Some(Incoming::Closed(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stopped_answering_is_missed() {
    let start = Instant::now();
    let (mut theirs, mut incoming, _outgoing, shared) = pumped();
    let mut ping = [0; 4];
    for round in 0..3 {
        theirs.read_exact(&mut ping).await.unwrap();
        assert_eq!(&ping, b"\r\n\r\n");
        assert_eq!(
            shared.with(|inner| inner.pongs),
            round > 0,
            "the subscription asks more often until then"
        );
        theirs.write_all(b"\r\n").await.unwrap();
    }
    assert_eq!(start.elapsed().as_secs(), 75);
    theirs.read_exact(&mut ping).await.unwrap();
    assert_eq!(closed(&mut incoming).await.kind, Kind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 125);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answered_them_is_not() {
    let (mut theirs, mut incoming, _outgoing, shared) = pumped();
    let mut ping = [0; 4];
    for _ in 0..20 {
        theirs.read_exact(&mut ping).await.unwrap();
    }
    assert!(!shared.with(|inner| inner.pongs));
    assert!(incoming.try_recv().is_err());
    drop(theirs);
    let error = closed(&mut incoming).await;
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(
        error.message.contains("pbx.example.com closed the connection over TLS"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_nothing_is_given_up() {
    let start = Instant::now();
    let (_theirs, mut incoming, outgoing, _shared) = pumped();
    outgoing.send(vec![b'x'; 100]).await.unwrap();
    assert_eq!(closed(&mut incoming).await.kind, Kind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 5);
}
