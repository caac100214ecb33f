/* session_group: the contract of the HTTP API, behind PostgREST. */

CREATE FUNCTION session_group.authenticate()
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_authenticate'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.authenticate() IS
'PostgREST''s db-pre-request: an API key from the request''s headers or URI, or the verified claims
of a JWT (sub: the user''s uuid, scopes, optional project_ids; believed only where the login role
belongs to session_group_gateway), become the identity of this transaction, and at the native door
the role becomes session_group_api (session_group_api.http() takes it on by itself). Without good
credentials there is no identity, and every door is shut. SQLSTATE PT500, PT504, PT507 (they could
not be checked; PostgREST answers with that status, and nginx turns 507 into 503), PT429 (too many
requests are at work with them), 42501 (nobody asks for the description of the native door).';

GRANT EXECUTE ON FUNCTION session_group.authenticate()
	TO session_group_anon, session_group_api, session_group_gateway;

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

-- Not to session_group_api: PostgREST's description has what that role may call.
GRANT EXECUTE ON FUNCTION session_group_api.http(), session_group_api.http(bytea)
	TO session_group_anon, session_group_gateway;
