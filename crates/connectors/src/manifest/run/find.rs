//! Find by number: every type at the same time, each with as few requests as its CRM allows.

use futures_util::future::join_all;
use ringside_domain::{
    Error, Kind, Result, Retry,
    connector::NumberForms,
    contact::Found,
    phone::{Home, Reading, forms, read},
};
use serde_json::Value;

use super::{
    Run,
    plan::{Plan, number_variables, plan},
    race::Race,
    records::each_once,
    side::{Asked, Part, Side},
    type_variables,
};
use crate::manifest::{
    format::{Batching, FindContact, Type},
    render::asked_forms,
};

/// A number that is reserved for fiction.
const NOBODY: &str = "+12025550100";
/// So many questions of one lookup; the rest of what an operation may ask is for signing in and for what hits lack.
pub const MOST: usize = 50;

impl<'a> Run<'a> {
    pub(crate) async fn find_contact(&self, number: NumberForms) -> Result<Found> {
        if matches!(
            number.reading,
            Reading::Withheld | Reading::Unreadable(_) | Reading::SipAddress(_)
        ) {
            self.kinds_to_ask()?;
            return Ok(Found::default());
        }
        let mut sides = self.sides(&number).await?;
        self.cut(&mut sides);
        let race = Race::new(sides.len(), self.until, self.live);
        let searching = sides.into_iter().map(|side| {
            let (part, beyond, race) = (self.part(side.asked.contact_type), side.beyond, &race);
            async move { (part, beyond, self.search(side, race).await) }
        });
        let parts = join_all(searching).await.into_iter();
        // Where somebody is found in another type, what was left out would not have been asked either.
        let is_whole = race.is_settled();
        collect(parts.map(|(name, beyond, part)| match beyond && !is_whole {
            true => (name, self.cut_short(part)),
            false => (name, part),
        }))
    }

    /// What each type is to be asked.
    async fn sides<'n>(&'n self, number: &'n NumberForms) -> Result<Vec<Side<'n>>> {
        let kinds = self.kinds_to_ask()?;
        let clock_zone = self.core.clock.zone();
        let scope = self.in_zone(&self.scope().await?, &clock_zone);
        let scope = scope.with("number", &number_variables(&number.reading));
        let mut sides = Vec::new();
        for (place, (contact_type, find)) in kinds.into_iter().enumerate() {
            let scope = match contact_type {
                Some(kind) => scope.with("type", &type_variables(kind)),
                None => scope.clone(),
            };
            let asked = Asked {
                find,
                contact_type,
                scope,
                number,
            };
            let plan = self.plan(&asked).await?;
            sides.push(Side::new(place, asked, plan));
        }
        Ok(sides)
    }

    /// Of more questions than one lookup asks, the least likely ones are left out, each type's in turn.
    fn cut(&self, sides: &mut [Side<'_>]) {
        let mut left_out: Vec<Vec<String>> = vec![Vec::new(); sides.len()];
        let all = |sides: &[Side<'_>]| sides.iter().map(Side::questions).sum::<usize>();
        while all(sides) > MOST {
            let longest = sides.iter().enumerate().max_by_key(|(_, side)| side.questions());
            let Some((place, 2..)) = longest.map(|(place, side)| (place, side.questions())) else {
                break;
            };
            let question = sides[place].cut();
            left_out[place].extend(question.into_iter().flat_map(|question| question.texts));
        }
        for (side, forms) in sides.iter().zip(left_out).filter(|(_, forms)| !forms.is_empty()) {
            let reason = format!("not asked for: one lookup asks at most {MOST} questions");
            self.left_out(side.asked.contact_type, forms, &reason);
        }
    }

    /// The types that can't be searched by number, and why: each is asked one question, about a number that nobody has.
    ///
    /// # Errors
    /// What stands in the way where it is so with all of them.
    pub(super) async fn unsearchable(&self) -> Result<Vec<String>> {
        let reading = read(NOBODY, &Home::default());
        let forms = reading.number().map(|number| forms(number, &[])).unwrap_or_default();
        let number = NumberForms { reading, forms };
        let sides = match self.sides(&number).await {
            Err(error) if error.kind == Kind::Unsupported => return Ok(Vec::new()),
            sides => sides?,
        };
        let trying = sides
            .iter()
            .map(|side| async { (side.asked.contact_type, self.try_one(side).await) });
        let tried = join_all(trying).await;
        // What will pass by itself says nothing of what this account may see.
        let passes = |error: &Error| matches!(error.retry, Retry::Later | Retry::After(_));
        let works = tried.iter().any(|(_, answer)| answer.as_ref().err().is_none_or(passes));
        let failed = tried
            .into_iter()
            .filter_map(|(kind, answer)| Some((kind, answer.err().filter(|error| !passes(error))?)));
        let mut failed = failed.peekable();
        match failed.peek() {
            Some(_) if !works => failed.next().map_or(Ok(Vec::new()), |(_, error)| Err(error)),
            _ => Ok(failed
                .map(|(kind, error)| format!("{}: {error}", self.part(kind)))
                .collect()),
        }
    }

    /// The types in the order of the manifest, each with how it is found; those that are found at once, as one.
    fn kinds_to_ask(&self) -> Result<Vec<(Option<&'a Type>, &'a FindContact)>> {
        let manifest = self.manifest();
        let mut kinds = Vec::new();
        let own = |kind: &Type| manifest.by_type.get(&kind.id).and_then(|own| own.find_contact.as_ref());
        let all_own = manifest.types.iter().all(|kind| own(kind).is_some());
        let at_once = manifest.find_contact.as_ref().filter(|find| find.all_types && !all_own);
        kinds.extend(at_once.map(|find| (None, find)));
        for kind in &manifest.types {
            let find = own(kind).or(manifest.find_contact.as_ref().filter(|find| !find.all_types));
            kinds.extend(find.map(|find| (Some(kind), find)));
        }
        if kinds.is_empty() {
            Err(self.unsupported())
        } else {
            Ok(kinds)
        }
    }

    async fn plan(&self, asked: &Asked<'_>) -> Result<Option<Plan>> {
        let find = asked.find;
        let texts = asked_forms(find, asked.number);
        if texts.is_empty() {
            let reason = match asked.number.reading {
                Reading::Extension(_) => "extension",
                _ => "no format fits this number",
            };
            self.left_out(asked.contact_type, Vec::new(), reason);
            return Ok(None);
        }
        let fields = match (&find.fields, find.batching) {
            (Some(fields), Batching::PerFieldForm) => match self.core.loaded.value(fields, &asked.scope)? {
                Value::Array(fields) => fields,
                Value::Null => Vec::new(),
                one => vec![one],
            },
            _ => Vec::new(),
        };
        if find.batching == Batching::PerFieldForm && fields.is_empty() {
            self.left_out(asked.contact_type, Vec::new(), "this type has no phone fields");
            return Ok(None);
        }
        let id = asked.contact_type.map_or("*", |kind| kind.id.as_str());
        Ok(Some(
            plan(find, id, texts, fields, asked.number, &self.core.learned, self.live).await,
        ))
    }
}

/// All parts together: what failed is named, and an error only if everything did.
pub(super) fn collect(parts: impl Iterator<Item = (String, Part)>) -> Result<Found> {
    let (mut found, mut answered) = (Found::default(), false);
    let mut contacts = Vec::new();
    for (part, answer) in parts {
        match answer {
            Ok((hits, error)) => {
                answered = true;
                contacts.extend(hits.into_iter().map(|hit| hit.contact));
                found.failed.extend(error.map(|error| (part, error)));
            }
            Err(error) => found.failed.push((part, error)),
        }
    }
    if !answered && !found.failed.is_empty() {
        return Err(found.failed.swap_remove(0).1);
    }
    found.contacts = each_once(contacts);
    Ok(found)
}
