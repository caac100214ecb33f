The examples of docs/sql.md, a block for each function. Project 1 and user 1 are there, and a summary.

-- activity_since
SELECT seq, activity, summary_id FROM session_group.activity_since(1, 0, row_limit => 100);

-- add_member
SELECT project_id, user_id FROM session_group.add_member(1, 1);

-- assume_identity
SELECT session_group.assume_identity('0198c1d2-0000-4000-8000-000000000001', '{session_recording:write}', '{1}');

-- authenticate
SELECT session_group.authenticate();  -- PostgREST's db-pre-request

-- check_counts
SELECT * FROM session_group.check_counts();

-- count_activity
SELECT session_group.count_activity(1);

-- check_rows
SELECT * FROM session_group.check_rows();

-- count_summaries
SELECT session_group.count_summaries(1, search => 'checkout', date_from => '-30d');

-- create_api_key
SELECT session_group.create_api_key(1, 'laptop', '{session_recording:write}', expires_at => now() + interval '90 days');

-- create_project
SELECT id, timezone FROM session_group.create_project('Shop', 'Europe/Berlin');

-- create_summary
SELECT id, version FROM session_group.create_summary(1, title => 'Checkout', session_ids => '{s-1,s-2}', summary => '{"patterns": []}');

-- create_user
SELECT id, uuid FROM session_group.create_user('ines@example.com', 'Ines', role_at_organization => 'product');

-- current_identity
SELECT session_group.current_identity();

-- current_user_id
SELECT session_group.current_user_id();

-- delete_project
SELECT session_group.delete_project(1);

-- delete_summary
SELECT session_group.delete_summary(1, '0198c1d2-5a4e-7b1c-9f3e-2d6a8b4c1e70', expected_version => 1);

-- document_words
SELECT session_group.document_words(1, '{"patterns": []}');  -- what an index of words has

-- erase_summary
SELECT session_group.erase_summary(1, '0198c1d2-5a4e-7b1c-9f3e-2d6a8b4c1e70');

-- erase_user
SELECT session_group.erase_user(1);

-- export_json
SELECT * FROM session_group.export_json(1);

-- get_summary
SELECT title, summary FROM session_group.get_summary(1, '0198c1d2-5a4e-7b1c-9f3e-2d6a8b4c1e70');

-- import_json
SELECT kind, outcome, number FROM session_group.import_json(1, '[{"title": "From elsewhere", "session_ids": ["s-9"]}]');

-- import_posthog
SELECT kind, outcome, number, note FROM session_group.import_posthog('posthog');

-- is_retention
SELECT session_group.is_retention('90 days'), session_group.is_retention('1 month -29 days');

-- is_timezone
SELECT session_group.is_timezone('Europe/Berlin');

-- key_uses_waiting
SELECT session_group.key_uses_waiting();

-- list_activity
SELECT seq, activity, how, changes, at FROM session_group.list_activity(1, row_limit => 20);

-- list_api_keys
SELECT id, email, label, mask, expires_at, last_used_at FROM session_group.list_api_keys() WHERE revoked_at IS NULL;

-- list_members
SELECT user_id, email FROM session_group.list_members(1) WHERE removed_at IS NULL;

-- list_projects
SELECT id, name, members FROM session_group.list_projects();

-- list_summaries
SELECT id, title, created_at FROM session_group.list_summaries(1, row_limit => 10, search => 'checkout', date_from => '-30d');

-- list_users
SELECT id, email, project_ids FROM session_group.list_users() WHERE is_active;

-- login
SELECT session_group.login($1);  -- the key as a parameter: the text of a statement may get into logs

-- made_objects
SELECT object, statement FROM session_group.made_objects() WHERE kind = 'policy';

-- make_rows
SELECT session_group.make_rows(1000);

-- may_read
SELECT session_group.may_read(1);

-- may_see
SELECT session_group.may_see(1);

-- may_write
SELECT session_group.may_write(1);

-- monitor
SELECT name, value FROM session_group.monitor();

-- objects
SELECT kind, object, statement FROM session_group.objects();

-- parse_date_filter
SELECT session_group.parse_date_filter('-7dStart', 'Europe/Berlin', now());

-- pattern_description
SELECT session_group.pattern_description('{"patterns": [{"pattern_name": "Voucher field", "pattern_description": "Nobody finds it"}]}', 1);

-- pattern_indicators
SELECT session_group.pattern_indicators('{"patterns": [{"pattern_name": "Voucher field", "indicators": ["3 clicks in a second"]}]}', 1);

-- posture
SELECT severity, object, finding, remedy FROM session_group.posture();

-- posture_keys
SELECT * FROM session_group.posture_keys();

-- posture_objects
SELECT * FROM session_group.posture_objects();

-- posture_outside
SELECT * FROM session_group.posture_outside();

-- posture_rights
SELECT * FROM session_group.posture_rights();

-- posture_roles
SELECT * FROM session_group.posture_roles();

-- posture_server
SELECT * FROM session_group.posture_server(150008);  -- what it would say of 15.8

-- posture_settings
SELECT * FROM session_group.posture_settings();

-- purge_expired
SELECT session_group.purge_expired(10000);

-- purge_idempotency_keys
SELECT session_group.purge_idempotency_keys(10000);

-- readable_project_ids
SELECT session_group.readable_project_ids();

-- remake_rows
SELECT session_group.remake_rows(1);

-- remove_member
SELECT project_id, user_id, removed_at FROM session_group.remove_member(1, 1);

-- rename_project
SELECT name FROM session_group.rename_project(1, 'Web shop');

-- repair
SELECT what, number, meaning FROM session_group.repair() WHERE number > 0;

-- repair_counts
SELECT session_group.repair_counts();

-- repair_titles
SELECT session_group.repair_titles();

-- revoke_api_key
SELECT label, mask, revoked_at FROM session_group.revoke_api_key(1);

-- session_keys
SELECT session_group.session_keys(1, '{s-1,s-2}');  -- what an index of sessions has

-- set_project_timezone
SELECT timezone FROM session_group.set_project_timezone(1, 'Europe/Warsaw');

-- set_activity_retention
SELECT activity_retention FROM session_group.set_activity_retention(1, '2 years');

-- set_retention
SELECT retention FROM session_group.set_retention(1, '1 year');

-- set_user_active
SELECT email, is_active FROM session_group.set_user_active(1, false);

-- summary_patterns
SELECT name, severity FROM session_group.summary_patterns('{"patterns": [{"pattern_name": "Voucher field", "severity": "high"}]}');

-- summary_report
SELECT session_group.summary_report(1, '0198c1d2-5a4e-7b1c-9f3e-2d6a8b4c1e70');

-- summary_words
SELECT session_group.summary_words(1, 'Checkout trouble', '{"patterns": []}');  -- what q= searches

-- summary_fits
SELECT session_group.summary_fits('', '{}', NULL, NULL), session_group.summary_fits('Checkout', '{s-1}', '{}', NULL);

-- title_keys
SELECT session_group.title_keys(1, 'Checkout');  -- what an index of titles has

-- update_summary
SELECT title, version FROM session_group.update_summary(1, '0198c1d2-5a4e-7b1c-9f3e-2d6a8b4c1e70', '{"title": "Checkout trouble"}', expected_version => 1);

-- uuidv7
SELECT session_group.uuidv7();

-- writable_project_ids
SELECT session_group.writable_project_ids();

-- add_node
SELECT name, weight FROM session_group.add_node('c', 'node-c.example.net:80', 'host=node-c.example.net dbname=session_group user=session_group_mover');

-- change_node
SELECT name, weight FROM session_group.change_node('b', weight => 0);

-- remove_node
SELECT session_group.remove_node('b');

-- list_nodes
SELECT * FROM session_group.list_nodes();

-- list_placements
SELECT project_id, node, moving_to FROM session_group.list_placements();

-- place_project
SELECT node FROM session_group.place_project(1, 'b');

-- begin_move
SELECT node, moving_to FROM session_group.begin_move(1, 'b');

-- stop_writes
SELECT writes_stopped FROM session_group.stop_writes(1);

-- allow_writes
SELECT writes_stopped FROM session_group.allow_writes(1);

-- finish_move
SELECT session_group.begin_move(1, 'b'), session_group.stop_writes(1);  -- and its rows are copied
SELECT node FROM session_group.finish_move(1);

-- cancel_move
SELECT node, moving_to FROM session_group.cancel_move(1);

-- wait_for_writers
SELECT session_group.stop_writes(1);  -- on the directory's node
SELECT session_group.wait_for_writers(1);  -- on the node that has the project

-- purge_project
SELECT session_group.purge_project(2);  -- until it returns 0

-- project_fingerprint
SELECT * FROM session_group.project_fingerprint(1);

-- is_placed_here
SELECT session_group.is_placed_here(1);

-- known_project_ids
SELECT session_group.known_project_ids();

-- may_know
SELECT session_group.may_know(1);

-- refuse_elsewhere
SELECT session_group.refuse_elsewhere('{1}');
