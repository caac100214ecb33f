-- Retention: what is older than its project keeps summaries goes away.
SELECT id AS kept FROM session_group.create_project('Kept for ever') \gset
SELECT id AS short FROM session_group.create_project('Kept for a month') \gset
INSERT INTO session_group.summaries (project_id, title, created_at)
SELECT p, n || ' days', now() - n * interval '1 day' FROM generate_series(1, 60) AS n, unnest(ARRAY[:kept, :short]::bigint[]) AS p;
SELECT retention FROM session_group.set_retention(:short, '30 days 12 hours');
SELECT retention FROM session_group.list_projects() WHERE id IN (:kept, :short) ORDER BY id;
-- oldest first, bounded
SELECT session_group.purge_expired(10);
SELECT project_id = :short AS short, count(*), max(split_part(title, ' ', 1)::integer) AS oldest FROM session_group.summaries WHERE project_id IN (:kept, :short) GROUP BY 1 ORDER BY 1;
SELECT session_group.purge_expired(), session_group.purge_expired();
SELECT project_id = :short AS short, count(*), max(split_part(title, ' ', 1)::integer) AS oldest FROM session_group.summaries WHERE project_id IN (:kept, :short) GROUP BY 1 ORDER BY 1;
SELECT how, count(*), count(user_id) AS users, min(changes -> 0 ->> 'before') AS titles FROM session_group.list_activity(:short) WHERE activity = 'deleted' GROUP BY 1;
-- as an administrator; what one does himself later is his own doing. What writes have left aside of the
-- indexes of searches is merged, too
SET ROLE session_group_admin;
SELECT session_group.set_retention(:short, '10 days') IS NOT NULL AS set;
INSERT INTO session_group.summaries (project_id, title, session_ids, summary) VALUES (:kept, 'listed', '{s}', '{"patterns": [{"pattern_name": "listed"}]}');
SELECT session_group.purge_expired();
RESET ROLE;
SELECT c.relname, gin_clean_pending_list(c.oid) AS pages FROM pg_class c JOIN pg_am a ON a.oid = c.relam
WHERE c.relnamespace = 'session_group'::regnamespace AND a.amname = 'gin' ORDER BY 1;
SET ROLE session_group_admin;
DELETE FROM session_group.summaries WHERE project_id = :kept AND title = 'listed';
DELETE FROM session_group.summaries WHERE project_id = :short AND title = '1 days';
RESET ROLE;
SELECT how, count(*) FROM session_group.list_activity(:short) WHERE activity = 'deleted' GROUP BY 1 ORDER BY 1;
-- a call that fails leaves nothing of its name behind
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
CREATE TRIGGER z_refuse AFTER DELETE ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT session_group.set_retention(:short, '5 days') IS NOT NULL AS set;
\set VERBOSITY terse
SELECT session_group.purge_expired();
\set VERBOSITY default
DROP TRIGGER z_refuse ON session_group.summaries;
DROP FUNCTION refuse();
DELETE FROM session_group.summaries WHERE project_id = :short AND title = '2 days';
SELECT how, count(*) FROM session_group.list_activity(:short) WHERE activity = 'deleted' GROUP BY 1 ORDER BY 1;
SELECT retention IS NULL AS for_ever FROM session_group.set_retention(:short, NULL);
SELECT session_group.purge_expired();
SELECT session_group.set_retention(:short, '0');
SELECT session_group.set_retention(:short, '-1 day');
SELECT session_group.set_retention(:short, '1001 years');
-- less than nothing where the month is short
SELECT session_group.set_retention(:short, '1 month -29 days');
SELECT session_group.set_retention(:short, '1 year -1 second');
SELECT session_group.set_retention(NULL, '1 day');
SELECT session_group.set_retention(-1, '1 day');
\set VERBOSITY terse
UPDATE session_group.projects SET retention = '-1 day' WHERE id = :short;
UPDATE session_group.projects SET retention = '1 month -29 days' WHERE id = :short;
UPDATE session_group.projects SET retention = '1 day -1 second' WHERE id = :short;
\set VERBOSITY default
SELECT session_group.purge_expired(0);
SELECT session_group.purge_expired(1000001);
SELECT session_group.purge_expired(NULL);
-- no project takes the whole batch; what one leaves of its share goes to the others
SELECT id AS other FROM session_group.create_project('Kept for a week') \gset
DELETE FROM session_group.summaries WHERE project_id IN (:kept, :short);
INSERT INTO session_group.summaries (project_id, title, created_at)
SELECT p, n || ' days', now() - n * interval '1 day'
FROM (VALUES (:short, 20), (:kept, 3), (:other, 20)) AS v (p, number), generate_series(11, 10 + number) AS n;
SELECT count(session_group.set_retention(p, '10 days')) FROM unnest(ARRAY[:short, :kept, :other]::bigint[]) AS p;
SELECT session_group.purge_expired(6);
SELECT p.name, count(s.id) FROM session_group.projects p LEFT JOIN session_group.summaries s ON s.project_id = p.id AND s.created_at < now() - interval '10 days'
WHERE p.id IN (:short, :kept, :other) GROUP BY 1 ORDER BY 1;
SELECT session_group.purge_expired(10);
SELECT p.name, count(s.id) FROM session_group.projects p LEFT JOIN session_group.summaries s ON s.project_id = p.id AND s.created_at < now() - interval '10 days'
WHERE p.id IN (:short, :kept, :other) GROUP BY 1 ORDER BY 1;
SELECT session_group.delete_project(:other);
SELECT retention IS NULL AS for_ever FROM session_group.set_retention(:kept, NULL);
-- the longest there is reckons with no date before the first
SELECT session_group.set_retention(:short, '1000 years') IS NOT NULL AS set;
SELECT session_group.purge_expired();
SELECT session_group.delete_project(:short), session_group.delete_project(:kept);
-- activity: a retention of its own; the oldest go first, without a gap, and the number of what is left is right
SELECT id AS history FROM session_group.create_project('With a history') \gset
INSERT INTO session_group.summaries (project_id, title) SELECT :history, 'n ' || n FROM generate_series(1, 30) AS n;
UPDATE session_group.activity SET at = now() - (31 - seq) * interval '1 day' WHERE project_id = :history;
SELECT activity_retention FROM session_group.set_activity_retention(:history, '20 days 12 hours');
SELECT activity_retention FROM session_group.list_projects() WHERE id = :history;
SELECT session_group.purge_expired(4);
SELECT min(seq), max(seq), count(*), session_group.count_activity(:history) AS kept FROM session_group.list_activity(:history);
SELECT activity, activity_purged_to FROM session_group.stats WHERE project_id = :history;
SELECT session_group.purge_expired(), session_group.purge_expired();
SELECT activity, activity_purged_to FROM session_group.stats WHERE project_id = :history;
-- a younger record keeps those above it, for it would be passed over in the feed
UPDATE session_group.activity SET at = now() - interval '40 days' WHERE project_id = :history AND seq IN (11, 12, 14);
SELECT session_group.purge_expired();
SELECT activity_purged_to FROM session_group.stats WHERE project_id = :history;
-- the feed says where it begins
SELECT session_group.activity_since(:history);
SELECT session_group.activity_since(:history, 11);
SELECT min(seq) FROM session_group.activity_since(:history, 12);
-- as an administrator, who may delete records in no other way
SET ROLE session_group_admin;
SELECT activity_retention FROM session_group.set_activity_retention(:history, '5 days');
SELECT session_group.purge_expired();
DELETE FROM session_group.activity WHERE project_id = :history;
RESET ROLE;
SELECT activity, activity_purged_to FROM session_group.stats WHERE project_id = :history;
-- summaries and records of one project share the batch
UPDATE session_group.summaries SET created_at = now() - interval '1 year' WHERE project_id = :history AND title <= 'n 2';
SELECT session_group.set_retention(:history, '10 days') IS NOT NULL AS set;
UPDATE session_group.activity SET at = now() - interval '1 year' WHERE project_id = :history;
SELECT session_group.purge_expired(10);
SELECT count(*) FILTER (WHERE created_at < now() - interval '10 days') AS summaries FROM session_group.summaries WHERE project_id = :history;
-- numbers go on behind what was deleted, also where nothing else is left to tell them
SELECT session_group.purge_expired();
DELETE FROM session_group.activity WHERE project_id = :history;
DELETE FROM session_group.activity_sequences WHERE project_id = :history;
SELECT activity_purged_to AS purged FROM session_group.stats WHERE project_id = :history \gset
INSERT INTO session_group.summaries (project_id) VALUES (:history);
SELECT seq > :purged + 1000000 AS beyond FROM session_group.activity_since(:history, :purged);
SELECT activity_retention IS NULL AS for_ever FROM session_group.set_activity_retention(:history, NULL);
SELECT session_group.set_activity_retention(:history, '0');
SELECT session_group.set_activity_retention(:history, '1 month -29 days');
SELECT session_group.set_activity_retention(-1, '1 day');
\set VERBOSITY terse
UPDATE session_group.projects SET activity_retention = '-1 day' WHERE id = :history;
\set VERBOSITY default
-- one row says how far, and goes with its project
SELECT count(*) FROM session_group.activity_purges WHERE project_id = :history;
SELECT * FROM session_group.check_counts();
SELECT session_group.delete_project(:history);
SELECT count(*) FROM session_group.activity_purges WHERE project_id = :history;
