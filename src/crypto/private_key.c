/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/private_key.h"

#include <string.h>
#include <unistd.h>

#include "util/secret.h"

enum {
	PIECE_LEN = 32 * 1024,
	DER_INTEGER = 0x02,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_LONG = 0x80, /* | bytes of the length; BER: 0, indefinite */
	PKCS12_VERSION = 3,
};

/* The length of the header of a SEQUENCE, in DER or BER; 0: it is not a SEQUENCE. */
static size_t sequence_header(struct bytes b)
{
	size_t header = 2;

	if (b.len < 2 || b.at[0] != DER_SEQUENCE)
		return 0;
	if (b.at[1] & DER_LONG)
		header += b.at[1] & (DER_LONG - 1U);
	return header <= 2 + sizeof(uint32_t) && header < b.len ? header : 0;
}

/* The version at the beginning of a SEQUENCE, an INTEGER of one byte; -1: it begins with something else. */
static int version_of(struct bytes b)
{
	size_t n = sequence_header(b);

	return n && b.len - n > 2 && b.at[n] == DER_INTEGER && b.at[n + 1] == 1 ? b.at[n + 2] : -1;
}

bool private_key_is_pkcs12(struct bytes file)
{
	return version_of(file) == PKCS12_VERSION;
}

/* An encrypted key begins with an algorithm. No text has such bytes. */
bool private_key_is_der(struct bytes start)
{
	size_t n = sequence_header(start), inner;

	if (version_of(start) >= 0)
		return true;
	inner = n ? sequence_header(bytes_of(start.at + n, start.len - n)) : 0;
	return inner && start.at[n + inner] == DER_OID;
}

bool private_key_is_in(int fd)
{
	static const char word[] = "PRIVATE KEY-----";
	char text[PIECE_LEN];
	size_t kept = 0;
	off_t at = 0;
	ssize_t n;
	bool found = false;

	while (!found && (n = pread(fd, text + kept, sizeof(text) - kept, at)) > 0) {
		size_t len = kept + (size_t)n;

		found = memmem(text, len, word, strlen(word)) ||
			(!at && private_key_is_der(bytes_of(text, len)));
		kept = len < strlen(word) ? len : strlen(word) - 1;
		memmove(text, text + len - kept, kept);
		at += n;
	}
	secret_wipe(text, sizeof(text));
	return found;
}
