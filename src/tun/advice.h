/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Explains why a TUN device can't be made, and what to do about it. */
#ifndef SSTP_TUN_ADVICE_H
#define SSTP_TUN_ADVICE_H

#include "tun/tun.h"
#include "util/log.h"

struct tun_advice {
	char text[512]; /* empty, or ": " and what to append to the error's own text */
};

/* Why tun_open failed with `error`, judging by the file at `path`, and what would help. */
struct tun_advice tun_advise(const char *path, int error);
/* Logs `error` of tun_open with that advice. */
void tun_log_error(const struct log *log, const struct tun_cfg *cfg, int error);

#endif
