/*
 * worker.h
 *		Background workers of the extension.
 */
#ifndef SG_WORKER_H
#define SG_WORKER_H

#include "postmaster/bgworker.h"

extern void sg_describe_worker(BackgroundWorker *worker, const char *name, const char *function);
extern void sg_launch(const char *name, const char *function);
extern bool sg_launcher_waits(int seconds);
extern void sg_run_worker(const char *name, const char *function, Oid database);

#endif							/* SG_WORKER_H */
