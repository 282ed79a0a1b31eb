/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/block.h"

#include "util/text.h"

static const char version[] = "HTTP/1.";

size_t http_block_len(const uint8_t *at, size_t len)
{
	struct reader r = reader_of(at, len);
	struct bytes line;

	while (text_get_line(&r, &line))
		if (!line.len)
			return len - r.left;
	return 0;
}

struct bytes http_block_line(struct bytes block)
{
	struct reader r = reader_of(block.at, block.len);
	struct bytes line = { NULL, 0 };

	text_get_line(&r, &line);
	return line;
}

struct bytes http_block_field(struct bytes block, const char *name)
{
	struct reader r = reader_of(block.at, block.len);
	size_t name_len = strlen(name);
	struct bytes line;

	text_get_line(&r, &line);
	while (text_get_line(&r, &line))
		if (text_starts_nocase(line, name) && line.len > name_len &&
		    line.at[name_len] == ':')
			return text_trim(text_skip(line, name_len + 1));
	return bytes_of(NULL, 0);
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

int http_minor_version(struct bytes word)
{
	if (word.len != sizeof(version) || memcmp(word.at, version, sizeof(version) - 1) ||
	    !is_digit(word.at[word.len - 1]))
		return -1;
	return word.at[word.len - 1] - '0';
}

int http_block_status(struct bytes block, int *minor)
{
	struct bytes line = http_block_line(block), word;
	int digit, status = 0;

	*minor = -1;
	if (!text_cut(&line, ' ', &word))
		return 0;
	digit = http_minor_version(word);
	if (digit < 0 || line.len < 3 || (line.len > 3 && line.at[3] != ' '))
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (!is_digit(line.at[i]))
			return 0;
		status = status * 10 + (line.at[i] - '0');
	}
	*minor = digit;
	return status;
}

bool http_may_be_response(const uint8_t *at, size_t len)
{
	return !memcmp(at, version, len < sizeof(version) - 1 ? len : sizeof(version) - 1);
}
