#![allow(clippy::unwrap_used)]
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::*;

fn turnstile(per_second: Option<f64>, per_minute: Option<f64>, concurrency: Option<usize>) -> Arc<Turnstile> {
    Arc::new(Turnstile::new(&Budget {
        per_second,
        per_minute,
        concurrency,
    }))
}

fn in_seconds(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// The `place`-th request of an errand.
const fn turn(errand: u64, place: usize) -> Turn {
    Turn {
        errand,
        place,
        insists: false,
    }
}

/// A request that nothing else belongs to.
fn alone() -> Turn {
    static NEXT: AtomicU64 = AtomicU64::new(1_000);
    turn(NEXT.fetch_add(1, Ordering::Relaxed), 0)
}

/// Goes through and is answered at once.
async fn goes(turnstile: &Arc<Turnstile>, turn: Turn, seconds: u64) -> Result<(), NoTurn> {
    turnstile.enter(turn, in_seconds(seconds)).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn no_second_sees_more_than_its_worth() {
    let turnstile = turnstile(Some(4.0), None, None);
    let began = Instant::now();
    let one = async {
        goes(&turnstile, alone(), 60).await.unwrap();
        began.elapsed()
    };
    let mut times = vec![one.await];
    let others = (0..19).map(|_| async {
        goes(&turnstile, alone(), 60).await.unwrap();
        began.elapsed()
    });
    times.extend(join_all(others).await);
    times.sort();
    assert!(
        times.windows(5).all(|five| five[4] - five[0] >= Duration::from_secs(1)),
        "{times:?}"
    );
    assert!(
        times[19] < Duration::from_millis(4_400),
        "and no slower than it must be: {times:?}"
    );
}

/// A new connection's handshake holds up the first bunch; the second has a connection already.
#[tokio::test(start_paused = true)]
async fn a_bunch_that_arrives_late_does_not_meet_the_next_one() {
    for held_up in [300, 450] {
        let turnstile = turnstile(Some(8.0), None, None);
        let (began, arrivals) = (Instant::now(), Mutex::new(Vec::new()));
        let requests = (0..40).map(|place| {
            let (turnstile, arrivals) = (&turnstile, &arrivals);
            async move {
                let _pass = turnstile.enter(turn(1, place), in_seconds(60)).await.unwrap();
                let on_its_way = if place < 8 { held_up } else { 5 };
                sleep(Duration::from_millis(on_its_way)).await;
                arrivals.lock().unwrap().push(began.elapsed());
                sleep(Duration::from_millis(20)).await;
            }
        });
        join_all(requests).await;
        let arrivals = arrivals.into_inner().unwrap();
        assert_eq!(arrivals.len(), 40);
        assert!(
            arrivals
                .windows(9)
                .all(|nine| nine[8] - nine[0] > Duration::from_secs(1)),
            "{arrivals:?}"
        );
        assert!(arrivals[39] < Duration::from_millis(5_000), "{arrivals:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_holds_nobody_up_for_long() {
    let turnstile = turnstile(Some(2.0), None, None);
    let never = join_all((0..2).map(|place| turnstile.enter(turn(1, place), in_seconds(60)))).await;
    let began = Instant::now();
    goes(&turnstile, alone(), 60).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(1_600), "{:?}", began.elapsed());
    drop(never);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_is_said_at_once() {
    let turnstile = turnstile(None, Some(2.0), None);
    let began = Instant::now();
    for _ in 0..2 {
        goes(&turnstile, alone(), 3).await.unwrap();
    }
    let refused = goes(&turnstile, alone(), 3).await.unwrap_err();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(
        matches!(refused, NoTurn::After(wait) if (60..63).contains(&wait.as_secs())),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_has_passed_is_no_fault_of_the_budget() {
    let turnstile = turnstile(None, None, None);
    assert_eq!(goes(&turnstile, alone(), 0).await, Err(NoTurn::Late));
    let limited = self::turnstile(Some(1.0), None, None);
    assert_eq!(goes(&limited, alone(), 0).await, Err(NoTurn::Late));
}

#[tokio::test(start_paused = true)]
async fn who_is_dropped_gives_the_place_back() {
    let turnstile = turnstile(Some(1.0), None, None);
    goes(&turnstile, alone(), 9).await.unwrap();
    let waiting = turnstile.enter(alone(), in_seconds(9));
    assert!(tokio::time::timeout(Duration::from_millis(100), waiting).await.is_err());
    let began = Instant::now();
    goes(&turnstile, alone(), 9).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(1_000), "{:?}", began.elapsed());
}

/// Those behind somebody who gives up move up, whatever they were told before.
#[tokio::test(start_paused = true)]
async fn those_behind_somebody_who_gives_up_move_up() {
    let turnstile = turnstile(Some(2.0), None, None);
    let began = Instant::now();
    let strangers = (0..10).map(|place| goes(&turnstile, turn(1, place), 60));
    let last = async {
        sleep(Duration::from_millis(10)).await;
        goes(&turnstile, turn(2, 20), 60).await.unwrap();
        began.elapsed()
    };
    let given_up = async {
        let _ = tokio::time::timeout(Duration::from_millis(1_100), join_all(strangers)).await;
    };
    let (took, ()) = tokio::join!(last, given_up);
    assert!(took < Duration::from_millis(2_200), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_requests_of_a_new_errand_go_before_the_rest_of_an_old_one() {
    let turnstile = turnstile(Some(4.0), None, None);
    let began = Instant::now();
    let stranger = join_all((0..20).map(|place| goes(&turnstile, turn(1, place), 60)));
    let known = async {
        sleep(Duration::from_millis(50)).await;
        join_all((0..2).map(|place| goes(&turnstile, turn(2, place), 60))).await;
        began.elapsed()
    };
    let (_, took) = tokio::join!(stranger, known);
    assert!(took < Duration::from_millis(1_100), "{took:?}");
    assert!(began.elapsed() > Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn one_errand_leaves_a_place_for_others() {
    let turnstile = turnstile(None, None, Some(4));
    let held = join_all((0..3).map(|place| turnstile.enter(turn(1, place), in_seconds(9)))).await;
    assert!(held.iter().all(Result::is_ok));
    assert_eq!(goes(&turnstile, turn(1, 3), 1).await, Err(NoTurn::Busy));
    // Behind it in the line, and yet before it.
    let fourth = goes(&turnstile, turn(1, 3), 5);
    let other = async {
        sleep(Duration::from_millis(10)).await;
        goes(&turnstile, turn(2, 9), 1).await
    };
    let (fourth, other) = tokio::join!(fourth, other);
    assert_eq!((fourth, other), (Err(NoTurn::Busy), Ok(())));
}

#[tokio::test(start_paused = true)]
async fn so_many_at_a_time_and_rest_when_asked_for() {
    let turnstile = turnstile(None, None, Some(1));
    let pass = turnstile.enter(alone(), in_seconds(9)).await.unwrap();
    assert_eq!(goes(&turnstile, alone(), 1).await, Err(NoTurn::Busy));
    drop(pass);
    turnstile.rest(Duration::from_secs(5));
    assert!(
        matches!(turnstile.enter(alone(), in_seconds(2)).await, Err(NoTurn::After(wait)) if wait > Duration::from_secs(4))
    );
    let began = Instant::now();
    goes(&turnstile, alone(), 9).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn who_insists_is_not_kept_by_a_rest_and_can_end_it() {
    let turnstile = turnstile(Some(4.0), None, None);
    turnstile.rest(Duration::from_secs(3_600));
    let began = Instant::now();
    assert!(matches!(goes(&turnstile, alone(), 9).await, Err(NoTurn::After(_))));
    let insists = Turn {
        insists: true,
        ..alone()
    };
    goes(&turnstile, insists, 9).await.unwrap();
    assert!(matches!(goes(&turnstile, alone(), 9).await, Err(NoTurn::After(_))));
    turnstile.end_rest();
    goes(&turnstile, alone(), 9).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
}
