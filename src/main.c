/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the verb that the command line names, and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/hint.h"
#include "cli/licenses.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "cli/exit_code.h"
#include "proc/descriptors.h"
#include "util/log.h"
#include "util/pid1.h"
#include "util/process_limits.h"
#include "util/signals.h"

struct usage {
	char text[2048];
};

static struct usage usage(void)
{
	struct usage u;
	size_t n = (size_t)snprintf(u.text, sizeof(u.text),
				    "sstp: an SSTP VPN, client and server\n\n"
				    "Usage: sstp VERB [options]\n\n");

	for (size_t i = 0; i < VERB_COUNT && n < sizeof(u.text); i++)
		n += (size_t)snprintf(u.text + n, sizeof(u.text) - n, "  %-13s%s\n",
				      all_verbs[i]->name, all_verbs[i]->summary);
	if (n < sizeof(u.text))
		snprintf(u.text + n, sizeof(u.text) - n,
			 "\nsstp VERB --help shows the options of a verb, sstp --version "
			 "the version, and\nsstp --licenses the licenses.");
	return u;
}

/* Otherwise one of our sockets could become descriptor 2, and log lines would be sent to a peer. */
static void open_standard_descriptors(void)
{
	int fd;

	do {
		fd = descriptors_open_null(O_RDWR);
		if (fd >= 0)
			fcntl(fd, F_SETFD, 0); /* commands have it, too */
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (!strcmp(name, all_verbs[i]->name))
			return all_verbs[i];
	return NULL;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return !strcmp(word, a) || !strcmp(word, b) || !strcmp(word, c);
}

static void report_unknown(const char *word)
{
	const char *names[VERB_COUNT], *hint;

	for (size_t i = 0; i < VERB_COUNT; i++)
		names[i] = all_verbs[i]->name;
	hint = hint_for_verb(word, names, VERB_COUNT);
	log_print("sstp: unknown verb %s%s%s\n", word, hint ? "; " : "", hint ? hint : "");
}

/* sstp help, sstp help VERB */
static int help(const char *about)
{
	const struct verb *v = about ? find(about) : NULL;

	if (v) {
		help_print(v);
		return EXIT_OK;
	}
	if (about) {
		report_unknown(about);
		log_print("%s", usage().text);
		return EXIT_USAGE;
	}
	puts(usage().text);
	return EXIT_OK;
}

/* sstp --options: for the shells' completions and for the test of the man page. */
static int print_options(void)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		help_print_table(all_verbs[i]);
	return EXIT_OK;
}

/* As in sstp sessions | head: the reader has what it wants. */
static bool is_reader_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents & (POLLERR | POLLHUP);
}

/* Otherwise a script would take an incomplete list, as on a full disk, for a complete one. */
static int finish(int code)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	if (!is_reader_gone())
		log_print("sstp: the output could not be written completely%s%s", errno ? ": " : "",
			  errno ? strerror(errno) : "");
	return code == EXIT_OK ? EXIT_OTHER : code;
}

static int run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct verb *v = find(word);

	/* its exit status says whether the tunnel is up, and nothing else */
	if (v == &healthcheck_verb)
		return options_run(v, argc - 2, argv + 2);
	if (v)
		return finish(options_run(v, argc - 2, argv + 2));
	if (is_one_of(word, "--version", "-V", "version")) {
		printf("sstp %s\n", SSTP_VERSION);
		return finish(EXIT_OK);
	}
	if (is_one_of(word, "--licenses", "--license", "licenses"))
		return finish(licenses_print());
	if (!strcmp(word, "--options"))
		return finish(print_options());
	if (is_one_of(word, "--help", "-h", "help"))
		return finish(help(argc > 2 ? argv[2] : NULL));
	if (*word)
		report_unknown(word);
	log_print("%s", usage().text);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (!process_limits_raise())
		return EXIT_OTHER;
	open_standard_descriptors();
	signals_ignore_unused();
	pid1_signals();
	return run(argc, argv);
}
