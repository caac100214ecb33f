/*
 * projects.h
 *		Administration of projects.
 */
#ifndef SG_PROJECTS_H
#define SG_PROJECTS_H

#define SG_PROJECT_COLUMNS \
	"p.id, p.name, p.timezone, p.created_at, p.retention, p.activity_retention"

extern void sg_check_project_exists(int64 project_id);

#endif							/* SG_PROJECTS_H */
