/*
 * source.c
 *		PostHog's tables in a schema that the caller names: found, and fit to be read.
 *
 * Reading a table runs code that its owner chose: policies, generated columns, the
 * query of a view, a foreign data wrapper; and a cast of a column runs code of the
 * column's type. All of it runs as the caller. So a table is read only if its owner may
 * act as the caller anyway, and a column only if its type is PostgreSQL's own.
 */
#include "base/session_group.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "import/source.h"

static void
check_schema(const char *schema)
{
	if (!OidIsValid(get_namespace_oid(schema, true)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"%s\" does not exist", schema),
				 errhint("Restore PostHog's tables into a schema of this database, or show them"
						 " in one by IMPORT FOREIGN SCHEMA; see docs/import.md.")));
}

static void
check_owner(const char *schema, Oid table)
{
	Relation	relation = RelationIdGetRelation(table);
	Oid			owner = relation->rd_rel->relowner;

	RelationClose(relation);
	if (!member_can_set_role(owner, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("table %s of schema \"%s\" belongs to %s, who may not act as %s",
						get_rel_name(table), schema, GetUserNameFromId(owner, false),
						GetUserNameFromId(GetUserId(), false)),
				 errhint("What the owner of a table attached to it runs with the rights of who"
						 " reads it. Look at the table, and make it yours by ALTER TABLE ..."
						 " OWNER TO; see docs/import.md.")));
}

/*
 * Return a table, which nobody changes until the transaction ends, or InvalidOid if
 * there is none. Raises 3F000 if there is no such schema, and 42501 if the table belongs
 * to somebody who may not act as the caller.
 */
Oid
sg_source_table(const char *schema, const char *table)
{
	RangeVar   *name = makeRangeVar(pstrdup(schema), pstrdup(table), -1);
	Oid			relation;

	check_schema(schema);
	relation = RangeVarGetRelidExtended(name, AccessShareLock, RVR_MISSING_OK, NULL, NULL);
	if (OidIsValid(relation))
		check_owner(schema, relation);
	return relation;
}

/*
 * Raise 42804 for a column whose type is none of those.
 */
void
sg_source_check_type(Oid relation, const char *column, const SgColumnType *wanted)
{
	Oid			type = get_atttype(relation, get_attnum(relation, column));

	for (size_t i = 0; i < lengthof(wanted->accepted); i++)
	{
		if (OidIsValid(wanted->accepted[i]) && wanted->accepted[i] == getBaseType(type))
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column %s of table %s has type %s, not %s", column, get_rel_name(relation),
					format_type_be(type), format_type_be(wanted->accepted[0])),
			 errhint("Make a view of this name in another schema that casts it, and views of"
					 " the other tables beside it.")));
}
