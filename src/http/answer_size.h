/*
 * answer_size.h
 *		The largest answer of a request.
 */
#ifndef SG_ANSWER_SIZE_H
#define SG_ANSWER_SIZE_H

#include "tcop/dest.h"

/* Passes rows on to another receiver, as long as they are not too large together. */
typedef struct SgAnswerGuard
{
	DestReceiver receiver;
	DestReceiver *inner;
	bool		in_gateway;
	Size		size;			/* of the rows so far */
} SgAnswerGuard;

extern DestReceiver *sg_answer_guard(SgAnswerGuard *guard, DestReceiver *inner, bool in_gateway);
extern void sg_check_answer(Size size);
pg_noreturn extern void sg_raise_answer_too_large(bool in_gateway);
extern void sg_answer_size_init(void);

#endif							/* SG_ANSWER_SIZE_H */
