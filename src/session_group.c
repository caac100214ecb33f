/*
 * session_group.c
 *		Loading of the library. Each call in _PG_init() starts one part of it.
 */
#include "base/session_group.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "activity/notify.h"
#include "fleet/clock.h"
#include "fleet/confirm.h"
#include "fleet/node.h"
#include "http/answer_size.h"
#include "http/at_once.h"
#include "http/gateway.h"
#include "http/native.h"
#include "identity/identity.h"
#include "identity/key_usage.h"
#include "identity/login.h"
#include "identity/plans.h"
#include "summary/policies.h"
#include "summary/rows_written.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

int			sg_max_page_size = 1000;

/*
 * Define the settings that belong to no single file.
 */
static void
define_settings(void)
{
	DefineCustomIntVariable("session_group.max_page_size",
							"Largest page of a list of summaries.",
							"A larger limit gives a page of this size.",
							&sg_max_page_size,
							1000, 1, 100000,
							PGC_SUSET, 0,
							NULL, NULL, NULL);
	DefineCustomBoolVariable("session_group.require_token_expiry",
							 "Whether a JSON Web Token without the claim exp is refused.",
							 NULL, &sg_require_token_expiry, true,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);
}

/*
 * Have malloc keep what one request frees for the next one. glibc gives memory at the top
 * of its heap back to the system as soon as 128 kB of it are free, and a page of a list
 * then takes the same memory anew, page fault by page fault, each time. It raises that
 * bound to twice the size of a block that it had mapped apart, when such a block is freed
 * (mallopt(3), M_MMAP_THRESHOLD): so a backend behaves once it has had a large document.
 * This has all of them begin like that, and keep up to 2 MB. Elsewhere than with glibc
 * it does nothing.
 */
static void
keep_freed_memory(void)
{
	pfree(palloc((Size) 1024 * 1024));
}

void
_PG_init(void)
{
	keep_freed_memory();
	define_settings();
	sg_node_init();
	sg_directory_clock_init();
	sg_confirm_init();
	sg_identity_init();
	sg_policies_init();
	sg_activity_notify_init();
	sg_key_usage_init();
	sg_plans_init();
	sg_gateway_init();
	sg_native_init();
	sg_answer_size_init();
	sg_at_once_init();
	sg_rows_written_init();
	MarkGUCPrefixReserved("session_group");
}
