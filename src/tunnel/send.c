/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the packet sink to the socket. Theory of operation:
 *
 * A packet (or a super-packet of up to 64 KiB) is cut to the tunnel's MTU, framed, and written once,
 * straight into the plaintext of the TLS record under way (pump.h). It takes one of two paths:
 *
 * - *straight away*, if the socket is not full, nothing waits, and fewer than TURN_PACKETS have left in
 *   this turn of the loop; a socket is full if it refuses more, or if it holds as much as it sends in a
 *   few milliseconds (unsent.h);
 * - *through the backlog* (backlog.h) otherwise: a queue per flow, of which TURN_BYTES leave per turn.
 *
 * Goals: bulk costs one copy; a small flow never waits for the bulk of another; receiving is not delayed.
 *
 * Invariants: packets of one flow keep their order, because nothing leaves straight away while the
 * backlog holds something. A packet is never dropped here because the socket is full: the backlog
 * decides what to drop. Sending never ends a tunnel in the middle of a batch (pump.c).
 *
 * The numbers:
 * - TURN_PACKETS, TURN_BYTES: without a limit, 64 flows on an overloaded machine kept the loop sending;
 *   received data waited in the socket, in one queue for all flows, and a third of the pings was lost.
 *   Reading less from the device instead only moved the queue into the device, where it is first come,
 *   first served. So everything is read, and what exceeds the turn's share is sorted by flow.
 *
 * Tried and rejected: not reading the device while the socket is full (the client lost pings in the
 * device's queue); dropping whatever came (the server: small flows lost as much as bulk did).
 */
#include "tunnel/inside.h"

#include "net/congestion.h"
#include "tun/icmp.h"
#include "tun/mss.h"
#include "tun/segment.h"

enum {
	ICMP_PAUSE_MS = 10, /* between two errors for packets that are too big */
	/*
	 * What leaves in one turn of the loop. Then the loop receives: data that waits in the socket
	 * is in one queue for all flows.
	 */
	TURN_PACKETS = 32,       /* straight away, if nothing waits; up to 64 KiB each */
	TURN_BYTES = 256 * 1024, /* of the backlog */
};

uint16_t tunnel_mtu(const struct tunnel *t)
{
	uint16_t mru = t->ppp_is_running ? ppp_peer_mru(&t->ppp) : t->cfg.mtu;

	return mru < t->cfg.mtu ? mru : t->cfg.mtu;
}

/*
 * Sends the sender an ICMP error with the MTU that would fit, from the packet's destination. This is
 * rare: the device usually has the tunnel's MTU, unless one client of a server has a smaller MRU.
 */
static void refuse_too_big(struct tunnel *t, const struct packet *p)
{
	uint8_t error[ICMP_ERROR_MAX];
	uint64_t now = loop_now(t->cfg.loop);
	size_t n = icmp_too_big(error, p, tunnel_mtu(t));
	struct packet reply;

	if (now < t->icmp_ms || !packet_parse(&reply, error, n))
		return;
	t->icmp_ms = now + ICMP_PAUSE_MS;
	t->cfg.sink->deliver(t->cfg.sink, t, &reply);
	t->cfg.sink->flush(t->cfg.sink);
}

/* Writes the next packet into the record under way. */
static void send_segment(struct tunnel *t, struct segments *s, uint16_t protocol, size_t mtu)
{
	size_t n = segments_next_len(s);
	uint8_t *at = pump_put(&t->wire, SSTP_HDR_LEN + PPP_HDR_LEN + n);
	uint8_t *packet = at + SSTP_HDR_LEN + PPP_HDR_LEN;

	sstp_put_data_header(at, PPP_HDR_LEN + n);
	ppp_put_header(at + SSTP_HDR_LEN, protocol);
	segments_write(s, packet);
	if (!s->is_fragmented) /* the headers are of the packet that it was */
		mss_clamp(&s->in->h, packet, mtu);
	t->stats.tx_packets++;
	t->stats.tx_bytes += n;
	if (t->rates)
		rate_take(&t->rates->down, n, loop_now(t->cfg.loop));
	unsent_put(&t->unsent, n);
}

/* Cuts, frames and puts into the record under way all but the first `skip` segments. */
static void send_packets(struct tunnel *t, const struct packet *p, const struct tun_offload *off,
			 unsigned skip)
{
	uint16_t protocol = p->h.is_v6 ? PPP_PROTO_IPV6 : PPP_PROTO_IPV4;
	bool is_open = ppp_data_is_open(&t->ppp, protocol), is_too_big = false;
	size_t mtu = tunnel_mtu(t);
	struct segments s;

	if (!is_open || !segments_of(&s, p, off, mtu, &is_too_big)) {
		tunnel_drop_tx(t,
			       !is_open     ? DROP_NOT_UP
			       : is_too_big ? DROP_TOO_BIG
					    : DROP_MALFORMED,
			       1);
		if (is_too_big)
			refuse_too_big(t, p);
		return;
	}
	if (skip && s.is_fragmented) /* the rest of a packet is of no use */
		return;
	while (skip-- && segments_next_len(&s))
		segments_skip(&s);
	while (segments_next_len(&s))
		send_segment(t, &s, protocol, mtu);
}

static bool is_over_rate(const struct tunnel *t)
{
	return t->rates && rate_is_empty(&t->rates->down, loop_now(t->cfg.loop));
}

static bool is_full(const struct tunnel *t)
{
	return t->wire.queue.len > 0 || unsent_is_full(&t->unsent) || is_over_rate(t);
}

static bool is_waiting(const struct tunnel *t)
{
	return t->backlog && backlog_bytes(t->backlog);
}

/* Where the speed is limited packets wait for that, as a rule, and not for the socket. */
static void drop_waiting(struct tunnel *t, enum drop_cause cause, unsigned count)
{
	tunnel_drop_tx(t, tunnel_limits_down(t) ? DROP_RATE : cause, count);
}

/* Sends a turn's share of the backlog. */
static void send_backlog(struct tunnel *t)
{
	struct backlog_packet p;
	size_t done = 0;
	unsigned dropped;

	while (is_waiting(t) && t->stage == TUNNEL_RUNNING && !is_full(t) && done < TURN_BYTES) {
		bool has_one = backlog_get(t->backlog, &p, loop_now(t->cfg.loop), &dropped);

		drop_waiting(t, DROP_QUEUE_DELAY, dropped);
		if (!has_one)
			break;
		t->stats.tx_marked += p.is_marked;
		send_packets(t, &p.p, &p.off, p.skip);
		done += p.p.h.total;
	}
}

bool tunnel_has_room(const struct tunnel *t)
{
	return t->stage == TUNNEL_RUNNING && !is_full(t) && !is_waiting(t) &&
	       t->turn_packets < TURN_PACKETS;
}

static void use_bbr(struct tunnel *t, const struct choice_facts *f)
{
	int error = congestion_set(t->wire.fd, CONGESTION_BBR);

	log_debug(t->cfg.log, "congestion control bbr (round trip %u ms, at least %u ms): %s",
		  f->rtt_ms, f->min_rtt_ms, error ? congestion_error_text(error) : "set");
	t->cfg.may_use_bbr = false;
	t->choice = (struct choice){ .is_bbr = true };
}

static void choose_congestion_control(struct tunnel *t, const struct choice_facts *f, uint64_t now)
{
	uint64_t rate;

	if (t->cfg.may_use_bbr) {
		if (f->startup_rate || choice_is_bbr(&t->choice, f, now))
			use_bbr(t, f);
	} else if (choice_limit(&t->choice, f, now, &rate)) {
		log_debug(t->cfg.log, "bbr begins with a round trip of %u ms, at least %u ms: %s",
			  f->rtt_ms, f->min_rtt_ms, rate ? "half speed" : "full speed");
		unsent_cap(t->wire.fd, rate);
	}
}

/* Updates what depends on the speed and state of the socket. */
static void look_at_line(struct tunnel *t)
{
	struct unsent *u = &t->unsent;
	uint64_t now = loop_now(t->cfg.loop);
	struct choice_facts f;
	struct backlog_line line;

	if (!unsent_look(u, t->wire.fd, now))
		return;
	f = (struct choice_facts){ .rtt_ms = u->rtt_ms,
				   .min_rtt_ms = u->min_rtt_ms,
				   .repeated = u->repeated,
				   .sent = u->sent,
				   .received = u->received,
				   .startup_rate = u->startup_rate,
				   .is_slow_start = u->is_slow_start,
				   .is_limited = tunnel_limits_down(t) };
	choose_congestion_control(t, &f, now);
	line = (struct backlog_line){ .rtt_ms = u->rtt_ms,
				      .is_slow = u->is_recovering ||
						 choice_is_unsettled(&t->choice, &f, now),
				      .is_starting = choice_is_starting(&f) };
	if (t->backlog)
		backlog_set_line(t->backlog, &line);
}

void tunnel_end_turn(struct loop_task *turn)
{
	struct tunnel *t = container_of(turn, struct tunnel, turn);

	t->turn_packets = 0;
	look_at_line(t);
	send_backlog(t);
	pump_flush(t->wire.pump);
	unsent_check(&t->unsent, t->wire.fd);
	if (t->unsent.is_held)
		pump_want_write(&t->wire);
	if (is_waiting(t) && !is_full(t))
		loop_post(t->cfg.loop, &t->turn);
	else if (is_waiting(t) && is_over_rate(t))
		tunnel_pace(t, rate_ready_ms(&t->rates->down));
	else if (t->cfg.sink->has_room && tunnel_has_room(t))
		t->cfg.sink->has_room(t->cfg.sink);
}

void tunnel_send_waiting(struct tunnel *t)
{
	look_at_line(t);
	pump_drain(&t->wire);
	unsent_check(&t->unsent, t->wire.fd);
	loop_post(t->cfg.loop, &t->turn);
}

/* True: the packet has been sent or dropped. Else it must wait. */
static bool send_now(struct tunnel *t, const struct packet *p, const struct tun_offload *off)
{
	if (t->stage != TUNNEL_RUNNING || !t->is_connected) {
		tunnel_drop_tx(t, DROP_NOT_UP, 1);
		return true;
	}
	loop_post(t->cfg.loop, &t->turn);
	if (!is_full(t) && !is_waiting(t) && t->turn_packets < TURN_PACKETS) {
		t->turn_packets++;
		send_packets(t, p, off, 0);
		return true;
	}
	if (!t->backlog && backlog_open(&t->backlog)) {
		tunnel_drop_tx(t, DROP_MEMORY, 1);
		return true;
	}
	pump_trim_later(t->wire.pump);
	return false;
}

void tunnel_send(struct tunnel *t, const struct packet *p, const struct tun_offload *off)
{
	if (!send_now(t, p, off))
		drop_waiting(t, DROP_QUEUE_FULL,
			     backlog_put(t->backlog, p, off, loop_now(t->cfg.loop)));
}

void tunnel_send_block(struct tunnel *t, struct packet *p, const struct tun_offload *off)
{
	if (!send_now(t, p, off))
		drop_waiting(t, DROP_QUEUE_FULL,
			     backlog_put_block(t->backlog, p, off, loop_now(t->cfg.loop)));
}

void tunnel_send_own(struct tunnel *t, uint8_t *packet, size_t len)
{
	static const struct tun_offload plain;
	struct packet p;

	if (packet_parse(&p, packet, len))
		tunnel_send(t, &p, &plain);
}
