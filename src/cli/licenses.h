/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sstp --licenses: our own license, and the notices that come with the libraries in this program. The
 * texts are in licenses/; which of them a build has is the Makefile's to say. They are in the program
 * because it is often all that is copied.
 */
#ifndef SSTP_CLI_LICENSES_H
#define SSTP_CLI_LICENSES_H

/* To standard output; gives an exit code. */
int licenses_print(void);

#endif
