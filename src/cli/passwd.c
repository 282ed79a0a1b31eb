/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp passwd: adds, changes and removes users of the server's user file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/users.h"
#include "cli/common.h"
#include "cli/exit_code.h"
#include "cli/password.h"
#include "cli/verbs.h"
#include "util/syscall_advice.h"
#include "util/secret.h"

struct passwd_settings {
	const char *words[2]; /* FILE USER */
	size_t word_count;
	bool delete_user;
	bool clear, pap_only, cert_only;
	bool on_stdin;
	const char *password_file;
	const char *address;
};

#define AT(member) offsetof(struct passwd_settings, member)

static const struct option passwd_table[] = {
	{ .name = "delete",
	  .short_name = 'd',
	  .help = "remove the user",
	  .set = set_flag,
	  .at = AT(delete_user),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "address",
	  .short_name = 'a',
	  .arg = "ADDR",
	  .help = "the user's own IPv4 address; *: one from the pool",
	  .set = set_text,
	  .at = AT(address),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "pap-only",
	  .help = "store a salted one-way hash: safest if the file is stolen, but "
		  "the user can log in only by PAP",
	  .set = set_flag,
	  .at = AT(pap_only),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "clear-text",
	  .help = "store the password itself: needed for CHAP-MD5",
	  .set = set_flag,
	  .at = AT(clear),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "cert-only",
	  .help = "store no password: the user can log in only by a certificate of serve "
		  "--client-ca",
	  .set = set_flag,
	  .at = AT(cert_only),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "passwd-on-stdin",
	  .help = "read the password from standard input",
	  .set = set_flag,
	  .at = AT(on_stdin),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "password-file",
	  .arg = "FILE",
	  .help = "the first line of FILE is the password",
	  .set = set_file,
	  .at = AT(password_file),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group passwd_options = OPTION_GROUP(passwd_table);

static const struct option_use uses[] = {
	{ .heading = "Options", .group = &passwd_options },
	{ .group = &help_options },
};

static bool word(void *settings, const char *w, struct error *err)
{
	struct passwd_settings *s = settings;

	if (s->word_count >= 2) {
		snprintf(err->text, sizeof(err->text),
			 "only FILE and USER are expected; a password is asked for, or comes from "
			 "--passwd-on-stdin or --password-file FILE");
		return false;
	}
	s->words[s->word_count++] = w;
	return true;
}

/* Asks twice, since the typed text is not visible. */
static bool ask_twice(const char *user, char to[PASSWORD_SIZE], struct error *err)
{
	char prompt[600], again[PASSWORD_SIZE];
	bool same;

	snprintf(prompt, sizeof(prompt), "New password of %s: ", user);
	if (!password_ask(prompt, to, err) || !password_ask("Repeat the password: ", again, err))
		return false;
	same = !strcmp(to, again);
	secret_wipe(again, sizeof(again));
	if (!same)
		snprintf(err->text, sizeof(err->text), "the passwords differ: nothing is changed");
	return same;
}

static bool get_password(const struct passwd_settings *s, char to[PASSWORD_SIZE])
{
	struct error err = { "" };
	bool ok = password_from_environment(to, &err);

	if (s->on_stdin)
		ok = password_from_fd(0, to, &err);
	else if (s->password_file)
		ok = password_from_file(s->password_file, to, &err);
	else if (!ok && !*err.text)
		ok = ask_twice(s->words[1], to, &err);
	if (ok && !*to) {
		ok = false;
		snprintf(err.text, sizeof(err.text), "the password must not be empty");
	}
	if (!ok)
		cli_error(&passwd_verb, "%s", err.text);
	return ok;
}

static enum exit_code set(const struct passwd_settings *s)
{
	enum users_format format = s->cert_only  ? USERS_CERT
				   : s->clear    ? USERS_CLEAR
				   : s->pap_only ? USERS_CRYPT
						 : USERS_NT;
	char password[PASSWORD_SIZE] = "";
	bool is_new = access(s->words[0], F_OK) && errno == ENOENT;
	struct error err;
	int error;

	if (!s->cert_only && !get_password(s, password))
		return EXIT_USAGE;
	error = users_set(s->words[0], s->words[1], password, format, s->address, &err);
	secret_wipe(password, sizeof(password));
	if (!error) {
		printf(s->cert_only ? "%s%s: %s has no password, and logs in by certificate\n"
				    : "%s%s: the password of %s is set\n",
		       s->words[0], is_new ? ", a new file" : "", s->words[1]);
		return EXIT_OK;
	}
	cli_error(&passwd_verb, "%s%s", err.text, syscall_advice(error));
	return EXIT_OTHER;
}

/* NULL, or why nothing can be done. */
static const char *wrong_with(const struct passwd_settings *s)
{
	if (s->word_count != 2)
		return "FILE and USER are needed: sstp passwd /etc/sstp/users ann";
	if (s->clear && s->pap_only)
		return "--clear-text and --pap-only contradict each other";
	if (s->cert_only && (s->clear || s->pap_only))
		return "--cert-only contradicts --clear-text and --pap-only";
	if (s->cert_only && (s->on_stdin || s->password_file))
		return "--cert-only stores no password: leave out --passwd-on-stdin and "
		       "--password-file";
	return NULL;
}

static int run(void *arg)
{
	const struct passwd_settings *s = arg;
	const char *wrong = wrong_with(s);
	struct error err;
	int error;

	if (wrong) {
		cli_error(&passwd_verb, "%s", wrong);
		return EXIT_USAGE;
	}
	if (!s->delete_user)
		return (int)set(s);
	error = users_delete(s->words[0], s->words[1], &err);
	if (!error) {
		printf("%s: %s is removed\n", s->words[0], s->words[1]);
		return EXIT_OK;
	}
	cli_error(&passwd_verb, "%s%s", err.text, syscall_advice(error));
	return EXIT_OTHER;
}

static struct passwd_settings settings;

const struct verb passwd_verb = {
	.name = "passwd",
	.summary = "edit the server's user file",
	.usage = "[options] FILE USER",
	.about = "Sets the password of a user in the server's user file, or adds the user. The "
		 "password is stored as an NT hash, which is enough for MS-CHAPv2 and PAP; keep "
		 "the file as safe as the passwords themselves. A running server reloads it "
		 "by itself.",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.positional = word,
	.settings = &settings,
	.run = run,
};
