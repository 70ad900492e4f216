//! A server that says exactly what a test wants, with or without TLS on the same port, and remembers what it was sent.

use std::{
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

pub enum Step {
    Send(Vec<u8>),
    /// The same bytes, again and again with a pause between, until the other side closes.
    Drip(Vec<u8>, Duration),
    Close,
    /// Says nothing more; waits for the other side to close.
    Hang,
}

type Script = dyn Fn(usize, &str) -> Vec<Step> + Send + Sync;

pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// The script gets how many requests came before, and the request as it came over the wire.
    pub async fn start(script: impl Fn(usize, &str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::with(None, script).await
    }

    pub async fn with(
        tls: Option<ServerConfig>,
        script: impl Fn(usize, &str) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, connections, ended) = <(Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let script: Arc<Script> = Arc::new(script);
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let task = tokio::spawn({
            let (seen, connections, ended) = (seen.clone(), connections.clone(), ended.clone());
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    connections.fetch_add(1, Ordering::SeqCst);
                    let (seen, script, ended, acceptor) =
                        (seen.clone(), script.clone(), ended.clone(), acceptor.clone());
                    tokio::spawn(async move {
                        greet(stream, acceptor, &seen, &*script).await;
                        ended.fetch_add(1, Ordering::SeqCst);
                    });
                }
            }
        });
        Self {
            port,
            seen,
            connections,
            ended,
            task,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub async fn until_seen(&self, requests: usize) {
        until(|| self.seen.lock().unwrap().len() >= requests).await;
    }

    pub async fn until_ended(&self, connections: usize) {
        until(|| self.ended.load(Ordering::SeqCst) >= connections).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn until(happened: impl Fn() -> bool) {
    let waiting = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(super::DEADLINE, waiting)
        .await
        .expect("it happens");
}

async fn greet(stream: TcpStream, acceptor: Option<TlsAcceptor>, seen: &Mutex<Vec<String>>, script: &Script) {
    const TLS_HANDSHAKE: u8 = 0x16;
    let mut first = [0];
    let speaks_tls = matches!(stream.peek(&mut first).await, Ok(1)) && first[0] == TLS_HANDSHAKE;
    match acceptor.filter(|_| speaks_tls) {
        None => talk(stream, seen, script).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                talk(stream, seen, script).await;
            }
        }
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: &Mutex<Vec<String>>, script: &Script) {
    while let Some(request) = read(&mut stream).await {
        let before = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        for step in script(before, &request) {
            match step {
                Step::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                }
                Step::Drip(bytes, pause) => {
                    while stream.write_all(&bytes).await.is_ok() && stream.flush().await.is_ok() {
                        tokio::time::sleep(pause).await;
                    }
                    return;
                }
                Step::Close => {
                    let _ = stream.shutdown().await;
                    return;
                }
                Step::Hang => {
                    let _ = stream.read(&mut [0; 1]).await;
                    return;
                }
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

/// An answer with a length.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<Step> {
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    vec![Step::Send(bytes)]
}

pub fn ok() -> Vec<Step> {
    answer("200 OK", "content-type: application/json\r\n", b"{}")
}

/// A CA made for this run of the tests, in a file as a person would have it.
pub struct Authority {
    pub file: PathBuf,
    _folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

pub fn authority() -> &'static Authority {
    static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
        let issuer = new_issuer(CA);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, issuer.pem()).unwrap();
        Authority {
            file,
            _folder: folder,
            issuer,
        }
    });
    &AUTHORITY
}

const CA: &str = "Example Company CA";

fn new_issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Signed by the tests' CA, for these names.
pub fn tls_for(names: &[&str]) -> ServerConfig {
    signed_by(&authority().issuer, names, |_| {})
}

pub fn tls_of_a_stranger(names: &[&str]) -> ServerConfig {
    signed_by(&new_issuer("Somebody Else's CA"), names, |_| {})
}

/// By a CA of the same name with another key, as after a server was installed again.
pub fn tls_of_a_namesake(names: &[&str]) -> ServerConfig {
    signed_by(&new_issuer(CA), names, |_| {})
}

pub fn tls_expired(names: &[&str]) -> ServerConfig {
    signed_by(&authority().issuer, names, |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 12, 31);
    })
}

pub fn tls_self_signed(names: &[&str]) -> ServerConfig {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    config(made.cert.der().clone(), made.signing_key.serialize_der())
}

fn signed_by(
    issuer: &CertifiedIssuer<'static, KeyPair>,
    names: &[&str],
    change: impl Fn(&mut CertificateParams),
) -> ServerConfig {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    config(certificate.der().clone(), key.serialize_der())
}

fn config(certificate: CertificateDer<'static>, key: Vec<u8>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.into()))
        .unwrap()
}
