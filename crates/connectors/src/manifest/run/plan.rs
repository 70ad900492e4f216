//! What is asked of one contact type: which texts by which field, in how many requests, and which of them first.
//!
//! Of a number that nobody has, every form is asked for, on every call. Where a type has hit so often that its ways are known,
//! those that never did are asked for last, and only if there is time for them: a stranger costs them only while nobody else is
//! in the line.

use ringside_domain::{connector::NumberForms, phone::Reading};
use serde_json::{Value, json};

use crate::manifest::{
    format::{Batching, FindContact, Matching},
    learned::{Formats, Learned, Way},
};

/// So many of the ways that hit before are tried before all others.
const FIRST: usize = 2;
/// After so many hits in a type it is known how its users write.
const KNOWN: u32 = 50;

/// One request of a lookup.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub texts: Vec<String>,
    pub field: Option<Value>,
    /// The ways that it tries; one of each text.
    pub ways: Vec<Way>,
}

/// Questions that are asked at the same time.
#[derive(Debug, PartialEq)]
pub(super) struct Wave {
    pub questions: Vec<Question>,
    /// None of it ever hit, and others often did.
    pub rare: bool,
}

/// The questions of a type. A hit in one wave makes the next ones needless.
pub(super) struct Plan {
    pub waves: Vec<Wave>,
    /// The first verified hit ends it.
    pub stops: bool,
}

/// Exact searches ask the ways that hit before first, and the rest all at once; `live` asks all at once. Nothing learned yet: all
/// at once, too.
pub(super) async fn plan(
    find: &FindContact,
    contact_type: &str,
    texts: Vec<String>,
    fields: Vec<Value>,
    number: &NumberForms,
    learned: &Learned,
    live: bool,
) -> Plan {
    // Where every form is a request of its own, or must be the very one, it pays to know which.
    let exact = find.matching == Matching::Exact || find.batching != Batching::All;
    let formats = Formats::of(number);
    let way = |field: Option<&Value>, text: &str| {
        let field = field.map(|field| field.as_str().map_or_else(|| field.to_string(), str::to_owned));
        formats.way(contact_type, field.as_deref(), text)
    };
    let mut units: Vec<(Option<Value>, String, Way)> = match find.batching {
        Batching::All | Batching::PerForm => texts
            .into_iter()
            .map(|text| (None, text.clone(), way(None, &text)))
            .collect(),
        // Form by form, not field by field: the likeliest form in every field first.
        Batching::PerFieldForm => texts
            .iter()
            .flat_map(|text| fields.iter().map(move |field| (field, text)))
            .map(|(field, text)| (Some(field.clone()), text.clone(), way(Some(field), text)))
            .collect(),
    };
    let (mut hits, mut is_known) = (vec![0; units.len()], false);
    if exact {
        let ways: Vec<Way> = units.iter().map(|(_, _, way)| way.clone()).collect();
        hits = learned.hits(&ways).await;
        is_known = hits.iter().sum::<u32>() >= KNOWN;
        if hits.iter().all(|hits| *hits == 0) {
            // A type that never had a hit: how this CRM's users write other types.
            hits = learned.hits_elsewhere(&ways).await;
        }
        let mut order: Vec<usize> = (0..units.len()).collect();
        order.sort_by_key(|place| std::cmp::Reverse(hits[*place]));
        units = order.iter().map(|place| units[*place].clone()).collect();
        hits = order.iter().map(|place| hits[*place]).collect();
    }
    let in_one = match find.batching {
        Batching::All => find.max_terms.unwrap_or(usize::MAX).max(1),
        Batching::PerForm | Batching::PerFieldForm => 1,
    };
    let in_one = in_one.min(units.len().max(1));
    let mut questions: Vec<Question> = units.chunks(in_one).map(question).collect();
    let stops = exact && !live;
    let mut waves = Vec::new();
    if stops {
        // A chunk is worth asking first as long as something in it hit before.
        let hit = hits.iter().filter(|hits| **hits > 0).count().div_ceil(in_one);
        let rare = if is_known { questions.split_off(hit) } else { Vec::new() };
        let others = questions.split_off(hit.min(FIRST));
        waves.extend([(questions, false), (others, false), (rare, true)]);
    } else {
        waves.push((questions, false));
    }
    waves.retain(|(questions, _)| !questions.is_empty());
    let waves = waves.into_iter().map(|(questions, rare)| Wave { questions, rare });
    Plan {
        waves: waves.collect(),
        stops,
    }
}

fn question(units: &[(Option<Value>, String, Way)]) -> Question {
    Question {
        texts: units.iter().map(|(_, text, _)| text.clone()).collect(),
        field: units.first().and_then(|(field, _, _)| field.clone()),
        ways: units.iter().map(|(_, _, way)| way.clone()).collect(),
    }
}

/// `number.*`; "" for what the asked one does not have.
pub(super) fn number_variables(reading: &Reading) -> Value {
    match reading {
        Reading::Number(number) => json!({
            "e164": number.e164(),
            "sig": number.nsn(),
            "national": number.national(),
            "international": number.international(),
            "digits": &number.e164()[1..],
            "region": number.region().map_or(String::new(), |region| region.to_string()),
            "country_code": number.country_code(),
            "extension": number.extension().unwrap_or_default(),
        }),
        other => json!({
            "e164": "", "sig": "", "national": "", "international": "", "digits": "", "region": "", "country_code": "",
            "extension": match other {
                Reading::Extension(extension) => extension.as_str(),
                _ => "",
            },
        }),
    }
}
