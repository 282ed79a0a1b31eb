/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why something could not be done, in words, for whoever shows it to the user. */
#ifndef SSTP_UTIL_ERROR_H
#define SSTP_UTIL_ERROR_H

struct error {
	char text[384];
};

#endif
