/*
 * plans.h
 *		What plans tell is not for those whom the policies bind.
 */
#ifndef SG_PLANS_H
#define SG_PLANS_H

extern void sg_plans_init(void);

#endif							/* SG_PLANS_H */
