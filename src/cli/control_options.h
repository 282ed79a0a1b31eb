/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --control and what belongs to it: the verbs that run for long. */
#ifndef SSTP_CLI_CONTROL_OPTIONS_H
#define SSTP_CLI_CONTROL_OPTIONS_H

#include "cli/option.h"
#include "control/control_service.h"

struct control_option_settings {
	const char *control; /* NULL: the default name */
	bool no_control;
	const char *group; /* NULL: none */
};

extern const struct option_group control_options;

/* --metrics */
struct metrics_list {
	struct sockaddr_storage at[CONTROL_METRICS_MAX];
	size_t count;
};

extern const struct option_group metrics_options;

/* Returns false after printing an error. */
bool control_options_apply(const struct verb *verb, const struct control_option_settings *s,
			   const struct metrics_list *metrics, struct control_settings *to);

#endif
