/*
 * cursor.c
 *		Cursors: the end of a page of a list, as an opaque text.
 *
 * A cursor is hexadecimal. It contains 8 bytes of a digest of the project, the
 * order and the filters, so that it continues only the list that it came from;
 * the id of the last row; whether the sort key of that row is null; and the sort
 * key. It is not secret and grants nothing: the next page is read under the same
 * policies.
 */
#include "base/session_group.h"

#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/digest.h"
#include "list/cursor.h"

#define BINDING_SIZE 8
#define HEAD_SIZE (BINDING_SIZE + UUID_LEN + 1)

/*
 * Compute the digest of a list. Filters that are not given have no part in it,
 * so cursors stay valid when a new filter is added.
 */
static void
digest_binding(const SgListingParams *params, const SgListing *listing, uint8 *binding)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, INT64_FORMAT "|%d", listing->project_id, listing->order);
	for (int i = 0; sg_filters[i].name != NULL; i++)
	{
		const SgText *text = params->filters[i];

		if ((listing->filters & (1 << i)) == 0)
			continue;
		appendStringInfo(&buf, "|%s:%zu:", sg_filters[i].name, text->length);
		appendBinaryStringInfo(&buf, text->data, text->length);
	}
	sg_sha256(buf.data, buf.len, digest);
	memcpy(binding, digest, BINDING_SIZE);
}

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Decode hexadecimal digits; false if they are malformed.
 */
static bool
decode_hex(const SgText *text, StringInfo bytes)
{
	initStringInfo(bytes);
	if (text->length % 2 != 0)
		return false;
	for (size_t i = 0; i < text->length; i += 2)
	{
		int			high = hex_value(text->data[i]);
		int			low = hex_value(text->data[i + 1]);

		if (high < 0 || low < 0)
			return false;
		appendStringInfoChar(bytes, (char) (high << 4 | low));
	}
	return true;
}

/*
 * Read the sort key; false if the order has no such key.
 */
static bool
read_key(SgListing *listing, const char *key, int length)
{
	int64		number;

	switch (sg_order_key(listing))
	{
		case SG_LIST_ID:
			return length == 0;
		case SG_LIST_TITLE:
			if (memchr(key, '\0', length) != NULL || !pg_verify_mbstr(PG_UTF8, key, length, true))
				return false;
			listing->after_key = PointerGetDatum(cstring_to_text_with_len(key, length));
			return true;
		default:
			if (length != sizeof(number))
				return false;
			memcpy(&number, key, sizeof(number));
			number = (int64) pg_ntoh64((uint64) number);
			if (sg_order_key(listing) == SG_LIST_SESSION_COUNT)
				listing->after_key = Int32GetDatum((int32) number);
			else
				listing->after_key = Int64GetDatum(number);
			return true;
	}
}

/*
 * Read a cursor into a listing, which continues behind it; an empty cursor is
 * the start of the list.
 */
bool
sg_cursor_read(const SgText *cursor, const SgListingParams *params, SgListing *listing,
			   SgFault *fault)
{
	StringInfoData bytes;
	uint8		binding[BINDING_SIZE];
	bool		good;

	if (sg_order_key(listing) == 0)
		return sg_fault(fault, SG_FAULT_INVALID, "cursor",
						"A list in the order of its rank has no cursors. Give an order, or use"
						" offset.");
	if (cursor->length == 0)
		return true;
	digest_binding(params, listing, binding);
	good = decode_hex(cursor, &bytes) && bytes.len >= HEAD_SIZE &&
		memcmp(bytes.data, binding, BINDING_SIZE) == 0;
	if (good)
	{
		memcpy(listing->after_id.data, bytes.data + BINDING_SIZE, UUID_LEN);
		listing->after = bytes.data[HEAD_SIZE - 1] != 0 ? SG_AFTER_NULL : SG_AFTER_KEY;
		good = listing->after == SG_AFTER_NULL ?
			bytes.len == HEAD_SIZE && sg_order_key(listing) == SG_LIST_CREATED_BY :
			read_key(listing, bytes.data + HEAD_SIZE, bytes.len - HEAD_SIZE);
	}
	return good ||
		sg_fault(fault, SG_FAULT_INVALID, "cursor",
				 "Not a cursor of this list. Use the one in next, with the same order and filters.");
}

static void
append_number(StringInfo buf, int64 value)
{
	uint64		number = pg_hton64((uint64) value);

	appendBinaryStringInfo(buf, (char *) &number, sizeof(number));
}

/*
 * Make the cursor that continues behind a row of SG_LIST_ITEM.
 */
char *
sg_cursor_write(const SgListingParams *params, const SgListing *listing, const Datum *values,
				const bool *nulls)
{
	int			column = sg_order_key(listing);
	Datum		key = values[column - 1];
	uint8		binding[BINDING_SIZE];
	StringInfoData buf;
	StringInfoData hex;

	digest_binding(params, listing, binding);
	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, (char *) binding, BINDING_SIZE);
	appendBinaryStringInfo(&buf, (char *) DatumGetUUIDP(values[SG_LIST_ID - 1])->data, UUID_LEN);
	appendStringInfoChar(&buf, nulls[column - 1] ? 1 : 0);
	if (column == SG_LIST_TITLE)
	{
		text	   *title = DatumGetTextPP(key);

		appendBinaryStringInfo(&buf, VARDATA_ANY(title), VARSIZE_ANY_EXHDR(title));
	}
	else if (column == SG_LIST_SESSION_COUNT)
		append_number(&buf, DatumGetInt32(key));
	else if (column != SG_LIST_ID && !nulls[column - 1])
		append_number(&buf, DatumGetInt64(key));

	initStringInfo(&hex);
	enlargeStringInfo(&hex, buf.len * 2);
	hex.len = (int) hex_encode(buf.data, buf.len, hex.data);
	hex.data[hex.len] = '\0';
	return hex.data;
}
