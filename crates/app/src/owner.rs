//! The owner's end of the socket: reads commands, answers them, streams events.
//!
//! Whoever connects is the same user, and still may be broken, slow or hostile: lines are capped and timed, a reader that
//! does not read is dropped, and a connection that goes away never takes a command with it that has begun.

use std::{sync::Arc, time::Duration};

use ringside_ipc::{ApiError, Command, Event};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    sync::{Notify, Semaphore, broadcast, mpsc},
};

use crate::wire::{self, Line, Reply, Request};

/// Answers and events that wait for one reader; a reader that is further behind is dropped.
const BEHIND: usize = 1024;
/// One line must be taken by its reader within this time.
const WRITE_DEADLINE: Duration = Duration::from_secs(5);
/// A connection on which nothing is asked for this long is closed; a stream of events is not.
const IDLE: Duration = Duration::from_secs(600);
/// Commands of one connection that run at the same time.
const AT_ONCE: usize = 16;

/// What stands behind the socket.
pub trait Owner: Send + Sync + 'static {
    fn run(&self, command: Command) -> impl Future<Output = Result<Value, ApiError>> + Send;
    fn events(&self) -> broadcast::Receiver<Event>;
}

/// Serves one connection until its peer goes away, misbehaves or falls behind.
pub async fn attend<O: Owner>(stream: impl AsyncRead + AsyncWrite + Send + 'static, owner: Arc<O>) {
    let (read, mut write) = tokio::io::split(stream);
    let (out, mut queue) = mpsc::channel::<Vec<u8>>(BEHIND);
    let writer = tokio::spawn(async move {
        while let Some(line) = queue.recv().await {
            match tokio::time::timeout(WRITE_DEADLINE, write.write_all(&line)).await {
                Ok(Ok(())) => {}
                _ => return,
            }
        }
        let _ = tokio::time::timeout(WRITE_DEADLINE, write.shutdown()).await;
    });
    let mut session = Session {
        owner,
        out,
        running: Arc::new(Semaphore::new(AT_ONCE)),
        events: None,
        behind: Arc::new(Notify::new()),
    };
    session.read(&mut BufReader::new(read)).await;
    drop(session);
    // Answers of commands that still run are written before the connection closes.
    let _ = writer.await;
}

struct Session<O> {
    owner: Arc<O>,
    out: mpsc::Sender<Vec<u8>>,
    running: Arc<Semaphore>,
    events: Option<tokio::task::JoinHandle<()>>,
    /// Events were lost: a stream with holes is worse than none.
    behind: Arc<Notify>,
}

/// However the session ends: a stream that went on would keep its connection open.
impl<O> Drop for Session<O> {
    fn drop(&mut self) {
        if let Some(events) = self.events.take() {
            events.abort();
        }
    }
}

impl<O: Owner> Session<O> {
    async fn read(&mut self, from: &mut BufReader<impl AsyncRead + Unpin>) {
        loop {
            let patience = if self.events.is_some() { Duration::MAX } else { IDLE };
            let line = tokio::select! {
                line = wire::next_line(from, wire::REQUEST_CAP, patience) => line,
                // The writer gave up: nobody reads.
                () = self.out.closed() => return,
                () = self.behind.notified() => return,
            };
            match line {
                Ok(Line::Text(text)) if text.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Line::Text(text)) => match serde_json::from_slice::<Request>(&text) {
                    Ok(request) => self.take(request).await,
                    Err(_) => {
                        self.say(&bad(
                            "a line of the socket is {\"id\":1,\"command\":\"…\",\"args\":{…}}",
                        ))
                        .await
                    }
                },
                Ok(Line::TooLong) => {
                    self.say(&bad("the line is longer than 32 megabytes")).await;
                    return;
                }
                Ok(Line::End) | Err(_) => return,
            }
        }
    }

    async fn take(&mut self, request: Request) {
        if request.command == wire::SUBSCRIBE {
            self.subscribe(request.id).await;
            return;
        }
        // Not more at once than can be answered: the rest of the lines waits in the socket.
        let Ok(permit) = self.running.clone().acquire_owned().await else {
            return;
        };
        let (owner, out) = (self.owner.clone(), self.out.clone());
        tokio::spawn(async move {
            let command = Command {
                command: request.command,
                args: request.args,
            };
            // On its own task, so that a panic is an answer and not a silence.
            let ran = tokio::spawn(async move { owner.run(command).await }).await;
            let result = ran.unwrap_or_else(|_| {
                Err(ApiError::new("internal", "the command broke off").hint("Please report this with the log file"))
            });
            let _ = out.send(Reply::of(request.id, result).line()).await;
            drop(permit);
        });
    }

    async fn subscribe(&mut self, id: u64) {
        if self.events.is_none() {
            let mut events = self.owner.events();
            let (out, behind) = (self.out.clone(), self.behind.clone());
            self.say(&Reply::Ok { id, ok: json!({}) }).await;
            self.events = Some(tokio::spawn(async move {
                // A listener that lags has missed events: it is let go, and asks for a snapshot when it comes back.
                while let Ok(event) = events.recv().await {
                    if out.try_send(Reply::Event { event: Box::new(event) }.line()).is_err() {
                        break;
                    }
                }
                behind.notify_one();
            }));
        } else {
            self.say(&Reply::Ok { id, ok: json!({}) }).await;
        }
    }

    async fn say(&self, reply: &Reply) {
        let _ = self.out.send(reply.line()).await;
    }
}

fn bad(words: &str) -> Reply {
    Reply::Error {
        id: 0,
        error: ApiError::new("bad_command", words),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use proptest::prelude::*;
    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// Echoes; panics when it is told to.
    struct Echo(broadcast::Sender<Event>);

    impl Owner for Echo {
        async fn run(&self, command: Command) -> Result<Value, ApiError> {
            assert!(command.command != "panic", "as it was told");
            Ok(json!(command.command))
        }

        fn events(&self) -> broadcast::Receiver<Event> {
            self.0.subscribe()
        }
    }

    /// Everything that is answered to these bytes.
    async fn answers(bytes: Vec<u8>) -> Vec<Value> {
        let (near, far) = tokio::io::duplex(1024);
        let owner = tokio::spawn(attend(far, Arc::new(Echo(broadcast::channel(4).0))));
        let (mut read, mut write) = tokio::io::split(near);
        let writing = tokio::spawn(async move {
            let _ = write.write_all(&bytes).await;
            let _ = write.shutdown().await;
        });
        let mut answered = Vec::new();
        read.read_to_end(&mut answered).await.unwrap();
        writing.await.unwrap();
        owner.await.unwrap();
        answered
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let answered = answers(b"{\"id\":1,\"command\":\"panic\"}\n{\"id\":2,\"command\":\"x\"}\n".to_vec()).await;
        let code = |id: u64| answered.iter().find(|answer| answer["id"] == id).unwrap()["error"]["code"].clone();
        assert_eq!((code(1), code(2)), (json!("internal"), Value::Null));
    }

    #[tokio::test]
    async fn an_unfinished_line_is_no_command() {
        assert!(answers(b"{\"id\":1,\"command\":\"x\"}".to_vec()).await.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Each line gets one answer, whatever it is, and the next one is still read.
        #[test]
        fn any_bytes_are_answered(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..60), 0..8)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let mut bytes: Vec<u8> = Vec::new();
            let mut expected = 1;
            for line in &lines {
                let line: Vec<u8> = line.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
                expected += usize::from(!line.iter().all(u8::is_ascii_whitespace));
                bytes.extend(line);
                bytes.push(b'\n');
            }
            bytes.extend_from_slice(b"{\"id\":9,\"command\":\"last\"}\n");
            let answered = runtime.block_on(answers(bytes));
            prop_assert_eq!(answered.len(), expected);
            prop_assert!(answered.iter().any(|answer| answer["ok"] == "last"));
        }
    }
}
