//! Deleting calls that are older than a person wants to keep them.

use ringside_domain::{CallId, Timestamp};
use rusqlite::{Connection, TransactionBehavior, params};

use crate::{error::Answer, rows::encode};

/// Calls that go on and calls of which something is owed stay, the latter in the words of the indexes of what is open.
const OLD: &str = "SELECT c.id FROM calls c WHERE c.started < ?1 AND c.is_over = 1
    AND NOT EXISTS (SELECT 1 FROM writes w WHERE w.call = c.id
        AND (w.state IN ('waiting', 'refused', 'unsure') OR (w.state = 'logged' AND w.next_try IS NOT NULL)))
    AND NOT EXISTS (SELECT 1 FROM creations n WHERE n.call = c.id AND n.state NOT IN ('finished', 'undone'))
    AND c.id NOT IN (SELECT value FROM json_each(?3))
    ORDER BY c.started, c.id LIMIT ?2";

/// What the address book has of calls: their notes and numbers are in there too. What a call that stays was written down as
/// stays with it, because it may still be changed.
const OLD_LOGS: &str = "DELETE FROM person_logs WHERE started < ?1
    AND marker NOT IN (SELECT coalesce(json_extract(w.body, '$.entry.marker'), '') FROM calls c JOIN writes w ON w.call = c.id
        WHERE c.started < ?1)";

/// One transaction. Steps go with their writes.
pub(super) fn forget(conn: &mut Connection, older_than: Timestamp, except: &[CallId], most: usize) -> Answer<usize> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let except: Vec<String> = except.iter().map(ToString::to_string).collect();
    let old = tx
        .prepare_cached(OLD)?
        .query_map(params![older_than.0, most, encode(&except)?], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    {
        let of_call = |table: &str| tx.prepare_cached(&format!("DELETE FROM {table} WHERE call = ?1"));
        let mut tables = [
            of_call("notes")?,
            of_call("log_fields")?,
            of_call("traces")?,
            of_call("creations")?,
            of_call("writes")?,
            tx.prepare_cached("DELETE FROM calls WHERE id = ?1")?,
        ];
        for call in &old {
            for table in &mut tables {
                table.execute([call])?;
            }
        }
    }
    if i64::try_from(old.len()).is_ok_and(|count| count < most) {
        tx.prepare_cached(OLD_LOGS)?.execute([older_than.0])?;
    }
    tx.commit()?;
    Ok(old.len())
}
