/*
 * conditional.c
 *		ETags, and requests with conditions (RFC 9110, section 13).
 *
 * An ETag is strong: it changes whenever the bytes of the representation do. It
 * is not computed from those bytes, since a conditional request should save
 * making them, but from everything that they depend on: each write gives the row
 * another version and time, and the creator, whose name can change without the
 * row, is added as it would be sent.
 */
#include "base/session_group.h"

#include "common/hashfn.h"

#include "base/statement.h"
#include "http/conditional.h"
#include "http/headers.h"
#include "summary/store.h"

/*
 * Write the ETag of a summary, with its quotes, from its row and its creator.
 */
void
sg_etag(SPITupleTable *rows, const SgPeople *people, SgRepresentation representation,
		char etag[SG_ETAG_SIZE])
{
	StringInfoData state;
	bool		isnull;
	Datum		value;
	int64		numbers[] = {
		DatumGetInt64(sg_required_value(rows, 0, SG_ROW_PROJECT_ID)),
		DatumGetInt64(sg_required_value(rows, 0, SG_ROW_VERSION)),
		DatumGetInt64(sg_required_value(rows, 0, SG_ROW_UPDATED_AT))
	};

	initStringInfo(&state);
	appendBinaryStringInfo(&state, (char *) numbers, sizeof(numbers));
	value = sg_required_value(rows, 0, SG_ROW_ID);
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
 * Read an entity tag, [W/]"…". Returns its end, or null if there is none;
 * *opaque is its opening quote.
 */
static const char *
read_tag(const char *c, const char **opaque)
{
	if (strncmp(c, "W/", 2) == 0)
		c += 2;
	if (*c != '"')
		return NULL;
	*opaque = c++;
	while ((unsigned char) *c > ' ' && *c != '"' && *c != '\x7f')
		c++;
	return *c == '"' ? c + 1 : NULL;
}

/*
 * Look for an ETag in the value of If-Match or If-None-Match: "*", or a list of
 * entity tags. False if the value is malformed. A proxy that compresses makes
 * our tag weak: that one matches as well, since each tag of ours is of one
 * state of one summary.
 */
static bool
find_tag(const char *value, const char *etag, bool *found)
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

		if (*c == ',')
		{
			c = skip_blanks(c + 1);
			continue;
		}
		end = read_tag(c, &opaque);
		if (end == NULL)
			return false;
		/* The closing quote is compared too, so a longer ETag does not match. */
		*found |= strncmp(opaque, etag, strlen(etag)) == 0;
		count++;
		c = skip_blanks(end);
		if (*c != ',' && *c != '\0')
			return false;
	}
	return count > 0;
}

static bool
refuse_malformed(const char *header, SgFault *fault)
{
	return sg_fault(fault, SG_FAULT_INVALID, header,
					"Not valid. Use * or a list of ETags, each in its quotes.");
}

/*
 * Tell whether a request has a condition.
 */
bool
sg_conditions_given(const SgRequest *request)
{
	return sg_request_header(request->headers, "if-match") != NULL ||
		sg_request_header(request->headers, "if-none-match") != NULL;
}

/*
 * Check the conditions of a request against the ETag. Returns false, with the
 * fault, if they do not hold. A GET whose client already has this version is not
 * a fault: *unchanged tells it. Writes pass null there, and are refused.
 *
 * A malformed condition is refused rather than ignored, because the client
 * relies on it.
 */
bool
sg_conditions_check(const SgRequest *request, const char *etag, bool *unchanged, SgFault *fault)
{
	const char *match = sg_request_header(request->headers, "if-match");
	const char *none_match = sg_request_header(request->headers, "if-none-match");
	bool		matched = true;
	bool		none_matched = false;

	if (match != NULL && !find_tag(match, etag, &matched))
		return refuse_malformed("If-Match", fault);
	if (none_match != NULL && !find_tag(none_match, etag, &none_matched))
		return refuse_malformed("If-None-Match", fault);
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
