"""Memory of backends, from /proc: what they keep, and the most they had.

What they keep is RssAnon, without the pages of shared buffers that a backend
has touched. The most that a request needed is VmHWM, reset before it, without
those pages and beyond what the backend had at first.
"""

import json
import pathlib
import time
import urllib.request

import probe
import scripts
import world

DOCUMENT = 4_000_000    # nearly the largest body that nginx accepts by default
WARM = 1000         # requests before the first look


def status(pid, field):
    """A field of /proc/PID/status in kB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise KeyError(field)


def peak_anon(pid):
    """The most that a process had of its own since forget_peak(); in kB."""
    return status(pid, "VmHWM") - status(pid, "RssShmem") - status(pid, "RssFile")


def forget_peak(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


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
    """A document of about so many bytes, with fewer than a thousand patterns."""
    item = {"pattern_name": "Back and forth", "pattern_description": "Visitors \"go\" back and forth. " * max(8, size // 30_000),
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
    """A document of four megabytes in and out over HTTP, by what PostgREST's backends need for it."""
    url = f"{stack.url}/api/projects/{world.SCRATCH}{scripts.PATH}"

    def create(size):
        body = json.dumps({"title": "Large", "summary": _document(size)}).encode()
        return body, lambda: json.loads(_send(url, "POST", body))["id"]

    # All backends of PostgREST, as it chooses; each has served small requests before.
    _, create_small = create(1000)
    for _ in range(20):
        _send(f"{url}{create_small()}/", "GET")
    pids = [pid for pid, in world.run(
        stack.owner_url, "SELECT pid FROM pg_stat_activity WHERE usename = 'session_group_web'")]
    before = {pid: status(pid, "RssAnon") for pid in pids}
    kept, peaks, times = [], {"in": [], "out": []}, {"in": [], "out": []}

    def observe(way, work):
        for pid in pids:
            forget_peak(pid)
        start = time.monotonic()
        result = work()
        times[way].append(time.monotonic() - start)
        peaks[way].append(max(peak_anon(pid) - before[pid] for pid in pids))
        kept.append(max(status(pid, "RssAnon") - before[pid] for pid in pids))
        return result

    body, create_large = create(DOCUMENT)
    for _ in range(tries):
        identifier = observe("in", create_large)
        observe("out", lambda: _send(f"{url}{identifier}/", "GET"))
    found = {"document_bytes": len(body), "document_kept_kb": max(kept), "document_kept_at_last_kb": kept[-1]}
    for way in peaks:
        found[f"document_{way}_copies"] = round(min(peaks[way]) * 1024 / len(body), 2)
        found[f"document_{way}_ms"] = round(min(times[way]) * 1000)
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
                "backend_peak_kb": peak_anon(gateway.pid)}


def measure(stack, sizes, say):
    say("memory: a page of 1000")
    found = {"page_1000_kept_kb": _page_of_1000(stack)}
    if not sizes.sql:
        say("memory: a document of 4 MB")
        found.update(_large_document(stack))
    say(f"memory: {sizes.requests:,} requests on one backend")
    found.update(_many_requests(stack, sizes))
    return found
