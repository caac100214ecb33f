"""Memory of backends, from /proc: what they keep, and the most they had.

What they keep is RssAnon, without the pages of shared buffers that a backend
has touched. The most that a request needed is VmHWM, reset before it, beyond
VmRSS before it, after the same request has touched its pages once.
"""

import json
import pathlib
import time
import urllib.request

import probe
import scripts
import world

DOCUMENT = 10_000_000
WARM = 1000         # requests before the first look


def status(pid, field):
    """A field of /proc/PID/status in kB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise KeyError(field)


class Peak:
    """The most that one of some processes took beyond what it had; in kB, at the end of the block."""

    def __init__(self, pids):
        self.pids = pids

    def __enter__(self):
        for pid in self.pids:
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
        self.before = {pid: status(pid, "VmRSS") for pid in self.pids}
        return self

    def __exit__(self, *_):
        self.extra = max(status(pid, "VmHWM") - self.before[pid] for pid in self.pids)


def _kept(gateway, work):
    """What a backend keeps of a request that it has served before; in kB."""
    def small():
        gateway.body(1, "?limit=10")
    small(), work(), small()
    before = status(gateway.pid, "RssAnon")
    for _ in range(5):
        work()
        small()
    return status(gateway.pid, "RssAnon") - before


def _page_of_1000(stack):
    with probe.Gateway(stack.gateway_url) as gateway:
        return _kept(gateway, lambda: gateway.body(world.LARGE, "?limit=1000"))


def _document(size):
    item = {"pattern_name": "Back and forth", "pattern_description": "Visitors \"go\" back and forth. " * 8,
            "severity": "medium", "sessions": [1, 2.5, True, None]}
    one = len(json.dumps(item)) + 2
    return {"patterns": [dict(item, pattern_id=n) for n in range(size // (one + 18))]}


def _send(url, method, body=None):
    request = urllib.request.Request(url, data=body, method=method, headers={
        "Authorization": f"Bearer {world.key(world.SCRATCH)}", "Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=120) as answer:
        return answer.read()


def _large_document(stack, tries=3):
    """A document of ten megabytes in and out over HTTP, by what PostgREST's backends need for it."""
    url = f"{stack.url}/api/projects/{world.SCRATCH}{scripts.PATH}"
    body = json.dumps({"title": "Large", "summary": _document(DOCUMENT)}).encode()
    pids = [pid for pid, in world.run(
        stack.owner_url, "SELECT pid FROM pg_stat_activity WHERE usename = 'session_group_web'")]
    found = {}

    def observe(name, method, address, sent=None):
        extra, times = [], []
        for _ in range(tries):
            with Peak(pids) as peak:
                start = time.monotonic()
                answer = _send(address, method, sent)
                times.append(time.monotonic() - start)
            extra.append(peak.extra)
        found[f"document_{name}_copies"] = round(min(extra) * 1024 / len(body), 2)
        found[f"document_{name}_ms"] = round(min(times) * 1000)
        return answer

    # All that PostgREST keeps open, warm: whichever backend it takes has seen a document.
    for _ in range(3):
        made = json.loads(_send(url, "POST", body))
        _send(f"{url}{made['id']}/", "GET")
    before = {pid: status(pid, "RssAnon") for pid in pids}
    observe("in", "POST", url, body)
    observe("out", "GET", f"{url}{made['id']}/")
    found["document_kept_kb"] = max(status(pid, "RssAnon") - before[pid] for pid in pids)
    found["document_bytes"] = len(body)
    return found


def _many_requests(stack, sizes):
    """So many requests on one backend: pages and objects, each a transaction."""
    with probe.Gateway(stack.gateway_url) as gateway:
        requests = [gateway.script(1 + n % sizes.projects, rest, scripts.HTTP) + "COMMIT"
                    for n in range(50) for rest in ("?limit=10", "?limit=100", f"{probe.IDENTIFIER}/")]
        first = None
        for number in range(sizes.requests):
            gateway.cursor.execute(requests[number % len(requests)])
            if number + 1 == min(WARM, sizes.requests // 2):
                first = status(gateway.pid, "RssAnon")
        return {"requests": sizes.requests,
                "requests_kept_kb": status(gateway.pid, "RssAnon") - first,
                "backend_anon_kb": status(gateway.pid, "RssAnon"),
                "backend_peak_kb": status(gateway.pid, "VmHWM")}


def measure(stack, sizes, say):
    say("memory: a page of 1000")
    found = {"page_1000_kept_kb": _page_of_1000(stack)}
    if not sizes.sql:
        say("memory: a document of 10 MB")
        found.update(_large_document(stack))
    say(f"memory: {sizes.requests:,} requests on one backend")
    found.update(_many_requests(stack, sizes))
    return found
