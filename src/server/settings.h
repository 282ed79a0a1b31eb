/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings that change while the server runs. Those in force are never changed: a reload makes new
 * ones, and the old ones stay until the end, since a worker may still read them.
 */
#ifndef SSTP_SERVER_SETTINGS_H
#define SSTP_SERVER_SETTINGS_H

#include "server/server_cfg.h"

struct settings_copy {
	struct settings_copy *older;
	struct server_cfg cfg;
};

/*
 * A copy of `before` with what may change taken from `now`, added to the list. NULL: no memory.
 */
const struct server_cfg *settings_take(struct settings_copy **list, const struct server_cfg *before,
				       const struct server_cfg *now);
void settings_free(struct settings_copy *list);

#endif
