/*
 * confirm.h
 *		What is administered is on all nodes when it returns.
 */
#ifndef SG_FLEET_CONFIRM_H
#define SG_FLEET_CONFIRM_H

extern void sg_confirm_init(void);
extern void sg_confirm_by_nodes(void);

#endif							/* SG_FLEET_CONFIRM_H */
