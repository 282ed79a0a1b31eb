/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a client with a device (client/tun_backend.h): in the sandbox, with a helper that changes the host, or with
 * --sandbox off in one process.
 */
#ifndef SSTP_CLI_DEVICE_CLIENT_H
#define SSTP_CLI_DEVICE_CLIENT_H

#include "cli/options.h"
#include "client/client.h"
#include "client/tun_backend.h"
#include "proc/sandbox.h"

struct device_client {
	const struct verb *verb;
	enum sandbox_verb list; /* of system calls */
	enum sandbox_mode mode;
	const struct tun_backend_cfg *device;
	const char *pid_file; /* NULL: none */
};

/* Fills in cfg->backend and cfg->sandbox. Returns the exit code. */
int device_client_run(const struct device_client *d, struct client_cfg *cfg);

#endif
