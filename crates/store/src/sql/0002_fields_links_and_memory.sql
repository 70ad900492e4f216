-- What the person chose for the log, by the names of the CRM's own fields. It holds for one contact: for another one the
-- same matter or deal would be a wrong one. Apart from `calls` for the reason for which notes are.
CREATE TABLE log_fields (
    call         TEXT PRIMARY KEY,
    connection   TEXT NOT NULL,
    contact_type TEXT NOT NULL,
    contact      TEXT NOT NULL,
    body         TEXT NOT NULL,
    saved        INTEGER NOT NULL
);

-- The contact as it was when the person linked the number to it, where its CRM could not take the number.
ALTER TABLE choices ADD COLUMN linked TEXT;

CREATE TABLE connection_memory (
    connection TEXT NOT NULL,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    saved      INTEGER NOT NULL,
    PRIMARY KEY (connection, key)
) WITHOUT ROWID;
