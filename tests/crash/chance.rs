//! Killed at any time, several times, by a CRM that misbehaves as well. Every run comes from its seed.

use std::{env, sync::Arc, time::Duration};

use ringside_tests::{Act, Answer, Hold, LoopbackCrm, Route};

use crate::{
    life::{Death, Deed, Life, Made, Profile, crm_of_two},
    verdict::{Run, Verdict},
};

/// Seeded runs where nobody asks for more.
const RUNS: u64 = 200;
/// Lives after which a run has to be over; the last ones are not disturbed.
const LIVES: usize = 4;

/// SplitMix64: the same numbers from the same seed, everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn made(&mut self) -> Made {
        if self.one_in(2) { Made::Code } else { Made::Manifest }
    }

    fn route(&mut self) -> Route {
        [Route::Log, Route::Log, Route::Log, Route::Link, Route::Find][usize::try_from(self.below(5)).unwrap()]
    }

    fn act(&mut self) -> Act {
        let answer = match self.below(7) {
            0 => Answer::Status(500),
            1 => Answer::Status(503),
            2 => Answer::Limited(0),
            3 => Answer::Cut(usize::try_from(self.below(140)).unwrap()),
            _ => Answer::Whole,
        };
        // A status below 500 is a clear no, and a whole answer a yes: the CRM does not lie.
        let lost = match answer {
            Answer::Limited(_) => true,
            Answer::Status(_) => self.one_in(2),
            _ => false,
        };
        Act {
            delay: Duration::from_millis(self.below(100)),
            lost,
            answer,
            ..Act::default()
        }
    }

    fn death(&mut self, crm: &LoopbackCrm) -> Death {
        let hold = Arc::new(Hold::default());
        match self.below(6) {
            0 => crm.plan(
                self.route(),
                Act {
                    at_receipt: Some(hold.clone()),
                    delay: Duration::from_millis(self.below(300)),
                    ..Act::default()
                },
            ),
            1 => crm.plan(
                self.route(),
                Act {
                    at_commit: Some(hold.clone()),
                    ..Act::default()
                },
            ),
            2 => {
                let bytes = usize::try_from(self.below(140)).unwrap();
                crm.plan(
                    self.route(),
                    Act {
                        answer: Answer::Held(bytes, hold.clone()),
                        ..Act::default()
                    },
                );
            }
            _ => return Death::After(Duration::from_millis(self.below(400))),
        }
        Death::At(hold)
    }
}

fn seeds() -> Vec<u64> {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    match number("RINGSIDE_CRASH_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("RINGSIDE_CRASH_RUNS").unwrap_or(RUNS)).collect(),
    }
}

pub fn runs() -> Vec<impl Future<Output = Verdict> + Send + 'static> {
    seeds().into_iter().map(run).collect()
}

/// A fifth as many pairs of profiles.
pub fn pairs() -> Vec<impl Future<Output = Verdict> + Send + 'static> {
    let seeds = seeds();
    let some = seeds.len().div_ceil(5);
    seeds.into_iter().take(some).map(pair).collect()
}

async fn run(seed: u64) -> Verdict {
    let mut chance = Chance(seed);
    let folder = tempfile::tempdir().unwrap();
    let searchable = !chance.one_in(4);
    let crm = crm_of_two(searchable).await;
    let connector = chance.made();
    let profile = Profile {
        store: folder.path().join("ringside.db"),
        key: 1,
        crm: crm.url(),
        searchable,
        steps: if chance.one_in(2) { 1 } else { 2 },
        deed: Deed::Nothing,
        connector,
        provider: chance.one_in(2).then(|| format!("call-{seed}@pbx.example")),
    };
    let lives = lives(&profile, &crm, &mut chance).await;
    Run {
        name: format!("seed {seed}"),
        profiles: vec![(profile, lives)],
    }
    .judge(&crm)
}

/// Two machines of one user see the same call and log it in the same account at the same time.
async fn pair(seed: u64) -> Verdict {
    let mut chance = Chance(seed ^ 0x5bd1_e995);
    let folder = tempfile::tempdir().unwrap();
    let crm = crm_of_two(true).await;
    let connector = chance.made();
    let one = Profile {
        store: folder.path().join("one.db"),
        key: 1,
        crm: crm.url(),
        searchable: true,
        steps: if chance.one_in(2) { 1 } else { 2 },
        deed: Deed::Nothing,
        connector,
        provider: Some(format!("call-{seed}@pbx.example")),
    };
    let other = Profile {
        store: folder.path().join("other.db"),
        key: 2,
        ..one.clone()
    };
    let mut others = Chance(seed ^ 0x1234_5678);
    let (ones, others) = tokio::join!(lives(&one, &crm, &mut chance), lives(&other, &crm, &mut others));
    Run {
        name: format!("pair {seed}"),
        profiles: vec![(one, ones), (other, others)],
    }
    .judge(&crm)
}

async fn lives(profile: &Profile, crm: &LoopbackCrm, chance: &mut Chance) -> Vec<Life> {
    let mut lives = Vec::new();
    for disturbed in (0..LIVES).rev() {
        let death = if disturbed == 0 {
            Death::Never
        } else {
            for _ in 0..chance.below(3) {
                crm.plan(chance.route(), chance.act());
            }
            chance.death(crm)
        };
        let life = profile.live(&death).await;
        let over = life.ended().is_some() && !life.killed;
        lives.push(life);
        if over {
            break;
        }
    }
    lives
}
