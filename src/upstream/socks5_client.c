/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's side of SOCKS5. Messages could be pipelined, but some proxies cannot take that: each is
 * sent when the reply to the one before is complete. A reply is read byte by byte as far as its
 * length is known, so that nothing after it is consumed.
 */
#include <stdio.h>

#include "upstream/inside.h"
#include "upstream/socks5_wire.h"
#include "util/text.h"

enum { PORT_LEN = 2, REPLY_HEAD_LEN = 4, SHORT_LEN = 2 };

/* ---- what we send */

static bool has_login(const struct upstream *u)
{
	return u->cfg.user;
}

static void put_greeting(struct upstream *u)
{
	struct writer w = upstream_writer(u);

	put_u8(&w, SOCKS_VERSION);
	put_u8(&w, has_login(u) ? 2 : 1);
	put_u8(&w, SOCKS5_METHOD_NONE);
	if (has_login(u))
		put_u8(&w, SOCKS5_METHOD_PASSWORD);
	upstream_put(u, &w);
	u->socks5.state = SOCKS5_CLIENT_METHOD;
}

static void put_short(struct writer *w, const char *text)
{
	put_u8(w, (uint8_t)strlen(text));
	put_text(w, text);
}

static void put_login(struct upstream *u)
{
	struct writer w = upstream_writer(u);

	put_u8(&w, SOCKS5_LOGIN_VERSION);
	put_short(&w, u->cfg.user);
	put_short(&w, u->cfg.password);
	upstream_put(u, &w);
	u->socks5.state = SOCKS5_CLIENT_LOGIN;
}

static void put_request(struct upstream *u)
{
	struct writer w = upstream_writer(u);

	put_u8(&w, SOCKS_VERSION);
	put_u8(&w, SOCKS5_COMMAND_CONNECT);
	put_u8(&w, 0); /* RSV */
	if (u->cfg.host) {
		put_u8(&w, SOCKS5_ADDRESS_NAME);
		put_short(&w, u->cfg.host);
		put_u16(&w, u->cfg.port);
	} else {
		socks5_put_address(&u->cfg.addr, u->cfg.port, &w);
	}
	upstream_put(u, &w);
	u->socks5.state = SOCKS5_CLIENT_REPLY;
}

/* ---- what the proxy sends */

static void not_socks(struct upstream *u)
{
	if (u->socks5.in[0] == 'H')
		upstream_fail(u, UPSTREAM_BROKEN,
			      "does not speak SOCKS5: it is probably an HTTP proxy (http://)");
	else
		upstream_fail(u, UPSTREAM_BROKEN, "does not speak SOCKS5");
}

static void take_method(struct upstream *u)
{
	uint8_t method = u->socks5.in[1];

	if (u->socks5.in[0] != SOCKS_VERSION)
		not_socks(u);
	else if (method == SOCKS5_METHOD_NONE)
		put_request(u);
	else if (method == SOCKS5_METHOD_PASSWORD && has_login(u))
		put_login(u);
	else if (method == SOCKS5_METHOD_NOT_ACCEPTABLE && !has_login(u))
		upstream_fail(u, UPSTREAM_LOGIN,
			      "wants a login: give the user name as USER@ in --proxy, "
			      "the password in --proxy-password-file");
	else if (method == SOCKS5_METHOD_NOT_ACCEPTABLE)
		upstream_fail(u, UPSTREAM_LOGIN,
			      "accepts neither a user name with a password nor a client without "
			      "a login; sstp has no other method");
	else
		upstream_fail(u, UPSTREAM_BROKEN,
			      "chose the authentication method %u, which was not offered", method);
}

static void take_login(struct upstream *u)
{
	if (u->socks5.in[1] == SOCKS5_LOGIN_GOOD)
		put_request(u);
	else
		upstream_fail(u, UPSTREAM_LOGIN, "does not accept the user name or the password");
}

static const char *reply_text(uint8_t reply)
{
	static const char *const texts[] = {
		[SOCKS5_REPLY_FAILURE] = "general failure",
		[SOCKS5_REPLY_NET_UNREACHABLE] = "network unreachable",
		[SOCKS5_REPLY_HOST_UNREACHABLE] = "host unreachable, or its name is unknown",
		[SOCKS5_REPLY_REFUSED] = "connection refused",
		[SOCKS5_REPLY_EXPIRED] = "no answer (TTL expired)",
		[SOCKS5_REPLY_NO_SUCH_ADDRESS_TYPE] = "it does not take this type of address",
	};

	return reply < sizeof(texts) / sizeof(*texts) ? texts[reply] : NULL;
}

static void take_reply(struct upstream *u)
{
	uint8_t reply = u->socks5.in[1];
	const char *text = reply_text(reply);

	if (u->socks5.in[0] != SOCKS_VERSION)
		not_socks(u);
	else if (reply == SOCKS5_REPLY_DONE)
		u->step = UPSTREAM_DONE;
	else if (reply == SOCKS5_REPLY_NOT_ALLOWED)
		upstream_fail(u, UPSTREAM_REFUSED, "does not allow connections to %s",
			      u->target.text);
	else if (reply == SOCKS5_REPLY_NO_SUCH_COMMAND)
		upstream_fail(u, UPSTREAM_BROKEN, "does not support CONNECT");
	else if (text)
		upstream_fail(u, UPSTREAM_TARGET, "cannot reach %s: %s", u->target.text, text);
	else
		upstream_fail(u, UPSTREAM_TARGET, "cannot reach %s: unknown reply code %u",
			      u->target.text, reply);
}

/* Of a name and the port; 0 while the name's length is not there yet. */
static size_t name_rest_len(const struct socks5_client *s)
{
	return s->in_len > REPLY_HEAD_LEN ? (size_t)s->in[REPLY_HEAD_LEN] + PORT_LEN : 0;
}

/* How long the message is; more than what is there: that many more bytes are needed first. */
static size_t message_len(const struct socks5_client *s)
{
	if (s->state != SOCKS5_CLIENT_REPLY || (s->in_len && s->in[0] != SOCKS_VERSION))
		return SHORT_LEN;
	if (s->in_len < REPLY_HEAD_LEN)
		return REPLY_HEAD_LEN;
	switch (s->in[3]) {
	case SOCKS5_ADDRESS_V4:
		return REPLY_HEAD_LEN + 4 + PORT_LEN;
	case SOCKS5_ADDRESS_V6:
		return REPLY_HEAD_LEN + 16 + PORT_LEN;
	case SOCKS5_ADDRESS_NAME:
		return REPLY_HEAD_LEN + 1 + name_rest_len(s);
	default: /* a failure's address does not matter; with an unknown length there is no tunnel */
		return s->in[1] == SOCKS5_REPLY_DONE ? 0 : REPLY_HEAD_LEN;
	}
}

static void take_message(struct upstream *u)
{
	u->socks5.in_len = 0;
	switch (u->socks5.state) {
	case SOCKS5_CLIENT_METHOD:
		take_method(u);
		break;
	case SOCKS5_CLIENT_LOGIN:
		take_login(u);
		break;
	case SOCKS5_CLIENT_REPLY:
		take_reply(u);
		break;
	}
}

size_t socks5_client_input(struct upstream *u, struct bytes in)
{
	struct socks5_client *s = &u->socks5;
	size_t used = 0;

	while (used < in.len && u->step == UPSTREAM_TALK) {
		size_t len;

		s->in[s->in_len++] = in.at[used++];
		len = message_len(s);
		if (!len)
			upstream_fail(u, UPSTREAM_BROKEN, "sends a malformed reply");
		else if (s->in_len == len)
			take_message(u);
	}
	return used;
}

/* The code of a failure is enough, even if the rest of the reply is missing. */
void socks5_client_closed(struct upstream *u)
{
	const struct socks5_client *s = &u->socks5;

	if (s->state == SOCKS5_CLIENT_REPLY && s->in_len >= 2 && s->in[1] != SOCKS5_REPLY_DONE)
		take_reply(u);
	else if (s->state == SOCKS5_CLIENT_LOGIN)
		upstream_fail(u, UPSTREAM_LOGIN,
			      "closed the connection after the user name and the password: it "
			      "probably does not accept them");
	else
		upstream_fail(u, UPSTREAM_BROKEN, "closed the connection without a reply");
}

static bool fits(const char *text, size_t max)
{
	return *text && strlen(text) <= max;
}

void socks5_client_open(struct upstream *u)
{
	const struct upstream_cfg *cfg = &u->cfg;

	if (cfg->user &&
	    (!fits(cfg->user, SOCKS5_LOGIN_MAX) || !fits(cfg->password, SOCKS5_LOGIN_MAX)))
		upstream_fail(u, UPSTREAM_LOGIN,
			      "cannot get this login: SOCKS5 has user names and passwords of 1 "
			      "to %d bytes",
			      SOCKS5_LOGIN_MAX);
	else if (cfg->host && !fits(cfg->host, SOCKS5_NAME_MAX))
		upstream_fail(u, UPSTREAM_BROKEN, "cannot get a name of more than %d bytes",
			      SOCKS5_NAME_MAX);
	else
		put_greeting(u);
}
