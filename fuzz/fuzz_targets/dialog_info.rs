//! Whatever a server sends as a list of calls, nothing breaks on it, and what is kept of it is clean and within the limits.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringside_sources::sip::dialog_info::{MOST_DIALOGS, parse};

fuzz_target!(|data: &[u8]| {
    let info = match parse(data) {
        Ok(info) => info,
        Err(error) => {
            let words = error.to_string();
            assert!(words.len() < 200 && words.is_ascii(), "{words}");
            return;
        }
    };
    assert!(info.dialogs.len() <= MOST_DIALOGS);
    for dialog in info.dialogs {
        let parties = [&dialog.remote, &dialog.local, &dialog.referred_by];
        let texts = parties
            .into_iter()
            .flatten()
            .flat_map(|party| [Some(&party.raw), party.display.as_ref()])
            .chain([Some(&dialog.id), dialog.call_id.as_ref(), dialog.replaces.as_ref()])
            .flatten();
        for text in texts {
            assert!(text.chars().count() <= 250 && !text.chars().any(char::is_control));
        }
    }
});
