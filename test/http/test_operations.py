"""The six operations: methods, paths, statuses, bodies, fields and their defaults."""

import concurrent.futures
import os
import subprocess

import pytest

from runner import (
    BLANK,
    NO_ENDPOINT,
    NO_PROJECT,
    NO_SUMMARY,
    NOT_STRING,
    NULL,
    PARSE_ERROR,
    REFUSED,
    REQUIRED,
    Answer,
    Client,
    case,
    compact,
    ids,
    invalid,
    no_method,
    run,
)
from world import object_body

LIST_ALLOW = "GET, POST, HEAD, OPTIONS"
ROW_ALLOW = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
EMPTY_PAGE = '{"count":0,"next":null,"previous":null,"results":[]}'
SHELF_ITEM = (
    '{"id":"<shelf_row>","title":"alpha checkout","session_count":1,'
    '"created_at":"2026-01-01T00:00:00Z","created_by":<ada>}'
)
FIRST_ON_SHELF = '{"count":8,"next":null,"previous":"<any>","results":[' + SHELF_ITEM + "]}"
OK, CREATED, GONE = 200, 201, Answer(204, "")


def whole(status=OK, **fields):
    return Answer(status, object_body(**fields))


def created(**fields):
    """A new object: what is not given has its default."""
    defaults = {
        "id": "<uuid>",
        "title": "Group summary",
        "session_ids": (),
        "summary": None,
        "extra_summary_context": None,
        "run_metadata": None,
    }
    return whole(CREATED, **{**defaults, **fields})


def max_length(attr, limit):
    return invalid(attr, f"Ensure this field has no more than {limit} characters.", "max_length")


TOO_MANY = invalid("session_ids", "Ensure this field has no more than 1000 <any>.", "max_length")
NOT_LIST = 'Expected a list of items but got type "{}".'
NOT_OBJECT = "Expected a dictionary<any>"
X2048, X2049 = "x" * 2048, "x" * 2049
LONG = [f"s{n}" for n in range(1000)]

LIST = [
    case("list-empty", "GET <list:empty>/", Answer(OK, EMPTY_PAGE), key="read"),
    case("list-item", "GET <list:shelf>/?offset=7", Answer(OK, FIRST_ON_SHELF), key="read"),
    case("list-without-slash", "GET <list:empty>", Answer(OK, EMPTY_PAGE), key="read"),
    case("list-without-slash-query", "GET <list:shelf>?offset=7", Answer(OK, FIRST_ON_SHELF)),
    case("list-write-key", "GET <list:empty>/", Answer(OK, EMPTY_PAGE)),
    case("list-head", "HEAD <list:shelf>/", Answer(OK, ""), key="read"),
    case("list-head-without-slash", "HEAD <list:shelf>", Answer(OK, ""), key="read"),
    case("list-options", "OPTIONS <list>/", Answer(OK, headers=(("Allow", LIST_ALLOW),)), key="read"),
    case("list-options-without-slash", "OPTIONS <list>", Answer(OK, headers=(("Allow", LIST_ALLOW),)), key="read"),
    case("list-put", "PUT <list>/", no_method("PUT", LIST_ALLOW), send={"title": "A"}),
    case("list-patch", "PATCH <list>/", no_method("PATCH", LIST_ALLOW), send={"title": "A"}),
    case("list-delete", "DELETE <list>/", no_method("DELETE", LIST_ALLOW)),
    case("list-delete-without-slash", "DELETE <list>", no_method("DELETE", LIST_ALLOW)),
    case("list-purge", "PURGE <list>/", no_method("PURGE", LIST_ALLOW)),
    case("list-query", "QUERY <list>/", no_method("QUERY", LIST_ALLOW)),
    case("list-lower-case-method", "Foo <list>/", no_method("Foo", LIST_ALLOW), REFUSED, Answer(400), Answer(405)),
    case("list-method-without-body-put", "PUT <list>/", no_method("PUT", LIST_ALLOW)),
    case("list-accept-is-not-asked", "GET <list:empty>/", Answer(OK, EMPTY_PAGE), headers={"Accept": "text/html"}),
    case("list-prefer-is-not-asked", "GET <list:empty>/", Answer(OK, EMPTY_PAGE),
         headers={"Prefer": "count=exact, return=minimal, tx=rollback, handling=strict"}),
    case("list-range-is-not-asked", "GET <list:shelf>/?offset=7", Answer(OK, FIRST_ON_SHELF),
         headers={"Range": "0-0", "Range-Unit": "items"}),
    case("list-profile-is-not-asked", "GET <list:empty>/", Answer(OK, EMPTY_PAGE),
         headers={"Accept-Profile": "session_group"}),
    case("create-prefer-is-not-asked", "POST <list>/", created(title="A"), send={"title": "A"},
         headers={"Prefer": "tx=rollback, return=minimal"}, stored={"title": "A"}),
    case("create-profile-is-not-asked", "POST <list>/", created(title="A"), send={"title": "A"},
         headers={"Content-Profile": "session_group", "Accept-Profile": "public"}),
    # A header that the proxy sets for the gateway is not the client's to set.
    case("forged-method", "GET <list:empty>/", Answer(OK, EMPTY_PAGE), headers={"X-Forwarded-Method": "DELETE"}),
    case("forged-uri", "GET <list:empty>/", Answer(OK, EMPTY_PAGE), headers={"X-Forwarded-Uri": "<list:shelf>/"}),
    case("forged-content-type", "POST <list>/", created(title="A"), send={"title": "A"},
         headers={"X-Forwarded-Content-Type": "text/plain"}),
    case("method-override-is-not-obeyed", "POST <list>/", created(title="A"), send={"title": "A"},
         headers={"X-HTTP-Method-Override": "DELETE"}),
]

RETRIEVE = [
    case("retrieve", "GET <list>/<row>/", whole(), key="read"),
    case("retrieve-without-slash", "GET <list>/<row>", whole(), key="read"),
    case("retrieve-query-is-not-read", "GET <list>/<row>/?limit=x&order=foo&date_from=never", whole()),
    case("retrieve-head", "HEAD <list>/<row>/", Answer(OK, ""), key="read"),
    case("retrieve-head-unknown", "HEAD <list>/<no_row>/", Answer(404, ""), key="read"),
    case("row-options", "OPTIONS <list>/<row>/", Answer(OK, headers=(("Allow", ROW_ALLOW),)), key="read"),
    case("row-options-without-slash", "OPTIONS <list>/<row>", Answer(OK, headers=(("Allow", ROW_ALLOW),)),
         key="read"),
    case("row-post", "POST <list>/<row>/", no_method("POST", ROW_ALLOW), send={"title": "A"}),
    case("row-post-without-slash", "POST <list>/<row>", no_method("POST", ROW_ALLOW), send={"title": "A"}),
    case("row-purge", "PURGE <list>/<row>/", no_method("PURGE", ROW_ALLOW)),
    case("retrieve-no-uuid", "GET <list>/1/", NO_SUMMARY),
    case("retrieve-no-uuid-word", "GET <list>/abc/", NO_SUMMARY),
    case("retrieve-short-uuid", "GET <list>/01890a5d-ac96-774b-bcce-b302099a805/", NO_SUMMARY),
    case("retrieve-long-uuid", "GET <list>/01890a5d-ac96-774b-bcce-b302099a80571/", NO_SUMMARY),
    case("retrieve-nil-uuid", "GET <list>/00000000-0000-0000-0000-000000000000/", NO_SUMMARY),
    case("retrieve-unknown", "GET <list>/<no_row>/", NO_SUMMARY),
    case("retrieve-of-another-project", "GET <list>/<b_row>/", NO_SUMMARY),
    case("retrieve-foreign", "GET <list>/<foreign_row>/", NO_SUMMARY),
    case("retrieve-in-its-project", "GET <list:b>/<b_row>/", whole(id="<b_row>", team="<b>", title="Elsewhere")),
    case("retrieve-quote-in-id", "GET <list>/01890a5d'--/", NO_SUMMARY),
    case("retrieve-percent-in-id", "GET <list>/%25/", NO_SUMMARY),
    case("retrieve-nul-in-id", "GET <list>/%00/", NO_SUMMARY, REFUSED, NO_ENDPOINT),
    case("retrieve-invalid-utf8-in-id", "GET <list>/%ff%fe/", NO_SUMMARY, REFUSED, NO_ENDPOINT),
    case("retrieve-cr-lf-in-id", "GET <list>/%0d%0aX-Evil:%201/", NO_SUMMARY, REFUSED, NO_ENDPOINT),
]

# What a POST takes, field by field; DRF says the texts where the contract has only "...".
CREATE = [
    case("create-title", "POST <list>/", created(title="A"), send={"title": "A"},
         stored={"title": "A", "version": 1, "session_ids": [], "summary": None}),
    case("create-without-slash", "POST <list>", created(title="A"), send={"title": "A"}),
    case("create-nothing", "POST <list>/", created(), send={}, stored={"title": "Group summary"}),
    case("create-whole", "POST <list>/",
         created(title="T", session_ids=("a", "b"), summary={"patterns": [{"pattern_id": 1}]},
                 extra_summary_context={"focus": "x"}, run_metadata={"model": "y"}),
         send={"title": "T", "session_ids": ["a", "b"], "summary": {"patterns": [{"pattern_id": 1}]},
               "extra_summary_context": {"focus": "x"}, "run_metadata": {"model": "y"}},
         stored={"session_ids": ["a", "b"], "session_count": 2}),
    case("create-by-joan", "POST <list>/", created(title="A", creator="<joan>"), send={"title": "A"}, key="joan"),
    case("create-with-query", "POST <list>/?limit=1&order=none", created(title="A"), send={"title": "A"}),
    case("create-json-charset", "POST <list>/", created(title="A"), send={"title": "A"},
         type="application/json; charset=utf-8"),
    case("create-json-upper-case-type", "POST <list>/", created(title="A"), send={"title": "A"},
         type="Application/JSON"),
    case("create-json-blanks-around", "POST <list>/", created(title="A"), send=' \r\n\t{ "title" : "A" } \n'),
    case("create-json-escapes", "POST <list>/", created(title="é\U0001f600\"\\/\u2028\n"),
         send=r'{"title":"\u00e9\ud83d\ude00\"\\\/\u2028\n"}'),
    case("create-repeated-key-last-wins", "POST <list>/", created(title="B"), send='{"title":"A","title":"B"}'),
    # Read-only and unknown fields are ignored, whatever they hold.
    case("create-id-ignored", "POST <list>/", created(title="A"),
         send={"title": "A", "id": "01890a5d-ac96-774b-bcce-b302099a8057"}),
    case("create-team-ignored", "POST <list>/", created(title="A"), send='{"title":"A","team":<c>}'),
    case("create-project-ignored", "POST <list>/", created(title="A"),
         send='{"title":"A","project_id":<c>,"team_id":<c>}'),
    case("create-created-at-ignored", "POST <list>/", created(title="A"),
         send={"title": "A", "created_at": "yesterday"}),
    case("create-created-by-ignored", "POST <list>/", created(title="A"),
         send={"title": "A", "created_by": {"id": 1}}),
    case("create-session-count-ignored", "POST <list>/", created(title="A"), send={"title": "A", "session_count": 7}),
    case("create-version-ignored", "POST <list>/", created(title="A"),
         send={"title": "A", "version": 7, "updated_at": None}, stored={"version": 1}),
    case("create-unknown-ignored", "POST <list>/", created(title="A"),
         send={"title": "A", "colour": ["red"], "": 1, "Title": 2}),
    # title
    case("title-1", "POST <list>/", created(title="x"), send={"title": "x"}),
    case("title-2047", "POST <list>/", created(title="x" * 2047), send={"title": "x" * 2047}),
    case("title-2048", "POST <list>/", created(title=X2048), send={"title": X2048}),
    case("title-2049", "POST <list>/", max_length("title", 2048), send={"title": X2049}),
    case("title-2048-two-bytes", "POST <list>/", created(title="é" * 2048), send={"title": "é" * 2048}),
    case("title-2049-two-bytes", "POST <list>/", max_length("title", 2048), send={"title": "é" * 2049}),
    case("title-2048-four-bytes", "POST <list>/", created(title="😀" * 2048), send={"title": "😀" * 2048}),
    case("title-2049-four-bytes", "POST <list>/", max_length("title", 2048), send={"title": "😀" * 2049}),
    case("title-huge", "POST <list>/", max_length("title", 2048), send={"title": "x" * 500_000}),
    case("title-empty", "POST <list>/", invalid("title", BLANK, "blank"), send={"title": ""}),
    case("title-blank", "POST <list>/", invalid("title", BLANK, "blank"), send={"title": "   "}),
    case("title-tabs-and-lines", "POST <list>/", invalid("title", BLANK, "blank"), send={"title": "\t\r\n\v\f "}),
    # Python's strip takes Unicode's blanks for blanks too; the contract says "blanks" only.
    case("title-nbsp", "POST <list>/", invalid("title", BLANK, "blank"), created(title="\u00a0"),
         send={"title": "\u00a0"}),
    case("title-ideographic-space", "POST <list>/", invalid("title", BLANK, "blank"), created(title="\u3000"),
         send={"title": "\u3000"}),
    # DRF trims what it stores; the contract does not say.
    case("title-blanks-around", "POST <list>/", created(title="A"), created(title=" A "), send={"title": " A "}),
    case("title-inner-blanks", "POST <list>/", created(title="A  \t B"), send={"title": "A  \t B"}),
    case("title-null", "POST <list>/", invalid("title", NULL, "null"), send={"title": None}),
    case("title-true", "POST <list>/", invalid("title", NOT_STRING), send={"title": True}),
    # DRF makes a string of a number; the contract says that it is the wrong type.
    case("title-number", "POST <list>/", invalid("title", NOT_STRING), created(title="7"), send={"title": 7}),
    case("title-list", "POST <list>/", invalid("title", NOT_STRING), send={"title": ["A"]}),
    case("title-object", "POST <list>/", invalid("title", NOT_STRING), send={"title": {"a": "A"}}),
    case("title-nul", "POST <list>/", REFUSED, send=r'{"title":"a\u0000b"}'),
    case("title-lone-surrogate", "POST <list>/", REFUSED, send=r'{"title":"a\ud800b"}'),
    case("title-low-surrogate", "POST <list>/", REFUSED, send=r'{"title":"\udc00"}'),
    case("title-surrogates-turned-around", "POST <list>/", REFUSED, send=r'{"title":"\ude00\ud83d"}'),
    case("title-control-characters", "POST <list>/", created(title="a\u0001\u001f\u007f"),
         send=r'{"title":"a\u0001\u001f\u007f"}'),
    case("title-quotes", "POST <list>/", created(title="'; DROP TABLE x; -- \" $1 $$ %s \\"),
         send={"title": "'; DROP TABLE x; -- \" $1 $$ %s \\"}),
    case("title-four-bytes", "POST <list>/", created(title="𝄞😀"), send={"title": "𝄞😀"}),
    case("title-combining", "POST <list>/", created(title="e\u0301 \u202e \ufeff"),
         send={"title": "e\u0301 \u202e \ufeff"}),
    case("title-crlf", "POST <list>/", created(title="a\r\nX-Evil: 1"), send={"title": "a\r\nX-Evil: 1"}),
    # session_ids
    case("sessions-empty", "POST <list>/", created(), send={"session_ids": []}),
    case("sessions-1000", "POST <list>/", created(session_ids=LONG), send={"session_ids": LONG},
         stored={"session_count": 1000}),
    case("sessions-1001", "POST <list>/", TOO_MANY, send={"session_ids": LONG + ["s"]}),
    case("sessions-same-twice", "POST <list>/", created(session_ids=("a", "a")), send={"session_ids": ["a", "a"]}),
    case("session-200", "POST <list>/", created(session_ids=("é" * 200,)), send={"session_ids": ["é" * 200]}),
    case("session-201", "POST <list>/", max_length("session_ids__0", 200), send={"session_ids": ["x" * 201]}),
    case("session-201-fourth", "POST <list>/", max_length("session_ids__3", 200),
         send={"session_ids": ["a", "b", "c", "é" * 201]}),
    case("session-empty", "POST <list>/", invalid("session_ids__1", BLANK, "blank"), send={"session_ids": ["a", ""]}),
    # "each 1 to 200 characters": blanks are characters; DRF would call them blank.
    case("session-blank", "POST <list>/", invalid("session_ids__0", BLANK, "blank"), created(session_ids=("  ",)),
         send={"session_ids": ["  "]}),
    case("session-null", "POST <list>/", invalid("session_ids__2", NULL, "null"),
         send={"session_ids": ["a", "b", None]}),
    case("session-true", "POST <list>/", invalid("session_ids__0", NOT_STRING), send={"session_ids": [True]}),
    case("session-list", "POST <list>/", invalid("session_ids__0", NOT_STRING), send={"session_ids": [["a"]]}),
    case("session-object", "POST <list>/", invalid("session_ids__3", NOT_STRING),
         send={"session_ids": ["a", "b", "c", {"d": 1}]}),
    case("session-number", "POST <list>/", invalid("session_ids__0", NOT_STRING), created(session_ids=("7",)),
         send={"session_ids": [7]}),
    case("session-nul", "POST <list>/", REFUSED, send=r'{"session_ids":["\u0000"]}'),
    case("session-odd-characters", "POST <list>/", created(session_ids=('a,b', '{}', '"', "\\", "NULL", "😀")),
         send={"session_ids": ["a,b", "{}", '"', "\\", "NULL", "😀"]}, stored={"session_count": 6}),
    case("sessions-first-fault-wins", "POST <list>/", invalid("session_ids__1", BLANK, "blank"),
         send={"session_ids": ["a", "", None, 1]}),
    case("sessions-null", "POST <list>/", invalid("session_ids", NULL, "null"), send={"session_ids": None}),
    case("sessions-str", "POST <list>/", invalid("session_ids", NOT_LIST.format("str")), send={"session_ids": "a"}),
    case("sessions-int", "POST <list>/", invalid("session_ids", NOT_LIST.format("int")), send={"session_ids": 7}),
    case("sessions-whole-float", "POST <list>/", invalid("session_ids", NOT_LIST.format("float")),
         send='{"session_ids": 1.0}'),
    case("sessions-float", "POST <list>/", invalid("session_ids", NOT_LIST.format("float")),
         send={"session_ids": 7.5}),
    case("sessions-bool", "POST <list>/", invalid("session_ids", NOT_LIST.format("bool")),
         send={"session_ids": False}),
    case("sessions-dict", "POST <list>/", invalid("session_ids", NOT_LIST.format("dict")),
         send={"session_ids": {"0": "a"}}),
    # summary: any JSON
    case("summary-object", "POST <list>/", created(summary={"a": [1, {"b": None}]}),
         send={"summary": {"a": [1, {"b": None}]}}),
    case("summary-string", "POST <list>/", created(summary='{"patterns": []}'), send={"summary": '{"patterns": []}'}),
    case("summary-list", "POST <list>/", created(summary=[]), send={"summary": []}),
    case("summary-number", "POST <list>/", created(summary=7), send={"summary": 7}),
    case("summary-true", "POST <list>/", created(summary=True), send={"summary": True}),
    case("summary-false", "POST <list>/", created(summary=False), send={"summary": False}),
    case("summary-empty-string", "POST <list>/", created(summary=""), send={"summary": ""}),
    case("summary-null", "POST <list>/", created(summary=None), send={"summary": None}, stored={"summary": None}),
    case("summary-nul", "POST <list>/", REFUSED, send=r'{"summary":{"a":"\u0000"}}'),
    case("summary-nul-in-key", "POST <list>/", REFUSED, send=r'{"summary":{"\u0000":1}}'),
    case("summary-lone-surrogate", "POST <list>/", REFUSED, send=r'{"summary":["\ud800"]}'),
    case("summary-escaped-backslash-is-no-nul", "POST <list>/", created(summary="\\u0000"),
         send=r'{"summary":"\\u0000"}'),
    case("summary-unicode", "POST <list>/", created(summary={"é": "😀\u2028\u2029"}),
         send={"summary": {"é": "😀\u2028\u2029"}}),
    case("summary-unescaped", "POST <list>/", created(summary={"a": "é😀/<i>&'"}),
         send=r'{"summary":{"a":"\u00e9\ud83d\ude00\/\u003ci\u003e\u0026\u0027"}}'),
    case("summary-blanks-gone", "POST <list>/", created(summary={"a": [1, 2]}),
         send='{"summary": { "a" : [ 1 , 2 ] } }'),
    case("summary-like-an-answer", "POST <list>/", created(summary={"count": 0, "results": []}),
         send={"summary": {"count": 0, "results": []}}),
    # extra_summary_context and run_metadata: object or null
    case("extra-null", "POST <list>/", created(), send={"extra_summary_context": None},
         stored={"extra_summary_context": None}),
    case("extra-empty", "POST <list>/", created(extra_summary_context={}), send={"extra_summary_context": {}}),
    case("extra-list", "POST <list>/", invalid("extra_summary_context", NOT_OBJECT),
         send={"extra_summary_context": []}),
    case("extra-string", "POST <list>/", invalid("extra_summary_context", NOT_OBJECT),
         send={"extra_summary_context": "{}"}),
    case("extra-number", "POST <list>/", invalid("extra_summary_context", NOT_OBJECT),
         send={"extra_summary_context": 1}),
    case("extra-true", "POST <list>/", invalid("extra_summary_context", NOT_OBJECT),
         send={"extra_summary_context": True}),
    case("run-null", "POST <list>/", created(), send={"run_metadata": None}),
    case("run-empty", "POST <list>/", created(run_metadata={}), send={"run_metadata": {}}),
    case("run-nested", "POST <list>/", created(run_metadata={"a": {"b": [None, "x"]}}),
         send={"run_metadata": {"a": {"b": [None, "x"]}}}),
    case("run-list", "POST <list>/", invalid("run_metadata", NOT_OBJECT), send={"run_metadata": [{}]}),
    case("run-string", "POST <list>/", invalid("run_metadata", NOT_OBJECT), send={"run_metadata": ""}),
    case("run-number", "POST <list>/", invalid("run_metadata", NOT_OBJECT), send={"run_metadata": 0}),
    case("run-false", "POST <list>/", invalid("run_metadata", NOT_OBJECT), send={"run_metadata": False}),
    case("one-bad-of-many", "POST <list>/", invalid("run_metadata", NOT_OBJECT),
         send={"title": "A", "session_ids": ["a"], "summary": {}, "run_metadata": 1}),
    # Two faults: the first one only; DRF goes by the order of the fields.
    case("two-faults", "POST <list>/", invalid("title", BLANK, "blank"), send={"run_metadata": 1, "title": ""}),
]

PUT = [
    case("put-title", "PUT <list>/<row>/",
         whole(title="A", session_ids=(), summary=None, extra_summary_context=None, run_metadata=None),
         send={"title": "A"},
         stored={"title": "A", "session_ids": [], "session_count": 0, "summary": None, "extra_summary_context": None,
                 "run_metadata": None, "version": 2}),
    case("put-without-slash", "PUT <list>/<row>",
         whole(title="A", session_ids=(), summary=None, extra_summary_context=None, run_metadata=None),
         send={"title": "A"}),
    case("put-whole", "PUT <list>/<row>/",
         whole(title="T", session_ids=("x",), summary=["y"], extra_summary_context={"a": 1}, run_metadata={"b": 2}),
         send={"title": "T", "session_ids": ["x"], "summary": ["y"], "extra_summary_context": {"a": 1},
               "run_metadata": {"b": 2}}),
    case("put-sessions-only-kept", "PUT <list>/<row>/",
         whole(title="A", session_ids=("x",), summary=None, extra_summary_context=None, run_metadata=None),
         send={"title": "A", "session_ids": ["x"]}),
    case("put-read-only-ignored", "PUT <list>/<row>/",
         whole(title="A", session_ids=(), summary=None, extra_summary_context=None, run_metadata=None),
         send='{"title":"A","id":"<no_row>","created_at":"2020-01-01T00:00:00Z","created_by":null,"team":<c>}'),
    case("put-by-joan-keeps-creator", "PUT <list>/<row>/",
         whole(title="A", session_ids=(), summary=None, extra_summary_context=None, run_metadata=None),
         send={"title": "A"}, key="joan"),
    case("put-no-title", "PUT <list>/<row>/", invalid("title", REQUIRED, "required"), send={"session_ids": ["x"]}),
    case("put-nothing", "PUT <list>/<row>/", invalid("title", REQUIRED, "required"), send={}),
    case("put-title-null", "PUT <list>/<row>/", invalid("title", NULL, "null"), send={"title": None}),
    case("put-title-blank", "PUT <list>/<row>/", invalid("title", BLANK, "blank"), send={"title": " "}),
    case("put-title-2049", "PUT <list>/<row>/", max_length("title", 2048), send={"title": X2049}),
    case("put-sessions-null", "PUT <list>/<row>/", invalid("session_ids", NULL, "null"),
         send={"title": "A", "session_ids": None}),
    case("put-session-number", "PUT <list>/<row>/", invalid("session_ids__3", NOT_STRING),
         send={"title": "A", "session_ids": ["a", "b", "c", []]}),
    case("put-extra-list", "PUT <list>/<row>/", invalid("extra_summary_context", NOT_OBJECT),
         send={"title": "A", "extra_summary_context": []}),
    case("put-unknown", "PUT <list>/<no_row>/", NO_SUMMARY, send={"title": "A"}),
    case("put-no-uuid", "PUT <list>/abc/", NO_SUMMARY, send={"title": "A"}),
    case("put-of-another-project", "PUT <list>/<b_row>/", NO_SUMMARY, send={"title": "A"}),
    case("put-foreign", "PUT <list>/<foreign_row>/", NO_SUMMARY, send={"title": "A"}),
]

PATCH = [
    case("patch-title", "PATCH <list>/<row>/", whole(title="A"), send={"title": "A"},
         stored={"title": "A", "version": 2}),
    case("patch-without-slash", "PATCH <list>/<row>", whole(title="A"), send={"title": "A"}),
    case("patch-nothing", "PATCH <list>/<row>/", whole(), send={}),
    case("patch-unknown-field", "PATCH <list>/<row>/", whole(), send={"colour": 1}),
    case("patch-sessions", "PATCH <list>/<row>/", whole(session_ids=("z",)), send={"session_ids": ["z"]},
         stored={"session_count": 1}),
    case("patch-sessions-empty", "PATCH <list>/<row>/", whole(session_ids=()), send={"session_ids": []}),
    case("patch-summary", "PATCH <list>/<row>/", whole(summary={"new": 1}), send={"summary": {"new": 1}}),
    case("patch-summary-null", "PATCH <list>/<row>/", whole(summary=None), send={"summary": None},
         stored={"summary": None}),
    case("patch-extra-null", "PATCH <list>/<row>/", whole(extra_summary_context=None),
         send={"extra_summary_context": None}, stored={"extra_summary_context": None}),
    case("patch-run-null", "PATCH <list>/<row>/", whole(run_metadata=None), send={"run_metadata": None},
         stored={"run_metadata": None}),
    case("patch-run-whole-not-merged", "PATCH <list>/<row>/", whole(run_metadata={"x": 1}),
         send={"run_metadata": {"x": 1}}),
    case("patch-all", "PATCH <list>/<row>/",
         whole(title="T", session_ids=("x",), summary=7, extra_summary_context={}, run_metadata={}),
         send={"title": "T", "session_ids": ["x"], "summary": 7, "extra_summary_context": {}, "run_metadata": {}}),
    case("patch-read-only-ignored", "PATCH <list>/<row>/", whole(),
         send='{"id":"<no_row>","created_at":null,"created_by":"me","team":<c>,"session_count":9}'),
    case("patch-by-joan-keeps-creator", "PATCH <list>/<row>/", whole(title="A"), send={"title": "A"}, key="joan"),
    case("patch-title-null", "PATCH <list>/<row>/", invalid("title", NULL, "null"), send={"title": None}),
    case("patch-title-empty", "PATCH <list>/<row>/", invalid("title", BLANK, "blank"), send={"title": ""}),
    case("patch-title-2049", "PATCH <list>/<row>/", max_length("title", 2048), send={"title": X2049}),
    case("patch-title-2048", "PATCH <list>/<row>/", whole(title=X2048), send={"title": X2048}),
    case("patch-title-list", "PATCH <list>/<row>/", invalid("title", NOT_STRING), send={"title": []}),
    case("patch-sessions-null", "PATCH <list>/<row>/", invalid("session_ids", NULL, "null"),
         send={"session_ids": None}),
    case("patch-sessions-1001", "PATCH <list>/<row>/", TOO_MANY, send={"session_ids": LONG + ["s"]}),
    case("patch-session-201", "PATCH <list>/<row>/", max_length("session_ids__1", 200),
         send={"session_ids": ["a", "x" * 201]}),
    case("patch-run-list", "PATCH <list>/<row>/", invalid("run_metadata", NOT_OBJECT), send={"run_metadata": []}),
    case("patch-good-and-bad-stores-nothing", "PATCH <list>/<row>/", invalid("run_metadata", NOT_OBJECT),
         send={"title": "A", "run_metadata": 5}),
    case("patch-unknown", "PATCH <list>/<no_row>/", NO_SUMMARY, send={"title": "A"}),
    case("patch-no-uuid", "PATCH <list>/abc/", NO_SUMMARY, send={"title": "A"}),
    case("patch-of-another-project", "PATCH <list>/<b_row>/", NO_SUMMARY, send={"title": "A"}),
    case("patch-foreign", "PATCH <list>/<foreign_row>/", NO_SUMMARY, send={"title": "A"}),
]

DELETE = [
    case("delete", "DELETE <list>/<row>/", GONE),
    case("delete-without-slash", "DELETE <list>/<row>", GONE),
    case("delete-by-joan", "DELETE <list>/<row>/", GONE, key="joan"),
    case("delete-with-body", "DELETE <list>/<row>/", GONE, send={"title": "A"}),
    case("delete-unknown", "DELETE <list>/<no_row>/", NO_SUMMARY),
    case("delete-no-uuid", "DELETE <list>/abc/", NO_SUMMARY),
    case("delete-of-another-project", "DELETE <list>/<b_row>/", NO_SUMMARY),
    case("delete-foreign", "DELETE <list>/<foreign_row>/", NO_SUMMARY),
]

# What a body may look like as a whole.
NOT_DICT = "Invalid data. Expected a dictionary, but got {}."
BODY = [
    *(
        case(f"{name}-{verb.lower()}", f"{verb} {path}", PARSE_ERROR, send=text)
        for verb, path in (("POST", "<list>/"), ("PUT", "<list>/<row>/"), ("PATCH", "<list>/<row>/"))
        for name, text in (
            ("truncated", '{"title":"A"'),
            ("trailing-comma", '{"title":"A",}'),
            ("single-quotes", "{'title':'A'}"),
            ("word", "title"),
            ("invalid-utf8", b'{"title":"\xff\xfe"}'),
        )
    ),
    case("two-documents", "POST <list>/", PARSE_ERROR, send='{"title":"A"}{"title":"B"}'),
    case("garbage-behind", "POST <list>/", PARSE_ERROR, send='{"title":"A"} x'),
    case("nan", "POST <list>/", PARSE_ERROR, send='{"summary":NaN}'),
    case("infinity", "POST <list>/", PARSE_ERROR, send='{"summary":-Infinity}'),
    case("leading-zero", "POST <list>/", PARSE_ERROR, send='{"summary":01}'),
    case("plus-sign", "POST <list>/", PARSE_ERROR, send='{"summary":+1}'),
    case("bare-point", "POST <list>/", PARSE_ERROR, send='{"summary":1.}'),
    case("hex-number", "POST <list>/", PARSE_ERROR, send='{"summary":0x1}'),
    case("comment", "POST <list>/", PARSE_ERROR, send='{"title":"A"/* b */}'),
    case("raw-newline-in-string", "POST <list>/", PARSE_ERROR, send='{"title":"A\nB"}'),
    case("raw-nul-in-string", "POST <list>/", PARSE_ERROR, send=b'{"title":"A\x00B"}'),
    case("nul-behind", "POST <list>/", PARSE_ERROR, send=b'{"title":"A"}\x00'),
    case("bad-escape", "POST <list>/", PARSE_ERROR, send=r'{"title":"\x41"}'),
    case("short-escape", "POST <list>/", PARSE_ERROR, send=r'{"title":"\u12"}'),
    case("overlong-utf8", "POST <list>/", PARSE_ERROR, send=b'{"title":"\xc0\xaf"}'),
    case("surrogate-in-utf8", "POST <list>/", PARSE_ERROR, send=b'{"title":"\xed\xa0\x80"}'),
    case("cut-utf8", "POST <list>/", PARSE_ERROR, send=b'{"title":"\xe2\x82"}'),
    case("past-unicode", "POST <list>/", PARSE_ERROR, send=b'{"title":"\xf4\x90\x80\x80"}'),
    case("utf16", "POST <list>/", PARSE_ERROR, send='{"title":"A"}'.encode("utf-16")),
    case("unquoted-key", "POST <list>/", PARSE_ERROR, send='{title:"A"}'),
    case("number-key", "POST <list>/", PARSE_ERROR, send='{1:"A"}'),
    case("deep-100000", "POST <list>/", REFUSED, send='{"summary":' + "[" * 100_000 + "]" * 100_000 + "}"),
    case("deep-objects-100000", "POST <list>/", REFUSED,
         send='{"summary":' + '{"a":' * 100_000 + "1" + "}" * 101_000),
    case("deep-unclosed", "POST <list>/", REFUSED, send="[" * 200_000),
    case("deep-400", "POST <list>/", Answer(CREATED), send='{"summary":' + "[" * 400 + "]" * 400 + "}"),
    case("number-too-large", "POST <list>/", REFUSED, send='{"summary":1e999999}'),
    case("number-large", "POST <list>/", Answer(CREATED), send='{"summary":1e400}'),
    case("number-exact", "POST <list>/", created(summary=12345678901234567890123456789),
         send='{"summary":12345678901234567890123456789}'),
    case("json-list", "POST <list>/", invalid(None, NOT_DICT.format("list")), send="[]"),
    case("json-list-put", "PUT <list>/<row>/", invalid(None, NOT_DICT.format("list")), send='[{"title":"A"}]'),
    case("json-list-patch", "PATCH <list>/<row>/", invalid(None, NOT_DICT.format("list")), send="[]"),
    case("json-str", "POST <list>/", invalid(None, NOT_DICT.format("str")), send='"title"'),
    case("json-int", "POST <list>/", invalid(None, NOT_DICT.format("int")), send="7"),
    case("json-float", "POST <list>/", invalid(None, NOT_DICT.format("float")), send="7.5"),
    case("json-bool", "POST <list>/", invalid(None, NOT_DICT.format("bool")), send="true"),
    # DRF answers a body of null with "This field may not be null.", code null.
    case("json-null", "POST <list>/", invalid(None, NOT_DICT.format("NoneType")),
         invalid(None, NOT_DICT.format("null")), invalid(None, NULL, "null"), send="null"),
    # DRF takes no body at all for an empty object, the contract does not say.
    case("no-body-post", "POST <list>/", created(), PARSE_ERROR),
    case("no-body-put", "PUT <list>/<row>/", invalid("title", REQUIRED, "required"), PARSE_ERROR),
    case("no-body-patch", "PATCH <list>/<row>/", whole(), PARSE_ERROR),
    case("empty-json-post", "POST <list>/", created(), PARSE_ERROR, send=""),
    case("blank-json-post", "POST <list>/", created(), PARSE_ERROR, send="  "),
]

# A project that is none, and ids in other spellings.
PATHS = [
    case("project-word", "GET /api/projects/abc/session_group_summaries/", NO_PROJECT),
    case("project-0", "GET /api/projects/0/session_group_summaries/", NO_PROJECT),
    case("project-minus-1", "GET /api/projects/-1/session_group_summaries/", NO_PROJECT),
    case("project-float", "GET /api/projects/1.5/session_group_summaries/", NO_PROJECT),
    case("project-hex", "GET /api/projects/0x1/session_group_summaries/", NO_PROJECT),
    case("project-2-63-less-1", "GET /api/projects/9223372036854775807/session_group_summaries/", NO_PROJECT),
    case("project-2-63", "GET /api/projects/9223372036854775808/session_group_summaries/", NO_PROJECT),
    case("project-2-64-and-a", "GET /api/projects/18446744073709551617/session_group_summaries/", NO_PROJECT),
    case("project-1000-digits", f"GET /api/projects/{'9' * 1000}/session_group_summaries/", NO_PROJECT),
    case("project-quote", "GET /api/projects/1'--/session_group_summaries/", NO_PROJECT),
    case("project-nul", "GET /api/projects/%00/session_group_summaries/", NO_PROJECT, REFUSED, NO_ENDPOINT),
    case("project-invalid-utf8", "GET /api/projects/%ff/session_group_summaries/", NO_PROJECT, REFUSED, NO_ENDPOINT),
    case("project-word-row", "GET /api/projects/abc/session_group_summaries/<row>/", NO_PROJECT),
    case("project-word-post", "POST /api/projects/abc/session_group_summaries/", NO_PROJECT, send={"title": "A"}),
    case("project-word-delete", "DELETE /api/projects/abc/session_group_summaries/<row>/", NO_PROJECT),
    # int() of Python reads leading zeros; the contract does not say.
    case("project-leading-zeros", "GET /api/projects/000<empty>/session_group_summaries/", Answer(OK, EMPTY_PAGE),
         NO_PROJECT),
    case("project-plus", "GET /api/projects/%2B<empty>/session_group_summaries/", Answer(OK, EMPTY_PAGE), NO_PROJECT),
    case("project-blank-behind", "GET /api/projects/<empty>%20/session_group_summaries/", Answer(OK, EMPTY_PAGE),
         NO_PROJECT),
    case("project-none", "GET /api/projects//session_group_summaries/", NO_ENDPOINT, NO_PROJECT),
    # Percent-encoding of plain characters says the same path (RFC 3986, 6.2.2.2).
    case("encoded-name", "GET /api/projects/<empty>/session%5Fgroup_summaries/", Answer(OK, EMPTY_PAGE), NO_ENDPOINT),
    case("encoded-slash", "GET /api%2Fprojects/<empty>/session_group_summaries/", NO_ENDPOINT, Answer(OK, EMPTY_PAGE),
         Answer(404)),
    case("double-slash", "GET /api/projects/<empty>//session_group_summaries/", NO_ENDPOINT, Answer(OK, EMPTY_PAGE)),
    case("double-slash-behind", "GET <list:empty>//", NO_ENDPOINT, NO_SUMMARY, Answer(OK, EMPTY_PAGE)),
    case("dots", "GET /api/projects/1/../<empty>/session_group_summaries/", NO_ENDPOINT, NO_PROJECT,
         Answer(OK, EMPTY_PAGE)),
    case("upper-case-path", "GET /API/projects/<empty>/session_group_summaries/", NO_ENDPOINT, Answer(404)),
    case("upper-case-resource", "GET /api/projects/<empty>/Session_Group_Summaries/", NO_ENDPOINT),
    case("api-root", "GET /api/", NO_ENDPOINT),
    case("api-word", "GET /api/foo", NO_ENDPOINT),
    case("api-word-slash", "GET /api/foo/", NO_ENDPOINT),
    case("api-post", "POST /api/foo/", NO_ENDPOINT, send={"title": "A"}),
    case("api-delete", "DELETE /api/foo/bar/", NO_ENDPOINT),
    case("api-projects-no-word", "GET /api/project/", NO_ENDPOINT),
    case("api-other-resource", "GET /api/projects/<a>/insights/", NO_ENDPOINT),
    case("api-longer-resource", "GET <list>x/", NO_ENDPOINT),
    case("api-longer-path", "GET <list>/<row>/activities/", NO_ENDPOINT),
    case("api-longer-path-patch", "PATCH <list>/<row>/activities", NO_ENDPOINT, send={"title": "A"}),
    case("api-unknown-with-query", "GET /api/foo/?limit=1", NO_ENDPOINT),
    case("api-semicolon", "GET <list>;x/", NO_ENDPOINT),
    case("uuid-upper-case-unknown", "GET <list>/01890A5D-AC96-774B-BCCE-B302099A8057/", NO_SUMMARY),
]

CASES = LIST + RETRIEVE + CREATE + PUT + PATCH + DELETE + BODY + PATHS


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_operation(world, case):
    run(world, case)


def test_uuid_in_upper_case_names_the_same_row(world):
    row = world.new_row()
    answer = world.call("GET", f"{world.name('list')}/{row.upper()}/")
    assert (answer.status, answer.json()["id"]) == (200, row)


def test_head_has_the_headers_of_get(world):
    for path in (world.name("list:shelf") + "/", f"{world.name('list')}/{world.new_row()}/"):
        get, head = (world.call(method, path, key="read") for method in ("GET", "HEAD"))
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Type"] == get.headers["Content-Type"] == "application/json"
        length = head.headers["Content-Length"]
        assert length is None or int(length) == len(get.body)


def test_deleted_is_gone(world):
    row = f"{world.name('list')}/{world.new_row()}/"
    assert world.call("DELETE", row).status == 204
    for method, body in (("GET", None), ("PUT", {"title": "A"}), ("PATCH", {}), ("DELETE", None)):
        answer = world.call(method, row, body)
        assert (answer.status, answer.json()["detail"]) == (404, "Not found.")


def test_no_body_has_no_length(world):
    answer = world.call("DELETE", f"{world.name('list')}/{world.new_row()}/")
    assert answer.status == 204
    assert answer.headers["Content-Length"] in (None, "0")


def test_what_was_created_is_retrieved_and_listed(world):
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    path = f"/api/projects/{project}/session_group_summaries/"
    body = {"title": "T", "session_ids": ["a", "b"], "summary": {"z": 1, "a": 2}, "run_metadata": {}}
    created = world.call("POST", path, body)
    assert created.status == 201
    assert world.call("GET", f"{path}{created.json()['id']}/").body == created.body
    (item,) = world.call("GET", path).json()["results"]
    whole = created.json()
    assert item == {
        "id": whole["id"],
        "title": "T",
        "session_count": 2,
        "created_at": whole["created_at"],
        "created_by": whole["created_by"],
    }
    assert list(item) == ["id", "title", "session_count", "created_at", "created_by"]


@pytest.mark.parametrize(
    "stored, printed",
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.100000Z"),
        ("2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000001Z"),
        ("2026-12-31T23:59:59.999999Z", "2026-12-31T23:59:59.999999Z"),
        ("2026-07-01T02:00:00+02:00", "2026-07-01T00:00:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"),
        ("0099-03-04T05:06:07Z", "0099-03-04T05:06:07Z"),
        ("9999-12-31T23:59:59.000100Z", "9999-12-31T23:59:59.000100Z"),
    ],
)
def test_times(world, stored, printed):
    row = world.new_row(created_at=stored)
    assert world.call("GET", f"{world.name('list')}/{row}/").json()["created_at"] == printed


def test_creator(world):
    """created_by key by key; its values as they are stored."""
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    people = [
        {},
        {"distinct_id": "", "last_name": "Ω \"quoted\" \\", "is_email_verified": False},
        {"hedgehog_config": {}, "role_at_organization": ""},
        {"hedgehog_config": {"use_as_profile": True, "accessories": ["hat"], "a": None}},
    ] + [
        {"role_at_organization": role}
        for role in "engineering data product founder leadership marketing sales other".split()
    ]
    for number, columns in enumerate(people):
        name = f"person{number}"
        world.people[name] = world.new_user(name, **columns)
        user = world.people[name]["id"]
        world.add_member(project, user)
        row = world.new_row(project, user)
        answer = world.call("GET", f"/api/projects/{project}/session_group_summaries/{row}/")
        assert f'"created_by":{world.creator(name)},"team"' in answer.text
    page = world.call("GET", f"/api/projects/{project}/session_group_summaries/")
    for number in range(len(people)):
        assert f'"created_by":{world.creator(f"person{number}")}}}' in page.text


def test_hedgehog_config_that_is_no_object_is_null(world):
    user = world.new_user("odd", hedgehog_config='["hat"]')["id"]
    world.add_member(world.names["a"], user)
    row = world.new_row(creator=user)
    answer = world.call("GET", f"{world.name('list')}/{row}/")
    assert answer.json()["created_by"]["hedgehog_config"] is None


def test_no_creator_is_null(world):
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    path = f"/api/projects/{project}/session_group_summaries/"
    (row,) = world.fill_project(project, 1)
    assert '"created_by":null,"team":' in world.call("GET", f"{path}{row}/").text
    assert '"created_by":null}]}' in world.call("GET", path).text


def test_a_former_members_work_keeps_its_creator(world):
    former = world.people["former"]["id"]
    row = world.new_row(creator=former)
    answer = world.call("GET", f"{world.name('list')}/{row}/")
    assert f'"created_by":{world.creator("former")},' in answer.text


def test_a_changed_row_keeps_time_and_place(world):
    row = world.new_row(created_at="2026-01-01T00:00:00Z")
    path = f"{world.name('list')}/{row}/"
    for method in ("PUT", "PATCH"):
        answer = world.call(method, path, {"title": method})
        assert answer.json()["created_at"] == "2026-01-01T00:00:00Z"
        assert answer.json()["team"] == world.names["a"]
    stored = world.stored(row)
    assert stored["version"] == 3
    assert stored["updated_at"] > stored["created_at"]


def test_connection_stays_usable_between_tenants(world):
    """Requests of Ada, nobody, Grace and Ada again, one after the other on one connection."""
    own, foreign = world.name("list") + "/", world.name("list:c") + "/"
    for _ in range(5):
        assert world.call("GET", own, key="read").status == 200
        assert world.call("GET", own, key=None).status == 401
        assert world.call("GET", foreign, key="grace").status == 200
        assert world.call("GET", own, key="grace").status == 403
        assert world.call("POST", own, "{", key="write").status == 400
        assert world.call("GET", own, key=None).status == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
def test_ids_tell_nothing(world, method):
    """A foreign row, a row of another own project and one that is nowhere: the same answer."""
    body = {"title": "A"} if method in ("PUT", "PATCH") else None
    paths = [f"{world.name('list')}/{world.names[name]}/" for name in ("foreign_row", "b_row", "no_row")]
    assert len({(a.status, a.body) for a in (world.call(method, p, body) for p in paths)}) == 1


def test_a_row_of_the_same_id_in_two_projects(world):
    """Ids are a project's own: imported rows may share one."""
    row = world.new_row(world.names["b"], title="In b")
    world.new_row(id=row, title="In a")
    first, second = (f"{world.name(name)}/{row}/" for name in ("list", "list:b"))
    assert world.call("PATCH", first, {"title": "Changed"}).status == 200
    assert world.call("GET", second).json()["title"] == "In b"
    assert world.call("DELETE", first).status == 204
    assert [world.call("GET", path).status for path in (first, second)] == [404, 200]


def at_once(world, work, number=10):
    with concurrent.futures.ThreadPoolExecutor(number) as pool:
        return list(pool.map(lambda n: work(Client(world.client.base), n), range(number)))


def test_writers_of_one_row_at_once(world):
    """Each change is taken, one after the other; none is lost and none fails."""
    row = world.new_row()
    target, keys = f"{world.name('list')}/{row}/", [world.key("write") for _ in range(10)]

    def work(client, number):
        headers = {"Authorization": f"Bearer {keys[number]}", "Content-Type": "application/json"}
        return [client.request("PATCH", target, headers, f'{{"title":"{number}"}}').status for _ in range(5)]

    assert at_once(world, work) == [[200] * 5] * 10
    assert world.stored(row)["version"] == 51


def test_deleters_of_one_row_at_once(world):
    """One of them deleted it; for the others it was gone."""
    target, keys = f"{world.name('list')}/{world.new_row()}/", [world.key("write") for _ in range(10)]

    def work(client, number):
        return client.request("DELETE", target, {"Authorization": f"Bearer {keys[number]}"}).status

    assert sorted(at_once(world, work)) == [204] + [404] * 9


def test_one_key_at_once(world):
    """Writers with one key that was never used: all of them want its last_used_at."""
    (key,) = world.new_keys(world.people["ada"]["id"], ["*"], number=1)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def work(client, number):
        return client.request("POST", world.name("list") + "/", headers, "{}").status

    assert at_once(world, work) == [201] * 10


UNAVAILABLE = (503, "server_error", "service_unavailable", "The service is unavailable for the moment. Try again later.")
# What a client learns of an SQLSTATE, or of a class of them.
MEANT = {
    "40": UNAVAILABLE, "53": UNAVAILABLE, "57": UNAVAILABLE, "55006": UNAVAILABLE,
    "57014": (504, "server_error", "timeout", "The request took too long."),
    "25006": (503, "server_error", "read_only", "This server is a standby, which only reads. Write to the primary server."),
    "28000": (401, "authentication_error", "authentication_failed", "What the credentials reach has just changed. Send the request again."),
}  # fmt: skip


@pytest.mark.parametrize("state",
                         ["P0001", "40001", "40P01", "22P02", "23505", "42501", "53100", "53200", "57014", "57P05", "55006", "55000",
                          "XX000", "25006", "28000", "0A000"])
def test_unforeseen(world, state):
    """Whatever goes wrong inside: 500 (503, 504 where it may pass, 401 where the key went away meanwhile) with no detail, nothing stored, no end of retries, and life goes on."""
    world.sql(
        "CREATE OR REPLACE FUNCTION public.go_wrong() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = TG_ARGV[0], DETAIL = 'secret', HINT = 'secret'; END$$;"
        "CREATE TRIGGER go_wrong AFTER INSERT OR UPDATE OR DELETE ON session_group.summaries"
        f" FOR EACH ROW EXECUTE FUNCTION public.go_wrong('{state}')"
    )
    try:
        # Made before the trigger was.
        row = world.names["a_row"]
        before = world.snapshot()
        for method, path, body in (
            ("POST", "/", {"title": "A"}),
            ("PATCH", f"/{row}/", {"title": "A"}),
            ("PUT", f"/{row}/", {"title": "A"}),
            ("DELETE", f"/{row}/", None),
        ):
            answer = world.call(method, world.name("list") + path, body)
            status, kind, code, detail = MEANT.get(state) or MEANT.get(state[:2]) or (500, "server_error", "error", "A server error occurred.")
            assert answer.text == compact({"type": kind, "code": code, "detail": detail, "attr": None})
            assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
            assert world.snapshot() == before
            assert world.call("GET", f"{world.name('list')}/{row}/").status == 200
    finally:
        world.sql("DROP TRIGGER go_wrong ON session_group.summaries; DROP FUNCTION public.go_wrong()")


@pytest.mark.parametrize("table", ["api_keys", "users", "members", "summaries"])
def test_unforeseen_of_a_table(world, table):
    """A good key is never called a bad one because of the server's own trouble."""
    world.sql(f"ALTER TABLE session_group.{table} RENAME TO elsewhere")
    try:
        answers = [world.call(method, f"{world.name('list')}/", body, key=key) for method, body, key in (
            ("GET", None, "read"), ("GET", None, "write"), ("POST", {"title": "A"}, "write"),
        )]  # fmt: skip
    finally:
        world.sql(f"ALTER TABLE session_group.elsewhere RENAME TO {table}")
    for answer in answers:
        assert (answer.status, answer.json()["type"], answer.json()["code"]) == (500, "server_error", "error")
    assert world.call("GET", world.name("list") + "/").status == 200


# The documentation's command lines, as they are printed there.

CURL = [
    (
        "list",
        'curl -H "Authorization: Bearer $POSTHOG_PERSONAL_API_KEY" HOST/api/projects/:project_id/session_group_summaries/',
        200,
    ),
    (
        "create",
        "curl -H 'Content-Type: application/json' -H \"Authorization: Bearer $POSTHOG_PERSONAL_API_KEY\" HOST/api/projects/:project_id/session_group_summaries/ -d title=\"string\"",
        201,
    ),
    (
        "retrieve",
        'curl -H "Authorization: Bearer $POSTHOG_PERSONAL_API_KEY" HOST/api/projects/:project_id/session_group_summaries/:id',
        200,
    ),
    (
        "patch",
        'curl -X PATCH -H "Authorization: Bearer $POSTHOG_PERSONAL_API_KEY" HOST/api/projects/:project_id/session_group_summaries/:id/ -d title="string"',
        200,
    ),
    (
        "delete",
        'curl -X DELETE -H "Authorization: Bearer $POSTHOG_PERSONAL_API_KEY" HOST/api/projects/:project_id/session_group_summaries/:id/',
        204,
    ),
]


@pytest.mark.parametrize("name, line, status", CURL, ids=[c[0] for c in CURL])
def test_documented_curl_line(world, tmp_path, name, line, status):
    row = world.new_row()
    line = (
        line.replace("HOST", world.client.base)
        .replace(":project_id", str(world.names["a"]))
        .replace(":id", row)
    )
    # The line stays as it is printed: curl takes the rest from its configuration file.
    (tmp_path / ".curlrc").write_text('silent\nshow-error\nwrite-out = "\\n%{http_code}"\n')
    done = subprocess.run(
        ["sh", "-c", line],
        env={
            "PATH": os.environ["PATH"],
            "CURL_HOME": str(tmp_path),
            "HOME": str(tmp_path),
            "POSTHOG_PERSONAL_API_KEY": world.key("write"),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    body, _, code = done.stdout.rpartition("\n")
    assert int(code) == status, body
    found = world.sql("SELECT title FROM session_group.summaries WHERE id = %s", row)
    if name == "list":
        assert row in body
    elif name == "retrieve":
        assert f'"id":"{row}","title":"Before"' in body
    elif name == "create":
        assert '"title":"string","session_ids":[]' in body
    elif name == "patch":
        assert '"title":"string","session_ids":["s1","s2"]' in body and found == [{"title": "string"}]
    else:
        assert body == "" and found == []
