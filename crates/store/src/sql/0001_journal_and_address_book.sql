-- Times are milliseconds since 1970 UTC; ids are UUIDs as text. `saved` is when a row was last written, and decides
-- which of two is kept when a journal from memory is merged into the file. `body` is JSON: what no statement looks into.

CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE calls (
    id           TEXT PRIMARY KEY,
    started      INTEGER NOT NULL,
    state        TEXT NOT NULL,
    is_over      INTEGER NOT NULL,
    no_log       INTEGER NOT NULL,
    connection   TEXT,
    contact_type TEXT,
    contact      TEXT,
    haystack     TEXT NOT NULL,  -- folded names, company, line and digits, for the search in the list of calls
    body         TEXT NOT NULL,
    saved        INTEGER NOT NULL
);
CREATE INDEX calls_by_time ON calls (started, id);
CREATE INDEX calls_open ON calls (started) WHERE is_over = 0;
CREATE INDEX calls_by_contact ON calls (connection, contact_type, contact, started) WHERE contact IS NOT NULL;

-- Apart from `calls`, so that saving a call can never put an older note back.
CREATE TABLE notes (
    call    TEXT PRIMARY KEY,
    note    TEXT NOT NULL,
    outcome TEXT,
    saved   INTEGER NOT NULL
);

CREATE TABLE writes (
    id         TEXT PRIMARY KEY,
    call       TEXT NOT NULL,
    connection TEXT NOT NULL,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    last_sent  INTEGER,
    next_try   INTEGER,
    body       TEXT NOT NULL,
    saved      INTEGER NOT NULL
);
CREATE UNIQUE INDEX one_log_a_call ON writes (call, connection) WHERE kind = 'log' AND state <> 'dropped';
CREATE INDEX writes_by_call ON writes (call);
CREATE INDEX writes_open ON writes (created)
    WHERE state IN ('waiting', 'refused', 'unsure') OR (state = 'logged' AND next_try IS NOT NULL);

CREATE TABLE steps (
    number INTEGER PRIMARY KEY,  -- the order in which steps were begun
    write  TEXT NOT NULL REFERENCES writes (id) ON DELETE CASCADE,
    step   TEXT NOT NULL,
    state  TEXT NOT NULL,
    body   TEXT NOT NULL,
    saved  INTEGER NOT NULL,
    UNIQUE (write, step)
);

-- A forgotten choice stays as a row without a contact, or a merge would bring it back.
CREATE TABLE choices (
    e164         TEXT PRIMARY KEY,
    connection   TEXT,
    contact_type TEXT,
    contact      TEXT,
    chosen       INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE traces (
    number INTEGER PRIMARY KEY,
    call   TEXT,
    made   INTEGER NOT NULL,
    body   TEXT NOT NULL
);
CREATE INDEX traces_by_call ON traces (call, made);
CREATE INDEX traces_by_time ON traces (made);

CREATE TABLE people (
    id           TEXT PRIMARY KEY,
    contact_type TEXT NOT NULL,
    name         TEXT NOT NULL,
    given        TEXT,
    family       TEXT,
    company      TEXT,
    title        TEXT,
    email        TEXT,
    saved        INTEGER NOT NULL
);

CREATE TABLE person_numbers (
    person   TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    label    TEXT NOT NULL,
    raw      TEXT NOT NULL,
    PRIMARY KEY (person, position)
) WITHOUT ROWID;

CREATE TABLE person_logs (
    id      TEXT PRIMARY KEY,
    marker  TEXT NOT NULL UNIQUE,
    person  TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    started INTEGER NOT NULL,
    body    TEXT NOT NULL,
    saved   INTEGER NOT NULL
);
CREATE INDEX person_logs_by_person ON person_logs (person, started);
