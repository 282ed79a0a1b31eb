/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contexts for EAP in tests: a server's and a client's, with certificates made by support/pki.h. */
#ifndef SSTP_TESTS_EAP_TLS_LAB_H
#define SSTP_TESTS_EAP_TLS_LAB_H

#include "support/pki.h"
#include "tls/cfg.h"
#include "tls/open.h"

struct tls_lab {
	struct pki pki, other; /* the authority of both ends, and another one */
	struct pki_files server, client;
	struct pki_files stranger; /* a client of the other authority */
};

extern const struct bytes tls_lab_client_auth; /* the purpose of clients */

/* The server is "radius.example.net", the client has the common name "ann". */
extern struct tls_lab lab;
/* The set-up and the tear-down of a group of tests. */
int tls_lab_open(void **state);
int tls_lab_close(void **state);
/* NULL for `f`: a client without a certificate. */
struct tls_client_cfg tls_lab_client_cfg(const struct pki_files *f);
struct tls_server_cfg tls_lab_server_cfg(const struct pki_files *f);
struct tls_ctx *tls_lab_client(const struct tls_client_cfg *cfg);
struct tls_ctx *tls_lab_server(const struct tls_server_cfg *cfg);

#endif
