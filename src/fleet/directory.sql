/* session_group: several machines: which node has which project, and news of the directory. */

CREATE TABLE session_group.nodes (
	name text PRIMARY KEY,
	address text NOT NULL,
	connection text NOT NULL,
	weight integer NOT NULL DEFAULT 1,
	CONSTRAINT nodes_name_form CHECK (name OPERATOR(pg_catalog.~) '^[a-z][a-z0-9_]{0,31}$'),
	-- It is written into the configuration of nginx.
	CONSTRAINT nodes_address_form CHECK (address OPERATOR(pg_catalog.~)
		'^(unix:/[A-Za-z0-9_./-]{1,100}|[A-Za-z0-9_.-]{1,255}:[0-9]{1,5}|\[[0-9a-fA-F:]{2,45}\]:[0-9]{1,5})$'),
	CONSTRAINT nodes_connection_without_password CHECK (connection OPERATOR(pg_catalog.!~*) 'password|://[^/@]*:[^/@]*@'
		AND pg_catalog.char_length(connection) BETWEEN 1 AND 1000),
	CONSTRAINT nodes_weight_bounded CHECK (weight BETWEEN 0 AND 1000000)
);
COMMENT ON TABLE session_group.nodes IS 'The machines of a fleet; empty where there is one machine. Written on the directory''s node alone, by session_group.add_node() and its kin.';
COMMENT ON COLUMN session_group.nodes.name IS 'What the node has in its setting session_group.node: a letter, then letters, digits and underscores, at most 32';
COMMENT ON COLUMN session_group.nodes.address IS 'Where nginx reaches the node''s HTTP service: host:port, or unix: and a path';
COMMENT ON COLUMN session_group.nodes.connection IS 'Connection string of its database for whoever moves projects, without a password';
COMMENT ON COLUMN session_group.nodes.weight IS 'Share of new projects that it gets, beside the other nodes; 0: none';

CREATE TABLE session_group.placements (
	project_id bigint PRIMARY KEY REFERENCES session_group.projects (id) ON DELETE CASCADE,
	node text NOT NULL REFERENCES session_group.nodes (name),
	moving_to text REFERENCES session_group.nodes (name),
	writes_stopped boolean NOT NULL DEFAULT false,
	changed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	CONSTRAINT placements_moves_elsewhere CHECK (moving_to OPERATOR(pg_catalog.<>) node)
);
COMMENT ON TABLE session_group.placements IS 'Which node has the rows of a project. A node refuses projects that are not placed on it. Written on the directory''s node alone, by session_group.place_project(), begin_move() and their kin.';
COMMENT ON COLUMN session_group.placements.project_id IS 'The project';
COMMENT ON COLUMN session_group.placements.node IS 'The node that answers for it';
COMMENT ON COLUMN session_group.placements.moving_to IS 'The node that it is being copied to, or null';
COMMENT ON COLUMN session_group.placements.writes_stopped IS 'True: its summaries are read, and not written, until this is false again';
COMMENT ON COLUMN session_group.placements.changed_at IS 'When this was last changed';
CREATE INDEX placements_node ON session_group.placements (node);
CREATE INDEX placements_moving_to ON session_group.placements (moving_to) WHERE moving_to IS NOT NULL;

CREATE TABLE session_group.directory_clock (
	single boolean PRIMARY KEY DEFAULT true,
	node text NOT NULL,
	at timestamptz NOT NULL,
	received_at timestamptz NOT NULL,
	CONSTRAINT directory_clock_single CHECK (single)
);
COMMENT ON TABLE session_group.directory_clock IS 'One row, which a worker on the directory''s node writes every few seconds and replication carries to all nodes: a node that has not seen it for session_group.directory_timeout refuses all keys and tokens.';
COMMENT ON COLUMN session_group.directory_clock.single IS 'True';
COMMENT ON COLUMN session_group.directory_clock.node IS 'The node that administers';
COMMENT ON COLUMN session_group.directory_clock.at IS 'When it was written, by the clock of that node';
COMMENT ON COLUMN session_group.directory_clock.received_at IS 'When it came here, by the clock of this node';

-- The administrator's, who writes them through functions; logins read them in C, as the owner.
ALTER TABLE session_group.nodes ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_group.placements ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_group.directory_clock ENABLE ROW LEVEL SECURITY;
CREATE POLICY nodes_administer ON session_group.nodes FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);
CREATE POLICY placements_administer ON session_group.placements FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);
CREATE POLICY directory_clock_administer ON session_group.directory_clock FOR SELECT TO session_group_admin
	USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON session_group.nodes, session_group.placements TO session_group_admin;
GRANT SELECT ON session_group.directory_clock TO session_group_admin;

SELECT pg_catalog.pg_extension_config_dump('session_group.nodes', '');
SELECT pg_catalog.pg_extension_config_dump('session_group.placements', '');

-- Administration is for the directory's node. What replication brings is not asked: it comes from there.
CREATE FUNCTION session_group.directory_only()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_directory_only'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.directory_only() IS
'Trigger of what all nodes share (session_group.projects, users, members, api_keys, nodes, placements,
directory_clock): refuses writes on a node that does not administer. SQLSTATE 55000.';
CREATE TRIGGER projects_directory BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON session_group.projects
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.directory_only();
CREATE TRIGGER users_directory BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON session_group.users
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.directory_only();
CREATE TRIGGER members_directory BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON session_group.members
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.directory_only();
CREATE TRIGGER api_keys_directory BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON session_group.api_keys
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.directory_only();
CREATE TRIGGER nodes_directory BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON session_group.nodes
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.directory_only();
CREATE TRIGGER placements_directory BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON session_group.placements
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.directory_only();
CREATE TRIGGER directory_clock_directory BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON session_group.directory_clock
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.directory_only();

CREATE FUNCTION session_group.directory_clock_received()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_directory_clock_received'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.directory_clock_received() IS
'Trigger of session_group.directory_clock: sets received_at, by the clock of this server. Raises nothing of its own.';
CREATE TRIGGER directory_clock_received BEFORE INSERT OR UPDATE ON session_group.directory_clock
	FOR EACH ROW EXECUTE FUNCTION session_group.directory_clock_received();
ALTER TABLE session_group.directory_clock ENABLE ALWAYS TRIGGER directory_clock_received;

-- Rows, not statements: replication fires triggers of rows alone.
CREATE FUNCTION session_group.placements_changed()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_placements_changed'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.placements_changed() IS
'Trigger of session_group.placements and nodes: has all backends forget where projects are, and sends
NOTIFY session_group_placements, without a payload, for those who make a map of them. Raises nothing of its own.';
CREATE TRIGGER nodes_changed AFTER INSERT OR UPDATE OR DELETE ON session_group.nodes
	FOR EACH ROW EXECUTE FUNCTION session_group.placements_changed();
CREATE TRIGGER placements_changed AFTER INSERT OR UPDATE OR DELETE ON session_group.placements
	FOR EACH ROW EXECUTE FUNCTION session_group.placements_changed();
CREATE TRIGGER placements_emptied AFTER TRUNCATE ON session_group.placements
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.placements_changed();
-- Which of a key's projects are here is kept with the key.
CREATE TRIGGER placements_change_keys AFTER INSERT OR UPDATE OR DELETE ON session_group.placements
	FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER placements_empty_keys AFTER TRUNCATE ON session_group.placements
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed();
ALTER TABLE session_group.nodes ENABLE ALWAYS TRIGGER nodes_changed;
ALTER TABLE session_group.placements ENABLE ALWAYS TRIGGER placements_changed;
ALTER TABLE session_group.placements ENABLE ALWAYS TRIGGER placements_emptied;
ALTER TABLE session_group.placements ENABLE ALWAYS TRIGGER placements_change_keys;
ALTER TABLE session_group.placements ENABLE ALWAYS TRIGGER placements_empty_keys;

CREATE FUNCTION session_group.projects_place()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_projects_place'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.projects_place() IS
'Trigger of session_group.projects: where there are nodes, a project that nobody has placed is on the
node on which it was made. Raises nothing of its own.';
CREATE TRIGGER projects_place AFTER INSERT ON session_group.projects
	FOR EACH ROW EXECUTE FUNCTION session_group.projects_place();

CREATE FUNCTION session_group.is_placed_here(project_id bigint, writable boolean DEFAULT false)
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_is_placed_here'
	LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION session_group.is_placed_here(bigint, boolean) IS
'Whether this node answers for a project; true of all where there is one machine. writable: and
whether its writes are not stopped. Raises nothing.';

CREATE FUNCTION session_group.wait_for_writers(project_id bigint)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_wait_for_writers'
	LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION session_group.wait_for_writers(bigint) IS
'On the node that has a project, after session_group.stop_writes(): waits until no transaction is
open that has written to it. Nobody waits for this. SQLSTATE 55000 (its writes are not stopped here,
or not yet), 57014 (statement_timeout).';

-- Not to the API's role: it would tell of projects that are not the caller's.
GRANT EXECUTE ON FUNCTION session_group.is_placed_here(bigint, boolean), session_group.wait_for_writers(bigint)
	TO session_group_admin;
