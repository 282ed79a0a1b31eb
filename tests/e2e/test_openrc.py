# SPDX-License-Identifier: GPL-3.0-or-later
"""The service scripts for OpenRC, run by Debian's OpenRC on hosts that have it in place of their own service manager.

The package is unpacked, not installed, and is laid over /usr for the scripts and for what they start.
"""
import shutil

import pytest

from lab import GATEWAY, REPO, SERVER, eventually

UNPACKED = REPO / "build/deps/unpacked"
PACKAGES = ("openrc", "librc1", "libeinfo1")
STATES = "starting started stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled tmp"
# What a start of the machine by OpenRC leaves; then the command in "$@".
MACHINE = f"""
mount -t overlay -o lowerdir={":".join(str(UNPACKED / p) for p in PACKAGES)}:/usr overlay /usr
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /etc/init.d
cp SCRIPTS/* /etc/init.d
mount --bind BIN /usr/local/bin
cd /run && mkdir -p openrc && cd openrc && mkdir -p {STATES} && touch softlevel /etc/insserv.conf
exec "$@"
"""


class Services:
    """OpenRC on a host, with one of our scripts and a settings file."""

    def __init__(self, lab, host, script, service, settings_file, settings):
        self.host, self.service = host, service
        folder = lab.folder / f"openrc-{service}"
        (folder / "bin").mkdir(parents=True)
        (folder / "init.d").mkdir()
        shutil.copy(lab.sstp, folder / "bin/sstp")
        shutil.copy(REPO / "docs" / script, folder / "init.d" / service)
        (folder / "init.d" / service).chmod(0o755)
        self.machine = MACHINE.replace("SCRIPTS", str(folder / "init.d")).replace("BIN", str(folder / "bin"))
        self.etc = host.etc / "sstp"
        self.etc.mkdir()
        self.settings = self.etc / settings_file
        self.settings.write_text(settings)

    def __call__(self, *words):
        """What the script ends with, and what it says."""
        done = self.host.run("unshare", "--mount", "--propagation", "private", "sh", "-ec", self.machine, "sh",
                             f"/etc/init.d/{self.service}", "--nocolor", *words, check=False)
        return done.returncode, done.stdout + done.stderr

    def well(self, *words):
        status, said = self(*words)
        assert status == 0, said
        return said

    def end(self):
        self("stop")
        shutil.rmtree(self.etc)


@pytest.fixture
def server(lab):
    users = lab.file("users", "ann * wonderland *\n")
    settings = (f"cert = {lab.pki.server.cert}\nkey = {lab.pki.server.key}\nusers = {users}\nipv4-network = 10.9.0.0/24\n"
                "dns = 10.9.0.53\nno-watch = yes\n")
    services = Services(lab, lab.server, "sstp-server.openrc", "sstp-server", "server.conf", settings)
    services.users = users
    yield services
    services.end()


@pytest.fixture
def client(lab):
    settings = (f"server = {SERVER}\nuser = ann\npassword-file = {lab.file('password', 'wonderland')}\n"
                f"servercert = {lab.pki.server.pin}\n")
    services = Services(lab, lab.client, "sstp.openrc", "sstp.office", "office.conf", settings)
    yield services
    services.end()


def may_log_in(lab, user, password):
    return lab.other.run(lab.sstp, "proxy", "--user", user, "--password-file", lab.file(f"password-{user}", password), "--servercert",
                         lab.pki.server.pin, SERVER, "--", "true", check=False).returncode == 0


def is_up(lab, host):
    return lambda: host.run(lab.sstp, "status", check=False).returncode == 0


def test_openrc(lab, server, client):
    before = lab.client.resolv_conf.read_text()
    server.well("start")
    eventually("the server runs", is_up(lab, lab.server))
    client.well("start")  # does not wait for the tunnel
    eventually("the tunnel", lambda: lab.client.ping(GATEWAY, check=False))
    assert "nameserver 10.9.0.53" in lab.client.resolv_conf.read_text()
    for services in (server, client):
        assert "status: started" in services.well("status")
    server.settings.write_text(server.settings.read_text() + "mtu = many\n")
    status, said = server("reload")
    assert status != 0 and "server.conf:7:" in said
    assert server("restart")[0] != 0 and is_up(lab, lab.server)(), "it still runs"
    server.settings.write_text(server.settings.read_text().replace("mtu = many\n", ""))
    server.users.write_text("ann * wonderland *\nbob * builder *\n")
    server.well("reload")
    eventually("bob may log in", lambda: may_log_in(lab, "bob", "builder"))
    assert lab.client.ping(GATEWAY), "sessions go on"
    for services in (client, server):
        services.well("stop")
        assert services("status")[0] == 3, "stopped"
        assert not is_up(lab, services.host)()
    assert lab.client.resolv_conf.read_text() == before


def test_openrc_tells_of_wrong_settings(client):
    client.settings.write_text("server = vpn.example.net\nusr = ann\n")
    status, said = client("start")
    assert status != 0 and "office.conf:2: unknown option usr" in said
