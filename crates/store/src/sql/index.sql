CREATE TABLE contacts (
    id           INTEGER PRIMARY KEY,
    connection   TEXT NOT NULL,
    contact_type TEXT NOT NULL,
    contact      TEXT NOT NULL,
    body         TEXT NOT NULL,
    as_of        INTEGER NOT NULL,
    home         TEXT NOT NULL,  -- the home its numbers were read with
    digits       TEXT NOT NULL,  -- its numbers in the digits a person may type, with blanks between
    numbers      INTEGER NOT NULL,
    unreadable   INTEGER NOT NULL,
    keys         INTEGER NOT NULL,
    UNIQUE (connection, contact_type, contact)
);
CREATE INDEX contacts_counts ON contacts (keys, numbers, unreadable);

CREATE TABLE contact_keys (
    kind    INTEGER NOT NULL,
    value   INTEGER NOT NULL,
    contact INTEGER NOT NULL,
    PRIMARY KEY (kind, value, contact)
) WITHOUT ROWID;
CREATE INDEX contact_keys_by_contact ON contact_keys (contact);

-- `other` holds initials, and names written without their hyphens and apostrophes; `kind` one word for the contact type,
-- so that a filter is part of the question and not of what is thrown away after it.
CREATE VIRTUAL TABLE contact_names USING fts5 (
    name, company, email, other, kind,
    content = '', contentless_delete = 1, prefix = '1 2 3',
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
);

CREATE VIRTUAL TABLE contact_digits USING fts5 (
    digits, content = '', contentless_delete = 1, tokenize = 'trigram'
);

-- The words of names and companies, to correct a misspelt one by. Ids are not used twice: who keeps the words in memory
-- asks for those after the newest that it has.
CREATE TABLE name_words (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    word   TEXT NOT NULL UNIQUE,
    people INTEGER NOT NULL  -- contacts that have it
);
