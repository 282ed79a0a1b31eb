/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS contexts for the fuzz targets of EAP, made once. */
#ifndef SSTP_TESTS_FUZZ_EAP_LAB_H
#define SSTP_TESTS_FUZZ_EAP_LAB_H

#include <stdbool.h>

struct tls_ctx;

/* The certificate is for "vpn.example.net" and 127.0.0.1. `wants_cert`: of the client, with the same authority. */
struct tls_ctx *eap_lab_client(bool only_tls12);
struct tls_ctx *eap_lab_server(bool only_tls12, bool wants_cert);

#endif
