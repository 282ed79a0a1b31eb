/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/device_client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_error.h"
#include "cli/exit_code.h"
#include "cli/login.h"
#include "cli/sandbox_option.h"
#include "client/client_helper.h"
#include "client/host_helper.h"
#include "client/host_permits.h"
#include "proc/command.h"
#include "proc/descriptors.h"
#include "proc/pending.h"

static struct host_service_cfg permitted_of(const struct device_client *d,
					    const struct client_cfg *cfg,
					    const struct host_permits *p)
{
	return (struct host_service_cfg){
		.host = d->device->host,
		.asks_server = cfg->asks_server,
		.wants_prefix = cfg->wants_prefix,
		.has_named = d->device->route_host_count > 0,
		.ports = p->ports,
		.port_count = p->port_count,
		.only = p->is_looked_up ? NULL : p->addrs,
		.only_count = p->addr_count,
		.congestion = cfg->congestion,
		.pending_fd = pending_open(),
	};
}

enum { KEPT_MAX = 4 };

/* The given device; the program of --script-tun has our standard input and output. */
static size_t kept_by_helper(const struct host_service_cfg *cfg, int keep[KEPT_MAX])
{
	const struct netdev_source *source = &cfg->host.source;
	size_t n = 0;

	if (source->kind == NETDEV_GIVEN)
		keep[n++] = source->fd;
	if (source->kind == NETDEV_FOR_SCRIPT) {
		keep[n++] = STDIN_FILENO;
		keep[n++] = STDOUT_FILENO;
	}
	if (cfg->host.exit_fd >= 0)
		keep[n++] = cfg->host.exit_fd;
	if (cfg->pending_fd >= 0)
		keep[n++] = cfg->pending_fd;
	return n;
}

/* The number of a standard descriptor stays in use: else the next file would get it. */
static void leave(int fd)
{
	if (fd > STDERR_FILENO || descriptors_reopen_null(fd, O_RDWR))
		close(fd);
}

/* Closes descriptors that only the helper may have, so that the process that reads from the network cannot use them. */
static void leave_to_helper(const struct host_service_cfg *cfg)
{
	if (cfg->host.exit_fd >= 0)
		leave(cfg->host.exit_fd);
	if (cfg->pending_fd >= 0)
		leave(cfg->pending_fd);
}

/* Owns `setup` from now on; NULL: there was no memory for it. */
static int run(const struct device_client *d, struct client_cfg *cfg, struct host_setup *setup)
{
	cfg->backend = tun_backend_new(d->device, setup);
	if (cfg->backend)
		return login_connect(cfg);
	cli_error(d->verb, "%s", strerror(ENOMEM));
	return EXIT_OTHER;
}

/* In one process, with all rights. */
static int run_alone(const struct device_client *d, struct client_cfg *cfg,
		     struct client_sandbox_cfg *sandbox)
{
	sandbox->mode = SANDBOX_OFF;
	return run(d, cfg, host_setup_new(&d->device->host));
}

static int run_with_helper(const struct device_client *d, struct client_cfg *cfg,
			   struct client_sandbox_cfg *sandbox)
{
	static struct host_permits permits;
	static struct host_service service;
	const struct host_setup_cfg *host = &d->device->host;
	struct host_service_cfg permitted;
	int keep[KEPT_MAX], code, error;
	struct client_helper helper = {
		.pid_file = d->pid_file,
		.host = &service.service,
		.keep = keep,
		.needs_proc_self = host->source.kind == NETDEV_IN_NETNS,
		.runs_command = host->source.kind == NETDEV_FOR_COMMAND,
	};

	host_permits_of(cfg, &permits);
	permitted = permitted_of(d, cfg, &permits);
	permitted.host.source.stops_parent = true; /* the shell has started that one */
	helper.keep_count = kept_by_helper(&permitted, keep);
	service = (struct host_service){ .cfg = &permitted, .make = host_setup_new };
	host_service_init(&service);
	error = client_helper_start(&helper);
	if (error)
		return sandbox_goes_without(d->verb, d->mode, error) ? run_alone(d, cfg, sandbox)
								     : EXIT_OTHER;
	leave_to_helper(&permitted);
	sandbox->helper = &helper;
	if (helper.runs_command && command_drop_descriptors(d->mode, NULL))
		code = EXIT_OTHER;
	else
		code = run(d, cfg, host_helper_new(host, helper.helper));
	client_helper_close(&helper);
	sandbox->helper = NULL;
	return code;
}

int device_client_run(const struct device_client *d, struct client_cfg *cfg)
{
	struct client_sandbox_cfg sandbox = { .verb = d->list, .mode = d->mode };

	cfg->sandbox = &sandbox;
	login_keep_from_children(cfg);
	return d->mode == SANDBOX_OFF ? run_alone(d, cfg, &sandbox)
				      : run_with_helper(d, cfg, &sandbox);
}
