"""Form bodies, form bodies under a JSON content type, and content types."""

import gzip

import pytest

from runner import (
    BLANK,
    FORM,
    JSON,
    NO_SUMMARY,
    NULL,
    PARSE_ERROR,
    REFUSED,
    REQUIRED,
    Answer,
    case,
    error,
    ids,
    invalid,
    no_media,
    run,
)
from test_operations import LONG, TOO_MANY, created, max_length, whole

FIELDS = error(400, "invalid_request", "parse_error", "The form has more than <int> fields.")
NOT_UTF8 = error(400, "invalid_request", "parse_error", "The form is not valid UTF-8.")
NOT_OBJECT = "Expected a dictionary<any>"
CLEARED = {"session_ids": (), "summary": None, "extra_summary_context": None, "run_metadata": None}
MULTIPART = "multipart/form-data; boundary=x"


def form(id, request, *answers, send, type=FORM, **more):
    return case(id, request, *answers, send=send, type=type, **more)


FORMS = [
    form("title", "POST <list>/", created(title="A"), send="title=A", stored={"title": "A"}),
    form("title-put", "PUT <list>/<row>/", whole(title="A", **CLEARED), send="title=A"),
    form("title-patch", "PATCH <list>/<row>/", whole(title="A"), send="title=A"),
    form("charset", "POST <list>/", created(title="é"), send="title=%C3%A9", type=FORM + "; charset=UTF-8"),
    form("charset-quoted", "POST <list>/", created(title="é"), send="title=%C3%A9", type=FORM + ';charset="utf-8"'),
    form("type-in-capitals", "POST <list>/", created(title="A"), send="title=A", type="Application/X-WWW-Form-URLEncoded"),
    form("plus", "POST <list>/", created(title="a b"), send="title=a+b"),
    form("encoded-plus", "POST <list>/", created(title="a+b"), send="title=a%2Bb"),
    form("encoded-blank", "POST <list>/", created(title="a b"), send="title=a%20b"),
    form("lower-case-hex", "POST <list>/", created(title="a=b&c"), send="title=a%3db%26c"),
    form("raw-equals", "POST <list>/", created(title="a=b"), send="title=a=b"),
    form("raw-utf8", "POST <list>/", created(title="é😀"), send="title=é😀"),
    form("encoded-utf8", "POST <list>/", created(title="é😀"), send="title=%c3%A9%F0%9F%98%80"),
    form("encoded-name", "POST <list>/", created(title="A"), send="ti%74le=A"),
    form("semicolon-is-plain", "POST <list>/", created(title="A;title=B"), send="title=A;title=B"),
    form("title-twice-last-wins", "POST <list>/", created(title="B"), send="title=A&title=B"),
    form("empty-parts", "POST <list>/", created(title="A"), send="&&title=A&"),
    form("json-text-as-title", "POST <list>/", created(title='{"a":1}'), send="title=%7B%22a%22:1%7D"),
    form("title-looks-like-null", "POST <list>/", created(title="null"), send="title=null"),
    form("title-looks-like-number", "POST <list>/", created(title="7"), send="title=7"),
    form("title-looks-like-true", "POST <list>/", created(title="true"), send="title=true"),
    form("title-empty", "POST <list>/", invalid("title", BLANK, "blank"), send="title="),
    form("title-without-equals", "POST <list>/", invalid("title", BLANK, "blank"), REFUSED, send="title"),
    form("title-blank", "POST <list>/", invalid("title", BLANK, "blank"), send="title=+%20"),
    form("title-2048", "POST <list>/", created(title="x" * 2048), send="title=" + "x" * 2048),
    form("title-2048-encoded", "POST <list>/", created(title="é" * 2048), send="title=" + "%C3%A9" * 2048),
    form("title-2049", "POST <list>/", max_length("title", 2048), send="title=" + "x" * 2049),
    form("title-nul", "POST <list>/", REFUSED, send="title=a%00b"),
    form("title-empty-patch", "PATCH <list>/<row>/", invalid("title", BLANK, "blank"), send="title="),
    form("put-no-title", "PUT <list>/<row>/", invalid("title", REQUIRED, "required"), send="session_ids=a"),
    form("unknown-field", "POST <list>/", created(title="A"), send="title=A&colour=red"),
    # Whoever forgets the header of a JSON body sends it as a form.
    form("json", "POST <list>/", created(title="A"), send='{"title":"A"}'),
    form("json-behind-blanks", "POST <list>/", created(title="A"), send=' \r\n\t{"title": "A"}'),
    form("json-whole", "POST <list>/", created(title="a=b&c", session_ids=("s",), summary={"a": "=&"}), send='{"title":"a=b&c","session_ids":["s"],"summary":{"a":"=&"}}'),
    form("json-put", "PUT <list>/<row>/", whole(title="A", **CLEARED), send='{"title":"A"}'),
    form("json-patch", "PATCH <list>/<row>/", whole(title="A"), send='{"title":"A"}'),
    form("json-patch-of-nothing", "PATCH <list>/<row>/", whole(), send="{}"),
    form("json-bad-field", "POST <list>/", invalid("title", NULL, "null"), send='{"title":null}'),
    form("json-broken", "POST <list>/", PARSE_ERROR, send='{"title":"A"'),
    form("json-and-more", "POST <list>/", PARSE_ERROR, send='{"title":"A"}&title=B'),
    form("json-list", "POST <list>/", invalid("", NOT_OBJECT), error(400, "validation_error", "invalid_input", "Invalid data. " + NOT_OBJECT), send='[{"title":"A"}]'),
    form("json-key", "POST <list>/", created(title="A"), send='{"title":"A","personal_api_key":"<key:write>"}', key=None),
    form("encoded-brace-is-a-form", "POST <list>/", created(title="A"), send="%7B=1&title=A"),
    form("only-unknown-field", "POST <list>/", created(), send="colour=red"),
    form("read-only-fields", "POST <list>/", created(title="A"), send="title=A&id=1&team=<c>&created_at=x&created_by=y"),
    form("patch-unknown-field", "PATCH <list>/<row>/", whole(), send="colour=red"),
    form("no-body", "POST <list>/", created(), send=""),
    form("no-body-patch", "PATCH <list>/<row>/", whole(), send=""),
    form("no-body-put", "PUT <list>/<row>/", invalid("title", REQUIRED, "required"), send=""),
    # session_ids, repeated
    form("session-one", "POST <list>/", created(session_ids=("a",)), send="session_ids=a"),
    form("sessions-three", "POST <list>/", created(session_ids=("b", "a", "b")), send="session_ids=b&title=Group+summary&session_ids=a&session_ids=b", stored={"session_count": 3}),
    form("sessions-1000", "POST <list>/", created(session_ids=LONG), send="&".join("session_ids=" + s for s in LONG)),
    form("sessions-1001", "POST <list>/", TOO_MANY, send="&".join("session_ids=" + s for s in LONG + ["x"])),
    form("session-201", "POST <list>/", max_length("session_ids__1", 200), send="session_ids=a&session_ids=" + "x" * 201),
    form("session-odd", "POST <list>/", created(session_ids=("a,b", '["c"]')), send="session_ids=a,b&session_ids=%5B%22c%22%5D"),
    form("sessions-patch", "PATCH <list>/<row>/", whole(session_ids=("z",)), send="session_ids=z"),
    # One empty value: an empty item, as in JSON; it could be meant as an empty list.
    form("session-empty", "POST <list>/", invalid("session_ids__0", BLANK, "blank"), created(), send="session_ids="),
    form("session-empty-second", "POST <list>/", invalid("session_ids__1", BLANK, "blank"), send="session_ids=a&session_ids="),
    # The JSON fields take JSON text.
    form("summary-json", "POST <list>/", created(summary={"a": [1]}), send='summary={"a":[1]}'),
    form("summary-json-encoded", "POST <list>/", created(summary={"a b": "é"}), send="summary=%7B%22a+b%22%3A%22%C3%A9%22%7D"),
    form("summary-json-string", "POST <list>/", created(summary="x"), send='summary="x"'),
    form("summary-json-number", "POST <list>/", created(summary=7), send="summary=7"),
    form("summary-json-null", "POST <list>/", created(summary=None), send="summary=null"),
    form("summary-no-json", "POST <list>/", invalid("summary", "<any>"), send="summary=hello"),
    form("summary-broken-json", "PATCH <list>/<row>/", invalid("summary", "<any>"), send='summary={"a":'),
    form("summary-nul", "POST <list>/", REFUSED, send=r'summary="\u0000"'),
    form("summary-empty", "POST <list>/", invalid("summary", "<any>"), created(), send="summary="),
    form("summary-twice-last-wins", "POST <list>/", created(summary=2), send="summary=1&summary=2"),
    form("summary-number-too-large", "POST <list>/", REFUSED, send="summary=1e999999"),
    form("summary-too-deep", "POST <list>/", REFUSED, send="summary=" + "[" * 100_000 + "]" * 100_000),
    form("summary-unclosed-depth", "POST <list>/", REFUSED, send="summary=" + "[" * 200_000),
    form("summary-nan", "POST <list>/", invalid("summary", "<any>"), send="summary=NaN"),
    form("summary-two-documents", "POST <list>/", invalid("summary", "<any>"), send="summary={}{}"),
    form("extra-json", "POST <list>/", created(extra_summary_context={"a": 1}), send='extra_summary_context={"a":1}'),
    form("extra-null", "PATCH <list>/<row>/", whole(extra_summary_context=None), send="extra_summary_context=null"),
    form("extra-list", "POST <list>/", invalid("extra_summary_context", NOT_OBJECT), send="extra_summary_context=[]"),
    form("extra-no-json", "POST <list>/", invalid("extra_summary_context", "<any>"), send="extra_summary_context=x"),
    form("run-json", "POST <list>/", created(run_metadata={}), send="run_metadata={}"),
    form("run-string", "POST <list>/", invalid("run_metadata", NOT_OBJECT), send='run_metadata="a"'),
    form("all-fields", "POST <list>/", created(title="T", session_ids=("a", "b"), summary=[], extra_summary_context={}, run_metadata={"x": None}),
         send='run_metadata={"x":null}&title=T&session_ids=a&summary=[]&session_ids=b&extra_summary_context={}'),
    # The server takes 10,000 fields (Django: 1,000); the contract does not say.
    form("parameters-10000", "POST <list>/", created(title="A"), send="&".join(f"p{n}=" for n in range(9999)) + "&title=A"),
    form("parameters-100000", "POST <list>/", FIELDS, send="&".join(f"p{n}=" for n in range(100_000)) + "&title=A"),
    form("title-100000-times", "POST <list>/", FIELDS, send="title=A&" * 100_000 + "title=B"),
    form("title-100000-times-patch", "PATCH <list>/<row>/", FIELDS, send="title=A&" * 100_000 + "title=B"),
    form("sessions-10000", "POST <list>/", TOO_MANY, send="&".join(["session_ids=s"] * 10_000)),
    form("sessions-100000", "POST <list>/", TOO_MANY, FIELDS, send="&".join(["session_ids=s"] * 100_000)),
    # Malformed: kept as it stands, as Python's parse_qs does, or refused.
    form("percent-alone", "POST <list>/", created(title="100%"), REFUSED, send="title=100%"),
    form("percent-no-hex", "POST <list>/", created(title="%zz"), REFUSED, send="title=%zz"),
    form("percent-invalid-utf8", "POST <list>/", NOT_UTF8, send="title=%ff"),
    form("raw-invalid-utf8", "POST <list>/", NOT_UTF8, send=b"title=\xff"),
    form("surrogate-in-utf8", "POST <list>/", NOT_UTF8, send="title=%ED%A0%80"),
    form("unknown-row", "PATCH <list>/<no_row>/", NO_SUMMARY, send="title=A"),
]

# "A body under a JSON content type that is not JSON but is one well-formed form (key=value with a
# known field's name) is taken as the form that it is; any other is 400 parse_error."
UNDER_JSON = [
    form("json-title", "POST <list>/", created(title="string"), send="title=string", type=JSON),
    form("json-title-patch", "PATCH <list>/<row>/", whole(title="string"), send="title=string", type=JSON),
    form("json-title-put", "PUT <list>/<row>/", whole(title="string", **CLEARED), send="title=string", type=JSON),
    form("json-charset-title", "POST <list>/", created(title="A"), send="title=A", type=JSON + "; charset=utf-8"),
    form("json-two-fields", "POST <list>/", created(title="A", session_ids=("b", "c")), send="title=A&session_ids=b&session_ids=c", type=JSON),
    form("json-decoded", "POST <list>/", created(title="a b+é"), send="title=a+b%2B%C3%A9", type=JSON),
    form("json-summary", "POST <list>/", created(summary={"a": 1}), send='summary={"a":1}', type=JSON),
    form("json-title-empty", "POST <list>/", invalid("title", BLANK, "blank"), send="title=", type=JSON),
    form("json-title-2049", "POST <list>/", max_length("title", 2048), send="title=" + "x" * 2049, type=JSON),
    form("json-title-with-equals", "POST <list>/", created(title="a=b"), PARSE_ERROR, send="title=a=b", type=JSON),
    form("json-unknown-beside", "POST <list>/", created(title="A"), PARSE_ERROR, send="title=A&colour=red", type=JSON),
    form("json-only-unknown", "POST <list>/", PARSE_ERROR, send="colour=red", type=JSON),
    form("json-title-alone", "POST <list>/", PARSE_ERROR, send="title", type=JSON),
    form("json-title-in-capitals", "POST <list>/", PARSE_ERROR, send="TITLE=A", type=JSON),
    form("json-bad-percent", "POST <list>/", PARSE_ERROR, send="title=%zz", type=JSON),
    form("json-cut-percent", "POST <list>/", PARSE_ERROR, send="title=A%2", type=JSON),
    form("json-bad-utf8", "POST <list>/", PARSE_ERROR, send="title=%ff", type=JSON),
    form("json-raw-bad-utf8", "POST <list>/", PARSE_ERROR, send=b"title=\xff", type=JSON),
    form("json-equals-first", "POST <list>/", PARSE_ERROR, send="=title", type=JSON),
    form("json-brace-first", "POST <list>/", PARSE_ERROR, send="{title=A}", type=JSON),
    form("json-quotes", "POST <list>/", PARSE_ERROR, send='"title"=A', type=JSON),
    form("json-sentence", "POST <list>/", PARSE_ERROR, send="the title=A", type=JSON),
]

TYPES = [
    form("json-semicolon", "POST <list>/", created(title="A"), send='{"title":"A"}', type="application/json;"),
    form("json-blank-before-semicolon", "POST <list>/", created(title="A"), send='{"title":"A"}', type="application/json ; charset=UTF-8"),
    form("json-byte-order-mark", "POST <list>/", created(title="A"), PARSE_ERROR, send=b'\xef\xbb\xbf{"title":"A"}', type=JSON),
    form("json-compressed", "POST <list>/", PARSE_ERROR, no_media("<any>"), send=gzip.compress(b'{"title":"A"}'), type=JSON, headers={"Content-Encoding": "gzip"}),
    form("json-sessions-100000", "POST <list>/", TOO_MANY, send='{"session_ids":[' + ",".join(['"s"'] * 100_000) + "]}", type=JSON),
    form("json-fields-100000", "POST <list>/", created(title="A"), send="{" + "".join(f'"f{n}":{n},' for n in range(100_000)) + '"title":"A"}', type=JSON),
    form("text-plain", "POST <list>/", no_media("text/plain"), send="title=A", type="text/plain"),
    form("text-plain-json", "POST <list>/", no_media("text/plain"), send='{"title":"A"}', type="text/plain"),
    form("text-plain-put", "PUT <list>/<row>/", no_media("text/plain"), send="title=A", type="text/plain"),
    form("text-plain-patch", "PATCH <list>/<row>/", no_media("text/plain"), send="title=A", type="text/plain"),
    form("text-plain-charset", "POST <list>/", no_media("text/plain; charset=utf-8"), no_media("text/plain"), send="a", type="text/plain; charset=utf-8"),
    form("xml", "POST <list>/", no_media("application/xml"), send="<a/>", type="application/xml"),
    form("octet-stream", "POST <list>/", no_media("application/octet-stream"), send='{"title":"A"}', type="application/octet-stream"),
    form("json-like", "POST <list>/", no_media("application/vnd.api+json"), send='{"title":"A"}', type="application/vnd.api+json"),
    form("json-lines", "POST <list>/", no_media("application/jsonlines"), send='{"title":"A"}', type="application/jsonlines"),
    form("json-prefix", "POST <list>/", no_media("application/jsonx"), send='{"title":"A"}', type="application/jsonx"),
    # PostHog's parsers take multipart too; the contract: "Bodies are JSON or form-encoded."
    form("multipart", "POST <list>/", no_media("<any>"), send='--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nA\r\n--x--\r\n', type=MULTIPART),
    form("csv", "POST <list>/", no_media("text/csv"), send="title\nA\n", type="text/csv"),
    form("no-media-type", "POST <list>/", no_media("<any>"), REFUSED, send="title=A", type="nonsense"),
    form("quotes-in-type", "POST <list>/", no_media("<any>"), send="a", type='text/"plain'),
    form("backslash-in-type", "POST <list>/", no_media("<any>"), send="a", type="text/pl\\ain"),
    form("utf8-in-type", "POST <list>/", no_media("<any>"), REFUSED, send="a", type="text/plé"),
    # No type with a body: nothing says that it is JSON.
    case("no-type", "POST <list>/", no_media(""), send='{"title":"A"}', type=""),
    # A body that is not read has a type that does not matter.
    form("get-with-type", "GET <list>/", Answer(200), send=None, type="text/plain"),
    form("delete-with-type", "DELETE <list>/<row>/", Answer(204, ""), no_media("text/plain"), send="a", type="text/plain"),
]

CASES = FORMS + UNDER_JSON + TYPES


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_form(world, case):
    run(world, case)


@pytest.mark.parametrize("type", [JSON, FORM])
def test_chunked_body(world, type):
    """A body whose length is not told beforehand."""
    body = b'{"title":"chunked"}' if type == JSON else b"title=chunked"
    chunks = b"".join(b"%x\r\n%c\r\n" % (1, b) for b in body) + b"0\r\n\r\n"
    answer = world.client.raw(
        f"POST {world.name('list')}/ HTTP/1.1\r\nHost: {world.client.netloc}\r\n"
        f"Authorization: Bearer {world.key('write')}\r\nContent-Type: {type}\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode() + chunks
    )
    assert (answer.status, answer.json()["title"]) == (201, "chunked")


def test_expect_100_continue(world):
    """curl sends it before a body of more than a megabyte."""
    summary = {"patterns": ["x" * 2_000_000]}
    answer = world.call("POST", world.name("list") + "/", {"summary": summary}, headers={"Expect": "100-continue"})
    assert answer.status == 201 and answer.json()["summary"] == summary


def test_large_summary(world):
    """Summaries have 10 to 300 kB; one of four megabytes is no fault."""
    summary = {"patterns": [{"pattern_id": n, "text": "é" * 1900} for n in range(1000)]}
    created_ = world.call("POST", world.name("list") + "/", {"summary": summary})
    assert created_.status == 201 and created_.json()["summary"] == summary
    path = f"{world.name('list')}/{created_.json()['id']}/"
    assert world.call("GET", path).body == created_.body
    assert world.call("DELETE", path).status == 204
