/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A descriptor that was opened for us: a TUN device, or a socket that keeps packets apart. */
#include "client/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct given {
	struct place place;
	int fd;
	char name[32];
};

static const char *hint(int error)
{
	if (error == -EBADF)
		return ": there is no such descriptor";
	if (error == -EINVAL || error == -ENOTSOCK || error == -ENOTTY)
		return ": it must be a TUN device without packet information (IFF_TUN, IFF_NO_PI), "
		       "or a socket of datagrams or packets";
	return "";
}

static enum exit_code open_given(struct place *p, struct backend_client *client,
				 const struct tun_cfg *tun, struct place_device *device)
{
	struct given *g = container_of(p, struct given, place);
	int error = tun_adopt(g->fd, &device->tun);

	(void)tun;
	if (error) {
		log_error(client->log, "--tun-fd %d: %s%s", g->fd, strerror(-error), hint(error));
		return EXIT_USAGE;
	}
	device->is_bare = true;
	if (*tun_name(device->tun))
		snprintf(g->name, sizeof(g->name), "%s", tun_name(device->tun));
	device->name = g->name;
	return EXIT_OK;
}

static void close_given(struct place *p)
{
	free(container_of(p, struct given, place));
}

struct place *place_fd(int fd)
{
	static const struct place_ops ops = { .open = open_given, .close = close_given };
	struct given *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->place.ops = &ops;
	g->fd = fd;
	snprintf(g->name, sizeof(g->name), "descriptor %d", fd);
	return &g->place;
}
