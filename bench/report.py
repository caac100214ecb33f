"""One table of what was measured, and one of the targets; as text, Markdown and JSON."""

import dataclasses
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import time

import memory
import servers
import targets
import world

REPO = pathlib.Path(__file__).resolve().parent.parent
RESULTS = REPO / "bench" / "results"


@dataclasses.dataclass
class Result:
    """The rounds of one peer; latencies in milliseconds, spread between the extreme rounds' medians."""
    p50: float
    spread: float
    p99: float
    rate: float
    rounds: int


def summarise(samples):
    middles = [sample.p50 for sample in samples]
    median = statistics.median(middles)
    return Result(median, (max(middles) - min(middles)) / median, statistics.median(s.p99 for s in samples),
                  statistics.median(s.rate for s in samples), len(samples))


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=REPO).stdout.strip()
    except OSError:
        return ""


def _package(name):
    return _output("dpkg-query", "-W", "-f", "${Version}", name) or "?"


def _javascript(package):
    return json.loads((servers.fastify_modules() / package / "package.json").read_text())["version"]


def _first(pattern, text):
    found = re.search(pattern, text)
    return found.group(1).strip() if found else "?"


def about(stack):
    """Machine, versions and commit."""
    (server,), = world.run(stack.owner_url, "SHOW server_version")
    memory = int(_first(r"MemTotal: +(\d+)", pathlib.Path("/proc/meminfo").read_text()))
    changed = _output("git", "status", "--porcelain", "--untracked-files=no")
    commit = _output("git", "rev-parse", "--short", "HEAD") or "?"
    processor = _first("model name.*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {
        "time": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit + (" with changes" if changed else "") + (
            ", extension as it was installed" if os.environ.get("SKIP_BUILD") else ""),
        "machine": f"{processor}, {os.cpu_count()} cores, {memory / 1048576:.0f} GB, "
                   f"{platform.system()} {platform.machine()}",
        "versions": {
            "PostgreSQL": server,
            "PostgREST": _first(r"([\d.]+)", _output(servers.from_lib("find_postgrest"), "--version")),
            "nginx": _package("nginx"), "wrk": _package("wrk"), "Django": _package("python3-django"),
            "Django REST framework": _package("python3-djangorestframework"),
            "gunicorn": _package("gunicorn"), "Python": platform.python_version(),
            "Fastify": _javascript("fastify"), "node-postgres": _javascript("pg"), "Node.js": _output("node", "--version")[1:]},
    }


def milliseconds(value):
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _times_ours(results, operation, peer):
    """How many times as long as ours a peer takes; over HTTP by rate."""
    ours = next(key for key in results if key[0] == operation)
    if peer == ours[1]:
        return "1"
    if operation.startswith("HTTP"):
        return f"{results[ours].rate / results[operation, peer].rate:.2f}"
    return f"{results[operation, peer].p50 / results[ours].p50:.2f}"


def _result_rows(results):
    yield ["operation", "peer", "median ms", "spread", "p99 ms", "calls/s", "× ours"]
    last = None
    for (operation, peer), result in results.items():
        yield [operation if operation != last else "", peer, milliseconds(result.p50), f"{result.spread:.0%}",
               milliseconds(result.p99), f"{result.rate:,.0f}", _times_ours(results, operation, peer)]
        last = operation


def instruction_count(number):
    return "not counted" if number is None else f"{number:,}"


def instruction_rows(found, peer="peer", times="× ours"):
    yield ["operation", peer, "instructions", times]
    ours = {}
    for (operation, peer), number in found.items():
        first = operation not in ours
        ours.setdefault(operation, number)
        ratio = f"{number / ours[operation]:.2f}" if number and ours[operation] else ""
        yield [operation if first else "", peer, instruction_count(number), ratio]


def _target_rows(goals):
    yield ["target", "wanted", "measured", ""]
    for goal in goals:
        yield [goal.text, goal.wanted, goal.measured, goal.verdict]


def _text(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def markdown(rows, left):
    rows = list(rows)
    rule = ["---" if i < left else "---:" for i in range(len(rows[0]))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]])


def _memory_lines(used):
    def megabytes(name):
        return f"{used[name] / 1024:.1f} MB"

    if used:
        yield (f"One backend after {used['requests']:,} requests: {megabytes('backend_anon_kb')} of its own, "
               f"{megabytes('backend_peak_kb')} at its peak (RSS without shared buffers).")
    if "document_in_ms" in used:
        yield (f"A document of {used['document_bytes'] / 1e6:.1f} MB over HTTP: {used['document_in_ms']} ms in, "
               f"{used['document_out_ms']} ms out; after one a backend has up to {megabytes('document_kept_kb')} "
               f"more than before, {megabytes('document_kept_at_last_kb')} after the last.")
    if "at_once_kb" in used:
        yield (f"{memory.AT_ONCE} documents of {used['at_once_bytes'] / 1e6:.1f} MB at once: PostgREST and its backends have up to "
               f"{megabytes('at_once_kb')} of their own together, {megabytes('at_once_after_kb')} afterwards.")


def write(samples, used, counted, features, sizes, loaded, facts, took, say):
    results = {key: summarise(of_key) for key, of_key in samples.items()}
    goals = targets.evaluate(results, used)
    missing = [name for name, found in features.items() if not found]
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    head = [f"{facts['time']}, commit {facts['commit']}; {sizes.rounds} interleaved rounds, {took:.0f} s",
            facts["machine"], versions, f"Loaded: {loaded}"]
    if missing:
        head.append("Not built yet: " + ", ".join(missing))
    notes = list(_memory_lines(used))
    found, by = counted
    notes.append(f"Instructions of a backend for a call ({by}):")

    say("\n" + "\n".join(head) + "\n\n" + _text(_result_rows(results)) + "\n")
    say("\n".join(notes) + "\n\n" + _text(instruction_rows(found)) + "\n\n" + _text(_target_rows(goals)))

    RESULTS.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    parts = ["  \n".join(head), markdown(_result_rows(results), 2), *notes, markdown(instruction_rows(found), 2),
             markdown(_target_rows(goals), 1)]
    (RESULTS / f"{stamp}.md").write_text("\n\n".join(parts) + "\n")
    (RESULTS / f"{stamp}.json").write_text(json.dumps({
        **facts, "seconds": round(took), "sizes": vars(sizes), "loaded": loaded, "not_built": missing,
        "memory": used, "instructions_by": by,
        "instructions": [{"operation": operation, "peer": peer, "number": number}
                         for (operation, peer), number in found.items()],
        "results": [{"operation": operation, "peer": peer, **dataclasses.asdict(result),
                     "samples": [dataclasses.asdict(sample) for sample in samples[operation, peer]]}
                    for (operation, peer), result in results.items()],
        "targets": [{**dataclasses.asdict(goal), "verdict": goal.verdict} for goal in goals],
    }, indent=1, ensure_ascii=False) + "\n")
    say(f"\nwritten to bench/results/{stamp}.md and .json; took {took:.0f} s")
