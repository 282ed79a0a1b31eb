/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of all verbs. */
#include "cli/verbs.h"

const struct verb *const all_verbs[VERB_COUNT] = {
	&connect_verb,    &run_verb,       &proxy_verb,       &serve_verb,  &probe_verb,
	&passwd_verb,     &cert_verb,      &healthcheck_verb, &unlock_verb, &status_verb,
	&disconnect_verb, &reconnect_verb, &sessions_verb,    &kick_verb,   &bans_verb,
	&unban_verb,      &reload_verb,    &drain_verb,
};
