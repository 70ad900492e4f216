//! A place to look people up in, with what holds for every lookup, and a clock that follows tokio's.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ringside_domain::{
    Clock, ConnectionId, Connector, ContactIndex, ContactRef, Freshness, Now, Steady, Timestamp,
    phone::{self, Home},
    trace::Answer,
};
use ringside_engine::{
    Config, Connection,
    lookup::{Places, Question, lookup},
    view::{AskedState, Looked, LookupView, MatchGroup},
};
use tokio::time::Instant;

use crate::fakes::{Crm, Index, home};

/// Begins one second after the epoch and follows tokio's clock.
pub struct Time(Instant);

impl Clock for Time {
    fn now(&self) -> Now {
        let since = Duration::from_secs(1) + self.0.elapsed();
        Now {
            wall: Timestamp(since.as_millis().try_into().unwrap()),
            steady: Steady(since),
        }
    }

    fn zone(&self) -> String {
        "UTC".into()
    }
}

/// A place to look people up in.
pub struct Stage {
    pub crms: Vec<Arc<Crm>>,
    pub index: Arc<Index>,
    pub places: Places,
}

/// One lookup as somebody saw it: what was published when, and what came back when.
#[derive(Debug)]
pub struct Seen {
    pub published: Vec<(u128, LookupView)>,
    pub looked: Looked,
    pub took: Duration,
}

impl Stage {
    pub fn new(index: Index, crms: Vec<Crm>) -> Self {
        let (index, crms) = (Arc::new(index), crms.into_iter().map(Arc::new).collect::<Vec<_>>());
        let connections = crms.iter().map(|crm| Connection {
            connector: Arc::clone(crm) as Arc<dyn Connector>,
            logs_here: false,
            account: crm.info().connection.to_string(),
        });
        let places = Places {
            connections: connections.collect(),
            index: Arc::clone(&index) as Arc<dyn ContactIndex>,
            clock: Arc::new(Time(Instant::now())),
            config: Config {
                home: home(),
                ..Config::default()
            },
        };
        Self { crms, index, places }
    }

    pub async fn look(&self, caller: &str) -> Seen {
        self.ask(caller, Freshness::Cached, LookupView::default()).await
    }

    pub async fn refresh(&self, caller: &str, before: LookupView) -> Seen {
        self.ask(caller, Freshness::Live, before).await
    }

    /// Looks, and checks what holds for every lookup.
    pub async fn ask(&self, caller: &str, freshness: Freshness, before: LookupView) -> Seen {
        let reading = phone::read(caller, &home());
        let question = Question {
            call: None,
            reading: reading.clone(),
            freshness,
            before: before.clone(),
        };
        let begun = Instant::now();
        let published = Arc::new(Mutex::new(Vec::new()));
        let publish = {
            let published = Arc::clone(&published);
            move |view| published.lock().unwrap().push((begun.elapsed().as_millis(), view))
        };
        let looked = tokio::spawn(lookup(self.places.clone(), question, publish))
            .await
            .unwrap();
        let published = std::mem::take(&mut *published.lock().unwrap());
        let seen = Seen {
            published,
            looked,
            took: begun.elapsed(),
        };
        seen.check(&before, &reading, self.crms.len());
        seen
    }
}

impl Seen {
    fn check(&self, before: &LookupView, caller: &phone::Reading, connections: usize) {
        let (_, last) = self.published.last().expect("at least once");
        assert_eq!(*last, self.looked.lookup, "the last picture is the result");
        assert!(!last.running);
        assert!(
            last.asked
                .iter()
                .all(|asked| !matches!(asked.state, AskedState::Asking | AskedState::Slow))
        );
        assert!(
            self.published.windows(2).all(|pair| pair[0].1 != pair[1].1),
            "nothing is published twice"
        );
        assert!(
            self.published.len() <= 3 + 2 * connections,
            "{} pictures",
            self.published.len()
        );
        let mut shown = &before.matches;
        for (_, view) in &self.published {
            assert!(shown.len() <= view.matches.len(), "no row is removed");
            for (old, new) in shown.iter().zip(&view.matches) {
                // A row may be handed on to another record of the same person, when its own is gone from everywhere.
                let id = &old.best.contact.id;
                let is_there = view.matches.iter().flat_map(records).any(|now| now == id);
                assert!(records(new).any(|now| now == id) || !is_there, "rows stay in place");
            }
            shown = &view.matches;
            for group in &view.matches {
                let found = &group.best;
                let home = Home {
                    region: found.contact.region.or(home().region),
                    ..home()
                };
                let stored = phone::read(&found.contact.numbers[found.number].raw, &home);
                assert_eq!(
                    phone::compare(&stored, caller),
                    Some(found.grade),
                    "the grade is proved by our own comparison"
                );
            }
        }
        let words = format!(
            "{:?}",
            self.looked
                .trace
                .steps
                .iter()
                .map(|step| (&step.request, &step.answer))
                .collect::<Vec<_>>()
        );
        assert!(
            !words.contains("Meier") && !words.contains("0100"),
            "nobody's data in {words}"
        );
    }

    /// The state of each connection, and the names on the card.
    pub fn states(&self) -> Vec<AskedState> {
        self.looked
            .lookup
            .asked
            .iter()
            .map(|asked| asked.state.clone())
            .collect()
    }

    pub fn names(&self) -> Vec<&str> {
        names(&self.looked.lookup)
    }

    /// `request: answer`, in order, of one connection or the index.
    pub fn steps(&self, connection: Option<&str>) -> Vec<String> {
        let steps = self.looked.trace.steps.iter();
        let steps = steps.filter(|step| step.connection.as_ref().map(ConnectionId::as_str) == connection);
        steps
            .map(|step| match &step.answer {
                Answer::Found { records, verified } => format!("{}: {verified} of {records}", step.request),
                Answer::Failed { kind, .. } => format!("{}: {}", step.request, kind.code()),
                Answer::Skipped { reason } | Answer::Odd { reason } => format!("{}: {reason}", step.request),
            })
            .collect()
    }
}

pub fn names(view: &LookupView) -> Vec<&str> {
    view.matches
        .iter()
        .map(|group| group.best.contact.name.as_str())
        .collect()
}

pub fn records(group: &MatchGroup) -> impl Iterator<Item = &ContactRef> {
    std::iter::once(&group.best.contact.id).chain(group.also.iter().map(|contact| &contact.id))
}
