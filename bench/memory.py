"""Memory of backends, from /proc: what they keep, and the most they had.

What they keep is RssAnon, without the pages of shared buffers that a backend
has touched. The most that a request needed is VmHWM, reset before it, without
those pages and beyond what the backend had at first. What several had together
is the largest sum that a look at all of them, each few milliseconds, has found.
"""

import concurrent.futures
import itertools
import json
import pathlib
import random
import threading
import time
import urllib.request

import probe
import scripts
import world

DOCUMENT = 4_000_000    # nearly the largest body that nginx accepts by default
AT_ONCE = 10
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


def _written(size):
    """A document of so many bytes as language models write them: sentences of words, the frequent ones often."""
    chance = random.Random(size)
    words = ["".join(chance.choices("etaoinshrdlucmfwypvbgk", k=chance.randint(2, 11))) for _ in range(20_000)]
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))

    def sentences(count):
        return " ".join(" ".join(chance.choices(words, cum_weights=weights, k=14)).capitalize() + "." for _ in range(count))

    def pattern(number):
        return {"pattern_id": number, "pattern_name": sentences(1), "pattern_description": sentences(4), "severity": "high",
                "indicators": [sentences(1) for _ in range(4)],
                "events": [{"session_id": f"{chance.getrandbits(128):032x}", "event_type": "click", "milliseconds": chance.randint(0, 10**6),
                            "abandonment": chance.random() < 0.5, "description": sentences(2)} for _ in range(10)]}

    patterns, left = [], size
    while left > 0:
        patterns.append(pattern(len(patterns)))
        left -= len(json.dumps(patterns[-1])) + 2
    return {"patterns": patterns[:-1]}


def _web_processes(stack):
    """PostgREST and its backends, as they are now."""
    backends = world.run(stack.owner_url, "SELECT pid FROM pg_stat_activity WHERE usename = 'session_group_web'")
    return [int((stack.directory / "stack" / "servers" / "postgrest.pid").read_text()), *(pid for pid, in backends)]


def _most_together(stack, work):
    """The most that PostgREST and all its backends had of their own at one time while work() ran; in kB."""
    samples, done = [0], threading.Event()

    def own(pid):
        try:
            return status(pid, "RssAnon")
        except (FileNotFoundError, ProcessLookupError, KeyError):   # it has ended
            return 0

    def watch():
        pids = _web_processes(stack)
        while True:
            samples.append(sum(map(own, pids)))
            if done.wait(0.005):
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return max(samples)


def _large_documents_at_once(stack):
    """Documents of four megabytes, each on a connection of its own at the same time."""
    url = f"{stack.url}/api/projects/{world.SCRATCH}{scripts.PATH}"
    body = json.dumps({"title": "Large", "summary": _written(DOCUMENT)}).encode()

    def all_at_once(what):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda _: _send(url, "POST", what), range(AT_ONCE)))

    # All connections are there before, and have served something.
    all_at_once(b'{"title": "Small"}')
    return {"at_once_bytes": len(body), "at_once_kb": _most_together(stack, lambda: all_at_once(body)),
            "at_once_after_kb": _most_together(stack, lambda: None)}


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
        say(f"memory: {AT_ONCE} documents of 4 MB at once")
        found.update(_large_documents_at_once(stack))
    say(f"memory: {sizes.requests:,} requests on one backend")
    found.update(_many_requests(stack, sizes))
    return found
