/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificate authorities that a client trusts. */
#ifndef SSTP_TLS_AUTHORITIES_H
#define SSTP_TLS_AUTHORITIES_H

#include "tls/x509.h"
#include "util/error.h"

struct authorities {
	struct x509 *list; /* each points into its own block */
	size_t count, room;
};

/* From a PEM file, a directory of PEM files, or (NULL) the system's list. 0 or -errno. */
int authorities_load(struct authorities *a, const char *path, struct error *err);
void authorities_free(struct authorities *a);

#endif
