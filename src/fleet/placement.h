/*
 * placement.h
 *		Which projects this node answers for.
 */
#ifndef SG_FLEET_PLACEMENT_H
#define SG_FLEET_PLACEMENT_H

/*
 * The tables of which a node has the rows of its own projects alone, each with a column that
 * tells them apart; what is beside them (counts, patterns, titles) follows by triggers. The
 * mover, deploy/fleet/session_group_fleet, copies the same.
 */
#define SG_PROJECT_TABLES(table) \
	table("idempotency_keys", "key_digest") table("summaries", "id") table("activity", "seq") \
	table("activity_purges", "purged_to")

extern bool sg_there_are_nodes(void);
extern bool sg_placed_here(int64 project_id);
extern bool sg_placed_writable(int64 project_id);
extern bool sg_placed_away(int64 project_id);
extern void sg_refuse_elsewhere(int64 project_id);
extern void sg_refuse_unplaced_write(int64 project_id);
pg_noreturn extern void sg_raise_misdirected(int64 project_id);

#endif							/* SG_FLEET_PLACEMENT_H */
