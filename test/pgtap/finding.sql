-- Searches run as the tables' owner: they stay in the project that the caller
-- may read, and find what a scan would.
\ir setup.psql

INSERT INTO session_group.summaries (project_id, title, session_ids, summary)
SELECT p, title, ARRAY['shared', 'of ' || p], summary
FROM unnest(ARRAY[910001, 910002]) AS p, (VALUES
	('Zebra crossing',
	'{"patterns":[{"pattern_name":"Walkers hesitate","pattern_description":"They look around","indicators":["idle cursor","back button"],"events":[{"description":"unicorn"}]}]}'::jsonb),
	('ZEBRA Ärger Ωmega ςΣ', to_jsonb('{"patterns":[{"pattern_name":"Hesitating drivers","severity":"high"}]}'::text)),
	('100% of_all \ z''ebra <b>bold', '{"patterns":["no", {"pattern_name": 5, "indicators": ["alone", 1, null]}]}'),
	('ze', to_jsonb('{"broken'::text))) AS s (title, summary);

-- What is asked, by whom may read A only: rows of A and no other.
SELECT is(tap.value('tap_app', key, format('session_group.count_summaries(%s, %s)', project, filter)), expected,
	format('%s: %s of %s', coalesce(key, 'nobody'), filter, project))
FROM (VALUES
	('annread', 910001, 'search => ''zebra''', '2'), ('annread', 910001, 'search => ''ZEBRA c''', '1'),
	('annread', 910001, 'search => ''ze''', '3'),
	('annread', 910001, 'search => ''Z''', '4'), ('annread', 910001, 'search => ''of_all''', '1'),
	('annread', 910001, 'search => ''0% o''', '1'), ('annread', 910001, 'search => ''%_%''', '0'),
	('annread', 910001, 'search => ''\ z''', '1'), ('annread', 910001, 'search => ''ärger ω''', '1'),
	('annread', 910001, 'search => ''zebras''', '0'),
	('annread', 910001, 'session_id => ''shared''', '4'), ('annread', 910001, 'session_id => ''of 910001''', '4'),
	('annread', 910001, 'session_id => ''of 910002''', '0'), ('annread', 910001, 'session_id => ''SHARED''', '0'),
	('annread', 910001, 'q => ''zebra''', '2'), ('annread', 910001, 'q => ''hesitates''', '2'),
	('annread', 910001, 'q => ''hesitate -drivers''', '1'), ('annread', 910001, 'q => ''-hesitate''', '5'),
	('annread', 910001, 'q => ''"zebra crossing"''', '1'), ('annread', 910001, 'q => ''"crossing zebra"''', '0'),
	('annread', 910001, 'q => ''crossing or alone''', '2'), ('annread', 910001, 'q => ''unicorn''', '0'),
	('annread', 910001, 'q => ''bold''', '1'), ('annread', 910001, 'q => ''the''', '0'),
	('annread', 910001, 'q => ''910001''', '0'), ('annread', 910001, 'q => ''910001:zebra''', '0'),
	('annread', 910001, 'q => ''910002 or zebra''', '2'),
	('annread', 910001, 'q => ''zebra'', search => ''cross'', session_id => ''shared''', '1'),
	('annread', 910001, 'q => repeat(''x'', 5000)', '0'), ('annread', 910001, 'q => ''''', '7'),
	('catread', 910001, 'search => ''ze''', '3'), ('catread', 910001, 'search => ''zebra''', '2'),
	('catread', 910002, 'q => ''zebra''', '2'),
	('annread', 910001, 'q => repeat(''-　'', 40)', '0'), ('annread', 910001, 'q => repeat(''-x '', 100)', '0'),
	('annread', 910002, 'search => ''zebra''', '42501 no read access to project 910002'),
	('annread', 910002, 'session_id => ''shared''', '42501 no read access to project 910002'),
	('annread', 910002, 'q => ''zebra''', '42501 no read access to project 910002'),
	('annread', 910099, 'q => ''-x''', '42501 no read access to project 910099'),
	('annnone', 910001, 'search => ''zebra''', '42501 no read access to project 910001'),
	('annonlyb', 910001, 'q => ''zebra''', '42501 no read access to project 910001'),
	(NULL, 910001, 'search => ''zebra''', '42501 no read access to project 910001'),
	(NULL, 910001, 'q => ''zebra''', '42501 no read access to project 910001')
) AS c (key, project, filter, expected);

-- The same rows, whole, from a page; of A, though B's are the same but for the project.
SELECT is(tap.value('tap_app', 'annread',
	format('SELECT array_agg(DISTINCT project_id) || array[count(*)] FROM session_group.list_summaries(910001, %s)',
	filter)), expected, 'rows of ' || filter)
FROM (VALUES ('search => ''zebra''', '{910001,2}'), ('session_id => ''shared''', '{910001,4}'),
	('q => ''zebra''', '{910001,2}'), ('order_by => ''title'', q => ''zebra''', '{910001,2}'),
	('row_limit => 1, row_offset => 1, session_id => ''shared''', '{910001,1}')) AS c (filter, expected);
SELECT is(tap.value('tap_operator', NULL, $$session_group.count_summaries(910002, search => 'zebra')$$), '2',
	'the administrator reads all');

-- The best first: a word of the title before one of an indicator.
SELECT is(tap.value('tap_app', 'annread', $$SELECT array_agg(title)
	FROM session_group.list_summaries(910001,
	q => 'crossing or alone')$$), '{"Zebra crossing","100% of_all \\ z''ebra <b>bold"}', 'words are ranked');

-- Whatever is a part of a title is found by it.
SELECT is_empty($$
	SELECT s.title, part FROM session_group.summaries AS s, generate_series(1, char_length(s.title)) AS a,
	generate_series(1, 8) AS n,
		LATERAL (SELECT substr(s.title, a, n) AS one) AS p, LATERAL unnest(ARRAY[one, upper(one), lower(one)]) AS part
	WHERE s.project_id = 910001 AND s.title ILIKE '%'
	|| replace(replace(replace(part, '\', '\\'), '%', '\%'), '_', '\_') || '%'
	AND session_group.count_summaries(s.project_id, search => part) <> (SELECT count(*)
	FROM session_group.summaries AS o
		WHERE o.project_id = s.project_id AND o.title ILIKE '%'
		|| replace(replace(replace(part, '\', '\\'), '%', '\%'), '_', '\_') || '%')$$, 'no part of a title is missed');
SELECT is(session_group.title_keys(1, 'abcd') && session_group.title_keys(2, 'abcd'), false, 'keys are of one project');
SELECT is(session_group.session_keys(1, '{a,b}') && session_group.session_keys(2, '{a,b}'), false,
	'keys of sessions too');
SELECT is(session_group.document_words(42, '{"patterns":[{"pattern_name":"a name"}]}')::text, $$'42:' '42:name':2B$$,
	'words of a document alone');
SELECT is(session_group.summary_words(42, 'a title', NULL)::text, $$'42:' '42:titl':2A$$,
	'words have their project in front');
SELECT lives_ok($$SELECT session_group.summary_words(1, repeat('é', 2048),
	jsonb_build_object('patterns', jsonb_build_array(jsonb_build_object('pattern_name',
	(SELECT string_agg(md5(n::text), ' ') FROM generate_series(1, 100000) AS n)))))$$,
	'however much text there is, it fits');

-- Words in titles, in documents and in both: whatever is asked for, the indexes of both find what the
-- summaries' words say.
INSERT INTO session_group.summaries (project_id, title, summary)
SELECT 910003, coalesce((SELECT string_agg(w, ' ')
	FROM unnest('{red,green,blue,black}'::text[]) WITH ORDINALITY AS t (w, n) WHERE title >> n::int & 1 = 1), 'none'),
	jsonb_build_object('patterns', jsonb_build_array(jsonb_build_object('pattern_name',
	(SELECT string_agg(w, ' ') FROM unnest('{red,green,blue,black}'::text[]) WITH ORDINALITY AS t (w, n)
	WHERE document >> n::int & 1 = 1))))
FROM generate_series(0, 30, 2) AS title, generate_series(0, 30, 2) AS document;
CREATE FUNCTION tap.asked() RETURNS TABLE (asked text, got bigint, wanted bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR asked IN
		SELECT format(f, a, b, c) FROM unnest('{red,green,blue,white}'::text[]) AS a,
		unnest('{green,black,white}'::text[]) AS b, unnest('{blue,red}'::text[]) AS c,
			unnest(ARRAY['%s', '-%s', '%s %s', '%s -%s', '-%s -%s', '%s or %s', '%s or -%s', '"%s %s"', '-"%s %s"',
			'%s "%s %s"', '%s %s or %s', '%s or %s -%s', '%s -%s -%s',
						 '%1$s %2$s %3$s black white red green', '%1$s %2$s %3$s red green black', '%s %s-%s']) AS f
		UNION SELECT 'the' UNION SELECT 'the red' UNION SELECT 'the -red'
	LOOP
		SELECT count(*) INTO wanted FROM session_group.summaries s WHERE project_id = 910003
			AND session_group.summary_words(project_id, title,
			summary) @@ regexp_replace(websearch_to_tsquery('english', asked)::text, '\x27([^\x27]+)\x27',
			E'\x27910003:\\1\x27', 'g')::tsquery;
		SELECT session_group.count_summaries(910003, q => asked) INTO got;
		RETURN NEXT;
	END LOOP;
END
$$;
SELECT is_empty('SELECT * FROM tap.asked() WHERE got <> wanted', 'all that is asked for is found, and no more');
SELECT cmp_ok((SELECT count(DISTINCT wanted) FROM tap.asked()), '>', 10::bigint, 'which is not always the same');
UPDATE session_group.summaries SET title = 'black ' || title || ' grey' WHERE project_id = 910003
	AND title LIKE '%green%';
SELECT is_empty('SELECT * FROM tap.asked() WHERE got <> wanted', 'so it is with new titles');

-- The planner takes the index of keys, and for it a search is a lookup.
INSERT INTO session_group.summaries (project_id, title, session_ids) SELECT 910001, 'Row number ' || n,
	ARRAY['row ' || n] FROM generate_series(1, 3000) AS n;
SELECT gin_clean_pending_list('session_group.title_rows_by_keys') AS merged \gset
ANALYZE session_group.summaries, session_group.title_rows;
CREATE FUNCTION tap.plan(from_where text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT count(*) FROM session_group.' || from_where LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END
$$;
SELECT matches(tap.plan($$title_rows WHERE session_group.title_keys(project_id,
	title) @> session_group.title_keys(910001, 'zebra')$$), 'title_rows_by_keys', 'titles by their index');
SELECT matches(tap.plan($$summaries WHERE project_id = 910001
	AND session_group.session_keys(project_id, session_ids) @> session_group.session_keys(910001,
	'{shared}')$$), 'summaries_by_session_keys', 'sessions by theirs');
SELECT matches(tap.plan($$summaries WHERE project_id = 910001
	AND session_group.document_words(project_id,
	summary) @@ '''910001:zebra'''$$), 'summaries_by_document_words', 'words by theirs');

-- A page of a large project among small ones is read in its order, not sorted out of all.
INSERT INTO session_group.projects (id, name) SELECT 920000 + n, 'small' FROM generate_series(1, 50) AS n;
INSERT INTO session_group.summaries (project_id, title) SELECT 920000 + n % 50 + 1, 'some'
	FROM generate_series(1, 20000) AS n;
ANALYZE session_group.summaries;
CREATE FUNCTION tap.fetched() RETURNS bigint LANGUAGE SQL VOLATILE
RETURN (SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
	WHERE relid = 'session_group.summaries'::regclass);
CREATE FUNCTION tap.reads(sql text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	before bigint;
BEGIN
	PERFORM session_group.login(tap.key('annread'));
	SET LOCAL ROLE session_group_api;
	EXECUTE sql;
	RESET ROLE;
	before := tap.fetched();
	SET LOCAL ROLE session_group_api;
	EXECUTE sql;
	RESET ROLE;
	RETURN tap.fetched() - before;
END
$$;
SELECT cmp_ok(tap.reads('SELECT count(*) FROM session_group.list_summaries(910001, 10)'), '<=', 20::bigint,
	'a page of ten reads ten rows');
SELECT cmp_ok(tap.reads('SELECT count(*) FROM session_group.list_summaries(910001, 10, 100)'), '<=', 120::bigint,
	'the eleventh page reads those before it');
SELECT cmp_ok(tap.reads($$SELECT count(*) FROM session_group.list_summaries(910001, 10, search => 'zebra')$$), '<=',
	20::bigint, 'a search reads what it finds');

-- The policies' function finds rows by the list of projects where the statement names none, and still looks
-- at each; where it names one, by that.
CREATE FUNCTION tap.plan_of(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || sql LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END
$$;
SAVEPOINT policies;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT session_group.login(tap.key('catread'));
SELECT matches(tap.plan_of('SELECT title FROM session_group.summaries WHERE session_group.may_read(project_id)'),
	'Index Cond: .project_id = ANY .session_group.readable_project_ids....\n *Filter: session_group.may_read.project_id.',
	'a policy finds rows by an index, and decides itself');
SELECT doesnt_match(tap.plan_of('SELECT title FROM session_group.summaries WHERE session_group.may_read(project_id) AND '
	|| condition), 'ANY', 'and leaves the list out: ' || condition)
FROM unnest(ARRAY['project_id = 910001', 'project_id = ''910001''', '910001::integer = project_id',
	'project_id = (SELECT 910001)']) AS condition;
SELECT matches(tap.plan_of('SELECT title FROM session_group.summaries WHERE session_group.may_read(project_id) AND project_id > 910001'),
	'ANY', 'but not where more than one is meant');
-- Behind another column a list would break the order.
SET LOCAL enable_sort = off;
UPDATE session_group.summaries SET created_by_id = NULL WHERE project_id = 910001 AND title LIKE 'Row number %';
SELECT cmp_ok((SELECT count(DISTINCT (project_id, created_by_id)) FROM session_group.summaries
	WHERE session_group.may_read(project_id) AND created_by_id IS NOT NULL), '>', 2::bigint,
	'several creators in several projects');
SELECT is((SELECT array_agg(created_by_id)
	FROM (SELECT created_by_id FROM session_group.summaries WHERE session_group.may_read(project_id)
	AND created_by_id IS NOT NULL ORDER BY created_by_id) AS s),
	(SELECT array_agg(created_by_id ORDER BY created_by_id) FROM session_group.summaries
	WHERE project_id IN (910001, 910002) AND created_by_id IS NOT NULL), 'in the order that was asked for');
ROLLBACK TO policies;
SELECT cmp_ok(tap.reads('SELECT count(title) FROM session_group_api.session_group_summaries'), '<=', 3020::bigint,
	'whoever names no project reads those of his own');

-- However many combinations of orders and filters there are, each lists what it should, again and again.
CREATE FUNCTION tap.combinations() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	wrong bigint := 0;
	found bigint;
	o text;
	f text[];
BEGIN
	PERFORM session_group.login(tap.key('annread'));
	SET LOCAL ROLE session_group_api;
	FOR round IN 1..2 LOOP
		FOREACH o IN ARRAY '{created_at,-created_at,title,-title,session_count,-session_count,id,-id,created_by,-created_by}'::text[] LOOP
			FOREACH f SLICE 1 IN ARRAY '{{ze,"","",""},{zebra,"","",""},{"",shared,"",""},{"","",zebra,""},{zebra,shared,"",""},{zebra,shared,zebra,""},{zebra,"","",2020},{"",shared,"",2020},{zebra,shared,zebra,2020}}'::text[] LOOP
				SELECT count(*) INTO found
				FROM session_group.list_summaries(910001, order_by => o, search => f[1], session_id => f[2], q => f[3],
				date_from => f[4]);
				wrong := wrong + (found <> CASE WHEN f[1] = 'ze' THEN 3 WHEN f[1] = '' AND f[3] = '' THEN 4
				ELSE 2 END)::int;
			END LOOP;
		END LOOP;
	END LOOP;
	RESET ROLE;
	RETURN wrong;
END
$$;
SELECT is(tap.combinations(), 0::bigint, 'combinations of orders and filters, more than there are statements kept');

SELECT * FROM finish();
ROLLBACK;
