//! A server made of a list of replies, and time that the test owns.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use ringside_domain::{CallEvent, Kind, Now, Retry, SourceId, Timestamp, Trust};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::*;
use crate::sip::{
    line::{Answer, Ask, Incoming, Notify, NotifyState, SipLine, Subscribe},
    resolve::Target,
};

/// What the server does with the next request. After the last one it accepts everything. A new subscription is greeted with
/// an empty NOTIFY, CSeq 1.
pub(super) enum Reply {
    Answers(Answer),
    Fails(Kind, Retry),
    /// Tells this first, then accepts.
    After(Box<Incoming>),
    Hangs,
}

impl Reply {
    pub(super) fn code(code: u16) -> Self {
        Self::Answers(Answer {
            code,
            ..Answer::default()
        })
    }

    pub(super) fn granted(seconds: u32) -> Self {
        Self::Answers(Answer {
            code: 200,
            expires: Some(seconds),
            ..Answer::default()
        })
    }
}

#[derive(Clone)]
pub(super) struct Desk {
    clock: TestClock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    replies: VecDeque<Reply>,
    refusing: usize,
    targets: usize,
    silent: bool,
    deaf: bool,
    opened: Vec<(u64, Transport)>,
    asked: Vec<String>,
    incoming: Option<mpsc::Sender<Incoming>>,
    events: Vec<CallEvent>,
}

impl Desk {
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap())
    }

    fn seconds(&self) -> u64 {
        self.clock.now().steady.0.as_secs()
    }

    pub(super) fn replies(&self, replies: impl IntoIterator<Item = Reply>) {
        self.with(|inner| inner.replies.extend(replies));
    }

    /// So many connections are refused.
    pub(super) fn refuse(&self, connections: usize) {
        self.with(|inner| inner.refusing = connections);
    }

    pub(super) fn targets(&self, targets: usize) {
        self.with(|inner| inner.targets = targets);
    }

    /// Accepts, and sends no NOTIFY by itself.
    pub(super) fn is_silent(&self) {
        self.with(|inner| inner.silent = true);
    }

    /// Answers no keep-alives.
    pub(super) fn is_deaf(&self) {
        self.with(|inner| inner.deaf = true);
    }

    pub(super) fn tell(&self, incoming: Incoming) {
        let sender = self.with(|inner| inner.incoming.clone()).unwrap();
        let _ = sender.try_send(incoming);
    }

    pub(super) fn close(&self) {
        self.tell(Incoming::Closed(Error::new(
            Kind::Unavailable,
            "watch_sip",
            "pbx.example.com closed the connection",
        )));
    }

    pub(super) fn transports(&self) -> Vec<Transport> {
        self.with(|inner| inner.opened.iter().map(|(_, transport)| *transport).collect())
    }
}

#[async_trait]
impl SipDialer for Desk {
    async fn targets(&mut self, transport: Transport) -> Result<Vec<Target>> {
        let targets = self.with(|inner| inner.targets.max(1));
        Ok((0..targets)
            .map(|at| Target {
                address: ([192, 0, 2, 1], 5060 + u16::try_from(at).unwrap()).into(),
                transport,
            })
            .collect())
    }

    async fn open(&mut self, target: Target) -> Result<(Box<dyn SipLine>, mpsc::Receiver<Incoming>)> {
        let at = self.seconds();
        let (sender, receiver) = mpsc::channel(64);
        let refused = self.with(|inner| {
            inner.opened.push((at, target.transport));
            inner.incoming = Some(sender);
            let refused = inner.refusing > 0;
            inner.refusing = inner.refusing.saturating_sub(1);
            refused
        });
        if refused {
            return Err(Error::new(
                Kind::Unavailable,
                "watch_sip",
                "pbx.example.com refuses the connection",
            ));
        }
        let line = DoubleLine {
            desk: self.clone(),
            number: self.with(|inner| inner.opened.len()),
        };
        Ok((Box::new(line), receiver))
    }
}

struct DoubleLine {
    desk: Desk,
    number: usize,
}

#[async_trait]
impl SipLine for DoubleLine {
    async fn request(&mut self, subscribe: Subscribe) -> Result<Answer> {
        let Subscribe { ask, expires } = subscribe;
        let (number, at) = (self.number, self.desk.seconds());
        let name = match ask {
            Ask::Begin => "begin",
            Ask::Refresh => "refresh",
        };
        let reply = self.desk.with(|inner| {
            inner.asked.push(format!("{at} line {number} {name} {expires}"));
            inner.replies.pop_front()
        });
        let accepted = Answer {
            code: 200,
            expires: Some(expires),
            ..Answer::default()
        };
        let greets = ask == Ask::Begin && !self.desk.with(|inner| inner.silent);
        match reply {
            None => {
                if greets {
                    self.desk.tell(notify(1, NotifyState::default(), ""));
                }
                Ok(accepted)
            }
            Some(Reply::Answers(answer)) => {
                if greets && answer.code == 200 {
                    self.desk.tell(notify(1, NotifyState::default(), ""));
                }
                Ok(answer)
            }
            Some(Reply::Fails(kind, retry)) => {
                Err(Error::new(kind, "watch_sip", "pbx.example.com is in trouble").retry(retry))
            }
            Some(Reply::After(first)) => {
                self.desk.tell(*first);
                sleep(Duration::from_millis(1)).await;
                Ok(accepted)
            }
            Some(Reply::Hangs) => std::future::pending().await,
        }
    }

    fn answers_keep_alives(&self) -> bool {
        self.desk.with(|inner| !inner.deaf)
    }
}

/// The clock that counts sleep: tokio's own time, and what the computer slept.
#[derive(Clone)]
pub(super) struct TestClock {
    start: Instant,
    slept: Arc<Mutex<Duration>>,
}

impl TestClock {
    pub(super) fn sleeps(&self, by: Duration) {
        *self.slept.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        let passed = self.start.elapsed() + *self.slept.lock().unwrap();
        Now {
            wall: Timestamp(1_700_000_000_000).plus(passed),
            steady: Steady(passed),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

/// In the middle of everything: pauses come out exactly as written.
struct Middle;

impl Random for Middle {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x80);
    }
}

#[derive(Clone)]
struct Sink(Desk);

impl EventSink for Sink {
    fn event(&self, event: CallEvent) {
        self.0.with(|inner| inner.events.push(event));
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(self.clone())
    }
}

pub(super) struct Play {
    pub desk: Desk,
    pub clock: TestClock,
    state: watch::Receiver<SourceState>,
    stopping: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<Result<()>>>,
    start: Option<Box<dyn FnOnce() -> JoinHandle<Result<()>>>>,
}

/// A phone that worked before this run.
pub(super) fn kept(transport: Transport) -> Play {
    begun(transport, false, true)
}

pub(super) fn world(transport: Transport, large_over_tcp: bool) -> Play {
    begun(transport, large_over_tcp, false)
}

fn begun(transport: Transport, large_over_tcp: bool, kept: bool) -> Play {
    let start = Instant::now();
    let clock = TestClock {
        start,
        slept: Arc::default(),
    };
    let desk = Desk {
        clock: clock.clone(),
        inner: Arc::default(),
    };
    let (health, state) = Health::new();
    let (stopping, stopped) = oneshot::channel::<()>();
    let mut watch = Watch {
        dialer: Box::new(desk.clone()),
        tracker: Tracker::new(SourceId::new("desk"), Trust::Trusted, "sip:201@pbx.example.com"),
        health,
        clock: Arc::new(clock.clone()),
        random: Arc::new(Middle),
        server: "pbx.example.com".to_owned(),
        transport,
        large_over_tcp,
        kept,
    };
    let sink = Box::new(Sink(desk.clone()));
    let stop: Stop = async move { drop(stopped.await) }.boxed().shared();
    let begin = move || tokio::spawn(async move { watch.run(sink, stop).await });
    Play {
        desk,
        clock,
        state,
        stopping: Some(stopping),
        running: None,
        start: Some(Box::new(begin)),
    }
}

impl Play {
    /// The watcher starts with the first moment that passes, so that replies can be laid out before.
    pub(super) async fn pass_millis(&mut self, millis: u64) {
        if let Some(start) = self.start.take() {
            self.running = Some(start());
        }
        sleep(Duration::from_millis(millis)).await;
    }

    pub(super) async fn pass(&mut self, seconds: u64) {
        self.pass_millis(seconds * 1000).await;
    }

    pub(super) async fn stop(&mut self) -> Result<()> {
        drop(self.stopping.take());
        self.running.take().unwrap().await.unwrap()
    }

    pub(super) fn state(&self) -> SourceState {
        self.state.borrow().clone()
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.desk.with(|inner| inner.asked.clone())
    }

    /// The seconds at which connections were opened.
    pub(super) fn opened(&self) -> Vec<u64> {
        self.desk.with(|inner| inner.opened.iter().map(|(at, _)| *at).collect())
    }

    pub(super) fn events(&self) -> Vec<CallEvent> {
        self.desk.with(|inner| inner.events.clone())
    }
}

pub(super) fn notify(cseq: u32, state: NotifyState, body: &str) -> Incoming {
    let content_type = if body.is_empty() {
        ""
    } else {
        "application/dialog-info+xml"
    };
    Incoming::Notify(Notify {
        cseq,
        state,
        content_type: content_type.to_owned(),
        body: body.as_bytes().to_vec(),
        cut: false,
    })
}

/// One incoming call in this state.
pub(super) fn body(state: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" \
         entity=\"sip:201@pbx.example.com\"><dialog id=\"1\" call-id=\"4f1d7a2c90be@pbx\" direction=\"recipient\">\
         <state>{state}</state><remote><identity>sip:+12025550123@pbx.example.com</identity></remote></dialog></dialog-info>"
    )
}
