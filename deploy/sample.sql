-- Three projects with their people, keys and 40 summaries of 10 to 300 kB, to
-- look at in the quickstart. Nothing in it is a real person, shop or session.
--
-- Loaded by psql into a database with the extension. What it prints are the
-- assignments that the quickstart puts into .run/env.

\set ON_ERROR_STOP 1
\set QUIET 1
BEGIN;

-- Chance that is the same on every machine: 0 to n - 1, from a seed.
CREATE FUNCTION pg_temp.chance(seed text, n integer) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || left(md5(seed), 7))::bit(28)::integer % n $$;

-- A UUID of version 7 for a time, from a seed.
CREATE FUNCTION pg_temp.uuid7(seed text, at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
	SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
			|| '7' || substr(md5(seed), 1, 3) || '9' || substr(md5(seed), 4, 15))::uuid
$$;

-- What visitors do in each of the three products.
CREATE TEMP TABLE step (product text, number integer, description text, event text, event_type text, path text);
INSERT INTO step VALUES
	('books', 0, 'Opened the home page from a newsletter link', '$pageview', NULL, '/'),
	('books', 1, 'Typed "field guide to mosses" into the search box', '$autocapture', 'change', '/search'),
	('books', 2, 'Opened a book''s page from the third row of the results', '$pageview', NULL, '/books/a-year-of-mosses'),
	('books', 3, 'Clicked "Look inside" and paged through the sample', '$autocapture', 'click', '/books/a-year-of-mosses'),
	('books', 4, 'Put the hardcover edition into the basket', 'basket_item_added', NULL, '/basket'),
	('books', 5, 'Switched the delivery country from Ireland to Northern Ireland', '$autocapture', 'change', '/checkout/delivery'),
	('books', 6, 'Entered a voucher code and pressed "Apply"', '$autocapture', 'submit', '/checkout/voucher'),
	('books', 7, 'Clicked "Pay now" on the card form', '$autocapture', 'click', '/checkout/payment'),
	('books', 8, 'Clicked the greyed-out "Continue" button several times', '$rageclick', 'click', '/checkout/delivery'),
	('books', 9, 'Went back to the basket with the browser''s back button', '$pageview', NULL, '/basket'),
	('books', 10, 'Saw the message that the payment could not be completed', 'payment_failed', NULL, '/checkout/payment'),
	('books', 11, 'Left the site from the order confirmation', '$pageleave', NULL, '/orders/confirmed'),
	('invoices', 0, 'Signed in and landed on the overview', '$pageview', NULL, '/overview'),
	('invoices', 1, 'Opened the list of unpaid invoices', '$pageview', NULL, '/invoices?status=unpaid'),
	('invoices', 2, 'Started a new invoice from a template', '$autocapture', 'click', '/invoices/new'),
	('invoices', 3, 'Changed the tax rate of a line from 19 to 7 per cent', '$autocapture', 'change', '/invoices/new'),
	('invoices', 4, 'Dragged the third line above the first one', '$autocapture', 'click', '/invoices/new'),
	('invoices', 5, 'Pressed "Save draft" and waited for the spinner', '$autocapture', 'submit', '/invoices/new'),
	('invoices', 6, 'Got the notice that the customer number is already taken', 'form_error_shown', NULL, '/customers/new'),
	('invoices', 7, 'Uploaded a bank statement of 2,400 rows', 'statement_uploaded', NULL, '/bank/import'),
	('invoices', 8, 'Searched the help centre for "reverse charge"', '$autocapture', 'change', '/help'),
	('invoices', 9, 'Matched a payment with two invoices by hand', 'payment_matched', NULL, '/bank/match'),
	('invoices', 10, 'Downloaded the quarter as a spreadsheet', 'export_downloaded', NULL, '/reports/quarter'),
	('invoices', 11, 'Closed the tab while the export was running', '$pageleave', NULL, '/reports/quarter'),
	('trails', 0, 'Opened a shared route on a phone', '$pageview', NULL, '/routes/shared/ridge-loop'),
	('trails', 1, 'Dragged a waypoint off the path and back again', '$autocapture', 'click', '/planner'),
	('trails', 2, 'Turned on the layer with slope angles', 'layer_enabled', NULL, '/planner?layer=slope'),
	('trails', 3, 'Asked for a route avoiding roads', 'route_requested', NULL, '/planner'),
	('trails', 4, 'Waited eleven seconds for the elevation profile', 'profile_loaded', NULL, '/planner'),
	('trails', 5, 'Tapped "Save offline" while the connection dropped', '$autocapture', 'click', '/planner/offline'),
	('trails', 6, 'Dismissed the request to share the position', '$autocapture', 'click', '/planner'),
	('trails', 7, 'Tapped the map repeatedly where nothing responds', '$rageclick', 'click', '/planner'),
	('trails', 8, 'Switched units from miles to kilometres', '$autocapture', 'change', '/settings/units'),
	('trails', 9, 'Exported the track as GPX', 'track_exported', NULL, '/planner/export'),
	('trails', 10, 'Opened the page that compares the plans', '$pageview', NULL, '/plans'),
	('trails', 11, 'Returned to the map without choosing a plan', '$pageview', NULL, '/planner');

CREATE TEMP TABLE pattern (product text, number integer, name text, description text, severity text, indicators text[], segment text, outcome text);
INSERT INTO pattern VALUES
	('books', 0, 'Delivery form blocks after a change of country', 'Visitors who change the country after entering a postcode can not go on, because the old postcode is still checked against the new country and the message appears above the visible part of the page.', 'critical', '{"Repeated clicks on the disabled button","Country changed after the postcode was entered","Session ends on the delivery step"}', 'Delivery details', 'Abandoned at the delivery step after several attempts'),
	('books', 1, 'Voucher errors make people start over', 'A refused voucher empties the field and reloads the summary, which readers take for a lost basket; most of them go back to the basket and some add the book a second time.', 'high', '{"Voucher refused","Return to the basket within ten seconds","The same book twice in the basket"}', 'Voucher', 'Went on without the discount, or left'),
	('books', 2, 'Search results without the edition that was asked for', 'Searches that name a binding show paperbacks first, so people open several results in new tabs before they give up or refine the search.', 'medium', '{"Three or more results opened in a row","Search refined with the word hardcover"}', 'Finding a book', 'Found the edition after a long detour'),
	('books', 3, 'Second attempt to pay succeeds with another card', 'The first payment fails with a general message; those who try another card mostly succeed, which points to the card check rather than to the shop.', 'high', '{"General payment message","Another card within two minutes"}', 'Payment', 'Paid at the second attempt'),
	('books', 4, 'Sample pages convince', 'Visitors who page through the sample of a book put it into the basket twice as often as those who read only the description.', 'low', '{"Five or more sample pages","Basket within a minute of closing the sample"}', 'Choosing a book', 'Put the book into the basket'),
	('books', 5, 'Old links in the newsletter', 'Links of last month''s newsletter lead to books out of print, and the page offers nothing similar.', 'medium', '{"Arrival from the newsletter","Left within fifteen seconds"}', 'Arrival', 'Left without another page'),
	('invoices', 0, 'Drafts lost when the session ends', 'Long invoices are written over hours; when the session has ended in the meantime, saving shows the sign-in page and the lines are gone.', 'critical', '{"Sign-in page after Save draft","The same lines entered twice","More than 40 minutes on one page"}', 'Writing an invoice', 'Wrote the invoice a second time'),
	('invoices', 1, 'Tax rates changed line by line', 'There is no way to change the rate of all lines, so bookkeepers repeat the same change up to thirty times and make mistakes in between.', 'medium', '{"Ten or more changes of a rate in a row","A rate changed back"}', 'Tax rates', 'Finished after many repeated steps'),
	('invoices', 2, 'Bank import stops without a reason', 'Statements with more than two thousand rows stop at 60 per cent; people upload the same file again instead of splitting it.', 'critical', '{"The same file uploaded again","Progress stays at 60 per cent","Help searched for limits"}', 'Bank import', 'Gave up and entered the payments by hand'),
	('invoices', 3, 'Customer numbers collide', 'New customers get a number that is already taken when two colleagues work at once, and the form offers no free one.', 'high', '{"Notice about the number","Number counted up by hand"}', 'New customer', 'Found a free number by trying'),
	('invoices', 4, 'Exports are waited for in vain', 'The export of a quarter runs for minutes without saying so; most close the tab and start it again.', 'high', '{"Tab closed while the export runs","Two exports of the same quarter"}', 'Quarterly export', 'Left before the file was ready'),
	('invoices', 5, 'Matching by hand goes well', 'Where the suggestion is wrong, people match payments by hand quickly and without going back.', 'low', '{"Suggestion refused","Match within twenty seconds"}', 'Matching payments', 'Matched all payments'),
	('trails', 0, 'Offline maps fail without a word', 'When the connection drops while a map is saved, the button looks as if all were well; hikers notice on the way.', 'critical', '{"Connection lost while saving","Saved map opened and empty"}', 'Saving a map', 'Believed that the map was saved'),
	('trails', 1, 'Elevation profile keeps people waiting', 'Profiles of routes over 40 km take ten seconds and more, and each moved waypoint starts them anew.', 'high', '{"More than eight seconds of waiting","Waypoints moved while waiting"}', 'Planning a route', 'Planned without the profile'),
	('trails', 2, 'Waypoints snap to the wrong path', 'Where paths run side by side the waypoint snaps to the road; people move it back and forth and then draw by hand.', 'high', '{"The same waypoint moved three times","Switched to drawing by hand"}', 'Drawing a route', 'Drew the route by hand'),
	('trails', 3, 'Taps on the map go nowhere', 'Visitors on phones tap places of interest that only react to a mouse.', 'medium', '{"Repeated taps on one place","Zoomed in and tapped again"}', 'Exploring the map', 'Gave up on the place'),
	('trails', 4, 'Units hide in the settings', 'People who think in kilometres look for the switch on the map, then in the profile, and last in the settings.', 'low', '{"Settings opened within the first minute","Return to the map after one change"}', 'First steps', 'Found the switch at last'),
	('trails', 5, 'Plans compared, none chosen', 'The page with the plans does not say which of them has offline maps, which is what people came for.', 'medium', '{"Plans opened from the offline button","Return to the map within half a minute"}', 'Choosing a plan', 'Stayed with the free plan');

CREATE TEMP TABLE product (product text, name text, timezone text, host text, id bigint);
INSERT INTO product
SELECT v.product, v.name, v.timezone, v.host, (session_group.create_project(v.name, v.timezone)).id
FROM (VALUES
	('books', 'Moss & Marrow Books', 'Europe/Dublin', 'https://books.example.com'),
	('invoices', 'Ledgerline', 'Europe/Berlin', 'https://app.ledgerline.example'),
	('trails', 'Ridge Loop', 'America/Denver', 'https://ridgeloop.example')
) AS v (product, name, timezone, host);

-- Ines sees all projects, the others one or two.
CREATE TEMP TABLE person (name text, id bigint, products text[]);
INSERT INTO person
SELECT v.first_name,
	   (session_group.create_user(v.email, v.first_name, v.last_name,
								  distinct_id => 'person-' || left(md5(v.email), 12),
								  role_at_organization => v.role, is_email_verified => v.verified,
								  hedgehog_config => v.hedgehog)).id,
	   v.products
FROM (VALUES
	('ines@example.com', 'Ines', 'Aldridge', 'founder', true, '{"color": "green", "accessories": ["beret"]}'::jsonb, '{books,invoices,trails}'::text[]),
	('tomasz@example.com', 'Tomasz', 'Wilk', 'engineering', true, NULL, '{books,invoices}'),
	('noor@example.com', 'Noor', 'Haddad', 'product', true, '{}', '{books}'),
	('maeve@example.com', 'Maeve', 'O''Dowd', 'marketing', NULL, NULL, '{books}'),
	('jürgen@example.com', 'Jürgen', 'Größ', 'data', true, NULL, '{invoices}'),
	('amara@example.com', 'Amara', 'Eze', 'leadership', false, NULL, '{invoices,trails}'),
	('kenji@example.com', 'Kenji', '森田', 'engineering', true, '{"skin": "robohog"}', '{trails}'),
	('sol@example.com', 'Sol', 'Ibarra', '', NULL, NULL, '{trails}')
) AS v (email, first_name, last_name, role, verified, hedgehog, products);

SELECT count(session_group.add_member(product.id, person.id)) AS members
FROM person JOIN product ON product.product = ANY (person.products) \gset

-- Fourteen summaries of two projects, twelve of the third, over the last 90 days.
CREATE TEMP TABLE wanted AS
SELECT n, product.*, product.product || n AS seed,
	   date_trunc('hour', now()) - make_interval(days => n * 90 / 40, mins => pg_temp.chance('time' || n, 600)) AS at,
	   1 + pg_temp.chance('patterns' || n, 6) AS patterns,
	   3 + pg_temp.chance('events' || n, 10) AS events,
	   3 + pg_temp.chance('sessions' || n, 24) AS sessions
FROM generate_series(0, 39) AS n
JOIN product ON product.product = (ARRAY['books', 'invoices', 'trails'])[1 + CASE WHEN n = 2 THEN 0 WHEN n = 5 THEN 1 ELSE n % 3 END];

CREATE TEMP TABLE session AS
SELECT wanted.n, s AS number,
	   pg_temp.uuid7(seed || 'session' || s, at - make_interval(hours => 2 + 3 * s)) AS id,
	   at - make_interval(hours => 2 + 3 * s) AS started
FROM wanted, generate_series(0, sessions - 1) AS s;

-- What happened in one session at the place-th of the steps around a pattern.
CREATE FUNCTION pg_temp.event(product text, host text, seed text, session uuid, started timestamptz, place integer)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'event_id', left(md5(seed || place), 8),
		'event_uuid', pg_temp.uuid7(seed || place, started + make_interval(secs => place * 17)),
		'session_id', session,
		'description', step.description,
		'abandonment', step.event = '$pageleave' AND pg_temp.chance(seed || 'left', 3) > 0,
		'confusion', step.event = '$rageclick' OR pg_temp.chance(seed || place || 'confused', 7) = 0,
		'exception', (ARRAY['blocking', 'non-blocking', 'non-blocking'])[
			1 + pg_temp.chance(seed || place || 'exception', CASE WHEN step.event LIKE '%\_failed' THEN 2 ELSE 24 END)],
		'timestamp', to_char((started + make_interval(secs => place * 17)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
		'milliseconds_since_start', place * 17000 + pg_temp.chance(seed || place || 'ms', 1000),
		'window_id', CASE WHEN pg_temp.chance(session::text, 4) > 0
						  THEN pg_temp.uuid7('window' || session, started) END,
		'current_url', host || step.path,
		'event', step.event,
		'event_type', step.event_type,
		'event_index', place)
	FROM step
	WHERE step.product = event.product AND step.number = pg_temp.chance(seed || place || 'step', 12)
$$;

-- One example of a pattern: what happened, and the three steps on either side.
CREATE FUNCTION pg_temp.segment(w wanted, p pattern, number integer)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'segment_name', p.segment,
		'segment_outcome', p.outcome,
		'segment_success', p.severity = 'low' OR pg_temp.chance(seed || 'success', 4) = 0,
		'segment_index', place / 12,
		'previous_events_in_segment', around.events #> '{previous}',
		'target_event', pg_temp.event(w.product, w.host, seed, session.id, session.started, place),
		'next_events_in_segment', around.events #> '{next}')
	FROM (SELECT w.seed || p.name || number AS seed) AS s,
		 LATERAL (SELECT 4 + pg_temp.chance(seed || 'place', 60) AS place) AS q,
		 session,
		 LATERAL (SELECT jsonb_build_object(
			'previous', jsonb_agg(e ORDER BY i) FILTER (WHERE i < 0),
			'next', jsonb_agg(e ORDER BY i) FILTER (WHERE i > 0)) AS events
			FROM generate_series(-3, 3) AS i,
				 pg_temp.event(w.product, w.host, seed, session.id, session.started, place + i) AS e
			WHERE i <> 0) AS around
	WHERE session.n = w.n AND session.number = pg_temp.chance(seed || 'session', w.sessions)
$$;

INSERT INTO session_group.summaries
	(project_id, title, session_ids, summary, extra_summary_context, run_metadata, created_at, created_by_id, updated_at)
SELECT w.id,
	   CASE WHEN w.n % 5 = 4 THEN 'Group summary'
			ELSE (array_agg(p.name ORDER BY p.place))[1] || to_char(w.at, '", week "IW') END,
	   (SELECT array_agg(s.id::text ORDER BY s.number) FROM session AS s WHERE s.n = w.n),
	   jsonb_build_object('patterns', jsonb_agg(p.body ORDER BY p.place)),
	   CASE WHEN w.n % 3 = 0 THEN jsonb_build_object('focus_area', lower((array_agg(p.segment ORDER BY p.place))[1])) END,
	   jsonb_build_object('model', 'example-large-2', 'sessions_asked_for', w.sessions,
						  'duration_seconds', 40 + pg_temp.chance(w.seed || 'duration', 500)),
	   w.at,
	   CASE WHEN w.n % 8 < 7 THEN
		   (SELECT person.id FROM person WHERE w.product = ANY (person.products)
			ORDER BY md5(person.name || w.seed) LIMIT 1) END,
	   w.at
FROM wanted AS w,
	 LATERAL (
		SELECT place, chosen.name, chosen.segment, jsonb_build_object(
			'pattern_id', place,
			'pattern_name', chosen.name,
			'pattern_description', chosen.description,
			'severity', chosen.severity,
			'indicators', chosen.indicators,
			'events', (SELECT jsonb_agg(pg_temp.segment(w, chosen.of_table, i) ORDER BY i)
					   FROM generate_series(1, w.events) AS i),
			'stats', jsonb_build_object(
				'occurences', w.events,
				'sessions_affected', least(w.events, w.sessions),
				'sessions_affected_ratio', round(least(w.events, w.sessions)::numeric / w.sessions, 2),
				'segments_success_ratio', round(pg_temp.chance(w.seed || place, 80) / 100.0, 2))) AS body
		FROM (SELECT pattern.*, pattern AS of_table,
					 row_number() OVER (ORDER BY md5(pattern.name || w.seed)) AS place
			  FROM pattern WHERE pattern.product = w.product) AS chosen
		WHERE place <= w.patterns
	 ) AS p
GROUP BY w.n, w.id, w.at, w.seed, w.sessions, w.product;

-- Ines's keys, and one of a user who is in another project only. Keys expire.
\set expiry 'now() + interval ''90 days'''
SELECT 'SESSION_GROUP_PROJECT_ID=' || id FROM product WHERE product = 'books';
SELECT 'SESSION_GROUP_SUMMARY_ID=' || summaries.id
FROM session_group.summaries JOIN product ON product.id = project_id AND product = 'books'
ORDER BY created_at DESC LIMIT 1;
SELECT 'POSTHOG_PERSONAL_API_KEY=' || session_group.create_api_key(id, 'Reads and writes', '{session_recording:write}', expires_at => :expiry)
FROM person WHERE name = 'Ines';
SELECT 'SESSION_GROUP_READ_KEY=' || session_group.create_api_key(id, 'Reads', '{session_recording:read}', expires_at => :expiry)
FROM person WHERE name = 'Ines';
SELECT 'SESSION_GROUP_NARROW_KEY=' || session_group.create_api_key(person.id, 'Reads and writes books', '{session_recording:write}', ARRAY[product.id], :expiry)
FROM person, product WHERE person.name = 'Ines' AND product = 'books';
SELECT 'SESSION_GROUP_OTHER_KEY=' || session_group.create_api_key(id, 'Another project''s', '{session_recording:write}', expires_at => :expiry)
FROM person WHERE name = 'Kenji';

COMMIT;
