//! What the form asks for where an App Connect server speaks for another CRM.

use ringside_ipc::{Api as _, command::AddConnectionArgs};

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
