/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens small files that the user names: settings and passwords. */
#ifndef SSTP_CLI_INPUT_FILE_H
#define SSTP_CLI_INPUT_FILE_H

/*
 * Returns a descriptor, blocking and close-on-exec, or -1 with the reason in *why. Waits up to 10
 * seconds for a writer of a FIFO.
 */
int input_file_open(const char *path, const char **why);

#endif
