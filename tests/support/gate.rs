//! Connections that let so many bytes of an answer through and no more.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use crate::crm::Hold;

/// What happens after the last byte that is let through.
#[derive(Clone)]
pub enum Then {
    Close,
    /// The socket stays open and silent; who holds is told.
    Hold(Arc<Hold>),
}

/// One connection's gate; open until told otherwise.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<Option<(usize, Then)>>>);

impl Gate {
    pub fn close_after(&self, bytes: usize, then: Then) {
        *self.0.lock().unwrap() = Some((bytes, then));
    }
}

pub struct GatedListener(pub TcpListener);

pub struct GatedStream {
    stream: TcpStream,
    gate: Gate,
}

impl Listener for GatedListener {
    type Io = GatedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (GatedStream, SocketAddr) {
        let (stream, from) = Listener::accept(&mut self.0).await;
        (
            GatedStream {
                stream,
                gate: Gate::default(),
            },
            from,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, GatedListener>> for Gate {
    fn connect_info(stream: IncomingStream<'_, GatedListener>) -> Self {
        stream.io().gate.clone()
    }
}

impl AsyncRead for GatedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for GatedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, gate } = &mut *self;
        let mut gate = gate.0.lock().unwrap();
        let Some((left, then)) = &mut *gate else {
            return Pin::new(stream).poll_write(cx, buf);
        };
        if *left > 0 {
            let some = &buf[..buf.len().min(*left)];
            let written = std::task::ready!(Pin::new(stream).poll_write(cx, some))?;
            *left -= written;
            return Poll::Ready(Ok(written));
        }
        match then {
            Then::Close => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Then::Hold(hold) => {
                hold.reached();
                Poll::Pending
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An answer that was let through to its last byte is held here.
        if let Some((0, Then::Hold(hold))) = &*self.gate.0.lock().unwrap() {
            hold.reached();
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
