# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp serve, and sstp-client 1.0.18 with pppd 2.4.9 as they are in Debian 12: a client that we did not write."""
import ipaddress
import re

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
    """Otherwise pppd would have ended the link after six."""
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


# ---- IPv6: what other programs do with what the server gives

IPV6 = ("--ipv6-network 2001:db8:77::/56", "--ipv6-delegate 2001:db8:100::/40/56", "--dns 2001:db8:77::53",
        "--push-domain corp.test", "--push-route 2001:db8:5::/64")
GATEWAY6, OWN6 = "2001:db8:77::1", "2001:db8:77:2:"
# the root file system cannot be written to
FOLDERS = "for folder in /var/lib/dhcpcd /var/lib/dhcpv6; do mountpoint -q $folder || mount -t tmpfs tmpfs $folder; done"


def up_with_ipv6(bench, accept_ra):
    """pppd has the identifiers of IPV6CP; the rest is not its business."""
    bench.guest.run("ip netns exec client sh -c 'for name in all default; do "
                    f"echo {accept_ra} >/proc/sys/net/ipv6/conf/$name/accept_ra; "
                    "echo 64 >/proc/sys/net/ipv6/conf/$name/accept_ra_rt_info_max_plen; done'")
    server = bench.serve(*IPV6)
    sstpc = Sstpc(bench, pppd="+ipv6")
    sstpc.wait_until_up()
    own = sstpc.job.wait_for("local  LL address (fe80::[0-9a-f:]+)")[1]
    return server, own


def test_the_kernel_configures_itself(bench):
    """Linux's own SLAAC on ppp0, from the server's Router Advertisement: address, default route and MTU, and the routes of RFC 4191."""
    _, link_local = up_with_ipv6(bench, 2)
    bench.guest.run("end=$((SECONDS + 200)); until ip -n client -6 addr show dev ppp0 | grep -q 'inet6 2001:db8:77:2:'; do "
                    "[ $SECONDS -lt $end ] || exit 1; sleep 0.2; done")
    addresses = bench.guest.run("ip -n client -6 addr show dev ppp0")
    own = ipaddress.ip_address(OWN6 + link_local[len("fe80::"):])  # pppd prints zeros that ip does not
    assert f"inet6 {own}/64 scope global dynamic" in addresses, "with the identifier of IPV6CP"
    routes = bench.guest.run("ip -n client -6 route show dev ppp0")
    assert re.search("^default via fe80::.* pref medium", routes, re.M)
    assert re.search("^2001:db8:5::/64 via fe80::.* proto ra .* pref medium", routes, re.M), routes
    bench.guest.run(f"ip netns exec client ping -c 1 -W 60 {GATEWAY6}")


def test_rdisc6_finds_all_that_is_advertised(bench):
    up_with_ipv6(bench, 0)
    said = bench.guest.run("ip netns exec client rdisc6 -1 -r 10 ppp0")
    for line in ("Prefix +: 2001:db8:77:2::/64", "On-link +: +No", "Autonomous address conf.: +Yes",
                 "Stateful other conf. +: +Yes", "Stateful address conf. +: +No", "Router lifetime +: +1800",
                 "MTU +: +1400 bytes", "Recursive DNS server +: 2001:db8:77::53", "DNS search list +: corp.test",
                 "Route +: 2001:db8:5::/64", "Route preference +: +medium", "Route lifetime +: +1800"):
        assert re.search(line, said), f"{line} in {said}"


def test_dhcpcd_configures_itself(bench):
    """In place of the kernel: address, route, name server and domain, and a delegated prefix."""
    up_with_ipv6(bench, 0)
    (bench.guest.out / "dhcpcd.conf").write_text(
        "duid\nnohook resolv.conf\nipv6only\nslaac private\noption domain_name_servers, domain_search\n"
        "interface ppp0\n\tipv6rs\n\tia_pd 1 ppp0/0\n")
    bench.guest.run(FOLDERS)
    dhcpcd = bench.client("dhcpcd -6 -B -d -f /mnt/out/dhcpcd.conf ppp0")
    dhcpcd.wait_for(r"ppp0: Router Advertisement from fe80::")
    dhcpcd.wait_for(r"ppp0: adding address 2001:db8:77:2:")
    dhcpcd.wait_for(r"ppp0: delegated prefix 2001:db8:100:200::/56")
    bench.guest.run(f"ip netns exec client ping -c 1 -W 60 {GATEWAY6}")
    dhcpcd.kill()
    dhcpcd.wait()


def test_dhcp6c_gets_a_prefix(bench):
    """wide-dhcpv6's client on ppp0 itself."""
    server, _ = up_with_ipv6(bench, 2)
    (bench.guest.out / "said.sh").write_text("#!/bin/sh\nenv >/mnt/out/dhcp6c-said\n")
    (bench.guest.out / "said.sh").chmod(0o755)
    (bench.guest.out / "dhcp6c.conf").write_text(
        "interface ppp0 { send ia-pd 0; request domain-name-servers; request domain-name; script \"/mnt/out/said.sh\"; };\n"
        "id-assoc pd 0 { prefix-interface lo { sla-id 1; sla-len 8; ifid 5; }; };\n")
    (bench.guest.out / "dhcp6c_duid").write_bytes(bytes((10, 0)) + bytes((0, 3, 0, 1, 2, 0, 0, 0, 0, 1)))
    bench.guest.run(f"{FOLDERS}; cp /mnt/out/dhcp6c_duid /var/lib/dhcpv6/")
    job = bench.client("dhcp6c -f -D -c /mnt/out/dhcp6c.conf -p /run/dhcp6c.pid ppp0")
    server.wait_for("IPv6 prefix 2001:db8:100:200::/56 is delegated")
    bench.guest.run("end=$((SECONDS + 200)); until ip -n client -6 addr show dev lo | grep -q 'inet6 2001:db8:100:201::5/64'; do "
                    "[ $SECONDS -lt $end ] || exit 1; sleep 0.2; done")
    bench.guest.run("until [ -s /mnt/out/dhcp6c-said ]; do sleep 0.2; done")
    said = (bench.guest.out / "dhcp6c-said").read_text()
    assert "new_domain_name_servers=2001:db8:77::53" in said and "new_domain_name=corp.test." in said
    job.kill()
    job.wait()
