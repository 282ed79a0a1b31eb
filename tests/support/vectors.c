/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks over the text of vectors.json, and supports just the JSON in that file. Nothing is parsed
 * into a tree; each lookup starts at the beginning and skips everything else.
 */
#include "support/vectors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static char *document;

static _Noreturn void give_up(const char *what, const char *group, const char *path)
{
	fprintf(stderr, "vectors: %s: %s.%s\n", what, group, path);
	exit(2);
}

static void load(void)
{
	const char *name = getenv("VECTORS");
	size_t room = 1 << 20, len;
	FILE *f;

	if (document)
		return;
	f = fopen(name ? name : "tests/vectors.json", "rb");
	document = malloc(room);
	if (!f || !document)
		give_up("cannot read the file", name ? name : "tests/vectors", "json");
	len = fread(document, 1, room - 1, f);
	document[len] = '\0';
	fclose(f);
}

/* Keeps returned values reachable for the leak checker. */
struct kept {
	struct kept *next;
	uint8_t bytes[];
};
static struct kept *all_kept;

static uint8_t *keep(size_t len)
{
	struct kept *k = malloc(sizeof(*k) + len);

	if (!k)
		abort();
	k->next = all_kept;
	all_kept = k;
	return k->bytes;
}

static const char *blank(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

/* Skips a string whose opening quote is at `at`. */
static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

/* Skips any value, and the blanks after it. */
static const char *skip(const char *at)
{
	int depth = 0;

	do {
		at = blank(at);
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		if (*at)
			at++;
		else
			break;
	} while (depth > 0 || !strchr(",]}", *blank(at)));
	return blank(at);
}

/*
 * Returns the value of member `key` of the object (of element number `key` of the array) at `at`,
 * or NULL.
 */
static const char *member(const char *at, const char *key, size_t key_len)
{
	bool is_object = *at == '{';
	size_t wanted = is_object ? 0 : strtoul(key, NULL, 10);

	if (*at != '{' && *at != '[')
		return NULL;
	for (at = blank(at + 1); *at && *at != '}' && *at != ']'; wanted--) {
		bool found = !wanted;

		if (is_object) {
			found = !strncmp(at + 1, key, key_len) && at[1 + key_len] == '"';
			wanted = 1;
			at = blank(blank(skip_string(at)) + 1); /* the colon */
		}
		if (found)
			return at;
		at = skip(at);
		if (*at == ',')
			at = blank(at + 1);
	}
	return NULL;
}

static const char *find(const char *group, const char *path)
{
	const char *at, *key = path;

	load();
	at = member(blank(document), "groups", strlen("groups"));
	at = at ? member(at, group, strlen(group)) : NULL;
	while (at && *key) {
		size_t len = strcspn(key, ".");

		at = member(at, key, len);
		key += len + (key[len] == '.');
	}
	if (!at)
		give_up("no such value", group, path);
	return at;
}

struct bytes vectors_text(const char *group, const char *path)
{
	const char *at = find(group, path), *end = skip_string(at);
	uint8_t *text = keep((size_t)(end - at));
	size_t len = 0;

	if (*at != '"')
		give_up("not a string", group, path);
	for (at++; at < end - 1; at++) {
		if (*at == '\\')
			at++;
		text[len++] = (uint8_t)*at;
	}
	text[len] = 0;
	return bytes_of(text, len);
}

struct bytes vectors_hex(const char *group, const char *path)
{
	struct bytes hex = vectors_text(group, path);
	uint8_t *out = keep(hex.len / 2);

	for (size_t i = 0; i + 1 < hex.len; i += 2) {
		const char digits[] = { (char)hex.at[i], (char)hex.at[i + 1], '\0' };
		char *end;

		out[i / 2] = (uint8_t)strtoul(digits, &end, 16);
		if (*end)
			give_up("not hex digits", group, path);
	}
	if (hex.len % 2)
		give_up("half a byte", group, path);
	return bytes_of(out, hex.len / 2);
}

long vectors_number(const char *group, const char *path)
{
	return strtol(find(group, path), NULL, 10);
}

size_t vectors_count(const char *group, const char *path)
{
	const char *at = find(group, path);
	char key[24];
	size_t n = 0;

	if (*at != '[')
		give_up("not an array", group, path);
	do
		snprintf(key, sizeof(key), "%zu", n);
	while (member(at, key, strlen(key)) && ++n);
	return n;
}
