# SPDX-License-Identifier: GPL-3.0-or-later
"""An ordinary user on a host of the lab, without a name and without any capability; and servers inside the VPN."""
import hashlib
import http.server
import os
import shutil
import socket
import struct
import subprocess
import threading

import pytest

from lab import INSIDE, SANITIZERS, on_a_terminal

USER = 12345
NAMES = "172.16.5.2"  # a name server inside the VPN


def as_user(*argv, uid=USER):
    """A command line for that user, who has no capability and can't get one."""
    return ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--bounding-set", "-all",
            "--inh-caps", "-all", "--no-new-privs", "--", *map(str, argv)]


def needs_user_namespaces():
    if subprocess.run(as_user("unshare", "--user", "--net", "true"), capture_output=True).returncode:
        pytest.skip("kernel: an ordinary user can't make user namespaces here")


def open_tun(host):
    """Every user may open /dev/net/tun there."""
    folder = host.run_folder / "bin"
    folder.mkdir(exist_ok=True)
    # a host that is used again has it already, of a file that is gone
    host.run("sh", "-ec", "case $(stat -c %a /dev/net/tun) in *[67]) exit ;; esac\n"
                          "mknod -m 666 /run/bin/tun c 10 200\n"
                          "mount --bind /run/bin/tun /dev/net/tun")


class Ordinary:
    """sstp, run by that user on the host "client"."""

    def __init__(self, lab):
        self.lab, self.host = lab, lab.client
        # a copy that the user may read
        open_tun(self.host)
        shutil.copy(lab.sstp, self.host.run_folder / "bin/sstp")
        self.sstp = "/run/bin/sstp"
        self.env = {"SSTP_PASSWORD": "wonder land"}

    def words(self, verb, *more, to="192.0.2.1"):
        return [self.sstp, verb, to, "-v", "--user", "ann", "--servercert", self.lab.pki.server.pin, *more]

    def start(self, verb, *more, around=(), to="192.0.2.1", **kind):
        """`around`: a command line that runs it."""
        return self.lab.start(self.host, *as_user(*around, *self.words(verb, *more, to=to)), label=verb, env=self.env,
                              **kind)

    def run(self, *command, options=(), **kind):
        """Runs sstp run to its end; returns its exit status and the log."""
        program = self.start("run", *options, "--", *command, **kind)
        return program.wait(), program.log

    def output(self, *command, options=()):
        """The command's output; it must succeed."""
        done = self.host.run(*as_user(*self.words("run", "-q", *options, "--", *command)),
                             env={**os.environ, **SANITIZERS, **self.env})
        return done.stdout

    def on_a_terminal(self, options, command, answers, around=(), verb="run"):
        words = [*around, *self.words(verb, *options, "--", *command)]
        words.remove("-v")
        environment = [f"{k}={v}" for k, v in {**SANITIZERS, **self.env, "PS1": "$ ", "TERM": "dumb"}.items()]
        return on_a_terminal(self.host.words(as_user("env", *environment, *words)), answers)


class Web:
    """A web server on the host inside the VPN: every path has the same content."""

    def __init__(self, host, size=1000, port=80):
        self.content = os.urandom(size)
        self.asked_by = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked_by.append(self.client_address[0])
                self.send_response(200)
                self.send_header("Content-Length", str(len(web.content)))
                self.end_headers()
                self.wfile.write(web.content)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("", 0), Handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = host.listen(port=port)
        self.server.socket.settimeout(None)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def digest(self):
        return hashlib.sha256(self.content).hexdigest()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class NameServer:
    """A name server inside the VPN: every name has the web server's IPv4 address; records the queries."""

    def __init__(self, host):
        self.socket = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((NAMES, 53))
        self.socket.settimeout(0.05)
        self.asked_for = []
        self.is_closed = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while not self.is_closed:
            try:
                query, source = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.socket.sendto(self._answer(query), source)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        self.asked_for.append(".".join(labels))
        question = query[12:at + 5]
        count = struct.unpack("!H", question[-4:-2])[0] == 1  # A, and nothing of other types
        answer = struct.pack("!HHHIH", 0xc00c, 1, 1, 60, 4) + socket.inet_aton(INSIDE)
        return query[:2] + struct.pack("!HHHHH", 0x8180, 1, count, 0, 0) + question + answer * count

    def close(self):
        self.is_closed = True
        self.thread.join()
        self.socket.close()
