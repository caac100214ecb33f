-- Administration by psql, as the administrator's role.
SET ROLE session_group_admin;

-- projects
SELECT id, name, timezone FROM session_group.create_project('Acme web');
SELECT id, name, timezone FROM session_group.create_project(name => 'Berlin shop', timezone => 'Europe/Berlin');
SELECT id, name FROM session_group.create_project('To go');
SELECT try($$SELECT session_group.create_project(NULL)$$);
SELECT try($$SELECT session_group.create_project('')$$);
SELECT try($$SELECT session_group.create_project(repeat('x', 201))$$);
SELECT try($$SELECT session_group.create_project('x', 'Mars/Phobos')$$);
SELECT try($$SELECT session_group.create_project('x', NULL)$$);
SELECT id, name FROM session_group.rename_project(1, 'Acme');
SELECT try($$SELECT session_group.rename_project(99, 'x')$$);
SELECT try($$SELECT session_group.rename_project(NULL, 'x')$$);
SELECT try($$SELECT session_group.rename_project(1, '')$$);
SELECT id, timezone FROM session_group.set_project_timezone(1, 'America/New_York');
SELECT try($$SELECT session_group.set_project_timezone(1, 'nowhere')$$);
SELECT try($$SELECT session_group.set_project_timezone(99, 'UTC')$$);
SELECT session_group.is_timezone('Asia/Tokyo'), session_group.is_timezone('nowhere'),
	session_group.is_timezone('');

-- users
SELECT id, email, first_name, is_active, project_ids FROM session_group.create_user('ada@example.com', 'Ada');
SELECT id, uuid, distinct_id, role_at_organization, is_email_verified, hedgehog_config
FROM session_group.create_user('grace@example.com', 'Grace', 'H', 'd-1', 'engineering', true,
	'{"color": "green"}', '018f2b5e-0000-7000-8000-000000000001');
SELECT id, uuid IS NOT NULL AS has_uuid FROM session_group.create_user('ken@example.com');
SELECT try($$SELECT session_group.create_user(NULL)$$);
SELECT try($$SELECT session_group.create_user('')$$);
SELECT try($$SELECT session_group.create_user('x@example.com', NULL)$$);
SELECT try($$SELECT session_group.create_user('x@example.com', role_at_organization => 'king')$$);
SELECT try($$SELECT session_group.create_user('ada@example.com')$$);
SELECT id, is_active FROM session_group.set_user_active(3, false);
SELECT id, is_active FROM session_group.set_user_active(3, true);
SELECT try($$SELECT session_group.set_user_active(99, true)$$);
SELECT try($$SELECT session_group.set_user_active(1, NULL)$$);

-- members
SELECT project_id, user_id, removed_at FROM session_group.add_member(1, 1);
SELECT project_id, user_id, removed_at FROM session_group.add_member(1, 1);
SELECT project_id, user_id FROM session_group.add_member(1, 2);
SELECT project_id, user_id FROM session_group.add_member(2, 1);
SELECT project_id, user_id FROM session_group.add_member(2, 3);
SELECT project_id, user_id FROM session_group.add_member(3, 3);
SELECT try($$SELECT session_group.add_member(99, 1)$$);
SELECT try($$SELECT session_group.add_member(1, 99)$$);
SELECT try($$SELECT session_group.add_member(NULL, 1)$$);
SELECT user_id, removed_at IS NOT NULL AS removed FROM session_group.remove_member(1, 2);
SELECT try($$SELECT session_group.remove_member(1, 2)$$);
SELECT try($$SELECT session_group.remove_member(1, NULL)$$);
SELECT user_id, removed_at FROM session_group.add_member(1, 2);
SELECT try($$UPDATE session_group.members SET user_id = 3 WHERE project_id = 1 AND user_id = 2$$);
SELECT user_id, email, removed_at FROM session_group.list_members(1);
SELECT id, email, project_ids FROM session_group.list_users();
SELECT id, name, timezone, members FROM session_group.list_projects();

-- API keys: the key is seen once, and is what the hash says
SELECT session_group.create_api_key(1, 'write', '{session_recording:write}') AS write_key \gset
SELECT session_group.create_api_key(1, 'read') AS read_key \gset
SELECT session_group.create_api_key(1, 'narrow', '{*}', '{2}') AS narrow_key \gset
SELECT session_group.create_api_key(2, 'short', '{session_recording:read}', NULL, now() + interval '1 day') AS short_key \gset
SELECT :'write_key' ~ '^phx_[0-9A-Za-z]{43}$' AS form;
SELECT id, label, mask = left(:'write_key', 4) || '...' || right(:'write_key', 4) AS mask,
	hash = 'sha256$' || encode(sha256(:'write_key'::bytea), 'hex') AS hash
FROM session_group.api_keys WHERE id = 1;
SELECT try($$SELECT session_group.create_api_key(99, 'x')$$);
SELECT try($$SELECT session_group.create_api_key(NULL, 'x')$$);
SELECT try($$SELECT session_group.create_api_key(1, NULL)$$);
SELECT try($$SELECT session_group.create_api_key(1, '')$$);
SELECT try($$SELECT session_group.create_api_key(1, 'x', '{session_recording:reed}')$$);
SELECT try($$SELECT session_group.create_api_key(1, 'x', '{*}', '{99}')$$);
SELECT try($$SELECT session_group.create_api_key(1, 'x', '{*}', '{NULL}')$$);
SELECT try($$SELECT session_group.create_api_key(1, 'x', '{*}', NULL, now() - interval '1 day')$$);
SELECT id, revoked_at IS NOT NULL AS revoked FROM session_group.revoke_api_key(4);
SELECT id, revoked_at IS NOT NULL AS revoked FROM session_group.revoke_api_key(4);
SELECT try($$SELECT session_group.revoke_api_key(99)$$);
SELECT try($$SELECT session_group.revoke_api_key(NULL)$$);
SELECT id, user_id, label, scopes, project_ids, revoked_at IS NOT NULL AS revoked FROM session_group.list_api_keys();

SELECT session_group.delete_project(3);
SELECT try($$SELECT session_group.delete_project(3)$$);
SELECT try($$SELECT session_group.delete_project(NULL)$$);
SELECT id, ARRAY(SELECT m.project_id FROM session_group.members m WHERE m.user_id = u.id ORDER BY 1) AS known_in FROM session_group.users u ORDER BY id;
RESET ROLE;

-- not for others
SET ROLE session_group_api;
SELECT try($$SELECT session_group.create_project('x')$$);
SELECT try($$SELECT * FROM session_group.list_api_keys()$$);
RESET ROLE;
