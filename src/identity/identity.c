/*
 * identity.c
 *		Who asks: the identity of the running transaction.
 *
 * The identity is the value of the setting session_group.identity, a text such
 * as
 *
 * 	proof=api_key user=12 key=5 mask=7068785f… request=a1 scopes=rw members=1,2,3 only=2
 * 	elsewhere=3
 * 	refused=header
 *
 * A setting follows savepoints, ends with the transaction (it is always set with
 * GUC_ACTION_LOCAL), and reaches parallel workers. Its check hook parses the
 * text once; the functions that policies call then only follow a pointer. The
 * hook refuses every value that does not come from sg_identity_assume() or from
 * the leader of a parallel worker, so neither GRANT SET ON PARAMETER nor ALTER
 * ROLE ... SET can give anybody an identity.
 *
 * Of a user with thousands of projects, writing and parsing the list would take
 * longer than a request. So the last long list is kept with its text, and with
 * what parsing that gave: the same ids have the same text, and the same text is
 * parsed to the same list.
 */
#include "base/session_group.h"

#include "access/parallel.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/qunique.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "identity/identity.h"

PG_FUNCTION_INFO_V1(session_group_known_project_ids);
PG_FUNCTION_INFO_V1(session_group_readable_project_ids);
PG_FUNCTION_INFO_V1(session_group_writable_project_ids);
PG_FUNCTION_INFO_V1(session_group_current_user_id);
PG_FUNCTION_INFO_V1(session_group_current_identity);

#define SETTING "session_group.identity"

static char *identity_text = NULL;
static const SgIdentity *current = NULL;

/* True while this file changes the setting; at other times the check hook refuses every value. */
static bool assuming = false;

static const SgIdentity nobody = {0};

/* Lists from this length on are kept with their texts: the last one of each kind. */
#define LONG_LIST 32

typedef struct KeptList
{
	MemoryContext context;
	char	   *text;			/* null: none is kept */
	int			length;
	int64	   *given;			/* as sg_identity_assume() was given them */
	int			given_count;
	SgProjectList parsed;
} KeptList;

static KeptList kept_members = {0};
static KeptList kept_only = {0};
static KeptList kept_elsewhere = {0};

static const char *const proof_names[] = {"none", "api_key", "claims", "assumed"};
static const char *const refusal_names[] = {"none", "header", "query", "body", "claims", "error"};

/*
 * Return the identity of this transaction, which may be nobody's.
 */
const SgIdentity *
sg_identity(void)
{
	return current != NULL ? current : &nobody;
}

/*
 * Return the word for how an identity was proven.
 */
const char *
sg_proof_name(SgProof proof)
{
	return proof_names[proof];
}

static int
compare_ids(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x > y) - (x < y);
}

bool
sg_project_listed(const SgProjectList *list, int64 project_id)
{
	return list->count > 0 &&
		bsearch(&project_id, list->ids, list->count, sizeof(int64), compare_ids) != NULL;
}

/*
 * Tell whether a project is the identity's, on whichever node it is.
 */
bool
sg_identity_can_know(int64 project_id)
{
	return sg_project_listed(&sg_identity()->known, project_id);
}

bool
sg_identity_can_read(int64 project_id)
{
	return sg_project_listed(&sg_identity()->readable, project_id);
}

bool
sg_identity_can_write(int64 project_id)
{
	return sg_identity()->can_write && sg_identity_can_read(project_id);
}

/*
 * Return the position of a name in a list of names, or -1.
 */
static int
find_name(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

static bool
read_id(const char *text, char **end, int64 *id)
{
	errno = 0;
	*id = strtoll(text, end, 10);
	return *end != text && errno == 0;
}

/*
 * Read a list such as "1,2,3", or an empty one, into ids, which has room for
 * all. False if it is malformed.
 */
static bool
read_ids(const char *text, int64 *ids, int *count)
{
	char	   *end = unconstify(char *, text);

	*count = 0;
	while (*end != '\0')
	{
		if (*count > 0 && *end++ != ',')
			return false;
		if (!read_id(end, &end, &ids[*count]))
			return false;
		(*count)++;
	}
	return true;
}

/*
 * Sort a list in place and drop its duplicates.
 */
static void
finish_list(SgProjectList *list, int64 *ids, int count)
{
	qsort(ids, count, sizeof(int64), compare_ids);
	list->ids = ids;
	list->count = (int) qunique(ids, count, sizeof(int64), compare_ids);
}

/*
 * Read a list from a text into ids, which has room for all. False if it is malformed.
 */
static bool
read_list(SgProjectList *list, const char *text, const KeptList *kept, int64 *ids)
{
	int			count;

	if (kept->text != NULL && strcmp(kept->text, text) == 0)
	{
		memcpy(ids, kept->parsed.ids, sizeof(int64) * kept->parsed.count);
		list->ids = ids;
		list->count = kept->parsed.count;
		return true;
	}
	if (!read_ids(text, ids, &count))
		return false;
	finish_list(list, ids, count);
	return true;
}

static bool
read_list_item(SgProjectList *list, const char *value, const KeptList *kept, int64 *ids, int *used)
{
	bool		good = read_list(list, value, kept, ids);

	*used = good ? list->count : 0;
	return good;
}

/*
 * Fill a list with what is in the first list, and in the second or, if "within" is
 * false, not in that. Returns what is left of "ids", where it is put.
 */
static int64 *
select_ids(SgProjectList *list, const SgProjectList *from, const SgProjectList *other, bool within,
		   int64 *ids)
{
	int			count = 0;

	for (int i = 0; i < from->count; i++)
	{
		if (sg_project_listed(other, from->ids[i]) == within)
			ids[count++] = from->ids[i];
	}
	list->ids = ids;
	list->count = count;
	return ids + count;
}

/*
 * Fill in the projects that are known, and of them the readable ones. "ids" has room for
 * both.
 */
static void
derive_projects(SgIdentity *identity, int64 *ids)
{
	if (!identity->can_read)
		return;
	if (identity->narrowed)
		ids = select_ids(&identity->known, &identity->members, &identity->only, true, ids);
	else
		identity->known = identity->members;
	if (identity->elsewhere.count > 0)
		(void) select_ids(&identity->readable, &identity->known, &identity->elsewhere, false, ids);
	else
		identity->readable = identity->known;
}

/*
 * Decode a text from hexadecimal digits, in place; null if they are malformed.
 */
static const char *
read_mask(char *hex)
{
	size_t		length = strlen(hex);

	if (length % 2 != 0 || strspn(hex, "0123456789abcdef") != length)
		return NULL;
	hex[hex_decode(hex, length, hex)] = '\0';
	return hex;
}

/*
 * Read one "name=value" of the text. Strings of the identity point into the
 * text; "ids" has room for any list.
 */
static bool
read_item(SgIdentity *identity, const char *name, char *value, int64 *ids, int *used)
{
	char	   *end;
	int			position;

	if (strcmp(name, "proof") == 0)
	{
		position = find_name(value, proof_names, lengthof(proof_names));
		identity->proof = (SgProof) Max(position, 0);
		return position > 0;
	}
	if (strcmp(name, "refused") == 0)
	{
		position = find_name(value, refusal_names, lengthof(refusal_names));
		identity->refusal = (SgRefusal) Max(position, 0);
		return position > 0;
	}
	if (strcmp(name, "user") == 0)
		return read_id(value, &end, &identity->user_id) && *end == '\0';
	if (strcmp(name, "key") == 0)
		return read_id(value, &end, &identity->api_key_id) && *end == '\0';
	if (strcmp(name, "mask") == 0)
	{
		identity->api_key_mask = read_mask(value);
		return identity->api_key_mask != NULL;
	}
	if (strcmp(name, "request") == 0)
	{
		identity->request_id = value;
		return true;
	}
	if (strcmp(name, "scopes") == 0)
	{
		identity->can_read = strchr(value, 'r') != NULL;
		identity->can_write = strchr(value, 'w') != NULL;
		return true;
	}
	if (strcmp(name, "proven") == 0)
		return read_id(value, &end, &identity->proven) && *end == '\0';
	if (strcmp(name, "members") == 0)
		return read_list_item(&identity->members, value, &kept_members, ids, used);
	if (strcmp(name, "elsewhere") == 0)
		return read_list_item(&identity->elsewhere, value, &kept_elsewhere, ids, used);
	identity->narrowed = true;
	return strcmp(name, "only") == 0 &&
		read_list_item(&identity->only, value, &kept_only, ids, used);
}

/*
 * Parse the text into an identity, its lists behind it in the same piece of
 * memory, as settings require; null if it is malformed.
 */
static SgIdentity *
read_identity(const char *text)
{
	size_t		length = strlen(text);
	SgIdentity *identity;
	int64	   *ids;
	char	   *copy;
	char	   *rest;
	char	   *item;
	bool		good = true;

	/*
	 * The identity, its lists and the text. A project id takes at least two characters of the
	 * text. The known ones that are derived are in two lists of it, the readable ones too, or
	 * there are no more of them than of members, and the known ones are the members' list.
	 */
	identity = guc_malloc(ERROR, MAXALIGN(sizeof(SgIdentity)) + sizeof(int64) * (length + 1) +
						  length + 1);
	memset(identity, 0, sizeof(SgIdentity));
	ids = (int64 *) ((char *) identity + MAXALIGN(sizeof(SgIdentity)));
	copy = (char *) (ids + length + 1);
	memcpy(copy, text, length + 1);

	for (item = strtok_r(copy, " ", &rest); item != NULL && good; item = strtok_r(NULL, " ", &rest))
	{
		char	   *value = strchr(item, '=');
		int			used = 0;

		if (value != NULL)
			*value++ = '\0';
		good = value != NULL && read_item(identity, item, value, ids, &used);
		ids += used;
	}
	if (!good || (identity->proof == SG_PROOF_NONE) != (identity->user_id == 0))
	{
		guc_free(identity);
		return NULL;
	}
	derive_projects(identity, ids);
	return identity;
}

static bool
check_identity(char **newval, void **extra, GucSource source)
{
	SgIdentity *identity;

	if (*newval == NULL || **newval == '\0')
		return true;
	if (!assuming && !InitializingParallelWorker)
	{
		GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
		GUC_check_errmsg("the identity of a transaction cannot be set");
		GUC_check_errhint("Call session_group.login() with an API key.");
		return false;
	}
	identity = read_identity(*newval);
	if (identity == NULL)
	{
		GUC_check_errdetail("The identity is malformed.");
		return false;
	}
	*extra = identity;
	return true;
}

static void
assign_identity(const char *newval, void *extra)
{
	current = extra;
}

/*
 * Define the setting.
 */
void
sg_identity_init(void)
{
	DefineCustomStringVariable(SETTING,
							   "Who asks, for the rest of the transaction.",
							   "Set by session_group.login() and its kin only.",
							   &identity_text,
							   "", PGC_SUSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE |
							   GUC_SUPERUSER_ONLY,
							   check_identity, assign_identity, NULL);
}

/*
 * Change the setting until the end of the (sub)transaction.
 */
static void
set_identity_text(const char *text)
{
	assuming = true;
	PG_TRY();
	{
		(void) set_config_option(SETTING, text, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
								 true, ERROR, false);
	}
	PG_FINALLY();
	{
		assuming = false;
	}
	PG_END_TRY();
}

static void
append_ids(StringInfo buf, const SgProjectList *list)
{
	enlargeStringInfo(buf, list->count * (MAXINT8LEN + 1));
	for (int i = 0; i < list->count; i++)
	{
		if (i > 0)
			buf->data[buf->len++] = ',';
		buf->len += pg_lltoa(list->ids[i], buf->data + buf->len);
	}
	buf->data[buf->len] = '\0';
}

/*
 * Keep a list with its text, in place of the one that was kept before.
 */
static void
keep_list(KeptList *kept, const SgProjectList *list)
{
	MemoryContext caller;
	StringInfoData text;
	int64	   *ids;

	kept->text = NULL;
	if (kept->context == NULL)
		kept->context = AllocSetContextCreate(TopMemoryContext, "session_group list of projects",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(kept->context);
	caller = MemoryContextSwitchTo(kept->context);
	initStringInfo(&text);
	append_ids(&text, list);
	kept->length = text.len;
	kept->given = palloc(sizeof(int64) * list->count);
	memcpy(kept->given, list->ids, sizeof(int64) * list->count);
	kept->given_count = list->count;
	ids = palloc(sizeof(int64) * list->count);
	memcpy(ids, list->ids, sizeof(int64) * list->count);
	finish_list(&kept->parsed, ids, list->count);
	MemoryContextSwitchTo(caller);
	kept->text = text.data;
}

/*
 * Append a list. It may be one of thousands, with each request.
 */
static void
append_list(StringInfo buf, const char *name, const SgProjectList *list, KeptList *kept)
{
	appendStringInfo(buf, " %s=", name);
	if (list->count < LONG_LIST)
	{
		append_ids(buf, list);
		return;
	}
	if (kept->text == NULL || kept->given_count != list->count ||
		memcmp(kept->given, list->ids, sizeof(int64) * list->count) != 0)
		keep_list(kept, list);
	appendBinaryStringInfo(buf, kept->text, kept->length);
}

/*
 * Append the mask of a key in hexadecimal digits: it may contain any character.
 */
static void
append_mask(StringInfo buf, const char *mask)
{
	size_t		length;

	if (mask == NULL)
		return;
	length = strlen(mask);
	appendStringInfoString(buf, " mask=");
	enlargeStringInfo(buf, (int) length * 2);
	buf->len += (int) hex_encode(mask, length, buf->data + buf->len);
	buf->data[buf->len] = '\0';
}

/*
 * Give the transaction an identity that was proven. Its lists may be unsorted,
 * and "readable" is not read but filled in; request_id contains no blank.
 */
void
sg_identity_assume(const SgIdentity *identity)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "proof=%s user=" INT64_FORMAT, proof_names[identity->proof],
					 identity->user_id);
	if (identity->api_key_id != 0)
		appendStringInfo(&buf, " key=" INT64_FORMAT, identity->api_key_id);
	append_mask(&buf, identity->api_key_mask);
	if (identity->request_id != NULL)
		appendStringInfo(&buf, " request=%s", identity->request_id);
	appendStringInfo(&buf, " proven=" INT64_FORMAT, identity->proven);
	appendStringInfo(&buf, " scopes=%s%s", identity->can_read ? "r" : "",
					 identity->can_write ? "w" : "");
	append_list(&buf, "members", &identity->members, &kept_members);
	if (identity->narrowed)
		append_list(&buf, "only", &identity->only, &kept_only);
	if (identity->elsewhere.count > 0)
		append_list(&buf, "elsewhere", &identity->elsewhere, &kept_elsewhere);
	set_identity_text(buf.data);
	pfree(buf.data);
}

/*
 * Narrow the identity of the transaction to one project, or to none if it is not among
 * its projects.
 */
void
sg_identity_narrow(int64 project_id)
{
	SgIdentity	narrowed = *sg_identity();
	SgProjectList one = {.count = 1, .ids = &project_id};
	SgProjectList none = {0};

	narrowed.only = sg_identity_can_know(project_id) ? one : none;
	narrowed.narrowed = true;
	sg_identity_assume(&narrowed);
}

/*
 * Leave the transaction without an identity, but with the reason for it.
 */
void
sg_identity_refuse(SgRefusal refusal)
{
	char	   *text = psprintf("refused=%s", refusal_names[refusal]);

	set_identity_text(text);
	pfree(text);
}

/*
 * Leave the transaction without an identity.
 */
void
sg_identity_clear(void)
{
	if (current != NULL)
		set_identity_text("");
}

/*
 * Return a list as an array in the memory of the caller. The list itself is
 * freed when the identity changes, which can happen within one statement.
 */
static ArrayType *
project_array(const SgProjectList *list)
{
	Size		size = ARR_OVERHEAD_NONULLS(1) + list->count * sizeof(int64);
	ArrayType  *array;

	if (list->count == 0)
		return construct_empty_array(INT8OID);
	array = palloc0(size);
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = INT8OID;
	ARR_DIMS(array)[0] = list->count;
	ARR_LBOUND(array)[0] = 1;
	memcpy(ARR_DATA_PTR(array), list->ids, list->count * sizeof(int64));
	return array;
}

/*
 * session_group.known_project_ids() returns bigint[]
 *
 * The projects of the identity, on whichever nodes they are; empty without an identity.
 */
Datum
session_group_known_project_ids(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(project_array(&sg_identity()->known));
}

/*
 * session_group.readable_project_ids() returns bigint[]
 *
 * The projects that the identity may read here; empty without an identity.
 */
Datum
session_group_readable_project_ids(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(project_array(&sg_identity()->readable));
}

/*
 * session_group.writable_project_ids() returns bigint[]
 *
 * The projects that the identity may write; empty without an identity or
 * without the scope to write.
 */
Datum
session_group_writable_project_ids(PG_FUNCTION_ARGS)
{
	if (!sg_identity()->can_write)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(INT8OID));
	PG_RETURN_ARRAYTYPE_P(project_array(&sg_identity()->readable));
}

/*
 * session_group.current_user_id() returns bigint
 *
 * The identity's user, or null without an identity.
 */
Datum
session_group_current_user_id(PG_FUNCTION_ARGS)
{
	if (sg_identity()->proof == SG_PROOF_NONE)
		PG_RETURN_NULL();
	PG_RETURN_INT64(sg_identity()->user_id);
}

static ArrayType *
scope_array(const SgIdentity *identity)
{
	Datum		scopes[2];
	int			count = 0;

	if (identity->can_read)
		scopes[count++] = CStringGetTextDatum(SG_SCOPE_READ);
	if (identity->can_write)
		scopes[count++] = CStringGetTextDatum(SG_SCOPE_WRITE);
	return construct_array(scopes, count, TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * session_group.current_identity() returns record
 *
 * The whole identity, for people who wonder why a row is hidden; all null
 * without one.
 */
Datum
session_group_current_identity(PG_FUNCTION_ARGS)
{
	const SgIdentity *identity = sg_identity();
	TupleDesc	tupdesc;
	Datum		values[6] = {0};
	bool		nulls[6];

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	tupdesc = BlessTupleDesc(tupdesc);

	memset(nulls, identity->proof == SG_PROOF_NONE, sizeof(nulls));
	if (identity->proof != SG_PROOF_NONE)
	{
		values[0] = Int64GetDatum(identity->user_id);
		values[1] = CStringGetTextDatum(proof_names[identity->proof]);
		values[2] = Int64GetDatum(identity->api_key_id);
		nulls[2] = identity->api_key_id == 0;
		values[3] = PointerGetDatum(scope_array(identity));
		values[4] = PointerGetDatum(project_array(&identity->readable));
		values[5] = session_group_writable_project_ids(fcinfo);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}
