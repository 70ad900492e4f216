//! What counts where nobody chose anything in the dialog, and the settings that a person keeps with their CRM at the server.

use std::{sync::Arc, time::Duration};

use ringside_connectors::app_connect::ServerManifest;
use ringside_domain::{Connector, Contact, Kind, LogField};
use serde_json::{Value, json};

use crate::{
    desk::{Desk, Plan, Steps, entry, nobody, number},
    peer::{Instead, Peer},
};

/// Clio's fields and Bullhorn's, as in the vendor's own manifest: one with its choices in it, one whose choices come with each
/// contact and are the same for all.
fn fields(peer: &Peer) {
    let both = |id: &str| json!({ "inboundCall": { "settingId": id }, "outboundCall": { "settingId": id } });
    let own = &mut peer.house().manifest["platforms"]["testCRM"];
    own["page"]["callLog"]["additionalFields"] = json!([
        { "const": "billableStatus", "title": "Billable status", "type": "selection", "includeNoneOption": false,
          "options": [{ "const": "billable", "title": "Billable" }, { "const": "non-billable", "title": "Non-billable" }],
          "defaultSettingId": "options", "defaultSettingValues": both("defaultBillable") },
        { "const": "noteActions", "title": "Note action", "type": "selection", "contactDependent": false,
          "defaultSettingId": "options", "defaultSettingValues": both("action") },
        { "const": "copy", "title": "Copy", "type": "checkbox", "defaultValue": false },
    ]);
    own["settings"] = json!([{ "id": "options", "type": "section", "items": [
        { "id": "defaultBillable", "type": "option", "name": "Billable by default", "defaultValue": "billable",
          "options": [{ "id": "billable", "name": "Billable" }, { "id": "non-billable", "name": "Non-billable" }] },
        { "id": "action", "type": "inputField", "name": "Action", "defaultValue": "" } ] }]);
}

fn with_actions(peer: &Peer) {
    let actions = json!({ "noteActions": [{ "const": "Inbound Call", "title": "Inbound Call" }, { "const": "Other", "title": "Other" }] });
    peer.house().contacts[2]["additionalInfo"] = actions;
}

async fn cyd(desk: &Desk) -> Contact {
    let found = desk.connector.find_contact(desk.cx(), number("+12025550199", "")).await;
    found.unwrap().contacts.remove(0)
}

async fn shown(desk: &Desk, contact: &Contact) -> Vec<LogField> {
    desk.connector.log_fields(desk.cx(), contact.id.clone()).await.unwrap()
}

/// What went with the log of a call for which the person chose this.
async fn logged(desk: &Desk, peer: &Peer, contact: &Contact, marker: &str, chosen: &[(&str, &str)]) -> Value {
    let mut call = entry(contact, marker, "x");
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    call.fields = chosen.iter().map(pair).collect();
    desk.connector
        .log_call(desk.cx(), call, Arc::new(Steps::default()))
        .await
        .unwrap();
    peer.asked("POST", "/callLog").pop().unwrap().body["additionalSubmission"].clone()
}

/// A time entry that is not billed is money lost without a word.
#[tokio::test]
async fn what_the_dialog_shows_goes_with_the_log_also_where_nobody_touched_it() {
    let peer = Peer::start().await;
    fields(&peer);
    with_actions(&peer);
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let cyd = cyd(&desk).await;
    let defaults: Vec<_> = shown(&desk, &cyd)
        .await
        .into_iter()
        .map(|field| field.default)
        .collect();
    assert_eq!(defaults, [Some("billable".into()), None, Some("false".into())]);
    assert_eq!(
        logged(&desk, &peer, &cyd, "ringside-1", &[]).await,
        json!({ "billableStatus": "billable" })
    );
    assert_eq!(
        peer.asked("PUT", "/callDisposition")[0].body["dispositions"],
        json!({ "billableStatus": "billable" })
    );
    assert_eq!(
        logged(
            &desk,
            &peer,
            &cyd,
            "ringside-2",
            &[("billableStatus", "non-billable"), ("noteActions", "Other")]
        )
        .await,
        json!({ "billableStatus": "non-billable", "noteActions": "Other" })
    );
    // A colleague may have changed the rest in the CRM meanwhile: what corrects a note sets nothing back.
    let dispositions = peer.asked("PUT", "/callDisposition").len();
    for (chosen, sent) in [
        (vec![], json!({})),
        (vec![("copy".into(), "false".into())], json!({ "copy": false })),
    ] {
        let mut call = entry(&cyd, "ringside-1", "y");
        call.fields = chosen;
        let log = ringside_domain::log::LogRef {
            id: "a-1".into(),
            url: None,
        };
        desk.connector.update_log(desk.cx(), log, call).await.unwrap();
        let patch = peer.asked("PATCH", "/callLog").pop().unwrap();
        assert_eq!(patch.body["additionalSubmission"], sent);
    }
    let sent = peer.asked("PUT", "/callDisposition").split_off(dispositions);
    let sent: Vec<_> = sent.into_iter().map(|put| put.body["dispositions"].clone()).collect();
    assert_eq!(sent, [json!({ "copy": false })]);
}

#[tokio::test]
async fn a_persons_own_settings_at_the_server_go_before_the_manifests() {
    let peer = Peer::start().await;
    fields(&peer);
    with_actions(&peer);
    peer.house().settings = json!({ "defaultBillable": { "value": "non-billable", "customizable": true },
        "action": { "value": "inbound call" }, "other": 7 });
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let cyd = cyd(&desk).await;
    let fields = shown(&desk, &cyd).await;
    assert_eq!(
        (fields[0].default.as_deref(), fields[1].default.as_deref()),
        (Some("non-billable"), Some("Inbound Call"))
    );
    let wanted = json!({ "billableStatus": "non-billable", "noteActions": "Inbound Call" });
    assert_eq!(logged(&desk, &peer, &cyd, "ringside-1", &[]).await, wanted);
    assert_eq!(peer.asked("GET", "/user/settings").len(), 1, "they hold for a while");
    assert_eq!(
        logged(&desk, &peer, &cyd, "ringside-2", &[("noteActions", "none")]).await,
        json!({ "billableStatus": "non-billable" })
    );
    // Yesterday's call, logged after a start: what counts is the same, and is asked for once.
    let desk = desk.restarted();
    assert_eq!(logged(&desk, &peer, &cyd, "ringside-3", &[]).await, wanted);
    assert_eq!(logged(&desk, &peer, &cyd, "ringside-4", &[]).await, wanted);
    assert_eq!(peer.asked("GET", "/contact").len(), 2);
    // So are the choices, though the manifest says that they do not depend on the contact.
    let desk = desk.restarted();
    assert_eq!(shown(&desk, &cyd).await, fields);
}

/// An older server has no settings, and one that is down tells none: neither keeps a call from being logged.
#[tokio::test]
async fn without_the_persons_settings_the_manifest_says_what_counts() {
    let peer = Peer::start().await;
    fields(&peer);
    with_actions(&peer);
    peer.house().settings = json!({ "defaultBillable": { "value": "non-billable" }, "action": { "value": "Other" } });
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let cyd = cyd(&desk).await;
    for answer in [
        Instead::of(404, "<html>Not found</html>"),
        Instead::of(503, "down"),
        Instead::of(200, "[]"),
        Instead::of(400, r#"{"error":"x"}"#),
    ] {
        peer.instead("/user/settings", answer);
        assert_eq!(shown(&desk, &cyd).await[0].default.as_deref(), Some("billable"));
    }
    // The choices of yesterday's contact can't be asked for: the log goes without them.
    let desk = desk.restarted();
    peer.instead("/contact", Instead::of(503, "down"));
    assert_eq!(
        logged(&desk, &peer, &cyd, "ringside-1", &[]).await,
        json!({ "billableStatus": "non-billable" })
    );
}

/// A lawyer's calls are not billable: that was said once, and a server that is down for a moment does not unsay it.
#[tokio::test]
async fn what_a_person_set_holds_on_while_the_server_cannot_tell_it() {
    let peer = Peer::start().await;
    fields(&peer);
    peer.house().settings = json!({ "defaultBillable": { "value": "non-billable" } });
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let cyd = cyd(&desk).await;
    let default = async |desk: &Desk| shown(desk, &cyd).await[0].default.clone();
    assert_eq!(default(&desk).await.as_deref(), Some("non-billable"));
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2 * 60 * 60)).await;
    tokio::time::resume();
    peer.instead("/user/settings", Instead::of(503, "down"));
    assert_eq!(default(&desk).await.as_deref(), Some("non-billable"));
    let desk = desk.restarted();
    peer.instead("/user/settings", Instead::of(503, "down"));
    assert_eq!(default(&desk).await.as_deref(), Some("non-billable"));
    // Unset in the vendor's client, it counts no more.
    peer.house().settings = json!({});
    assert_eq!(default(&desk).await.as_deref(), Some("billable"));
    let desk = desk.restarted();
    peer.instead("/user/settings", Instead::of(503, "down"));
    assert_eq!(default(&desk).await.as_deref(), Some("billable"));
}

/// What would be good to know takes no log its time.
#[tokio::test]
async fn a_server_that_is_slow_to_tell_settings_keeps_no_call_from_being_logged() {
    let peer = Peer::start().await;
    fields(&peer);
    with_actions(&peer);
    peer.house().settings = json!({ "action": { "value": "Other" } });
    let desk = Desk::new(Plan::of(&peer.url)).await;
    let cyd = cyd(&desk).await;
    let slow = || Instead {
        delay: Duration::from_secs(10),
        ..Instead::of(200, "{}")
    };
    let log = async |desk: &Desk, marker: &str, seconds: u64| {
        let call = entry(&cyd, marker, "x");
        let mut cx = desk.cx();
        cx.deadline = Duration::from_secs(seconds);
        let steps = Arc::new(Steps::default());
        desk.connector.log_call(cx, call, steps).await.unwrap();
        peer.asked("POST", "/callLog").pop().unwrap().body["additionalSubmission"].clone()
    };
    peer.instead("/user/settings", slow());
    assert_eq!(
        log(&desk, "ringside-1", 4).await,
        json!({ "billableStatus": "billable" })
    );
    let desk = desk.restarted();
    peer.instead("/contact", slow());
    assert_eq!(
        log(&desk, "ringside-2", 4).await,
        json!({ "billableStatus": "billable" })
    );
    assert_eq!(
        log(&desk, "ringside-3", 20).await,
        json!({ "billableStatus": "billable", "noteActions": "Other" })
    );
}

#[tokio::test]
async fn what_is_set_in_the_connection_is_handed_to_the_server_once() {
    let peer = Peer::start().await;
    fields(&peer);
    let parameters = vec![
        ("setting_defaultBillable", "non-billable".to_owned()),
        ("setting_action", " 7 ".to_owned()),
        ("setting_unknown", "x".to_owned()),
    ];
    let plan = |parameters| Plan {
        parameters,
        ..Plan::of(&peer.url)
    };
    let desk = Desk::new(plan(parameters.clone())).await;
    assert!(desk.connector.check(desk.cx()).await.unwrap().limits.is_empty());
    let sent = peer.asked("POST", "/user/settings");
    assert_eq!(
        sent[0].body,
        json!({ "userSettings": { "defaultBillable": { "value": "non-billable", "customizable": true },
            "action": { "value": "7", "customizable": true } }, "settingKeysToRemove": [] })
    );
    // What the person sets in the vendor's client after that holds.
    peer.house().settings["defaultBillable"]["value"] = json!("billable");
    let desk = desk.restarted();
    desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!(peer.asked("POST", "/user/settings").len(), 1);
    assert_eq!(peer.house().settings["defaultBillable"]["value"], "billable");

    // A connector may refuse, and its server then says nothing at all.
    let desk = Desk::new(plan(parameters)).await;
    peer.instead("/user/settings", Instead::of(200, "{}"));
    let account = desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!(
        account.limits,
        ["Test CRM did not take these settings: Action, Billable by default"]
    );
    peer.instead("/user/settings", Instead::of(404, "<html>Not found</html>"));
    let error = desk.connector.check(desk.cx()).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::Unsupported, false));
    assert!(desk.connector.check(desk.cx()).await.unwrap().limits.is_empty());
    // Nothing set, nothing sent.
    let desk = Desk::new(Plan::of(&peer.url)).await;
    desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!(peer.asked("POST", "/user/settings").len(), 4);
}

/// Another server has none of them, and somebody who signs in anew may have lost theirs.
#[tokio::test]
async fn settings_are_handed_again_to_another_server_and_after_signing_in_with_a_key() {
    let (peer, other) = (Peer::start().await, Peer::start().await);
    for peer in [&peer, &other] {
        fields(peer);
    }
    let plan = Plan {
        parameters: vec![("setting_defaultBillable", "non-billable".to_owned())],
        ..Plan::of(&peer.url)
    };
    let mut desk = Desk::new(plan).await;
    let handed = |peer: &Peer| peer.asked("POST", "/user/settings").len();
    desk.connector.check(desk.cx()).await.unwrap();
    // A session that is begun anew by itself signs nobody in.
    desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!(handed(&peer), 1);
    desk.connector.sign_in(desk.cx()).await.unwrap();
    desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!(handed(&peer), 2);
    desk.setup.server = Some(ringside_connectors::parts::Server::read(&other.url).unwrap());
    let desk = desk.restarted();
    desk.connector.sign_out(desk.cx()).await.unwrap();
    desk.connector.check(desk.cx()).await.unwrap();
    assert_eq!((handed(&peer), handed(&other)), (2, 1));
    assert_eq!(other.house().settings["defaultBillable"]["value"], "non-billable");
}

/// Google Sheets' connector answers nothing before a sheet is set, and forgets it when its person signs out.
#[tokio::test]
async fn a_sheet_is_set_before_anybody_is_looked_for_and_again_after_each_sign_in() {
    let peer = Peer::start().await;
    {
        let mut house = peer.house();
        house.needs_setting = Some("googleSheetsUrl");
        let mut sheets = house.manifest["platforms"]["testOAuth"].clone();
        sheets["settings"] = json!([]);
        house.manifest["platforms"]["googleSheets"] = sheets;
    }
    let sheet = "https://docs.google.com/spreadsheets/d/sheet-1/edit";
    let desk = |parameters| {
        Desk::new(Plan {
            platform: "googleSheets",
            key: "",
            parameters,
            ..Plan::of(&peer.url)
        })
    };
    let without = desk(Vec::new()).await;
    let manifest = ServerManifest::parse(&without.setup.parameters["manifest"], "", None).unwrap();
    assert!(
        manifest
            .login_fields()
            .iter()
            .any(|field| field.name == "setting_googleSheetsUrl")
    );
    without.connector.sign_in(without.cx()).await.unwrap();
    let error = without.connector.check(without.cx()).await.unwrap_err();
    assert_eq!(
        error.message,
        "Test OAuth says: No sheet selected to search for contacts"
    );

    let desk = desk(vec![("setting_googleSheetsUrl", sheet.to_owned())]).await;
    for times in 1..=2 {
        peer.house().settings = json!({});
        desk.connector.sign_in(desk.cx()).await.unwrap();
        desk.connector.check(desk.cx()).await.unwrap();
        assert_eq!(peer.house().settings["googleSheetsUrl"]["value"], sheet);
        assert_eq!(peer.asked("POST", "/user/settings").len(), times);
    }
    let cyd = cyd(&desk).await;
    assert_eq!(cyd.name, nobody("c-3").name.replace("Ada Verdi", "Cyd Marsh"));
}

/// Newer connectors tell the choices that are the same for a whole company no longer with each contact.
#[tokio::test]
async fn choices_that_the_server_keeps_for_the_company_are_offered() {
    let peer = Peer::start().await;
    let option = |value: &str| json!([{ "const": value, "title": value }]);
    {
        let mut house = peer.house();
        house.account_data = json!({
            "notes": { "actions": option("Inbound Call"), "leads": option("New") },
            "contacts": option("Active"), "sources": option("Web"),
        });
        let own = &mut house.manifest["platforms"]["testOAuth"];
        own["contactTypes"] = json!(["Contact", "Lead"]);
        own["page"] = json!({
            "callLog": { "additionalFields": [{ "const": "action", "title": "Action", "type": "selection", "includeNoneOption": false,
                "accountDataKey": "notes", "accountDataProperty": "actions" }] },
            "newContact": { "additionalFields": [
                { "const": "status", "title": "Status", "type": "selection", "contactTypeDependent": true,
                  "accountDataKey": "notes", "accountDataPropertyByContactType": { "Lead": "leads", "Contact": "gone" } },
                { "const": "state", "title": "State", "type": "selection", "accountDataKeyByContactType": { "Contact": "contacts" } },
                { "const": "source", "title": "Source", "type": "selection", "accountDataKey": "sources" }] },
        });
    }
    let desk = Desk::new(Plan {
        platform: "testOAuth",
        key: "",
        ..Plan::of(&peer.url)
    })
    .await;
    desk.connector.sign_in(desk.cx()).await.unwrap();
    desk.connector.check(desk.cx()).await.unwrap();
    let choices = |desk: &Desk| -> Vec<Vec<(String, usize)>> {
        let types = desk.connector.info().types.into_iter();
        types
            .map(|kind| {
                kind.fields
                    .into_iter()
                    .map(|field| (field.name, field.options.len()))
                    .collect()
            })
            .collect()
    };
    let of = |status, state, source| {
        vec![
            ("status".to_owned(), status),
            ("state".to_owned(), state),
            ("source".to_owned(), source),
        ]
    };
    assert_eq!(choices(&desk), [of(0, 1, 1), of(1, 0, 1)]);
    let cyd = cyd(&desk).await;
    assert_eq!(shown(&desk, &cyd).await[0].default.as_deref(), Some("Inbound Call"));
    assert_eq!(
        logged(&desk, &peer, &cyd, "ringside-1", &[]).await,
        json!({ "action": "Inbound Call" })
    );
    assert_eq!(peer.asked("GET", "/accountData").len(), 1);
    // They are there from the start after that, and a server that no longer tells them takes none away.
    let desk = desk.restarted();
    desk.connector.recall_manifest().await;
    peer.house().account = None;
    desk.connector
        .find_contact(desk.cx(), number("+12025550199", ""))
        .await
        .unwrap();
    desk.connector.check(desk.cx()).await.unwrap();
    assert!(shown(&desk, &cyd).await.is_empty());
    assert_eq!(logged(&desk, &peer, &cyd, "ringside-2", &[]).await, json!({}));
}
