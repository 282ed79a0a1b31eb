/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responds to Requests; RFC 3748 section 2 gives their order. */
#include "eap/eap_peer.h"

enum { METHODS_MAX = 16 /* in a Nak */ };

static enum eap_step respond(const struct eap_packet *rq, uint32_t type, struct bytes data,
			     struct writer *out)
{
	struct eap_packet response = {
		.code = EAP_RESPONSE,
		.id = rq->id,
		.type = type,
		.data = data,
		.is_expanded = rq->is_expanded && type == rq->type,
	};

	eap_packet_put(out, &response);
	return out->full ? EAP_STEP_FAIL : EAP_STEP_SEND;
}

/* Section 5.2: shown to the user, that is, logged. */
static enum eap_step take_notification(const struct eap_peer *p, const struct eap_packet *rq,
				       struct writer *out)
{
	log_info(p->log, "eap: the server says %s", log_quote(rq->data.at, rq->data.len).text);
	return respond(rq, EAP_NOTIFICATION, bytes_of(NULL, 0), out);
}

/* Section 5.3.1. A Nak with types of one byte is also allowed for expanded Requests. */
static enum eap_step refuse_method(struct eap_peer *p, const struct eap_packet *rq,
				   struct writer *out)
{
	uint8_t types[METHODS_MAX] = { 0 }; /* 0: none */
	size_t n = 0;

	for (; n < p->choice_count && n < METHODS_MAX; n++)
		types[n] = p->choices[n].method->type;
	p->refused = rq->vendor || rq->type > UINT8_MAX ? EAP_EXPANDED : (uint8_t)rq->type;
	log_debug(p->log, "eap: the server proposes method %u of vendor %u: not taken",
		  (unsigned)rq->type, (unsigned)rq->vendor);
	return respond(rq, EAP_NAK, bytes_of(types, n ? n : 1), out);
}

static const struct eap_choice *choice_of(const struct eap_peer *p, const struct eap_packet *rq)
{
	for (size_t i = 0; i < p->choice_count; i++)
		if (!rq->vendor && p->choices[i].method->type == rq->type)
			return &p->choices[i];
	return NULL;
}

static enum eap_step run_method(struct eap_peer *p, const struct eap_choice *choice,
				const struct eap_packet *rq, struct writer *out)
{
	uint8_t data[EAP_PACKET_MAX];
	struct writer w = writer_of(data, sizeof(data));
	enum eap_step step = choice->method->input(choice->self, rq, &w), sent;

	if (step == EAP_STEP_DROP)
		return step;
	p->chosen = choice;
	p->is_done = step == EAP_STEP_DONE;
	if (step == EAP_STEP_FAIL)
		return step;
	sent = w.full ? EAP_STEP_FAIL : respond(rq, rq->type, bytes_of(data, w.len), out);
	return sent == EAP_STEP_FAIL ? sent : step;
}

enum eap_step eap_peer_input(struct eap_peer *p, struct bytes request, struct writer *out)
{
	const struct eap_choice *choice;
	struct eap_packet rq;

	if (!eap_packet_get(request, &rq) || rq.code != EAP_REQUEST)
		return EAP_STEP_DROP;
	if (!rq.vendor && rq.type == EAP_IDENTITY) {
		p->chosen = NULL; /* a second Identity Request: the server starts over */
		p->is_done = false;
		return respond(&rq, EAP_IDENTITY, p->identity, out);
	}
	if (!rq.vendor && rq.type == EAP_NOTIFICATION)
		return take_notification(p, &rq, out);
	choice = choice_of(p, &rq);
	if (p->chosen && choice != p->chosen)
		return EAP_STEP_DROP; /* section 2.1: one method per conversation */
	return choice ? run_method(p, choice, &rq, out) : refuse_method(p, &rq, out);
}
