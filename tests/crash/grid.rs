//! Killed once at each point that matters, for every kind of CRM.

use std::sync::Arc;

use ringside_tests::{Act, Answer, Hold, Route};

use crate::{
    life::{Death, Deed, Made, Profile, SETTLES, crm_of_two},
    verdict::{Run, Verdict},
};

#[derive(Clone, Copy, Debug)]
enum Point {
    /// After something became durable.
    Line(&'static str),
    /// The CRM has the request and did nothing yet.
    Receipt(Route),
    /// The same, and it takes effect a while after the death.
    Late(Route),
    /// The CRM did it and said nothing yet.
    Commit(Route),
    /// So many bytes of the answer are out.
    Bytes(Route, usize),
}

/// Bytes of an answer: none, within the status line, within the headers, around their end, within the body, all.
const BYTES: [usize; 9] = [0, 1, 9, 17, 60, 112, 113, 120, 10_000];

fn points(steps: u8) -> Vec<Point> {
    let lines = [
        "call",
        "note 1",
        "note 3",
        "note 4",
        "owed",
        "step log sent",
        "step log answered",
        "step link sent",
        "step link answered",
        "write logged",
    ];
    let routes: &[Route] = if steps == 2 {
        &[Route::Log, Route::Link]
    } else {
        &[Route::Log]
    };
    let lines = lines
        .into_iter()
        .filter(|line| steps == 2 || !line.contains("link"))
        .map(Point::Line);
    let requests = routes.iter().flat_map(|route| {
        let bytes = BYTES.into_iter().map(|bytes| Point::Bytes(*route, bytes));
        let requests = [Point::Receipt(*route), Point::Late(*route), Point::Commit(*route)];
        requests.into_iter().chain(bytes)
    });
    lines.chain(requests).collect()
}

/// The same while a log that is there is changed.
fn points_of_move() -> Vec<Point> {
    let lines = ["note 5", "owed update", "update logged"].map(Point::Line);
    let requests = [
        Point::Receipt(Route::Update),
        Point::Late(Route::Update),
        Point::Commit(Route::Update),
    ];
    let bytes = BYTES.map(|bytes| Point::Bytes(Route::Update, bytes));
    lines.into_iter().chain(requests).chain(bytes).collect()
}

pub fn moves() -> Vec<impl Future<Output = Verdict> + Send + 'static> {
    let one_step = ways().into_iter().filter(|way| way.steps == 1);
    all(one_step, Deed::Moves, |_| points_of_move())
}

/// The same while a log is on its way that is wanted otherwise by then.
fn points_of_wish() -> Vec<Point> {
    let lines = ["write wanted", "write logged", "owed update", "update logged"].map(Point::Line);
    let requests = [
        Point::Receipt(Route::Update),
        Point::Late(Route::Update),
        Point::Commit(Route::Update),
    ];
    let bytes = BYTES.map(|bytes| Point::Bytes(Route::Update, bytes));
    lines.into_iter().chain(requests).chain(bytes).collect()
}

pub fn wishes() -> Vec<impl Future<Output = Verdict> + Send + 'static> {
    all(ways(), Deed::Wishes, |_| points_of_wish())
}

pub fn runs() -> Vec<impl Future<Output = Verdict> + Send + 'static> {
    all(ways(), Deed::Nothing, |way| points(way.steps))
}

/// How a CRM can be, and what speaks with it.
#[derive(Clone, Copy, Debug)]
struct Way {
    connector: Made,
    searchable: bool,
    steps: u8,
    /// Its provider gives the call an id, which all machines know.
    shared: bool,
}

fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for searchable in [true, false] {
        for steps in [1, 2] {
            for (connector, shared) in [(Made::Code, true), (Made::Code, false), (Made::Manifest, true)] {
                ways.push(Way {
                    connector,
                    searchable,
                    steps,
                    shared,
                });
            }
        }
    }
    ways
}

fn all(
    ways: impl IntoIterator<Item = Way>,
    deed: Deed,
    points: impl Fn(Way) -> Vec<Point>,
) -> Vec<impl Future<Output = Verdict> + Send + 'static> {
    let ways = ways.into_iter();
    ways.flat_map(|way| points(way).into_iter().map(move |point| run(way, deed, point)))
        .collect()
}

async fn run(way: Way, deed: Deed, point: Point) -> Verdict {
    let Way {
        connector,
        searchable,
        steps,
        shared,
    } = way;
    let folder = tempfile::tempdir().unwrap();
    let crm = crm_of_two(searchable).await;
    let profile = Profile {
        store: folder.path().join("ringside.db"),
        key: 1,
        crm: crm.url(),
        searchable,
        steps,
        deed,
        connector,
        provider: shared.then(|| "call-1@pbx.example".into()),
    };
    let hold = Arc::new(Hold::default());
    let death = match point {
        Point::Line(line) => Death::AtLine(line.into()),
        _ => Death::At(Arc::clone(&hold)),
    };
    if deed == Deed::Wishes {
        // Time to wish for something else.
        let delay = SETTLES / 2;
        crm.plan(
            Route::Log,
            Act {
                delay,
                ..Act::default()
            },
        );
    }
    match point {
        Point::Line(_) => {}
        Point::Receipt(route) => crm.plan(
            route,
            Act {
                at_receipt: Some(hold),
                ..Act::default()
            },
        ),
        Point::Late(route) => crm.plan(
            route,
            Act {
                at_receipt: Some(hold),
                delay: SETTLES / 2,
                ..Act::default()
            },
        ),
        Point::Commit(route) => crm.plan(
            route,
            Act {
                at_commit: Some(hold),
                ..Act::default()
            },
        ),
        Point::Bytes(route, bytes) => crm.plan(
            route,
            Act {
                answer: Answer::Held(bytes, hold),
                ..Act::default()
            },
        ),
    }
    let lives = vec![profile.live(&death).await, profile.live(&Death::Never).await];
    let killed = lives[0].killed;
    let name = format!("{point:?}, {way:?}");
    let mut verdict = Run {
        name,
        profiles: vec![(profile, lives)],
    }
    .judge(&crm);
    if !killed && !matches!(point, Point::Bytes(_, 10_000)) {
        verdict.wrong.get_or_insert("it was not killed".into());
    }
    verdict
}
