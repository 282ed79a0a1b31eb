# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp cert: making a self-signed certificate, and showing one."""
import datetime
import re
import stat
import subprocess

import pytest

from lab import PATIENCE
from pki import Identity, openssl


def cert(sstp, *argv):
    return subprocess.run([sstp, "cert", *map(str, argv)], capture_output=True, text=True, timeout=PATIENCE)


def fields(text):
    """"pin          pin-sha256:..." and so on, as a dict."""
    return dict(re.fullmatch(r"(\S+(?: \S+)*?) {2,}(.+)", line).groups() for line in text.splitlines())


def test_makes_a_certificate_that_openssl_understands(sstp, tmp_path):
    base = tmp_path / "server"
    done = cert(sstp, "--name", "vpn.example.net", "--name", "*.example.org", "--name", "192.0.2.1", "--name",
                "2001:db8::1", "--out", base)
    assert (done.returncode, done.stderr) == (0, "")
    shown = fields(done.stdout)
    made = Identity(f"{base}.crt", f"{base}.key")
    assert shown["certificate"] == f"{base}.crt"
    assert shown["private key"] == f"{base}.key"
    assert shown["names"] == "vpn.example.net, *.example.org, 192.0.2.1, 2001:db8::1"
    assert shown["pin"] == made.pin
    assert shown["fingerprint"].replace(":", "").lower() == made.fingerprint.removeprefix("sha256:")
    text = openssl("x509", "-in", made.cert, "-noout", "-text").decode()
    assert "DNS:vpn.example.net, DNS:*.example.org, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1" in text
    assert "TLS Web Server Authentication" in text
    assert "CA:FALSE" in text
    assert "prime256v1" in text
    openssl("verify", "-CAfile", made.cert, "-purpose", "sslserver", "-verify_hostname", "vpn.example.net", made.cert)


def test_the_key_is_for_its_owner_alone(sstp, tmp_path):
    assert cert(sstp, "--name", "a.example", "--out", tmp_path / "s").returncode == 0
    assert stat.S_IMODE((tmp_path / "s.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "s.crt").stat().st_mode) == 0o644


def test_makes_an_rsa_key_on_demand(sstp, tmp_path):
    done = cert(sstp, "--name", "a.example", "--out", tmp_path / "s", "--rsa")
    assert fields(done.stdout)["key"] == "RSA 2048 bit"
    openssl("rsa", "-in", tmp_path / "s.key", "-check", "-noout")


def test_is_valid_for_as_many_days_as_asked(sstp, tmp_path):
    done = cert(sstp, "--name", "a.example", "--out", tmp_path / "s", "--days", 7)
    until = datetime.date.fromisoformat(fields(done.stdout)["valid until"])
    assert abs((until - datetime.datetime.now(datetime.timezone.utc).date()).days - 7) <= 1


@pytest.mark.parametrize("there", ["s.crt", "s.key"])
def test_files_that_are_there_are_kept(sstp, tmp_path, there):
    (tmp_path / there).write_text("precious\n")
    done = cert(sstp, "--name", "a.example", "--out", tmp_path / "s")
    assert done.returncode == 1
    assert done.stderr == f"sstp cert: {tmp_path / there} exists already and is not changed; --force replaces it\n"
    assert [p.name for p in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "precious\n"


def test_force_replaces_both(sstp, tmp_path):
    for name in ("s.crt", "s.key"):
        (tmp_path / name).write_text("old\n")
    assert cert(sstp, "--name", "a.example", "--out", tmp_path / "s", "--force").returncode == 0
    openssl("x509", "-in", tmp_path / "s.crt", "-noout")
    openssl("pkey", "-in", tmp_path / "s.key", "-noout")


def test_shows_the_certificate_of_another(sstp, pki):
    done = cert(sstp, "--show", pki.server.cert)
    assert done.returncode == 0
    shown = fields(done.stdout)
    assert shown["subject"] == "CN=server"
    assert shown["issuer"] == "CN=The office authority"
    assert shown["names"] == "vpn.example.net, 192.0.2.1, 2001:db8:9::1"
    assert shown["pin"] == pki.server.pin


@pytest.mark.parametrize("argv, status, words", [
    ([], 2, "no name: --name vpn.example.net (what clients will type)"),
    (["--name", "a.example"], 2, "no name for the files: --out /etc/sstp/server"),
    (["--name", "a b", "--out", "x"], 2, '--name "a b" is neither a DNS name nor an address'),
    (["--name", "a.example", "--out", "x", "--days", "0"], 2, "--days 0: must be a number of days, from 1 to 36500"),
    (["--name", "a.example", "--out", "x", "--days", "40000"], 2, "--days 40000: must be a number of days, from 1 to 36500"),
    (["--name", "a.example", "--out", "x", "--days", "ten"], 2, "--days ten: must be a number of days"),
    (["--name", "a.example", "--out", "/nowhere/x"], 1, "/nowhere/x.key: cannot write: No such file or directory"),
    (["--show", "/nowhere/x.crt"], 1, "--show /nowhere/x.crt: cannot read the certificate: No such file or directory"),
    (["--show", "/dev/null"], 1, "--show /dev/null: "),
    (["a.example"], 2, "a.example: only options are expected here; did you mean --name a.example?"),
])
def test_says_what_is_wrong(sstp, tmp_path, monkeypatch, argv, status, words):
    monkeypatch.chdir(tmp_path)
    done = cert(sstp, *argv)
    assert done.returncode == status
    assert done.stdout == ""
    assert done.stderr.startswith(f"sstp cert: {words}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_certificate_has_an_error_of_its_own(sstp, pki):
    done = cert(sstp, "--show", pki.server.key)
    assert done.returncode == 1
    assert done.stderr == f"sstp cert: --show {pki.server.key}: no certificate in it (must be PEM)\n"
