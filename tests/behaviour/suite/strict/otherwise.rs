//! The same CRM set up otherwise: an older version, a user with fewer rights, a table in another order, a limit of its own. What its
//! connector makes of that, for the fakes of the suite are of one kind each.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Kind, WriteState};

use crate::{
    asking::{NUMBER, Steady, cx, draft, entry, failure, forms, plant, plant_as, proved},
    crm::{Act, Knobs, Planted, Purpose, SeenLog, Vendor, dolibarr::Dolibarr, suitecrm::SuiteCrm},
    desk::Desk,
    kits::{self, Case},
};

/// The connector of this name beside this CRM, or beside the one of the suite.
async fn case(name: &str, vendor: Option<fn() -> Arc<dyn Vendor>>) -> Case {
    let kit = kits::all().into_iter().find(|kit| kit.name == name).unwrap();
    kit.beside(vendor).case(Knobs::default()).await
}

async fn logged_as(case: &Case, kind: &str) -> SeenLog {
    let contact = plant_as(case, kind, "Anna", "Example", &[NUMBER]).await;
    let entry = entry(case, &contact, "hello").await;
    let logged = case.connector.log_call(cx(), entry, Arc::new(Steady::default())).await;
    let id = logged.unwrap_or_else(|error| panic!("{error:?}")).log.id;
    let log = case.crm.logs().await.into_iter().find(|log| log.id == id).unwrap();
    assert_eq!(log.contacts, [contact.id]);
    log
}

/// A rep, without the right to see other people's third parties: the log of a contact's call is found again, and made once.
pub async fn a_rep_of_dolibarr_finds_their_logs() {
    let vendor = || -> Arc<dyn Vendor> {
        Arc::new(Dolibarr {
            sees_all: false,
            ..Dolibarr::default()
        })
    };
    let case = case("dolibarr", Some(vendor)).await;
    let anna = Planted {
        kind: "contact".into(),
        given: "Anna".into(),
        family: "Example".into(),
        numbers: vec![NUMBER.into()],
        company: Some("Example Ltd".into()),
        ..Planted::default()
    };
    case.crm.plant(&anna).await;
    let anna = proved(&case, NUMBER).await.remove(0).id;
    let desk = Desk::new(&case).await;
    case.wire().plan(Purpose::Log, 1, Act::Unanswered);
    let call = desk.logs("one", &anna, "hello").await;
    let state = desk.settled(call).await;
    assert!(matches!(state, WriteState::Logged(_)), "{state:?}");
    assert_eq!(case.crm.logs().await.len(), 1);
}

/// Third parties have a mobile number since Dolibarr 20, and before a filter by it is an error.
pub async fn dolibarr_is_asked_for_what_its_version_has() {
    let before_20 = || -> Arc<dyn Vendor> {
        Arc::new(Dolibarr {
            version: 19,
            ..Dolibarr::default()
        })
    };
    for (vendor, mobile) in [(None, true), (Some(before_20 as fn() -> Arc<dyn Vendor>), false)] {
        let case = case("dolibarr", vendor).await;
        let id = plant_as(
            &case,
            "thirdparty",
            "Sole",
            "Trader",
            &["(415) 555-0199", "(415) 555-0100"],
        )
        .await;
        let of_mobile = proved(&case, NUMBER).await;
        assert_eq!(of_mobile.len(), usize::from(mobile), "{of_mobile:?}");
        assert_eq!(proved(&case, "+14155550199").await[0].id, id);
    }
}

/// Which of two relationships SuiteCRM takes where none is named is chance, and older versions can't be told.
pub async fn a_call_with_a_lead_of_suitecrm_is_logged_whatever_its_tables_say() {
    let settings: [fn() -> Arc<dyn Vendor>; 3] = [
        || Arc::new(SuiteCrm::default()),
        || {
            Arc::new(SuiteCrm {
                lead_calls_first: true,
                ..SuiteCrm::default()
            })
        },
        || {
            Arc::new(SuiteCrm {
                lead_calls_first: true,
                names_no_link: true,
            })
        },
    ];
    for vendor in settings {
        let case = case("suitecrm", Some(vendor)).await;
        logged_as(&case, "Leads").await;
        logged_as(&case, "Contacts").await;
    }
}

/// Ten searches in two seconds, and whoever asks more waits for ten: a caller, a creation, and the next caller need more than ten.
pub async fn pipedrive_is_searched_no_faster_than_it_allows() {
    let case = case("pipedrive", None).await;
    let stranger = "+14155550177";
    assert!(proved(&case, stranger).await.is_empty());
    let mut new = draft(&case, "person", "Dana Newperson", Some(stranger));
    new.company = Some("Example Ltd".into());
    case.connector.create_contact(cx(), new).await.unwrap();
    let next = ["+442079460012", "+493023125012", "+14155550178"].map(|number| proved(&case, number));
    futures_util::future::join_all(next).await;
    let all = case.wire().exchanges();
    let searches = all.iter().filter(|one| one.asked.path.ends_with("/search"));
    assert!(searches.count() > 12, "or nothing was tried");
    let refused = all.iter().filter_map(|one| one.reply.as_ref());
    assert_eq!(refused.filter(|reply| reply.status == 429).count(), 0);
}

/// The company's tokens of the day are used up: nobody waits for that, and a person hears what it is.
pub async fn pipedrives_empty_day_is_said() {
    let case = case("pipedrive", None).await;
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    let empty = vec![("x-daily-ratelimit-token-remaining", "0".to_owned())];
    case.wire().plan(Purpose::Find, 1_000, Act::Refuse(429, empty));
    let began = std::time::Instant::now();
    let error = failure(case.connector.find_contact(cx(), forms(NUMBER)).await);
    assert_eq!(error.kind, Kind::RateLimited, "{error:?}");
    assert!(
        error.hint.as_deref().unwrap_or_default().contains("tokens"),
        "{error:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(30));
}

/// What a connector can't do, and why: each of the others finds by number and name, creates, adds a number, logs, changes a log and
/// finds it again.
const CANNOT: &[(&str, &str)] = &[
    // The server's protocol has no such request.
    ("app-connect", "add a number"),
    // Numbers are the contacts'; a lead beside each of them would be the same caller twice.
    ("close", "find a lead by number"),
];

pub async fn every_connector_can_do_everything() {
    let mut cannot = Vec::new();
    for kit in kits::all() {
        let case = kit.case(Knobs::default()).await;
        let can = case.connector.capability();
        let all = [
            (can.find, "find by number"),
            (can.find_with_name, "find by name"),
            (can.create, "create"),
            (can.add_number, "add a number"),
            (can.log, "log"),
            (can.update_log, "change a log"),
            (can.find_log, "find a log again"),
        ];
        let missing = all.into_iter().filter(|(can, _)| !can);
        cannot.extend(missing.map(|(_, what)| (kit.name, what.to_owned())));
        for kind in case.types() {
            let case = kit.case(Knobs::default()).await;
            let id = plant_as(&case, &kind, "Anna", "Example", &[NUMBER]).await;
            let found = case.connector.find_contact(cx(), forms(NUMBER)).await.unwrap();
            if !found.contacts.into_iter().any(|one| one.id == id) {
                cannot.push((kit.name, format!("find a {kind} by number")));
            }
        }
    }
    cannot.sort();
    let written: Vec<(&str, String)> = CANNOT.iter().map(|(name, what)| (*name, (*what).to_owned())).collect();
    assert_eq!(cannot, written);
}
