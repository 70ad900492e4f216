//! Dolibarr's REST API: bare ids as answers, 404 for nothing found, SQL in its error messages.
//!
//! Seen on a real 16.0.3: searches and their columns, 404 and 503, bare ids, that `contact_id` is thrown away. From its source:
//! an owner's name in every change of an event (`agendaevents` `post` and `put`), that `socid` is kept as it was sent and filled from
//! nothing (`actioncomm.class.php`), that who may not see all third parties gets events of their own third parties only
//! (`index` of `api_agendaevents.class.php`), the mobile number of third parties since 20 (issue 28070), what tags do to a request
//! (`main.inc.php`). Ours: a property that would be lost is refused, and every third party is the rep's own.

mod filters;

use serde_json::{Map, Value, json};

use self::filters::Filter;
use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, html, records::fields};

pub struct Dolibarr {
    pub version: u32,
    /// The right "Extend access to all third parties".
    pub sees_all: bool,
}

impl Default for Dolibarr {
    fn default() -> Self {
        Self {
            version: 23,
            sees_all: true,
        }
    }
}

pub const KEY: &str = "planted0Qw7Er5Ty3Ui1Op9As8Df6Gh4Jk2Lz";

const USER: u64 = 3;

const MOBILE_SINCE: u32 = 20;

/// A part of the API: its table's columns and the fields that they are in answers, and what may be written.
struct Entity {
    path: &'static str,
    /// In error messages.
    plural: &'static str,
    one: &'static str,
    nothing: &'static str,
    table: &'static str,
    columns: &'static [(&'static str, &'static str)],
    written: &'static [&'static str],
    required: &'static str,
}

const ENTITIES: &[Entity] = &[
    Entity {
        path: "contacts",
        plural: "contacts",
        one: "Contact not found",
        nothing: "Contacts not found",
        table: "llx_socpeople",
        columns: &[
            ("t.lastname", "lastname"),
            ("t.firstname", "firstname"),
            ("t.email", "email"),
            ("t.phone", "phone_pro"),
            ("t.phone_mobile", "phone_mobile"),
            ("t.phone_perso", "phone_perso"),
            ("t.poste", "poste"),
        ],
        written: &[
            "lastname",
            "firstname",
            "email",
            "phone_pro",
            "phone_mobile",
            "phone_perso",
            "poste",
            "socid",
        ],
        required: "lastname",
    },
    Entity {
        path: "thirdparties",
        plural: "thirdparties",
        one: "Thirdparty not found",
        nothing: "Thirdparties not found",
        table: "llx_societe",
        columns: &[
            ("t.nom", "name"),
            ("t.name_alias", "name_alias"),
            ("t.email", "email"),
            ("t.phone", "phone"),
            ("t.phone_mobile", "phone_mobile"),
        ],
        written: &["name", "name_alias", "email", "phone", "phone_mobile"],
        required: "name",
    },
    Entity {
        path: "agendaevents",
        plural: "Agenda Event list",
        one: "Agenda Event not found",
        nothing: "No Agenda Event found",
        table: "llx_actioncomm",
        columns: &[
            ("t.label", "label"),
            ("t.note", "note_private"),
            ("t.code", "type_code"),
        ],
        written: &[
            "userownerid",
            "type_code",
            "label",
            "datep",
            "datef",
            "percentage",
            "note_private",
            "socpeopleassigned",
            "socid",
        ],
        required: "type_code",
    },
];

impl Vendor for Dolibarr {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let path = asked.path.trim_start_matches("/api/index.php/");
        let filter = asked.parameter("sqlfilters").unwrap_or_default();
        match (asked.method.as_str(), path) {
            ("GET", "users/info" | "status") => Purpose::Account,
            // A company of one name, asked for before it is made.
            ("GET", "thirdparties") if filter.starts_with("(t.nom:") => Purpose::Other,
            ("GET", "contacts" | "thirdparties") => Purpose::Find,
            ("GET", "agendaevents") => Purpose::FindLog,
            ("POST", "contacts" | "thirdparties") => Purpose::Create,
            ("POST", "agendaevents") => Purpose::Log,
            ("PUT", path) if path.starts_with("agendaevents/") => Purpose::UpdateLog,
            ("PUT", _) => Purpose::Change,
            ("GET", path) if path.starts_with("contacts/") || path.starts_with("thirdparties/") => Purpose::Get,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, _: &mut Records, asked: &Asked) -> Result<(), Reply> {
        if asked.header("dolapikey") == Some(KEY) {
            Ok(())
        } else {
            Err(refused(401, "Failed to login to API"))
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        answer(self, records, asked).unwrap_or_else(|refusal| refusal)
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        refused(status, words)
    }

    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let number = |at: usize| person.numbers.get(at).map_or("", String::as_str);
        let email = person.email.clone().unwrap_or_default();
        if person.kind == "thirdparty" {
            let mobile = if self.version < MOBILE_SINCE { "" } else { number(1) };
            let company = fields(&[
                ("name", &person.name()),
                ("phone", number(0)),
                ("phone_mobile", mobile),
                ("email", &email),
            ]);
            return records.plant("thirdparties", company).id();
        }
        let mut contact = fields(&[
            ("lastname", &person.family),
            ("firstname", &person.given),
            ("phone_pro", number(0)),
            ("phone_mobile", number(1)),
            ("phone_perso", number(2)),
            ("email", &email),
        ]);
        if let Some(company) = &person.company {
            let company = records.plant("thirdparties", fields(&[("name", company)]));
            contact.insert("socid".into(), company.id.into());
        }
        records.plant("contacts", contact).id()
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let contact = |row: &Row| Planted {
            kind: "contact".into(),
            given: row.text("firstname").unwrap_or_default(),
            family: row.text("lastname").unwrap_or_default(),
            numbers: ["phone_pro", "phone_mobile", "phone_perso"]
                .iter()
                .filter_map(|field| row.text(field))
                .collect(),
            email: row.text("email"),
            company: company(records, row),
        };
        let thirdparty = |row: &Row| Planted {
            kind: "thirdparty".into(),
            family: row.text("name").unwrap_or_default(),
            numbers: ["phone", "phone_mobile"]
                .iter()
                .filter_map(|field| row.text(field))
                .collect(),
            email: row.text("email"),
            ..Planted::default()
        };
        let contacts = records.all("contacts").map(|row| (row.id(), contact(row)));
        contacts
            .chain(records.all("thirdparties").map(|row| (row.id(), thirdparty(row))))
            .collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| {
            let people = row.fields.get("socpeopleassigned").and_then(Value::as_object);
            let people: Vec<String> = people.into_iter().flat_map(Map::keys).cloned().collect();
            SeenLog {
                id: row.id(),
                contacts: if people.is_empty() {
                    row.text("socid").into_iter().collect()
                } else {
                    people
                },
                title: row.text("label").unwrap_or_default(),
                text: html::seen(&row.text("note_private").unwrap_or_default()),
                marker: None,
                seconds: between(row),
                chosen: None,
            }
        };
        records.all("agendaevents").map(log).collect()
    }
}

/// From start to end.
fn between(row: &Row) -> Option<u64> {
    let at = |field: &str| row.fields.get(field).and_then(Value::as_u64);
    at("datef")?.checked_sub(at("datep")?)
}

fn answer(crm: &Dolibarr, records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    // Before anything else, whatever the address is for.
    if asked.parameters().iter().any(|(_, value)| has_tag(value)) {
        let words = "Access refused by SQL or Script injection protection in main.inc.php";
        let mut reply = Reply::json(403, &Value::Null);
        reply.body = words.as_bytes().to_vec();
        return Err(reply);
    }
    let segments = asked.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let ["api", "index.php", path, rest @ ..] = parts.as_slice() else {
        return Err(refused(404, ""));
    };
    if (*path, rest) == ("users", &["info"]) && asked.is("GET") {
        let me = json!({
            "id": USER.to_string(), "login": "pat", "firstname": "Pat", "lastname": "Example", "admin": "0", "email": "pat@example.com",
        });
        return Ok(Reply::json(200, &me));
    }
    if (*path, rest.is_empty()) == ("status", true) && asked.is("GET") {
        let version = format!("{}.0.2", crm.version);
        let status = json!({ "success": { "code": 200, "dolibarr_version": version, "access_locked": "0" } });
        return Ok(Reply::json(200, &status));
    }
    let entity = ENTITIES
        .iter()
        .find(|entity| entity.path == *path)
        .ok_or_else(|| refused(404, ""))?;
    match (asked.method.as_str(), rest) {
        ("GET", []) => list(crm, records, entity, asked),
        ("GET", [id]) => match records.get(entity.path, id) {
            Some(row) => Ok(Reply::json(200, &record(records, entity, row))),
            None => Err(refused(404, entity.one)),
        },
        ("POST", []) => create(records, entity, asked),
        ("PUT", [id]) => update(records, entity, id, asked),
        _ => Err(refused(405, "")),
    }
}

fn list(crm: &Dolibarr, records: &Records, entity: &Entity, asked: &Asked) -> Result<Reply, Reply> {
    if let Some(name) = asked.unknown_parameter(&["sortfield", "sortorder", "limit", "page", "sqlfilters"]) {
        return Err(refused(400, &format!("{name} is not a parameter")));
    }
    let limit: usize = match asked.parameter("limit") {
        None => 100,
        Some(limit) => limit
            .parse()
            .map_err(|_| refused(400, "Invalid value specified for limit"))?,
    };
    let filter = asked.parameter("sqlfilters").unwrap_or_default();
    let there = |column: &&str| {
        let mobile = (entity.path, *column) == ("thirdparties", "t.phone_mobile");
        !mobile || crm.version >= MOBILE_SINCE
    };
    let columns: Vec<&str> = entity.columns.iter().map(|(column, _)| *column).filter(there).collect();
    let read = filters::read(&filter, &columns);
    let filter: Filter = read.ok_or_else(|| {
        let sql = format!(
            "SELECT t.rowid FROM {} as t WHERE t.entity IN (1) AND ({filter})",
            entity.table
        );
        refused(503, &format!("Error when retrieve {} : {sql}", entity.plural))
    })?;
    let text = |row: &Row, column: &str| {
        let (_, field) = entity.columns.iter().find(|(name, _)| *name == column)?;
        row.text(field)
    };
    let found = records
        .searchable(entity.path)
        .filter(|row| crm.sees_all || entity.path == "thirdparties" || row.text("socid").is_some())
        .filter(|row| filter.holds(&|column| text(row, column)));
    let found: Vec<Value> = found.take(limit).map(|row| record(records, entity, row)).collect();
    if found.is_empty() {
        return Err(refused(404, entity.nothing));
    }
    Ok(Reply::json(200, &Value::Array(found)))
}

fn create(records: &mut Records, entity: &Entity, asked: &Asked) -> Result<Reply, Reply> {
    let body = object(records, entity, asked)?;
    if !body.contains_key(entity.required) {
        return Err(refused(400, &format!("{} field missing", entity.required)));
    }
    if entity.path == "agendaevents" {
        is_own(&body)?;
        if !body.get("datep").is_some_and(Value::is_u64) {
            return Err(refused(500, "Error creating event"));
        }
    }
    let id = records.add(entity.path, body).id;
    Ok(Reply::json(200, &id.into()))
}

fn update(records: &mut Records, entity: &Entity, id: &str, asked: &Asked) -> Result<Reply, Reply> {
    let body = object(records, entity, asked)?;
    if entity.path == "agendaevents" {
        is_own(&body)?;
    }
    let row = records
        .get_mut(entity.path, id)
        .ok_or_else(|| refused(404, entity.one))?;
    row.fields.extend(body);
    let row = records.get(entity.path, id).ok_or_else(|| refused(404, entity.one))?;
    Ok(Reply::json(200, &record(records, entity, row)))
}

/// Before anything is read, and without the right to other people's events: what the request says of the owner is compared.
fn is_own(body: &Map<String, Value>) -> Result<(), Reply> {
    if body.get("userownerid") == Some(&USER.into()) {
        return Ok(());
    }
    let words = format!("Insufficient rights to create an Agenda Event for owner id  Your id is {USER}");
    Err(refused(401, &words))
}

/// The real one takes any property and loses those that it does not know; here that is refused, so that none is lost.
fn object(records: &Records, entity: &Entity, asked: &Asked) -> Result<Map<String, Value>, Reply> {
    let Some(Value::Object(body)) = asked.json() else {
        return Err(refused(400, "Malformed JSON"));
    };
    for (name, value) in &body {
        if !entity.written.contains(&name.as_str()) {
            return Err(refused(400, &format!("{name} would be thrown away")));
        }
        let is_there = |kind: &str, id: &Value| {
            id.as_u64()
                .is_some_and(|id| records.get(kind, &id.to_string()).is_some())
        };
        let fits = match name.as_str() {
            "socid" => is_there("thirdparties", value),
            "socpeopleassigned" => value.as_object().is_some_and(|people| {
                people
                    .iter()
                    .all(|(key, id)| is_there("contacts", id) && key.parse().ok() == id.as_u64())
            }),
            "userownerid" | "datep" | "datef" | "percentage" => value.is_u64(),
            "type_code" => ["AC_TEL", "AC_EMAIL", "AC_RDV", "AC_OTH"].contains(&value.as_str().unwrap_or_default()),
            // A column of the type text; the others are short.
            "note_private" => value.as_str().is_some_and(|text| text.len() <= 65_535),
            "label" => value.as_str().is_some_and(|text| text.chars().count() <= 255),
            _ => value.is_string(),
        };
        if !fits {
            return Err(refused(500, &format!("Error with {name}")));
        }
        let too_long = [
            "lastname",
            "firstname",
            "phone_pro",
            "phone_mobile",
            "phone_perso",
            "phone",
        ]
        .contains(&name.as_str())
            && value.as_str().is_some_and(|text| text.chars().count() > 255);
        if too_long {
            return Err(refused(400, &format!("Data too long for column '{name}'")));
        }
    }
    Ok(body)
}

/// Ids are texts here; what is empty is "".
fn record(records: &Records, entity: &Entity, row: &Row) -> Value {
    let mut record = Map::new();
    record.insert("id".into(), row.id().into());
    for field in entity.written {
        record.insert(
            (*field).into(),
            row.fields.get(*field).cloned().unwrap_or_else(|| "".into()),
        );
    }
    record.insert("date_modification".into(), 1_770_112_800.into());
    record.insert("country_code".into(), "".into());
    if entity.path == "contacts" {
        record.insert("socname".into(), company(records, row).map_or(Value::Null, Value::from));
    }
    Value::Object(record)
}

fn company(records: &Records, row: &Row) -> Option<String> {
    records.get("thirdparties", &row.text("socid")?)?.text("name")
}

fn has_tag(value: &str) -> bool {
    let mut signs = value.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign == '<'
            && signs
                .peek()
                .is_some_and(|next| next.is_ascii_alphabetic() || *next == '/')
        {
            return true;
        }
    }
    false
}

/// Restler's words for the status stand before ours.
fn refused(status: u16, words: &str) -> Reply {
    let name = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Error",
    };
    let message = if words.is_empty() {
        name.to_owned()
    } else {
        format!("{name}: {words}")
    };
    Reply::json(status, &json!({ "error": { "code": status, "message": message } }))
}
