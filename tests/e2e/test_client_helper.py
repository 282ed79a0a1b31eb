# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp connect as root: the process that reads from the network owns nothing, its helper changes the host."""
import os
import re
import signal
from pathlib import Path

import pytest

from lab import GATEWAY, NAME, RESOLV_CONF, eventually, open_files

NOBODY = "65534"
DNS = ("--dns", "10.9.0.53")


def status_of(pid):
    return dict(re.findall(r"^(\w+):[ \t]*(.*)$", Path(f"/proc/{pid}/status").read_text(), re.M))


def helper_of(client):
    children = Path(f"/proc/{client.pid}/task/{client.pid}/children").read_text().split()
    helpers = [int(p) for p in children if status_of(p)["Name"] == "sstp-helper"]
    assert len(helpers) == 1, children
    return helpers[0]


def internet_sockets(lab, pid):
    """The inodes of its sockets that are in a table of TCP or UDP."""
    tables = lab.client.run("cat", *(f"/proc/net/{name}" for name in ("tcp", "tcp6", "udp", "udp6"))).stdout
    known = {line.split()[9] for line in tables.splitlines() if len(line.split()) > 9}
    links = " ".join(open_files(pid).values())
    return {s for s in re.findall(r"socket:\[(\d+)\]", links) if s in known}


def test_who_holds_what(lab):
    lab.serve()
    client = lab.connect(*DNS, "--control", lab.folder / "control")
    network, helper = status_of(client.pid), status_of(helper_of(client))
    assert set(network["Uid"].split()) == set(network["Gid"].split()) == {NOBODY}
    assert not network["Groups"]
    for capabilities in "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb":
        assert int(network[capabilities], 16) == 0
    assert network["NoNewPrivs"] == "1"
    assert network["Seccomp"] == "2"
    assert int(helper["CapEff"], 16), "it does what needs privileges"
    assert set(helper["Uid"].split()) == {"0"}
    assert internet_sockets(lab, client.pid), "the connection to the server"
    assert not internet_sockets(lab, helper_of(client)), "it reads nothing from the network"
    threads = [status_of(t) for t in map(int, os.listdir(f"/proc/{client.pid}/task"))]
    assert {t["CapEff"] for t in threads} == {network["CapEff"]}
    assert {t["Seccomp"] for t in threads} == {"2"}
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


def test_without_the_sandbox_there_is_one_process(lab):
    lab.serve()
    client = lab.connect("--sandbox", "off")
    assert not Path(f"/proc/{client.pid}/task/{client.pid}/children").read_text()
    assert set(status_of(client.pid)["Uid"].split()) == {"0"}
    lab.client.ping(GATEWAY)
    assert client.stop() == 0


def test_the_helper_is_killed(lab):
    """Then the client cannot restore the host: it ends, and the next start does it."""
    lab.serve()
    before = lab.client.routes()
    client = lab.connect(*DNS)
    helper = helper_of(client)
    os.kill(helper, signal.SIGKILL)
    client.wait_for("^error: the helper process has ended")
    assert client.wait() == 1
    assert "10.9.0.53" in lab.client.resolv_conf.read_text()
    again = lab.connect(*DNS)
    lab.client.ping(GATEWAY)
    assert again.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert lab.client.routes() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_signals_are_not_for_the_helper(lab, number):
    """A terminal and a service manager send them to all processes."""
    lab.serve()
    client = lab.connect(*DNS)
    helper = helper_of(client)
    os.kill(helper, number)
    lab.client.ping(GATEWAY)
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


def test_the_helper_ends_with_the_client(lab):
    """The next start waits for that, and then restores the host."""
    lab.serve()
    client = lab.connect(*DNS)
    helper = helper_of(client)
    os.kill(helper, signal.SIGSTOP)
    client.kill()
    again = lab.connect(*DNS, wait=False)
    os.kill(helper, signal.SIGCONT)
    again.wait_for("^restored .*resolv.conf after a crash")
    again.wait_for("^connected in ")
    assert again.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


def test_a_reconnect_is_set_up_from_the_sandbox(lab):
    """The name is looked up again, the route to the server and DNS are set again."""
    server = lab.serve()
    client = lab.connect(*DNS, to=NAME)
    server.kill()
    client.wait_for("next try in")
    eventually("DNS is the host's", lambda: lab.client.resolv_conf.read_text() == RESOLV_CONF)
    lab.serve()
    client.wait_for("^connected in ", count=2)
    lab.client.ping(GATEWAY)
    assert "10.9.0.53" in lab.client.resolv_conf.read_text()
    assert client.stop() == 0
