/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/ctx.h"

#include <stdlib.h>
#include <unistd.h>

struct tls_ctx *ctx_hold(struct tls_ctx *ctx)
{
	atomic_fetch_add_explicit(&ctx->refs, 1, memory_order_relaxed);
	return ctx;
}

void ctx_release(struct tls_ctx *ctx)
{
	if (!ctx || atomic_fetch_sub_explicit(&ctx->refs, 1, memory_order_acq_rel) != 1)
		return;
	wolfSSL_CTX_free(ctx->wolf);
	if (ctx->keylog_fd >= 0)
		close(ctx->keylog_fd);
	authorities_free(&ctx->authorities);
	crls_free(&ctx->crls);
	free(ctx->pins);
	free(ctx->leaf);
	free(ctx);
}
