//! Without an app: each command owns the profile for as long as it takes.

use std::io::Write as _;

use super::*;

#[test]
fn contacts_are_created_found_and_explained() {
    if !inside("owner::contacts_are_created_found_and_explained", true) {
        return;
    }
    let created = json(
        0,
        &[
            "create",
            "Anna Meier",
            "--type",
            "lead",
            "--number",
            "+44 20 7946 0123",
            "--email",
            "anna@example.org",
        ],
    );
    assert_eq!(created["contact"]["name"], "Anna Meier");
    let again = json(3, &["create", "A. Meier", "--number", "+442079460123"]);
    assert_eq!(again["found"][0]["because"], "same_number");
    json(0, &["create", "Arno Meier", "--number", "+442079460123", "--force"]);
    let refused = json(3, &["create", "Nobody", "--type", "nonsense"]);
    assert!(refused["error"]["message"].is_string());

    let found = json(0, &["lookup", "+44 20 7946 0123"]);
    assert_eq!(found["lookup"]["matches"].as_array().unwrap().len(), 2);
    json(1, &["lookup", "+44 20 7946 0124"]);
    assert_eq!(json(0, &["search", "mei ann"])["rows"][0]["name"], "Anna Meier");
    json(1, &["search", "nobody of that name"]);
    let live = json(0, &["search", "Anna", "--live"]);
    assert_eq!(live["index"]["rows"][0]["name"], "Anna Meier");
    assert!(live["live"].is_array());
    let trace = json(0, &["explain", "+44 20 7946 0123"]);
    assert_eq!(trace[0]["live"], true);
    assert!(trace[0]["steps"].as_array().unwrap().len() >= 2);
    assert!(text(&["explain", "+44 20 7946 0123"]).contains("2 records, 2 proved"));
    assert!(text(&["lookup", "+44 20 7946 0123"]).contains("exact"));
}

#[test]
fn what_is_wrong_has_its_own_exit_code() {
    if !inside("owner::what_is_wrong_has_its_own_exit_code", true) {
        return;
    }
    assert_eq!(json(1, &["log", "last"])["error"]["code"], "not_found");
    assert_eq!(json(3, &["log", "x"])["error"]["code"], "invalid");
    assert_eq!(
        json(1, &["explain", "01890a5d-ac96-774b-bcce-b302099a8057"]),
        serde_json::json!([])
    );
    assert_eq!(json(4, &["rehearse"])["error"]["code"], "unavailable");
    assert_eq!(json(2, &["choose", "last", "no-reference"])["error"]["code"], "usage");
    assert_eq!(json(2, &["--profile", "No Such", "status"])["error"]["code"], "usage");
    assert_eq!(
        json(2, &["settings", "set", "colour", "blue"])["error"]["code"],
        "usage"
    );
    assert_eq!(json(3, &["settings", "set", "home", "UK"])["error"]["field"], "home");
    assert_eq!(json(0, &["calls"])["calls"], serde_json::json!([]));
    assert_eq!(json(0, &["quit"]), serde_json::json!({}));
}

#[test]
fn settings_phones_and_connections() {
    if !inside("owner::settings_phones_and_connections", true) {
        return;
    }
    json(0, &["settings", "set", "home", "GB"]);
    json(0, &["settings", "set", "formats", "(###) ###-####, GB: 0*** *** ****"]);
    json(0, &["settings", "set", "own_numbers", "020 7946 0199"]);
    json(0, &["settings", "set", "notify", "off"]);
    let now = json(0, &["settings", "show"]);
    assert_eq!(
        (&now["home"], &now["notify"]),
        (&Value::from("GB"), &Value::from(false))
    );
    assert_eq!(now["formats"].as_array().unwrap().len(), 2);
    assert_eq!(now["own_numbers"][0], "+442079460199");

    let added = json(0, &["phone", "add", "Desk"]);
    let token = added["recipes"].to_string();
    assert_eq!(json(0, &["phone", "list"])[0]["name"], "Desk");
    assert_eq!(json(0, &["phone", "remove", "desk"]), serde_json::json!([]));
    json(1, &["phone", "remove", "desk"]);

    let connections = json(0, &["connection", "list"]);
    assert_eq!(connections[0]["id"], "address-book");
    assert!(json(0, &["connection", "test", "address-book"])["account"].is_string());
    json(3, &["connection", "add", "nonsense"]);

    // Neither tokens nor numbers lie in any file in clear.
    let mut files = Vec::new();
    files_below(&home(), &mut files);
    let token = token
        .split("/v1/call/")
        .nth(1)
        .unwrap()
        .chars()
        .take(32)
        .collect::<String>();
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_default();
        for secret in [token.as_bytes(), b"79460199"] {
            assert!(
                !bytes.windows(secret.len()).any(|part| part == secret),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn two_at_once_take_turns() {
    if !inside("owner::two_at_once_take_turns", true) {
        return;
    }
    let names: Vec<String> = (0..6).map(|count| format!("Person Number{count}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(move || json(0, &["create", name, "--force"]));
        }
    });
    assert_eq!(
        json(0, &["search", "Person"])["rows"].as_array().unwrap().len(),
        names.len()
    );
}

#[test]
fn the_recovery_code_opens_what_the_keyring_lost() {
    if !inside("owner::the_recovery_code_opens_what_the_keyring_lost", true) {
        return;
    }
    json(0, &["create", "Anna Meier"]);
    let code = text(&["recovery-code"]).trim().to_owned();
    // The whole keyring is gone, and a new empty one in its place.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        use ringside_domain::CredentialStore as _;
        let keyring = ringside_app::host::Keyring::new(&ringside_app::Profile::default());
        keyring.remove(ringside_app::unlock::KEY).await.unwrap();
    });
    let locked = json(4, &["search", "Anna"]);
    assert_eq!(locked["error"]["code"], "keyring_locked");
    assert_eq!(json(4, &["status"])["store"]["has_file"], true);

    let unlock = |code: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ringside"))
            .args(["unlock", "--code", "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{code}").unwrap();
        child.wait_with_output().unwrap().status.code()
    };
    assert_eq!(unlock("0000-0000"), Some(3));
    assert_eq!(unlock(&code.to_lowercase()), Some(0));
    assert_eq!(json(0, &["search", "Anna"])["rows"][0]["name"], "Anna Meier");
}

#[test]
fn without_a_secret_store_nothing_is_written() {
    if !inside("owner::without_a_secret_store_nothing_is_written", false) {
        return;
    }
    let refused = json(4, &["create", "Anna Meier"]);
    assert_eq!(refused["error"]["code"], "keyring_locked");
    assert!(refused["error"]["hint"].is_string());
    let status = json(4, &["status"]);
    assert_eq!(status["store"]["kind"], "in_memory");
    let mut files = Vec::new();
    files_below(&home(), &mut files);
    assert!(
        !files.iter().any(|file| file.extension().is_some_and(|end| end == "db")),
        "{files:?}"
    );
    assert_eq!(
        json(0, &["settings", "set", "home", "GB"])["home"],
        "GB",
        "settings need no key"
    );
}
