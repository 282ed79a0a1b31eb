/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client needs privileges for (host_setup.h), done by a helper process (proc/helper.h): the process
 * that reads from the network only asks. The helper's end is host_service.h.
 */
#ifndef SSTP_CLIENT_HOST_HELPER_H
#define SSTP_CLIENT_HOST_HELPER_H

#include "client/host_service.h"

/*
 * NULL: no memory. `h` was started with a host_service of the same configuration, and ends after the setup. From
 * now on it also sets the options of sockets that this process may not set (net/sockopt.h). The caller keeps
 * `cfg` valid until the setup is closed.
 */
struct host_setup *host_helper_new(const struct host_setup_cfg *cfg, struct helper *h);

#endif
