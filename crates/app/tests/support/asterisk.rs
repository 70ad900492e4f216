//! An Asterisk manager as far as a test needs one: greeting, MD5 challenge, sign-in, and an empty list of calls.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const CHALLENGE: &str = "156398437";
/// MD5 of the challenge and [`SECRET`], as `md5sum` says.
const KEY: &str = "3af117ce5c12a48c48dc9a5d765d3fb8";
pub const SECRET: &str = "quiet-listener-7";

pub struct Asterisk {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Asterisk {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut peers = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                peers.spawn(async move { drop(serve(stream).await) });
            }
        });
        Self { address, task }
    }
}

impl Drop for Asterisk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"Asterisk Call Manager/9.0.0\r\n").await?;
    loop {
        let mut action = Vec::new();
        while let Some(line) = lines.next_line().await?.filter(|line| !line.is_empty()) {
            action.push(line);
        }
        let field = |name: &str| {
            let line = action
                .iter()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_default().to_owned()
        };
        let id = field("ActionID");
        let answer = match field("Action").as_str() {
            "" => return Ok(()),
            "Challenge" => format!("Response: Success\r\nActionID: {id}\r\nChallenge: {CHALLENGE}\r\n\r\n"),
            "Login" if field("Key") == KEY => {
                format!("Response: Success\r\nActionID: {id}\r\nMessage: Authentication accepted\r\n\r\n")
            }
            "Login" => format!("Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n"),
            "CoreShowChannels" => format!(
                "Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\n\
                 Event: CoreShowChannelsComplete\r\nActionID: {id}\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"
            ),
            _ => format!("Response: Success\r\nActionID: {id}\r\n\r\n"),
        };
        write.write_all(answer.as_bytes()).await?;
    }
}
