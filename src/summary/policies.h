/*
 * policies.h
 *		Whether the extension's own policies alone choose the rows, and the caller's
 *		rights reach all of what is read.
 */
#ifndef SG_POLICIES_H
#define SG_POLICIES_H

extern void sg_policies_init(void);
extern bool sg_policies_are_ours(void);
extern bool sg_policies_show_projects(void);
extern bool sg_policies_show_records(void);
extern bool sg_policies_show_people(void);

#endif							/* SG_POLICIES_H */
