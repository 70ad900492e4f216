//! Who may be there already, asked of the index and of the connections at once, each of them once.
//!
//! What a connection could not say is kept beside what it said: "could not be asked" is not "nobody is there".

use std::{collections::HashMap, sync::Arc, time::Duration};

use ringside_domain::{
    ConnectionId, Contact, ContactDraft, ContactIndex, Cx, Error, Freshness,
    connector::{Connector, NameQuery, NumberForms, TraceSink},
    contact::Found,
    phone::{self, Home, Reading},
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{duplicates, folded_email, normalise};
use crate::{
    contacts::late,
    lookup::{Places, bounds},
    view::{Connection, Duplicate},
};

/// How many contacts of a like name are looked at, for each way to ask.
const MAX_LIKE: usize = 50;
/// Each of so many words of the name is looked up by itself, so that a typo in one does not hide the person.
const MAX_WORDS: usize = 3;

/// Which connections are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    All,
    /// The draft's own, for records that are the draft's.
    Own,
}

/// What the index and the connections said about a draft.
pub(crate) struct Looked {
    indexed: Vec<Contact>,
    asked: HashMap<ConnectionId, Asked>,
}

/// One connection's answers. `None`: it was not asked, because it can't be or because there is nothing to ask for.
#[derive(Default)]
struct Asked {
    number: Option<Answer>,
    name: Option<Answer>,
}

#[derive(Default)]
pub(crate) struct Answer {
    pub contacts: Vec<Contact>,
    /// Why it may not be all.
    pub failed: Option<Error>,
}

#[derive(Clone, Copy)]
enum Way {
    Number,
    Name,
}

/// Asks, and has what is there by `patience`. What has not answered by then has failed.
pub(crate) async fn look(
    places: &Places,
    draft: &ContactDraft,
    whom: Whom,
    patience: Duration,
    trace: &Arc<dyn TraceSink>,
) -> Looked {
    let cut_off = Instant::now() + patience;
    let home = &places.config.home;
    let reading = draft.number.as_deref().map(|number| phone::read(number, home));
    let forms = reading.as_ref().and_then(Reading::number).map(|number| NumberForms {
        reading: Reading::Number(number.clone()),
        forms: phone::forms(number, &places.config.formats),
    });
    let name = draft.name.trim();
    let by_name = !name.is_empty() && (whom == Whom::All || email_of(draft).is_some());
    let (mut asked, mut tasks) = (HashMap::<ConnectionId, Asked>::new(), JoinSet::new());
    for Connection { connector, .. } in &places.connections {
        let info = connector.info();
        if whom == Whom::Own && info.connection != draft.connection {
            continue;
        }
        let cx = Cx {
            deadline: bounds::inner(patience),
            freshness: Freshness::Live,
            trace: Arc::clone(trace),
        };
        let capability = connector.capability();
        let unanswered = || Answer {
            contacts: Vec::new(),
            failed: Some(late(&info.name)),
        };
        let of = asked.entry(info.connection.clone()).or_default();
        // Apart, so that a search by name that hangs does not take the hit by number with it.
        if let Some(forms) = forms.clone().filter(|_| capability.find) {
            of.number = Some(unanswered());
            let (connector, cx, id) = (Arc::clone(connector), cx.clone(), info.connection.clone());
            tasks.spawn(async move { (id, Way::Number, by_number(&connector, cx, forms).await) });
        }
        if by_name && capability.find_with_name {
            of.name = Some(unanswered());
            let (connector, text, id) = (Arc::clone(connector), name.to_owned(), info.connection.clone());
            tasks.spawn(async move { (id, Way::Name, named(&connector, cx, text).await) });
        }
    }
    let indexed = timeout_at(cut_off, from_index(&*places.index, draft, reading.as_ref())).await;
    while let Ok(Some(answered)) = timeout_at(cut_off, tasks.join_next()).await {
        // One that broke down stays unanswered.
        let Ok((connection, way, answer)) = answered else {
            continue;
        };
        let of = asked.entry(connection).or_default();
        match way {
            Way::Number => of.number = Some(answer),
            Way::Name => of.name = Some(answer),
        }
    }
    Looked {
        indexed: indexed.unwrap_or_default(),
        asked,
    }
}

impl Looked {
    /// Whoever may be the one about to be created, in any connection.
    pub fn duplicates(&self, draft: &ContactDraft, home: &Home) -> Vec<Duplicate> {
        let asked = self.asked.values().flat_map(|asked| [&asked.name, &asked.number]);
        let live = asked.flatten().flat_map(|answer| &answer.contacts);
        duplicates(draft, self.indexed.iter().chain(live).cloned().collect(), home)
    }

    /// Records of the draft's own connection with its number, as our own comparison proves, or its e-mail. `None` where
    /// nothing could tell: the CRM can't be searched, or the draft has neither.
    pub fn same(&self, draft: &ContactDraft, home: &Home) -> Option<Vec<Contact>> {
        let asked = self.asked.get(&draft.connection)?;
        let email = email_of(draft);
        let by_email = asked.name.as_ref().filter(|_| email.is_some());
        if asked.number.is_none() && by_email.is_none() {
            return None;
        }
        let caller = draft.number.as_deref().map(|number| phone::read(number, home));
        let mut same: Vec<Contact> = Vec::new();
        for contact in asked.number.iter().flat_map(|answer| &answer.contacts) {
            let proof = caller.as_ref().and_then(|caller| bounds::prove(contact, caller, home));
            if proof.is_some_and(|proof| proof.grade.is_exact()) {
                same.push(contact.clone());
            }
        }
        for contact in by_email.iter().flat_map(|answer| &answer.contacts) {
            let has_it = contact.emails.iter().any(|known| folded_email(known) == email);
            if has_it && same.iter().all(|known| known.id != contact.id) {
                same.push(contact.clone());
            }
        }
        Some(same)
    }

    /// Those of [`Looked::same`] that have the draft's type and name, too.
    pub fn alikes(&self, draft: &ContactDraft, home: &Home) -> Option<Vec<Contact>> {
        let name = normalise(&draft.name);
        let mut alike = self.same(draft, home)?;
        alike.retain(|contact| {
            contact.id.contact_type.eq_ignore_ascii_case(&draft.contact_type) && normalise(&contact.name) == name
        });
        Some(alike)
    }

    /// Why the draft's own connection could not say whether somebody has its number; without one, its e-mail.
    pub fn take_failure(&mut self, draft: &ContactDraft) -> Option<Error> {
        let asked = self.asked.get_mut(&draft.connection)?;
        let by_email = asked.name.as_mut().filter(|_| email_of(draft).is_some());
        asked.number.as_mut().or(by_email)?.failed.take()
    }
}

/// Everybody whom one connection finds by the number.
pub(crate) async fn by_number(connector: &Arc<dyn Connector>, cx: Cx, forms: NumberForms) -> Answer {
    let found = connector.find_contact(cx, forms).await;
    answer(&**connector, found)
}

/// Everybody whom one connection finds by the name.
async fn named(connector: &Arc<dyn Connector>, cx: Cx, text: String) -> Answer {
    let query = NameQuery {
        text,
        types: Vec::new(),
        company: None,
        limit: MAX_LIKE,
    };
    let found = connector.find_contact_with_name(cx, query).await;
    answer(&**connector, found)
}

fn answer(connector: &dyn Connector, found: Result<Found, Error>) -> Answer {
    match found {
        Ok(mut found) => Answer {
            contacts: bounds::contacts(found.contacts, &connector.info().connection).contacts,
            failed: found.failed.pop().map(|(_, error)| error),
        },
        Err(error) => Answer {
            contacts: Vec::new(),
            failed: Some(error),
        },
    }
}

pub(super) async fn from_index(
    index: &dyn ContactIndex,
    draft: &ContactDraft,
    reading: Option<&Reading>,
) -> Vec<Contact> {
    let keys = reading.map(phone::probe_keys).unwrap_or_default();
    let mut found = if keys.is_empty() {
        Vec::new()
    } else {
        index.find(keys).await.unwrap_or_default()
    };
    let mut texts = vec![draft.name.trim()];
    texts.extend(draft.email.as_deref().map(str::trim));
    let mut words: Vec<&str> = draft
        .name
        .split_whitespace()
        .filter(|word| word.chars().nth(2).is_some())
        .collect();
    words.reverse(); // The family name narrows more than the given one.
    texts.extend(words.into_iter().take(MAX_WORDS));
    texts.retain(|text| !text.is_empty());
    texts.dedup();
    for text in texts {
        let query = NameQuery {
            text: text.to_owned(),
            types: Vec::new(),
            company: None,
            limit: MAX_LIKE,
        };
        found.extend(index.search(query).await.unwrap_or_default());
    }
    found.into_iter().map(|indexed| indexed.contact).collect()
}

fn email_of(draft: &ContactDraft) -> Option<String> {
    draft.email.as_deref().and_then(folded_email)
}
