/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of a client's login by EAP. */
#ifndef SSTP_CLI_EAP_OPTIONS_H
#define SSTP_CLI_EAP_OPTIONS_H

#include "cli/option.h"

struct eap_settings {
	const char *identity;
};

extern const struct option_group eap_options;

#endif
