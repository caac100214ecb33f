/*
 * cursor.c
 *		Cursors: src/list/cursor.c.
 */
#include "base/session_group.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "fuzz.h"
#include "list/cursor.h"

#define HEX_OF_BINDING 16

/* Even positions in the list of orders are ascending ones. */
#define ORDERS 10

/*
 * The key of a row, such as the list gives it.
 */
static void
take_row(FuzzInput *input, const SgListing *listing, Datum *values, bool *nulls)
{
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	int64		number = fuzz_take_int64(input);
	int			column = sg_order_key(listing) - 1;

	for (int i = 0; i < UUID_LEN; i++)
		id->data[i] = fuzz_take_byte(input);
	values[SG_LIST_ID - 1] = UUIDPGetDatum(id);
	values[SG_LIST_SESSION_COUNT - 1] = Int32GetDatum((int32) number);
	values[SG_LIST_CREATED_AT - 1] = TimestampTzGetDatum(number);
	values[SG_LIST_CREATED_BY - 1] = Int64GetDatum(number);
	nulls[column] = column == SG_LIST_CREATED_BY - 1 && number % 2 == 0;
	if (memchr(input->data, '\0', input->size) == NULL && fuzz_is_utf8(input->data, input->size))
		values[SG_LIST_TITLE - 1] =
			PointerGetDatum(cstring_to_text_with_len(input->data, input->size));
	else
		values[SG_LIST_TITLE - 1] = PointerGetDatum(cstring_to_text("title"));
}

/*
 * The key that was read is the one of the row.
 */
static void
check_key(const SgListing *listing, const Datum *values, const bool *nulls)
{
	int			column = sg_order_key(listing) - 1;
	Datum		key = values[column];

	FUZZ_CHECK(listing->after == (nulls[column] ? SG_AFTER_NULL : SG_AFTER_KEY));
	FUZZ_CHECK(memcmp(&listing->after_id, DatumGetUUIDP(values[SG_LIST_ID - 1]), UUID_LEN) == 0);
	if (column == SG_LIST_TITLE - 1)
		FUZZ_CHECK(strcmp(TextDatumGetCString(listing->after_key), TextDatumGetCString(key)) == 0);
	else if (column == SG_LIST_SESSION_COUNT - 1)
		FUZZ_CHECK(DatumGetInt32(listing->after_key) == DatumGetInt32(key));
	else if (column != SG_LIST_ID - 1 && !nulls[column])
		FUZZ_CHECK(DatumGetInt64(listing->after_key) == DatumGetInt64(key));
}

/*
 * Read a cursor, or what pretends to be one.
 */
static bool
read_cursor(SgText *cursor, const SgListingParams *params, SgListing *listing)
{
	SgFault		fault = {SG_FAULT_NONE};
	bool		good = sg_cursor_read(cursor, params, listing, &fault);

	if (!good)
		fuzz_check_fault(&fault);
	return good;
}

/*
 * Write the cursor of a row, and read it.
 */
static SgText
write_cursor(FuzzInput *input, const SgListingParams *params, const SgListing *listing)
{
	SgListing	read = *listing;
	SgText		written;
	Datum		values[SG_LIST_CREATED_BY] = {0};
	bool		nulls[SG_LIST_CREATED_BY] = {0};

	take_row(input, listing, values, nulls);
	written.data = sg_cursor_write(params, listing, values, nulls);
	written.length = strlen(written.data);
	FUZZ_CHECK(read_cursor(&written, params, &read));
	check_key(&read, values, nulls);
	return written;
}

/*
 * Put what pretends to be the rest of a cursor behind the binding of a real one.
 */
static SgText
bound_cursor(FuzzInput *input, const SgListingParams *params, const SgListing *listing)
{
	FuzzInput	nothing = {"", 0};
	SgText		real = write_cursor(&nothing, params, listing);
	SgText		bound = {palloc(HEX_OF_BINDING + input->size), HEX_OF_BINDING + input->size};

	memcpy(bound.data, real.data, HEX_OF_BINDING);
	memcpy(bound.data + HEX_OF_BINDING, input->data, input->size);
	return bound;
}

/*
 * The first byte chooses the order, and what the rest is: a row, a cursor, or
 * what follows the binding of one.
 */
void
fuzz_cursor(const char *data, size_t size)
{
	FuzzInput	input = {data, size};
	uint8		choice = fuzz_take_byte(&input);
	SgText		search = {"week", 4};
	SgListingParams params = {.filters = {choice & 0x80 ? &search : NULL}};
	SgListing	listing = {.project_id = 7, .order = (choice & 0x0F) % ORDERS};
	SgText		cursor;

	switch (choice >> 4 & 3)
	{
		case 0:
			(void) write_cursor(&input, &params, &listing);
			break;
		case 1:
			cursor.data = unconstify(char *, input.data);
			cursor.length = input.size;
			(void) read_cursor(&cursor, &params, &listing);
			break;
		default:
			cursor = bound_cursor(&input, &params, &listing);
			(void) read_cursor(&cursor, &params, &listing);
			break;
	}
}
