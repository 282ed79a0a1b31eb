/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where passwords come from: a file, a descriptor, the environment, a terminal; never argv. */
#ifndef SSTP_CLI_PASSWORD_H
#define SSTP_CLI_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/option.h"

enum { PASSWORD_ROOM = 512 };

/* The first line of a file or descriptor, without its end and a byte order mark (cli/tidy.h). False
 * with err filled. */
bool password_from_file(const char *file, char to[PASSWORD_ROOM], struct error *err);
bool password_from_fd(int fd, char to[PASSWORD_ROOM], struct error *err);
/* Asks on the terminal (/dev/tty) without echo. False with err filled when there is none. */
bool password_ask(const char *prompt, char to[PASSWORD_ROOM], struct error *err);
/* The same with echo, for what is no secret. False when there is no terminal or nothing was typed. */
bool terminal_ask(const char *prompt, char to[PASSWORD_ROOM]);
/* SSTP_PASSWORD; wiped and taken out of our environment, so that neither a child nor anybody who
 * looks at us sees it. False: not set, or too long, and then err is filled. */
bool password_from_environment(char to[PASSWORD_ROOM], struct error *err);
/* The same where another source of the password goes first, or none is needed. */
void password_forget_environment(void);

#endif
