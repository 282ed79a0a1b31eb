/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sstp --licenses: our own license, and the notices of the libraries in this program. The texts are
 * in licenses/; the Makefile chooses those that apply to a build. They are in the program because
 * often only the binary is copied.
 */
#ifndef SSTP_CLI_LICENSES_H
#define SSTP_CLI_LICENSES_H

/* Prints them to standard output; returns an exit code. */
int licenses_print(void);

#endif
