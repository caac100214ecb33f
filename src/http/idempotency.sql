/* session_group: answers to requests that may come again. */

-- The project is referenced before its member, as by summaries: all writes take them
-- in this order, in which delete_project() does, so that none deadlock.
CREATE TABLE session_group.idempotency_keys (
	project_id bigint NOT NULL REFERENCES session_group.projects (id) ON DELETE CASCADE,
	user_id bigint NOT NULL,
	key_digest bytea NOT NULL,
	request_digest bytea NOT NULL,
	status integer,
	etag text,
	body bytea,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	PRIMARY KEY (project_id, user_id, key_digest),
	FOREIGN KEY (project_id, user_id)
		REFERENCES session_group.members (project_id, user_id) ON DELETE CASCADE
);
COMMENT ON TABLE session_group.idempotency_keys IS 'Answers to POST requests with the header Idempotency-Key, for the case that they are sent again: each for 24 hours. Written by the gateway alone, as the owner.';
COMMENT ON COLUMN session_group.idempotency_keys.project_id IS 'The project of the request';
COMMENT ON COLUMN session_group.idempotency_keys.user_id IS 'Who made it';
COMMENT ON COLUMN session_group.idempotency_keys.key_digest IS 'SHA-256 of the header''s value';
COMMENT ON COLUMN session_group.idempotency_keys.request_digest IS 'SHA-256 of method, resource, content type and body, which a repeated request has in common';
COMMENT ON COLUMN session_group.idempotency_keys.status IS 'Status of the answer; null only while the request is carried out';
COMMENT ON COLUMN session_group.idempotency_keys.etag IS 'Header ETag of the answer, or null';
COMMENT ON COLUMN session_group.idempotency_keys.body IS 'Body of the answer';
COMMENT ON COLUMN session_group.idempotency_keys.created_at IS 'When the request was made; after 24 hours the key is as if it was never used';

CREATE INDEX idempotency_keys_by_age ON session_group.idempotency_keys (created_at);

DO $$
BEGIN
	ALTER TABLE session_group.idempotency_keys ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	NULL;
END
$$;

-- No right and no policy for the API's role: what it may be told, the gateway tells.
ALTER TABLE session_group.idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY idempotency_keys_administer ON session_group.idempotency_keys FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);
-- (UPDATE is for the row locks of purge_idempotency_keys.)
GRANT SELECT, UPDATE, DELETE ON session_group.idempotency_keys TO session_group_admin;

SELECT pg_catalog.pg_extension_config_dump('session_group.idempotency_keys', '');

CREATE FUNCTION session_group.purge_idempotency_keys(batch integer DEFAULT 1000)
	RETURNS bigint
	LANGUAGE SQL VOLATILE
	BEGIN ATOMIC
		WITH purged AS (
			DELETE FROM session_group.idempotency_keys k
			WHERE k.ctid = ANY (ARRAY(
				SELECT o.ctid FROM session_group.idempotency_keys o
				WHERE o.created_at <= now() - '24 hours'::interval
				ORDER BY o.created_at LIMIT batch FOR UPDATE SKIP LOCKED))
			RETURNING 1)
		SELECT count(*) FROM purged;
	END;
COMMENT ON FUNCTION session_group.purge_idempotency_keys(integer) IS
'Deletes idempotency keys that are older than 24 hours, at most batch of them (1000), and returns how
many. Requests with keys delete some of them, too. Safe to run at any time, also several times at
once. SQLSTATE 2201W (a negative batch).';
GRANT EXECUTE ON FUNCTION session_group.purge_idempotency_keys(integer) TO session_group_admin;
