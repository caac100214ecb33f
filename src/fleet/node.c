/*
 * node.c
 *		Which of several machines this is, and that only one of them administers.
 *
 * Without session_group.node there is one machine: nothing here is asked for more than
 * whether that setting is empty. (It is the server's. In a database without nodes, everything is
 * as with one machine, too.) With it, each machine is a node of a fleet: what all
 * must know (users, projects, members, keys, and which node has which project) is
 * written on the one whose setting session_group.directory is on, and comes to the others
 * by logical replication.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/plancache.h"

#include "base/statement.h"
#include "base/watch.h"
#include "fleet/node.h"

PG_FUNCTION_INFO_V1(session_group_directory_only);

/* A constraint of session_group.nodes repeats the form and the length of names. */
#define NAME_MAX_CHARS 32
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

static char *node = NULL;
static bool directory = true;
static int	timeout_seconds = 300;

/*
 * Return the name of this node; null where there is one machine.
 */
const char *
sg_node(void)
{
	return node != NULL && node[0] != '\0' ? node : NULL;
}

/*
 * Tell whether projects, users, members and keys are administered here.
 */
bool
sg_node_administers(void)
{
	return directory || sg_node() == NULL;
}

/*
 * Return for how many seconds a node may be without news of the directory; 0: for ever.
 */
int
sg_directory_timeout(void)
{
	return timeout_seconds;
}

static bool
check_node(char **newval, void **extra, GucSource source)
{
	const char *name = *newval;

	if (name == NULL || name[0] == '\0')
		return true;
	if (strlen(name) <= NAME_MAX_CHARS && strchr(LETTERS, name[0]) != NULL &&
		strspn(name, LETTERS "0123456789_") == strlen(name))
		return true;
	GUC_check_errdetail("A node's name has a small letter, and then small letters, digits and"
						" underscores, at most %d.", NAME_MAX_CHARS);
	return false;
}

/*
 * Another name: what was looked up for the old one holds no more.
 */
static void
assign_node(const char *newval, void *extra)
{
	sg_watch_forget_all();
	/* Plans for several nodes are others: identity/project_condition.c. */
	ResetPlanCache();
}

/*
 * Define the settings.
 */
void
sg_node_init(void)
{
	DefineCustomStringVariable("session_group.node",
							   "Name of this machine among several.",
							   "Empty: there is one machine.",
							   &node, "", PGC_SIGHUP, 0,
							   check_node, assign_node, NULL);
	DefineCustomBoolVariable("session_group.directory",
							 "Whether this node administers projects, users, members and keys.",
							 "Off on all nodes but one.",
							 &directory, true, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomIntVariable("session_group.directory_timeout",
							"Seconds without news of the directory until a node refuses all keys.",
							"0: never.",
							&timeout_seconds, 300, 0, 86400 * 7,
							PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
}

/*
 * Return the node that administers, as far as it is known here; null if it is not.
 */
static char *
directory_name(void)
{
	static SgStatement statement = {
		"SELECT pg_catalog.concat_ws(' at ', c.node, n.address)"
		" FROM session_group.directory_clock AS c"
		" LEFT JOIN session_group.nodes AS n ON n.name OPERATOR(pg_catalog.=) c.node"
	};

	return sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_LATEST) == 1 ?
		TextDatumGetCString(sg_required(0, 1)) : NULL;
}

/*
 * Raise 55000 on a node that does not administer. Where the directory is, is told: callers
 * are those who may write what all nodes share.
 */
void
sg_refuse_without_administration(void)
{
	char	   *name;

	if (sg_node_administers())
		return;
	sg_spi_connect();
	name = directory_name();
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("node %s does not administer projects, users, members and keys", sg_node()),
			 errhint("Administer on the directory's node: %s. A dump is restored here with"
					 " session_replication_role = replica.",
					 name != NULL ? name : "nothing has come from it yet")));
}

/*
 * session_group.directory_only() returns trigger
 *
 * Before a statement that writes what all nodes share.
 */
Datum
session_group_directory_only(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("directory_only must be called by its own triggers")));
	sg_refuse_without_administration();
	return PointerGetDatum(NULL);
}
