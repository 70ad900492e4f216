-- Contacts that a person wants created: what was typed, and how far it came.
CREATE TABLE creations (
    id         TEXT PRIMARY KEY,
    call       TEXT,
    connection TEXT NOT NULL,
    state      TEXT NOT NULL,
    asked      INTEGER NOT NULL,
    due        INTEGER,
    body       TEXT NOT NULL,
    saved      INTEGER NOT NULL
);
CREATE INDEX creations_open ON creations (asked) WHERE state NOT IN ('finished', 'undone');
CREATE INDEX creations_by_call ON creations (call) WHERE call IS NOT NULL;
