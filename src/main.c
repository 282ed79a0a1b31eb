/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of verbs. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/hint.h"
#include "cli/licenses.h"
#include "cli/verbs.h"
#include "util/exit_code.h"
#include "util/log.h"
#include "util/process1.h"
#include "util/signals.h"

struct entry {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct entry verbs[VERB_COUNT] = {
	{ "connect", verb_connect, "connect to an SSTP server" },
	{ "run", verb_run, "run a command whose only network is the VPN" },
	{ "proxy", verb_proxy, "connect without TUN or root: SOCKS5, HTTP, port forwards" },
	{ "serve", verb_serve, "be an SSTP server" },
	{ "probe", verb_probe, "show what a server speaks, without logging in" },
	{ "passwd", verb_passwd, "keep the server's user file" },
	{ "cert", verb_cert, "make a self-signed certificate, show a certificate's pin" },
	{ "healthcheck", verb_healthcheck,
	  "tell whether the tunnel is up, for container runtimes" },
};

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
		n += (size_t)snprintf(u.text + n, sizeof(u.text) - n, "  %-13s%s\n", verbs[i].name,
				      verbs[i].summary);
	if (n < sizeof(u.text))
		snprintf(u.text + n, sizeof(u.text) - n,
			 "\nsstp VERB --help tells more; sstp --version tells the version,\n"
			 "sstp --licenses the licenses.");
	return u;
}

/* Else a socket of ours would be descriptor 2, and log lines would be sent to a peer. */
static void open_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			fd = open("/", O_PATH); /* no /dev here: at least the number is taken */
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static const struct entry *find(const char *verb)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (!strcmp(verb, verbs[i].name))
			return &verbs[i];
	return NULL;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return !strcmp(word, a) || !strcmp(word, b) || !strcmp(word, c);
}

static void complain(const char *word)
{
	const char *names[VERB_COUNT], *hint;

	for (size_t i = 0; i < VERB_COUNT; i++)
		names[i] = verbs[i].name;
	hint = hint_for_verb(word, names, VERB_COUNT);
	log_print("sstp: unknown verb %s%s%s\n", word, hint ? "; " : "", hint ? hint : "");
}

/* sstp help, sstp help VERB */
static int help(const char *about)
{
	static char option[] = "--help", *argv[] = { option, NULL };
	const struct entry *e = about ? find(about) : NULL;

	if (e)
		return e->run(1, argv);
	if (about) {
		complain(about);
		log_print("%s", usage().text);
		return EXIT_USAGE;
	}
	puts(usage().text);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct entry *e = find(word);

	open_standard_descriptors();
	signals_ignore_unused();
	process1_signals();
	if (e)
		return e->run(argc - 2, argv + 2);
	if (is_one_of(word, "--version", "-V", "version")) {
		printf("sstp %s\n", SSTP_VERSION);
		return EXIT_OK;
	}
	if (is_one_of(word, "--licenses", "--license", "licenses"))
		return licenses_print();
	if (is_one_of(word, "--help", "-h", "help"))
		return help(argc > 2 ? argv[2] : NULL);
	if (*word)
		complain(word);
	log_print("%s", usage().text);
	return EXIT_USAGE;
}
