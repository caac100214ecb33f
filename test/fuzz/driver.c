/*
 * driver.c
 *		Runs libFuzzer inside of a PostgreSQL server.
 *
 * The library of this file holds the whole extension, compiled with clang's
 * sanitizers, and the fuzz targets. It is loaded into a server in single-user
 * mode, so that the parsers run as they are and call what they always call:
 * the server's own memory, JSON, numbers, calendar and settings.
 *
 *		fuzz(target text, arguments text[])
 *
 * runs a target with libFuzzer's arguments, and does not return: libFuzzer ends
 * the process, with status 0 if it found nothing.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "fuzz.h"

PG_FUNCTION_INFO_V1(fuzz);

#define INPUT_BLOCK_SIZE (1024 * 1024)

extern int	LLVMFuzzerRunDriver(int *argc, char ***argv,
								int (*callback) (const uint8_t *data, size_t size));

static const FuzzTarget targets[] = {
	{"query_string", fuzz_query_string},
	{"form", fuzz_form},
	{"path", fuzz_path},
	{"headers", fuzz_headers},
	{"json", fuzz_json},
	{"json_string", fuzz_json_string},
	{"dates", fuzz_dates},
	{"cursor", fuzz_cursor},
	{"identity", fuzz_identity},
	{"text", fuzz_text},
	{"words", fuzz_words},
	{"patterns", fuzz_patterns},
	{"conditions", fuzz_conditions},
	{"markdown", fuzz_markdown},
	{"trap", fuzz_trap},
};

static const FuzzTarget *running = NULL;
static MemoryContext input_context = NULL;

/*
 * Note a finding: libFuzzer keeps the input of a process that aborts.
 */
void
fuzz_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "ERROR: %s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

/*
 * Run the target on one input. It must not raise: what parsers have to say of
 * their input they return.
 */
static int
run_input(const uint8_t *data, size_t size)
{
	MemoryContext caller = MemoryContextSwitchTo(input_context);

	PG_TRY();
	{
		running->run((const char *) data, size);
	}
	PG_CATCH();
	{
		EmitErrorReport();
		fuzz_failed("no error was raised", __FILE__, __LINE__);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	MemoryContextReset(input_context);
	return 0;
}

static const FuzzTarget *
find_target(const char *name)
{
	for (int i = 0; i < lengthof(targets); i++)
	{
		if (strcmp(targets[i].name, name) == 0)
			return &targets[i];
	}
	ereport(ERROR, (errmsg("there is no fuzz target \"%s\"", name)));
}

/*
 * fuzz(target text, arguments text[]) returns integer
 */
Datum
fuzz(PG_FUNCTION_ARGS)
{
	Datum	   *items;
	int			count;
	int			argc = 0;
	char	  **argv;

	running = find_target(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	/* Its first block is kept when the context is reset: most inputs need no other. */
	input_context = AllocSetContextCreate(CurrentMemoryContext, "fuzz input",
										  INPUT_BLOCK_SIZE, INPUT_BLOCK_SIZE, INPUT_BLOCK_SIZE);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &items, NULL,
					  &count);
	argv = palloc((count + 2) * sizeof(char *));
	argv[argc++] = unconstify(char *, running->name);
	for (int i = 0; i < count; i++)
		argv[argc++] = TextDatumGetCString(items[i]);
	argv[argc] = NULL;
	PG_RETURN_INT32(LLVMFuzzerRunDriver(&argc, &argv, run_input));
}
