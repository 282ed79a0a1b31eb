/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of a context. */
#ifndef SSTP_TLS_CFG_H
#define SSTP_TLS_CFG_H

#include <stdbool.h>
#include <stddef.h>

struct key_agent;

struct tls_client_cfg {
	const char *ca_file;   /* PEM, or a directory of PEM files; NULL: the system's */
	const char *ca_option; /* what sets ca_file; NULL: --ca-cert, and --servercert gives pins */
	const char *crl_file;  /* revocation lists, PEM or DER; NULL: revocation is not checked */
	const char *const *pins; /* "pin-sha256:BASE64" of the key (SPKI), "sha256:HEX" of the */
	size_t pin_count;        /* certificate; any of them, in place of chain, name and date */
	/* our own certificate, if the server asks for one; NULL: none */
	const char *cert_file, *key_file, *key_password; /* as in struct tls_server_cfg */
	struct key_agent *keys;                          /* the same */
	bool is_checked; /* a context with this certificate was made before, so its faults are known */
	bool is_eap; /* a session inside EAP: no ALPN, no SNI, no large key shares; see `name` */
	bool only_tls12;
	bool allow_cn;  /* a common name counts where there is no subjectAltName */
	bool allow_cbc; /* offer AES-CBC with SHA under TLS 1.2 (RouterOS) */
	bool only_tls13;
	const char *keylog; /* file to append the session keys to (NSS format); NULL: none */
};

struct tls_server_cfg {
	const char *cert_file; /* PEM, leaf first, then the intermediates; or PKCS #12 with all */
	const char *key_file;  /* PEM; may be the same file */
	const char *key_password; /* also of PKCS #12; NULL: the key is not encrypted */
	struct key_agent *
		keys; /* has both, in another process (tls/key_agent.h); NULL: they are read here */
	bool allow_cbc;
	bool only_tls13;
	bool only_tls12;
	bool is_eap;
	/* The client must have a certificate of one of these authorities (PEM); NULL: none is asked for. */
	const char *client_ca_file;
	const char *client_crl_file; /* NULL: revocation is not checked */
	bool is_client_identity;     /* for a check: the certificate is meant for a client */
	const char *keylog;
};

#endif
