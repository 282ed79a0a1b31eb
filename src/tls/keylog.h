/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key log: the secrets of sessions in the NSS format that Wireshark reads
 * (draft-ietf-tls-keylogfile), for debugging. With the file anyone can decrypt the sessions.
 */
#ifndef SSTP_TLS_KEYLOG_H
#define SSTP_TLS_KEYLOG_H

#include <stdbool.h>

#include "tls/wolf.h"
#include "util/error.h"

/* Opens `path` for appending, mode 0600. 0 or -errno with err filled. */
int keylog_open(const char *path, int *fd, struct error *err);

/* Logs this session's secrets from now on. False when the library does not support it. */
bool keylog_watch(WOLFSSL *ssl, int *fd);

#endif
