# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers a client trusts, and its errors about the others: it sends nothing to those."""
import re
import signal
import socket
import ssl
import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from chains import AUTHORITY, SERVER as FOR_SERVERS, Maker, openssl_trusts
from lab import NAME, PATIENCE, SERVER, SERVER6, in_background
from pki import Identity


def connects(lab, *options, **more):
    client = lab.connect("--no-default-route", *options, **more)
    lab.client.ping_server()
    return client


def refuses(lab, server, *options, **more):
    """The client's error if it does not trust the server. The server must not have received any HTTP."""
    status, said = lab.connect_fails(*options, **more)
    assert status == 5, said
    server.wait_for("^debug: session 1: .*ended: ")
    assert "http" not in server.log
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, said
    return lines[0].removeprefix("error: ")


def file_name(names):
    return re.sub(r"[^\w.]", "-", names)


def assert_tells_this_date(said):
    """With the note about a certificate's dates: the clock may be wrong."""
    shown = datetime.strptime(re.search(r"\(this machine's date is (.*) UTC\)$", said).group(1), "%Y-%m-%d %H:%M")
    assert abs(datetime.now(timezone.utc).replace(tzinfo=None) - shown) < timedelta(hours=1)


# ---- trusted


def test_an_authority_given_by_a_file(lab, both):
    lab.serve()
    client = connects(lab, trust=["--ca-cert", lab.pki.ca])
    assert f"{SERVER} is at {SERVER}:443, TLSv1.3 TLS_AES_128_GCM_SHA256, certificate verified\n" in client.log


def test_an_authority_given_by_a_folder(lab):
    folder = lab.folder / "authorities"
    folder.mkdir()
    (folder / "a.pem").write_bytes(lab.pki.other_ca.read_bytes())
    (folder / "b.pem").write_bytes(lab.pki.ca.read_bytes())
    (folder / "README").write_text("no certificate\n")
    lab.serve()
    connects(lab, trust=["--ca-cert", folder])


def test_an_authority_of_the_system(lab):
    lab.client.authorities.write_bytes(b"# other text\n" + lab.pki.other_ca.read_bytes() + lab.pki.ca.read_bytes())
    lab.serve()
    connects(lab, trust=[])


@pytest.mark.parametrize("kind", ["pin", "fingerprint"])
def test_a_pin_replaces_the_check_of_chain_and_name(lab, kind):
    identity = lab.pki.identity("another-name", "DNS:elsewhere.example.org,DNS:*.example.com")
    lab.serve(identity=identity)
    client = connects(lab, trust=["--servercert", getattr(identity, kind)])
    assert "certificate trusted by its pin" in client.log


def test_beside_a_pin_neither_authority_nor_name_counts(lab):
    lab.serve()
    connects(lab, "--verify-name", "other.example.net", trust=["--servercert", lab.pki.server.pin, "--ca-cert",
                                                               lab.pki.other_ca])


def test_one_of_several_pins_is_enough(lab):
    other = lab.pki.identity("other-key", "DNS:vpn.example.net")
    lab.serve()
    connects(lab, trust=["--servercert", other.pin, "--servercert", lab.pki.server.pin])


def test_a_self_signed_certificate_of_sstp_cert_by_its_pin_or_as_its_own_authority(lab):
    made = lab.server.run(lab.sstp, "cert", "--name", NAME, "--out", lab.folder / "own").stdout
    pin = re.search("^pin +(.*)$", made, re.M).group(1)
    lab.serve(identity=Identity(lab.folder / "own.crt", lab.folder / "own.key"))
    assert connects(lab, to=NAME, trust=["--servercert", pin]).stop() == 0
    assert connects(lab, to=NAME, trust=["--ca-cert", lab.folder / "own.crt"]).stop() == 0


@pytest.mark.parametrize("names, to", [
    (f"DNS:{NAME}", NAME),
    ("DNS:*.example.net", NAME),
    (f"IP:{SERVER}", SERVER),
    (f"IP:{SERVER6}", f"[{SERVER6}]:443"),
    (f"DNS:other.example.net,DNS:VPN.Example.NET", NAME),
])
def test_names_that_fit(lab, names, to):
    lab.serve(identity=lab.pki.identity(file_name(names), names))
    connects(lab, to=to, trust=["--ca-cert", lab.pki.ca])


def test_a_certificate_for_another_name_that_is_expected(lab):
    lab.serve(identity=lab.pki.identity("another-name", "DNS:elsewhere.example.org,DNS:*.example.com"))
    connects(lab, "--verify-name", "elsewhere.example.org", to=NAME, trust=["--ca-cert", lab.pki.ca])


def test_a_server_of_several_names_shows_the_certificate_that_is_asked_for(lab, both):
    other, office = lab.pki.identity("other", "DNS:other.example.org"), lab.pki.identity("office", "DNS:*.office.example")
    server = lab.serve("--cert", other.cert, "--key", other.key, "--cert", office.cert, "--key", office.key)
    names = [(SERVER, lab.pki.server), ("other.example.org", other), ("a.office.example", office)]
    for name, identity in names:
        client = connects(lab, "--verify-name", name, trust=["--servercert", identity.fingerprint])
        assert client.stop() == 0
    assert lab.connect_fails("--verify-name", "b.example", trust=["--servercert", other.fingerprint])[0] == 5
    server.send(signal.SIGHUP)
    for _, identity in names:
        server.wait_for(f"^reloaded {re.escape(str(identity.cert))}$")
    connects(lab, "--verify-name", "other.example.org", trust=["--ca-cert", lab.pki.ca])


def shown_to(lab, *options):
    """The subject of the certificate that openssl gets from the server."""
    said = lab.client.run("openssl", "s_client", "-connect", f"{SERVER}:443", *options, check=False, stdin=subprocess.DEVNULL)
    return (re.findall(r"^subject=CN = (.*)$", said.stdout, re.M) or re.findall("SSL alert number ([0-9]+)", said.stderr))[0]


@pytest.mark.parametrize("options", [["-tls1_3"], ["-tls1_2"]])
def test_an_rsa_and_an_ecdsa_certificate_for_one_name(lab, both, options):
    """Each client gets the one that it supports; its tunnel is bound to that one."""
    rsa = lab.pki.identity("both-rsa", f"DNS:both.example.net,IP:{SERVER}", key="rsa")
    ecdsa = lab.pki.identity("both-ec", f"DNS:both.example.net,IP:{SERVER}")
    lab.serve("--cert", ecdsa.cert, "--key", ecdsa.key, identity=rsa)
    for asked in (["-servername", "both.example.net"], ["-noservername"], ["-servername", "unknown.example.net"]):
        assert shown_to(lab, *options, *asked) == "both-ec"
        assert shown_to(lab, *options, *asked, "-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256") == "both-rsa"
    if "-tls1_2" in options:
        assert shown_to(lab, *options, "-cipher", "ECDHE-RSA-AES128-GCM-SHA256") == "both-rsa"
    connects(lab, trust=["--servercert", ecdsa.fingerprint])
    assert lab.connect_fails(host=lab.other, trust=["--servercert", rsa.fingerprint])[0] == 5


def test_strict_sni_refuses_other_names(lab, both):
    lab.serve("--strict-sni")
    for asked in (["-noservername"], ["-servername", "unknown.example.net"]):
        assert shown_to(lab, *asked) == "112"
    assert shown_to(lab, "-servername", "vpn.example.net") == "server"
    status, said = lab.connect_fails()
    assert status == 6 and "unrecognized_name" in said
    connects(lab, to=NAME)


def test_a_certificate_that_expires_soon_is_warned_of(lab):
    end = datetime.now(timezone.utc) + timedelta(days=5, hours=1)
    soon = lab.pki.identity("soon", f"IP:{SERVER}", end=end.strftime("%Y%m%d%H%M%SZ"))
    server = lab.serve(identity=soon)
    for count in (1, 2):
        server.wait_for(f"^warn: {re.escape(str(soon.cert))}: the certificate expires in 5 days: {end:%Y-%m-%d %H:%M} UTC$", count)
        server.send(signal.SIGHUP)


def test_an_rsa_certificate(lab):
    lab.serve(identity=lab.pki.identity("rsa", f"IP:{SERVER}", key="rsa"))
    connects(lab, trust=["--ca-cert", lab.pki.ca])


# ---- not trusted


def test_an_unknown_authority(lab, both):
    server = lab.serve()
    said = refuses(lab, server, to=NAME, trust=[])
    assert said == (f"the certificate of {NAME} is not signed by an authority that this machine trusts (issuer CN=The "
                    f"office authority). The pin of its key is {lab.pki.server.pin}: give it with --servercert after you have "
                    "checked it in another way")


def test_an_unknown_authority_where_a_file_was_given(lab):
    said = refuses(lab, lab.serve(), to=NAME, trust=["--ca-cert", lab.pki.other_ca])
    assert said.startswith(f"the certificate of {NAME} is not signed by an authority that --ca-cert holds (issuer CN=The "
                           "office authority). The pin of its key is ")


def test_a_self_signed_certificate(lab):
    lab.server.run(lab.sstp, "cert", "--name", NAME, "--out", lab.folder / "own")
    server = lab.serve(identity=Identity(lab.folder / "own.crt", lab.folder / "own.key"))
    assert "(self-signed; issuer CN=vpn.example.net)" in refuses(lab, server, to=NAME, trust=[])


def test_a_wrong_name(lab, both):
    server = lab.serve(identity=lab.pki.identity("another-name", "DNS:elsewhere.example.org,DNS:*.example.com"))
    assert refuses(lab, server, to=NAME, trust=["--ca-cert", lab.pki.ca]) == \
        f"the server's certificate is not for {NAME} but for elsewhere.example.org, *.example.com"


@pytest.mark.parametrize("names, to", [
    ("DNS:*.net", NAME),
    ("DNS:*.vpn.example.net", NAME),
    ("DNS:example.net", NAME),
    (f"DNS:{NAME}", SERVER),
    (f"DNS:{SERVER}", SERVER),
    ("IP:192.0.2.2", SERVER),
    ("email:vpn@example.net", NAME),
])
def test_names_that_do_not_fit(lab, names, to):
    server = lab.serve(identity=lab.pki.identity(file_name(names), names))
    assert refuses(lab, server, to=to, trust=["--ca-cert", lab.pki.ca]).startswith(
        f"the server's certificate is not for {to} but for ")


def test_an_expired_certificate(lab, both):
    server = lab.serve(identity=lab.pki.identity("expired", f"DNS:{NAME}", start="20200101000000Z",
                                                 end="20210203040500Z"))
    said = refuses(lab, server, to=NAME, trust=["--ca-cert", lab.pki.ca])
    assert said.startswith(f"the certificate of {NAME} expired on 2021-02-03 04:05 UTC (this machine's date is 20")
    assert_tells_this_date(said)


def test_a_certificate_of_the_future(lab):
    server = lab.serve(identity=lab.pki.identity("future", f"DNS:{NAME}", start="20980101000000Z",
                                                 end="20990101000000Z"))
    said = refuses(lab, server, to=NAME, trust=["--ca-cert", lab.pki.ca])
    assert said.startswith(f"the certificate of {NAME} is not valid before 2098-01-01 00:00 UTC (this machine's date is 20")
    assert_tells_this_date(said)


def test_a_certificate_that_is_not_for_servers(lab):
    server = lab.serve(identity=lab.pki.identity("person", f"DNS:{NAME}", usage="clientAuth"))
    assert "is not meant for servers" in refuses(lab, server, to=NAME, trust=["--ca-cert", lab.pki.ca])


def test_a_wrong_pin(lab, both):
    other = lab.pki.identity("other-key", f"DNS:{NAME}")
    said = refuses(lab, lab.serve(), to=NAME, trust=["--servercert", other.pin])
    assert said == (f"the certificate of {NAME} has {lab.pki.server.pin}, but the pin given is {other.pin}: either it was "
                    "renewed with a new key, or this is not your server")


def test_a_good_chain_does_not_replace_a_pin(lab):
    other = lab.pki.identity("other-key", f"DNS:{NAME}")
    refuses(lab, lab.serve(), to=NAME, trust=["--servercert", other.fingerprint, "--ca-cert", lab.pki.ca])


# ---- chains made by openssl. Each function makes the authorities, the server's certificate and its intermediates.

CLIENTS_ONLY = (*AUTHORITY, "extendedKeyUsage = clientAuth")
PSS = ("rsa_padding_mode:pss", "rsa_pss_saltlen:32")


def of(*extensions):
    """A server's certificate with these names instead of its own."""
    return *FOR_SERVERS[:-1], *extensions


class Chain:
    """Root, an intermediate, the server: each with its defects."""

    def __init__(self, maker, root={}, middle={}, leaf={}):
        self.maker = maker
        self.root = maker.authority(**{"subject": "Root", **root})
        self.middle = maker.authority(**{"subject": "Middle", "issuer": self.root, **middle})
        self.leaf = maker.make(**{"subject": "server", "issuer": self.middle, **leaf})

    def __iter__(self):
        return iter((self.root, self.middle, self.leaf))


def plain(maker, **faults):
    root, middle, leaf = Chain(maker, **faults)
    return [root], leaf, [middle]


def in_another_order(maker):
    root = maker.authority("Root")
    one, two = maker.authority("One", root), maker.authority("Two", maker.authority("Root", None, key=root.key))
    three = maker.authority("Three", one)
    return [root], maker.make("server", three), [maker.authority("A stranger"), one, two, three, root, one]


def cross_signed(maker):
    old, new = maker.authority("Old"), maker.authority("New")
    cross = maker.authority("New", old, key=new.key)
    middle = maker.authority("Middle", new)
    return [old], maker.make("server", middle), [middle, cross, new]


def with_an_expired_one_too(maker):
    root, middle, leaf = Chain(maker)
    return [root], leaf, [maker.authority("Middle", root, key=middle.key, end="20210203040500Z"), middle]


def with_no_root(maker):
    _, middle, leaf = Chain(maker)
    return [middle], leaf, []


def itself(maker, **more):
    leaf = maker.make("server", **more)
    return [leaf], leaf, []


def of_57_kilobytes(maker):
    names = [f"DNS.{i} = a-name-among-very-many-{i}.example.org" for i in range(1600)]
    return plain(maker, leaf={"extensions": of("subjectAltName = @names", "[names]", f"DNS.9999 = {NAME}", *names)})


def spelled_in_two_ways(maker):
    """The intermediate's issuer and the server's are other certificates of the same keys; case and blanks differ."""
    root = maker.authority("/O=Acme Inc/CN=Root")
    middle = maker.authority("/O=Acme Inc/CN=Middle", maker.authority("/O=ACME  inc/CN=root", key=root.key))
    return [root], maker.make("server", maker.authority("/O=acme Inc/CN= MIDDLE", key=middle.key)), [middle]


def with_a_root_of_version_1(maker):
    root = maker.version_1("Root")
    return [root], maker.make("server", root), []


def with_a_rotated_key(maker):
    """The intermediate has signed its own new key: that certificate does not count for the path length."""
    root = maker.authority("Root")
    old = maker.authority("Middle", root, ("basicConstraints = critical, CA:TRUE, pathlen:0", AUTHORITY[1]))
    new = maker.authority("Middle", old)
    return [root], maker.make("server", new), [old, new]


def constrained(maker, constraints, **leaf):
    return plain(maker, middle={"extensions": (*AUTHORITY, "nameConstraints = critical, " + constraints[0],
                                               *constraints[1:])}, leaf=leaf)


# What the TLS library cannot parse: NumericString (the type of openssl's INN), two attributes in one relative name, a
# type of attribute that it takes for another.
STRANGE = "/INN=1234567890/O=Acme Inc+CN={}/documentIdentifier=7"


def with_strangers(count):
    def make(maker):
        anchors, leaf, others = plain(maker)
        return anchors, leaf, others + [maker.authority(f"Stranger {i}") for i in range(count)]
    return make


ACCEPTED = {
    "plain": plain,
    "names that the TLS library does not know": lambda maker: plain(
        maker, **{one: {"subject": STRANGE.format(one)} for one in ("root", "middle", "leaf")}),
    "such names and RSA": lambda maker: plain(maker, leaf={"subject": STRANGE.format("server"), "kind": "rsa"}),
    "in another order, with strangers, the root and one twice": in_another_order,
    "cross-signed": cross_signed,
    "an expired one beside the good one": with_an_expired_one_too,
    "an authority that is no root": with_no_root,
    "itself, no authority": itself,
    "a rotated key": with_a_rotated_key,
    "57 KB": of_57_kilobytes,
    "16 certificates": with_strangers(14),
    "RSA": lambda maker: plain(maker, root={"kind": "rsa"}, middle={"kind": "rsa"}, leaf={"kind": "rsa"}),
    "RSA-PSS": lambda maker: plain(maker, root={"kind": "rsa"}, middle={"kind": "rsa", "sigopt": PSS},
                                   leaf={"sigopt": PSS}),
    "RSA-PSS with salts of any length": lambda maker: plain(
        maker, root={"kind": "rsa"}, middle={"kind": "rsa", "sigopt": (PSS[0], "rsa_pss_saltlen:max")},
        leaf={"sigopt": (PSS[0], "rsa_pss_saltlen:0")}),
    "names spelled in two ways": spelled_in_two_ways,
    "a root of version 1": with_a_root_of_version_1,
    "a key for RSA-PSS": lambda maker: plain(maker, root={"kind": "pss", "sigopt": PSS}, middle={"sigopt": PSS}),
    "P-384": lambda maker: plain(maker, root={"kind": "p384", "md": "sha384"}, middle={"kind": "p384", "md": "sha384"},
                                 leaf={"kind": "p384", "md": "sha512"}),
    "Ed25519 at the root": lambda maker: plain(maker, root={"kind": "ed25519"}),
    "Ed25519 in the middle": lambda maker: plain(maker, middle={"kind": "ed25519"}),
    "Ed25519 of the server": lambda maker: plain(maker, leaf={"kind": "ed25519"}),
    "Ed25519 everywhere": lambda maker: plain(maker, root={"kind": "ed25519"}, middle={"kind": "ed25519"},
                                              leaf={"kind": "ed25519"}),
    "Ed25519, itself": lambda maker: itself(maker, kind="ed25519"),
    "a root signed with SHA-1": lambda maker: plain(maker, root={"md": "sha1"}),
    "a permitted name": lambda maker: constrained(maker, ["permitted;DNS:example.net, excluded;DNS:example.org"]),
    "a permitted subject": lambda maker: constrained(
        maker, ["permitted;dirName:dn", "[dn]", "O = Acme Inc"], subject="/O=Acme Inc/CN=server"),
    "permitted mail addresses and URIs": lambda maker: constrained(
        maker, ["permitted;email:example.net, permitted;URI:.example.net"], subject="/CN=server/emailAddress=ann@example.net",
        extensions=of(f"subjectAltName = DNS:{NAME}, email:bob@example.net, URI:https://www.example.net/")),
    "a minimum of zero": lambda maker: constrained(maker, [
        "ASN1:SEQUENCE:constraints", "[constraints]", "permitted = IMPLICIT:0, SEQUENCE:trees", "[trees]",
        "tree = SEQUENCE:tree", "[tree]", "base = IMPLICIT:2, IA5STRING:example.net", "minimum = IMPLICIT:0, INTEGER:0"]),
    "policies that are not required": lambda maker: plain(maker, middle={"extensions": (
        *AUTHORITY, "certificatePolicies = critical, 1.2.3.4", "inhibitAnyPolicy = critical, 0")}),
    "servers and clients": lambda maker: plain(
        maker, middle={"extensions": (*AUTHORITY, "extendedKeyUsage = clientAuth, serverAuth")}),
}


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    return Maker(tmp_path_factory.mktemp("chains") / "made")


@pytest.mark.parametrize("case", ACCEPTED)
def test_chains_that_are_accepted(lab, maker, case):
    anchors, leaf, others = ACCEPTED[case](maker)
    assert openssl_trusts(maker.bundle(*anchors), leaf.cert, others and maker.bundle(*others))
    lab.serve(identity=maker.shown(leaf, *others))
    connects(lab, to=NAME, trust=["--ca-cert", maker.bundle(*anchors)])


def signed_by_no_authority(maker):
    selfish = maker.make("Selfish", extensions=("keyUsage = keyCertSign",))
    return [selfish], maker.make("server", selfish), [selfish]


def named_as_its_issuer(maker):
    root = maker.authority("Root")
    return [root], maker.make("Root", root, md="sha1"), []


def of_the_future(maker):
    """All dates are in the future, as with a clock in 1970."""
    future = {"start": "20480101000000Z"}
    return plain(maker, root=future, middle=future, leaf=future)


def another_chain_of_the_same_names(maker):
    return [maker.authority("Root")], *plain(maker)[1:]


REFUSED = {
    "SHA-1": (lambda maker: plain(maker, leaf={"md": "sha1"}), "signed with an algorithm"),
    "SHA-1, subject = issuer": (named_as_its_issuer, "signed with an algorithm"),
    "SHA-1 in the middle": (lambda maker: plain(maker, middle={"md": "sha1"}), "signed with an algorithm"),
    "SHA-224": (lambda maker: plain(maker, leaf={"md": "sha224"}), "signed with an algorithm"),
    "PSS with a mask of SHA-1": (lambda maker: plain(maker, middle={"kind": "rsa"}, leaf={"sigopt": (
        *PSS, "rsa_mgf1_md:sha1")}), "signed with an algorithm"),
    "an RSA key of 1024 bits at the root": (lambda maker: plain(maker, root={"kind": "rsa1024"}), "a key that is not accepted"),
    "an RSA key of 1024 bits": (lambda maker: plain(maker, leaf={"kind": "rsa1024"}), ""),
    "an RSA key of 1024 bits for encipherment": (lambda maker: plain(maker, leaf={"kind": "rsa1024", "extensions": (
        *FOR_SERVERS, "keyUsage = keyEncipherment")}), ""),
    "a curve written out": (lambda maker: plain(maker, root={"kind": "explicit"}), "a key that is not accepted"),
    "another curve": (lambda maker: plain(maker, middle={"kind": "k1"}), ""),
    "Ed448": (lambda maker: plain(maker, middle={"kind": "ed448"}), ""),
    "an intermediate for clients": (lambda maker: plain(maker, middle={"extensions": CLIENTS_ONLY}),
                                    "it may not issue server certificates (extended key usage without serverAuth)"),
    "no authority": (signed_by_no_authority, "CN=Selfish"),
    "an intermediate that is none": (lambda maker: plain(maker, middle={"extensions": FOR_SERVERS}), "it may not issue certificates"),
    "an intermediate of version 1": (lambda maker: plain(maker, middle={"extensions": ()}), "it may not issue certificates"),
    "an intermediate that signs lists": (lambda maker: plain(maker, middle={"extensions": (
        AUTHORITY[0], "keyUsage = critical, cRLSign")}), "it may not issue certificates"),
    "too long a path": (lambda maker: plain(maker, root={"extensions": (
        "basicConstraints = critical, CA:TRUE, pathlen:0", AUTHORITY[1])}), "path length"),
    "an unknown critical extension": (lambda maker: plain(maker, leaf={"extensions": (
        *FOR_SERVERS, "1.2.3.4 = critical, DER:0500")}), ""),
    "a policy that must be asked for": (lambda maker: plain(maker, middle={"extensions": (
        *AUTHORITY, "policyConstraints = critical, requireExplicitPolicy:0")}), ""),
    "an unknown critical extension in the middle": (lambda maker: plain(maker, middle={"extensions": (
        *AUTHORITY, "1.2.3.4 = critical, DER:0500")}), ""),
    "an expired intermediate": (lambda maker: plain(maker, middle={"end": "20210203040500Z"}),
                                f"CN=Middle, an issuer in the chain of {NAME}, expired on 2021-02-03 04:05 UTC"),
    "an expired root": (lambda maker: plain(maker, root={"end": "20210203040500Z"}), "expired on 2021-02-03 04:05 UTC"),
    "all of the future": (of_the_future, "is not valid before 2048-01-01 00:00 UTC (this machine's date is 20"),
    "another root of that name": (another_chain_of_the_same_names, "is not signed by the key of the authority"),
    "a name that is not permitted": (lambda maker: constrained(maker, ["permitted;DNS:example.org"]), "name constraints"),
    "an excluded name": (lambda maker: constrained(maker, ["excluded;DNS:example.net"]), "name constraints"),
    "a wildcard over an excluded name": (lambda maker: constrained(
        maker, [f"excluded;DNS:{NAME}"], extensions=of("subjectAltName = DNS:*.example.net")), "name constraints"),
    "an address that is not permitted": (lambda maker: constrained(
        maker, ["permitted;IP:10.0.0.0/255.0.0.0"], extensions=of(f"subjectAltName = DNS:{NAME}, IP:{SERVER}")),
        "name constraints"),
    "an address of IPv6": (lambda maker: constrained(
        maker, ["excluded;IP:2001:db8::/ffff:ffff::"], extensions=of(f"subjectAltName = DNS:{NAME}, IP:{SERVER6}")),
        "name constraints"),
    "an excluded subject": (lambda maker: constrained(
        maker, ["excluded;dirName:dn", "[dn]", "O = Acme Inc"], subject="/O=ACME  Inc/CN=server"), "name constraints"),
    "an unknown kind of name": (lambda maker: constrained(
        maker, ["permitted;RID:1.2.3"], extensions=of(f"subjectAltName = DNS:{NAME}, RID:1.2.3")), "name constraints"),
    "a mail address that is not permitted": (lambda maker: constrained(
        maker, ["permitted;email:example.net"], extensions=of(f"subjectAltName = DNS:{NAME}, email:ann@example.org")),
        "name constraints"),
    "such an address in the subject": (lambda maker: constrained(
        maker, ["permitted;email:example.net"], subject="/CN=server/emailAddress=ann@example.org"), "name constraints"),
    "a URI that is not permitted": (lambda maker: constrained(
        maker, ["excluded;URI:.example.net"], extensions=of(f"subjectAltName = DNS:{NAME}, URI:https://www.example.net/")),
        "name constraints"),
    "17 certificates": (with_strangers(15), "showed more certificates than are accepted"),
    "110 KB": (lambda maker: plain(maker, leaf={"extensions": of(
        f"subjectAltName = DNS:{NAME}", "1.2.3.4 = ASN1:FORMAT:HEX,OCT:" + "00" * 110_000)}),
        "the certificates of vpn.example.net are longer than is accepted"),
    "a key that is not for signatures": (lambda maker: plain(maker, leaf={"kind": "rsa", "extensions": (
        *FOR_SERVERS, "keyUsage = keyEncipherment")}), "is not meant for servers"),
    "a common name alone": (lambda maker: plain(maker, leaf={"subject": NAME, "extensions": FOR_SERVERS[:-1]}), "--allow-cn"),
    "an address as a DNS name": (lambda maker: plain(maker, leaf={"extensions": of(f"subjectAltName = DNS:{SERVER}")}),
                                 "not for"),
}


def start_openssl(lab, maker, leaf, *others, suites="DEFAULT", options=()):
    server = lab.start(lab.server, "openssl", "s_server", "-www", "-accept", "443", "-cert", leaf.cert, "-key", leaf.key,
                       "-cipher", f"{suites}@SECLEVEL=0", *options, *(["-cert_chain", maker.bundle(*others)] if others else []))
    server.wait_for("^ACCEPT")
    return server


@pytest.mark.parametrize("case", REFUSED)
def test_chains_that_are_refused(lab, maker, case):
    make, words = REFUSED[case]
    anchors, leaf, others = make(maker)
    server = start_openssl(lab, maker, leaf, *others)
    status, said = lab.connect_fails(to=NAME, trust=["--ca-cert", maker.bundle(*anchors)])
    assert status == 5, said
    assert words in said
    assert "SSTP_DUPLEX_POST" not in server.log
    server.stop()


@pytest.mark.parametrize("usage, is_good", [("keyEncipherment", True), ("digitalSignature", False)])
def test_rsa_key_exchange_needs_a_key_for_encipherment(lab, maker, usage, is_good):
    root, middle, leaf = Chain(maker, leaf={"kind": "rsa", "extensions": (*FOR_SERVERS, f"keyUsage = {usage}")})
    server = start_openssl(lab, maker, leaf, middle, suites="AES128-SHA:", options=["-tls1_2"])
    _, said = lab.connect_fails("--legacy-ciphers", "--timeout", "6", to=NAME, trust=["--ca-cert", root.cert])
    assert ("certificate verified" if is_good else "is not meant for servers") in said
    server.stop()


def test_a_common_name_when_that_is_asked_for(lab, maker):
    root, middle, leaf = Chain(maker, leaf={"subject": NAME, "extensions": FOR_SERVERS[:-1]})
    lab.serve(identity=maker.shown(leaf, middle))
    connects(lab, "--allow-cn", to=NAME, trust=["--ca-cert", root.cert])


def test_a_common_name_is_constrained_too(lab, maker):
    """Also that of a server that is its own authority."""
    root, middle, leaf = Chain(maker, middle={"extensions": (*AUTHORITY, "nameConstraints = permitted;DNS:example.org")},
                               leaf={"subject": NAME, "extensions": ("basicConstraints = CA:TRUE",)})
    server = lab.serve(identity=maker.shown(leaf, middle))
    assert "name constraints" in refuses(lab, server, "--allow-cn", to=NAME, trust=["--ca-cert", root.cert])


@pytest.mark.parametrize("case, words", [
    (in_another_order, r"certificate 2 \(CN=A stranger\) is not the issuer of the one before it \(CN=server\)"),
    (with_an_expired_one_too, r"certificate 2 \(CN=Middle\) has expired: 2021-02-03 04:05 UTC"),
    (plain, None),
])
def test_the_server_warns_of_its_own_chain(lab, maker, case, words):
    _, leaf, others = case(maker)
    server = lab.serve(identity=maker.shown(leaf, *others))
    assert bool(re.search("^warn: .*certificate [0-9]", server.log, re.M)) == bool(words)
    for count in (1, 2) if words else ():
        server.wait_for("^warn: .*: " + words, count)
        server.send(signal.SIGHUP)


def test_a_name_that_versions_of_idna_treat_differently(lab):
    for option in ([], ["--verify-name"], ["--sni"], ["--host-header"]):
        status, said = lab.connect_fails(*option, *(["straße.example"] if option else []),
                                         to="straße.example" if not option else NAME)
        assert status == 2
        assert "xn--strae-oqa.example" in said


# ---- versions and ciphers


@pytest.mark.parametrize("who", ["client", "server", "both"])
def test_tls_1_3_may_be_required(lab, who):
    lab.serve(*["--min-tls", "1.3"] * (who != "client"))
    client = connects(lab, *["--min-tls", "1.3"] * (who != "server"))
    assert " TLSv1.3 " in client.log


class OldServer:
    """Python's TLS server, with any old TLS version."""

    def __init__(self, lab, version):
        self.socket = lab.server.listen("192.0.2.1", 443)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)
        self.context.set_ciphers("DEFAULT:@SECLEVEL=0")
        self.context.minimum_version = self.context.maximum_version = version
        self.thread = in_background(self._serve)

    def _serve(self):
        connection, _ = self.socket.accept()
        with connection:
            try:
                with self.context.wrap_socket(connection, server_side=True) as tls:
                    return tls.version(), tls.recv(1)
            except OSError as error:
                return None, error

    def close(self):
        self.socket.close()
        return self.thread.result()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_nothing_older_than_tls_1_2_is_accepted(lab):
    server = OldServer(lab, ssl.TLSVersion.TLSv1_1)
    status, said = lab.connect_fails()
    assert status == 6
    assert said.splitlines()[-1].startswith("error: TLS: ")
    assert "no TLS version in common (this program supports 1.2 and 1.3)" in said
    assert server.close()[0] is None


def test_a_server_of_tls_1_2_alone_is_refused_when_1_3_is_required(lab):
    server = OldServer(lab, ssl.TLSVersion.TLSv1_2)
    status, said = lab.connect_fails("--min-tls", "1.3")
    assert status == 6
    assert "no TLS version in common" in said
    server.close()


def test_a_client_of_tls_1_2_alone_is_served_unless_1_3_is_required(lab):
    context = ssl.create_default_context(cafile=lab.pki.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def version():
        with context.wrap_socket(lab.client.connect(SERVER, 443), server_hostname=SERVER) as s:
            return s.version(), s.cipher()[0]

    server = lab.serve()
    assert version() == ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")
    assert server.stop() == 0
    lab.serve("--min-tls", "1.3")
    with pytest.raises(ssl.SSLError):
        version()


@pytest.mark.parametrize("suite, served", [
    ("ECDHE-ECDSA-AES256-GCM-SHA384", "always"),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", "always"),
    ("ECDHE-ECDSA-AES128-SHA", "if asked"),
    ("ECDHE-ECDSA-AES256-SHA", "if asked"),
])
def test_cbc_suites_only_by_an_option(lab, suite, served):
    context = ssl.create_default_context(cafile=lab.pki.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)

    def shake_hands(port):
        try:
            with context.wrap_socket(lab.client.connect(SERVER, port), server_hostname=SERVER) as s:
                return s.cipher()[0]
        except ssl.SSLError:
            return None

    lab.serve()
    lab.serve("--legacy-ciphers", "--listen", "4443", network="10.10.0.0/24")
    assert shake_hands(443) == (suite if served == "always" else None)
    assert shake_hands(4443) == suite


def test_the_name_typed_is_sent_in_tls_and_in_http(lab):
    seen = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)
    context.sni_callback = lambda tls, name, _: seen.append(name)
    with lab.server.listen(SERVER, 4443) as listener:
        def serve():
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as tls:
                return tls.recv(4096)

        request = in_background(serve)
        lab.connect_fails(to=f"{NAME}:4443", trust=["--ca-cert", lab.pki.ca])
        assert f"\r\nHost: {NAME}:4443\r\n".encode() in request.result()
    assert seen == [NAME]


def test_the_key_log_is_written_when_asked_for_and_warned_of(lab):
    server = lab.serve("--keylog", lab.folder / "server-keys")
    client = connects(lab, "--keylog", lab.folder / "client-keys")
    for who, name in ((server, "server-keys"), (client, "client-keys")):
        text = (lab.folder / name).read_text()
        assert "CLIENT_TRAFFIC_SECRET_0 " in text and "SERVER_TRAFFIC_SECRET_0 " in text
        assert re.search(f"^warn: .*{name}: session keys are written there", who.log, re.M), who.log
        assert (lab.folder / name).stat().st_mode & 0o077 == 0


def test_openssl_verifies_the_servers_chain(lab):
    """The server's chain, as others see it."""
    lab.serve()
    done = subprocess.run(lab.client.words(["openssl", "s_client", "-connect", f"{SERVER}:443", "-CAfile", lab.pki.ca,
                                            "-verify_ip", SERVER, "-brief"]),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    assert "Verification: OK" in done.stderr + done.stdout
