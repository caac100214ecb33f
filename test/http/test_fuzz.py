"""Random requests, put together from good parts and damaged ones: whatever comes, the answer is one of
the contract's, never a 500, and a request that is refused changes nothing.
SESSION_GROUP_TEST_SEED=<the number that was printed> repeats a run."""

import json
import os
import random
import secrets

import description
from runner import FORM, JSON
from test_proxy import assert_contract

SEED = int(os.environ.get("SESSION_GROUP_TEST_SEED") or secrets.randbits(32))
REQUESTS = 2500

METHODS = ["GET"] * 4 + ["POST"] * 6 + ["PUT"] * 3 + ["PATCH"] * 5 + ["DELETE", "HEAD", "OPTIONS", "PURGE"]
TYPES = [JSON] * 6 + [FORM] * 5 + [JSON + "; charset=utf-8", "text/plain", "application/xml", "", "x", JSON + ";;",
                                   FORM + ";="]
WORDS = [
    "", "0", "1", "-1", "1.5", "9223372036854775807", "9223372036854775808", "1" * 50, "true", "null", "None", "NaN",
    "a", "é", "😀", "\u0000", "\u2028", " ", "\t", "\n", "\r\nX-Evil: 1", "'", '"', "\\", "%", "_", "/", "..", "$1",
    "2026-01-01", "2026-02-30", "-7d", "-1mStart", "-999999999999y", "24:00", "2026-W01", "now", "infinity",
    "created_at", "-title", "id", "x" * 300, "{}", "[]", "[1,", '{"a":1}', "\ufeff", "\ufffd", "١", "Ǆ",
]  # fmt: skip
PARAMETERS = ["limit", "offset", "order", "search", "created_by", "date_from", "date_to", "personal_api_key", "x", "",
              "select", "title", "limit[]"]
FIELDS = ["title", "session_ids", "summary", "extra_summary_context", "run_metadata", "id", "team", "created_by",
          "personal_api_key", "x", ""]


class Fuzzer:
    def __init__(self, world, rng):
        self.world, self.rng = world, rng

    def damaged(self, data):
        """Bytes with some of them gone, doubled or exchanged."""
        data = bytearray(data)
        for _ in range(self.rng.choice([0, 0, 0, 1, 1, 2, 5])):
            place = self.rng.randint(0, len(data))
            data[place : place + self.rng.randint(0, 3)] = self.rng.choice(
                [b"", b"\xff", b"\x00", b"\xed\xa0\x80", b"\\u0000", b"\\ud800", b'"', b"{", b"[", b",", b"%", b"%00",
                 b"%ff", b"&", b"=", b"+", b"9"]
            )
        return bytes(data)

    def escaped(self, text):
        """A text for an address, escaped all over, in part or, where that can be sent, not at all."""
        plain = self.rng.choice(["", "abcdefghijklmnopqrstuvwxyz0123456789-_.", "abc0123456789-:/?'$,;@!*()"])
        data = "".join(c if c in plain else "".join(f"%{b:02X}" for b in c.encode()) for c in text)
        if self.rng.random() < 0.1:
            data += self.rng.choice(["%", "%zz", "%ff", "%C3", "%00", "+"])
        return data

    def value(self, depth=0):
        kinds = [lambda: self.rng.choice(WORDS), lambda: self.rng.choice([None, True, False, 0, -1, 1e300, 10**40])]
        if depth < 3:
            kinds += [
                lambda: [self.value(depth + 1) for _ in range(self.rng.randint(0, 3))],
                lambda: {self.rng.choice(WORDS): self.value(depth + 1) for _ in range(self.rng.randint(0, 3))},
            ]
        return self.rng.choice(kinds)()

    def field(self, name):
        good = {
            "title": lambda: "t" + self.rng.choice(WORDS),
            "session_ids": lambda: ["s" + self.rng.choice(WORDS[:20]) for _ in range(self.rng.randint(0, 3))],
            "extra_summary_context": lambda: {"a": self.value()},
            "run_metadata": lambda: self.rng.choice([None, {}]),
        }
        return good[name]() if name in good and self.rng.random() < 0.8 else self.value()

    def body(self):
        names = self.rng.sample(FIELDS, self.rng.randint(0, 4))
        if self.rng.random() < 0.6:
            data = json.dumps({n: self.field(n) for n in names}, ensure_ascii=self.rng.random() < 0.5).encode()
        else:
            data = "&".join(f"{self.escaped(n)}={self.escaped(str(self.rng.choice(WORDS)))}" for n in names).encode()
        return self.damaged(data)

    def project(self):
        names = self.world.names
        return self.rng.choice([names["a"]] * 12 + [names["c"], names["unknown"],
                                                    self.escaped(self.rng.choice(WORDS))])

    def target(self, method):
        path = f"/api/projects/{self.project()}/session_group_summaries"
        if self.rng.random() < {"POST": 0.1, "PUT": 0.9, "PATCH": 0.9, "DELETE": 0.9}.get(method, 0.5):
            row = self.world.new_row if self.rng.random() < 0.7 else lambda: self.escaped(self.rng.choice(WORDS))
            path += "/" + row()
        path += self.rng.choice(["/", "/", ""])
        parameters = [
            f"{self.escaped(self.rng.choice(PARAMETERS[:7] + PARAMETERS[8:]))}={self.escaped(self.rng.choice(WORDS))}"
            for _ in range(self.rng.choice([0, 0, 1, 2, 4]))
        ]
        return path + ("?" + "&".join(parameters) if parameters else "")

    def request(self):
        method, headers, body = self.rng.choice(METHODS), {}, None
        if method not in ("GET", "HEAD", "OPTIONS"):
            body = self.body()
            type = self.rng.choice(TYPES)
            if type:
                headers["Content-Type"] = type
        key = self.rng.choice(["write"] * 12 + ["read", "unknown", None])
        if key:
            headers["Authorization"] = "Bearer " + self.world.key(key)
        return method, self.target(method), headers, body


def test_random_requests(world):
    print(f"SESSION_GROUP_TEST_SEED={SEED}")
    fuzzer = Fuzzer(world, random.Random(SEED))
    seen = {}
    for number in range(REQUESTS):
        method, target, headers, body = fuzzer.request()
        where = f"request {number} of seed {SEED}: {method} {target} {headers.get('Content-Type')} {body}"
        before = world.snapshot()
        answer = world.client.request(method, target, headers, body)
        seen[answer.status] = seen.get(answer.status, 0) + 1
        assert answer.status < 500, f"{where}\n{answer}"
        if answer.status >= 400:
            assert world.snapshot() == before, where
            if method != "HEAD":
                assert_contract(answer, answer.status)
        if method != "HEAD":
            description.check_response(method, target, answer)
        if number % 250 == 0:
            # What piles up makes the comparison slow.
            world.sql("DELETE FROM session_group.summaries WHERE project_id = %s AND id <> %s", world.names["a"],
                      world.names["a_row"])
    # The fuzz is of use only while a good part of it is let in.
    assert {200, 201, 204, 400, 401, 403, 404, 405, 415} <= set(seen) and seen[201] > REQUESTS / 50, seen
