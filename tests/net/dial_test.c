/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dialing listeners of this process, with a fake getaddrinfo: it returns what a case wants, or delays
 * its result. Addresses of 127.0.0.0/8 without a listener refuse; a listener whose queue is full never
 * replies.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/dial.h"
#include "support/netns.h"
#include "util/clock.h"

/*
 * A limit that a case waits for is not so short that a pause of the machine before the loop's first turn, in which the
 * dial begins, could reach it.
 */
enum { TIMEOUT_MS = 60 * 1000, SHORT_MS = 500 };

/* ---- the look-up */

static const char *const no_addrs[] = { NULL };
static const char *const *fake_addrs = no_addrs;              /* ends with NULL */
static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER; /* of the next two */
static bool fake_is_held, fake_has_begun;
static sem_t fake_gate, fake_left;

static struct addrinfo *address(const char *text)
{
	struct addrinfo *ai = calloc(1, sizeof(*ai));
	struct sockaddr_storage *sa = calloc(1, sizeof(*sa));
	struct ip_addr ip;

	if (!ai || !sa || !ip_parse(text, &ip))
		abort();
	sa->ss_family = ip.family;
	if (ip.family == AF_INET)
		memcpy(&((struct sockaddr_in *)(void *)sa)->sin_addr, ip.bytes, 4);
	else
		memcpy(&((struct sockaddr_in6 *)(void *)sa)->sin6_addr, ip.bytes, 16);
	ai->ai_family = ip.family;
	ai->ai_addr = (struct sockaddr *)sa;
	ai->ai_addrlen = sizeof(*sa);
	return ai;
}

static int fake_answer(struct addrinfo **to)
{
	if (!*fake_addrs)
		return EAI_NONAME;
	for (const char *const *text = fake_addrs; *text; text++) {
		*to = address(*text);
		to = &(*to)->ai_next;
	}
	return 0;
}

static bool is_held(void)
{
	bool held;

	pthread_mutex_lock(&fake_lock);
	held = fake_is_held;
	fake_has_begun |= held;
	pthread_mutex_unlock(&fake_lock);
	return held;
}

/* These two replace the C library's in this program. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **to)
{
	struct ip_addr ip;
	int rc;

	(void)service;
	if (hints->ai_flags & AI_NUMERICHOST) {
		if (!ip_parse(node, &ip))
			return EAI_NONAME;
		*to = address(node);
		return 0;
	}
	if (!is_held())
		return fake_answer(to);
	sem_wait(&fake_gate);
	rc = fake_answer(to);
	sem_post(&fake_left);
	return rc;
}

void freeaddrinfo(struct addrinfo *ai)
{
	while (ai) {
		struct addrinfo *next = ai->ai_next;

		free(ai->ai_addr);
		free(ai);
		ai = next;
	}
}

/*
 * Lets the held look-up return. On a busy machine it may have been canceled before a thread had begun
 * with it: then it never begins, or is not held any more.
 */
static void release_lookup(void)
{
	bool has_begun;

	pthread_mutex_lock(&fake_lock);
	has_begun = fake_has_begun;
	fake_is_held = fake_has_begun = false;
	pthread_mutex_unlock(&fake_lock);
	if (!has_begun)
		return;
	sem_post(&fake_gate);
	sem_wait(&fake_left);
}

/* ---- the peer */

static int listener, filler = -1;
static uint16_t port;

/* Listens at a port of the kernel's choice; with a full queue it lets no more connections in. */
static int listen_at(const char *text, bool is_full)
{
	struct addrinfo *ai = address(text);
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 sa = { .sin6_family = AF_UNSPEC };
	socklen_t len = sizeof(sa);
	bool ok = fd >= 0 && !bind(fd, ai->ai_addr, ai->ai_addrlen) &&
		  !listen(fd, is_full ? 0 : 8) && !getsockname(fd, (struct sockaddr *)&sa, &len);

	freeaddrinfo(ai);
	if (!ok) {
		close(fd);
		return -1;
	}
	port = ntohs(sa.sin6_port); /* at the same offset for IPv4 */
	if (is_full) {
		filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(filler, (struct sockaddr *)&sa, len), 0);
	}
	return fd;
}

/* ---- the dial under test */

static struct loop *loop;
static struct dial *dial;
static struct dial_cfg cfg;
static struct dial_result result;
static unsigned done_count;
static char tried[256]; /* what before_connect saw: "127.0.0.1 ::1 " */

static const char *unreachable; /* an address for which before_connect fails */

static int before_connect(void *arg, const struct sockaddr_storage *to)
{
	struct ip_addr ip = ip_from_sockaddr(to);
	size_t used = strlen(tried);

	assert_ptr_equal(arg, &cfg);
	snprintf(tried + used, sizeof(tried) - used, "%s ", ip_print(&ip).text);
	return unreachable && !strcmp(unreachable, ip_print(&ip).text) ? -ENETUNREACH : 0;
}

static void done(void *arg, const struct dial_result *r)
{
	assert_ptr_equal(arg, &cfg);
	result = *r;
	done_count++;
	dial = NULL;
	loop_stop(loop);
}

static int set_up(void **state)
{
	(void)state;
	fake_addrs = no_addrs;
	fake_is_held = false;
	done_count = 0;
	tried[0] = '\0';
	unreachable = NULL;
	cfg = (struct dial_cfg){
		.host = "vpn.test",
		.timeout_ms = TIMEOUT_MS,
		.lookup_ms = TIMEOUT_MS,
		.before_connect = before_connect,
		.done = done,
		.arg = &cfg,
	};
	listener = listen_at("127.0.0.1", false);
	cfg.port = port;
	return loop_open(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	close(listener);
	if (filler >= 0)
		close(filler);
	filler = -1;
	loop_close(loop);
	return 0;
}

static void listener_is_full(void)
{
	close(listener);
	listener = listen_at("127.0.0.1", true);
	cfg.port = port;
}

static void stop_loop(struct loop_timer *t)
{
	(void)t;
	loop_stop(loop);
}

static void run_for(uint64_t ms)
{
	struct loop_timer t = { .expired = stop_loop };

	loop_timer_set(loop, &t, loop_now(loop) + ms);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_stop(loop, &t);
}

static void run_dial(void)
{
	assert_int_equal(dial_start(loop, &cfg, &dial), 0);
	assert_int_equal(done_count, 0);
	assert_string_equal(tried, "");
	run_for(TIMEOUT_MS + 1000); /* its own limit comes first */
	assert_int_equal(done_count, 1);
}

static void assert_connected_to(const char *text)
{
	struct ip_addr peer = ip_from_sockaddr(&result.peer);

	assert_string_equal(result.text, "");
	assert_int_equal(result.status, DIAL_CONNECTED);
	assert_string_equal(ip_print(&peer).text, text);
}

static void assert_connected(const char *text)
{
	assert_connected_to(text);
	close(result.fd);
}

static int option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

/* ---- cases: connecting */

static void name_connects(void **state)
{
	static const char *const addrs[] = { "127.0.0.1", NULL };

	(void)state;
	fake_addrs = addrs;
	run_dial();
	assert_connected_to("127.0.0.1");
	assert_int_equal(result.addr_count, 1);
	assert_true(fcntl(result.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(result.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(option_of(result.fd, IPPROTO_TCP, TCP_NODELAY));
	close(result.fd);
}

/* A look-up would hang. */
static void literal_needs_no_lookup(void **state)
{
	(void)state;
	fake_is_held = true;
	cfg.host = "127.0.0.1";
	run_dial();
	assert_connected("127.0.0.1");
}

static void literal_v6_connects(void **state)
{
	(void)state;
	close(listener);
	listener = listen_at("::1", false);
	if (listener < 0) {
		print_message("skip: kernel: no IPv6 on the loopback device\n");
		skip();
	}
	cfg.host = "::1";
	cfg.port = port;
	run_dial();
	assert_connected("::1");
}

static void nothing_is_sent_to_an_unreachable_address(void **state)
{
	static const char *const addrs[] = { "127.0.0.1", NULL };

	(void)state;
	fake_addrs = addrs;
	unreachable = "127.0.0.1"; /* which has a listener */
	run_dial();
	assert_int_equal(result.status, DIAL_NO_ANSWER);
	assert_non_null(strstr(result.text, ": network "));
}

/* The machine may pause in one dial, but hardly in each of many; a dial that waits 250 ms eight times is never so quick. */
static void refused_gives_way_to_the_next_at_once(void **state)
{
	enum { QUICK_MS = 1000, DIALS_MAX = 20 };
	static const char *const addrs[] = {
		"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6",
		"127.0.0.7", "127.0.0.8", "127.0.0.9", "127.0.0.1", NULL,
	};
	uint64_t took_ms = QUICK_MS;

	(void)state;
	fake_addrs = addrs;
	for (int i = 0; i < DIALS_MAX && took_ms >= QUICK_MS; i++) {
		uint64_t start = clock_now_ms();

		done_count = 0;
		tried[0] = '\0';
		run_dial();
		took_ms = clock_now_ms() - start;
		assert_connected("127.0.0.1");
		assert_memory_equal(tried, "127.0.0.2 127.0.0.3 ", 20);
	}
	assert_true(took_ms < QUICK_MS);
}

static void silent_one_is_overtaken(void **state)
{
	static const char *const addrs[] = { "127.0.0.1", "127.0.0.2", NULL };
	uint64_t start = clock_now_ms();
	int second = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in sa = { .sin_family = AF_INET };

	(void)state;
	listener_is_full();
	sa.sin_addr.s_addr = inet_addr("127.0.0.2");
	sa.sin_port = htons(cfg.port);
	assert_int_equal(bind(second, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(second, 1), 0);
	fake_addrs = addrs;
	run_dial();
	assert_connected("127.0.0.2");
	assert_true(clock_now_ms() >= start + 250);
	close(second);
}

/* The system put an IPv6 address first, so they come first of each pair. */
static void families_take_turns(void **state)
{
	static const char *const addrs[] = { "::1", "::1", "::1", "127.0.0.2", "127.0.0.3", NULL };

	(void)state;
	fake_addrs = addrs;
	run_dial();
	assert_int_equal(result.status, DIAL_NO_ANSWER);
	assert_string_equal(tried, "::1 127.0.0.2 ::1 127.0.0.3 ::1 ");
}

static void many_addresses_are_cut_with_both_families(void **state)
{
	static const char *const addrs[] = {
		"::1", "::1", "::1", "::1", "::1", "::1", "::1", "::1", "::1",       "::1",
		"::1", "::1", "::1", "::1", "::1", "::1", "::1", "::1", "127.0.0.1", NULL,
	};

	(void)state;
	fake_addrs = addrs;
	run_dial();
	assert_connected("127.0.0.1");
	assert_int_equal(result.addr_count, DIAL_ADDRS_MAX);
}

static void mark_is_set(void **state)
{
	(void)state;
	cfg.host = "127.0.0.1";
	cfg.mark = 0x55;
	run_dial();
	if (result.status != DIAL_CONNECTED) {
		print_message("skip: kernel: no user namespaces, and SO_MARK is for root\n");
		skip();
	}
	assert_int_equal(option_of(result.fd, SOL_SOCKET, SO_MARK), 0x55);
	close(result.fd);
}

/* ---- cases: texts of failures */

static void all_refuse(void **state)
{
	static const char *const addrs[] = { "127.0.0.2", "127.0.0.3", NULL };
	char expected[256];

	(void)state;
	fake_addrs = addrs;
	run_dial();
	assert_int_equal(result.status, DIAL_NO_ANSWER);
	assert_int_equal(result.fd, -1);
	assert_int_equal(result.addr_count, 2);
	snprintf(expected, sizeof(expected),
		 "127.0.0.2:%u: connection refused; 127.0.0.3:%u: connection refused", cfg.port,
		 cfg.port);
	assert_string_equal(result.text, expected);
}

static void link_local_without_an_interface(void **state)
{
	char expected[256];

	(void)state;
	cfg.host = "fe80::1";
	run_dial();
	assert_int_equal(result.status, DIAL_NO_ANSWER);
	snprintf(expected, sizeof(expected),
		 "[fe80::1]:%u: a link-local address needs its interface: fe80::1%%eth0", cfg.port);
	assert_string_equal(result.text, expected);
}

static void text_of_many_failures_fits(void **state)
{
	static const char *const addrs[] = {
		"127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2",
		"127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2", NULL,
	};
	const char *end;

	(void)state;
	fake_addrs = addrs;
	run_dial();
	end = strstr(result.text, "refused; and ");
	assert_non_null(end);
	assert_string_equal(strchr(end, 'a') + strlen("and 4"), " more");
}

static void no_response_in_time(void **state)
{
	const char *why = strerror(ETIMEDOUT); /* each C library's own words */
	char expected[256];

	(void)state;
	listener_is_full();
	cfg.host = "127.0.0.1";
	cfg.timeout_ms = SHORT_MS;
	run_dial();
	assert_int_equal(result.status, DIAL_NO_ANSWER);
	snprintf(expected, sizeof(expected), "127.0.0.1:%u: %c%s", cfg.port, tolower(why[0]),
		 why + 1);
	assert_string_equal(result.text, expected);
}

static void name_is_unknown(void **state)
{
	(void)state;
	run_dial();
	assert_int_equal(result.status, DIAL_NO_ADDRESS);
	assert_string_equal(tried, "");
	/* the rest is the C library's wording */
	assert_memory_equal(result.text, "no address for \"vpn.test\": name ", 32);
}

static void lookup_never_answers(void **state)
{
	(void)state;
	fake_is_held = true;
	cfg.timeout_ms = SHORT_MS;
	run_dial();
	assert_int_equal(result.status, DIAL_NO_ADDRESS);
	assert_string_equal(result.text,
			    "no address for \"vpn.test\": the name servers do not answer");
	release_lookup();
}

static void name_is_too_long(void **state)
{
	char host[300];

	(void)state;
	memset(host, 'a', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	cfg.host = host;
	assert_int_equal(dial_start(loop, &cfg, &dial), -ENAMETOOLONG);
}

/* ---- cases: the addresses of an earlier call */

static struct sockaddr_storage earlier[2];

static void have_fallback(void)
{
	static const char *const texts[] = { "127.0.0.2", "127.0.0.1" };

	for (size_t i = 0; i < 2; i++) {
		struct addrinfo *ai = address(texts[i]);

		memcpy(&earlier[i], ai->ai_addr, sizeof(earlier[i]));
		((struct sockaddr_in *)(void *)&earlier[i])->sin_port = htons(cfg.port);
		freeaddrinfo(ai);
	}
	cfg.fallback = earlier;
	cfg.fallback_count = 2;
}

static void fallback_when_the_lookup_fails(void **state)
{
	(void)state;
	have_fallback();
	run_dial();
	assert_connected("127.0.0.1");
	assert_string_equal(tried, "127.0.0.2 127.0.0.1 ");
	assert_int_equal(result.addr_count, 2);
}

static void fallback_when_the_lookup_is_slow(void **state)
{
	static const char *const addrs[] = { "127.0.0.3", NULL };

	(void)state;
	have_fallback();
	fake_addrs = addrs;
	fake_is_held = true;
	cfg.lookup_ms = 10;
	run_dial();
	assert_connected("127.0.0.1");
	release_lookup();
	run_for(10);
	assert_int_equal(done_count, 1);
	assert_string_equal(tried, "127.0.0.2 127.0.0.1 ");
}

static void fresh_addresses_win_over_fallback(void **state)
{
	static const char *const addrs[] = { "127.0.0.1", NULL };

	(void)state;
	have_fallback();
	fake_addrs = addrs;
	run_dial();
	assert_connected("127.0.0.1");
	assert_string_equal(tried, "127.0.0.1 ");
}

/* ---- cases: canceled */

static void start_and_cancel_after(uint64_t ms)
{
	assert_int_equal(dial_start(loop, &cfg, &dial), 0);
	if (ms)
		run_for(ms);
	assert_int_equal(done_count, 0);
	dial_cancel(dial);
	run_for(5);
	assert_int_equal(done_count, 0);
}

static void canceled_before_it_began(void **state)
{
	(void)state;
	start_and_cancel_after(0);
	assert_string_equal(tried, "");
	dial_cancel(NULL);
}

static void canceled_during_the_lookup(void **state)
{
	(void)state;
	fake_is_held = true;
	start_and_cancel_after(5);
	release_lookup();
	run_for(5);
	assert_int_equal(done_count, 0);
}

static void canceled_while_connecting(void **state)
{
	(void)state;
	listener_is_full();
	cfg.host = "127.0.0.1";
	start_and_cancel_after(5);
	assert_string_equal(tried, "127.0.0.1 ");
}

static void canceled_with_the_answer_under_way(void **state)
{
	(void)state;
	fake_is_held = true;
	assert_int_equal(dial_start(loop, &cfg, &dial), 0);
	run_for(5);
	release_lookup();
	dial_cancel(dial);
	run_for(5);
	assert_int_equal(done_count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(name_connects),
		CASE(literal_needs_no_lookup),
		CASE(literal_v6_connects),
		CASE(nothing_is_sent_to_an_unreachable_address),
		CASE(refused_gives_way_to_the_next_at_once),
		CASE(silent_one_is_overtaken),
		CASE(families_take_turns),
		CASE(many_addresses_are_cut_with_both_families),
		CASE(mark_is_set),
		CASE(all_refuse),
		CASE(link_local_without_an_interface),
		CASE(text_of_many_failures_fits),
		CASE(no_response_in_time),
		CASE(name_is_unknown),
		CASE(lookup_never_answers),
		CASE(name_is_too_long),
		CASE(fallback_when_the_lookup_fails),
		CASE(fallback_when_the_lookup_is_slow),
		CASE(fresh_addresses_win_over_fallback),
		CASE(canceled_before_it_began),
		CASE(canceled_during_the_lookup),
		CASE(canceled_while_connecting),
		CASE(canceled_with_the_answer_under_way),
	};

	netns_enter(); /* if it fails, the machine's own loopback is used */
	sem_init(&fake_gate, 0, 0);
	sem_init(&fake_left, 0, 0);
	return cmocka_run_group_tests_name("net/dial", tests, NULL, NULL);
}
