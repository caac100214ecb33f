"""Runs pgbench and wrk, and reduces what they say to latencies and rates."""

import dataclasses
import glob
import json
import math
import os
import pathlib
import statistics
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


def _environment(settings):
    """Nothing of the caller's own PostgreSQL, and libpq's settings of ours."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**clean, "PGOPTIONS": " ".join(f"-c {setting}" for setting in settings)}


def _read_logs(directory, scripts, calls):
    """pgbench's logs: sorted latencies of each script in milliseconds, and the seconds from first to last."""
    latencies = [[] for _ in range(scripts)]
    first, last = math.inf, 0
    for log in glob.glob(f"{directory}/log*"):
        with open(log) as lines:
            for line in lines:
                fields = line.split()
                took, script = int(fields[2]), int(fields[3])
                end = int(fields[4]) * 1_000_000 + int(fields[5])
                first, last = min(first, end - took), max(last, end)
                latencies[script].append(took / 1000 / calls)
    return [sorted(of_script) for of_script in latencies], max(last - first, 1) / 1e6


def pgbench(binary, url, scripts, transactions, calls, clients=1, variables=None, settings=(), seed="time"):
    """Run transactions, each of them one of the scripts by chance; a sample of each script.

    calls: what is measured, so many in each transaction. The rate of one client
    is the inverse of its mean latency, that of several is their throughput.
    """
    with tempfile.TemporaryDirectory(prefix="session_group-pgbench.") as directory:
        command = [binary, "--no-vacuum", "--protocol=prepared", f"--client={clients}",
                   f"--jobs={min(clients, 2)}", f"--transactions={transactions}",
                   f"--random-seed={seed}", "--log", f"--log-prefix={directory}/log"]
        scripts = list(scripts)
        for number, script in enumerate(scripts):
            path = pathlib.Path(directory, f"{number}.sql")
            path.write_text(script)
            command.append(f"--file={path}")
        command += [f"--define={name}={value}" for name, value in (variables or {}).items()]
        done = subprocess.run([*command, url], env=_environment(settings), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode:
            raise Failed(f"pgbench: {done.stderr.strip()[-2000:]}")
        latencies, seconds = _read_logs(directory, len(scripts), calls)
    if not all(latencies):
        raise Failed("pgbench: too few transactions for the number of scripts")
    return [Sample(percentile(of_script, 0.5), percentile(of_script, 0.99),
                   1000 / statistics.fmean(of_script) if clients == 1 else len(of_script) * calls / seconds)
            for of_script in latencies]


def wrk(url, case, seconds, rows, tokens, used=None, most=None, connections=8):
    """Send the requests of an HttpCase, in whose path and body {p} and {n} stand for numbers, {i} for any.

    used, most: rows are used up, those up to the first number are; no more than so many requests.
    """
    choices = {"METHOD": case.method, "PATH": case.path, "BODY": case.body, "ROWS": rows, "TOKENS": tokens,
               "ACCEPT": case.accept, "PREFER": case.prefer, "USED": used, "MOST": most}
    environment = {**os.environ, **{f"BENCH_{name}": str(value) for name, value in choices.items()
                                    if value not in (None, "")}}
    done = subprocess.run(["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s",
                           "--timeout=20s", f"--script={LUA}", url], env=environment, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise Failed(f"wrk: {(done.stderr or done.stdout).strip()[-2000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    if answer["errors"] or not answer["requests"]:
        raise Failed(f"wrk: {answer['errors']} errors in {answer['requests']} requests, {case.method} {case.path}")
    return Sample(answer["p50"], answer["p99"], answer["requests"] / answer["seconds"])
