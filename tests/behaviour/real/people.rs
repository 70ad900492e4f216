//! The people of `tests/real/people.tsv`: who calls, whichever way their numbers are written.

use std::{collections::BTreeSet, fs, path::Path, pin::Pin, sync::Arc};

use ringside_domain::{Connector, Kind};

use super::{
    Server,
    connect::{Way, connect},
    server::{self, RealCrm},
};
use crate::{
    asking::{Steady, cx, draft_for, failure, forms, has, is_same, none_failed, query},
    crm::Planted,
};

type Test = fn(Desk) -> Pin<Box<dyn Future<Output = ()>>>;

pub const ALL: &[(&str, Test)] = &[
    ("people::it_says_whose_account_it_is", |desk| {
        Box::pin(it_says_whose_account_it_is(desk))
    }),
    ("people::it_finds_who_calls_and_nobody_else", |desk| {
        Box::pin(it_finds_who_calls_and_nobody_else(desk))
    }),
    ("people::it_finds_everybody_however_their_number_is_written", |desk| {
        Box::pin(it_finds_everybody(desk))
    }),
    ("people::a_company_calls", |desk| Box::pin(a_company_calls(desk))),
    ("people::it_finds_by_name_and_reads", |desk| {
        Box::pin(it_finds_by_name_and_reads(desk))
    }),
    ("people::somebody_new_is_stored_as_typed_and_found", |desk| {
        Box::pin(somebody_new_is_stored_as_typed_and_found(desk))
    }),
    ("people::hostile_names_find_nobody", |desk| {
        Box::pin(hostile_names_find_nobody(desk))
    }),
    ("people::a_wrong_key_is_said", |desk| {
        Box::pin(a_wrong_key_is_said(desk))
    }),
    ("people::what_it_does_not_take_is_said", |desk| {
        Box::pin(what_it_does_not_take_is_said(desk))
    }),
];

/// A connection to a server on which everybody is, and nobody else.
pub struct Desk {
    server: &'static Server,
    connector: Arc<dyn Connector>,
    locked_out: Arc<dyn Connector>,
}

impl Desk {
    pub async fn new(server: &'static Server, words: &[String]) -> Self {
        let way = Way::of(words);
        if server.kind != server::Kind::ReadOnly {
            let crm = RealCrm::new(server.kind, &way).await;
            crm.wipe().await;
            for person in people() {
                crm.try_plant(&person.planted()).await;
            }
        }
        Self {
            server,
            connector: connect(server, &way).await.connector,
            locked_out: connect(server, &way.locked_out()).await.connector,
        }
    }
}

struct Person(Vec<String>);

/// In the order of the file's first line: given, family, company, email, phone, mobile, type, why.
fn people() -> Vec<Person> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("real/people.tsv");
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().skip(1).filter(|line| !line.is_empty());
    lines
        .map(|line| Person(line.split('\t').map(str::to_owned).collect()))
        .collect()
}

impl Person {
    fn numbers(&self) -> Vec<String> {
        let numbers = self.0[4..6].iter();
        numbers.filter(|number| !number.is_empty()).cloned().collect()
    }

    fn planted(&self) -> Planted {
        Planted {
            kind: String::new(),
            given: self.0[0].clone(),
            family: self.0[1].clone(),
            company: Some(self.0[2].clone()),
            email: Some(self.0[3].clone()),
            numbers: self.numbers(),
        }
    }
}

async fn it_says_whose_account_it_is(desk: Desk) {
    let account = desk.connector.check(cx()).await.unwrap();
    assert!(!account.id.is_empty() && !account.name.is_empty(), "{account:?}");
}

async fn it_finds_who_calls_and_nobody_else(desk: Desk) {
    let number = "+14155550100";
    let found = desk.connector.find_contact(cx(), forms(number)).await.unwrap();
    none_failed(&found);
    let proved: Vec<_> = found.contacts.iter().filter(|contact| has(contact, number)).collect();
    let names: Vec<&str> = proved.iter().map(|contact| contact.name.as_str()).collect();
    assert_eq!(names, ["Ada Paren"], "and not who has the same last seven digits");
    let nobody = desk.connector.find_contact(cx(), forms("+16465550177")).await.unwrap();
    none_failed(&nobody);
    assert!(nobody.contacts.is_empty(), "{nobody:?}");
}

/// Each by the number as their own country dials it. Who is missed has to be in the list, so that it stays true.
async fn it_finds_everybody(desk: Desk) {
    let mut missed = BTreeSet::new();
    for person in people() {
        for number in person.numbers() {
            let called = match (person.0[1].as_str(), number.strip_prefix('0')) {
                ("Londonlocal", Some(rest)) => format!("+44{rest}"),
                (_, Some(rest)) => format!("+49{rest}"),
                _ => number.split(" ext").next().unwrap().replace("(0)", ""),
            };
            let found = desk.connector.find_contact(cx(), forms(&called)).await.unwrap();
            none_failed(&found);
            let name = person.planted().name();
            if !found.contacts.iter().any(|contact| contact.name == name) {
                missed.insert(format!("{name}: {number}"));
            }
        }
    }
    let known: BTreeSet<String> = desk.server.misses.iter().map(|(who, _)| (*who).to_owned()).collect();
    assert_eq!(missed, known, "whom it misses, and whom the list says that it misses");
}

/// Where companies can be told apart from people.
async fn a_company_calls(desk: Desk) {
    let Some(company) = desk.connector.info().types.into_iter().find(|kind| kind.is_company) else {
        return;
    };
    let number = "+16285550190";
    let found = desk.connector.find_contact(cx(), forms(number)).await.unwrap();
    none_failed(&found);
    let [contact] = found.contacts.as_slice() else {
        panic!("{:?}", found.contacts)
    };
    assert_eq!(
        (contact.name.as_str(), &contact.id.contact_type),
        ("Acme Ltd", &company.id)
    );
    assert!(has(contact, number), "{contact:?}");
}

async fn it_finds_by_name_and_reads(desk: Desk) {
    let nobody = desk
        .connector
        .find_contact_with_name(cx(), query("zzyzx"))
        .await
        .unwrap();
    none_failed(&nobody);
    assert!(nobody.contacts.is_empty(), "{nobody:?}");
    for (text, name) in [
        ("Paren", "Ada Paren"),
        ("O'Brien", "Pat O'Brien"),
        ("Ünïcode", "Zoë Ünïcode"),
    ] {
        let found = desk.connector.find_contact_with_name(cx(), query(text)).await.unwrap();
        none_failed(&found);
        let [contact] = found.contacts.as_slice() else {
            panic!("{text} found {:?}", found.contacts)
        };
        assert_eq!(contact.name, name);
        let read = desk.connector.get_contact(cx(), contact.id.clone()).await.unwrap();
        assert_eq!((&read.id, read.name.as_str()), (&contact.id, name));
        assert!(!read.numbers.is_empty(), "{read:?}");
        for number in &contact.numbers {
            assert!(
                read.numbers.iter().any(|one| is_same(&one.raw, &number.raw)),
                "{read:?}"
            );
        }
    }
}

/// Among everybody else, with what is more than it seems in every field.
async fn somebody_new_is_stored_as_typed_and_found(desk: Desk) {
    if desk.server.kind == server::Kind::ReadOnly {
        return;
    }
    let info = desk.connector.info();
    let fields: Vec<&str> = info.types[0].fields.iter().map(|field| field.name.as_str()).collect();
    for (at, name) in NEW.iter().enumerate() {
        let number = format!("+1415555018{at}");
        let mut new = draft_for(info.connection.clone(), &info.types[0].id, name, Some(&number));
        new.company = fields.contains(&"company").then(|| format!("{name} & Söhne"));
        new.email = fields.contains(&"email").then(|| format!("new{at}@example.com"));
        let created = desk.connector.create_contact(cx(), new.clone()).await;
        let created = created.unwrap_or_else(|error| panic!("{name:?}: {error:?}"));
        let read = desk.connector.get_contact(cx(), created.id.clone()).await.unwrap();
        assert_eq!((read.name.as_str(), &read.company), (*name, &new.company));
        assert_eq!(read.emails, new.email.into_iter().collect::<Vec<_>>());
        let found = desk.connector.find_contact(cx(), forms(&number)).await.unwrap();
        none_failed(&found);
        let ids: Vec<_> = found.contacts.iter().map(|contact| &contact.id).collect();
        assert_eq!(ids, [&created.id], "{name:?}");
    }
}

const NEW: &[&str] = &[
    "José \"Pepe\" O'Hara",
    "Robert'); DROP TABLE contacts;--",
    "<script>alert(1)</script> &amp; {{ secret.token }}",
    "%% __ \\ x' OR '1'='1",
    "👩‍👩‍👧 李小龍",
];

async fn hostile_names_find_nobody(desk: Desk) {
    for text in [
        "x' OR '1'='1",
        "x\" OR name:*",
        "x%_x",
        "\\\" \\\\",
        "zz{{ 7 }}zz",
        "a\nb\tc☎",
    ] {
        let found = desk.connector.find_contact_with_name(cx(), query(text)).await;
        let found = found.unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
        none_failed(&found);
        assert!(found.contacts.is_empty(), "{text:?}: {found:?}");
    }
}

async fn a_wrong_key_is_said(desk: Desk) {
    let error = failure(desk.locked_out.find_contact(cx(), forms("+14155550100")).await);
    assert!(matches!(error.kind, Kind::SignInNeeded | Kind::Forbidden), "{error:?}");
    assert!(!format!("{error:?}").contains("wrong-planted-key"), "{error:?}");
}

/// A server that only reads refuses what is written to it, and that is an error for a person, not a success.
async fn what_it_does_not_take_is_said(desk: Desk) {
    if desk.server.kind != server::Kind::ReadOnly {
        return;
    }
    let info = desk.connector.info();
    let new = draft_for(
        info.connection,
        &info.types[0].id,
        "Dana Newperson",
        Some("+14155550188"),
    );
    let error = desk.connector.create_contact(cx(), new).await.unwrap_err();
    assert_eq!(
        (error.kind, error.may_have_happened),
        (Kind::Internal, false),
        "{error:?}"
    );
    let found = desk.connector.find_contact(cx(), forms("+14155550100")).await.unwrap();
    let entry = crate::asking::entry_for(&found.contacts[0].id, "hello");
    let steady = Arc::new(Steady::default());
    let error = desk.connector.log_call(cx(), entry, steady.clone()).await.unwrap_err();
    assert!(
        !error.may_have_happened && steady.begun.lock().unwrap().is_empty(),
        "{error:?}"
    );
}
