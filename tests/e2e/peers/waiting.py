# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients at servers that never answer. Their patience is counted in minutes, so they begin to wait while other tests
run: the first test that asks for the fixture `waiting` starts them, test_peer_softether.py looks how it went.

SoftEther as it is in Debian 12 accepts TLS, reads the request for SSTP, does not answer and hangs up after twenty
seconds. OpenSSL's test server does not even do that.
"""
import time

import lab as laboratory
import pytest
from pki import Identity

SILENT_PORT = 4433
VPNSERVER = "/usr/bin/vpnserver"


class Waiting:
    """A lab of their own: SoftEther on the host "server", OpenSSL's server on "inside", a client for each."""

    def __init__(self, folder, pki):
        self.network = laboratory.Network(folder / "network")
        self.lab = laboratory.Lab(self.network, folder / "lab", pki)
        try:
            self._start_softether()
            self._start_silent(pki.server)
            self.at_softether = self._connect(self.lab.client, laboratory.SERVER, self.softether_pin)
            self.probe = self.lab.start(self.lab.other, self.lab.sstp, "probe", laboratory.SERVER, "--servercert",
                                        self.softether_pin)
            self.started = time.monotonic()
            self.at_silent = self._connect(self.lab.server, f"{laboratory.INSIDE}:{SILENT_PORT}", pki.server.pin)
        except BaseException:
            self.close()
            raise

    def _start_softether(self):
        host = self.lab.server
        # its files, so that nothing is left on this machine
        host.run("sh", "-ec", """mkdir /run/softether
            for dir in /var/lib /var/log; do mount -t tmpfs tmpfs $dir && mkdir $dir/softether; done""")
        self.softether = self.lab.start(host, VPNSERVER, "execsvc", label="softether")
        laboratory.eventually("SoftEther listens", lambda: host.is_listening(443))
        shown = self.lab.client.run("openssl", "s_client", "-connect", f"{laboratory.SERVER}:443", input="").stdout
        self.softether_pin = Identity(self.lab.file("softether.crt", shown), None).pin

    def _start_silent(self, identity):
        host = self.lab.inside
        # at the end of its standard input it would hang up
        command = f"openssl s_server -quiet -port {SILENT_PORT} -cert {identity.cert} -key {identity.key}"
        self.silent = self.lab.start(host, "bash", "-c", f"exec {command} < <(exec sleep 1000)", label="s_server")
        laboratory.eventually("s_server listens", lambda: host.is_listening(SILENT_PORT))

    def _connect(self, host, to, pin):
        return self.lab.connect("--once", "--no-default-route", "--no-dns", "--timeout", laboratory.NO_LIMIT, host=host, to=to,
                                trust=["--servercert", pin], wait=False)

    def close(self):
        # the servers end badly when they are asked to, and the clients may not have been waited for
        for program in self.lab.programs:
            program.kill()
        self.lab.close()
        self.network.close()


@pytest.fixture(scope="session")
def waiting(tmp_path_factory, pki):
    made = Waiting(tmp_path_factory.mktemp("waiting"), pki)
    yield made
    made.close()
