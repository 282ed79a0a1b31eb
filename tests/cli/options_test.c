/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options: the sources of a value, which source wins, and the message for a wrong value. The
 * messages are read from standard error, as a user reads them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/options.h"
#include "cli/value.h"
#include "util/log_writer.h"
#include "cli/exit_code.h"

struct settings {
	const char *config;
	const char *user;
	uint16_t mtu;
	bool once;
	int verbose;
	struct prefix_list routes;
	struct auth_list auth;
	uint32_t dns[2];
	const char *words[2];
	size_t word_count;
	char **command;
};

#define AT(member) offsetof(struct settings, member)

static const struct option rows[] = {
	{ .name = "user",
	  .short_name = 'u',
	  .arg = "NAME",
	  .help = "who",
	  .set = set_text,
	  .at = AT(user) },
	{ .name = "mtu",
	  .short_name = 'm',
	  .arg = "BYTES",
	  .help = "how big",
	  .set = set_mtu,
	  .at = AT(mtu) },
	{ .name = "once", .help = "once", .set = set_flag, .at = AT(once) },
	{ .name = "verbose",
	  .short_name = 'v',
	  .help = "more",
	  .set = set_count,
	  .at = AT(verbose) },
	{ .name = "route",
	  .arg = "NETWORK",
	  .help = "where",
	  .set = set_prefixes,
	  .at = AT(routes),
	  .clear = clear_prefixes },
	{ .name = "auth", .arg = "LIST", .help = "how", .set = set_auth, .at = AT(auth) },
	{ .name = "dns",
	  .arg = "ADDR",
	  .help = "dns",
	  .set = set_ipv4,
	  .at = AT(dns),
	  .clear = clear_ipv4 },
	{ .name = "config",
	  .short_name = 'c',
	  .arg = "FILE",
	  .help = "file",
	  .set = set_text,
	  .at = AT(config),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group options = OPTION_GROUP(rows);

static const struct option_use uses[] = {
	{ .heading = "A heading", .group = &options },
};

static bool word(void *settings, const char *w, struct error *err)
{
	struct settings *s = settings;

	if (s->word_count == 2) {
		snprintf(err->text, sizeof(err->text), "two are enough");
		return false;
	}
	s->words[s->word_count++] = w;
	return true;
}

static const struct verb verb = {
	.name = "try",
	.usage = "WORD",
	.about = "A verb.",
	.uses = uses,
	.use_count = 1,
	.positional = word,
};

/* The same, but the words after "--" are a command. */
static const struct verb runner = {
	.name = "try",
	.usage = "WORD -- COMMAND",
	.about = "A verb.",
	.uses = uses,
	.use_count = 1,
	.positional = word,
	.takes_command = true,
	.command_at = AT(command),
};

static char folder[] = "/tmp/option_test.XXXXXX";
static char file[64];
static char said[1024]; /* what the last read printed to standard error */

static void write_file(const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Parses the words of a command line, split at blanks. */
static bool read_line_of(const struct verb *v, const char *line, struct settings *s)
{
	static char copy[512], *argv[32];
	char *rest = NULL, capture[64];
	int argc = 0, before = dup(STDERR_FILENO);
	bool is_good;
	int code;
	FILE *f;
	size_t n;

	snprintf(copy, sizeof(copy), "%s", line); /* the settings point into it */
	for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		argv[argc++] = w;
	argv[argc] = NULL;
	snprintf(capture, sizeof(capture), "%s/err", folder);
	fflush(stderr);
	assert_non_null(freopen(capture, "w", stderr));
	is_good = options_read(v, argc, argv, s, &code);
	log_flush(60 * 1000);
	dup2(before, STDERR_FILENO);
	close(before);
	f = fopen(capture, "r");
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	fclose(f);
	unlink(capture);
	assert_true(is_good || code == EXIT_USAGE);
	return is_good;
}

static bool read_line(const char *line, struct settings *s)
{
	return read_line_of(&verb, line, s);
}

static void forget(struct settings *s)
{
	free(s->routes.at);
	memset(s, 0, sizeof(*s));
}

static void reads_a_command_line(void **state)
{
	struct settings s = { .mtu = 1400 };

	(void)state;
	assert_true(read_line("one -uann --mtu=1300 -vv --once --route 10.1.2.3/8 --route ::/0 "
			      "--auth pap,mschapv2 --dns 1.2.3.4 -- --two",
			      &s));
	assert_string_equal(s.user, "ann");
	assert_int_equal(s.mtu, 1300);
	assert_int_equal(s.verbose, 2);
	assert_true(s.once);
	assert_int_equal(s.routes.count, 2);
	assert_string_equal(ip_prefix_print(&s.routes.at[0]).text, "10.0.0.0/8");
	assert_int_equal(s.auth.count, 2);
	assert_int_equal(s.auth.at[0], PPP_AUTH_PAP);
	assert_int_equal(s.dns[0], 0x01020304);
	assert_string_equal(s.words[0], "one");
	assert_string_equal(s.words[1], "--two");
	forget(&s);
}

static void the_stronger_place_wins(void **state)
{
	struct settings s = { .mtu = 1400 };
	char line[128];

	(void)state;
	write_file("# a comment\nuser = from the file\nmtu = 1000\nonce = yes\nroute = 10.0.0.0/8\n"
		   "route = 11.0.0.0/8\n  verbose = yes\n");
	snprintf(line, sizeof(line), "-c %s -m 1200 --route 12.0.0.0/8", file);
	setenv("SSTP_MTU", "1100", 1);
	setenv("SSTP_ONCE", "no", 1);
	assert_true(read_line(line, &s));
	assert_string_equal(s.user, "from the file");
	assert_int_equal(s.mtu, 1200);
	assert_false(s.once);
	assert_int_equal(s.verbose, 1);
	assert_int_equal(s.routes.count, 1); /* replaced, not extended */
	assert_string_equal(s.config, file);
	forget(&s);
	setenv("SSTP_CONFIG", file, 1);
	assert_true(read_line("", &s));
	assert_int_equal(s.mtu, 1100);
	assert_int_equal(s.routes.count, 2);
	forget(&s);
	unsetenv("SSTP_CONFIG");
	unsetenv("SSTP_MTU");
	unsetenv("SSTP_ONCE");
}

static const struct error_case {
	const char *line;
	const char *said;
} errors[] = {
	{ "--mtu 99", "sstp try: --mtu 99: must be from 576 to 4087\n" },
	{ "--mtu 99x", "--mtu 99x: must be" },
	{ "--mtu", "--mtu needs a value: --mtu BYTES" },
	{ "-m", "-m needs a value: --mtu BYTES" },
	{ "--user=", "--user: must not be empty" },
	{ "--once=yes", "--once takes no value" },
	{ "--onc", "unknown option --onc; did you mean --once?" },
	{ "--frobnicate", "unknown option --frobnicate; sstp try --help lists the options" },
	{ "-x", "unknown option -x" },
	{ "a b c", "c: two are enough" },
	{ "--route 10.0.0.0/33", "must be a network such as" },
	{ "--auth pap,foo", "foo is not supported" },
	{ "--auth pap,pap", "pap is named twice" },
	{ "--auth eap", "eap is not supported" },
	{ "--auth ,", "must be some of" },
	{ "--dns 0.0.0.0", "must be an IPv4 address" },
	{ "--dns 1.1.1.1 --dns 2.2.2.2 --dns 3.3.3.3", "at most two can be given" },
	{ "-c /nonexistent", "/nonexistent: No such file" },
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		struct settings s = { .mtu = 1400 };

		assert_false(read_line(errors[i].line, &s));
		if (!strstr(said, errors[i].said))
			fail_msg("%s: said: %s", errors[i].line, said);
		forget(&s);
	}
}

static const struct error_case file_errors[] = {
	{ "mtu = 1400\n\nmtu = big\n", ":3: mtu = big: must be from" },
	{ "user\n", ":1: must be: key = value" },
	{ "# x\nusr = ann\n", ":2: unknown option usr; did you mean user?" },
	{ "once = maybe\n", ":1: once = maybe: must be yes or no" },
	{ "[connect]\nuser = x\n", "there are no sections here" },
	{ "config = x\n", ":1: config is allowed on the command line only" },
};

static void says_in_which_line(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "-c %s", file);
	for (size_t i = 0; i < sizeof(file_errors) / sizeof(*file_errors); i++) {
		struct settings s = { .mtu = 1400 };

		write_file(file_errors[i].line);
		assert_false(read_line(line, &s));
		if (!strstr(said, file_errors[i].said) || !strstr(said, file))
			fail_msg("%s: said: %s", file_errors[i].line, said);
		forget(&s);
	}
}

static void says_which_variable(void **state)
{
	struct settings s = { .mtu = 1400 };

	(void)state;
	setenv("SSTP_MTU", "5", 1);
	assert_false(read_line("", &s));
	assert_non_null(strstr(said, "SSTP_MTU=5: must be from 576"));
	setenv("SSTP_MTU", "", 1); /* the same as not set */
	assert_true(read_line("", &s));
	unsetenv("SSTP_MTU");
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/conf", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(folder);
}

static void what_follows_the_dashes_is_a_command(void **state)
{
	struct settings s = { .mtu = 1400 };

	(void)state;
	assert_true(read_line_of(&runner, "one -u ann -- two --mtu 1 -- x", &s));
	assert_int_equal(s.word_count, 1);
	assert_int_equal(s.mtu, 1400);
	assert_string_equal(s.command[0], "two");
	assert_string_equal(s.command[1], "--mtu");
	assert_string_equal(s.command[3], "--");
	assert_string_equal(s.command[4], "x");
	assert_null(s.command[5]);
	forget(&s);
	assert_true(read_line_of(&runner, "one", &s));
	assert_null(s.command);
	forget(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_command_line),
		cmocka_unit_test(what_follows_the_dashes_is_a_command),
		cmocka_unit_test(the_stronger_place_wins),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(says_in_which_line),
		cmocka_unit_test(says_which_variable),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
