# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities and certificates for the tests, made by openssl once a run."""
import base64
import hashlib
import subprocess
from functools import cached_property
from pathlib import Path

CONFIG = """
[ca]
default_ca = own
[own]
dir = {folder}/{ca}
database = $dir/index
serial = $dir/serial
new_certs_dir = $dir
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = {usage}
subjectAltName = {names}
"""


def openssl(*argv):
    return subprocess.run(["openssl", *map(str, argv)], check=True, capture_output=True).stdout


class Identity:
    """A certificate with its key, and the pin by which a client recognizes it."""

    def __init__(self, cert, key):
        self.cert, self.key = cert, key

    @property
    def der(self):
        return openssl("x509", "-in", self.cert, "-outform", "DER")

    @cached_property
    def fingerprint(self):
        return "sha256:" + hashlib.sha256(self.der).hexdigest()

    @cached_property
    def pin(self):
        """The pin of the key, computed by openssl: this checks sstp's computation too."""
        public = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], check=True, capture_output=True,
                                input=openssl("x509", "-in", self.cert, "-noout", "-pubkey")).stdout
        return "pin-sha256:" + base64.b64encode(hashlib.sha256(public).digest()).decode()


class Pki:
    def __init__(self, folder):
        self.folder, self.identities = Path(folder), {}
        self.ca = self._authority("office")
        self.other_ca = self._authority("elsewhere")
        self.server = self.identity("server", "DNS:vpn.example.net,IP:192.0.2.1,IP:2001:db8:9::1")

    def _authority(self, name):
        folder = self.folder / name
        folder.mkdir()
        (folder / "index").touch()
        (folder / "serial").write_text("01\n")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
                "-subj", f"/CN=The {name} authority", "-keyout", folder / "ca.key", "-out", folder / "ca.crt",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        return folder / "ca.crt"

    def identity(self, name, names, ca="office", start=None, end=None, usage="serverAuth", key="ec"):
        """A certificate for `names` (openssl's subjectAltName), made once. Times are YYYYMMDDHHMMSSZ."""
        asked = (name, names, ca, start, end, usage, key)
        if asked in self.identities:
            return self.identities[asked]
        cert, private, request = (self.folder / f"{name}.{s}" for s in ("crt", "key", "csr"))
        if cert.exists():  # another test has one of that name
            cert, private, request = (self.folder / f"{name}-{len(self.identities)}.{s}" for s in ("crt", "key", "csr"))
        kind = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else [key if ":" in key else "rsa:2048"]
        openssl("req", "-new", "-newkey", *kind, "-nodes", "-subj", f"/CN={name}", "-keyout", private, "-out", request)
        config = cert.with_suffix(".cnf")
        config.write_text(CONFIG.format(folder=self.folder, ca=ca, usage=usage, names=names))
        dates = (["-startdate", start] if start else []) + (["-enddate", end] if end else ["-days", 30])
        openssl("ca", "-batch", "-notext", "-config", config, "-cert", self.folder / ca / "ca.crt", "-keyfile",
                self.folder / ca / "ca.key", "-extensions", "leaf", "-in", request, "-out", cert, *dates)
        self.identities[asked] = Identity(cert, private)
        return self.identities[asked]
