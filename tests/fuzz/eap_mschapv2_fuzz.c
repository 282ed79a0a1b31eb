/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP-MSCHAPv2 with arbitrary input. The first byte selects the end, and whether the client has a
 * new password; then come packets, each after two bytes with its length.
 */
#include <assert.h>

#include "eap/eap_mschapv2.h"
#include "eap/eap_peer.h"
#include "eap/eap_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { IS_SERVER = 1, HAS_NEW_PASSWORD = 2, IS_ACCEPTED = 4 };

static bool is_accepted;

static void draw(void *arg, void *to, size_t len)
{
	(void)arg;
	memset(to, 0x42, len);
}

static void check(void *arg, const struct ppp_attempt *a, struct ppp_auth_result *v)
{
	(void)arg;
	assert(a->challenge.len == MSCHAP_CHALLENGE_LEN && a->response.len == MSCHAP_VALUE_LEN);
	assert(a->user.len <= PPP_NAME_MAX);
	v->ok = is_accepted;
	memcpy(v->message, "S=", 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_of(data, len);
	uint8_t how = get_u8(&r), out[EAP_PACKET_MAX];
	struct eap_mschapv2_peer m = { .user = "ann", .password = "s3cret", .random = draw };
	struct eap_mschapv2_server n = { .name = "vpn", .random = draw, .check = check };
	const struct eap_choice peer_choice = { &eap_mschapv2_peer, &m },
				server_choice = { &eap_mschapv2_server, &n };
	struct eap_peer peer = { .identity = bytes_text("ann"),
				 .choices = &peer_choice,
				 .choice_count = 1 };
	struct eap_server server = { .choices = &server_choice, .choice_count = 1 };

	is_accepted = how & IS_ACCEPTED;
	if (how & HAS_NEW_PASSWORD)
		m.new_password = "a new one";
	while (r.left) {
		size_t n_bytes = get_u16(&r);
		struct bytes in = bytes_of(r.at, n_bytes < r.left ? n_bytes : r.left);
		struct writer w = writer_of(out, sizeof(out));
		enum eap_step step = how & IS_SERVER ? eap_server_input(&server, in, &w)
						     : eap_peer_input(&peer, in, &w);

		get_bytes(&r, in.len);
		assert(step != EAP_STEP_DROP || !w.len);
		assert(m.text_len <= sizeof(m.text));
		/* nobody is let in whom the check refuses, and no server without the right S= */
		assert(step != EAP_STEP_DONE || (how & IS_SERVER ? is_accepted : m.has_response));
	}
	return 0;
}
