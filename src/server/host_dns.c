/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/host_dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nameserver/dns_forwarder.h"
#include "nameserver/dns_watch.h"
#include "util/file.h"

static const char resolv_conf[] = "/etc/resolv.conf";

enum { RESOLV_CONF_MAX = 64 * 1024 };

struct host_dns {
	struct dns_forwarder *forwarder;
	struct dns_watch watch;
};

/* Without the file the server on this host is used, as the C library does. */
static void read_servers(struct host_dns *d)
{
	char *text = NULL;
	size_t len;
	int error = file_read(resolv_conf, RESOLV_CONF_MAX, &text, &len);

	if (error && error != -ENOENT)
		log_warn(NULL, "--dns host: %s: %s", resolv_conf, strerror(-error));
	dns_forwarder_set_others(d->forwarder, error ? "" : text);
	if (!error)
		file_free(text, len);
}

static void on_change(struct dns_watch *w)
{
	char real[PATH_MAX];

	if (realpath(w->path, real) && strcmp(real, w->real) != 0)
		dns_watch_open(w); /* the link leads elsewhere now */
	read_servers(container_of(w, struct host_dns, watch));
}

static void watch(struct host_dns *d, struct loop *loop)
{
	int error;

	d->watch = (struct dns_watch){ .loop = loop, .path = resolv_conf, .changed = on_change };
	error = dns_watch_open(&d->watch);
	if (error)
		log_warn(NULL, "--dns host: changes of %s will not be noticed: %s", resolv_conf,
			 strerror(-error));
}

static struct ip_addr client_of(void *registry, const struct ip_addr *from)
{
	return registry_client_key(registry, from);
}

int host_dns_open(const struct host_dns_cfg *cfg, struct host_dns **out)
{
	struct host_dns *d = calloc(1, sizeof(*d));
	struct dns_forwarder_cfg forwarder = {
		.loop = cfg->loop,
		.netns_fd = cfg->netdev->netns_fd,
		.device = cfg->netdev->name,
		.at = { cfg->v4, cfg->v6 },
		.client_of = client_of,
		.client_arg = cfg->registry,
	};
	int error;

	if (!d)
		return -ENOMEM;
	error = dns_forwarder_open(&forwarder, &d->forwarder);
	if (error) {
		free(d);
		return error;
	}
	read_servers(d);
	watch(d, cfg->loop);
	*out = d;
	return 0;
}

void host_dns_close(struct host_dns *d)
{
	if (!d)
		return;
	dns_watch_close(&d->watch);
	dns_forwarder_close(d->forwarder);
	free(d);
}
