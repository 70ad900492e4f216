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
                "settings": [{ "id": "s", "type": "section", "items": [{ "id": "outcome", "defaultValue": "reached" }] }],
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
        .filter_map(|field| field.for_log("Lead", additional.as_object().unwrap()))
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
    assert_eq!(manifest.log_fields[0].for_log("Lead", &Map::new()), None);
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
    assert_eq!(
        (asked.len(), asked[0].name.as_str(), asked[0].options.len()),
        (1, "hostname", 2)
    );
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
