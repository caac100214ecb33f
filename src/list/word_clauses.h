/*
 * word_clauses.h
 *		A query for words as conditions that indexes serve.
 */
#ifndef SG_WORD_CLAUSES_H
#define SG_WORD_CLAUSES_H

#include "tsearch/ts_type.h"

/* The values of the conditions, behind one another from ?1, and what says which conditions there are. */
enum SgWordValue
{
	SG_WORDS_QUERY,				/* tsquery: the query itself */
	SG_WORDS_CLAUSES,			/* tsquery[]: a clause each; any of its words will do */
	SG_WORDS_KEYS,				/* bigint[][]: the same by keys of titles */
	SG_WORDS_PROJECTS,			/* bigint[]: the project, for each clause */
	SG_WORDS_SHAPE
};

/* The words of a summary s, of its title and of its document. */
#define SG_WORDS "session_group.summary_words(s.project_id, s.title, s.summary)"

extern void sg_word_clauses(int64 project_id, TSQuery query, Datum *values);
extern char *sg_word_conditions(int shape);

#endif							/* SG_WORD_CLAUSES_H */
