# Makes what an update runs of a part of the install script that was there in an earlier
# version: what can be said again is (functions, triggers and views replaced, comments,
# rights, settings, DO blocks between $again$), what cannot is left out (tables, indexes,
# policies, types, other DO blocks): what changed of those is in the update's own file
# beside this one.
#
# In our SQL a statement begins at the left margin; so do a comment's quoted text and
# what closes a statement, which begin with no letter.

/^(CREATE|COMMENT|GRANT|REVOKE|ALTER|SELECT|DO|\\echo)/ && !block {
	kept = !/^(CREATE (TABLE|UNLOGGED|UNIQUE|INDEX|POLICY|SCHEMA|DOMAIN|TYPE|SEQUENCE)|DO \$\$|\\echo)/
	block = /^DO \$/
	if (/^CREATE (FUNCTION|TRIGGER|VIEW) /)
		sub(/^CREATE /, "CREATE OR REPLACE ")
}
block && /^\$(again)?\$;/ { block = 0 }
kept
