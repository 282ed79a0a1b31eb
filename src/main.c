/* The table of verbs. */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "util/exit_code.h"
#include "util/process1.h"

struct entry {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct entry verbs[] = {
	{ "connect", verb_connect, "connect to an SSTP server" },
	{ "run", verb_run, "run a command whose only network is the VPN" },
	{ "proxy", verb_proxy, "connect without TUN or root: SOCKS5, HTTP, port forwards" },
	{ "serve", verb_serve, "be an SSTP server" },
	{ "probe", verb_probe, "show what a server speaks, without logging in" },
	{ "passwd", verb_passwd, "keep the server's user file" },
	{ "cert", verb_cert, "make a self-signed certificate, show a certificate's pin" },
	{ "healthcheck", verb_healthcheck, "tell whether the tunnel is up, for container runtimes" },
};

enum { VERB_COUNT = sizeof(verbs) / sizeof(*verbs) };

static void usage(FILE *to)
{
	fprintf(to, "sstp: an SSTP VPN, client and server\n\nUsage: sstp VERB [options]\n\n");
	for (size_t i = 0; i < VERB_COUNT; i++)
		fprintf(to, "  %-13s%s\n", verbs[i].name, verbs[i].summary);
	fprintf(to, "\nsstp VERB --help tells more; sstp --version tells the version.\n");
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	process1_signals();
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (!strcmp(verb, verbs[i].name))
			return verbs[i].run(argc - 2, argv + 2);
	if (!strcmp(verb, "--version") || !strcmp(verb, "-V")) {
		printf("sstp %s\n", SSTP_VERSION);
		return EXIT_OK;
	}
	if (!strcmp(verb, "--help") || !strcmp(verb, "-h") || !strcmp(verb, "help")) {
		usage(stdout);
		return EXIT_OK;
	}
	if (*verb)
		fprintf(stderr, "sstp: no verb %s\n\n", verb);
	usage(stderr);
	return EXIT_USAGE;
}
