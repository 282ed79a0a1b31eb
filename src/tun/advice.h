/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said where a TUN device cannot be had: why, and what to do about it. */
#ifndef SSTP_TUN_ADVICE_H
#define SSTP_TUN_ADVICE_H

#include "tun/tun.h"
#include "util/log.h"

struct tun_advice {
	char text[512]; /* empty, or what follows the error's own text, from ": " on */
};

/* Why tun_open failed with `error`, from what the file at `path` is, and what would help. */
struct tun_advice tun_advise(const char *path, int error);
/* Logs such an error of tun_open, and that advice. */
void tun_log_error(const struct log *log, const struct tun_cfg *cfg, int error);

#endif
