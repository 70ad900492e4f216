#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use super::*;

/// A store in memory that breaks off after so many changes, as a crash does.
#[derive(Clone, Default)]
struct Memory {
    entries: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    changes_left: Option<usize>,
}

impl Memory {
    fn change(&mut self) -> Result<std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>>> {
        match &mut self.changes_left {
            Some(0) => return Err(Error::new(Kind::Storage, "test", "crash")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(self.entries.lock().unwrap())
    }
}

impl Vault for Memory {
    fn get(&mut self, entry: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.entries.lock().unwrap().get(entry).cloned())
    }

    fn set(&mut self, entry: &str, value: &[u8]) -> Result<()> {
        assert!(value.len() <= 1_200, "Windows would refuse it");
        self.change()?.insert(entry.to_owned(), value.to_vec());
        Ok(())
    }

    fn remove(&mut self, entry: &str) -> Result<()> {
        self.change()?.remove(entry);
        Ok(())
    }
}

fn never() -> bool {
    false
}

fn read(vault: &mut Memory) -> Option<Vec<u8>> {
    parts::get(vault, "k", &never)
        .unwrap()
        .map(|secret| secret.expose().to_vec())
}

#[test]
fn values_of_every_length_come_back() {
    let mut vault = Memory::default();
    for length in [0, 1, 1_200, 1_201, 2_400, 2_401, 10_000, 1, 3_000, 0] {
        let value: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        parts::set(&mut vault, "k", &value, &never).unwrap();
        assert_eq!(read(&mut vault), Some(value), "{length} bytes");
    }
    assert_eq!(vault.entries.lock().unwrap().len(), 1, "no old part is left");
    let looks_like_a_header = b"ringside-parts:1:a:1:1:x".to_vec();
    parts::set(&mut vault, "k", &looks_like_a_header, &never).unwrap();
    assert_eq!(read(&mut vault), Some(looks_like_a_header));
    parts::remove(&mut vault, "k", &never).unwrap();
    assert!(vault.entries.lock().unwrap().is_empty());
    assert_eq!(
        parts::set(&mut vault, "k", &vec![0; 80_000], &never).unwrap_err().kind,
        Kind::Invalid
    );
}

#[test]
fn a_crash_at_any_moment_leaves_the_old_value_or_the_new_one() {
    let lengths = [7, 1_300, 5_000];
    for old_length in lengths {
        for new_length in lengths {
            let (old, new) = (vec![1; old_length], vec![2; new_length]);
            for changes in 0..20 {
                let mut vault = Memory::default();
                parts::set(&mut vault, "k", &old, &never).unwrap();
                vault.changes_left = Some(changes);
                let done = parts::set(&mut vault, "k", &new, &never).is_ok();
                vault.changes_left = None;
                let found = read(&mut vault).unwrap();
                assert!(
                    found == old || found == new,
                    "{old_length} -> {new_length}, crash after {changes}"
                );
                assert!(!done || found == new);
                // What the crash left does not disturb the next write.
                let next = vec![3; 2_500];
                parts::set(&mut vault, "k", &next, &never).unwrap();
                assert_eq!(read(&mut vault), Some(next));
            }
        }
    }
}

#[test]
fn damage_is_told_and_never_returned_as_a_secret() {
    let mut vault = Memory::default();
    parts::set(&mut vault, "k", &[5; 3_000], &never).unwrap();
    let whole = vault.entries.lock().unwrap().clone();
    type Entries = BTreeMap<String, Vec<u8>>;
    let broken: [fn(&mut Entries); 3] = [
        |entries| drop(entries.remove("k#a.1")),
        |entries| entries.get_mut("k#a.2").unwrap()[0] ^= 1,
        |entries| drop(entries.insert("k".to_owned(), b"ringside-parts:9:z".to_vec())),
    ];
    for break_it in broken {
        *vault.entries.lock().unwrap() = whole.clone();
        break_it(&mut vault.entries.lock().unwrap());
        assert_eq!(parts::get(&mut vault, "k", &never).unwrap_err().kind, Kind::Storage);
        parts::set(&mut vault, "k", b"again", &never).unwrap();
        assert_eq!(read(&mut vault).as_deref(), Some(&b"again"[..]));
    }
}

/// A store whose first `hangs` connections hang until released.
fn hanging(hangs: usize) -> (Keyring, Memory, Arc<(Mutex<bool>, std::sync::Condvar)>) {
    let memory = Memory::default();
    let gate = Arc::new((Mutex::new(false), std::sync::Condvar::new()));
    let opened = Mutex::new(0);
    let keyring = Keyring::over({
        let (memory, gate) = (memory.clone(), gate.clone());
        move || {
            let number = {
                let mut opened = opened.lock().unwrap();
                *opened += 1;
                *opened
            };
            if number <= hangs {
                let free = gate.1.wait_while(gate.0.lock().unwrap(), |open| !*open).unwrap();
                drop(free);
            }
            Ok(Box::new(memory.clone()))
        }
    });
    (keyring.with_deadline(Duration::from_millis(50)), memory, gate)
}

#[tokio::test]
async fn a_hung_call_does_not_hold_up_the_next() {
    let (keyring, memory, gate) = hanging(1);
    let error = keyring.set("k", Secret::new("first")).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::KeyringLocked, true));
    assert!(error.hint.as_deref().unwrap().contains("Unlock"), "{error}");
    assert_eq!(keyring.get("k").await.unwrap(), None, "another thread answers");

    let error = keyring.set("k", Secret::new("second")).await.unwrap_err();
    assert_eq!(
        error.kind,
        Kind::KeyringLocked,
        "the end of the first write is not known yet"
    );
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    while keyring.set("k", Secret::new("third")).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        memory.entries.lock().unwrap()["k"],
        b"third",
        "the call that was given up wrote nothing afterwards"
    );
}

#[tokio::test]
async fn a_store_that_stays_hung_gets_no_more_threads() {
    let (keyring, _, _) = hanging(usize::MAX);
    for _ in 0..MOST_LEFT_BEHIND {
        assert!(keyring.get("k").await.is_err());
    }
    let before = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(keyring.get("k").await.unwrap_err().kind, Kind::KeyringLocked);
    }
    assert!(before.elapsed() < Duration::from_millis(500), "answered at once");
    assert_eq!(keyring.state().left_behind.len(), MOST_LEFT_BEHIND);
}

#[tokio::test]
async fn calls_that_wait_behind_a_hung_one_do_not_count_as_hung() {
    let (keyring, _, gate) = hanging(1);
    let (first, second, third) = tokio::join!(keyring.get("a"), keyring.set("b", Secret::new("x")), keyring.get("c"));
    for error in [first.unwrap_err(), second.unwrap_err(), third.unwrap_err()] {
        assert_eq!(
            (error.kind, error.may_have_happened && error.operation == "keep_secret"),
            (Kind::KeyringLocked, false)
        );
    }
    assert_eq!(keyring.state().left_behind.len(), 1);
    keyring.set("b", Secret::new("y")).await.unwrap();
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(
        keyring.get("b").await.unwrap().unwrap().expose(),
        b"y",
        "the write that nobody waits for never ran"
    );
}

#[tokio::test]
async fn a_connection_that_died_is_opened_anew() {
    let memory = Memory::default();
    let opened = Arc::new(Mutex::new(0));
    let keyring = Keyring::over({
        let (memory, opened) = (memory.clone(), opened.clone());
        move || {
            *opened.lock().unwrap() += 1;
            Ok(Box::new(Dying {
                memory: memory.clone(),
                calls_left: 3,
            }))
        }
    });
    for round in 0..8_u8 {
        keyring.set("k", Secret::new([round])).await.unwrap();
        assert_eq!(keyring.get("k").await.unwrap().unwrap().expose(), [round]);
    }
    assert!(*opened.lock().unwrap() > 1);
}

struct Dying {
    memory: Memory,
    calls_left: usize,
}

impl Dying {
    fn alive(&mut self) -> Result<()> {
        self.calls_left = self.calls_left.saturating_sub(1);
        if self.calls_left == 0 {
            Err(Error::new(Kind::KeyringLocked, "test", "gone").retry(Retry::Later))
        } else {
            Ok(())
        }
    }
}

impl Vault for Dying {
    fn get(&mut self, entry: &str) -> Result<Option<Vec<u8>>> {
        self.alive()?;
        self.memory.get(entry)
    }

    fn set(&mut self, entry: &str, value: &[u8]) -> Result<()> {
        self.alive()?;
        self.memory.set(entry, value)
    }

    fn remove(&mut self, entry: &str) -> Result<()> {
        self.alive()?;
        self.memory.remove(entry)
    }
}
