# SPDX-License-Identifier: GPL-3.0-or-later
"""serve --nat beside the firewalls of distributions: docs/guide.md says what each needs, and both survive the other's reload."""
import re
import shutil
import socket

import pytest

from fronts import GENTLY
from lab import REPO, SERVER, eventually
from test_dns_programs import BUS
from test_nat import OTHER, TABLE, changed, source_seen_by, tables  # noqa: F401 (a fixture)

GUIDE = (REPO / "docs/guide.md").read_text()


def commands(name):
    """What the guide says for a firewall: the commands of its row."""
    row = re.search(rf"^\| {name} \| (.*) \|$", GUIDE, re.M)[1]
    return re.findall("`([^`]*)`", row)


class Firewall:
    """With copies of the machine's files; their folder is seen at its usual place by the firewall's programs alone."""

    def __init__(self, lab, *paths):
        self.lab, self.binds = lab, ""
        for path in paths:
            copy = lab.folder / path.strip("/").replace("/", "-")
            (shutil.copytree if path in ("/etc/ufw", "/etc/firewalld") else shutil.copy)(path, copy)
            self.binds += f"mount --bind {copy} {path} && "

    def words(self, command):
        return ["unshare", "--mount", "sh", "-ec", f"{self.binds}exec {command}"]

    def run(self, command):
        done = self.lab.server.run(*self.words(command), check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


class Ufw(Firewall):
    def __init__(self, lab):
        super().__init__(lab, "/etc/ufw", "/etc/default/ufw")
        settings = lab.folder / "etc-default-ufw"
        settings.write_text(re.sub("^IPT_(SYSCTL|MODULES)=.*", r"IPT_\1=", settings.read_text(), flags=re.M))
        self.run("ufw allow 443/tcp")
        self.run("ufw --force enable")
        self.reload = "ufw reload"

    def close(self):
        self.run("ufw disable")


class Firewalld(Firewall):
    def __init__(self, lab):
        super().__init__(lab, "/etc/firewalld")
        run = lab.server.run_folder
        (run / "dbus").mkdir(exist_ok=True)
        self.bus = lab.start(lab.server, *GENTLY, "dbus-daemon", "--nofork", f"--config-file={lab.file('bus.conf', BUS)}", label="bus")
        eventually("the bus is there", (run / "dbus/system_bus_socket").exists)
        self.daemon = lab.start(lab.server, *self.words("firewalld --nofork --nopid"), label="firewalld")
        eventually("firewalld runs", lambda: lab.server.run("firewall-cmd", "--state", check=False).returncode == 0)
        self.run("firewall-cmd --permanent --add-service https")
        self.reload = "firewall-cmd --reload"
        self.run(self.reload)

    def run(self, command):
        return self.lab.server.run(*command.split()).stdout

    def close(self):
        self.daemon.stop()
        self.bus.stop()


def is_stopped(lab):
    """Whether the client's connection does not reach the other host, which would accept it."""
    with lab.other.listen("0.0.0.0", 7000), lab.client.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        try:
            s.connect((OTHER, 7000))
        except OSError:
            return True
        return False


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("kind, name", [(Ufw, "ufw"), (Firewalld, "firewalld")])
def test_clients_reach_others_when_the_firewall_lets_them(changed, kind, name, order):  # noqa: F811
    lab = changed
    if order == "before":
        firewall = kind(lab)
    server = lab.serve("--nat", "any")
    if order == "after":
        firewall = kind(lab)
    lab.connect()
    assert is_stopped(lab), "the firewall drops what it does not know"
    for command in commands(name):
        firewall.run(command)
    assert source_seen_by(lab.other, lab.client, OTHER) == SERVER
    firewall.run(firewall.reload)
    assert TABLE in tables(lab.server)
    assert source_seen_by(lab.other, lab.client, OTHER) == SERVER
    firewall.close()
    assert server.stop() == 0
    assert TABLE not in tables(lab.server)
