/*
 * The life of a tunnel: from a connected socket through TLS, HTTP, SSTP and PPP to packets, and the
 * orderly way back. The engines decide; this file carries bytes and events between them and tells
 * the owner.
 *
 * Anything may end the tunnel while a batch of bytes is being worked off. So every loop that goes on
 * after an event asks first whether the stage is TUNNEL_CLOSED by now.
 */
#include "tunnel/tunnel.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tun/icmp.h"
#include "tun/mss.h"
#include "tun/segment.h"
#include "util/secret.h"

enum {
	SHUTDOWN_MS = 3000,        /* for Terminate-Request, Call-Disconnect and their answers */
	/* Bytes that wait unsent in the socket: what it sends in UNSENT_MS at its present speed. */
	UNSENT_MIN = 16 * 1024,
	UNSENT_MAX = 256 * 1024,
	UNSENT_MS = 4,
	UNSENT_CHECK_MS = 50, /* how often that is looked at, while the socket is full */
	ICMP_PAUSE_MS = 10,   /* between two answers to packets that are too big */
	IPV4_HDR_LEN = 20,
	IPV6_HDR_LEN = 40,
};

static void tell(struct tunnel *t, struct tunnel_event ev)
{
	t->cfg.event(t->cfg.arg, &ev);
}

static void system_random(void *arg, void *to, size_t len)
{
	(void)arg;
	secret_random(to, len);
}

/* Remembers why; the first reason is the cause, those after it are its consequences. */
__attribute__((format(printf, 3, 4))) static void
blame(struct tunnel *t, enum exit_code code, const char *format, ...)
{
	va_list args;

	if (t->has_end)
		return;
	t->has_end = true;
	t->end.code = code;
	t->end.by_us = t->is_shutting_down;
	va_start(args, format);
	vsnprintf(t->end.text, sizeof(t->end.text), format, args);
	va_end(args);
}

static void release(struct tunnel *t)
{
	pump_forget(t->cfg.pump, t);
	loop_timer_stop(t->cfg.loop, &t->timer);
	loop_unwatch(t->cfg.loop, &t->watch);
	tls_close(t->tls);
	t->tls = NULL;
	close(t->cfg.fd);
	free(t->rest);
	t->rest = NULL;
	t->rest_len = 0;
	backlog_close(t->backlog);
	t->backlog = NULL;
	sstp_wipe(&t->sstp);
	if (t->ppp_is_running)
		ppp_wipe(&t->ppp);
	t->ppp_is_running = false;
	t->stage = TUNNEL_CLOSED;
}

static void tell_ended(struct loop_task *task)
{
	struct tunnel *t = container_of(task, struct tunnel, ended);

	tell(t, (struct tunnel_event){ .type = TUNNEL_ENDED, .end = &t->end });
}

/* The end: says goodbye in TLS if that still makes sense, lets go of everything, tells the owner. */
static void finish(struct tunnel *t)
{
	blame(t, EXIT_LOST, "the connection ended");
	if (t->stage == TUNNEL_RUNNING) {
		pump_flush(t->cfg.pump);
		tls_notify_close(t->tls);
		pump_flush(t->cfg.pump);
	}
	release(t);
	loop_post(t->cfg.loop, &t->ended);
}

/* ---- events of the engines */

static enum exit_code ppp_exit_code(const struct tunnel *t, enum ppp_closed why)
{
	switch (why) {
	case PPP_CLOSED_REFUSED:
	case PPP_CLOSED_NO_METHOD:
	case PPP_CLOSED_NO_AUTH:
	case PPP_CLOSED_FALSE_SERVER:
	case PPP_CLOSED_AUTH_TIMEOUT:
		return EXIT_AUTH;
	case PPP_CLOSED_BY_US:
	case PPP_CLOSED_BY_PEER:
	case PPP_CLOSED_SILENT:
	case PPP_CLOSED_RENEGOTIATED:
		return t->is_connected ? EXIT_LOST : EXIT_PPP;
	case PPP_CLOSED_LCP_TIMEOUT:
	case PPP_CLOSED_NO_AGREEMENT:
	case PPP_CLOSED_LOOP:
	case PPP_CLOSED_NO_NETWORK:
		return EXIT_PPP;
	}
	return EXIT_PPP;
}

static enum exit_code sstp_exit_code(const struct tunnel *t, enum sstp_closed why)
{
	switch (why) {
	case SSTP_CLOSED_HTTP_STATUS:
	case SSTP_CLOSED_NOT_SSTP:
	case SSTP_CLOSED_HTTP_TIMEOUT:
		return EXIT_HTTP;
	case SSTP_CLOSED_BY_US:
	case SSTP_CLOSED_BY_PEER:
	case SSTP_CLOSED_ABORTED:
	case SSTP_CLOSED_SILENT:
		return t->is_connected ? EXIT_LOST : EXIT_SSTP;
	case SSTP_CLOSED_NEGOTIATION:
	case SSTP_CLOSED_BAD_MESSAGE:
	case SSTP_CLOSED_BAD_BINDING:
	case SSTP_CLOSED_REFUSED:
	case SSTP_CLOSED_BAD_STREAM:
		return EXIT_SSTP;
	}
	return EXIT_SSTP;
}

static void blame_ppp(struct tunnel *t, const struct ppp_out *out)
{
	struct bytes detail = out->closed.detail;
	enum exit_code code = ppp_exit_code(t, out->closed.why);
	const char *text = ppp_closed_text(out->closed.why);

	if (detail.len && out->closed.error)
		blame(t, code, "%s (error %u, %s)", text, out->closed.error,
		      log_quote(detail.at, detail.len).text);
	else if (detail.len)
		blame(t, code, "%s (%s)", text, log_quote(detail.at, detail.len).text);
	else
		blame(t, code, "%s", text);
}

static void blame_sstp(struct tunnel *t, const struct sstp_out *out)
{
	enum exit_code code = sstp_exit_code(t, out->closed.why);
	const char *text = sstp_closed_text(out->closed.why);

	if (out->closed.http_status)
		blame(t, code, "%s (HTTP status %d)", text, out->closed.http_status);
	else if (out->closed.status)
		blame(t, code, "%s (%s)", text, sstp_status_name(out->closed.status));
	else
		blame(t, code, "%s", text);
}

static void put_bytes_out(struct tunnel *t, struct bytes b)
{
	memcpy(pump_put_alone(t->cfg.pump, t, b.len), b.at, b.len);
}

static void send_ppp_frame(struct tunnel *t, struct bytes frame)
{
	uint8_t *at;

	if (!sstp_ppp_is_open(&t->sstp))
		return;
	at = pump_put_alone(t->cfg.pump, t, SSTP_HDR_LEN + frame.len);
	sstp_put_data_header(at, frame.len);
	memcpy(at + SSTP_HDR_LEN, frame.at, frame.len);
}

static void start_ppp(struct tunnel *t)
{
	t->cfg.ppp.random = system_random;
	t->cfg.ppp.log = t->cfg.log;
	ppp_init(&t->ppp, &t->cfg.ppp);
	t->ppp_is_running = true;
	ppp_open(&t->ppp, loop_now(t->cfg.loop));
}

/* Data flows once the call is connected and a network protocol is open: whichever comes last. */
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
		blame_ppp(t, out);
		sstp_close(&t->sstp, loop_now(t->cfg.loop));
		return;
	}
	tell(t, ev);
}

/* Whole and of the length that its own header tells: padding is cut, nonsense dropped. */
static size_t ip_len(const uint8_t *packet, size_t len, uint16_t protocol)
{
	size_t total;

	if (protocol == PPP_PROTO_IPV4) {
		if (len < IPV4_HDR_LEN || packet[0] >> 4 != 4)
			return 0;
		total = load_u16(packet + 2);
		return total >= IPV4_HDR_LEN && total <= len ? total : 0;
	}
	if (len < IPV6_HDR_LEN || packet[0] >> 4 != 6)
		return 0;
	total = IPV6_HDR_LEN + (size_t)load_u16(packet + 4);
	return total <= len ? total : 0;
}

/* A packet from the peer. The bytes lie in our own buffer, so they may be changed on the way. */
static void take_packet(struct tunnel *t, struct bytes info, uint16_t protocol)
{
	uint8_t *packet = t->cfg.pump->plain + (info.at - t->cfg.pump->plain);
	size_t len = ip_len(packet, info.len, protocol);

	if (!len || !sstp_is_connected(&t->sstp) || !ppp_data_is_open(&t->ppp, protocol)) {
		t->stats.rx_dropped++;
		return;
	}
	t->stats.rx_packets++;
	t->stats.rx_bytes += len;
	mss_clamp(packet, len, t->cfg.mtu);
	t->cfg.port->deliver(t->cfg.port, t, packet, len);
}

static void take_frame(struct tunnel *t, struct bytes frame)
{
	struct bytes info;
	uint16_t protocol = ppp_data(frame.at, frame.len, &info);

	if (!t->ppp_is_running)
		return;
	if (protocol == PPP_PROTO_IPV4 || protocol == PPP_PROTO_IPV6)
		take_packet(t, info, protocol);
	else
		ppp_input(&t->ppp, frame.at, frame.len, loop_now(t->cfg.loop));
}

static void on_sstp(struct tunnel *t, const struct sstp_out *out)
{
	switch (out->type) {
	case SSTP_OUT_SEND:
		put_bytes_out(t, out->bytes);
		break;
	case SSTP_OUT_HTTP_DONE:
		break;
	case SSTP_OUT_START_PPP:
		start_ppp(t);
		tell(t, (struct tunnel_event){ .type = TUNNEL_SSTP_UP, .hashes = out->hashes });
		break;
	case SSTP_OUT_PPP_FRAME:
		take_frame(t, out->bytes);
		break;
	case SSTP_OUT_CONNECTED:
		break; /* just_connected sees it */
	case SSTP_OUT_CLOSED:
		blame_sstp(t, out);
		finish(t);
		break;
	}
}

/*
 * Works off what the engines have to say, until neither has more. SSTP comes first each time: the
 * Call-Connected that PPP's success brings about leaves before IPCP's first frame.
 */
static void drain(struct tunnel *t)
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
			tell(t, (struct tunnel_event){ .type = TUNNEL_CONNECTED });
		} else {
			break;
		}
	}
}

/* Only ever moved forward here: a timer that comes too early finds nothing due and is set anew. */
static void arm(struct tunnel *t)
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

static void on_timer(struct loop_timer *timer)
{
	struct tunnel *t = container_of(timer, struct tunnel, timer);
	uint64_t now = loop_now(t->cfg.loop);

	if (now >= t->stage_deadline_ms) {
		blame(t, EXIT_TLS, "no TLS handshake within %u seconds",
		      (unsigned)(t->cfg.tls_timeout_ms / 1000));
		finish(t);
		return;
	}
	if (t->stage == TUNNEL_RUNNING) {
		if (now >= sstp_deadline(&t->sstp))
			sstp_tick(&t->sstp, now);
		if (t->ppp_is_running && now >= ppp_deadline(&t->ppp))
			ppp_tick(&t->ppp, now);
		drain(t);
	}
	arm(t);
}

/* ---- packets from the port */

uint16_t tunnel_mtu(const struct tunnel *t)
{
	uint16_t mru = t->ppp_is_running ? ppp_peer_mru(&t->ppp) : t->cfg.mtu;

	return mru < t->cfg.mtu ? mru : t->cfg.mtu;
}

/*
 * Tells the sender what would fit, in the name of the far end, whose limit it is. Seldom: the device
 * has the tunnel's MTU as a rule, unless a server's client takes less than the others.
 */
static void refuse_too_big(struct tunnel *t, const uint8_t *packet, size_t len)
{
	uint8_t answer[ICMP_ANSWER_MAX];
	uint64_t now = loop_now(t->cfg.loop);
	size_t n = icmp_too_big(answer, packet, len, tunnel_mtu(t));

	if (!n || now < t->icmp_ms)
		return;
	t->icmp_ms = now + ICMP_PAUSE_MS;
	t->cfg.port->deliver(t->cfg.port, t, answer, n);
	t->cfg.port->flush(t->cfg.port);
}

/* Cuts, frames and puts into the record under way. */
static void send_packets(struct tunnel *t, const uint8_t *packet, size_t len,
			 const struct tun_offload *off)
{
	uint16_t protocol = len && packet[0] >> 4 == 6 ? PPP_PROTO_IPV6 : PPP_PROTO_IPV4;
	size_t mtu = tunnel_mtu(t), n;
	bool is_open = ppp_data_is_open(&t->ppp, protocol), is_too_big = false;
	struct segments s;

	if (!is_open || !segments_of(&s, packet, len, off, mtu, &is_too_big)) {
		t->stats.tx_dropped++;
		if (is_too_big)
			refuse_too_big(t, packet, len);
		return;
	}
	while ((n = segments_next_len(&s))) {
		uint8_t *at = pump_put(t->cfg.pump, t, SSTP_HDR_LEN + PPP_HDR_LEN + n);

		sstp_put_data_header(at, PPP_HDR_LEN + n);
		ppp_put_header(at + SSTP_HDR_LEN, protocol);
		segments_write(&s, at + SSTP_HDR_LEN + PPP_HDR_LEN);
		mss_clamp(at + SSTP_HDR_LEN + PPP_HDR_LEN, n, mtu);
		t->stats.tx_packets++;
		t->stats.tx_bytes += n;
	}
}

static bool is_full(const struct tunnel *t)
{
	return t->queue.len > 0;
}

/* The socket takes more again. */
static void send_backlog(struct tunnel *t)
{
	struct tun_offload off;
	const uint8_t *packet;
	unsigned dropped;
	size_t len;

	while (t->backlog && t->stage == TUNNEL_RUNNING && !is_full(t)) {
		packet = backlog_get(t->backlog, &len, &off, loop_now(t->cfg.loop), &dropped);
		t->stats.tx_dropped += dropped;
		if (!packet)
			break;
		send_packets(t, packet, len, &off);
	}
}

void tunnel_send(struct tunnel *t, const uint8_t *packet, size_t len,
		 const struct tun_offload *off)
{
	if (t->stage != TUNNEL_RUNNING || !t->is_connected) {
		t->stats.tx_dropped++;
		return;
	}
	if (!is_full(t) && (!t->backlog || !backlog_bytes(t->backlog))) {
		send_packets(t, packet, len, off);
		return;
	}
	if (!t->backlog && backlog_open(&t->backlog)) {
		t->stats.tx_dropped++;
		return;
	}
	t->stats.tx_dropped += backlog_put(t->backlog, packet, len, off, loop_now(t->cfg.loop));
}

/* ---- bytes from the socket */

/* One message off the front; 0: not all of it is there. */
static size_t take_message(struct tunnel *t, uint8_t *at, size_t len)
{
	size_t n = sstp_data_len(at, len);
	struct bytes info;

	/* the packet path: a data packet of a connected call needs neither engine */
	if (n && t->is_connected) {
		uint16_t protocol = ppp_data(at + SSTP_HDR_LEN, n - SSTP_HDR_LEN, &info);

		if (protocol == PPP_PROTO_IPV4 || protocol == PPP_PROTO_IPV6) {
			take_packet(t, info, protocol);
			return n;
		}
	}
	n = sstp_input(&t->sstp, at, len, loop_now(t->cfg.loop));
	drain(t);
	return n;
}

/* Keeps the start of a message until the rest of it comes. False: there is no room for it. */
static bool keep_rest(struct tunnel *t, const uint8_t *at, size_t len)
{
	if (!len) {
		free(t->rest);
		t->rest = NULL;
	} else if (!t->rest) {
		t->rest = malloc(SSTP_HTTP_MAX);
	}
	if (len > SSTP_HTTP_MAX || (len && !t->rest))
		return false;
	t->rest_len = len;
	if (len)
		memcpy(t->rest, at, len);
	return true;
}

/* Works off the plaintext at the front of pump->plain; what is left over moves there. */
static void take_plaintext(struct tunnel *t, size_t *len)
{
	uint8_t *at = t->cfg.pump->plain;
	size_t left = *len, n = 1;

	while (left && n && t->stage == TUNNEL_RUNNING) {
		n = take_message(t, at, left);
		at += n;
		left -= n;
	}
	t->cfg.port->flush(t->cfg.port);
	if (t->stage != TUNNEL_RUNNING)
		return;
	sstp_note_traffic(&t->sstp, loop_now(t->cfg.loop));
	if (t->ppp_is_running)
		ppp_note_traffic(&t->ppp, loop_now(t->cfg.loop));
	memmove(t->cfg.pump->plain, at, left);
	*len = left;
}

static void tls_broke(struct tunnel *t)
{
	const struct tls_error *err = tls_error_of(t->tls);
	struct bytes leaf = tls_peer_leaf(t->tls);

	t->stage = TUNNEL_ENDING;
	pump_flush(t->cfg.pump); /* its alert, if it has one */
	if (err->is_trust) {
		blame(t, EXIT_TRUST, "%s", err->text);
		tell(t, (struct tunnel_event){ .type = TUNNEL_UNTRUSTED, .leaf = leaf });
	} else {
		blame(t, t->is_connected ? EXIT_LOST : EXIT_TLS, "TLS: %s", err->text);
	}
	if (t->stage != TUNNEL_CLOSED)
		finish(t);
}

static void start_sstp(struct tunnel *t)
{
	struct sstp_cfg cfg = {
		.role = t->cfg.ppp.role == PPP_CLIENT ? SSTP_CLIENT : SSTP_SERVER,
		.hashes = t->cfg.hashes,
		.host = t->cfg.http_host,
		.busy = t->cfg.busy,
		.random = system_random,
		.log = t->cfg.log,
	};

	if (cfg.role == SSTP_CLIENT)
		tls_peer_hashes(t->tls, cfg.cert_sha1, cfg.cert_sha256);
	else
		tls_ctx_cert_hashes(t->cfg.tls_ctx, cfg.cert_sha1, cfg.cert_sha256);
	sstp_init(&t->sstp, &cfg);
	t->stage = TUNNEL_RUNNING;
	t->stage_deadline_ms = UINT64_MAX;
	sstp_open(&t->sstp, loop_now(t->cfg.loop));
}

static void shake_hands(struct tunnel *t)
{
	int n = tls_handshake(t->tls);

	if (n == TLS_FAILED)
		tls_broke(t);
	if (n != 1)
		return;
	log_debug(t->cfg.log, "%s, %s %s", tls_version(t->tls), tls_cipher(t->tls),
		  tls_group(t->tls));
	tell(t, (struct tunnel_event){ .type = TUNNEL_TLS_UP });
	if (t->stage == TUNNEL_CLOSED)
		return;
	start_sstp(t);
	drain(t);
}

/* All that TLS has for us, a buffer full at a time. */
static void read_plaintext(struct tunnel *t)
{
	struct pump *p = t->cfg.pump;
	size_t len = t->rest_len;
	ssize_t n;

	if (len)
		memcpy(p->plain, t->rest, len);
	do {
		n = tls_read(t->tls, p->plain + len, PUMP_PLAIN_LEN - len);
		if (n > 0)
			len += (size_t)n;
		if (n > 0 && PUMP_PLAIN_LEN - len >= TLS_RECORD_MAX)
			continue;
		take_plaintext(t, &len);
	} while (n > 0 && t->stage == TUNNEL_RUNNING);
	if (t->stage != TUNNEL_RUNNING)
		return;
	if (n == TLS_FAILED) {
		tls_broke(t);
		return;
	}
	if (n == TLS_CLOSED)
		blame(t, t->is_connected ? EXIT_LOST : EXIT_SSTP, "the peer closed the connection");
	else if (keep_rest(t, p->plain, len))
		return;
	else
		blame(t, EXIT_OTHER, "out of memory");
	finish(t);
}

static void lost(struct tunnel *t, int error)
{
	enum exit_code code = t->stage == TUNNEL_TLS ? EXIT_TLS :
			      t->is_connected	     ? EXIT_LOST :
						       EXIT_SSTP;

	blame(t, code, "%s%s%s",
	      t->stage == TUNNEL_TLS ? "the peer closed the connection during the TLS handshake" :
				       "the peer closed the connection",
	      error ? ": " : "", error ? strerror(error) : "");
	t->stage = TUNNEL_ENDING;
	finish(t);
}

static void on_readable(struct tunnel *t)
{
	ssize_t n = recv(t->cfg.fd, t->cfg.pump->recv, PUMP_RECV_LEN, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lost(t, n < 0 ? errno : 0);
		return;
	}
	tls_input(t->tls, t->cfg.pump->recv, (size_t)n);
	if (t->stage == TUNNEL_TLS)
		shake_hands(t);
	if (t->stage == TUNNEL_RUNNING)
		read_plaintext(t);
	arm(t);
}

static void limit_unsent(int fd, uint64_t bytes)
{
	int unsent = bytes < UNSENT_MIN ? UNSENT_MIN : bytes > UNSENT_MAX ? UNSENT_MAX : (int)bytes;

	/* only makes things better where it works: a Unix socket of a test has none */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

/* On a slow line a small limit, or all that lies in the socket would be delay for what comes. */
static void adapt_unsent(struct tunnel *t)
{
	uint64_t now = loop_now(t->cfg.loop);
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (now < t->unsent_check_ms)
		return;
	t->unsent_check_ms = now + UNSENT_CHECK_MS;
	memset(&info, 0, sizeof(info));
	if (!getsockopt(t->cfg.fd, IPPROTO_TCP, TCP_INFO, &info, &len) && info.tcpi_delivery_rate)
		limit_unsent(t->cfg.fd, info.tcpi_delivery_rate * UNSENT_MS / 1000);
}

static void on_ready(struct loop_watch *w, uint32_t events)
{
	struct tunnel *t = container_of(w, struct tunnel, watch);

	if ((events & EPOLLOUT) && t->queue.len) {
		adapt_unsent(t);
		pump_drain(t);
		send_backlog(t);
	}
	if (t->stage != TUNNEL_CLOSED && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		on_readable(t);
}

/* ---- the owner's calls */

static void set_socket(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	limit_unsent(fd, UNSENT_MAX / 2); /* until its speed is known */
}

int tunnel_open(struct tunnel *t, const struct tunnel_cfg *cfg)
{
	struct tls_session_cfg tls = {
		.name = cfg->name,
		.sni = cfg->sni,
		.send = pump_take_ciphertext,
		.arg = t,
	};
	int error;

	*t = (struct tunnel){ .cfg = *cfg, .stage = TUNNEL_TLS };
	t->watch = (struct loop_watch){ .fd = cfg->fd, .events = EPOLLIN, .ready = on_ready };
	t->timer.expired = on_timer;
	t->ended.run = tell_ended;
	t->stage_deadline_ms = loop_now(cfg->loop) + cfg->tls_timeout_ms;
	set_socket(cfg->fd);
	error = tls_open(cfg->tls_ctx, &tls, &t->tls);
	if (!error)
		error = loop_watch(cfg->loop, &t->watch);
	if (error) {
		tls_close(t->tls);
		close(cfg->fd);
		return error;
	}
	arm(t);
	if (cfg->ppp.role == PPP_CLIENT)
		tls_handshake(t->tls); /* the Client Hello; what goes wrong shows at the next call */
	return 0;
}

void tunnel_verdict(struct tunnel *t, const struct ppp_verdict *v)
{
	if (!t->ppp_is_running)
		return;
	ppp_verdict(&t->ppp, v, loop_now(t->cfg.loop));
	drain(t);
	arm(t);
}

void tunnel_shutdown(struct tunnel *t)
{
	uint64_t now = loop_now(t->cfg.loop);

	if (t->is_shutting_down || t->stage == TUNNEL_CLOSED)
		return;
	t->is_shutting_down = true;
	blame(t, EXIT_OK, "disconnected");
	if (t->stage != TUNNEL_RUNNING) {
		finish(t);
		return;
	}
	t->stage_deadline_ms = now + SHUTDOWN_MS;
	if (t->ppp_is_running)
		ppp_close(&t->ppp, now);
	else
		sstp_close(&t->sstp, now);
	drain(t);
	arm(t);
}

void tunnel_abandon(struct tunnel *t)
{
	if (t->stage != TUNNEL_CLOSED)
		release(t);
	if (t->cfg.loop)
		loop_unpost(t->cfg.loop, &t->ended);
}
