/*
 * answer_size.h
 *		The largest answer of the native door.
 */
#ifndef SG_ANSWER_SIZE_H
#define SG_ANSWER_SIZE_H

#include "tcop/dest.h"

/* Passes rows on to another receiver, as long as none is too large. */
typedef struct SgAnswerGuard
{
	DestReceiver receiver;
	DestReceiver *inner;
} SgAnswerGuard;

extern DestReceiver *sg_answer_guard(SgAnswerGuard *guard, DestReceiver *inner);
pg_noreturn extern void sg_raise_answer_too_large(void);
extern void sg_answer_size_init(void);

#endif							/* SG_ANSWER_SIZE_H */
