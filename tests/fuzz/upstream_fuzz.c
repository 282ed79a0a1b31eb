/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proxy on the way to a server, HTTP and SOCKS5. Bit 0 of the first byte selects the protocol, bit 1
 * whether there is a login; the second byte is the size of the reads. The rest is what the proxy sends
 * before it closes the connection. The same bytes are also used as a proxy's URL and as a no_proxy list.
 */
#include <assert.h>
#include <stdlib.h>

#include "upstream/no_proxy.h"
#include "upstream/proxy_url.h"
#include "upstream/upstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void zeroes(void *to, size_t len)
{
	memset(to, 0, len);
}

static void check(const struct upstream *u)
{
	struct bytes out = upstream_output(u);

	assert(out.len <= UPSTREAM_OUT_SIZE && memchr(u->text, '\0', sizeof(u->text)));
	assert((u->step == UPSTREAM_FAILED) == !!u->failure);
	assert((u->step == UPSTREAM_FAILED) == !!u->text[0]);
	for (const char *c = u->text; *c; c++)
		assert((unsigned char)*c >= ' ');
}

/* Sends what there is, and connects again when that is wanted. */
static void go_on(struct upstream *u, unsigned *reconnects)
{
	check(u);
	upstream_sent(u, upstream_output(u).len);
	if (u->step != UPSTREAM_RECONNECT)
		return;
	assert(++*reconnects < 10);
	upstream_reconnected(u);
	check(u);
}

static void talk(struct upstream *u, const uint8_t *data, size_t len, size_t chunk)
{
	unsigned reconnects = 0;

	go_on(u, &reconnects);
	while (len && u->step == UPSTREAM_TALK) {
		size_t piece = len < chunk ? len : chunk;
		size_t used = upstream_input(u, bytes_of(data, piece));

		assert(used <= piece && (used == piece || u->step != UPSTREAM_TALK));
		data += used;
		len -= used;
		go_on(u, &reconnects);
	}
	upstream_closed(u);
	go_on(u, &reconnects);
}

static void read_text(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct proxy_url u;

	if (!text)
		return;
	memcpy(text, data, len);
	text[len] = '\0';
	if (!proxy_url_parse(text, &u))
		assert(u.host[0] && u.port && proxy_url_name(&u).text[0]);
	no_proxy_lists(text, "vpn.example.net", 443);
	no_proxy_lists(text, "2001:db8::7", 443);
	no_proxy_is_loopback(text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct upstream u;
	struct upstream_cfg cfg = {
		.name = "p:1", .host = "vpn.example.net", .port = 443, .random = zeroes
	};

	if (len < 2)
		return 0;
	cfg.protocol = data[0] & 1 ? UPSTREAM_SOCKS5 : UPSTREAM_HTTP;
	cfg.user = data[0] & 2 ? "ann" : NULL;
	cfg.password = "wonder land";
	upstream_open(&u, &cfg);
	talk(&u, data + 2, len - 2, 1 + (size_t)data[1]);
	upstream_close(&u);
	read_text(data + 2, len - 2);
	return 0;
}
