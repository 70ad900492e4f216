//! What the form asks for where an App Connect server speaks for another CRM.

use ringside_ipc::{
    Api as _,
    command::{AddConnectionArgs, ConnectorFieldsArgs},
    connection::ConnectionStateDto,
};

use super::support::{House, crm::Crm};

const MANIFEST: &str = r#"{"platforms":{"bullhorn":{"displayName":"Bullhorn",
    "auth":{"type":"oauth","oauth":{"clientId":"c"}}}}}"#;

/// In which data centre somebody is signed in to Bullhorn, their user name says, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn bullhorn_behind_a_server_asks_for_the_user_name() {
    let (house, crm) = (House::new(), Crm::start().await);
    let app = house.own().await;
    let bullhorn = |parameters: &[(&str, &str)]| AddConnectionArgs {
        connector: "app-connect".to_owned(),
        name: None,
        environment: None,
        server: Some(crm.address.clone()),
        parameters: [("manifest", MANIFEST)]
            .iter()
            .chain(parameters)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        secrets: [].into(),
    };
    let missing = app.add_connection(bullhorn(&[])).await.unwrap_err();
    assert_eq!(missing.field.as_deref(), Some("username"), "{missing:?}");
    // What goes to the server at the end of a sign-in, it finds out itself.
    let unknown = bullhorn(&[
        ("username", "pat.tester"),
        ("tokenUrl", "https://evil.example.com/token"),
    ]);
    let unknown = app.add_connection(unknown).await.unwrap_err();
    assert_eq!(unknown.field.as_deref(), Some("tokenUrl"), "{unknown:?}");
    let added = app
        .add_connection(bullhorn(&[("username", "pat.tester")]))
        .await
        .unwrap();
    assert_eq!((added.name.as_str(), added.can_sign_in), ("Bullhorn", true));
    assert_eq!(added.parameters["username"], "pat.tester");
    app.stop().await;
}

/// Whom a key is given to, a person has to see, and a manifest does not change it without them.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_that_gets_the_key_is_said_where_another_one_names_it() {
    let (house, crm) = (House::new(), Crm::start().await);
    let app = house.own().await;
    let asked = async |server: Option<&str>, parameters: &[(&str, &str)]| {
        app.connector_fields(ConnectorFieldsArgs {
            connector: "app-connect".to_owned(),
            server: server.map(str::to_owned),
            parameters: parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        })
        .await
    };
    let manifest = |more: &str| {
        format!(
            r#"{{"serverUrl":"https://connect.example.test/","platforms":{{"crm":{{"auth":{{"type":"apiKey"}}{more}}}}}}}"#
        )
    };
    let given = asked(None, &[("manifest", &manifest(""))]).await.unwrap();
    assert_eq!(given.server.as_deref(), Some("https://connect.example.test"));
    let moves = r#","override":[{"triggerType":"meta","overrideObjects":[{"path":"serverUrl","value":"https://elsewhere.example.test"}]}]"#;
    let given = asked(None, &[("manifest", &manifest(moves))]).await.unwrap();
    assert_eq!(given.server.as_deref(), Some("https://elsewhere.example.test"));
    // The person's own word goes before the manifest's.
    let given = asked(Some(&crm.address), &[("manifest", &manifest(moves))])
        .await
        .unwrap();
    assert_eq!(given.server.as_deref(), Some(&*crm.address));

    let moved = asked(Some(&crm.address), &[("platform", "moved")]).await.unwrap_err();
    assert_eq!(
        (moved.field.as_deref(), moved.message.as_str()),
        (
            Some("server"),
            "Moved CRM is connected by another server: https://elsewhere.example.test"
        )
    );
    let added = AddConnectionArgs {
        connector: "app-connect".to_owned(),
        name: None,
        environment: None,
        server: Some(crm.address.clone()),
        parameters: [("platform".to_owned(), "moved".to_owned())].into(),
        secrets: [("apiKey".to_owned(), ringside_ipc::connection::SecretText::new("key-1"))].into(),
    };
    assert_eq!(
        app.add_connection(added).await.unwrap_err().field.as_deref(),
        Some("server")
    );
    app.stop().await;
}

/// A server that only the manifest names gets a key once it was shown, and then it is that one, whatever the manifest says
/// when it is read again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_a_manifest_names_is_connected_as_it_was_shown_and_not_otherwise() {
    let house = House::new();
    let app = house.own().await;
    let manifest = |server: &str| {
        format!(
            r#"{{"serverUrl":"{server}","platforms":{{"crm":{{"displayName":"Some CRM","auth":{{"type":"oauth",
            "oauth":{{"clientId":"c","authUrl":"https://crm.example.test/authorize"}}}}}}}}}}"#
        )
    };
    let asked = async |server: &str| {
        let args = ConnectorFieldsArgs {
            connector: "app-connect".to_owned(),
            server: None,
            parameters: [("manifest".to_owned(), manifest(server))].into(),
        };
        app.connector_fields(args).await
    };
    let add = async |server: Option<&str>, named: &str| {
        app.add_connection(AddConnectionArgs {
            connector: "app-connect".to_owned(),
            name: None,
            environment: None,
            server: server.map(str::to_owned),
            parameters: [("manifest".to_owned(), manifest(named))].into(),
            secrets: [].into(),
        })
        .await
    };
    // As it is spelled, not as it looks: the second one has Cyrillic letters.
    for (named, shown) in [
        (
            "https://Connect.example.test:443/crm/",
            "https://connect.example.test/crm",
        ),
        (
            "https://c\u{43e}nnect.example.test",
            "https://xn--cnnect-wqf.example.test",
        ),
    ] {
        assert_eq!(asked(named).await.unwrap().server.as_deref(), Some(shown));
    }
    for named in ["http://127.0.0.1:8080", "https://good.example.test@evil.example.test"] {
        let refused = asked(named).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("manifest"), "{named}: {refused:?}");
    }
    let (shown, other) = ("https://connect.example.test", "https://elsewhere.example.test");
    let unseen = add(None, shown).await.unwrap_err();
    assert_eq!(unseen.field.as_deref(), Some("server"));
    assert!(unseen.message.contains(shown), "{unseen:?}");
    let added = add(Some(shown), other).await.unwrap();
    assert_eq!(
        (added.name.as_str(), added.server.as_deref()),
        ("Some CRM", Some(shown))
    );
    assert!(matches!(
        added.state,
        ConnectionStateDto::Ready | ConnectionStateDto::SignInNeeded
    ));
    app.stop().await;
}
