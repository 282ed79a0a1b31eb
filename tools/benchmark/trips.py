# SPDX-License-Identifier: GPL-3.0-or-later
"""How many round trips it takes to connect: the time from the start of the client to the first reply to a ping, divided
by the round trip of a line that is so long that the work of the programs hardly counts.

pppd needs /dev/ppp, so it runs in User Mode Linux with the other end (tests/e2e/peers), where programs are slower: their
work adds some tenths of a round trip there.
"""
import measures
from peers import uml  # of tests/e2e
from peers.bench import NAMESPACES, PASSWORD, SERVER, SERVER_INSIDE, USER, Bench, make_server_files

ONE_WAY_MS = 1000
TRIP = 2 * ONE_WAY_MS / 1000  # seconds
LINE = (f"{ONE_WAY_MS} ms each way", f"both rate=100M delay={ONE_WAY_MS} queue=100ms")
CLIENT_INSIDE = "10.78.0.2"
FIRST_PING = "env PYTHONPATH=/mnt/repo/tests/e2e /usr/bin/python3 /mnt/repo/tools/benchmark/first_ping.py"


def own(peer):
    """A client of the road: the round trips."""
    return measures.start(peer, peer.variants[-1], 60) / TRIP


class FarAway:
    """Two namespaces in User Mode Linux, that far from each other."""

    def __init__(self, program):
        self.guest = uml.Guest()
        try:
            make_server_files(self.guest.out, program)
            self.guest.run(NAMESPACES)
            self.bench = Bench(self.guest, program)
            for host, device in (("server", "srv"), ("client", "cli")):
                self.guest.run(f"tc -n {host} qdisc add dev {device} root netem delay {ONE_WAY_MS}ms limit 10000")
            self.guest.run(f"ip netns exec client ping -c 1 -W 60 {SERVER}")  # ARP
        except BaseException:
            self.close()
            raise

    def close(self):
        self.guest.close()

    def _measure(self, server, command):
        client = self.bench.client(f"{FIRST_PING} {SERVER_INSIDE} {command}")
        try:
            seconds = float(client.wait_for(r"first reply after ([\d.]+) s", 130)[1])
            client.wait()
        finally:
            self.guest.kill_all()
            server.wait()
        return seconds / TRIP

    def to_pppd(self):
        """sstp connect, and pppd as the PPP of its server."""
        (self.guest.out / "password").write_text(PASSWORD + "\n")
        server = self.bench.server(
            f'{self.bench.front} /mnt/out/server.crt /mnt/out/server.key {SERVER} 443 "{PASSWORD}" -- pppd nodetach local auth'
            f" require-mschap-v2 name server {SERVER_INSIDE}:{CLIENT_INSIDE}")
        server.wait_for("front: listening")
        return self._measure(server, f"{self.bench.sstp} connect --once --no-default-route --route {SERVER_INSIDE} --ca-cert"
                             f" /mnt/out/server.crt --user {USER} --password-file /mnt/out/password --no-dns vpn.test")

    def of_sstpc(self):
        """sstp-client with pppd, and sstp serve."""
        return self._measure(self.bench.serve(), f"sstpc --log-level 1 --log-stderr --ca-cert /mnt/out/server.crt --user {USER}"
                             f' --password "{PASSWORD}" vpn.test nodetach noauth usepeerdns')
