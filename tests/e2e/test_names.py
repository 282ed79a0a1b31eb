# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of a server: where it is, what is asked for in TLS and HTTP, and what its certificate must be for."""
import contextlib
import re
import ssl

import pytest

from lab import NAME, SERVER, SERVER6, in_background

OTHER = "other.example.org"


def what_is_asked_for(lab, *options, to=NAME):
    """Server name indication and Host header of a client; its exit status."""
    asked = {"sni": None}

    def note(connection, name, context):
        asked["sni"] = name

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)
    context.sni_callback = note
    with lab.server.listen(SERVER, 443) as listener:
        def serve():
            with contextlib.suppress(ssl.SSLError), listener.accept()[0] as raw, \
                    context.wrap_socket(raw, server_side=True) as tls:
                head = tls.recv(4096).decode()
                asked["host"] = re.search("^Host: (.*)\r$", head, re.M).group(1)
                tls.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

        thread = in_background(serve)
        done = lab.probe(*options, to=to)
        thread.result()
    return asked["sni"], asked.get("host"), done.returncode


@pytest.mark.parametrize("options, to, sni, host, status", [
    ([], NAME, NAME, NAME, 7),
    ([], SERVER, None, SERVER, 7),
    (["--verify-name", NAME], SERVER, NAME, NAME, 7),
    (["--sni", OTHER], NAME, OTHER, OTHER, 7),
    (["--sni", OTHER, "--verify-name", NAME], SERVER, OTHER, OTHER, 7),
    (["--no-sni"], NAME, None, NAME, 7),
    (["--no-sni", "--verify-name", NAME], SERVER, None, NAME, 7),
    (["--host-header", "front.test:8443"], NAME, NAME, "front.test:8443", 7),
    (["--host-header", "bücher.example:8443"], NAME, NAME, "xn--bcher-kva.example:8443", 7),
    (["--sni", OTHER, "--host-header", NAME], NAME, OTHER, NAME, 7),
    (["--resolve", f"vpn.bücher.example:{SERVER}", "--verify-name", NAME], "vpn.BÜCHER.example", NAME, NAME, 7),
    (["--resolve", f"{OTHER}:{SERVER}", "--sni", "bücher.example", "--verify-name", NAME], OTHER,
     "xn--bcher-kva.example", "xn--bcher-kva.example", 7),
])
def test_each_option_sets_one_name(lab, options, to, sni, host, status):
    lab.client.hosts.write_text(f"{SERVER} {NAME}\n")
    assert what_is_asked_for(lab, *options, to=to) == (sni, host, status)


def test_a_name_that_is_asked_for_is_not_the_one_that_counts(lab):
    lab.serve()
    for options in (["--verify-name", OTHER], ["--verify-name", OTHER, "--sni", NAME], ["--resolve", f"{OTHER}:{SERVER}"]):
        to = OTHER if "--resolve" in options else NAME
        status, said = lab.connect_fails(*options, to=to, trust=["--ca-cert", lab.pki.ca])
        assert status == 5
        assert f"the server's certificate is not for {OTHER} but for {NAME}" in said


@pytest.mark.parametrize("rule", [f"nowhere.test:{SERVER}", f"*:[{SERVER6}]", f"nowhere.test:4444:192.0.2.9 nowhere.test:{SERVER}"])
def test_an_address_for_any_port(lab, rule):
    lab.serve()
    options = [word for one in rule.split() for word in ("--resolve", one)]
    lab.connect("--no-default-route", *options, "--verify-name", NAME, to="nowhere.test")
