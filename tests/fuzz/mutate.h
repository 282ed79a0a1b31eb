/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes inputs that are lists of SSTP packets or PPP frames, so that most of them stay plausible: lengths
 * are right, codes and types are those that exist, and lists of options and attributes are lists. A target
 * describes its format and calls mutate_list from its LLVMFuzzerCustomMutator. A part of the changes is
 * libFuzzer's own, of any byte.
 */
#ifndef SSTP_TESTS_FUZZ_MUTATE_H
#define SSTP_TESTS_FUZZ_MUTATE_H

#include "util/bytes.h"

enum mutate_kind {
	MUTATE_RAW,  /* any bytes */
	MUTATE_PPP,  /* a PPP frame with its address and control fields */
	MUTATE_SSTP, /* an SSTP packet */
};

struct mutate_record {
	uint16_t what; /* the target's: a kind of event, a time */
	enum mutate_kind kind;
	struct bytes bytes;
};

struct mutate_format {
	size_t head_len;    /* bytes before the first record */
	size_t payload_max; /* of one record */
	/* False: no record begins here. */
	bool (*get)(struct reader *r, struct mutate_record *out);
	void (*put)(struct writer *w, const struct mutate_record *in);
	/* A new record of an arbitrary kind, without bytes. */
	struct mutate_record (*make)(uint32_t random);
};

/* What LLVMFuzzerCustomMutator returns. */
size_t mutate_list(const struct mutate_format *f, uint8_t *data, size_t len, size_t max,
		   unsigned int seed);

/* libFuzzer's entry for a target that has a mutator of its own, and its own mutator. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);

#endif
