/*
 * fault.c
 *		What is wrong with a request, in one form for HTTP and SQL.
 *
 * The gateway answers a fault with the status and body of the HTTP contract; SQL
 * functions and the table's trigger raise it as an error with a SQLSTATE.
 */
#include "base/session_group.h"

#include "lib/stringinfo.h"

#include "base/fault.h"

#define UNAVAILABLE "The service is unavailable for the moment. Try again later."

typedef struct FaultClass
{
	int			status;
	const char *type;
	const char *code;
	int			sqlstate;
} FaultClass;

/* Status, type and code of the HTTP contract, and the SQLSTATE of the same fault. */
static const FaultClass classes[] = {
	[SG_FAULT_REQUIRED] = {400, "validation_error", "required", ERRCODE_NOT_NULL_VIOLATION},
	[SG_FAULT_NULL] = {400, "validation_error", "null", ERRCODE_NOT_NULL_VIOLATION},
	[SG_FAULT_BLANK] = {400, "validation_error", "blank", ERRCODE_CHECK_VIOLATION},
	[SG_FAULT_MAX_LENGTH] = {400, "validation_error", "max_length", ERRCODE_CHECK_VIOLATION},
	[SG_FAULT_INVALID] = {400, "validation_error", "invalid_input", ERRCODE_INVALID_PARAMETER_VALUE},
	[SG_FAULT_DATE] = {400, "validation_error", "invalid_input", ERRCODE_INVALID_DATETIME_FORMAT},
	[SG_FAULT_PARSE] = {400, "invalid_request", "parse_error", ERRCODE_INVALID_TEXT_REPRESENTATION},
	[SG_FAULT_NOT_AUTHENTICATED] = {401, "authentication_error", "not_authenticated",
	ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION},
	[SG_FAULT_AUTHENTICATION_FAILED] = {401, "authentication_error", "authentication_failed",
	ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION},
	[SG_FAULT_PERMISSION_DENIED] = {403, "authentication_error", "permission_denied",
	ERRCODE_INSUFFICIENT_PRIVILEGE},
	[SG_FAULT_NOT_FOUND] = {404, "invalid_request", "not_found", ERRCODE_NO_DATA_FOUND},
	[SG_FAULT_METHOD] = {405, "invalid_request", "method_not_allowed", ERRCODE_FEATURE_NOT_SUPPORTED},
	[SG_FAULT_CONFLICT] = {409, "invalid_request", "idempotency_conflict",
	ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE},
	[SG_FAULT_GONE] = {410, "invalid_request", "gone", ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE},
	[SG_FAULT_PRECONDITION] = {412, "invalid_request", "precondition_failed",
	ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE},
	[SG_FAULT_MEDIA_TYPE] = {415, "invalid_request", "unsupported_media_type",
	ERRCODE_FEATURE_NOT_SUPPORTED},
	[SG_FAULT_THROTTLED] = {429, "throttled_error", "throttled",
	ERRCODE_CONFIGURATION_LIMIT_EXCEEDED},
	[SG_FAULT_MISDIRECTED] = {421, "invalid_request", "misdirected", ERRCODE_INVALID_CATALOG_NAME},
	[SG_FAULT_SERVER_ERROR] = {500, "server_error", "error", ERRCODE_INTERNAL_ERROR},
	/* nginx turns 507 and 508 into 503: PostgREST drops all its connections when it sees a 503. */
	[SG_FAULT_READ_ONLY] = {508, "server_error", "read_only", ERRCODE_READ_ONLY_SQL_TRANSACTION},
	[SG_FAULT_UNAVAILABLE] = {507, "server_error", "service_unavailable",
	ERRCODE_INSUFFICIENT_RESOURCES},
	[SG_FAULT_TIMEOUT] = {504, "server_error", "timeout", ERRCODE_QUERY_CANCELED},
};

/*
 * Describe a fault. Always returns false, so that callers can write "return
 * sg_fault(...)".
 */
bool
sg_fault(SgFault *fault, SgFaultKind kind, const char *attr, const char *detail,...)
{
	StringInfoData buf;
	int			needed;

	initStringInfo(&buf);
	do
	{
		va_list		args;

		va_start(args, detail);
		needed = appendStringInfoVA(&buf, detail, args);
		va_end(args);
		if (needed > 0)
			enlargeStringInfo(&buf, needed);
	} while (needed > 0);

	fault->kind = kind;
	fault->attr = attr;
	fault->detail = buf.data;
	fault->hint = NULL;
	return false;
}

/*
 * Describe too many requests, as nginx does.
 */
bool
sg_fault_throttled(SgFault *fault)
{
	return sg_fault(fault, SG_FAULT_THROTTLED, NULL, "Request was throttled.");
}

/*
 * Errors that no code expected, but of which a client learns more than that there
 * was one: whether a second attempt may help. A row is for one SQLSTATE or, where
 * that ends in 000, for its whole class; the first that fits is the one.
 */
static const struct
{
	int			sqlstate;
	SgFaultKind kind;
	const char *detail;
}			known_errors[] = {
	{ERRCODE_QUERY_CANCELED, SG_FAULT_TIMEOUT, "The request took too long."},
	{ERRCODE_LOCK_NOT_AVAILABLE, SG_FAULT_TIMEOUT, "The request took too long."},
	{ERRCODE_READ_ONLY_SQL_TRANSACTION, SG_FAULT_READ_ONLY,
	"This server is a standby, which only reads. Write to the primary server."},
	{ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION, SG_FAULT_AUTHENTICATION_FAILED,
	"What the credentials reach has just changed. Send the request again."},
	{ERRCODE_INVALID_CATALOG_NAME, SG_FAULT_MISDIRECTED, "The project is on another node."},
	{ERRCODE_OBJECT_IN_USE, SG_FAULT_UNAVAILABLE, UNAVAILABLE},
	{ERRCODE_TRANSACTION_ROLLBACK, SG_FAULT_UNAVAILABLE, UNAVAILABLE},
	{ERRCODE_INSUFFICIENT_RESOURCES, SG_FAULT_UNAVAILABLE, UNAVAILABLE},
	{ERRCODE_OPERATOR_INTERVENTION, SG_FAULT_UNAVAILABLE, UNAVAILABLE},
};

static bool
fits(int sqlstate, int row)
{
	return sqlstate == row || (ERRCODE_IS_CATEGORY(row) && ERRCODE_TO_CATEGORY(sqlstate) == row);
}

/*
 * Describe an error that no code expected. Without a row of its own it is a
 * server error, of which only the log tells more.
 */
void
sg_fault_of_error(SgFault *fault, int sqlstate)
{
	for (size_t i = 0; i < lengthof(known_errors); i++)
	{
		if (fits(sqlstate, known_errors[i].sqlstate))
		{
			sg_fault(fault, known_errors[i].kind, NULL, "%s", known_errors[i].detail);
			return;
		}
	}
	sg_fault(fault, SG_FAULT_SERVER_ERROR, NULL, "A server error occurred.");
}

/*
 * Return the length of the first sentence.
 */
static size_t
first_sentence(const char *text)
{
	const char *end = strstr(text, ". ");

	return end != NULL ? (size_t) (end + 1 - text) : strlen(text);
}

/*
 * Return the message of the error that SQL raises: the first sentence of the
 * detail, in the form of PostgreSQL's messages, without a capital letter and a
 * full stop.
 */
char *
sg_fault_message(const SgFault *fault)
{
	const char *detail = fault->detail;
	size_t		length = first_sentence(detail);
	bool		stopped = length > 0 && detail[length - 1] == '.';
	char	   *message = pnstrdup(detail, length - (stopped ? 1 : 0));

	message[0] = pg_tolower((unsigned char) message[0]);
	return fault->attr != NULL ? psprintf("%s: %s", fault->attr, message) : message;
}

/*
 * Return the hint of the error that SQL raises, or null: the fault's hint, or
 * else the second sentence of its detail.
 */
static const char *
fault_hint(const SgFault *fault)
{
	const char *rest = fault->detail + first_sentence(fault->detail);

	return fault->hint != NULL ? fault->hint : *rest != '\0' ? rest + 1 : NULL;
}

/*
 * Raise a fault as an SQL error.
 */
void
sg_fault_raise(const SgFault *fault)
{
	const char *hint = fault_hint(fault);

	ereport(ERROR,
			(errcode(classes[fault->kind].sqlstate),
			 errmsg("%s", sg_fault_message(fault)),
			 hint != NULL ? errhint("%s", hint) : 0));
}

int
sg_fault_status(const SgFault *fault)
{
	return classes[fault->kind].status;
}

const char *
sg_fault_type(const SgFault *fault)
{
	return classes[fault->kind].type;
}

const char *
sg_fault_code(const SgFault *fault)
{
	return classes[fault->kind].code;
}
