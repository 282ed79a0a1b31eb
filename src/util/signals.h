/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ignores signals that the program does not use: most would end it without a message, and with it every
 * tunnel. Signals that a loop reads (loop_signals) are blocked, and reach it although they are ignored.
 */
#ifndef SSTP_UTIL_SIGNALS_H
#define SSTP_UTIL_SIGNALS_H

void signals_ignore_unused(void);
/* In a child, before exec: restores what signals_ignore_unused changed. Async-signal-safe. */
void signals_restore_unused(void);

#endif
