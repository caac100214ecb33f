/* session_group: administration of nodes, and of which projects they have. */

CREATE FUNCTION session_group.add_node(name text, address text, connection text, weight integer DEFAULT 1)
	RETURNS session_group.nodes
	AS 'MODULE_PATHNAME', 'session_group_add_node'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.add_node(text, text, text, integer) IS
'Makes a machine known. name: its session_group.node; address: its HTTP service, for nginx (host:port,
or unix: and a path); connection: a connection string of its database, without a password; weight:
its share of new projects, 0 to 1000000, 0 for none. The first one must be this node: it gets all
projects that are there. Returns the row. SQLSTATE 55000 (session_group.node is not set here, or the
first is another node), 23505 (the name is taken), 23514 (a form), 22004 (null).';

CREATE FUNCTION session_group.change_node(name text, address text DEFAULT NULL, connection text DEFAULT NULL,
	weight integer DEFAULT NULL)
	RETURNS session_group.nodes
	AS 'MODULE_PATHNAME', 'session_group_change_node'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.change_node(text, text, text, integer) IS
'Changes what is given of a node: address, connection, weight, as in session_group.add_node(); null
leaves it. Weight 0 before a node is emptied. Returns the row. SQLSTATE P0002 (no such node), 23514
(a form), 22004 (null name).';

CREATE FUNCTION session_group.remove_node(name text)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_remove_node'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.remove_node(text) IS
'Forgets a node that has no projects. SQLSTATE 55000 (projects are on it, or are moving there), P0002 (no such node), 22004 (null).';

CREATE FUNCTION session_group.list_nodes()
	RETURNS TABLE (name text, address text, connection text, weight integer, projects bigint, arriving bigint)
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT n.name, n.address, n.connection, n.weight,
			   (SELECT count(*) FROM session_group.placements p WHERE p.node = n.name),
			   (SELECT count(*) FROM session_group.placements p WHERE p.moving_to = n.name)
		FROM session_group.nodes n ORDER BY n.name;
	END;
COMMENT ON FUNCTION session_group.list_nodes() IS
'All nodes by name, with the number of projects that each has and of those that are moving to it; none where there is one machine. Raises nothing.';

CREATE FUNCTION session_group.list_placements()
	RETURNS TABLE (project_id bigint, node text, moving_to text, writes_stopped boolean, changed_at timestamptz)
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT p.id, l.node, l.moving_to, l.writes_stopped, l.changed_at
		FROM session_group.projects p LEFT JOIN session_group.placements l ON l.project_id = p.id
		ORDER BY p.id;
	END;
COMMENT ON FUNCTION session_group.list_placements() IS
'All projects by id, with the node that has each (null: none), and what is going on with it. Raises nothing.';

CREATE FUNCTION session_group.place_project(project_id bigint, node text)
	RETURNS session_group.placements
	AS 'MODULE_PATHNAME', 'session_group_place_project'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.place_project(bigint, text) IS
'Says that a node has a project, without moving any rows: for a new project, or one that was restored
there. Returns the row. SQLSTATE 55000 (it is moving), P0002 (no such project or node), 22004 (null).';

CREATE FUNCTION session_group.begin_move(project_id bigint, node text)
	RETURNS session_group.placements
	AS 'MODULE_PATHNAME', 'session_group_begin_move'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.begin_move(bigint, text) IS
'Notes that a project is being copied to another node; the one that has it goes on answering. Of one
that is moving there it changes nothing. Returns the row. SQLSTATE 55000 (it is there, or moving to
another one), P0002 (no such project or node, or it is on none), 22004 (null).';

CREATE FUNCTION session_group.stop_writes(project_id bigint)
	RETURNS session_group.placements
	AS 'MODULE_PATHNAME', 'session_group_stop_writes'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.stop_writes(bigint) IS
'Refuses writes to a project from now on: HTTP answers 503 with Retry-After, SQL raises 55006. It is
read as before. session_group.wait_for_writers() on its node waits for those that are under way.
Returns the row. SQLSTATE P0002 (no such project, or it is on no node), 22004 (null).';

CREATE FUNCTION session_group.allow_writes(project_id bigint)
	RETURNS session_group.placements
	AS 'MODULE_PATHNAME', 'session_group_allow_writes'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.allow_writes(bigint) IS
'Takes session_group.stop_writes() back. Returns the row. SQLSTATE P0002 (no such project, or it is on no node), 22004 (null).';

CREATE FUNCTION session_group.finish_move(project_id bigint)
	RETURNS session_group.placements
	AS 'MODULE_PATHNAME', 'session_group_finish_move'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.finish_move(bigint) IS
'Switches a project to the node that it has been copied to, and lets it be written to again. Its
writes must be stopped. The node that had it keeps the rows until session_group.purge_project() there.
Returns the row. SQLSTATE 55000 (it is not moving, or its writes are not stopped), P0002 (no such
project, or it is on no node), 22004 (null).';

CREATE FUNCTION session_group.cancel_move(project_id bigint)
	RETURNS session_group.placements
	AS 'MODULE_PATHNAME', 'session_group_cancel_move'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.cancel_move(bigint) IS
'Leaves a project where it is, writable, whatever was copied; of one that is not moving it only allows
writes. Returns the row. SQLSTATE P0002 (no such project, or it is on no node), 22004 (null).';

CREATE FUNCTION session_group.purge_project(project_id bigint, batch integer DEFAULT 1000)
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_purge_project'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.purge_project(bigint, integer) IS
'On a node that does not have a project (any more, or not yet): deletes rows of it, at most batch (1
to 1000000) of each table, and returns how many. Call it until it returns 0. Records nothing.
SQLSTATE 55000 (the project is placed on this node, or on none, or there is one machine), 22023 (batch
out of range), 22004 (null).';

CREATE FUNCTION session_group.project_fingerprint(project_id bigint)
	RETURNS TABLE (what text, number bigint, hash text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET TimeZone = 'UTC'
	SET DateStyle = 'ISO'
	SET extra_float_digits = 1
	BEGIN ATOMIC
		SELECT 'summaries', count(*), sum(hashtextextended(s::text, 0)::numeric)::text
		FROM session_group.summaries s WHERE s.project_id = project_fingerprint.project_id
		UNION ALL
		SELECT 'patterns', count(*), sum(hashtextextended(r::text, 0)::numeric)::text
		FROM session_group.pattern_rows r WHERE r.project_id = project_fingerprint.project_id
		UNION ALL
		-- All but the horizon, which means something on one server only.
		SELECT 'activity', count(*),
			   sum(hashtextextended(ROW(a.seq, a.summary_id, a.activity, a.user_id, a.api_key, a.how, a.request_id, a.changes, a.at)::text, 0)::numeric)::text
		FROM session_group.activity a WHERE a.project_id = project_fingerprint.project_id
		UNION ALL
		SELECT 'last activity', coalesce(greatest(
			(SELECT max(a.seq) FROM session_group.activity a WHERE a.project_id = project_fingerprint.project_id),
			(SELECT max(t.purged_to) FROM session_group.activity_purges t WHERE t.project_id = project_fingerprint.project_id)), 0), NULL
		UNION ALL
		SELECT 'activity purges', count(*), max(t.purged_to)::text
		FROM session_group.activity_purges t WHERE t.project_id = project_fingerprint.project_id
		UNION ALL
		SELECT 'idempotency keys', count(*), sum(hashtextextended(k::text, 0)::numeric)::text
		FROM session_group.idempotency_keys k WHERE k.project_id = project_fingerprint.project_id;
	END;
COMMENT ON FUNCTION session_group.project_fingerprint(bigint) IS
'What a node has of a project, a row each: what (summaries, patterns, activity, last activity,
activity purges, idempotency keys), how many, and a hash of all rows that does not depend on their
order. Two nodes that give the same have the same. Reads every row of the project. Raises nothing.';

CREATE FUNCTION session_group.publish_directory()
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_publish_directory'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.publish_directory() IS
'Makes the publication session_group_directory of what all nodes share, on the node that administers:
projects, users, members, API keys, nodes, placements and the directory''s clock. For the owner of the
extension''s tables. SQLSTATE 42710 (it is there), 42501 (not the owner), 55000 (another node administers).';

-- What replication deletes: foreign keys are not looked after in its role.
CREATE FUNCTION session_group.projects_forget_rows()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_projects_forget_rows'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.projects_forget_rows() IS
'Trigger of session_group.projects, for what replication deletes: deletes the project''s rows on this node. Raises nothing of its own.';
-- By name before projects_uncount, so that the deletions are counted.
CREATE TRIGGER projects_forget_rows AFTER DELETE ON session_group.projects
	FOR EACH ROW EXECUTE FUNCTION session_group.projects_forget_rows();
ALTER TABLE session_group.projects ENABLE REPLICA TRIGGER projects_forget_rows;
CREATE FUNCTION session_group.members_forget_creator()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_members_forget_creator'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.members_forget_creator() IS
'Trigger of session_group.members, for what replication deletes: what the user made has no creator then. Raises nothing of its own.';
CREATE TRIGGER members_forget_creator AFTER DELETE ON session_group.members
	FOR EACH ROW EXECUTE FUNCTION session_group.members_forget_creator();
ALTER TABLE session_group.members ENABLE REPLICA TRIGGER members_forget_creator;

GRANT EXECUTE ON FUNCTION
	session_group.add_node(text, text, text, integer), session_group.change_node(text, text, text, integer),
	session_group.remove_node(text), session_group.list_nodes(), session_group.list_placements(),
	session_group.place_project(bigint, text), session_group.begin_move(bigint, text),
	session_group.stop_writes(bigint), session_group.allow_writes(bigint),
	session_group.finish_move(bigint), session_group.cancel_move(bigint),
	session_group.purge_project(bigint, integer), session_group.project_fingerprint(bigint)
	TO session_group_admin;
