-- A plain table with the same columns, indexes, checks and rows, and no trigger,
-- no foreign key but the one that PostgREST needs to embed people, no identity:
-- policies compare the project with a claim of the JSON Web Token. The claim is
-- read in a subquery, once per statement, as PostgREST users are advised to.

CREATE SCHEMA bench_plain;

CREATE TABLE bench_plain.users (LIKE session_group.users INCLUDING ALL);
CREATE TABLE bench_plain.summaries (LIKE session_group.summaries INCLUDING ALL);
INSERT INTO bench_plain.users SELECT * FROM session_group.users;
UPDATE bench_plain.users AS u SET project_ids = ARRAY(SELECT project_id FROM session_group.members WHERE user_id = u.id AND removed_at IS NULL);
INSERT INTO bench_plain.summaries (project_id, id, title, session_ids, summary, extra_summary_context,
	run_metadata, created_at, created_by_id, updated_at, version)
SELECT project_id, id, title, session_ids, summary, extra_summary_context,
	run_metadata, created_at, created_by_id, updated_at, version
FROM session_group.summaries WHERE project_id < 900000 OR project_id > 900100;
ALTER TABLE bench_plain.summaries ALTER COLUMN id SET DEFAULT gen_random_uuid(),
	ADD CONSTRAINT created_by
		FOREIGN KEY (created_by_id) REFERENCES bench_plain.users (id);
-- Foreign keys are checked by triggers; here it only tells PostgREST what belongs together.
ALTER TABLE bench_plain.summaries DISABLE TRIGGER ALL;

CREATE ROLE bench_plain_user NOLOGIN;
ALTER TABLE bench_plain.summaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE bench_plain.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_claim ON bench_plain.summaries FOR ALL TO bench_plain_user
	USING (project_id = (SELECT (current_setting('request.jwt.claims', true)::jsonb ->> 'project_id')::bigint));
CREATE POLICY by_claim ON bench_plain.users FOR SELECT TO bench_plain_user
	USING (project_ids @> ARRAY[(SELECT (current_setting('request.jwt.claims', true)::jsonb ->> 'project_id')::bigint)]);
GRANT USAGE ON SCHEMA bench_plain TO bench_plain_user;
GRANT SELECT ON bench_plain.users TO bench_plain_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON bench_plain.summaries TO bench_plain_user;
-- The functions of the indexes' expressions.
GRANT session_group_api TO bench_plain_user;
