/*
 * people.h
 *		Creators of summaries, as the HTTP contract shows them.
 */
#ifndef SG_PEOPLE_H
#define SG_PEOPLE_H

#include "executor/spi.h"
#include "lib/stringinfo.h"

/* The JSON of people, written once for all rows of a page. */
typedef struct SgPerson
{
	int64		id;
	StringInfoData json;
} SgPerson;

typedef struct SgPeople
{
	int			count;
	SgPerson   *items;
} SgPeople;

extern void sg_people_load(SgPeople *people, int64 project_id, SPITupleTable *rows, uint64 count,
						   int column);
extern void sg_people_append(StringInfo buf, const SgPeople *people, Datum id, bool isnull);
extern void sg_people_append_self(StringInfo buf, int64 user_id);

#endif							/* SG_PEOPLE_H */
