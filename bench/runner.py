"""The course of one measurement: servers, data, probes, rounds, report."""

import collections
import pathlib
import subprocess
import time

import cases
import measure
import probe
import report
import servers
import world

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
WARM_UP = 3     # transactions before the rounds, which also tell how many make a slice


class Bench:
    def __init__(self, servers, sizes, say):
        self.servers, self.sizes, self.say = servers, sizes, say
        self.samples = collections.defaultdict(list)    # (operation, peer) to samples
        self.pgbench = pathlib.Path(_bindir(), "pgbench")

    def url(self, case):
        return self.servers.owner_url if case.login == "owner" else self.servers.gateway_url

    def measure(self, case, transactions):
        """One slice; scripts that use rows up go on where the last one ended."""
        variables = {"projects": self.sizes.projects, "rows": self.sizes.rows, "n": case.start}
        case.start += transactions * case.calls
        return measure.pgbench(self.pgbench, self.url(case), case.script, transactions, case.calls,
                               case.clients, variables, case.settings)

    def slice_of(self, case):
        """How many transactions of each client make a slice."""
        sample = self.measure(case, WARM_UP)
        wanted = self.sizes.seconds * 1000 / max(sample.p50 * case.calls, 0.01)
        return int(min(max(wanted, 5), case.most))

    def rounds(self, chosen):
        operations = collections.defaultdict(list)
        for case in chosen:
            operations[case.operation].append(case)
        self.say("warming up")
        slices = {id(case): self.slice_of(case) for case in chosen}
        for number in range(self.sizes.rounds):
            for operation, peers in operations.items():
                shift = number % len(peers)
                said = []
                for case in peers[shift:] + peers[:shift]:
                    sample = self.measure(case, slices[id(case)])
                    self.samples[operation, case.peer].append(sample)
                    said.append(f"{case.peer} {sample.p50:.3f}")
                self.say(f"round {number + 1}/{self.sizes.rounds} · {operation} (ms): {' · '.join(said)}")
            world.run(self.servers.owner_url, "VACUUM session_group.summaries, bench_plain.summaries")


def _bindir():
    command = '. "$0" && "$(find_pg_config)" --bindir'
    lib = servers.STACK.parent / "lib.sh"
    return subprocess.run(["bash", "-c", command, lib], check=True, capture_output=True, text=True).stdout.strip()


def _wanted(all_cases, only):
    words = [word.strip() for word in only.split(",") if word.strip()]
    return [case for case in all_cases if not words or any(word in case.operation for word in words)]


def run(sizes, say):
    sizes.doomed = (sizes.rounds * cases.DELETES + WARM_UP) * 20
    started = time.time()
    say("starting servers")
    with servers.Servers() as stack:
        say("loading")
        loaded = world.load(stack.owner_url, sizes, say)
        for peer in ("sql", "plpgsql", "plain"):
            world.run(stack.owner_url, (PEERS / f"{peer}.sql").read_text())
        world.run(stack.owner_url, "VACUUM (ANALYZE) bench_plain.summaries", "VACUUM (ANALYZE) bench_plain.users")
        probe.same_bytes(stack)
        features = probe.features(stack, sizes, say)
        bench = Bench(stack, sizes, say)
        bench.rounds(_wanted(cases.all_cases(features), sizes.only))
        report.write(bench.samples, say)
    say(f"took {time.time() - started:.0f} s")
