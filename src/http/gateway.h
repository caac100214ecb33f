/*
 * gateway.h
 *		The edge of the HTTP gateway.
 */
#ifndef SG_GATEWAY_H
#define SG_GATEWAY_H

extern void sg_gateway_init(void);

#endif							/* SG_GATEWAY_H */
