//! The way to the web in tests: every allowed host is the fake CRM on the loopback.
//!
//! A connector asks `https://api.hubapi.com`; the host rules are checked on that very address, then the request goes to the
//! loopback with the true name in its Host header. Redirects are followed as the port demands: each checked again, without
//! credentials where the host is another one.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Response, header};
use ringside_domain::{Error, HttpAnswer, HttpRequest, HttpTransport, Kind, Result, Url};

pub struct Detour {
    /// `http://127.0.0.1:PORT`, and the path below which the API lies.
    origin: String,
    client: Client,
}

impl Detour {
    pub fn to(origin: impl Into<String>) -> Self {
        // reqwest wants a provider of TLS even where everything is http.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A connection a request: what happens to one touches no other.
        let client = Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none());
        Self {
            origin: origin.into(),
            client: client.build().unwrap(),
        }
    }

    async fn follow(&self, request: &HttpRequest, sent: &mut bool) -> Result<HttpAnswer> {
        let (mut url, mut left) = (request.url.clone(), request.redirects);
        loop {
            request.hosts.check(&url).map_err(|refusal| {
                let words = format!("The connector may not ask {}", url.host_str().unwrap_or("that"));
                Error::new(Kind::Forbidden, request.operation, words).because(format!("{refusal:?}"))
            })?;
            let response = self.send_once(request, &url, sent).await?;
            let location = response.headers().get(header::LOCATION);
            let next = location.and_then(|to| url.join(to.to_str().ok()?).ok());
            match next.filter(|_| left > 0 && response.status().is_redirection()) {
                Some(next) => (url, left) = (next, left - 1),
                None => return whole(request, response, url).await,
            }
        }
    }

    async fn send_once(&self, request: &HttpRequest, url: &Url, sent: &mut bool) -> Result<Response> {
        let mut to = Url::parse(&self.origin).unwrap();
        let below = to.path().trim_end_matches('/').to_owned();
        to.set_path(&format!("{below}{}", url.path()));
        to.set_query(url.query());
        let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes()).unwrap();
        let mut asking = self.client.request(method, to).body(request.body.clone());
        asking = asking.header(header::HOST, url.host_str().unwrap_or_default());
        for (name, value) in &request.headers {
            asking = asking.header(name, value);
        }
        for (name, value) in &request.credentials {
            if url.host_str() == request.url.host_str() {
                asking = asking.header(name, value.expose());
            }
        }
        *sent = true;
        asking.send().await.map_err(|error| {
            *sent = !error.is_connect();
            unreachable(request, error)
        })
    }
}

async fn whole(request: &HttpRequest, mut response: Response, url: Url) -> Result<HttpAnswer> {
    let status = response.status().as_u16();
    let header = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    };
    let headers = response.headers().iter().map(header).collect();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| unreachable(request, error))? {
        if body.len() + piece.len() > request.max_answer {
            return Err(Error::new(Kind::Invalid, request.operation, "The answer is too large"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(HttpAnswer {
        status,
        headers,
        body,
        url,
    })
}

fn unreachable(request: &HttpRequest, error: reqwest::Error) -> Error {
    // Without its address: that may hold what nobody may read.
    Error::new(Kind::Unavailable, request.operation, "The connection broke").because(error.without_url())
}

#[async_trait]
impl HttpTransport for Detour {
    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer> {
        let mut sent = false;
        let deadline: Duration = request.deadline;
        let answer = match tokio::time::timeout(deadline, self.follow(&request, &mut sent)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::new(Kind::Timeout, request.operation, "No answer in time")),
        };
        answer.map_err(|error| if sent { error.maybe_happened() } else { error })
    }
}
