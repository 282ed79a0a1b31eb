/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppp/auth_method.h"

#include "ppp/frame.h"

/* Methods that we recognize but do not support. */
static const struct auth_method mschapv1_method = {
	.name = "mschap",
	.protocol = PPP_PROTO_CHAP,
	.algorithm = CHAP_ALGORITHM_MSCHAPV1,
};
static const struct auth_method spap_method = {
	.name = "spap",
	.protocol = PPP_PROTO_SPAP,
};

static const struct auth_method *const methods[PPP_AUTH_COUNT] = {
	[PPP_AUTH_PAP] = &pap_method,           [PPP_AUTH_CHAP_MD5] = &chap_md5_method,
	[PPP_AUTH_MSCHAPV2] = &mschapv2_method, [PPP_AUTH_EAP] = &eap_method,
	[PPP_AUTH_MSCHAPV1] = &mschapv1_method, [PPP_AUTH_SPAP] = &spap_method,
};

const char *ppp_auth_name(enum ppp_auth method)
{
	if (method == PPP_AUTH_NONE)
		return "none";
	return methods[method] ? methods[method]->name : "unknown";
}

bool ppp_auth_is_supported(enum ppp_auth method)
{
	return methods[method] && methods[method]->start && !methods[method]->is_conversation;
}

enum ppp_auth auth_from_option(struct bytes value)
{
	struct reader r = reader_of(value.at, value.len);
	uint16_t protocol = get_u16(&r);
	uint8_t algorithm = r.left ? get_u8(&r) : 0;

	for (enum ppp_auth m = PPP_AUTH_NONE; m < PPP_AUTH_COUNT; m++)
		if (!r.bad && !r.left && methods[m] && methods[m]->protocol == protocol &&
		    methods[m]->algorithm == algorithm)
			return m;
	return PPP_AUTH_OTHER;
}

const struct auth_method *auth_method_of(enum ppp_auth method)
{
	return methods[method];
}

void auth_put_option(struct writer *w, enum ppp_auth method)
{
	put_u16(w, methods[method]->protocol);
	if (methods[method]->algorithm)
		put_u8(w, methods[method]->algorithm);
}
