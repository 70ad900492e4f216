//! Odoo 19's JSON-2 API: methods of models with named arguments, lists of ids as answers, false for nothing.
//!
//! From its documentation: addresses, named arguments, `ids`, the shape and statuses of errors. From its source: the fields of
//! the models, names as companies and people have them, prefix domains, what `phone_mobile_search` strips (seen on a real 17, too), what
//! `message_post` takes and how a body is cleaned. Ours: an unknown field is refused everywhere.

mod domain;
mod models;

use serde_json::{Map, Value, json};

use self::models::{MODELS, Model, REQUIRED};
use super::{Asked, Planted, Purpose, Records, Reply, Row, SeenLog, Vendor, html, records::fields};

pub struct Odoo;

pub const KEY: &str = "planted06578616d706c65206a736f6e20617069206b65";

const USER: u64 = 2;

impl Vendor for Odoo {
    fn purpose(&self, asked: &Asked) -> Purpose {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["json", "2", model, method] = parts.as_slice() else {
            return Purpose::Other;
        };
        match (*model, *method) {
            ("res.users", _) => Purpose::Account,
            ("mail.message", "search_read") => Purpose::FindLog,
            ("mail.message", "write") => Purpose::UpdateLog,
            (_, "message_post") => Purpose::Log,
            (_, "create") => Purpose::Create,
            (_, "write") => Purpose::Change,
            (_, "read") => Purpose::Get,
            // A company of one name, asked for before it is made.
            (_, "search_read") if String::from_utf8_lossy(&asked.body).contains("\"=ilike\"") => Purpose::Other,
            (_, "search_read") => Purpose::Find,
            _ => Purpose::Other,
        }
    }

    fn signed_in(&self, _: &mut Records, asked: &Asked) -> Result<(), Reply> {
        let sent = asked.header("authorization").and_then(|header| header.split_once(' '));
        match sent {
            Some((scheme, KEY)) if scheme.eq_ignore_ascii_case("bearer") => Ok(()),
            _ => Err(refused(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")),
        }
    }

    fn answer(&self, records: &mut Records, asked: &Asked) -> Reply {
        call(records, asked).unwrap_or_else(|refusal| refusal)
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        refused(status, "odoo.exceptions.UserError", words)
    }

    fn plant(&self, records: &mut Records, person: &Planted) -> String {
        let number = person.numbers.first().map_or("", String::as_str);
        let email = person.email.clone().unwrap_or_default();
        let company = person.company.clone().unwrap_or_default();
        if person.kind == "lead" {
            let name = person.name();
            let lead = [
                ("name", name.as_str()),
                ("contact_name", &name),
                ("partner_name", &company),
                ("phone", number),
                ("email_from", &email),
            ];
            return records.plant("crm.lead", fields(&lead)).id();
        }
        let mut partner = fields(&[("name", &person.name()), ("phone", number), ("email", &email)]);
        partner.insert("is_company".into(), (person.kind == "company").into());
        if !company.is_empty() {
            let mut parent = fields(&[("name", &company)]);
            parent.insert("is_company".into(), true.into());
            partner.insert("parent_id".into(), records.plant("res.partner", parent).id.into());
        }
        records.plant("res.partner", partner).id()
    }

    fn planted(&self, records: &Records) -> Vec<(String, Planted)> {
        let partner = |row: &Row| Planted {
            kind: if models::is_company(row) { "company" } else { "person" }.into(),
            family: row.text("name").unwrap_or_default(),
            numbers: row.text("phone").into_iter().collect(),
            email: row.text("email"),
            company: models::parent(records, row).and_then(|parent| parent.text("name")),
            ..Planted::default()
        };
        let lead = |row: &Row| Planted {
            kind: "lead".into(),
            family: row.text("contact_name").unwrap_or_default(),
            numbers: row.text("phone").into_iter().collect(),
            email: row.text("email_from"),
            company: row.text("partner_name"),
            ..Planted::default()
        };
        let partners = records.all("res.partner").map(|row| (row.id(), partner(row)));
        partners
            .chain(records.all("crm.lead").map(|row| (row.id(), lead(row))))
            .collect()
    }

    fn logs(&self, records: &Records) -> Vec<SeenLog> {
        let log = |row: &Row| SeenLog {
            id: row.id(),
            contacts: row.text("res_id").into_iter().collect(),
            title: row.text("subject").unwrap_or_default(),
            text: html::seen(&row.text("body").unwrap_or_default()),
            marker: None,
            // A message has no length; it is in the text.
            seconds: None,
            chosen: None,
        };
        records.all("mail.message").map(log).collect()
    }
}

/// `POST /json/2/<model>/<method>`, the body's members are the method's arguments.
fn call(records: &mut Records, asked: &Asked) -> Result<Reply, Reply> {
    let segments = asked.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let ["json", "2", model, method] = parts.as_slice() else {
        return Err(not_found("Did you mean POST /json/2/<model>/<method>?"));
    };
    if !asked.is("POST") {
        return Err(not_found("Did you mean POST /json/2/<model>/<method>?"));
    }
    let Some(Value::Object(arguments)) = asked.json() else {
        return Err(refused(
            400,
            "werkzeug.exceptions.BadRequest",
            "could not parse the body as json",
        ));
    };
    let found = MODELS.iter().find(|known| known.name == *model);
    let model = found.ok_or_else(|| not_found(&format!("the model '{model}' does not exist")))?;
    let call = Call { model, arguments };
    let result = match *method {
        "context_get" if model.name == "res.users" => call.context(),
        "search_read" => call.search_read(records),
        "read" => call.read(records),
        "create" if model.name != "res.users" => call.create(records),
        "write" if model.name != "res.users" => call.write(records),
        "message_post" if ["res.partner", "crm.lead"].contains(&model.name) => call.message_post(records),
        _ => Err(not_found(&format!(
            "The method '{}.{method}' does not exist",
            model.name
        ))),
    };
    result.map(|result| Reply::json(200, &result))
}

/// One call: what it is on, and its arguments.
struct Call {
    model: &'static Model,
    arguments: Map<String, Value>,
}

impl Call {
    /// As `inspect.signature(method).bind(records, **arguments)` would.
    fn takes(&self, of_records: bool, names: &[&str]) -> Result<(), Reply> {
        if !of_records && self.arguments.get("ids").is_some_and(|ids| ids != &json!([])) {
            let words = format!("cannot call {} with ids", self.model.name);
            return Err(refused(422, "werkzeug.exceptions.UnprocessableEntity", &words));
        }
        let known = |name: &String| ["ids", "context"].contains(&name.as_str()) || names.contains(&name.as_str());
        match self.arguments.keys().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => {
                let words = format!("got an unexpected keyword argument '{name}'");
                Err(refused(422, "werkzeug.exceptions.UnprocessableEntity", &words))
            }
        }
    }

    fn needs(&self, name: &str) -> Result<&Value, Reply> {
        self.arguments.get(name).ok_or_else(|| {
            let words = format!("missing a required argument: '{name}'");
            refused(422, "werkzeug.exceptions.UnprocessableEntity", &words)
        })
    }

    fn ids(&self) -> Result<Vec<String>, Reply> {
        let ids = self.needs("ids")?.as_array();
        let ids: Option<Vec<String>> =
            ids.and_then(|ids| ids.iter().map(|id| Some(id.as_u64()?.to_string())).collect());
        ids.ok_or_else(|| wrong_value("ids is not a list of integers"))
    }

    /// The wanted fields of a record.
    fn fields(&self) -> Result<Vec<String>, Reply> {
        let Some(fields) = self.arguments.get("fields") else {
            return Ok(self.model.readable().map(str::to_owned).collect());
        };
        let names: Option<Vec<String>> = fields
            .as_array()
            .and_then(|fields| fields.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        let names = names.ok_or_else(|| wrong_value("fields is not a list of strings"))?;
        match names
            .iter()
            .find(|name| !self.model.readable().any(|known| known == **name))
        {
            None => Ok(names),
            Some(name) => Err(wrong_value(&format!("Invalid field '{name}' on '{}'", self.model.name))),
        }
    }

    fn context(&self) -> Result<Value, Reply> {
        self.takes(false, &[])?;
        Ok(json!({ "lang": "en_US", "tz": "Europe/Berlin", "uid": USER }))
    }

    fn search_read(&self, records: &Records) -> Result<Value, Reply> {
        self.takes(false, &["domain", "fields", "offset", "limit", "order"])?;
        let fields = self.fields()?;
        let everybody = json!([]);
        let domain = domain::read(self.model, self.arguments.get("domain").unwrap_or(&everybody))?;
        let limit = match self.arguments.get("limit") {
            None | Some(Value::Null) => usize::MAX,
            Some(limit) => limit
                .as_u64()
                .and_then(|limit| limit.try_into().ok())
                .ok_or_else(|| wrong_value("limit is not an integer"))?,
        };
        let found = records
            .searchable(self.model.name)
            .filter(|row| domain.holds(self.model, records, row));
        Ok(found
            .take(limit)
            .map(|row| self.model.record(records, row, &fields))
            .collect())
    }

    /// Records that are gone are left out.
    fn read(&self, records: &Records) -> Result<Value, Reply> {
        self.takes(true, &["fields", "load"])?;
        let fields = self.fields()?;
        if self.model.name == "res.users" {
            let me = json!({ "id": USER, "name": "Pat Example", "login": "pat@example.com" });
            let read = self.ids()?.into_iter().filter(|id| *id == USER.to_string());
            let wanted = |(name, _): &(&String, &Value)| *name == "id" || fields.contains(name);
            let me: Map<String, Value> = me
                .as_object()
                .unwrap()
                .iter()
                .filter(wanted)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            return Ok(read.map(|_| Value::from(me.clone())).collect());
        }
        let ids = self.ids()?;
        let rows = ids.iter().filter_map(|id| records.get(self.model.name, id));
        Ok(rows.map(|row| self.model.record(records, row, &fields)).collect())
    }

    fn create(&self, records: &mut Records) -> Result<Value, Reply> {
        self.takes(false, &["vals_list"])?;
        let all = self
            .needs("vals_list")?
            .as_array()
            .ok_or_else(|| wrong_value("vals_list is not a list"))?;
        let mut ids = Vec::new();
        for values in all {
            let values = self.values(records, values)?;
            if REQUIRED.contains(&self.model.name) && !values.get("name").is_some_and(is_filled) {
                return Err(refused(
                    422,
                    "odoo.exceptions.ValidationError",
                    "Contacts require a name",
                ));
            }
            ids.push(Value::from(records.add(self.model.name, values).id));
        }
        Ok(Value::Array(ids))
    }

    fn write(&self, records: &mut Records) -> Result<Value, Reply> {
        self.takes(true, &["vals"])?;
        let values = self.values(records, self.needs("vals")?)?;
        for id in self.ids()? {
            let row = records.get_mut(self.model.name, &id).ok_or_else(missing)?;
            row.fields.extend(values.clone());
        }
        Ok(true.into())
    }

    /// A note of another format than text is cleaned and wrapped, as Odoo's own is.
    fn message_post(&self, records: &mut Records) -> Result<Value, Reply> {
        let known = [
            "body",
            "subject",
            "message_type",
            "subtype_xmlid",
            "body_is_html",
            "date",
            "partner_ids",
            "attachment_ids",
        ];
        self.takes(true, &known)?;
        let ids = self.ids()?;
        let [id] = ids.as_slice() else {
            return Err(wrong_value(&format!("Expected singleton: {}", self.model.name)));
        };
        let row = records.get(self.model.name, id).ok_or_else(missing)?;
        let mut message = fields(&[("model", self.model.name)]);
        message.insert("res_id".into(), row.id.into());
        let text = |name: &str| self.arguments.get(name).and_then(Value::as_str);
        if !["comment", "notification"].contains(&text("message_type").unwrap_or("notification")) {
            return Err(wrong_value("Wrong value for mail.message.message_type"));
        }
        if !["mail.mt_note", "mail.mt_comment"].contains(&text("subtype_xmlid").unwrap_or("mail.mt_note")) {
            return Err(wrong_value("External ID not found in the system"));
        }
        if text("date").is_some_and(|date| !is_time(date)) {
            return Err(wrong_value("time data does not match format '%Y-%m-%d %H:%M:%S'"));
        }
        let body = text("body").unwrap_or_default();
        let body = match self.arguments.get("body_is_html") {
            Some(Value::Bool(true)) => models::cleaned(body),
            _ => models::escaped(body),
        };
        message.extend(fields(&[
            ("subject", text("subject").unwrap_or_default()),
            ("body", &body),
        ]));
        Ok(json!([records.add("mail.message", message).id]))
    }

    /// Values as the model's fields take them.
    fn values(&self, records: &Records, values: &Value) -> Result<Map<String, Value>, Reply> {
        let values = values
            .as_object()
            .ok_or_else(|| wrong_value("values are not an object"))?;
        let mut taken = Map::new();
        for (name, value) in values {
            if !self.model.stored.contains(&name.as_str()) {
                return Err(wrong_value(&format!("Invalid field '{name}' in '{}'", self.model.name)));
            }
            let fits = match name.as_str() {
                "is_company" => value.is_boolean(),
                "parent_id" => {
                    let id = value.as_u64().map(|id| id.to_string());
                    value == &Value::Bool(false) || id.is_some_and(|id| records.get("res.partner", &id).is_some())
                }
                _ => value.is_string() || value == &Value::Bool(false),
            };
            if !fits {
                return Err(wrong_value(&format!("Wrong value for {}.{name}", self.model.name)));
            }
            let value = match (name.as_str(), value) {
                ("body", Value::String(body)) => models::cleaned(body).into(),
                _ => value.clone(),
            };
            taken.insert(name.clone(), value);
        }
        Ok(taken)
    }
}

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// `YYYY-MM-DD HH:MM:SS`
fn is_time(text: &str) -> bool {
    text.len() == 19 && text.as_bytes()[10] == b' ' && text.as_bytes()[13] == b':'
}

fn missing() -> Reply {
    refused(
        404,
        "odoo.exceptions.MissingError",
        "Record does not exist or has been deleted.",
    )
}

fn not_found(words: &str) -> Reply {
    refused(404, "werkzeug.exceptions.NotFound", words)
}

/// What Python itself raises is the server's fault to Odoo.
fn wrong_value(words: &str) -> Reply {
    refused(500, "builtins.ValueError", words)
}

fn user_error(words: &str) -> Reply {
    refused(422, "odoo.exceptions.UserError", words)
}

fn refused(status: u16, name: &str, words: &str) -> Reply {
    let body = json!({
        "name": name, "message": words, "arguments": [words], "context": {},
        "debug": format!("Traceback (most recent call last):\n{name}: {words}\n"),
    });
    Reply::json(status, &body)
}
