/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reaching a server through a scripted proxy in the same loop, with a fake getaddrinfo that records what is
 * looked up. Addresses of 127.0.0.0/8 other than the listener's refuse.
 */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/reach.h"

enum { TIMEOUT_MS = 60 * 1000, REPLIES_MAX = 8 };

/* ---- look-ups */

static struct sockaddr_in found[2];
static struct addrinfo infos[2];
static int found_count;
static char looked_up[256]; /* names, each with a blank after it */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int literal(const char *node, struct addrinfo **to)
{
	static struct sockaddr_in sa;
	static struct addrinfo ai;
	struct ip_addr ip;

	if (!ip_parse(node, &ip) || ip.family != AF_INET)
		return EAI_NONAME;
	sa.sin_family = AF_INET;
	memcpy(&sa.sin_addr, ip.bytes, 4);
	ai = (struct addrinfo){ .ai_family = AF_INET,
				.ai_addr = (struct sockaddr *)&sa,
				.ai_addrlen = sizeof(sa) };
	*to = &ai;
	return 0;
}

/* These two replace the C library's in this program. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **to)
{
	int rc = 0;

	(void)service;
	pthread_mutex_lock(&lock);
	if (hints->ai_flags & AI_NUMERICHOST) {
		rc = literal(node, to);
	} else {
		strncat(looked_up, node, sizeof(looked_up) - strlen(looked_up) - 2);
		strcat(looked_up, " ");
		if (!strcmp(node, "proxy.test"))
			rc = literal("127.0.0.1", to);
		else
			*to = infos;
		if (strcmp(node, "proxy.test") != 0 && !found_count)
			rc = EAI_NONAME;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

void freeaddrinfo(struct addrinfo *ai)
{
	(void)ai;
}

/* The server's addresses: 10.0.0.1, 10.0.0.2. */
static void server_has(int count)
{
	found_count = count;
	for (int i = 0; i < 2; i++) {
		found[i] =
			(struct sockaddr_in){ .sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(0x0a000001u + (uint32_t)i) };
		infos[i] = (struct addrinfo){ .ai_family = AF_INET,
					      .ai_addr = (struct sockaddr *)&found[i],
					      .ai_addrlen = sizeof(found[i]) };
		infos[i].ai_next = i + 1 < count ? &infos[i + 1] : NULL;
	}
}

/* ---- the proxy: sends the next reply when it has received something */

struct reply {
	const char *at;
	size_t len;
	bool closes;
};

static struct loop *loop;
static struct loop_watch listener, peer;
static struct reply replies[REPLIES_MAX];
static size_t next_reply, accepted;
static char received[4096];
static size_t received_len;

static void peer_ready(struct loop_watch *w, uint32_t events)
{
	ssize_t n = recv(w->fd, received + received_len, sizeof(received) - received_len, 0);
	const struct reply *r = &replies[next_reply];

	(void)events;
	if (n <= 0) {
		loop_unwatch(loop, w);
		close(w->fd);
		return;
	}
	received_len += (size_t)n;
	if (!r->at)
		return; /* silent */
	next_reply++;
	assert_int_equal(send(w->fd, r->at, r->len, MSG_NOSIGNAL), r->len);
	if (!r->closes)
		return;
	loop_unwatch(loop, w);
	close(w->fd);
}

static void listener_ready(struct loop_watch *w, uint32_t events)
{
	(void)events;
	if (peer.is_watched) {
		loop_unwatch(loop, &peer);
		close(peer.fd);
	}
	peer = (struct loop_watch){ accept(w->fd, NULL, NULL), EPOLLIN, peer_ready, false };
	assert_true(peer.fd >= 0);
	assert_int_equal(loop_watch(loop, &peer), 0);
	accepted++;
}

#define REPLY(i, text, close_it)                 \
	replies[i] = (struct reply)              \
	{                                        \
		text, sizeof(text) - 1, close_it \
	}

static bool has_received(const char *part, size_t len)
{
	for (size_t i = 0; i + len <= received_len; i++)
		if (!memcmp(received + i, part, len))
			return true;
	return false;
}

#define assert_received(text) assert_true(has_received(text, sizeof(text) - 1))

/* ---- the attempt */

static struct reach *reach;
static struct reach_proxy proxy;
static struct reach_cfg cfg;
static struct reach_result result;
static unsigned done_count;
static char tried[256]; /* what before_connect saw */

static int before_connect(void *arg, const struct sockaddr_storage *to)
{
	struct ip_addr ip = ip_from_sockaddr(to);
	size_t used = strlen(tried);

	assert_ptr_equal(arg, &cfg);
	snprintf(tried + used, sizeof(tried) - used, "%s ", ip_print(&ip).text);
	return 0;
}

static void done(void *arg, const struct reach_result *r)
{
	assert_ptr_equal(arg, &cfg);
	result = *r;
	done_count++;
	reach = NULL;
	loop_stop(loop);
}

static uint16_t listen_somewhere(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t len = sizeof(sa);

	listener = (struct loop_watch){ socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), EPOLLIN,
					listener_ready, false };
	assert_int_equal(bind(listener.fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(listener.fd, 8), 0);
	assert_int_equal(getsockname(listener.fd, (struct sockaddr *)&sa, &len), 0);
	assert_int_equal(loop_watch(loop, &listener), 0);
	return ntohs(sa.sin_port);
}

static int set_up(void **state)
{
	int error = loop_open(&loop);

	(void)state;
	server_has(2);
	memset(replies, 0, sizeof(replies));
	memset(&peer, 0, sizeof(peer));
	next_reply = accepted = received_len = 0;
	done_count = 0;
	tried[0] = looked_up[0] = '\0';
	proxy = (struct reach_proxy){ .protocol = UPSTREAM_HTTP,
				      .looks_up = true,
				      .host = "proxy.test",
				      .port = listen_somewhere(),
				      .name = "http://proxy.test:1" };
	cfg = (struct reach_cfg){
		.dial = { .host = "vpn.test",
			  .port = 443,
			  .timeout_ms = TIMEOUT_MS,
			  .lookup_ms = TIMEOUT_MS,
			  .before_connect = before_connect },
		.proxy = &proxy,
		.done = done,
		.arg = &cfg,
	};
	return error;
}

static int tear_down(void **state)
{
	(void)state;
	if (peer.is_watched) {
		loop_unwatch(loop, &peer);
		close(peer.fd);
	}
	loop_unwatch(loop, &listener);
	close(listener.fd);
	loop_close(loop);
	return 0;
}

static void stop_loop(struct loop_timer *t)
{
	(void)t;
	loop_stop(loop);
}

static void run(void)
{
	struct loop_timer t = { .expired = stop_loop };

	assert_int_equal(reach_start(loop, &cfg, &reach), 0);
	assert_int_equal(done_count, 0);
	loop_timer_set(loop, &t,
		       loop_now(loop) + TIMEOUT_MS + 1000); /* its own limit comes first */
	assert_int_equal(loop_run(loop), 0);
	loop_timer_stop(loop, &t);
	assert_int_equal(done_count, 1);
}

static void assert_connected(void)
{
	struct ip_addr at = ip_from_sockaddr(&result.peer);

	assert_string_equal(result.text, "");
	assert_int_equal(result.status, REACH_CONNECTED);
	assert_string_equal(ip_print(&at).text, "127.0.0.1");
	close(result.fd);
}

static void assert_failed(enum reach_status status, const char *text)
{
	if (result.status != status || !strstr(result.text, text))
		fail_msg("status %d: %s", (int)result.status, result.text);
	assert_int_equal(result.fd, -1);
}

/* ---- cases */

static void without_a_proxy(void **state)
{
	(void)state;
	cfg.proxy = NULL;
	cfg.dial.host = "127.0.0.1";
	cfg.dial.port = proxy.port;
	run();
	assert_connected();
	assert_int_equal(result.addrs.count, 1);
	cfg.dial.port = 1;
	done_count = 0;
	run();
	assert_failed(REACH_NO_ANSWER, "127.0.0.1:1: connection refused");
	found_count = 0;
	done_count = 0;
	cfg.dial.host = "vpn.test";
	run();
	assert_failed(REACH_NO_ADDRESS, "no address for");
}

/* The server's name is the proxy's to look up; the first bytes of the server stay in the socket. */
static void http(void **state)
{
	char rest[16];

	(void)state;
	REPLY(0, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", false);
	run();
	assert_received("CONNECT vpn.test:443 HTTP/1.1\r\n");
	assert_string_equal(looked_up, "proxy.test ");
	assert_string_equal(tried, "127.0.0.1 ");
	assert_int_equal(recv(result.fd, rest, sizeof(rest), 0), 5);
	assert_memory_equal(rest, "hello", 5);
	assert_int_equal(result.addrs.count, 1);
	assert_int_equal(result.server.count, 0);
	assert_connected();
}

static void http_on_a_new_connection(void **state)
{
	(void)state;
	proxy.user = "ann";
	proxy.password = "x";
	REPLY(0, "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nConnection: close\r\n\r\n", true);
	REPLY(1, "HTTP/1.1 200 OK\r\n\r\n", false);
	run();
	assert_received("Proxy-Authorization: Basic YW5uOng=\r\n");
	assert_int_equal(accepted, 2);
	assert_string_equal(looked_up, "proxy.test "); /* once */
	assert_connected();
}

static void http_with_a_given_address(void **state)
{
	struct sockaddr_storage given = { 0 };

	(void)state;
	memcpy(&given, &found[1], sizeof(found[1]));
	cfg.dial.addrs = &given;
	cfg.dial.addr_count = 1;
	REPLY(0, "HTTP/1.1 200 OK\r\n\r\n", false);
	run();
	assert_received("CONNECT 10.0.0.2:443 HTTP/1.1\r\n");
	assert_string_equal(looked_up, "proxy.test ");
	assert_connected();
}

#define V4_REPLY(code) "\5" code "\0\1\0\0\0\0\0\0"

static void use_socks5(bool looks_up)
{
	proxy.protocol = UPSTREAM_SOCKS5;
	proxy.looks_up = looks_up;
}

static void socks5_looks_up(void **state)
{
	(void)state;
	use_socks5(true);
	REPLY(0, "\5\0", false);
	REPLY(1, V4_REPLY("\0"), false);
	run();
	assert_received("\5\1\0\3\10vpn.test\1\273");
	assert_string_equal(looked_up, "proxy.test ");
	assert_connected();
}

/* The server's addresses in turn, each on a connection of its own. */
static void socks5_gets_addresses(void **state)
{
	(void)state;
	use_socks5(false);
	REPLY(0, "\5\0", false);
	REPLY(1, V4_REPLY("\4"), true);
	REPLY(2, "\5\0", false);
	REPLY(3, V4_REPLY("\0"), false);
	run();
	assert_received("\5\1\0\1\12\0\0\1\1\273");
	assert_received("\5\1\0\1\12\0\0\2\1\273");
	assert_string_equal(looked_up, "vpn.test proxy.test ");
	assert_int_equal(result.server.count, 2);
	assert_int_equal(result.addrs.count, 1);
	assert_connected();
}

static void socks5_reaches_no_address(void **state)
{
	(void)state;
	use_socks5(false);
	REPLY(0, "\5\0", false);
	REPLY(1, V4_REPLY("\4"), true);
	REPLY(2, "\5\0", false);
	REPLY(3, V4_REPLY("\5"), true);
	run();
	assert_failed(REACH_PROXY, "cannot reach 10.0.0.2:443: connection refused");
}

/* What the rules of the proxy forbid for one address is not tried for the next. */
static void socks5_is_not_allowed(void **state)
{
	(void)state;
	use_socks5(false);
	REPLY(0, "\5\0", false);
	REPLY(1, V4_REPLY("\2"), true);
	run();
	assert_failed(REACH_PROXY, "does not allow connections to 10.0.0.1:443");
	assert_int_equal(accepted, 1);
}

static void the_look_up_fails(void **state)
{
	struct reach_addrs last = { .count = 1 };

	(void)state;
	use_socks5(false);
	found_count = 0;
	run();
	assert_failed(REACH_NO_ADDRESS,
		      "no address for vpn.test, which this host looks up (socks5h:");
	memcpy(&last.at[0], &found[1], sizeof(found[1]));
	cfg.server = &last;
	done_count = 0;
	REPLY(0, "\5\0", false);
	REPLY(1, V4_REPLY("\0"), false);
	run();
	assert_received("\5\1\0\1\12\0\0\2\1\273");
	assert_connected();
}

static void logins(void **state)
{
	(void)state;
	REPLY(0, "HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\n\r\n", false);
	run();
	assert_failed(REACH_PROXY_LOGIN, "run cntlm or px");
}

static void no_proxy_there(void **state)
{
	(void)state;
	proxy.port = 1;
	run();
	assert_failed(REACH_PROXY,
		      "no connection to the proxy http://proxy.test:1: 127.0.0.1:1: connection "
		      "refused");
	proxy.host = "nowhere.test";
	found_count = 0;
	done_count = 0;
	run();
	assert_failed(REACH_PROXY,
		      "no connection to the proxy http://proxy.test:1: no address for");
}

static void a_silent_proxy(void **state)
{
	(void)state;
	cfg.dial.timeout_ms =
		3000; /* the look-up and the connection take less also on a slow machine */
	run();
	assert_failed(REACH_PROXY, "the proxy http://proxy.test:1 does not answer");
}

static void a_proxy_that_closes(void **state)
{
	(void)state;
	REPLY(0, "", true);
	run();
	assert_failed(REACH_PROXY, "closed the connection without a response");
}

/* At each stage; the sanitizer finds what is not freed. */
static void canceled(void **state)
{
	(void)state;
	assert_int_equal(reach_start(loop, &cfg, &reach), 0);
	reach_cancel(reach);
	for (uint64_t ms = 0; ms < 60; ms += 20) {
		struct loop_timer t = { .expired = stop_loop };

		assert_int_equal(reach_start(loop, &cfg, &reach), 0);
		loop_timer_set(loop, &t, loop_now(loop) + ms);
		assert_int_equal(loop_run(loop), 0);
		loop_timer_stop(loop, &t);
		reach_cancel(reach);
	}
	assert_int_equal(done_count, 0);
}

static void names_that_are_too_long(void **state)
{
	static char name[300];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	cfg.dial.host = name;
	assert_int_equal(reach_start(loop, &cfg, &reach), -ENAMETOOLONG);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(without_a_proxy),
		CASE(http),
		CASE(http_on_a_new_connection),
		CASE(http_with_a_given_address),
		CASE(socks5_looks_up),
		CASE(socks5_gets_addresses),
		CASE(socks5_reaches_no_address),
		CASE(socks5_is_not_allowed),
		CASE(the_look_up_fails),
		CASE(logins),
		CASE(no_proxy_there),
		CASE(a_silent_proxy),
		CASE(a_proxy_that_closes),
		CASE(canceled),
		CASE(names_that_are_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
