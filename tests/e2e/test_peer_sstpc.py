# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp serve, and sstp-client 1.0.18 with pppd 2.4.9 as they are in Debian 12: a client that we did not write."""

import pytest
from chains import Maker
from peers.bench import USER
from peers.sstpc import Sstpc

FOR_CLIENTS = ("basicConstraints = CA:FALSE", "extendedKeyUsage = clientAuth")
IS_UP = f'up, user "{USER}", address 10.78.0.'


@pytest.mark.parametrize("method, by", [
    ("mschapv2", "password"),
    ("mschapv2", "plug-in"),
    ("chap", "plug-in"),
    ("pap", "password"),
    ("pap", "plug-in"),
    ("eap-mschapv2", "plug-in"),
])
def test_connects(bench, method, by):
    server = bench.serve("--auth", method)
    sstpc = Sstpc(bench, by)
    sstpc.wait_until_up()
    server.wait_for(IS_UP)
    bench.ping()


def test_logs_in_by_certificate(bench, tmp_path):
    """EAP-TLS of pppd 2.4.9, with TLS 1.2. The plug-in of sstp-client 1.0.18 takes 16 bytes of each of pppd's keys, which
    have 32 here, so its crypto binding is wrong."""
    maker = Maker(tmp_path / "made")
    authority = maker.authority("Test")
    client = maker.make(USER, authority, extensions=FOR_CLIENTS)
    for name, path in {"ca.pem": authority.cert, "ann.crt": client.cert, "ann.key": client.key}.items():
        (bench.guest.out / name).write_bytes(path.read_bytes())
    job = bench.serve("--auth", "eap-tls", "--client-ca", "/mnt/out/ca.pem")
    sstpc = Sstpc(bench, "plug-in", pppd="need-peer-eap ca /mnt/out/server.crt cert /mnt/out/ann.crt key /mnt/out/ann.key")
    sstpc.job.wait_for("EAP authentication succeeded")
    sstpc.job.wait_for(r"The mppe send key \(16\)")
    job.wait_for(f'user "{USER}".*the crypto binding')


def test_carries_twenty_megabytes_each_way(bench):
    bench.serve()
    sstpc = Sstpc(bench)
    sstpc.wait_until_up()
    bench.transfer(20_000_000)
    address = sstpc.job.wait_for("remote LL address (fe80::[0-9a-f:]+)")[1]
    bench.guest.run(f"ip netns exec client ping -c 1 -W 60 {address}%ppp0")


def test_has_its_echoes_answered(bench):
    """Otherwise pppd would have ended the link after three."""
    server = bench.serve()
    sstpc = Sstpc(bench)
    sstpc.wait_until_up()
    server.wait_for("lcp: sending code 10 ", count=8)
    assert "No response" not in sstpc.job.log and sstpc.job.status is None
    bench.ping()


@pytest.mark.parametrize("signal", ["TERM", "KILL"])
def test_survives_the_end_of_a_client(bench, signal):
    """TERM: close_notify without a Call-Disconnect. KILL: not even that. The next client is served as usual."""
    server = bench.serve()
    first = Sstpc(bench)
    first.wait_until_up()
    server.wait_for(IS_UP)
    first.job.kill(signal)
    server.wait_for(f'session 1: ended .*user "{USER}"')
    bench.guest.run("while pgrep -x pppd; do sleep 0.2; done >/dev/null")
    second = Sstpc(bench)
    second.wait_until_up()
    server.wait_for("session 2: " + IS_UP)
    bench.ping()


def test_sees_the_end_of_the_server(bench):
    server = bench.serve()
    sstpc = Sstpc(bench)
    sstpc.wait_until_up()
    server.wait_for(IS_UP)
    server.kill("TERM")
    assert server.wait() == 0
    sstpc.job.wait_for("DISCONNECT")
    sstpc.job.wait()


@pytest.mark.parametrize("method, words", [
    ("mschapv2", "CHAP authentication failed"),
    ("pap", "PAP authentication failed"),
])
def test_is_refused_with_a_wrong_password(bench, method, words):
    server = bench.serve("--auth", method)
    sstpc = Sstpc(bench, password="wrong")
    sstpc.job.wait_for(words)
    sstpc.job.wait()
    server.wait_for("login of .* refused: wrong password")
    server.wait_for("session 1: .*ended")
    assert IS_UP not in server.log
