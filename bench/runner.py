"""The course of one measurement: servers, data, probes, rounds, memory, report."""

import collections
import functools
import pathlib
import time

import cases
import http_cases
import instructions
import measure
import memory
import probe
import report
import scripts
import servers
import world

WARM_UP = 10    # transactions before the rounds, which also tell how many make a slice

SPARE = 50      # rows of a slice that wrk may ask for while it ends


def pgbench():
    """Where it is."""
    return pathlib.Path(servers.from_lib('"$(find_pg_config)" --bindir'), "pgbench")


class Bench:
    """Measures cases of both levels."""

    def __init__(self, stack, sizes, chosen, say):
        self.stack, self.sizes, self.say = stack, sizes, say
        self.samples = {(case.operation, case.peer): [] for case in chosen}
        self.chosen = chosen
        self.deleted = 0
        self.used_up = {}   # slices of each peer that deletes over HTTP
        self.pgbench = pgbench()

    def pgbench_slice(self, cases_together, transactions, script_of=lambda case: case.script):
        """Scripts that use rows up go on after those that earlier slices can have used."""
        first = cases_together[0]
        variables = {"projects": self.sizes.projects, "rows": self.sizes.rows}
        if first.operation == "delete":
            variables.update({f"n{number}": self.deleted for number in range(cases.DELETERS)})
            self.deleted += self.sizes.deletes
        return measure.pgbench(self.pgbench, self.stack.owner_url, map(script_of, cases_together),
                               transactions, first.calls, first.clients, variables, first.settings)

    def wrk_slice(self, case, seconds):
        used = {}
        if case.uses_up:
            number = self.used_up.get(case.peer, 0)
            self.used_up[case.peer] = number + 1
            used = {"used": number * self.sizes.http_deletes, "most": self.sizes.http_deletes - SPARE}
        with self.stack.serving(case) as url:
            return [measure.wrk(url, case, seconds, self.sizes.rows, self.stack.tokens(case.token, case.project), **used)]

    def warm_up(self, together):
        """Run cases for the first time; return what measures one slice of them."""
        first = together[0]
        if isinstance(first, http_cases.HttpCase):
            self.wrk_slice(first, 1)
            return functools.partial(self.wrk_slice, first, self.sizes.http_seconds)
        samples = self.pgbench_slice(together, min(WARM_UP, first.most) * len(together),
                                     lambda case: scripts.checked(case.script))
        mean = sum(sample.p50 for sample in samples) / len(samples) * first.calls
        wanted = len(together) * max(self.sizes.seconds * 1000 / max(mean, 0.01), 10)
        return functools.partial(self.pgbench_slice, together, int(min(wanted, first.most)))

    def rounds(self):
        """Each round measures one slice of each operation.

        At SQL level the peers of an operation take turns by the transaction, on one
        connection; where throughput is measured, each has the machine for its slice.
        """
        self.say("warming up")
        operations = [(operation, [(together, self.warm_up(together)) for together in groups])
                      for operation, groups in grouped(self.chosen)]
        for number in range(self.sizes.rounds):
            for operation, groups in operations:
                shift = number % len(groups)
                said = []
                for together, measure_slice in groups[shift:] + groups[:shift]:
                    for case, sample in zip(together, measure_slice()):
                        self.samples[operation, case.peer].append(sample)
                        said.append(f"{case.peer} {sample.p50:.3f}")
                self.say(f"round {number + 1}/{self.sizes.rounds} · {operation} (ms): {' · '.join(said)}")
            self.end_round()

    def end_round(self):
        """Remove what the round's updates and deletions have left."""
        world.run(self.stack.owner_url, "VACUUM")


def grouped(chosen):
    """Operations in order, each with its cases in groups that are measured together."""
    operations = collections.defaultdict(list)
    for case in chosen:
        operations[case.operation].append(case)
    for operation, of_operation in operations.items():
        alone = any(isinstance(case, http_cases.HttpCase) or case.clients > 1 or case.alone for case in of_operation)
        yield operation, [[case] for case in of_operation] if alone else [of_operation]


def chosen_cases(features, sizes):
    words = [word.strip() for word in sizes.only.split(",") if word.strip()]
    every = cases.all_cases(features) + ([] if sizes.sql else http_cases.all_cases())
    return [case for case in every if not words or any(word in case.operation for word in words)]


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
    probe.same_over_http(stack, sizes)


def run(sizes, say):
    # By chance a peer may get more than its share of a slice's transactions.
    sizes.deletes = 2 * cases.DELETES * scripts.CALLS
    sizes.doomed = (sizes.rounds + 1) * sizes.deletes
    # And one for the comparison of the peers.
    sizes.http_doomed = (sizes.rounds + 1) * sizes.http_deletes + 1
    started = time.time()
    say("starting servers")
    with servers.Servers() as stack:
        facts = report.about(stack)
        say("loading")
        loaded = world.load(stack.owner_url, sizes, say)
        say("installing the peers")
        install_peers(stack, sizes)
        features = probe.features(stack, sizes, say)
        bench = Bench(stack, sizes, chosen_cases(features, sizes), say)
        bench.rounds()
        used = memory.measure(stack, sizes, say) if not sizes.only else {}
        counted = instructions.measure_all(stack, instructions.chosen(bench.chosen, sizes.quick), bench.pgbench,
                                           {"projects": sizes.projects, "rows": sizes.rows}, say)
        report.write(bench.samples, used, counted, features, sizes, loaded, facts, time.time() - started, say)
    return 0
