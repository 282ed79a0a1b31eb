/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CONNECT. The first request has no credentials: they are sent only to a proxy that asks for them, in the
 * strongest scheme that it offers, and once. It may ask for the same login again with a newer nonce
 * (stale). The body of such a response is skipped if its end is near, so that the connection can be
 * used again; else a new one is needed.
 *
 * Every 2xx response means that the tunnel is open, and has no body whatever its fields say (RFC 9110
 * section 9.3.6).
 */
#include <stdio.h>

#include "http/basic.h"
#include "http/block.h"
#include "http/head.h"
#include "http/status.h"
#include "upstream/digest_auth.h"
#include "upstream/inside.h"
#include "util/log.h"
#include "util/secret.h"
#include "util/text.h"

enum {
	STALE_MAX = 2,
	INTERIM_MAX = 16,
	BODY_MAX = 64 * 1024, /* a longer one is not skipped */
	CNONCE_BYTES = 16,
	SHOWN_MAX = 40, /* bytes of what is not HTTP */
};

/* ---- the request */

static void put_digest(struct upstream *u, struct writer *w)
{
	char cnonce[2 * CNONCE_BYTES + 1];
	uint8_t random[CNONCE_BYTES];
	struct digest_auth a = {
		"CONNECT", u->target.text, u->cfg.user, u->cfg.password, cnonce, 1
	};

	u->cfg.random(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(cnonce + 2 * i, 3, "%02x", random[i]);
	put_text(w, "Digest ");
	digest_auth_put(&u->http.used, &a, w);
}

static void put_credentials(struct upstream *u, struct writer *w)
{
	if (u->http.used.scheme == CHALLENGE_NONE)
		return;
	put_text(w, "Proxy-Authorization: ");
	if (u->http.used.scheme == CHALLENGE_DIGEST) {
		put_digest(u, w);
	} else {
		put_text(w, "Basic ");
		http_put_basic(u->cfg.user, u->cfg.password, w);
	}
	put_text(w, "\r\n");
}

/* [MS-SSTP] 4.5 has the SSTPVERSION; some proxies refuse a request without a User-Agent. */
static void put_request(struct upstream *u)
{
	struct writer w = upstream_writer(u);

	put_text(&w, "CONNECT ");
	put_text(&w, u->target.text);
	put_text(&w, " HTTP/1.1\r\nHost: ");
	put_text(&w, u->target.text);
	put_text(&w,
		 "\r\nSSTPVERSION: 1.0\r\nUser-Agent: sstp\r\nProxy-Connection: keep-alive\r\n");
	put_credentials(u, &w);
	put_text(&w, "\r\n");
	if (w.full)
		upstream_fail(u, UPSTREAM_LOGIN, "cannot get this login: it is too long");
	else
		upstream_put(u, &w);
}

void http_connect_open(struct upstream *u)
{
	put_request(u);
}

void http_connect_reconnected(struct upstream *u)
{
	u->http.head_len = 0;
	u->http.in_body = u->http.was_reused = false;
	put_request(u);
}

/* ---- 407 */

static bool has_only_foreign(const struct upstream *u)
{
	return u->http.offered.best.scheme == CHALLENGE_NONE;
}

static void refuse_foreign(struct upstream *u)
{
	const char *names = u->http.offered.names;

	if (!*names)
		upstream_fail(u, UPSTREAM_LOGIN,
			      "wants a login, but names no way to log in (no Proxy-Authenticate)");
	else if (strstr(names, "NTLM") || strstr(names, "Negotiate") || strstr(names, "Kerberos"))
		upstream_fail(u, UPSTREAM_LOGIN,
			      "wants a login with %s, which sstp does not support: run cntlm or "
			      "px, which log in to it, on this host, and name that in --proxy",
			      names);
	else
		upstream_fail(u, UPSTREAM_LOGIN,
			      "wants a login with %s, which sstp does not support in this form; "
			      "it supports Basic, and Digest with MD5 or SHA-256",
			      names);
}

/* True: the request may be sent again, with what `used` now is. */
static bool choose(struct upstream *u)
{
	struct http_connect *h = &u->http;
	bool is_stale = h->used.scheme == CHALLENGE_DIGEST &&
			h->offered.best.scheme == CHALLENGE_DIGEST && h->offered.best.is_stale;

	if (h->used.scheme != CHALLENGE_NONE && !(is_stale && h->stale_count++ < STALE_MAX)) {
		upstream_fail(u, UPSTREAM_LOGIN,
			      "does not accept the user name or the password (%s)",
			      h->used.scheme == CHALLENGE_DIGEST ? "Digest" : "Basic");
	} else if (has_only_foreign(u)) {
		refuse_foreign(u);
	} else if (!u->cfg.user) {
		upstream_fail(u, UPSTREAM_LOGIN,
			      "wants a login (%s): give the user name as USER@ in --proxy, "
			      "the password in --proxy-password-file",
			      h->offered.names);
	} else {
		h->used = h->offered.best;
		if (h->used.scheme != CHALLENGE_BASIC || !strchr(u->cfg.user, ':'))
			return true;
		upstream_fail(u, UPSTREAM_LOGIN,
			      "wants a login with Basic, in which a user name has no colon");
	}
	return false;
}

static bool keeps_connection(const struct http_head *head, int minor)
{
	struct bytes close = bytes_text("close"), keep = bytes_text("keep-alive");

	if (http_head_lists(head, "Connection", close) ||
	    http_head_lists(head, "Proxy-Connection", close))
		return false;
	return minor >= 1 || http_head_lists(head, "Connection", keep) ||
	       http_head_lists(head, "Proxy-Connection", keep);
}

/* False: the body's end is unknown or far. */
static bool begin_body(struct http_connect *h, const struct http_head *head)
{
	uint64_t len = 0;

	switch (http_head_length(head, &len)) {
	case HTTP_LENGTH_KNOWN:
		http_body_open(&h->body, len);
		return len <= BODY_MAX;
	case HTTP_LENGTH_CHUNKED:
		http_body_open_chunked(&h->body);
		return true;
	case HTTP_LENGTH_NONE:
	case HTTP_LENGTH_UNKNOWN_CODING:
	case HTTP_LENGTH_BAD:
		break;
	}
	return false;
}

static void ask_again(struct upstream *u)
{
	u->http.in_body = false;
	u->http.was_reused = true;
	put_request(u);
}

static void take_authenticate(struct upstream *u, const struct http_head *head, int minor)
{
	struct http_connect *h = &u->http;

	memset(&h->offered, 0, sizeof(h->offered));
	for (size_t i = 0; i < head->count; i++)
		if (text_is_nocase(head->fields[i].name, "Proxy-Authenticate"))
			challenges_take(&h->offered, head->fields[i].value);
	if (!choose(u))
		return;
	h->body_len = 0;
	if (!keeps_connection(head, minor) || !begin_body(h, head))
		u->step = UPSTREAM_RECONNECT;
	else if (h->body.state == HTTP_BODY_OVER)
		ask_again(u);
	else
		h->in_body = true;
}

/* ---- other responses */

/* The status line without the version: "403 Forbidden", quoted. */
static struct log_text status_text(struct bytes block)
{
	struct bytes line = http_block_line(block), version;

	text_cut(&line, ' ', &version);
	return log_quote(line.at, line.len < 100 ? line.len : 100);
}

static void take_failure(struct upstream *u, struct bytes block, int status)
{
	struct log_text text = status_text(block);
	struct bytes location = http_block_field(block, "Location");
	struct log_text where = log_quote(location.at, location.len < 150 ? location.len : 150);
	bool is_elsewhere = status >= 300 && status < 400 && location.len;

	if (status >= 500 && status != HTTP_NOT_IMPLEMENTED && status != HTTP_VERSION_NOT_SUPPORTED)
		upstream_fail(u, UPSTREAM_TARGET, "cannot reach %s: %s", u->target.text, text.text);
	else
		upstream_fail(u, UPSTREAM_REFUSED, "refuses to connect to %s: %s%s%s",
			      u->target.text, text.text, is_elsewhere ? ", Location " : "",
			      is_elsewhere ? where.text : "");
}

static void take_head(struct upstream *u, struct bytes block, int status, int minor)
{
	struct http_head head;

	if (status >= 200 && status < 300) {
		u->step = UPSTREAM_DONE;
	} else if (status >= 100 && status < 200) {
		if (++u->http.interim_count > INTERIM_MAX)
			upstream_fail(u, UPSTREAM_BROKEN,
				      "sends one interim response after another");
	} else if (status == HTTP_PROXY_AUTHENTICATION_REQUIRED) {
		if (http_head_parse(block, &head))
			take_authenticate(u, &head, minor);
		else
			upstream_fail(u, UPSTREAM_BROKEN, "sends a malformed response");
	} else {
		take_failure(u, block, status);
	}
}

/* `more`: what follows, for the text. */
static void not_http(struct upstream *u, struct bytes more)
{
	struct http_connect *h = &u->http;
	struct log_text is;

	for (; more.len && h->head_len < SHOWN_MAX; more = text_skip(more, 1))
		h->head[h->head_len++] = more.at[0];
	is = log_quote(h->head, h->head_len < SHOWN_MAX ? h->head_len : SHOWN_MAX);

	if (h->head[0] == 0x15 || h->head[0] == 0x16)
		upstream_fail(u, UPSTREAM_BROKEN,
			      "speaks TLS, not HTTP without it: give it as https://");
	else
		upstream_fail(u, UPSTREAM_BROKEN, "does not answer in HTTP: %s", is.text);
}

/* ---- bytes */

/* Whether the last line so far is the empty one. */
static bool ends_block(const struct http_connect *h)
{
	const uint8_t *end = h->head + h->head_len;

	if (h->head_len < 3 || end[-1] != '\n')
		return false;
	return end[-2] == '\n' || (end[-2] == '\r' && end[-3] == '\n');
}

static size_t input_head(struct upstream *u, struct bytes in)
{
	struct http_connect *h = &u->http;
	size_t used = 0;

	while (used < in.len && u->step == UPSTREAM_TALK && !h->in_body) {
		struct bytes block;
		int status, minor;

		if (h->head_len == sizeof(h->head)) {
			upstream_fail(u, UPSTREAM_BROKEN,
				      "sends a response head of more than %d bytes",
				      UPSTREAM_HEAD_MAX);
			break;
		}
		h->head[h->head_len++] = in.at[used++];
		if (!http_may_be_response(h->head, h->head_len)) {
			not_http(u, bytes_of(in.at + used, in.len - used));
		} else if (ends_block(h)) {
			block = bytes_of(h->head, h->head_len);
			status = http_block_status(block, &minor);
			if (status) {
				h->head_len = 0;
				take_head(u, block, status, minor);
			} else {
				not_http(u, bytes_of(in.at + used, in.len - used));
			}
		}
	}
	return used;
}

static size_t input_body(struct upstream *u, struct bytes in)
{
	struct http_connect *h = &u->http;
	struct reader r = reader_of(in.at, in.len);
	uint8_t dropped[512];

	while (r.left && h->in_body && u->step == UPSTREAM_TALK) {
		struct writer w = writer_of(dropped, sizeof(dropped));
		size_t before = r.left;

		if (!http_body_pass(&h->body, &r, &w))
			u->step = UPSTREAM_RECONNECT;
		h->body_len += before - r.left;
		if (h->body_len > BODY_MAX)
			u->step = UPSTREAM_RECONNECT;
		else if (h->body.state == HTTP_BODY_OVER)
			ask_again(u);
	}
	return in.len - r.left;
}

size_t http_connect_input(struct upstream *u, struct bytes in)
{
	size_t used = 0;

	while (used < in.len && u->step == UPSTREAM_TALK) {
		struct bytes rest = bytes_of(in.at + used, in.len - used);

		used += u->http.in_body ? input_body(u, rest) : input_head(u, rest);
	}
	return used;
}

/*
 * A proxy may end an idle connection at any time: between its response and our next request it needs a
 * new one, as after a body that has no other end.
 */
void http_connect_closed(struct upstream *u)
{
	const struct http_connect *h = &u->http;

	if (h->in_body || (h->was_reused && !h->head_len))
		u->step = UPSTREAM_RECONNECT;
	else if (h->head_len)
		upstream_fail(u, UPSTREAM_BROKEN,
			      "closed the connection in the middle of its response");
	else
		upstream_fail(u, UPSTREAM_BROKEN, "closed the connection without a response");
}
