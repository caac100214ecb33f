/*
 * patterns.h
 *		The patterns in a summary.
 */
#ifndef SG_PATTERNS_H
#define SG_PATTERNS_H

#include "base/fault.h"
#include "json/field.h"

/* The worst first. */
typedef enum SgSeverity
{
	SG_SEVERITY_CRITICAL,
	SG_SEVERITY_HIGH,
	SG_SEVERITY_MEDIUM,
	SG_SEVERITY_LOW,
	SG_SEVERITY_UNKNOWN
} SgSeverity;

#define SG_SEVERITY_COUNT SG_SEVERITY_UNKNOWN

extern const char *const sg_severity_names[SG_SEVERITY_COUNT];

/* Null pointers stand for what is absent or of no use. */
typedef struct SgPattern
{
	int			position;		/* in the summary's list, from 1 */
	SgText		name;
	SgText		description;
	SgSeverity	severity;
	Numeric		pattern_id;		/* whole numbers, within bigint's range */
	Numeric		sessions_affected;
	Numeric		occurrences;
	Numeric		sessions_affected_ratio;	/* from 0 to 1 */
	Numeric		segments_success_ratio;
	JsonbContainer *indicators; /* arrays, of anything */
	JsonbContainer *events;
} SgPattern;

/* What a summary is, as far as its patterns are concerned. */
typedef enum SgSummaryForm
{
	SG_SUMMARY_ABSENT,			/* null */
	SG_SUMMARY_UNREADABLE,		/* no object, and no string that holds one */
	SG_SUMMARY_WITHOUT_LIST,	/* an object without an array "patterns" */
	SG_SUMMARY_READABLE
} SgSummaryForm;

extern SgSummaryForm sg_summary_open(Jsonb *summary, JsonbContainer **patterns);
extern bool sg_pattern_read(JsonbContainer *patterns, int index, SgPattern *pattern);
extern Datum sg_all_severities(void);
extern bool sg_severities_read(const SgText *text, Datum *severities, SgFault *fault);

#endif							/* SG_PATTERNS_H */
