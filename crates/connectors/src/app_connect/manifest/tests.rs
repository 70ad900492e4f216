#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

/// The shape of the vendor's documentation, with everything that is read here.
fn full() -> Value {
    json!({
        "serverUrl": "https://connect.example.test/", "redirectUri": "https://redirect.example.test/page",
        "author": { "name": "Example Ltd" },
        "platforms": {
            "keyed": {
                "name": "keyed", "displayName": "Keyed CRM",
                "environment": { "type": "fixed", "url": "https://crm.example.test" },
                "auth": { "type": "apiKey", "apiKey": { "page": { "content": [
                    { "const": "getKey", "title": "Get a key", "type": "string", "uiSchema": { "ui:field": "button" } },
                    { "const": "apiKey", "title": "API key", "type": "string", "required": true },
                    { "const": "hostname", "title": "Host", "type": "string" },
                    { "const": "tenant", "title": "Tenant", "type": "string", "managed": true, "hidden": true },
                ] } } },
                "contactTypes": [{ "display": "Company", "value": "company" }, "Lead", { "display": "nothing" }],
                "contactPageUrl": "https://{hostname}/{contactId}", "logPageUrl": "https://{hostname}/log/{logId}",
                "enableExtensionNumberLoggingSetting": true,
                "settings": [{ "id": "s", "type": "section", "items": [{ "id": "outcome", "type": "option", "defaultValue": "reached" }] }],
                "page": { "useContactSearch": true,
                    "callLog": { "additionalFields": [
                        { "const": "deal", "title": "Deal", "type": "selection", "contactDependent": true },
                        { "const": "outcome", "title": "Outcome", "type": "selection", "required": true, "defaultSettingId": "outcome",
                          "options": [{ "const": "reached", "title": "Reached" }, { "const": 7, "title": "Voicemail", "description": "left" }] },
                        { "const": "followUp", "title": "Follow up", "type": "checkbox" },
                        { "const": "hint", "title": "A hint", "type": "warning" }, {}, null, 7] },
                    "newContact": { "additionalFields": [
                        { "const": "status", "title": "Status", "type": "selection", "contactTypeDependent": true },
                        { "const": "vat", "title": "VAT number", "type": "inputField", "showIfContactType": ["company"] }] } },
            },
            "regional": {
                "name": "regional", "environment": { "type": "selectable", "selections": [
                    { "const": "https://us.example.test", "name": "US" }, { "const": "eu.example.test" }] },
                "auth": { "type": "oauth", "oauth": { "authUrl": "https://us.example.test/authorize", "clientId": "c", "scope": "scope=a b" } },
                "override": [{ "triggerType": "hostname", "triggerValue": "eu.example.test",
                    "overrideObjects": [{ "path": "auth.oauth.authUrl", "value": "https://eu.example.test/authorize" }, { "path": "no.such" }] }],
            },
        },
    })
}

fn read(platform: &str, hostname: Option<&str>) -> ServerManifest {
    ServerManifest::parse(&full().to_string(), platform, hostname).unwrap()
}

#[test]
fn a_login_page_becomes_fields_to_ask_for() {
    let manifest = read("keyed", None);
    let fields: Vec<_> = manifest
        .login_fields()
        .into_iter()
        .map(|field| (field.name, field.secret, field.required))
        .collect();
    assert_eq!(
        fields,
        [("apiKey".into(), true, true), ("login_hostname".into(), false, false)]
    );
    assert_eq!(
        (manifest.name.as_str(), manifest.author.as_deref()),
        ("Keyed CRM", Some("Example Ltd"))
    );
    assert_eq!(manifest.hostname, Hostname::Fixed(Some("crm.example.test".into())));
    assert_eq!(manifest.server.as_deref(), Some("https://connect.example.test"));
    assert_eq!(
        (manifest.finds_names, manifest.knows_extensions, manifest.creates),
        (true, true, true)
    );
    assert_eq!(
        manifest.types.iter().map(|one| one.value.as_str()).collect::<Vec<_>>(),
        ["company", "Lead"]
    );
    // The person may not open the log's page, says the manifest.
    assert_eq!((manifest.contact_page.is_some(), manifest.log_page), (true, None));
}

#[test]
fn what_is_kept_reads_the_same() {
    let text = ServerManifest::with_interfaces(
        &full().to_string(),
        Some(json!({ "findContactWithName": false, "upsertCallDisposition": true })),
    );
    let manifest = ServerManifest::parse(&text, "keyed", None).unwrap();
    assert_eq!(
        (manifest.finds_names, manifest.creates, manifest.takes_dispositions),
        (false, true, true)
    );
    let again = ServerManifest::parse(manifest.as_text(), "", None).unwrap();
    assert_eq!(again, manifest);
    assert!(!manifest.as_text().contains("regional"));
}

#[test]
fn log_fields_have_the_contacts_own_options() {
    let manifest = read("keyed", None);
    let additional =
        json!({ "deal": [{ "const": 31, "title": "Roof" }, { "const": "31", "title": 17 }, { "title": "none" }] });
    let fields: Vec<_> = manifest
        .log_fields
        .iter()
        .filter_map(|field| field.for_log("Lead", additional.as_object().unwrap(), &Map::new()))
        .collect();
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["deal", "outcome", "followUp"]);
    let options = |field: &ringside_domain::LogField| -> Vec<(String, String)> {
        field
            .options
            .iter()
            .map(|option| (option.value.clone(), option.label.clone()))
            .collect()
    };
    assert_eq!(
        options(&fields[0]),
        [("31".into(), "Roof".into()), ("s:31".into(), "17".into())]
    );
    assert_eq!(
        options(&fields[1]),
        [
            ("reached".into(), "Reached".into()),
            ("7".into(), "Voicemail (left)".into())
        ]
    );
    assert_eq!(
        (fields[1].required, fields[1].default.as_deref()),
        (true, Some("reached"))
    );
    // A contact without deals is not asked for one.
    assert_eq!(manifest.log_fields[0].for_log("Lead", &Map::new(), &Map::new()), None);
    let submitted = |field: usize, chosen: &str| manifest.log_fields[field].submitted(chosen);
    assert_eq!(
        (
            submitted(0, "31"),
            submitted(0, "s:31"),
            submitted(0, "none"),
            submitted(0, "")
        ),
        (Some(json!(31)), Some(json!("31")), None, None)
    );
    assert_eq!(submitted(2, "true"), Some(json!(true)));
}

#[test]
fn fields_of_a_new_contact_depend_on_its_type() {
    let manifest = read("keyed", None);
    let learned = json!({ "Lead": { "status": [{ "const": "new", "title": "New" }] } });
    let fields = |contact_type: &str| -> Vec<(String, usize)> {
        let specs = manifest
            .contact_fields
            .iter()
            .filter_map(|field| field.for_contact(contact_type, learned.as_object().unwrap()));
        specs.map(|spec| (spec.name, spec.options.len())).collect()
    };
    assert_eq!(fields("Lead"), [("status".to_owned(), 1)]);
    assert_eq!(fields("company"), [("status".to_owned(), 0), ("vat".to_owned(), 0)]);
    assert_eq!(manifest.contact_fields[1].submitted("17"), Some(json!("17")));
}

#[test]
fn a_region_overrides_where_the_browser_goes() {
    let url = |manifest: &ServerManifest| match &manifest.auth {
        Auth::OAuth(oauth) => (oauth.page.clone(), oauth.redirect.clone()),
        Auth::ApiKey(_) => panic!("OAuth"),
    };
    let redirect = "https://redirect.example.test/page".to_owned();
    assert_eq!(
        url(&read("regional", None)),
        (
            SignInPage::At("https://us.example.test/authorize".into()),
            redirect.clone()
        )
    );
    assert_eq!(
        url(&read("regional", Some("eu.example.test"))),
        (SignInPage::At("https://eu.example.test/authorize".into()), redirect)
    );
    let asked = read("regional", None).login_fields();
    let asked: Vec<_> = asked
        .iter()
        .map(|field| (field.name.as_str(), field.options.len()))
        .collect();
    assert_eq!(asked, [("hostname", 2), ("rcAccountId", 0)]);
}

#[test]
fn the_least_that_a_server_gives_is_enough_and_junk_is_refused_with_words() {
    let least =
        json!({ "author": { "name": "A" }, "platforms": { "crm": { "name": "crm", "auth": { "type": "apiKey" } } } });
    let manifest = ServerManifest::parse(&least.to_string(), "crm", None).unwrap();
    assert_eq!(manifest.login_fields().len(), 1);
    assert!(!manifest.finds_names && manifest.creates && manifest.types.is_empty());

    let says = |json: &str, platform: &str| ServerManifest::parse(json, platform, None).unwrap_err();
    assert_eq!(
        says("Platform not found", "crm").message,
        "The manifest is not JSON: line 1, column 1"
    );
    assert_eq!(says("[]", "crm").message, "The manifest has no \"platforms\"");
    let missing = says(&full().to_string(), "other");
    assert_eq!(
        (missing.field.as_deref(), missing.hint.as_deref()),
        (Some("platform"), Some("It has: keyed, regional"))
    );
    for auth in [
        json!({ "type": "saml" }),
        json!({ "type": "oauth", "oauth": { "clientId": "c" } }),
    ] {
        let bad = json!({ "platforms": { "crm": { "auth": auth } } });
        assert_eq!(says(&bad.to_string(), "crm").kind, Kind::Invalid);
    }
    // Every member of another type than expected.
    let odd = json!({ "platforms": { "crm": { "auth": 7, "contactTypes": "x", "page": [], "settings": {}, "override": 1, "environment": [] } } });
    assert!(ServerManifest::parse(&odd.to_string(), "crm", Some("a.test")).is_ok());
}

/// A block of the vendor's own manifest: so RingCentral's file hands GoHighLevel and Freshdesk to the server of who made them.
#[test]
fn a_crm_in_somebody_elses_manifest_names_its_own_server() {
    let theirs = |place: Value| {
        json!({
            "serverUrl": "https://connect.example.test", "author": { "name": "Example Ltd" }, "version": "1",
            "platforms": {
                "ours": { "auth": { "type": "apiKey" } },
                "theirs": { "auth": { "type": "apiKey" }, "override": [
                    { "triggerType": "meta", "overrideObjects": place },
                    { "triggerType": "hostname", "triggerValue": "eu.example.test", "overrideObjects": [
                        { "path": "page.newContact.additionalFields", "value": [{ "const": "vat", "title": "VAT", "type": "inputField" }] }] }] },
            },
        })
        .to_string()
    };
    let place = json!([
        { "path": "serverUrl", "value": "https://theirs.example.test/" }, { "path": "author.name", "value": "Theirs" },
        { "path": "platforms.theirs.displayName", "value": "Their CRM" }, { "path": "version.of.it", "value": 7 }, { "path": "no value" }, 7,
    ]);
    let manifest = ServerManifest::parse(&theirs(place.clone()), "theirs", None).unwrap();
    assert_eq!(
        (
            manifest.server.as_deref(),
            manifest.author.as_deref(),
            manifest.name.as_str()
        ),
        (Some("https://theirs.example.test"), Some("Theirs"), "Their CRM")
    );
    let again = ServerManifest::parse(manifest.as_text(), "", None).unwrap();
    // What is kept is that server's alone.
    let kept = ServerManifest {
        moves_server: false,
        ..manifest.clone()
    };
    assert_eq!(again, kept);
    let other = ServerManifest::parse(&theirs(place.clone()), "ours", None).unwrap();
    assert_eq!(other.server.as_deref(), Some("https://connect.example.test"));
    assert_eq!((manifest.moves_server, other.moves_server), (true, false));
    // What is not there yet is made, for a region, too.
    let region = ServerManifest::parse(&theirs(place), "theirs", Some("eu.example.test")).unwrap();
    assert_eq!(region.contact_fields[0].name, "vat");

    // A file that takes itself apart is refused with words, as any other.
    for (place, words) in [
        (
            json!([{ "path": "platforms", "value": 7 }]),
            "The manifest has no \"platforms\"",
        ),
        (
            json!([{ "path": "platforms.theirs", "value": [] }]),
            "The manifest does not have this CRM",
        ),
    ] {
        let error = ServerManifest::parse(&theirs(place), "theirs", None).unwrap_err();
        assert_eq!(error.message, words);
    }
    let deep = vec!["a"; 100_000].join(".");
    let manifest = ServerManifest::parse(&theirs(json!([{ "path": deep, "value": 1 }])), "theirs", None).unwrap();
    assert_eq!(manifest.server.as_deref(), Some("https://connect.example.test"));
}

/// Blocks of the vendor's own manifest: Clio's, Redtail's and Bullhorn's.
fn vendors() -> ServerManifest {
    let by_call = |incoming: &str, outgoing: &str| json!({ "inboundCall": { "settingId": incoming }, "outboundCall": { "settingId": outgoing } });
    let manifest = json!({ "platforms": { "crm": { "auth": { "type": "apiKey" },
        "settings": [{ "id": "options", "type": "section", "name": "Options", "items": [
            { "id": "defaultBillable", "type": "option", "name": "Default status", "defaultValue": "billable",
              "options": [{ "id": "billable", "name": "Billable" }, { "id": "non-billable", "name": "Non-billable" }] },
            { "id": "defaultCategory", "type": "option", "defaultValue": 2, "dynamicOptions": true, "options": [] },
            { "id": "incomingAction", "type": "inputField", "name": "Default action for inbound calls", "defaultValue": "" },
            { "id": "outgoingAction", "type": "inputField", "name": "Default action for outbound calls", "defaultValue": "" },
            { "id": "smsDefaultBillable", "type": "boolean", "name": "SMS", "defaultValue": false },
            { "id": "fieldsToSearch", "type": "option", "multiple": true, "options": [{ "id": "phone", "name": "Phone" }], "defaultValue": ["phone"] },
            { "id": "copies", "type": "boolean", "name": "Copy to comments", "helper": "Of the contact", "defaultValue": false }] }],
        "page": { "callLog": { "additionalFields": [
            { "const": "billableStatus", "title": "Billable status", "type": "selection", "contactDependent": false, "includeNoneOption": false,
              "options": [{ "const": "non-billable", "title": "Non-billable" }, { "const": "billable", "title": "Billable" }],
              "defaultSettingId": "options", "defaultSettingValues": by_call("defaultBillable", "defaultBillable") },
            { "const": "category", "title": "Category", "type": "selection", "contactDependent": false,
              "defaultSettingId": "options", "defaultSettingValues": by_call("defaultCategory", "defaultCategory") },
            { "const": "noteActions", "title": "Note action", "type": "selection", "contactDependent": false, "allowCustomValue": true,
              "defaultSettingId": "options", "defaultSettingValues": by_call("incomingAction", "outgoingAction") },
            { "const": "copy", "title": "Copy to comments", "type": "checkbox", "defaultValue": false,
              "defaultSettingId": "options", "defaultSettingValues": by_call("copies", "copies") },
            { "const": "tax", "title": "Tax", "type": "selection", "includeNoneOption": false,
              "options": [{ "const": "full", "title": "Full" }, { "const": "none at all", "title": "None at all" }] },
        ] } } } } });
    ServerManifest::parse(&manifest.to_string(), "crm", None).unwrap()
}

#[test]
fn what_counts_where_nobody_chose_says_the_person_before_the_manifest() {
    let manifest = vendors();
    let additional = json!({ "category": [{ "const": 1, "title": "Call" }, { "const": 2, "title": "Note" }],
        "noteActions": [{ "const": "Inbound Call", "title": "Inbound Call" }, { "const": "Other", "title": "Other" }] });
    let defaults = |own: Value| -> Vec<Option<String>> {
        let fields = manifest.log_fields.iter();
        let shown = fields.map(|field| {
            field
                .for_log("", additional.as_object().unwrap(), own.as_object().unwrap())
                .unwrap()
        });
        shown.map(|field| field.default).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        defaults(json!({})),
        [some("billable"), some("2"), None, some("false"), some("full")]
    );
    let own = json!({ "defaultBillable": "non-billable", "defaultCategory": "1", "copies": true,
        "incomingAction": " inboundcall", "outgoingAction": "Inbound CALL " });
    // The two actions are written differently, and are one.
    let differ = json!({ "incomingAction": "Inbound Call", "outgoingAction": "Other" });
    assert_eq!(defaults(differ)[2], None, "nobody knows here which way the call went");
    let same = json!({ "incomingAction": "inboundcall ", "outgoingAction": "inboundcall " });
    assert_eq!(defaults(same)[2], some("Inbound Call"));
    assert_eq!(
        defaults(own),
        [
            some("non-billable"),
            some("1"),
            some("Inbound Call"),
            some("true"),
            some("full")
        ]
    );
    // Junk sets nothing.
    let junk = json!({ "defaultBillable": "gone", "defaultCategory": [], "copies": "", "incomingAction": null });
    assert_eq!(
        defaults(junk),
        [some("non-billable"), some("2"), None, some("false"), some("full")]
    );
}

#[test]
fn where_something_counts_by_itself_nothing_can_be_chosen_if_the_manifest_allows_it() {
    let manifest = vendors();
    let additional = json!({ "category": [{ "const": 2, "title": "Note" }] });
    let values = |field: usize| -> Vec<String> {
        let shown = manifest.log_fields[field].for_log("", additional.as_object().unwrap(), &Map::new());
        shown.unwrap().options.into_iter().map(|option| option.value).collect()
    };
    assert_eq!(values(0), ["non-billable", "billable"]);
    assert_eq!(values(1), ["2", "none"]);
    assert_eq!(manifest.log_fields[1].submitted("none"), None);
}

#[test]
fn settings_for_calls_become_fields_that_may_stay_empty() {
    let asked: Vec<_> = vendors()
        .login_fields()
        .into_iter()
        .filter(|field| field.is_setting())
        .map(|field| (field.name, field.required, field.options.len(), field.description))
        .collect();
    let name = |id: &str| format!("setting_{id}");
    assert_eq!(
        asked,
        [
            (name("defaultBillable"), false, 2, None),
            (name("incomingAction"), false, 0, None),
            (name("outgoingAction"), false, 0, None),
            (name("copies"), false, 2, Some("Of the contact".to_owned())),
        ]
    );
    let sheets = json!({ "platforms": { "googleSheets": { "auth": { "type": "apiKey" }, "settings": [] } } });
    let sheets = ServerManifest::parse(&sheets.to_string(), "", None).unwrap();
    assert_eq!(sheets.login_fields()[1].name, "setting_googleSheetsUrl");
}

/// What a person is shown of a manifest is read before it is kept, and what is used, after: both must name one server.
#[test]
fn a_manifest_that_is_kept_names_the_server_that_was_shown() {
    let moves = json!([{ "triggerType": "meta", "overrideObjects": [
        { "path": "serverUrl", "value": "https://elsewhere.example.test" }] }]);
    let by_rule = |trigger: Value, path: &str| {
        let mut rule = json!({ "overrideObjects": [{ "path": path, "value": moves }] });
        rule.as_object_mut()
            .unwrap()
            .extend(trigger.as_object().unwrap().clone());
        json!({ "serverUrl": "https://connect.example.test", "platforms": { "crm": {
            "auth": { "type": "apiKey" }, "environment": { "type": "dynamic" }, "override": [rule] } } })
    };
    for manifest in [
        by_rule(json!({ "triggerType": "meta" }), "platforms.crm.override"),
        by_rule(
            json!({ "triggerType": "hostname", "triggerValue": "eu.example.test" }),
            "override",
        ),
    ] {
        for shown_for in [None, Some("eu.example.test")] {
            let mut kept = ServerManifest::parse(&manifest.to_string(), "crm", shown_for).unwrap();
            for _ in 0..3 {
                assert_eq!(
                    kept.server.as_deref(),
                    Some("https://connect.example.test"),
                    "{manifest}"
                );
                assert!(!kept.moves_server, "{manifest}");
                kept = ServerManifest::parse(kept.as_text(), "", Some("eu.example.test")).unwrap();
            }
        }
    }
}
