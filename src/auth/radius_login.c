/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The attributes of a login, by its method (RFC 2865, 2548, 3579). */
#include "auth/radius_login.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/radius_grant.h"
#include "eap/packet.h"
#include "ppp/mschap.h"
#include "util/secret.h"
#include "util/text.h"

enum {
	SERVICE_FRAMED = 2, /* RFC 2865 section 5.6 */
	FRAMED_PPP = 1,     /* section 5.7 */
	PORT_VIRTUAL = 5,   /* section 5.41 */
	MEDIUM_IPV4 = 1,    /* RFC 2868 section 3.2 */
	MEDIUM_IPV6 = 2,
	SERVER_REMOTE_ACCESS = 2, /* as conditions in NPS' policies name it */
	FRAMED_MTU = 1400,        /* the room for EAP: RFC 3579 section 2.4 */
	CHAP2_RESPONSE_LEN = 50,  /* RFC 2548 section 2.3.2 */
	CHAP_ERROR_MIN = 2,
};

/* ---- the request */

uint32_t radius_new_start(void)
{
	uint32_t start;

	secret_random(&start, sizeof(start));
	return start;
}

void radius_session_id(const struct radius_nas *nas, uint64_t session,
		       char to[RADIUS_SESSION_ID_SIZE])
{
	snprintf(to, RADIUS_SESSION_ID_SIZE, "%08" PRIx32 "%08" PRIx32, nas->start,
		 (uint32_t)session);
}

static void put_ip(struct writer *w, uint8_t v4, uint8_t v6, const struct ip_addr *a)
{
	if (a->family == AF_INET)
		radius_put(w, v4, a->bytes, 4);
	if (a->family == AF_INET6)
		radius_put(w, v6, a->bytes, 16);
}

void radius_put_nas(struct writer *w, const struct radius_nas *nas)
{
	put_ip(w, RADIUS_NAS_IP_ADDRESS, RADIUS_NAS_IPV6_ADDRESS, &nas->address);
	radius_put_text(w, RADIUS_NAS_IDENTIFIER, nas->name);
}

void radius_put_session(struct writer *w, const struct radius_nas *nas, uint64_t session,
			const struct ip_addr *source, const struct ip_addr *local)
{
	char text[RADIUS_SESSION_ID_SIZE + 8];

	radius_put_nas(w, nas);
	radius_put_number(w, RADIUS_NAS_PORT, (uint32_t)session);
	snprintf(text, sizeof(text), "sstp%" PRIu32, (uint32_t)session);
	radius_put_text(w, RADIUS_NAS_PORT_ID, text);
	radius_put_number(w, RADIUS_NAS_PORT_TYPE, PORT_VIRTUAL);
	radius_put_number(w, RADIUS_SERVICE_TYPE, SERVICE_FRAMED);
	radius_put_number(w, RADIUS_FRAMED_PROTOCOL, FRAMED_PPP);
	radius_put_text(w, RADIUS_CALLING_STATION_ID, ip_print(source).text);
	radius_put_text(w, RADIUS_CALLED_STATION_ID, ip_print(local).text);
	radius_put_number(w, RADIUS_TUNNEL_MEDIUM_TYPE,
			  source->family == AF_INET6 ? MEDIUM_IPV6 : MEDIUM_IPV4);
	radius_put_text(w, RADIUS_TUNNEL_CLIENT_ENDPOINT, ip_print(source).text);
	radius_put_text(w, RADIUS_TUNNEL_SERVER_ENDPOINT, ip_print(local).text);
	radius_session_id(nas, session, text);
	radius_put_text(w, RADIUS_ACCT_SESSION_ID, text);
}

static void put_chap_md5(struct writer *w, const struct ppp_attempt *a)
{
	uint8_t value[1 + CHAP_MD5_LEN] = { a->identifier };

	memcpy(value + 1, a->response.at, CHAP_MD5_LEN);
	radius_put(w, RADIUS_CHAP_PASSWORD, value, sizeof(value));
	radius_put(w, RADIUS_CHAP_CHALLENGE, a->challenge.at, a->challenge.len);
}

/* The CHAP packet has Flags at the end, the attribute has them in front. */
static void put_mschapv2(struct writer *w, const struct ppp_attempt *a)
{
	uint8_t value[CHAP2_RESPONSE_LEN] = { a->identifier };

	memcpy(value + 2, a->response.at, MSCHAP_VALUE_LEN - 1);
	radius_put_vendor(w, RADIUS_MICROSOFT, RADIUS_MS_CHAP_CHALLENGE, a->challenge.at,
			  a->challenge.len);
	radius_put_vendor(w, RADIUS_MICROSOFT, RADIUS_MS_CHAP2_RESPONSE, value, sizeof(value));
}

static bool put_proof(struct writer *w, const struct ppp_attempt *a, struct bytes eap,
		      size_t *password_at)
{
	switch (a->method) {
	case PPP_AUTH_PAP:
		if (a->password.len > RADIUS_PASSWORD_MAX)
			return false;
		*password_at = radius_put_password_gap(w, a->password.len);
		return true;
	case PPP_AUTH_CHAP_MD5:
		if (a->response.len != CHAP_MD5_LEN)
			return false;
		put_chap_md5(w, a);
		return true;
	case PPP_AUTH_MSCHAPV2:
		if (a->response.len != MSCHAP_VALUE_LEN)
			return false;
		put_mschapv2(w, a);
		return true;
	case PPP_AUTH_EAP:
		radius_put_number(w, RADIUS_FRAMED_MTU, FRAMED_MTU);
		radius_put_long(w, RADIUS_EAP_MESSAGE, eap);
		return true;
	default:
		return false;
	}
}

bool radius_login_put(struct writer *w, const struct radius_nas *nas, const struct auth_request *rq,
		      struct bytes eap, const struct radius_conversation *state,
		      size_t *password_at)
{
	const struct ppp_attempt *a = rq->attempt;
	uint8_t type[4];

	*password_at = 0;
	if (!a->user.len || a->user.len > RADIUS_VALUE_MAX)
		return false;
	radius_begin(w, RADIUS_ACCESS_REQUEST);
	radius_put(w, RADIUS_USER_NAME, a->user.at, a->user.len);
	if (!put_proof(w, a, eap, password_at))
		return false;
	if (state->len)
		radius_put(w, RADIUS_STATE, state->bytes, state->len);
	radius_put_session(w, nas, rq->session, &rq->source, &rq->local);
	store_u32(type, SERVER_REMOTE_ACCESS);
	radius_put_vendor(w, RADIUS_MICROSOFT, RADIUS_MS_NETWORK_ACCESS_SERVER_TYPE, type,
			  sizeof(type));
	return !w->full;
}

/* ---- the response */

static void set_reason(struct auth_result *result, const char *reason)
{
	snprintf(result->reason, sizeof(result->reason), "%s", reason);
}

/* Printable text for the peer and, quoted, for the log. */
static void copy_message(struct auth_result *result, struct bytes text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len + 1 < sizeof(result->message); i++)
		if (text.at[i] >= ' ' && text.at[i] < 0x7f)
			result->message[len++] = (char)text.at[i];
	result->message[len] = '\0';
}

static void set_name(struct auth_result *result, struct bytes name)
{
	if (name.len > PPP_NAME_MAX)
		name.len = PPP_NAME_MAX;
	memset(result->name, 0, sizeof(result->name));
	for (size_t i = 0; i < name.len; i++)
		result->name[i] = (char)(name.at[i] ? name.at[i] : '?');
}

/* "E=691 R=1 C=... V=3 M=text" after one byte of Ident (RFC 2548 section 2.1.5). */
static void take_chap_error(struct auth_result *result, struct bytes value)
{
	struct bytes rest, word;

	if (value.len < CHAP_ERROR_MIN)
		return;
	rest = text_skip(value, 1);
	while (rest.len) {
		if (text_starts_nocase(rest, "M=")) {
			copy_message(result, text_skip(rest, 2));
			return;
		}
		if (!text_cut(&rest, ' ', &word)) {
			word = rest;
			rest.len = 0;
		}
		if (text_starts_nocase(word, "E=")) {
			char number[8] = "";

			memcpy(number, word.at + 2,
			       word.len - 2 < sizeof(number) ? word.len - 2 : sizeof(number) - 1);
			result->error = (uint16_t)strtoul(number, NULL, 10);
		}
	}
}

static void take_reject(const struct radius_response *r, const struct auth_request *rq,
			struct auth_result *result)
{
	struct bytes text;

	set_reason(result, "the RADIUS server rejected it");
	if (radius_find(r->packet, 0, RADIUS_REPLY_MESSAGE, &text) && text.len) {
		snprintf(result->reason, sizeof(result->reason),
			 "the RADIUS server rejected it: %.120s",
			 log_quote(text.at, text.len).text);
		copy_message(result, text);
	}
	if (rq->attempt->method == PPP_AUTH_MSCHAPV2 &&
	    radius_find(r->packet, RADIUS_MICROSOFT, RADIUS_MS_CHAP_ERROR, &text))
		take_chap_error(result, text);
}

/* [MS-SSTP] 3.2.5.2.2: the first 32 bytes of both keys, of 16 or of 32 bytes each. */
static bool get_hlak(const struct radius_response *r, uint8_t hlak[PPP_HLAK_LEN])
{
	uint8_t keys[2 * RADIUS_KEY_MAX] = { 0 };
	struct bytes recv, send;
	size_t first = 0, second = 0;
	bool has_all;

	if (radius_find(r->packet, RADIUS_MICROSOFT, RADIUS_MS_MPPE_RECV_KEY, &recv) &&
	    radius_find(r->packet, RADIUS_MICROSOFT, RADIUS_MS_MPPE_SEND_KEY, &send)) {
		first = radius_mppe_key(recv, r->request, r->secret, keys);
		second = radius_mppe_key(send, r->request, r->secret, keys + first);
	}
	has_all = first && second && first + second >= PPP_HLAK_LEN;
	if (has_all)
		memcpy(hlak, keys, PPP_HLAK_LEN);
	secret_wipe(keys, sizeof(keys));
	return has_all;
}

/* Ident(1), "S=" and 40 hex digits, maybe " M=" and text (RFC 2548 section 2.3.3). */
static bool take_chap_success(const struct radius_response *r, struct auth_result *result)
{
	struct bytes value;

	if (!radius_find(r->packet, RADIUS_MICROSOFT, RADIUS_MS_CHAP2_SUCCESS, &value) ||
	    value.len < 1 + MSCHAP_S_LEN || memcmp(value.at + 1, "S=", 2))
		return false;
	copy_message(result, bytes_of(value.at + 1, MSCHAP_S_LEN));
	return true;
}

static const char no_keys[] =
	"the RADIUS server sent no MS-MPPE keys, which the crypto binding needs (FreeRADIUS: "
	"use_mppe = yes; NPS: MPPE 128-bit encryption)";

/* NULL, or why the session can't be accepted. */
static const char *take_keys(const struct radius_response *r, enum ppp_auth method,
			     struct auth_result *result)
{
	if (method == PPP_AUTH_MSCHAPV2 && !take_chap_success(r, result))
		return "the RADIUS server accepted it without MS-CHAP2-Success";
	if ((method == PPP_AUTH_MSCHAPV2 || method == PPP_AUTH_EAP) && !get_hlak(r, result->hlak))
		return no_keys;
	return NULL;
}

static bool is_eap_failure(struct bytes eap)
{
	return eap.at && eap.len && eap.at[0] == EAP_FAILURE;
}

static void take_accept(const struct radius_response *r, const struct auth_request *rq,
			struct bytes eap, struct auth_result *result)
{
	struct bytes name;
	const char *why;

	if (rq->attempt->method == PPP_AUTH_EAP && is_eap_failure(eap)) {
		set_reason(result, "the RADIUS server accepted it with an EAP Failure");
		return;
	}
	result->is_right = true;
	if (radius_find(r->packet, 0, RADIUS_USER_NAME, &name) && name.len)
		set_name(result, name);
	why = take_keys(r, rq->attempt->method, result);
	if (!why)
		why = radius_grant_get(&result->grant, r->packet);
	if (why) {
		set_reason(result, why);
		secret_wipe(result->hlak, sizeof(result->hlak));
		result->message[0] = '\0';
		return;
	}
	result->grant.push_route_count = radius_grant_pushed(r->packet, result->push_routes);
	result->grant.push_routes = result->push_routes;
	result->outcome = AUTH_RESULT_OK;
}

/* All EAP-Message attributes joined (RFC 3579 section 3.1); empty: none, or too long for PPP. */
static struct bytes join_eap(struct bytes packet, uint8_t eap[PPP_EAP_MAX])
{
	struct writer w = writer_of(eap, PPP_EAP_MAX);
	struct radius_walk walk = radius_walk(packet);
	struct radius_attr a;

	while (radius_next(&walk, &a))
		if (!a.vendor && a.type == RADIUS_EAP_MESSAGE)
			put_bytes(&w, a.value.at, a.value.len);
	return bytes_of(eap, w.full ? 0 : w.len);
}

static void take_challenge(const struct radius_response *r, const struct auth_request *rq,
			   struct bytes eap, struct radius_conversation *state,
			   struct auth_result *result)
{
	struct bytes value;

	if (rq->attempt->method != PPP_AUTH_EAP || !eap.len) {
		set_reason(result,
			   rq->attempt->method == PPP_AUTH_EAP
				   ? "the RADIUS server sent a challenge without an EAP "
				     "packet, or with one of more than 1500 bytes"
				   : "the RADIUS server asks for more than a password, which "
				     "only EAP can ask the client for");
		return;
	}
	state->len = 0;
	if (radius_find(r->packet, 0, RADIUS_STATE, &value)) {
		state->len = (uint8_t)value.len;
		memcpy(state->bytes, value.at, value.len);
	}
	result->outcome = AUTH_RESULT_CONTINUE;
	result->eap = eap;
}

void radius_login_result(const struct radius_response *r, const struct auth_request *rq,
			 struct radius_conversation *state, uint8_t eap[PPP_EAP_MAX],
			 struct auth_result *result)
{
	struct bytes packet = { NULL, 0 };

	memset(result, 0, sizeof(*result));
	set_name(result, rq->attempt->user);
	if (rq->attempt->method == PPP_AUTH_EAP)
		packet = join_eap(r->packet, eap);
	switch (r->packet.at[0]) {
	case RADIUS_ACCESS_ACCEPT:
		take_accept(r, rq, packet, result);
		break;
	case RADIUS_ACCESS_CHALLENGE:
		take_challenge(r, rq, packet, state, result);
		break;
	default:
		take_reject(r, rq, result);
	}
}
