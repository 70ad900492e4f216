//! What a connector can't do, and what it would do badly.

use super::{Lint, below, key, requests::texts, tables};
use crate::manifest::{
    format::{ContactMap, FindContact, Matching, Type, Verify},
    load::place::Step,
};

impl Lint<'_> {
    pub(super) fn operations(&mut self) {
        self.described();
        self.missing();
        for (at, only, own) in tables(self.manifest) {
            if let Some(find) = &own.find_contact {
                self.find(&below(&at, &[key("find_contact")]), find, only);
            }
            for (index, request) in own
                .find_contact_with_name
                .iter()
                .flat_map(|find| find.requests.iter().enumerate())
            {
                let at = below(
                    &at,
                    &[key("find_contact_with_name"), key("requests"), Step::Index(index)],
                );
                if !texts(&at, request).iter().any(|text| text.text.contains("query.")) {
                    self.unwise(
                        &at,
                        "This request asks without the name",
                        "Use `query.text`, or `query.first` and `query.last`",
                    );
                }
            }
        }
        for (index, kind) in self.manifest.types.iter().enumerate() {
            self.kind(&[key("types"), Step::Index(index)], kind);
        }
    }

    /// What the form says to people.
    fn described(&mut self) {
        let manifest = self.manifest;
        if manifest.needs.is_empty() && !manifest.parameters.is_empty() {
            let first = [key("parameters"), Step::Index(0)];
            self.unwise(
                &first,
                "People are asked for this, and `needs` does not say where they get it",
                "Write `needs = [\"An API key: Settings → API\"]`",
            );
        }
        if manifest.evidence.note.trim().is_empty() {
            self.unwise(
                &[key("evidence"), key("note")],
                "It is not said on what the connector was proved",
                "Name the server and its version, or the specification",
            );
        }
        if !manifest.docs.starts_with("https://") {
            self.unwise(
                &[key("docs")],
                "This is no address of the vendor's documentation",
                "Write `https://…`",
            );
        }
    }

    fn missing(&mut self) {
        let manifest = self.manifest;
        let tables = tables(manifest);
        let has = |pick: fn(&crate::manifest::format::Operations) -> bool| tables.iter().any(|(_, _, own)| pick(own));
        let top = [key("id")];
        if !has(|own| own.find_contact.is_some()) {
            self.unwise(
                &top,
                "There is no `find_contact`: no caller is found",
                "Write `[find_contact]`",
            );
        }
        if !has(|own| own.find_contact_with_name.is_some()) {
            self.unwise(
                &top,
                "There is no `find_contact_with_name`: nobody is found by name",
                "Write `[find_contact_with_name]`",
            );
        }
        if manifest.whoami.is_none() {
            self.unwise(
                &top,
                "There is no `whoami`: the connection test can't say whose account it is",
                "Write `[whoami]`, with the request that says who is signed in",
            );
        }
        if has(|own| own.add_number.is_some()) && !has(|own| own.get_contact.is_some()) {
            self.wrong(
                &[key("add_number")],
                "There is no `get_contact`: the record is read before a number is added to it",
                "Write `[get_contact]`",
            );
        }
        let reads_one = has(|own| own.get_contact.is_some());
        if !reads_one && !has(|own| own.add_number.is_some()) && !self.admits("read again") {
            self.unwise(
                &top,
                "There is no `get_contact`: no contact is read again, so a card goes on showing what changed in the CRM",
                "Write `[get_contact]`, or say in `limits` that contacts are not read again",
            );
        }
        if !has(|own| own.log_call.is_some()) {
            if !self.admits("logged") {
                self.unwise(
                    &top,
                    "There is no `log_call`: no call is logged",
                    "Write `[log_call]`, or say in `limits` that calls are not logged",
                );
            }
            return;
        }
        if !has(|own| own.find_log.is_some()) && !self.admits("unsure") {
            self.unwise(
                &[key("log_call")],
                "There is no `find_log`: a log whose answer is lost stays unsure",
                "Write `[find_log]`, or say in `limits` that such a log stays unsure",
            );
        }
        if !has(|own| own.update_log.is_some()) && !self.admits("changed") {
            self.unwise(
                &[key("log_call")],
                "There is no `update_log`: a note that is changed after it was logged stays as it was",
                "Write `[update_log]`, or say in `limits` that a log can't be changed",
            );
        }
    }

    fn find(&mut self, at: &[Step], find: &FindContact, only: Option<&str>) {
        let asks = texts(&below(at, &[key("request")]), &find.request)
            .iter()
            .any(|text| ["form", "number."].iter().any(|name| text.text.contains(name)));
        if !asks {
            self.wrong(
                &below(at, &[key("request")]),
                "This request asks without the number",
                "Use `forms`, or `number.e164` and its like",
            );
        }
        if matches!(find.matching, Matching::Search | Matching::Exact) && find.forms == ["sig"] {
            self.unwise(
                &below(at, &[key("forms")]),
                "Only the bare national digits are asked for: numbers stored with blanks, brackets or a country code are missed",
                "Write `forms = [\"sig\", \"auto\"]`, or leave it out",
            );
        }
        let manifest = self.manifest;
        let runs = |kind: &&Type| match only {
            Some(id) => kind.id == id,
            None => manifest
                .by_type
                .get(&kind.id)
                .is_none_or(|own| own.find_contact.is_none()),
        };
        for kind in manifest.types.iter().filter(runs) {
            let maps = [&find.answer.contact, &kind.contact, &manifest.contact];
            let has_numbers = |map: &ContactMap| !map.numbers.is_empty() || map.number_list.is_some();
            let reads_numbers = maps.into_iter().flatten().any(has_numbers);
            let reads_later = find.enrich.as_ref().is_some_and(|enrich| has_numbers(&enrich.contact));
            if find.verify == Verify::Trust && reads_numbers && !reads_later {
                self.unwise(
                    &below(at, &[key("verify")]),
                    format!(
                        "Numbers of the type {} are read, and not compared: whoever this search brings counts as the caller",
                        kind.id
                    ),
                    "Leave `verify` out; it is for CRMs whose answers have no numbers in them",
                );
            } else if find.verify != Verify::Trust && !reads_numbers {
                self.wrong(
                    at,
                    format!(
                        "It is not said where the numbers of the type {} lie, so no hit could be proved",
                        kind.id
                    ),
                    "Write `numbers = { phone = \"…\" }`, or `verify = \"trust\"` where the CRM returns none",
                );
            }
        }
    }

    /// Without an id a record is left out of every answer.
    fn identified(&mut self, at: &[Step], kind: &Type) {
        let manifest = self.manifest;
        let own = manifest.by_type.get(&kind.id);
        let answers = [
            own.and_then(|own| own.find_contact.as_ref())
                .or(manifest.find_contact.as_ref())
                .map(|find| &find.answer),
            own.and_then(|own| own.find_contact_with_name.as_ref())
                .or(manifest.find_contact_with_name.as_ref())
                .map(|find| &find.answer),
            own.and_then(|own| own.get_contact.as_ref())
                .or(manifest.get_contact.as_ref())
                .map(|get| &get.answer),
        ];
        let is_missing = |map: Option<&ContactMap>| {
            let maps = [map, kind.contact.as_ref(), manifest.contact.as_ref()];
            maps.into_iter().flatten().all(|map| map.id.is_none())
        };
        if answers
            .into_iter()
            .flatten()
            .any(|answer| is_missing(answer.contact.as_ref()))
        {
            self.wrong(
                at,
                format!(
                    "It is not said where the id of the type {} lies: every record would be left out",
                    kind.id
                ),
                "Write `id = \"id\"` into `[types.contact]`, or into `[contact]` for all types",
            );
        }
    }

    fn kind(&mut self, at: &[Step], kind: &Type) {
        let manifest = self.manifest;
        self.identified(at, kind);
        let own = manifest.by_type.get(&kind.id);
        let creates = manifest.create_contact.is_some() || own.is_some_and(|own| own.create_contact.is_some());
        if kind.creatable && !creates {
            self.unwise(
                at,
                format!(
                    "Nobody can create the type {}: there is no `create_contact` for it",
                    kind.id
                ),
                "Write `[create_contact]`, or `creatable = false`",
            );
        }
        let maps = [&kind.contact, &manifest.contact];
        if kind.record_url.is_none() && !maps.into_iter().flatten().any(|map| map.url.is_some()) {
            self.unwise(
                at,
                format!("Pages of the type {} can't be opened", kind.id),
                "Write `record_url = \"https://…/{{ contact.id }}\"`",
            );
        }
    }
}
