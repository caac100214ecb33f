/*
 * idempotency.c
 *		Requests that are carried out once, however often they are sent: the header
 *		Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
 *
 * A key's row is inserted before the operation runs and gets the answer after
 * it, in one transaction: either both the change and the answer are there or
 * neither is. The same request, sent meanwhile, waits at the unique index until
 * that transaction ends: then it finds the answer, or may run itself if there
 * is none. Only success is kept. A fault has changed nothing, and its cause may
 * be gone when the request comes again.
 *
 * The table is the owner's alone. Each statement here pins the project that the
 * request was admitted to and the user who asks; the key of another user or
 * project is another row. (Keys that have expired are deleted whosever they are.)
 */
#include "base/session_group.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/digest.h"
#include "base/relation.h"
#include "base/statement.h"
#include "http/headers.h"
#include "http/idempotency.h"
#include "identity/identity.h"

#define KEY_MAX_LENGTH 255

/* How long a key is remembered; docs and src/http/idempotency.sql name the same. */
#define LIFETIME_HOURS 24
#define LIFETIME "'" CppAsString2(LIFETIME_HOURS) " hours'::pg_catalog.interval"

/* Rows of an earlier day that a request deletes, so that they do not pile up. */
#define EXPIRED_BATCH 10
#define LOOKED_AT 100

#define OWN_ROW \
	" k.project_id OPERATOR(pg_catalog.=) $1 AND k.user_id OPERATOR(pg_catalog.=) $2" \
	" AND k.key_digest OPERATOR(pg_catalog.=) $3"

/* What all statements on one key begin with. */
typedef struct Key
{
	Datum		values[3];		/* project, user, digest of the key */
	Datum		request_digest;
} Key;

static Datum
digest_datum(const char *data, size_t length)
{
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	sg_sha256(data, length, (uint8 *) VARDATA(result));
	return PointerGetDatum(result);
}

/*
 * Return the digest of what makes two requests the same: the resource, and the
 * body with its type, byte for byte. (The project is a column.)
 */
static Datum
digest_request(const SgRequest *request)
{
	StringInfoData all;
	uint8		body[PG_SHA256_DIGEST_LENGTH];

	sg_sha256(request->body, request->body_length, body);
	initStringInfo(&all);
	appendBinaryStringInfo(&all, (char *) body, sizeof(body));
	appendStringInfo(&all, "%s %s %s", request->method_name,
					 request->route.resource->name, request->media_type);
	return digest_datum(all.data, all.len);
}

static bool
is_key(const char *text)
{
	size_t		length = strlen(text);

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return length <= KEY_MAX_LENGTH;
}

/*
 * Read the header; false if it is no key.
 */
static bool
read_key(const SgRequest *request, Key *key, SgFault *fault)
{
	const char *text = sg_request_header(request->headers, "idempotency-key");

	if (!is_key(text))
		return sg_fault(fault, SG_FAULT_INVALID, "Idempotency-Key",
						"Not valid. Use 1 to %d printable ASCII characters.", KEY_MAX_LENGTH);
	key->values[0] = Int64GetDatum(request->project_id);
	key->values[1] = Int64GetDatum(sg_identity()->user_id);
	key->values[2] = digest_datum(text, strlen(text));
	key->request_digest = digest_request(request);
	return true;
}

/*
 * Take the key for this transaction; false if an earlier request has it. Then its
 * row is locked, and nobody purges it before it is read.
 */
static bool
claim_key(const Key *key)
{
	static SgStatement insert = {
		"INSERT INTO session_group.idempotency_keys AS k"
		" (project_id, user_id, key_digest, request_digest) VALUES ($1, $2, $3, $4)"
		" ON CONFLICT (project_id, user_id, key_digest) DO UPDATE"
		" SET request_digest = excluded.request_digest, status = NULL, etag = NULL,"
		" body = NULL, created_at = pg_catalog.now()"
		" WHERE k.created_at OPERATOR(pg_catalog.<=)"
		" (pg_catalog.now() OPERATOR(pg_catalog.-) " LIFETIME ")",
		{INT8OID, INT8OID, BYTEAOID, BYTEAOID}
	};
	Datum		values[] = {key->values[0], key->values[1], key->values[2], key->request_digest};

	return sg_execute_as_owner(&insert, values, NULL, SG_SNAPSHOT_NEW) == 1;
}

/*
 * Keep the answer.
 */
static void
keep_answer(const Key *key, const SgResponse *response)
{
	static SgStatement update = {
		"UPDATE session_group.idempotency_keys AS k SET status = $4, etag = $5, body = $6"
		" WHERE" OWN_ROW,
		{INT8OID, INT8OID, BYTEAOID, INT4OID, TEXTOID, BYTEAOID}
	};
	Datum		values[] = {key->values[0], key->values[1], key->values[2],
	Int32GetDatum(response->status), 0, PointerGetDatum(response->body->data)};
	char		nulls[] = "      ";

	if (response->etag[0] != '\0')
		values[4] = CStringGetTextDatum(response->etag);
	else
		nulls[4] = 'n';
	/* The body has room for the header of a bytea in front. */
	SET_VARSIZE(response->body->data, response->body->len);
	if (sg_execute_as_owner(&update, values, nulls, SG_SNAPSHOT_NEW) != 1)
		elog(ERROR, "no row for an idempotency key that was taken");
}

/*
 * Give the key back: the request was not carried out.
 */
static void
release_key(Key *key)
{
	static SgStatement delete = {
		"DELETE FROM session_group.idempotency_keys AS k WHERE" OWN_ROW,
		{INT8OID, INT8OID, BYTEAOID}
	};

	sg_execute_as_owner(&delete, key->values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Answer as the earlier request with this key was, if it was the same.
 */
static bool
replay_answer(const Key *key, SgResponse *response, SgFault *fault)
{
	static SgStatement find = {
		"SELECT k.request_digest OPERATOR(pg_catalog.=) $4, k.status, k.etag, k.body"
		" FROM session_group.idempotency_keys AS k WHERE" OWN_ROW,
		{INT8OID, INT8OID, BYTEAOID, BYTEAOID}
	};
	Datum		values[] = {key->values[0], key->values[1], key->values[2], key->request_digest};
	bool		isnull;
	Datum		value;
	bytea	   *body;

	if (sg_execute_as_owner(&find, values, NULL, SG_SNAPSHOT_NEW) != 1)
		elog(ERROR, "no row for an idempotency key that is taken");
	if (!DatumGetBool(sg_required(0, 1)))
		return sg_fault(fault, SG_FAULT_CONFLICT, "Idempotency-Key",
						"The key was used for another request.");
	response->status = DatumGetInt32(sg_required(0, 2));
	value = sg_result(0, 3, &isnull);
	if (!isnull)
		strlcpy(response->etag, TextDatumGetCString(value), SG_ETAG_SIZE);
	body = DatumGetByteaPP(sg_required(0, 4));
	appendBinaryStringInfo(response->body, VARDATA_ANY(body), VARSIZE_ANY_EXHDR(body));
	response->replayed = true;
	return true;
}

/*
 * Delete a few keys that are no longer remembered, whosever they are, the oldest
 * first; those that another request is busy with are left to it.
 *
 * Few are looked at, too. While an old snapshot is open, rows that were deleted
 * stay in the index, and each request would pass all of them to find one that it
 * can delete.
 */
static void
purge_some(void)
{
	Oid			by_age = sg_relation_id("idempotency_keys_by_age", true);
	TimestampTz remembered = GetCurrentTransactionStartTimestamp() - LIFETIME_HOURS * USECS_PER_HOUR;
	Snapshot	snapshot;
	Relation	table;
	Relation	index;
	TupleTableSlot *slot;
	IndexScanDesc scan;
	ScanKeyData key;
	int			deleted = 0;

	if (!OidIsValid(by_age))
		return;
	CommandCounterIncrement();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	table = table_open(sg_relation_id("idempotency_keys", false), RowExclusiveLock);
	index = index_open(by_age, AccessShareLock);
	slot = table_slot_create(table, NULL);
	scan = sg_index_beginscan(table, index, snapshot, 1);
	ScanKeyInit(&key, 1, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE,
				TimestampTzGetDatum(remembered));
	index_rescan(scan, &key, 1, NULL, 0);
	for (int i = 0; i < LOOKED_AT && deleted < EXPIRED_BATCH &&
		 index_getnext_tid(scan, ForwardScanDirection) != NULL; i++)
	{
		TM_FailureData failure;

		if (index_fetch_heap(scan, slot) &&
			table_tuple_delete(table, &slot->tts_tid, GetCurrentCommandId(true), snapshot,
							   InvalidSnapshot, false, &failure, false) == TM_Ok)
			deleted++;
	}
	index_endscan(scan);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);
	index_close(index, AccessShareLock);
	table_close(table, NoLock);
}

/*
 * Carry out a request that names an Idempotency-Key, or give the answer that it had.
 */
bool
sg_operate_once(SgOperation operation, SgRequest *request, SgResponse *response, SgFault *fault)
{
	Key			key;

	if (!read_key(request, &key, fault))
		return false;
	if (!claim_key(&key))
		return replay_answer(&key, response, fault);
	if (!operation(request, response, fault))
	{
		release_key(&key);
		return false;
	}
	keep_answer(&key, response);
	purge_some();
	return true;
}
