//! A CRM at which one signs in in the browser, with nothing but the command line: what comes after `add`, whether each command
//! renews the sign-in, and what `explain` shows of it. The browser is a program that writes down where it was sent.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ringside_domain::Url;

use super::{connect::put_manifest, *};

const AUTH: &str = r#"[auth.oauth2]
client = "public"
client_id = "ringside"
authorize = "{{ env.base }}/authorize"
token = "{{ env.base }}/token"

[auth.set]
headers = { authorization = "Bearer {{ token }}" }
"#;

/// A CRM whose tokens are good for an hour, and which counts how many it gave.
#[derive(Default)]
struct Crm {
    given: u32,
    good: String,
    too_often: bool,
}

type Shared = Arc<Mutex<Crm>>;

fn crm() -> (String, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let crm = Shared::default();
    let shared = crm.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let crm = shared.clone();
            std::thread::spawn(move || answer(stream.unwrap(), &crm));
        }
    });
    (address, crm)
}

fn answer(mut stream: TcpStream, crm: &Shared) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_ascii_lowercase()),
        }
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let (status, body) = crm.lock().unwrap().answer(&head);
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

impl Crm {
    fn answer(&mut self, head: &[String]) -> (&'static str, String) {
        let may = head.contains(&format!("authorization: bearer {}", self.good));
        match head[0].as_str() {
            // Zoho's words.
            asked if asked.starts_with("post /token ") && self.too_often => (
                "400 Bad Request",
                r#"{"error":"Access Denied","error_description":"You have made too many requests continuously."}"#
                    .into(),
            ),
            asked if asked.starts_with("post /token ") => {
                self.given += 1;
                self.good = format!("at-{}-of-acme", self.given);
                let token = format!(
                    r#"{{"access_token":"{}","refresh_token":"rt-of-acme","expires_in":3600}}"#,
                    self.good
                );
                ("200 OK", token)
            }
            _ if !may => ("401 Unauthorized", r#"{"error":"wrong token"}"#.into()),
            asked if asked.starts_with("get /me ") => ("200 OK", r#"{"id":"acme","name":"Team Acme"}"#.into()),
            asked if asked.contains("phone=%2b442079460123") => (
                "200 OK",
                r#"{"people":[{"id":7,"name":"Ada Verdi","phone":"+44 20 7946 0123"}]}"#.into(),
            ),
            _ => ("200 OK", r#"{"people":[]}"#.into()),
        }
    }
}

/// `connect`'s file with OAuth instead of a key.
fn manifest() -> String {
    let keyed = super::connect::MANIFEST;
    let (key, after) = (
        keyed.find("[[parameters]]\nname = \"key\"").unwrap(),
        keyed.find("[whoami]").unwrap(),
    );
    format!("{}{AUTH}\n{}", &keyed[..key], &keyed[after..])
}

/// Signs in as a person would: the page that opens leads back to the address in it.
fn signs_in(connection: &str) -> Value {
    let bin = home().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let (opener, page) = (bin.join("xdg-open"), bin.join("page"));
    let script = format!(
        "#!/bin/sh\nprintf '%s' \"$1\" >'{0}.new' && mv '{0}.new' '{0}'\n",
        page.display()
    );
    std::fs::write(&opener, script).unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let child = Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args(["connection", "sign-in", connection, "--json"])
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !page.exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "no page was opened");
        std::thread::sleep(Duration::from_millis(20));
    }
    let page = Url::parse(&std::fs::read_to_string(page).unwrap()).unwrap();
    let get = |name: &str| {
        page.query_pairs()
            .find(|(other, _)| other == name)
            .unwrap()
            .1
            .into_owned()
    };
    let back = Url::parse(&get("redirect_uri")).unwrap();
    let host = format!("{}:{}", back.host_str().unwrap(), back.port().unwrap());
    let mut stream = TcpStream::connect(&host).unwrap();
    let line = format!(
        "GET {}?code=c-1&state={} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        back.path(),
        get("state")
    );
    stream.write_all(line.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_str(&told).unwrap()
}

#[test]
fn with_the_command_line_alone() {
    if !inside("signing_in::with_the_command_line_alone", true) {
        return;
    }
    let (server, crm) = crm();
    put_manifest(&manifest());
    let added = text(&["connection", "add", "own/acme", "--server", &server]);
    assert!(
        added.contains("sign in needed") && added.contains("Now sign in: ringside connection sign-in own-acme"),
        "{added}"
    );
    let nobody = ringside(&["connection", "sign-in", "nope"]);
    let complained = String::from_utf8(nobody.stderr).unwrap();
    assert_eq!(nobody.status.code(), Some(1), "{complained}");
    assert!(
        complained.contains("no such connection") && !complained.contains("browser"),
        "{complained}"
    );
    let signed_in = signs_in("own-acme");
    assert!(signed_in.to_string().contains("Team Acme"), "{signed_in}");

    // Each command is a whole run of the program.
    for _ in 0..3 {
        let found = text(&["lookup", "+44 20 7946 0123", "--live"]);
        assert!(found.contains("Ada Verdi"), "{found}");
    }
    assert_eq!(crm.lock().unwrap().given, 1, "one token for all of them");

    // The CRM ends it before its time.
    "another".clone_into(&mut crm.lock().unwrap().good);
    let shown = text(&["explain", "+44 20 7946 0123"]);
    assert!(shown.contains("sign-in: POST 127.0.0.1"), "{shown}");
    assert_eq!(crm.lock().unwrap().given, 2);

    // And gives no other one just now: nobody is sent to the browser for that.
    {
        let mut crm = crm.lock().unwrap();
        "another".clone_into(&mut crm.good);
        crm.too_often = true;
    }
    let throttled = ringside(&["lookup", "+44 20 7946 0123", "--live"]);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&throttled.stdout),
        String::from_utf8_lossy(&throttled.stderr)
    );
    assert!(
        said.contains("asked to sign in too often: You have made too many"),
        "{said}"
    );
    assert!(!said.contains("Sign in again"), "{said}");

    let mut files = Vec::new();
    files_below(&home(), &mut files);
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!holds(b"-of-acme"), "{}", file.display());
    }
}
