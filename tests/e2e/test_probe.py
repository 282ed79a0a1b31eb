# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp probe: its report on servers, trusted or not, and that it never logs in."""
import json
import re
import ssl

import pytest

from lab import NAME, SERVER, SERVER6, in_background


def report(text):
    """{"TLS": {"version": ...}, ...}; a value without a label belongs to the previous label."""
    found, section, label = {}, None, None
    for line in text.splitlines():
        if not line.startswith(" "):
            section = found.setdefault(line, {})
            continue
        label, value = line[2:18].strip() or label, line[18:]
        section[label] = f"{section[label]}; {value}" if label in section else value
    return found


def test_a_trusted_server(lab, both):
    server = lab.serve("--auth", "mschapv2,pap,chap")
    done = lab.probe(to=NAME)
    assert (done.returncode, done.stderr) == (0, "")
    seen = report(done.stdout)
    assert list(seen) == ["steps", "server", "TLS", "certificate", "SSTP"]
    assert seen["server"]["name"] == NAME
    assert re.fullmatch(r"(192\.0\.2\.1|\[2001:db8:9::1\]):443, TCP in \d+ ms", seen["server"]["address"])
    assert re.fullmatch(r"TLSv1\.3, in \d+ ms", seen["TLS"]["version"])
    assert seen["TLS"]["cipher"] == "TLS_AES_128_GCM_SHA256"
    assert seen["TLS"]["key exchange"] == "X25519MLKEM768"
    assert seen["TLS"]["resumption"] == "yes, by a ticket"
    certificate = seen["certificate"]
    assert certificate["subject"] == "CN=server"
    assert certificate["issuer"] == "CN=The office authority"
    assert certificate["names"] == f"{NAME}; {SERVER}; {SERVER6}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", certificate["valid until"])
    assert certificate["key"] == "ECDSA P-256"
    assert certificate["pin"] == lab.pki.server.pin
    assert certificate["SHA-256"].replace(":", "").lower() == lab.pki.server.fingerprint.removeprefix("sha256:")
    assert certificate["trusted"] == "yes"
    assert seen["SSTP"] == {"HTTP": "200, this is an SSTP server", "crypto binding": "SHA-256, SHA-1",
                            "offers": "mschapv2, pap, chap"}
    server.wait_for("^session 1: .* ended: there is no authentication method that both ends allow$")
    assert "login" not in server.log


def test_a_server_that_is_not_trusted_is_shown_too(lab, both):
    lab.serve()
    done = lab.probe(to=NAME, trust=[])
    assert done.returncode == 5
    seen = report(done.stdout)
    assert seen["certificate"]["trusted"] == (
        f"no; the certificate of {NAME} is not signed by an authority that this machine trusts (issuer CN=The office "
        f"authority). The pin of its key is {lab.pki.server.pin}: give it with --servercert after you have checked it in "
        "another way")
    assert seen["SSTP"]["offers"] == "mschapv2, eap"


def test_the_pin_that_it_shows_is_the_pin_that_connects(lab):
    lab.serve()
    pin = report(lab.probe(trust=[]).stdout)["certificate"]["pin"]
    lab.connect("--no-default-route", trust=["--servercert", pin])


@pytest.mark.parametrize("identity, words", [
    (("another-name", "DNS:elsewhere.example.org,DNS:*.example.com"),
     f"the server's certificate is not for {NAME} but for elsewhere.example.org, *.example.com"),
    (("expired", f"DNS:{NAME}", "office", "20200101000000Z", "20210203040500Z"),
     f"the certificate of {NAME} expired on 2021-02-03 04:05 UTC (this machine's date is "),
])
def test_what_is_wrong_with_a_certificate(lab, identity, words):
    lab.serve(identity=lab.pki.identity(*identity))
    done = lab.probe(to=NAME)
    assert report(done.stdout)["certificate"]["trusted"].startswith(f"no; {words}")
    assert "SSTP" in report(done.stdout)


def test_a_server_that_is_full(lab):
    lab.serve("--max-sessions", "1")
    lab.connect("--no-default-route")
    done = lab.probe(host=lab.other)
    assert done.returncode == 7
    assert "certificate" in report(done.stdout) and "SSTP" not in report(done.stdout)
    assert done.stderr == "sstp probe: the server is full, or out of service for now (HTTP status 503)\n"


def test_only_sha256_for_the_crypto_binding(lab):
    lab.serve("--min-hash", "sha256")
    assert report(lab.probe().stdout)["SSTP"]["crypto binding"] == "SHA-256"


def test_a_web_server(lab):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)

    with lab.server.listen(SERVER, 443) as listener:
        def serve():
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(4096)
                tls.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                tls.recv(4096)

        thread = in_background(serve)
        done = lab.probe()
        thread.result()
    assert done.returncode == 7
    assert report(done.stdout)["certificate"]["trusted"] == "yes"
    assert done.stderr == "sstp probe: the server refuses SSTP on this address (HTTP status 404)\n"


def test_another_certificate_at_each_connection(lab):
    """Several machines at one address do that. The user gave no pin, so the error is about none."""
    identities = [lab.pki.server, lab.pki.identity("other-key", f"DNS:{NAME}")]
    with lab.server.listen(SERVER, 443) as listener:
        def serve():
            for identity in identities:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(identity.cert, identity.key)
                with pytest.raises(ssl.SSLError), listener.accept()[0] as raw:
                    context.wrap_socket(raw, server_side=True).recv(1)

        thread = in_background(serve)
        done = lab.probe(to=NAME, trust=[])
        thread.result()
    assert done.returncode == 5
    assert done.stderr == ("sstp probe: the server's certificate is not trusted, and at a second connection it sent "
                           "another one\n")


def test_nothing_listens(lab):
    done = lab.probe()
    assert (done.returncode, list(report(done.stdout))) == (4, ["steps"])
    assert done.stderr == f"sstp probe: {SERVER}:443: connection refused\n"


def test_it_needs_no_rights(lab):
    lab.serve()
    done = lab.client.run("setpriv", "--inh-caps=-all", "--bounding-set=-all", lab.sstp, "probe", SERVER, "--ca-cert",
                          lab.pki.ca)
    assert report(done.stdout)["SSTP"]["offers"] == "mschapv2, eap"


def test_it_leaves_nothing_on_the_server(lab):
    server = lab.serve(network="10.9.0.0/30")  # room for one client
    for _ in range(3):
        assert lab.probe().returncode == 0
    lab.connect("--no-default-route")
    assert "10.9.0.2" in lab.client.addresses()
    assert "warn: session" not in server.log


def test_the_report_as_json(lab, both):
    lab.serve("--auth", "mschapv2,pap")
    done = lab.probe("--json", to=NAME)
    assert (done.returncode, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    assert seen["server"] == NAME and seen["exit_code"] == 0 and "error" not in seen
    assert seen["tls"]["version"] == "TLSv1.3"
    assert seen["certificate"]["trusted"] is True and seen["certificate"]["checked"] is True
    assert seen["certificate"]["pin"] == lab.pki.server.pin
    assert seen["certificate"]["names"] == [NAME, SERVER, SERVER6]
    assert seen["sstp"] == {"crypto_binding": ["sha256", "sha1"], "offers": ["mschapv2", "pap"]}


def test_json_of_a_server_that_is_not_trusted_or_not_there(lab):
    lab.serve()
    done = lab.probe("--json", to=NAME, trust=[])
    seen = json.loads(done.stdout)
    assert done.returncode == seen["exit_code"] == 5
    assert seen["certificate"]["trusted"] is False and "is not signed by" in seen["certificate"]["reason"]
    assert seen["sstp"]["offers"] == ["mschapv2", "eap"]
    done = lab.probe("--json", to=f"{SERVER}:4444")
    seen = json.loads(done.stdout)
    assert done.returncode == seen["exit_code"] == 4
    assert "refused" in seen["error"] and "tls" not in seen


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_where_there_are_no_authorities(lab, options):
    """As in an image FROM scratch: everything is shown except whether the server is trusted."""
    lab.serve()
    done = lab.client.run("unshare", "--mount", "sh", "-ec", 'mount -t tmpfs tmpfs /etc/ssl; unset SSL_CERT_FILE; exec "$@"', "sh", lab.sstp, "probe",
                          SERVER, *options, check=False)
    assert done.returncode == 5, done.stderr
    if not options:
        assert report(done.stdout)["certificate"]["trusted"].startswith("not checked")
        assert report(done.stdout)["certificate"]["pin"] == lab.pki.server.pin
        return
    seen = json.loads(done.stdout)["certificate"]
    assert (seen["trusted"], seen["checked"], seen["pin"]) == (False, False, lab.pki.server.pin)
    assert "no list of certificate authorities" in seen["reason"]


# ---- several ways

DEAD_PROXY = ["--proxy", f"http://{SERVER}:3128"]


def test_the_way_that_works_is_found(lab, both):
    lab.serve()
    assert lab.probe(*DEAD_PROXY).returncode == 13
    done = lab.probe(*DEAD_PROXY, "--via", "--json")
    seen = json.loads(done.stdout)
    assert (done.returncode, seen["exit_code"]) == (0, 0)
    assert [(way["via"], way.get("stopped_at"), way["exit_code"]) for way in seen["ways"]] == [
        ("proxy", "proxy", 13), ("direct", None, 0)]
    done = lab.probe(*DEAD_PROXY, "--via")
    assert done.returncode == 0
    assert re.findall("^way\n  to  .*$", done.stdout, re.M) == [
        f"way\n  to              {SERVER}, through the proxy", f"way\n  to              {SERVER}, directly"]


def test_all_servers_are_ways_too(lab):
    lab.serve()
    seen = json.loads(lab.probe("--server", SERVER, *DEAD_PROXY, "--via", "--json", to="192.0.2.1:4444").stdout)
    assert [(way["server"], way["via"], way["exit_code"]) for way in seen["ways"]] == [
        (f"{SERVER}:4444", "proxy", 13), (f"{SERVER}:4444", "direct", 4), (SERVER, "proxy", 13), (SERVER, "direct", 0)]


def test_when_no_way_works_the_status_is_that_of_the_first(lab):
    done = lab.probe(*DEAD_PROXY, "--via", "--json")
    seen = json.loads(done.stdout)
    assert done.returncode == seen["exit_code"] == 13
    assert len(seen["ways"]) == 2


def test_one_way_that_works_is_enough(lab):
    lab.serve()
    assert len(json.loads(lab.probe("--server", "192.0.2.1:4444", "--via", "--json").stdout)["ways"]) == 1
