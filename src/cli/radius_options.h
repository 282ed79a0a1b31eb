/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of serve that are about RADIUS. */
#ifndef SSTP_CLI_RADIUS_OPTIONS_H
#define SSTP_CLI_RADIUS_OPTIONS_H

#include "auth/radius_cfg.h"
#include "cli/option.h"
#include "cli/value.h"

struct radius_settings {
	struct text_list servers, acct, secret_files, coa_from;
	uint32_t coa_port;
	bool coa_requires_timestamp;
	struct ip_addr source;
	const char *nas;
	const char *ca, *cert, *key;
	enum radius_demand demand;
	uint32_t timeout_s, interim_s;
	struct radius_cfg cfg; /* made of the above */
};

extern const struct option_group radius_options;

/* Fills s->cfg; `name` is the default NAS-Identifier. False after printing an error. */
bool radius_settings_apply(const struct verb *verb, struct radius_settings *s, const char *name);

#endif
