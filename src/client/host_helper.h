/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client needs privileges for (host_setup.h), done by a helper process (proc/helper.h): the process
 * that reads from the network only asks. The helper's end is host_service.h.
 */
#ifndef SSTP_CLIENT_HOST_HELPER_H
#define SSTP_CLIENT_HOST_HELPER_H

#include "client/host_service.h"

/*
 * Forks the helper, so call it before any thread is started. From then on it also sets the options of
 * sockets that this process may not set (net/sockopt.h). 0 or -errno. The caller keeps `cfg` valid until the
 * setup is closed, which ends the helper.
 */
int host_helper_start(const struct host_service_cfg *cfg, struct host_setup **out);

#endif
