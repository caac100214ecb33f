"""The Debian in which the guide is followed: its commands, and its units run by hand."""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import time

ROOT = pathlib.Path(os.environ["ROOT"])
MAJOR = {"bookworm": "15", "trixie": "17", "forky": "18"}[os.environ["SUITE"]]
UNITS = ROOT / "usr/lib/systemd/system"
# The administrator's own.
OWN_UNITS = ROOT / "etc/systemd/system"
SYSTEMCTL = re.compile(r"^systemctl (?P<verb>\w+) (?:--now )?(?P<units>[\w. -]+)$")


def eventually(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, condition
        time.sleep(0.1)
    return found


class Machine:
    """Runs commands as root in ROOT; nothing of this environment is in theirs."""

    def __init__(self):
        self.env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
                    "DEBIAN_FRONTEND": "noninteractive"}
        self.running = {}

    def command(self, words, **env):
        return ["chroot", str(ROOT), "env", "-i", *(f"{k}={v}" for k, v in {**self.env, **env}.items()), *words]

    def try_run(self, script):
        """(status, output) of a script, in root's home. What it leaves running keeps no pipe of ours open."""
        log = ROOT / "tmp" / "output"
        with open(log, "w") as out:
            status = subprocess.run(self.command(["bash", "-euo", "pipefail", "-c", f"cd\n{script}"]), stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=subprocess.STDOUT, timeout=600).returncode
        return status, log.read_text()

    def run(self, script):
        status, output = self.try_run(script)
        assert status == 0, f"{script}\n{output}"
        return output

    def sql(self, text, database="session_group"):
        """The first column of a statement's rows, as the superuser."""
        return self.run(f"su - postgres -c {shlex.quote(f'psql -XqAt -v ON_ERROR_STOP=1 -d {database} -c {shlex.quote(text)}')}").splitlines()

    def systemctl(self, verb, name):
        """What systemd would do, by hand."""
        if name.endswith(".timer"):
            assert (UNITS / name).exists(), name
        elif name == "postgresql":
            self.run(f"pg_ctlcluster {MAJOR} main {verb} {'-m fast' if verb in ('stop', 'restart') else ''}")
        elif name == "nginx":
            # "nginx -t" leaves an empty file of its process.
            self.run("if [ -s /run/nginx.pid ]; then nginx -s reload; else nginx; fi")
        else:
            return getattr(self, f"unit_{verb}")(name)
        return ""

    def unit(self, name):
        """The settings of a unit, each a list."""
        settings = {}
        own = OWN_UNITS / f"{name}.service"
        for key, value in re.findall(r"^(\w+)=(.*)$", (own if own.exists() else UNITS / own.name).read_text(), re.M):
            settings.setdefault(key, []).append(value)
        return settings

    def started(self, unit, line, **options):
        """A command of a unit, as its user and with its environment."""
        user = unit.get("User", ["root"])[0]
        env = dict(pair.split("=", 1) for pair in unit.get("Environment", []))
        for path in unit.get("EnvironmentFile", []):
            file = ROOT / path.lstrip("-/")
            env.update(dict(pair.split("=", 1) for pair in file.read_text().splitlines()) if file.exists() else {})
        for kind, place in (("RuntimeDirectory", "run"), ("StateDirectory", "var/lib")):
            for name in unit.get(kind, []):
                self.run(f"install -d -o {user} -g {user} -m {unit.get(kind + 'Mode', ['755'])[0]} /{place}/{name}")
        words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *shlex.split(line)]
        return subprocess.Popen(self.command(words, HOME="/", **env), stdin=subprocess.DEVNULL, **options)

    def unit_enable(self, name):
        unit = self.unit(name)
        assert unit["WantedBy"] == ["multi-user.target"]
        with open(ROOT / "tmp" / f"{name}.log", "a") as log:
            self.running[name] = self.started(unit, unit["ExecStart"][0], stdout=log, stderr=log)

    def unit_start(self, name):
        """A unit that ends by itself."""
        unit = self.unit(name)
        assert unit["Type"] == ["oneshot"]
        process = self.started(unit, unit["ExecStart"][0], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        return output

    def unit_reload(self, name):
        line = self.unit(name)["ExecReload"][0].replace("$MAINPID", str(self.running[name].pid))
        self.run(line)

    def unit_disable(self, name):
        process = self.running.pop(name, None)
        if process:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)

    def follow(self, text):
        """A block of the guide; what its commands say."""
        said, script = [], []
        for line in [*text.splitlines(), None]:
            systemd = line and SYSTEMCTL.match(line)
            if (systemd or line is None) and script:
                said.append(self.run("\n".join(script)))
                script = []
            if systemd:
                for unit in systemd["units"].split():
                    said.append(self.systemctl(systemd["verb"], unit) or "")
            elif line is not None:
                script.append(line)
        return "".join(said)

    def close(self):
        for name in list(self.running):
            self.unit_disable(name)
        for line in (f"pg_ctlcluster {MAJOR} main stop -m immediate", "nginx -s stop"):
            self.try_run(line)
