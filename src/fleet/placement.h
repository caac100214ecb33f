/*
 * placement.h
 *		Which projects this node answers for.
 */
#ifndef SG_FLEET_PLACEMENT_H
#define SG_FLEET_PLACEMENT_H

extern void sg_placement_init(void);
extern bool sg_placed_here(int64 project_id);
extern bool sg_placed_writable(int64 project_id);
extern bool sg_placed_away(int64 project_id);
extern void sg_refuse_elsewhere(int64 project_id);
extern void sg_refuse_unplaced_write(int64 project_id);
pg_noreturn extern void sg_raise_misdirected(int64 project_id);

#endif							/* SG_FLEET_PLACEMENT_H */
