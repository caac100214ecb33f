/*
 * nodes.h
 *		Administration of nodes.
 */
#ifndef SG_NODES_H
#define SG_NODES_H

extern void sg_check_node_exists(const char *name);
extern char *sg_choose_node(void);

#endif							/* SG_NODES_H */
