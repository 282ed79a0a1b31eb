/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TUN device in our own network namespace. */
#include "client/place.h"

static enum exit_code open_here(struct place *p, struct backend_client *client,
				const struct tun_cfg *tun, struct place_device *device)
{
	int error = tun_open(tun, &device->tun);

	(void)p;
	if (error) {
		tun_complain(client->log, tun, error);
		return EXIT_NETCONF;
	}
	device->name = tun_name(device->tun);
	device->host.ifindex = tun_ifindex(device->tun);
	return EXIT_OK;
}

static void close_here(struct place *p)
{
	(void)p;
}

struct place *place_here(void)
{
	static const struct place_ops ops = { .open = open_here, .close = close_here };
	static struct place here = { &ops };

	return &here;
}
