/*
 * identity.c
 *		The text of session_group.identity: src/identity/identity.c.
 *
 * It comes from outside where the leader of a parallel worker hands it over.
 */
#include "base/session_group.h"

#include "access/parallel.h"
#include "utils/guc.h"

#include "fuzz.h"
#include "identity/identity.h"

#define SETTING "session_group.identity"

static bool
set_text(const char *text)
{
	bool		taken;

	InitializingParallelWorker = true;
	taken = set_config_option(SETTING, text, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true,
							  DEBUG1, false) > 0;
	InitializingParallelWorker = false;
	return taken;
}

static void
check_list(const SgProjectList *list)
{
	FUZZ_CHECK(list->count >= 0);
	for (int i = 1; i < list->count; i++)
		FUZZ_CHECK(list->ids[i - 1] < list->ids[i]);
}

static SgProjectList
copy_list(const SgProjectList *list)
{
	int64	   *ids = palloc(list->count * sizeof(int64));
	SgProjectList copy = {list->count, ids};

	if (list->count > 0)
		memcpy(ids, list->ids, list->count * sizeof(int64));
	return copy;
}

static void
check_same_list(const SgProjectList *a, const SgProjectList *b)
{
	FUZZ_CHECK(a->count == b->count);
	for (int i = 0; i < a->count; i++)
		FUZZ_CHECK(a->ids[i] == b->ids[i]);
}

static void
check_same_text(const char *a, const char *b)
{
	FUZZ_CHECK((a == NULL) == (b == NULL));
	FUZZ_CHECK(a == NULL || strcmp(a, b) == 0);
}

static void
check_identity(const SgIdentity *identity)
{
	check_list(&identity->members);
	check_list(&identity->only);
	check_list(&identity->readable);
	FUZZ_CHECK((identity->proof == SG_PROOF_NONE) == (identity->user_id == 0));
	FUZZ_CHECK(identity->can_read || identity->readable.count == 0);
	for (int i = 0; i < identity->readable.count; i++)
	{
		int64		id = identity->readable.ids[i];

		FUZZ_CHECK(sg_project_listed(&identity->members, id));
		FUZZ_CHECK(!identity->narrowed || sg_project_listed(&identity->only, id));
		FUZZ_CHECK(sg_identity_can_read(id));
		FUZZ_CHECK(sg_identity_can_write(id) == identity->can_write);
	}
}

/*
 * An identity that is written is read as the same.
 */
static void
check_written(void)
{
	SgIdentity	before = *sg_identity();
	const SgIdentity *after;

	before.api_key_mask = before.api_key_mask == NULL ? NULL : pstrdup(before.api_key_mask);
	before.request_id = before.request_id == NULL ? NULL : pstrdup(before.request_id);
	before.members = copy_list(&before.members);
	before.only = copy_list(&before.only);
	before.readable = copy_list(&before.readable);
	sg_identity_assume(&before);
	after = sg_identity();
	FUZZ_CHECK(before.proof == after->proof && before.user_id == after->user_id);
	FUZZ_CHECK(before.api_key_id == after->api_key_id && before.narrowed == after->narrowed);
	FUZZ_CHECK(before.can_read == after->can_read && before.can_write == after->can_write);
	check_same_text(before.api_key_mask, after->api_key_mask);
	check_same_text(before.request_id, after->request_id);
	check_same_list(&before.members, &after->members);
	check_same_list(&before.only, &after->only);
	check_same_list(&before.readable, &after->readable);
}

void
fuzz_identity(const char *data, size_t size)
{
	char	   *text = palloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';

	/* Nobody but a worker's leader hands a text over. */
	FUZZ_CHECK(text[0] == '\0' ||
			   set_config_option(SETTING, text, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true,
								 DEBUG1, false) <= 0);
	if (!set_text(text))
		return;
	check_identity(sg_identity());
	if (sg_identity()->proof != SG_PROOF_NONE)
		check_written();
	FUZZ_CHECK(set_text(""));
	FUZZ_CHECK(sg_identity()->proof == SG_PROOF_NONE);
}
