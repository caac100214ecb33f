/*
 * request.h
 *		One request of the HTTP contract and its answer.
 */
#ifndef SG_REQUEST_H
#define SG_REQUEST_H

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

/* An operation: SPI is connected. False, and the fault, where it cannot be done. */
typedef bool (*SgOperation) (SgRequest *request, SgResponse *response, SgFault *fault);

extern void sg_request_read(SgRequest *request, Jsonb *headers, const char *body, size_t length);
extern void sg_request_read_body(SgRequest *request);

#endif							/* SG_REQUEST_H */
