/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's helper (proc/helper.h), as the server sees it: what it is asked to do, and when. Without one each
 * call does nothing, and the server does everything itself.
 */
#ifndef SSTP_SERVER_SERVER_HELPER_H
#define SSTP_SERVER_SERVER_HELPER_H

#include "control/place.h"
#include "net/loop.h"
#include "proc/helper_files_agent.h"
#include "server/registry.h"
#include "server/server_cfg.h"

struct netlink;

struct server_helper {
	/* In the loop: files have changed; the helper has ended, which it does not by itself. */
	void (*changed)(struct server_helper *h);
	void (*gone)(struct server_helper *h);
	/* private */
	struct helper *helper; /* NULL: none */
	struct helper_files_agent files;
	struct registry_routes routes;
	struct loop *loop;
	struct loop_watch events;
};

/*
 * Call it before anything is opened; `changed` and `gone` are set, the rest is zero. Returns 0, or -errno, logged. Where no
 * helper can be started, it is an error with SANDBOX_REQUIRE; otherwise a warning is logged, and there is no sandbox.
 */
int server_helper_start(struct server_helper *h, const struct server_cfg *cfg);
/* After that the helper answers only what it was permitted to do. Watches its events. 0 or -errno. */
int server_helper_seal(struct server_helper *h, const struct server_cfg *cfg, struct loop *loop);
/* Ends the helper, which removes what is to be removed. */
void server_helper_close(struct server_helper *h);

/* Before the seal: the registry's routes are set by the helper, with this socket, which is closed. 0 or -errno. */
int server_helper_use_device(struct server_helper *h, const struct server_cfg *cfg,
			     struct registry *r, struct netlink *netlink, unsigned ifindex);
/* Before the seal: the helper removes the control socket's file. */
void server_helper_keep_control(struct server_helper *h, const struct control_place *place);
/* Before the seal: the helper removes that table; `fd` is a netlink socket of its namespace. */
int server_helper_keep_table(struct server_helper *h, int fd, const char *table);
/*
 * Before the files are read: what they are like now is no change. `each` calls its first argument for each file.
 * 0 or -errno.
 */
int server_helper_watch(struct server_helper *h,
			void (*each)(void *server, void (*one)(void *arg, const char *path),
				     void *arg),
			void *server);

#endif
