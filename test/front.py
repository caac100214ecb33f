"""A proxy in front of the servers, as docs/http-api.md tells people to set one up: it gives the service a path,
and compresses what it answers."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

REPO = pathlib.Path(__file__).resolve().parent.parent

CONFIGURATION = """
pid nginx.pid;
%(user)s
error_log error.log crit;
worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    gzip on;
    gzip_min_length 1;
    gzip_types *;
    large_client_header_buffers 4 64k;
    server {
        listen 127.0.0.1:%(port)s;
%(location)s
    }
}
"""


def documented_location():
    """The lines of the document, which users copy."""
    page = (REPO / "docs" / "http-api.md").read_text()
    return re.search(r"```nginx\n(location /summaries/ \{\n.*?\n\})\n```", page, re.S)[1]


class Front:
    """A context manager: its url is known from the beginning, and served once start() is told what is behind."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/summaries"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="front.", dir=os.environ.get("SESSION_GROUP_TEST_DIR")))
        self.process = None

    def start(self, behind):
        location = documented_location().replace("http://127.0.0.1:8080", behind)
        assert behind in location
        text = CONFIGURATION % {"user": "user root;" if os.getuid() == 0 else "", "port": self.port, "location": location}
        (self.directory / "nginx.conf").write_text(text)
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.process = subprocess.Popen([program, "-p", self.directory, "-c", "nginx.conf", "-e", "error.log", "-g", "daemon off;"])
        deadline = time.monotonic() + 30
        while not self._listens():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.directory / "error.log").read_text()
            time.sleep(0.02)

    def _listens(self):
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", self.port)) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
