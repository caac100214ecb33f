/*
 * redzones.c
 *		Shows AddressSanitizer the memory that the extension takes by palloc().
 *
 * To PostgreSQL's memory contexts one piece of memory is many chunks, and
 * AddressSanitizer sees the piece: it would not notice that a chunk was
 * overrun, nor that it was used after pfree(). The linker leads the
 * extension's own calls here (--wrap): a chunk gets a red zone behind its last
 * byte, and one that is freed stays poisoned until its memory context is reset.
 *
 * Memory that the server takes for the extension, as psprintf() does, has no
 * red zones. This file itself is compiled without AddressSanitizer.
 */
#include "base/session_group.h"

#include <sanitizer/asan_interface.h>

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "redzones.h"

/* Stands behind a chunk, and lasts as long as it does. */
typedef struct RedZone
{
	MemoryContextCallback callback; /* of the chunk's memory context */
	void	   *chunk;
	Size		size;			/* as it was asked for */
} RedZone;

/* The chunks that have a red zone. */
typedef struct Chunk
{
	void	   *address;
	RedZone    *zone;
	char		status;
} Chunk;

#define SH_PREFIX chunks
#define SH_ELEMENT_TYPE Chunk
#define SH_KEY_TYPE void *
#define SH_KEY address
#define SH_HASH_KEY(table, key) \
	murmurhash32((uint32) ((uintptr_t) (key) / MAXIMUM_ALIGNOF))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static chunks_hash *chunks = NULL;

extern void *__real_palloc(Size size);
extern void __real_pfree(void *pointer);
extern void *__real_repalloc(void *pointer, Size size);

/*
 * Give a chunk, whose memory context is about to be reset, back.
 */
static void
forget_chunk(void *argument)
{
	RedZone    *zone = argument;

	__asan_unpoison_memory_region(zone->chunk, (char *) (zone + 1) - (char *) zone->chunk);
	chunks_delete(chunks, zone->chunk);
}

static RedZone *
find_zone(void *pointer)
{
	Chunk	   *found = chunks == NULL ? NULL : chunks_lookup(chunks, pointer);

	return found == NULL ? NULL : found->zone;
}

void *
__wrap_palloc(Size size)
{
	char	   *chunk = __real_palloc(MAXALIGN(size) + sizeof(RedZone));
	RedZone    *zone = (RedZone *) (chunk + MAXALIGN(size));
	bool		found;

	if (chunks == NULL)
		chunks = chunks_create(TopMemoryContext, 1024, NULL);
	chunks_insert(chunks, chunk, &found)->zone = zone;
	if (found)
	{
		fprintf(stderr, "ERROR: the server freed a chunk of the extension's\n");
		abort();
	}
	zone->chunk = chunk;
	zone->size = size;
	zone->callback.func = forget_chunk;
	zone->callback.arg = zone;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &zone->callback);
	__asan_poison_memory_region(chunk + size, (char *) (zone + 1) - (chunk + size));
	return chunk;
}

void *
__wrap_palloc0(Size size)
{
	return memset(__wrap_palloc(size), 0, size);
}

char *
__wrap_pnstrdup(const char *text, Size size)
{
	Size		length = strnlen(text, size);
	char	   *copy = __wrap_palloc(length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
__wrap_pstrdup(const char *text)
{
	return __wrap_pnstrdup(text, strlen(text));
}

text *
__wrap_cstring_to_text_with_len(const char *string, int length)
{
	text	   *result = __wrap_palloc(length + VARHDRSZ);

	SET_VARSIZE(result, length + VARHDRSZ);
	memcpy(VARDATA(result), string, length);
	return result;
}

text *
__wrap_cstring_to_text(const char *string)
{
	return __wrap_cstring_to_text_with_len(string, strlen(string));
}

/*
 * Poison a chunk, but keep it: nobody else shall get its memory.
 */
void
__wrap_pfree(void *pointer)
{
	RedZone    *zone = find_zone(pointer);

	if (zone == NULL)
	{
		__real_pfree(pointer);
		return;
	}
	/* Where it was freed before, memset() finds it poisoned. */
	memset(pointer, 0x7F, zone->size);
	__asan_poison_memory_region(pointer, zone->size);
}

void *
__wrap_repalloc(void *pointer, Size size)
{
	RedZone    *zone = find_zone(pointer);
	void	   *copy;

	if (zone == NULL)
		return __real_repalloc(pointer, size);
	copy = __wrap_palloc(size);
	memcpy(copy, pointer, Min(zone->size, size));
	__wrap_pfree(pointer);
	return copy;
}
