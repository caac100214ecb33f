/*
 * relation.c
 *		The extension's own tables and indexes, read and written without SQL.
 *
 * For the rows that a write of a summary brings along: a statement of SQL would do
 * the same for several times the cost, most of it for rights, which nobody but
 * the owner has, and for what starts and ends a statement. No trigger is fired,
 * and no publication asks for a replica identity.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/relation.h"

/*
 * Return a table or an index of the extension; one that is new may be missing in
 * a database that has not been updated yet.
 */
Oid
sg_relation_id(const char *name, bool missing_ok)
{
	Oid			relid = get_relname_relid(name, get_namespace_oid(SG_SCHEMA, false));

	if (!OidIsValid(relid) && !missing_ok)
		elog(ERROR, "relation \"%s.%s\" does not exist", SG_SCHEMA, name);
	return relid;
}

/*
 * Insert a row into a table and its indexes; "tid" is where it is then.
 */
void
sg_insert_row(Relation table, const Datum *values, const bool *nulls, ItemPointer tid)
{
	EState	   *estate = CreateExecutorState();
	ResultRelInfo *target = makeNode(ResultRelInfo);
	TupleTableSlot *slot = table_slot_create(table, NULL);

	ExecForceStoreHeapTuple(heap_form_tuple(RelationGetDescr(table), unconstify(Datum *, values),
											unconstify(bool *, nulls)), slot, true);
	InitResultRelInfo(target, table, 0, NULL, 0);
	ExecOpenIndices(target, false);
	simple_table_tuple_insert(table, slot);
	list_free(sg_insert_index_tuples(target, slot, estate));
	*tid = slot->tts_tid;
	ExecCloseIndices(target);
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
}
