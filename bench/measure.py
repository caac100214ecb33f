"""Runs pgbench and wrk, and reduces what they say to latencies and rates."""

import dataclasses
import glob
import json
import os
import pathlib
import subprocess
import tempfile

LUA = pathlib.Path(__file__).resolve().parent / "request.lua"


@dataclasses.dataclass
class Sample:
    """One slice of one round. Latencies in milliseconds; rate in calls a second."""
    p50: float
    p99: float
    rate: float


class Failed(Exception):
    """A program failed, or an answer was not the one that is measured."""


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _environment(url, settings):
    """Nothing of the caller's own PostgreSQL, and libpq's settings of ours."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**clean, "PGOPTIONS": " ".join(f"-c {setting}" for setting in settings)}


def pgbench(binary, url, script, transactions, calls=1, clients=1, variables=None, settings=()):
    """Run a script as often as asked for; calls: what it measures, so many in a transaction."""
    with tempfile.TemporaryDirectory(prefix="session_group-pgbench.") as directory:
        path = pathlib.Path(directory, "script.sql")
        path.write_text(script)
        command = [binary, "--no-vacuum", "--protocol=prepared", f"--client={clients}",
                   f"--jobs={min(clients, 2)}", f"--transactions={transactions}",
                   "--log", f"--log-prefix={directory}/log", f"--file={path}"]
        command += [f"--define={name}={value}" for name, value in (variables or {}).items()]
        done = subprocess.run([*command, url], env=_environment(url, settings), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode:
            raise Failed(f"pgbench: {done.stderr.strip()[-2000:]}")
        latencies, first, last = [], None, None
        for log in glob.glob(f"{directory}/log*"):
            with open(log) as lines:
                for line in lines:
                    fields = line.split()
                    took = int(fields[2])
                    end = int(fields[4]) * 1_000_000 + int(fields[5])
                    first = min(first or end, end - took)
                    last = max(last or end, end)
                    latencies.append(took / 1000 / calls)
    latencies.sort()
    return Sample(percentile(latencies, 0.5), percentile(latencies, 0.99),
                  len(latencies) * calls / max((last - first) / 1e6, 1e-6))


def wrk(url, path, seconds, projects, rows, tokens, accept, prefer, connections=8):
    """Send GET requests for a path in which {p} and {n} stand for random numbers."""
    choices = {"PATH": path, "PROJECTS": projects, "ROWS": rows, "TOKENS": tokens, "ACCEPT": accept}
    if prefer:
        choices["PREFER"] = prefer
    environment = {**os.environ, **{f"BENCH_{name}": str(value) for name, value in choices.items()}}
    done = subprocess.run(["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s",
                           "--timeout=20s", f"--script={LUA}", url], env=environment, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise Failed(f"wrk: {(done.stderr or done.stdout).strip()[-2000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    if answer["errors"] or not answer["requests"]:
        raise Failed(f"wrk: {answer['errors']} errors in {answer['requests']} requests to {path}")
    return Sample(answer["p50"], answer["p99"], answer["requests"] / answer["seconds"])
