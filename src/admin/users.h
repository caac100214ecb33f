/*
 * users.h
 *		Administration of users.
 */
#ifndef SG_USERS_H
#define SG_USERS_H

extern void sg_check_user_exists(int64 user_id);
extern bool sg_is_known_role(const char *role);

#endif							/* SG_USERS_H */
