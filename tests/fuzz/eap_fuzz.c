/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One end of an EAP conversation with arbitrary input. The first byte selects the end and the
 * number of its methods; then come packets, each after a byte with its length.
 */
#include <assert.h>

#include "eap/eap_peer.h"
#include "eap/eap_server.h"
#include "support/eap_talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct talk talk;

static const struct eap_choice peer_choices[] = { { &talk_peer, &talk }, { &other_peer, &talk } };
static const struct eap_choice server_choices[] = { { &talk_server, &talk },
						    { &other_server, &talk } };

/* What is sent is well-formed and responds to the input. */
static void check(struct bytes in, struct bytes out, uint8_t code)
{
	struct eap_packet question, answer;

	assert(eap_packet_get(in, &question) && eap_packet_get(out, &answer));
	assert(answer.code == code);
	assert(answer.id == (uint8_t)(question.id + (code == EAP_REQUEST)));
	assert(load_u16(out.at + 2) == out.len && out.len <= EAP_PACKET_MAX);
}

/* A Nak's list comes to an end. */
static void walk_nak(struct bytes in)
{
	struct eap_packet packet;
	struct reader r;
	uint32_t vendor, type;
	size_t n = 0;

	if (!eap_packet_get(in, &packet))
		return;
	r = reader_of(packet.data.at, packet.data.len);
	while (eap_nak_next(&r, &packet, &vendor, &type))
		assert(++n <= in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint8_t how = get_u8(&r), out[EAP_PACKET_MAX];
	bool is_server = how & 1;
	struct eap_peer peer = { .identity = bytes_text("ann"),
				 .choices = peer_choices,
				 .choice_count = how >> 1 & 3 };
	struct eap_server server = { .choices = server_choices, .choice_count = how >> 1 & 3 };

	if (peer.choice_count > 2)
		peer.choice_count = server.choice_count = 2;
	talk = (struct talk){ .word = "w" };
	while (r.left) {
		size_t n = get_u8(&r);
		struct bytes in = bytes_of(r.at, n < r.left ? n : r.left);
		struct writer w = writer_of(out, sizeof(out));
		enum eap_step step = is_server ? eap_server_input(&server, in, &w)
					       : eap_peer_input(&peer, in, &w);

		get_bytes(&r, in.len);
		walk_nak(in);
		assert(step == EAP_STEP_DROP ? !w.len : true);
		if (w.len)
			check(in, bytes_of(out, w.len), is_server ? EAP_REQUEST : EAP_RESPONSE);
	}
	return 0;
}
