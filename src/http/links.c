/*
 * links.c
 *		Pages: their limits and offsets, and the links to the next and the previous one.
 *
 * Links are the same as those of Django REST framework's LimitOffsetPagination:
 * numbers are read like Python's int() reads them, and parameters are sorted by
 * name, keeping the order of values with the same name.
 */
#include "base/session_group.h"

#include "http/answer_size.h"
#include "http/links.h"
#include "json/output.h"

/*
 * Read a whole number as int() does: white space around it, a sign, digits with
 * single underscores between them. Values out of range become the nearest
 * bigint.
 */
static bool
read_int(const SgText *text, int64 *value)
{
	const char *c = text->data;
	const char *end = c + text->length;
	bool		negative = false;
	bool		digit_before = false;

	while (c < end && (isspace((unsigned char) *c) || (*c >= 0x1C && *c <= 0x1F)))
		c++;
	while (c < end && (isspace((unsigned char) end[-1]) || (end[-1] >= 0x1C && end[-1] <= 0x1F)))
		end--;
	if (c < end && (*c == '+' || *c == '-'))
		negative = *c++ == '-';
	if (c == end || end[-1] == '_')
		return false;

	*value = 0;
	for (; c < end; c++)
	{
		if (*c == '_' && digit_before)
		{
			digit_before = false;
			continue;
		}
		if (*c < '0' || *c > '9')
			return false;
		digit_before = true;
		*value = *value > (PG_INT64_MAX - 9) / 10 ? PG_INT64_MAX : *value * 10 + (*c - '0');
	}
	if (negative)
		*value = -*value;
	return true;
}

/*
 * Read limit and offset from the query.
 */
SgPage
sg_page_read(const SgParams *query, int64 max_limit)
{
	const SgText *limit = sg_params_last(query, "limit");
	const SgText *offset = sg_params_last(query, "offset");
	SgPage		page = {0};

	if (limit == NULL || !read_int(limit, &page.limit) || page.limit <= 0)
		page.limit = SG_DEFAULT_PAGE_SIZE;
	page.limit = Min(page.limit, max_limit);
	if (offset == NULL || !read_int(offset, &page.offset) || page.offset < 0)
		page.offset = 0;
	return page;
}

/* A parameter and its position, which keeps equal names in order. */
typedef struct SortedParam
{
	SgParam		param;
	int			position;
} SortedParam;

static int
compare_params(const void *a, const void *b)
{
	const SortedParam *x = a;
	const SortedParam *y = b;
	const SgText *n = &x->param.name;
	const SgText *m = &y->param.name;
	int			order = memcmp(n->data, m->data, Min(n->length, m->length));

	if (order != 0)
		return order;
	if (n->length != m->length)
		return n->length < m->length ? -1 : 1;
	return x->position - y->position;
}

static SgParam
param(char *name, char *value)
{
	SgParam		result = {{name, strlen(name)}, {value, strlen(value)}};

	return result;
}

static char *
number(int64 value)
{
	return psprintf(INT64_FORMAT, value);
}

/*
 * Tell whether a parameter is replaced in a link: it pages, or one of the new
 * ones has its name.
 */
static bool
is_replaced(const SgText *name, const SgParam *paging, int paging_count)
{
	for (int i = 0; i < paging_count; i++)
	{
		if (sg_text_is(name, paging[i].name.data))
			return true;
	}
	return sg_text_is(name, "limit") || sg_text_is(name, "offset") || sg_text_is(name, "cursor");
}

/*
 * Make a link with these parameters in place of those that page.
 */
static char *
make_link(const char *base, const SgParams *query, const SgParam *paging, int paging_count)
{
	SortedParam *sorted = palloc((query->count + paging_count) * sizeof(SortedParam));
	StringInfoData link;
	int			count = 0;

	for (int i = 0; i < query->count; i++)
	{
		if (!is_replaced(&query->items[i].name, paging, paging_count))
			sorted[count++].param = query->items[i];
	}
	for (int i = 0; i < paging_count; i++)
		sorted[count++].param = paging[i];
	for (int i = 0; i < count; i++)
		sorted[i].position = i;
	qsort(sorted, count, sizeof(SortedParam), compare_params);

	initStringInfo(&link);
	appendStringInfoString(&link, base);
	for (int i = 0; i < count; i++)
	{
		appendStringInfoChar(&link, i == 0 ? '?' : '&');
		sg_percent_encode(&link, &sorted[i].param.name);
		appendStringInfoChar(&link, '=');
		sg_percent_encode(&link, &sorted[i].param.value);
	}
	return link.data;
}

/*
 * Return the link to the next page; null on the last one.
 */
static char *
link_next(const char *base, const SgParams *query, const SgPage *page, int64 count)
{
	SgParam		paging[2];

	if (page->offset >= count - page->limit)
		return NULL;
	paging[0] = param("limit", number(page->limit));
	paging[1] = param("offset", number(page->offset + page->limit));
	return make_link(base, query, paging, 2);
}

/*
 * Return the link to the previous page; null on the first one.
 */
static char *
link_previous(const char *base, const SgParams *query, const SgPage *page)
{
	int64		offset = page->offset - page->limit;
	SgParam		paging[2];

	if (page->offset <= 0)
		return NULL;
	paging[0] = param("limit", number(page->limit));
	paging[1] = param("offset", number(offset));
	return make_link(base, query, paging, offset > 0 ? 2 : 1);
}

/*
 * Set the links to the pages around a page of results that are counted.
 */
void
sg_link_pages(const char *base, const SgParams *query, const SgPage *page, SgResults *results)
{
	results->next = link_next(base, query, page, results->count);
	results->previous = link_previous(base, query, page);
}

/*
 * Return the link to the page behind a cursor.
 */
char *
sg_link_cursor(const char *base, const SgParams *query, const SgPage *page, char *cursor)
{
	SgParam		paging[2];

	paging[0] = param("limit", number(page->limit));
	paging[1] = param("cursor", cursor);
	return make_link(base, query, paging, 2);
}

/*
 * Return the link to the records behind one, of a feed.
 */
char *
sg_link_since(const char *base, const SgParams *query, const SgPage *page, int64 since)
{
	SgParam		paging[2];

	paging[0] = param("limit", number(page->limit));
	paging[1] = param("since", number(since));
	return make_link(base, query, paging, 2);
}

static void
append_link(StringInfo buf, const char *link)
{
	if (link == NULL)
		sg_json_literal(buf, "null");
	else
		sg_json_cstring(buf, link);
}

/*
 * Append a page, up to the largest answer. "person" is the column with the users whom its items name, or 0.
 */
void
sg_results_append(StringInfo buf, const SgResults *results, int person, SgAppendResult append)
{
	SgPeople	people;

	if (person != 0)
		sg_people_load(&people, results->project_id, results->rows, results->row_count, person);
	sg_json_literal(buf, "{\"count\":");
	sg_json_int(buf, results->count);
	sg_json_literal(buf, ",\"next\":");
	append_link(buf, results->next);
	sg_json_literal(buf, ",\"previous\":");
	append_link(buf, results->previous);
	sg_json_literal(buf, ",\"results\":[");
	for (uint64 i = 0; i < results->row_count; i++)
	{
		if (i > 0)
			appendStringInfoChar(buf, ',');
		append(buf, results->rows, i, &people);
		sg_check_answer(buf->len);
	}
	sg_json_literal(buf, "]}");
}
