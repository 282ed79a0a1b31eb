# SPDX-License-Identifier: GPL-3.0-or-later
"""A kill at each system call that changes something, from a verb's start to its end, and the host afterwards.

peers/killat.c kills; then the same verb is run once more, and ends in order. The host must be as it was before all of
this: links, addresses, routes, rules, sysctls, /etc, /run. All of the calls are tried by `make check-all`, a part of them
by `make check`.
"""
import os
import re
import signal
import stat
from contextlib import contextmanager, suppress

import pytest

from lab import POOL, REPO, RESOLV_CONF, SERVER, eventually

KILLAT = REPO / os.environ.get("BUILD", "build") / "musl/tests/e2e/peers/killat"
LONG_RESOLV_CONF = RESOLV_CONF + "# a line that makes it longer than sstp's own\n" * 10
DNS = ["--dns", "10.9.0.53"]
CALLS_MAX = 1000
# with what is the whole machine's: a module that another test has loaded
VOLATILE = re.compile(r"/(flush|neigh|netdev_rss_key|random|stat_refresh|tcp_available_)")


def look_at_file(path):
    st = path.lstat()
    kind = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else ""
    return stat.filemode(st.st_mode), st.st_uid, st.st_gid, kind


def files_of(host, besides=()):
    return {str(p): look_at_file(p) for top in (host.etc, host.run_folder) for p in top.rglob("*")
            if p.name not in besides}


def network_of(host):
    shown = host.run("sh", "-ec", """
        ip addr; ip rule; ip -6 rule; ip -d route show table all; ip -6 -d route show table all""").stdout
    return [re.sub(r" expires \d+sec| proto kernel", "", line) for line in shown.splitlines()]


def sysctls_of(host):
    shown = host.run("grep", "-rs", "", "/proc/sys/net/ipv4", "/proc/sys/net/ipv6", check=False).stdout
    return {line for line in shown.splitlines() if not VOLATILE.search(line)}


class Killer:
    """Runs one verb again and again on a host."""

    def __init__(self, lab, host, argv, ready, works=lambda program: None, env=None):
        self.lab, self.host, self.argv, self.ready, self.works, self.env = lab, host, argv, ready, works, env

    def run(self, at, whom):
        """Returns the call at which it was killed; None if it made fewer calls."""
        program = self.lab.start(self.host, KILLAT, at, whom, self.lab.sstp, *self.argv, label="killed",
                                 redirect="2>&1", env=self.env)
        program.wait_for(rf"^killed at|{self.ready}|^ended after")
        if self.was_killed(program) is None and "ended after" not in program.log:
            self.works(program)
            with suppress(ProcessLookupError):  # it was killed just now
                os.kill(int(re.search(r"^pid (\d+)$", program.log, re.M).group(1)), signal.SIGTERM)
        assert program.wait() == 0
        if not at:
            assert re.search(self.ready, program.log, re.M), program.log
        self.lab.programs.remove(program)
        return self.was_killed(program)

    @staticmethod
    def was_killed(program):
        found = re.search(r"^killed at \d+: (\w+)$", program.log, re.M)
        return found.group(1) if found else None

    def try_all(self, whom, step, besides=()):
        """Kills at each step-th call; returns the number of calls."""
        files, network, sysctls = files_of(self.host, besides), network_of(self.host), sysctls_of(self.host)
        wrong = []
        for at in range(1, CALLS_MAX, step):
            call = self.run(at, whom)
            if call is None:
                break
            self.run(0, whom)
            now = files_of(self.host, besides)
            if now != files:
                wrong.append((at, call, set(now.items()) ^ set(files.items())))
            if network_of(self.host) != network:
                wrong.append((at, call, set(network_of(self.host)) ^ set(network)))
        else:
            wrong.append("it does not come to an end")
        if sysctls_of(self.host) != sysctls:
            wrong.append(sysctls_of(self.host) ^ sysctls)
        assert not wrong, "\n".join(map(str, wrong))
        return at


def only_slow(*values, **more):
    return pytest.param(*values, marks=pytest.mark.slow, **more)


@pytest.fixture(params=[only_slow(1, id="all"), pytest.param(9, id="some")])
def step(request):
    return request.param


@pytest.fixture(autouse=True)
def spoilt(lab):
    if os.uname().machine != "x86_64":
        pytest.skip("killat knows x86-64 alone")
    assert KILLAT.exists(), "make peers"
    lab.is_changed = True


def login(lab):
    return [SERVER, "--user", "ann", "--servercert", lab.pki.server.pin,
            "--password-file", lab.file("password", "wonder land\n")]


def put(host, text):
    host.resolv_conf.unlink()
    if text is None:
        return
    if text == "link":
        (host.run_folder / "theirs").write_text(RESOLV_CONF)
        host.resolv_conf.symlink_to("/run/theirs")
        return
    host.resolv_conf.write_text(text)
    host.resolv_conf.chmod(0o640)
    os.chown(host.resolv_conf, 12, 34)


@pytest.mark.parametrize("resolv_conf", [
    pytest.param(LONG_RESOLV_CONF, id="long"), pytest.param(None, id="none"), only_slow(RESOLV_CONF, id="short"),
    only_slow(RESOLV_CONF + "\n", id="blank"), only_slow("", id="empty"), only_slow("link", id="link")])
def test_connect(lab, step, resolv_conf):
    lab.serve(*DNS)
    put(lab.client, resolv_conf)
    Killer(lab, lab.client, ["connect", *login(lab), "--pid-file", "/run/sstp.pid"], "^connected in ").try_all("all", step)
    (lab.client.run_folder / "theirs").unlink(missing_ok=True)


def test_connect_with_resolvconf(lab, step):
    folder = lab.folder / "bin"
    folder.mkdir()
    (folder / "resolvconf").write_text("""#!/bin/sh
        case $1 in
        -a) cat >/run/given-$2 ;;
        -d) rm -f /run/given-$2 ;;
        esac\n""")
    (folder / "resolvconf").chmod(0o755)
    lab.serve(*DNS)
    given = lab.client.run_folder / "given-sstp0.sstp"
    Killer(lab, lab.client, ["connect", *login(lab)], "^connected in ", lambda program: check_given(program, given),
           env={"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"}).try_all("all", step)


def check_given(program, given):
    assert Killer.was_killed(program) or given.read_text() == "nameserver 10.9.0.53\n"


def test_connect_to_some_networks(lab, step):
    lab.serve(*DNS)
    Killer(lab, lab.client, ["connect", *login(lab), "--no-default-route", "--route", "192.0.2.0/24", "--route",
                             "2001:db8:7::/48", "--table", "77"], "^connected in ").try_all("all", step)


@contextmanager
def named(host):
    host.run("ip", "netns", "add", "blue")
    try:
        yield
    finally:
        host.run("ip", "netns", "del", "blue")


@pytest.mark.parametrize("has_own, whom", [(False, "all"), only_slow(False, "main"), only_slow(True, "all"), (True, "main")])
def test_connect_in_a_namespace(lab, step, has_own, whom):
    lab.serve(*DNS)
    own = lab.client.etc / "netns/blue/resolv.conf"
    with named(lab.client):
        if has_own:
            own.parent.mkdir(parents=True)
            own.write_text(LONG_RESOLV_CONF)
        Killer(lab, lab.client, ["connect", *login(lab), "--netns", "blue"], "^connected in ").try_all(whom, step)
    lab.client.run("rm", "-rf", "/etc/netns")


@pytest.mark.parametrize("whom", [only_slow("all"), "main"])
def test_run(lab, step, whom):
    lab.serve(*DNS)
    Killer(lab, lab.client, ["run", *login(lab), "--", "sh", "-c", "echo goes; exec sleep 1000"], "^goes$").try_all(whom, step)


@pytest.mark.parametrize("netns", [pytest.param([], id="here"), only_slow(["--netns", "blue"], id="elsewhere")])
def test_serve(lab, step, netns):
    users = lab.file("users", 'ann * "wonder land" *\n')
    options = ["--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users", users, "--ipv4-network", POOL,
               "--leases", "/run/leases", *netns]

    def works(server):
        """A session makes it write the lease file."""
        client = lab.connect("--once", "--no-default-route", "--no-dns", wait=False)
        eventually("a session, or its end", lambda: "\nconnected in " in client.log or client.status is not None)
        assert "\nconnected in " in client.log or Killer.was_killed(server), client.log
        with suppress(ProcessLookupError):
            client.stop()
        lab.programs.remove(client)

    with named(lab.server):
        Killer(lab, lab.server, ["serve", *options], "^ready: ", works).try_all("all", step, besides=["leases"])
    (lab.server.run_folder / "leases").unlink(missing_ok=True)


def test_proxy(lab, step):
    lab.serve(*DNS)
    Killer(lab, lab.client, ["proxy", *login(lab), "--socks5", "127.0.0.1:1080", "--pid-file", "/run/sstp.pid"],
           "^connected in ").try_all("all", step)
