/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A separate host for a test: user, network and mount namespace, a folder to work in, and the log.
 * Nothing of the machine is visible or changed.
 */
#ifndef SSTP_TESTS_CLIENT_LAB_H
#define SSTP_TESTS_CLIENT_LAB_H

#include <sys/types.h>

#include "util/log.h"

/* Enters the namespaces. Returns NULL, or why this machine does not permit it. */
const char *lab_enter(void);
/* The test that runs instead of the others in that case: prints the reason and skips. */
void lab_skipped(void **state);
extern const char *lab_why_not;

/* A path in the lab's folder; valid for the next sixteen calls. */
const char *lab_path(const char *name);
/* Empties the folder and the log. */
void lab_clear(void);

void lab_write(const char *name, const char *text);
/* Creates an executable shell script. */
void lab_script(const char *name, const char *text);
/* The file's content; "(none)" if there is no such file. Valid until the next call. */
const char *lab_read(const char *name);
void lab_has(const char *name, const char *text); /* asserts */

const char *lab_log(void); /* the lines so far, each with a newline */
void lab_clear_log(void);
void lab_logged(const char *part); /* asserts that the log contains it, and empties the log */

/*
 * Runs `body` in another process, which then waits. `body` is done when this returns; lab_kill ends
 * the process like kill -9.
 */
pid_t lab_fork(void (*body)(void));
void lab_kill(pid_t pid);

#endif
