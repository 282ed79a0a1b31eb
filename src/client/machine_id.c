/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/machine_id.h"

#include <string.h>

#include "util/file.h"

enum { FILE_SIZE_MAX = 64, ID_LEN = 32 }; /* machine-id(5): 32 hexadecimal digits and a line end */

bool machine_id_digest(const char *purpose, const char *text, const char *other,
		       uint8_t to[SHA256_LEN])
{
	struct bytes parts[4] = {
		[0] = bytes_text(purpose),
		[2] = bytes_of(text, strlen(text) + 1), /* with its end: no two pairs are alike */
		[3] = bytes_text(other),
	};
	bool is_good;
	size_t len;
	char *id;

	if (file_read("/etc/machine-id", FILE_SIZE_MAX, &id, &len))
		return false;
	parts[1] = bytes_of(id, len);
	is_good = len >= ID_LEN;
	if (is_good)
		digest_sha256(parts, sizeof(parts) / sizeof(*parts), to);
	file_free(id, len);
	return is_good;
}
