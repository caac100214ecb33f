"""Instructions of a backend for a call: what no other program on the machine can change.

PostgreSQL runs alone, on the data that was measured. Each case has one client for some
transactions, and then one for twice as many: the difference is theirs alone, without what
a backend does when it starts and plans. They are for few projects, so that it has keys and
people in its caches, as a pool's connections have: first looks would be most of what is
counted. perf counts in the processor where it can; elsewhere callgrind counts in its own
machine, some fifty times slower.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import measure
import report
import servers
import world

TRANSACTIONS = 6
PROJECTS = 3        # all of them in the first transactions
OPERATIONS = ("list, page of 100", "list, page of 10", "get", "create", "whole request, page of 100",
              "whole request, page of 10", "whole request, one object")
QUICK_OPERATIONS = OPERATIONS[1:]


class Perf:
    """What the server's new processes execute, by the processor's own counter."""
    name = "perf stat"
    EVENT = "instructions:u"

    @classmethod
    def usable(cls):
        if not shutil.which("perf"):
            return False
        done = subprocess.run(["perf", "stat", "-x,", "-e", cls.EVENT, "true"], capture_output=True, text=True)
        return done.returncode == 0 and re.search(rf"^\d+,.*{cls.EVENT}", done.stderr, re.MULTILINE) is not None

    def __init__(self, stack, home, binaries):
        self.server = _Server(stack, home, [binaries / "postgres"])

    @staticmethod
    def _attached(pid):
        try:
            return any("perf_event" in os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir())
        except OSError:     # one of them was closed meanwhile
            return False

    def count(self, run):
        counting = subprocess.Popen(["perf", "stat", "-x,", "-e", self.EVENT, "-p", str(self.server.pid)],
                                    stderr=subprocess.PIPE, text=True)
        servers.wait_for("perf", lambda: self._attached(counting.pid))
        run()
        self.server.wait_for_backends()
        counting.send_signal(signal.SIGINT)
        return int(re.search(rf"^(\d+),.*{self.EVENT}", counting.communicate()[1], re.MULTILINE).group(1))


class Callgrind:
    """The same by valgrind, which writes a file for each process when it ends."""
    name = "callgrind"

    @staticmethod
    def usable():
        return shutil.which("valgrind") is not None

    def __init__(self, stack, home, binaries):
        self.home = home
        self.server = _Server(stack, home, ["valgrind", "--tool=callgrind", "--toggle-collect=PostgresMain",
                                     f"--callgrind-out-file={home}/tmp/callgrind.%p", binaries / "postgres"])

    def _written(self):
        return set((self.home / "tmp").glob("callgrind.*"))

    def count(self, run):
        before = self._written()
        run()
        self.server.wait_for_backends()
        return sum(int(re.search(r"^(?:totals|summary): (\d+)", path.read_text(), re.MULTILINE).group(1))
                   for path in self._written() - before)


class _Server:
    """PostgreSQL on the data of a stack that has stopped, by another command."""

    def __init__(self, stack, home, command):
        script = '. "$0" && as_server "$@"'
        with open(home / "logs" / "instructions.log", "w") as log:
            self.process = subprocess.Popen(["bash", "-c", script, servers.LIB, *map(str, command), "-D", home / "data",
                                             "-c", "autovacuum=off"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        pid_file = home / "data" / "postmaster.pid"
        servers.wait_for("PostgreSQL alone", lambda: pid_file.exists() and "ready" in pid_file.read_text(), 120)
        self.pid = int(pid_file.read_text().split()[0])
        self.connection = world.connect(stack.owner_url)

    def _backends(self):
        """Processes that serve clients, or are about to end."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type <> 'client backend' OR pid = pg_backend_pid()")
            others = cursor.fetchall()
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return set(map(int, children)) - {pid for pid, in others}

    def wait_for_backends(self):
        """Until those that served clients have ended."""
        servers.wait_for("the end of a backend", lambda: not self._backends(), 120)

    def stop(self):
        self.connection.close()
        os.kill(self.pid, signal.SIGINT)
        self.process.wait(120)


def chosen(cases, quick):
    """All peers of those operations; quickly, of fewer operations ours and the floors."""
    operations = QUICK_OPERATIONS if quick else OPERATIONS
    return [case for case in cases if case.operation in operations
            and (not quick or case.peer.startswith(("ours", "floor")))]


def measure_all(stack, cases, pgbench, variables, say):
    """(operation, peer) to instructions, and how they were counted; the stack's servers are stopped for it."""
    usable = [kind for kind in (Perf, Callgrind) if kind.usable()]
    if not usable:
        say("instructions: neither perf nor callgrind can count them here")
        return {}, "not counted: neither perf nor callgrind can do it here"
    counter = usable[0](stack, stack.stop_all(), pgbench.parent)

    variables = {**variables, "projects": min(variables["projects"], PROJECTS)}

    def run(case, transactions):
        return counter.count(lambda: measure.pgbench(pgbench, stack.owner_url, [case.script], transactions, case.calls,
                                                     1, variables, case.settings, seed=1))
    found, operation = {}, None
    try:
        for case in cases:
            transactions = TRANSACTIONS * (5 if case.calls == 1 else 1)
            if case.operation != operation:     # reads into memory what all of its peers read
                operation = case.operation
                run(case, 2 * transactions)
            counted = run(case, 2 * transactions) - run(case, transactions)
            # The shorter run may execute more, as where an index merges its pending list in that one.
            number = round(counted / (transactions * case.calls)) if counted > 0 else None
            found[case.operation, case.peer] = number
            say(f"instructions · {case.operation} · {case.peer}: {report.instruction_count(number)}")
    finally:
        counter.server.stop()
    return found, counter.name
