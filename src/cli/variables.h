/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Warnings about variables that look like our settings but are not. */
#ifndef SSTP_CLI_VARIABLES_H
#define SSTP_CLI_VARIABLES_H

#include "cli/option.h"

/*
 * Warns about each variable SSTP_... that no verb reads, with what was probably meant. One that
 * another verb reads causes no warning: a container's variables are for all programs in it. Neither
 * do the variables that Kubernetes makes for a service whose name begins with sstp.
 */
void variables_warn(const struct verb *verb, char *const *environment);

/* Whether this is a variable that Kubernetes makes. `name` is without SSTP_. */
bool variable_is_service_link(const char *name, const char *value);

#endif
