/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RADIUS packets of every kind: the client with arbitrary responses to a request, half of them signed
 * as they should be, and the functions that read what is in them.
 */
#include <stdint.h>
#include <stdlib.h>

#include "auth/radius_grant.h"
#include "radius/radius_client.h"
#include "radius/radius_dae.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SIGNED = 1, AS_ACCOUNTING = 2, LATER = 4, AS_REQUEST = 8 };

static struct radius_client c;
static const struct bytes secret = { (const uint8_t *)"testing123", 10 };

static struct radius_dae dae;

static void zeros(void *arg, void *to, size_t len)
{
	(void)arg;
	memset(to, 0, len);
}

static void read_all(struct bytes packet)
{
	static const uint8_t request[RADIUS_AUTH_LEN];
	struct radius_walk w = radius_walk(packet);
	uint8_t key[RADIUS_KEY_MAX];
	struct radius_attr a;
	struct auth_grant grant = { .ipv4 = 0 };

	while (radius_next(&w, &a)) {
		radius_mppe_key(a.value, request, secret, key);
		radius_grant_is_changeable(&a);
	}
	radius_grant_get(&grant, packet);
}

static void drain(void)
{
	struct radius_out out;

	while (radius_client_next(&c, &out))
		if (out.type == RADIUS_OUT_ANSWER)
			read_all(out.packet);
}

static void sign(uint8_t *packet, size_t len, uint8_t id, const uint8_t *request)
{
	if (len < RADIUS_HDR_LEN)
		return;
	packet[1] = id;
	if (len >= RADIUS_HDR_LEN + RADIUS_MA_LEN &&
	    packet[RADIUS_HDR_LEN] == RADIUS_MESSAGE_AUTHENTICATOR)
		memset(packet + RADIUS_HDR_LEN + 2, 0, RADIUS_AUTH_LEN);
	radius_sign_response(packet, len, request, secret);
}

/* As a request to change or end a session, signed as it should be. */
static void take_request(uint8_t *packet, size_t len)
{
	static const struct radius_dae_time now = { 1800000000, 1000 };
	static uint8_t response[RADIUS_PACKET_MAX];
	struct radius_dae_peer peer = { ip_from_v4(0x7f000001), 1 };
	struct writer out = writer_of(response, sizeof(response));
	struct radius_dae_request rq;

	if (len < RADIUS_HDR_LEN)
		return;
	dae.sources[0] = (struct radius_dae_source){ peer.addr, secret };
	dae.source_count = 1;
	dae.nas_name = "vpn";
	radius_sign_request(packet, len, packet[1], NULL, 0, bytes_of(NULL, 0), secret);
	if (radius_dae_input(&dae, &peer, bytes_of(packet, len), &now, &rq, &out) == RADIUS_DAE_ASK)
		radius_dae_respond(&dae, &rq, RADIUS_ERROR_NONE, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct radius_client_cfg cfg = { .random = zeros, .demand = RADIUS_AUTO, .nas = "vpn" };
	uint8_t bytes[200];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct radius_request r = { .packet = bytes, .server = RADIUS_ANY };
	struct bytes packet;
	uint8_t *copy;

	if (!len || len > RADIUS_PACKET_MAX)
		return 0;
	radius_client_open(&c, &cfg);
	radius_client_add(&c, secret, false);
	radius_begin(&w,
		     data[0] & AS_ACCOUNTING ? RADIUS_ACCOUNTING_REQUEST : RADIUS_ACCESS_REQUEST);
	radius_put_text(&w, RADIUS_USER_NAME, "ann");
	r.len = w.len;
	radius_client_send(&c, &r, 1);
	drain();
	copy = malloc(len);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, len - 1);
	if (data[0] & SIGNED)
		sign(copy, len - 1, r.id, bytes + 4);
	packet = bytes_of(copy, len - 1);
	if (data[0] & AS_REQUEST && len > 1 && copy[0] >= RADIUS_DISCONNECT_REQUEST)
		take_request(copy, len - 1);
	if (radius_is_packet(&packet)) {
		read_all(packet);
		radius_check_request(packet, secret);
	}
	radius_client_input(&c, 0, 0, bytes_of(copy, len - 1), 1);
	drain();
	if (data[0] & LATER) {
		radius_client_tick(&c, radius_client_deadline(&c));
		drain();
	}
	free(copy);
	return 0;
}
