/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted proxy: what it is to get and what it sends, in pieces of any size. */
#ifndef SSTP_TESTS_UPSTREAM_TALK_H
#define SSTP_TESTS_UPSTREAM_TALK_H

#include "upstream/upstream.h"

enum { SCRIPT_MAX = 8 };

struct round {
	const char *gets; /* a part of it; NULL: not looked at */
	size_t gets_len;
	const char *sends;
	size_t sends_len;
	bool closes; /* after that */
};

struct script {
	const char *name;
	const char *user, *password;
	struct round rounds[SCRIPT_MAX];
	enum upstream_step end;
	enum upstream_failure failure;
	const char *text; /* a part of the failure's text */
	size_t left;      /* bytes at the end that the engine does not take */
	unsigned reconnects;
};

/* A literal and its length, since it may have zero bytes. */
#define LIT(text) text, sizeof(text) - 1

/* Plays each script with pieces of one byte, of two, of three, ... and whole. */
void play(const struct script *scripts, size_t count, const struct upstream_cfg *cfg);

#endif
