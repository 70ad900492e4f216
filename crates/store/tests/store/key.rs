//! The recovery code: what was written down reads back, and what was copied wrongly is told.

use proptest::prelude::*;
use ringside_store::{RecoveryCodeError, StoreKey};

#[test]
fn the_code_is_fourteen_groups_of_four() {
    let code = StoreKey::from_bytes([0xFF; 32]).recovery_code();
    let groups: Vec<&str> = code.as_str().split('-').collect();
    assert_eq!(groups.len(), 14);
    assert!(groups.iter().all(|group| group.len() == 4));
    assert!(code.as_str().starts_with("ZZZZ-ZZZZ-"));
}

#[test]
fn errors_say_what_is_wrong() {
    let code = StoreKey::from_bytes([3; 32]).recovery_code();
    let short = StoreKey::from_recovery_code(&code.as_str()[..54]).unwrap_err();
    assert_eq!(short, RecoveryCodeError::Length { seen: 44 });
    assert_eq!(
        short.to_string(),
        "a recovery code has 56 characters in 14 groups of 4; this text has 44"
    );
    let odd = format!("{}U{}", &code.as_str()[..5], &code.as_str()[6..]);
    let odd = StoreKey::from_recovery_code(&odd).unwrap_err();
    assert_eq!(odd, RecoveryCodeError::Character { sign: 'U', group: 2 });
    for nothing in ["", " - ", "\u{200b}"] {
        assert_eq!(
            StoreKey::from_recovery_code(nothing).unwrap_err(),
            RecoveryCodeError::Length { seen: 0 }
        );
    }
}

proptest! {
    #[test]
    fn a_code_reads_back_however_it_is_typed(bytes: [u8; 32], lower: bool, between in "[ \\-\u{2013}\u{a0}\t]{0,3}") {
        let code = StoreKey::from_bytes(bytes).recovery_code();
        let mut typed = code.as_str().replace('-', &between).replace('0', "o").replace('1', "l");
        if lower {
            typed = typed.to_lowercase();
        }
        let read = StoreKey::from_recovery_code(&typed).unwrap();
        prop_assert_eq!(read.as_bytes(), &bytes);
    }

    #[test]
    fn one_wrong_character_is_told(bytes: [u8; 32], at in 0_usize..56, other in 0_usize..32) {
        let code = StoreKey::from_bytes(bytes).recovery_code();
        let mut signs: Vec<char> = code.as_str().chars().filter(|sign| *sign != '-').collect();
        let wrong = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().nth(other).unwrap();
        prop_assume!(signs[at] != wrong);
        signs[at] = wrong;
        let typed: String = signs.into_iter().collect();
        prop_assert_eq!(StoreKey::from_recovery_code(&typed).unwrap_err(), RecoveryCodeError::Checksum);
    }

    #[test]
    fn two_that_changed_places_are_told(bytes: [u8; 32], at in 0_usize..55) {
        let code = StoreKey::from_bytes(bytes).recovery_code();
        let mut signs: Vec<char> = code.as_str().chars().filter(|sign| *sign != '-').collect();
        prop_assume!(signs[at] != signs[at + 1]);
        signs.swap(at, at + 1);
        let typed: String = signs.into_iter().collect();
        prop_assert_eq!(StoreKey::from_recovery_code(&typed).unwrap_err(), RecoveryCodeError::Checksum);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = StoreKey::from_recovery_code(&text);
    }
}
