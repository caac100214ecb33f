/* session_group: the contract of the HTTP API, behind PostgREST. */

-- PostgREST sends the bytes of a domain of this name out as they are, under
-- the content type that the function sets.
CREATE DOMAIN session_group_api."*/*" AS bytea;
COMMENT ON DOMAIN session_group_api."*/*" IS 'A response body of any media type';

-- Stable, as what only reads: PostgREST would store the result of a volatile
-- one once more, on disk where it is large.
CREATE FUNCTION session_group_api.http()
	RETURNS session_group_api."*/*"
	AS 'MODULE_PATHNAME', 'session_group_http'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group_api.http() IS
'Answers a request without a body under /api/, as the headers X-Forwarded-Method and X-Forwarded-Uri name it. Errors are answers, with the contract''s status and body. One request a transaction: the identity stays. Raises nothing.';

CREATE FUNCTION session_group_api.http(bytea)
	RETURNS session_group_api."*/*"
	AS 'MODULE_PATHNAME', 'session_group_http'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group_api.http(bytea) IS
'As session_group_api.http(), with the request''s body, whose content type is in the header X-Forwarded-Content-Type.';

GRANT EXECUTE ON FUNCTION session_group_api.http(), session_group_api.http(bytea)
	TO session_group_anon, session_group_api, session_group_gateway;
