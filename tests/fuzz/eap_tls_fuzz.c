/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP-TLS with arbitrary input: fragments and what is in them. The first byte selects the end; then
 * come packets, each after two bytes with its length.
 */
#include <assert.h>

#include "eap/eap_peer.h"
#include "eap/eap_server.h"
#include "eap/eap_tls.h"
#include "eap_lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool refuse(void *arg, struct bytes leaf)
{
	(void)arg;
	(void)leaf;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct tls_ctx *client_ctx, *server_ctx;
	struct reader r = reader_of(data, len);
	bool is_server = get_u8(&r) & 1;
	uint8_t out[EAP_PACKET_MAX];
	struct eap_tls_peer p = { .end.name = "vpn.example.net" };
	struct eap_tls_server s = { .check = refuse };
	const struct eap_choice peer_choice = { &eap_tls_peer, &p },
				server_choice = { &eap_tls_server, &s };
	struct eap_peer peer = { .identity = bytes_text("ann"),
				 .choices = &peer_choice,
				 .choice_count = 1 };
	struct eap_server server = { .choices = &server_choice, .choice_count = 1 };

	if (!client_ctx)
		client_ctx = eap_lab_client(false);
	if (!server_ctx)
		server_ctx = eap_lab_server(false, true);
	p.end.ctx = client_ctx;
	s.end.ctx = server_ctx;
	while (r.left) {
		size_t n = get_u16(&r);
		struct bytes in = bytes_of(r.at, n < r.left ? n : r.left);
		struct writer w = writer_of(out, sizeof(out));
		enum eap_step step = is_server ? eap_server_input(&server, in, &w)
					       : eap_peer_input(&peer, in, &w);

		get_bytes(&r, in.len);
		assert(step != EAP_STEP_DROP || !w.len);
		assert(step != EAP_STEP_DONE);
		assert(p.end.pipe.out_len <= TLS_PIPE_MESSAGE_MAX &&
		       s.end.pipe.out_len <= TLS_PIPE_MESSAGE_MAX);
		assert(p.end.pipe.out_sent <= p.end.pipe.out_len &&
		       s.end.pipe.out_sent <= s.end.pipe.out_len);
	}
	eap_tls_peer_close(&p);
	eap_tls_server_close(&s);
	return 0;
}
