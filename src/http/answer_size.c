/*
 * answer_size.c
 *		The largest answer of the native door.
 *
 * PostgREST lets the database put a page together as one JSON text, takes that whole
 * into memory and makes copies of it: 600 MB, which are 150 of the largest summaries,
 * took 2 GB there. A page has at most so many rows, whose sizes nobody can know before.
 * So what a statement gives is looked at on its way out, a row at a time.
 */
#include "base/session_group.h"

#include "executor/tuptable.h"
#include "utils/guc.h"

#include "http/answer_size.h"

static int	max_answer_size = 64;

void
sg_raise_answer_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the answer has more than %d MB", max_answer_size),
			 errhint("Ask for fewer rows at once, or leave out columns such as summary.")));
}

static Size
size_of_row(TupleTableSlot *slot)
{
	Size		size = 0;

	slot_getallattrs(slot);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		if (!slot->tts_isnull[i] && TupleDescAttr(slot->tts_tupleDescriptor, i)->attlen == -1)
			size += VARSIZE_ANY(DatumGetPointer(slot->tts_values[i]));
	}
	return size;
}

static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	DestReceiver *inner = ((SgAnswerGuard *) self)->inner;

	if (size_of_row(slot) > (Size) max_answer_size * 1024 * 1024)
		sg_raise_answer_too_large();
	return inner->receiveSlot(slot, inner);
}

static void
startup(DestReceiver *self, int operation, TupleDesc tupdesc)
{
	DestReceiver *inner = ((SgAnswerGuard *) self)->inner;

	inner->rStartup(inner, operation, tupdesc);
}

static void
shutdown_inner(DestReceiver *self)
{
	DestReceiver *inner = ((SgAnswerGuard *) self)->inner;

	inner->rShutdown(inner);
}

static void
destroy_nothing(DestReceiver *self)
{
}

/*
 * Return a receiver that passes rows on to another one. It is the caller's memory.
 */
DestReceiver *
sg_answer_guard(SgAnswerGuard *guard, DestReceiver *inner)
{
	guard->receiver.receiveSlot = receive;
	guard->receiver.rStartup = startup;
	guard->receiver.rShutdown = shutdown_inner;
	guard->receiver.rDestroy = destroy_nothing;
	guard->receiver.mydest = inner->mydest;
	guard->inner = inner;
	return &guard->receiver;
}

void
sg_answer_size_init(void)
{
	DefineCustomIntVariable("session_group.max_answer_size",
							"Largest answer of the native door.",
							"PostgREST takes several times as much memory for it.",
							&max_answer_size,
							64, 1, 1023,
							PGC_SUSET, GUC_UNIT_MB,
							NULL, NULL, NULL);
}
