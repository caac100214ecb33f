/*
 * projects.h
 *		What others ask of the administration.
 */
#ifndef SG_PROJECTS_H
#define SG_PROJECTS_H

extern bool sg_is_known_role(const char *role);
extern void sg_check_project_exists(int64 project_id);

#endif							/* SG_PROJECTS_H */
