/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 3629: only the shortest form of a code point is valid UTF-8. */
#include "util/utf8.h"

bool utf8_get(struct reader *r, uint32_t *code)
{
	static const uint32_t min[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t first = get_u8(r);
	unsigned more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;

	if ((first >= 0x80 && first < 0xc0) || first >= 0xf8)
		return false;
	*code = more ? first & (0x3fu >> more) : first;
	for (unsigned i = 0; i < more; i++) {
		uint8_t next = get_u8(r);

		if ((next & 0xc0) != 0x80)
			return false;
		*code = *code << 6 | (next & 0x3f);
	}
	return *code >= min[more] && *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff);
}

static const struct {
	uint32_t from, to;
} harmful[] = {
	{ 0x00, 0x1f },       /* control characters: C0, */
	{ 0x7f, 0x9f },       /* and C1 */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x200b, 0x200b },   /* zero width space; joiners belong to letters */
	{ 0x200e, 0x200f },   /* direction marks */
	{ 0x2028, 0x202e },   /* separators of lines and paragraphs, direction overrides */
	{ 0x2060, 0x206f },   /* invisible operators, directional isolates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotations */
	{ 0xe0000, 0xe007f }, /* tags */
};

bool utf8_is_harmless(uint32_t code)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(*harmful); i++)
		if (code >= harmful[i].from && code <= harmful[i].to)
			return false;
	return true;
}
