/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where passwords come from: a file, a descriptor, the environment, a terminal; never argv. */
#ifndef SSTP_CLI_PASSWORD_H
#define SSTP_CLI_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/option.h"

enum { PASSWORD_SIZE = 512 };

/*
 * Read the first line of a file or descriptor, without its line end and a byte order mark
 * (cli/tidy.h). Return false with err filled.
 */
bool password_from_file(const char *file, char to[PASSWORD_SIZE], struct error *err);
bool password_from_fd(int fd, char to[PASSWORD_SIZE], struct error *err);
/* Asks on the terminal (/dev/tty) without echo. Returns false with err filled if there is none. */
bool password_ask(const char *prompt, char to[PASSWORD_SIZE], struct error *err);
/*
 * The same with echo, for what is not secret. Returns false if there is no terminal or nothing was
 * typed.
 */
bool terminal_ask(const char *prompt, char to[PASSWORD_SIZE]);
/*
 * Reads SSTP_PASSWORD, wipes it and removes it from our environment, so that neither a child nor a
 * process that inspects us sees it. Returns false if it is not set, or too long (then err is
 * filled).
 */
bool password_from_environment(char to[PASSWORD_SIZE], struct error *err);
/* The same for another variable. */
bool password_from_variable(const char *variable, char to[PASSWORD_SIZE], struct error *err);
/* Wipe and remove without reading: of the proxy on the way to the server; all passwords of ours. */
void password_forget_proxy(void);
void password_forget_environment(void);

#endif
