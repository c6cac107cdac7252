-- The tables of the record, as format 2 had them (docs/reference/record.md).
-- `{samples}` are the columns that poultice.record.schema names.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_unix REAL NOT NULL,
    protocol TEXT NOT NULL,
    plan TEXT NOT NULL,
    device TEXT NOT NULL,
    hello TEXT,
    screening TEXT,
    injury_age TEXT,
    outcome TEXT, reason TEXT, fault TEXT,
    duration_s INTEGER, heat_s INTEGER, cold_s INTEGER,
    peak_mc INTEGER, min_mc INTEGER, dose_m INTEGER,
    summary TEXT
);
CREATE TABLE answers (
    session_id INTEGER NOT NULL REFERENCES sessions (id),
    question TEXT NOT NULL,
    answer INTEGER NOT NULL,
    PRIMARY KEY (session_id, question)
) WITHOUT ROWID;
CREATE TABLE samples (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id),
    {samples}
);
CREATE INDEX samples_of ON samples (session_id);
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id),
    t_ms INTEGER,
    kind TEXT NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX events_of ON events (session_id)
