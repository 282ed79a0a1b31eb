# SPDX-License-Identifier: GPL-3.0-or-later
"""Tunnels for a part of the traffic: what goes through, what stays outside, and that `ip route` and `ip rule` are the same
before a tunnel, after it, and after a crash and the next start."""
import json
import re
import signal
import socket
import struct

import pytest

from lab import GATEWAY, INSIDE, SERVER, eventually
from packets import ipv4
from scripted import ScriptedServer

HALVES = {"0.0.0.0/1", "128.0.0.0/1"}


def tables(host):
    """Rules and routes of both families, as ip(8) prints them; without the addresses that a tunnel has."""
    shown = {}
    for family in ("-4", "-6"):
        for what in ("rule", "route show table all"):
            lines = host.run("ip", family, *what.split()).stdout.splitlines()
            shown[family, what] = sorted(" ".join(line.split()) for line in lines
                                    if not {"sstp0", "local"} <= set(line.split()))
    return shown


def way(host, address, *more):
    """The device and the gateway by which a packet leaves; None: it does not."""
    done = host.run("ip", "-json", "route", "get", address, *more, check=False)
    if done.returncode:
        return None
    route = json.loads(done.stdout)[0]
    return None if route.get("type") == "unreachable" else (route["dev"], route.get("gateway"))


MODES = {
    "all": [],
    "some": ["--no-default-route", "--route", "172.16.0.0/12", "--route", "192.0.2.0/24", "--route", "2001:db8:77::/48"],
    "excluded": ["--exclude", "10.2.0.0/16", "--exclude", "2001:db8:2::/48", "--exclude", "10.1.0.0/24"],
    "metric": ["--metric", "77"],
    "table": ["--table", "100", "--exclude", "10.2.0.0/16"],
    "rules": ["--policy-rules", "--exclude", "10.2.0.0/16", "--exclude", "2001:db8:2::/48"],
    "mark": ["--mark", "51820"],
    "mark and table": ["--mark", "0x4d", "--table", "100"],
    "rules of some networks": ["--policy-rules", "--table", "100", "--no-default-route", "--route", "172.16.0.0/12",
                               "--route", "::/0"],
    "no host route": ["--no-default-route", "--route", "172.16.0.0/12"],
}


@pytest.mark.parametrize("mode", MODES)
def test_all_is_as_before_at_the_end_and_after_a_crash(lab, mode, both):
    lab.serve()
    before = tables(lab.client)
    first = lab.connect(*MODES[mode])
    during = tables(lab.client)
    assert during != before
    assert first.stop() == 0
    assert tables(lab.client) == before
    killed = lab.connect(*MODES[mode])
    assert tables(lab.client) == during
    killed.kill()
    last = lab.connect(*MODES[mode])
    assert tables(lab.client) == during, "the next start begins with what there was before"
    assert last.stop() == 0
    assert tables(lab.client) == before


def test_excluded_networks_stay_outside(lab):
    lab.serve()
    lab.connect("--exclude", "10.2.0.0/16", "--exclude", "2001:db8:2::/48", "--exclude", "198.51.100.0/24", "--route",
                "198.51.100.7")
    assert way(lab.client, "198.51.100.1") == ("cable", "10.1.0.254")
    assert way(lab.client, "198.51.100.7") == ("sstp0", None), "the longer one decides"
    assert way(lab.client, "203.0.113.1") == ("sstp0", None)
    lab.client.ping("10.2.0.2")
    lab.client.ping("2001:db8:2::2")
    lab.client.ping(GATEWAY)
    assert way(lab.client, "2001:db8:3::1") is None


def test_an_excluded_network_follows_the_host(lab):
    """The gateway changes while the tunnel is up."""
    lab.is_changed = True
    lab.router.configure("addr add 10.1.0.253/24 dev client\n")
    lab.serve()
    client = lab.connect("--exclude", "10.2.0.0/16")
    lab.client.configure("route replace default via 10.1.0.253\n")
    eventually("the new gateway", lambda: way(lab.client, "10.2.0.2") == ("cable", "10.1.0.253"))
    lab.client.ping("10.2.0.2")
    lab.client.configure("route del default\n")
    eventually("no gateway", lambda: way(lab.client, "10.2.0.2") is None)
    lab.client.configure("route add default via 10.1.0.254\n")
    eventually("a gateway again", lambda: way(lab.client, "10.2.0.2") == ("cable", "10.1.0.254"))
    lab.client.configure("route del 10.2.0.0/16\n")
    client.wait_for("^the route to the excluded network 10.2.0.0/16 was removed by another program; added it again$")
    lab.client.ping("10.2.0.2")
    assert client.log.count("connected in ") == 1


def test_an_excluded_network_in_a_namespace(lab):
    """The route is in the namespace of the device; one that a crash has left is taken over."""
    lab.serve()
    before = tables(lab.other)
    options = "--netns", str(lab.other.holder.pid), "--exclude", "10.1.0.0/16"
    lab.connect(*options).kill()
    client = lab.connect(*options)
    assert way(lab.other, "10.1.0.2") == ("cable", "10.2.0.254")
    assert way(lab.other, "203.0.113.1") == ("sstp0", None)
    assert client.stop() == 0
    assert tables(lab.other) == before


@pytest.mark.parametrize("options, words", [
    (["--exclude", "0.0.0.0/0"], "--no-default-route"),
    (["--exclude", "10.0.0.0/8", "--route", "10.0.0.0/8"], "by --route and by --exclude"),
    (["--exclude", "ten"], "must be a network"),
    (["--exclude", "10.0.0.1"] * 257, "256 times at most"),
])
def test_excludes_that_make_no_sense(lab, options, words):
    status, said = lab.connect_fails(*options)
    assert status == 2
    assert words in said


def rules(host, family="-4"):
    return [" ".join(line.split()) for line in host.run("ip", family, "rule").stdout.splitlines()]


LOCAL, MAIN, DEFAULT = "0: from all lookup local", "32766: from all lookup main", "32767: from all lookup default"
SUPPRESS = "32764: from all lookup main suppress_prefixlength 0"


@pytest.mark.parametrize("options, number", [
    (["--policy-rules"], 443), (["--mark", "51820"], 51820), (["--mark", "0x4d", "--table", "100", "--policy-rules"], 100)])
def test_rules_leave_the_main_table_alone(lab, options, number):
    """What wg-quick does."""
    lab.serve()
    mark = {443: "0x1bb", 51820: "0xca6c", 100: "0x4d"}[number]
    before, before6 = lab.client.ip("-4 route show"), lab.client.ip("-6 route show")
    client = lab.connect(*options)
    assert lab.client.ip("-4 route show") == before
    assert [r for r in lab.client.ip("-6 route show") if r["dev"] != "sstp0"] == before6
    own = f"32765: not from all fwmark {mark} lookup {number} proto 83"
    assert rules(lab.client) == [LOCAL, SUPPRESS + " proto 83", own, MAIN, DEFAULT]
    assert rules(lab.client, "-6") == [LOCAL, SUPPRESS + " proto 83", own, MAIN]
    assert [(r["dst"], r["dev"]) for r in lab.client.ip(f"-4 route show table {number}")] == [("default", "sstp0")]
    assert way(lab.client, "198.51.100.1") == ("sstp0", None)
    assert way(lab.client, SERVER) == ("sstp0", None), "but for the connection to the server"
    assert way(lab.client, SERVER, "mark", mark) == ("cable", "10.1.0.254")
    assert way(lab.client, "10.1.0.77") == ("cable", None)
    assert way(lab.client, "2001:db8:2::2") is None
    lab.client.ping(GATEWAY)
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    lab.client.ping(GATEWAY)
    assert client.stop() == 0


def test_with_rules_excluded_networks_are_left_to_the_main_table(lab):
    lab.is_changed = True
    lab.router.configure("addr add 10.1.0.253/24 dev client\n")
    lab.serve()
    lab.connect("--policy-rules", "--exclude", "10.2.0.0/16", "--exclude", "2001:db8:2::/48")
    lab.client.ping("10.2.0.2")
    lab.client.ping("2001:db8:2::2")
    lab.client.configure("route replace default via 10.1.0.253\n")
    assert way(lab.client, "10.2.0.2") == ("cable", "10.1.0.253")
    assert way(lab.client, "203.0.113.1") == ("sstp0", None)


def test_rules_that_another_program_removes(lab):
    """As wg-quick does with one of ours when it ends."""
    lab.serve()
    client = lab.connect("--policy-rules")
    before = tables(lab.client)
    lab.client.run("ip", "rule", "delete", "table", "main", "suppress_prefixlength", "0")
    lab.client.run("ip", "-6", "rule", "delete", "table", "443")
    client.wait_for("^the rule .ip rule. with priority 3276[45] was removed by another program; added it again$", count=2)
    assert tables(lab.client) == before


def test_two_clients_with_rules(lab):
    """Neither gets the other's connection, and each has a table of its own."""
    before = tables(lab.client)
    lab.serve()
    lab.serve("--listen", f"{SERVER}:4443", network="10.10.0.0/24")
    first = lab.connect("--policy-rules")
    with_one = tables(lab.client)
    second = lab.connect("--policy-rules", to=f"{SERVER}:4443")
    assert way(lab.client, "198.51.100.1") == ("sstp1", None)
    assert way(lab.client, SERVER, "mark", 443) == ("cable", "10.1.0.254")
    for client in (first, second):
        client.send(signal.SIGUSR2)
        client.wait_for("^connected in ", count=2)
    lab.client.ping("10.10.0.1")
    assert second.stop() == 0
    eventually("only the first's", lambda: tables(lab.client) == with_one)
    lab.client.ping(GATEWAY)
    assert first.stop() == 0
    assert tables(lab.client) == before


def test_rules_where_the_kernel_checks_the_source(lab):
    """rp_filter looks for the way back without the mark; it stays as it is."""
    lab.is_changed = True
    lab.client.sysctl("net.ipv4.conf.all.rp_filter", 1)
    lab.serve()
    before = tables(lab.client)
    client = lab.connect("--policy-rules")
    lab.client.ping(GATEWAY)
    assert set(lab.client.routes("table 443")) == {"default", SERVER}
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    lab.client.ping(GATEWAY)
    client.kill()
    assert lab.connect("--policy-rules").stop() == 0
    assert tables(lab.client) == before


def test_rules_and_the_dead_tunnel(lab):
    """While the tunnel is down packets do not leave on another way, except what is marked."""
    server = lab.serve()
    client = lab.connect("--policy-rules")
    server.kill()
    client.wait_for("next try in")
    assert way(lab.client, "198.51.100.1") == ("sstp0", None)
    lab.serve()
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    lab.client.ping(GATEWAY)


def test_a_mark_needs_a_capability(lab):
    """CAP_NET_ADMIN, or CAP_NET_RAW since Linux 5.17."""
    client = lab.start(lab.client, "setpriv", "--bounding-set=-net_admin,-net_raw", "--inh-caps=-net_admin,-net_raw",
                       lab.sstp, "connect", "--mark", "77", "--user", "ann", "--password-file", lab.file("password", "x\n"),
                       "--servercert", lab.pki.server.pin, SERVER)
    assert client.wait() == 11
    assert re.search(r"^error: the connection to the server cannot be marked .* CAP_NET_ADMIN", client.log, re.M)


@pytest.mark.parametrize("options, words", [
    (["--policy-rules", "--script", "true"], "--policy-rules does not go with"),
    (["--mark", "254"], "table 254 is one of the system's own"),
    (["--mark", "0"], "must be a number from 1"),
    (["--fwmark", "5"], "did you mean --mark"),
])
def test_rules_that_make_no_sense(lab, options, words):
    status, said = lab.connect_fails(*options)
    assert status == 2
    assert words in said


def test_a_metric(lab):
    """A better route of another program's is used, and a worse one is not."""
    lab.is_changed = True
    lab.client.configure("route add 172.16.0.0/12 via 10.1.0.254 metric 50\n")
    lab.serve()
    client = lab.connect("--no-default-route", "--route", "172.16.0.0/12", "--metric", "60")
    assert way(lab.client, "172.16.0.1") == ("cable", "10.1.0.254")
    assert client.stop() == 0
    lab.connect("--no-default-route", "--route", "172.16.0.0/12", "--metric", "40")
    assert way(lab.client, "172.16.0.1") == ("sstp0", None)
    assert SERVER not in lab.client.routes()


# ---- routes from the server's side


def dnsmasq(lab, *options):
    """A DHCP server at the far end of the tunnel."""
    program = lab.start(lab.server, "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--log-dhcp", "--port=0",
                        "--no-hosts", "--no-resolv", "--conf-file=/dev/null", "--user=root", "--leasefile-ro", "--pid-file=",
                        "--interface=sstp*", "--except-interface=lo", "--bind-dynamic", "--dhcp-range=10.9.0.0,static",
                        *options)
    program.wait_for("started")
    return program


ROUTES = "--dhcp-option=121,172.16.5.0/24,10.9.0.1,198.51.100.0/24,10.9.0.1"
ROUTES_MS = "--dhcp-option=249,172.16.5.0/24,10.9.0.1,203.0.113.0/24,10.9.0.1"


@pytest.mark.parametrize("routes, expected", [
    ([ROUTES], {"172.16.5.0/24", "198.51.100.0/24"}),
    ([ROUTES_MS], {"172.16.5.0/24", "203.0.113.0/24"}),
    ([ROUTES, ROUTES_MS], {"172.16.5.0/24", "198.51.100.0/24", "203.0.113.0/24"}),
])
def test_routes_from_dnsmasq(lab, routes, expected, both):
    lab.serve()
    dhcp = dnsmasq(lab, *routes, "--dhcp-option=15,corp.example", "--dhcp-option=6,10.9.0.53")
    before = tables(lab.client)
    client = lab.connect("--no-default-route")
    client.wait_for(f"^the server's side gives {len(expected)} routes, domain corp.example$")
    eventually("routes", lambda: expected <= set(lab.client.routes()))
    assert way(lab.client, "172.16.5.2") == ("sstp0", None)
    eventually("DNS", lambda: "nameserver 10.9.0.53" in lab.client.resolv_conf.read_text())
    assert "search corp.example" in lab.client.resolv_conf.read_text()
    assert re.search(r"DHCPINFORM\(\w+\) 10\.9\.0\.2", dhcp.log)
    client.send(signal.SIGUSR2)
    client.wait_for("^the server's side gives", count=2)
    assert expected <= set(lab.client.routes())
    client.kill()
    again = lab.connect("--no-default-route")
    again.wait_for("^the server's side gives")
    assert again.stop() == 0
    assert tables(lab.client) == before


@pytest.mark.parametrize("metric", [0, 600])
def test_the_hosts_own_network_stays(lab, metric):
    """Whatever its metric is: NetworkManager's are worse than the kernel's own."""
    lab.is_changed = True
    lab.client.configure(f"route add 172.16.7.0/24 via 10.1.0.254 metric {metric}\nroute add 2001:db8:7::/64 via 2001:db8:1::254 "
                         f"metric {metric + 1500}\n")
    lab.serve("--ipv6-network", "fd00:77::/48", "--push-route", "172.16.7.0/24", "--push-route", "172.16.8.0/24",
              "--push-route", "2001:db8:7::/64", "--push-route", "2001:db8:1::/64", "--push-route", "2001:db8:8::/64")
    client = lab.connect("--no-default-route")
    for network in "172.16.7.0/24", "2001:db8:7::/64", "2001:db8:1::/64":
        client.wait_for(f"^sstp0: the server's route to {network} is not used: there is one already$")
    eventually("the other ones", lambda: way(lab.client, "172.16.8.1")[0] == way(lab.client, "2001:db8:8::1")[0] == "sstp0")
    assert way(lab.client, "172.16.7.9")[0] == way(lab.client, "2001:db8:7::9")[0] == way(lab.client, "2001:db8:1::9")[0] == "cable"
    assert client.stop() == 0


def test_routes_that_the_server_may_not_give(lab):
    """One that covers the server itself, all traffic, the host's own link, an excluded network."""
    lab.serve()
    dnsmasq(lab, "--dhcp-option=121,192.0.2.0/24,10.9.0.1,0.0.0.0/0,10.9.0.1,10.1.0.0/24,10.9.0.1,10.2.0.0/16,10.9.0.1,"
                 "172.16.5.0/24,10.9.0.1")
    before = lab.client.routes()
    client = lab.connect("--no-default-route", "--exclude", "10.2.0.0/16")
    client.wait_for("^sstp0: the server's route to 10.1.0.0/24 is not used: there is one already$")
    eventually("routes", lambda: "172.16.5.0/24" in lab.client.routes())
    routes = lab.client.routes()
    assert set(routes) - set(before) == {"192.0.2.0/24", SERVER, "172.16.5.0/24", "10.2.0.0/16"}
    assert routes["10.2.0.0/16"]["dev"] == "cable" and routes[SERVER]["dev"] == "cable"
    assert routes["default"] == before["default"]
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    lab.client.ping_server()


def test_no_server_routes(lab):
    """Nothing is asked, and nothing is taken."""
    lab.serve()
    dhcp = dnsmasq(lab, ROUTES)
    before = lab.client.routes()
    lab.connect("--no-default-route", "--no-server-routes")
    lab.client.ping_server()
    assert "DHCPINFORM" not in dhcp.log
    assert lab.client.routes() == before


def test_routes_that_are_not_given_any_more(lab):
    """The second time other routes; a route of before stays until there is a reply."""
    lab.serve()
    first = dnsmasq(lab, ROUTES)
    client = lab.connect("--no-default-route")
    eventually("routes", lambda: "198.51.100.0/24" in lab.client.routes())
    first.stop()
    dnsmasq(lab, ROUTES_MS)
    client.send(signal.SIGUSR2)
    client.wait_for("^the server's side gives", count=2)
    eventually("the new route", lambda: "203.0.113.0/24" in lab.client.routes())
    assert "198.51.100.0/24" not in lab.client.routes()
    assert "172.16.5.0/24" in lab.client.routes()


def test_routes_from_the_server_in_run_and_in_a_namespace(lab):
    lab.serve()
    dnsmasq(lab, ROUTES, "--dhcp-option=15,corp.example", "--dhcp-option=6,10.9.0.53")
    run = lab.start(lab.client, lab.sstp, "run", "--no-default-route", "--user", "ann", "--password-file",
                    lab.file("password-run", "wonder land\n"), "--servercert", lab.pki.server.pin, SERVER, "--", "sh", "-c",
                    "until ip route | grep 198.51.100.0/24 && grep corp.example /etc/resolv.conf; do sleep 0.1; done")
    assert run.wait() == 0
    client = lab.connect("--no-default-route", "--netns", str(lab.other.holder.pid))
    eventually("routes", lambda: "198.51.100.0/24" in lab.other.routes())
    assert client.stop() == 0
    assert "198.51.100.0/24" not in lab.other.routes()


def test_a_script_gets_the_servers_routes(lab):
    lab.serve()
    dnsmasq(lab, ROUTES, "--dhcp-option=15,corp.example")
    log = lab.folder / "script.log"
    lab.connect("--no-default-route", "--route", "10.0.0.0/8", "--script",
                f'echo "$reason $CISCO_SPLIT_INC $CISCO_SPLIT_INC_2_ADDR $CISCO_DEF_DOMAIN" >>{log}')
    eventually("the script", lambda: re.search(r"^(re)?connect 3 198\.51\.100\.0 corp\.example$", log.read_text(), re.M))


def test_a_server_that_does_not_reply_delays_nothing(lab):
    """The network is set up at once, and later silence changes nothing."""
    lab.serve()
    client = lab.connect("--no-default-route", "--route", "172.16.0.0/12")
    assert way(lab.client, "172.16.5.2") == ("sstp0", None)
    client.wait_for("^debug: dhcp: no reply to DHCPINFORM$")
    assert way(lab.client, "172.16.5.2") == ("sstp0", None)
    assert client.stop() == 0


def dhcp_reply(asked, options, *, id_change=0):
    """A reply to the packet of a DHCPINFORM; `options`: all of them, as bytes."""
    boot = bytearray(asked[28:28 + 236])
    boot[0], boot[7] = 2, boot[7] ^ id_change
    body = bytes(boot) + bytes((0x63, 0x82, 0x53, 0x63)) + options + b"\xff"
    udp = struct.pack("!HHHH", 67, 68, 8 + len(body), 0) + body
    return ipv4(GATEWAY, "10.9.0.2", udp, proto=17)


def test_a_scripted_server_replies(lab):
    """Not at once, not well at first, and with an option that is cut in the middle of a route."""
    server = ScriptedServer(lab, None)
    try:
        client = lab.connect("--no-default-route", "--auth", "pap")
        asked = server.wait_for_packet("DHCPINFORM", lambda p: p[0] >> 4 == 4 and p[9] == 17 and p[20:24] == b"\0D\0C")
        assert socket.inet_ntoa(asked[16:20]) == "255.255.255.255"
        ack = b"\x35\x01\x05"
        route = bytes((24, 172, 16, 5, 10, 9, 0, 1))
        server.send(dhcp_reply(asked, ack + b"\xf9\x08" + bytes((24, 198, 51, 100, 10, 9, 0, 1)), id_change=1),
                    dhcp_reply(asked, b"\x35\x01\x06"), dhcp_reply(asked, ack + b"\xf9\x08" + route)[:200],
                    dhcp_reply(asked, ack + b"\x79\x03" + route[:3] + b"\x0f\x04corp\x79\x05" + route[3:]))
        client.wait_for("^the server's side gives 1 routes, domain corp$")
        eventually("the route", lambda: "172.16.5.0/24" in lab.client.routes())
        assert "198.51.100.0/24" not in lab.client.routes()
    finally:
        server.close()


# ---- names as routes


@pytest.fixture
def names(lab):
    """A name server at the far end of the tunnel; call it with the addresses of intranet.example.net."""
    hosts = lab.file("hosts-inside", "", 0o644)
    program = None

    def give(*addresses):
        nonlocal program
        hosts.write_text("".join(f"{a} intranet.example.net\n" for a in addresses))
        if program:
            program.send(signal.SIGHUP)
            program.wait_for("read .*hosts-inside", count=give.reads + 1)
            give.reads += 1
            return
        program = lab.start(lab.server, "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--log-queries", "--port=53",
                            "--no-hosts", "--no-resolv", "--conf-file=/dev/null", "--user=root", "--pid-file=",
                            "--interface=sstp*", "--except-interface=lo", "--bind-dynamic", f"--addn-hosts={hosts}",
                            "--local-ttl=3600")
        program.wait_for("read .*hosts-inside")
        give.reads = 1
        give.program = program

    return give


def named(host):
    return {r["dst"] for family in ("-4", "-6") for r in host.ip(f"{family} route show dev sstp0")} - {"fe80::/64"}


@pytest.mark.parametrize("options", [[], ["--no-dns"], ["--policy-rules"]])
def test_names_as_routes(lab, names, options, both):
    """Both families; after a change the old address stays for a while, since connections to it may exist."""
    lab.serve("--dns", GATEWAY)
    names("172.16.5.2", "2001:db8:77::1")
    before = tables(lab.client)
    client = lab.connect("--no-default-route", "--route-host", "Intranet.Example.NET.", "--route-host", "none.example", *options)

    def goes():
        return {a for a in ("172.16.5.2", "172.16.5.3", "2001:db8:77::1", "2001:db8:77::2")
                if way(lab.client, a) == ("sstp0", None)}

    eventually("routes", lambda: goes() == {"172.16.5.2", "2001:db8:77::1"})
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    lab.client.ping(INSIDE)
    assert way(lab.client, "172.16.5.9") == ("cable", "10.1.0.254")
    names("172.16.5.3", "2001:db8:77::1")
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    eventually("the new route", lambda: goes() == {"172.16.5.2", "172.16.5.3", "2001:db8:77::1"})
    client.kill()
    again = lab.connect("--no-default-route", "--route-host", "intranet.example.net", *options)
    eventually("routes", lambda: goes() == {"172.16.5.3", "2001:db8:77::1"})
    assert again.stop() == 0
    assert tables(lab.client) == before


def test_names_as_routes_in_run_and_in_a_namespace(lab, names):
    lab.serve("--dns", GATEWAY)
    names("172.16.5.2")
    run = lab.start(lab.client, lab.sstp, "run", "--no-default-route", "--route-host", "intranet.example.net", "--user", "ann",
                    "--password-file", lab.file("password-run", "wonder land\n"), "--servercert", lab.pki.server.pin, SERVER,
                    "--", "sh", "-c", "until ip route | grep 172.16.5.2; do sleep 0.1; done")
    assert run.wait() == 0
    client = lab.connect("--no-default-route", "--route-host", "intranet.example.net", "--netns", str(lab.other.holder.pid))
    eventually("routes", lambda: named(lab.other) >= {"172.16.5.2"})
    assert client.stop() == 0


def test_a_name_of_the_server_itself_gets_no_route(lab, names):
    lab.serve("--dns", GATEWAY)
    names(SERVER, "172.16.5.2")
    client = lab.connect("--no-default-route", "--route-host", "intranet.example.net")
    client.wait_for(f"^warn: sstp0: no route to {SERVER} in spite of --route-host: it is the address of the server itself")
    eventually("routes", lambda: named(lab.client) >= {"172.16.5.2"})
    assert way(lab.client, SERVER) == ("cable", "10.1.0.254")
    lab.client.ping_server()


def test_no_name_server_that_answers(lab):
    lab.serve("--dns", "10.9.0.77")
    client = lab.connect("--no-default-route", "--route-host", "intranet.example.net")
    client.wait_for("^warn: --route-host intranet.example.net: no DNS server of the VPN answers$")


def test_no_name_server_at_all(lab):
    lab.serve()
    client = lab.connect("--no-default-route", "--route-host", "intranet.example.net")
    client.wait_for("^warn: --route-host: the VPN has no DNS server; --dns names one$")


@pytest.mark.parametrize("options, words", [
    (["--route-host", "10.0.0.1"], "must be a host name"),
    (["--route-host", "a_b c"], "must be a host name"),
    (["--route-host", "a.example", "--script", "true"], "--route-host does not go with"),
    (sum((["--route-host", f"n{i}.example"] for i in range(33)), []), "32 times at most"),
])
def test_names_that_make_no_sense(lab, options, words):
    status, said = lab.connect_fails(*options)
    assert status == 2
    assert words in said
