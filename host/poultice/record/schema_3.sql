-- What format 2 lacks against 3: the ratings, and indices by which the latest sessions, and those
-- of some weeks, are found without a look at every other one.
ALTER TABLE sessions ADD COLUMN pain_before INTEGER;
ALTER TABLE sessions ADD COLUMN stiffness_before INTEGER;
ALTER TABLE sessions ADD COLUMN pain_after INTEGER;
ALTER TABLE sessions ADD COLUMN stiffness_after INTEGER;
ALTER TABLE sessions ADD COLUMN note TEXT;
CREATE INDEX sessions_kind ON sessions ({simulated});
CREATE INDEX sessions_started ON sessions ({simulated}, started_unix)
