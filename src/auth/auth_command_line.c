/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines to the command and from it, without the command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_command.h"
#include "auth/secrets_lexer.h"
#include "auth/users_private.h"
#include "util/json.h"
#include "util/json_flat.h"
#include "util/secret.h"
#include "util/utf8.h"

enum { TEXT_MAX = 16 * 1024 };

static const char *method_name(enum ppp_auth method)
{
	switch (method) {
	case PPP_AUTH_PAP:
		return "pap";
	case PPP_AUTH_CHAP_MD5:
		return "chap";
	case PPP_AUTH_EAP:
		return "eap-mschapv2";
	default:
		return "mschapv2";
	}
}

static bool is_text(struct bytes b)
{
	struct reader r = reader_of(b.at, b.len);
	uint32_t code;

	while (r.left)
		if (!utf8_get(&r, &code) || !code)
			return false;
	return true;
}

bool auth_command_put(const struct auth_request *rq, const char *server_name,
		      char to[AUTH_COMMAND_LINE_MAX])
{
	const struct ppp_attempt *a = rq->attempt;
	struct json j;
	size_t len;

	if (!is_text(a->user) || !is_text(a->password) || a->user.len > PPP_NAME_MAX ||
	    a->password.len > UINT8_MAX)
		return false;
	json_open(&j, to, AUTH_COMMAND_LINE_MAX - 1);
	json_bytes(&j, "user", a->user.at, a->user.len);
	json_string(&j, "method", method_name(a->method));
	if (a->method == PPP_AUTH_PAP)
		json_bytes(&j, "password", a->password.at, a->password.len);
	json_string(&j, "source", ip_print(&rq->source).text);
	json_number(&j, "session", rq->session);
	json_string(&j, "server", server_name);
	len = json_close(&j);
	to[len++] = '\n';
	to[len] = '\0';
	return true;
}

/* ---- the answer */

struct answer {
	char text[TEXT_MAX]; /* the line of a user file */
	struct writer w;
	bool is_refused, is_ok;
	const char *why; /* the answer is wrong */
	char secret[2 * JSON_VALUE_SIZE];
	char words[TEXT_MAX / 2];
	size_t words_len;
};

static bool is_name(const struct json_flat *j, const char *name)
{
	return !strcmp(j->name, name);
}

/* As a word of a user file, after a blank. */
static void put_word(struct answer *a, char *to, size_t size, size_t *len, const char *word)
{
	if (*len + 1 >= size || !secrets_lexer_quote(word, to + *len + 1, size - *len - 1)) {
		a->why = "it is too long";
		return;
	}
	to[*len] = ' ';
	*len += strlen(to + *len);
}

/*
 * A password of a user may look like a hash or like the name of a file ("@/etc/passwd"), and must
 * not be taken for one. Its NT hash stands in for it, except with CHAP-MD5.
 */
static void take_password(struct answer *a, const char *password)
{
	uint8_t hash[MSCHAP_HASH_LEN];

	if (*password != '$' && *password != '@') {
		snprintf(a->secret, sizeof(a->secret), "%s", password);
	} else if (mschap_nt_hash(bytes_text(password), hash)) {
		strcpy(a->secret, "$nt$");
		for (size_t i = 0; i < sizeof(hash); i++)
			snprintf(a->secret + 4 + 2 * i, 3, "%02x", hash[i]);
	} else {
		a->why = "its password cannot be used";
	}
	secret_wipe(hash, sizeof(hash));
}

static void take_result(struct answer *a, const struct json_flat *j)
{
	a->is_ok = !strcmp(j->value, "ok");
	a->is_refused = !strcmp(j->value, "refused");
	if (!a->is_ok && !a->is_refused)
		a->why = "its result is neither ok nor refused";
}

static void take_member(struct answer *a, const struct json_flat *j)
{
	char word[JSON_NAME_SIZE + JSON_VALUE_SIZE];

	if (is_name(j, "result")) {
		take_result(a, j);
	} else if (is_name(j, "password")) {
		take_password(a, j->value);
	} else if (is_name(j, "nt_hash")) {
		snprintf(a->secret, sizeof(a->secret), "$nt$%s", j->value);
	} else if (is_name(j, "address")) {
		put_word(a, a->words, sizeof(a->words), &a->words_len, j->value);
	} else {
		snprintf(word, sizeof(word), "%s=%s", j->name, j->value);
		put_word(a, a->words, sizeof(a->words), &a->words_len, word);
	}
}

/* With PAP the command may have checked the password itself: then any is right. */
static const char *choose_secret(struct answer *a, const struct ppp_attempt *attempt)
{
	char password[UINT8_MAX + 1];

	if (*a->secret)
		return NULL;
	if (attempt->method != PPP_AUTH_PAP)
		return "it has neither password nor nt_hash, which this method needs";
	if (!a->is_ok)
		return "it has no result, password or nt_hash";
	snprintf(password, sizeof(password), "%.*s", (int)attempt->password.len,
		 (const char *)attempt->password.at);
	take_password(a, password);
	secret_wipe(password, sizeof(password));
	return a->why;
}

/* The line "ann * secret words", for the name that the client gave. */
static const char *make_line(struct answer *a, const struct ppp_attempt *attempt)
{
	char name[PPP_NAME_MAX + 1];
	size_t len = 0;
	const char *why = a->why ? a->why : choose_secret(a, attempt);

	if (why)
		return why;
	snprintf(name, sizeof(name), "%.*s", (int)attempt->user.len,
		 (const char *)attempt->user.at);
	put_word(a, a->text, sizeof(a->text), &len, name);
	put_word(a, a->text, sizeof(a->text), &len, "*");
	put_word(a, a->text, sizeof(a->text), &len, a->secret);
	if (!a->why && len + a->words_len >= sizeof(a->text))
		a->why = "it is too long";
	if (!a->why)
		memcpy(a->text + len, a->words, a->words_len + 1);
	return a->why;
}

static const char *read_members(struct answer *a, struct bytes line)
{
	struct json_flat j;
	const char *why;

	json_flat_open(&j, line);
	while (!a->why && json_flat_next(&j))
		take_member(a, &j);
	why = a->why ? a->why : j.bad;
	secret_wipe(&j, sizeof(j));
	return why;
}

const char *auth_command_read(const struct auth_request *rq, struct bytes line, struct users **out)
{
	static _Thread_local struct error err;
	struct answer *a = calloc(1, sizeof(*a));
	const char *why = a ? read_members(a, line) : "out of memory";

	*out = NULL;
	if (!why && !a->is_refused) {
		why = make_line(a, rq->attempt);
		if (!why && users_parse("answer", a->text, strlen(a->text), out, &err))
			why = err.text;
	}
	if (a)
		secret_wipe(a, sizeof(*a));
	free(a);
	return why;
}
