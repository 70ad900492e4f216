//! The web, opened with the first request: reading the system's certificates takes longer than a start may, and a computer
//! without any must still show who is calling.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use ringside_domain::{Clock, Error, HttpAnswer, HttpRequest, HttpTransport, Kind, Result};
use ringside_host::{OwnPorts, Web, WebOptions};
use tokio::sync::OnceCell;

pub(crate) struct LateWeb {
    extra_ca: Option<PathBuf>,
    own_ports: OwnPorts,
    clock: Arc<dyn Clock>,
    web: OnceCell<Web>,
}

impl LateWeb {
    pub fn new(extra_ca: Option<PathBuf>, own_ports: OwnPorts, clock: Arc<dyn Clock>) -> Self {
        Self {
            extra_ca,
            own_ports,
            clock,
            web: OnceCell::new(),
        }
    }

    /// # Errors
    /// As [`Web::new`]; the next request tries again.
    pub async fn open(&self) -> Result<&Web> {
        self.web
            .get_or_try_init(|| async {
                let options = WebOptions {
                    extra_ca: self.extra_ca.clone(),
                    own_ports: self.own_ports.clone(),
                    clock: Arc::clone(&self.clock),
                    ..WebOptions::default()
                };
                let opened = tokio::task::spawn_blocking(move || Web::new(options)).await;
                opened.unwrap_or_else(|error| {
                    Err(Error::new(Kind::Internal, "start_http", "The web could not be opened").because(error))
                })
            })
            .await
    }
}

#[async_trait]
impl HttpTransport for LateWeb {
    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer> {
        self.open().await?.send(request).await
    }
}
