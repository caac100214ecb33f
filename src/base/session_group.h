/*
 * session_group.h
 *		Included first by every file: names, limits and settings of the extension.
 */
#ifndef SESSION_GROUP_H
#define SESSION_GROUP_H

#include "postgres.h"

#include "base/compat.h"

#define SG_SCHEMA "session_group"
#define SG_SCHEMA_API "session_group_api"

#define SG_ROLE_ANON "session_group_anon"
#define SG_ROLE_API "session_group_api"
#define SG_ROLE_GATEWAY "session_group_gateway"
#define SG_ROLE_ADMIN "session_group_admin"
#define SG_ROLE_MONITOR "session_group_monitor"

/* Limits of the fields of a summary. Constraints of the table repeat the first two. */
#define SG_TITLE_MAX_CHARS 2048
#define SG_SESSION_IDS_MAX 1000
#define SG_SESSION_ID_MAX_CHARS 200

#define SG_DEFAULT_PAGE_SIZE 100

/* session_group.max_page_size: the largest page that a list gives. */
extern int	sg_max_page_size;

#endif							/* SESSION_GROUP_H */
