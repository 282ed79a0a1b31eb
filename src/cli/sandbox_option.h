/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --sandbox, of the verbs that connect to a server or are one. */
#ifndef SSTP_CLI_SANDBOX_OPTION_H
#define SSTP_CLI_SANDBOX_OPTION_H

#include "cli/options.h"
#include "proc/sandbox.h"

struct sandbox_settings {
	enum sandbox_mode mode;
};

extern const struct option_group sandbox_options;

struct verb;

/*
 * The helper process cannot be started, for the reason -errno. True: the verb goes on without a sandbox, in one
 * process, as where fork(2) is refused. Logged.
 */
bool sandbox_goes_without(const struct verb *verb, enum sandbox_mode mode, int error);

/* The sanitizers read files and trace the process at its end, which the sandbox forbids. */
#ifdef __SANITIZE_ADDRESS__
#define SANDBOX_DEFAULTS            \
	{                           \
		.mode = SANDBOX_OFF \
	}
#else
#define SANDBOX_DEFAULTS             \
	{                            \
		.mode = SANDBOX_AUTO \
	}
#endif

#endif
