/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a proxy asks for in Proxy-Authenticate, RFC 9110 section 11.6.1: one or more challenges, each a
 * scheme with its parameters, in one field or in several. The strongest that we support is kept:
 * Digest (RFC 7616) with SHA-256, Digest with MD5, Basic. Pure functions.
 */
#ifndef SSTP_UPSTREAM_CHALLENGE_H
#define SSTP_UPSTREAM_CHALLENGE_H

#include "util/bytes.h"

enum { CHALLENGE_TEXT_MAX = 1024 };

enum challenge_scheme {
	CHALLENGE_NONE,
	CHALLENGE_BASIC,
	CHALLENGE_DIGEST,
	CHALLENGE_OTHER, /* not supported */
};

enum challenge_hash {
	CHALLENGE_MD5, /* also when none is named */
	CHALLENGE_SHA256,
	CHALLENGE_UNKNOWN_HASH,
};

enum challenge_qop {
	CHALLENGE_QOP_NONE, /* as in RFC 2069 */
	CHALLENGE_QOP_AUTH,
	CHALLENGE_QOP_AUTH_INT,
	CHALLENGE_QOP_UNKNOWN,
};

struct challenge_text {
	char text[CHALLENGE_TEXT_MAX + 1];
};

struct challenge {
	enum challenge_scheme scheme;
	enum challenge_hash hash;
	enum challenge_qop qop;
	bool is_session;  /* algorithm: ...-sess */
	bool is_stale;    /* the login was right, the nonce too old */
	bool is_userhash; /* the user name is sent as a hash */
	bool is_utf8;
	bool has_realm, has_nonce, has_opaque;
	bool is_malformed;
	struct challenge_text realm, nonce, opaque;
};

struct challenges {
	struct challenge best; /* CHALLENGE_NONE: none that is supported */
	struct challenge current;
	char names[128]; /* of all schemes: "NTLM, Negotiate" */
};

/* Initialize with zeroes; call it with the value of each field. */
void challenges_take(struct challenges *c, struct bytes value);

#endif
