/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/ctx.h"

#include <stdlib.h>
#include <unistd.h>

#include "tls/key_agent.h"
#include "tls/ticket_server.h"

int ctx_groups[] = {
#if TLS_HAS_MLKEM
	WOLFSSL_X25519MLKEM768,
#endif
	WOLFSSL_ECC_X25519,
	WOLFSSL_ECC_SECP256R1,
	WOLFSSL_ECC_SECP384R1,
};
const size_t ctx_group_count = sizeof(ctx_groups) / sizeof(ctx_groups[0]);

enum {
	RSA_MIN_BITS = 2048,
	ECC_MIN_BITS = 256,
};

bool ctx_set_key_sizes(WOLFSSL_CTX *wolf)
{
	return wolfSSL_CTX_SetMinRsaKey_Sz(wolf, RSA_MIN_BITS) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_SetMinEccKey_Sz(wolf, ECC_MIN_BITS) == WOLFSSL_SUCCESS;
}

struct tls_ctx *ctx_hold(struct tls_ctx *ctx)
{
	atomic_fetch_add_explicit(&ctx->refs, 1, memory_order_relaxed);
	return ctx;
}

void ctx_release(struct tls_ctx *ctx)
{
	if (!ctx || atomic_fetch_sub_explicit(&ctx->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (ctx->wolf)
		wolfSSL_CTX_free(ctx->wolf);
	if (ctx->keys)
		key_agent_drop(ctx->keys, ctx->key_number);
	ticket_server_free(ctx->tickets);
	if (ctx->keylog_fd >= 0)
		close(ctx->keylog_fd);
	authorities_free(&ctx->authorities);
	crls_free(&ctx->crls);
	free(ctx->pins);
	free(ctx->leaf);
	free(ctx->plain);
	free(ctx);
}
