//! Connecting a CRM with the real program, the real keyring and a connector file of one's own.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
};

use super::*;

const KEY: &str = "key-of-acme-41f7";

pub const MANIFEST: &str = r#"schema = 1
id = "acme"
name = "Acme CRM"
version = "1"
docs = "https://docs.example.com/api"
needs = ["A key from your admin."]

[evidence]
kind = "documentation"
note = "Made for one company."

[environment.typed]
title = "Your server"
placeholder = "crm.example.com"
base = "{{ env.origin }}"

[[parameters]]
name = "team"
title = "Team"
kind = "text"
default = "all"

[[parameters]]
name = "key"
title = "API key"
kind = "secret"

[auth.set]
headers = { x-key = "{{ secret.key }}" }

[whoami]
id = "id"
name = "name"

[whoami.request]
path = "/me"

[[types]]
id = "person"
label = "Person"

[types.contact]
id = "id"
name = "name"
numbers = { phone = "phone" }

[find_contact]
matching = "exact"
batching = "per_form"

[find_contact.request]
path = "/people"
query = { team = "{{ param.team }}", phone = "{{ form }}" }

[find_contact.answer]
list = "people"
"#;

/// A CRM that wants the key; answers its address.
fn crm() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || answer(stream.unwrap()));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap())
        .lines()
        .map_while(Result::ok);
    let asked = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let may = headers.iter().any(|line| *line == format!("x-key: {KEY}"));
    let (status, body) = match (may, asked.contains("GET /me "), asked.contains("phone=%2B442079460123")) {
        (false, ..) => ("401 Unauthorized", r#"{"error":"wrong key"}"#),
        (_, true, _) => ("200 OK", r#"{"id":"acme","name":"Team Acme"}"#),
        (_, _, true) => (
            "200 OK",
            r#"{"people":[{"id":7,"name":"Ada Verdi","phone":"+44 20 7946 0123"}]}"#,
        ),
        _ => ("200 OK", r#"{"people":[]}"#),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// The JSON of a command that reads its secrets from standard input.
fn with_secrets(code: i32, args: &[&str], secrets: &str) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringside"))
        .args([args, &["--secrets-from-stdin", "--json"]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(secrets.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (told, complained) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert_eq!(output.status.code(), Some(code), "{args:?}: {told}{complained}");
    assert!(!format!("{told}{complained}").contains(KEY));
    let text = if told.is_empty() { complained } else { told };
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{args:?}: not JSON: {text}"))
}

pub fn put_manifest(text: &str) {
    let folder = home().join("ringside/config/connectors");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("acme.toml"), text).unwrap();
}

#[test]
fn a_crm_is_connected_explained_and_removed() {
    if !inside("connect::a_crm_is_connected_explained_and_removed", true) {
        return;
    }
    let server = crm();
    put_manifest(MANIFEST);
    let shown = json(0, &["connector", "show", "own/acme"]);
    assert_eq!(
        (&shown["origin"]["kind"], &shown["needs"][0]),
        (&"own".into(), &"A key from your admin.".into())
    );
    let list = text(&["connector", "list"]);
    assert!(list.contains("hubspot") && list.contains("own/acme"), "{list}");
    assert!(text(&["connector", "show", "own/acme"]).contains("key (secret)"));
    assert_eq!(
        json(3, &["connector", "show", "nothing"])["error"]["field"],
        "connector"
    );

    let add = [
        "connection",
        "add",
        "own/acme",
        "--server",
        &server,
        "--name",
        "Our CRM",
    ];
    assert_eq!(
        json(2, &add)["error"]["code"],
        "usage",
        "there is no terminal to ask on"
    );
    let argument = format!("key={KEY}");
    let as_argument = [&add[..], &["--set", &argument]].concat();
    assert_eq!(with_secrets(3, &as_argument, "")["error"]["field"], "key");
    assert_eq!(with_secrets(4, &add, "key=wrong\n")["error"]["code"], "sign_in_needed");
    let added = with_secrets(0, &add, &format!("key={KEY}\n"));
    assert_eq!(
        (&added["id"], &added["state"]["kind"]),
        (&"own-acme".into(), &"ready".into())
    );
    assert!(text(&["connection", "test", "own-acme"]).contains("Team Acme"));

    let trace = json(0, &["explain", "+44 20 7946 0123"]);
    let steps = trace[0]["steps"].as_array().unwrap();
    let sent = |step: &&Value| step["request"].as_str().unwrap().starts_with("GET /people?phone=");
    let step = steps.iter().filter(sent).find(|step| step["answer"]["verified"] == 1);
    let step = step.unwrap_or_else(|| panic!("the request is not shown: {trace:#}"));
    assert_eq!(
        (&step["connection"], &step["name"]),
        (&"own-acme".into(), &"Our CRM".into())
    );
    assert!(!step["request"].as_str().unwrap().contains("7946"), "{step}");
    assert!(text(&["explain", "+44 20 7946 0123"]).contains("GET /people?phone="));

    let changed = json(0, &["connection", "change", "own-acme", "--set", "team=sales"]);
    assert_eq!(changed["parameters"]["team"], "sales");
    assert_eq!(
        with_secrets(4, &["connection", "change", "own-acme"], "key=wrong")["error"]["code"],
        "sign_in_needed"
    );

    put_manifest(&MANIFEST.replace("x-key", "y-key"));
    assert!(text(&["connection", "list"]).contains("connector changed"));
    let compared = text(&["connection", "agree", "own-acme"]);
    assert!(compared.contains("x-key") && compared.contains("y-key"), "{compared}");
    put_manifest(MANIFEST);
    assert!(
        text(&["connection", "test", "own-acme"]).contains("Team Acme"),
        "as it was agreed to"
    );

    let mut files = Vec::new();
    files_below(&home(), &mut files);
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(
            !bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()),
            "{}",
            file.display()
        );
    }
    json(0, &["connection", "remove", "own-acme"]);
    assert!(!text(&["connection", "list"]).contains("own-acme"));
}

/// The key goes to a server that nobody typed: who types it has to see which, before.
#[test]
fn a_server_that_a_manifest_names_is_said_before_the_key_is_asked_for_and_kept() {
    if !inside(
        "connect::a_server_that_a_manifest_names_is_said_before_the_key_is_asked_for_and_kept",
        true,
    ) {
        return;
    }
    let manifest = |auth: &str| {
        let auth =
            format!(r#"{{"serverUrl":"https://Connect.example.test/","platforms":{{"crm":{{"auth":{auth}}}}}}}"#);
        format!("manifest={auth}")
    };
    let keyed = manifest(r#"{"type":"apiKey"}"#);
    let asked = ringside(&["connection", "add", "app-connect", "--set", &keyed]);
    let said = String::from_utf8(asked.stderr).unwrap();
    let (place, question) = (
        said.find("goes to https://connect.example.test\n"),
        said.find("terminal"),
    );
    assert!(place.is_some() && place < question, "{said}");
    let oauth = r#"{"type":"oauth","oauth":{"clientId":"c","authUrl":"https://crm.example.test/authorize"}}"#;
    let added = json(0, &["connection", "add", "app-connect", "--set", &manifest(oauth)]);
    assert_eq!(added["server"], "https://connect.example.test");
}
