/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP's Basic authentication, RFC 7617. */
#ifndef SSTP_HTTP_BASIC_H
#define SSTP_HTTP_BASIC_H

#include "util/bytes.h"

enum { HTTP_BASIC_TEXT_MAX = 1024 }; /* of user name, colon and password */

/* What follows "Basic ": user name and password in base64. `w` is full if they are too long. */
void http_put_basic(const char *user, const char *password, struct writer *w);

#endif
