"""The targets, each beside its measurement."""

import dataclasses

from cases import FUNCTION, GATEWAY, PLPGSQL, RAW, SQL_JSON
from http_cases import DRF, OURS, PLAIN, PREPARED


@dataclasses.dataclass
class Target:
    """limit: the least (at_least) or the most that the value may be; value: None if not measured."""
    text: str
    at_least: bool
    limit: float
    unit: str
    value: float = None

    @property
    def verdict(self):
        if self.value is None:
            return "not measured"
        met = self.value >= self.limit if self.at_least else self.value <= self.limit
        return "met" if met else "MISSED"

    @property
    def wanted(self):
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{self.unit}"

    @property
    def measured(self):
        if self.value is None:
            return "–"
        return f"{self.value:.2f}{self.unit}" if self.unit == "×" else f"{self.value:.3g}{self.unit}"


def _sql(results):
    def time(operation, peer):
        return results[operation, peer].p50

    def ratio(operation, ours, peer):
        return lambda: time(operation, ours) / time(operation, peer)

    page, large = "list, page of 100", "first page of 100, by the project's size"
    cursor, search = "page of 100 with a cursor", "search, 50 hits"
    yield ("SQL: page of 100, the better of SQL json functions and PL/pgSQL against ours", True, 5, "×",
           lambda: min(time(page, SQL_JSON), time(page, PLPGSQL)) / time(page, GATEWAY))
    yield "SQL: page of 100, ours against the raw rows", False, 1.6, "×", ratio(page, GATEWAY, RAW)
    yield "SQL: get, function against the raw row", False, 1.3, "×", ratio("get", FUNCTION, RAW)
    yield "SQL: get, gateway against the raw row", False, 1.3, "×", ratio("get", GATEWAY, RAW)
    for operation, statement in (("create", "INSERT into"), ("update", "UPDATE of"), ("delete", "DELETE from")):
        floor = f"floor: {statement.split()[0]}, same table"
        yield (f"SQL: {operation}, function against {statement} the same table by its owner", False, 1.5, "×",
               ratio(operation, FUNCTION, floor))
    yield ("First page of the large project against that of a small one", False, 1.2, "×",
           ratio(large, "ours: large", "ours: small"))
    yield "Page at the depth of a cursor against the first", False, 1.2, "×", ratio(cursor, "ours: deep", "ours: first")
    yield "Search with 50 hits", False, 10, " ms", lambda: time(search, GATEWAY)
    yield ("Search with 50 hits, filtering the rows against ours", True, 10, "×",
           ratio(search, "filter rows, with policies", GATEWAY))
    for commit in ("off", "on"):
        writers = f"create by 8 writers, synchronous_commit {commit}"
        yield (f"Create by 8 writers in one project, share of the rate in 8 (synchronous_commit {commit})", True, 0.85, "×",
               lambda writers=writers: results[writers, "in 1 project"].rate / results[writers, "in 8 projects"].rate)
    for name in ("get", "list"):
        yield (f"Row-level security: {name} with policies against the same as owner", False, 1.05, "×",
               ratio(f"policies, {name}", "with policies", "as owner"))
    yield ("authenticate() with a warm cache", False, 60, " µs",
           lambda: 1000 * (time("authenticate()", "with it") - time("authenticate()", "without it")))


def _http(results):
    def ratio(operation, peer):
        return lambda: results[operation, OURS].rate / results[operation, peer].rate

    yield "HTTP: page of 100, ours against Django REST framework", True, 12, "×", ratio("HTTP: page of 100", DRF)
    yield "HTTP: page of 100, ours against PostgREST on a plain table", True, 1.5, "×", ratio("HTTP: page of 100", PLAIN)
    for operation in ("HTTP: page of 10", "HTTP: one object"):
        yield f"{operation}, share of the floor's rate (prepared bytes)", True, 0.85, "×", ratio(operation, PREPARED)
        yield f"{operation}, ours against Django REST framework", True, 3.5, "×", ratio(operation, DRF)


def _memory(used):
    yield "Memory that five pages of 1000 leave behind", False, 1, " MB", lambda: used["page_1000_kept_kb"] / 1024
    yield "Memory that documents of 10 MB leave behind", False, 1, " MB", lambda: used["document_kept_kb"] / 1024
    yield "Copies of a document of 10 MB on its way in", False, 3, "×", lambda: used["document_in_copies"]
    yield "Copies of a document of 10 MB on its way out", False, 3, "×", lambda: used["document_out_copies"]
    yield "Growth of one backend over all its requests", False, 1, " MB", lambda: used["requests_kept_kb"] / 1024


def evaluate(results, used):
    """results: (operation, peer) to a Result; used: what memory.py found."""
    targets = []
    for text, at_least, limit, unit, value in [*_sql(results), *_http(results), *_memory(used)]:
        target = Target(text, at_least, limit, unit)
        try:
            target.value = value()
        except KeyError:
            pass
        targets.append(target)
    return targets
