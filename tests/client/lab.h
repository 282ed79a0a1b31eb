/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host of its own for a test: user, network and mount namespace, a folder to work in, and what is
 * logged. Nothing of the machine is seen or touched.
 */
#ifndef SSTP_TESTS_CLIENT_LAB_H
#define SSTP_TESTS_CLIENT_LAB_H

#include <sys/types.h>

#include "util/log.h"

/* NULL, or why it can't be had on this machine. */
const char *lab_enter(void);
/* The test that is run in place of others when there is such a reason: says so, and is skipped. */
void lab_skipped(void **state);
extern const char *lab_why_not;

/* A path in the lab's folder; good for the next sixteen calls. */
const char *lab_path(const char *name);
/* The folder is emptied and the log forgotten. */
void lab_clear(void);

void lab_write(const char *name, const char *text);
/* An executable shell script. */
void lab_script(const char *name, const char *text);
/* Its content; "(none)" when there is no such file. Good until the next call. */
const char *lab_read(const char *name);
void lab_has(const char *name, const char *text); /* asserts */

const char *lab_log(void); /* the lines so far, each with a newline */
void lab_clear_log(void);
void lab_logged(const char *part); /* asserts that it is in there, and forgets the log */

/*
 * Runs `body` in another process, which then waits. What it has done is done when this returns;
 * lab_kill ends it as kill -9 does.
 */
pid_t lab_fork(void (*body)(void));
void lab_kill(pid_t pid);

#endif
