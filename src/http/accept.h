/*
 * accept.h
 *		Which representation a client prefers: the header Accept.
 */
#ifndef SG_ACCEPT_H
#define SG_ACCEPT_H

extern bool sg_accepts_markdown(const char *accept);

#endif							/* SG_ACCEPT_H */
