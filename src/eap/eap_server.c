/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handles the Identity, proposes methods and runs one; RFC 3748 sections 2 and 5.3. */
#include "eap/eap_server.h"

enum { CHOICES_MAX = 32 /* bits of `refused` */ };

static enum eap_step request(const struct eap_server *s, uint8_t id, struct bytes data,
			     struct writer *out)
{
	struct eap_packet rq = {
		.code = EAP_REQUEST,
		.id = id,
		.type = s->chosen->method->type,
		.data = data,
	};

	eap_packet_put(out, &rq);
	return out->full ? EAP_STEP_FAIL : EAP_STEP_SEND;
}

static enum eap_step propose(struct eap_server *s, const struct eap_choice *choice, uint8_t id,
			     struct writer *out)
{
	uint8_t data[EAP_PACKET_MAX];
	struct writer w = writer_of(data, sizeof(data));

	s->chosen = choice;
	if (!choice)
		return EAP_STEP_FAIL;
	if (choice->method->begin(choice->self, id, &w) != EAP_STEP_SEND || w.full)
		return EAP_STEP_FAIL;
	return request(s, id, bytes_of(data, w.len), out);
}

static const struct eap_choice *choice_at(const struct eap_server *s, size_t i)
{
	bool is_left = i < s->choice_count && i < CHOICES_MAX && !(s->refused & 1u << i);

	return is_left ? &s->choices[i] : NULL;
}

static const struct eap_choice *choice_of(const struct eap_server *s, uint32_t vendor,
					  uint32_t type)
{
	for (size_t i = 0; i < s->choice_count; i++)
		if (!vendor && s->choices[i].method->type == type)
			return choice_at(s, i);
	return NULL;
}

static enum eap_step take_identity(struct eap_server *s, const struct eap_packet *in,
				   struct writer *out)
{
	if (in->type != EAP_IDENTITY || in->vendor || in->data.len > sizeof(s->identity))
		return EAP_STEP_DROP;
	if (in->data.len)
		memcpy(s->identity, in->data.at, in->data.len);
	s->identity_len = in->data.len;
	s->has_identity = true;
	return propose(s, choice_at(s, 0), (uint8_t)(in->id + 1), out);
}

/* Proposes the first method of the Nak that is configured and was not refused before. */
static enum eap_step take_nak(struct eap_server *s, const struct eap_packet *in, struct writer *out)
{
	struct reader r = reader_of(in->data.at, in->data.len);
	const struct eap_choice *choice = NULL;
	uint32_t vendor, type;

	s->refused |= 1u << (s->chosen - s->choices);
	while (!choice && eap_nak_next(&r, in, &vendor, &type))
		choice = choice_of(s, vendor, type);
	log_debug(s->log, "eap: the peer does not take %s", s->chosen->method->name);
	return propose(s, choice, (uint8_t)(in->id + 1), out);
}

static enum eap_step run_method(struct eap_server *s, const struct eap_packet *in,
				struct writer *out)
{
	uint8_t data[EAP_PACKET_MAX];
	struct writer w = writer_of(data, sizeof(data));
	enum eap_step step = s->chosen->method->input(s->chosen->self, in, &w);

	s->is_taken |= step != EAP_STEP_DROP;
	if (w.full)
		return EAP_STEP_FAIL;
	if (step == EAP_STEP_SEND || (step == EAP_STEP_FAIL && w.len)) {
		if (request(s, (uint8_t)(in->id + 1), bytes_of(data, w.len), out) == EAP_STEP_FAIL)
			return EAP_STEP_FAIL;
	}
	return step;
}

enum eap_step eap_server_input(struct eap_server *s, struct bytes response, struct writer *out)
{
	struct eap_packet in;

	if (!eap_packet_get(response, &in) || in.code != EAP_RESPONSE)
		return EAP_STEP_DROP;
	if (!s->has_identity)
		return take_identity(s, &in, out);
	if (!s->chosen)
		return EAP_STEP_DROP; /* the conversation has failed */
	if (!in.vendor && in.type == EAP_NAK)
		return s->is_taken ? EAP_STEP_DROP : take_nak(s, &in, out);
	if (in.vendor || in.type != s->chosen->method->type)
		return EAP_STEP_DROP;
	return run_method(s, &in, out);
}
