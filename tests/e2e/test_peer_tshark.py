# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own sessions, captured and decoded by tshark with the keys that --keylog wrote.

It must be able to decode everything: TLS, HTTP, SSTP, PPP and the packets in the tunnel.
"""
import signal

import pytest
from lab import eventually
from peers.dissect import Dissection
from peers.sstpc import Sstpc

AUTHENTICATION = {"mschapv2": "chap", "chap": "chap", "pap": "pap", "eap-mschapv2": "eap", "peap": "eap"}
PINGS = 5
# write each packet to the file at once
TCPDUMP = "tcpdump --immediate-mode -U -Z root"


def assert_understood(session, authentication, messages):
    """No malformed or unknown packets, and all expected ones by name."""
    assert session.complaints() == []
    assert {"http", "sstp", "ppp", "lcp", authentication, "ipcp", "ipv6cp", "icmp"} <= session.names()
    seen = " ".join(session.values("sstp.messagetype"))
    for message in messages:
        assert f"SSTP_MSG_{message} " in seen
    codes = " ".join(session.values("ppp.code"))
    for code in ("Configuration Request", "Configuration Ack"):
        assert code in codes
    assert sum("ping) request" in kind for kind in session.values("icmp.type")) >= PINGS


@pytest.mark.parametrize("method, who", [("mschapv2", "server"), ("mschapv2", "client"), ("chap", "server"),
                                         ("pap", "client"), ("eap-mschapv2", "client"), ("peap", "server")])
def test_our_own_session_over_tls_1_3(lab, method, who):
    keys, capture = lab.folder / "keys", lab.folder / "session.pcap"
    logged = ["--keylog", keys]
    recorder = lab.start(lab.server, *TCPDUMP.split(), "-i", "cable", "-w", capture)
    recorder.wait_for("listening on")
    server = lab.serve("--auth", method, *(logged if who == "server" else []))
    inside = ["--eap-name", "vpn.example.net", "--eap-ca", lab.pki.ca] if method == "peap" else []
    client = lab.connect("--no-default-route", "--auth", method, *inside, *(logged if who == "client" else []))
    lab.client.ping_server(count=PINGS)
    assert client.stop() == 0
    server.wait_for("ended after")
    assert recorder.stop(signal.SIGINT) == 0
    session = Dissection(capture, keys)
    assert_understood(session, AUTHENTICATION[method],
                      ("CALL_CONNECT_REQUEST", "CALL_CONNECT_ACK", "CALL_CONNECTED", "CALL_DISCONNECT",
                       "CALL_DISCONNECT_ACK"))
    assert any("Termination Request" in code for code in session.values("ppp.code"))
    assert "TLSv1.3" in server.log


IPV6 = ("--ipv6-network", "2001:db8:77::/56", "--ipv6-delegate", "2001:db8:100::/40/56", "--dns", "2001:db8:77::53",
        "--push-domain", "corp.test", "--push-domain", "example.net")
ROUTES = "push-route = 2001:db8:6::9\npush-route = 10.0.0.0/8\npush-route = "


def test_what_sets_ipv6_up(lab):
    """Router and neighbor discovery, DHCPv6 and DHCP of both ends, as they travel in the tunnel."""
    keys, capture = lab.folder / "keys", lab.folder / "session.pcap"
    recorder = lab.start(lab.server, *TCPDUMP.split(), "-i", "cable", "-w", capture)
    recorder.wait_for("listening on")
    config = lab.file("serve.conf", f"{ROUTES}2001:db8:5::/64\n")
    server = lab.serve(*IPV6, "--config", config, "--keylog", keys)
    client = lab.connect("--no-default-route", "--request-prefix", "56", "--route", "2001:db8:77::/56")
    client.wait_for("^IPv6 address 2001:db8:77:")
    client.wait_for("^IPv6 prefix 2001:db8:100:200::/56 is delegated to this host$")
    client.wait_for("^the server's side gives 2 IPv6 routes$")
    lab.client.ping("2001:db8:77::1")
    config.write_text(f"{ROUTES}2001:db8:8::/48\n")
    eventually("a route is withdrawn, another added", lambda: "2001:db8:8::/48 " in lab.client.run("ip", "-6", "route").stdout)
    assert client.stop() == 0
    server.wait_for("ended after")
    assert recorder.stop(signal.SIGINT) == 0
    session = Dissection(capture, keys)
    assert session.complaints() == []
    assert {"icmpv6", "dhcpv6", "dhcp", "ipv6"} <= session.names()
    for field, values in {
        "icmpv6.type": ("Router Solicitation (133)", "Router Advertisement (134)", "Echo (ping) request (128)"),
        "icmpv6.opt.type": ("Prefix information (3)", "MTU (5)", "Route Information (24)", "Recursive DNS Server (25)",
                            "DNS Search List Option (31)"),
        "icmpv6.opt.prefix": ("2001:db8:77:2::", "2001:db8:5::", "2001:db8:6::9", "2001:db8:8::"),
        "icmpv6.opt.route_lifetime": ("Route Lifetime: 1800", "Route Lifetime: 0"),
        "dhcpv6.msgtype": ("Solicit (1)", "Reply (7)", "Release (8)"),
        "dhcpv6.iaprefix.pref_addr": ("2001:db8:100:200::",),
        "dhcpv6.search_list_entry": ("corp.test", "example.net"),
        "icmpv6.opt.dnssl": ("corp.test", "example.net"),
        "dhcp.option.dhcp": ("Inform (8)", "ACK (5)"),
        "dhcp.option.classless_static_route": ("10.0.0.0/8-10.9.0.1",),
    }.items():
        seen = " ".join(str(v) for v in session.values(field))
        for value in values:
            assert value in seen, f"{field}: {seen}"


OPENSSL_CONF = """
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = system
[system]
MaxProtocol = TLSv1.2
"""


def test_a_session_of_sstpc_over_tls_1_2(bench):
    """Our two ends always agree on TLS 1.3; OpenSSL can be configured for less."""
    (bench.guest.out / "openssl.cnf").write_text(OPENSSL_CONF)
    recorder = bench.server(f"{TCPDUMP} -i srv -w /mnt/out/session.pcap")
    recorder.wait_for("listening on")
    server = bench.serve("--keylog", "/mnt/out/keys")
    sstpc = Sstpc(bench, environment="OPENSSL_CONF=/mnt/out/openssl.cnf")
    sstpc.wait_until_up()
    server.wait_for("up, .*TLSv1.2 ")
    bench.ping(*[56] * PINGS)
    server.kill("TERM")
    assert server.wait() == 0
    sstpc.job.wait()
    recorder.kill("INT")
    assert recorder.wait() == 0
    session = Dissection(bench.guest.out / "session.pcap", bench.guest.out / "keys")
    assert_understood(session, "chap", ("CALL_CONNECT_REQUEST", "CALL_CONNECT_ACK", "CALL_CONNECTED",
                                        "CALL_DISCONNECT"))
