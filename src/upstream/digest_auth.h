/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reply to a challenge of the Digest scheme, RFC 7616. A pure function. */
#ifndef SSTP_UPSTREAM_DIGEST_AUTH_H
#define SSTP_UPSTREAM_DIGEST_AUTH_H

#include "upstream/challenge.h"

struct digest_auth {
	const char *method, *uri;
	const char *user, *password;
	const char *cnonce;
	uint32_t count; /* of requests with this nonce: 1 for the first */
};

/* What follows "Digest ". */
void digest_auth_put(const struct challenge *c, const struct digest_auth *a, struct writer *w);

#endif
