/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a peer of PEAP says inside the TLS session. The first byte selects the end, and how many packets of the
 * conversation inside come from an honest end before; then come inner packets, each after a byte with its
 * length. The handshake is done first, in memory, unless the first byte has its top bit.
 */
#include <assert.h>

#include "eap/eap_mschapv2.h"
#include "eap/peap.h"
#include "eap_lab.h"
#include "ppp/mschap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void draw(void *arg, void *to, size_t len)
{
	(void)arg;
	memset(to, 0x42, len);
}

static void check(void *arg, const struct ppp_attempt *a, struct ppp_auth_result *v)
{
	uint8_t hash[MSCHAP_HASH_LEN];

	(void)arg;
	assert(mschap_nt_hash(bytes_text("s3cret"), hash));
	v->ok = mschap_check(hash, a->challenge.at, a->response.at, a->user, v->message, v->hlak);
}

enum {
	TO_SERVER = 1,
	REQUIRES_BINDING = 2,
	HONEST_SHIFT = 2, /* four bits */
	ALL_HONEST = 15,  /* more than a login has */
};

static struct peap_peer p;
static struct peap_server s;
static bool is_done[2]; /* peer, server */
static uint8_t next_id;

/* One packet from an end to the other; `out` is the response. */
static enum eap_step pass(bool to_server, uint8_t id, struct bytes in, struct writer *out)
{
	const struct eap_packet packet = { .code = to_server ? EAP_RESPONSE : EAP_REQUEST,
					   .id = id,
					   .type = EAP_PEAP,
					   .data = in };

	enum eap_step step;

	out->len = 0;
	step = to_server ? peap_server.input(&s, &packet, out) : peap_peer.input(&p, &packet, out);
	if (step == EAP_STEP_DONE)
		is_done[to_server] = true;
	return step;
}

/* Until the server has asked for the identity inside, then `honest` packets more. */
static void converse(unsigned honest)
{
	static uint8_t a[EAP_PACKET_MAX], b[EAP_PACKET_MAX];
	struct writer to_peer = writer_of(a, sizeof(a)), to_server = writer_of(b, sizeof(b));

	peap_server.begin(&s, 1, &to_peer);
	while (!s.end.has_key) {
		assert(pass(false, 1, bytes_of(a, to_peer.len), &to_server) == EAP_STEP_SEND);
		assert(pass(true, 1, bytes_of(b, to_server.len), &to_peer) == EAP_STEP_SEND);
	}
	assert(pass(false, 1, bytes_of(a, to_peer.len), &to_server) == EAP_STEP_SEND);
	next_id = 1;
	for (unsigned i = 0; i < honest && !is_done[1]; i++) {
		bool to_it = i % 2 == 0;
		enum eap_step step =
			to_it ? pass(true, next_id, bytes_of(b, to_server.len), &to_peer)
			      : pass(false, next_id, bytes_of(a, to_peer.len), &to_server);

		assert(step == EAP_STEP_SEND || step == EAP_STEP_DONE);
		next_id = (uint8_t)(next_id + to_it);
	}
	if (honest == ALL_HONEST)
		assert(is_done[0] && is_done[1] && !memcmp(p.end.msk, s.end.msk, EAP_MSK_LEN));
}

static void say(bool to_server, unsigned honest, struct reader *r)
{
	uint8_t a[EAP_PACKET_MAX], b[EAP_PACKET_MAX];
	struct tls_pipe *from = to_server ? &p.end.pipe : &s.end.pipe;
	enum eap_step step = EAP_STEP_SEND;

	for (uint8_t id = (uint8_t)(next_id + 1);
	     r->left && step == EAP_STEP_SEND && !from->is_broken; id++) {
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
		/* only after an honest login, and the attacker has no key for the binding */
		assert(step != EAP_STEP_DONE || (!s.requires_binding && (to_server || honest)));
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
	unsigned honest = how >> HONEST_SHIFT & ALL_HONEST;

	read_alone(bytes_of(r.at, r.left));
	if (how & 0x80) /* the rest takes a thousand times as long */
		return 0;
	if (!client_ctx)
		client_ctx = eap_lab_client(true);
	if (!server_ctx)
		server_ctx = eap_lab_server(true, false);
	p = (struct peap_peer){ .end = { .ctx = client_ctx, .name = "vpn.example.net" },
				.requires_binding = how & REQUIRES_BINDING,
				.inner = { .identity = bytes_text("ann"),
					   .choices = &peer_choice,
					   .choice_count = 1 } };
	s = (struct peap_server){ .end.ctx = server_ctx,
				  .requires_binding = how & REQUIRES_BINDING,
				  .inner = { .choices = &server_choice, .choice_count = 1 },
				  .random = draw };
	is_done[0] = is_done[1] = false;
	converse(honest);
	if (!is_done[1])
		say(how & TO_SERVER, honest, &r);
	peap_peer_close(&p);
	peap_server_close(&s);
	return 0;
}
