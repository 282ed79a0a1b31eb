/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that a crashed process left, with arbitrary contents. The first byte selects the kind: what a
 * client changed (state.h), a resolv.conf of ours as text, a server's addresses (leases.h), or a resolv.conf and
 * its backup, which are put right. What was read and is written again reads the same.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/resolv_conf.h"
#include "client/state.h"
#include "dns/resolv_line.h"
#include "fuzz/target.h"
#include "server/leases.h"
#include "util/bytes.h"
#include "util/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Each byte may be a line. */
#define QUOTED_LEN(len) ((1 + RESOLV_CONF_QUOTE_LEN) * (len) + RESOLV_CONF_QUOTE_LEN + 2)

static char folder[] = "/tmp/state_fuzz.XXXXXX";

static void remove_folder(void)
{
	rmdir(folder);
}

static void make_folder(void)
{
	static bool is_made;

	if (is_made)
		return;
	is_made = mkdtemp(folder);
	assert(is_made);
	atexit(remove_folder);
}

/* ---- what a client changed */

struct seen {
	struct state_facts first, second;
	unsigned count;
};

static void note_facts(void *arg, struct state_facts *f)
{
	struct seen *seen = arg;

	assert(f->route_count <= STATE_ROUTES_MAX && f->excluded_count <= STATE_EXCLUDED_MAX);
	for (size_t i = 0; i < f->route_count; i++)
		assert(f->route[i].dst.len <= 128);
	assert(strnlen(f->resolv_conf, sizeof(f->resolv_conf)) < sizeof(f->resolv_conf));
	assert(strnlen(f->resolvconf, sizeof(f->resolvconf)) < sizeof(f->resolvconf));
	*(seen->count++ ? &seen->second : &seen->first) = *f;
}

/* Written by a process that dies, and read by the next one as it was. */
static void write_state(const struct state_facts *f)
{
	static struct state s, other;
	static struct seen seen;

	if (state_open(&s, folder, "sstp1", 1))
		return;
	assert(state_is_here(&s.facts));
	assert(state_open(&other, folder, "sstp1", 1) == -EBUSY);
	s.facts = *f;
	assert(!state_save(&s));
	memset(&seen, 0, sizeof(seen));
	state_each_dead(folder, note_facts, &seen);
	assert(!seen.count); /* it is alive */
	state_wait_for_dying(folder);
	close(s.fd);
	state_each_dead(folder, note_facts, &seen);
	assert(seen.count == 1 && seen.first.route_count == f->route_count);
	assert(seen.first.excluded_count == f->excluded_count);
	assert(!state_open(&s, folder, "sstp1", 0));
	state_close(&s); /* removes the folder, too, if it is empty */
	mkdir(folder, 0700);
}

static void read_state(const uint8_t *data, size_t len)
{
	static struct seen seen;
	char path[sizeof(folder) + 32];
	int fd;

	make_folder();
	snprintf(path, sizeof(path), "%s/sstp0.state", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (file_write(fd, data, len))
		len = 0;
	close(fd);
	memset(&seen, 0, sizeof(seen));
	state_each_dead(folder, note_facts, &seen);
	state_each_dead(folder, note_facts, &seen);
	if (seen.count == 2) {
		assert(seen.first.route_count == seen.second.route_count);
		assert(seen.first.excluded_count == seen.second.excluded_count);
		assert(seen.first.delegated.len == seen.second.delegated.len &&
		       ip_equal(&seen.first.delegated.addr, &seen.second.delegated.addr));
		assert(!strcmp(seen.first.resolv_conf, seen.second.resolv_conf));
	}
	unlink(path);
	if (seen.count)
		write_state(&seen.first);
}

/* ---- resolv.conf */

static void read_resolv_conf(const uint8_t *data, size_t len)
{
	static const char search[] = "search corp.example";
	char *text = malloc(len + 1), *out = malloc(QUOTED_LEN(len) + sizeof(search));
	char backup[PATH_MAX], device[RESOLV_LINE_DEVICE_SIZE];
	struct ip_addr a;

	if (text && out) {
		memcpy(text, data, len);
		text[len] = '\0';
		if (resolv_conf_where(text, backup) == RESOLV_CONF_BESIDE)
			assert(strlen(backup) < sizeof(backup));
		if (resolv_line_server(text, &a, device))
			assert(a.family && strlen(device) < sizeof(device));
		assert(resolv_conf_print_kept(text, out) <= len + 1);
		assert(resolv_conf_print_quoted(text, out) < QUOTED_LEN(len));
		assert(resolv_conf_print_search(text, search, out) <= len + sizeof(search) + 1);
		resolv_conf_cut(text);
		resolv_conf_unquote(text);
		assert(strlen(text) <= len);
	}
	free(text);
	free(out);
}

/* ---- resolv.conf after a crash */

static void write_file(const char *path, struct bytes mark, struct bytes content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	file_write(fd, mark.at, mark.len);
	file_write(fd, content.at, content.len);
	close(fd);
}

/* Half a mark of ours, or a whole one, then the file up to the first zero byte, and the backup. */
static void recover(const uint8_t *data, size_t len)
{
	char path[sizeof(folder) + 32], backup[sizeof(path) + 32], mark[256];
	struct reader r = reader_of(data, len);
	uint8_t how = get_u8(&r);
	const uint8_t *end = r.left ? memchr(r.at, 0, r.left) : NULL;
	size_t file_len = end ? (size_t)(end - r.at) : r.left, mark_len;
	struct ip_addr servers[3];

	make_folder();
	snprintf(path, sizeof(path), "%s/resolv.conf", folder);
	snprintf(backup, sizeof(backup), "%s%ssstp0", path, resolv_conf_backup_mark);
	mark_len =
		resolv_conf_print_mark("sstp0", how & 1 ? RESOLV_CONF_BESIDE : RESOLV_CONF_INSIDE,
				       backup, mark, sizeof(mark));
	if (how & 2)
		mark_len /= 2;
	write_file(path, bytes_of(mark, how & 4 ? 0 : mark_len), bytes_of(r.at, file_len));
	if (end)
		write_file(backup, bytes_of(NULL, 0), bytes_of(end + 1, r.left - file_len - 1));
	/* the second time there is nothing to do */
	if (!resolv_conf_recover(path, NULL))
		assert(!resolv_conf_recover(path, NULL));
	assert(resolv_conf_servers(path, servers, 3) <= 3);
	unlink(path);
	unlink(backup);
}

/* ---- a server's addresses */

static bool is_ours(void *arg, uint32_t addr)
{
	(void)arg;
	return addr >> 24 == 10;
}

static void read_leases(const uint8_t *data, size_t len)
{
	struct leases *l, *again;
	char *text = NULL, *same = NULL;
	size_t text_len = 0, same_len = 0;

	if (leases_open(16, NULL, NULL, &l))
		return;
	if (!leases_open(16, NULL, NULL, &again)) {
		leases_read(l, (const char *)data, len, is_ours, NULL);
		text = leases_print(l, &text_len);
		if (text) {
			leases_read(again, text, text_len, is_ours, NULL);
			same = leases_print(again, &same_len);
		}
		if (same)
			assert(text_len == same_len && !memcmp(text, same, text_len));
		leases_close(again);
	}
	leases_close(l);
	free(text);
	free(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len || len > 16384)
		return 0;
	log_set_sink(drop_line);
	switch (data[0] % 4) {
	case 0:
		read_state(data + 1, len - 1);
		break;
	case 1:
		read_resolv_conf(data + 1, len - 1);
		break;
	case 2:
		read_leases(data + 1, len - 1);
		break;
	default:
		recover(data + 1, len - 1);
		break;
	}
	return 0;
}
