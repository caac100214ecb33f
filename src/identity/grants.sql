/* session_group: nothing is PUBLIC's. Grants to the roles stand beside the objects. */

REVOKE ALL ON ALL TABLES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE USAGE ON TYPE session_group_api."*/*" FROM PUBLIC;
GRANT USAGE ON TYPE session_group_api."*/*"
	TO session_group_anon, session_group_api, session_group_gateway;
