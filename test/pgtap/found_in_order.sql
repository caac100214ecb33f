-- Where very many summaries match, a page is read in its order, row by row, until it is full.
\ir setup.psql

INSERT INTO session_group.summaries (project_id, title, session_ids)
SELECT 910001, 'Everywhere ' || n, '{everywhere}' FROM generate_series(1, 3000) AS n;

-- An index is scanned for the count alone.
SELECT pg_stat_get_xact_numscans('session_group.summaries_by_session_keys'::regclass) AS scans \gset
SELECT is(tap.value('tap_app', 'annread', $$SELECT count(*) FROM session_group.list_summaries(910001, 10, session_id => 'everywhere')$$), '10', 'a page of what very many match');
SELECT is(pg_stat_get_xact_numscans('session_group.summaries_by_session_keys'::regclass) - :scans, 1::bigint, 'the index of keys counts, and does not find them all for a page');
SELECT is(tap.value('tap_app', 'annread', $$SELECT array_agg(title) FROM session_group.list_summaries(910001, 2, row_offset => 1, order_by => 'created_at', session_id => 'everywhere', search => 'here 2')$$),
	tap.value('tap_app', 'annread', $$SELECT array_agg(title) FROM (SELECT title FROM session_group.summaries WHERE project_id = 910001 AND title LIKE 'Everywhere 2%' ORDER BY created_at, id LIMIT 2 OFFSET 1) AS t$$), 'and it is the page of those that match');

SELECT * FROM finish();
ROLLBACK;
