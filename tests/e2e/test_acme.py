# SPDX-License-Identifier: GPL-3.0-or-later
"""
Certificates by ACME (RFC 8555), as docs/acme.md has it: pebble, Let's Encrypt's server for tests, validates by HTTP-01; certbot
and lego answer on port 80 beside sstp on 443; sstp notices the new files.
"""
import json
import re
import subprocess

import pytest

from lab import NAME, SERVER, eventually, machine_environment
from pki import Identity

AUTHORITY = "10.2.0.2"  # the host "other"
DIRECTORY = f"https://{AUTHORITY}:14000/dir"


@pytest.fixture
def acme(lab):
    """pebble, and the DNS server that it asks, which gives the server's address for every name."""
    own = lab.pki.identity("pebble", f"IP:{AUTHORITY}")
    config = lab.file("pebble.json", json.dumps({"pebble": {
        "listenAddress": f"{AUTHORITY}:14000", "managementListenAddress": f"{AUTHORITY}:15000", "certificate": str(own.cert),
        "privateKey": str(own.key), "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": False}}))
    names = lab.start(lab.other, "pebble-challtestsrv", "-defaultIPv4", SERVER, "-defaultIPv6", "", "-dns01", f"{AUTHORITY}:8053", "-http01",
              "", "-https01", "", "-tlsalpn01", "", "-management", f"{AUTHORITY}:8055")
    pebble = lab.start(lab.other, "pebble", "-config", config, "-dnsserver", f"{AUTHORITY}:8053",
                       env={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"})
    pebble.wait_for("ACME directory available")
    eventually("its DNS server listens", lambda: lab.other.is_listening(8053))
    yield pebble
    for program in (pebble, names):
        program.stop()


def ask(lab, *argv, **env):
    done = lab.server.run(*argv, check=False, stdin=subprocess.DEVNULL, env={**machine_environment(), **env})
    assert done.returncode == 0, done.stdout + done.stderr


def certbot(lab, *argv):
    folder = lab.folder / "letsencrypt"
    ask(lab, "certbot", *argv, "--non-interactive", "--config-dir", folder, "--work-dir", folder / "work", "--logs-dir",
        folder / "logs", "--server", DIRECTORY, REQUESTS_CA_BUNDLE=str(lab.pki.ca))
    return Identity(folder / "live" / NAME / "fullchain.pem", folder / "live" / NAME / "privkey.pem")


def lego(lab, *argv, challenge=("--http",), account="root@example.net"):
    folder = lab.folder / "lego"
    ask(lab, "lego", "--server", DIRECTORY, "--accept-tos", "--email", account, "--domains", NAME, *challenge, "--path", folder, *argv,
        LEGO_CA_CERTIFICATES=str(lab.pki.ca))
    return Identity(folder / "certificates" / f"{NAME}.crt", folder / "certificates" / f"{NAME}.key")


def test_certbot(lab, acme):
    identity = certbot(lab, "certonly", "--standalone", "--agree-tos", "--email", "root@example.net", "--domain", NAME)
    check(lab, identity, lambda: certbot(lab, "renew", "--force-renewal", "--no-random-sleep-on-renew"))


def test_lego(lab, acme):
    check(lab, lego(lab, "run"), lambda: lego(lab, "renew", "--days", "10000", "--no-random-sleep"))


def test_lego_through_port_443(lab, acme):
    """The server hands the authority's connections to lego.

    The second certificate is another account's: with PEBBLE_AUTHZREUSE=0 pebble still uses an authorization that the account has in
    one order of a hundred, and then asks for no challenge.
    """
    challenge = ["--tls", "--tls.port", "127.0.0.1:8443"]
    check(lab, lego(lab, "run"), lambda: lego(lab, "run", challenge=challenge, account="second@example.net"),
          "--pass-alpn", "acme-tls/1=127.0.0.1:8443")
    first, *others = re.split("set VALID by completed challenge", acme.log)
    assert "validate w/ HTTP" in first and len(others) == 2 and "validate w/ HTTP" not in "".join(others)


def check(lab, identity, renew, *options):
    """The server has the certificate, and after a renewal the new one; the tunnel that was there stays."""
    server = lab.serve(*options, identity=identity)
    lab.connect("--no-default-route", to=NAME, trust=["--servercert", identity.fingerprint])
    renew()
    server.wait_for(f"^reloaded {re.escape(str(identity.cert))}$")
    renewed = Identity(identity.cert, identity.key)
    assert renewed.fingerprint != identity.fingerprint
    lab.connect("--no-default-route", host=lab.other, to=NAME, trust=["--servercert", renewed.fingerprint])
    lab.client.ping_server()
    assert "session 1: ends" not in server.log
