/*
 * Telling the service manager that started us how we do, in the words of sd_notify(3): "READY=1",
 * "STATUS=...". They go to the socket that the variable NOTIFY_SOCKET names, a path or (after an @)
 * an abstract name; without the variable nothing is told.
 */
#ifndef SSTP_UTIL_NOTIFY_H
#define SSTP_UTIL_NOTIFY_H

/* Takes the variable out of the environment: programs that we run have nothing to tell there. */
void notify_begin(void);

/* One word a line. Nothing waits for the manager, and nothing is told of a failure. */
void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* RELOADING=1, with the time that systemd wants beside it. "READY=1" ends it. */
void notify_reloading(void);

#endif
