# SPDX-License-Identifier: GPL-3.0-or-later
"""A system with only sstp and busybox: no programs and libraries of the host, and no network manager."""
import os
import shutil
import signal
import stat

import pytest

from lab import GATEWAY, NAME, PATIENCE, RESOLV_CONF, SERVER, SERVER6, eventually, is_closed_pipe

DNS = "10.9.0.53"
TUN = os.makedev(10, 200)


class Root:
    """A folder that is the root of sstp's file system, on the host "client"."""

    def __init__(self, lab):
        self.lab, self.host, self.path, self.mounts = lab, lab.client, lab.folder / "root", []
        for folder in ("bin", "dev/net", "etc", "proc", "run"):
            (self.path / folder).mkdir(parents=True)
        shutil.copy("/bin/busybox", self.path / "bin/busybox")
        shutil.copy(lab.sstp, self.path / "bin/sstp")
        os.mknod(self.path / "dev/net/tun", stat.S_IFCHR | 0o600, TUN)
        self.resolv_conf = self.path / "etc/resolv.conf"
        self.resolv_conf.write_text(RESOLV_CONF)
        (self.path / "etc/hosts").write_text(f"{SERVER} {NAME}\n{SERVER6} {NAME}\n")

    def mount(self, *words):
        """A mount for programs that are started later: mount(8)'s arguments, the last one a folder in the root."""
        self.mounts.append(["mount", *words[:-1], str(self.path / words[-1])])

    def make_read_only(self, folder):
        self.mount("--bind", str(self.path / folder), folder)
        self.mount("-o", "remount,bind,ro", folder)

    def words(self, *argv):
        script = "\n".join(map(" ".join, [*self.mounts, ["exec", "/usr/sbin/chroot", str(self.path), '"$@"']]))
        return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh", *argv]

    def busybox(self, *argv):
        return self.host.run(*self.words("/bin/busybox", *argv)).stdout

    def ping(self):
        self.busybox("ping", "-q", "-c", 1, "-w", PATIENCE, GATEWAY)

    def connect(self, *options, trust=None, wait=True):
        trust = ["--servercert", self.lab.pki.server.pin] if trust is None else trust
        client = self.lab.start(self.host, *self.words("/bin/sstp", "connect", "-v", NAME, "--user", "ann", *trust, *options),
                                env={"SSTP_PASSWORD": "wonder land", "PATH": "/bin"}, label="connect-in-root")
        if wait:
            client.wait_for("^connected in ")
        return client


@pytest.fixture
def root(lab):
    return Root(lab)


@pytest.fixture
def server(lab):
    return lab.serve("--dns", DNS)


def warnings(client):
    return [line for line in client.said.splitlines() if line.startswith(("warn", "error"))]


@pytest.mark.parametrize("has_proc", [True, False])
def test_a_tunnel_from_its_beginning_to_its_end(lab, root, server, has_proc):
    before = lab.client.routes()
    if has_proc:
        root.mount("-t", "proc", "proc", "proc")
    client = root.connect()
    root.ping()
    assert root.resolv_conf.read_text().splitlines()[1:] == [f"nameserver {DNS}", "search example.net"]
    assert "dev sstp0" in root.busybox("ip", "route", "get", "198.51.100.1")
    assert warnings(client) == []
    assert server.stop() == 0
    client.wait_for("^warn: .*next try in")
    lab.serve("--dns", DNS)
    client.wait_for("^connected in ", 2)
    root.ping()
    assert client.stop() == 0
    assert lab.client.routes() == before
    assert lab.client.device() is None
    assert root.resolv_conf.read_text() == RESOLV_CONF
    assert sorted(os.listdir(root.path / "etc")) == ["hosts", "resolv.conf"]


def test_an_etc_that_cannot_be_written_costs_dns_and_no_more(root, server):
    root.make_read_only("etc")
    client = root.connect()
    root.ping()
    assert client.stop() == 0
    [warning] = warnings(client)
    assert warning.startswith("warn: DNS: /etc/resolv.conf") and warning.endswith("Read-only file system")


def test_a_run_that_cannot_be_written_costs_what_follows_a_crash(lab, root, server):
    before = lab.client.routes()
    root.make_read_only("run")
    client = root.connect()
    root.ping()
    assert client.stop() == 0
    [warning] = warnings(client)
    assert warning.startswith("warn: cannot write to /run/sstp (Read-only file system)")
    assert lab.client.routes() == before
    assert root.resolv_conf.read_text() == RESOLV_CONF


def test_no_folder_but_bin_and_dev(lab, root, server):
    for folder in ("etc", "proc", "run"):
        shutil.rmtree(root.path / folder)
    client = lab.start(lab.client, *root.words("/bin/sstp", "connect", SERVER, "--user", "ann", "--servercert",
                                               lab.pki.server.pin), env={"SSTP_PASSWORD": "wonder land"}, label="connect")
    client.wait_for("^connected in ")
    root.ping()
    assert client.stop() == 0
    assert sorted(os.listdir(root.path)) == ["bin", "dev"]


def test_no_dev_null(lab, root, server):
    """Commands start, and in the background no descriptor leads to what was the terminal."""
    assert os.listdir(root.path / "dev") == ["net"]
    root.mount("-t", "proc", "proc", "proc")
    (root.path / "bin/sh").symlink_to("busybox")
    client = root.connect("--up", "/bin/busybox touch /run/up", "--background", "--pid-file", "/run/pid")
    assert client.wait() == 0
    eventually("--up runs", (root.path / "run/up").exists)
    assert warnings(client) == []
    pid = int((root.path / "run/pid").read_text())
    assert is_closed_pipe(pid, 0) and is_closed_pipe(pid, 1)
    os.kill(pid, signal.SIGTERM)
    eventually("it has ended", lambda: lab.client.device() is None)


def test_no_certificate_authorities(root, server):
    client = root.connect(trust=[], wait=False)
    assert client.wait() == 2
    assert "/etc/ssl/certs/ca-certificates.crt" in client.said
    assert "--ca-cert" in client.said and "--servercert" in client.said


def test_no_tun_device(root, server):
    (root.path / "dev/net/tun").unlink()
    client = root.connect(wait=False)
    assert client.wait() == 11
    assert "there is no /dev/net/tun" in client.said
