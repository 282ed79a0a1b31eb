/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of a request, in order, and the requests that were answered lately. */
#include "radius/radius_dae.h"

#include "util/text.h"

enum { AUTHORIZE_ONLY = 17 /* RFC 5176 section 3.2 */ };

/* ---- who sent it */

static const struct radius_dae_source *find_source(const struct radius_dae *d,
						   const struct ip_addr *addr)
{
	for (size_t i = 0; i < d->source_count; i++)
		if (ip_equal(&d->sources[i].addr, addr))
			return &d->sources[i];
	return NULL;
}

static bool is_genuine(struct bytes packet, struct bytes secret)
{
	return (packet.at[0] == RADIUS_DISCONNECT_REQUEST || packet.at[0] == RADIUS_COA_REQUEST) &&
	       radius_check_request(packet, secret) != RADIUS_CHECK_FORGED;
}

/*
 * RADIUS_DAE_ASK: it may be taken. Says how long it must be remembered: as long as Unix time lets it be taken, also
 * when that is set back; without a date for some minutes, whatever happens to Unix time.
 */
static enum radius_dae_step check_date(const struct radius_dae *d, struct radius_dae_request *rq,
				       const struct radius_dae_time *now)
{
	struct bytes value;
	uint64_t at;

	rq->now_s = now->boot_s;
	rq->until_s = rq->now_s + RADIUS_DAE_WINDOW_S;
	if (!radius_find(rq->packet, 0, RADIUS_EVENT_TIMESTAMP, &value))
		return d->requires_timestamp ? RADIUS_DAE_UNDATED : RADIUS_DAE_ASK;
	at = radius_number(value);
	rq->now_s = now->unix_s;
	rq->until_s = at + RADIUS_DAE_WINDOW_S;
	return rq->until_s < rq->now_s || at > rq->now_s + RADIUS_DAE_WINDOW_S ? RADIUS_DAE_OLD
									       : RADIUS_DAE_ASK;
}

/* ---- repeated requests */

static const struct radius_dae_seen *find_seen(const struct radius_dae *d,
					       const struct radius_dae_request *rq)
{
	for (size_t i = 0; i < RADIUS_DAE_SEEN; i++) {
		const struct radius_dae_seen *seen = &d->seen[i];

		if (seen->until_s && seen->until_s >= rq->now_s && seen->source == rq->source &&
		    !memcmp(seen->request, rq->packet.at + 4, sizeof(seen->request)))
			return seen;
	}
	return NULL;
}

static void remember(struct radius_dae *d, const struct radius_dae_request *rq,
		     enum radius_error_cause cause)
{
	struct radius_dae_seen *seen = &d->seen[d->next++ % RADIUS_DAE_SEEN];

	seen->until_s = rq->until_s;
	seen->source = (uint8_t)rq->source;
	seen->cause = (uint16_t)cause;
	memcpy(seen->request, rq->packet.at + 4, sizeof(seen->request));
}

/* ---- what it says */

static bool is_our_address(const struct radius_dae *d, struct bytes value, sa_family_t family)
{
	if (d->nas_address.family != family)
		return d->nas_address.family == AF_UNSPEC;
	return bytes_equal(value, bytes_of(d->nas_address.bytes, family == AF_INET ? 4 : 16));
}

/* One attribute; RADIUS_ERROR_NONE: it is fine. */
static enum radius_error_cause take(const struct radius_dae *d, struct radius_dae_request *rq,
				    const struct radius_attr *a)
{
	bool is_right = true;

	if (a->vendor)
		return RADIUS_ERROR_NONE;
	switch (a->type) {
	case RADIUS_NAS_IDENTIFIER:
		is_right = text_is(a->value, d->nas_name);
		break;
	case RADIUS_NAS_IP_ADDRESS:
		is_right = is_our_address(d, a->value, AF_INET);
		break;
	case RADIUS_NAS_IPV6_ADDRESS:
		is_right = is_our_address(d, a->value, AF_INET6);
		break;
	case RADIUS_SERVICE_TYPE:
		if (radius_number(a->value) == AUTHORIZE_ONLY)
			return RADIUS_ERROR_UNSUPPORTED_SERVICE;
		break;
	case RADIUS_ACCT_SESSION_ID:
		rq->session_id = a->value;
		break;
	case RADIUS_USER_NAME:
		rq->user = a->value;
		break;
	case RADIUS_CALLING_STATION_ID:
		rq->calling = a->value;
		break;
	case RADIUS_FRAMED_IP_ADDRESS:
		rq->ipv4 = radius_number(a->value);
		if (!rq->ipv4)
			return RADIUS_ERROR_INVALID_VALUE;
		break;
	default:
		break;
	}
	return is_right ? RADIUS_ERROR_NONE : RADIUS_ERROR_NAS_MISMATCH;
}

static enum radius_error_cause read_request(const struct radius_dae *d,
					    struct radius_dae_request *rq)
{
	struct radius_walk w = radius_walk(rq->packet);
	struct radius_attr a;

	while (radius_next(&w, &a)) {
		enum radius_error_cause cause = take(d, rq, &a);

		if (cause)
			return cause;
	}
	if (!rq->session_id.len && !rq->user.len && !rq->calling.len && !rq->ipv4)
		return RADIUS_ERROR_MISSING_ATTRIBUTE;
	return RADIUS_ERROR_NONE;
}

bool radius_dae_is_address(const struct radius_attr *a)
{
	static const uint8_t types[] = {
		RADIUS_USER_NAME,       RADIUS_NAS_IP_ADDRESS,    RADIUS_NAS_PORT,
		RADIUS_SERVICE_TYPE,    RADIUS_FRAMED_PROTOCOL,   RADIUS_FRAMED_IP_ADDRESS,
		RADIUS_STATE,           RADIUS_CALLED_STATION_ID, RADIUS_CALLING_STATION_ID,
		RADIUS_NAS_IDENTIFIER,  RADIUS_PROXY_STATE,       RADIUS_ACCT_SESSION_ID,
		RADIUS_EVENT_TIMESTAMP, RADIUS_NAS_PORT_TYPE,     RADIUS_MESSAGE_AUTHENTICATOR,
		RADIUS_NAS_PORT_ID,     RADIUS_NAS_IPV6_ADDRESS,
	};

	return !a->vendor && memchr(types, a->type, sizeof(types));
}

/* ---- responses */

static enum radius_code response_code(bool is_disconnect, bool is_ack)
{
	if (is_disconnect)
		return is_ack ? RADIUS_DISCONNECT_ACK : RADIUS_DISCONNECT_NAK;
	return is_ack ? RADIUS_COA_ACK : RADIUS_COA_NAK;
}

/* The same one each time for the same request. */
static void put_response(const struct radius_dae_request *rq, enum radius_error_cause cause,
			 struct writer *out)
{
	struct radius_walk w = radius_walk(rq->packet);
	struct radius_attr a;
	struct bytes ma;

	radius_begin_response(out, response_code(rq->is_disconnect, !cause), rq->packet.at[1],
			      radius_find(rq->packet, 0, RADIUS_MESSAGE_AUTHENTICATOR, &ma));
	if (cause)
		radius_put_number(out, RADIUS_ERROR_CAUSE, cause);
	while (radius_next(&w, &a)) /* RFC 5176 section 3.1 */
		if (!a.vendor && (a.type == RADIUS_PROXY_STATE || a.type == RADIUS_STATE))
			radius_put(out, a.type, a.value.at, a.value.len);
	if (!out->full)
		radius_sign_response(out->at, out->len, rq->packet.at + 4, rq->secret);
}

void radius_dae_respond(struct radius_dae *d, const struct radius_dae_request *rq,
			enum radius_error_cause cause, struct writer *out)
{
	put_response(rq, cause, out);
	remember(d, rq, cause);
}

enum radius_dae_step radius_dae_input(struct radius_dae *d, const struct radius_dae_peer *peer,
				      struct bytes packet, const struct radius_dae_time *now,
				      struct radius_dae_request *rq, struct writer *out)
{
	const struct radius_dae_source *source = find_source(d, &peer->addr);
	const struct radius_dae_seen *seen;
	enum radius_error_cause cause;
	enum radius_dae_step step;

	if (!source || !radius_is_packet(&packet) || !is_genuine(packet, source->secret))
		return RADIUS_DAE_DROP;
	*rq = (struct radius_dae_request){
		.is_disconnect = packet.at[0] == RADIUS_DISCONNECT_REQUEST,
		.packet = packet,
		.peer = *peer,
		.secret = source->secret,
		.source = (size_t)(source - d->sources),
	};
	step = check_date(d, rq, now);
	if (step != RADIUS_DAE_ASK)
		return step;
	seen = find_seen(d, rq);
	if (seen) {
		put_response(rq, (enum radius_error_cause)seen->cause, out);
		return RADIUS_DAE_RESPOND;
	}
	cause = read_request(d, rq);
	if (!cause)
		return RADIUS_DAE_ASK;
	radius_dae_respond(d, rq, cause, out);
	return RADIUS_DAE_RESPOND;
}
