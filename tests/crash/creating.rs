//! Killed while the caller is being created, and again while the call is logged on who that is.

use std::sync::Arc;

use ringside_tests::{Act, Answer, Hold, LoopbackCrm, Route};

use crate::{
    life::{Death, Deed, Life, Made, Profile, SETTLES},
    verdict::Verdict,
};

#[derive(Clone, Copy, Debug)]
enum Point {
    /// After something became durable.
    Line(&'static str),
    /// The CRM has the request, and it takes effect now or a while after the death.
    Receipt { late: bool },
    /// It never does.
    Lost,
    /// The CRM did it and said nothing yet.
    Commit,
    /// So many bytes of the answer are out.
    Bytes(usize),
}

const POINTS: [Point; 12] = [
    Point::Line("creation waiting"),
    Point::Line("note 2"),
    Point::Line("creation sent"),
    Point::Receipt { late: false },
    Point::Receipt { late: true },
    Point::Lost,
    Point::Commit,
    Point::Bytes(0),
    Point::Bytes(112),
    Point::Line("creation created"),
    Point::Line("owed"),
    Point::Line("creation finished"),
];

pub fn runs() -> Vec<impl Future<Output = Verdict> + Send + 'static> {
    let all = [Made::Code, Made::Manifest].into_iter();
    all.flat_map(|connector| POINTS.map(|point| run(connector, point)))
        .collect()
}

async fn run(connector: Made, point: Point) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let crm = LoopbackCrm::start(true).await;
    let profile = Profile {
        store: folder.path().join("ringside.db"),
        key: 1,
        crm: crm.url(),
        searchable: true,
        steps: 1,
        deed: Deed::Creates,
        connector,
        provider: None,
    };
    let hold = Arc::new(Hold::default());
    let at = || Some(Arc::clone(&hold));
    let act = Act::default();
    let act = match point {
        Point::Line(_) => None,
        Point::Receipt { late } => Some(Act {
            at_receipt: at(),
            delay: if late { SETTLES / 2 } else { std::time::Duration::ZERO },
            ..act
        }),
        Point::Lost => Some(Act {
            at_receipt: at(),
            lost: true,
            ..act
        }),
        Point::Commit => Some(Act { at_commit: at(), ..act }),
        Point::Bytes(bytes) => Some(Act {
            answer: Answer::Held(bytes, Arc::clone(&hold)),
            ..act
        }),
    };
    let death = match point {
        Point::Line(line) => Death::AtLine(line.into()),
        _ => Death::At(hold),
    };
    if let Some(act) = act {
        crm.plan(Route::Create, act);
    }
    let lives = vec![profile.live(&death).await, profile.live(&Death::Never).await];
    judge(point, &profile, &lives, &crm)
}

fn judge(point: Point, profile: &Profile, lives: &[Life], crm: &LoopbackCrm) -> Verdict {
    let (people, logs) = (crm.people(), crm.logs());
    let mut verdict = Verdict {
        name: format!("{point:?}, {:?}", profile.connector),
        deaths: lives.iter().filter(|life| life.killed).count(),
        wrong: lives.iter().find_map(|life| life.trouble.clone()),
        ..Verdict::default()
    };
    if !lives[0].killed {
        verdict.wrong.get_or_insert("it was not killed".into());
    }
    if people.len() > 1 || logs.len() > 1 {
        verdict.doubled = Some(format!("{} contacts, {} logs", people.len(), logs.len()));
    }
    let whole: String = (1..=profile.pieces()).map(|piece| format!("note {piece} ")).collect();
    match lives.last().and_then(Life::ended) {
        Some(end) if end.starts_with("logged ") => match (&*people, &*logs) {
            ([person], [log])
                if log.contact.as_deref() == Some(&*person.id) && profile.connector.kept(&log.note, &whole) => {}
            other => verdict.lost = Some(format!("{other:?}")),
        },
        // Only a person can tell a request that never took effect from one that never went out.
        Some(end) if end.starts_with("unsure creation") && people.is_empty() => {
            verdict.unsure = true;
            // It goes out beside the notes, so that it may be out at any of them.
            let died_creating = |life: &Life| {
                let last = life.lines.iter().rfind(|line| line.starts_with("creation "));
                life.killed && last.is_some_and(|line| line == "creation sent")
            };
            let is_at_it = matches!(point, Point::Lost | Point::Line("creation sent"));
            if !is_at_it && !lives.iter().any(died_creating) {
                verdict.wrong = Some("unsure for nothing".into());
            }
        }
        other => verdict.wrong = Some(format!("it ended {other:?}")),
    }
    verdict
}
