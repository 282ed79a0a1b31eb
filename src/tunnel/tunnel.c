/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a tunnel: from a connected socket through TLS, HTTP, SSTP and PPP to packets, and the
 * orderly shutdown. The engines decide; this file carries bytes and events between them and notifies
 * the owner.
 *
 * Anything may end the tunnel while a batch of bytes is being handled. So every loop that goes on
 * after an event first checks whether the stage is TUNNEL_CLOSED.
 */
#include "tunnel/tunnel.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/status.h"
#include "ppp/mschap_message.h"
#include "sstp/out.h"
#include "tunnel/inside.h"
#include "tunnel/rtt.h"
#include "util/alloc.h"
#include "util/secret.h"

enum {
	REPEAT_MS = 1000,
	RECEIVE_FIRST = 512 * 1024, /* bytes of the receive window */
	GIVE_UP_MS = 120 * 1000,    /* longer than a live peer is silent or has a zero window */
	SHUTDOWN_MS = 3000,         /* for Terminate-Request, Call-Disconnect and their replies */
};

void tunnel_notify(struct tunnel *t, struct tunnel_event ev)
{
	t->cfg.event(t->cfg.arg, &ev);
}

static void system_random(void *arg, void *to, size_t len)
{
	(void)arg;
	secret_random(to, len);
}

void tunnel_set_reason(struct tunnel *t, enum tunnel_reason reason, const char *format, ...)
{
	va_list args;

	if (t->has_end)
		return;
	t->has_end = true;
	t->end_reason = reason;
	t->is_end_by_us = t->is_shutting_down;
	va_start(args, format);
	if (vasprintf(&t->end_text, format, args) < 0)
		t->end_text = NULL;
	va_end(args);
}

void tunnel_set_sign(struct tunnel *t, enum tunnel_sign sign)
{
	if (!t->has_end)
		t->end_sign = sign;
}

static uint32_t unsent_bytes(int fd)
{
	int bytes = 0;

	return ioctl(fd, SIOCOUTQNSD, &bytes) ? 0 : (uint32_t)bytes;
}

struct tunnel_line tunnel_look(const struct tunnel *t)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (t->stage == TUNNEL_CLOSED)
		return t->line;
	getsockopt(t->wire.fd, IPPROTO_TCP, TCP_INFO, &info, &len); /* fails in tests: zeroes */
	return (struct tunnel_line){
		.rtt_ms = info.tcpi_rtt / 1000,
		.repeated = info.tcpi_total_retrans,
		.waiting = (uint32_t)(t->backlog ? backlog_bytes(t->backlog) : 0) +
			   unsent_bytes(t->wire.fd),
	};
}

void tunnel_stats_add(struct tunnel_stats *to, const struct tunnel_stats *from)
{
	to->rx_packets += from->rx_packets;
	to->rx_bytes += from->rx_bytes;
	to->tx_packets += from->tx_packets;
	to->tx_bytes += from->tx_bytes;
	to->tx_dropped += from->tx_dropped;
	to->tx_marked += from->tx_marked;
	to->rx_dropped += from->rx_dropped;
}

struct tunnel_line_text tunnel_line_print(const struct tunnel *t)
{
	struct tunnel_line l = tunnel_look(t);
	unsigned long long dropped = t->stats.tx_dropped;
	struct tunnel_line_text out;
	char waiting[40] = "";

	if (l.waiting && t->stage != TUNNEL_CLOSED)
		snprintf(waiting, sizeof(waiting), ", %u bytes wait", l.waiting);
	snprintf(
		out.text, sizeof(out.text),
		"%llu packets dropped, %llu marked by ECN, %u segments retransmitted, round trip %u ms%s",
		dropped, (unsigned long long)t->stats.tx_marked, l.repeated, l.rtt_ms, waiting);
	return out;
}

static void free_login(struct tunnel *t)
{
	if (t->login)
		secret_wipe(t->login, sizeof(*t->login));
	free(t->login);
	t->login = NULL;
}

static void free_outboxes(struct tunnel *t)
{
	struct tunnel_outboxes *o = t->outboxes;

	if (!o)
		return;
	if (o->ppp.used || o->sstp.tx_len) /* there may be a password in it */
		secret_wipe(o, sizeof(*o));
	alloc_put(o);
	t->outboxes = NULL;
}

static void release(struct tunnel *t)
{
	struct ppp_cfg ppp = t->ppp.cfg;

	t->line = tunnel_look(t);
	pump_hang_up(&t->wire);
	loop_timer_stop(t->cfg.loop, &t->timer);
	loop_unpost(t->cfg.loop, &t->turn);
	if (t->rates)
		loop_timer_stop(t->cfg.loop, &t->rates->pace);
	free(t->rates);
	t->rates = NULL;
	free(t->rest);
	t->rest = NULL;
	t->rest_len = 0;
	backlog_close(t->backlog);
	t->backlog = NULL;
	sstp_wipe(&t->sstp);
	ppp_wipe(&t->ppp);
	t->ppp.cfg = ppp; /* t->cfg.ppp */
	t->ppp_is_running = false;
	free_login(t);
	free_outboxes(t);
	t->stage = TUNNEL_CLOSED;
}

static void notify_ended(struct loop_task *task)
{
	struct tunnel *t = container_of(task, struct tunnel, ended);

	struct tunnel_end end = { .reason = t->end_reason,
				  .sign = t->end_sign,
				  .by_us = t->is_end_by_us,
				  .is_verdict = t->is_end_verdict,
				  .error = t->end_error,
				  .may_retry = t->may_retry };

	snprintf(end.text, sizeof(end.text), "%s", t->end_text ? t->end_text : "out of memory");
	free(t->end_text);
	t->end_text = NULL;
	tunnel_notify(t, (struct tunnel_event){ .type = TUNNEL_ENDED, .end = &end });
}

void tunnel_finish(struct tunnel *t)
{
	tunnel_set_engine_reason(t);
	tunnel_set_reason(t, REASON_LOST, "the connection ended");
	if (t->stage == TUNNEL_RUNNING) {
		pump_seal(t->wire.pump);
		tls_notify_close(t->wire.tls); /* with the goodbye, in one segment */
		pump_flush(t->wire.pump);
	}
	release(t);
	loop_post(t->cfg.loop, &t->ended);
}

/* ---- events of the engines */

static enum tunnel_reason ppp_reason(const struct tunnel *t, enum ppp_closed why)
{
	switch (why) {
	case PPP_CLOSED_REFUSED:
	case PPP_CLOSED_NO_METHOD:
	case PPP_CLOSED_NO_AUTH:
	case PPP_CLOSED_FALSE_SERVER:
	case PPP_CLOSED_AUTH_TIMEOUT:
	case PPP_CLOSED_AT_LOGIN:
	case PPP_CLOSED_AT_METHOD:
		return REASON_AUTH;
	case PPP_CLOSED_BY_PEER:
		return t->is_connected ? REASON_PEER : REASON_PPP;
	case PPP_CLOSED_SILENT:
		return t->is_connected ? REASON_SILENT : REASON_PPP;
	case PPP_CLOSED_BY_US:
	case PPP_CLOSED_RENEGOTIATED:
		return t->is_connected ? REASON_LOST : REASON_PPP;
	case PPP_CLOSED_UNCHECKED:
	case PPP_CLOSED_LCP_TIMEOUT:
	case PPP_CLOSED_NO_AGREEMENT:
	case PPP_CLOSED_LOOP:
	case PPP_CLOSED_NO_NETWORK:
		return REASON_PPP;
	}
	return REASON_PPP;
}

static enum tunnel_reason sstp_reason(const struct tunnel *t, enum sstp_closed why)
{
	switch (why) {
	case SSTP_CLOSED_HTTP_STATUS:
	case SSTP_CLOSED_WEB_PAGE:
	case SSTP_CLOSED_NOT_SSTP:
	case SSTP_CLOSED_NO_RESPONSE:
	case SSTP_CLOSED_NO_REQUEST:
		return REASON_HTTP;
	case SSTP_CLOSED_BY_PEER:
	case SSTP_CLOSED_ABORTED:
		return t->is_connected ? REASON_PEER : REASON_SSTP;
	case SSTP_CLOSED_SILENT:
		return t->is_connected ? REASON_SILENT : REASON_SSTP;
	case SSTP_CLOSED_BY_US:
		return t->is_connected ? REASON_LOST : REASON_SSTP;
	case SSTP_CLOSED_NEGOTIATION:
	case SSTP_CLOSED_UNCONFIRMED:
	case SSTP_CLOSED_BAD_MESSAGE:
	case SSTP_CLOSED_NO_HASH:
	case SSTP_CLOSED_BAD_BINDING:
	case SSTP_CLOSED_REFUSED:
	case SSTP_CLOSED_BAD_STREAM:
		return REASON_SSTP;
	}
	return REASON_SSTP;
}

static void set_ppp_reason(struct tunnel *t, const struct ppp_out *out)
{
	struct bytes detail = out->closed.detail;
	enum tunnel_reason reason = ppp_reason(t, out->closed.why);
	const char *text = ppp_closed_text(out->closed.why);

	if (out->closed.why == PPP_CLOSED_REFUSED && mschap_error_text(out->closed.error))
		text = mschap_error_text(out->closed.error);
	if (out->closed.why == PPP_CLOSED_AT_LOGIN && detail.len)
		text = "the server ended the link during the login";
	if (!t->has_end) {
		t->is_end_verdict = ppp_closed_is_refusal(out->closed.why);
		t->end_error = out->closed.error;
		t->may_retry = out->closed.may_retry;
	}
	if (detail.len && out->closed.error)
		tunnel_set_reason(t, reason, "%s (error %u, %s)", text, out->closed.error,
				  log_quote(detail.at, detail.len).text);
	else if (out->closed.error)
		tunnel_set_reason(t, reason, "%s (error %u)", text, out->closed.error);
	else if (detail.len && out->closed.why != PPP_CLOSED_UNCHECKED)
		tunnel_set_reason(t, reason, "%s (%s)", text,
				  log_quote(detail.at, detail.len).text);
	else
		tunnel_set_reason(t, reason, "%s", text);
}

static void set_http_status_reason(struct tunnel *t, enum tunnel_reason reason, int status,
				   struct bytes location)
{
	if (location.len)
		tunnel_set_reason(t, reason,
				  "a web page wants you to log in first: %s (HTTP status %d)",
				  log_quote(location.at, location.len).text, status);
	else if (status == HTTP_NETWORK_AUTHENTICATION_REQUIRED)
		tunnel_set_reason(t, reason,
				  "a web page wants you to log in first (HTTP status %d)", status);
	else if (status == HTTP_SERVICE_UNAVAILABLE)
		tunnel_set_reason(t, reason,
				  "the server is full, or out of service for now (HTTP status %d)",
				  status);
	else
		tunnel_set_reason(t, reason, "%s (HTTP status %d)",
				  sstp_closed_text(SSTP_CLOSED_HTTP_STATUS), status);
}

static enum tunnel_sign status_sign(int status, struct bytes location)
{
	if (location.len)
		return SIGN_HTTP_REDIRECT;
	switch (status) {
	case HTTP_NETWORK_AUTHENTICATION_REQUIRED:
		return SIGN_HTTP_LOGIN;
	case HTTP_PROXY_AUTHENTICATION_REQUIRED:
		return SIGN_HTTP_PROXY_AUTH;
	case HTTP_FORBIDDEN:
	case HTTP_UNAVAILABLE_FOR_LEGAL_REASONS:
		return SIGN_HTTP_FORBIDDEN;
	case HTTP_SERVICE_UNAVAILABLE: /* of an SSTP server that is full */
		return SIGN_NONE;
	default:
		return SIGN_HTTP_STATUS;
	}
}

/* [MS-SSTP] 3.3.5.2.3: a server ends a call so when the crypto binding is not what it expects. */
static bool is_binding_refused(const struct tunnel *t, const struct sstp_out *out)
{
	return out->closed.why == SSTP_CLOSED_ABORTED && t->is_bound && !t->is_connected &&
	       out->closed.status == SSTP_STATUS_VALUE_NOT_SUPPORTED;
}

static enum tunnel_sign sstp_sign(const struct tunnel *t, const struct sstp_out *out)
{
	switch (out->closed.why) {
	case SSTP_CLOSED_HTTP_STATUS:
		return status_sign(out->closed.http_status, out->closed.location);
	case SSTP_CLOSED_WEB_PAGE:
		return SIGN_HTTP_PAGE;
	case SSTP_CLOSED_NO_RESPONSE:
		return SIGN_HTTP_SILENT;
	default:
		return is_binding_refused(t, out) ? SIGN_BINDING : SIGN_NONE;
	}
}

static void set_sstp_reason(struct tunnel *t, const struct sstp_out *out)
{
	enum tunnel_reason reason = sstp_reason(t, out->closed.why);
	const char *text = sstp_closed_text(out->closed.why);

	tunnel_set_sign(t, sstp_sign(t, out));

	if (out->closed.why == SSTP_CLOSED_HTTP_STATUS)
		set_http_status_reason(t, reason, out->closed.http_status, out->closed.location);
	else if (out->closed.status)
		tunnel_set_reason(t, reason, "%s (%s)", text, sstp_status_name(out->closed.status));
	else
		tunnel_set_reason(t, reason, "%s", text);
}

void tunnel_set_engine_reason(struct tunnel *t)
{
	struct sstp_out so;
	struct ppp_out po;

	if (t->has_end) /* what the engines' texts point to may be gone by now */
		return;
	if (t->ppp_is_running && ppp_noted_end(&t->ppp, &po))
		set_ppp_reason(t, &po);
	if (sstp_noted_end(&t->sstp, &so))
		set_sstp_reason(t, &so);
}

/* In a record with others only if the peer takes all messages out of a record, as ours does. */
static uint8_t *put_control(struct tunnel *t, size_t len)
{
	if (t->ppp_is_running && ppp_peer_is_ours(&t->ppp))
		return pump_put(&t->wire, len);
	return pump_put_own_record(&t->wire, len);
}

static void put_bytes_out(struct tunnel *t, struct bytes b)
{
	memcpy(put_control(t, b.len), b.at, b.len);
}

static void send_ppp_frame(struct tunnel *t, struct bytes frame)
{
	uint8_t *at;

	if (!sstp_ppp_is_open(&t->sstp))
		return;
	at = put_control(t, SSTP_HDR_LEN + frame.len);
	sstp_put_data_header(at, frame.len);
	memcpy(at + SSTP_HDR_LEN, frame.at, frame.len);
}

static void end_without_memory(struct tunnel *t)
{
	tunnel_set_reason(t, REASON_SYSTEM, "out of memory");
	tunnel_finish(t);
}

bool tunnel_lend(struct tunnel *t)
{
	struct tunnel_outboxes *o = t->outboxes;

	if (o)
		return true;
	o = t->outboxes = alloc_get(sizeof(*o));
	if (!o) {
		end_without_memory(t);
		return false;
	}
	outbox_reset(&o->ppp);
	sstp_outbox_reset(&o->sstp);
	sstp_lend(&t->sstp, &o->sstp);
	if (t->ppp_is_running)
		ppp_lend(&t->ppp, &o->ppp);
	return true;
}

static void take_back(struct tunnel *t)
{
	sstp_lend(&t->sstp, NULL);
	if (t->ppp_is_running)
		ppp_lend(&t->ppp, NULL);
	free_outboxes(t);
}

void tunnel_start_sstp(struct tunnel *t)
{
	struct sstp_cfg cfg = {
		.role = t->cfg.ppp->role == PPP_CLIENT ? SSTP_CLIENT : SSTP_SERVER,
		.hashes = t->cfg.hashes,
		.host = t->cfg.http_host,
		.correlation = t->cfg.correlation,
		.busy = t->cfg.busy,
		.hello_ms = t->cfg.hello_ms,
		.random = system_random,
		.log = t->cfg.log,
	};

	t->login = calloc(1, sizeof(*t->login));
	if (!t->login) {
		end_without_memory(t);
		return;
	}
	tls_binding_hashes(t->wire.tls, t->login->sstp.cert_sha1, t->login->sstp.cert_sha256);
	t->login->sstp.others = tls_other_hashes(t->wire.tls, &t->login->sstp.other_count);
	sstp_init(&t->sstp, &cfg, &t->login->sstp);
	t->stage = TUNNEL_RUNNING;
	t->stage_deadline_ms = t->cfg.setup_ms ? t->cfg.setup_deadline_ms : UINT64_MAX;
	if (!tunnel_lend(t))
		return;
	sstp_open(&t->sstp, loop_now(t->cfg.loop));
	tunnel_drain(t);
}

static uint32_t socket_rtt_ms(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return 0;
	return info.tcpi_rtt / 1000;
}

static void start_ppp(struct tunnel *t)
{
	uint64_t exchange_ms = loop_now(t->cfg.loop) - t->http_done_ms;

	struct ppp_cfg *cfg = &t->ppp.cfg;

	cfg->rtt_ms = rtt_of(socket_rtt_ms(t->wire.fd), exchange_ms);
	log_debug(t->cfg.log, "round trip %u ms", (unsigned)cfg->rtt_ms);
	cfg->peer_is_ready = t->sstp.correlation; /* the peer is sstp too */
	cfg->random = system_random;
	cfg->log = t->cfg.log;
	ppp_init(&t->ppp, cfg, &t->login->ppp);
	t->ppp_is_running = true;
	ppp_lend(&t->ppp, &t->outboxes->ppp);
	ppp_open(&t->ppp, loop_now(t->cfg.loop));
}

/* Data flows once both the call is connected and a network protocol is open. */
static bool just_connected(const struct tunnel *t)
{
	return !t->is_connected && t->ppp_is_running && sstp_is_connected(&t->sstp) &&
	       (ppp_data_is_open(&t->ppp, PPP_PROTO_IPV4) ||
		ppp_data_is_open(&t->ppp, PPP_PROTO_IPV6));
}

static void on_ppp(struct tunnel *t, const struct ppp_out *out)
{
	struct tunnel_event ev = { .type = TUNNEL_ENDED };

	switch (out->type) {
	case PPP_OUT_FRAME:
		send_ppp_frame(t, out->frame);
		return;
	case PPP_OUT_LCP_UP:
		return;
	case PPP_OUT_OFFER:
		ev.type = TUNNEL_OFFER;
		ev.offer = out->offer;
		break;
	case PPP_OUT_CHECK_PASSWORD:
		ev.type = TUNNEL_CHECK_PASSWORD;
		ev.attempt = &out->attempt;
		break;
	case PPP_OUT_EAP:
		ev.type = TUNNEL_EAP;
		ev.packet = out->eap;
		break;
	case PPP_OUT_AUTHENTICATED:
		sstp_authenticated(&t->sstp, out->hlak, loop_now(t->cfg.loop));
		ev.type = TUNNEL_AUTHENTICATED;
		break;
	case PPP_OUT_IPV4_UP:
		ev.type = TUNNEL_IPV4_UP;
		ev.ipv4 = &out->ipv4;
		break;
	case PPP_OUT_IPV6_UP:
		ev.type = TUNNEL_IPV6_UP;
		ev.ipv6 = &out->ipv6;
		break;
	case PPP_OUT_IPV4_DOWN:
		ev.type = TUNNEL_IPV4_DOWN;
		break;
	case PPP_OUT_IPV6_DOWN:
		ev.type = TUNNEL_IPV6_DOWN;
		break;
	case PPP_OUT_CLOSED:
		set_ppp_reason(t, out);
		sstp_close(&t->sstp, loop_now(t->cfg.loop));
		return;
	}
	tunnel_notify(t, ev);
}

static void on_sstp(struct tunnel *t, const struct sstp_out *out)
{
	switch (out->type) {
	case SSTP_OUT_SEND:
		put_bytes_out(t, out->bytes);
		break;
	case SSTP_OUT_OTHER_HTTP:
		sstp_refuse_http(&t->sstp, out->other.status);
		break;
	case SSTP_OUT_HTTP_DONE:
		t->http_is_done = true;
		t->http_done_ms = loop_now(t->cfg.loop);
		break;
	case SSTP_OUT_START_PPP:
		start_ppp(t);
		tunnel_notify(t, (struct tunnel_event){ .type = TUNNEL_SSTP_UP,
							.hashes = out->hashes });
		break;
	case SSTP_OUT_PPP_FRAME:
		tunnel_take_frame(t, out->bytes);
		break;
	case SSTP_OUT_CONNECTED:
		t->is_bound = true;
		break; /* just_connected sees it */
	case SSTP_OUT_CLOSED:
		tunnel_finish(t);
		break;
	}
}

/* A client may be challenged again at any time; to a server that does not happen. */
static void forget_login(struct tunnel *t)
{
	ppp_forget_login(&t->ppp);
	free_login(t);
}

/*
 * Room for the first download. The kernel lets a connection's receive window grow to 64 KiB, and further only after it has
 * seen the data of a round trip: the login moves too little, so a sender would wait for the window for two round
 * trips. SO_RCVLOWAT raises the buffer to what it asks for (Linux 4.18), and the kernel goes on from there; SO_RCVBUF
 * would end that. Not with a speed limit, which leaves in the socket what it does not let pass.
 */
static void widen_window(struct tunnel *t)
{
	static const int some = RECEIVE_FIRST, any = 1;

	setsockopt(t->wire.fd, SOL_SOCKET, SO_RCVLOWAT, &some, sizeof(some));
	setsockopt(t->wire.fd, SOL_SOCKET, SO_RCVLOWAT, &any, sizeof(any));
}

/*
 * Handles the engines' frames and events until neither has more. SSTP comes first each time, so that
 * Call-Connected, which PPP's success causes, leaves before IPCP's first frame.
 */
void tunnel_drain(struct tunnel *t)
{
	struct sstp_out so;
	struct ppp_out po;

	while (t->stage == TUNNEL_RUNNING) {
		if (sstp_next(&t->sstp, &so)) {
			on_sstp(t, &so);
		} else if (t->ppp_is_running && ppp_next(&t->ppp, &po)) {
			on_ppp(t, &po);
			secret_wipe(&po, sizeof(po));
		} else if (just_connected(t)) {
			t->is_connected = true;
			if (!tunnel_limits_up(t))
				widen_window(t);
			t->wire.queue_max = PUMP_QUEUE_MAX;
			if (!t->is_shutting_down)
				t->stage_deadline_ms = UINT64_MAX;
			if (t->cfg.ppp->role == PPP_SERVER)
				forget_login(t);
			tunnel_notify(t, (struct tunnel_event){ .type = TUNNEL_CONNECTED });
		} else {
			take_back(t);
			break;
		}
	}
}

/* The timer is only moved to an earlier time here: one that expires too early finds nothing due and is
 * set again. */
void tunnel_arm(struct tunnel *t)
{
	uint64_t at = t->stage_deadline_ms;

	if (t->stage == TUNNEL_CLOSED)
		return;
	if (t->stage == TUNNEL_RUNNING) {
		uint64_t d = sstp_deadline(&t->sstp);

		at = d < at ? d : at;
		d = t->ppp_is_running ? ppp_deadline(&t->ppp) : UINT64_MAX;
		at = d < at ? d : at;
	}
	if (!t->timer.slot || at < t->timer.at_ms)
		loop_timer_set(t->cfg.loop, &t->timer, at);
}

static void set_stage_reason(struct tunnel *t)
{
	unsigned seconds = (unsigned)(t->cfg.setup_ms / 1000);

	if (t->stage == TUNNEL_TLS)
		tunnel_set_sign(t, tls_first_input(t->wire.tls).len ? SIGN_TLS_STALLED
								    : SIGN_TLS_SILENT);
	else if (!t->http_is_done)
		tunnel_set_sign(t, SIGN_HTTP_SILENT);
	if (t->stage == TUNNEL_TLS)
		tunnel_set_reason(t, REASON_TLS, "no TLS handshake within %u seconds",
				  (unsigned)(t->cfg.tls_timeout_ms / 1000));
	else if (!t->http_is_done)
		tunnel_set_reason(t, REASON_HTTP,
				  "not connected within %u seconds: HTTP did not finish", seconds);
	else if (!t->ppp_is_running)
		tunnel_set_reason(t, REASON_SSTP,
				  "not connected within %u seconds: SSTP did not finish", seconds);
	else
		tunnel_set_reason(t, REASON_PPP,
				  "not connected within %u seconds: PPP did not finish", seconds);
}

/* The end of a login that is still being checked has that reason as its text: the client would take silence for a refusal. */
static void stage_expired(struct tunnel *t)
{
	bool is_checking = t->stage == TUNNEL_RUNNING && t->ppp_is_running &&
			   !t->is_shutting_down && ppp_checks_login(&t->ppp);

	set_stage_reason(t);
	if (is_checking)
		tunnel_shutdown_for(t, REASON_PPP, NULL);
	else
		tunnel_finish(t);
}

/* The timer expires at least as often as SSTP's Hello. */
static void free_idle_backlog(struct tunnel *t, uint64_t now_ms)
{
	if (!t->backlog || !backlog_is_idle(t->backlog, now_ms))
		return;
	backlog_close(t->backlog);
	t->backlog = NULL;
}

static void on_timer(struct loop_timer *timer)
{
	struct tunnel *t = container_of(timer, struct tunnel, timer);
	uint64_t now = loop_now(t->cfg.loop);

	if (now >= t->stage_deadline_ms) {
		stage_expired(t);
		return;
	}
	if (t->stage == TUNNEL_RUNNING && tunnel_lend(t)) {
		if (now >= sstp_deadline(&t->sstp))
			sstp_tick(&t->sstp, now);
		if (t->ppp_is_running && now >= ppp_deadline(&t->ppp))
			ppp_tick(&t->ppp, now);
		tunnel_drain(t);
	}
	free_idle_backlog(t, now);
	tunnel_arm(t);
}

static void on_ready(struct loop_watch *w, uint32_t events)
{
	struct tunnel *t = container_of(w, struct tunnel, wire.watch);

	if (events & EPOLLOUT)
		tunnel_send_waiting(t);
	if (t->stage != TUNNEL_CLOSED && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		tunnel_read(t);
}

void tunnel_pace(struct tunnel *t, uint64_t at_ms)
{
	struct tunnel_rates *r = t->rates;

	if (r->pace.slot && r->pace_ms <= at_ms)
		return;
	r->pace_ms = at_ms;
	loop_timer_set(t->cfg.loop, &r->pace, at_ms);
}

static void on_pace(struct loop_timer *timer)
{
	struct tunnel_rates *r = container_of(timer, struct tunnel_rates, pace);
	struct tunnel *t = r->tunnel;

	if (t->wire.is_paused && rate_is_empty(&r->up, loop_now(t->cfg.loop)))
		tunnel_pace(t, rate_ready_ms(&r->up));
	else if (t->wire.is_paused)
		pump_pause(&t->wire, false);
	loop_post(t->cfg.loop, &t->turn);
}

bool tunnel_set_rates(struct tunnel *t, uint64_t up, uint64_t down)
{
	if (!t->rates && !up && !down)
		return true;
	if (!t->rates)
		t->rates = calloc(1, sizeof(*t->rates));
	if (!t->rates)
		return false;
	t->rates->tunnel = t;
	t->rates->pace.expired = on_pace;
	rate_set(&t->rates->up, up, loop_now(t->cfg.loop));
	rate_set(&t->rates->down, down, loop_now(t->cfg.loop));
	return true;
}

static void on_broken(struct pump_end *wire)
{
	tunnel_set_reason(container_of(wire, struct tunnel, wire), REASON_LOST,
			  "the peer does not read what is sent to it");
}

/* ---- the owner's calls */

#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44 /* Linux 6.15 */
#endif

/*
 * By default the kernel doubles the time between two retransmissions up to two minutes: after an outage
 * of half a minute it took up to 14 s until the tunnel used the line again. At one retransmission a second
 * the default limit of 15 is soon reached, so a time limit (TCP_USER_TIMEOUT) replaces it.
 */
static void repeat_often(struct tunnel *t)
{
	unsigned max_ms = REPEAT_MS, give_up_ms = GIVE_UP_MS;

	t->acks_dead_ms = TUNNEL_ACKS_DEAD_MS;
	if (setsockopt(t->wire.fd, IPPROTO_TCP, TCP_RTO_MAX_MS, &max_ms, sizeof(max_ms)) ||
	    setsockopt(t->wire.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &give_up_ms, sizeof(give_up_ms)))
		return;
	t->acks_dead_ms = TUNNEL_ACKS_DEAD_LATE_MS;
}

static void set_socket(struct tunnel *t)
{
	repeat_often(t);
	unsent_start(&t->unsent, t->wire.fd);
}

static void init(struct tunnel *t, const struct tunnel_cfg *cfg)
{
	*t = (struct tunnel){ .cfg = *cfg, .stage = TUNNEL_TLS, .ppp.cfg = *cfg->ppp };
	t->cfg.ppp = &t->ppp.cfg;
	t->wire = (struct pump_end){
		.pump = cfg->pump,
		.fd = cfg->fd,
		.watch = { .fd = cfg->fd, .events = EPOLLIN, .ready = on_ready },
		.queue_max = PUMP_QUEUE_EARLY_MAX,
		.broken = on_broken,
	};
	t->timer.expired = on_timer;
	t->ended.run = notify_ended;
	t->turn.run = tunnel_end_turn;
}

int tunnel_open(struct tunnel *t, const struct tunnel_cfg *cfg)
{
	struct tls_session_cfg tls = {
		.name = cfg->name,
		.sni = cfg->sni,
		.send = pump_take_ciphertext,
		.arg = &t->wire,
	};
	int error;

	init(t, cfg);
	t->stage_deadline_ms = loop_now(cfg->loop) + cfg->tls_timeout_ms;
	if (cfg->setup_ms && cfg->setup_deadline_ms < t->stage_deadline_ms)
		t->stage_deadline_ms = cfg->setup_deadline_ms;
	set_socket(t);
	error = tls_open(cfg->tls_ctx, &tls, &t->wire.tls);
	if (!error)
		error = loop_watch(cfg->loop, &t->wire.watch);
	if (error) {
		pump_hang_up(&t->wire);
		return error;
	}
	tunnel_arm(t);
	if (cfg->ppp->role == PPP_CLIENT)
		tls_handshake(t->wire.tls); /* the ClientHello; the next call reports an error */
	return 0;
}

int tunnel_adopt(struct tunnel *t, const struct tunnel_cfg *cfg, struct pump_end *wire)
{
	int error;

	init(t, cfg);
	error = pump_move(wire, &t->wire);
	if (error) {
		release(t);
		return error;
	}
	set_socket(t);
	tunnel_start_sstp(t);
	tunnel_arm(t);
	return 0;
}

void tunnel_auth_result(struct tunnel *t, const struct ppp_auth_result *v)
{
	if (!t->ppp_is_running || !tunnel_lend(t))
		return;
	ppp_auth_result(&t->ppp, v, loop_now(t->cfg.loop));
	tunnel_drain(t);
	tunnel_arm(t);
}

bool tunnel_eap_send(struct tunnel *t, struct bytes packet)
{
	bool was_sent;

	if (!t->ppp_is_running || !tunnel_lend(t))
		return false;
	was_sent = ppp_eap_send(&t->ppp, packet, loop_now(t->cfg.loop));
	tunnel_drain(t);
	tunnel_arm(t);
	return was_sent;
}

void tunnel_eap_done(struct tunnel *t, const uint8_t hlak[PPP_HLAK_LEN])
{
	if (t->ppp_is_running)
		ppp_eap_done(&t->ppp, hlak, loop_now(t->cfg.loop));
}

void tunnel_eap_fault(struct tunnel *t, enum tunnel_reason reason, const char *why)
{
	if (!t->has_end)
		t->is_end_verdict = true;
	tunnel_set_reason(t, reason, "%s", why);
}

void tunnel_set_sink(struct tunnel *t, struct packet_sink *sink)
{
	t->cfg.sink = sink;
}

void tunnel_eap_refused(struct tunnel *t, uint16_t error, bool may_retry, const char *why)
{
	if (!t->has_end) {
		t->end_error = error;
		t->may_retry = may_retry;
	}
	tunnel_eap_fault(t, REASON_AUTH, why);
}

void tunnel_shutdown(struct tunnel *t)
{
	tunnel_shutdown_for(t, REASON_NONE, NULL);
}

void tunnel_shutdown_for(struct tunnel *t, enum tunnel_reason reason, const char *why)
{
	uint64_t now = loop_now(t->cfg.loop);

	if (t->is_shutting_down || t->stage == TUNNEL_CLOSED)
		return;
	t->is_shutting_down = true;
	tunnel_set_reason(t, reason, "%s", why ? why : "disconnected");
	if (t->stage != TUNNEL_RUNNING) {
		tunnel_finish(t);
		return;
	}
	t->stage_deadline_ms = now + SHUTDOWN_MS;
	if (!tunnel_lend(t))
		return;
	if (t->ppp_is_running)
		ppp_close(&t->ppp, why, now);
	else
		sstp_close(&t->sstp, now);
	tunnel_drain(t);
	tunnel_arm(t);
}

bool tunnel_is_ending(const struct tunnel *t)
{
	struct ppp_out out;

	return t->has_end || t->stage == TUNNEL_CLOSED || t->stage == TUNNEL_ENDING ||
	       (t->ppp_is_running && ppp_noted_end(&t->ppp, &out));
}

void tunnel_leave(struct tunnel *t, const char *why)
{
	if (t->stage == TUNNEL_CLOSED)
		return;
	t->is_shutting_down = true;
	tunnel_set_reason(t, REASON_NONE, "%s", why);
	if (t->stage == TUNNEL_RUNNING && tunnel_lend(t)) {
		sstp_close(&t->sstp, loop_now(t->cfg.loop));
		tunnel_drain(t);
	}
	if (t->stage != TUNNEL_CLOSED)
		tunnel_finish(t);
}

/*
 * How long the peer's TCP has acknowledged nothing of the data in flight; 0: nothing is in flight. An
 * acknowledgement that comes with the peer's own repetitions counts only when it is of new data: where
 * packets get lost in our direction alone, the peer repeats what it has sent, and each repetition
 * carries its old acknowledgement. A peer without room acknowledges probes, which is no new data.
 */
static uint32_t unacknowledged_ms(struct tunnel *t)
{
	uint64_t now = loop_now(t->cfg.loop), last;
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (t->stage == TUNNEL_CLOSED || t->stage == TUNNEL_ENDING ||
	    getsockopt(t->wire.fd, IPPROTO_TCP, TCP_INFO, &info, &len) || !info.tcpi_unacked) {
		t->unacknowledged_ms = 0;
		return 0;
	}
	last = now - info.tcpi_last_ack_recv;
	if (!t->unacknowledged_ms)
		t->unacknowledged_ms = now;
	else if (last > t->unacknowledged_ms &&
		 (info.tcpi_bytes_acked != t->acknowledged || !info.tcpi_snd_wnd))
		t->unacknowledged_ms = last;
	t->acknowledged = info.tcpi_bytes_acked;
	return (uint32_t)(now - t->unacknowledged_ms);
}

uint32_t tunnel_check_acks(struct tunnel *t)
{
	uint32_t silent_ms = unacknowledged_ms(t);

	if (silent_ms < t->acks_dead_ms)
		return silent_ms;
	tunnel_set_reason(t, REASON_SILENT, "no acknowledgement from the %s for %u s",
			  t->cfg.ppp->role == PPP_CLIENT ? "server" : "client", silent_ms / 1000);
	tunnel_finish(t);
	tunnel_arm(t);
	return silent_ms;
}

void tunnel_abandon(struct tunnel *t)
{
	if (t->stage != TUNNEL_CLOSED)
		release(t);
	if (t->cfg.loop)
		loop_unpost(t->cfg.loop, &t->ended);
	free(t->end_text);
	t->end_text = NULL;
}
