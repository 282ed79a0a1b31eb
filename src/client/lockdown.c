/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kill switch: one table of nf_tables or, on kernels without them, policy rules; and a file that remembers
 * what is permitted.
 */
#include "client/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/host.h"
#include "client/lock_rules.h"
#include "net/netlink_watch.h"
#include "net/nft.h"
#include "util/endpoint.h"
#include "util/file.h"
#include "util/syscall_advice.h"

static const char table[] = "sstp_lockdown";

enum {
	PRIORITY = 200, /* after NAT, when the device is known for sure */
	FILE_LEN_MAX = 8192,
	OTHER_PERMITS = 8, /* beside servers and excluded networks */
};

struct permitted {
	struct ip_addr addr;
	uint16_t port;
};

enum { REPAIRS_TOLD = 8, REPAIRS_MS = 60 * 1000 };

struct lockdown {
	struct lockdown_cfg cfg;
	const struct log *log;
	struct nft *nft;            /* NULL: the kernel has no nf_tables, and there are ... */
	struct lock_rules *rules;   /* ... these; NULL: there are no rules */
	struct netlink_watch watch; /* of the filters or of the rules */
	unsigned repairs;           /* how often another program has removed them */
	uint64_t told_ms;           /* when that was last logged */
	uint32_t table;             /* of the tunnel's routes; 0: main */
	const char *device;         /* NULL: none yet */
	bool may_look_up;           /* DNS may leave */
	bool was_locked;
	struct permitted server[LOCKDOWN_SERVERS_MAX];
	size_t server_count;
	int fd; /* the file, locked; -1: none */
	char path[PATH_MAX];
};

/* ---- what is permitted */

struct permits {
	struct lock_permit *at;
	size_t count;
};

static void permit(struct permits *p, const struct lock_permit *what)
{
	p->at[p->count++] = *what;
}

static void permit_server(struct permits *p, const struct permitted *server)
{
	uint8_t len = server->addr.family == AF_INET ? 32 : 128;

	permit(p, &(struct lock_permit){
			  .family = server->addr.family,
			  .to = { server->addr, len },
			  .protocol = IPPROTO_TCP,
			  .port = server->port,
		  });
}

static void permit_network(struct permits *p, const struct ip_prefix *to)
{
	permit(p, &(struct lock_permit){ .family = to->addr.family, .to = *to });
}

/* What a host needs to keep its addresses; neighbor discovery is the packet filter's alone. */
static void permit_dhcp(struct permits *p)
{
	permit(p,
	       &(struct lock_permit){
		       .family = AF_INET, .protocol = IPPROTO_UDP, .from_port = 68, .port = 67 });
	permit(p, &(struct lock_permit){ .family = AF_INET6,
					 .protocol = IPPROTO_UDP,
					 .from_port = 546,
					 .port = 547 });
}

/* To look the server's name up again; setting a mark needs a capability. */
static void permit_own_dns(struct permits *p, uint32_t mark)
{
	permit(p, &(struct lock_permit){ .mark = mark, .protocol = IPPROTO_UDP, .port = 53 });
}

static void permit_dns(struct permits *p)
{
	permit(p, &(struct lock_permit){ .protocol = IPPROTO_UDP, .port = 53 });
	permit(p, &(struct lock_permit){ .protocol = IPPROTO_TCP, .port = 53 });
	permit(p, &(struct lock_permit){ .protocol = IPPROTO_TCP, .port = 853 });
}

/* The receiver frees p->at. */
static int list_permits(const struct lockdown *l, struct permits *p)
{
	p->count = 0;
	p->at = calloc(l->server_count + l->cfg.excluded_count + OTHER_PERMITS, sizeof(*p->at));
	if (!p->at)
		return -ENOMEM;
	for (size_t i = 0; i < l->server_count; i++)
		permit_server(p, &l->server[i]);
	for (size_t i = 0; i < l->cfg.excluded_count; i++)
		permit_network(p, &l->cfg.excluded[i]);
	permit_dhcp(p);
	permit_own_dns(p, l->cfg.mark);
	if (l->may_look_up)
		permit_dns(p);
	return 0;
}

/* ---- the filter */

static void accept_device(struct nft *n, enum nft_device which, const char *device)
{
	nft_rule(n);
	nft_match_device(n, which, device);
	nft_end(n, NFT_VERDICT_ACCEPT);
}

static void accept_permit(struct nft *n, const struct lock_permit *p)
{
	nft_rule(n);
	if (p->to.addr.family)
		nft_match_destination(n, &p->to);
	else if (p->family)
		nft_match_family(n, p->family);
	if (p->mark)
		nft_match_mark(n, p->mark);
	if (p->protocol)
		nft_match_protocol(n, p->protocol);
	if (p->from_port)
		nft_match_port(n, NFT_PORT_SOURCE, p->from_port);
	if (p->port)
		nft_match_port(n, NFT_PORT_DESTINATION, p->port);
	nft_end(n, NFT_VERDICT_ACCEPT);
}

/* What a host needs to find its neighbors. */
static void accept_neighbors(struct nft *n)
{
	/* multicast listener discovery: queries, reports, done, version 2; RFC 2710, 3810.
	 * Router and neighbor solicitation and advertisement; RFC 4861 */
	static const uint8_t types[] = { 130, 131, 132, 143, 133, 134, 135, 136 };

	for (size_t i = 0; i < sizeof(types); i++) {
		nft_rule(n);
		nft_match_icmp6_type(n, types[i]);
		nft_end(n, NFT_VERDICT_ACCEPT);
	}
}

/*
 * All at once, in place of the former table: no packet passes in between. The kernel sets the policy of
 * a new chain a moment after its rules are in force and the old chain has gone, so the policy alone
 * would let some pass; the last rule does not.
 */
static int apply_filter(const struct lockdown *l, const struct permits *p)
{
	struct nft *n = l->nft;

	nft_replace_table(n, table);
	nft_chain(n, "leaving", NFT_HOOK_POSTROUTING, PRIORITY, NFT_VERDICT_DROP);
	accept_device(n, NFT_DEVICE_OUT, "lo");
	if (l->device) {
		accept_device(n, NFT_DEVICE_OUT, l->device);
		accept_device(n, NFT_DEVICE_IN, l->device); /* forwarded to this host's networks */
	}
	for (size_t i = 0; i < p->count; i++)
		accept_permit(n, &p->at[i]);
	accept_neighbors(n);
	nft_rule(n);
	nft_end(n, NFT_VERDICT_DROP);
	return nft_commit(n);
}

/* ---- the rules */

/* The look-ups of routes by this process have our mark, and would find nothing else. */
static int apply_rules(struct lockdown *l, struct permits *p)
{
	permit(p, &(struct lock_permit){ .mark = l->cfg.mark });
	return lock_rules_apply(l->rules, p->at, p->count, l->table);
}

static int apply(struct lockdown *l)
{
	struct permits p;
	int error = list_permits(l, &p);

	if (error)
		return error;
	error = l->nft ? apply_filter(l, &p) : apply_rules(l, &p);
	free(p.at);
	return error;
}

static int log_error_of(const struct lockdown *l, int error)
{
	if (error == -EPERM)
		log_error(l->log,
			  "--lockdown: a packet filter cannot be set: %s (this needs root, "
			  "or the capability CAP_NET_ADMIN)",
			  strerror(EPERM));
	else if (nft_is_unsupported(error))
		log_error(l->log,
			  "--lockdown: this kernel has neither nf_tables nor policy rules with "
			  "ports (%s); `sstp run` needs none of them",
			  strerror(-error));
	else if (error)
		log_error(l->log, "--lockdown: a packet filter cannot be set: %s%s",
			  strerror(-error), syscall_advice(error));
	return error;
}

/* ---- the file */

static int print_path(const char *dir, char *to, size_t room)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st))
		st.st_ino = 0;
	return (size_t)snprintf(to, room, "%s/lockdown.%llu", dir ? dir : HOST_STATE_DIR,
				(unsigned long long)st.st_ino) < room
		       ? 0
		       : -ENAMETOOLONG;
}

static void save(const struct lockdown *l)
{
	char text[FILE_LEN_MAX];
	size_t n = (size_t)snprintf(text, sizeof(text),
				    "# what --lockdown permits; \"sstp unlock\" removes the lock\n"
				    "server %s\n",
				    l->cfg.server);

	for (size_t i = 0; i < l->server_count; i++) {
		const struct permitted *p = &l->server[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      p->addr.family == AF_INET ? "to %s:%u\n" : "to [%s]:%u\n",
				      ip_print(&p->addr).text, p->port);
	}
	if (l->fd >= 0)
		file_overwrite(l->fd, text, n);
}

static void add(struct lockdown *l, const struct ip_addr *addr, uint16_t port)
{
	if (l->server_count == LOCKDOWN_SERVERS_MAX) {
		l->server_count--;
		memmove(l->server, l->server + 1, l->server_count * sizeof(*l->server));
	}
	l->server[l->server_count++] = (struct permitted){ *addr, port };
}

/* Reads addresses of this server; *count is how many of `max`. */
static void parse(char *text, const char *server, struct permitted *to, size_t max, size_t *count)
{
	char *line, *rest = text;
	bool is_same = false;
	struct endpoint e;

	*count = 0;
	while ((line = strsep(&rest, "\n"))) {
		if (!strncmp(line, "server ", 7))
			is_same = !strcmp(line + 7, server);
		else if (is_same && !strncmp(line, "to ", 3) && *count < max &&
			 !endpoint_listen(line + 3, 0, &e) && e.addr.family != AF_UNSPEC)
			to[(*count)++] = (struct permitted){ e.addr, e.port };
	}
}

static void load(int fd, const char *server, struct permitted *to, size_t max, size_t *count)
{
	size_t len;
	char *text;

	*count = 0;
	if (file_read_fd(fd, FILE_LEN_MAX, &text, &len))
		return;
	parse(text, server, to, max, count);
	file_free(text, len);
}

/* -EBUSY: another process has it. Without a file the lock works, but a later start knows nothing. */
static int open_file(struct lockdown *l)
{
	int error = print_path(l->cfg.state_dir, l->path, sizeof(l->path));

	if (error)
		return error;
	if (mkdir(l->cfg.state_dir ? l->cfg.state_dir : HOST_STATE_DIR, 0700) && errno != EEXIST)
		return -errno;
	l->fd = file_open_locked(l->path, O_CREAT);
	if (l->fd >= 0)
		return 0;
	error = l->fd;
	l->fd = -1;
	return error;
}

size_t lockdown_remembered(const char *state_dir, const char *server,
			   struct sockaddr_storage *addrs, size_t max)
{
	struct permitted permitted[LOCKDOWN_SERVERS_MAX];
	size_t count = 0;
	char path[PATH_MAX];
	int fd;

	if (print_path(state_dir, path, sizeof(path)))
		return 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0;
	load(fd, server, permitted, max < LOCKDOWN_SERVERS_MAX ? max : LOCKDOWN_SERVERS_MAX,
	     &count);
	close(fd);
	for (size_t i = 0; i < count; i++)
		addrs[i] = ip_sockaddr(&permitted[i].addr, permitted[i].port);
	return count;
}

/* ---- other programs */

/* As `nft flush ruleset` does, with which a firewall begins when it is started or reloaded; or a network manager. */
static bool is_damaged(struct lockdown *l)
{
	bool is_there;

	if (l->rules)
		return lock_rules_repair(l->rules);
	return !nft_has_table(l->nft, table, &is_there) && !is_there;
}

/* Each of the first ones; then one in a minute, since two programs may undo each other's work for ever. */
static bool is_told(struct lockdown *l, uint64_t now_ms)
{
	if (++l->repairs > REPAIRS_TOLD && now_ms - l->told_ms < REPAIRS_MS)
		return false;
	l->told_ms = now_ms;
	return true;
}

static void repair(struct lockdown *l)
{
	int error;

	if (!is_damaged(l))
		return;
	error = apply(l);
	if (is_told(l, loop_now(l->cfg.loop)) && !log_error_of(l, error))
		log_warn(
			l->log,
			"--lockdown: another program has removed the %s; this network is locked again",
			l->nft ? "packet filter" : "rules");
}

static void on_change(struct netlink_watch *w)
{
	repair(container_of(w, struct lockdown, watch));
}

static void watch_lock(struct lockdown *l)
{
	int error;

	if (!l->cfg.loop)
		return;
	l->watch.changed = on_change;
	error = l->nft ? netlink_watch_filters(&l->watch, l->cfg.loop)
		       : netlink_watch_open(&l->watch, l->cfg.loop);
	if (error)
		log_warn(l->log,
			 "--lockdown: cannot notice when other programs remove the lock: %s",
			 strerror(-error));
}

/* ---- life */

static void free_all(struct lockdown *l)
{
	netlink_watch_close(&l->watch);
	nft_close(l->nft);
	lock_rules_close(l->rules);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

static int open_filter(struct lockdown *l)
{
	int error = nft_open(&l->nft);

	return error ? error : nft_has_table(l->nft, table, &l->was_locked);
}

static int use_rules(struct lockdown *l)
{
	int error = lock_rules_open(&l->rules, &l->was_locked);

	nft_close(l->nft);
	l->nft = NULL;
	if (!error)
		log_warn(
			l->log,
			"this kernel has no nf_tables: --lockdown uses policy rules (ip rule); they "
			"do not stop programs that bind to a network device, nor broadcasts and "
			"multicast on the link");
	return error;
}

static int open_method(struct lockdown *l)
{
	int error = open_filter(l);

	return nft_is_unsupported(error) ? use_rules(l) : error;
}

/* Some kernels have tables, but not all that our rules in them need. */
static int apply_first(struct lockdown *l)
{
	int error = apply(l);

	if (!l->nft || !nft_is_unsupported(error))
		return error;
	error = use_rules(l);
	return error ? error : apply(l);
}

static int begin(struct lockdown *l)
{
	int error = open_file(l);

	if (error == -EBUSY) {
		log_error(l->log, "--lockdown: another sstp has locked this network already");
		return error;
	}
	if (error)
		log_warn(l->log,
			 "--lockdown: cannot write to %s (%s): after a crash the next "
			 "start has to look the server's name up",
			 l->path, strerror(-error));
	else
		load(l->fd, l->cfg.server, l->server, LOCKDOWN_SERVERS_MAX, &l->server_count);
	error = open_method(l);
	if (error)
		return log_error_of(l, error);
	if (!l->was_locked)
		l->server_count = 0;
	l->may_look_up = !l->server_count && !l->cfg.is_resolved;
	save(l);
	error = log_error_of(l, apply_first(l));
	if (error)
		return error;
	if (l->nft)
		lock_rules_remove(); /* of a time when the kernel had no nf_tables */
	watch_lock(l);
	if (l->was_locked)
		log_info(l->log, "taken over the lock of this network that an earlier sstp left");
	else
		log_info(l->log, "this network is locked: only the connection to the server "
				 "may leave");
	return 0;
}

int lockdown_open(const struct lockdown_cfg *cfg, struct lockdown **out)
{
	struct lockdown *l = calloc(1, sizeof(*l));
	int error;

	if (!l)
		return -ENOMEM;
	l->cfg = *cfg;
	l->log = cfg->log;
	l->fd = -1;
	error = begin(l);
	if (error) {
		if (l->fd >= 0 && !l->was_locked)
			unlink(l->path);
		if (l->rules && !l->was_locked)
			lock_rules_remove();
		free_all(l);
		return error;
	}
	*out = l;
	return 0;
}

int lockdown_device(struct lockdown *l, const char *name)
{
	int error = l->rules ? lock_rules_device(l->rules, name) : 0;

	l->device = name;
	return log_error_of(l, error ? error : apply(l));
}

int lockdown_table(struct lockdown *l, uint32_t number)
{
	if (!l->rules || l->table == number)
		return 0;
	l->table = number;
	return log_error_of(l, apply(l));
}

bool lockdown_is_by_rules(const struct lockdown *l)
{
	return l && l->rules;
}

static size_t index_of(const struct lockdown *l, const struct ip_addr *addr, uint16_t port)
{
	size_t i = 0;

	while (i < l->server_count &&
	       (!ip_equal(&l->server[i].addr, addr) || l->server[i].port != port))
		i++;
	return i;
}

int lockdown_permit(struct lockdown *l, const struct sockaddr_storage *to)
{
	struct ip_addr addr = ip_from_sockaddr(to);
	uint16_t port = ip_port_of_sockaddr(to);
	bool is_known = index_of(l, &addr, port) < l->server_count;
	bool may_look_up = l->may_look_up && l->cfg.has_several;

	if (is_known && may_look_up == l->may_look_up)
		return 0;
	if (!is_known)
		add(l, &addr, port);
	l->may_look_up = may_look_up;
	save(l);
	return log_error_of(l, apply(l));
}

int lockdown_permit_only(struct lockdown *l, const struct ip_addr *server)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->server_count; i++)
		if (ip_equal(&l->server[i].addr, server))
			l->server[kept++] = l->server[i];
	if (!kept || (kept == l->server_count && !l->may_look_up))
		return 0;
	l->server_count = kept;
	l->may_look_up = false;
	save(l);
	return log_error_of(l, apply(l));
}

bool lockdown_permits_dns(const struct lockdown *l)
{
	return l->may_look_up;
}

bool lockdown_was_locked(const struct lockdown *l)
{
	return l->was_locked;
}

static int remove_table(struct nft *n)
{
	nft_delete_table(n, table);
	return nft_commit(n);
}

/* Whatever there is: the kernel may have got nf_tables since. 0, -ENOENT: nothing, or -errno. */
static int remove_all(void)
{
	int rules = lock_rules_remove(), error;
	struct nft *n;

	error = nft_open(&n);
	if (!error) {
		error = remove_table(n);
		nft_close(n);
	}
	if (nft_is_unsupported(error))
		error = -ENOENT;
	if (error && error != -ENOENT)
		return error;
	return rules == -ENOENT ? error : rules;
}

void lockdown_close(struct lockdown *l, bool unlock)
{
	int error;

	if (!l)
		return;
	netlink_watch_close(&l->watch);
	if (!unlock && l->cfg.loop)
		repair(l);
	if (unlock) {
		error = l->nft ? remove_table(l->nft) : lock_rules_remove();
		if (error && error != -ENOENT)
			log_error(l->log, "the lock of this network could not be removed: %s",
				  strerror(-error));
		else
			log_info(l->log, "this network is not locked any more");
		if (l->fd >= 0)
			unlink(l->path);
	} else {
		log_warn(l->log, "this network stays locked; `sstp unlock` removes the lock");
	}
	free_all(l);
}

int lockdown_remove(const char *state_dir)
{
	char path[PATH_MAX];
	int fd = -1, error = print_path(state_dir, path, sizeof(path));

	if (!error)
		fd = file_open_locked(path, 0);
	if (fd == -EBUSY)
		return fd;
	error = remove_all();
	if (fd >= 0 && (!error || error == -ENOENT))
		unlink(path);
	if (fd >= 0)
		close(fd);
	return error;
}
