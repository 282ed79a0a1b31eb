/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing the user file: what changes, what must not, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/users.h"
#include "util/file.h"

#define NT_SECRET "$nt$878d8014606cda29677a44efa1353fc7" /* "secret" */

static char folder[64], path[128];
static struct error err;

static void write_users(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_users(const char *what, const char *want)
{
	char *text;
	size_t len;

	assert_int_equal(file_read(path, 1 << 20, &text, &len), 0);
	if (strcmp(text, want))
		fail_msg("%s: %s", what, text);
	file_free(text, len);
}

static const struct set_case {
	const char *what, *before, *user, *address, *after;
} sets[] = {
	{ "the first user", "", "ann", NULL, "ann * " NT_SECRET " *\n" },
	{ "one more", "# users\nbob * pw\n", "ann", NULL,
	  "# users\nbob * pw\nann * " NT_SECRET " *\n" },
	{ "one more, with an address", "bob * pw\n", "ann", "10.1.0.7",
	  "bob * pw\nann * " NT_SECRET " 10.1.0.7\n" },
	{ "the last line lacks its newline", "bob * pw", "ann", NULL,
	  "bob * pw\nann * " NT_SECRET " *\n" },
	{ "the last line is joined to nothing", "bob * pw \\\n", "ann", NULL,
	  "bob * pw \\\n\nann * " NT_SECRET " *\n" },
	{ "only the secret", "  ann\t vpn  'old pw'\t10.1.0.7   # hers\nbob * pw\n", "ann", NULL,
	  "  ann\t vpn  " NT_SECRET "\t10.1.0.7   # hers\nbob * pw\n" },
	{ "no newline", "ann * old", "ann", NULL, "ann * " NT_SECRET },
	{ "CRLF", "ann * old *\r\nbob * x\r\n", "ann", NULL,
	  "ann * " NT_SECRET " *\r\nbob * x\r\n" },
	{ "the address too", "ann * old 10.1.0.7 # x\n", "ann", "10.1.0.8",
	  "ann * " NT_SECRET " 10.1.0.8 # x\n" },
	{ "many addresses", "ann * old 10.1.0.7 10.1.0.9 -- mtu 1\n", "ann", "-",
	  "ann * " NT_SECRET " - -- mtu 1\n" },
	{ "an address beside limits", "ann * old * rate=5M/20M idle=600 # x\n", "ann", "10.1.0.8",
	  "ann * " NT_SECRET " 10.1.0.8 rate=5M/20M idle=600 # x\n" },
	{ "addresses between limits", "ann * old idle=600 10.1.0.7 rate=5M/20M 10.1.0.9 -- mtu 1\n",
	  "ann", "*", "ann * " NT_SECRET " idle=600 * rate=5M/20M -- mtu 1\n" },
	{ "networks of a user", "ann * old * iroute=192.168.5.0/24 push-route=10.0.0.0/8\n", "ann",
	  "10.1.0.8",
	  "ann * " NT_SECRET " 10.1.0.8 iroute=192.168.5.0/24 push-route=10.0.0.0/8\n" },
	{ "limits and no address", "ann * old idle=600\n", "ann", "10.1.0.8",
	  "ann * " NT_SECRET " 10.1.0.8 idle=600\n" },
	{ "no address yet", "ann * old# x\n", "ann", "*", "ann * " NT_SECRET " *# x\n" },
	{ "no address, but options", "ann * old -- mtu 1\n", "ann", "*",
	  "ann * " NT_SECRET " * -- mtu 1\n" },
	{ "a joined line", "ann \\\n * \\\n old \\\n *\nbob * x\n", "ann", "-",
	  "ann \\\n * \\\n " NT_SECRET " \\\n -\nbob * x\n" },
	{ "each line of the user", "ann a old\nbob * x\n'ann' b older\n", "ann", NULL,
	  "ann a " NT_SECRET "\nbob * x\n'ann' b " NT_SECRET "\n" },
	{ "a name with a domain", "", "CORP\\ann", NULL, "\"CORP\\\\ann\" * " NT_SECRET " *\n" },
	{ "a name with a space", "ann * x\n", "ann lee", NULL,
	  "ann * x\n\"ann lee\" * " NT_SECRET " *\n" },
	{ "not the wild card", "* * x\n", "ann", NULL, "* * x\nann * " NT_SECRET " *\n" },
	{ "a name in a comment", "# ann * x\n", "ann", NULL, "# ann * x\nann * " NT_SECRET " *\n" },
};

/* Also in place of a password, whose limits stay. */
static void a_user_with_a_certificate_alone(void **state)
{
	(void)state;
	write_users("ann * old * idle=600\n");
	assert_int_equal(users_set(path, "ann", "", USERS_CERT, NULL, &err), 0);
	assert_int_equal(users_set(path, "bob", "", USERS_CERT, "10.1.0.8", &err), 0);
	assert_users("certificates", "ann * $cert$ * idle=600\nbob * $cert$ 10.1.0.8\n");
}

static void set_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		const struct set_case *c = &sets[i];

		write_users(c->before);
		if (users_set(path, c->user, "secret", USERS_NT, c->address, &err))
			fail_msg("%s: %s", c->what, err.text);
		assert_users(c->what, c->after);
	}
}

static const struct delete_case {
	const char *what, *before, *after;
	int error;
} deletes[] = {
	{ "alone", "ann * x\n", "", 0 },
	{ "the first", "ann * x\nbob * y\n", "bob * y\n", 0 },
	{ "the last", "# c\nbob * y\nann * x", "# c\nbob * y\n", 0 },
	{ "with its comment", "bob * y\n ann * x # hers\n\n# next\n", "bob * y\n\n# next\n", 0 },
	{ "joined", "ann \\\n * \\\n x \\\n\nbob * y\n", "bob * y\n", 0 },
	{ "every line", "ann a x\nbob * y\nann b z\n", "bob * y\n", 0 },
	{ "before another file's byte order mark", "ann * x\n\xef\xbb\xbf# bob\n",
	  "\xef\xbb\xbf# bob\n", 0 },
	{ "after a byte order mark",
	  "\xef\xbb\xbf"
	  "ann * x\nbob * y\n\xef\xbb\xbf"
	  "ann * z\n",
	  "bob * y\n", 0 },
	{ "not there", "bob * y\n", "bob * y\n", -ENOENT },
	{ "even a malformed one", "ann\nbob * y\n", "bob * y\n", 0 },
};

static void delete_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(deletes) / sizeof(*deletes); i++) {
		const struct delete_case *c = &deletes[i];

		write_users(c->before);
		assert_int_equal(users_delete(path, "ann", &err), c->error);
		assert_users(c->what, c->after);
	}
	assert_non_null(strstr(err.text, "/users: "));
	unlink(path);
	assert_int_equal(users_delete(path, "ann", &err), -ENOENT);
}

/* ---- logins with a password that was set */

static bool lets_in(const char *user, const char *password)
{
	struct ppp_attempt attempt = {
		.method = PPP_AUTH_PAP,
		.user = bytes_text(user),
		.password = bytes_text(password),
	};
	struct auth_result answer;
	struct users *u;

	if (users_load(path, NULL, NULL, &u, &err))
		fail_msg("%s", err.text);
	users_check(u, "vpn", &attempt, &answer);
	users_release(u);
	return answer.outcome == AUTH_RESULT_OK;
}

static void what_is_set_lets_in(void **state)
{
	static const char *const names[] = { "ann",      "CORP\\b", "c d", "e\"f", "'g'", "#h",
					     "\xc3\xbc", "-",       "--",  "@/x",  "i\\" };
	static const char *const passwords[] = { "pw",  "two words", "q\"'q", "back\\slash\\",
						 "#x",  "*",         "-",     "p\xc3\xa4ss",
						 "$x$", "@x",        "\\n" };

	(void)state;
	for (enum users_format format = USERS_NT; format <= USERS_CLEAR; format++) {
		unlink(path);
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			assert_false(users_set(path, names[i], "another", format, NULL, &err));
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			assert_false(users_set(path, names[i], passwords[i], format, NULL, &err));
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			assert_true(lets_in(names[i], passwords[i]));
			assert_false(lets_in(names[i], "another"));
		}
	}
	unlink(path);
}

static void the_form_of_each_format(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(users_set(path, "ann", "secret", USERS_CLEAR, "-", &err), 0);
	assert_users("clear", "ann * secret -\n");
	assert_int_equal(users_set(path, "ann", "a secret", USERS_CLEAR, NULL, &err), 0);
	assert_users("quoted", "ann * \"a secret\" -\n");
	assert_int_equal(users_set(path, "ann", "secret", USERS_NT, NULL, &err), 0);
	assert_users("nt", "ann * " NT_SECRET " -\n");
	assert_int_equal(users_set(path, "ann", "secret", USERS_CRYPT, "*", &err), 0);
	assert_true(lets_in("ann", "secret"));
}

static const struct refusal_case {
	const char *user, *password;
	enum users_format format;
	const char *address, *error;
} refusals[] = {
	{ "", "pw", USERS_NT, NULL, "a user name must have 1 to 256 bytes" },
	{ "a\nb", "pw", USERS_NT, NULL, "a user name must not contain control characters" },
	{ "a\x7f", "pw", USERS_NT, NULL, "a user name must not contain control characters" },
	{ "*", "pw", USERS_NT, NULL, "\"*\" means every name: change that line by hand" },
	{ "ann", "", USERS_NT, NULL, "a user with an empty password could not log in" },
	{ "ann", "p\tw", USERS_CLEAR, NULL, "a password must not contain control characters" },
	{ "ann", "p\xffw", USERS_NT, NULL,
	  "a password must be UTF-8 and have at most 256 characters" },
	{ "ann", "$6$x", USERS_CLEAR, NULL,
	  "a password that begins with \"$...$\" or \"@/\" cannot be stored in clear: it would be "
	  "taken for a hash or a file" },
	{ "ann", NT_SECRET, USERS_CLEAR, NULL,
	  "a password that begins with \"$...$\" or \"@/\" cannot be stored in clear: it would be "
	  "taken for a hash or a file" },
	{ "ann", "@/x", USERS_CLEAR, NULL,
	  "a password that begins with \"$...$\" or \"@/\" cannot be stored in clear: it would be "
	  "taken for a hash or a file" },
	{ "ann", "pw", USERS_NT, "10.0.0",
	  "a user's address must be an IPv4 address, \"*\" (one from the "
	  "pool) or \"-\" (refused)" },
	{ "ann", "pw", USERS_NT, "::1",
	  "a user's address must be an IPv4 address, \"*\" (one from the "
	  "pool) or \"-\" (refused)" },
	{ "ann", "pw", USERS_NT, "",
	  "a user's address must be an IPv4 address, \"*\" (one from the "
	  "pool) or \"-\" (refused)" },
};

static void refusal_table(void **state)
{
	char text[512];

	(void)state;
	write_users("bob * x\n");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refusal_case *c = &refusals[i];

		assert_int_equal(users_set(path, c->user, c->password, c->format, c->address, &err),
				 -EINVAL);
		snprintf(text, sizeof(text), "%s: %s", path, c->error);
		assert_string_equal(err.text, text);
	}
	assert_users("untouched", "bob * x\n");
}

static void a_malformed_file_is_left_alone(void **state)
{
	char text[512];

	(void)state;
	write_users("ann * x\nbob * \"y\n");
	assert_int_equal(users_set(path, "ann", "secret", USERS_NT, NULL, &err), -EINVAL);
	snprintf(text, sizeof(text), "%s:2: a quote that is not closed on its line", path);
	assert_string_equal(err.text, text);
	assert_users("untouched", "ann * x\nbob * \"y\n");
	write_users("bob * y\nann *\n");
	assert_int_equal(users_set(path, "ann", "secret", USERS_NT, NULL, &err), -EINVAL);
	snprintf(text, sizeof(text), "%s:2: this line ends before its secret: fix it first", path);
	assert_string_equal(err.text, text);
}

/* ---- the file itself */

static void mode_and_owner_stay(void **state)
{
	struct stat st;

	(void)state;
	unlink(path);
	assert_int_equal(users_set(path, "ann", "pw", USERS_NT, NULL, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	assert_int_equal(chmod(path, 0640), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 12, 34), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(users_set(path, "bob", "pw", USERS_NT, NULL, &err), 0);
	if (geteuid() == 0)
		assert_int_equal(st.st_uid, 12);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (geteuid() == 0) {
		assert_int_equal(st.st_uid, 12);
		assert_int_equal(st.st_gid, 34);
	}
}

static void a_link_stays_one(void **state)
{
	char target[128];
	struct stat st;

	(void)state;
	unlink(path);
	snprintf(target, sizeof(target), "%s/target", folder);
	assert_int_equal(symlink("target", path), 0);
	assert_int_equal(users_set(target, "ann", "pw", USERS_NT, NULL, &err), 0);
	assert_int_equal(users_set(path, "ann", "secret", USERS_NT, NULL, &err), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_users("through the link", "ann * " NT_SECRET " *\n");
	unlink(path);
	unlink(target);
}

static void no_such_folder(void **state)
{
	char text[256], nowhere[128];

	(void)state;
	snprintf(nowhere, sizeof(nowhere), "%s/no/users", folder);
	assert_int_equal(users_set(nowhere, "ann", "pw", USERS_NT, NULL, &err), -ENOENT);
	snprintf(text, sizeof(text), "%s: No such file or directory", nowhere);
	assert_string_equal(err.text, text);
}

/* No change of concurrent editors is lost. */
static void many_editors(void **state)
{
	enum { EDITORS = 8 };
	char name[16];
	pid_t pid[EDITORS];
	struct users *u;
	int status;

	(void)state;
	write_users("");
	for (int i = 0; i < EDITORS; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			snprintf(name, sizeof(name), "user%d", i);
			_exit(users_set(path, name, "pw", USERS_NT, NULL, &err) ? 1 : 0);
		}
	}
	for (int i = 0; i < EDITORS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(users_load(path, NULL, NULL, &u, &err), 0);
	assert_int_equal(users_count(u), EDITORS);
	users_release(u);
}

static int set_up(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(folder, sizeof(folder), "/tmp/users_edit_test.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/users", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder); /* fails if the edits left other files */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_with_a_certificate_alone),
		cmocka_unit_test(set_table),
		cmocka_unit_test(delete_table),
		cmocka_unit_test(what_is_set_lets_in),
		cmocka_unit_test(the_form_of_each_format),
		cmocka_unit_test(refusal_table),
		cmocka_unit_test(a_malformed_file_is_left_alone),
		cmocka_unit_test(mode_and_owner_stay),
		cmocka_unit_test(a_link_stays_one),
		cmocka_unit_test(no_such_folder),
		cmocka_unit_test(many_editors),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
