/*
 * node.h
 *		Which of several machines this is.
 */
#ifndef SG_FLEET_NODE_H
#define SG_FLEET_NODE_H

extern void sg_node_init(void);
extern const char *sg_node(void);
extern bool sg_node_administers(void);
extern void sg_refuse_without_administration(void);
extern int	sg_directory_timeout(void);

#endif							/* SG_FLEET_NODE_H */
