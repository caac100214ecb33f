/*
 * request.h
 *		One request of the HTTP contract and its answer.
 */
#ifndef SG_REQUEST_H
#define SG_REQUEST_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "base/fault.h"
#include "http/headers.h"
#include "http/query_string.h"

typedef enum SgMethod
{
	SG_METHOD_GET,				/* HEAD too */
	SG_METHOD_POST,
	SG_METHOD_PUT,
	SG_METHOD_PATCH,
	SG_METHOD_DELETE,
	SG_METHOD_OPTIONS,
	SG_METHOD_OTHER
} SgMethod;

/* What the path names; project and id are texts of the client's, null where it has none. */
typedef struct SgRoute
{
	const struct SgResource *resource;	/* or null: nothing is there */
	SgText		project;
	SgText		id;
} SgRoute;

typedef enum SgBodyKind
{
	SG_BODY_NONE,				/* empty */
	SG_BODY_JSON,				/* json holds it, unless it did not parse */
	SG_BODY_FORM,
	SG_BODY_OTHER
} SgBodyKind;

typedef struct SgRequest
{
	const SgHeaders *headers;	/* null outside of PostgREST */
	const char *method_name;
	SgMethod	method;
	SgText		path;			/* as the client sent it */
	SgRoute		route;			/* of the path; set by sg_route() */
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
	const struct SgResource *allow; /* whose methods the header Allow names, or null */
	char		etag[SG_ETAG_SIZE]; /* header ETag, or empty */
	bool		replayed;		/* the stored answer to an earlier request */
	const char *vary;			/* header Vary, or null */
	StringInfo	body;			/* begins with room for a varlena header */
} SgResponse;

/* An operation: SPI is connected. False, and the fault, where it cannot be done. */
typedef bool (*SgOperation) (SgRequest *request, SgResponse *response, SgFault *fault);

/* The segments of a path behind /api. */
#define SG_PATH_MAX 5

/* A row of the table of routes. */
typedef struct SgResource
{
	const char *name;			/* as OPTIONS tells it */
	const char *path[SG_PATH_MAX + 1];	/* segments, ended by null */
	const char *renders;		/* media types besides JSON, as OPTIONS tells them, or null */
	struct
	{
		SgOperation operation;	/* null: the method is not allowed */
		const char *scope;		/* that the credentials need, or null */
	}			methods[SG_METHOD_OTHER];	/* OPTIONS is allowed everywhere */
} SgResource;

extern void sg_request_read(SgRequest *request, const SgHeaders *headers, const char *body, size_t length);
extern void sg_request_read_body(SgRequest *request);

#endif							/* SG_REQUEST_H */
