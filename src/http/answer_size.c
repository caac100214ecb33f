/*
 * answer_size.c
 *		The largest answer of a request.
 *
 * PostgREST lets the database put a page together as one JSON text, takes that whole
 * into memory and makes copies of it: 600 MB, which are 150 of the largest summaries,
 * took 2 GB there. A page has at most so many rows, whose sizes nobody can know before.
 * So what a statement gives is looked at on its way out, a row at a time: PostgREST's
 * own, and those of the gateway, whose pages would be gigabytes before they are JSON.
 */
#include "base/session_group.h"

#include "access/detoast.h"
#include "executor/tuptable.h"
#include "utils/guc.h"

#include "http/answer_size.h"

static int	max_answer_size = 64;

/*
 * Raise what is wrong with an answer. The SQLSTATE is 22023 where PostgREST answers with
 * it, and 54000 in the gateway.
 */
void
sg_raise_answer_too_large(bool in_gateway)
{
	ereport(ERROR,
			(errcode(in_gateway ? ERRCODE_PROGRAM_LIMIT_EXCEEDED :
					 ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the answer has more than %d MB", max_answer_size),
			 errhint("Ask for fewer rows at once, or leave out columns such as summary.")));
}

static bool
is_too_large(Size size)
{
	return size > (Size) max_answer_size * 1024 * 1024;
}

/*
 * Look at what the gateway has written of an answer.
 */
void
sg_check_answer(Size size)
{
	if (is_too_large(size))
		sg_raise_answer_too_large(true);
}

/*
 * Return the size of a row's values when they are fetched and not compressed.
 */
static Size
size_of_row(TupleTableSlot *slot)
{
	Size		size = 0;

	slot_getallattrs(slot);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		if (!slot->tts_isnull[i] && TupleDescAttr(slot->tts_tupleDescriptor, i)->attlen == -1)
			size += toast_raw_datum_size(slot->tts_values[i]);
	}
	return size;
}

static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	SgAnswerGuard *guard = (SgAnswerGuard *) self;

	guard->size += size_of_row(slot);
	if (is_too_large(guard->size))
		sg_raise_answer_too_large(guard->in_gateway);
	return guard->inner->receiveSlot(slot, guard->inner);
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
 * Return a receiver that passes rows on to another one, up to the largest answer. It is
 * the caller's memory.
 */
DestReceiver *
sg_answer_guard(SgAnswerGuard *guard, DestReceiver *inner, bool in_gateway)
{
	guard->size = 0;
	guard->in_gateway = in_gateway;
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
							"Largest answer of a request.",
							"PostgREST takes several times as much memory for it.",
							&max_answer_size,
							64, 1, 1023,
							PGC_SUSET, GUC_UNIT_MB,
							NULL, NULL, NULL);
}
