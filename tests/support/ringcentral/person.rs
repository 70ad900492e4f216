//! Whoever sits before the browser.

use std::{
    fs::{File, OpenOptions},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use ringside_domain::{Result, Url};
use ringside_host::sign_in::Browser;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
};

use super::Fake;

/// What they do with the page to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Agrees,
    Declines,
    /// Leaves the page open and goes for lunch.
    Away,
}

/// Sign-ins come back to one port of this computer: one test at a time, in whatever process, for as long as the file is held.
pub async fn port() -> File {
    let waited = tokio::task::spawn_blocking(|| {
        let path = std::env::temp_dir().join("ringside-tests-sign-in-port.lock");
        let made = OpenOptions::new().create(true).append(true).open(&path);
        // Another user's can be locked, too.
        let file = made.or_else(|_| File::open(&path)).unwrap();
        file.lock().unwrap();
        file
    });
    waited.await.unwrap()
}

/// A person with a browser. Clones are the same one.
#[derive(Clone)]
pub struct Person {
    fake: Fake,
    mood: Arc<Mutex<Mood>>,
    opened: Arc<Semaphore>,
}

impl Person {
    #[must_use]
    pub fn at(fake: &Fake, mood: Mood) -> Self {
        Self {
            fake: fake.clone(),
            mood: Arc::new(Mutex::new(mood)),
            opened: Arc::new(Semaphore::new(0)),
        }
    }

    pub fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Waits until the page was opened once more than this was waited for.
    pub async fn opened(&self) {
        let waited = tokio::time::timeout(std::time::Duration::from_secs(10), self.opened.acquire());
        waited.await.unwrap().unwrap().forget();
    }
}

#[async_trait]
impl Browser for Person {
    async fn open(&self, page: &Url) -> Result<()> {
        // First: whoever waits until this was opened may be in another mood then.
        let mood = *self.mood.lock().unwrap();
        self.opened.add_permits(1);
        let back = match mood {
            Mood::Agrees => self.fake.agree(page),
            Mood::Declines => self.fake.decline(page),
            Mood::Away => return Ok(()),
        };
        tokio::spawn(async move {
            let address = (back.host_str().unwrap(), back.port().unwrap());
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!(
                "GET {}?{} HTTP/1.1\r\nHost: {}:{}\r\n\r\n",
                back.path(),
                back.query().unwrap(),
                address.0,
                address.1
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
        Ok(())
    }
}
