/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a peer of PEAP says inside the TLS session. The first byte selects the end; then come inner
 * packets, each after a byte with its length. The handshake is done first, in memory, unless the first byte has
 * its top bit.
 */
#include <assert.h>

#include "eap/eap_mschapv2.h"
#include "eap/peap.h"
#include "eap_lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void draw(void *arg, void *to, size_t len)
{
	(void)arg;
	memset(to, 0x42, len);
}

static void check(void *arg, const struct ppp_attempt *a, struct ppp_auth_result *v)
{
	(void)arg;
	(void)a;
	v->ok = true;
	memcpy(v->message, "S=", 3);
}

static struct peap_peer p;
static struct peap_server s;

/* One packet from an end to the other; `out` is the response. */
static enum eap_step pass(bool to_server, uint8_t id, struct bytes in, struct writer *out)
{
	const struct eap_packet packet = { .code = to_server ? EAP_RESPONSE : EAP_REQUEST,
					   .id = id,
					   .type = EAP_PEAP,
					   .data = in };

	out->len = 0;
	return to_server ? peap_server.input(&s, &packet, out) : peap_peer.input(&p, &packet, out);
}

/* Until the server has asked for the identity inside. */
static void run_phase_1(void)
{
	static uint8_t a[EAP_PACKET_MAX], b[EAP_PACKET_MAX];
	struct writer to_peer = writer_of(a, sizeof(a)), to_server = writer_of(b, sizeof(b));

	peap_server.begin(&s, 1, &to_peer);
	while (!s.end.has_key) {
		assert(pass(false, 1, bytes_of(a, to_peer.len), &to_server) == EAP_STEP_SEND);
		assert(pass(true, 1, bytes_of(b, to_server.len), &to_peer) == EAP_STEP_SEND);
	}
	assert(pass(false, 1, bytes_of(a, to_peer.len), &to_server) == EAP_STEP_SEND);
}

static void say(bool to_server, struct reader *r)
{
	uint8_t a[EAP_PACKET_MAX], b[EAP_PACKET_MAX];
	struct tls_pipe *from = to_server ? &p.end.pipe : &s.end.pipe;
	enum eap_step step = EAP_STEP_SEND;

	for (uint8_t id = 2; r->left && step == EAP_STEP_SEND && !from->is_broken; id++) {
		size_t n = get_u8(r);
		struct bytes in = bytes_of(r->at, n < r->left ? n : r->left);
		struct writer w = writer_of(a, sizeof(a)), out = writer_of(b, sizeof(b));

		get_bytes(r, in.len);
		if (!in.len)
			continue;
		from->out_len = from->out_sent = 0;
		tls_pipe_write(from, in);
		tls_pipe_put(from, &w);
		step = pass(to_server, id, bytes_of(a, w.len), &out);
		/* the client has no server that knows its password, and the binding has no key */
		assert(step != EAP_STEP_DONE || (to_server && !s.requires_binding));
	}
}

/* The functions that need no session. */
static void read_alone(struct bytes in)
{
	uint8_t bytes[512];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct peap_tlvs tlvs;

	if (peap_tlvs_get(in, &tlvs) && tlvs.binding)
		assert(tlvs.binding + PEAP_BINDING_LEN <= in.at + in.len);
	peap_wrap(&w, EAP_REQUEST, 2, in);
	assert(w.full || w.len >= in.len);
	peap_unwrap(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct tls_ctx *client_ctx, *server_ctx;
	struct eap_mschapv2_peer m = { .user = "ann", .password = "s3cret", .random = draw };
	struct eap_mschapv2_server n = { .name = "vpn", .random = draw, .check = check };
	const struct eap_choice peer_choice = { &eap_mschapv2_peer, &m },
				server_choice = { &eap_mschapv2_server, &n };
	struct reader r = reader_of(data, len);
	uint8_t how = get_u8(&r);

	read_alone(bytes_of(r.at, r.left));
	if (how & 0x80) /* the rest takes a thousand times as long */
		return 0;
	if (!client_ctx)
		client_ctx = eap_lab_client(true);
	if (!server_ctx)
		server_ctx = eap_lab_server(true, false);
	p = (struct peap_peer){ .end = { .ctx = client_ctx, .name = "vpn.example.net" },
				.requires_binding = how & 2,
				.inner = { .identity = bytes_text("ann"),
					   .choices = &peer_choice,
					   .choice_count = 1 } };
	s = (struct peap_server){ .end.ctx = server_ctx,
				  .requires_binding = how & 2,
				  .inner = { .choices = &server_choice, .choice_count = 1 },
				  .random = draw };
	run_phase_1();
	say(how & 1, &r);
	peap_peer_close(&p);
	peap_server_close(&s);
	return 0;
}
