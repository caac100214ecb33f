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

/* A set of severities, the unknown one too: bits. */
#define SG_SEVERITY_BIT(severity) (1 << (severity))
#define SG_EVERY_SEVERITY (SG_SEVERITY_BIT(SG_SEVERITY_COUNT + 1) - 1)

/* The most patterns that a summary may have. */
#define SG_PATTERNS_MAX 1000

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

/* Whether a summary has a list of patterns. */
typedef enum SgSummaryForm
{
	SG_SUMMARY_ABSENT,			/* null */
	SG_SUMMARY_UNREADABLE,		/* no object, and no string that holds one */
	SG_SUMMARY_WITHOUT_LIST,	/* an object without an array "patterns" */
	SG_SUMMARY_READABLE
} SgSummaryForm;

/*
 * From SQL: the summaries "s" of the project $1 whose patterns "p" are not rows
 * yet. They are few: LATERAL and OFFSET have them read one by one.
 */
#define SG_PENDING_PATTERNS \
	" FROM session_group.pending_rows AS q CROSS JOIN LATERAL (" \
	"SELECT t.id, t.created_at, t.summary FROM session_group.summaries AS t" \
	" WHERE t.project_id OPERATOR(pg_catalog.=) $1" \
	" AND t.id OPERATOR(pg_catalog.=) q.summary_id OFFSET 0) AS s" \
	" CROSS JOIN LATERAL session_group.summary_patterns(s.summary) AS p" \
	" WHERE q.project_id OPERATOR(pg_catalog.=) $1"

extern SgSummaryForm sg_summary_open(Jsonb *summary, JsonbContainer **patterns);
extern bool sg_pattern_read(JsonbContainer *patterns, int index, SgPattern *pattern);
extern bool sg_patterns_too_many(JsonbContainer *patterns);
extern bool sg_severities_read(const SgText *text, int *severities, SgFault *fault);
extern Datum sg_severity_sets(int severities);
extern int	sg_severities_of_sets(Datum sets);
extern Datum sg_severity_list(int severities);

#endif							/* SG_PATTERNS_H */
