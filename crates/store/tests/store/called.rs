//! A person whose record was called by another contact type when it was chosen: all of it is theirs.

use std::collections::HashMap;

use ringside_domain::{
    ConnectionId, ConnectionMemory as _, ContactIndex, EndReason, Journal as _, Timestamp,
    call::{Choice, ChosenBy},
    memory::about,
};
use ringside_store::{Store, Whose};

use crate::support::{call, contact, home, memory, over};

const NUMBER: &str = "+14155550100";
const ELSEWHERE: &str = "+14155550177";

/// Ada's record as it is found by number, and what was found by name under another word: as somebody of this name.
async fn house(name: &str) -> (Store, Whose, ringside_domain::Contact) {
    let store = memory();
    let mut now = contact("1", "Ada Wong", &[NUMBER]);
    now.id.contact_type = "Person".to_owned();
    let mut then = contact("1", name, &[]);
    then.id.contact_type = "contact".to_owned();
    let people = vec![now.clone(), then.clone()];
    store.remember(people, Timestamp(1), home("US")).await.unwrap();
    let mut one = over(call(1, ELSEWHERE), EndReason::Completed);
    one.choice = Some(Choice {
        contact: then.clone(),
        by: ChosenBy::Person,
    });
    store.save_call(one).await.unwrap();
    store
        .remember_choice(ELSEWHERE.to_owned(), Some(then.id.clone()), Timestamp(3))
        .await
        .unwrap();
    store
        .keep(
            &then.id.connection,
            &about(&then.id),
            "{\"name\":\"Ada Wong\"}".to_owned(),
        )
        .await
        .unwrap();
    let whose = Whose {
        contact: Some(now.id.clone()),
        number: None,
        home: home("US"),
        types: listed(&now.id.connection, &["Person", "Company"]),
    };
    (store, whose, then)
}

fn listed(connection: &ConnectionId, types: &[&str]) -> HashMap<ConnectionId, Vec<String>> {
    let types = types.iter().map(|one| (*one).to_owned()).collect();
    [(connection.clone(), types)].into()
}

/// Contacts, calls and choices that an erasure takes.
async fn erased(store: &Store, whose: Whose) -> (usize, usize, usize) {
    let found = store.person(whose.clone()).await.unwrap();
    let erased = store.erase_person(whose).await.unwrap();
    assert_eq!(found, erased, "what is shown is what is erased");
    (erased.contacts.len(), erased.calls.len(), erased.remembered)
}

#[tokio::test]
async fn under_a_type_that_nobody_lists_it_is_the_same_record() {
    let (store, whose, then) = house("ada wong").await;
    assert_eq!(erased(&store, whose).await, (2, 1, 1));
    let kept = store.recall(&then.id.connection, &about(&then.id)).await.unwrap();
    assert_eq!(kept, None);
    assert!(store.known(then.id).await.unwrap().is_none());
}

#[tokio::test]
async fn asked_for_by_the_other_word_it_is_the_same_record_too() {
    let (store, whose, then) = house("Ada Wong").await;
    let whose = Whose {
        contact: Some(then.id),
        ..whose
    };
    assert_eq!(erased(&store, whose).await, (2, 1, 1));
}

/// Their record in another CRM has the number of the one word, which the other word's record doesn't have.
async fn with_a_record_elsewhere() -> (Store, Whose, ringside_domain::Contact) {
    let (store, whose, then) = house("Ada Wong").await;
    let mut elsewhere = contact("7", "Ada Wong", &[NUMBER]);
    elsewhere.id.connection = ConnectionId::new("other");
    let mut somebody = contact("8", "Gus Marsh", &[NUMBER]);
    somebody.id.connection = ConnectionId::new("other");
    let people = vec![elsewhere, somebody];
    store.remember(people, Timestamp(1), home("US")).await.unwrap();
    (store, whose, then)
}

#[tokio::test]
async fn their_record_in_another_crm_goes_by_whichever_word_they_are_asked_for() {
    for by_the_other in [false, true] {
        let (store, mut whose, then) = with_a_record_elsewhere().await;
        if by_the_other {
            whose.contact = Some(then.id);
        }
        let first = whose.contact.clone();
        let found = store.person(whose.clone()).await.unwrap();
        assert_eq!(
            found.contacts.first().map(|one| one.id.clone()),
            first,
            "who was asked for is first"
        );
        assert_eq!(
            erased(&store, whose).await,
            (3, 1, 1),
            "by the other word: {by_the_other}"
        );
    }
}

/// One word's record has the number, and the other word's the e-mail that the record elsewhere shares.
#[tokio::test]
async fn what_is_known_under_each_word_is_known_of_one_person() {
    for by_the_other in [false, true] {
        let (store, mut whose, then) = with_a_record_elsewhere().await;
        let emails = vec!["ada@example.org".to_owned()];
        let mut elsewhere = contact("7", "A. Verdi", &[NUMBER]);
        elsewhere.id.connection = ConnectionId::new("other");
        let people = [elsewhere, then.clone()].map(|one| ringside_domain::Contact {
            emails: emails.clone(),
            ..one
        });
        store.remember(people.to_vec(), Timestamp(2), home("US")).await.unwrap();
        if by_the_other {
            whose.contact = Some(then.id);
        }
        assert_eq!(
            erased(&store, whose).await,
            (3, 1, 1),
            "by the other word: {by_the_other}"
        );
    }
}

/// A call in the list still has the word that the index has forgotten.
#[tokio::test]
async fn a_word_that_only_calls_know_leads_to_the_same_records() {
    let (store, whose, then) = with_a_record_elsewhere().await;
    ContactIndex::forget(&store, then.id.clone()).await.unwrap();
    let whose = Whose {
        contact: Some(then.id),
        ..whose
    };
    assert_eq!(erased(&store, whose).await, (2, 1, 1));
}

/// An index that has forgotten the other record leaves the calls.
#[tokio::test]
async fn a_call_alone_tells_the_other_word() {
    let (store, whose, then) = house("Ada Wong").await;
    ContactIndex::forget(&store, then.id).await.unwrap();
    assert_eq!(erased(&store, whose).await, (1, 1, 1));
}

#[tokio::test]
async fn without_the_index_calls_tell_the_name_too() {
    let (store, whose, then) = house("Ada Wong").await;
    let mut one = over(call(2, NUMBER), EndReason::Completed);
    let now = ringside_domain::Contact {
        id: whose.contact.clone().unwrap(),
        ..contact("1", "Ada Wong", &[])
    };
    for id in [now.id.clone(), then.id] {
        ContactIndex::forget(&store, id).await.unwrap();
    }
    one.choice = Some(Choice {
        contact: now,
        by: ChosenBy::Person,
    });
    store.save_call(one).await.unwrap();
    assert_eq!(erased(&store, whose).await, (0, 2, 1));
}

#[tokio::test]
async fn somebody_else_with_the_same_id_stays() {
    let (store, whose, then) = house("Gus Marsh").await;
    assert_eq!(erased(&store, whose.clone()).await, (1, 0, 0));
    assert!(store.known(then.id).await.unwrap().is_some());
}

/// The servers of one connector spell it `Contact` and `contact`.
#[tokio::test]
async fn spelt_with_another_case_it_is_the_same_record() {
    let (store, whose, _) = house("Ada Wong").await;
    let mut shouted = contact("1", "Ada Wong", &[]);
    shouted.id.contact_type = "PERSON".to_owned();
    store
        .remember(vec![shouted.clone()], Timestamp(1), home("US"))
        .await
        .unwrap();
    let types = HashMap::new();
    assert_eq!(erased(&store, Whose { types, ..whose }).await, (2, 0, 0));
    assert!(store.known(shouted.id).await.unwrap().is_none());
}

/// A person and a company of one name may have one id.
#[tokio::test]
async fn two_types_that_are_listed_are_two_records() {
    let (store, whose, then) = house("Ada Wong").await;
    for types in [&["Person", "contact"][..], &[]] {
        let types = listed(&then.id.connection, types);
        let whose = Whose { types, ..whose.clone() };
        assert_eq!(store.person(whose).await.unwrap().calls.len(), 0);
    }
    let types = listed(&then.id.connection, &["Person", "Contact"]);
    assert_eq!(erased(&store, Whose { types, ..whose }).await, (1, 0, 0));
}
