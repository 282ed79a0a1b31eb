/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logins whose answer comes later: clients and a worker in one loop, with real TLS, SSTP and PPP
 * over socket pairs, a device that is a socket pair, and a backend that answers when the test tells
 * it to.
 */
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

#include "auth/auth_backend.h"
#include "eap/eap_peer.h"
#include "eap/eap_server.h"
#include "server/session.h"
#include "server/worker.h"
#include "support/eap_talk.h"
#include "tls/cert.h"
#include "tls/cert_load.h"
#include "tls/cert_make.h"
#include "tls/open.h"

enum {
	WAIT_MS = 120 * 1000,
	PACKET_LEN = 100,
	CLIENTS = 2,
	ANN_ADDR = 0x0a090009, /* the first client's */
	BOB_ADDR = 0x0a09000a,
	FAR_ADDR = 0xc0000201,
};

struct client {
	struct tunnel tunnel;
	struct packet_sink sink;
	struct log log;
	const char *user;
	bool is_open, is_connected, has_ended;
	struct tunnel_end end;
	size_t packets;
	struct ppp_eap_memory eap;
};

static struct {
	char folder[32], cert[64], key[64];
	const char *pin;
	struct tls_ctx *client_ctx;
	struct tls_server_cfg identity;
	struct server_cfg cfg;
	struct server_state shared;
	struct worker worker;
	int device; /* our end of the socket pair that is the worker's TUN device */
	struct loop_timer give_up;
	struct loop_task look;
	bool (*is_enough)(void);
	struct client clients[CLIENTS];
	/* the backend: the questions of the clients, by their number */
	struct auth_question *asked[CLIENTS];
	size_t ask_count, cancel_count, went_on;
	struct loop_task judge;
	uint8_t said[EAP_PACKET_MAX];
	size_t said_len;
	int error;
} t;

/* ---- a backend that answers when the test says so */

static int ask(void *self, struct auth_question *q)
{
	(void)self;
	assert_true(t.ask_count < CLIENTS);
	if (!t.error)
		t.asked[t.ask_count++] = q;
	return t.error;
}

static void cancel(void *self, struct auth_question *q)
{
	(void)self;
	loop_unpost(q->loop, &t.judge);
	t.cancel_count++;
	auth_drop(q);
}

static int go_on(void *self, struct auth_question *q, struct bytes eap);
static void judge_now(struct loop_task *task);

static const struct auth_backend backend = {
	.name = "test",
	.ask = ask,
	.go_on = go_on,
	.cancel = cancel,
};

static void answer(size_t at, enum auth_outcome outcome, const char *name, uint32_t ipv4)
{
	struct auth_result result = {
		.outcome = outcome,
		.is_right = outcome == AUTH_RESULT_OK,
		.reason = "the test says so",
		.grant.ipv4 = ipv4,
	};

	snprintf(result.name, sizeof(result.name), "%s", name);
	auth_answer(t.asked[at], &result);
}

/* ---- EAP: a method for tests (support/eap_talk.h), with the server's side in the backend */

static struct talk peer_talk, server_talk;
static const struct eap_choice peer_choice = { &talk_peer, &peer_talk };
static const struct eap_choice server_choice = { &talk_server, &server_talk };
static struct eap_peer peer;
static struct eap_server server;

static void begin_talk(const char *word)
{
	peer_talk.word = word;
	server_talk.word = "secret";
	peer = (struct eap_peer){ .identity = bytes_text("ann"),
				  .choices = &peer_choice,
				  .choice_count = 1 };
	server = (struct eap_server){ .choices = &server_choice, .choice_count = 1 };
}

static void key_of(const struct eap_choice *chosen, uint8_t hlak[PPP_HLAK_LEN])
{
	uint8_t msk[EAP_MSK_LEN];

	chosen->method->key(chosen->self, msk);
	memcpy(hlak, msk, PPP_HLAK_LEN);
}

static void judge_talk(struct auth_question *q, struct bytes eap)
{
	static uint8_t bytes[EAP_PACKET_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));
	enum eap_step step = eap_server_input(&server, eap, &w);
	struct auth_result result = {
		.outcome = step == EAP_STEP_SEND   ? AUTH_RESULT_CONTINUE
			   : step == EAP_STEP_DONE ? AUTH_RESULT_OK
						   : AUTH_RESULT_REFUSED,
		.is_right = step == EAP_STEP_DONE,
		.name = "ann",
		.reason = "wrong word",
		.eap = bytes_of(w.at, w.len),
		.grant.ipv4 = ANN_ADDR,
	};

	if (step == EAP_STEP_DONE)
		key_of(server.chosen, result.hlak);
	auth_answer(q, &result);
}

static void judge_now(struct loop_task *task)
{
	(void)task;
	judge_talk(t.asked[0], bytes_of(t.said, t.said_len));
}

static int go_on(void *self, struct auth_question *q, struct bytes eap)
{
	(void)self;
	assert_ptr_equal(q, t.asked[0]);
	t.went_on++;
	memcpy(t.said, eap.at, eap.len);
	t.said_len = eap.len;
	loop_post(t.worker.loop, &t.judge);
	return 0;
}

static void talk_back(struct client *c, struct bytes eap)
{
	uint8_t bytes[EAP_PACKET_MAX], hlak[PPP_HLAK_LEN];
	struct writer w = writer_of(bytes, sizeof(bytes));
	enum eap_step step = eap_peer_input(&peer, eap, &w);

	assert_true(step == EAP_STEP_SEND || step == EAP_STEP_DONE);
	if (step == EAP_STEP_DONE) {
		key_of(peer.chosen, hlak);
		tunnel_eap_done(&c->tunnel, hlak);
	}
	assert_true(tunnel_eap_send(&c->tunnel, bytes_of(w.at, w.len)));
}

/* ---- clients */

static void deliver(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	(void)from;
	assert_int_equal(p->h.total, PACKET_LEN);
	container_of(sink, struct client, sink)->packets++;
}

static void flush(struct packet_sink *sink)
{
	(void)sink;
}

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct client *c = arg;

	c->is_connected |= ev->type == TUNNEL_CONNECTED;
	if (ev->type == TUNNEL_EAP)
		talk_back(c, ev->packet);
	if (ev->type != TUNNEL_ENDED)
		return;
	c->has_ended = true;
	c->end = *ev->end;
}

static void open_client(size_t number, const char *user)
{
	struct client *c = &t.clients[number];
	struct sockaddr_storage from = { .ss_family = AF_INET };
	struct tunnel_cfg cfg = {
		.loop = t.worker.loop,
		.pump = &t.worker.pump,
		.sink = &c->sink,
		.tls_ctx = t.client_ctx,
		.name = "vpn.example.net",
		.http_host = "vpn.example.net",
		.hashes = SSTP_HASH_SHA256,
		.mtu = 1400,
		.tls_timeout_ms = WAIT_MS,
		.log = &c->log,
		.event = on_event,
		.arg = c,
		.ppp = &(struct ppp_cfg){ .role = PPP_CLIENT,
					  .auth = { t.cfg.auth[0] },
					  .auth_count = 1,
					  .eap = &c->eap,
					  .ipv4 = true,
					  .user = user,
					  .password = "secret" },
	};
	struct arrival arrival;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	t.worker.session_count++;
	door_expect(&t.worker.door);
	arrival = (struct arrival){ .fd = fds[0], .peer = from };
	assert_true(door_accept(&t.worker.door, number + 1, &arrival));
	snprintf(c->log.name, sizeof(c->log.name), "%s", user);
	c->sink = (struct packet_sink){ .deliver = deliver, .flush = flush };
	cfg.fd = fds[1];
	assert_int_equal(tunnel_open(&c->tunnel, &cfg), 0);
	c->is_open = true;
}

/* ---- the loop runs until the test has seen enough */

static void time_is_up(struct loop_timer *timer)
{
	(void)timer;
	fail_msg("nothing happened for too long");
}

static void look(struct loop_task *task)
{
	if (t.is_enough())
		loop_stop(t.worker.loop);
	else
		loop_post(t.worker.loop, task);
}

static void run_until(bool (*is_enough)(void))
{
	t.is_enough = is_enough;
	loop_post(t.worker.loop, &t.look);
	loop_timer_set(t.worker.loop, &t.give_up, loop_now(t.worker.loop) + WAIT_MS);
	assert_int_equal(loop_run(t.worker.loop), 0);
	loop_timer_stop(t.worker.loop, &t.give_up);
}

static bool has_asked_once(void)
{
	return t.ask_count == 1;
}

static bool has_asked_twice(void)
{
	return t.ask_count == 2;
}

static bool is_ann_connected(void)
{
	return t.clients[0].is_connected;
}

static bool is_bob_connected(void)
{
	return t.clients[1].is_connected;
}

static bool has_ann_ended(void)
{
	return t.clients[0].has_ended;
}

static bool is_session_gone(void)
{
	return !t.worker.host.half_open.count && !t.worker.host.open.count;
}

static bool is_session_up(void)
{
	const struct session *s = t.worker.host.open.first;

	return s && s->tunnel.is_connected;
}

/* ---- packets: IPv4 and UDP */

static void make_packet(uint8_t at[PACKET_LEN], uint32_t from, uint32_t to)
{
	memset(at, 0, PACKET_LEN);
	at[0] = 0x45;
	store_u16(at + 2, PACKET_LEN);
	at[8] = 64;
	at[9] = 17;
	store_u32(at + 12, from);
	store_u32(at + 16, to);
}

static bool has_packet_reached_the_device(void)
{
	uint8_t at[PACKET_LEN + 1];

	return recv(t.device, at, sizeof(at), MSG_DONTWAIT) == PACKET_LEN;
}

static bool has_packet_reached_ann(void)
{
	return t.clients[0].packets > 0;
}

static void pass_packets_of_ann(void)
{
	uint8_t packet[PACKET_LEN];

	make_packet(packet, ANN_ADDR, FAR_ADDR);
	tunnel_send_own(&t.clients[0].tunnel, packet, sizeof(packet));
	run_until(has_packet_reached_the_device);
	make_packet(packet, FAR_ADDR, ANN_ADDR);
	assert_int_equal(send(t.device, packet, sizeof(packet), 0), PACKET_LEN);
	run_until(has_packet_reached_ann);
}

/* ---- the cases */

static void packets_pass_while_a_login_is_checked(void **state)
{
	(void)state;
	open_client(0, "ann");
	run_until(has_asked_once);
	answer(0, AUTH_RESULT_OK, "ann", ANN_ADDR);
	run_until(is_ann_connected);
	open_client(1, "bob");
	run_until(has_asked_twice);
	pass_packets_of_ann();
	assert_false(t.clients[1].is_connected);
	assert_int_equal(t.worker.host.half_open.count, 1);
	answer(1, AUTH_RESULT_OK, "bob", BOB_ADDR);
	run_until(is_bob_connected);
	assert_int_equal(registry_count(t.shared.registry), 2);
}

static void what_is_asked(void **state)
{
	const struct auth_request *rq;

	(void)state;
	open_client(0, "ann");
	run_until(has_asked_once);
	rq = &t.asked[0]->request;
	assert_int_equal(rq->session, 1);
	assert_ptr_equal(t.asked[0]->loop, t.worker.loop);
	assert_int_equal(rq->attempt->method, PPP_AUTH_PAP);
	assert_int_equal(rq->attempt->user.len, 3);
	assert_memory_equal(rq->attempt->user.at, "ann", 3);
	assert_memory_equal(rq->attempt->password.at, "secret", 6);
	answer(0, AUTH_RESULT_OK, "CORP", ANN_ADDR);
	run_until(is_ann_connected);
	assert_string_equal(t.worker.host.open.first->user, "CORP"); /* as the backend calls her */
	assert_int_equal(ip_v4(&t.worker.host.open.first->ipv4), ANN_ADDR);
}

/* What an idle session keeps; the musl allocator has a class of this size. */
enum { IDLE_SESSION_MAX = 2332 };

static void a_login_leaves_nothing_behind(void **state)
{
	const struct session *s;

	(void)state;
	open_client(0, "ann");
	run_until(has_asked_once);
	s = session_find(&t.worker.host, 1);
	assert_non_null(s->tunnel.login);
	answer(0, AUTH_RESULT_OK, "ann", ANN_ADDR);
	run_until(is_ann_connected);
	run_until(is_session_up);
	assert_null(s->tunnel.login);
	assert_null(s->tunnel.ppp.login);
	assert_null(s->tunnel.sstp.keys);
	assert_null(s->tunnel.outboxes);
	assert_null(s->tunnel.backlog);
	assert_null(s->tunnel.rest);
	assert_null(s->tunnel.wire.queue.at);
	assert_null(s->eap);
	assert_null(s->refusal);
	if (sizeof(void *) == 8)
		assert_true(sizeof(*s) <= IDLE_SESSION_MAX);
}

static void a_session_that_ends_takes_its_question_back(void **state)
{
	(void)state;
	open_client(0, "ann");
	run_until(has_asked_once);
	tunnel_abandon(&t.clients[0].tunnel);
	run_until(is_session_gone);
	assert_int_equal(t.cancel_count, 1);
}

static void a_worker_that_ends_takes_its_questions_back(void **state)
{
	(void)state;
	open_client(0, "ann");
	run_until(has_asked_once);
	tunnel_abandon(&t.clients[0].tunnel);
	loop_timer_stop(t.worker.loop, &t.give_up);
	worker_close(&t.worker);
	assert_int_equal(t.cancel_count, 1);
}

static bool is_session_ending(void)
{
	const struct half_open *o = t.worker.host.half_open.first;

	assert_non_null(o);
	return tunnel_is_ending(&session_find(&t.worker.host, o->id)->tunnel);
}

/* The backend answers between the client's Terminate-Request and the end of its connection. */
static void an_answer_for_one_that_is_leaving_is_dropped(void **state)
{
	(void)state;
	open_client(0, "ann");
	run_until(has_asked_once);
	tunnel_shutdown(&t.clients[0].tunnel);
	run_until(is_session_ending);
	assert_int_equal(t.cancel_count, 0);
	answer(0, AUTH_RESULT_OK, "ann", ANN_ADDR);
	assert_int_equal(registry_count(t.shared.registry), 0);
	run_until(is_session_gone);
	assert_false(t.clients[0].is_connected);
}

/* The password may be right, so the client must not get a failure. */
static void a_login_cannot_be_checked(void **state)
{
	(void)state;
	open_client(0, "ann");
	run_until(has_asked_once);
	answer(0, AUTH_RESULT_UNAVAILABLE, "ann", 0);
	run_until(has_ann_ended);
	assert_false(t.clients[0].end.is_verdict);
	assert_int_equal(t.clients[0].end.reason, REASON_PPP);
	assert_string_equal(t.clients[0].end.text,
			    "the server cannot check logins now: what it asks, such as a RADIUS "
			    "server, does not answer");
	run_until(is_session_gone);
}

static void the_backend_is_busy(void **state)
{
	(void)state;
	t.error = -EDQUOT;
	open_client(0, "ann");
	run_until(has_ann_ended);
	assert_false(t.clients[0].end.is_verdict);
	run_until(is_session_gone);
	assert_int_equal(t.cancel_count, 0);
}

/* After a delay. */
static void a_refusal_is_a_verdict(void **state)
{
	(void)state;
	open_client(0, "ann");
	run_until(has_asked_once);
	answer(0, AUTH_RESULT_REFUSED, "ann", 0);
	run_until(has_ann_ended);
	assert_true(t.clients[0].end.is_verdict);
	assert_int_equal(t.clients[0].end.reason, REASON_AUTH);
	run_until(is_session_gone);
}

/* ---- EAP */

static void open_eap_client(const char *word)
{
	t.cfg.auth[0] = PPP_AUTH_EAP;
	begin_talk(word);
	open_client(0, "ann");
	run_until(has_asked_once);
}

/* The key is the method's, or the crypto binding would end the call. */
static void an_eap_conversation(void **state)
{
	const struct ppp_attempt *attempt;

	(void)state;
	open_eap_client("secret");
	attempt = t.asked[0]->request.attempt;
	assert_int_equal(attempt->method, PPP_AUTH_EAP);
	assert_memory_equal(attempt->user.at, "ann", attempt->user.len);
	judge_talk(t.asked[0], attempt->response);
	run_until(is_ann_connected);
	assert_int_equal(t.ask_count, 1);
	assert_int_equal(t.went_on, TALK_ROUNDS);
	assert_null(t.worker.host.open.first->eap); /* freed after the login */
	assert_int_equal(registry_count(t.shared.registry), 1);
	pass_packets_of_ann();
}

static void an_eap_failure(void **state)
{
	(void)state;
	open_eap_client("another");
	judge_talk(t.asked[0], t.asked[0]->request.attempt->response);
	run_until(has_ann_ended);
	assert_true(t.clients[0].end.is_verdict);
	run_until(is_session_gone);
}

static bool has_gone_on(void)
{
	return t.went_on > 0;
}

static void a_client_leaves_in_the_middle(void **state)
{
	(void)state;
	open_eap_client("secret");
	judge_talk(t.asked[0], t.asked[0]->request.attempt->response);
	run_until(has_gone_on);
	tunnel_abandon(&t.clients[0].tunnel);
	run_until(is_session_gone);
	assert_int_equal(t.cancel_count, 1);
}

static void what_is_no_request_ends_the_session(void **state)
{
	static const uint8_t response[] = { 2, 1, 0, 5, 1 };
	struct auth_result result = { .outcome = AUTH_RESULT_CONTINUE,
				      .eap = bytes_of(response, sizeof(response)) };

	(void)state;
	open_eap_client("secret");
	auth_answer(t.asked[0], &result);
	run_until(has_ann_ended);
	assert_false(t.clients[0].end.is_verdict);
	run_until(is_session_gone);
	assert_int_equal(t.cancel_count, 1);
}

/* ---- set-up */

static void quiet(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

static int set_up(void **state)
{
	struct error err;
	struct tun *tun;
	int fds[2];

	(void)state;
	t.identity = (struct tls_server_cfg){ .cert_file = t.cert, .key_file = t.key };
	t.cfg = (struct server_cfg){ .certs = &t.identity,
				     .cert_count = 1,
				     .mtu = 1400,
				     .hashes = SSTP_HASH_SHA256,
				     .auth = { PPP_AUTH_PAP },
				     .auth_count = 1,
				     .name = "server" };
	assert_true(ip_prefix_parse("10.9.0.0/24", &t.cfg.network));
	t.shared = (struct server_state){ .cfg = &t.cfg,
					  .workers = &t.worker,
					  .worker_count = 1,
					  .limits = door_limits(WORKER_HALF_OPEN_MAX, 0, 1) };
	memset(t.clients, 0, sizeof(t.clients));
	t.ask_count = t.cancel_count = t.went_on = 0;
	t.error = 0;
	t.give_up.expired = time_is_up;
	t.look = (struct loop_task){ .run = look };
	t.judge = (struct loop_task){ .run = judge_now };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) || tun_adopt(fds[0], &tun))
		return -1;
	t.device = fds[1];
	return certs_open(&t.shared.credentials.certs, &t.cfg, &err) ||
	       registry_open(&t.cfg, &t.shared.registry) ||
	       auth_open(&backend, NULL, &t.shared.auth) ||
	       worker_open(&t.worker, &t.shared, 0, tun);
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLIENTS && t.worker.loop; i++)
		if (t.clients[i].is_open)
			tunnel_abandon(&t.clients[i].tunnel);
	worker_close(&t.worker);
	registry_close(t.shared.registry);
	auth_close(t.shared.auth);
	credentials_close(&t.shared.credentials);
	close(t.device);
	return 0;
}

static int make_certificate(void **state)
{
	static const char *const name = "vpn.example.net";
	static struct cert_info info;
	static uint8_t der[4096];
	struct cert_request rq = { .names = &name, .name_count = 1, .days = 1 };
	struct tls_client_cfg client = { .pins = &t.pin, .pin_count = 1 };
	struct error err;
	size_t len;

	(void)state;
	strcpy(t.folder, "/tmp/login_test.XXXXXX");
	if (!mkdtemp(t.folder))
		return -1;
	snprintf(t.cert, sizeof(t.cert), "%s/cert", t.folder);
	snprintf(t.key, sizeof(t.key), "%s/key", t.folder);
	if (cert_make(&rq, t.cert, t.key, false, &err) ||
	    cert_load(t.cert, der, sizeof(der), &len, &err) ||
	    !cert_read(bytes_of(der, len), &info))
		return -1;
	t.pin = info.pin;
	log_set_sink(quiet);
	return tls_ctx_client(&client, &t.client_ctx, &err);
}

static int remove_certificate(void **state)
{
	(void)state;
	tls_ctx_release(t.client_ctx);
	unlink(t.cert);
	unlink(t.key);
	return rmdir(t.folder);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(packets_pass_while_a_login_is_checked),
		CASE(what_is_asked),
		CASE(a_login_leaves_nothing_behind),
		CASE(a_session_that_ends_takes_its_question_back),
		CASE(a_worker_that_ends_takes_its_questions_back),
		CASE(an_answer_for_one_that_is_leaving_is_dropped),
		CASE(a_login_cannot_be_checked),
		CASE(the_backend_is_busy),
		CASE(a_refusal_is_a_verdict),
		CASE(an_eap_conversation),
		CASE(an_eap_failure),
		CASE(a_client_leaves_in_the_middle),
		CASE(what_is_no_request_ends_the_session),
	};

	return cmocka_run_group_tests_name("server/login", tests, make_certificate,
					   remove_certificate);
}
