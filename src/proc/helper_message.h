/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages between a process and its helper (proc/helper.h), and the engine that answers them: bytes in,
 * bytes out. A descriptor that travels with a message is only a number here.
 *
 * Every message begins with a head of HELPER_HEAD_LEN bytes: what is asked (u16), the number of the question
 * (u16, which its reply repeats), the length of what follows (u32), and 0 or -errno (i32, in replies only).
 *
 * What can be asked is grouped in services. A process that was taken over by an attacker can send anything, so
 * a handler checks what it is asked against what was permitted before: by its own state, or by questions
 * that are answered only until the helper is sealed (`only_before_seal`).
 */
#ifndef SSTP_PROC_HELPER_MESSAGE_H
#define SSTP_PROC_HELPER_MESSAGE_H

#include "util/bytes.h"

struct helper_process;

enum {
	HELPER_HEAD_LEN = 12,
	HELPER_PAYLOAD_MAX = 64 * 1024,
	HELPER_MESSAGE_MAX = HELPER_HEAD_LEN + HELPER_PAYLOAD_MAX,
};

/* The number of a service: the high byte of what is asked. Each is defined by the header beside it. */
enum helper_service_number {
	HELPER_SELF = 0,  /* proc/helper_message.c: the seal */
	HELPER_FILES = 1, /* proc/helper_files.h */
	HELPER_WATCH = 2, /* proc/helper_watch.h */
	HELPER_COMMAND = 3,
	HELPER_SERVER = 4, /* what else a server needs */
	HELPER_KEYS = 5,   /* private keys */
	HELPER_CLIENT = 6, /* what else a client needs */
	HELPER_DNS = 7,
	HELPER_HOST = 8,   /* a client's device and the network around it: client/host_service.h */
	HELPER_SCRIPT = 9, /* --session-script */
	HELPER_OPTIONS = 10, /* proc/helper_options.h */
	HELPER_NUMBERS,
};

#define HELPER_OP(service, n) ((uint16_t)((service) << 8 | (n)))

enum { HELPER_OP_SEAL = 0 }; /* HELPER_OP(HELPER_SELF, 0) */

/* One question, as its handler sees it. */
struct helper_call {
	struct reader in; /* what was sent with it, at most HELPER_PAYLOAD_MAX bytes */
	struct writer
		out; /* the reply's, with room for HELPER_PAYLOAD_MAX bytes; sent with an error too */
	int fd_in; /* came with it, -1: none. Closed after the call, unless the handler sets it to -1 */
	int fd_out; /* -1; what the handler puts here goes with the reply, and is closed here then */
};

struct helper_op {
	uint16_t code;         /* HELPER_OP(...) */
	bool only_before_seal; /* later: -EPERM */
	int (*handle)(void *state,
		      struct helper_call *c); /* 0 or -errno. It must not block for long */
};

struct helper_service {
	enum helper_service_number number;
	const struct helper_op *ops;
	size_t op_count;
	void *state; /* the argument of all its functions */
	/* In the helper, before the first question; 0, or -errno ends the helper. NULL: nothing to do. */
	int (*begin)(void *state, struct helper_process *p);
	void (*child)(void *state); /* a child of the helper has ended (SIGCHLD); or NULL */
	/* The other process has ended, or closed the helper; then the helper ends. Or NULL. */
	void (*end)(void *state);
};

struct helper_head {
	uint16_t op;
	uint16_t number;
	uint32_t len; /* of what follows */
	int32_t error;
};

void helper_head_put(struct writer *w, const struct helper_head *h);
/* False: these `len` bytes are not one message, with a head and as many bytes as it says. */
bool helper_head_get(struct helper_head *h, const uint8_t *message, size_t len);

struct helper_engine {
	const struct helper_service *const *services;
	size_t service_count;
	bool is_sealed;
};

/*
 * Answers the question in the `len` bytes of `in`, which may be anything, and writes the reply to `out`, which has
 * room for HELPER_MESSAGE_MAX bytes. Returns the reply's length. A question that is no message gets -EBADMSG, an
 * unknown one -ENOSYS. Of c only fd_in is set before; the caller closes the descriptors that are in *c then.
 */
size_t helper_answer(struct helper_engine *e, const uint8_t *in, size_t len, uint8_t *out,
		     struct helper_call *c);

#endif
