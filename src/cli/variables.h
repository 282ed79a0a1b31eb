/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Variables that look like settings of ours and are none. */
#ifndef SSTP_CLI_VARIABLES_H
#define SSTP_CLI_VARIABLES_H

#include "cli/option.h"

/*
 * Warns of each variable SSTP_... that no verb reads, with what was probably meant. One that another
 * verb reads is passed over: a container's are for all that runs in it. So are the variables that
 * Kubernetes makes for a service whose name begins with sstp.
 */
void variables_warn(const struct verb *verb, char *const *environment);

/* Is this one of those? `name` without SSTP_. */
bool variable_is_service_link(const char *name, const char *value);

#endif
