//! A running intake with two phones, and the ports it needs.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::FutureExt;
use ringside_domain::{
    CallEvent, CallSource, Clock, CredentialStore, EventSink, Now, Random, Steady, Timestamp, credentials::Secret,
};
use ringside_sources::{Intake, PhoneRegistry, intake::Place};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

pub struct TestClock(pub Instant);

impl Clock for TestClock {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(1_700_000_000_000),
            steady: Steady(self.0.elapsed()),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

#[derive(Default)]
pub struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = (number * 31 + at as u64 * 7) as u8;
        }
    }
}

#[derive(Default)]
pub struct Secrets(Mutex<BTreeMap<String, Secret>>);

#[async_trait]
impl CredentialStore for Secrets {
    async fn get(&self, name: &str) -> ringside_domain::Result<Option<Secret>> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    async fn set(&self, name: &str, secret: Secret) -> ringside_domain::Result<()> {
        self.0.lock().unwrap().insert(name.to_owned(), secret);
        Ok(())
    }

    async fn remove(&self, name: &str) -> ringside_domain::Result<()> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<CallEvent>>>);

impl Told {
    pub fn take(&self) -> Vec<CallEvent> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl EventSink for Told {
    fn event(&self, event: CallEvent) {
        self.0.lock().unwrap().push(event);
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(self.clone())
    }
}

/// A running intake with two phones.
pub struct House {
    pub port: u16,
    pub told: Told,
    pub phones: Arc<PhoneRegistry>,
    pub secrets: Secrets,
    pub desk: String,
    pub soft: String,
    pub stop: Option<oneshot::Sender<()>>,
    pub running: tokio::task::JoinHandle<ringside_domain::Result<()>>,
}

impl House {
    pub async fn open() -> Self {
        let (phones, secrets, random) = (
            Arc::new(PhoneRegistry::default()),
            Secrets::default(),
            Counting::default(),
        );
        let desk = phones
            .add("Desk phone", Place::Here, true, Timestamp(1), &random, &secrets)
            .await
            .unwrap();
        let soft = phones
            .add("softphone", Place::Here, false, Timestamp(2), &random, &secrets)
            .await
            .unwrap();
        let (mut intake, mut port) = Intake::new(0, None, phones.clone(), Arc::new(TestClock(Instant::now())));
        let (told, (stop, stopped)) = (Told::default(), oneshot::channel::<()>());
        let sink = Box::new(told.clone());
        let running = tokio::spawn(async move { intake.run(sink, stopped.map(|_| ()).boxed().shared()).await });
        let port = port.wait_for(|bound| bound.port.is_some()).await.unwrap().port.unwrap();
        Self {
            port,
            told,
            phones,
            secrets,
            desk: desk.token.reveal().to_owned(),
            soft: soft.token.reveal().to_owned(),
            stop: Some(stop),
            running,
        }
    }

    /// Sends bytes and gives whatever comes back before the connection ends.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        // The server may refuse before it has read everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
            .await
            .expect("it ends");
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub async fn request(&self, line: &str, headers: &[&str], body: &str) -> (u16, String) {
        let mut head = format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", self.port);
        for header in headers {
            head += &format!("{header}\r\n");
        }
        let answer = self
            .raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
            .await;
        (status(&answer), answer)
    }

    pub async fn status(&self, line: &str, headers: &[&str], body: &str) -> u16 {
        self.request(line, headers, body).await.0
    }

    pub async fn close(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }
}

pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}
