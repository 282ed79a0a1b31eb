/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inputs of a byte and then records: a byte below READS_EVENT is the length of a read that follows, any other
 * an event. Their mutation, when the reads are SSTP packets.
 */
#ifndef SSTP_TESTS_FUZZ_READS_H
#define SSTP_TESTS_FUZZ_READS_H

#include "fuzz/mutate.h"

enum { READS_EVENT = 0xc0 };

size_t reads_mutate(uint8_t *data, size_t len, size_t max, unsigned int seed);

#endif
