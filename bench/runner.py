"""The course of one measurement: servers, data, probes, rounds, memory, report."""

import collections
import functools
import pathlib
import time

import cases
import http_cases
import measure
import memory
import probe
import report
import servers
import world

WARM_UP = 8     # transactions before the rounds, which also tell how many make a slice


class Bench:
    """Measures cases of both levels."""

    def __init__(self, stack, sizes, say):
        self.stack, self.sizes, self.say = stack, sizes, say
        self.samples = collections.defaultdict(list)    # (operation, peer) to samples
        self.pgbench = pathlib.Path(servers.from_lib('"$(find_pg_config)" --bindir'), "pgbench")

    def pgbench_slice(self, case, transactions):
        """Scripts that use rows up go on where the last slice ended."""
        url = self.stack.owner_url if case.login == "owner" else self.stack.gateway_url
        variables = {"projects": self.sizes.projects, "rows": self.sizes.rows, "n": case.start}
        case.start += transactions * case.calls
        return measure.pgbench(self.pgbench, url, case.script, transactions, case.calls, case.clients,
                               variables, case.settings)

    def wrk_slice(self, case, seconds):
        return measure.wrk(self.stack.url, case.path, seconds, self.sizes.projects, self.sizes.rows,
                           self.stack.tokens(case.token), case.accept, case.prefer)

    def warm_up(self, case):
        """Run a case for the first time; return what measures one slice of it."""
        if isinstance(case, http_cases.HttpCase):
            self.wrk_slice(case, 1)
            return functools.partial(self.wrk_slice, case, self.sizes.http_seconds)
        sample = self.pgbench_slice(case, WARM_UP)
        wanted = self.sizes.seconds * 1000 / max(sample.p50 * case.calls, 0.01)
        return functools.partial(self.pgbench_slice, case, int(min(max(wanted, 5), case.most)))

    def rounds(self, chosen):
        """Each round measures one slice of each peer of each operation, in another order."""
        operations = collections.defaultdict(list)
        self.say("warming up")
        for case in chosen:
            operations[case.operation].append((case.peer, self.warm_up(case)))
        for number in range(self.sizes.rounds):
            for operation, peers in operations.items():
                shift = number % len(peers)
                said = []
                for peer, measure_slice in peers[shift:] + peers[:shift]:
                    sample = measure_slice()
                    self.samples[operation, peer].append(sample)
                    said.append(f"{peer} {sample.p50:.3f}")
                self.say(f"round {number + 1}/{self.sizes.rounds} · {operation} (ms): {' · '.join(said)}")
            world.run(self.stack.owner_url, "VACUUM")


def chosen_cases(features, sizes):
    words = [word.strip() for word in sizes.only.split(",") if word.strip()]
    every = cases.all_cases(features) + ([] if sizes.sql else http_cases.all_cases())
    order = {case.operation: None for case in every}
    return [case for operation in order for case in every if case.operation == operation
            and (not words or any(word in operation for word in words))]


def install_peers(stack, sizes):
    for peer in ("sql", "plpgsql", "plain", "floors"):
        world.run(stack.owner_url, (servers.PEERS / f"{peer}.sql").read_text())
    world.run(stack.owner_url, "VACUUM (ANALYZE) bench_plain.summaries", "VACUUM (ANALYZE) bench_plain.users")
    probe.same_bytes(stack)
    if sizes.sql:
        return
    for name, body in probe.bodies(stack).items():
        world.run(stack.owner_url, f"SELECT bench_floor.prepare('{name}', '\\x{body.hex()}')")
    stack.start_peers(sizes.projects)
    probe.same_over_http(stack)


def run(sizes, say):
    sizes.doomed = (sizes.rounds * cases.DELETES + WARM_UP) * cases.CALLS
    started = time.time()
    say("starting servers")
    with servers.Servers() as stack:
        say("loading")
        loaded = world.load(stack.owner_url, sizes, say)
        say("installing the peers")
        install_peers(stack, sizes)
        features = probe.features(stack, sizes, say)
        bench = Bench(stack, sizes, say)
        bench.rounds(chosen_cases(features, sizes))
        used = memory.measure(stack, sizes, say) if not sizes.only else {}
        report.write(bench.samples, used, features, sizes, loaded, stack, time.time() - started, say)
    return 0
