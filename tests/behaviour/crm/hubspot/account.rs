//! Whose account it is, and who owns records in it.

use serde_json::{Value, json};

use super::refused;
use crate::crm::{Asked, Reply};

const PORTAL: u64 = 48_151_623;
/// The one person who owns records here.
pub const OWNER: &str = "41629779";
pub const OWNER_EMAIL: &str = "pat@example.com";

pub fn details() -> Reply {
    Reply::json(
        200,
        &json!({
            "portalId": PORTAL, "accountType": "STANDARD", "timeZone": "America/New_York", "companyCurrency": "USD",
            "additionalCurrencies": [], "utcOffset": "-05:00", "utcOffsetMilliseconds": -18_000_000,
            "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
        }),
    )
}

pub fn owners(asked: &Asked) -> Result<Reply, Reply> {
    if let Some(name) = asked.unknown_parameter(&["email", "limit", "after", "archived"]) {
        return Err(refused(400, "VALIDATION_ERROR", &format!("Unknown parameter {name}")));
    }
    let owner = json!({
        "id": OWNER, "email": OWNER_EMAIL, "type": "PERSON", "firstName": "Pat", "lastName": "Example", "userId": 9_586_504,
        "createdAt": "2026-01-12T09:30:00.000Z", "updatedAt": "2026-02-03T10:00:00.000Z", "archived": false,
    });
    let is_wanted = asked.parameter("email").is_none_or(|email| email == OWNER_EMAIL);
    let found: Vec<Value> = is_wanted.then_some(owner).into_iter().collect();
    Ok(Reply::json(200, &json!({ "results": found })))
}
