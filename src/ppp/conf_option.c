/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing lists of configuration options. */
#include "ppp/conf_option.h"

bool ppp_opt_next(struct reader *r, struct ppp_opt *o)
{
	const uint8_t *start = r->at;
	uint8_t len;

	if (!r->left)
		return false;
	o->type = get_u8(r);
	len = get_u8(r);
	if (len < PPP_OPT_HDR_LEN) { /* RFC 1661 section 6: Length counts this header */
		r->bad = true;
		return false;
	}
	o->body = get_reader(r, (size_t)len - PPP_OPT_HDR_LEN);
	o->whole = bytes_of(start, len);
	return !r->bad;
}

bool ppp_opts_are_sound(struct bytes list)
{
	struct reader r = reader_of(list.at, list.len);
	struct ppp_opt o;

	while (ppp_opt_next(&r, &o))
		;
	return !r.bad;
}

bool ppp_opts_hold(struct bytes list, struct bytes whole)
{
	struct reader r = reader_of(list.at, list.len);
	struct ppp_opt o;

	while (ppp_opt_next(&r, &o))
		if (o.whole.len == whole.len && !memcmp(o.whole.at, whole.at, whole.len))
			return true;
	return false;
}

size_t ppp_opt_open(struct writer *w, uint8_t type)
{
	size_t start = w->len;

	put_u8(w, type);
	put_u8(w, 0);
	return start;
}

void ppp_opt_close(struct writer *w, size_t start)
{
	if (!w->full)
		w->at[start + 1] = (uint8_t)(w->len - start);
}

void ppp_opt_drop(struct writer *w, size_t start)
{
	if (!w->full)
		w->len = start;
}
