-- What could be markup is escaped in a report, character by character. (What
-- CommonMark's own parser makes of reports is in test/http/test_report.py.)
\ir setup.psql

CREATE TABLE tap.escape (text text, expected text);
INSERT INTO tap.escape VALUES
	('plain words, 100% (of them): "quoted" it''s!', 'plain words, 100% (of them): "quoted" it''s!'),
	('a\b\', 'a\\b\\'), ('a`b', 'a\`b'), ('a*b', 'a\*b'), ('a_b', 'a\_b'), ('a[b', 'a\[b'), ('a]b', 'a\]b'),
		('a<b', 'a\<b'), ('a>b', 'a\>b'), ('a&b', 'a\&b'),
	('a#b #', 'a\#b \#'), ('~~~', '\~\~\~'), ('a|b', 'a\|b'),
	('-a-b', '\-a-b'), ('+a+b', '\+a+b'), ('=a=b', '\=a=b'), (' - a', '\- a'),
	('1. a. 2. b', '1\. a. 2. b'), ('12) a) 3) b', '12\) a) 3) b'), ('. a', '. a'), (') a', ') a'), ('1a. b', '1a. b'),
		('1 . b', '1 . b'), ('1.. b', '1\.. b'),
	(E' a \t\n\r\x0b\f b  ', 'a b'), (E'a\tb', 'a b'), (E'a\nb', 'a b'), (E'a\rb', 'a b'), (E'a\x0bb', 'a b'),
		(E'a\fb', 'a b'), (E'a\u0085\u2028\u2029b', 'a b'), (E'a\u2027\u202Ab', E'a\u2027\u202Ab'),
	(E'\x01a\x1b[31m\x7f', E'\uFFFDa\uFFFD\\[31m\uFFFD'), (E'a\u009bb\u00a0', E'a\uFFFDb\u00a0'),
		('Ärger 😀', 'Ärger 😀');
CREATE FUNCTION tap.heading(text text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	made uuid;
BEGIN
	INSERT INTO session_group.summaries (project_id, title) VALUES (910001, text) RETURNING id INTO made;
	RETURN split_part(session_group.summary_report(910001, made), E'\n', 1);
END
$$;
SELECT is(tap.heading(text), '# ' || expected, 'report: ' || to_json(text)) FROM tap.escape;

-- Whose report.
SELECT is(left(tap.value(login, key, $$session_group.summary_report(910001, '01900000-0000-7000-8000-000000000001')$$),
	length(expected)), expected, format('L8: the report that %s gets with the key %s', login, coalesce(key,
	'of nobody')))
FROM (VALUES ('tap_app', 'annread', '# Summary 1'), ('tap_operator', NULL, '# Summary 1'),
	('tap_app', 'benwrite', '42501 no read access'), ('tap_app', 'annnone', '42501 no read access'),
	('tap_app', NULL, '42501 no read access'),
	('tap_anon', NULL, '42501 permission denied'), ('tap_stranger', NULL, '42501 permission denied')) AS v (login, key,
		expected);
SELECT is(left(tap.value('tap_app', 'annread',
	$$session_group.summary_report(910001, '01900000-0000-7000-8000-000000000009')$$), 5), 'P0002',
	'report: of no summary');
SELECT is(tap.value('tap_app', 'annread', 'session_group.summary_report(NULL, NULL)'),
	'22004 project_id must not be null', 'report: of no project');
-- The creator is named as far as the reader may see.
SELECT is(substring(tap.value('tap_app', 'annread',
	$$session_group.summary_report(910001, '01900000-0000-7000-8000-000000000001')$$) FROM 'Created by: [^\n]*'),
	'Created by: Ann', 'report: its creator');

SELECT * FROM finish();
ROLLBACK;
