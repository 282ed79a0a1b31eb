/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a program has a TUN device open. */
#ifndef SSTP_TUN_IN_USE_H
#define SSTP_TUN_IN_USE_H

#include <stdbool.h>

/* In our network namespace. Also false when there is no such device, or the kernel does not say. */
bool tun_in_use(const char *name);

#endif
