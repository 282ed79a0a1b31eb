/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be the reason why the kernel refuses a system call: a container's seccomp filter, or a resource limit. */
#ifndef SSTP_UTIL_SYSCALL_ADVICE_H
#define SSTP_UTIL_SYSCALL_ADVICE_H

/*
 * Advice for the end of an error's line, beginning with ": ", where `error` (-EPERM, -EACCES or
 * -ENOSYS) may come from a seccomp filter, or (-EMFILE, -EAGAIN of fork and of threads, -EFBIG) from a limit; else "".
 * -EPERM and -EACCES have other causes too, so they count only while this process has a filter. Points into static
 * memory.
 */
const char *syscall_advice(int error);

#endif
