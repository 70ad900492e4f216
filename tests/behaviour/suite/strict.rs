//! The fakes themselves: that they refuse what the real ones refuse.

mod bullhorn;
mod clio;
mod close;
mod dolibarr;
mod espocrm;
mod hubspot;
mod insightly;
mod odoo;
mod otherwise;
mod pipedrive;
mod salesforce;
mod suitecrm;

use std::{pin::Pin, sync::Arc};

use reqwest::Client;
use serde_json::Value;
use url::Url;

use crate::crm::{
    FakeCrm, Knobs, Planted, bullhorn as bullhorn_crm, html,
    lucene::{self, Document},
};

type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

pub fn all() -> Vec<Test> {
    vec![
        ("hubspot", || Box::pin(hubspot::is_strict())),
        ("hubspot_deals", || Box::pin(hubspot::deals_are_associated())),
        ("pipedrive", || Box::pin(pipedrive::is_strict())),
        ("insightly", || Box::pin(insightly::is_strict())),
        ("insightly_links", || Box::pin(insightly::links_are_strict())),
        ("bullhorn", || Box::pin(bullhorn::is_strict())),
        ("bullhorn_company_once", || Box::pin(bullhorn::a_company_is_made_once())),
        ("bullhorn_idle", || Box::pin(bullhorn::a_log_after_ten_idle_minutes())),
        ("bullhorn_short_fields", || {
            Box::pin(bullhorn::a_title_that_is_too_long_is_named())
        }),
        ("bullhorn_refresh_tokens_are_good_once", || Box::pin(bullhorn_rotates())),
        ("dolibarr", || Box::pin(dolibarr::is_strict())),
        ("dolibarr_rep", || {
            Box::pin(otherwise::a_rep_of_dolibarr_finds_their_logs())
        }),
        ("dolibarr_versions", || {
            Box::pin(otherwise::dolibarr_is_asked_for_what_its_version_has())
        }),
        ("suitecrm_leads", || {
            Box::pin(otherwise::a_call_with_a_lead_of_suitecrm_is_logged_whatever_its_tables_say())
        }),
        ("pipedrive_searches", || {
            Box::pin(otherwise::pipedrive_is_searched_no_faster_than_it_allows())
        }),
        ("pipedrive_tokens", || {
            Box::pin(otherwise::pipedrives_empty_day_is_said())
        }),
        ("every_connector_can_do_everything", || {
            Box::pin(otherwise::every_connector_can_do_everything())
        }),
        ("odoo", || Box::pin(odoo::is_strict())),
        ("espocrm", || Box::pin(espocrm::is_strict())),
        ("suitecrm", || Box::pin(suitecrm::is_strict())),
        ("like", || Box::pin(async { suitecrm::like_is_sql() })),
        ("clio", || Box::pin(clio::is_strict())),
        ("close", || Box::pin(close::is_strict())),
        ("salesforce_sosl", || Box::pin(salesforce::sosl_is_strict())),
        ("salesforce_soql", || Box::pin(salesforce::soql_is_strict())),
        ("salesforce_opportunities", || {
            Box::pin(salesforce::opportunities_are_the_contacts_own())
        }),
        ("salesforce_objects", || Box::pin(salesforce::objects_are_strict())),
        ("salesforce_app", || Box::pin(salesforce::its_app_is_public())),
        ("lucene", || Box::pin(async { lucene_is_strict() })),
        ("html", || Box::pin(async { foreign_markup_is_seen() })),
    ]
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}

fn anna(kind: &str) -> Planted {
    Planted {
        kind: kind.into(),
        given: "Anna".into(),
        family: "Example".into(),
        numbers: vec!["(415) 555-0100".into()],
        ..Planted::default()
    }
}

async fn bullhorn_rotates() {
    let crm = FakeCrm::start(Arc::new(bullhorn_crm::Bullhorn), Knobs::default()).await;
    crm.records(|records| records.accept("refresh-first"));
    let refresh = async |token: &str| {
        let parameters = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", bullhorn_crm::CLIENT),
            ("client_secret", bullhorn_crm::CLIENT_SECRET),
        ];
        let url = Url::parse_with_params(&format!("{}/oauth/token", crm.origin()), parameters).unwrap();
        let sent = client()
            .post(url)
            .header("host", "auth-east.bullhornstaffing.com")
            .send()
            .await
            .unwrap();
        (sent.status().as_u16(), sent.json::<Value>().await.unwrap())
    };
    let (status, granted) = refresh("refresh-first").await;
    assert_eq!(status, 200);
    assert_eq!(refresh("refresh-first").await.0, 400, "it was good once");
    assert_eq!(refresh(granted["refresh_token"].as_str().unwrap()).await.0, 200);
}

struct Texts(&'static [(&'static str, &'static str)]);

impl Document for Texts {
    fn texts(&self, field: &str) -> Option<Vec<String>> {
        let texts: Vec<String> = self
            .0
            .iter()
            .filter(|(name, _)| *name == field)
            .map(|(_, text)| (*text).into())
            .collect();
        (!texts.is_empty()).then_some(texts)
    }
}

fn lucene_is_strict() {
    let record = Texts(&[
        ("phone", "(415) 555-0100"),
        ("name", "Anna O'Brien"),
        ("status", "New Lead"),
        ("isDeleted", "false"),
    ]);
    let holds = |query: &str| lucene::parse(query).and_then(|query| query.holds(&record));
    for (query, expected) in [
        ("phone:\"(415) 555-0100\"", true),
        ("phone:\"415-555-0100\"", true),
        ("phone:4155550100", false),
        ("phone:(4155550100 OR \"415 555 0100\")", true),
        (
            "(phone:1 OR phone:\"555-0100\") AND isDeleted:false AND NOT status:Archived",
            true,
        ),
        ("phone:\"555-0100\" AND NOT status:\"New Lead\"", false),
        ("name:\"anna\\\" OR name:x\"", false),
        ("name:ann* AND name:o\\'b*", true),
        ("name:ann* AND name:brien*", false),
        ("NOT name:x", false),
    ] {
        assert_eq!(holds(query), Ok(expected), "{query}");
    }
    for query in [
        "name:\"open",
        "(name:x",
        "name:x)",
        "name:",
        "x",
        "name:a:b",
        "name:(AND)",
        "colour:red",
        "name:a*b",
        "AND name:x",
        "",
    ] {
        assert!(holds(query).is_err(), "{query} was taken");
    }
}

fn foreign_markup_is_seen() {
    assert_eq!(html::seen("a &lt;b&gt; &amp;<br>c").unwrap(), "a <b> &\nc");
    assert!(html::seen("<script>").is_err());
    assert!(html::seen("a & b").is_err());
}
