/*
 * safely.h
 *		Work whose errors are answers.
 */
#ifndef SG_SAFELY_H
#define SG_SAFELY_H

extern ErrorData *sg_safely(void (*work) (void *), void *argument);
extern void sg_log_error(ErrorData *error);

#endif							/* SG_SAFELY_H */
