"""The tables of bench/growth, and its picture."""

import json

import chart
import report
from growth_cases import many, name

FLAT = 1.2              # times the small project, at most
SEARCH_MS = 20          # of a search in a project of SEARCHED summaries, at most
SEARCHED = 1_000_000
SEARCHES = ("search=", "session_id=", "q=", "severity=", "patterns/")
TITLE = "What an operation costs as projects and connections grow"


def operations(results):
    return list(dict.fromkeys(operation for operation, _ in results))


def by_connections(over_http):
    """Operation to number of connections to that number's own key."""
    found = {}
    for key in operations(over_http):
        operation, _, number = key.rpartition(" by ")
        found.setdefault(operation, {})[int(number)] = key
    return found


def verdict(small, judged, size, operation):
    """What is wanted of an operation in a project of that size, and whether it is met."""
    is_search = size == SEARCHED and operation.startswith(SEARCHES)
    met = judged.p50 <= FLAT * small.p50 and not (is_search and judged.p50 > SEARCH_MS)
    return [f"≤ {FLAT}×" + (f", {SEARCH_MS} ms" if is_search else ""), "met" if met else "MISSED"]


def growth_rows(results, sizes, projects):
    """Each size against the smallest; judged is the largest up to SEARCHED."""
    judged = max([size for size in sizes if size <= SEARCHED])
    head = ["operation", f"{name(sizes[0])}: ms", "spread"]
    for size in sizes[1:]:
        head += [f"{name(size)}: ms", "×"]
    yield [*head, *([f"{many(projects)}: ms", "×"] if projects else []), f"wanted of {name(judged)}", ""]
    for operation in operations(results):
        small = results[operation, name(sizes[0])]
        row = [operation, report.milliseconds(small.p50), f"{small.spread:.0%}"]
        for peer in [*map(name, sizes[1:]), *([many(projects)] if projects else [])]:
            other = results.get((operation, peer))
            row += [report.milliseconds(other.p50), f"{other.p50 / small.p50:.2f}"] if other else ["", ""]
        yield row + verdict(small, results[operation, name(judged)], judged, operation)


def page_rows(pages, sizes):
    """Pages that a call reads, of each size."""
    yield ["pages of a call", *map(name, sizes)]
    for operation in operations(pages):
        yield [operation, *(f"{pages[operation, name(size)]:,.0f}" for size in sizes)]


def http_rows(over_http, sizes):
    """Requests a second and milliseconds by the number of connections."""
    found = by_connections(over_http)
    numbers = list(next(iter(found.values())))
    yield ["requests/s, by connections", "summaries", *map(str, numbers)]
    for operation, keys in found.items():
        for size in (sizes[0], sizes[-1]):
            yield [operation if size == sizes[0] else "", name(size), *(f"{over_http[key, name(size)].rate:,.0f}" for key in keys.values())]


def picture(results, over_http, sizes):
    of_sizes = [chart.Chart(operation, {"": [(size, results[operation, name(size)].p50) for size in sizes if (operation, name(size)) in results]},
                            goal=SEARCH_MS) for operation in operations(results)]
    of_connections = [chart.Chart(operation, {
        name(size): [(number, over_http[key, name(size)].rate) for number, key in keys.items()]
        for size in (sizes[0], sizes[-1])}) for operation, keys in by_connections(over_http).items()]
    rows = [(f"Milliseconds of processor time of a call, by the summaries of the project (dashed: {SEARCH_MS} ms)", of_sizes),
            ("Requests a second over HTTP, by connections, in a project of so many summaries", of_connections)]
    return chart.svg(TITLE, [row for row in rows if row[1]])


def write(results, pages, over_http, counted, sizes, options, facts, loaded, took, say):
    parts = [f"{facts['time']}, commit {facts['commit']}; {options.rounds} interleaved rounds, {took:.0f} s; {loaded}", facts["machine"],
             report.markdown(growth_rows(results, sizes, options.projects), 1), report.markdown(page_rows(pages, sizes), 1)]
    if over_http:
        parts.append(report.markdown(http_rows(over_http, sizes), 2))
    found, by = counted
    if found:
        parts += [f"Instructions of a backend for a call ({by}):", report.markdown(report.instruction_rows(found, "summaries", "× the first"), 2)]
    report.RESULTS.mkdir(exist_ok=True)
    (report.RESULTS / "growth.md").write_text("\n\n".join(parts) + "\n")
    (report.RESULTS / "growth.svg").write_text(picture(results, over_http, sizes))
    (report.RESULTS / "growth.json").write_text(json.dumps(
        {**facts, "results": [[*key, vars(result)] for key, result in [*results.items(), *over_http.items()]]}, indent=1) + "\n")
    say("\n\n".join(parts) + "\n\nwritten to bench/results/growth.md, .svg and .json")
