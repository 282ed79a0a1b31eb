# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of certificates, good and bad ones, made and signed by openssl; and its revocation lists."""
import itertools
import subprocess

from pki import Identity, openssl

CONFIG = """
[req]
distinguished_name = none
[none]
[ca]
default_ca = own
[own]
dir = {folder}
database = $dir/{name}.index
serial = $dir/serial
new_certs_dir = $dir
default_md = sha256
policy = any
unique_subject = no
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[ext]
{extensions}
[crl_ext]
{crl_extensions}
"""
AUTHORITY = ("basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign, cRLSign")
SERVER = ("basicConstraints = CA:FALSE", "extendedKeyUsage = serverAuth", "subjectAltName = DNS:vpn.example.net")
KINDS = {
    "ec": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "k1": ["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
    "explicit": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
    "rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa1024": ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "pss": ["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ed25519": ["ED25519"],
    "ed448": ["ED448"],
}


class Certificate(Identity):
    def __init__(self, cert, key, subject):
        super().__init__(cert, key)
        self.subject = subject


class Maker:
    def __init__(self, folder):
        self.folder, self.numbers = folder, itertools.count(1)
        folder.mkdir()
        (folder / "serial").write_text("1000\n")

    def _config(self, name, extensions=(), crl_extensions=()):
        config = self.folder / f"{next(self.numbers)}.cnf"
        config.write_text(CONFIG.format(folder=self.folder, name=name, extensions="\n".join(extensions),
                                        crl_extensions="\n".join(crl_extensions)))
        (self.folder / f"{name}.index").touch()
        return config

    def key(self, kind="ec"):
        path = self.folder / f"{next(self.numbers)}.key"
        openssl("genpkey", "-algorithm", *KINDS[kind], "-out", path)
        return path

    def make(self, subject, issuer=None, extensions=SERVER, kind="ec", key=None, start="20200101000000Z",
             end="20490101000000Z", md="sha256", sigopt=()):
        """A certificate for the name /CN=subject (or a whole name: /O=...), self-signed without an issuer."""
        key = key or self.key(kind)
        name = subject if subject.startswith("/") else f"/CN={subject}"
        stem = self.folder / f"{next(self.numbers)}"
        config = self._config(stem.name, extensions)
        openssl("req", "-new", "-config", config, "-key", key, "-subj", name, "-out", f"{stem}.csr")
        signer = ["-cert", issuer.cert, "-keyfile", issuer.key] if issuer else ["-selfsign", "-keyfile", key]
        openssl("ca", "-batch", "-notext", "-preserveDN", "-config", config, *signer, "-in", f"{stem}.csr", "-out", f"{stem}.crt",
                "-startdate", start, "-enddate", end, "-md", md if "ed" not in self._kind(issuer.key if issuer else key) else "default",
                *(a for o in sigopt for a in ("-sigopt", o)), *(["-extensions", "ext"] if extensions else []))
        return Certificate(stem.with_suffix(".crt"), key, name)

    @staticmethod
    def _kind(key):
        text = openssl("pkey", "-in", key, "-noout", "-text").decode()
        return "ed" if text.startswith("ED") else "other"

    def authority(self, subject, issuer=None, extensions=AUTHORITY, **more):
        return self.make(subject, issuer, extensions, **more)

    def version_1(self, subject):
        """A self-signed authority in a certificate of version 1, which has no extensions."""
        key, path = self.key(), self.folder / f"{next(self.numbers)}.crt"
        openssl("req", "-new", "-key", key, "-config", self._config(path.stem), "-subj", f"/CN={subject}", "-out", path.with_suffix(".csr"))
        openssl("x509", "-req", "-in", path.with_suffix(".csr"), "-signkey", key, "-days", "30", "-out", path)
        assert b"Version: 1" in openssl("x509", "-in", path, "-noout", "-text")
        return Certificate(path, key, f"/CN={subject}")

    def crl(self, issuer, revoked=(), reason=None, start="20200101000000Z", end="20490101000000Z", key=None,
            extensions=()):
        """A revocation list of the issuer, as PEM."""
        name = f"crl{next(self.numbers)}"
        config = self._config(name, crl_extensions=extensions)
        signer = ["-config", config, "-cert", issuer.cert, "-keyfile", key or issuer.key]
        for one in revoked:
            openssl("ca", *signer, "-revoke", one.cert, *(["-crl_reason", reason] if reason else []))
        return openssl("ca", *signer, "-gencrl", "-crl_lastupdate", start, "-crl_nextupdate", end,
                       *(["-crlexts", "crl_ext"] if extensions else []))

    def file(self, content, suffix="pem"):
        path = self.folder / f"{next(self.numbers)}.{suffix}"
        path.write_bytes(content)
        return path

    def bundle(self, *certificates):
        return self.file(b"".join(c.cert.read_bytes() for c in certificates))

    def shown(self, leaf, *others):
        """The options with which a server shows them."""
        return Identity(self.bundle(leaf, *others), leaf.key)

    def serial(self, certificate):
        return openssl("x509", "-in", certificate.cert, "-noout", "-serial").decode().strip().removeprefix("serial=")


def openssl_trusts(anchors, leaf, others):
    """openssl's own check of a chain."""
    return subprocess.run(["openssl", "verify", "-partial_chain", "-purpose", "sslserver", "-CAfile", anchors, *(
        ["-untrusted", others] if others else []), leaf], capture_output=True).returncode == 0
