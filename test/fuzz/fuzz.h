/*
 * fuzz.h
 *		What the fuzz targets and their driver share.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "lib/stringinfo.h"

#include "base/fault.h"
#include "http/query_string.h"

/*
 * One parser under hostile input. It is called with whatever bytes, in a memory
 * context of its own; an error that it raises is a finding, as is a FUZZ_CHECK
 * that does not hold and whatever the sanitizers see.
 */
typedef struct FuzzTarget
{
	const char *name;
	void		(*run) (const char *data, size_t size);
} FuzzTarget;

#define FUZZ_CHECK(condition) \
	((condition) ? (void) 0 : fuzz_failed(#condition, __FILE__, __LINE__))

pg_noreturn extern void fuzz_failed(const char *condition, const char *file, int line);

/* Input in pieces: a reader takes from its front. */
typedef struct FuzzInput
{
	const char *data;
	size_t		size;
} FuzzInput;

extern uint8 fuzz_take_byte(FuzzInput *input);
extern int64 fuzz_take_int64(FuzzInput *input);
extern SgText fuzz_take_line(FuzzInput *input);

extern bool fuzz_is_utf8(const char *data, size_t length);
extern void fuzz_check_text(const SgText *text);
extern void fuzz_check_fault(const SgFault *fault);

extern void fuzz_query_string(const char *data, size_t size);
extern void fuzz_form(const char *data, size_t size);
extern void fuzz_path(const char *data, size_t size);
extern void fuzz_headers(const char *data, size_t size);
extern void fuzz_json(const char *data, size_t size);
extern void fuzz_json_string(const char *data, size_t size);
extern void fuzz_dates(const char *data, size_t size);
extern void fuzz_cursor(const char *data, size_t size);
extern void fuzz_identity(const char *data, size_t size);
extern void fuzz_text(const char *data, size_t size);
extern void fuzz_words(const char *data, size_t size);
extern void fuzz_patterns(const char *data, size_t size);
extern void fuzz_conditions(const char *data, size_t size);
extern void fuzz_markdown(const char *data, size_t size);
extern void fuzz_trap(const char *data, size_t size);

#endif							/* FUZZ_H */
