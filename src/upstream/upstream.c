/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "upstream/upstream.h"

#include <stdarg.h>
#include <stdio.h>

#include "upstream/inside.h"
#include "util/secret.h"

void upstream_fail(struct upstream *u, enum upstream_failure failure, const char *text, ...)
{
	size_t n = (size_t)snprintf(u->text, sizeof(u->text), "the proxy %.120s ", u->cfg.name);
	va_list args;

	va_start(args, text);
	vsnprintf(u->text + n, sizeof(u->text) - n, text, args);
	va_end(args);
	u->failure = failure;
	u->step = UPSTREAM_FAILED;
}

struct writer upstream_writer(struct upstream *u)
{
	return writer_of(u->out, sizeof(u->out));
}

void upstream_put(struct upstream *u, const struct writer *w)
{
	u->out_len = w->len;
	u->out_sent = 0;
}

static struct upstream_target target_of(const struct upstream_cfg *cfg)
{
	struct upstream_target t;
	const char *host = cfg->host;
	struct ip_text addr;

	if (!host) {
		addr = ip_print(&cfg->addr);
		host = addr.text;
	}
	snprintf(t.text, sizeof(t.text), strchr(host, ':') ? "[%.255s]:%u" : "%.255s:%u", host,
		 cfg->port);
	return t;
}

void upstream_open(struct upstream *u, const struct upstream_cfg *cfg)
{
	memset(u, 0, sizeof(*u));
	u->cfg = *cfg;
	u->step = UPSTREAM_TALK;
	u->target = target_of(cfg);
	if (cfg->protocol == UPSTREAM_HTTP)
		http_connect_open(u);
	else
		socks5_client_open(u);
}

struct bytes upstream_output(const struct upstream *u)
{
	if (u->step != UPSTREAM_TALK)
		return bytes_of(u->out, 0);
	return bytes_of(u->out + u->out_sent, u->out_len - u->out_sent);
}

void upstream_sent(struct upstream *u, size_t len)
{
	u->out_sent += len;
}

size_t upstream_input(struct upstream *u, struct bytes in)
{
	if (u->step != UPSTREAM_TALK)
		return 0;
	return u->cfg.protocol == UPSTREAM_HTTP ? http_connect_input(u, in)
						: socks5_client_input(u, in);
}

void upstream_closed(struct upstream *u)
{
	if (u->step != UPSTREAM_TALK)
		return;
	if (u->cfg.protocol == UPSTREAM_HTTP)
		http_connect_closed(u);
	else
		socks5_client_closed(u);
}

/* Only HTTP asks for it. */
void upstream_reconnected(struct upstream *u)
{
	u->step = UPSTREAM_TALK;
	http_connect_reconnected(u);
}

void upstream_close(struct upstream *u)
{
	secret_wipe(u, sizeof(*u));
}

const char *upstream_protocol_name(enum upstream_protocol protocol)
{
	return protocol == UPSTREAM_HTTP ? "HTTP" : "SOCKS5";
}
