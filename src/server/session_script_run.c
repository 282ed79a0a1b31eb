/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/session_script_run.h"

#include <errno.h>

#include "ppp/auth_method.h"
#include "proc/run.h"
#include "util/file.h"

enum {
	OP_DEVICE = HELPER_OP(HELPER_SCRIPT, 1), /* its name */
	OP_RUN = HELPER_OP(HELPER_SCRIPT, 2),    /* milliseconds (u32), and the facts */
	STATUS_LEN = 4,
};

/* ---- its environment */

static void set_addr(struct env *e, const char *name, const struct ip_addr *a)
{
	if (a->family)
		env_set(e, name, "%s", ip_print(a).text);
}

static void set_number(struct env *e, const char *name, uint64_t value)
{
	env_set(e, name, "%llu", (unsigned long long)value);
}

/* ocserv's names first, then pppd's. */
static void set_facts(struct env *e, const struct script_facts *f, const char *device)
{
	env_set(e, "REASON", f->is_end ? "disconnect" : "connect");
	set_number(e, "ID", f->id);
	env_set(e, "USERNAME", "%s", f->user);
	env_set(e, "METHOD", "%s", ppp_auth_name(f->method));
	env_set(e, "DEVICE", "%s", device);
	set_addr(e, "IP_REAL", &f->source);
	set_addr(e, "IP_REAL_LOCAL", &f->local);
	set_addr(e, "IP_LOCAL", &f->own);
	set_addr(e, "IP_REMOTE", &f->ipv4);
	set_addr(e, "IPV6_REMOTE", &f->ipv6);
	if (f->prefix.addr.family)
		env_set(e, "IPV6_PREFIX", "%s", ip_prefix_print(&f->prefix).text);
	env_set(e, "PEERNAME", "%s", f->user);
	env_set(e, "IFNAME", "%s", device);
	set_addr(e, "IPLOCAL", &f->own);
	set_addr(e, "IPREMOTE", &f->ipv4);
}

static void set_end(struct env *e, const struct script_facts *f)
{
	env_set(e, "END_REASON", "%s", tunnel_reason_name(f->reason));
	set_number(e, "STATS_DURATION", f->duration_s);
	set_number(e, "STATS_BYTES_IN", f->rx_bytes);
	set_number(e, "STATS_BYTES_OUT", f->tx_bytes);
	set_number(e, "CONNECT_TIME", f->duration_s);
	set_number(e, "BYTES_RCVD", f->rx_bytes);
	set_number(e, "BYTES_SENT", f->tx_bytes);
}

/* True: the command would take what the server's own environment has under this name for a value of ours. */
static bool is_ours(const char *name, size_t len)
{
	static const char *const names[] = {
		"REASON",          "ID",
		"USERNAME",        "METHOD",
		"DEVICE",          "IP_REAL",
		"IP_REAL_LOCAL",   "IP_LOCAL",
		"IP_REMOTE",       "IPV6_REMOTE",
		"IPV6_PREFIX",     "PEERNAME",
		"IFNAME",          "IPLOCAL",
		"IPREMOTE",        "END_REASON",
		"STATS_DURATION",  "STATS_BYTES_IN",
		"STATS_BYTES_OUT", "CONNECT_TIME",
		"BYTES_RCVD",      "BYTES_SENT",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return true;
	return false;
}

int session_script_run(const struct session_script_runs *runs, unsigned limit_ms,
		       const struct script_facts *f)
{
	const char *const argv[] = { "/bin/sh", "-c", runs->command, NULL };
	struct run r = { .argv = argv };
	struct env env;
	pid_t pid;
	int status;

	env_init(&env, is_ours);
	set_facts(&env, f, runs->device);
	if (f->is_end)
		set_end(&env, f);
	r.env = &env;
	status = run_start(&r, &pid);
	env_free(&env);
	return status ? status : run_wait(pid, limit_ms);
}

/* ---- the service */

struct asked {
	const struct session_script_runs *r;
	unsigned limit_ms;
	struct script_facts facts;
	char user[PPP_NAME_MAX + 1];
};

static void run_asked(void *arg, int fd)
{
	const struct asked *a = arg;
	uint8_t status[STATUS_LEN];

	store_u32(status, (uint32_t)session_script_run(a->r, a->limit_ms, &a->facts));
	file_write(fd, status, sizeof(status));
}

static int run(void *state, struct helper_call *c)
{
	struct session_script_runs *r = state;
	struct asked asked = { .r = r, .limit_ms = get_u32(&c->in) };

	if (!script_facts_get(&c->in, &asked.facts, asked.user) || !asked.limit_ms)
		return -EBADMSG;
	if (asked.limit_ms > r->limit_ms)
		asked.limit_ms = r->limit_ms;
	return helper_runs_start(&r->runs, c, run_asked, &asked);
}

static int use_device(void *state, struct helper_call *c)
{
	struct session_script_runs *r = state;

	if (c->in.left >= sizeof(r->device))
		return -EBADMSG;
	get_copy(&c->in, r->device, c->in.left);
	return 0;
}

static int begin(void *state, struct helper_process *p)
{
	helper_runs_begin(&((struct session_script_runs *)state)->runs, p, SESSION_SCRIPT_RUNS_MAX);
	return 0;
}

static void child_ended(void *state)
{
	helper_runs_reap(&((struct session_script_runs *)state)->runs);
}

static const struct helper_op ops[] = {
	{ .code = OP_DEVICE, .only_before_seal = true, .handle = use_device },
	{ .code = OP_RUN, .handle = run },
};

struct helper_service session_script_service(struct session_script_runs *r)
{
	return (struct helper_service){ .number = HELPER_SCRIPT,
					.ops = ops,
					.op_count = sizeof(ops) / sizeof(*ops),
					.state = r,
					.begin = begin,
					.child = child_ended };
}

/* ---- the process that asks */

int session_script_use_device(struct helper *h, const char *name)
{
	struct helper_question q = { .op = OP_DEVICE, .in = bytes_text(name) };

	return helper_ask(h, &q);
}

int session_script_ask(struct helper *h, unsigned limit_ms, const struct script_facts *f)
{
	uint8_t in[4 + SCRIPT_FACTS_MAX];
	struct writer w = writer_of(in, sizeof(in));
	struct helper_question q = { .op = OP_RUN };
	uint8_t status[STATUS_LEN + 1];
	ssize_t n;

	put_u32(&w, limit_ms);
	script_facts_put(&w, f);
	q.in = bytes_of(in, w.len);
	n = helper_runs_ask(h, &q, limit_ms, &status, sizeof(status));
	return n < 0 ? (int)n : n == STATUS_LEN ? (int32_t)load_u32(status) : -EPIPE;
}
