/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of `sstp serve` for load balancers in front of it. */
#ifndef SSTP_CLI_FRONT_OPTIONS_H
#define SSTP_CLI_FRONT_OPTIONS_H

#include "cli/option.h"
#include "server/front_cfg.h"

extern const struct option_group front_options; /* at: struct front_cfg */

#endif
