/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper (proc/helper.h) of a client. With the rights of the
 * start it opens files of settings again that have been opened before the seal, sets options of the connection to the
 * server, and removes the control socket and the pid file at the end.
 */
#ifndef SSTP_CLIENT_CLIENT_HELPER_H
#define SSTP_CLIENT_CLIENT_HELPER_H

#include "control/place.h"
#include "proc/helper_files_agent.h"
#include "proc/helper_options.h"

struct client_helper {
	struct helper *helper; /* NULL: none */
	const char *pid_file;  /* NULL: none */
	/* What changes this host, and starts programs: host_service.h. NULL: nothing does. */
	const struct helper_service *host;
	struct helper_options options; /* if it is NULL */
	const int *keep;               /* as in struct helper_cfg */
	size_t keep_count;
	bool needs_proc_self, runs_command;
	/* private */
	struct helper_files files;
	struct helper_files_agent agent;
	struct control_place place; /* the helper's own copy */
};

/* Before a thread is started; set what is above `private` but `helper`, the rest is zero. 0 or -errno. */
int client_helper_start(struct client_helper *h);
/* Everything has been opened: from now on the helper does nothing else. 0 or -errno. */
int client_helper_seal(struct client_helper *h, const struct control_place *place);
void client_helper_close(struct client_helper *h);

#endif
