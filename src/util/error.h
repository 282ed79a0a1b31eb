/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reason for a failure, as text for the user. */
#ifndef SSTP_UTIL_ERROR_H
#define SSTP_UTIL_ERROR_H

struct error {
	char text[384];
};

#endif
