/*
 * source.h
 *		PostHog's tables in a schema that the caller names.
 */
#ifndef SG_IMPORT_SOURCE_H
#define SG_IMPORT_SOURCE_H

/* A type that columns are cast to, and the types of columns that can be cast without an error. */
typedef struct SgColumnType
{
	const char *name;
	Oid			accepted[7];
} SgColumnType;

extern Oid	sg_source_table(const char *schema, const char *table);
extern void sg_source_check_type(Oid relation, const char *column, const SgColumnType *wanted);

#endif							/* SG_IMPORT_SOURCE_H */
