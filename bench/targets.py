"""The targets, each beside its measurement."""

import dataclasses

from cases import FUNCTION, GATEWAY, PLPGSQL, RAW, SQL_JSON
from http_cases import DRF, FASTIFY, FLEET, OURS, PLAIN, PREPARED


@dataclasses.dataclass
class Target:
    """limit: the least (at_least) or the most that the value may be.

    value: computes it; evaluate() replaces it by the result, None if not measured.
    """
    text: str
    at_least: bool
    limit: float
    unit: str
    value: object

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


def most(limit, unit, text, value):
    return Target(text, False, limit, unit, value)


def least(limit, unit, text, value):
    return Target(text, True, limit, unit, value)


def _times(results):
    """Functions: the median of a peer, and the ratio of two peers' medians, computed when asked."""
    def time(operation, peer):
        return results[operation, peer].p50

    def ratio(operation, peer, other):
        return lambda: time(operation, peer) / time(operation, other)
    return time, ratio


def _sql(results):
    time, ratio = _times(results)
    page = "list, page of 100"
    yield least(5, "×", "SQL: page of 100, the better of SQL json functions and PL/pgSQL against ours",
                lambda: min(time(page, SQL_JSON), time(page, PLPGSQL)) / time(page, GATEWAY))
    yield most(1.6, "×", "SQL: page of 100, ours against the raw rows", ratio(page, GATEWAY, RAW))
    yield most(1.8, "×", "SQL: page of 10, ours against the raw rows", ratio("list, page of 10", GATEWAY, RAW))
    yield most(1.2, "×", "SQL: get, function against the raw row", ratio("get", FUNCTION, RAW))
    yield most(1.2, "×", "SQL: get, gateway against the raw row", ratio("get", GATEWAY, RAW))
    for operation, statement in (("create", "INSERT into"), ("update", "UPDATE of"), ("delete", "DELETE from")):
        yield most(1.5, "×", f"SQL: {operation}, function against {statement} the same table by its owner",
                   ratio(operation, FUNCTION, f"floor: {statement.split()[0]}, same table"))
    for name in ("get", "list"):
        yield most(1.05, "×", f"Row-level security: {name} with policies against the same as owner",
                   ratio(f"policies, {name}", "with policies", "as owner"))
    yield most(60, " µs", "authenticate() with a warm cache",
               lambda: 1000 * (time("authenticate()", "with it") - time("authenticate()", "without it")))


def _large(results):
    time, ratio = _times(results)

    def share(commit):
        operation = f"create by 8 writers, synchronous_commit {commit}"
        return lambda: results[operation, "in 1 project"].rate / results[operation, "in 8 projects"].rate

    search = "search, 50 hits"
    yield most(1.2, "×", "First page of the large project against that of a small one",
               ratio("first page of 100, by the project's size", "ours: large", "ours: small"))
    yield most(1.2, "×", "Page at the depth of a cursor against the first",
               ratio("page of 100 with a cursor", "ours: deep", "ours: first"))
    yield most(10, " ms", "Search with 50 hits", lambda: time(search, GATEWAY))
    yield least(10, "×", "Search with 50 hits, filtering the rows against ours",
                ratio(search, "filter rows, with policies", GATEWAY))
    for commit in ("off", "on"):
        yield least(0.85, "×", "Create by 8 writers in one project, share of the rate in 8 "
                    f"(synchronous_commit {commit})", share(commit))


def _http(results):
    def ratio(operation, peer):
        return lambda: results[operation, OURS].rate / results[operation, peer].rate

    page, small, one = "HTTP: page of 100", "HTTP: page of 10", "HTTP: one object"
    yield least(1.5, "×", f"{page}, ours against PostgREST on a plain table", ratio(page, PLAIN))
    for operation, share in ((small, 0.95), (one, 0.9)):
        yield least(share, "×", f"{operation}, share of the rate of prepared bytes", ratio(operation, PREPARED))
    for operation in (small, one):
        yield least(0.97, "×", f"{operation}, through a fleet, share of the rate of one machine",
                    lambda operation=operation: results[operation, FLEET].rate / results[operation, OURS].rate)
    wanted = {page: (16, 2.5), small: (3.5, 2), one: (3.5, 1.2), "HTTP: create": (3.5, 1.5),
              "HTTP: update": (3.5, 1.2), "HTTP: delete": (3.5, 1.2)}
    for operation, (django, fastify) in wanted.items():
        yield least(django, "×", f"{operation}, ours against Django REST framework", ratio(operation, DRF))
        yield least(fastify, "×", f"{operation}, ours against Fastify", ratio(operation, FASTIFY))


def _memory(used):
    def megabytes(name):
        return lambda: used[name] / 1024

    yield most(1, " MB", "Memory that five pages of 1000 leave behind", megabytes("page_1000_kept_kb"))
    yield most(1, " MB", "Memory that documents of 4 MB leave behind", megabytes("document_kept_kb"))
    yield most(10, "×", "Copies of a document of 4 MB on its way in", lambda: used["document_in_copies"])
    yield most(3, "×", "Copies of a document of 4 MB on its way out", lambda: used["document_out_copies"])
    yield most(512, " MB", "Ten documents of 4 MB at once, PostgREST and its backends together", megabytes("at_once_kb"))
    yield most(1, " MB", "Growth of one backend over all its requests", megabytes("requests_kept_kb"))


def evaluate(results, used):
    """results: (operation, peer) to a Result; used: what memory.py found."""
    targets = [*_sql(results), *_large(results), *_http(results), *_memory(used)]
    for target in targets:
        try:
            target.value = target.value()
        except KeyError:    # not measured in this run
            target.value = None
    return targets
