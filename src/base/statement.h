/*
 * statement.h
 *		SQL statements of constant text. Each is planned once in a backend.
 */
#ifndef SG_STATEMENT_H
#define SG_STATEMENT_H

#include "executor/spi.h"

#define SG_MAX_PARAMS 66

typedef struct SgStatement
{
	const char *sql;			/* constant text; values are always parameters */
	Oid			param_types[SG_MAX_PARAMS + 1]; /* of $1, $2, …, as many as there are */
	bool		is_list;		/* reads a page of what may be very many rows */
	bool		looks_up;		/* looks something up for each row, by its primary key */
	SPIPlanPtr	plan;			/* kept for the backend's life once made */
} SgStatement;

typedef enum SgSnapshot
{
	SG_SNAPSHOT_OF_CALLER,		/* sees what the calling statement sees; read only */
	SG_SNAPSHOT_NEW,			/* sees what a new statement sees at this isolation level */
	SG_SNAPSHOT_LATEST			/* sees all that is committed, at any isolation level */
} SgSnapshot;

extern uint64 sg_execute(SgStatement *statement, Datum *values, const char *nulls,
						 SgSnapshot snapshot);
extern uint64 sg_execute_as_owner(SgStatement *statement, Datum *values, const char *nulls,
								  SgSnapshot snapshot);
extern Datum sg_result(uint64 row, int column, bool *isnull);
extern Datum sg_value(SPITupleTable *rows, uint64 row, int column, bool *isnull);
extern Datum sg_required(uint64 row, int column);
extern Datum sg_required_value(SPITupleTable *rows, uint64 row, int column);
extern void sg_spi_connect(void);
extern void sg_spi_finish(void);

#endif							/* SG_STATEMENT_H */
