-- A policy that an administrator adds or changes is obeyed at every door (line 28).
\ir setup.psql

-- (Roles that change before anything is watched change nothing of that.)
CREATE ROLE tap_early;

UPDATE session_group.summaries SET title = 'Hidden draft', session_ids = '{shared}',
	summary = '{"patterns": [{"pattern_name": "drafty", "severity": "critical"}]}'
WHERE id = '01900000-0000-7000-8000-000000000002';
UPDATE session_group.summaries SET title = 'Shown draft', session_ids = '{shared}'
	WHERE id = '01900000-0000-7000-8000-000000000003';

-- How many of project A's the doors show: plain, searched, by session, by words, counted, and by HTTP.
CREATE TABLE tap.way (name text, expression text, all_of_it bigint, rest bigint);
INSERT INTO tap.way VALUES
	('table', 'SELECT count(*) FROM session_group.summaries WHERE project_id = 910001', 3, 2),
	('view', 'SELECT count(*) FROM session_group_api.session_group_summaries WHERE project_id = 910001', 3, 2),
	('list', 'SELECT count(*) FROM session_group.list_summaries(910001)', 3, 2),
	('search', $$SELECT count(*) FROM session_group.list_summaries(910001, search => 'draft')$$, 2, 1),
	('short search', $$SELECT count(*) FROM session_group.list_summaries(910001, search => 'dr')$$, 2, 1),
	('session', $$SELECT count(*) FROM session_group.list_summaries(910001, session_id => 'shared')$$, 2, 1),
	('words', $$SELECT count(*) FROM session_group.list_summaries(910001, q => 'draft')$$, 2, 1),
	('count', 'SELECT session_group.count_summaries(910001)', 3, 2),
	('count of a search', $$SELECT session_group.count_summaries(910001, search => 'draft')$$, 2, 1),
	('count of a session', $$SELECT session_group.count_summaries(910001, session_id => 'shared')$$, 2, 1),
	('severity', $$SELECT count(*) FROM session_group.list_summaries(910001, severity => 'critical')$$, 1, 0),
	('count of a severity', $$SELECT session_group.count_summaries(910001, severity => 'critical')$$, 1, 0),
	('critical', 'SELECT critical FROM session_group.stats WHERE project_id = 910001', 1, 0),
	('patterns', 'SELECT count(*) FROM session_group.patterns WHERE project_id = 910001', 1, 0),
	('stats', 'SELECT summaries FROM session_group.stats WHERE project_id = 910001', 3, 2);
SELECT is(tap.value('tap_app', 'annwrite', '(' || expression || ')'), all_of_it::text, 'L28: ' || name) FROM tap.way;

SAVEPOINT policies;
CREATE POLICY no_drafts ON session_group.summaries AS RESTRICTIVE FOR SELECT TO session_group_api
	USING (title <> 'Hidden draft');
SELECT is(tap.value('tap_app', 'annwrite', '(' || expression || ')'), rest::text, 'L28: a restrictive policy: ' || name)
	FROM tap.way;
SELECT doesnt_match(tap.http('GET', '/api/projects/910001/session_group_summaries/' || query, tap.key('annread')),
	'Hidden', 'L28: a restrictive policy: GET ' || query)
FROM unnest(ARRAY['', '?search=draft', '?session_id=shared', '?q=draft', '?severity=critical', '?order=title',
	'patterns/?since=2025']) AS query;
SELECT matches(tap.http('GET', '/api/projects/910001/session_group_summaries/?limit=1', tap.key('annread')),
	'"count":2', 'L28: the count of a list');
SELECT matches(tap.http('GET', '/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-000000000002/',
	tap.key('annread')), '^404', 'L28: one object');
SELECT matches(tap.http('GET',
	'/api/projects/910001/session_group_summaries/patterns/?since=2025&severity=' || severity, tap.key('annread')),
	'"count":0,.*"results":\[\]', 'L28: the count of patterns') FROM unnest(ARRAY['', 'critical']) AS severity;
ROLLBACK TO policies;
ALTER POLICY summaries_read ON session_group.summaries
	USING (session_group.may_read(project_id) AND title <> 'Hidden draft');
SELECT is(tap.value('tap_app', 'annwrite', '(' || expression || ')'), rest::text, 'L28: a changed policy: ' || name)
	FROM tap.way;
ROLLBACK TO policies;
CREATE POLICY no_drafts ON session_group.summaries AS RESTRICTIVE FOR ALL USING (title <> 'Hidden draft');
SELECT is(tap.value('tap_app', 'annwrite', '(' || expression || ')'), rest::text,
	'L28: a restrictive policy for all: ' || name) FROM tap.way;
GRANT session_group_api TO tap_operator;
SELECT is(tap.value('tap_operator', 'annwrite',
	$$(SELECT count(*) FROM session_group.list_summaries(910001, search => 'draft'))$$), '1',
	'L28: a restrictive policy for all: an administrator');
ROLLBACK TO policies;

-- Activity has policies of its own: list, feed, count and both addresses of HTTP obey one that is added to
-- it, here one that follows the summaries'. (The records are this transaction's own: with another horizon
-- they are those of one that has ended.)
UPDATE session_group.activity SET horizon = '0';
CREATE POLICY no_drafts ON session_group.summaries AS RESTRICTIVE FOR SELECT TO session_group_api
	USING (title <> 'Hidden draft');
CREATE TABLE tap.record AS SELECT name, expression,
	tap.value('tap_app', 'annwrite', '(' || expression || ')') AS all_of_it FROM (VALUES
	('table', 'SELECT count(*) FROM session_group.activity WHERE project_id = 910001'),
	('list', 'SELECT count(*) FROM session_group.list_activity(910001)'),
	('feed', 'SELECT count(*) FROM session_group.activity_since(910001)'),
	('count', 'SELECT session_group.count_activity(910001)')) AS r (name, expression);
SELECT is(tap.value('tap_app', 'annwrite',
	$$(SELECT count(*) FROM session_group.list_activity(910001, '01900000-0000-7000-8000-000000000002'))$$), '2',
	'L28: records of a summary, without a policy of theirs');
SELECT matches(tap.http('GET', '/api/projects/910001/session_group_summaries/activity/' || query, tap.key('annread')),
	'Hidden draft', 'L28: GET activity/' || query || ', without one')
FROM unnest(ARRAY['', '?since=0']) AS query;
CREATE POLICY no_drafts ON session_group.activity AS RESTRICTIVE FOR SELECT TO session_group_api
	USING (EXISTS (SELECT FROM session_group.summaries s WHERE s.project_id = activity.project_id
	AND s.id = summary_id));
SELECT is(tap.value('tap_app', 'annwrite', '(' || expression || ')'), (all_of_it::bigint - 2)::text,
	'L28: a policy of activity: ' || name) FROM tap.record;
SELECT is(tap.value('tap_app', 'annwrite',
	$$(SELECT count(*) FROM session_group.list_activity(910001, '01900000-0000-7000-8000-000000000002'))$$), '0',
	'L28: records of a summary');
SELECT is(tap.value('tap_app', 'annwrite',
	$$session_group.count_activity(910001, '01900000-0000-7000-8000-000000000002')$$), '0', 'L28: their count');
SELECT unalike(tap.http('GET', '/api/projects/910001/session_group_summaries/' || query, tap.key('annread')),
	'%Hidden%', 'L28: a policy of activity: GET ' || query)
FROM unnest(ARRAY['activity/', 'activity/?since=0', 'activity/?since=0&limit=1', 'activity/?limit=1&page=2',
	'01900000-0000-7000-8000-000000000002/activity/']) AS query;
SELECT matches(tap.http('GET', '/api/projects/910001/session_group_summaries/activity/?limit=1', tap.key('annread')),
	format('"total_count":%s\M|"count":%s\M', all_of_it::bigint - 2, all_of_it::bigint - 2),
	'L28: the count of a page of activity') FROM tap.record WHERE name = 'count';
-- The feed passes over what is hidden, and goes on behind it.
UPDATE session_group.summaries SET title = 'Behind it' WHERE project_id = 910001
	AND id = '01900000-0000-7000-8000-000000000003';
UPDATE session_group.activity SET horizon = '0';
SELECT is(tap.value('tap_app', 'annwrite', $$(SELECT count(*) FROM session_group.activity_since(910001))$$),
	(all_of_it::bigint - 1)::text, 'L28: the feed goes on') FROM tap.record WHERE name = 'count';
ROLLBACK TO policies;
UPDATE session_group.activity SET horizon = '0';
ALTER POLICY activity_read ON session_group.activity
	USING (project_id = ANY (session_group.readable_project_ids()) AND activity <> 'updated');
SELECT is(tap.value('tap_app', 'annwrite', $$session_group.count_activity(910001)$$), '3',
	'L28: a changed policy of activity: count');
SELECT is(tap.value('tap_app', 'annwrite', $$(SELECT count(*) FROM session_group.activity_since(910001))$$), '3',
	'L28: a changed policy of activity: feed');
ROLLBACK TO policies;

-- Whoever may not see a project is told no number of it.
CREATE POLICY no_project ON session_group.projects AS RESTRICTIVE FOR SELECT TO session_group_api USING (id <> 910001);
SELECT alike(tap.value('tap_app', 'annwrite', 'session_group.count_' || what || '(910001)'), '42501 %',
	'L28: a policy of projects: count of ' || what)
FROM unnest(ARRAY['summaries', 'activity']) AS what;
ROLLBACK TO policies;
ALTER POLICY projects_read ON session_group.projects USING (session_group.may_read(id) AND id <> 910001);
SELECT alike(tap.value('tap_app', 'annwrite', 'session_group.count_summaries(910001)'), '42501 %',
	'L28: a changed policy of projects: count');
ROLLBACK TO policies;

-- A policy that is given to another role lets the API read nothing, and a right that was taken away is missed
-- at every door.
ALTER POLICY summaries_read ON session_group.summaries TO session_group_admin;
SELECT is(tap.value('tap_app', 'annwrite', '(' || expression || ')'), '0', 'L28: a policy of another role: ' || name)
	FROM tap.way WHERE name NOT IN ('patterns', 'critical');
SELECT matches(tap.http('GET', '/api/projects/910001/session_group_summaries/' || query, tap.key('annread')),
	'"count":0,.*"results":\[\]', 'L28: a policy of another role: GET ' || query)
FROM unnest(ARRAY['', '?search=draft', '?session_id=shared', '?q=draft', '?severity=critical',
	'patterns/?since=2025']) AS query;
ROLLBACK TO policies;
ALTER POLICY summaries_read ON session_group.summaries TO PUBLIC;
SELECT is(tap.value('tap_app', 'annwrite', '(' || expression || ')'), all_of_it::text, 'L28: a policy of all roles: '
	|| name)
	FROM tap.way;
ROLLBACK TO policies;
ALTER POLICY users_read ON session_group.users TO session_group_admin;
SELECT is(tap.value('tap_app', 'annwrite',
	$$session_group.count_summaries(910001, created_by => '00000000-0000-4000-8000-000000910013', search => 'draft')$$),
	'0',
	'L28: a policy of people of another role');
ROLLBACK TO policies;
ALTER POLICY activity_read ON session_group.activity TO session_group_admin;
SELECT is(tap.value('tap_app', 'annwrite', 'session_group.count_activity(910001)'), '0',
	'L28: a policy of activity of another role');
SELECT matches(tap.http('GET', '/api/projects/910001/session_group_summaries/activity/', tap.key('annread')),
	'"(total_)?count":0\M.*"results":\[\]', 'L28: a policy of activity of another role: GET');
ROLLBACK TO policies;
ALTER POLICY projects_read ON session_group.projects TO session_group_admin;
SELECT alike(tap.value('tap_app', 'annwrite', 'session_group.count_summaries(910001)'), '42501 %',
	'L28: a policy of projects of another role');
ROLLBACK TO policies;
REVOKE SELECT ON session_group.summaries FROM session_group_api;
SELECT alike(tap.value('tap_app', 'annwrite', '(' || expression || ')'), '42501 permission denied for table summaries',
	'L28: no right to read: ' || name) FROM tap.way WHERE name <> 'patterns';
SELECT is(left(tap.http('GET', '/api/projects/910001/session_group_summaries/' || query, tap.key('annread')), 3),
	left(tap.http('GET', '/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-000000000003/',
	tap.key('annread')), 3),
	'L28: no right to read: GET ' || query)
FROM unnest(ARRAY['', '?search=draft', '?session_id=shared', '?q=draft', '?severity=critical']) AS query;
ROLLBACK TO policies;
REVOKE SELECT (summary) ON session_group.summaries FROM session_group_api;
SELECT alike(tap.value('tap_app', 'annwrite', '(SELECT count(summary) FROM session_group.list_summaries(910001, '
	|| filter || '))'),
	'42501 permission denied for table summaries', 'L28: no right to a column: ' || filter)
FROM unnest(ARRAY['search => ''draft''', 'q => ''draft''', 'session_id => ''shared''', 'search => NULL']) AS filter;
ROLLBACK TO policies;
REVOKE SELECT ON session_group.activity FROM session_group_api;
SELECT alike(tap.value('tap_app', 'annwrite', 'session_group.count_activity(910001)'),
	'42501 permission denied for table activity', 'L28: no right to read activity');
ROLLBACK TO policies;

-- A role that may call the functions, and read no table; it is let in, and out again.
CREATE ROLE tap_caller LOGIN IN ROLE session_group_anon;
GRANT USAGE ON SCHEMA session_group TO tap_caller;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA session_group TO tap_caller;
SELECT is(tap.value('tap_app', 'annwrite', $$session_group.count_summaries(910001, search => 'draft')$$), '2',
	'L28: another role in the same session, just before');
SELECT alike(tap.value('tap_caller', 'annwrite', '(' || expression || ')'), '42501 permission denied for %',
	'L28: a right to call alone: ' || name) FROM tap.way;
GRANT session_group_api TO tap_caller;
SELECT is(tap.value('tap_caller', 'annwrite', '(' || expression || ')'), all_of_it::text, 'L28: let in: ' || name)
	FROM tap.way;
REVOKE session_group_api FROM tap_caller;
SELECT alike(tap.value('tap_caller', 'annwrite', '(' || expression || ')'), '42501 permission denied for %',
	'L28: and out again: ' || name) FROM tap.way;
ROLLBACK TO policies;

SELECT is(tap.value('tap_app', 'annwrite', '(' || expression || ')'), all_of_it::text, 'L28: and back: ' || name)
	FROM tap.way;
SELECT * FROM finish();
ROLLBACK;
