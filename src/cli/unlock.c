/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp unlock: removes the lock that --lockdown leaves after a crash. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_error.h"
#include "cli/common.h"
#include "cli/exit_code.h"
#include "cli/verbs.h"
#include "client/lockdown.h"

static const struct option_use uses[] = {
	{ .heading = "Options", .group = &help_options },
};

static char settings; /* there are none */

static int run(void *arg)
{
	int error = lockdown_remove(NULL);

	(void)arg;
	switch (error) {
	case 0:
		printf("this network is not locked any more\n");
		return EXIT_OK;
	case -ENOENT:
		printf("this network is not locked\n");
		return EXIT_OK;
	case -EBUSY:
		cli_error(&unlock_verb,
			  "the sstp that has locked this network still runs; the lock "
			  "ends with it");
		return EXIT_OTHER;
	default:
		cli_error(&unlock_verb, "the lock cannot be removed: %s%s", strerror(-error),
			  error == -EPERM ? " (this needs root, or the capability CAP_NET_ADMIN)"
					  : "");
		return EXIT_NETCONF;
	}
}

const struct verb unlock_verb = {
	.name = "unlock",
	.summary = "remove the lock that --lockdown leaves after a crash",
	.usage = "[options]",
	.about =
		"Removes the packet filter (or the rules) with which sstp connect --lockdown locks this "
		"host's network: needed after a crash, and after a tunnel that has ended by "
		"itself. While such an sstp runs, nothing is removed.",
	.notes = "  sstp unlock\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.settings = &settings,
	.run = run,
};
