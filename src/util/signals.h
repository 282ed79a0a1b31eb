/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signals that nobody waits for: most would end the program without a word, and with it every
 * tunnel. What a loop reads (loop_signals) is blocked, and reaches it although it is ignored.
 */
#ifndef SSTP_UTIL_SIGNALS_H
#define SSTP_UTIL_SIGNALS_H

void signals_ignore_unused(void);
/* In a child, before exec: what signals_ignore_unused changed. Async-signal-safe. */
void signals_restore_unused(void);

#endif
