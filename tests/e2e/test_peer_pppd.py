# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp connect, and pppd 2.4.9 as the PPP of its server (peers/pppd_front.c): a peer with thirty years of habits.

The front checks the client's crypto binding with a key of its own, made from the frames of pppd's MS-CHAPv2.
"""
import re

import pytest
from peers.bench import PASSWORD, SERVER, SERVER_INSIDE, USER

CLIENT_INSIDE = "10.78.0.2"
EXIT_AUTH, EXIT_LOST = 9, 12
METHODS = {
    "mschapv2": ("require-mschap-v2", "MS-CHAPv2"),
    "chap": ("require-chap", "CHAP-MD5"),
    "pap": ("require-pap", "PAP"),
}


class Pppd:
    """pppd and pppd_front, in namespace "server"."""

    def __init__(self, bench, method="mschapv2", options=""):
        self.require, self.name = METHODS[method]
        self.job = bench.server(
            f'{bench.front} /mnt/out/server.crt /mnt/out/server.key {SERVER} 443 "{PASSWORD}" -- pppd nodetach local'
            f" auth {self.require} debug logfd 2 name server {SERVER_INSIDE}:{CLIENT_INSIDE} {options}")
        self.job.wait_for("front: listening")

    @property
    def log(self):
        return self.job.log

    def has_met_a_good_client(self):
        """The crypto binding was correct, MS-CHAPv2 mutual, and no packet came too early."""
        assert f"front: authenticated by {self.name}\n" in self.log
        assert "front: Call-Connected is good" in self.log
        assert not re.search("data before|is not ours|is not what the password makes", self.log)
        return True


class Connect:
    """sstp connect in namespace "client"."""

    def __init__(self, bench, method="mschapv2", password=PASSWORD, options="--no-dns", before=""):
        (bench.guest.out / "password").write_text(password + "\n")
        self.job = bench.client(
            f"{before}{bench.sstp} connect -v --once --no-default-route --route {SERVER_INSIDE} --ca-cert /mnt/out/server.crt --user {USER}"
            f" --password-file /mnt/out/password --auth {method} --interface tun0 {options} vpn.test")

    @property
    def log(self):
        return self.job.log

    def wait_until_up(self):
        self.job.wait_for(f"connected in .*{CLIENT_INSIDE}")

    def stop(self):
        self.job.kill("TERM")
        return self.job.wait()


@pytest.mark.parametrize("method", METHODS)
def test_connects_and_ends_in_order(bench, method):
    pppd = Pppd(bench, method)
    client = Connect(bench, method)
    client.wait_until_up()
    bench.ping()
    assert client.stop() == 0
    assert pppd.job.wait() == 0
    assert pppd.has_met_a_good_client()
    assert "LCP terminated by peer" in pppd.log


def test_carries_five_megabytes_each_way(bench):
    """pppd offers all its default options: PFC, ACFC, VJ, CCP with deflate and BSD compress, IPV6CP."""
    pppd = Pppd(bench)
    client = Connect(bench)
    client.wait_until_up()
    bench.transfer(5_000_000)
    address = pppd.job.wait_for("local  LL address (fe80::[0-9a-f:]+)")[1]
    bench.guest.run(f"ip netns exec client ping -c 1 -W 60 {address}%tun0")
    assert client.stop() == 0 and pppd.job.wait() == 0
    assert pppd.has_met_a_good_client()
    assert re.search("rcvd .LCP ConfAck .*<pcomp> <accomp>", pppd.log)
    assert re.search("rcvd .IPCP ConfRej .*<compress VJ", pppd.log)
    assert "Protocol-Reject for 'Compression Control Protocol'" in pppd.log


@pytest.mark.parametrize("pppd_options, client_options, mtu", [
    pytest.param("mru 296 mtu 296", "", 1400, id="too-small"),
    pytest.param("mru 576 mtu 576", "", 576, id="small"),
    pytest.param("mru 1281 mtu 999", "", 1281, id="odd"),
    pytest.param("mru 4000 mtu 4000", "--mtu 4000", 4000, id="large"),
    pytest.param("mru 4000 mtu 4000", "", 1400, id="larger-than-ours"),
])
def test_takes_any_mru(bench, pppd_options, client_options, mtu):
    pppd = Pppd(bench, options=pppd_options)
    client = Connect(bench, options="--no-dns " + client_options)
    client.wait_until_up()
    assert f"mtu {mtu} " in bench.guest.run("ip -n client link show dev tun0")
    bench.transfer(200_000)
    assert client.stop() == 0 and pppd.job.wait() == 0
    assert pppd.has_met_a_good_client()


@pytest.mark.parametrize("options", [
    pytest.param("nopcomp noaccomp nomagic novj noccp noipv6 default-asyncmap", id="none"),
    pytest.param("endpoint null:1 deflate 15 bsdcomp 15 predictor1 ipv6 ::1,::2 asyncmap ffffffff", id="many"),
    pytest.param("multilink mrru 1614 endpoint local:01.02.03", id="multilink"),
    pytest.param("ms-dns 10.78.0.53 ms-wins 10.78.0.55 ipcp-accept-remote", id="servers-not-asked-for"),
    pytest.param("lcp-echo-interval 1 lcp-echo-failure 5 lcp-restart 1 chap-interval 1", id="echoes-and-challenges"),
])
def test_lives_with_options(bench, options):
    pppd = Pppd(bench, options=options)
    client = Connect(bench)
    client.wait_until_up()
    bench.ping(0, 1372, 4000)
    if "echo" in options:
        client.job.wait_for("mschapv2: sending code 2", count=3)
        client.job.wait_for("lcp: sending code 10 ", count=8)  # without replies pppd would end the link after five
        bench.ping()
    assert client.stop() == 0 and pppd.job.wait() == 0
    assert pppd.has_met_a_good_client()


def test_takes_its_name_servers(bench):
    Pppd(bench, options="ms-dns 10.78.0.53 ms-dns 10.78.0.54")
    client = Connect(bench, options="--script 'env >/mnt/out/environment.$reason'")
    client.wait_until_up()
    client.job.wait_for("DNS 10.78.0.53, 10.78.0.54")
    environment = (bench.guest.out / "environment.connect").read_text()
    assert "INTERNAL_IP4_DNS=10.78.0.53 10.78.0.54\n" in environment
    assert f"INTERNAL_IP4_ADDRESS={CLIENT_INSIDE}\n" in environment
    assert client.stop() == 0


PREFIX6, SERVER6 = "2001:db8:9:1:", "2001:db8:9:1::1"
RADVD = f"""
interface ppp0 {{
	AdvSendAdvert on;
	IgnoreIfMissing on;
	MinRtrAdvInterval 3;
	MaxRtrAdvInterval 4;
	AdvLinkMTU 1340;
	prefix {PREFIX6}:/64 {{ AdvValidLifetime 7200; AdvPreferredLifetime 3600; }};
	RDNSS 2001:db8:9::53 {{ AdvRDNSSLifetime 600; }};
}};
"""


class Radvd:
    """Runs radvd on the server's ppp0. The route to the client is the prefix on ppp0."""

    def __init__(self, bench):
        (bench.guest.out / "radvd.conf").write_text(RADVD)
        bench.guest.run(f"ip netns exec server sysctl -q net.ipv6.conf.all.forwarding=1 && "
                        f"ip -n server addr add {SERVER6}/64 dev ppp0 nodad")
        self.job = bench.server("radvd -n -d 3 -m stderr -C /mnt/out/radvd.conf -p /run/radvd.pid")


@pytest.mark.parametrize("ipv4", ["", "noip"])
def test_takes_what_radvd_gives(bench, ipv4):
    """pppd's IPV6CP; then a prefix, a name server and an MTU from radvd; with IPv4 and without it."""
    pppd = Pppd(bench, options=f"+ipv6 {ipv4}")
    client = Connect(bench, options="--route 2001:db8:9::/48", before=(
        "sh -c 'cp /etc/resolv.conf /run/resolv.conf; mount --bind /run/resolv.conf /etc/resolv.conf; exec \"$@\"' -- "))
    client.job.wait_for("ipv6cp: .*-> Opened")
    pppd.job.wait_for("remote LL address")
    Radvd(bench)
    own = client.job.wait_for(f"IPv6 address ({PREFIX6}[0-9a-f:]+)").group(1)
    client.job.wait_for("connected in ")
    device = bench.guest.run("ip -n client addr show dev tun0")
    assert f"inet6 {own}/64 " in device and " mtu 1340 " in device
    routes = bench.guest.run("ip -n client -6 route show dev tun0")
    assert "2001:db8:9::/48 " in routes
    assert f"{PREFIX6}:/64" not in routes and "default" not in routes
    bench.guest.run(f"ip netns exec client ping -c 1 -W 60 {SERVER6}")
    assert "nameserver 2001:db8:9::53\n" in bench.guest.run("cat /run/resolv.conf")
    assert client.stop() == 0 and pppd.job.wait() == 0


def test_ends_when_pppd_does(bench):
    """pppd's Terminate-Request, then Call-Disconnect: a proper end, but not requested by the client."""
    pppd = Pppd(bench)
    client = Connect(bench)
    client.wait_until_up()
    pppd.job.kill("TERM")
    assert pppd.job.wait() == 0
    assert client.job.wait() == EXIT_LOST
    assert 'error: closed by the peer ("User request")' in client.log
    assert "gives no IPv4" not in client.log


@pytest.mark.parametrize("method", METHODS)
def test_gets_the_error_of_a_wrong_password(bench, method):
    pppd = Pppd(bench, method)
    client = Connect(bench, method, password="wrong")
    assert client.job.wait() == EXIT_AUTH
    pppd.job.wait()
    assert "Call-Connected" not in pppd.log


def test_does_not_send_a_password_by_a_method_that_is_not_allowed(bench):
    pppd = Pppd(bench, "pap")
    client = Connect(bench, "mschapv2")
    assert client.job.wait() == EXIT_AUTH
    pppd.job.wait()
    assert "PAP AuthReq" not in pppd.log
