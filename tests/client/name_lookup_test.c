/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Look-ups with a mark of our own choice, at name servers of the test on loopback addresses. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/name_lookup.h"
#include "dns/message.h"
#include "util/bytes.h"

enum { LIMIT_MS = 60 * 1000 };

static struct loop *loop;
static struct name_lookup_cfg cfg;
static struct resolve_answer answer;
static struct loop_timer limit;
static char hosts[] = "/tmp/sstp-hosts-XXXXXX";

static struct server {
	struct loop_watch watch;
	uint8_t rcode;
	bool is_silent;
	unsigned asked;
} servers[2];

/* ---- the name servers */

static void put_record(struct writer *w, uint16_t type, const void *data, size_t len)
{
	put_u16(w, 0xc00c); /* the question's name */
	put_u16(w, type);
	put_u16(w, 1);
	put_u32(w, 60);
	put_u16(w, (uint16_t)len);
	put_bytes(w, data, len);
}

/* "both" has an address of each family, "four" one of IPv4, and "alias" is another name of "both". */
static size_t put_answers(struct writer *w, const struct dns_question *q)
{
	static const uint8_t four[] = { 192, 0, 2, 1 }, six[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
			     both[] = { 4, 'b', 'o', 't', 'h', 4, 't', 'e', 's', 't', 0 };

	if (!strcmp(q->name, "alias.test")) {
		put_record(w, 5, both, sizeof(both));
		return 1;
	}
	if (q->type == DNS_A && strcmp(q->name, "none.test") != 0) {
		put_record(w, DNS_A, four, sizeof(four));
		return 1;
	}
	if (q->type == DNS_AAAA && !strcmp(q->name, "both.test")) {
		put_record(w, DNS_AAAA, six, sizeof(six));
		return 1;
	}
	return 0;
}

static void serve(struct loop_watch *watch, uint32_t events)
{
	struct server *s = container_of(watch, struct server, watch);
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	uint8_t in[512], out[512];
	ssize_t n = recvfrom(watch->fd, in, sizeof(in), 0, (struct sockaddr *)&from, &from_len);
	struct writer w = writer_of(out, sizeof(out));
	struct dns_question q;
	size_t count;

	(void)events;
	assert_true(n > 0 && dns_parse_question(bytes_of(in, (size_t)n), &q));
	s->asked++;
	if (s->is_silent)
		return;
	put_bytes(&w, in, q.end);
	store_u16(out + 2, (uint16_t)(0x8180 | s->rcode));
	count = s->rcode ? 0 : put_answers(&w, &q);
	store_u16(out + 6, (uint16_t)count);
	memset(out + 8, 0, 4);
	sendto(watch->fd, out, w.len, 0, (struct sockaddr *)&from, from_len);
}

static int open_server(struct server *s, uint32_t addr, uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		return -1;
	*port = ntohs(at.sin_port);
	*s = (struct server){ .watch = { .fd = fd, .events = EPOLLIN, .ready = serve } };
	return loop_watch(loop, &s->watch);
}

/* ---- a look-up */

static void done(void *arg, const struct resolve_answer *a)
{
	assert_ptr_equal(arg, &answer);
	answer = *a;
	loop_stop(loop);
}

static void too_late(struct loop_timer *t)
{
	(void)t;
	fail_msg("no answer");
}

static struct resolve *start(const char *name, int family)
{
	struct resolve_query q = { .port = 443, .family = family, .method = &cfg.method };
	struct resolve *r;

	snprintf(q.host, sizeof(q.host), "%s", name);
	assert_int_equal(resolve_start(loop, &q, done, &answer, &r), 0);
	return r;
}

static void look_up(const char *name, int family)
{
	start(name, family);
	loop_timer_set(loop, &limit, loop_now(loop) + LIMIT_MS);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_stop(loop, &limit);
}

static void expect(size_t count, const char *first, const char *second)
{
	assert_int_equal(answer.count, count);
	if (first)
		assert_string_equal(ip_print_sockaddr(&answer.addrs[0]).text, first);
	if (second)
		assert_string_equal(ip_print_sockaddr(&answer.addrs[1]).text, second);
}

/* ---- set-up */

static int set_up(void **state)
{
	uint16_t port = 0;

	(void)state;
	limit.expired = too_late;
	if (loop_open(&loop) || open_server(&servers[0], 0x7f000001, &port) ||
	    open_server(&servers[1], 0x7f000002, &port))
		return -1;
	cfg = (struct name_lookup_cfg){ .server_count = 2 };
	name_lookup_init(&cfg);
	cfg.port = port;
	cfg.hosts = hosts;
	return ip_parse("127.0.0.1", &cfg.servers[0]) && ip_parse("127.0.0.2", &cfg.servers[1])
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		loop_unwatch(loop, &servers[i].watch);
		close(servers[i].watch.fd);
	}
	loop_close(loop);
	return 0;
}

static int write_hosts(void **state)
{
	static const char text[] =
		"# names\n127.0.0.1 localhost\n"
		"192.0.2.9\tother Both2.test # a comment\n"
		"2001:db8::9 both2.test\n192.0.2.8 #both2.test\nnonsense both2.test\n";
	int fd = mkstemp(hosts);

	(void)state;
	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		return -1;
	return close(fd);
}

static int remove_hosts(void **state)
{
	(void)state;
	return unlink(hosts);
}

/* ---- cases */

static void families(void **state)
{
	(void)state;
	look_up("Both.test", AF_UNSPEC);
	expect(2, "[2001:db8::1]:443", "192.0.2.1:443");
	look_up("four.test", AF_UNSPEC);
	expect(1, "192.0.2.1:443", NULL);
	look_up("both.test", AF_INET);
	expect(1, "192.0.2.1:443", NULL);
	look_up("both.test", AF_INET6);
	expect(1, "[2001:db8::1]:443", NULL);
	look_up("four.test", AF_INET6);
	expect(0, NULL, NULL);
	assert_string_equal(answer.text, "the name server has no address for it");
	assert_int_equal(servers[1].asked, 0);
}

static void aliases(void **state)
{
	(void)state;
	look_up("alias.test", AF_UNSPEC);
	expect(2, "[2001:db8::1]:443", "192.0.2.1:443");
}

static void the_hosts_file_is_first(void **state)
{
	(void)state;
	look_up("both2.test", AF_UNSPEC);
	expect(2, "[2001:db8::9]:443", "192.0.2.9:443");
	look_up("both2.test", AF_INET);
	expect(1, "192.0.2.9:443", NULL);
	assert_int_equal(servers[0].asked, 0);
}

static void the_next_server(void **state)
{
	(void)state;
	servers[0].rcode = DNS_REFUSED;
	look_up("both.test", AF_UNSPEC);
	expect(2, "[2001:db8::1]:443", "192.0.2.1:443");
	servers[0].is_silent = true;
	look_up("four.test", AF_INET);
	expect(1, "192.0.2.1:443", NULL);
}

static void none_has_it(void **state)
{
	(void)state;
	servers[0].rcode = DNS_NXDOMAIN;
	look_up("both.test", AF_UNSPEC);
	expect(0, NULL, NULL);
	assert_string_equal(answer.text, "the name server has no address for it");
	servers[0].rcode = servers[1].rcode = DNS_SERVFAIL;
	look_up("both.test", AF_UNSPEC);
	expect(0, NULL, NULL);
	assert_string_equal(answer.text, "name server 127.0.0.2: it fails");
	cfg.server_count = 0;
	look_up("both.test", AF_UNSPEC);
	assert_string_equal(answer.text, "no name server is known");
}

static void closed_port(void **state)
{
	(void)state;
	cfg.port = 1;
	cfg.server_count = 1;
	look_up("both.test", AF_UNSPEC);
	expect(0, NULL, NULL);
	assert_string_equal(answer.text, "name server 127.0.0.1: Connection refused");
}

static void no_name(void **state)
{
	(void)state;
	look_up("a..b", AF_UNSPEC);
	expect(0, NULL, NULL);
	assert_string_equal(answer.text, "it is no name of the DNS");
}

/* The sanitizers see what is left. */
static void canceled(void **state)
{
	struct resolve *r = start("both.test", AF_UNSPEC);

	(void)state;
	resolve_cancel(r); /* before its first step */
	servers[0].is_silent = servers[1].is_silent = true;
	r = start("both.test", AF_UNSPEC);
	cfg.server_count = 1;
	look_up("both2.test", AF_UNSPEC); /* meanwhile it has begun */
	resolve_cancel(r);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(families),        CASE(aliases),     CASE(the_hosts_file_is_first),
		CASE(the_next_server), CASE(none_has_it), CASE(closed_port),
		CASE(no_name),         CASE(canceled),
	};

	return cmocka_run_group_tests(tests, write_hosts, remove_hosts);
}
