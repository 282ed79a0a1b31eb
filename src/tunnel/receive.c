/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the socket to the engines and the packet sink: TLS, then the SSTP packets in the plaintext. Those
 * with IP in them take the packet path, all others go to the engines.
 */
#include "tunnel/inside.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ip6/message.h"
#include "tun/ingress.h"
#include "tun/mss.h"

/* Neighbor Discovery: replies to a solicitation for our address; the rest goes to the owner. */
static void take_neighbor(struct tunnel *t, const struct packet *p)
{
	uint8_t reply[IP6_PACKET_MAX];
	size_t n = ip6_neighbor_reply(reply, p->at, p->h.total, ppp_own_iid(&t->ppp),
				      t->cfg.ppp->role == PPP_SERVER);

	if (n)
		tunnel_send_own(t, reply, n);
	else
		tunnel_notify(t, (struct tunnel_event){ .type = TUNNEL_NEIGHBOR,
							.packet = bytes_of(p->at, p->h.total) });
}

/* The same bytes, writable: what the engines show of the plaintext lies in our own buffer. */
static uint8_t *in_plaintext(const struct tunnel *t, struct bytes view)
{
	uint8_t *plain = t->wire.pump->plain;

	assert(view.at >= plain && view.at + view.len <= plain + PUMP_PLAIN_LEN);
	return plain + (view.at - plain);
}

/* An IP packet from the peer. Padding after it is cut off; a truncated packet is dropped. */
static void take_packet(struct tunnel *t, struct bytes info, uint16_t protocol)
{
	struct packet p;

	if (!packet_parse(&p, in_plaintext(t, info), info.len) ||
	    p.h.is_v6 != (protocol == PPP_PROTO_IPV6)) {
		tunnel_drop_rx(t, DROP_MALFORMED);
		return;
	}
	if (!sstp_is_connected(&t->sstp) || !ppp_data_is_open(&t->ppp, protocol)) {
		tunnel_drop_rx(t, DROP_NOT_UP);
		return;
	}
	t->stats.rx_packets++;
	t->stats.rx_bytes += p.h.total;
	if (t->rates)
		rate_take(&t->rates->up, p.h.total, loop_now(t->cfg.loop));
	switch (ingress_of(&p)) {
	case INGRESS_PASS:
		mss_clamp(&p.h, p.at, t->cfg.mtu);
		t->cfg.sink->deliver(t->cfg.sink, t, &p);
		break;
	case INGRESS_NEIGHBOR:
		take_neighbor(t, &p);
		break;
	case INGRESS_DROP:
		tunnel_drop_rx(t, DROP_CONFIGURATION);
		break;
	}
}

void tunnel_take_frame(struct tunnel *t, struct bytes frame)
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

/* Handles the first message; returns its length; 0: it is not complete. */
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
	if (!tunnel_lend(t))
		return len;
	n = sstp_input(&t->sstp, at, len, loop_now(t->cfg.loop));
	tunnel_drain(t);
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

/* Handles the messages in the first *len bytes of pump->plain and moves the rest to its start. */
static void take_plaintext(struct tunnel *t, size_t *len)
{
	uint8_t *at = t->wire.pump->plain;
	size_t left = *len, n = 1;

	while (left && n && t->stage == TUNNEL_RUNNING) {
		n = take_message(t, at, left);
		at += n;
		left -= n;
	}
	t->cfg.sink->flush(t->cfg.sink);
	if (t->stage != TUNNEL_RUNNING)
		return;
	sstp_note_traffic(&t->sstp, loop_now(t->cfg.loop));
	if (t->ppp_is_running)
		ppp_note_traffic(&t->ppp, loop_now(t->cfg.loop));
	memmove(t->wire.pump->plain, at, left);
	*len = left;
}

/* Why there was no handshake: the certificate, an alert, or bytes that are no record. */
static enum tunnel_sign handshake_sign(const struct tunnel *t)
{
	static const uint8_t http[] = { 'H', 'T', 'T', 'P', '/' };
	enum { ALERT = 21, HANDSHAKE = 22 }; /* RFC 8446 section 5.1 */
	struct bytes first = tls_first_input(t->wire.tls);

	if (tls_is_untrusted(t->wire.tls))
		return tls_is_issuer_unknown(t->wire.tls)    ? SIGN_CERT_ISSUER
		       : tls_is_for_other_names(t->wire.tls) ? SIGN_CERT_NAME
		       : tls_is_not_valid_yet(t->wire.tls)   ? SIGN_CERT_EARLY
							     : SIGN_NONE;
	if (first.len >= sizeof(http) && !memcmp(first.at, http, sizeof(http)))
		return SIGN_PLAIN_HTTP;
	if (!first.len || first.at[0] == HANDSHAKE)
		return SIGN_NONE;
	return first.at[0] == ALERT ? SIGN_TLS_ALERT : SIGN_NOT_TLS;
}

static void tls_broke(struct tunnel *t)
{
	const struct error *err = tls_error_of(t->wire.tls);
	struct bytes leaf = tls_peer_leaf(t->wire.tls);

	pump_flush(t->wire.pump); /* its alert, if it has one */
	tunnel_set_engine_reason(t);
	if (t->stage == TUNNEL_TLS)
		tunnel_set_sign(t, handshake_sign(t));
	t->stage = TUNNEL_ENDING;
	if (tls_is_untrusted(t->wire.tls)) {
		tunnel_set_reason(t, REASON_TRUST, "%s", err->text);
		tunnel_notify(t, (struct tunnel_event){ .type = TUNNEL_UNTRUSTED, .leaf = leaf });
	} else {
		tunnel_set_reason(t, t->is_connected ? REASON_LOST : REASON_TLS, "TLS: %s",
				  err->text);
	}
	if (t->stage != TUNNEL_CLOSED)
		tunnel_finish(t);
}

static void shake_hands(struct tunnel *t)
{
	int n = tls_handshake(t->wire.tls);

	if (n == TLS_FAILED)
		tls_broke(t);
	if (n != 1)
		return;
	log_debug(t->cfg.log, "%s, %s %s", tls_version(t->wire.tls), tls_cipher(t->wire.tls),
		  tls_group(t->wire.tls));
	tunnel_notify(t, (struct tunnel_event){ .type = TUNNEL_TLS_UP });
	if (t->stage == TUNNEL_CLOSED)
		return;
	tunnel_start_sstp(t);
}

static enum tunnel_sign loss_sign(const struct tunnel *t, int error)
{
	if (t->stage != TUNNEL_TLS)
		return t->http_is_done ? SIGN_NONE : SIGN_HTTP_CLOSED;
	if (tls_first_input(t->wire.tls).len)
		return SIGN_TLS_CUT;
	return error == ECONNRESET ? SIGN_TLS_RESET : SIGN_TLS_CLOSED;
}

/* The peer is gone, maybe with an `error` of the socket. The reason is by what we waited for. */
static void set_loss_reason(struct tunnel *t, int error)
{
	bool is_client = t->cfg.ppp->role == PPP_CLIENT;
	enum tunnel_reason reason = REASON_SSTP;
	const char *when = "";

	if (t->stage == TUNNEL_TLS) {
		reason = REASON_TLS;
		when = " during the TLS handshake";
	} else if (!t->http_is_done) {
		reason = REASON_HTTP;
		when = is_client ? " instead of sending an HTTP response" : " without a request";
	} else if (t->is_connected) {
		reason = REASON_LOST;
	}
	tunnel_set_engine_reason(t);
	tunnel_set_sign(t, loss_sign(t, error));
	tunnel_set_reason(t, reason, "the peer closed the connection%s%s%s", when,
			  error ? ": " : "", error ? strerror(error) : "");
}

/* From the socket to TLS. Returns how many bytes; 0: the end; -1: nothing now, or an error (read_error). */
static ssize_t take_ciphertext(struct tunnel *t, size_t room)
{
	ssize_t n = recv(t->wire.fd, t->wire.pump->recv,
			 room < PUMP_RECV_LEN ? room : PUMP_RECV_LEN, 0);

	if (n > 0)
		tls_input(t->wire.tls, t->wire.pump->recv, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		t->read_error = errno;
	return n;
}

/*
 * In bulk, more has arrived while the last records were decrypted. It joins the same batch: there is
 * more to merge then, and fewer super-packets are written in two parts.
 */
static bool has_more(struct tunnel *t, size_t len)
{
	size_t room = PUMP_PLAIN_LEN - len;

	return t->is_connected && !tunnel_limits_up(t) && len >= TLS_RECORD_MAX &&
	       room >= 2 * TLS_RECORD_MAX && take_ciphertext(t, room) > 0;
}

/* All plaintext that TLS has, a buffer at a time, after the `len` bytes that are in it already. */
static void read_plaintext(struct tunnel *t, size_t len)
{
	struct pump *p = t->wire.pump;
	ssize_t n;

	do {
		do {
			n = tls_read(t->wire.tls, p->plain + len, PUMP_PLAIN_LEN - len);
			if (n > 0)
				len += (size_t)n;
		} while ((n > 0 && PUMP_PLAIN_LEN - len >= TLS_RECORD_MAX) ||
			 (n == TLS_WANT_INPUT && has_more(t, len)));
		take_plaintext(t, &len);
	} while (n > 0 && t->stage == TUNNEL_RUNNING);
	if (t->stage != TUNNEL_RUNNING)
		return;
	if (n == TLS_FAILED) {
		tls_broke(t);
		return;
	}
	if (n == TLS_CLOSED)
		set_loss_reason(t, 0);
	else if (keep_rest(t, p->plain, len))
		return;
	else
		tunnel_set_reason(t, REASON_SYSTEM, "out of memory");
	tunnel_finish(t);
}

void tunnel_start(struct tunnel *t, size_t len)
{
	read_plaintext(t, len);
	tunnel_arm(t);
}

static size_t take_rest(struct tunnel *t)
{
	if (t->rest_len)
		memcpy(t->wire.pump->plain, t->rest, t->rest_len);
	return t->rest_len;
}

void tunnel_read(struct tunnel *t)
{
	/* in small parts if the rate is limited, so that one read is not seconds of it */
	ssize_t n = take_ciphertext(t, tunnel_limits_up(t) ? RATE_BURST_MIN : PUMP_RECV_LEN);

	if (n < 0 && !t->read_error)
		return;
	if (n <= 0) {
		set_loss_reason(t, t->read_error);
		t->stage = TUNNEL_ENDING;
		tunnel_finish(t);
		return;
	}
	if (t->stage == TUNNEL_TLS)
		shake_hands(t);
	if (t->stage == TUNNEL_RUNNING)
		read_plaintext(t, take_rest(t));
	tunnel_arm(t);
	if (t->stage == TUNNEL_RUNNING && tunnel_limits_up(t) &&
	    rate_is_empty(&t->rates->up, loop_now(t->cfg.loop))) {
		pump_pause(&t->wire, true);
		tunnel_pace(t, rate_ready_ms(&t->rates->up));
	}
}
