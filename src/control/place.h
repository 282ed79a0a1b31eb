/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the control socket is: /run/sstp/NAME.sock of root's programs, $XDG_RUNTIME_DIR/sstp/NAME.sock
 * of another user's. A name whose program is dead is used again; one whose program lives is not.
 * Programs that do this at the same time take turns by a lock of the folder.
 */
#ifndef SSTP_CONTROL_PLACE_H
#define SSTP_CONTROL_PLACE_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "util/bytes.h"
#include "util/error.h"

enum {
	CONTROL_PATH_SIZE = sizeof(((struct sockaddr_un *)0)->sun_path),
	CONTROL_PLACE_LEN = 1 + 8 + 8 + CONTROL_PATH_SIZE,
};

struct control_place_cfg {
	const char
		*wanted;  /* a path, if it has a slash, or a name; NULL: the first free name ... */
	const char *verb; /* ... of "serve", "serve-2", ... */
	gid_t group;      /* owns the socket and may use it; (gid_t)-1: none */
};

struct control_place {
	char path[CONTROL_PATH_SIZE]; /* empty: there is no socket */
	char name[64];                /* without the folder and ".sock" */
	dev_t dev;
	ino_t ino; /* of our socket */
	bool is_default;
};

/* A listening socket, or -errno with err filled. */
int control_place_open(struct control_place *p, const struct control_place_cfg *cfg,
		       struct error *err);
/* Removes the socket, unless another program has replaced it. Does not close it. */
void control_place_close(struct control_place *p);

/* What control_place_close needs, for the process that calls it; CONTROL_PLACE_LEN bytes at most. */
void control_place_put(struct writer *w, const struct control_place *p);
/* Reads all that is left. False: it is malformed. */
bool control_place_get(struct reader *r, struct control_place *p);

/* The folder of the default names. False: this user has none. */
bool control_place_folder(char to[CONTROL_PATH_SIZE]);
/* The path of that name, or of that path. False: it is too long, or there is no folder. */
bool control_place_path(const char *wanted, char to[CONTROL_PATH_SIZE]);

#endif
