# SPDX-License-Identifier: GPL-3.0-or-later
"""Two network namespaces in a guest (uml.py), joined by a cable: "server", 10.77.0.1 and vpn.test, and "client".

guests.py has the fixtures. This file does without pytest: tools/benchmark imports it too.
"""
import os
import subprocess
from pathlib import Path

from peers import uml

SSTP = Path(os.environ.get("SSTP", uml.REPO / "sstp"))
FRONT = uml.REPO / os.environ.get("BUILD", "build") / "musl/tests/e2e/peers/pppd_front"
USER, PASSWORD = "ann", "correct horse"
SERVER, CLIENT = "10.77.0.1", "10.77.0.2"
POOL, SERVER_INSIDE = "10.78.0.0/24", "10.78.0.1"
DELAY = "30ms"
TRANSFER = "/usr/bin/python3 -I -S /mnt/repo/tests/e2e/peers/transfer.py"

NAMESPACES = f"""
ip netns add server && ip netns add client
ip -batch - <<END
link add srv netns server type veth peer name cli netns client
END
ip -n server -batch - <<END
link set lo up
addr add {SERVER}/24 dev srv
link set srv up
END
ip -n client -batch - <<END
link set lo up
addr add {CLIENT}/24 dev cli
link set cli up
END
echo {SERVER} vpn.test >/run/hosts && mount --bind /run/hosts /etc/hosts
mkdir -p /run/sstpc
for kind in pap chap; do install -m 600 /mnt/out/users /etc/ppp/$kind-secrets; done
"""


def make_server_files(folder, sstp=SSTP):
    """server.crt, server.key and users in `folder`; the users are pppd's secrets too."""
    subprocess.run([sstp, "cert", "--name", "vpn.test", "--out", folder / "server"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([sstp, "passwd", "--clear-text", "--passwd-on-stdin", folder / "users", USER], check=True,
                   input=f"{PASSWORD}\n", text=True)


class Bench:
    def __init__(self, guest, sstp=SSTP):
        self.guest = guest
        self.has_long_cable = False
        self.sstp = guest.path(sstp)
        self.front = guest.path(FRONT)

    def server(self, command):
        return self.guest.spawn(f"ip netns exec server {command}")

    def client(self, command):
        return self.guest.spawn(f"ip netns exec client {command}")

    def serve(self, *options):
        """sstp serve, listening."""
        job = self.server(f"{self.sstp} serve -v --listen {SERVER} --cert /mnt/out/server.crt --key /mnt/out/server.key"
                          f" --users /mnt/out/users --ipv4-network {POOL} --dns {SERVER_INSIDE} " + " ".join(options))
        job.wait_for("ready:")
        return job

    def ping(self, *sizes):
        """Through the tunnel, from the client; of the usual size or of all of these."""
        one = f"ip netns exec client ping -c 1 -W 60 {SERVER_INSIDE} -s"
        self.guest.run(" && ".join(f"{one} {size}" for size in sizes or (56,)))

    def transfer(self, count, seconds=360):
        """`count` bytes through the tunnel, each way; the digests are compared."""
        listener = self.server(f"{TRANSFER} serve {SERVER_INSIDE} 5000")
        listener.wait_for("listening")
        said = self.guest.run(f"ip netns exec client {TRANSFER} fetch {SERVER_INSIDE} 5000 {count}", seconds)
        assert "digests agree" in said
        print(said)

    def report(self):
        """What conftest.py shows where a test fails."""
        return self.guest.report()

    def cable_is_long(self):
        """Answers of the server take their time."""
        self.has_long_cable = True
        self.guest.run(f"tc -n server qdisc add dev srv root netem delay {DELAY}")

    def cable_is_short(self):
        if self.has_long_cable:
            self.guest.run("tc -n server qdisc del dev srv root")
        self.has_long_cable = False
