/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each request that needs a worker is a struct of its own, with the connection that waits for it.
 * When that connection goes the struct stays until the worker has answered.
 */
#include "server/server_control.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/events.h"
#include "http/status.h"
#include "server/listen.h"
#include "server/orders.h"
#include "server/server_metrics.h"
#include "server/session_info.h"
#include "tunnel/tunnel_json.h"

enum {
	PIECE = 32, /* sessions that a worker copies in one turn */
	STATUS_SIZE = 8192,
	BAN_SIZE = 640,
};

static void reply_simple(struct control_conn *conn, const char *name, uint64_t value)
{
	char body[256];
	struct json j;

	json_open(&j, body, sizeof(body));
	json_number(&j, name, value);
	control_reply_json(conn, HTTP_OK, body, json_close(&j));
}

static void fail_memory(struct control_conn *conn)
{
	control_fail(conn, HTTP_INTERNAL_SERVER_ERROR, "out of memory");
}

/* ---- a question to all workers */

struct question {
	struct control_waiter waiter;
	struct control_conn *conn; /* NULL: it is gone */
	struct server_control *server;
	/* one session: */
	uint64_t id;
	_Atomic(bool) is_found;
	struct session_info info;
	/* the counters: one for each worker */
	struct stats stats[];
};

static void question_gone(struct control_waiter *w)
{
	container_of(w, struct question, waiter)->conn = NULL;
}

static void ask_all(struct server_control *s, struct control_conn *conn, uint64_t id,
		    void (*fn)(void *worker, void *arg), void (*answered)(void *owner, void *arg))
{
	unsigned count = s->shared->worker_count;
	struct question *q = calloc(1, sizeof(*q) + count * sizeof(*q->stats));

	if (!q) {
		fail_memory(conn);
		return;
	}
	q->waiter.gone = question_gone;
	q->conn = conn;
	q->server = s;
	q->id = id;
	if (worker_ask_all(s->shared, s->mailbox, fn, answered, q)) {
		control_wait(conn, &q->waiter);
	} else {
		free(q);
		fail_memory(conn);
	}
}

/* ---- status */

/* None while the server drains or stops: then its listening sockets are closed. */
static void put_listeners(const struct server_control *s, struct json *j)
{
	const struct server_cfg *cfg = s->shared->cfg;
	bool is_listening = !strcmp(s->actions->state(s->arg), "running");

	json_array(j, "listen");
	for (size_t i = 0; is_listening && i < cfg->listen_count; i++)
		json_string(j, NULL, listen_print(&cfg->listen[i]).text);
	json_end(j);
}

static void put_ended(const struct stats *sum, struct json *j)
{
	json_object(j, "ended");
	for (int i = 0; i < TUNNEL_REASONS; i++)
		if (sum->ended[i])
			json_number(j, tunnel_reason_name((enum tunnel_reason)i), sum->ended[i]);
	json_end(j);
}

static void put_totals(const struct stats *sum, struct json *j)
{
	json_object(j, "totals");
	json_number(j, "connections", sum->connections);
	json_number(j, "logins", sum->logins);
	json_number(j, "refused_logins", sum->refusals);
	put_ended(sum, j);
	tunnel_stats_json(&sum->traffic, j);
	tunnel_drops_json("rx_dropped_by", sum->drops.rx, j);
	tunnel_drops_json("tx_dropped_by", sum->drops.tx, j);
	json_end(j);
}

static void ignore_ban(void *arg, const struct ban *ban, uint64_t left_ms)
{
	(void)arg;
	(void)ban;
	(void)left_ms;
}

static void put_networks(const struct server_cfg *cfg, struct json *j)
{
	json_string(j, "ipv4_network", ip_prefix_print(&cfg->network).text);
	if (cfg->ipv6_network.addr.family)
		json_string(j, "ipv6_network", ip_prefix_print(&cfg->ipv6_network).text);
}

static void print_status(struct server_control *s, const struct stats *sum, struct json *j)
{
	struct server_state *sh = s->shared;
	uint64_t now = loop_now(s->loop);

	json_string(j, "role", "server");
	json_string(j, "verb", "serve");
	json_string(j, "name", s->service.place.name);
	json_string(j, "version", SSTP_VERSION);
	json_number(j, "pid", (uint64_t)getpid());
	json_string(j, "state", s->actions->state(s->arg));
	json_string(j, "interface", tun_name(sh->workers[0].tun));
	json_number(j, "uptime_s", (now - s->started_ms) / 1000);
	json_number(j, "workers", sh->worker_count);
	put_listeners(s, j);
	put_networks(sh->cfg, j);
	json_number(j, "sessions", registry_count(sh->registry));
	json_number(j, "max_sessions", s->max_sessions);
	json_number(j, "half_open", sum->half_open);
	json_number(j, "bans", registry_each_ban(sh->registry, now, ignore_ban, NULL));
	sandbox_report_json(&s->sandbox, j);
	put_totals(sum, j);
}

static void status_answered(void *owner, void *arg)
{
	struct question *q = arg;
	struct stats sum = { .logins = 0 };
	char body[STATUS_SIZE];
	struct json j;

	(void)owner;
	if (q->conn) {
		for (unsigned i = 0; i < q->server->shared->worker_count; i++)
			stats_add(&sum, &q->stats[i]);
		json_open(&j, body, sizeof(body));
		print_status(q->server, &sum, &j);
		control_reply_json(q->conn, HTTP_OK, body, json_close(&j));
	}
	free(q);
}

static void ask_stats(void *worker, void *arg)
{
	worker_stats(worker, ((struct question *)arg)->stats);
}

static void get_status(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	(void)rq;
	ask_all(arg, conn, 0, ask_stats, status_answered);
}

/* ---- metrics */

static void fill_metrics(struct server_control *s, struct server_metrics *m)
{
	struct server_state *sh = s->shared;
	const struct server_cfg *cfg = sh->cfg;
	const struct certs *certs =
		&sh->credentials.certs; /* not cfg's, if these cannot be loaded */

	m->sessions = registry_count(sh->registry);
	m->max_sessions = s->max_sessions;
	m->bans = registry_each_ban(sh->registry, loop_now(s->loop), ignore_ban, NULL);
	m->workers = sh->worker_count;
	m->is_draining = strcmp(s->actions->state(s->arg), "running") != 0;
	m->has_radius = sh->radius && cfg->radius->server_count;
	if (m->has_radius)
		radius_latency(sh->radius, &m->radius, &m->radius_unanswered);
	for (size_t i = 0; i < certs->count && i < METRICS_CERTS_MAX; i++) {
		m->certs[i].file = certs->at[i].file;
		m->certs[i].expires = certs_expire(certs, i);
		m->cert_count++;
	}
	metrics_read_process(&m->process, loop_now(s->loop) - s->started_ms);
}

static void metrics_answered(void *owner, void *arg)
{
	struct question *q = arg;
	struct server_metrics *m = q->conn ? calloc(1, sizeof(*m) + METRICS_SIZE) : NULL;
	char *text = m ? (char *)(m + 1) : NULL;

	(void)owner;
	if (m) {
		for (unsigned i = 0; i < q->server->shared->worker_count; i++)
			stats_add(&m->sum, &q->stats[i]);
		fill_metrics(q->server, m);
		control_reply(q->conn, HTTP_OK, METRICS_TYPE, text, metrics_print(m, text));
	} else if (q->conn) {
		fail_memory(q->conn);
	}
	free(m);
	free(q);
}

static void get_metrics(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	(void)rq;
	ask_all(arg, conn, 0, ask_stats, metrics_answered);
}

/* ---- one session */

/* False, after a refusal. */
static bool read_id(struct control_conn *conn, const struct control_request *rq, uint64_t *id)
{
	char *end;

	*id = strtoull(rq->word, &end, 10);
	if (*rq->word >= '0' && *rq->word <= '9' && !*end && *id && *id <= UINT32_MAX)
		return true;
	control_fail(conn, HTTP_BAD_REQUEST, "a session's id is a number: 7");
	return false;
}

static void fail_no_session(struct control_conn *conn, uint64_t id)
{
	control_fail(conn, HTTP_NOT_FOUND, "there is no session %llu", (unsigned long long)id);
}

/* Only the worker that has the session writes. */
static void find_session(void *worker, void *arg)
{
	struct question *q = arg;
	const struct session *s = session_find(&((struct worker *)worker)->host, q->id);

	if (!s || !s->is_open)
		return;
	session_info_of(s, &q->info);
	atomic_store(&q->is_found, true);
}

static void session_answered(void *owner, void *arg)
{
	struct question *q = arg;
	char body[SESSION_INFO_JSON];
	struct json j;

	(void)owner;
	if (q->conn && q->is_found) {
		json_open(&j, body, sizeof(body));
		session_info_json(&q->info, &j);
		control_reply_json(q->conn, HTTP_OK, body, json_close(&j));
	} else if (q->conn) {
		fail_no_session(q->conn, q->id);
	}
	free(q);
}

static void get_session(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	uint64_t id;

	if (read_id(conn, rq, &id))
		ask_all(arg, conn, id, find_session, session_answered);
}

/* ---- all sessions */

/* While a worker has a piece to fill, only the worker uses the walk and what it fills. */
struct list {
	struct control_waiter waiter;
	struct control_conn *conn; /* NULL: it is gone */
	struct server_control *server;
	unsigned worker; /* the current one */
	bool has_begun;  /* the walk over its sessions */
	bool is_asked;
	bool needs_comma;
	struct session_walk walk;
	size_t count;
	struct session_info at[PIECE];
};

static void fill_piece(void *worker, void *arg)
{
	struct list *l = arg;
	const struct session *s;

	if (!l->has_begun)
		session_walk_start(&l->walk, &((struct worker *)worker)->host.open);
	l->has_begun = true;
	l->count = 0;
	while (l->count < PIECE && (s = session_walk_next(&l->walk)))
		session_info_of(s, &l->at[l->count++]);
}

static void stop_walk(void *worker, void *arg)
{
	(void)worker;
	session_walk_stop(&((struct list *)arg)->walk);
}

static void free_list(void *owner, void *arg)
{
	(void)owner;
	free(arg);
}

static struct worker *worker_of(const struct list *l)
{
	return &l->server->shared->workers[l->worker];
}

/* A walk that is under way is ended by its worker. Without memory for that the struct stays. */
static void end_list(struct list *l)
{
	if (!l->walk.list)
		free(l);
	else
		worker_ask(worker_of(l), l->server->mailbox, stop_walk, free_list, l);
}

static void list_gone(struct control_waiter *w)
{
	struct list *l = container_of(w, struct list, waiter);

	l->conn = NULL;
	if (!l->is_asked)
		end_list(l);
}

static bool put_session(struct list *l, const struct session_info *info)
{
	char text[SESSION_INFO_JSON + 1];
	struct json j;
	size_t len;

	json_open(&j, text + 1, sizeof(text) - 1);
	session_info_json(info, &j);
	len = json_close(&j);
	*text = ',';
	if (l->needs_comma)
		return control_put(l->conn, text, len + 1);
	l->needs_comma = true;
	return control_put(l->conn, text + 1, len);
}

static void abort_list(struct list *l)
{
	control_abort(l->conn);
	l->conn = NULL;
	end_list(l);
}

static void piece_filled(void *owner, void *arg);

/* All sessions so far have been sent. */
static void list_more(struct control_waiter *w)
{
	struct list *l = container_of(w, struct list, waiter);

	if (l->is_asked)
		return;
	if (l->has_begun && !l->walk.list) {
		l->has_begun = false;
		l->worker++;
	}
	if (l->worker == l->server->shared->worker_count) {
		control_put(l->conn, "]}", 2);
		control_end(l->conn);
		free(l);
		return;
	}
	l->is_asked = worker_ask(worker_of(l), l->server->mailbox, fill_piece, piece_filled, l);
	if (!l->is_asked)
		abort_list(l);
}

static void piece_filled(void *owner, void *arg)
{
	struct list *l = arg;
	bool fits = true;

	(void)owner;
	l->is_asked = false;
	for (size_t i = 0; l->conn && fits && i < l->count; i++)
		fits = put_session(l, &l->at[i]);
	if (!l->conn)
		end_list(l);
	else if (!fits)
		abort_list(l);
	else if (!l->count)
		list_more(&l->waiter);
}

static void get_sessions(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	static const char first[] = "{\"sessions\":[";
	struct list *l = calloc(1, sizeof(*l));

	(void)rq;
	if (!l) {
		fail_memory(conn);
		return;
	}
	l->waiter = (struct control_waiter){ list_more, list_gone };
	l->conn = conn;
	l->server = arg;
	control_stream(conn, &l->waiter, "application/json", first, sizeof(first) - 1);
}

/* ---- kick */

static const char kicked[] = "ended by an administrator";

static void post_kick(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	struct server_control *s = arg;
	struct radius_target target = { .session = 0 };

	if (!read_id(conn, rq, &target.session))
		return;
	if (orders_end(s->shared, &target, kicked))
		reply_simple(conn, "kicked", 1);
	else
		fail_no_session(conn, target.session);
}

/* A variable of a kick that cannot be used is an error: without it the kick would end more sessions. */
static bool is_wrong(const struct control_request *rq, const char *name, bool is_good)
{
	return control_request_has(rq, name) && !is_good;
}

/* By user, inner address, and source address; all that is given has to fit. */
static void post_kick_by(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	struct server_control *s = arg;
	struct radius_target target = { .session = 0 };
	char user[PPP_NAME_MAX + 1], text[64], source[64];
	struct ip_addr a;
	unsigned count;
	bool has_user = control_request_query(rq, "user", user, sizeof(user)) && *user;
	bool has_addr =
		control_request_query(rq, "address", text, sizeof(text)) && ip_parse(text, &a);
	bool has_source = control_request_query(rq, "source", source, sizeof(source)) && *source;

	if (is_wrong(rq, "address", has_addr)) {
		control_fail(conn, HTTP_BAD_REQUEST, "address must be an IP address");
		return;
	}
	if (is_wrong(rq, "user", has_user) || is_wrong(rq, "source", has_source)) {
		control_fail(conn, HTTP_BAD_REQUEST,
			     "user and source must not be empty, and "
			     "percent-encoding must be right");
		return;
	}
	if (!has_user && !has_addr && !has_source) {
		control_fail(conn, HTTP_BAD_REQUEST, "which sessions? ?user=, ?address=, ?source=");
		return;
	}
	if (has_user)
		target.user = bytes_text(user);
	if (has_source)
		target.calling = bytes_text(source);
	if (has_addr && a.family == AF_INET)
		target.ipv4 = ip_v4(&a);
	else if (has_addr)
		target.ipv6 = a;
	count = orders_end(s->shared, &target, kicked);
	if (count)
		reply_simple(conn, "kicked", count);
	else if (has_user && !has_addr && !has_source)
		control_fail(conn, HTTP_NOT_FOUND, "there is no session of the user %s",
			     log_quote(user, strlen(user)).text);
	else if (has_addr && !has_user && !has_source)
		control_fail(conn, HTTP_NOT_FOUND,
			     "there is no session with the address %s in the tunnel",
			     ip_print(&a).text);
	else
		control_fail(conn, HTTP_NOT_FOUND, "there is no session that matches all of these");
}

/* ---- bans */

static void put_ban(void *arg, const struct ban *ban, uint64_t left_ms)
{
	struct json *j = arg;

	json_object(j, NULL);
	json_string(j, "source", ip_print(&ban->source).text);
	json_number(j, "prefix_len", ban->source.family == AF_INET6 ? 64 : 32);
	if (*ban->user)
		json_string(j, "user", ban->user);
	json_number(j, "failures", ban->failures);
	json_number(j, "left_s", (left_ms + 999) / 1000);
	json_end(j);
}

static void get_bans(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	struct server_control *s = arg;
	struct registry *r = s->shared->registry;
	uint64_t now = loop_now(s->loop);
	size_t count = registry_each_ban(r, now, ignore_ban, NULL);
	size_t size = (count + count / 8 + 4) * BAN_SIZE; /* there may be more by then */
	char *body = malloc(size);
	struct json j;

	(void)rq;
	if (!body) {
		fail_memory(conn);
		return;
	}
	json_open(&j, body, size);
	json_array(&j, "bans");
	registry_each_ban(r, now, put_ban, &j);
	control_reply_json(conn, HTTP_OK, body, json_close(&j));
	free(body);
}

static void post_lift(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	struct server_control *s = arg;
	struct ip_addr a;
	size_t count;

	if (!ip_parse(rq->word, &a)) {
		control_fail(conn, HTTP_BAD_REQUEST, "not an IP address");
		return;
	}
	count = registry_lift_source(s->shared->registry, &a, loop_now(s->loop));
	if (!count) {
		control_fail(conn, HTTP_NOT_FOUND, "%s is not banned", ip_print(&a).text);
		return;
	}
	log_info(NULL, "lifted the bans of %s (control socket)", ip_print(&a).text);
	reply_simple(conn, "lifted", count);
}

static void post_lift_all(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	struct server_control *s = arg;
	size_t count = registry_each_ban(s->shared->registry, loop_now(s->loop), ignore_ban, NULL);

	(void)rq;
	registry_lift_bans(s->shared->registry);
	log_info(NULL, "lifted all bans (control socket)");
	reply_simple(conn, "lifted", count);
}

/* ---- reload and drain */

static void put_lines(const char *text, struct json *j)
{
	json_array(j, "report");
	while (*text) {
		size_t len = strcspn(text, "\n");

		json_bytes(j, NULL, text, len);
		text += len + (text[len] == '\n');
	}
	json_end(j);
}

static void post_reload(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	struct server_control *s = arg;
	char body[2 * RELOAD_REPORT_SIZE];
	struct reload_report report;
	struct json j;

	(void)rq;
	s->actions->reload(s->arg, &report);
	json_open(&j, body, sizeof(body));
	json_bool(&j, "ok", !report.has_failed);
	if (report.has_failed)
		json_string(&j, "error",
			    "not everything could be read; what could not stays as it was");
	put_lines(report.len ? report.text : "", &j);
	control_reply_json(conn, report.has_failed ? HTTP_CONFLICT : HTTP_OK, body, json_close(&j));
}

static void post_drain(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	struct server_control *s = arg;
	uint32_t seconds = UINT32_MAX;
	char text[16] = "", *end = text;

	if (control_request_has(rq, "seconds")) {
		bool is_text = control_request_query(rq, "seconds", text, sizeof(text));
		unsigned long n = is_text ? strtoul(text, &end, 10) : 0;

		seconds =
			is_text && *text >= '0' && *text <= '9' && !*end && n <= CONTROL_DRAIN_MAX_S
				? (uint32_t)n
				: UINT32_MAX;
		if (seconds == UINT32_MAX) {
			control_fail(conn, HTTP_BAD_REQUEST, "seconds must be a number up to %d",
				     CONTROL_DRAIN_MAX_S);
			return;
		}
	}
	s->actions->drain(s->arg, seconds);
	reply_simple(conn, "sessions", registry_count(s->shared->registry));
}

/* ---- start and end */

static const struct control_route routes[] = {
	{ "GET", "/v1/status", get_status, false },
	{ "GET", "/v1/sessions", get_sessions, false },
	{ "GET", "/v1/sessions/*", get_session, false },
	{ "POST", "/v1/sessions/kick", post_kick_by, false },
	{ "POST", "/v1/sessions/*/kick", post_kick, false },
	{ "GET", "/v1/bans", get_bans, false },
	{ "POST", "/v1/bans/lift", post_lift_all, false },
	{ "POST", "/v1/bans/*/lift", post_lift, false },
	{ "POST", "/v1/reload", post_reload, false },
	{ "POST", "/v1/drain", post_drain, false },
	{ "GET", "/v1/events", events_subscribe, false },
	{ "GET", "/metrics", get_metrics, true },
};

bool server_control_open(struct server_control *s)
{
	const struct control_settings *settings = s->shared->cfg->control;
	struct control_cfg cfg = {
		.loop = s->loop,
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(*routes),
		.arg = s,
	};

	if (!settings)
		return true;
	metrics_open_process();
	cfg.group = settings->place.group;
	return control_service_open(&s->service, settings, &cfg);
}

void server_control_close(struct server_control *s)
{
	control_service_close(&s->service);
}
