/*
 * conditional.c
 *		ETags, and the conditions that requests put on them (RFC 9110, section 13).
 *
 * An ETag is strong: it changes whenever the bytes of the representation do. It
 * is not made of those bytes, which a conditional request is there to save, but
 * of all that they depend on: every write gives a row another version and time,
 * and the creator, whose name may change without the row, goes in as sent.
 */
#include "base/session_group.h"

#include "common/hashfn.h"

#include "base/statement.h"
#include "http/conditional.h"
#include "http/headers.h"
#include "summary/store.h"

/*
 * Write the ETag of a summary, quotes and all, from a row of SG_ROW_COLUMNS
 * and its creator.
 */
void
sg_etag(SPITupleTable *rows, const SgPeople *people, SgRepresentation representation,
		char etag[SG_ETAG_SIZE])
{
	StringInfoData state;
	bool		isnull;
	Datum		value;
	int64		numbers[] = {
		DatumGetInt64(sg_value(rows, 0, SG_ROW_PROJECT_ID, &isnull)),
		DatumGetInt64(sg_value(rows, 0, SG_ROW_VERSION, &isnull)),
		DatumGetInt64(sg_value(rows, 0, SG_ROW_UPDATED_AT, &isnull))
	};

	initStringInfo(&state);
	appendBinaryStringInfo(&state, (char *) numbers, sizeof(numbers));
	value = sg_value(rows, 0, SG_ROW_ID, &isnull);
	appendBinaryStringInfo(&state, (char *) DatumGetUUIDP(value), UUID_LEN);
	value = sg_value(rows, 0, SG_ROW_CREATED_BY_ID, &isnull);
	sg_people_append(&state, people, value, isnull);
	snprintf(etag, SG_ETAG_SIZE, "\"%016llx\"",
			 (unsigned long long) hash_bytes_extended((unsigned char *) state.data, state.len,
													  representation));
}

static const char *
skip_blanks(const char *c)
{
	while (*c == ' ' || *c == '\t')
		c++;
	return c;
}

/*
 * Read an entity tag, [W/]"…"; return its end, or null if there is none.
 * *opaque is where its quoted part begins.
 */
static const char *
read_tag(const char *c, bool *weak, const char **opaque)
{
	*weak = strncmp(c, "W/", 2) == 0;
	if (*weak)
		c += 2;
	if (*c != '"')
		return NULL;
	*opaque = c++;
	while ((unsigned char) *c > ' ' && *c != '"' && *c != '\x7f')
		c++;
	return *c == '"' ? c + 1 : NULL;
}

/*
 * Look for an ETag, which is strong, in the value of If-Match or If-None-Match:
 * "*", or a list of entity tags. False if the value is neither.
 */
static bool
find_tag(const char *value, const char *etag, bool weak_too, bool *found)
{
	const char *c = skip_blanks(value);
	int			count = 0;

	*found = *c == '*';
	if (*found)
		return *skip_blanks(c + 1) == '\0';
	while (*c != '\0')
	{
		const char *opaque;
		const char *end;
		bool		weak;

		if (*c == ',')
		{
			c = skip_blanks(c + 1);
			continue;
		}
		end = read_tag(c, &weak, &opaque);
		if (end == NULL)
			return false;
		/* Its closing quote tells the ETag from a longer one. */
		*found |= (weak_too || !weak) && strncmp(opaque, etag, strlen(etag)) == 0;
		count++;
		c = skip_blanks(end);
		if (*c != ',' && *c != '\0')
			return false;
	}
	return count > 0;
}

static bool
malformed(const char *header, SgFault *fault)
{
	return sg_fault(fault, SG_FAULT_INVALID, header,
					"Not valid. Use * or a list of ETags, each in its quotes.");
}

/*
 * Tell whether a request puts any condition on what it is about.
 */
bool
sg_conditions_given(const SgRequest *request)
{
	return sg_request_header(request->headers, "if-match") != NULL ||
		sg_request_header(request->headers, "if-none-match") != NULL;
}

/*
 * Hold the request's conditions against the ETag of what it is about; false,
 * and the fault, where they do not hold. What a GET already has is no fault but
 * told in *unchanged; a write is refused, and gives null there.
 *
 * A condition that is not well-formed is refused, not ignored: whoever
 * sends one counts on it.
 */
bool
sg_conditions_check(const SgRequest *request, const char *etag, bool *unchanged, SgFault *fault)
{
	const char *match = sg_request_header(request->headers, "if-match");
	const char *none_match = sg_request_header(request->headers, "if-none-match");
	bool		matched = true;
	bool		none_matched = false;

	if (match != NULL && !find_tag(match, etag, false, &matched))
		return malformed("If-Match", fault);
	if (none_match != NULL && !find_tag(none_match, etag, true, &none_matched))
		return malformed("If-None-Match", fault);
	if (!matched)
		return sg_fault(fault, SG_FAULT_PRECONDITION, NULL,
						"The summary is not the one that If-Match names.");
	if (none_matched && unchanged == NULL)
		return sg_fault(fault, SG_FAULT_PRECONDITION, NULL,
						"The summary is one that If-None-Match names.");
	if (unchanged != NULL)
		*unchanged = none_matched;
	return true;
}
