//! A manifest's `override`: members that are others for one CRM of the manifest, or for one region of it.
//!
//! `{"triggerType": "meta", "overrideObjects": [{"path": "serverUrl", "value": …}]}` holds always, and its paths begin at the
//! whole manifest: so a vendor's CRM in somebody else's manifest names its own server. With `"triggerType": "hostname"` it holds
//! where the host of the person's CRM is the `triggerValue`, and its paths begin at the CRM. What is not there is made.

use serde_json::{Map, Value};

use super::{
    pages::host_of_text,
    value::{list, text},
};

/// Steps of one path.
const DEEPEST: usize = 32;

/// The manifest as it is for this CRM of it.
pub(super) fn of_whole(mut manifest: Value, own: &Value) -> Value {
    for rule in list(own, "override") {
        if text(rule, "triggerType") == Some("meta") {
            change(&mut manifest, rule);
        }
    }
    manifest
}

/// Whether this member of the whole manifest is another one for this CRM.
pub(super) fn moves(own: &Value, member: &str) -> bool {
    let rules = list(own, "override").iter();
    let changes = rules
        .filter(|rule| text(rule, "triggerType") == Some("meta"))
        .flat_map(|rule| list(rule, "overrideObjects"));
    changes
        .filter(|one| one.get("value").is_some())
        .any(|one| text(one, "path") == Some(member))
}

/// The rules that may still hold for another region: those of the whole manifest held already. What is kept and read again
/// would otherwise be led elsewhere than what was shown, by rules that a rule made.
pub(super) fn of_regions(own: &Value) -> Vec<Value> {
    let rules = list(own, "override").iter();
    rules
        .filter(|rule| text(rule, "triggerType") != Some("meta"))
        .cloned()
        .collect()
}

/// The CRM as it is in the region of this host.
pub(super) fn of_region(mut own: Value, hostname: Option<&str>) -> Value {
    let Some(hostname) = hostname else { return own };
    for rule in list(&own, "override").to_vec() {
        let is_ours = text(&rule, "triggerType") == Some("hostname")
            && text(&rule, "triggerValue").and_then(host_of_text).as_deref() == Some(hostname);
        if is_ours {
            change(&mut own, &rule);
        }
    }
    own
}

fn change(whole: &mut Value, rule: &Value) {
    for one in list(rule, "overrideObjects") {
        if let (Some(path), Some(value)) = (text(one, "path"), one.get("value"))
            && path.split('.').count() <= DEEPEST
            && let Some(place) = place(whole, path)
        {
            *place = value.clone();
        }
    }
}

/// Where a path leads. `None`: into a list, at a place that it doesn't have.
fn place<'a>(whole: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(whole, |place, step| {
        if place.is_array() {
            return place.get_mut(step.parse::<usize>().ok()?);
        }
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        Some(place.as_object_mut()?.entry(step).or_insert(Value::Null))
    })
}
