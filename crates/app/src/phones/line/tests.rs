#![allow(clippy::unwrap_used, clippy::panic)]

use async_trait::async_trait;
use ringside_domain::{CallEvent, CallSource, Error, Now, Result, SourceId, Steady, Timestamp};

use super::*;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(43_200_000),
            steady: Steady::default(),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

#[derive(Clone)]
struct Nowhere;

impl EventSink for Nowhere {
    fn event(&self, _: CallEvent) {}

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(self.clone())
    }
}

/// What a source does, as its whole life.
enum Life {
    Ready,
    /// Not there at first, and then it is.
    BackAfter(Duration),
    Down,
    Silent,
    Fails,
    Stopped,
    Panics,
    EndsByItself,
    /// Does not say goodbye in time.
    Clings,
}

struct Source {
    life: Life,
    health: watch::Sender<SourceState>,
}

fn trouble(words: &str) -> Trouble {
    Trouble {
        kind: Kind::Unavailable,
        message: words.to_owned(),
        hint: None,
        field: None,
    }
}

#[async_trait]
impl CallSource for Source {
    fn id(&self) -> SourceId {
        SourceId::new("phone/x")
    }

    async fn run(&mut self, _: Box<dyn EventSink>, stop: Stop) -> Result<()> {
        let ready = || drop(self.health.send_replace(SourceState::Ready { notes: Vec::new() }));
        let after = Duration::from_secs(1);
        let trouble_now = trouble("down");
        let broken = || {
            drop(self.health.send_replace(SourceState::Retrying {
                trouble: trouble_now.clone(),
                after,
            }))
        };
        match self.life {
            Life::Ready => ready(),
            Life::BackAfter(time) => {
                broken();
                tokio::time::sleep(time).await;
                ready();
            }
            Life::Down => broken(),
            Life::Silent => {}
            Life::Fails => return Err(Error::new(Kind::Invalid, "run", "no server").field("server")),
            Life::Stopped => {
                let trouble = trouble("in its own words");
                self.health.send_replace(SourceState::Stopped { trouble });
                return Err(Error::new(Kind::Internal, "run", "less said"));
            }
            Life::Panics => panic!("as it was told"),
            Life::EndsByItself => return Ok(()),
            Life::Clings => {
                ready();
                std::future::pending::<()>().await;
            }
        }
        stop.await;
        Ok(())
    }
}

fn start(life: Life) -> Arc<Line> {
    let (health, state) = watch::channel(SourceState::Off);
    let built = Built {
        source: Box::new(Source { life, health }),
        state,
        pin: None,
    };
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let house: Stop = std::future::pending().boxed().shared();
    Line::start(built, None, Box::new(Nowhere), house, &clock, || {})
}

async fn settled(line: &Line) -> Result<(), Unsettled> {
    line.settled(Duration::from_secs(15), Duration::from_secs(4)).await
}

#[tokio::test(start_paused = true)]
async fn a_phone_settles_or_says_why_not() {
    assert_eq!(settled(&start(Life::Ready)).await, Ok(()));
    assert_eq!(settled(&start(Life::BackAfter(Duration::from_secs(2)))).await, Ok(()));
    let late = start(Life::BackAfter(Duration::from_secs(9)));
    assert_eq!(settled(&late).await, Err(Unsettled::Broken(trouble("down"))));
    let began = tokio::time::Instant::now();
    assert_eq!(
        settled(&start(Life::Down)).await,
        Err(Unsettled::Broken(trouble("down")))
    );
    assert_eq!(began.elapsed().as_secs(), 4);
    assert_eq!(settled(&start(Life::Silent)).await, Err(Unsettled::Silent));
    assert_eq!(began.elapsed().as_secs(), 19);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_ends_says_so_in_words() {
    for (life, words, kind) in [
        (Life::Fails, "no server", Kind::Invalid),
        (Life::Stopped, "in its own words", Kind::Unavailable),
        (Life::Panics, "a fault of ours", Kind::Internal),
        (Life::EndsByItself, "ended by itself", Kind::Internal),
    ] {
        let line = start(life);
        let Err(Unsettled::Stopped(trouble)) = settled(&line).await else {
            panic!("{words}: it settled")
        };
        assert!(trouble.message.contains(words) && trouble.kind == kind, "{trouble:?}");
        assert!(line.is_troubled());
        line.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_line_is_off_and_one_that_clings_is_cut_off() {
    let line = start(Life::Ready);
    settled(&line).await.unwrap();
    assert_eq!(line.state().since, 43_200_000);
    line.stop().await;
    assert_eq!(line.state().source, SourceState::Off);
    let clings = start(Life::Clings);
    settled(&clings).await.unwrap();
    let began = tokio::time::Instant::now();
    clings.stop().await;
    assert_eq!(began.elapsed(), GOODBYE);
}
