/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forwarder's sockets, between clients and servers of the test on loopback addresses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "nameserver/dns_forwarder.h"
#include "client/lab.h"
#include "dns/forwarder.h"
#include "dns/message.h"
#include "util/clock.h"

enum { LIMIT_MS = 60 * 1000, TCP_CLIENTS = 64, QUERY_ID = 0x4711 };

static struct loop *loop;
static struct dns_forwarder *f;
static const char *const domains[] = { "corp.test" };
static const struct dns_names names = { .domains = domains, .domain_count = 1 };

static int open_it(struct dns_forwarder **out)
{
	return dns_forwarder_open(
		&(struct dns_forwarder_cfg){ .loop = loop, .names = &names, .netns_fd = -1 }, out);
}

/* ---- servers */

enum { VPN, BEFORE, DEFAULT, SERVERS };

static struct server {
	const char *addr;
	int udp, tcp, peer; /* peer: an accepted connection; -1: none */
	bool is_silent, hangs_up;
	size_t more;    /* bytes after the question */
	unsigned asked; /* use was_asked */
} servers[SERVERS] = {
	[VPN] = { .addr = "::1" },
	[BEFORE] = { .addr = "127.0.0.2" },
	[DEFAULT] = { .addr = "127.0.0.1" },
};

static socklen_t sockaddr_of(const char *text, struct sockaddr_storage *to)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	struct ip_addr a;

	assert_true(ip_parse(text, &a));
	memset(to, 0, sizeof(*to));
	to->ss_family = a.family;
	if (a.family == AF_INET) {
		in->sin_port = htons(DNS_PORT);
		memcpy(&in->sin_addr, a.bytes, 4);
		return sizeof(*in);
	}
	in6->sin6_port = htons(DNS_PORT);
	memcpy(&in6->sin6_addr, a.bytes, 16);
	return sizeof(*in6);
}

static int listen_at(const char *addr, int type)
{
	static const int on = 1;
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of(addr, &at);
	int fd = socket(at.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 128), 0);
	return fd;
}

/* The machine paused in a question, for so long that the forwarder has sent it again, or to another server. */
static bool has_repeated;

static void was_asked(const struct server *s, size_t times)
{
	if (!has_repeated)
		assert_int_equal(s->asked, times);
}

static uint8_t buffer[2 + UINT16_MAX];

/* The response: the query with the flag, and a known rest. */
static size_t respond(struct server *s, uint8_t *message, size_t len)
{
	s->asked++;
	store_u16(message + 2, 0x8180);
	memset(message + len, 'r', s->more);
	return len + s->more;
}

static void serve_udp(struct server *s)
{
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(s->udp, buffer, 1500, 0, (struct sockaddr *)&from, &from_len);

	if (n < 12)
		return;
	n = (ssize_t)respond(s, buffer, (size_t)n);
	if (!s->is_silent)
		sendto(s->udp, buffer, (size_t)n, 0, (struct sockaddr *)&from, from_len);
}

static void send_all(int fd, const uint8_t *at, size_t len)
{
	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		assert_true(n > 0); /* loopback has room for one message */
		at += n;
		len -= (size_t)n;
	}
}

static void serve_tcp(struct server *s)
{
	ssize_t n;
	size_t len;

	if (s->peer < 0)
		s->peer = accept(s->tcp, NULL, NULL);
	if (s->peer < 0)
		return;
	n = s->hangs_up ? 0 : recv(s->peer, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (n > 2) {
		len = respond(s, buffer + 2, (size_t)n - 2);
		store_u16(buffer, (uint16_t)len);
		if (!s->is_silent)
			send_all(s->peer, buffer, 2 + len);
	}
	if (n >= 0) {
		if (!s->is_silent || !n)
			close(s->peer);
		s->peer = -1; /* a silent one keeps it open until the test ends */
	}
}

/* ---- turns of the loop */

static bool (*is_done)(void);
static struct loop_timer tick;
static uint64_t limit_ms;
static bool was_done;

static void on_tick(struct loop_timer *t)
{
	for (size_t i = 0; i < SERVERS; i++) {
		serve_udp(&servers[i]);
		serve_tcp(&servers[i]);
	}
	was_done = is_done();
	if (was_done || loop_now(loop) > limit_ms)
		loop_stop(loop);
	else
		loop_timer_set(loop, t, loop_now(loop) + 1);
}

static void run_until(bool (*condition)(void))
{
	is_done = condition;
	limit_ms = loop_now(loop) + LIMIT_MS;
	tick.expired = on_tick;
	loop_timer_set(loop, &tick, loop_now(loop));
	assert_int_equal(loop_run(loop), 0);
	assert_true(was_done);
}

static int set_up(void **state)
{
	struct ip_addr vpn;

	(void)state;
	lab_clear();
	has_repeated = false;
	assert_int_equal(loop_open(&loop), 0);
	for (size_t i = 0; i < SERVERS; i++) {
		struct server *s = &servers[i];

		s->udp = listen_at(s->addr, SOCK_DGRAM);
		s->tcp = listen_at(s->addr, SOCK_STREAM);
		s->peer = -1;
		s->is_silent = s->hangs_up = false;
		s->more = s->asked = 0;
	}
	assert_int_equal(open_it(&f), 0);
	assert_true(ip_parse("::1", &vpn));
	dns_forwarder_set_vpn(f, &vpn, 1);
	dns_forwarder_set_others(f, "nameserver 127.0.0.2\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dns_forwarder_close(f);
	for (size_t i = 0; i < SERVERS; i++) {
		close(servers[i].udp);
		close(servers[i].tcp);
	}
	loop_close(loop);
	return 0;
}

/* ---- clients */

static uint8_t reply[2 + UINT16_MAX];
static size_t reply_len;
static int client = -1;
static bool has_ended;

static int connect_to_it(int type)
{
	struct sockaddr_storage to;
	struct ip_addr addr = dns_forwarder_address(f);
	socklen_t len = sockaddr_of(ip_print(&addr).text, &to);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(!connect(fd, (struct sockaddr *)&to, len) || errno == EINPROGRESS);
	return fd;
}

static size_t make_query(uint8_t *to, const char *name)
{
	struct writer w = writer_of(to, DNS_QUERY_MAX);

	dns_put_query(&w, QUERY_ID, name, DNS_A, true);
	return w.len;
}

static bool has_datagram(void)
{
	ssize_t n = recv(client, reply, sizeof(reply), 0);

	reply_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void is_good_reply(const uint8_t *message, size_t len, const char *name, size_t more)
{
	uint8_t query[DNS_QUERY_MAX];
	size_t query_len = make_query(query, name);

	assert_int_equal(len, query_len + more);
	assert_int_equal(load_u16(message), QUERY_ID);
	assert_memory_equal(message + 12, query + 12, query_len - 12);
	for (size_t i = query_len; i < len; i++)
		assert_int_equal(message[i], 'r');
}

static void ask_by_udp(const char *name)
{
	uint8_t query[DNS_QUERY_MAX];
	size_t len = make_query(query, name);
	uint64_t start_ms = clock_now_ms();

	client = connect_to_it(SOCK_DGRAM);
	assert_int_equal(send(client, query, len, 0), len);
	run_until(has_datagram);
	has_repeated |= clock_now_ms() - start_ms >= FORWARDER_TIMEOUT_MS;
	close(client);
}

static size_t stream_query(uint8_t to[2 + DNS_QUERY_MAX], const char *name)
{
	size_t len = make_query(to + 2, name);

	store_u16(to, (uint16_t)len);
	return 2 + len;
}

static bool has_message(void)
{
	ssize_t n = recv(client, reply + reply_len, 3000, 0); /* slower than it comes */

	has_ended = !n || (n < 0 && errno == ECONNRESET);
	reply_len += n > 0 ? (size_t)n : 0;
	return has_ended || (reply_len > 2 && reply_len >= 2u + load_u16(reply));
}

static void read_message(void)
{
	reply_len = 0;
	run_until(has_message);
}

/* ---- cases */

static void by_udp(void **state)
{
	static const size_t sizes[] = { 0, 400, 4000, 60000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		servers[VPN].more = servers[BEFORE].more = sizes[i];
		ask_by_udp("www.corp.test");
		is_good_reply(reply, reply_len, "www.corp.test", sizes[i]);
		was_asked(&servers[VPN], i + 1);
		ask_by_udp("www.example");
		is_good_reply(reply, reply_len, "www.example", sizes[i]);
		was_asked(&servers[BEFORE], i + 1);
	}
}

static bool wait_for_nothing(void)
{
	return true;
}

static void by_tcp_in_pieces(void **state)
{
	uint8_t query[2 + DNS_QUERY_MAX];
	size_t len = stream_query(query, "www.corp.test");

	(void)state;
	servers[VPN].more = 60000;
	client = connect_to_it(SOCK_STREAM);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < len; i++) {
			run_until(wait_for_nothing);
			assert_int_equal(send(client, query + i, 1, 0), 1);
		}
		read_message();
		is_good_reply(reply + 2, reply_len - 2, "www.corp.test", 60000);
	}
	close(client);
}

static void answered_with(uint16_t flags, const uint8_t *message)
{
	assert_int_equal(load_u16(message), QUERY_ID);
	assert_int_equal(load_u16(message + 2), flags);
}

static void a_server_that_hangs_up(void **state)
{
	uint8_t query[2 + DNS_QUERY_MAX];
	size_t len = stream_query(query, "www.example");

	(void)state;
	servers[BEFORE].hangs_up = true;
	client = connect_to_it(SOCK_STREAM);
	run_until(wait_for_nothing);
	send_all(client, query, len);
	read_message();
	answered_with(0x8182, reply + 2);
	close(client);
}

static void no_server_there(void **state)
{
	(void)state;
	dns_forwarder_set_others(f, "nameserver 127.0.0.77\nnameserver 203.0.113.1\n");
	ask_by_udp("www.example");
	answered_with(0x8182, reply);
	dns_forwarder_set_others(f, "nameserver 127.0.0.77\nnameserver 127.0.0.2\n");
	ask_by_udp("www.example");
	is_good_reply(reply, reply_len, "www.example", 0);
	dns_forwarder_set_vpn(f, NULL, 0);
	ask_by_udp("www.corp.test");
	answered_with(0x8182, reply);
}

static void a_message_that_is_too_long(void **state)
{
	static const uint8_t head[2] = { 0x20, 0x00 };

	(void)state;
	client = connect_to_it(SOCK_STREAM);
	run_until(wait_for_nothing);
	send_all(client, head, sizeof(head));
	read_message();
	assert_true(has_ended);
	close(client);
	ask_by_udp("www.example");
	is_good_reply(reply, reply_len, "www.example", 0);
}

static bool all_have_asked(void)
{
	return servers[BEFORE].asked >= TCP_CLIENTS;
}

/* All places are taken by clients of a silent server; one leaves. */
static void clients_that_leave(void **state)
{
	int many[TCP_CLIENTS];
	uint8_t query[2 + DNS_QUERY_MAX];
	uint64_t start_ms = clock_now_ms();
	char name[32];
	size_t len;

	(void)state;
	servers[BEFORE].is_silent = true;
	for (int i = 0; i < TCP_CLIENTS; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		len = stream_query(query, name);
		many[i] = connect_to_it(SOCK_STREAM);
		run_until(wait_for_nothing);
		send_all(many[i], query, len);
	}
	run_until(all_have_asked);
	len = stream_query(query, "www.corp.test");
	client = connect_to_it(SOCK_STREAM);
	run_until(wait_for_nothing);
	send_all(client, query, len);
	run_until(wait_for_nothing);
	has_repeated = clock_now_ms() - start_ms >=
		       FORWARDER_STREAM_MS; /* then the first have left by themselves */
	was_asked(&servers[VPN], 0);
	close(many[3]);
	read_message();
	is_good_reply(reply + 2, reply_len - 2, "www.corp.test", 0);
	for (int i = 0; i < TCP_CLIENTS; i++)
		if (i != 3)
			close(many[i]);
	close(client);
}

static void servers_of_resolv_conf(void **state)
{
	static const struct {
		const char *text;
		int server;
	} cases[] = {
		{ "nameserver 127.0.0.2", BEFORE },
		{ "# nameserver 127.0.0.9\n;nameserver 127.0.0.9\nnameserver\t 127.0.0.2 # x\r\n",
		  BEFORE },
		{ "search a.test\nnameserver 127.0.0.2\nnameserver 127.0.0.1\n", BEFORE },
		{ "nameserver 127.83.83.1\nnameserver 127.83.83.31\nnameserver 127.0.0.2\n",
		  BEFORE },
		{ "nameserver 127.83.83.1\n", DEFAULT },
		{ "nameserver\nnameservers 127.0.0.2\nnameserver x\nnameserver127.0.0.2\n",
		  DEFAULT },
		{ "", DEFAULT },
		{ "\n\nnameserver ::1%lo\n", VPN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned asked = servers[cases[i].server].asked;

		print_message("%s\n", cases[i].text);
		dns_forwarder_set_others(f, cases[i].text);
		ask_by_udp("www.example");
		is_good_reply(reply, reply_len, "www.example", 0);
		was_asked(&servers[cases[i].server], asked + 1);
	}
}

static void its_address(void **state)
{
	struct dns_forwarder *second;
	struct ip_addr addr = dns_forwarder_address(f);
	int all;

	(void)state;
	assert_string_equal(ip_print(&addr).text, "127.83.83.1");
	assert_int_equal(open_it(&second), 0);
	addr = dns_forwarder_address(second);
	assert_string_equal(ip_print(&addr).text, "127.83.83.2");
	dns_forwarder_close(second);
	for (size_t i = 0; i < SERVERS; i++) {
		close(servers[i].udp);
		close(servers[i].tcp);
	}
	dns_forwarder_close(f);
	f = NULL;
	lab_clear_log();
	all = listen_at("0.0.0.0", SOCK_STREAM);
	assert_int_equal(open_it(&second), -EADDRINUSE);
	lab_logged("another DNS server listens on all of this host's addresses");
	close(all);
	for (size_t i = 0; i < SERVERS; i++)
		servers[i].udp = servers[i].tcp = -1;
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(by_udp),
		CASE(by_tcp_in_pieces),
		CASE(a_server_that_hangs_up),
		CASE(no_server_there),
		CASE(a_message_that_is_too_long),
		CASE(clients_that_leave),
		CASE(servers_of_resolv_conf),
		CASE(its_address),
	};
#undef CASE
	const struct CMUnitTest no_tests[] = { cmocka_unit_test(lab_skipped) };

	lab_why_not = lab_enter();
	if (lab_why_not)
		return cmocka_run_group_tests(no_tests, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
