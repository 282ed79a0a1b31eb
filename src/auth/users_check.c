/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks a login attempt. The time that a check takes must not reveal which users exist: an unknown
 * user, and one whose secret the method can't use, is checked against a decoy with a random
 * password, and a password in clear (PAP) passes through every kind of hash that the file has,
 * whatever this user's kind is.
 */
#include <stdio.h>
#include <string.h>

#include "auth/login_limits.h"
#include "auth/users_private.h"
#include "util/secret.h"

enum {
	RESTRICTED_HOURS = 646, /* RFC 2759 section 6: ERROR_RESTRICTED_LOGON_HOURS */
	NO_DIAL_IN = 649,       /* ERROR_NO_DIALIN_PERMISSION */
	WEEK_S = 7 * 24 * 3600,
};

/* `reason`: why this user is refused whatever the proof is; NULL: the proof decides. */
struct candidate {
	const struct user *user;
	const char *reason;
};

/*
 * Windows sends DOMAIN\user where a domain was typed, so a name that is not in the file is looked
 * up again without the domain; after that the lines with the client name "*" apply.
 */
static const struct user *look_up(const struct users *u, struct bytes name, const char *server)
{
	struct bytes bare = mschap_bare_name(name);
	const struct user *found = users_find(u, name, server);

	if (!found && bare.len != name.len)
		found = users_find(u, bare, server);
	return found ? found : users_find(u, bytes_text("*"), server);
}

static bool check_pap(const struct users *u, const struct user *user,
		      const struct ppp_attempt *attempt, struct auth_result *result)
{
	struct bytes password = attempt->password;
	uint8_t hash[MSCHAP_HASH_LEN];
	bool is_hashed = mschap_nt_hash(password, hash), matches = false;
	const char *crypt = user->kind == SECRET_CRYPT ? user->secret : u->a_crypt;
	bool crypt_matches = crypt && hash_crypt_matches(crypt, password);

	(void)result;
	switch (user->kind) {
	case SECRET_EMPTY:
	case SECRET_CERT:
		break;
	case SECRET_CLEAR:
		matches = strlen(user->secret) == password.len &&
			  ct_equal(user->secret, password.at, password.len);
		break;
	case SECRET_NT:
		matches = is_hashed && ct_equal(user->hash, hash, sizeof(hash));
		break;
	case SECRET_CRYPT:
		matches = crypt_matches;
		break;
	}
	secret_wipe(hash, sizeof(hash));
	return matches;
}

static bool check_chap_md5(const struct users *u, const struct user *user,
			   const struct ppp_attempt *attempt, struct auth_result *result)
{
	uint8_t want[CHAP_MD5_LEN];

	(void)u;
	(void)result;
	chap_md5(attempt->identifier, bytes_text(user->secret), attempt->challenge, want);
	return attempt->response.len == sizeof(want) &&
	       ct_equal(attempt->response.at, want, sizeof(want));
}

static bool check_mschapv2(const struct users *u, const struct user *user,
			   const struct ppp_attempt *attempt, struct auth_result *result)
{
	(void)u;
	return attempt->challenge.len == MSCHAP_CHALLENGE_LEN &&
	       attempt->response.len == MSCHAP_VALUE_LEN &&
	       mschap_check(user->hash, attempt->challenge.at, attempt->response.at, attempt->user,
			    result->message, result->hlak);
}

static bool is_clear(const struct user *user)
{
	return user->kind == SECRET_CLEAR;
}

static bool has_hash(const struct user *user)
{
	return user->has_hash;
}

static bool has_secret(const struct user *user)
{
	return user->kind != SECRET_EMPTY && user->kind != SECRET_CERT;
}

static const struct method {
	bool (*can_use)(const struct user *user);
	const char *reason; /* of a refusal, when can_use() returns false */
	bool (*check)(const struct users *u, const struct user *user,
		      const struct ppp_attempt *attempt, struct auth_result *result);
} methods[PPP_AUTH_COUNT] = {
	[PPP_AUTH_PAP] = { has_secret, "the user file has no password for this user", check_pap },
	[PPP_AUTH_CHAP_MD5] = { is_clear, "CHAP-MD5 needs the password in clear in the user file",
				check_chap_md5 },
	[PPP_AUTH_MSCHAPV2] = { has_hash,
				"MS-CHAPv2 needs a UTF-8 password or an NT hash in the user file",
				check_mschapv2 },
};

static struct candidate candidate_of(const struct users *u, const char *server,
				     const struct ppp_attempt *attempt)
{
	const struct method *method = &methods[attempt->method];
	const struct user *user = look_up(u, attempt->user, server);

	if (!user || (attempt->user.len && memchr(attempt->user.at, '\0', attempt->user.len)))
		return (struct candidate){ &u->decoy, "no such user" };
	if (!method->check)
		return (struct candidate){
			&u->decoy,
			"the user's secret in the user file does not work with this method"
		};
	if (!method->can_use(user))
		return (struct candidate){ &u->decoy, method->reason };
	return (struct candidate){ user, NULL };
}

/* The name in the file, so that ann and DOMAIN\ann are one user; for a wild card the peer's. */
static void take_name(struct auth_result *result, const struct candidate *c, struct bytes wire)
{
	if (!c->reason && strcmp(c->user->client, "*") != 0)
		wire = bytes_text(c->user->client);
	if (wire.len > PPP_NAME_MAX)
		wire.len = PPP_NAME_MAX;
	for (size_t i = 0; i < wire.len; i++)
		result->name[i] = (char)(wire.at[i] ? wire.at[i] : '?');
}

/* NULL: the login is accepted. */
static const char *why_refused(const struct candidate *c, bool matches)
{
	if (c->reason)
		return c->reason;
	if (!matches)
		return "wrong password";
	return c->user->is_refused ? "the user file gives this user no address (\"-\")" : NULL;
}

static void refuse(struct auth_result *result, const char *reason)
{
	secret_wipe(result->hlak, sizeof(result->hlak));
	secret_wipe(result->message, sizeof(result->message));
	snprintf(result->reason, sizeof(result->reason), "%s", reason);
	if (!result->is_right)
		return;
	result->error = NO_DIAL_IN;
	snprintf(result->message, sizeof(result->message), "this user may not log in");
}

void users_check(const struct users *u, const char *server_name, const struct ppp_attempt *attempt,
		 struct auth_result *result)
{
	struct candidate c = candidate_of(u, server_name, attempt);
	const struct method *method = &methods[attempt->method];
	const char *reason;
	bool matches;

	memset(result, 0, sizeof(*result));
	matches = method->check && method->check(u, c.user, attempt, result);
	take_name(result, &c, attempt->user);
	result->is_right = matches && !c.reason;
	reason = why_refused(&c, matches);
	if (reason) {
		refuse(result, reason);
		return;
	}
	result->outcome = AUTH_RESULT_OK;
	result->grant.ipv4 = c.user->ipv4;
	user_limits_grant(&c.user->limits, &result->grant);
}

void users_check_certificate(const struct users *u, const char *server_name, struct bytes name,
			     struct auth_result *result)
{
	const struct user *user = look_up(u, name, server_name);
	struct candidate c = { user, user ? NULL : "no such user" };
	const char *reason;

	if (user && user->kind == SECRET_EMPTY)
		c.reason = "the user file gives this user an empty secret";
	reason = why_refused(&c, true);
	memset(result, 0, sizeof(*result));
	take_name(result, &c, name);
	result->is_right = true;
	if (reason) {
		refuse(result, reason);
		return;
	}
	result->outcome = AUTH_RESULT_OK;
	result->grant.ipv4 = user->ipv4;
	user_limits_grant(&user->limits, &result->grant);
}

/* The session ends with the hours in which the user may log in. */
static void apply_times(const char *times, time_t now, struct auth_result *result)
{
	uint32_t left = login_times_left(times, now), *session_s = &result->grant.session_s;

	if (!left) {
		result->outcome = AUTH_RESULT_REFUSED;
		refuse(result, "the user may not log in at this time (times=)");
		result->error = RESTRICTED_HOURS;
	} else if (left < WEEK_S && (!*session_s || left < *session_s)) {
		*session_s = left;
	}
}

void users_check_circumstances(const struct users *u, const char *server_name,
			       const struct ip_addr *source, time_t now, struct auth_result *result)
{
	const struct user *user = look_up(u, bytes_text(result->name), server_name);

	if (result->outcome != AUTH_RESULT_OK || !user)
		return;
	if (user->limits.from && !login_from_has(user->limits.from, source)) {
		result->outcome = AUTH_RESULT_REFUSED;
		refuse(result, "the user may not log in from this address (from=)");
	} else if (user->limits.times) {
		apply_times(user->limits.times, now, result);
	}
}

bool users_check_is_slow(const struct users *u, const struct ppp_attempt *attempt)
{
	return attempt->method == PPP_AUTH_PAP && u->a_crypt;
}

/* Secrets of different kinds count as different: whether the password is the same can't be seen. */
static bool is_same_secret(const struct user *a, const struct user *b)
{
	if (a->has_hash && b->has_hash)
		return ct_equal(a->hash, b->hash, sizeof(a->hash));
	return a->kind == b->kind && strlen(a->secret) == strlen(b->secret) &&
	       ct_equal(a->secret, b->secret, strlen(a->secret));
}

const char *users_why_end(const struct users *before, const struct users *now,
			  const char *server_name, const char *name, uint32_t ipv4)
{
	const struct user *old = look_up(before, bytes_text(name), server_name);
	const struct user *user = look_up(now, bytes_text(name), server_name);

	if (!user)
		return "the user is not in the user file any more";
	if (user->is_refused || user->kind == SECRET_EMPTY)
		return "the user may not log in any more";
	if (old && !is_same_secret(old, user))
		return "the user's password was changed";
	if (user->ipv4 && user->ipv4 != ipv4)
		return "the user has another address now";
	return NULL;
}

uint32_t users_own_address(const struct users *u, const char *server_name, const char *name)
{
	const struct user *user = look_up(u, bytes_text(name), server_name);

	return user ? user->ipv4 : 0;
}
