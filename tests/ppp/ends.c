/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppp/ends.h"

#include <stdio.h>

#include "ppp/mschap.h"
#include "util/secret.h"

/* RFC 2759 section 9.2 */
static const uint8_t client_challenge[] = { 0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a,
					    0x28, 0x29, 0x5f, 0x2b, 0x3a, 0x33, 0x7c, 0x7e };
static const uint8_t server_challenge[] = { 0x5b, 0x5d, 0x7c, 0x7d, 0x7b, 0x3f, 0x2f, 0x3e,
					    0x3c, 0x2c, 0x60, 0x21, 0x32, 0x26, 0x26, 0x28 };

void ends_random(void *arg, void *to, size_t len)
{
	struct ends_random *r = arg;
	uint8_t *at = to;

	switch (len) {
	case 1:
		*at = 0x42;
		break;
	case 4:
		memset(at, (++r->magics + r->base) * 0x11, len);
		break;
	case 8:
		memset(at, 0, len);
		at[0] = 0x10;
		at[7] = (uint8_t)(++r->iids + r->base);
		break;
	default:
		memcpy(at, r->role == PPP_CLIENT ? client_challenge : server_challenge, len);
	}
}

static struct ppp_cfg ends_both(struct ends_random *r, enum ppp_role role)
{
	*r = (struct ends_random){ .role = role, .base = role == PPP_CLIENT ? 0 : 8 };
	return (struct ppp_cfg){
		.role = role,
		.auth = { PPP_AUTH_MSCHAPV2, PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP },
		.auth_count = 3,
		.ipv4 = true,
		.ipv6 = true,
		.random = ends_random,
		.random_arg = r,
	};
}

struct ppp_cfg ends_client(struct ends_random *r)
{
	struct ppp_cfg cfg = ends_both(r, PPP_CLIENT);

	cfg.user = "User";
	cfg.password = "clientPass";
	cfg.want_dns = true;
	return cfg;
}

struct ppp_cfg ends_server(struct ends_random *r)
{
	struct ppp_cfg cfg = ends_both(r, PPP_SERVER);

	cfg.name = "srv";
	cfg.ipv4_own = ENDS_SERVER_IPV4;
	cfg.dns[0] = ENDS_DNS_1;
	cfg.dns[1] = ENDS_DNS_2;
	return cfg;
}

static bool check_mschapv2(const struct ppp_attempt *a, const char *password,
			   struct ppp_auth_result *v)
{
	uint8_t hash[MSCHAP_HASH_LEN];

	return mschap_nt_hash(bytes_text(password), hash) &&
	       mschap_check(hash, a->challenge.at, a->response.at, a->user, v->message, v->hlak);
}

static bool check_md5(const struct ppp_attempt *a, const char *password)
{
	uint8_t digest[CHAP_MD5_LEN];

	chap_md5(a->identifier, bytes_text(password), a->challenge, digest);
	return ct_equal(digest, a->response.at, sizeof(digest));
}

struct ppp_auth_result ends_check(const struct ppp_attempt *a, const char *password)
{
	struct ppp_auth_result v = { .ipv4 = ENDS_CLIENT_IPV4 };
	struct bytes user = mschap_bare_name(a->user);

	if (a->method == PPP_AUTH_MSCHAPV2)
		v.ok = check_mschapv2(a, password, &v);
	else if (a->method == PPP_AUTH_CHAP_MD5)
		v.ok = check_md5(a, password);
	else
		v.ok = a->password.len == strlen(password) &&
		       !memcmp(a->password.at, password, a->password.len);
	v.ok = v.ok && user.len == 4 && !memcmp(user.at, "User", 4);
	return v;
}
