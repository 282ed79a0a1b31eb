/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The output of programs that run beside a loop, line by line. A program's descendants may keep its output
 * open after its end: what they write is still read.
 */
#ifndef SSTP_PROC_OUTPUT_H
#define SSTP_PROC_OUTPUT_H

#include "net/loop.h"

enum { OUTPUT_LINE_MAX = 200 }; /* longer lines are cut into several */

struct output;

struct outputs {
	struct loop *loop;
	/* One line, without its newline; `label` is that of output_open. */
	void (*line)(struct outputs *o, const char *label, const char *at, size_t len);
	struct output *first; /* private */
};

/*
 * Returns the descriptor for a program's standard output and error, which the caller closes after the
 * program has started; or -errno. `label` stays the caller's.
 */
int output_open(struct outputs *o, const char *label);
/* Reads what has been written so far. */
void outputs_read(struct outputs *o);
/* Reads what has been written so far, and closes all. */
void outputs_close(struct outputs *o);

#endif
