/*
 * access.h
 *		Whom PostHog's access control lets into a project.
 */
#ifndef SG_IMPORT_ACCESS_H
#define SG_IMPORT_ACCESS_H

extern void sg_import_append_access(StringInfo sql, const char *schema);
extern void sg_import_append_access_joins(StringInfo sql, const char *schema,
										  const char *quoted);

#endif							/* SG_IMPORT_ACCESS_H */
