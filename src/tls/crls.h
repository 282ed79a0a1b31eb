/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The revocation lists of a client. */
#ifndef SSTP_TLS_CRLS_H
#define SSTP_TLS_CRLS_H

#include "tls/crl.h"
#include "util/error.h"

struct crls {
	struct crl *list; /* each points into its own block */
	size_t count;
};

/*
 * From a file: any number of lists in PEM, or in DER one after another. All must be readable: 0 or
 * -errno, with err naming the file.
 */
int crls_load(struct crls *c, const char *path, struct error *err);
void crls_free(struct crls *c);

#endif
