# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp-client with pppd, dialling vpn.test from a bench (bench.py).

What is odd about it (1.0.18), and why it is handled so here:

- It crashes when the HTTP response is there before it looks for it, so the cable is long while it connects.
- Given the password by --password it watches pppd's frames for the end of the authentication, and takes PAP and
  MS-CHAPv2 for one but not CHAP-MD5: then it never sends Call-Connected. Its plug-in for pppd (the password is in
  chap-secrets) knows all three.
- Asked to end it sends close_notify and no Call-Disconnect.
"""
from peers.bench import PASSWORD, SERVER_INSIDE, USER

PPPD = "nodetach noauth debug logfd 2 usepeerdns lcp-echo-interval 1 lcp-echo-failure 6"


class Sstpc:
    """sstpc and its pppd in namespace "client"."""

    def __init__(self, bench, by="password", password=PASSWORD, environment="", pppd=""):
        self.bench = bench
        login = f'--user {USER} --password "{password}"' if by == "password" else ""
        pppd = f"{PPPD} {pppd}" + (f" user {USER}" if by == "plug-in" else "")
        bench.cable_is_long()
        self.job = bench.client(f"env {environment} sstpc --log-level 4 --log-stderr --ca-cert /mnt/out/server.crt"
                                f" {login} vpn.test {pppd}")

    def wait_until_up(self):
        self.job.wait_for(f"remote IP address {SERVER_INSIDE}")
        self.job.wait_for("Connection Established")
        self.bench.cable_is_short()
