/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only in the program of tools/syscalls: notes each system call that the list of the verb does not permit. */
#ifndef SSTP_PROC_SYSCALL_TRAP_H
#define SSTP_PROC_SYSCALL_TRAP_H

#include "proc/syscall_list.h"

/* Lines "VERB NUMBER ARGUMENT ARGUMENT ARGUMENT" are appended to the file that SYSCALL_LOG names. */
void syscall_trap_open(enum sandbox_verb verb);

#endif
