/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a self-signed certificate. */
#ifndef SSTP_TLS_CERT_MAKE_H
#define SSTP_TLS_CERT_MAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

enum { CERT_DAYS_MAX = 100 * 365 };

struct cert_request {
	const char *const *names; /* DNS names and addresses; the first is the common name too */
	size_t name_count;
	unsigned days; /* 1 to CERT_DAYS_MAX */
	bool rsa;      /* RSA-2048 in place of ECDSA P-256, for very old peers */
};

/*
 * Makes a key and a self-signed server certificate, PEM, into two files (the key's mode is 0600).
 * Existing files are not changed (-EEXIST) unless `replace`. 0 or -errno with err filled.
 */
int cert_make(const struct cert_request *rq, const char *cert_file, const char *key_file,
	      bool replace, struct error *err);

#endif
