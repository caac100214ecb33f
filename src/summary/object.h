/*
 * object.h
 *		A summary as the whole object of the HTTP contract.
 */
#ifndef SG_OBJECT_OUTPUT_H
#define SG_OBJECT_OUTPUT_H

#include "executor/spi.h"
#include "lib/stringinfo.h"

#include "summary/people.h"

extern void sg_object_append(StringInfo buf, SPITupleTable *rows, uint64 row,
							 const SgPeople *people);

#endif							/* SG_OBJECT_OUTPUT_H */
