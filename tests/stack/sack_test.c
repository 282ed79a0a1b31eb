/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selective acknowledgments: which segments are marked, and which is retransmitted next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack/inside.h"
#include "stack/sack.h"

enum { SEGMENTS = 10, LEN = 100, START = -350 }; /* the numbers wrap on the way */

static struct tcp_pcb pcb;
static struct tcp_seg segments[SEGMENTS];
static struct tcp_hdr headers[SEGMENTS];
static struct pbuf pbufs[SEGMENTS];

static uint32_t number(int i)
{
	return (uint32_t)START + (uint32_t)i * LEN;
}

static int set_up(void **state)
{
	(void)state;
	memset(&pcb, 0, sizeof(pcb));
	memset(segments, 0, sizeof(segments));
	pcb.state = ESTABLISHED;
	tcp_set_flags(&pcb, TF_SACK);
	pcb.lastack = number(0);
	pcb.snd_nxt = number(SEGMENTS);
	pcb.unacked = segments;
	for (int i = 0; i < SEGMENTS; i++) {
		pbufs[i].ref = 1;
		headers[i].seqno = lwip_htonl(number(i));
		segments[i].p = &pbufs[i];
		segments[i].tcphdr = &headers[i];
		segments[i].len = LEN;
		segments[i].next = i + 1 < SEGMENTS ? &segments[i + 1] : NULL;
	}
	return 0;
}

static void say(uint32_t left, uint32_t right)
{
	uint8_t options[12];
	struct writer w = writer_of(options, sizeof(options));

	put_u8(&w, 1);
	put_u8(&w, 1);
	put_u8(&w, 5);
	put_u8(&w, 10);
	put_u32(&w, left);
	put_u32(&w, right);
	sack_forget();
	sack_read(&pcb, bytes_of(options, w.len));
}

static bool is_marked(int i)
{
	return segments[i].flags & TF_SEG_SACKED;
}

static void received_segments_are_marked(void **state)
{
	(void)state;
	say(number(2), number(5));
	assert_true(lwip_has_sacked());
	for (int i = 0; i < SEGMENTS; i++)
		assert_int_equal(is_marked(i), i >= 2 && i < 5);
	say(number(2), number(5)); /* nothing new */
	assert_false(lwip_has_sacked());
	say(number(6) + 1, number(8)); /* a part of a segment does not count */
	assert_false(is_marked(6));
	assert_true(is_marked(7));
}

static void impossible_blocks_are_ignored(void **state)
{
	(void)state;
	say(number(5), number(2));
	say(number(0) - LEN, number(3));
	say(number(8), number(SEGMENTS) + 1);
	say(number(4), number(4));
	for (int i = 0; i < SEGMENTS; i++)
		assert_false(is_marked(i));
	pcb.flags = 0; /* the peer has not negotiated SACK */
	say(number(2), number(5));
	assert_false(is_marked(2));
}

static struct tcp_seg *next_hole(void)
{
	struct tcp_seg *seg;

	if (!tcp_rexmit_hole(&pcb))
		return NULL;
	seg = pcb.unsent;
	pcb.unsent = NULL; /* as if it had been sent */
	return seg;
}

static void holes_are_retransmitted_once(void **state)
{
	(void)state;
	assert_null(next_hole());
	say(number(2), number(4));
	say(number(6), number(7));
	assert_ptr_equal(next_hole(), &segments[0]);
	assert_ptr_equal(next_hole(), &segments[1]);
	assert_ptr_equal(next_hole(), &segments[4]);
	assert_ptr_equal(next_hole(), &segments[5]);
	assert_null(next_hole()); /* nothing shows that later segments are lost */
}

static void a_timeout_clears_all_marks(void **state)
{
	(void)state;
	say(number(2), number(4));
	segments[0].flags |= TF_SEG_REXMITTED;
	sack_begin_recovery(&pcb, false);
	assert_true(is_marked(2));
	assert_int_equal(segments[0].flags, 0);
	sack_begin_recovery(&pcb, true);
	assert_false(is_marked(2));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(received_segments_are_marked, set_up),
		cmocka_unit_test_setup(impossible_blocks_are_ignored, set_up),
		cmocka_unit_test_setup(holes_are_retransmitted_once, set_up),
		cmocka_unit_test_setup(a_timeout_clears_all_marks, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
