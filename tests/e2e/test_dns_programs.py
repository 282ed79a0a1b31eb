# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that own resolv.conf on many hosts, as they are: systemd-resolved and openresolv.

Installed, they would take this machine's resolv.conf over. So tools/deps only unpacks their packages, and they run on the
test's host, whose /etc, /run and network are its own, with a D-Bus of their own.
"""
import pytest

from lab import INSIDE, REPO, RESOLV_CONF, SERVER, eventually
from test_split_dns import BEFORE, answers, dnsmasq, looked_up, servers  # noqa: F401 (fixture)

UNPACKED = REPO / "build/deps/unpacked"
RESOLVED = UNPACKED / "systemd-resolved"
OPENRESOLV = UNPACKED / "openresolv"
BUS = """<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
"""


def with_path(folder):
    return {"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"}


# ---- systemd-resolved


def resolvectl(lab, *words):
    return lab.client.run(RESOLVED / "usr/bin/resolvectl", *words).stdout


@pytest.fixture
def resolved(lab, servers):  # noqa: F811
    """The host's resolv.conf is resolved's; it asks BEFORE by way of the cable."""
    (lab.client.run_folder / "dbus").mkdir(exist_ok=True)
    (lab.client.run_folder / "systemd/resolve").mkdir(parents=True, exist_ok=True)
    passwd = lab.file("passwd", "root:x:0:0::/:/bin/sh\nsystemd-resolve:x:0:0::/:/bin/sh\n", 0o644)
    lab.start(lab.client, "dbus-daemon", "--nofork", f"--config-file={lab.file('bus.conf', BUS)}")
    eventually("D-Bus", (lab.client.run_folder / "dbus/system_bus_socket").exists)
    program = lab.start(lab.client, "unshare", "--mount", "sh", "-ec",
                        f"mount --bind {passwd} /etc/passwd\nexec {RESOLVED}/lib/systemd/systemd-resolved", label="resolved")
    stub = lab.client.run_folder / "systemd/resolve/stub-resolv.conf"
    eventually("resolved", lambda: program.status is not None or stub.exists() and lab.client.run(
        RESOLVED / "usr/bin/resolvectl", "status", check=False).returncode == 0)
    assert program.status is None, program.log
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.symlink_to("/run/systemd/resolve/stub-resolv.conf")
    resolvectl(lab, "dns", "cable", BEFORE)
    resolvectl(lab, "dnssec", "cable", "no")
    assert looked_up(lab.client, "other.test") == "198.51.100.81"
    yield lab
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.write_text(RESOLV_CONF)


def test_resolved_asks_the_vpn_alone(resolved):
    resolved.serve("--dns", INSIDE)
    client = resolved.connect(env=with_path(RESOLVED / "usr/bin"))
    said = resolvectl(resolved, "status", "sstp0")
    assert f"DNS Servers: {INSIDE}" in said and "DNS Domain: ~." in said and "+DefaultRoute" in said
    assert looked_up(resolved.client, "www.corp.test") == "10.77.0.1"
    assert client.stop() == 0
    assert looked_up(resolved.client, "www.corp.test") == "198.51.100.99"
    assert looked_up(resolved.client, "other.test") == "198.51.100.81"


def test_resolved_splits(resolved):
    resolved.serve("--dns", INSIDE)
    client = resolved.connect("--no-default-route", "--dns-domain", "corp.test", "--search", "corp.test",
                              env=with_path(RESOLVED / "usr/bin"))
    said = resolvectl(resolved, "status", "sstp0")
    assert "-DefaultRoute" in said
    assert looked_up(resolved.client, "www.corp.test") == "10.77.0.1"
    assert looked_up(resolved.client, "www.example.org") == "198.51.100.80"
    assert looked_up(resolved.client, "www") == "10.77.0.1", "the search domain"
    assert client.stop() == 0
    assert looked_up(resolved.client, "www.corp.test") == "198.51.100.99"


def test_resolved_forgets_a_client_that_was_killed(resolved):
    resolved.serve("--dns", INSIDE)
    client = resolved.connect(env=with_path(RESOLVED / "usr/bin"))
    client.kill()
    eventually("the host's own servers", lambda: looked_up(resolved.client, "www.corp.test") == "198.51.100.99")


def test_under_lockdown_resolved_s_own_servers_are_asked(resolved, servers):  # noqa: F811
    """resolv.conf names only the stub, which cannot ask anybody; the server has moved meanwhile."""
    resolved.is_changed = True
    servers[1].stop()
    before = dnsmasq(resolved, resolved.router, BEFORE, {"vpn.example.org": SERVER})
    answers(resolved.router, BEFORE)
    server = resolved.serve("--dns", INSIDE)
    client = resolved.connect("--lockdown", to="vpn.example.org", env=with_path(RESOLVED / "usr/bin"))
    before.stop()
    dnsmasq(resolved, resolved.router, BEFORE, {"vpn.example.org": "192.0.2.77"})
    answers(resolved.router, BEFORE)
    resolved.server.configure("addr add 192.0.2.77/24 dev cable\n")
    server.kill()
    resolved.serve("--dns", INSIDE, "--listen", "192.0.2.77:443")
    client.wait_for("^connected in ", count=2)
    assert "vpn.example.org is at 192.0.2.77:443" in client.log
    assert looked_up(resolved.client, "www.corp.test") == "10.77.0.1"
    assert client.stop() == 0


# ---- openresolv


@pytest.fixture
def openresolv(lab, servers):  # noqa: F811
    """The host's resolv.conf is openresolv's, and names BEFORE."""
    folder = lab.folder / "bin"
    folder.mkdir()
    script = (OPENRESOLV / "sbin/resolvconf").read_text()
    assert "LIBEXECDIR=/lib/resolvconf\n" in script
    (folder / "resolvconf").write_text(script.replace("LIBEXECDIR=/lib/resolvconf\n",
                                                      f"LIBEXECDIR={OPENRESOLV}/lib/resolvconf\n"))
    (folder / "resolvconf").chmod(0o755)
    (lab.client.etc / "resolvconf.conf").write_text((OPENRESOLV / "etc/resolvconf.conf").read_text())
    lab.client.run(folder / "resolvconf", "-a", "cable", input=f"nameserver {BEFORE}\nsearch example.net\n")
    lab.client.run(folder / "resolvconf", "-u")  # the file was another program's until now
    assert lab.client.resolv_conf.read_text().startswith("# Generated by resolvconf\n")
    assert f"nameserver {BEFORE}" in lab.client.resolv_conf.read_text()
    yield folder
    (lab.client.etc / "resolvconf.conf").unlink()


def test_openresolv_asks_the_vpn_alone(lab, openresolv):
    before = lab.client.resolv_conf.read_text()
    lab.serve("--dns", INSIDE)
    client = lab.connect(env=with_path(openresolv))
    assert [line for line in lab.client.resolv_conf.read_text().splitlines() if "nameserver" in line] == [f"nameserver {INSIDE}"]
    assert looked_up(lab.client, "www.corp.test") == "10.77.0.1"
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == before
    assert lab.client.run(openresolv / "resolvconf", "-l").stdout.count("# resolv.conf from") == 1


def test_openresolv_after_a_crash(lab, openresolv):
    before = lab.client.resolv_conf.read_text()
    server = lab.serve("--dns", INSIDE)
    lab.connect(env=with_path(openresolv)).kill()
    assert INSIDE in lab.client.resolv_conf.read_text()
    server.kill()
    status, _ = lab.connect_fails("--timeout", "5", env=with_path(openresolv))
    assert status == 4
    assert lab.client.resolv_conf.read_text() == before


def test_openresolv_without_a_local_server_does_not_split(lab, openresolv):
    """Then sstp's own forwarder does it."""
    before = lab.client.resolv_conf.read_text()
    lab.serve("--dns", INSIDE)
    client = lab.connect("--no-default-route", "--dns-domain", "corp.test", env=with_path(openresolv))
    client.wait_for("^DNS: names of --dns-domain go to the VPN's servers")
    assert looked_up(lab.client, "www.corp.test") == "10.77.0.1"
    assert looked_up(lab.client, "www.example.org") == "198.51.100.80"
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == before
