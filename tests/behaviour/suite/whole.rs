//! The whole way of a call through the real engine and a real journal, on a CRM as strict as the real ones: it finds what was
//! written only after a while, takes ten requests a second, and its tokens end after twelve requests.

use std::time::Duration;

use ringside_domain::{CallId, Contact, ContactRef, WriteState};
use ringside_engine::view::{CallView, Created, DuplicateReason};

use super::{Behaviour, PLAIN, adds, behaviour, creates, finds, logs};
use crate::{
    asking::{NUMBER, SAME_TAIL, draft, plant, plant_as},
    crm::Knobs,
    desk::Desk,
    kits::{Case, Offer},
};

const STRICT: Knobs = Knobs {
    search_lag: Duration::from_millis(300),
    per_second: Some(10),
    sign_in_lasts: Some(12),
};

/// Both look before either can be found.
const SLOW: Knobs = Knobs {
    search_lag: Duration::from_secs(2),
    per_second: None,
    sign_in_lasts: Some(12),
};

pub const ALL: &[Behaviour] = &[
    behaviour!(whole::a_stranger_is_created_logged_and_known_the_next_time, all, STRICT),
    behaviour!(
        whole::who_is_there_already_is_not_created_again,
        |offer| creates(offer).or(finds(offer)),
        STRICT
    ),
    behaviour!(
        whole::a_colleagues_record_is_offered_after_the_lag,
        |offer| all(offer)
            .or(offer.lags_never.then_some("what was written is found at once"))
            .or(offer.slow_to_ask.then_some("a look takes longer than the lag")),
        SLOW
    ),
    behaviour!(
        whole::a_number_that_was_added_is_known_the_next_time,
        |offer| adds(offer).or(finds(offer)),
        STRICT
    ),
    behaviour!(whole::only_the_very_number_is_shown, finds, PLAIN),
];

fn all(offer: &Offer) -> Option<&'static str> {
    creates(offer).or(finds(offer)).or(logs(offer))
}

async fn a_stranger_is_created_logged_and_known_the_next_time(case: Case) {
    for (at, kind) in with_numbers(&case).into_iter().enumerate() {
        let number = format!("+1415555015{at}");
        let desk = Desk::new(&case).await;
        let (one, two) = (format!("{kind}-1"), format!("{kind}-2"));
        let stranger = desk.rings(&one, &number).await;
        assert!(shown(&stranger).is_empty(), "nobody has this number yet");
        // Several of one name would be asked about, and they are not who this is about.
        let name = ["Dana Newperson", "Egon Kramer", "Fiona Glenanne"][at % 3];
        let made = created(&case, &desk, (&kind, name, &number), Some(stranger.call.id)).await;
        desk.ends_logged(&one, stranger.call.id, "First call").await;
        let state = desk.settled(stranger.call.id).await;
        assert!(matches!(state, WriteState::Logged(_)), "{state:?}");
        let log = case.crm.logs().await.pop().unwrap();
        assert_eq!(log.contacts, std::slice::from_ref(&made.id.id), "as a {kind}");
        // Within the lag the CRM knows nothing of it, and the index does.
        let again = desk.rings(&two, &number).await;
        assert_eq!(shown(&again), std::slice::from_ref(&made.id), "as a {kind}");
        tokio::time::sleep(case.knobs.search_lag * 2).await;
        // A machine that never heard of them finds them in the CRM.
        let elsewhere = Desk::new(&case).await.rings("elsewhere", &number).await;
        assert_eq!(shown(&elsewhere), [made.id], "as a {kind}");
    }
}

async fn who_is_there_already_is_not_created_again(case: Case) {
    let kind = with_numbers(&case).remove(0);
    let there = plant_as(&case, &kind, "Anna", "Example", &["(415) 555-0100"]).await;
    // Nobody rang before: only the look right before the creation can know.
    let desk = Desk::new(&case).await;
    let new = draft(&case, &kind, "Anne Other", Some(NUMBER));
    let answer = desk.engine.create(new, None, false).await.unwrap();
    let Created::Duplicates(found) = answer else {
        panic!("made a second record of one number: {answer:?}")
    };
    assert_eq!(
        (&found[0].contact.id, found[0].because),
        (&there, DuplicateReason::SameNumber)
    );
    let people = case.crm.planted().await.into_iter();
    assert_eq!(people.filter(|(_, person)| person.kind == kind).count(), 1);
}

/// Two machines create the same caller within the lag, so neither can see the other's: the card says so afterwards.
async fn a_colleagues_record_is_offered_after_the_lag(case: Case) {
    let kind = with_numbers(&case).remove(0);
    let (mine, theirs) = (Desk::new(&case).await, Desk::new(&case).await);
    let call = mine.rings("one", NUMBER).await.call.id;
    let who = (kind.as_str(), "Dana Newperson", NUMBER);
    let (their_record, my_record) = tokio::join!(
        created(&case, &theirs, who, None),
        created(&case, &mine, who, Some(call))
    );
    if my_record.id == their_record.id {
        return; // Its CRM saw it itself, and made no second one.
    }
    let view = until_twins(&mine, call).await;
    let twins: Vec<&ContactRef> = view.twins.iter().map(|twin| &twin.id).collect();
    assert_eq!(twins, [&their_record.id]);
}

async fn a_number_that_was_added_is_known_the_next_time(case: Case) {
    let kind = with_numbers(&case).remove(0);
    let anna = plant_as(&case, &kind, "Anna", "Example", &[]).await;
    let desk = Desk::new(&case).await;
    desk.engine
        .add_number(anna.clone(), NUMBER.into(), None)
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
    tokio::time::sleep(case.knobs.search_lag * 2).await;
    let elsewhere = Desk::new(&case).await.rings("elsewhere", NUMBER).await;
    assert_eq!(shown(&elsewhere), [anna]);
}

/// Whatever a CRM answers: the card shows whose number it is, and nobody whose number only looks like it.
async fn only_the_very_number_is_shown(case: Case) {
    let here = plant(&case, "Anna", "Here", &["(415) 555-0100"]).await;
    let there = plant(&case, "Bea", "There", &["(212) 555-0100"]).await;
    let short = plant(&case, "Cem", "Short", &["555-0100"]).await;
    let desk = Desk::new(&case).await;
    for (at, (number, expected)) in [(NUMBER, here), (SAME_TAIL, there)].into_iter().enumerate() {
        let view = desk.rings(&format!("call-{at}"), number).await;
        let exact: Vec<ContactRef> = view
            .lookup
            .matches
            .iter()
            .filter(|group| group.best.grade.is_exact())
            .map(|group| group.best.contact.id.clone())
            .collect();
        assert_eq!(exact, std::slice::from_ref(&expected), "{number}");
        let others: Vec<ContactRef> = shown(&view).into_iter().filter(|id| *id != expected).collect();
        assert!(
            others.is_empty() || others == [short.clone()],
            "a number without its area may be shown, as uncertain: {others:?}"
        );
    }
}

/// The creatable types whose records bear numbers of their own.
fn with_numbers(case: &Case) -> Vec<String> {
    let types = case.connector.info().types.into_iter();
    types
        .filter(|kind| kind.creatable && case.has_numbers(&kind.id))
        .map(|kind| kind.id)
        .collect()
}

async fn created(case: &Case, desk: &Desk, (kind, name, number): (&str, &str, &str), call: Option<CallId>) -> Contact {
    let new = draft(case, kind, name, Some(number));
    match desk.engine.create(new, call, false).await.unwrap() {
        Created::Contact(contact) => *contact,
        other => panic!("{other:?}"),
    }
}

fn shown(view: &CallView) -> Vec<ContactRef> {
    let records = view.lookup.matches.iter().flat_map(|group| group.records());
    records.map(|contact| contact.id.clone()).collect()
}

async fn until_twins(desk: &Desk, call: CallId) -> CallView {
    desk.until(call, |view| !view.twins.is_empty()).await
}
