/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PAP (RFC 1334), CHAP-MD5 (RFC 1994), MS-CHAPv2 (RFC 2759), as far as an observer needs them. */
#include "e2e/peers/watch.h"

#include <stdio.h>
#include <unistd.h>

enum {
	PROTO_PAP = 0xc023,
	PROTO_CHAP = 0xc223,
	PAP_ACK = 2,
	CHAP_CHALLENGE = 1,
	CHAP_RESPONSE = 2,
	CHAP_SUCCESS = 3,
};

uint16_t frame_protocol(struct bytes frame, struct bytes *info)
{
	struct reader r = reader_of(frame.at, frame.len);
	uint16_t protocol;

	if (r.left >= 2 && load_u16(r.at) == 0xff03) /* else left out: ACFC, RFC 1661 section 6.6 */
		get_u16(&r);
	protocol = get_u8(&r);
	if (!(protocol & 1)) /* an odd first byte is the whole protocol: PFC, section 6.5 */
		protocol = (uint16_t)(protocol << 8 | get_u8(&r));
	*info = bytes_of(r.at, r.left);
	return r.bad ? 0 : protocol;
}

/* PAP's and CHAP's common header: code, identifier, length. */
static struct reader open_packet(struct bytes info, uint8_t *code)
{
	struct reader r = reader_of(info.at, info.len);
	uint16_t len;

	*code = get_u8(&r);
	get_u8(&r);
	len = get_u16(&r);
	return get_reader(&r, len < 4 ? 0 : len - 4u);
}

static void take_challenge(struct watch *w, struct reader *r)
{
	if (get_u8(r) == MSCHAP_CHALLENGE_LEN)
		get_copy(r, w->challenge, sizeof(w->challenge));
}

static void take_response(struct watch *w, struct reader *r)
{
	uint8_t hash[MSCHAP_HASH_LEN];
	uint8_t len = get_u8(r);
	const uint8_t *value = get_bytes(r, len);

	w->s[0] = '\0';
	memset(w->hlak, 0, sizeof(w->hlak));
	if (!value || len != MSCHAP_VALUE_LEN || !mschap_nt_hash(bytes_text(w->password), hash))
		return;
	if (!mschap_check(hash, w->challenge, value, bytes_of(r->at, r->left), w->s, w->hlak))
		dprintf(STDERR_FILENO, "front: the Response is not what the password makes\n");
}

/* pppd's authenticator response must be equal to the one that we compute. */
static void take_success(struct watch *w, struct reader *r)
{
	if (!w->s[0]) {
		w->method = "CHAP-MD5";
		return;
	}
	w->method = "MS-CHAPv2";
	if (r->left < MSCHAP_S_LEN || memcmp(r->at, w->s, MSCHAP_S_LEN))
		dprintf(STDERR_FILENO, "front: pppd's S= is not ours\n");
}

bool watch_from_pppd(struct watch *w, struct bytes frame)
{
	struct bytes info;
	uint16_t protocol = frame_protocol(frame, &info);
	uint8_t code;
	struct reader r = open_packet(info, &code);
	bool is_first = !w->method; /* pppd may challenge again, at any time */

	if (protocol == PROTO_PAP && code == PAP_ACK)
		w->method = "PAP";
	else if (protocol == PROTO_CHAP && code == CHAP_CHALLENGE)
		take_challenge(w, &r);
	else if (protocol == PROTO_CHAP && code == CHAP_SUCCESS)
		take_success(w, &r);
	return is_first && w->method;
}

void watch_from_client(struct watch *w, struct bytes frame)
{
	struct bytes info;
	uint16_t protocol = frame_protocol(frame, &info);
	uint8_t code;
	struct reader r = open_packet(info, &code);

	if (protocol == PROTO_CHAP && code == CHAP_RESPONSE)
		take_response(w, &r);
}
