/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening the small files that a user names: settings and passwords. */
#ifndef SSTP_CLI_INPUT_FILE_H
#define SSTP_CLI_INPUT_FILE_H

/*
 * A descriptor to read from, blocking and close-on-exec, or -1 with the reason in *why. A FIFO gets 10
 * seconds for somebody to write to it.
 */
int input_file_open(const char *path, const char **why);

#endif
