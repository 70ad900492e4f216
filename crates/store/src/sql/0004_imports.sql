-- Which file a record came in with, so that a whole import can be taken back, also after a restart. `saved` is what
-- `people.saved` was then: a record that was changed since has another one, and stays.
CREATE TABLE imports (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    total   INTEGER NOT NULL,
    started INTEGER NOT NULL,
    saved   INTEGER NOT NULL
);

CREATE TABLE import_people (
    person TEXT PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    import TEXT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    saved  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX import_people_by_import ON import_people (import);

-- JSON: the e-mail addresses beside the first one. Files from elsewhere have several.
ALTER TABLE people ADD COLUMN more_emails TEXT;
