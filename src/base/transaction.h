/*
 * transaction.h
 *		Ids of transactions, and which of them may still write in this database.
 */
#ifndef SG_TRANSACTION_H
#define SG_TRANSACTION_H

#include "access/transam.h"

extern uint64 sg_wide_id(TransactionId xid);
extern FullTransactionId sg_all_ended_below(void);

#endif							/* SG_TRANSACTION_H */
