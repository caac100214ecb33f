/*
 * identity.h
 *		Who asks: the identity of the running transaction.
 */
#ifndef SG_IDENTITY_H
#define SG_IDENTITY_H

/* Scopes of keys, tokens and trusted backends. The scope to write includes the one to read. */
#define SG_SCOPE_READ "session_recording:read"
#define SG_SCOPE_WRITE "session_recording:write"
#define SG_SCOPE_ALL "*"

typedef enum SgProof
{
	SG_PROOF_NONE,
	SG_PROOF_API_KEY,
	SG_PROOF_CLAIMS,
	SG_PROOF_ASSUMED
} SgProof;

/* Where credentials that were refused came from. */
typedef enum SgRefusal
{
	SG_REFUSAL_NONE,
	SG_REFUSAL_HEADER,
	SG_REFUSAL_QUERY,
	SG_REFUSAL_BODY,
	SG_REFUSAL_CLAIMS,
	SG_REFUSAL_BUSY				/* they are right, but too many requests are at work with them */
} SgRefusal;

/* A sorted list of project ids without duplicates. */
typedef struct SgProjectList
{
	int			count;
	const int64 *ids;
} SgProjectList;

typedef struct SgIdentity
{
	SgProof		proof;
	SgRefusal	refusal;		/* only if proof is SG_PROOF_NONE */
	int64		user_id;
	int64		api_key_id;		/* 0 if not proven by an API key */
	const char *api_key_mask;	/* null if not proven by an API key */
	const char *request_id;		/* of the HTTP request, or null */
	int64		proven;			/* state of keys, users and members when it was proven */
	bool		can_read;		/* scope session_recording:read */
	bool		can_write;		/* scope session_recording:write; implies read */
	bool		narrowed;		/* only the projects in "only" */
	SgProjectList members;		/* projects that the user is a member of */
	SgProjectList only;
	SgProjectList elsewhere;	/* of the members' list, those that other nodes have */
	SgProjectList known;		/* members, within "only" if narrowed; none without can_read */
	SgProjectList readable;		/* known, without those that other nodes have */
} SgIdentity;

extern void sg_identity_init(void);
extern const SgIdentity *sg_identity(void);
extern const char *sg_proof_name(SgProof proof);
extern void sg_identity_assume(const SgIdentity *identity);
extern void sg_identity_clear(void);
extern void sg_identity_narrow(int64 project_id);
extern void sg_identity_refuse(SgRefusal refusal);
extern bool sg_project_listed(const SgProjectList *list, int64 project_id);
extern bool sg_identity_can_know(int64 project_id);
extern bool sg_identity_can_read(int64 project_id);
extern bool sg_identity_can_write(int64 project_id);

#endif							/* SG_IDENTITY_H */
