/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The revocation lists that a client was given. */
#ifndef SSTP_TLS_CRLS_H
#define SSTP_TLS_CRLS_H

#include "tls/crl.h"
#include "util/error.h"

struct crls {
	struct crl *list; /* each points into a block of its own */
	size_t count;
};

/*
 * From a file: PEM, any number of them, or DER, one or several in a row. All must be readable: 0 or
 * -errno, with err naming the file.
 */
int crls_load(struct crls *c, const char *path, struct error *err);
void crls_free(struct crls *c);

#endif
