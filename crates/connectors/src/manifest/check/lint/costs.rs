//! What a caller whom nobody knows costs: that is most callers, and each of them on every call.

use ringside_domain::{
    connector::NumberForms,
    phone::{self, Home},
};

use super::{Lint, below, key, tables};
use crate::manifest::{
    format::{Batching, Budget, FindContact, Type},
    load::place::Step,
    render::asked_forms,
    run::find::MOST,
};

/// A number of the country with the most ways to write one.
const STRANGER: &str = "+12025550123";
/// Seconds that a lookup has.
const DEADLINE: f64 = 10.0;
/// Requests a second that no server asks to be spared from.
const NO_LIMIT: f64 = 200.0;

impl Lint<'_> {
    pub(super) fn costs(&mut self) {
        self.rates();
        let manifest = self.manifest;
        let (mut all, mut slowest, mut place): (usize, f64, Option<Vec<Step>>) = (0, 0.0, None);
        for (at, only, own) in tables(manifest) {
            let Some(find) = &own.find_contact else { continue };
            let runs = |kind: &&Type| match only {
                Some(id) => kind.id == id,
                None => manifest
                    .by_type
                    .get(&kind.id)
                    .is_none_or(|own| own.find_contact.is_none()),
            };
            let kinds: Vec<&Type> = manifest.types.iter().filter(runs).collect();
            let asked = if find.all_types {
                requests(find, kinds.first().copied())
            } else {
                kinds.iter().map(|kind| requests(find, Some(kind))).sum()
            };
            all += asked;
            slowest += self.seconds(find, asked);
            place = place.or_else(|| Some(below(&at, &[key("find_contact")])));
        }
        let Some(place) = place else { return };
        if all > MOST {
            self.unwise(
                &place,
                format!("A caller with a US number costs {all} requests, and a lookup makes {MOST} at most: some forms are never asked for"),
                "Name fewer `forms`, or ask for several of them in one request: `batching = \"all\"`",
            );
        } else if slowest > DEADLINE {
            self.unwise(
                &place,
                format!(
                    "A caller with a US number costs {all} requests, {slowest:.0} s at this budget, and a lookup has {DEADLINE:.0} s"
                ),
                "Name fewer `forms`, or ask for several of them in one request: `batching = \"all\"`",
            );
        }
    }

    fn rates(&mut self) {
        for (name, budget) in &self.manifest.budgets {
            let rate = rate(budget);
            if rate.is_some_and(|rate| rate > NO_LIMIT) {
                self.unwise(
                    &[key("budgets"), key(name)],
                    format!(
                        "`{name}` allows {:.0} requests a second, which holds nothing back",
                        rate.unwrap_or_default()
                    ),
                    "Write the CRM's own limit, or leave it out",
                );
            }
        }
    }

    /// How long so many requests take at the rate of their budget.
    fn seconds(&self, find: &FindContact, requests: usize) -> f64 {
        let name = find.request.budget.as_deref().unwrap_or("default");
        let budget = self.manifest.budgets.get(name);
        #[allow(clippy::cast_precision_loss)] // Some hundreds at most.
        budget.and_then(rate).map_or(0.0, |rate| requests as f64 / rate)
    }
}

fn rate(budget: &Budget) -> Option<f64> {
    let by_minute = budget.per_minute.map(|rate| rate / 60.0);
    [budget.per_second, by_minute].into_iter().flatten().reduce(f64::min)
}

/// The requests for one type.
fn requests(find: &FindContact, kind: Option<&Type>) -> usize {
    let reading = phone::read(STRANGER, &Home::default());
    let forms = reading
        .number()
        .map(|number| phone::forms(number, &[]))
        .unwrap_or_default();
    let forms = asked_forms(find, &NumberForms { reading, forms }).len();
    match find.batching {
        Batching::All => forms.div_ceil(find.max_terms.unwrap_or(forms).max(1)),
        Batching::PerForm => forms,
        Batching::PerFieldForm => forms * fields(find, kind).len().max(1),
    }
}

/// The fields that are asked one by one, as far as the file says them outright: `type.phone_fields`, or a list.
pub(super) fn fields(find: &FindContact, kind: Option<&Type>) -> Vec<String> {
    let Some(expression) = find.fields.as_deref().map(str::trim) else {
        return Vec::new();
    };
    if let Some(name) = expression.strip_prefix("type.") {
        let listed = kind
            .and_then(|kind| kind.vars.get(name))
            .and_then(|tree| tree.0.as_array());
        let texts = listed.into_iter().flatten().filter_map(|item| item.as_str());
        return texts.map(str::to_owned).collect();
    }
    let quoted = expression.split(['\'', '"']).skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}
