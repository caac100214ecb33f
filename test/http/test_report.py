"""Reports in Markdown: who gets them, and what CommonMark's own parser (cmark) makes of them.

The texts of a summary are anyone's. Whatever they are, the report has the headings, lists and
paragraphs that it has with harmless ones, no link, image, HTML or emphasis, and shows the texts.
"""

import json
import re
import subprocess
import xml.etree.ElementTree

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

HARMLESS = "word"
HOSTILE = [
    "# heading", "###### x", "trailing #", "a ## ", "#", "> quote", "- item", "* item", "+ item", "1. item",
    "1) item", "999999999. x", "1234567890. x", "1.", "0)", "-", "+", "*", "=", "==", "---", "===", "***", "___",
    "- - -", "_ _ _",
    "```", "```sh\nrm\n```", "~~~", "    code", "\tcode", "`code`", "``", "`", "<b>bold</b>",
    "<script>alert(1)</script>", "<!-- comment -->", "<?php", "<!DOCTYPE x>", "</div>", "<", "<a href='x'>",
    "<http://evil.example>", "<me@evil.example>",
    "[link](http://evil.example)", "![image](http://evil.example/x.png)", "[ref]: http://evil.example", "[ref]",
    "[a][ref]", "[x]: <y> 'z'", "![", "](", "[ ] task", "[^1]", "&amp; &lt; &#35; &copy; &#x22;", "&",
    "**b** _i_ *i* __b__ ~~d~~", "snake_case_name", "2*3*4",
    "a\\", "\\", "\\\\", "\\# not", "\\\n", "a  \nb", "a\\\nb", "line\n# heading", "line\n===", "line\n---",
    "line\n\n- item", "\n\n\n", "a\r\nb", "a\rb", "a\n\n\n    code", "a\u2028# b", "a\u2029\u2029- b", "a\u0085- b",
    "a\x0b# b", "a\x0c> b", "| a | b |\n|---|---|\n| c | d |",
    "\x1b[31mred\x1b[0m", "\x07", "\x01", "\x7f", "\u009b31m", "\ufeff", "\u200b", "\u202e evil", "😀 Ärger",
    "a\u00a0b", "\u00a0", "x" * 100_000, "word " * 20_000, "*" * 5_000, "[" * 5_000, "`" * 5_000, "> " * 2_000,
    "- " * 2_000, "%s%n", "{#id}", ":::", "$x$", "@me www.evil.example",
]  # fmt: skip
# XML has no place for these two, and so the parser can not tell of them.
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\ufffe\uffff"), max_size=40)
MARKUP = st.lists(st.one_of(st.sampled_from(["#", "*", "_", "`", "~", "-", "+", "=", ">", "<", "[", "]", "(", ")",
                                             "!", "&", "\\", "|", "1", ".", " ", "\t", "\n", "\r", "a", "\u2028", ":",
                                             "/", '"']), st.sampled_from(HOSTILE[:40])), max_size=12).map("".join)


def shown(text):
    """What is to be seen of a text."""
    text = re.sub("[\t\n\v\f\r \u0085\u2028\u2029]+", " ", text).strip(" ")
    return re.sub("[\x00-\x1f\x7f-\x9f]", "\ufffd", text)


def summary(texts):
    """A summary whose texts are taken in turn, and how often each text is to be found in its report."""
    taken = []

    def text():
        taken.append(texts[len(taken) % len(texts)])
        return taken[-1]

    def event():
        return {"description": text(), "event": text(), "current_url": text(), "event_type": text(),
                "timestamp": text(), "session_id": text(), "exception": text(), "confusion": True,
                "milliseconds_since_start": 1500}

    def example():
        neighbours = {"previous_events_in_segment": [event(), event()], "next_events_in_segment": [event()]}
        return {"target_event": event(), "segment_name": text(), "segment_outcome": text(), "segment_success": False,
                **neighbours}

    def pattern(severity):
        stats = {"occurences": 3, "sessions_affected": 2, "sessions_affected_ratio": 0.5,
                 "segments_success_ratio": 0.25}
        return {"pattern_id": 1, "pattern_name": text(), "pattern_description": text(), "severity": severity,
                "indicators": [text(), text()], "events": [example(), example()], "stats": stats}

    return {"patterns": [pattern("critical"), pattern(text()), pattern("low")]}


def parse(markdown):
    """The document as (tag, attributes, children or text), and the texts of its blocks."""
    done = subprocess.run(["cmark", "-t", "xml"], input=markdown.encode(), capture_output=True, check=True,
                          timeout=60)
    texts = []

    def shape(node):
        tag = node.tag.rpartition("}")[2]
        attributes = tuple(sorted((k, v) for k, v in node.items() if not k.startswith("{")))
        if tag in ("paragraph", "heading"):
            texts.append("".join(t.text or "" for t in node))
            return tag, attributes, tuple(sorted({t.tag.rpartition("}")[2] for t in node}))
        return tag, attributes, tuple(map(shape, node))

    return shape(xml.etree.ElementTree.fromstring(done.stdout)), texts


@pytest.fixture(scope="module")
def report(world):
    """Writes a summary and returns its report."""
    project = world.new_project()
    user = world.new_user("ada")["id"]
    world.add_member(project, user)
    row = world.new_row(project, user)

    def make(summary, title=HARMLESS, name=HARMLESS, focus=HARMLESS):
        world.sql("UPDATE session_group.users SET first_name = %s, last_name = '' WHERE id = %s", name, user)
        context = {"focus_area": focus}
        return world.one(
            "WITH changed AS (UPDATE session_group.summaries SET title = %s, summary = %s, extra_summary_context = %s WHERE project_id = %s AND id = %s RETURNING 1) SELECT count(*) FROM changed",
            title, json.dumps(summary), json.dumps(context), project, row,
        ) and world.one("SELECT session_group.summary_report(%s, %s)", project, row)  # fmt: skip

    return make


def check(report, texts):
    """The report on texts has the form of one on harmless texts, and shows them all."""
    texts = [t for t in texts if shown(t)] or [HARMLESS]
    title = next((t for t in texts if t.strip()), HARMLESS)[:2048]
    title = title if shown(title) else HARMLESS
    form, found = parse(report(summary(texts), title, texts[0], texts[-1]))
    assert form == parse(report(summary([HARMLESS])))[0]
    assert found[0] == shown(title)
    wanted = {shown(t) for t in texts}
    for label in ("Key event: ", "Page: ", "Session: ", "Segment: ", "Outcome: ", "Focus: ", "Created by: "):
        values = [t.removeprefix(label) for t in found if t.startswith(label)]
        assert values and set(values) <= wanted, label
    assert wanted <= {t.partition(": ")[2] for t in found} | set(found)


@pytest.mark.parametrize("text", [t for t in HOSTILE if shown(t)], ids=lambda t: ascii(t[:30]))
def test_hostile_text(report, text):
    check(report, [text])


@pytest.mark.parametrize("size", [2, 3, 7])
def test_hostile_texts_next_to_each_other(report, size):
    for start in range(0, len(HOSTILE), size):
        check(report, HOSTILE[start : start + size])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.one_of(TEXTS, MARKUP), min_size=1, max_size=6))
def test_any_text(report, texts):
    check(report, texts)


def test_no_markup_in_any_text(report):
    """What a report is made of: no HTML, link, image, code, quotation, break or emphasis at all."""
    form, _ = parse(report(summary(HOSTILE), focus=HOSTILE[0]))

    def tags(node):
        yield node[0]
        for child in node[2]:
            yield from tags(child) if isinstance(child, tuple) else [child]

    assert set(tags(form)) == {"document", "heading", "paragraph", "list", "item", "text"}


def test_the_whole_of_it(report):
    """Of a summary with one pattern: word for word."""
    event = {
        "description": "Pressed *Apply*", "event": "$rageclick", "event_type": "click",
        "current_url": "https://shop.example/a_b?c=1&d", "timestamp": "2026-08-01T10:30:15Z", "session_id": "s-1",
        "milliseconds_since_start": 2406, "abandonment": True, "confusion": True, "exception": "blocking",
    }  # fmt: skip
    example = {
        "target_event": event, "segment_name": "Paying", "segment_outcome": "Gave up", "segment_success": False,
        "previous_events_in_segment": [{"description": f"Step {n}", "event": "$pageview", "current_url": "/x"}
                                       for n in range(5)],
        "next_events_in_segment": [{"description": "Left"}, {"event": "$pageleave"}, {"current_url": "/y"},
                                   {"description": "never shown"}],
    }  # fmt: skip
    pattern = {
        "pattern_name": "Voucher <field>", "pattern_description": "It\nreloads.", "severity": "high",
        "indicators": ["two views", 7, " "], "events": [7, *[example] * 7],
        "stats": {"occurences": 7, "sessions_affected": 5, "sessions_affected_ratio": 0.425,
                  "segments_success_ratio": 0},
    }  # fmt: skip
    text = report({"patterns": [{}, pattern, 7]}, "1. Checkout", "Ada", "-5 %")
    head, _, rest = text.partition("#### Example 1\n")
    assert re.sub(r"Created: \S+ \S+ UTC", "Created: NOW", head) == (
        "# 1\\. Checkout\n\n- Sessions: 2\n- Focus: \\-5 %\n- Created: NOW\n- Created by: Ada\n- Patterns: 2\n\n"
        "Items of the list of patterns that can not be read, and are left out: 1.\n\n"
        "## High\n\n### Voucher \\<field\\>\n\nIt reloads.\n\n- Sessions affected: 5\n- Share of the sessions: 43%\n- Occurrences: 7\n- Segments that ended well: 0%\n\nIndicators:\n\n- two views\n\n"
    )
    examples = rest.split("#### Example ")
    assert len(examples) == 5 and examples[1].startswith("2\n")
    assert examples[0] == (
        "\n- Key event: Pressed \\*Apply\\*\n- Event: $rageclick, click\n- Page: https://shop.example/a\\_b?c=1\\&d\n- Time: 2026-08-01T10:30:15Z\n"
        "- Since the session began: 2.406 s\n- Session: s-1\n- Sign: abandonment\n- Sign: confusion\n- Exception: blocking\n\n"
        "Before:\n\n- Step 2 ($pageview, /x)\n- Step 3 ($pageview, /x)\n- Step 4 ($pageview, /x)\n\nAfter:\n\n- Left\n- $pageleave\n- /y\n\n"
        "Outcome:\n\n- Segment: Paying\n- Outcome: Gave up\n- Ended well: no\n\n"
    )
    assert text.endswith("\n\n## Of no known severity\n\n### No name\n")


@pytest.mark.parametrize(
    "summary, said",
    [
        (None, "This group has no summary yet."),
        ([], "The summary can not be read: it is neither a JSON object nor a string that holds one."),
        ('{"patterns": [', "The summary can not be read: it is neither a JSON object nor a string that holds one."),
        ("# heading", "The summary can not be read: it is neither a JSON object nor a string that holds one."),
        (7, "The summary can not be read: it is neither a JSON object nor a string that holds one."),
        ({}, "The summary can not be read: it has no list of patterns."),
        ('{"patterns": {}}', "The summary can not be read: it has no list of patterns."),
        ({"patterns": []}, "No patterns were found."),
        ({"patterns": [1, "x", []]}, "Items of the list of patterns that can not be read, and are left out: 3."),
    ],
)
def test_a_broken_summary_says_so(report, summary, said):
    form, texts = parse(report(summary))
    assert [t for t in texts if not re.match("Sessions|Focus|Created", t)] == [HARMLESS, said]


ODD = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(),
                             st.floats(allow_nan=False, allow_infinity=False), MARKUP),
                             lambda v: st.one_of(st.lists(v, max_size=4), st.dictionaries(TEXTS, v, max_size=3)),
                             max_leaves=6)
KEYS = [*"patterns pattern_id pattern_name pattern_description severity indicators events stats occurences sessions_affected sessions_affected_ratio segments_success_ratio target_event segment_name segment_outcome segment_success".split(),
        *"previous_events_in_segment next_events_in_segment description event event_type current_url timestamp milliseconds_since_start session_id abandonment confusion exception".split()]  # fmt: skip
SHAPES = st.recursive(ODD,
                      lambda v: st.one_of(st.lists(v, max_size=4),
                                          st.dictionaries(st.sampled_from(KEYS), v, max_size=6)), max_leaves=25)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(patterns=st.one_of(SHAPES,
                          st.lists(st.dictionaries(st.sampled_from(KEYS[1:]), SHAPES, max_size=8), max_size=4)),
                          as_string=st.booleans())
def test_any_json_has_a_report(report, patterns, as_string):
    """Whatever is of whatever type, there is a report without markup from the data, and no error."""
    value = {"patterns": patterns}
    form, texts = parse(report(json.dumps(value) if as_string else value))
    assert form[2][0] == ("heading", (("level", "1"),), ("text",)) and texts[0] == HARMLESS

    def tags(node):
        yield node[0]
        for child in node[2]:
            yield from tags(child) if isinstance(child, tuple) else [child]

    assert set(tags(form)) <= {"document", "heading", "paragraph", "list", "item", "text"}


def test_many_patterns_are_bounded(report):
    text = report({"patterns": [{"severity": "low"}] * 1000})
    assert text.count("### No name") == 200 and "Further patterns of this severity, left out: 800." in text


# Over HTTP -----------------------------------------------------------------------------------

JSON, MARKDOWN = "application/json", "text/markdown; charset=utf-8"
ACCEPTS = [
    (None, JSON), ("", JSON), ("*/*", JSON), ("application/json", JSON), ("application/*", JSON),
    ("application/xml", JSON), ("text/html", JSON), ("x", JSON), (",", JSON), (";", JSON),
    ("text/markdown;q=0", JSON), ("text/markdown;q=0.000", JSON),
    ("text/markdown", MARKDOWN), ("TEXT/Markdown", MARKDOWN), ("text/*", MARKDOWN),
    ("text/markdown; charset=utf-8", MARKDOWN), ("text/markdown;variant=CommonMark;q=0.5", MARKDOWN),
    ("text/html, text/markdown;q=0.1", MARKDOWN),
    ("text/markdown, */*", MARKDOWN), ("*/*, text/markdown", MARKDOWN), ("text/markdown;q=0.9, */*;q=0.8", MARKDOWN),
    ("text/markdown;q=0.8, */*", JSON), ("text/markdown, application/json", JSON),
    ("application/json, text/markdown", JSON),
    ("application/json;q=0.9, text/markdown", MARKDOWN), ("application/json;q=0.9,text/markdown;q=0.901", MARKDOWN),
    ("application/json;q=0.9,text/markdown;q=0.899", JSON), ("text/markdown;q=1.0, application/json;q=0", MARKDOWN),
    ("text/*, application/*", JSON),
    ("*/*;q=0, text/markdown;q=0", JSON), ("text/*;q=0, text/markdown", MARKDOWN),
    ("text/*, text/markdown;q=0", JSON), ("text/markdown;q=2", JSON), ("text/markdown;q=x", JSON),
    ("text/markdown;q=", JSON), ("text/markdown;q", MARKDOWN), ("text/markdown;q=0.1234", JSON),
    ("text/markdown;q=1.001", JSON), ("text/markdown;q=1.", MARKDOWN), ("text/markdown;q=0.", JSON),
    ("text/markdown;q=.5", JSON), ('text/markdown;a="x,y;q=0";q=1', MARKDOWN),
    ('text/markdown;a="\\",text/html', MARKDOWN), ("text/markdownx", JSON), ("text/mark", JSON),
    ("  text/markdown\t;\tq = 1 ", MARKDOWN), ("text/markdown," * 500, MARKDOWN),
]  # fmt: skip


@pytest.mark.parametrize("accept, expected", ACCEPTS, ids=[str(a)[:60] for a, _ in ACCEPTS])
def test_accept(world, accept, expected):
    row = world.new_row()
    for method in ("GET", "HEAD"):
        answer = world.call(method, f"{world.name('list')}/{row}/",
                            headers={} if accept is None else {"Accept": accept})
        assert (answer.status, answer.headers["Content-Type"], answer.headers["Vary"]) == (200, expected, "Accept")
        assert bool(answer.body) == (method == "GET")
    body = world.call("GET", f"{world.name('list')}/{row}/", headers={"Accept": accept or "*/*"}).text
    assert body.startswith("# Before\n" if expected == MARKDOWN else f'{{"id":"{row}"')


def test_the_same_as_in_sql(world):
    row = world.new_row(title="<b>", summary=summary(HOSTILE))
    answer = world.call("GET", f"{world.name('list')}/{row}/", headers={"Accept": "text/markdown"})
    assert answer.text == world.one("SELECT session_group.summary_report(%s, %s)", world.names["a"], row)


def test_only_what_is_read_is_a_report(world):
    """Errors, lists and what is written stay JSON."""
    list_, row = world.name("list"), world.new_row()
    accept = {"Accept": "text/markdown"}
    for method, path, key, status in (
        ("GET", f"{list_}/", "read", 200), ("GET", f"{list_}/patterns/", "read", 200),
        ("PATCH", f"{list_}/{row}/", "write", 200), ("POST", f"{list_}/", "write", 201),
        ("OPTIONS", f"{list_}/{row}/", "read", 200),
        ("GET", f"{list_}/{row}/", None, 401), ("GET", f"{list_}/{row}/", "grace", 403),
        ("GET", f"{list_}/01890a5d-ac96-774b-bcce-b302099a8057/", "read", 404), ("DELETE", f"{list_}/", "write", 405),
        ("GET", "/api/x/", "read", 404),
    ):  # fmt: skip
        answer = world.call(method, path, {} if method in ("PATCH", "POST") else None, key=key, headers=accept)
        assert (answer.status, answer.headers["Content-Type"]) == (status, JSON)
        answer.json()
    assert world.call("OPTIONS", f"{list_}/{row}/").json()["renders"] == ["application/json", "text/markdown"]
    assert world.call("OPTIONS", f"{list_}/").json()["renders"] == ["application/json"]


def test_a_report_has_an_etag_of_its_own(world):
    path = f"{world.name('list')}/{world.new_row()}/"
    accept = {"Accept": "text/markdown"}
    whole, report = (world.call("GET", path, headers=h).headers["ETag"] for h in ({}, accept))
    assert whole != report
    answer = world.call("GET", path, headers={**accept, "If-None-Match": report})
    assert (answer.status, answer.body, answer.headers["ETag"], answer.headers["Vary"]) == (304, b"", report,
            "Accept")
    assert world.call("GET", path, headers={**accept, "If-None-Match": whole}).status == 200
    assert world.call("GET", path, headers={"If-None-Match": report}).status == 200
    # What is written is the summary, not the report.
    assert world.call("PATCH", path, {"title": "After"}, headers={**accept, "If-Match": report}).status == 412
    assert world.call("PATCH", path, {"title": "After"}, headers={**accept, "If-Match": whole}).status == 200
    answer = world.call("GET", path, headers={**accept, "If-None-Match": report})
    assert (answer.status, answer.text.split("\n")[0]) == (200, "# After")


def test_another_project_s_report_is_not_there(world):
    row = world.new_row()
    for project in ("b", "c"):
        answer = world.call("GET", f"{world.name('list:' + project)}/{row}/",
                            key="grace" if project == "c" else "write", headers={"Accept": "text/markdown"})
        assert (answer.status, answer.json()["code"]) == (404, "not_found")
