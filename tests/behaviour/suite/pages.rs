//! Where a record and a log can be opened, and lists that are longer than a page.

use std::sync::Arc;

use ringside_domain::{CallLogEntry, LogRef, Marker};

use super::{Behaviour, behaviour, finds_logs, wired};
use crate::{
    asking::{NUMBER, Steady, cx, entry, forms, plant, plant_as},
    kits::Case,
};

pub const ALL: &[Behaviour] = &[
    behaviour!(pages::every_record_has_its_page, wired),
    behaviour!(pages::a_log_behind_many_others_is_found, |offer| wired(offer)
        .or(finds_logs(offer))),
];

/// One click from the card. A page on a host that the manifest does not name would not be there at all.
async fn every_record_has_its_page(case: Case) {
    for kind in case.types() {
        let id = plant_as(&case, &kind, "Anna", "Example", &[NUMBER]).await;
        if !case.reads_by_id() {
            case.connector.find_contact(cx(), forms(NUMBER)).await.unwrap();
        }
        let record = case.connector.get_contact(cx(), id.clone()).await.unwrap();
        let url = record.url.unwrap_or_else(|| panic!("a {kind} can't be opened"));
        // In Close a person is a part of their company's page, and an id names both.
        let names_it = id.id.split('-').any(|part| url.contains(part));
        assert!(url.starts_with("https://") && names_it, "a {kind}: {url}");
    }
}

/// Somebody who is called often: their list of calls has several pages, and ours is in the midst of it.
async fn a_log_behind_many_others_is_found(case: Case) {
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    let ours = entry(&case, &anna, "Ours").await;
    many_others(&case, &ours, "before").await;
    let log = logged(&case, ours.clone()).await;
    many_others(&case, &ours, "afters").await;
    let found = case.connector.find_log(cx(), ours).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|log| log.id.as_str()).collect();
    assert_eq!(ids, [log.id.as_str()]);
}

/// 260 calls with the same contact at the same time, each with a marker of its own.
async fn many_others(case: &Case, ours: &CallLogEntry, mark: &str) {
    let marker = format!("ringside-{mark}bcdefghijklmnopqrstuvw34");
    let other = CallLogEntry {
        marker: Marker::new(&marker, true),
        ..ours.clone()
    };
    let rows = case.wire().records(|records| records.len());
    logged(case, other).await;
    case.wire().records(|records| {
        for copy in 0..259 {
            records.copy_since(
                rows,
                1,
                &marker,
                &format!("ringside-{mark}{copy:03}efghijklmnopqrstuvw34"),
            );
        }
    });
}

async fn logged(case: &Case, entry: CallLogEntry) -> LogRef {
    let steady = Arc::new(Steady::default());
    case.connector.log_call(cx(), entry, steady).await.unwrap().log
}
