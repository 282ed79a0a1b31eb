/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON: a value is valid or not; pieces of any text are looked up and printed. */
#include "util/json_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes text = bytes_of(data, len), value, item;
	uint64_t number;
	char out[32];

	json_parse(text, &value);
	json_text(text, out, sizeof(out));
	if (json_member(text, "a", &value)) {
		json_text(value, out, sizeof(out));
		json_uint(value, &number);
		while (json_next(&value, &item))
			json_text(item, out, sizeof(out));
	}
	return 0;
}
