"""JSON in and out, against Python's json: whatever is sent as a summary comes back, numerically and
character by character, printed without spaces and unescaped."""

import decimal
import json
import random

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st


PROFILE = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": list(HealthCheck),
}
TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=20)
NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(10**60), 10**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=12),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=6), st.dictionaries(TEXT, inner, max_size=6)),
    max_leaves=40,
)


class Number(str):
    """A number as it is written."""


def written(value, ascii_only=False, separators=(",", ":")):
    """json.dumps, but with numbers as they are: Decimal, int, float and Number."""
    comma, colon = separators
    if isinstance(value, dict):
        items = (written(k, ascii_only) + colon + written(v, ascii_only, separators) for k, v in value.items())
        return "{" + comma.join(items) + "}"
    if isinstance(value, list):
        return "[" + comma.join(written(v, ascii_only, separators) for v in value) + "]"
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=ascii_only)


def parsed(text, number=decimal.Decimal):
    return json.loads(text, parse_int=number, parse_float=number)


def as_decimals(value):
    """The value with each number as a Decimal, for a numeric comparison."""
    return parsed(written(value))


def check_compact(response):
    """The answer is what json.dumps would print of it, byte for byte."""
    text = response.body.decode("utf-8")
    assert written(parsed(text, Number)) == text


def create(world, body):
    answer = world.call("POST", world.name("list:b") + "/", body)
    assert answer.status == 201, f"{body[:500]}\n{answer}"
    check_compact(answer)
    return answer


def remove(world, answer):
    assert world.call("DELETE", f"{world.name('list:b')}/{answer.json()['id']}/").status == 204


@settings(max_examples=400, **PROFILE)
@given(VALUES, st.booleans(), st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")]))
@example({"a": [1.0, 100, 1e2, -0.0, 1e-7, 1.10]}, False, (",", ":"))
@example({"": {"": [""]}}, True, (",", ":"))
@example("\"\\/\b\f\n\r\t\x01\x1f\x7f\u2028\u2029\ufeff\ufffe\uffff\U0010ffff", True, (",", ":"))
def test_round_trip(world, value, ascii_only, separators):
    body = '{"title":"t","summary":' + written(value, ascii_only, separators) + "}"
    created = create(world, body)
    assert parsed(created.text)["summary"] == as_decimals(value)
    again = world.call("GET", f"{world.name('list:b')}/{created.json()['id']}/")
    assert again.body == created.body
    remove(world, created)


@settings(max_examples=150, **PROFILE)
@given(
    TEXT.map(lambda t: "t" + t + "t"),
    st.lists(TEXT.map(lambda t: "s" + t + "s"), max_size=5),
    st.dictionaries(TEXT, VALUES, max_size=4),
    st.booleans(),
)
def test_other_fields(world, title, session_ids, metadata, ascii_only):
    body = {"title": title, "session_ids": session_ids, "run_metadata": metadata, "extra_summary_context": metadata}
    created = create(world, written(body, ascii_only))
    stored = parsed(created.text)
    assert stored["title"] == title
    assert stored["session_ids"] == session_ids
    assert stored["run_metadata"] == stored["extra_summary_context"] == as_decimals(metadata)
    remove(world, created)


@settings(max_examples=100, **PROFILE)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "é", "\\"]), NUMBERS), min_size=1, max_size=8))
def test_of_a_repeated_key_the_last_wins(world, pairs):
    text = "{" + ",".join(f"{written(k)}:{written(v)}" for k, v in pairs) + "}"
    created = create(world, f'{{"summary":{text}}}')
    assert parsed(created.text)["summary"] == parsed(text)
    remove(world, created)


@settings(max_examples=60, **PROFILE)
@given(st.integers(1, 500), st.integers(0, 2**32))
def test_depth(world, depth, seed):
    rng = random.Random(seed)
    opening = [rng.choice(["[", '{"k":']) for _ in range(depth)]
    closing = ["]" if o == "[" else "}" for o in reversed(opening)]
    summary = "".join(opening) + "1" + "".join(closing)
    answer = world.call("POST", world.name("list:b") + "/", f'{{"summary":{summary}}}')
    assert answer.status == 201 and f'"summary":{summary},"extra_summary_context"' in answer.text
    remove(world, answer)


# The body's own object and the list in it count as well: so many fit beside them.
VALUES_LEFT, CONTAINERS_LEFT = 200_000 - 2, 50_000 - 2

FULL = {
    "numbers": ["0"] * VALUES_LEFT,
    "blanks": [" 0\n\t"] * VALUES_LEFT,
    "strings": ['""'] * VALUES_LEFT,
    "objects": ["{}"] * CONTAINERS_LEFT,
    "blank objects": ["{ }"] * CONTAINERS_LEFT,
    "lists": ["[]"] * CONTAINERS_LEFT,
    "names": ['{"a":0,"b":0,"c":0}'] * (CONTAINERS_LEFT - 1),
    "lists in lists": ["[[]]"] * (CONTAINERS_LEFT // 2),
    "brackets and commas in strings": [r'"[{,\"[{,\\"'] * VALUES_LEFT,
}


@pytest.mark.parametrize("kind", FULL)
def test_many_values(world, kind):
    answer = world.call("POST", world.name("list:b") + "/", '{"summary":[' + ",".join(FULL[kind]) + "]}")
    assert answer.status == 201
    assert len(answer.json()["summary"]) == len(FULL[kind])
    remove(world, answer)


@pytest.mark.parametrize("kind", [*FULL, "unclosed"])
def test_too_many_values(world, kind):
    """Refused before they are parsed, which takes hundreds of bytes for each."""
    body = "[" * 1_000_000 if kind == "unclosed" else '{"summary":[' + ",".join([*FULL[kind], *FULL[kind][:2]]) + "]}"
    before = world.snapshot()
    answer = world.call("POST", world.name("list:b") + "/", body)
    assert answer.status == 400
    assert answer.json()["detail"] == "JSON parse error - More than 200000 values, or more than 50000 objects and lists."
    assert world.snapshot() == before


def test_too_many_values_in_a_form(world):
    answer = world.call("POST", world.name("list:b") + "/", "summary=[" + ",".join(FULL["objects"] + ["{}"] * 2) + "]",
                        type="application/x-www-form-urlencoded")
    assert answer.status == 400 and answer.json()["attr"] == "summary"


@settings(max_examples=60, **PROFILE)
@given(VALUES, TEXT, TEXT, st.booleans())
def test_nul_is_refused_wherever_it_stands(world, value, before, after, in_key):
    text = written(before + "\x00" + after, ascii_only=True)
    inner = f"{{{text}:1}}" if in_key else text
    before_ = world.snapshot()
    answer = world.call("POST", world.name("list:b") + "/", f'{{"summary":[{written(value)},{inner}]}}')
    assert answer.status == 400 and list(answer.json()) == ["type", "code", "detail", "attr"]
    assert world.snapshot() == before_


@settings(max_examples=60, **PROFILE)
@given(st.characters(whitelist_categories=("Cs",)), TEXT)
def test_a_lone_surrogate_is_refused(world, surrogate, text):
    before = world.snapshot()
    body = json.dumps({"summary": [text + surrogate + text]})
    answer = world.call("POST", world.name("list:b") + "/", body)
    assert answer.status == 400, body
    assert world.snapshot() == before


@settings(max_examples=300, **PROFILE)
@given(VALUES, st.data())
def test_damaged_json_is_judged_as_python_does(world, value, data):
    """One character gone, doubled or exchanged: taken if Python takes it, else a parse error."""
    body = '{"title":"t","summary":' + written(value, ascii_only=True) + "}"
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.sampled_from(["", body[place] * 2, "x", '"', "{", "}", "[", "]", ",", ":", " ", "\\", "0",
                                       "-", "."]))
    damaged = body[:place] + other + body[place + 1 :]

    def refuse(name):
        raise ValueError(name)

    try:
        expected = json.loads(
            damaged, parse_int=decimal.Decimal, parse_float=decimal.Decimal, parse_constant=refuse
        )
    except ValueError:
        expected = None
    before = world.snapshot()
    answer = world.call("POST", world.name("list:b") + "/", damaged)
    if expected is None:
        assert (answer.status, answer.json()["code"]) == (400, "parse_error"), damaged
        assert world.snapshot() == before
    elif answer.status == 201:
        stored = parsed(answer.text)
        check_compact(answer)
        assert stored["title"] == expected.get("title", "Group summary")
        assert stored["summary"] == expected.get("summary")
        remove(world, answer)
    else:
        # JSON, but no summary: a title that is none, a NUL or half a pair of surrogates.
        assert answer.status == 400, damaged
        assert world.snapshot() == before


def test_pages_are_compact_too(world):
    check_compact(world.call("GET", world.name("list:shelf") + "/?limit=3&offset=2"))
    check_compact(world.call("GET", world.name("list") + "/abc/"))
