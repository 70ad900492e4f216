//! A disk that is slower than the phone.

use ringside_domain::{CallState, Change};

use crate::desk::{Desk, event};

const CALLER: &str = "+14155550123";
/// Bytes of SQLite's log. A state takes at least 4 KB of it.
const LITTLE: u64 = 512 * 1024;

#[tokio::test]
async fn of_what_changed_while_the_disk_was_busy_only_the_newest_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::on_file(&folder.path().join("ringside.db")).await;
    let call = desk.rings(CALLER).await;
    // Nothing of this waits, so that nothing is written before the last of it.
    for change in [Change::Answered, Change::Held].into_iter().cycle().take(1_000) {
        desk.engine.report(event(CALLER, "a", change)).await.unwrap();
    }
    // Durable when it answers, with all that came before.
    desk.engine.note(call, "kept".into(), None).await.unwrap();
    let written = std::fs::metadata(folder.path().join("ringside.db-wal")).unwrap().len();
    assert!(written < LITTLE, "{written} bytes");

    let page = ringside_domain::journal::CallPage {
        limit: 10,
        ..Default::default()
    };
    let listed = desk.engine.calls(page).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].call.state, listed[0].call.note.as_str()),
        (CallState::Held, "kept")
    );
}
