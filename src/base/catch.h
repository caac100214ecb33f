/*
 * catch.h
 *		Errors that become answers instead of ending the transaction.
 */
#ifndef SG_CATCH_H
#define SG_CATCH_H

#include "base/fault.h"

extern bool sg_in_request(void);
extern ErrorData *sg_catch_error(void (*work) (void *), void *argument);
extern void sg_log_error(ErrorData *error);
pg_noreturn extern void sg_fault_raise_for_postgrest(const SgFault *fault);
pg_noreturn extern void sg_raise_for_postgrest(ErrorData *error);

#endif							/* SG_CATCH_H */
