//! What goes into an example: an operation that there is, types that there are, and what that operation needs.

use ringside_domain::phone::{self, Home};

use super::{Lint, key};
use crate::manifest::{check::example::unfit_call, format::Example, load::place::Step};

/// The operations that examples run.
const OPERATIONS: [&str; 10] = [
    "check",
    "find_contact",
    "find_contact_with_name",
    "get_contact",
    "create_contact",
    "add_number",
    "log_call",
    "update_log",
    "find_log",
    "log_fields",
];

/// Numbers that nobody has, as their regulators set them aside for films and documentation: NANPA (555-01xx), Ofcom (telephone
/// numbers for drama purposes), Bundesnetzagentur (Drama-Rufnummern), Arcep (numéros fictifs), ACMA (fictitious numbers), ComReg
/// (numbers for drama), PTS (telefonnummer för dramaproduktion). `#` is any digit.
const FICTION: [&str; 47] = [
    "+1###55501##",
    "+441134960###",
    "+441144960###",
    "+441154960###",
    "+441164960###",
    "+441174960###",
    "+441184960###",
    "+441214960###",
    "+441314960###",
    "+441414960###",
    "+441514960###",
    "+441614960###",
    "+441632960###",
    "+441914980###",
    "+442079460###",
    "+442896496###",
    "+442920180###",
    "+443069990###",
    "+447700900###",
    "+448081570###",
    "+449098790###",
    "+492214710###",
    "+493023125###",
    "+494066969###",
    "+496990009###",
    "+498999998###",
    "+4917139200##",
    "+49176040690##",
    "+3319900####",
    "+3326191####",
    "+3335301####",
    "+3346571####",
    "+3353649####",
    "+3363998####",
    "+6125550####",
    "+6127010####",
    "+6135550####",
    "+6137010####",
    "+6175550####",
    "+6177010####",
    "+6185550####",
    "+6187010####",
    "+61491570###",
    "+3532091#####",
    "+463139006##",
    "+468465004##",
    "+467017406##",
];

impl Lint<'_> {
    pub(super) fn inputs(&mut self) {
        for (index, example) in self.manifest.examples.iter().enumerate() {
            let at = |name: &str| vec![key("examples"), Step::Index(index), key(name)];
            if !OPERATIONS.contains(&example.operation.as_str()) {
                self.wrong(
                    &at("operation"),
                    format!("There is no operation `{}`", example.operation),
                    format!("There are: {}", OPERATIONS.join(", ")),
                );
                continue;
            }
            self.types_of(index, example);
            for (name, hint) in self.missing_inputs(example) {
                let message = format!("An example of `{}` needs `{name}`", example.operation);
                self.wrong(&at("operation"), message, hint);
            }
            if let Some((name, why)) = unfit_call(example) {
                let mut at = at("call");
                at.push(key(name));
                self.wrong(&at, format!("`{name}` {why}"), call_hint(name));
            }
            self.numbers(index, example);
        }
    }

    fn types_of(&mut self, index: usize, example: &Example) {
        let own = [key("examples"), Step::Index(index), key("type")];
        let of_contact = [key("examples"), Step::Index(index), key("contact"), key("type")];
        let contact = example.contact.as_ref().map(|contact| &contact.contact_type);
        let ids: Vec<&str> = self.manifest.types.iter().map(|kind| kind.id.as_str()).collect();
        for (at, id) in [(&own[..], example.contact_type.as_ref()), (&of_contact[..], contact)] {
            if let Some(id) = id.filter(|id| !ids.contains(&id.as_str())) {
                let message = format!("There is no type `{id}`");
                self.wrong(at, message, format!("There are: {}", ids.join(", ")));
            }
        }
    }

    /// What an example does not say, and how it is written.
    fn missing_inputs(&self, example: &Example) -> Vec<(&'static str, String)> {
        let kind = self.manifest.types.first().map_or("", |kind| kind.id.as_str());
        let inputs = [
            (
                "type",
                example.contact_type.is_none(),
                format!("Write `type = \"{kind}\"`"),
            ),
            (
                "number",
                example.number.is_none(),
                "Write `number = \"+12025550123\"`".to_owned(),
            ),
            ("query", example.query.is_none(), "Write `query = \"Ann\"`".to_owned()),
            (
                "contact",
                example.contact.is_none(),
                format!("Write `contact = {{ type = \"{kind}\", id = \"7\" }}`"),
            ),
            (
                "draft",
                example.draft.is_none(),
                "Write `draft = { name = \"Ann Example\", number = \"+12025550123\" }`".to_owned(),
            ),
            (
                "call",
                example.call.is_none(),
                "Write `call = { direction = \"in\", start = \"2026-03-29T00:59:30Z\", seconds = 90 }`".to_owned(),
            ),
            ("log_id", example.log_id.is_none(), "Write `log_id = \"8\"`".to_owned()),
        ];
        let needed: &[&str] = match example.operation.as_str() {
            "find_contact" => &["number"],
            "find_contact_with_name" => &["query"],
            "get_contact" | "log_fields" => &["contact"],
            "create_contact" => &["type", "draft"],
            "add_number" => &["contact", "number"],
            "log_call" | "find_log" => &["contact", "call"],
            "update_log" => &["log_id", "contact", "call"],
            _ => &[],
        };
        inputs
            .into_iter()
            .filter(|(name, is_missing, _)| *is_missing && needed.contains(name))
            .map(|(name, _, hint)| (name, hint))
            .collect()
    }

    fn numbers(&mut self, index: usize, example: &Example) {
        let of = |names: &[&str]| {
            let below = names.iter().map(|name| key(name));
            [key("examples"), Step::Index(index)]
                .into_iter()
                .chain(below)
                .collect::<Vec<Step>>()
        };
        let draft = example.draft.as_ref().and_then(|draft| draft.number.as_ref());
        let call = example.call.as_ref();
        let said = [
            (of(&["number"]), example.number.as_ref()),
            (of(&["draft", "number"]), draft),
            (of(&["call", "number"]), call.and_then(|call| call.number.as_ref())),
            (of(&["call", "line"]), call.and_then(|call| call.line.as_ref())),
        ];
        for (at, text) in said {
            let Some(text) = text else { continue };
            if phone::read(text, &Home::default())
                .number()
                .is_some_and(|number| !is_fiction(number.e164()))
            {
                self.unwise(
                    &at,
                    "Somebody may have this number",
                    "Write one that is reserved for fiction: `+1 202 555 01xx`, `+44 20 7946 0xxx`, `+49 30 23125 xxx`",
                );
            }
        }
    }
}

fn call_hint(name: &str) -> &'static str {
    match name {
        "start" => "Write `2026-03-29T00:59:30Z`",
        "direction" => "Write `in` or `out`",
        "end" => {
            "There are: completed, missed, declined, answered_elsewhere, forwarded, transferred, busy, failed, unknown"
        }
        _ => "There are: connected, left_message, no_answer, busy, wrong_number, call_back",
    }
}

fn is_fiction(number: &str) -> bool {
    FICTION.iter().any(|pattern| {
        let same = |(sign, digit): (u8, u8)| sign == digit || (sign == b'#' && digit.is_ascii_digit());
        pattern.len() == number.len() && pattern.bytes().zip(number.bytes()).all(same)
    })
}

#[cfg(test)]
mod tests {
    use super::is_fiction;

    #[test]
    fn numbers_of_fiction_and_of_people() {
        for nobodys in [
            "+12025550123",
            "+442079460012",
            "+493023125012",
            "+33199001234",
            "+61255501234",
        ] {
            assert!(is_fiction(nobodys), "{nobodys}");
        }
        for somebodys in [
            "+12025551234",
            "+442079470012",
            "+49302312501",
            "+4930231250120",
            "+14155552671",
        ] {
            assert!(!is_fiction(somebodys), "{somebodys}");
        }
    }
}
