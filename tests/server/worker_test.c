/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which worker gets a new session, what happens when there are too many half-open connections, and
 * how a session handles its tunnel's events. Workers without threads: their loops are run in turn
 * here. Clients are TCP connections that never send anything.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/worker.h"
#include "tls/cert.h"
#include "tls/cert_make.h"
#include "tls/open.h"
#include "support/real_clock.h"

enum {
	CLIENTS_MAX = 100,
	A_WHILE_MS = 50, /* longer than the pause of a worker that is over the limit */
	BOUND = WORKER_HALF_OPEN_MAX / WORKERS_MAX,
	/* however slow the machine: only connections that the test makes older are old */
	LOGIN_MS = 200 * 1000,
	LONG_AGO_MS = 2 * LOGIN_MS,
	BUSY = 1000, /* session count of a worker that must get no new ones */
};

static struct {
	char folder[32], cert[64], key[64];
	struct tls_server_cfg identity;
	struct server_cfg cfg;
	struct server_state shared;
	struct worker workers[WORKERS_MAX];
	struct loop_timer pause;
	struct worker *running;
	uint16_t port;
	int clients[CLIENTS_MAX];
	size_t half_open_max; /* of all workers */
	size_t count;
	struct auth_question *question; /* the last one */
} t;

/* ---- time: a client that says nothing is refused after ten seconds */

enum { STEP_MAX_MS = A_WHILE_MS + 10 };

/* Replaces the C library's: a pause of the machine takes no longer than what run() waits for. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	static int64_t last_ns, lost_ns;
	int64_t ns = real_clock_ns(id);

	if (id == CLOCK_MONOTONIC) {
		if (last_ns && ns - last_ns > (int64_t)STEP_MAX_MS * NS_PER_MS)
			lost_ns += ns - last_ns - (int64_t)STEP_MAX_MS * NS_PER_MS;
		last_ns = ns;
		ns -= lost_ns;
	}
	return real_clock_put(ts, ns);
}

static void time_is_up(struct loop_timer *timer)
{
	(void)timer;
	loop_stop(t.running->loop);
}

static void open_worker(unsigned number)
{
	struct worker *w = &t.workers[number];
	struct tun *tun;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_int_equal(tun_adopt(fds[0], &tun), 0);
	close(fds[1]);
	t.shared.limits = door_limits(t.half_open_max, 0, t.shared.worker_count);
	t.shared.limits.login_ms = LOGIN_MS;
	assert_int_equal(worker_open(w, &t.shared, number, tun), 0);
	loop_unwatch(w->loop, &w->tun_watch); /* its peer socket is closed */
}

static void listen_with(struct worker *w)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, CLIENTS_MAX), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	t.port = ntohs(at.sin_port);
	assert_int_equal(worker_listen(w, fd, false), 0);
}

static void connect_clients(size_t count)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(t.port) };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size_t i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
		t.clients[t.count++] = fd;
	}
}

/* The number of clients whose connections the server has closed. */
static size_t count_closed(void)
{
	size_t n = 0;
	char byte;

	for (size_t i = 0; i < t.count; i++)
		n += recv(t.clients[i], &byte, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN;
	return n;
}

/* Runs the loop until nothing has changed for A_WHILE_MS, twice: after a pause of the machine the worker's may end only then. */
static void run(struct worker *w)
{
	size_t sessions, hung_up;
	unsigned quiet = 0;

	t.running = w;
	t.pause.expired = time_is_up;
	do {
		sessions = w->session_count;
		hung_up = count_closed();
		loop_timer_set(w->loop, &t.pause, loop_now(w->loop) + A_WHILE_MS);
		assert_int_equal(loop_run(w->loop), 0);
		quiet = w->session_count != sessions || count_closed() != hung_up ? 0 : quiet + 1;
	} while (quiet < 2);
}

/* ---- a backend that answers when the test says so */

static int ask(void *self, struct auth_question *q)
{
	(void)self;
	t.question = q;
	return 0;
}

static void cancel(void *self, struct auth_question *q)
{
	(void)self;
	auth_drop(q);
}

static const struct auth_backend backend = { .name = "test", .ask = ask, .cancel = cancel };

static int set_up(void **state)
{
	(void)state;
	memset(&t.workers, 0, sizeof(t.workers));
	t.identity = (struct tls_server_cfg){ .cert_file = t.cert, .key_file = t.key };
	t.cfg = (struct server_cfg){
		.certs = &t.identity, .cert_count = 1, .mtu = 1400, .hashes = SSTP_HASH_SHA256
	};
	assert_true(ip_prefix_parse("10.9.0.0/24", &t.cfg.network));
	t.shared = (struct server_state){ .cfg = &t.cfg, .workers = t.workers };
	t.half_open_max = WORKER_HALF_OPEN_MAX;
	t.count = 0;
	return registry_open(&t.cfg, &t.shared.registry) ||
	       auth_open(&backend, NULL, &t.shared.auth) ||
	       certs_open(&t.shared.credentials.certs, &t.cfg, &(struct error){ 0 });
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		worker_close(&t.workers[i]);
	while (t.count)
		close(t.clients[--t.count]);
	registry_close(t.shared.registry);
	auth_close(t.shared.auth);
	credentials_close(&t.shared.credentials);
	return 0;
}

/* ---- the cases */

/* All connections come to the first of two workers. */
static void a_new_session_goes_where_there_are_fewest(void **state)
{
	struct worker *w = t.workers;

	(void)state;
	t.shared.worker_count = 2;
	open_worker(0);
	open_worker(1);
	listen_with(&w[0]);
	for (size_t n = 2; n <= 12; n += 2) {
		connect_clients(2);
		run(&w[0]);
		run(&w[1]);
		assert_int_equal(w[0].host.half_open.count, w[0].session_count);
		assert_int_equal(w[1].host.half_open.count, w[1].session_count);
		assert_int_equal(w[0].session_count + w[1].session_count, n);
		assert_true(w[0].session_count <= w[1].session_count * 9 / 8 + 1);
	}
	assert_int_equal(count_closed(), 0);
}

static void open_the_only_free_one(void)
{
	t.shared.worker_count = WORKERS_MAX;
	for (unsigned i = 1; i < WORKERS_MAX; i++)
		t.workers[i].session_count = BUSY;
	open_worker(0);
	listen_with(&t.workers[0]);
}

static void those_over_the_bound_wait(void **state)
{
	struct worker *w = t.workers;

	(void)state;
	open_the_only_free_one();
	connect_clients(BOUND + 9);
	run(w);
	assert_int_equal(w->host.half_open.count, BOUND);
	assert_int_equal(count_closed(), 0);
	for (size_t i = 0; i < 4; i++)
		shutdown(t.clients[i], SHUT_WR); /* they give up */
	run(w);
	assert_int_equal(w->host.half_open.count, BOUND);
	assert_int_equal(count_closed(), 4);
	assert_int_equal(w->host.half_open.first->id, 5);
	assert_int_equal(w->host.half_open.last->id, BOUND + 4);
}

static void an_old_connection_makes_room(void **state)
{
	struct worker *w = t.workers;

	(void)state;
	open_the_only_free_one();
	connect_clients(BOUND + 9);
	run(w);
	w->host.half_open.first->started_ms -= LONG_AGO_MS;
	w->host.half_open.first->next->started_ms -= LONG_AGO_MS;
	run(w);
	assert_int_equal(w->host.half_open.count, BOUND);
	assert_int_equal(count_closed(), 2);
	assert_int_equal(w->host.half_open.first->id, 3);
}

/*
 * The other worker has few sessions, but its half-open ones are at the limit: none of them is
 * closed.
 */
static void a_worker_at_its_limit_is_given_none(void **state)
{
	struct worker *w = t.workers;

	(void)state;
	t.shared.worker_count = 2;
	t.half_open_max = 16;
	open_worker(0);
	open_worker(1);
	w[0].session_count = BUSY;
	listen_with(&w[0]);
	connect_clients(12); /* eight are on their way before the other worker runs */
	run(&w[0]);
	assert_int_equal(w[0].host.half_open.count, 4);
	assert_int_equal(w[1].door.half_open_count, 8);
	run(&w[1]);
	assert_int_equal(w[1].host.half_open.count, 8);
	connect_clients(3);
	run(&w[0]);
	run(&w[1]);
	assert_int_equal(count_closed(), 0);
	assert_int_equal(w[0].host.half_open.count, 7);
	/* one that gives up leaves its place, one that logs in too */
	w[1].host.half_open.first->abandon(w[1].host.half_open.first);
	connect_clients(1);
	run(&w[0]);
	run(&w[1]);
	assert_int_equal(w[1].host.half_open.count, 8);
	assert_int_equal(w[0].host.half_open.count, 7);
	assert_int_equal(w[0].door.half_open_count, 7);
}

/* A connection that is on its way to a worker when the worker ends is closed. */
static void the_end_closes_what_is_in_the_mailbox(void **state)
{
	const struct eviction eviction = { .worker = 1, .session = 99 };
	struct worker *w = t.workers;

	(void)state;
	t.shared.worker_count = 2;
	open_worker(0);
	open_worker(1);
	listen_with(&w[0]);
	connect_clients(2);
	run(&w[0]);
	assert_int_equal(w[1].session_count, 1);
	assert_int_equal(w[1].host.half_open.count, 0);
	worker_end_session(&t.shared, &eviction); /* of a session that has ended */
	worker_close(&w[1]);
	assert_int_equal(count_closed(), 1);
}

static unsigned complaints;

static void count_complaints(enum log_level level, const char *name, const char *line)
{
	(void)name;
	(void)line;
	complaints += level <= LOG_LEVEL_WARN;
}

/* A session whose connection has passed the door but never sends anything. */
static struct session *accept_one(struct worker *w)
{
	struct sockaddr_storage peer = { .ss_family = AF_INET };
	struct half_open place = { .id = ++t.shared.next_session, .started_ms = loop_now(w->loop) };
	struct pump_end wire = { .pump = &w->pump };
	const struct tls_session_cfg cfg = { .send = pump_take_ciphertext, .arg = &wire };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	t.clients[t.count++] = fds[1];
	wire.fd = wire.watch.fd = fds[0];
	wire.watch.events = EPOLLIN;
	assert_int_equal(tls_open(t.shared.credentials.certs.at[0].ctx, &cfg, &wire.tls), 0);
	w->session_count++;
	door_expect(&w->door);
	half_open_add(&w->host.half_open, &place);
	return session_open(&w->host, &place, &wire, &peer);
}

static void report_ipv6(struct session *s, enum tunnel_event_type type, uint8_t last)
{
	struct ppp_ipv6 v6 = { .peer_iid = { [PPP_IID_LEN - 1] = last } };
	struct tunnel_event ev = { .type = type };

	if (type == TUNNEL_IPV6_UP)
		ev.ipv6 = &v6;
	s->tunnel.cfg.event(s->tunnel.cfg.arg, &ev);
}

static bool asks_iid(struct session *s, const uint8_t iid[PPP_IID_LEN])
{
	const struct ppp_cfg *ppp = s->tunnel.cfg.ppp;

	return ppp->take_iid(ppp->take_arg, iid);
}

/* IPV6CP of a session goes down and comes up again, with its old address and with a new one. */
static void an_ipv6_address_may_come_again(void **state)
{
	struct ip_addr first = { .family = AF_INET6, .bytes = { 0xfe, 0x80, [15] = 7 } };
	struct worker *w = t.workers;
	struct evictions evictions;
	uint32_t addr = 0;
	struct session *s;

	(void)state;
	open_the_only_free_one();
	s = accept_one(w);
	s->registration.user = "ann";
	assert_null(registry_login(t.shared.registry, &s->registration, 0, &addr, &evictions));
	log_set_sink(count_complaints);
	report_ipv6(s, TUNNEL_IPV6_UP, 7);
	assert_ptr_equal(addr_map_find(w->host.by_addr, &first), s);
	report_ipv6(s, TUNNEL_IPV6_DOWN, 0);
	assert_null(addr_map_find(w->host.by_addr, &first));
	report_ipv6(s, TUNNEL_IPV6_UP, 7);
	assert_ptr_equal(addr_map_find(w->host.by_addr, &first), s);
	report_ipv6(s, TUNNEL_IPV6_DOWN, 0);
	report_ipv6(s, TUNNEL_IPV6_UP, 8);
	log_set_sink(NULL);
	assert_int_equal(complaints, 0);
	assert_int_equal(s->ipv6.bytes[15], 8);
	assert_int_equal(registry_worker_of(t.shared.registry, &first), REGISTRY_NOBODY);
	assert_int_equal(registry_worker_of(t.shared.registry, &s->ipv6), 0);
}

/* IPV6CP asks whether the interface identifier is free before it sends a Configure-Ack. */
static void interface_identifiers_are_one_sessions(void **state)
{
	static const uint8_t iid[PPP_IID_LEN] = { [7] = 9 }, other[PPP_IID_LEN] = { [7] = 10 };
	struct worker *w = t.workers;
	struct evictions evictions;
	struct session *s[2];
	uint32_t addr[2] = { 0 };

	(void)state;
	open_the_only_free_one();
	memcpy(t.shared.own_iid, "\2\2\2\2\2\2\2\2", PPP_IID_LEN);
	s[0] = accept_one(w);
	s[1] = accept_one(w);
	for (int i = 0; i < 2; i++) {
		s[i]->registration.user = "ann";
		assert_null(registry_login(t.shared.registry, &s[i]->registration, 0, &addr[i],
					   &evictions));
	}
	assert_true(asks_iid(s[0], iid));
	assert_false(asks_iid(s[1], iid));
	assert_true(asks_iid(s[1], other));
	assert_false(asks_iid(s[0], other));
	assert_false(asks_iid(s[0], t.shared.own_iid));
	/* asked for again before the tunnel reports that IPV6CP went down */
	report_ipv6(s[0], TUNNEL_IPV6_UP, 9);
	assert_true(asks_iid(s[0], iid));
	report_ipv6(s[0], TUNNEL_IPV6_DOWN, 0);
	assert_false(asks_iid(s[1], iid));
	report_ipv6(s[0], TUNNEL_IPV6_UP, 9);
	assert_ptr_equal(addr_map_find(w->host.by_addr, &s[0]->ipv6), s[0]);
	assert_int_equal(s[0]->ipv6.bytes[15], 9);
}

/* Logs in as ann, who has her own address. */
static void log_in(struct session *s)
{
	struct auth_result right = {
		.outcome = AUTH_RESULT_OK, .is_right = true, .name = "ann", .grant.ipv4 = 0x0a090009
	};
	struct ppp_attempt attempt = { .method = PPP_AUTH_PAP,
				       .user = bytes_text("ann"),
				       .password = bytes_text("secret") };
	struct tunnel_event ev = { .type = TUNNEL_CHECK_PASSWORD, .attempt = &attempt };

	s->tunnel.cfg.event(s->tunnel.cfg.arg, &ev);
	auth_answer(t.question, &right);
}

/*
 * A user's own address moves from one worker to another and back before the workers read their
 * mailboxes: each time the session that had it ends and the new login is accepted.
 */
static void an_address_comes_back_before_its_eviction(void **state)
{
	const struct ip_addr address = ip_from_v4(0x0a090009);
	struct worker *w = t.workers;
	struct session *s;

	(void)state;
	t.shared.worker_count = 2;
	open_worker(0);
	open_worker(1);
	complaints = 0;
	log_set_sink(count_complaints);
	for (unsigned i = 0; i < 7; i++) {
		s = accept_one(&w[i % 2]);
		log_in(s);
		assert_true(s->is_open);
		assert_ptr_equal(w[i % 2].host.open.last, s);
		assert_ptr_equal(addr_map_find(w[i % 2].host.by_addr, &address), s);
		assert_int_equal(registry_worker_of(t.shared.registry, &address), (int)(i % 2));
	}
	run(&w[0]); /* now they read their mailboxes */
	run(&w[1]);
	log_set_sink(NULL);
	assert_int_equal(complaints, 0);
	assert_int_equal(w[0].session_count, 1);
	assert_int_equal(w[1].session_count, 0);
	assert_int_equal(w[0].door.half_open_count + w[1].door.half_open_count, 0);
	assert_ptr_equal(addr_map_find(w[0].host.by_addr, &address), s);
	assert_int_equal(registry_count(t.shared.registry), 1);
}

/* With and without a login. */
static void a_session_is_found_and_ended_by_its_id(void **state)
{
	struct worker *w = t.workers;
	struct session *s[3];
	struct eviction e = { .worker = 1, .why = "because" };

	(void)state;
	t.shared.worker_count = 2;
	open_worker(0);
	open_worker(1);
	for (int i = 0; i < 3; i++)
		s[i] = accept_one(&w[1]);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(session_find(&w[1].host, s[i]->id.id), s[i]);
		assert_null(session_find(&w[0].host, s[i]->id.id));
	}
	e.session = s[1]->id.id;
	worker_end_session(&t.shared, &e);
	worker_end_session(&t.shared, &e); /* a second time: it is ending, or has ended */
	assert_ptr_equal(session_find(&w[1].host, e.session), s[1]);
	run(&w[1]);
	assert_null(session_find(&w[1].host, e.session));
	assert_ptr_equal(session_find(&w[1].host, s[0]->id.id), s[0]);
	assert_ptr_equal(session_find(&w[1].host, s[2]->id.id), s[2]);
	assert_int_equal(count_closed(), 1);
	assert_int_equal(w[1].session_count, 2);
}

struct asker {
	struct loop *loop;
	struct mailbox mailbox;
	struct stats of[2];
	unsigned answers;
};

static void take_stats(void *owner, void *arg)
{
	struct asker *a = owner;

	assert_ptr_equal(arg, a->of);
	a->answers++;
	loop_stop(a->loop);
}

static void ask_stats(struct asker *a)
{
	memset(a->of, 0, sizeof(a->of));
	a->answers = 0;
	assert_true(worker_ask_all(&t.shared, &a->mailbox, worker_stats, take_stats, a->of));
}

/* A question to all workers gets one answer; the counters include sessions that have ended. */
static void all_workers_report_their_counters(void **state)
{
	struct worker *w = t.workers;
	struct asker a = { .loop = NULL };
	struct session *s;

	(void)state;
	t.shared.worker_count = 2;
	open_worker(0);
	open_worker(1);
	assert_int_equal(loop_open(&a.loop), 0);
	assert_int_equal(mailbox_open(&a.mailbox, a.loop, &a, NULL), 0);
	accept_one(&w[0]);
	accept_one(&w[1])->tunnel.stats.rx_packets = 1000; /* half open: counted when it ends */
	s = accept_one(&w[1]);
	log_in(s);
	s->tunnel.stats = (struct tunnel_stats){ .rx_packets = 1, .tx_bytes = 20 };
	ask_stats(&a);
	run(&w[0]);
	assert_int_equal(a.answers, 0);
	run(&w[1]);
	assert_int_equal(loop_run(a.loop), 0);
	assert_int_equal(a.answers, 1);
	assert_int_equal(a.of[0].half_open, 1);
	assert_int_equal(a.of[1].half_open, 1);
	assert_int_equal(a.of[1].open, 1);
	assert_int_equal(a.of[1].logins, 1);
	assert_int_equal(a.of[1].traffic.rx_packets, 1);
	assert_int_equal(a.of[1].traffic.tx_bytes, 20);
	assert_int_equal(stats_ended(&a.of[1]), 0);
	/*
	 * asked again when one session has ended, and the workers are closed before their next turn
	 */
	session_evict(&w[1].host, s->id.id, REASON_ADMIN, "because");
	run(&w[1]);
	ask_stats(&a);
	worker_close(&w[0]);
	worker_close(&w[1]);
	mailbox_close(&a.mailbox);
	assert_int_equal(a.answers, 1);
	assert_int_equal(a.of[1].ended[REASON_ADMIN], 1);
	assert_int_equal(a.of[1].open, 0);
	assert_int_equal(a.of[1].traffic.tx_bytes, 20);
	assert_int_equal(a.of[1].traffic.rx_packets, 1001); /* the half-open one has ended too */
	loop_close(a.loop);
}

static void one_that_hangs_is_noticed(void **state)
{
	struct worker *w = t.workers;

	(void)state;
	t.shared.worker_count = 1;
	open_worker(0);
	for (int i = 0; i < 3; i++) {
		assert_true(worker_is_turning(w));
		assert_true(worker_is_turning(w));
		assert_false(worker_is_turning(w));
		assert_false(worker_is_turning(w));
		run(w);
	}
}

static int make_certificate(void **state)
{
	static const char *const names[] = { "vpn.example.net" };
	struct cert_request rq = { .names = names, .name_count = 1, .days = 2 };
	struct error err;

	(void)state;
	strcpy(t.folder, "/tmp/sstp-worker-XXXXXX");
	if (!mkdtemp(t.folder))
		return -1;
	snprintf(t.cert, sizeof(t.cert), "%s/cert", t.folder);
	snprintf(t.key, sizeof(t.key), "%s/key", t.folder);
	return cert_make(&rq, t.cert, t.key, false, &err);
}

static int remove_certificate(void **state)
{
	(void)state;
	unlink(t.cert);
	unlink(t.key);
	return rmdir(t.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_session_goes_where_there_are_fewest, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(those_over_the_bound_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_old_connection_makes_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_worker_at_its_limit_is_given_none, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_end_closes_what_is_in_the_mailbox, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_ipv6_address_may_come_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(interface_identifiers_are_one_sessions, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_address_comes_back_before_its_eviction, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_session_is_found_and_ended_by_its_id, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(all_workers_report_their_counters, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_that_hangs_is_noticed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
