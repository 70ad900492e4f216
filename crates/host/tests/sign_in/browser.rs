//! Browsers for tests: one that does what a person's does, and a person who does something else.

use std::sync::Mutex;

use async_trait::async_trait;
use ringside_domain::{Error, Kind, Result, Url};
use ringside_host::sign_in::Browser;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

/// Goes to the provider, follows its redirect to us, and shows what we say.
pub struct Follows {
    pub language: &'static str,
    pub shown: Mutex<Option<oneshot::Sender<Shown>>>,
}

pub struct Shown {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Follows {
    pub fn new(language: &'static str) -> (Self, oneshot::Receiver<Shown>) {
        let (sender, shown) = oneshot::channel();
        let shown_by = Mutex::new(Some(sender));
        (
            Self {
                language,
                shown: shown_by,
            },
            shown,
        )
    }
}

#[async_trait]
impl Browser for Follows {
    async fn open(&self, page: &Url) -> Result<()> {
        let sender = self.shown.lock().unwrap().take();
        let (page, language) = (page.clone(), self.language);
        tokio::spawn(async move {
            // The browser's own; over the loopback nothing of it is used.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = client
                .get(page)
                .header("accept-language", language)
                .send()
                .await
                .unwrap();
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let body = answer.text().await.unwrap();
            if let Some(sender) = sender {
                let _ = sender.send(Shown { status, headers, body });
            }
        });
        Ok(())
    }
}

/// Hands the page to the test, which plays the person and whoever else is on the machine.
pub struct HandsOver(pub Mutex<Option<oneshot::Sender<Back>>>);

impl HandsOver {
    pub fn new() -> (Self, oneshot::Receiver<Back>) {
        let (sender, page) = oneshot::channel();
        (Self(Mutex::new(Some(sender))), page)
    }
}

#[async_trait]
impl Browser for HandsOver {
    async fn open(&self, page: &Url) -> Result<()> {
        if let Some(sender) = self.0.lock().unwrap().take() {
            let _ = sender.send(Back::of(page));
        }
        Ok(())
    }
}

/// What the page says about the way back.
pub struct Back {
    pub page: Url,
    pub host: String,
    pub port: u16,
    pub state: String,
}

impl Back {
    fn of(page: &Url) -> Self {
        let get = |name: &str| {
            page.query_pairs()
                .find(|(other, _)| other == name)
                .unwrap()
                .1
                .into_owned()
        };
        let redirect = Url::parse(&get("redirect_uri")).unwrap();
        let port = redirect.port().unwrap();
        Self {
            page: page.clone(),
            host: format!("{}:{port}", redirect.host_str().unwrap()),
            port,
            state: get("state"),
        }
    }

    /// The request line and the host as they are, on a connection of their own; gives the whole answer.
    pub async fn send(&self, line: &str, host: &str) -> String {
        let request = format!("{line}\r\nHost: {host}\r\n\r\n");
        raw(self.port, request.as_bytes()).await
    }

    pub async fn get(&self, query: &str) -> String {
        let line = format!("GET /callback?{query} HTTP/1.1");
        self.send(&line, &self.host).await
    }
}

pub async fn raw(port: u16, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    // A connection that is cut may be reset; what came before counts.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

pub struct Missing;

#[async_trait]
impl Browser for Missing {
    async fn open(&self, _: &Url) -> Result<()> {
        Err(Error::new(Kind::Unavailable, "sign_in", "there is no browser"))
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::{os::unix::fs::PermissionsExt, process::Command};

    use ringside_domain::{Kind, Url};
    use ringside_host::sign_in::{Browser, SystemBrowser};

    const PAGE: &str = "RINGSIDE_TEST_PAGE";

    /// Opens the page that its parent test names, with the parent's programs.
    #[tokio::test]
    async fn opens_a_page() {
        let Ok(page) = std::env::var(PAGE) else { return };
        let kind = SystemBrowser.open(&Url::parse(&page).unwrap()).await.map_err(|error| {
            assert!(!format!("{error} {error:?}").contains("secret-state"), "{error:?}");
            error.kind
        });
        println!("opened: {kind:?}");
    }

    /// This very test program with `opener` as the only `xdg-open`, so that no real browser starts.
    fn opened(opener: Option<&str>, page: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        if let Some(opener) = opener {
            let file = folder.path().join("xdg-open");
            std::fs::write(&file, format!("#!/bin/sh\n{opener}\n")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "browser::system::opens_a_page", "--nocapture"])
            .env("PATH", folder.path())
            .env("LOG", &log)
            .env(PAGE, page)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        (said, std::fs::read_to_string(log).unwrap_or_default())
    }

    #[test]
    fn the_default_browser_gets_the_page_as_it_is() {
        let write = r#"echo "$#:$1" > "$LOG""#;
        for page in [
            "https://login.example.com/authorize?scope=a+b&state=secret-state",
            "http://127.0.0.1:8080/authorize?state=secret-state",
        ] {
            let (said, log) = opened(Some(write), page);
            assert!(said.contains("opened: Ok(())"), "{said}");
            assert_eq!(log, format!("1:{page}\n"));
        }
        let (said, log) = opened(Some(write), "file:///etc/passwd?secret-state");
        assert!(said.contains(&format!("Err({:?})", Kind::Invalid)), "{said}");
        assert_eq!(log, "");
    }

    #[test]
    fn no_browser_and_a_failing_one_are_said() {
        for opener in [None, Some("exit 3")] {
            let (said, _) = opened(opener, "https://login.example.com/?state=secret-state");
            assert!(
                said.contains(&format!("Err({:?})", Kind::Unavailable)),
                "{opener:?}: {said}"
            );
        }
    }
}
