# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies on the way to the server: the only way there is, for connect, run, proxy and probe."""
import os
import signal
from contextlib import suppress

import pytest

import upstreams
from lab import (GATEWAY, NAME, PATIENCE, SANITIZERS, SERVER, Sniffer, in_background, machine_environment,
                 on_a_terminal)
from upstreams import HTTP, HTTPS, PASSWORD, PROXY, SOCKS, USER, walled  # noqa: F401 (fixture)

HTTPS_URL = f"https://{PROXY}:{HTTPS}"
HTTP_URL, SOCKS5_URL, SOCKS5H_URL = (f"http://{PROXY}:{HTTP}", f"socks5://{PROXY}:{SOCKS}", f"socks5h://{PROXY}:{SOCKS}")


def with_user(url, user=USER):
    return url.replace("://", f"://{user}@")


class Way:
    """The options that lead through a proxy, and what each verb does with them."""

    def __init__(self, lab, url, password=None, to=SERVER, env=None, options=()):
        self.lab, self.to, self.env = lab, to, env or {}
        self.options = ["--proxy", url, *options] if url else list(options)
        if password is not None:
            self.options += ["--proxy-password-file", lab.file("proxy-password", password + "\n")]

    def connect(self, **more):
        return self.lab.connect(*self.options, to=self.to, env=self.env, **more)

    def words(self, verb, *more):
        return [self.lab.sstp, verb, self.to, "-v", "--servercert", self.lab.pki.server.pin, *self.options, *more]

    def logged_in(self, verb, *more):
        return self.words(verb, "--user", "ann", "--password-file", self.lab.file("ann", "wonder land"), *more)

    def start(self, verb, *more, label=None):
        return self.lab.start(self.lab.client, *self.logged_in(verb, *more), label=label or verb, env=self.env)

    def probe(self):
        return self.lab.client.run(*self.words("probe"), check=False,
                                   env={**machine_environment(), **SANITIZERS, **self.env})


def each_verb(way, name, method):
    """All four; prints a line of the table of what works with what."""
    lab, said = way.lab, []
    program = way.connect()
    assert lab.client.ping_server()
    assert PROXY in lab.client.routes() and SERVER not in lab.client.routes()
    assert "through the proxy at" in program.log
    assert program.stop() == 0
    assert PROXY not in lab.client.routes()
    said.append("connected, pings")
    program = way.start("run", "--", "ping", "-q", "-n", "-c", "3", "-i", "0.01", "-w", "60", GATEWAY)
    assert program.wait() == 0, program.log
    said.append("command pings")
    program = way.start("proxy", "--socks5", "1081")
    program.wait_for("^connected in ")
    assert program.stop() == 0
    said.append("connected")
    done = way.probe()
    assert done.returncode == 0 and "this is an SSTP server" in done.stdout, done.stdout + done.stderr
    said.append("all steps")
    print(f"| {name} | {method} | {' | '.join(said)} |")


# ---- what works


def test_no_other_way(walled):
    walled.serve()
    status, said = walled.connect_fails("--timeout", "20")
    assert status == 4 and "unreachable" in said


@pytest.mark.parametrize("login", [None, "basic", "digest"])
def test_squid(walled, both, login):
    walled.serve()
    upstreams.squid(walled, login)
    url = with_user(HTTP_URL) if login else HTTP_URL
    each_verb(Way(walled, url, PASSWORD if login else None), "squid 5.7", f"http, {login or 'no login'}")


@pytest.mark.parametrize("login", [False, True])
def test_tinyproxy(walled, login):
    walled.serve()
    upstreams.tinyproxy(walled, login)
    url = with_user(HTTP_URL) if login else HTTP_URL
    each_verb(Way(walled, url, PASSWORD.replace(" ", "") if login else None), "tinyproxy 1.11",
              f"http, {'basic' if login else 'no login'}")


@pytest.mark.parametrize("login", [False, True])
@pytest.mark.parametrize("url", [SOCKS5_URL, SOCKS5H_URL])
@pytest.mark.parametrize("start", [upstreams.danted, upstreams.microsocks])
def test_socks5(walled, start, url, login):
    walled.serve()
    start(walled, login)
    each_verb(Way(walled, with_user(url) if login else url, PASSWORD if login else None, to=NAME),
              {upstreams.danted: "dante 1.4.2", upstreams.microsocks: "microsocks 1.0.3"}[start],
              f"{url.split(':')[0]}, {'user and password' if login else 'no login'}")


@pytest.mark.parametrize("url", [SOCKS5_URL, SOCKS5H_URL])
def test_ssh(walled, url):
    walled.serve()
    upstreams.ssh(walled)
    each_verb(Way(walled, url, to=NAME), "ssh -D", f"{url.split(':')[0]}, no login")


@pytest.mark.parametrize("login", [False, True])
@pytest.mark.parametrize("url", [HTTP_URL, SOCKS5H_URL])
def test_sstp_proxy(walled, both, url, login):
    """The server as it is seen in the VPN of `sstp proxy`."""
    walled.serve()
    upstreams.sstp_proxy(walled, login)
    each_verb(Way(walled, with_user(url) if login else url, PASSWORD if login else None, to=GATEWAY),
              "sstp proxy", f"{url.split(':')[0]}, {'user and password' if login else 'no login'}")


# ---- TLS to the proxy


def https(lab, url=HTTPS_URL, options=(), **more):
    return Way(lab, url, options=["--proxy-ca-cert", lab.pki.ca, *options], **more)


@pytest.mark.parametrize("login", [None, "basic", "digest"])
def test_squid_by_tls(walled, both, login):
    walled.serve()
    upstreams.squid(walled, login, tls=True)
    each_verb(https(walled, with_user(HTTPS_URL) if login else HTTPS_URL, password=PASSWORD if login else None),
              "squid 5.7", f"https, {login or 'no login'}")


def test_haproxy_in_front_of_tinyproxy(walled, both):
    walled.serve()
    upstreams.tinyproxy(walled)
    upstreams.haproxy(walled)
    each_verb(https(walled), "haproxy 2.6 and tinyproxy 1.11", "https, no login")


def test_the_proxy_by_its_name_and_this_host_s_authorities(walled):
    walled.serve()
    upstreams.squid(walled, tls=True)
    walled.client.authorities.write_bytes(walled.pki.ca.read_bytes())
    walled.client.hosts.write_text(f"127.0.0.1 localhost\n{PROXY} proxy.example.net\n")
    program = Way(walled, f"https://proxy.example.net:{HTTPS}").connect()
    assert walled.client.ping_server()
    assert program.stop() == 0


def exchange(lab, size):
    """`size` bytes there and back, both ways at the same time, through the tunnel."""
    data = os.urandom(1 << 20) * (size >> 20)
    listener = lab.server.listen(GATEWAY, 7000)
    with lab.client.connect(GATEWAY, 7000) as ours, listener.accept()[0] as theirs:
        theirs.settimeout(PATIENCE)
        sending = [in_background(s.sendall, data) for s in (ours, theirs)]
        for s in ours, theirs:
            sending.append(in_background(lambda s=s: receive(s, len(data))))
        assert all(thread.result() in (None, data) for thread in sending)


def receive(s, size):
    parts = []
    while size:
        parts.append(s.recv(min(size, 1 << 20)))
        assert parts[-1], "the connection ended"
        size -= len(parts[-1])
    return b"".join(parts)


def test_much_both_ways_inside_tls(walled, both):
    """What one side does not take slows the other one down, and nothing is lost."""
    walled.serve()
    upstreams.squid(walled, tls=True)
    program = https(walled).connect()
    shown = walled.client.run(walled.sstp, "status").stdout
    assert f"  through the proxy: {HTTPS_URL} ({PROXY}:{HTTPS})\n" in shown, shown
    exchange(walled, 24 << 20)
    program.send(signal.SIGUSR2)
    program.wait_for("^connected in ", count=2)
    exchange(walled, 4 << 20)
    assert program.stop() == 0


def test_the_end_of_the_proxy_and_of_the_server_inside_tls(walled, both):
    """Each is noticed at once, and the tunnel comes back."""
    server = walled.serve()
    proxy = upstreams.squid(walled, tls=True)
    program = https(walled).connect()
    server.stop()
    program.wait_for("next try in")
    server = walled.serve()
    program.wait_for("^connected in ", count=2)
    proxy.kill()
    program.wait_for("next try in", count=2)
    upstreams.squid(walled, tls=True)
    program.wait_for("^connected in ", count=3)
    assert walled.client.ping_server()
    assert program.stop() == 0
    server.wait_for("ann.*(closed|ended|down)")


def test_what_an_https_proxy_can_do_wrong(walled):
    walled.serve()
    upstreams.squid(walled)
    fails(https(walled, f"https://{PROXY}:{HTTP}"), 13, f"TLS with the proxy https://{PROXY}:{HTTP}: ")
    proxy = upstreams.haproxy(walled)
    fails(Way(walled, HTTPS_URL), 13, f"TLS with the proxy {HTTPS_URL}: ")
    said = walled.programs[-1].said
    assert "is not signed by an authority that this machine trusts" in said and "--proxy-ca-cert FILE" in said
    assert "--servercert" not in said
    proxy.stop()
    proxy = upstreams.haproxy(walled, walled.pki.identity("other-proxy", "DNS:other.example.net"))
    fails(https(walled), 13, "other.example.net")
    done = https(walled).probe()
    assert done.returncode != 0 and f"TLS with the proxy {HTTPS_URL}: " in done.stdout + done.stderr
    proxy.stop()
    listener = walled.other.listen(PROXY, HTTPS)
    fails(https(walled, options=["--timeout", "3"]), 13, f"the proxy {HTTPS_URL} does not answer")
    listener.close()


# ---- what does not, with its words and exit code


def fails(way, status, words):
    got, said = way.connect(wait=False).wait(), way.lab.programs[-1].said
    assert got == status and words in said, said
    assert said.count("connecting to ") == 1, said
    assert PASSWORD not in way.lab.programs[-1].log and "wonder land" not in way.lab.programs[-1].log
    print(f"| {status} | {said.splitlines()[-1]} |")


@pytest.mark.parametrize("login", ["basic", "digest"])
def test_logins_that_squid_refuses(walled, login):
    walled.serve()
    upstreams.squid(walled, login)
    fails(Way(walled, HTTP_URL), 14, f"the proxy {HTTP_URL} wants a login ({login.capitalize()})")
    fails(Way(walled, with_user(HTTP_URL), "wrong"), 14,
          f"does not accept the user name or the password ({login.capitalize()})")
    done = Way(walled, with_user(HTTP_URL), "wrong").probe()
    assert done.returncode == 14 and "does not accept the user name" in done.stderr


@pytest.mark.parametrize("start", [upstreams.danted, upstreams.microsocks])
def test_logins_that_socks5_refuses(walled, start):
    walled.serve()
    start(walled, True)
    fails(Way(walled, SOCKS5H_URL), 14, "wants a login: give the user name as USER@ in --proxy")
    fails(Way(walled, with_user(SOCKS5H_URL), "wrong"), 14, "does not accept")


def test_what_squid_refuses(walled):
    walled.serve()
    upstreams.squid(walled)
    fails(Way(walled, HTTP_URL, to=f"{SERVER}:8443"), 13, f'refuses to connect to {SERVER}:8443: "403 Forbidden"')
    fails(Way(walled, HTTP_URL, to="nowhere.example.net"), 13, 'cannot reach nowhere.example.net:443: "50')
    walled.programs[0].stop()
    fails(Way(walled, HTTP_URL), 13, f'cannot reach {SERVER}:443: "503 Service Unavailable"')


@pytest.mark.parametrize("start, unknown", [(upstreams.danted, "host unreachable"), (upstreams.microsocks, "general failure")])
def test_what_socks5_refuses(walled, start, unknown):
    start(walled)
    fails(Way(walled, SOCKS5H_URL, to="nowhere.example.net"), 13, f"cannot reach nowhere.example.net:443: {unknown}")
    fails(Way(walled, SOCKS5_URL), 13, f"cannot reach {SERVER}:443: connection refused")
    fails(Way(walled, SOCKS5_URL, to="nowhere.example.net", options=["--timeout", "20"]), 3,
          "no address for nowhere.example.net, which this host looks up (socks5h:")


def test_no_proxy_there(walled):
    fails(Way(walled, HTTP_URL), 13, f"no connection to the proxy {HTTP_URL}: {PROXY}:{HTTP}: connection refused")
    fails(Way(walled, "http://nowhere.example.net:3128", options=["--timeout", "20"]), 13,
          "no connection to the proxy http://nowhere.example.net:3128: no address for")


class Scripted:
    """A proxy that answers each request of a connection with the next of `replies`; None: it closes."""

    def __init__(self, lab, *replies):
        self.listener, self.replies, self.requests = lab.other.listen(PROXY, HTTP), replies, []
        self.thread = in_background(self._serve)

    def _serve(self):
        replies = list(self.replies)
        while replies:
            with self.listener.accept()[0] as s:
                while replies and (request := s.recv(65536)):
                    self.requests.append(request)
                    reply = replies.pop(0)
                    if reply is None:
                        break
                    s.sendall(reply)
                else:
                    with suppress(ConnectionResetError):
                        s.recv(1)  # until the client closes

    def close(self):
        self.listener.close()
        self.thread.result()


@pytest.mark.parametrize("reply, status, words", [
    (b"", 13, "the proxy http://10.2.0.2:3128 does not answer"),
    (None, 13, "closed the connection without a response"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 17000, 13, "a response head of more than 16384 bytes"),
    (b"SSH-2.0-OpenSSH\r\n", 13, 'does not answer in HTTP: "SSH'),
    (b"\x15\x03\x01\x00\x02\x02\x0a", 13, "speaks TLS, not HTTP without it: give it as https://"),
    (b"HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n", 14,
     "wants a login with Negotiate, NTLM, which sstp does not support: run cntlm or px"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n", 13, '"302 Found", Location "http://portal/"'),
])
def test_odd_proxies(lab, reply, status, words):
    proxy = Scripted(lab, reply)
    fails(Way(lab, HTTP_URL, options=["--timeout", "3"] if reply == b"" else []), status, words)
    proxy.close()


# ---- passwords


def test_passwords_are_seen_by_nobody(walled, both):
    """Not from the command line; and what a variable or a file holds is in no log, argument or environment."""
    walled.serve()
    upstreams.squid(walled, "digest")
    url = HTTP_URL.replace("://", f"://{USER}:{PASSWORD.replace(' ', '%20')}@")
    refused = Way(walled, url).connect(wait=False)
    assert refused.wait() == 2 and "--proxy-password-file" in refused.said and "s3cret" not in refused.log
    for env, options in (({"SSTP_PROXY": url}, []), ({"https_proxy": url}, []),
                         ({"SSTP_PROXY": with_user(HTTP_URL), "SSTP_PROXY_PASSWORD": PASSWORD}, []),
                         ({}, ["--config", walled.file("conf", f"proxy = {url}\n")])):
        program = Way(walled, None, env=env, options=options).connect()
        seen = [open(f"/proc/{program.pid}/{what}", "rb").read() for what in ("cmdline", "environ")]
        assert "s3cret" not in program.log and b"s3cret" not in seen[0]
        assert b"s3cret" not in seen[1] or "https_proxy" in env
        assert program.stop() == 0


def test_passwords_that_are_not_needed_are_forgotten_too(lab):
    url = with_user(HTTP_URL, f"{USER}:s3cret")
    env = {"SSTP_PROXY": url, "SSTP_PROXY_PASSWORD": "s3cret too"}
    programs = [lab.serve(env=env), Way(lab, None, env=env, options=["--no-proxy"]).connect()]
    for program in programs:
        assert b"s3cret" not in open(f"/proc/{program.pid}/environ", "rb").read(), program.label


def test_password_asked_for(walled):
    walled.serve()
    upstreams.squid(walled, "basic")
    words = Way(walled, with_user(HTTP_URL)).logged_in("run", "--", "ping", "-q", "-c", "1", GATEWAY)
    status, shown = on_a_terminal(walled.client.words(words), [
        (f"Password of {USER} at the proxy {HTTP_URL}: ".encode(), PASSWORD.encode() + b"\n")])
    assert status == 0 and "s3cret" not in shown, shown
    program = walled.start(walled.client, *words)
    assert program.wait() == 2
    assert f"no password of {USER} for the proxy: --proxy-password-file FILE, or the variable SSTP_PROXY_PASSWORD" in program.log


# ---- other programs' variables


def test_variables(walled):
    walled.serve()
    upstreams.squid(walled)
    none = "http://127.0.0.1:9"
    for env in ({"https_proxy": HTTP_URL}, {"HTTPS_PROXY": HTTP_URL}, {"all_proxy": HTTP_URL}, {"ALL_PROXY": HTTP_URL},
                {"https_proxy": HTTP_URL[len("http://"):], "all_proxy": none},
                {"https_proxy": "", "ALL_PROXY": HTTP_URL, "no_proxy": "example.org,10.0.0.0/8"},
                {"https_proxy": none, "SSTP_PROXY": HTTP_URL, "no_proxy": "*"},
                {"https_proxy": HTTP_URL, "http_proxy": none, "no_proxy": f"{SERVER}:444"}):
        program = Way(walled, None, env=env).connect()
        assert f"connecting to {SERVER} through the proxy {HTTP_URL}" in program.log
        assert program.stop() == 0
    for env, options in (({"http_proxy": HTTP_URL}, []), ({"https_proxy": HTTP_URL, "no_proxy": "192.0.2.0/24"}, []),
                         ({"https_proxy": HTTP_URL, "NO_PROXY": "*"}, []), ({"https_proxy": HTTP_URL}, ["--no-proxy"]),
                         ({"https_proxy": HTTP_URL, "SSTP_NO_PROXY": "yes"}, []),
                         ({"SSTP_PROXY": HTTP_URL}, ["--no-proxy"])):
        program = Way(walled, None, env=env, options=["--timeout", "20", *options]).connect(wait=False)
        assert program.wait() == 4 and "through the proxy" not in program.log, program.log
    program = Way(walled, None, env={"all_proxy": "socks4://p:1"}).connect(wait=False)
    assert program.wait() == 2 and "the variable all_proxy has no usable proxy: SOCKS4 is not supported" in program.log
    program = Way(walled, None, env={"SSTP_NO_PROXY": "yes"}, options=["--proxy", HTTP_URL]).connect()
    assert program.stop() == 0


def test_no_proxy_with_several_servers(walled):
    """The variable holds for each: here the first, which does not listen, has no proxy, and the second has."""
    walled.serve()
    upstreams.squid(walled)
    way = Way(walled, None, to="10.1.0.254:444", env={"https_proxy": HTTP_URL, "no_proxy": "10.1.0.0/16"},
              options=["--server", SERVER])
    program = way.connect()
    assert "connecting to 10.1.0.254:444\n" in program.log
    assert f"connecting to {SERVER} through the proxy {HTTP_URL}\n" in program.log
    assert walled.client.ping_server()
    assert program.stop() == 0


@pytest.mark.parametrize("options, words", [
    (["--proxy", "ftp://p:1"], "--proxy ftp://p:1: must be a proxy's URL such as"),
    (["--proxy", "https://p:1", "--proxy-ca-cert", "/etc/hosts"], "the proxy's certificate cannot be checked: "),
    (["--proxy", "http://p"], "there is no port"),
    (["--proxy-password-file", "/etc/hosts"], "--proxy-password-file needs --proxy http://USER@HOST:PORT"),
    (["--proxy", "http://p:1", "--proxy-password-file", "/etc/hosts"], "--proxy-password-file needs a user name"),
    (["--proxy", "http://u@p:1", "--proxy-password-file", "/nowhere"], "--proxy-password-file /nowhere: "),
])
def test_mistakes(lab, options, words):
    status, said = lab.connect_fails(*options)
    assert status == 2 and words in said, said


# ---- names, routes, coming back


def queries(sniffer):
    """Names in packets to port 53."""
    packets = [p for p in sniffer.look() if p[0] >> 4 == 4 and p[9] == 17]
    return [p for p in packets if p[(p[0] & 15) * 4 + 2:(p[0] & 15) * 4 + 4] == b"\0\x35"]


@pytest.mark.parametrize("url, start, leaks", [
    (HTTP_URL, upstreams.squid, False), (SOCKS5H_URL, upstreams.microsocks, False),
    (SOCKS5_URL, upstreams.microsocks, True)])
def test_names_that_the_proxy_looks_up(walled, url, start, leaks):
    """No name server of this host is asked for the server's name, which this host does not know."""
    walled.serve()
    start(walled)
    walled.client.hosts.write_text("127.0.0.1 localhost\n")
    sniffer = Sniffer(walled.client, "cable")
    way = Way(walled, url, to=NAME, options=["--timeout", "20"])
    if leaks:
        fails(way, 3, f"no address for {NAME}")
    else:
        program = way.connect(trust=["--ca-cert", walled.pki.ca])  # the certificate's name is the server's
        assert walled.client.ping_server()
        assert program.stop() == 0
    assert bool(queries(sniffer)) == leaks
    sniffer.close()


@pytest.mark.parametrize("url", [f"http://[{upstreams.PROXY6}]:{HTTP}", f"http://proxy.example.net:{HTTP}"])
def test_the_proxy_by_ipv6_and_by_name(walled, url):
    """Of the name's three addresses only one is the proxy's."""
    walled.serve()
    upstreams.squid(walled)
    with open(walled.client.hosts, "a") as f:
        f.write(f"10.2.0.9 proxy.example.net\n{PROXY} proxy.example.net\n2001:db8:2::9 proxy.example.net\n")
    program = Way(walled, url).connect()
    assert walled.client.ping_server()
    assert program.stop() == 0


def test_a_given_address_goes_to_the_proxy(walled):
    walled.serve()
    proxy = upstreams.squid(walled)
    way = Way(walled, HTTP_URL, to="vpn.elsewhere.example", options=["--resolve", f"vpn.elsewhere.example:443:{SERVER}"])
    assert way.connect().stop() == 0
    log = next((walled.other.run_folder / "squid").glob("access.log")).read_text()
    assert f"CONNECT {SERVER}:443" in log and "elsewhere" not in log, proxy.log


def test_another_connection_through_the_proxy(walled, both):
    """SIGUSR2; the proxy restarts; the proxy is gone for a while."""
    walled.serve()
    proxy = upstreams.tinyproxy(walled)
    program = Way(walled, HTTP_URL).connect()
    program.send(signal.SIGUSR2)
    program.wait_for("^connected in ", count=2)
    proxy.stop()
    program.wait_for("next try in")
    program.wait_for("no connection to the proxy")
    assert PROXY in walled.client.routes()
    upstreams.tinyproxy(walled)
    program.wait_for("^connected in ", count=3)
    assert walled.client.ping_server()
    assert program.stop() == 0
    assert PROXY not in walled.client.routes()


def test_a_host_that_moves(walled):
    """Another address is noticed by itself, another gateway by the next connection; both lead to the proxy."""
    walled.is_changed = True
    walled.router.configure("addr add 10.1.0.253/24 dev client\n")
    walled.serve()
    upstreams.squid(walled)
    program = Way(walled, HTTP_URL).connect()
    walled.client.configure("addr flush dev cable\naddr add 10.1.0.77/24 dev cable\nroute add default via 10.1.0.254\n")
    program.wait_for("^connected in ", count=2)
    assert walled.client.ping_server()
    walled.client.configure("route replace default via 10.1.0.253\n")
    program.send(signal.SIGUSR2)
    program.wait_for("^connected in ", count=3)
    assert walled.client.routes()[PROXY]["gateway"] == "10.1.0.253"
    assert SERVER not in walled.client.routes()
    assert walled.client.ping_server()
    assert program.stop() == 0


def test_large_packets_vanish_on_the_way_to_the_proxy(walled):
    """The connection to the proxy gets smaller packets, as one to a server would."""
    walled.is_changed = True
    walled.serve()
    upstreams.squid(walled)
    walled.router.run("nft", "add table ip narrow; add chain ip narrow f { type filter hook forward priority 0; };"
                      " add rule ip narrow f iifname client meta length > 1300 drop;"
                      " add rule ip narrow f oifname client meta length > 1300 drop")
    program = Way(walled, HTTP_URL).connect()
    assert "large packets vanish" in program.said
    assert walled.client.ping_server("-s", 1200)
    assert program.stop() == 0


def test_after_a_crash(walled):
    """kill -9 leaves the route to the proxy; the next start removes it, and makes its own."""
    walled.serve()
    upstreams.tinyproxy(walled)
    before = walled.client.state()
    program = Way(walled, HTTP_URL).connect()
    program.kill()
    assert PROXY in walled.client.routes()
    program = Way(walled, HTTP_URL).connect()
    assert walled.client.ping_server()
    assert program.stop() == 0
    assert walled.client.state() == before


def test_a_proxy_on_this_host(walled):
    """What it connects to must stay outside of the tunnel."""
    walled.serve()
    upstreams.ssh(walled, walled.client, "127.0.0.1")
    url = f"socks5h://127.0.0.1:{SOCKS}"
    program = Way(walled, url, options=["--exclude", "10.2.0.0/24"]).connect()
    assert walled.client.ping_server(count=20)
    assert "the connection goes to this host itself (127.0.0.1)" in program.said
    assert program.stop() == 0
    program = Way(walled, url).start("run", "--", "ping", "-q", "-n", "-c", "20", "-i", "0.01", GATEWAY)
    assert program.wait() == 0 and "goes to this host itself" not in program.log


@pytest.mark.parametrize("url", [f"http://proxy.example.net:{HTTP}", HTTP_URL])
def test_lockdown(walled, url):
    """Only the proxy can be reached, also where the proxy is gone and comes back."""
    walled.serve()
    proxy = upstreams.tinyproxy(walled)
    with open(walled.client.hosts, "a") as f:
        f.write(f"{PROXY} proxy.example.net\n")
    try:
        program = Way(walled, url, options=["--lockdown"]).connect()
        assert walled.client.ping_server()
        proxy.stop()
        program.wait_for("no connection to the proxy")
        assert not walled.client.ping("10.1.0.254", check=False)
        upstreams.tinyproxy(walled)
        program.wait_for("^connected in ", count=2)
        assert program.stop() == 0
    finally:
        walled.client.run(walled.sstp, "unlock")
    assert walled.client.ping("10.1.0.254")


@pytest.mark.slow
def test_a_proxy_that_ends_idle_connections(walled):
    """After 30 seconds, in which less than one packet of SSTP's usual keep-alive passes."""
    walled.serve()
    upstreams.tinyproxy(walled, timeout=30)
    program = Way(walled, HTTP_URL, options=["--no-ipv6", "--no-dns"]).connect()
    program.wait_for("sstp: send Echo-Request", count=3, seconds=2 * PATIENCE)
    assert program.log.count("connected in ") == 1
    assert walled.client.ping_server()
    assert program.stop() == 0
