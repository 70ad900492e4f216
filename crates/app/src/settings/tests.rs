#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn place() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("config.toml");
    (root, path)
}

fn germany() -> Option<Region> {
    "DE".parse().ok()
}

#[test]
fn without_a_file_everything_has_a_default_that_works() {
    let (_root, path) = place();
    let file = SettingsFile::load(&path, germany());
    assert!(file.broken().is_none());
    assert_eq!(*file.settings(), Settings::new(germany()));
    assert!(!path.exists(), "reading writes nothing");
}

#[test]
fn what_was_saved_is_read_again() {
    let (_root, path) = place();
    let mut file = SettingsFile::load(&path, germany());
    let wanted = Settings {
        home: None,
        outside_prefix: Some("0".to_owned()),
        formats: vec!["(###) ###-####".to_owned(), "DE: 0*** *******".to_owned()],
        pop: PopDto::Incoming,
        several: SeveralDto::EarliestCreated,
        nobody: NobodyDto::Create,
        open_record: OpenRecordDto::Ring,
        log_rule: LogRuleDto::Always,
        notify: false,
        respect_do_not_disturb: false,
        letter_keys: false,
        card_screen: CardScreenDto::Primary,
        text_size: 150,
        present_hotkey: Some("Ctrl+Shift+P".to_owned()),
        say_hotkey: Some("Ctrl+Shift+S".to_owned()),
        keep_calls_days: Some(365),
        welcomed: true,
        start_with_system: true,
        handle_tel_links: true,
        link_handlers_before: vec![("tel".to_owned(), "softphone.desktop".to_owned())],
        search_hotkey: Some("Ctrl+Shift+Space".to_owned()),
        card_hotkey: None,
        intake_on: true,
        intake_port: 5000,
        intake_lan: Some([192, 168, 1, 20].into()),
        phones: vec![
            PhoneEntry {
                name: "desk".to_owned(),
                kind: "desk".to_owned(),
                trusted: true,
                created: 1_700_000_000_000,
                parameters: [("address".to_owned(), "192.168.1.77".to_owned())].into(),
                ..PhoneEntry::default()
            },
            PhoneEntry {
                name: "Office line".to_owned(),
                kind: "sip".to_owned(),
                parameters: [("user".to_owned(), "anna \"2\"".to_owned())].into(),
                secrets: vec!["password".to_owned()],
                ..PhoneEntry::default()
            },
        ],
        ..Settings::new(germany())
    };
    file.save(wanted.clone()).unwrap();
    let mut file = SettingsFile::load(&path, germany());
    assert_eq!((file.settings(), file.unknown()), (&wanted, &[][..]));
    // And the defaults again, in the same file.
    let defaults = Settings::new(germany());
    file.save(defaults.clone()).unwrap();
    assert_eq!(*SettingsFile::load(&path, germany()).settings(), defaults);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn comments_order_and_foreign_keys_survive() {
    let (_root, path) = place();
    let text = "# mine\nversion = 1\nfuture = 'x'\n\n[intake] # loopback\nport = 4999 # as agreed\nring = true\non = false\n\n\
                [[connection]]\nid = \"address-book\"\nconnector = \"address-book\"\ncolour = \"blue\" # mine too\n";
    std::fs::write(&path, text).unwrap();
    let mut file = SettingsFile::load(&path, None);
    assert!(file.broken().is_none(), "{:?}", file.broken());
    assert_eq!(file.unknown(), ["connection.colour", "future", "intake.ring"]);
    let wanted = Settings {
        intake_on: true,
        ..file.settings().clone()
    };
    file.save(wanted).unwrap();
    let after = std::fs::read_to_string(&path).unwrap();
    for kept in [
        "# mine\n",
        "future = 'x'",
        "[intake] # loopback",
        "port = 4999 # as agreed",
        "ring = true",
        "colour = \"blue\" # mine too",
    ] {
        assert!(after.contains(kept), "{kept}:\n{after}");
    }
    assert!(after.contains("on = true"), "{after}");
}

#[test]
fn phones_of_older_files_report_to_the_intake() {
    let (_root, path) = place();
    let text =
        "version = 1\n\n[intake]\non = true\n\n[[phone]] # upstairs\nname = \"Desk\"\ntrusted = true\ncreated = 17\n";
    std::fs::write(&path, text).unwrap();
    let mut file = SettingsFile::load(&path, None);
    assert!(file.broken().is_none() && file.unknown().is_empty());
    let phone = PhoneEntry {
        name: "Desk".to_owned(),
        trusted: true,
        created: 17,
        ..PhoneEntry::default()
    };
    assert_eq!(file.settings().phones, std::slice::from_ref(&phone));
    assert_eq!((phone.kind.as_str(), file.settings().intake_lan), ("program", None));
    file.save(file.settings().clone()).unwrap();
    assert_eq!(SettingsFile::load(&path, None).settings().phones, [phone]);
    let after = std::fs::read_to_string(&path).unwrap();
    assert!(
        after.contains("# upstairs") && after.contains("kind = \"program\""),
        "{after}"
    );
}

#[test]
fn a_kind_of_a_newer_version_is_kept() {
    let (_root, path) = place();
    std::fs::write(
        &path,
        "[[phone]]\nname = 'Box'\nkind = 'fritzbox'\nparameters = { port = 1012 }\n",
    )
    .unwrap();
    let mut file = SettingsFile::load(&path, None);
    let settings = file.settings().clone();
    assert_eq!(settings.phones[0].parameters["port"], "1012");
    file.save(settings.clone()).unwrap();
    assert_eq!(
        *SettingsFile::load(&path, None).settings(),
        Settings {
            home: settings.home,
            ..settings
        }
    );
}

#[test]
fn a_fault_is_named_with_its_place_and_the_file_is_left_alone() {
    let cases = [
        ("version = 1\n[numbers\nhome = 'DE'\n", "line 2"),
        ("version = 1\n[numbers]\nhome = 'UK'\n", "line 3, column 8"),
        ("[numbers]\nformats = ['{bad}']\n", "line 2"),
        ("[calls]\n  pop = 'sometimes'\n", "line 2, column 9"),
        ("[calls]\nseveral = 'oldest'\n", "line 2, column 11"),
        ("[calls]\nnobody = true\n", "line 2, column 10"),
        ("[desktop]\ncard_screen = 2\n", "line 2, column 15"),
        ("[desktop]\ntext_size = 400\n", "line 2, column 13"),
        ("[desktop]\ntext_size = '200'\n", "line 2, column 13"),
        ("[privacy]\nkeep_calls_days = 6\n", "line 2, column 19"),
        ("[privacy]\nkeep_calls_days = -30\n", "line 2, column 19"),
        ("[privacy]\nkeep_calls_days = 99999999999\n", "line 2, column 19"),
        ("[intake]\nport = 80\n", "line 2, column 8"),
        ("[intake]\nport = 'x'\n", "line 2, column 8"),
        ("version = 99\n", "version 99"),
        ("[[phone]]\nname = ''\n", "line 2"),
        ("[[phone]]\nname = 'a/grant'\n", "without a slash"),
        ("[[phone]]\nname = 'a'\n[[phone]]\nname = 'A'\n", "two phones"),
        ("[[phone]]\nname = 'a'\n[[phone]]\nname = ' a'\n", "two phones"),
        ("[intake]\nlan = 'office'\n", "line 2, column 7"),
        (
            "[[connection]]\nid = 'a'\nconnector = 'x'\n[[connection]]\nid = 'a'\nconnector = 'x'\n",
            "two connections",
        ),
    ];
    for (text, place_words) in cases {
        let (_root, path) = place();
        std::fs::write(&path, text).unwrap();
        let mut file = SettingsFile::load(&path, germany());
        let words = file.broken().unwrap_or_else(|| panic!("accepted: {text}")).to_string();
        assert!(words.contains(place_words), "{text}: {words}");
        assert!(words.contains("config.toml"), "{words}");
        assert_eq!(*file.settings(), Settings::new(germany()), "defaults");
        let error = file
            .save(Settings {
                notify: false,
                ..Settings::new(germany())
            })
            .unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "not overwritten");
    }
}

#[test]
fn a_file_that_is_no_text_or_no_file_is_told_too() {
    let (root, path) = place();
    std::fs::write(&path, b"version = 1\nx = '\xff'\n").unwrap();
    assert!(
        SettingsFile::load(&path, None)
            .broken()
            .unwrap()
            .message
            .contains("line 2, column 6")
    );
    let mut folder = SettingsFile::load(root.path(), None);
    assert!(folder.broken().is_some());
    assert!(folder.save(Settings::new(None)).is_err());
}

#[test]
fn a_mended_file_is_used_when_saving() {
    let (_root, path) = place();
    std::fs::write(&path, "oops").unwrap();
    let mut file = SettingsFile::load(&path, None);
    assert!(file.broken().is_some());
    std::fs::write(&path, "version = 1\n").unwrap();
    file.save(Settings {
        notify: false,
        ..Settings::new(None)
    })
    .unwrap();
    assert!(file.broken().is_none());
    assert!(!SettingsFile::load(&path, None).settings().notify);
}

proptest::proptest! {
    /// Whatever is in the file: it is read or refused with words, and what was read survives a save.
    #[test]
    fn any_text_is_read_or_refused(text in "(?s)(version = 1\n)?([a-z_\\[\\]=\"'#{}(), 0-9\n.é-]{0,120}|\\[numbers\\]\nformats = \\[.{0,20}\\])") {
        let (_root, path) = place();
        std::fs::write(&path, &text).unwrap();
        let mut file = SettingsFile::load(&path, germany());
        match file.broken() {
            Some(error) => assert!(error.to_string().contains("config.toml")),
            None => {
                let wanted = Settings { notify: false, ..file.settings().clone() };
                if file.save(wanted.clone()).is_ok() {
                    assert_eq!(*SettingsFile::load(&path, None).settings(), wanted);
                } else {
                    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
                }
            }
        }
    }
}

#[test]
fn every_key_is_documented() {
    let page = include_str!("../../../../docs/config.md");
    for (table, keys) in file::KNOWN.iter().filter(|(table, _)| !table.is_empty()) {
        for key in *keys {
            assert!(
                page.contains(&format!("`{table}.{key}`")),
                "docs/config.md has no line for {table}.{key}"
            );
        }
    }
    let example = page
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let (_root, path) = place();
    std::fs::write(&path, example).unwrap();
    let file = SettingsFile::load(&path, None);
    assert!(
        file.broken().is_none() && file.unknown().is_empty(),
        "{:?} {:?}",
        file.broken(),
        file.unknown()
    );
}

#[test]
fn a_connection_survives_the_file_with_all_that_was_filled_in() {
    let (_root, path) = place();
    let written = "version = 1\n\n[network]\nextra_ca = '/etc/ca.pem'\n\n[[connection]]\nid = 'crm'\nconnector = 'own/acme' # mine\n\
                   parameters = { team = 'a \"b\"', size = 7, quick = true }\nolder = 1\n";
    std::fs::write(&path, written).unwrap();
    let mut file = SettingsFile::load(&path, None);
    assert_eq!(file.unknown(), ["connection.older"]);
    let mut settings = file.settings().clone();
    let read = settings.connections[0].parameters.clone();
    assert_eq!(
        (&*read["team"], &*read["size"], &*read["quick"]),
        ("a \"b\"", "7", "true")
    );
    settings.connections[0] = ConnectionEntry {
        environment: Some("eu".to_owned()),
        server: Some("https://crm.example.com:8443/crm".to_owned()),
        secrets: vec!["key".to_owned(), "password".to_owned()],
        pin: Some("9f86".to_owned()),
        account: Some("17/42".to_owned()),
        ..settings.connections[0].clone()
    };
    file.save(settings.clone()).unwrap();
    assert_eq!(*SettingsFile::load(&path, None).settings(), settings);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("# mine") && text.contains("older = 1"), "{text}");

    settings.connections[0].parameters.clear();
    settings.connections[0].secrets.clear();
    settings.connections[0].pin = None;
    settings.extra_ca = None;
    file.save(settings.clone()).unwrap();
    assert_eq!(*SettingsFile::load(&path, None).settings(), settings);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains("pin") && !text.contains("parameters") && !text.contains("ca.pem"),
        "{text}"
    );
}

#[test]
fn what_no_connection_can_have_is_told_with_its_place() {
    for (line, words) in [
        ("parameters = { list = [1] }", "the parameter"),
        ("parameters = 'team'", "line 4"),
        ("secrets = 'key'", "line 4"),
    ] {
        let (_root, path) = place();
        std::fs::write(&path, format!("[[connection]]\nid = 'crm'\nconnector = 'x'\n{line}\n")).unwrap();
        let file = SettingsFile::load(&path, None);
        let error = file.broken().unwrap().to_string();
        assert!(error.contains("line 4") && error.contains(words), "{error}");
    }
    let (_root, path) = place();
    std::fs::write(&path, "[network]\nextra_ca = 'ca.pem'\n").unwrap();
    assert!(
        SettingsFile::load(&path, None)
            .broken()
            .unwrap()
            .to_string()
            .contains("whole path")
    );
}

#[test]
fn who_has_settings_from_before_the_first_steps_is_not_led_through_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    assert!(!SettingsFile::load(&path, None).settings().welcomed, "a newcomer");
    std::fs::write(&path, "version = 1\n\n[numbers]\nhome = \"DE\"\n").unwrap();
    assert!(SettingsFile::load(&path, None).settings().welcomed);
    std::fs::write(&path, "[desktop]\nwelcomed = false\n").unwrap();
    assert!(!SettingsFile::load(&path, None).settings().welcomed);
}
