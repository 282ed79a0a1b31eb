/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of a proxy in one process: what connect says to the proxy on its way, and what `sstp proxy`
 * answers; whole, and in pieces of every size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/http_request.h"
#include "proxy/socks5.h"
#include "upstream/upstream.h"

static const struct proxy_login ann = { "ann", "wonder land" };

struct talk {
	const char *name;
	const char *user, *password;
	const struct proxy_login *login;
	const char *host; /* NULL: 192.0.2.7 */
	enum stack_result result;
	enum upstream_step end;
	enum upstream_failure failure;
	bool asks; /* the proxy was asked for the server */
};

static const struct talk talks[] = {
	{ "no login", NULL, NULL, NULL, "vpn.example.net", STACK_OK, UPSTREAM_DONE, 0, true },
	{ "an address", NULL, NULL, NULL, NULL, STACK_OK, UPSTREAM_DONE, 0, true },
	{ "a login", "ann", "wonder land", &ann, "vpn.example.net", STACK_OK, UPSTREAM_DONE, 0,
	  true },
	{ "a login that is not wanted", "ann", "wonder land", NULL, NULL, STACK_OK, UPSTREAM_DONE,
	  0, true },
	{ "no login where one is wanted", NULL, NULL, &ann, NULL, STACK_OK, UPSTREAM_FAILED,
	  UPSTREAM_LOGIN, false },
	{ "a wrong password", "ann", "wonderland", &ann, NULL, STACK_OK, UPSTREAM_FAILED,
	  UPSTREAM_LOGIN, false },
	{ "refused", NULL, NULL, NULL, NULL, STACK_REFUSED, UPSTREAM_FAILED, UPSTREAM_TARGET,
	  true },
	{ "no such name", NULL, NULL, NULL, "vpn.example.net", STACK_NO_NAME, UPSTREAM_FAILED,
	  UPSTREAM_TARGET, true },
	{ "not allowed", NULL, NULL, NULL, NULL, STACK_FORBIDDEN, UPSTREAM_FAILED, UPSTREAM_REFUSED,
	  true },
};

/* The proxy's end. */
struct far_end {
	enum upstream_protocol protocol;
	struct socks5 socks5;
	struct http_proxy http;
	bool is_asked, is_closed;
	struct target target;
	uint8_t in[REQUEST_SIZE], out[2 * REQUEST_REPLY_SIZE];
	size_t in_len;
	struct writer w;
};

static void zeroes(void *to, size_t len)
{
	memset(to, 0, len);
}

static void open_far_end(struct far_end *f, const struct talk *t)
{
	if (f->protocol == UPSTREAM_SOCKS5)
		socks5_open(&f->socks5, t->login);
	else
		http_proxy_open(&f->http, t->login);
	f->in_len = 0;
	f->is_closed = false;
}

static void answer(struct far_end *f, const struct talk *t)
{
	static const struct ip_addr own = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } };

	f->is_asked = true;
	f->target = f->protocol == UPSTREAM_SOCKS5 ? f->socks5.target : f->http.target;
	if (f->protocol == UPSTREAM_SOCKS5)
		socks5_put_reply(t->result, &own, 1024, &f->w);
	else
		http_proxy_put_response(&f->http, t->result, "refused", &f->w);
	f->is_closed = t->result != STACK_OK;
}

/* Takes the client's bytes and writes the replies to f->out. */
static void serve(struct far_end *f, const struct talk *t, struct bytes in)
{
	struct reader r;
	enum proxy_request request;

	memcpy(f->in + f->in_len, in.at, in.len);
	r = reader_of(f->in, f->in_len + in.len);
	f->w = writer_of(f->out, sizeof(f->out));
	request = f->protocol == UPSTREAM_SOCKS5 ? socks5_input(&f->socks5, &r, &f->w)
						 : http_proxy_input(&f->http, &r, &f->w);
	memmove(f->in, r.at, r.left);
	f->in_len = r.left;
	if (request == REQUEST_CONNECT)
		answer(f, t);
	else if (request == REQUEST_REFUSED)
		f->is_closed = true;
	assert_false(f->w.full);
}

static void receive(struct upstream *u, struct bytes in, size_t piece)
{
	while (in.len && u->step == UPSTREAM_TALK) {
		size_t len = in.len < piece ? in.len : piece;

		upstream_input(u, bytes_of(in.at, len));
		in = bytes_of(in.at + len, in.len - len);
	}
}

/* One piece to the proxy, and its replies back. */
static void step(struct upstream *u, struct far_end *f, const struct talk *t, size_t piece)
{
	struct bytes out = upstream_output(u);
	size_t len = out.len < piece ? out.len : piece;

	serve(f, t, bytes_of(out.at, len));
	upstream_sent(u, len);
	receive(u, bytes_of(f->out, f->w.len), piece);
	if (f->is_closed)
		upstream_closed(u);
	if (u->step == UPSTREAM_RECONNECT) {
		open_far_end(f, t);
		upstream_reconnected(u);
	}
}

static void assert_result(const struct upstream *u, const struct far_end *f, const struct talk *t)
{
	if (u->step != t->end || u->failure != t->failure)
		fail_msg("step %d, failure %d: %s", (int)u->step, (int)u->failure, u->text);
	assert_int_equal(f->is_asked, t->asks);
	if (t->asks)
		assert_string_equal(target_print(&f->target).text,
				    t->host ? "vpn.example.net:443" : "192.0.2.7:443");
}

static void talk(const struct talk *t, enum upstream_protocol protocol, size_t piece)
{
	struct upstream *u = test_malloc(sizeof(*u));
	struct far_end *f = test_calloc(1, sizeof(*f));
	struct upstream_cfg cfg = {
		.protocol = protocol,
		.name = "p:1",
		.host = t->host,
		.port = 443,
		.user = t->user,
		.password = t->password,
		.random = zeroes,
	};
	int steps = 0;

	assert_true(ip_parse("192.0.2.7", &cfg.addr));
	f->protocol = protocol;
	open_far_end(f, t);
	upstream_open(u, &cfg);
	while (u->step == UPSTREAM_TALK && steps++ < 2000)
		step(u, f, t, piece);
	assert_result(u, f, t);
	upstream_close(u);
	test_free(f);
	test_free(u);
}

static void all(enum upstream_protocol protocol)
{
	for (size_t i = 0; i < sizeof(talks) / sizeof(*talks); i++) {
		print_message("# %s\n", talks[i].name);
		for (size_t piece = 1; piece < 300; piece++)
			talk(&talks[i], protocol, piece);
	}
}

static void http(void **state)
{
	(void)state;
	all(UPSTREAM_HTTP);
}

static void socks5(void **state)
{
	(void)state;
	all(UPSTREAM_SOCKS5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http),
		cmocka_unit_test(socks5),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
