# SPDX-License-Identifier: GPL-3.0-or-later
"""--crl: certificates that their issuers have revoked."""
import pytest

from chains import AUTHORITY, SERVER as FOR_SERVERS, Maker
from lab import NAME
from pki import openssl
from test_trust import connects, refuses


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    return Maker(tmp_path_factory.mktemp("revocation") / "made")


@pytest.fixture(scope="module")
def chain(maker):
    root = maker.authority("Root")
    middle = maker.authority("Middle", root)
    leaf = maker.make(NAME, middle)
    return root, middle, leaf


def trust(root, *lists, maker):
    return ["--ca-cert", root.cert, "--crl", maker.file(b"".join(lists))]


def test_lists_that_do_not_name_it(lab, maker, chain):
    root, middle, leaf = chain
    lab.serve(identity=maker.shown(leaf, middle))
    other = maker.make("other.example.net", middle)
    lists = [maker.crl(root), maker.crl(middle, [other])]
    assert connects(lab, to=NAME, trust=trust(root, *lists, maker=maker)).stop() == 0
    # in the other order, and the leaf's issuer's alone, as with openssl verify -crl_check; as DER too
    assert connects(lab, to=NAME, trust=trust(root, *reversed(lists), maker=maker)).stop() == 0
    assert connects(lab, to=NAME, trust=trust(root, lists[1], maker=maker)).stop() == 0
    der = openssl("crl", "-in", maker.file(lists[1]), "-outform", "DER")
    assert connects(lab, to=NAME, trust=trust(root, der, maker=maker)).stop() == 0


@pytest.mark.parametrize("reason", [None, "keyCompromise", "superseded"])
def test_a_revoked_server(lab, maker, chain, reason):
    root, middle, leaf = chain
    server = lab.serve(identity=maker.shown(leaf, middle))
    said = refuses(lab, server, to=NAME, trust=trust(root, maker.crl(middle, [leaf], reason), maker=maker))
    assert said.startswith(f"the certificate of {NAME} was revoked on 20")
    assert said.endswith(f" UTC{f': {reason}' if reason else ''} (serial number {maker.serial(leaf)})")


def test_a_revoked_intermediate(lab, maker, chain):
    root, middle, leaf = chain
    server = lab.serve(identity=maker.shown(leaf, middle))
    said = refuses(lab, server, to=NAME, trust=trust(root, maker.crl(root, [middle], "cACompromise"), maker.crl(middle),
                                                     maker=maker))
    assert said.startswith(f"the certificate CN=Middle, an issuer in the chain of {NAME}, was revoked on 20")
    assert "cACompromise" in said and maker.serial(middle) in said


@pytest.mark.parametrize("case, words", [
    ("expired", "the revocation list (--crl) of CN=Middle should have been replaced by 2021-02-03 04:05 UTC (this machine's date is 20"),
    ("early", "the revocation list (--crl) of CN=Middle is not valid before 2048-01-01 00:00 UTC (this machine's date is 20"),
    ("forged", "the revocation list (--crl) of CN=Middle is not signed by its key"),
    ("missing", f"the file of --crl has no revocation list that is for the certificate of {NAME} (its issuer is CN=Middle)"),
    ("of another point", f"the file of --crl has no revocation list that is for the certificate of {NAME} (its issuer is CN=Middle)"),
    ("expired, of the root", "the revocation list (--crl) of CN=Root should have been replaced by 2021-02-03 04:05 UTC"),
])
def test_lists_that_do_not_help(lab, maker, chain, case, words):
    root, middle, leaf = chain
    server = lab.serve(identity=maker.shown(leaf, middle))
    lists = {
        "expired": lambda: [maker.crl(middle, end="20210203040500Z")],
        "early": lambda: [maker.crl(middle, start="20480101000000Z")],
        "forged": lambda: [maker.crl(maker.authority("Middle"))],
        "missing": lambda: [maker.crl(root)],
        "of another point": lambda: [maker.crl(middle, extensions=[
            "issuingDistributionPoint = critical, @idp", "[idp]", "fullname = URI:http://a.example/7.crl"])],
        "expired, of the root": lambda: [maker.crl(root, end="20210203040500Z"), maker.crl(middle)],
    }[case]()
    assert refuses(lab, server, to=NAME, trust=trust(root, *lists, maker=maker)).startswith(words)


def test_a_list_of_the_point_that_the_certificate_names(lab, maker, chain):
    root, middle, _ = chain
    leaf = maker.make(NAME, middle, (*FOR_SERVERS, "crlDistributionPoints = URI:http://a.example/7.crl"))
    point = ["issuingDistributionPoint = critical, @idp", "[idp]", "fullname = URI:http://a.example/7.crl"]
    lab.serve(identity=maker.shown(leaf, middle))
    connects(lab, to=NAME, trust=trust(root, maker.crl(middle, extensions=point), maker=maker)).stop()
    said = lab.connect_fails(to=NAME, trust=trust(root, maker.crl(middle, [leaf], extensions=point), maker=maker))[1]
    assert "was revoked on" in said


def test_an_issuer_that_may_not_sign_lists(lab, maker, chain):
    root = chain[0]
    middle = maker.authority("Middle", root, (AUTHORITY[0], "keyUsage = critical, keyCertSign"))
    leaf = maker.make(NAME, middle)
    server = lab.serve(identity=maker.shown(leaf, middle))
    assert "does not count: the issuer's key usage has no cRLSign" in refuses(
        lab, server, to=NAME, trust=trust(root, maker.crl(middle), maker=maker))


def test_a_list_is_read_again_for_each_connection(lab, maker, chain):
    root, middle, leaf = chain
    server = lab.serve(identity=maker.shown(leaf, middle))
    lists = maker.file(maker.crl(middle))
    client = connects(lab, to=NAME, trust=["--ca-cert", root.cert, "--crl", lists])
    lists.write_bytes(maker.crl(middle, [leaf]))
    server.stop()
    lab.serve(identity=maker.shown(leaf, middle))
    client.wait_for(f"the certificate of {NAME} was revoked on")


@pytest.mark.parametrize("keylog", [False, True])
def test_a_list_that_root_alone_may_read_is_read_again_from_the_sandbox(lab, maker, chain, keylog):
    root, middle, leaf = chain
    server = lab.serve(identity=maker.shown(leaf, middle))
    lists = maker.file(maker.crl(middle))
    lists.chmod(0o600)
    client = lab.start(lab.client, lab.sstp, "proxy", NAME, "-v", "--user", "ann", "--ca-cert", root.cert, "--crl", lists,
                       "--socks5", "1080", *["--keylog", lab.folder / "keys"] * keylog, label="proxy",
                       env={"SSTP_PASSWORD": "wonder land"})
    client.wait_for("^connected in ")
    lists.write_bytes(maker.crl(middle, [leaf]))
    server.stop()
    lab.serve(identity=maker.shown(leaf, middle))
    client.wait_for(f"the certificate of {NAME} was revoked on")


@pytest.mark.parametrize("verb", ["connect", "probe", "proxy"])
def test_files_that_are_no_lists(lab, maker, chain, verb):
    missing, empty, cut = maker.folder / "missing.pem", maker.file(b"nothing\n"), maker.file(maker.crl(chain[1])[:-200] + (
        b"\n-----END X509 CRL-----\n"))
    for file, words in [(missing, "No such file or directory"), (empty, "no revocation list in it"),
                        (cut, "its revocation list number 1 is malformed")]:
        done = lab.client.run(lab.sstp, verb, NAME, "--ca-cert", chain[0].cert, "--crl", file,
                              *([] if verb == "probe" else ["--user", "ann"]), *(["--socks5", "1080"] if verb == "proxy" else []), check=False, env={"SSTP_PASSWORD": "x"})
        assert done.returncode == 2, done.stderr
        assert f"sstp {verb}: --crl {file}: {words}" in done.stderr


def test_probe_reports_it_too(lab, maker, chain):
    root, middle, leaf = chain
    lab.serve(identity=maker.shown(leaf, middle))
    done = lab.probe(to=NAME, trust=trust(root, maker.crl(middle, [leaf]), maker=maker))
    assert done.returncode == 5
    assert "was revoked on" in done.stdout


def test_a_pin_and_lists_contradict_each_other(lab, maker, chain):
    status, said = lab.connect_fails("--crl", maker.file(maker.crl(chain[1])))
    assert status == 2
    assert "--crl and --servercert exclude each other" in said
