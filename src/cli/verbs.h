/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs. Each runs with the arguments after its name and returns an exit code, a command's or
 * ours.
 */
#ifndef SSTP_CLI_VERBS_H
#define SSTP_CLI_VERBS_H

#include "cli/option.h"

enum { VERB_COUNT = 18 };

/* In the order of the help. */
extern const struct verb *const all_verbs[VERB_COUNT];

extern const struct verb connect_verb, run_verb, proxy_verb, serve_verb, probe_verb, passwd_verb,
	cert_verb, healthcheck_verb, unlock_verb, status_verb, sessions_verb, kick_verb, bans_verb,
	unban_verb, reload_verb, drain_verb, disconnect_verb, reconnect_verb;

#endif
