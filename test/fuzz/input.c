/*
 * input.c
 *		Input for the fuzz targets, and what they all check.
 */
#include "base/session_group.h"

#include "fuzz.h"

/*
 * Take a byte; 0 at the end.
 */
uint8
fuzz_take_byte(FuzzInput *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return (uint8) *input->data++;
}

int64
fuzz_take_int64(FuzzInput *input)
{
	uint64		value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | fuzz_take_byte(input);
	return (int64) value;
}

/*
 * Take a line, without its end; a copy, of exactly its size.
 */
SgText
fuzz_take_line(FuzzInput *input)
{
	const char *end = memchr(input->data, '\n', input->size);
	SgText		line;

	line.length = end == NULL ? input->size : end - input->data;
	line.data = palloc(line.length + 1);
	memcpy(line.data, input->data, line.length);
	line.data[line.length] = '\0';
	input->data += line.length + (end == NULL ? 0 : 1);
	input->size -= line.length + (end == NULL ? 0 : 1);
	return line;
}

/*
 * Tell whether a text is UTF-8, by PostgreSQL's own judgement; NUL is.
 */
bool
fuzz_is_utf8(const char *data, size_t length)
{
	const char *end = data + length;

	while (data < end)
	{
		const char *stop = memchr(data, '\0', end - data);

		if (stop == NULL)
			stop = end;
		if (!pg_verify_mbstr(PG_UTF8, data, stop - data, true))
			return false;
		data = stop + 1;
	}
	return true;
}

/*
 * Check what holds of every decoded text.
 */
void
fuzz_check_text(const SgText *text)
{
	FUZZ_CHECK(text->data[text->length] == '\0');
	FUZZ_CHECK(fuzz_is_utf8(text->data, text->length));
}

/*
 * Check what holds of every fault: it can be answered.
 */
void
fuzz_check_fault(const SgFault *fault)
{
	FUZZ_CHECK(fault->kind != SG_FAULT_NONE);
	FUZZ_CHECK(sg_fault_status(fault) >= 400 && sg_fault_status(fault) < 500);
	FUZZ_CHECK(fault->detail != NULL && fault->detail[0] != '\0');
	FUZZ_CHECK(fuzz_is_utf8(fault->detail, strlen(fault->detail)));
	FUZZ_CHECK(fault->attr == NULL || fuzz_is_utf8(fault->attr, strlen(fault->attr)));
}
