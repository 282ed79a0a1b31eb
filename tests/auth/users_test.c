/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user file: reading it, logins with it, and the messages for malformed lines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/users_private.h"
#include "auth/users.h"
#include "ppp/mschap.h"

/* "secret" in its three forms; crypt's and the NT hash made by other programs */
#define NT_SECRET "$nt$878d8014606cda29677a44efa1353fc7"
#define CRYPT_SECRET                                                                             \
	"$6$rounds=1000$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/S0cZ5WrCciNZgfhbpkeFQ4JfkHX." \
	"8vPq45lY0iINnCx1Lkm."

#define MONDAY_NOON 1796040000 /* 2026-11-30 12:00 UTC */

static char last_log[512];

static void keep_log(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	snprintf(last_log, sizeof(last_log), "%s", line);
}

static struct users *parse(const char *text, struct error *err)
{
	struct users *u = NULL;
	int error = users_parse("users", text, strlen(text), &u, err);

	assert_true(error == 0 ? u != NULL : u == NULL);
	return u;
}

/* ---- a client's side of each method */

static const uint8_t challenge[MSCHAP_CHALLENGE_LEN + 1] = "0123456789abcdef",
						      peer_challenge[MSCHAP_CHALLENGE_LEN + 1] =
							      "fedcba9876543210";

struct client {
	uint8_t response[MSCHAP_VALUE_LEN];
	struct ppp_attempt attempt;
};

static void respond_mschapv2(struct client *c, const char *password)
{
	uint8_t hash[MSCHAP_HASH_LEN], challenge_hash[8];

	assert_true(mschap_nt_hash(bytes_text(password), hash));
	mschap_challenge_hash(peer_challenge, challenge, mschap_bare_name(c->attempt.user),
			      challenge_hash);
	memcpy(c->response, peer_challenge, MSCHAP_CHALLENGE_LEN);
	mschap_nt_response(hash, challenge_hash, c->response + 24);
	c->attempt.response = bytes_of(c->response, MSCHAP_VALUE_LEN);
}

static void respond(struct client *c, enum ppp_auth method, struct bytes user, const char *password)
{
	memset(c, 0, sizeof(*c));
	c->attempt = (struct ppp_attempt){
		.method = method,
		.identifier = 7,
		.user = user,
		.challenge = bytes_of(challenge, MSCHAP_CHALLENGE_LEN),
	};
	if (method == PPP_AUTH_PAP) {
		c->attempt.password = bytes_text(password);
	} else if (method == PPP_AUTH_CHAP_MD5) {
		chap_md5(7, bytes_text(password), c->attempt.challenge, c->response);
		c->attempt.response = bytes_of(c->response, CHAP_MD5_LEN);
	} else if (method == PPP_AUTH_MSCHAPV2) {
		respond_mschapv2(c, password);
	}
}

static struct auth_result try(const char *file, const char *server, enum ppp_auth method,
			      const char *user, const char *password)
{
	struct error err = { "" };
	struct users *u = parse(file, &err);
	struct auth_result answer;
	struct client c;

	if (!u)
		fail_msg("%s", err.text);
	respond(&c, method, bytes_text(user), password);
	users_check(u, server, &c.attempt, &answer);
	users_release(u);
	return answer;
}

/* ---- which logins are accepted */

#define PAP PPP_AUTH_PAP
#define MD5 PPP_AUTH_CHAP_MD5
#define V2 PPP_AUTH_MSCHAPV2

#define NEEDS_CLEAR "CHAP-MD5 needs the password in clear in the user file"
#define NEEDS_HASH "MS-CHAPv2 needs a UTF-8 password or an NT hash in the user file"

static const struct check_case {
	const char *what, *file;
	enum ppp_auth method;
	const char *user, *password;
	const char *name;   /* the user's name in the result */
	const char *reason; /* NULL: accepted */
	uint32_t ipv4;
} checks[] = {
	{ "clear", "ann * secret", PAP, "ann", "secret", "ann", NULL, 0 },
	{ "clear", "ann * secret", MD5, "ann", "secret", "ann", NULL, 0 },
	{ "clear", "ann * secret", V2, "ann", "secret", "ann", NULL, 0 },
	{ "nt", "ann * " NT_SECRET, PAP, "ann", "secret", "ann", NULL, 0 },
	{ "nt", "ann * " NT_SECRET, MD5, "ann", "secret", "ann", NEEDS_CLEAR, 0 },
	{ "nt", "ann * " NT_SECRET, V2, "ann", "secret", "ann", NULL, 0 },
	{ "crypt", "ann * " CRYPT_SECRET, PAP, "ann", "secret", "ann", NULL, 0 },
	{ "crypt", "ann * " CRYPT_SECRET, MD5, "ann", "secret", "ann", NEEDS_CLEAR, 0 },
	{ "crypt", "ann * " CRYPT_SECRET, V2, "ann", "secret", "ann", NEEDS_HASH, 0 },
	{ "wrong", "ann * secret", PAP, "ann", "Secret", "ann", "wrong password", 0 },
	{ "wrong", "ann * secret", MD5, "ann", "Secret", "ann", "wrong password", 0 },
	{ "wrong", "ann * secret", V2, "ann", "Secret", "ann", "wrong password", 0 },
	{ "wrong nt", "ann * " NT_SECRET, PAP, "ann", "Secret", "ann", "wrong password", 0 },
	{ "wrong nt", "ann * " NT_SECRET, V2, "ann", "Secret", "ann", "wrong password", 0 },
	{ "wrong crypt", "ann * " CRYPT_SECRET, PAP, "ann", "Secret", "ann", "wrong password", 0 },
	{ "a head", "ann * secret", PAP, "ann", "secre", "ann", "wrong password", 0 },
	{ "more", "ann * secret", PAP, "ann", "secretx", "ann", "wrong password", 0 },
	{ "nothing", "ann * secret", PAP, "ann", "", "ann", "wrong password", 0 },
	{ "the hash as password", "ann * " NT_SECRET, PAP, "ann", NT_SECRET, "ann",
	  "wrong password", 0 },
	{ "unknown", "ann * secret", PAP, "bob", "secret", "bob", "no such user", 0 },
	{ "unknown", "ann * secret", MD5, "bob", "secret", "bob", "no such user", 0 },
	{ "unknown", "ann * secret", V2, "bob", "secret", "bob", "no such user", 0 },
	{ "unknown beside crypt", "ann * " CRYPT_SECRET, PAP, "bob", "secret", "bob",
	  "no such user", 0 },
	{ "case counts", "ann * secret", PAP, "Ann", "secret", "Ann", "no such user", 0 },
	{ "no users", "", PAP, "ann", "secret", "ann", "no such user", 0 },
	{ "no name", "ann * secret", PAP, "", "secret", "", "no such user", 0 },
	{ "another method", "ann * secret", PPP_AUTH_EAP, "ann", "secret", "ann",
	  "the user's secret in the user file does not work with this method", 0 },
	{ "an empty secret", "ann * \"\"", PAP, "ann", "", "ann",
	  "the user file has no password for this user", 0 },
	{ "a certificate alone", "ann * $cert$", PAP, "ann", "$cert$", "ann",
	  "the user file has no password for this user", 0 },
	{ "a certificate alone", "ann * $cert$", MD5, "ann", "$cert$", "ann", NEEDS_CLEAR, 0 },
	{ "an empty secret", "ann * \"\"", MD5, "ann", "", "ann", NEEDS_CLEAR, 0 },

	{ "UTF-8", "j\xc3\xb6rg * p\xe2\x82\xac", PAP, "j\xc3\xb6rg", "p\xe2\x82\xac",
	  "j\xc3\xb6rg", NULL, 0 },
	{ "UTF-8", "j\xc3\xb6rg * p\xe2\x82\xac", V2, "j\xc3\xb6rg", "p\xe2\x82\xac", "j\xc3\xb6rg",
	  NULL, 0 },
	{ "Latin-1", "ann * p\xe4", PAP, "ann", "p\xe4", "ann", NULL, 0 },
	{ "Latin-1", "ann * p\xe4", V2, "ann", "x", "ann", NEEDS_HASH, 0 },

	{ "domain cut", "ann * secret", V2, "CORP\\ann", "secret", "ann", NULL, 0 },
	{ "domain cut", "ann * secret", PAP, "CORP\\ann", "secret", "ann", NULL, 0 },
	{ "domain in the file", "CORP\\\\ann * secret\nann * other", V2, "CORP\\ann", "secret",
	  "CORP\\ann", NULL, 0 },
	{ "the bare name beside it", "CORP\\\\ann * other\nann * secret", V2, "ann", "secret",
	  "ann", NULL, 0 },
	{ "a realm is part of the name", "ann * secret", PAP, "ann@corp", "secret", "ann@corp",
	  "no such user", 0 },

	{ "anybody", "* * secret", PAP, "bob", "secret", "bob", NULL, 0 },
	{ "anybody", "* * secret", V2, "CORP\\bob", "secret", "CORP\\bob", NULL, 0 },
	{ "a name before anybody", "* * other\nann * secret", PAP, "ann", "secret", "ann", NULL,
	  0 },
	{ "not anybody's password", "* * other\nann * secret", PAP, "ann", "other", "ann",
	  "wrong password", 0 },
	{ "a bare name before anybody", "* * other\nann * secret", V2, "CORP\\ann", "secret", "ann",
	  NULL, 0 },
	{ "this server", "ann vpn secret", PAP, "ann", "secret", "ann", NULL, 0 },
	{ "another server", "ann ftp secret", PAP, "ann", "secret", "ann", "no such user", 0 },
	{ "another server, then anybody", "ann ftp other\n* * secret", PAP, "ann", "secret", "ann",
	  NULL, 0 },
	{ "this server before any", "ann * other\nann vpn secret", PAP, "ann", "secret", "ann",
	  NULL, 0 },
	{ "a name on any server before anybody on this", "* vpn other\nann * secret", PAP, "ann",
	  "secret", "ann", NULL, 0 },
	{ "the earlier of two", "ann * secret\nann * other", PAP, "ann", "secret", "ann", NULL, 0 },
	{ "the earlier of two for anybody", "* * secret\n* * other", PAP, "x", "secret", "x", NULL,
	  0 },

	{ "own address", "ann * secret 10.1.0.7", PAP, "ann", "secret", "ann", NULL, 0x0a010007 },
	{ "own address", "ann * secret 10.1.0.7", V2, "ann", "secret", "ann", NULL, 0x0a010007 },
	{ "the first of two", "ann * secret 10.1.0.7 10.1.0.8", PAP, "ann", "secret", "ann", NULL,
	  0x0a010007 },
	{ "the first that is one", "ann * secret !10.1.0.1 10.1.0.0/24 10.1.0.8", PAP, "ann",
	  "secret", "ann", NULL, 0x0a010008 },
	{ "an address, then any", "ann * secret 10.1.0.7 *", PAP, "ann", "secret", "ann", NULL,
	  0x0a010007 },
	{ "any", "ann * secret *", PAP, "ann", "secret", "ann", NULL, 0 },
	{ "any first", "ann * secret * 10.1.0.7", PAP, "ann", "secret", "ann", NULL, 0 },
	{ "none", "ann * secret -", PAP, "ann", "secret", "ann",
	  "the user file gives this user no address (\"-\")", 0 },
	{ "none, and wrong", "ann * secret -", PAP, "ann", "x", "ann", "wrong password", 0 },
	{ "an address, then none", "ann * secret 10.1.0.7 -", PAP, "ann", "secret", "ann", NULL,
	  0x0a010007 },
	{ "options", "ann * secret 10.1.0.7 -- mtu 1400", PAP, "ann", "secret", "ann", NULL,
	  0x0a010007 },
	{ "options without an address", "ann * secret -- 10.1.0.7", PAP, "ann", "secret", "ann",
	  NULL, 0 },
};

static void check_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		const struct check_case *c = &checks[i];
		struct auth_result a = try(c->file, "vpn", c->method, c->user, c->password);

		if (strcmp(a.reason, c->reason ? c->reason : ""))
			fail_msg("%s, %s: %s", c->what, ppp_auth_name(c->method), a.reason);
		assert_string_equal(a.name, c->name);
		assert_int_equal(a.outcome, c->reason ? AUTH_RESULT_REFUSED : AUTH_RESULT_OK);
		assert_int_equal(a.grant.ipv4, c->ipv4);
	}
}

/* Nothing in the result for the peer reveals why; ppp sends error 0 as RFC 2759's 691. */
static void a_refusal_reveals_nothing(void **state)
{
	static const char *const names[] = { "ann", "bob", "cid", "dan" };
	static const char no_message[sizeof(((struct auth_result *)0)->message)];
	static const uint8_t no_key[PPP_HLAK_LEN];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (enum ppp_auth method = PAP; method <= V2; method++) {
			struct auth_result a = try("ann * secret\ncid * \"\"\ndan * x -", "vpn",
						   method, names[i], "wrong");

			assert_int_equal(a.outcome, AUTH_RESULT_REFUSED);
			assert_false(a.is_right);
			assert_int_equal(a.error, 0);
			assert_memory_equal(a.message, no_message, sizeof(no_message));
			assert_memory_equal(a.hlak, no_key, sizeof(no_key));
			assert_int_equal(a.eap.len, 0);
		}
}

static void keys_and_proof(void **state)
{
	struct auth_result pap = try("ann * secret", "vpn", PAP, "ann", "secret");
	struct auth_result v2 = try("ann * secret", "vpn", V2, "ann", "secret");
	static const uint8_t zeroes[PPP_HLAK_LEN];

	(void)state;
	assert_string_equal(pap.message, "");
	assert_memory_equal(pap.hlak, zeroes, sizeof(zeroes));
	assert_int_equal(strlen(v2.message), MSCHAP_S_LEN);
	assert_memory_equal(v2.message, "S=", 2);
	assert_memory_not_equal(v2.hlak, zeroes, sizeof(zeroes));
}

/* Names and passwords from the wire are bytes, not text. */
static void zero_bytes(void **state)
{
	struct error err;
	struct users *u = parse("ann * secret\nbob * " CRYPT_SECRET "\n* * anybody", &err);
	struct auth_result answer;
	struct client c;

	(void)state;
	respond(&c, PAP, bytes_of("ann\0x", 5), "anybody");
	users_check(u, "vpn", &c.attempt, &answer);
	assert_int_equal(answer.outcome, AUTH_RESULT_REFUSED);
	assert_string_equal(answer.name, "ann?x");

	respond(&c, PAP, bytes_text("bob"), "secret");
	c.attempt.password = bytes_of("secret\0x", 8);
	users_check(u, "vpn", &c.attempt, &answer);
	assert_int_equal(answer.outcome, AUTH_RESULT_REFUSED);

	respond(&c, PAP, bytes_text("ann"), "secret");
	c.attempt.password = bytes_of("secret\0", 7);
	users_check(u, "vpn", &c.attempt, &answer);
	assert_int_equal(answer.outcome, AUTH_RESULT_REFUSED);

	c.attempt.password = bytes_of(NULL, 0);
	c.attempt.user = bytes_of(NULL, 0);
	users_check(u, "vpn", &c.attempt, &answer);
	assert_int_equal(answer.outcome, AUTH_RESULT_REFUSED);
	assert_string_equal(answer.name, "");
	users_release(u);
}

static void responses_of_another_length(void **state)
{
	struct error err;
	struct users *u = parse("ann * secret", &err);
	struct auth_result answer;
	struct client c;

	(void)state;
	for (enum ppp_auth method = MD5; method <= V2; method++)
		for (size_t cut = 0; cut < MSCHAP_VALUE_LEN; cut++) {
			respond(&c, method, bytes_text("ann"), "secret");
			if (cut == c.attempt.response.len)
				break;
			c.attempt.response.len = cut;
			users_check(u, "vpn", &c.attempt, &answer);
			assert_int_equal(answer.outcome, AUTH_RESULT_REFUSED);
		}
	respond(&c, V2, bytes_text("ann"), "secret");
	c.attempt.challenge.len = 15;
	users_check(u, "vpn", &c.attempt, &answer);
	assert_int_equal(answer.outcome, AUTH_RESULT_REFUSED);
	users_release(u);
}

static void a_name_longer_than_any(void **state)
{
	char name[PPP_NAME_MAX + 10];
	struct auth_result a;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	a = try("* * secret", "vpn", PAP, name, "secret");
	assert_int_equal(strlen(a.name), PPP_NAME_MAX);
}

/* ---- messages about a file */

static const struct error_case {
	const char *what, *file, *error;
} errors[] = {
	{ "no secret", "ann * pw\n\nbob *\n",
	  "users:3: a line must be CLIENT SERVER SECRET ADDRESS, and this "
	  "one ends before the secret (SERVER is usually \"*\")" },
	{ "no name", "'' * pw\n", "users:1: a user name must have 1 to 256 bytes" },
	{ "an open quote", "ann * pw\nbob * \"pw\n",
	  "users:2: a quote that is not closed on its line" },
	{ "31 digits", "ann * $nt$878d8014606cda29677a44efa1353fc\n",
	  "users:1: the secret of user \"ann\" begins with $nt$, and exactly "
	  "32 hex digits must follow" },
	{ "no hex", "ann * $nt$878d8014606cda29677a44efa1353fcg\n",
	  "users:1: the secret of user \"ann\" begins with $nt$, and exactly "
	  "32 hex digits must follow" },
	{ "cut crypt", "ann * $6$salt$abc\n",
	  "users:1: the secret of user \"ann\" begins like a crypt hash "
	  "($5$, $6$), but is incomplete, contains something else, or has "
	  "more than 1000000 rounds" },
	{ "yescrypt", "ann * $y$j9T$abc$def\n",
	  "users:1: the secret of user \"ann\" is a crypt hash of an unknown "
	  "kind: use $6$ or $5$" },
	{ "a password with a space", "ann * my secret\n",
	  "users:1: user \"ann\": after the secret there must be an IPv4 "
	  "address, \"*\" (one from the pool) or \"-\" (refused); a secret "
	  "with spaces needs quotes" },
	{ "IPv6", "ann * pw 2001:db8::1\n",
	  "users:1: user \"ann\": after the secret there must be an IPv4 "
	  "address, \"*\" (one from the pool) or \"-\" (refused); a secret "
	  "with spaces needs quotes" },
	{ "a limit without =", "ann * pw * rate\n",
	  "users:1: user \"ann\": after the address there is a word that is neither an address "
	  "nor a limit with \"=\", such as rate=5M; a secret with spaces needs quotes" },
	{ "a word after a limit", "ann * pw 10.1.0.7 rate=5M secret\n",
	  "users:1: user \"ann\": after the address there is a word that is neither an address "
	  "nor a limit with \"=\", such as rate=5M; a secret with spaces needs quotes" },
	{ "an unknown limit", "ann * pw * speed=5M\n",
	  "users:1: user \"ann\": the word before = must be one of rate, session, idle, "
	  "sessions, quota, filter, pool, iroute, push-route, times, from, group" },
	{ "half a rate", "ann * pw rate=5M/\n",
	  "users:1: user \"ann\": rate= must be bits per second from the client and to it, such as "
	  "5M/20M" },
	{ "no time", "ann * pw idle=\n",
	  "users:1: user \"ann\": idle= must be a number of seconds, such as 600" },
	{ "minutes, or millions", "ann * pw idle=10m\n",
	  "users:1: user \"ann\": idle= must be a number of seconds, such as 600" },
	{ "capitals", "ann * pw * Rate=5M/20M\n",
	  "users:1: user \"ann\": the word before = must be one of rate, session, idle, "
	  "sessions, quota, filter, pool, iroute, push-route, times, from, group" },
	{ "no time at all", "ann * pw session=0\n",
	  "users:1: user \"ann\": session= must be a number of seconds, such as 28800" },
	{ "too many sessions", "ann * pw sessions=5G\n",
	  "users:1: user \"ann\": sessions= must be a number, 1 or more" },
	{ "a word for a quota", "ann * pw quota=all\n",
	  "users:1: user \"ann\": quota= must be a number of bytes, such as 10G" },
	{ "no filter", "ann * pw filter=\n",
	  "users:1: user \"ann\": filter= must be the name of a filter of --filters" },
	{ "a host name as a network", "ann * pw iroute=site.example\n",
	  "users:1: user \"ann\": iroute= must be a network, such as 192.168.5.0/24, and 16 times at "
	  "most" },
	{ "everything behind a client", "ann * pw iroute=0.0.0.0/0\n",
	  "users:1: user \"ann\": iroute= must be a network, such as 192.168.5.0/24, and 16 times at "
	  "most" },
	{ "a route to link-local addresses", "ann * pw push-route=fe80::/64\n",
	  "users:1: user \"ann\": push-route= must be a network, such as 10.0.0.0/8 or "
	  "2001:db8::/32, and 16 times at most" },
	{ "a route to everything", "ann * pw push-route=::/0\n",
	  "users:1: user \"ann\": push-route= must be a network, such as 10.0.0.0/8 or "
	  "2001:db8::/32, and 16 times at most" },
	{ "too many networks",
	  "ann * pw iroute=10.1.0.0/16 iroute=10.2.0.0/16 iroute=10.3.0.0/16 iroute=10.4.0.0/16 "
	  "iroute=10.5.0.0/16 iroute=10.6.0.0/16 iroute=10.7.0.0/16 iroute=10.8.0.0/16 "
	  "iroute=10.9.0.0/16 iroute=10.10.0.0/16 iroute=10.11.0.0/16 iroute=10.12.0.0/16 "
	  "iroute=10.13.0.0/16 iroute=10.14.0.0/16 iroute=10.15.0.0/16 iroute=10.16.0.0/16 "
	  "iroute=10.17.0.0/16\n",
	  "users:1: user \"ann\": iroute= must be a network, such as 192.168.5.0/24, and 16 times at "
	  "most" },
	{ "times", "ann * pw times=9-5\n",
	  "users:1: user \"ann\": times= must be days and hours, such as Wk0800-1800,Sa0900-1200" },
	{ "from", "ann * pw from=example.net\n",
	  "users:1: user \"ann\": from= must be networks, such as 192.0.2.0/24,2001:db8::/32" },
	{ "a group of none", "ann * pw group=staff\n",
	  "users:1: user \"ann\": there is no group \"staff\": the line @staff * - makes one" },
	{ "a faulty group", "ann * pw\n\n@staff * - idle=x\n",
	  "users:3: user \"@staff\": idle= must be a number of seconds, such as 600" },
	{ "an address of a group", "@staff * - 10.0.0.9\n",
	  "users:1: @staff: a group has no address, only words such as rate=5M, and \"-\"" },
	{ "no such file", "ann * @/nowhere/at/all\n",
	  "users:1: the secret of user \"ann\" is in /nowhere/at/all, which cannot be read: No "
	  "such file or directory" },
};

static void limits_of_a_user(void **state)
{
	struct auth_result a =
		try("ann * secret rate=5M/20M idle=600 10.1.0.7 session=28800 sessions=2 "
		    "quota=10G filter=staff pool=inside",
		    "vpn", PAP, "ann", "secret");

	(void)state;
	assert_int_equal(a.outcome, AUTH_RESULT_OK);
	assert_int_equal(a.grant.ipv4, 0x0a010007);
	assert_true(a.grant.rate_up == 5000000 && a.grant.rate_down == 20000000);
	assert_int_equal(a.grant.idle_s, 600);
	assert_int_equal(a.grant.session_s, 28800);
	assert_int_equal(a.grant.sessions, 2);
	assert_true(a.grant.quota == UINT64_C(10000000000));
	assert_string_equal(a.grant.filter, "staff");
	assert_string_equal(a.grant.pool, "inside");
	a = try("ann * secret *", "vpn", PAP, "ann", "secret");
	assert_string_equal(a.grant.filter, "");
	assert_true(!a.grant.rate_up && !a.grant.idle_s && !a.grant.quota);
}

/* Host bits do not matter. The pushed ones are the table's, so they are looked at while it exists. */
static void networks_of_a_user(void **state)
{
	struct ppp_attempt attempt = {
		.method = PPP_AUTH_PAP,
		.user = bytes_text("ann"),
		.password = bytes_text("secret"),
	};
	struct error err = { "" };
	struct users *u =
		parse("ann * secret iroute=192.168.5.1/24 iroute=2001:db8:5::/48 10.1.0.7 "
		      "push-route=10.0.0.0/8 push-route=172.16.9.9/12 push-route=10.66.0.1 "
		      "push-route=2001:db8:9::7/48",
		      &err);
	struct auth_result a;

	(void)state;
	if (!u)
		fail_msg("%s", err.text);
	users_check(u, "vpn", &attempt, &a);
	assert_int_equal(a.outcome, AUTH_RESULT_OK);
	assert_int_equal(a.grant.ipv4, 0x0a010007);
	assert_int_equal(a.grant.route_count, 2);
	assert_string_equal(ip_prefix_print(&a.grant.routes[0]).text, "192.168.5.0/24");
	assert_string_equal(ip_prefix_print(&a.grant.routes[1]).text, "2001:db8:5::/48");
	assert_int_equal(a.grant.push_route_count, 4);
	assert_string_equal(ip_prefix_print(&a.grant.push_routes[0]).text, "10.0.0.0/8");
	assert_string_equal(ip_prefix_print(&a.grant.push_routes[1]).text, "172.16.0.0/12");
	assert_string_equal(ip_prefix_print(&a.grant.push_routes[2]).text, "10.66.0.1/32");
	assert_string_equal(ip_prefix_print(&a.grant.push_routes[3]).text, "2001:db8:9::/48");
	users_release(u);
}

static struct auth_result try_certificate(const char *file, const char *name)
{
	struct error err = { "" };
	struct users *u = parse(file, &err);
	struct auth_result answer;

	if (!u)
		fail_msg("%s", err.text);
	users_check_certificate(u, "vpn", bytes_text(name), &answer);
	users_release(u);
	return answer;
}

/* The limits are the user's, however the user logs in. */
static void limits_of_a_user_with_a_certificate(void **state)
{
	struct auth_result a = try_certificate(
		"ann * $cert$ rate=5M/20M idle=600 10.1.0.7 session=28800 sessions=2 quota=10G "
		"filter=staff pool=inside",
		"ann");

	(void)state;
	assert_int_equal(a.outcome, AUTH_RESULT_OK);
	assert_int_equal(a.grant.ipv4, 0x0a010007);
	assert_true(a.grant.rate_up == 5000000 && a.grant.rate_down == 20000000);
	assert_int_equal(a.grant.idle_s, 600);
	assert_int_equal(a.grant.session_s, 28800);
	assert_int_equal(a.grant.sessions, 2);
	assert_true(a.grant.quota == UINT64_C(10000000000));
	assert_string_equal(a.grant.filter, "staff");
	assert_string_equal(a.grant.pool, "inside");
}

/* Before or after its users; and what the user's own line gives overrides it. */
static void limits_of_a_group(void **state)
{
	static const char group[] = "@staff * - rate=5M idle=600";
	char file[256];
	struct auth_result a;

	(void)state;
	for (int before = 0; before < 2; before++) {
		snprintf(file, sizeof(file),
			 "%s\nann * secret idle=60 group=staff sessions=3\n%s\n",
			 before ? group : "", before ? "" : group);
		a = try(file, "vpn", PAP, "ann", "secret");
		assert_int_equal(a.outcome, AUTH_RESULT_OK);
		assert_true(a.grant.rate_up == 5000000);
		assert_int_equal(a.grant.idle_s, 60);
		assert_int_equal(a.grant.sessions, 3);
		assert_int_equal(try(file, "vpn", PAP, "@staff", "-").outcome,
				 AUTH_RESULT_REFUSED); /* no user */
	}
	a = try("@out * - -\nann * secret group=out\n", "vpn", PAP, "ann", "secret");
	assert_string_equal(a.reason, "the user file gives this user no address (\"-\")");
	a = try("@x * secret\n", "vpn", PAP, "@x", "secret"); /* a user of that name */
	assert_int_equal(a.outcome, AUTH_RESULT_OK);
}

static void times_and_places(void **state)
{
	static const struct {
		const char *words, *source, *reason;
		time_t now;
		uint16_t error;
		uint32_t session_s;
	} cases[] = {
		{ "", "192.0.2.7", "", MONDAY_NOON, 0, 0 },
		{ "times=Wk0800-1800", "192.0.2.7", "", MONDAY_NOON, 0, 6 * 3600 },
		{ "times=Wk0800-1800 session=60", "192.0.2.7", "", MONDAY_NOON, 0, 60 },
		{ "times=Wk0800-1800 session=86400", "192.0.2.7", "", MONDAY_NOON, 0, 6 * 3600 },
		{ "times=Al", "192.0.2.7", "", MONDAY_NOON, 0, 0 },
		{ "times=Sa,Su", "192.0.2.7", "the user may not log in at this time (times=)",
		  MONDAY_NOON, 646, 0 },
		{ "from=192.0.2.0/24", "192.0.2.7", "", MONDAY_NOON, 0, 0 },
		{ "from=192.0.2.0/24", "192.0.3.7",
		  "the user may not log in from this address (from=)", MONDAY_NOON, 649, 0 },
		{ "group=g", "2001:db8::1", "", MONDAY_NOON, 0, 0 },
		{ "group=g", "192.0.2.7", "the user may not log in from this address (from=)",
		  MONDAY_NOON, 649, 0 },
	};

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error err = { "" };
		struct ip_addr source;
		struct auth_result a;
		struct client c;
		struct users *u;
		char file[128];

		snprintf(file, sizeof(file), "ann * secret %s\n@g * - from=2001:db8::/32\n",
			 cases[i].words);
		print_message("# %s\n", cases[i].words);
		u = parse(file, &err);
		assert_non_null(u);
		assert_true(ip_parse(cases[i].source, &source));
		for (int right = 0; right < 2; right++) {
			respond(&c, V2, bytes_text("ann"), right ? "secret" : "wrong");
			users_check(u, "vpn", &c.attempt, &a);
			users_check_circumstances(u, "vpn", &source, cases[i].now, &a);
			assert_int_equal(a.outcome, right && !*cases[i].reason
							    ? AUTH_RESULT_OK
							    : AUTH_RESULT_REFUSED);
			assert_string_equal(a.reason, right ? cases[i].reason : "wrong password");
			assert_int_equal(a.is_right, right);
			assert_int_equal(a.error, right ? cases[i].error : 0);
			if (right && !*cases[i].reason)
				assert_int_equal(a.grant.session_s, cases[i].session_s);
		}
		users_release(u);
	}
}

static void who_may_use_a_certificate(void **state)
{
	static const struct {
		const char *file, *reason;
	} cases[] = {
		{ "ann * secret", "" },
		{ "ann * $cert$", "" },
		{ "ann * \"\"", "the user file gives this user an empty secret" },
		{ "ann * $cert$ -", "the user file gives this user no address (\"-\")" },
		{ "ann another $cert$", "no such user" },
		{ "bob * $cert$", "no such user" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct auth_result a = try_certificate(cases[i].file, "ann");

		assert_string_equal(a.reason, cases[i].reason);
		assert_int_equal(a.outcome,
				 *cases[i].reason ? AUTH_RESULT_REFUSED : AUTH_RESULT_OK);
	}
}

static void addresses_of_no_host(void **state)
{
	static const char *const addresses[] = { "127.0.0.1", "0.1.2.3", "224.0.0.1",
						 "255.255.255.255" };
	struct error err;
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		snprintf(line, sizeof(line), "ann * secret %s", addresses[i]);
		assert_null(parse(line, &err));
		snprintf(line, sizeof(line), "users:1: user \"ann\": %s cannot be a host's address",
			 addresses[i]);
		assert_string_equal(err.text, line);
	}
}

static void error_table(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		assert_null(parse(errors[i].file, &err));
		assert_string_equal(err.text, errors[i].error);
	}
}

static const struct warning_case {
	const char *what, *file, *warning;
} warnings[] = {
	{ "nothing", "ann * pw *\n", "" },
	{ "options", "ann * pw 10.0.0.1 -- mtu 1400\n",
	  "users:1: user \"ann\": pppd's options after \"--\" are ignored" },
	{ "a network", "ann * pw 10.0.0.0/8\n",
	  "users:1: user \"ann\": networks and \"!\" are not supported: give "
	  "one address, or \"*\" for one from the pool" },
	{ "twice", "ann * pw\nbob * x\nann * y\n",
	  "users:3: duplicate of user \"ann\" in users:1; that one is used" },
	{ "on two servers", "ann a pw\nann b pw\nann * pw\n", "" },
	{ "empty", "ann * ''\n", "users:1: user \"ann\" has an empty secret and cannot log in" },
	{ "Latin-1", "ann * \xe4\n",
	  "users:1: the password of user \"ann\" is not UTF-8, or longer than 256 characters: "
	  "MS-CHAPv2 will refuse it" },
};

static void warning_table(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(warnings) / sizeof(*warnings); i++) {
		last_log[0] = '\0';
		users_release(parse(warnings[i].file, &err));
		assert_string_equal(last_log, warnings[i].warning);
	}
}

/* ---- files */

static char folder[64];

static const char *path(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(path(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path(name), mode), 0);
}

static const char *why_unfit(void *arg, uint32_t ipv4)
{
	(void)arg;
	return ipv4 == 0x0a090001 ? "is the server's" : NULL;
}

/* Without the name of the folder, which is another each time. */
static void note_unfit(void *arg, const char *line)
{
	const char *at;

	for (; (at = strstr(line, folder)); line = at + strlen(folder) + 1)
		strncat(arg, line, (size_t)(at - line));
	strcat(arg, line);
	strcat(arg, "\n");
}

static void addresses_that_users_cannot_have(void **state)
{
	char lines[2048] = "";
	struct users_names names = {
		.why_unfit = why_unfit, .unfit = note_unfit, .server = "vpn", .arg = lines
	};
	struct error err;
	struct users *u;

	(void)state;
	write_file("users",
		   "ann * pw 10.9.0.1\nbob * pw 10.9.0.9\ncarl * pw *\ndora other pw 10.9.0.9\n"
		   "erin * pw\nfred * pw 10.9.0.9 -\ngina vpn pw 10.9.0.9\nann other pw 10.9.0.7\n"
		   "hugo * pw 10.9.0.1\nbob vpn2 pw 10.9.0.9\nida * pw 10.9.0.9\n",
		   0600);
	assert_int_equal(users_load(path("users"), NULL, &names, &u, &err), 0);
	users_release(u);
	assert_string_equal(
		lines, "users:1: user \"ann\": 10.9.0.1 is the server's: the user cannot log in\n"
		       "users:9: user \"hugo\": 10.9.0.1 is the server's: the user cannot log in\n"
		       "users:6: user \"fred\": 10.9.0.9 is also the address of user \"bob\" in "
		       "users:2: only one of them can be connected at a time\n"
		       "users:7: user \"gina\": 10.9.0.9 is also the address of user \"bob\" in "
		       "users:2: only one of them can be connected at a time\n"
		       "users:11: user \"ida\": 10.9.0.9 is also the address of user \"bob\" in "
		       "users:2: only one of them can be connected at a time\n");
	unlink(path("users"));
}

static void a_secret_in_a_file(void **state)
{
	char file[256];

	(void)state;
	write_file("pw", "two words # \"x\r\nsecond line\n", 0600);
	snprintf(file, sizeof(file), "ann * @%s\nbob * @pw", path("pw"));
	assert_true(try(file, "vpn", V2, "ann", "two words # \"x").outcome == AUTH_RESULT_OK);
	assert_true(try(file, "vpn", MD5, "ann", "two words # \"x").outcome == AUTH_RESULT_OK);
	assert_true(try(file, "vpn", PAP, "bob", "@pw").outcome == AUTH_RESULT_OK);
	write_file("pw", "\n", 0600);
	assert_false(try(file, "vpn", PAP, "ann", "").outcome == AUTH_RESULT_OK);
	unlink(path("pw"));
}

static void loading(void **state)
{
	struct error err;
	struct users *u;

	(void)state;
	last_log[0] = '\0';
	write_file("users", "# users\nann * pw\nbob * pw\n", 0600);
	assert_int_equal(users_load(path("users"), NULL, NULL, &u, &err), 0);
	assert_int_equal(users_count(u), 2);
	assert_string_equal(last_log, "");
	users_release(u);

	write_file("users", "ann * pw\n", 0644);
	assert_int_equal(users_load(path("users"), NULL, NULL, &u, &err), 0);
	assert_non_null(
		strstr(last_log, "other users can read or change it: chmod 600 (mode is 644)"));
	users_release(u);

	unlink(path("users"));
	assert_int_equal(users_load(path("users"), NULL, NULL, &u, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/users: No such file or directory"));
	assert_int_equal(users_load(folder, NULL, NULL, &u, &err), -EINVAL);
	assert_non_null(strstr(err.text, ": not a regular file"));
	assert_int_equal(users_load(NULL, folder, NULL, &u, &err), 0); /* which has no user */
	assert_int_equal(users_count(u), 0);
	users_release(u);
	users_release(NULL);
}

/* ---- a folder */

struct conf {
	const char *name, *text;
};

static const char *make_folder(const struct conf *confs)
{
	char name[64];

	assert_int_equal(mkdir(path("users.d"), 0700), 0);
	for (; confs->name; confs++) {
		snprintf(name, sizeof(name), "users.d/%s", confs->name);
		write_file(name, confs->text, 0600);
	}
	return path("users.d");
}

static void remove_folder(const struct conf *confs)
{
	char name[64];

	for (; confs->name; confs++) {
		snprintf(name, sizeof(name), "users.d/%s", confs->name);
		assert_int_equal(unlink(path(name)), 0);
	}
	assert_int_equal(rmdir(path("users.d")), 0);
}

static struct auth_result log_in(const struct users *u, const char *name, const char *password)
{
	struct auth_result a;
	struct client c;

	respond(&c, V2, bytes_text(name), password);
	users_check(u, "vpn", &c.attempt, &a);
	return a;
}

static const struct conf good[] = {
	{ "ann.conf", "# staff\n\n  password =  two words # \"x\\ \r\naddress=10.1.0.7\n; a note\n"
		      "group = staff\nidle = 60\n" },
	{ "bob.conf", "rate = 1M/2M\naddress = 10.1.0.9\n" },
	{ "carl@example.net.conf",
	  "password = $nt$8846f7eaee8fb117ad06bdd830b7586c\nserver = vpn" },
	{ "dora.conf", "password = x\nserver = another\n" },
	{ "@staff.conf", "rate = 5M/20M\nidle = 600\n" },
	{ "readme.txt", "password" },
	{ ".ann.conf", "password" },
	{ NULL, NULL },
};

/* Alone, and beside a user file, whose users it adds to. */
static void a_folder_of_users(void **state)
{
	char dir[128], file[128];
	struct auth_result a;
	struct error err = { "" };
	struct users *u;

	(void)state;
	last_log[0] = '\0';
	snprintf(dir, sizeof(dir), "%s", make_folder(good));
	write_file("users", "bob * secret rate=9M sessions=4 10.1.0.8\\", 0600);
	snprintf(file, sizeof(file), "%s", path("users"));
	for (int with_file = 0; with_file < 2; with_file++) {
		if (users_load(with_file ? file : NULL, dir, NULL, &u, &err))
			fail_msg("%s", err.text);
		assert_string_equal(last_log, "");
		assert_int_equal(users_count(u), 3 + with_file);
		a = log_in(u, "ann", "two words # \"x\\");
		assert_int_equal(a.outcome, AUTH_RESULT_OK);
		assert_int_equal(a.grant.ipv4, 0x0a010007);
		assert_true(a.grant.rate_down == 20000000);
		assert_int_equal(a.grant.idle_s, 60);
		assert_int_equal(log_in(u, "carl@example.net", "password").outcome, AUTH_RESULT_OK);
		assert_string_equal(log_in(u, "dora", "x").reason, "no such user");
		a = log_in(u, "bob", "secret");
		if (with_file) {
			assert_int_equal(a.outcome, AUTH_RESULT_OK);
			assert_int_equal(a.grant.ipv4, 0x0a010009);
			assert_true(a.grant.rate_up == 1000000);
			assert_int_equal(a.grant.sessions, 4);
		} else {
			assert_string_equal(a.reason, "no such user");
		}
		users_release(u);
	}
	unlink(file);
	remove_folder(good);
}

static const struct {
	struct conf conf;
	const char *error;
} faulty[] = {
	{ { "ann.conf", "password = x\n\nrate = fast\n" },
	  "ann.conf:3: rate= must be bits per second from the client and to it, such as 5M/20M" },
	{ { "ann.conf", "password = x\ncolor = red\n" },
	  "ann.conf:2: the word before = must be one of password, server, address, rate, session, "
	  "idle, sessions, quota, filter, pool, iroute, push-route, times, from, group" },
	{ { "ann.conf", "password x\n" }, "ann.conf:1: must be: key = value" },
	{ { "ann.conf", "my password = x\n" }, "ann.conf:1: must be: key = value" },
	{ { "ann.conf", "password = x\naddress = 127.0.0.1\n" },
	  "ann.conf: user \"ann\": 127.0.0.1 cannot be a host's address" },
	{ { "ann.conf", "password = $nt$12\n" },
	  "ann.conf: the secret of user \"ann\" begins with $nt$, and exactly 32 hex digits must "
	  "follow" },
	{ { "ann.conf", "password = x\ngroup = staff\n" },
	  "ann.conf: user \"ann\": there is no group \"staff\": the file @staff.conf makes one" },
	{ { "@staff.conf", "password = x\n" }, "@staff.conf: a group has no password" },
	{ { "@staff.conf", "address = 10.1.0.9\n" },
	  "@staff.conf: @staff: a group has no address, only words such as rate=5M, and \"-\"" },
};

static void faults_in_a_folder(void **state)
{
	char dir[128], want[512];
	struct error err;
	struct users *u;

	(void)state;
	for (size_t i = 0; i < sizeof(faulty) / sizeof(*faulty); i++) {
		const struct conf confs[] = { { "aaa.conf", "password = first\n" },
					      faulty[i].conf,
					      { NULL, NULL } };

		snprintf(dir, sizeof(dir), "%s", make_folder(confs));
		assert_int_equal(users_load(NULL, dir, NULL, &u, &err), -EINVAL);
		snprintf(want, sizeof(want), "%s/%s", dir, faulty[i].error);
		assert_string_equal(err.text, want);
		remove_folder(confs);
	}
	assert_int_equal(users_load(NULL, "/nonexistent", NULL, &u, &err), -ENOENT);
	assert_string_equal(err.text, "/nonexistent: No such file or directory");
}

/* How long it takes to look up users of a file of `count`, in CPU time. */
static clock_t time_of_look_ups(unsigned count)
{
	enum { LOOK_UPS = 100 * 1000 };
	char *text = malloc(count * 32), name[32];
	struct users *u = NULL;
	struct error err;
	size_t len = 0;
	clock_t start;

	assert_non_null(text);
	for (unsigned i = 0; i < count; i++)
		len += (size_t)sprintf(text + len, "user%u * pw%u *\n", i, i);
	assert_int_equal(users_parse("users", text, len, &u, &err), 0);
	assert_int_equal(users_count(u), count);
	start = clock();
	for (unsigned i = 0; i < LOOK_UPS; i++) {
		int n = sprintf(name, "user%u", i % count);

		assert_non_null(users_find(u, bytes_of(name, (size_t)n), "vpn"));
	}
	start = clock() - start;
	users_release(u);
	free(text);
	return start;
}

/* A linear search would take a hundred times as long as in a file of a thousand. A pause of a virtual machine may count as CPU time. */
static void a_hundred_thousand_users(void **state)
{
	clock_t few = time_of_look_ups(1000), many;
	int tries = 0;

	(void)state;
	do {
		many = time_of_look_ups(100 * 1000);
		print_message("# %ld and %ld\n", (long)few, (long)many);
	} while (many >= 20 * few && ++tries < 5);
	assert_true(tries < 5);
}

static int set_up(void **state)
{
	(void)state;
	log_set_sink(keep_log);
	snprintf(folder, sizeof(folder), "/tmp/users_test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void who_may_not_stay(void **state)
{
	static const struct {
		const char *before, *now, *why; /* why: its beginning; NULL: may stay */
	} cases[] = {
		{ "ann * secret *", "ann * secret *", NULL },
		{ "ann * secret *", "ann * " NT_SECRET " *", NULL }, /* the same password */
		{ "ann * secret *", "bob * secret *\nann * secret 10.9.0.9", NULL },
		{ "* * secret *", "* * secret *", NULL },
		{ "ann * secret *", "* * secret *", NULL },
		{ "ann * " CRYPT_SECRET " *", "ann * " CRYPT_SECRET " *", NULL },
		{ "ann * secret *", "bob * secret *", "the user is not in" },
		{ "ann * secret *", "ann elsewhere secret *", "the user is not in" },
		{ "ann * secret *", "ann * secret -", "the user may not log in" },
		{ "ann * secret *", "ann * \"\" *", "the user may not log in" },
		{ "ann * secret *", "ann * !secret *", "the user's password" },
		{ "ann * secret *", "ann * " CRYPT_SECRET " *", "the user's password" },
		{ "ann * secret *", "ann * secret 10.9.0.8", "the user has another address" },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct users *before = parse(cases[i].before, &err),
			     *now = parse(cases[i].now, &err);
		const char *why = users_why_end(before, now, "server", "ann", 0x0a090009);

		if (!cases[i].why != !why || (why && !strstr(why, cases[i].why)))
			fail_msg("%s -> %s: %s", cases[i].before, cases[i].now, why ? why : "-");
		users_release(before);
		users_release(now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_table),
		cmocka_unit_test(who_may_not_stay),
		cmocka_unit_test(a_refusal_reveals_nothing),
		cmocka_unit_test(keys_and_proof),
		cmocka_unit_test(zero_bytes),
		cmocka_unit_test(responses_of_another_length),
		cmocka_unit_test(a_name_longer_than_any),
		cmocka_unit_test(limits_of_a_user),
		cmocka_unit_test(networks_of_a_user),
		cmocka_unit_test(limits_of_a_user_with_a_certificate),
		cmocka_unit_test(limits_of_a_group),
		cmocka_unit_test(times_and_places),
		cmocka_unit_test(who_may_use_a_certificate),
		cmocka_unit_test(addresses_of_no_host),
		cmocka_unit_test(error_table),
		cmocka_unit_test(warning_table),
		cmocka_unit_test(addresses_that_users_cannot_have),
		cmocka_unit_test(a_secret_in_a_file),
		cmocka_unit_test(loading),
		cmocka_unit_test(a_folder_of_users),
		cmocka_unit_test(faults_in_a_folder),
		cmocka_unit_test(a_hundred_thousand_users),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
