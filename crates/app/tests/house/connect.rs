//! Connecting a CRM with a connector file of one's own: fields, keys, pins, live files.

use std::{fs, path::Path};

use super::*;
use crate::support::crm::{Crm, KEY, KEYED, OTHER_KEY, manifest};
use ringside_ipc::{
    Command,
    call::AskedState,
    command::{AgreeArgs, ChangeConnectionArgs, ConnectorFieldsArgs},
    connection::{ConnectionStateDto, OriginDto, ParameterKindDto, SecretText},
    status::ConnectionDto,
};

pub fn put(house: &House, file: &str, text: &str) {
    let folder = house.folders.config.join("connectors");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(file), text).unwrap();
}

pub fn with_key(crm: &Crm, key: &str) -> AddConnectionArgs {
    AddConnectionArgs {
        connector: "own/acme".to_owned(),
        name: Some("Our CRM".to_owned()),
        environment: None,
        server: Some(format!("{}/start?page=1", crm.address)),
        parameters: [("team".to_owned(), "sales".to_owned())].into(),
        secrets: [("key".to_owned(), SecretText::new(key))].into(),
    }
}

pub fn change() -> ChangeConnectionArgs {
    ChangeConnectionArgs {
        connection: "own-acme".to_owned(),
        name: None,
        environment: None,
        server: None,
        parameters: [].into(),
        secrets: [].into(),
    }
}

pub fn named(id: &str) -> ConnectionArgs {
    ConnectionArgs {
        connection: id.to_owned(),
    }
}

pub async fn shown(app: &App) -> ConnectionDto {
    let list = app.connections(Nothing {}).await.unwrap();
    list.into_iter().find(|one| one.id == "own-acme").unwrap()
}

pub async fn found(app: &App) -> usize {
    let args = LookupArgs {
        number: "+44 20 7946 0123".to_owned(),
        live: true,
    };
    app.lookup(args).await.unwrap().lookup.matches.len()
}

/// What the connection itself answers: the index may know a person without it.
pub async fn answers(app: &App) -> AskedState {
    let args = LookupArgs {
        number: "+44 20 7946 0123".to_owned(),
        live: true,
    };
    let asked = app.lookup(args).await.unwrap().lookup.asked;
    asked
        .into_iter()
        .find(|one| one.connection == "own-acme")
        .unwrap()
        .state
}

/// All files of the profile that hold these bytes.
pub fn holding(folder: &Path, bytes: &str) -> Vec<String> {
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if fs::read(&path).is_ok_and(|all| all.windows(bytes.len()).any(|part| part == bytes.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
    found
}

pub async fn connected(house: &House, crm: &Crm) -> App {
    put(house, "acme.toml", &manifest("acme", KEYED));
    let app = house.own().await;
    app.add_connection(with_key(crm, KEY)).await.unwrap();
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_leaves_nothing_behind() {
    let (house, crm) = (House::new(), Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", KEYED));
    let app = house.own().await;
    let before = house.secrets.names();
    let error = app.add_connection(with_key(&crm, "wrong-key")).await.unwrap_err();
    assert_eq!(error.code, "sign_in_needed", "{error}");
    assert!(!error.to_string().contains("wrong-key"), "{error}");
    assert_eq!(house.secrets.names(), before);
    assert!(
        app.connections(Nothing {})
            .await
            .unwrap()
            .iter()
            .all(|one| one.id != "own-acme")
    );
    assert!(
        holding(house.root.path(), "own/acme").is_empty(),
        "no settings were written"
    );

    house.secrets.be(Mood::ReadOnly);
    assert_eq!(
        app.add_connection(with_key(&crm, KEY)).await.unwrap_err().code,
        "keyring_locked"
    );
    house.secrets.be(Mood::Well);
    assert_eq!(house.secrets.names(), before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_the_keyring_and_nowhere_else() {
    let (house, crm) = (House::new(), Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", KEYED));
    let app = house.own().await;
    let added = app.add_connection(with_key(&crm, KEY)).await.unwrap();
    assert_eq!(
        (added.name.as_str(), added.connector_name.as_str()),
        ("Our CRM", "Acme CRM")
    );
    assert_eq!(added.state, ConnectionStateDto::Ready);
    assert!(added.own && added.needs == ["A key from your admin."] && !added.can_sign_in);
    assert_eq!(added.server.as_deref(), Some(&*format!("{}/start", crm.address)));
    assert_eq!(house.secrets.text("connection/own-acme/key").as_deref(), Some(KEY));
    assert_eq!(found(&app).await, 1);
    let tested = app.test_connection(named("own-acme")).await.unwrap();
    assert_eq!(tested.account.as_deref(), Some("Team acme"));

    let twin = app.add_connection(with_key(&crm, KEY)).await.unwrap_err();
    assert_eq!(twin.code, "conflict", "{twin}");
    assert_eq!(
        house
            .secrets
            .names()
            .iter()
            .filter(|name| name.starts_with("connection/own-acme-2"))
            .count(),
        0
    );

    let text = fs::read_to_string(house.folders.settings()).unwrap();
    assert!(
        text.contains("own/acme") && text.contains("secrets = [\"key\"]"),
        "{text}"
    );
    let args = with_key(&crm, KEY);
    let command = Command {
        command: "add_connection".to_owned(),
        args: serde_json::to_value(&args).unwrap(),
    };
    assert!(!format!("{args:?} {command:?}").contains(KEY));
    app.stop().await;
    assert_eq!(holding(house.root.path(), KEY), Vec::<String>::new());

    let app = house.own().await;
    assert_eq!(found(&app).await, 1, "it is there after a start");
    app.remove_connection(named("own-acme")).await.unwrap();
    assert!(
        house
            .secrets
            .names()
            .iter()
            .all(|name| !name.starts_with("connection/"))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_lands_on_its_field() {
    let (house, crm) = (House::new(), Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", KEYED));
    let app = house.own().await;
    type Fault = fn(&mut AddConnectionArgs);
    let faults: [(&str, Fault); 10] = [
        ("connector", |args| args.connector = "own/nothing".to_owned()),
        ("server", |args| args.server = None),
        ("server", |args| args.server = Some("http://crm.example.com".to_owned())),
        ("server", |args| {
            args.server = Some("https://me:pw@crm.example.com".to_owned())
        }),
        ("team", |args| {
            args.parameters.insert("team".to_owned(), "nobody".to_owned());
        }),
        ("teem", |args| {
            args.parameters.insert("teem".to_owned(), "all".to_owned());
        }),
        ("key", |args| args.secrets.clear()),
        ("key", |args| {
            args.secrets.insert("key".to_owned(), SecretText::new("Not A Key"));
        }),
        ("key", |args| {
            args.secrets.clear();
            args.parameters.insert("key".to_owned(), KEY.to_owned());
        }),
        ("name", |args| args.name = Some("x".repeat(61))),
    ];
    for (field, fault) in faults {
        let mut args = with_key(&crm, KEY);
        fault(&mut args);
        let error = app.add_connection(args).await.unwrap_err();
        assert_eq!(error.field.as_deref(), Some(field), "{error}");
        assert!(
            !error.to_string().contains("Not A Key") && !error.to_string().contains(KEY),
            "{error}"
        );
    }
    assert_eq!(crm.seen.asked(), 0, "nothing was sent");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_stops_its_connection_until_the_person_agrees() {
    let (house, crm) = (House::new(), Crm::start().await);
    let app = connected(&house, &crm).await;
    let evil = manifest("acme", KEYED).replace("files.example.com", "evil.example.net");
    put(&house, "acme.toml", &evil);
    until("the file is read again", || async {
        matches!(shown(&app).await.state, ConnectionStateDto::Changed { .. })
    })
    .await;
    let ConnectionStateDto::Changed { before, after } = shown(&app).await.state else {
        panic!("it goes on")
    };
    assert!(before.unwrap().contains("files.example.com") && after.contains("evil.example.net"));
    let asked = crm.seen.asked();
    assert_eq!(found(&app).await, 0);
    assert_eq!(crm.seen.asked(), asked, "nothing was sent");
    assert_eq!(
        app.change_connection(ChangeConnectionArgs {
            server: Some(crm.address.clone()),
            ..change()
        })
        .await
        .unwrap_err()
        .code,
        "conflict"
    );
    app.stop().await;

    let app = house.own().await;
    assert!(
        matches!(shown(&app).await.state, ConnectionStateDto::Changed { .. }),
        "after a start, too"
    );
    let agree = |after: &str| AgreeArgs {
        connection: "own-acme".to_owned(),
        after: after.to_owned(),
    };
    assert_eq!(
        app.agree_to_connector(agree("something else")).await.unwrap_err().code,
        "conflict"
    );
    let agreed = app.agree_to_connector(agree(&after)).await.unwrap();
    assert_eq!(agreed.state, ConnectionStateDto::Ready);
    assert_eq!(found(&app).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_edit_keeps_the_last_good_one_running() {
    let (house, crm) = (House::new(), Crm::start().await);
    let app = connected(&house, &crm).await;
    let good = manifest("acme", KEYED);
    put(
        &house,
        "acme.toml",
        &good.replace("matching = \"exact\"", "matching = \"exactly\""),
    );
    let notice = || async {
        let notices = app.snapshot(Nothing {}).await.unwrap().status.notices;
        notices.into_iter().find(|notice| notice.code == "connectors")
    };
    until("the fault is told", || async { notice().await.is_some() }).await;
    let line = 1 + good.lines().position(|line| line == "matching = \"exact\"").unwrap();
    let told = notice().await.unwrap().message;
    assert!(told.contains(&format!("acme.toml:{line}:")), "{told}");
    assert_eq!(found(&app).await, 1, "it goes on");
    let list = app.connectors(Nothing {}).await.unwrap();
    let own = list.iter().find(|one| one.id == "own/acme").unwrap();
    assert_eq!(own.problems[0].line as usize, line);

    put(
        &house,
        "acme.toml",
        &good.replace("label = \"Person\"", "label = \"Human\""),
    );
    until("it is mended", || async { notice().await.is_none() }).await;
    assert_eq!(shown(&app).await.types[0].label, "Human", "read without a start");

    fs::remove_file(house.folders.config.join("connectors/acme.toml")).unwrap();
    until("it is gone", || async {
        shown(&app).await.state == ConnectionStateDto::Missing
    })
    .await;
    assert_eq!(found(&app).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_file_takes_no_shipped_id_and_leads_nowhere_else() {
    let house = House::new();
    put(&house, "hubspot.toml", &manifest("hubspot", KEYED));
    let outside = house.root.path().join("outside.toml");
    fs::write(&outside, manifest("linked", KEYED)).unwrap();
    std::os::unix::fs::symlink(&outside, house.folders.config.join("connectors/linked.toml")).unwrap();
    let app = house.own().await;
    let list = app.connectors(Nothing {}).await.unwrap();
    let find = |id: &str| list.iter().find(|one| one.id == id).unwrap();
    assert_eq!(find("hubspot").origin, OriginDto::Shipped);
    assert!(find("hubspot").problems.is_empty());
    assert!(find("own/hubspot").problems[0].message.contains("ships with Ringside"));
    assert!(
        find("own/linked").problems[0].message.contains("outside"),
        "{:?}",
        find("own/linked").problems
    );
    let add = AddConnectionArgs {
        connector: "own/hubspot".to_owned(),
        ..with_key(&Crm::start().await, KEY)
    };
    let error = app.add_connection(add).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("connector"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_tried_first_and_taken_back() {
    let (house, crm) = (House::new(), Crm::start().await);
    let app = connected(&house, &crm).await;
    let with = |key: &str| ChangeConnectionArgs {
        secrets: [("key".to_owned(), SecretText::new(key))].into(),
        ..change()
    };
    let kept = || house.secrets.text("connection/own-acme/key");
    assert_eq!(
        app.change_connection(with("wrong-key")).await.unwrap_err().code,
        "sign_in_needed"
    );
    assert_eq!(kept().as_deref(), Some(KEY));
    let other = app.change_connection(with(OTHER_KEY)).await.unwrap_err();
    assert_eq!(other.code, "conflict", "{other}");
    assert_eq!((kept().as_deref(), found(&app).await), (Some(KEY), 1));

    let changed = app
        .change_connection(ChangeConnectionArgs {
            name: Some("New name".to_owned()),
            parameters: [("team".to_owned(), String::new())].into(),
            ..change()
        })
        .await
        .unwrap();
    assert_eq!(changed.name, "New name");
    assert!(changed.parameters.is_empty(), "back to its default");
    assert_eq!((kept().as_deref(), found(&app).await), (Some(KEY), 1));
    app.stop().await;
}

/// A person whose key ends learns it from the list, without testing.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_a_state() {
    let (house, crm) = (House::new(), Crm::start().await);
    let app = connected(&house, &crm).await;
    app.stop().await;
    house.secrets.put("connection/own-acme/key", "revoked");
    let app = house.own().await;
    assert_eq!(shown(&app).await.state, ConnectionStateDto::Ready);
    assert_eq!(found(&app).await, 0);
    until("it is told", || async {
        shown(&app).await.state == ConnectionStateDto::SignInNeeded
    })
    .await;
    until("it is noticed", || async {
        let notices = app.snapshot(Nothing {}).await.unwrap().status.notices;
        notices
            .iter()
            .any(|notice| notice.code == "sign_in" && notice.message.contains("Our CRM"))
    })
    .await;
    app.change_connection(ChangeConnectionArgs {
        secrets: [("key".to_owned(), SecretText::new(KEY))].into(),
        ..change()
    })
    .await
    .unwrap();
    assert_eq!(shown(&app).await.state, ConnectionStateDto::Ready);
    assert_eq!(found(&app).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_depends_on_the_address() {
    let (house, crm) = (House::new(), Crm::start().await);
    put(&house, "acme.toml", &manifest("acme", KEYED));
    let app = house.own().await;
    let fields = |connector: &str, server: &str| {
        app.connector_fields(ConnectorFieldsArgs {
            connector: connector.to_owned(),
            server: Some(server.to_owned()),
            parameters: [].into(),
        })
    };
    let own = fields("own/acme", "CRM.example.com/deals/").await.unwrap();
    assert_eq!(own.server.as_deref(), Some("https://crm.example.com/deals"));
    let wrong = fields("pipedrive", "crm.example.com").await.unwrap_err();
    assert_eq!(wrong.field.as_deref(), Some("server"), "{wrong}");

    let sample = fields("app-connect", &crm.address).await.unwrap();
    assert_eq!(sample.name, "Sample CRM");
    let asked: Vec<(&str, ParameterKindDto)> = sample
        .parameters
        .iter()
        .map(|one| (one.name.as_str(), one.kind))
        .collect();
    assert!(asked.contains(&("apiKey", ParameterKindDto::Secret)), "{asked:?}");
    assert!(asked.iter().any(|(name, _)| *name == "region"), "{asked:?}");
    let nobody = fields("app-connect", "http://127.0.0.1:9").await.unwrap_err();
    assert_eq!(nobody.code, "unavailable", "{nobody}");
    app.stop().await;
}

/// What an App Connect server has, only its own manifest says: a key that is no longer taken wants another key.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_connect_server_with_a_key_has_nobody_sign_in_in_the_browser() {
    let (house, crm) = (House::new(), Crm::start().await);
    let app = house.own().await;
    let sample = |name: &str, parameters: &[(&str, &str)]| AddConnectionArgs {
        connector: "app-connect".to_owned(),
        name: Some(name.to_owned()),
        environment: None,
        server: Some(crm.address.clone()),
        parameters: parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        secrets: [].into(),
    };
    let keyed = AddConnectionArgs {
        secrets: [("apiKey".to_owned(), SecretText::new(KEY))].into(),
        ..sample("Keyed", &[("region", "eu")])
    };
    let keyed = app.add_connection(keyed).await.unwrap();
    assert_eq!((keyed.state, keyed.can_sign_in), (ConnectionStateDto::Ready, false));

    let manifest = r#"{"platforms":{"other":{"auth":{"type":"oauth","oauth":{
        "authUrl":"https://login.example.com/authorize","clientId":"c","redirectUri":"http://127.0.0.1/back"}}}}}"#;
    let signed = app
        .add_connection(sample("Signed", &[("manifest", manifest)]))
        .await
        .unwrap();
    assert!(signed.can_sign_in, "{signed:?}");

    let list = app.connections(Nothing {}).await.unwrap();
    let can: Vec<(&str, bool)> = list.iter().map(|one| (one.name.as_str(), one.can_sign_in)).collect();
    assert!(
        can.contains(&("Keyed", false)) && can.contains(&("Signed", true)),
        "{can:?}"
    );
    app.stop().await;
}
