/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Uses private keys that another process has (tls/key_process.h): that process reads certificates and keys, and
 * signs. Here the library gets the certificates, and a stand-in for the key; it asks for signatures by callbacks.
 */
#ifndef SSTP_TLS_KEY_AGENT_H
#define SSTP_TLS_KEY_AGENT_H

#include <sys/types.h>

#include "tls/key_store.h"

struct tls_ctx;

/* The way to the other process: a member of what has it. */
struct key_agent {
	/*
	 * Sends head and data as one question, waits, and puts the reply into `to`. Returns its length, or -errno.
	 * Any thread may call it.
	 */
	ssize_t (*ask)(struct key_agent *a, struct bytes head, struct bytes data, uint8_t *to,
		       size_t room);
	/* key_process_own, or NULL */
	void (*own)(struct key_agent *a);
};

struct key_apart {
	struct key_loaded loaded;
	char *certs; /* PEM, terminated; the caller frees it */
};

/* 0, or -errno with err filled. */
int key_agent_load(struct key_agent *a, const char *cert_file, const char *key_file,
		   struct key_apart *k, struct error *err);
void key_agent_drop(struct key_agent *a, uint32_t number);

/* From now on the context's sessions sign with ctx->key_number of ctx->keys. */
void key_agent_sign_for(struct tls_ctx *ctx);

#endif
