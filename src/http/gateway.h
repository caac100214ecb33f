/*
 * gateway.h
 *		One request of the HTTP contract and its answer.
 */
#ifndef SG_GATEWAY_H
#define SG_GATEWAY_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "base/fault.h"
#include "http/route.h"

typedef enum SgBodyKind
{
	SG_BODY_NONE,				/* empty */
	SG_BODY_JSON,				/* json holds it, unless it did not parse */
	SG_BODY_FORM,
	SG_BODY_OTHER
} SgBodyKind;

typedef struct SgRequest
{
	Jsonb	   *headers;		/* null outside of PostgREST */
	const char *method_name;
	SgMethod	method;
	SgRoute		route;
	int64		project_id;		/* set once the project is found */
	const char *base_url;		/* scheme, host and path as the client sent them */
	SgParams	query;

	const char *media_type;		/* of the body, as the client sent it */
	const char *body;
	size_t		body_length;
	bool		body_read;
	SgBodyKind	body_kind;
	Jsonb	   *json;
	const char *json_error;
	SgParams	form;
} SgRequest;

/* An ETag: 16 digits in quotes. */
#define SG_ETAG_SIZE (1 + 16 + 1 + 1)

/* What operations answer; it outlives the memory that they work in. */
typedef struct SgResponse
{
	int			status;
	const char *media_type;		/* of the body; null: application/json */
	const char *allow;			/* header Allow, or null */
	char		etag[SG_ETAG_SIZE]; /* header ETag, or empty */
	bool		replayed;		/* the stored answer to an earlier request */
	const char *vary;			/* header Vary, or null */
	StringInfo	body;			/* begins with room for a varlena header */
} SgResponse;

extern void sg_gateway_init(void);
extern void sg_request_read(SgRequest *request, Jsonb *headers, const char *body, size_t length);
extern void sg_request_read_body(SgRequest *request);
extern bool sg_request_admit(SgRequest *request, SgFault *fault);

/* The operations; SPI must be connected. False, and the fault, where they cannot be done. */
extern bool sg_operation_projects(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_project(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_self(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_key(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_list(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_create(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_retrieve(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_update(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_destroy(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_patterns(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_activity(SgRequest *request, SgResponse *response, SgFault *fault);

extern bool sg_operate(SgRequest *request, SgResponse *response, SgFault *fault);

#endif							/* SG_GATEWAY_H */
