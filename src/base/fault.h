/*
 * fault.h
 *		What is wrong with a request, in one form for HTTP and SQL.
 */
#ifndef SG_FAULT_H
#define SG_FAULT_H

typedef enum SgFaultKind
{
	SG_FAULT_NONE,
	SG_FAULT_REQUIRED,
	SG_FAULT_NULL,
	SG_FAULT_BLANK,
	SG_FAULT_MAX_LENGTH,
	SG_FAULT_INVALID,
	SG_FAULT_DATE,
	SG_FAULT_PARSE,
	SG_FAULT_NOT_AUTHENTICATED,
	SG_FAULT_AUTHENTICATION_FAILED,
	SG_FAULT_PERMISSION_DENIED,
	SG_FAULT_NOT_FOUND,
	SG_FAULT_METHOD,
	SG_FAULT_CONFLICT,
	SG_FAULT_GONE,
	SG_FAULT_PRECONDITION,
	SG_FAULT_MEDIA_TYPE,
	SG_FAULT_MISDIRECTED,
	SG_FAULT_THROTTLED,
	SG_FAULT_SERVER_ERROR,
	SG_FAULT_READ_ONLY,
	SG_FAULT_UNAVAILABLE,
	SG_FAULT_TIMEOUT
} SgFaultKind;

typedef struct SgFault
{
	SgFaultKind kind;
	const char *attr;			/* the field or parameter, or null */
	const char *detail;			/* as the HTTP contract has it: what is wrong, in one sentence, and
								 * perhaps what to do, in another */
	const char *hint;			/* what to do, for SQL; or null: the detail says it */
} SgFault;

extern bool sg_fault(SgFault *fault, SgFaultKind kind, const char *attr,
					 const char *detail,...) pg_attribute_printf(4, 5);
extern bool sg_fault_throttled(SgFault *fault);
extern char *sg_fault_message(const SgFault *fault);
extern void sg_fault_of_error(SgFault *fault, int sqlstate);
pg_noreturn extern void sg_fault_raise(const SgFault *fault);
extern int	sg_fault_status(const SgFault *fault);
extern const char *sg_fault_type(const SgFault *fault);
extern const char *sg_fault_code(const SgFault *fault);

#endif							/* SG_FAULT_H */
