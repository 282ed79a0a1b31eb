/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each message is one of a SOCK_SEQPACKET pair. A thread takes a channel, sends its question and waits for the
 * reply; the thread of the key process at the other end does nothing but answer. A worker waits for as long as a
 * signature takes, as it does when it signs itself.
 */
#include "tls/key_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc/descriptors.h"
#include "proc/fdpass.h"
#include "proc/landlock.h"
#include "proc/parent.h"
#include "proc/syscall_list.h"
#include "tls/key_answer.h"
#include "tls/wolf.h"
#include "util/secret.h"

enum {
	LIMIT_S = 60, /* for a reply; a signature takes some milliseconds at most */
	ENDS_MS = 100,
	BUFFER_LEN = 256 * 1024,
	STACK_LEN = 256 * 1024,
};

struct channel {
	pthread_mutex_t lock;
	int fd; /* -1: it is broken */
};

struct key_process {
	struct key_agent agent;
	pid_t pid;
	/* Shared with the key process: with whose end it ends. NULL: this process cannot change that any more. */
	_Atomic(pid_t) *owner;
	int alive_fd; /* nothing is ever sent here */
	unsigned count;
	struct channel channels[KEY_CHANNELS_MAX];
};

/* ---- the process that asks */

/* Each thread keeps to a channel of its own as long as there are enough. */
static struct channel *own_channel(struct key_process *p)
{
	static atomic_uint last;
	static _Thread_local unsigned own;

	if (!own)
		own = atomic_fetch_add(&last, 1) + 1;
	return &p->channels[own % p->count];
}

static ssize_t receive(int fd, uint8_t *to, size_t room)
{
	ssize_t n;

	do
		n = recv(fd, to, room, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (n == 0)
		return -EPIPE;
	return (size_t)n <= room ? n : -EMSGSIZE;
}

static ssize_t exchange(int fd, struct bytes head, struct bytes data, uint8_t *to, size_t room)
{
	struct iovec part[2] = { { (void *)(uintptr_t)head.at, head.len },
				 { (void *)(uintptr_t)data.at, data.len } };
	struct msghdr m = { .msg_iov = part, .msg_iovlen = 2 };
	ssize_t n;

	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : receive(fd, to, room);
}

/* After an error the channel is not used again: its next reply could belong to this question. */
static ssize_t ask(struct key_agent *a, struct bytes head, struct bytes data, uint8_t *to,
		   size_t room)
{
	struct key_process *p = (struct key_process *)a;
	struct channel *c = own_channel(p);
	ssize_t n = -EPIPE;

	if (head.len + data.len > KEY_QUESTION_MAX)
		return -EMSGSIZE;
	pthread_mutex_lock(&c->lock);
	if (c->fd >= 0)
		n = exchange(c->fd, head, data, to, room);
	if (n < 0 && c->fd >= 0) {
		close(c->fd);
		c->fd = -1;
	}
	pthread_mutex_unlock(&c->lock);
	return n;
}

struct key_agent *key_process_agent(struct key_process *p)
{
	return &p->agent;
}

pid_t key_process_pid(const struct key_process *p)
{
	return p->pid;
}

int key_process_fd(const struct key_process *p)
{
	return p->alive_fd;
}

/* A process closes its descriptors a moment before it can be waited for. */
static bool has_ended(pid_t pid, siginfo_t *info)
{
	const struct timespec moment = { .tv_nsec = 1000 * 1000 };

	for (int i = 0; i < ENDS_MS; i++) {
		if (waitid(P_PID, (id_t)pid, info, WEXITED | WNOHANG | WNOWAIT))
			return false;
		if (info->si_pid)
			return true;
		nanosleep(&moment, NULL);
	}
	return false;
}

struct key_process_end key_process_why(const struct key_process *p)
{
	struct key_process_end e = { "it has ended" };
	siginfo_t info = { 0 };

	if (has_ended(p->pid, &info))
		snprintf(e.text, sizeof(e.text),
			 info.si_code == CLD_EXITED ? "it has ended with status %d"
						    : "killed by signal %d",
			 info.si_status);
	return e;
}

/* ---- the key process */

struct thread {
	struct key_store *store;
	int fd;
	uint8_t question[KEY_QUESTION_MAX], reply[KEY_REPLY_MAX];
};

static void serve(struct thread *t, struct key_signer *k)
{
	ssize_t n;

	while ((n = receive(t->fd, t->question, sizeof(t->question))) > 0 || n == -EMSGSIZE) {
		struct bytes question = bytes_of(t->question, n > 0 ? (size_t)n : 0);
		size_t len = key_answer(t->store, k, question, t->reply);
		ssize_t sent = send(t->fd, t->reply, len, MSG_NOSIGNAL);

		secret_wipe(t->reply, len);
		if (sent < 0)
			break;
	}
}

static void *run(void *arg)
{
	struct thread *t = arg;
	struct key_signer *k = key_signer_new();

	if (k)
		serve(t, k);
	key_signer_free(k);
	close(t->fd);
	return NULL;
}

/* A terminal and a service manager send signals to the whole group; this process ends with the other one. */
static void ignore_signals(bool ends_by_sigterm)
{
	static const int signals[] = { SIGINT,  SIGQUIT, SIGHUP,  SIGUSR1, SIGUSR2,
				       SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGALRM };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_IGN);
	signal(SIGTERM, ends_by_sigterm ? SIG_DFL : SIG_IGN);
}

/* Of root's rights only that to read files of other users is left. */
static void drop_rights(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { { 0 } };
	const uint32_t reads = 1u << CAP_DAC_READ_SEARCH;

	for (int cap = 0; cap < 64; cap++)
		if (cap != CAP_DAC_READ_SEARCH)
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!syscall(SYS_capget, &head, caps)) {
		caps[0].effective &= reads;
		caps[0].permitted &= reads;
		caps[1].effective = caps[1].permitted = 0;
		caps[0].inheritable = caps[1].inheritable = 0;
		syscall(SYS_capset, &head, caps);
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* An ordinary user may lock so little memory that later allocations would fail. */
static void guard_memory(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY }, none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	if (!setrlimit(RLIMIT_MEMLOCK, &all))
		mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

struct ends {
	const int *fds;
	unsigned count;
};

static bool is_own(const void *arg, int fd)
{
	const struct ends *own = arg;

	for (unsigned i = 0; i < own->count; i++)
		if (own->fds[i] == fd)
			return true;
	return false;
}

static void close_others(const struct ends *own)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		descriptors_reopen_null(fd, O_RDWR);
	descriptors_close(is_own, own);
}

static struct key_store *open_store(const struct key_process_cfg *cfg)
{
	struct key_store *s;

	if (key_store_open(&s))
		return NULL;
	for (size_t i = 0; i < cfg->pair_count; i++)
		key_store_permit(s, &cfg->pairs[i]);
	key_store_use_reread(s, cfg->reread);
	return s;
}

/*
 * What it still needs: to read files, and to answer. What the kernel lacks is left out: this process reads nothing
 * from the network.
 */
static void confine(void)
{
	static const struct landlock_path all = { .path = "/" };
	static const uint16_t no_ports[1];
	const struct landlock_cfg landlock = { .paths = &all, .path_count = 1, .ports = no_ports };
	struct syscall_rule calls[SYSCALLS_MAX];
	int version = landlock_version(),
	    fd = version > 0 ? landlock_prepare(&landlock, version) : -1;

	if (fd >= 0)
		landlock_enter(fd);
	syscall_filter_install(calls, syscall_list(SANDBOX_KEYS, calls));
}

struct owners {
	struct parent first;
	const _Atomic(pid_t) *now;
};

static void *end_with_owner(void *arg)
{
	const struct owners *o = arg;
	struct parent last = o->first;

	parent_wait(&last);
	if (atomic_load(o->now) != last.pid) {
		last = parent_open(atomic_load(o->now));
		if (last.fd < 0 && last.fd != -ESRCH)
			return NULL; /* its sockets alone show its end */
		parent_wait(&last);
	}
	_exit(EXIT_SUCCESS);
}

/* `fds`: one for each channel, and then the one that shows that we are alive. */
static int keep_keys(const struct key_process_cfg *cfg, const int *fds, unsigned count,
		     struct owners *owners)
{
	struct key_store *store = open_store(cfg);
	pthread_t threads[KEY_CHANNELS_MAX], watch;
	pthread_attr_t attr;
	unsigned started = 0;

	if (!store)
		return EXIT_FAILURE;
	confine();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_LEN);
	if (pthread_create(&watch, &attr, end_with_owner, owners))
		return EXIT_FAILURE;
	for (; started < count; started++) {
		struct thread *t = calloc(1, sizeof(*t));

		if (!t)
			break;
		t->store = store;
		t->fd = fds[started];
		if (pthread_create(&threads[started], &attr, run, t))
			break;
	}
	if (started < count)
		return EXIT_FAILURE; /* the other process notices at once */
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	key_store_close(store);
	return EXIT_SUCCESS;
}

static _Noreturn void key_main(const struct key_process_cfg *cfg, const int *fds, unsigned count,
			       const _Atomic(pid_t) *owner)
{
	struct owners owners = { .now = owner };

	prctl(PR_SET_NAME, "sstp-keys", 0, 0, 0);
	ignore_signals(cfg->ends_by_sigterm);
	guard_memory();
	close_others(&(struct ends){ fds, count + 1 });
	owners.first = parent_open(atomic_load(owner));
	drop_rights();
	_exit(keep_keys(cfg, fds, count, &owners));
}

/* ---- its start and end */

static void close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

/* Pairs for the channels, and the last to see that the process is alive. */
static int open_pairs(int *ours, int *theirs, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int ends[2], error = fdpass_pair(ends);

		if (error) {
			close_all(ours, i);
			close_all(theirs, i);
			return error;
		}
		ours[i] = ends[0];
		theirs[i] = ends[1];
	}
	return 0;
}

static void use_ends(struct key_process *p, const int *fds)
{
	const struct timeval limit = { .tv_sec = LIMIT_S };
	const int len = BUFFER_LEN;

	for (unsigned i = 0; i < p->count; i++) {
		pthread_mutex_init(&p->channels[i].lock, NULL);
		p->channels[i].fd = fds[i];
		setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &len, sizeof(len));
	}
	p->alive_fd = fds[p->count];
}

/* Of this process, until another one takes over. NULL: no memory. */
static _Atomic(pid_t) *share_owner(void)
{
	void *page = mmap(NULL, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	atomic_init((_Atomic(pid_t) *)page, getpid());
	return page;
}

static void discard(struct key_process *p)
{
	if (p->owner)
		munmap(p->owner, sizeof(*p->owner));
	free(p);
}

void key_process_own(struct key_agent *a)
{
	struct key_process *p = (struct key_process *)a;

	if (!p->owner)
		return;
	atomic_store(p->owner, getpid());
	munmap(p->owner, sizeof(*p->owner));
	p->owner = NULL;
}

int key_process_start(const struct key_process_cfg *cfg, struct key_process **out)
{
	int ours[KEY_CHANNELS_MAX + 1], theirs[KEY_CHANNELS_MAX + 1], error;
	struct key_process *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->agent = (struct key_agent){ .ask = ask, .own = key_process_own };
	p->owner = share_owner();
	p->count = cfg->channels < KEY_CHANNELS_MAX ? cfg->channels : KEY_CHANNELS_MAX;
	error = !TLS_HAS_CERT_CB ? -ENOTSUP
		: !p->owner      ? -ENOMEM
				 : open_pairs(ours, theirs, p->count + 1);
	if (error) {
		discard(p);
		return error;
	}
	p->pid = fork();
	error = errno;
	if (p->pid == 0)
		key_main(cfg, theirs, p->count, p->owner);
	close_all(theirs, p->count + 1);
	if (p->pid < 0) {
		close_all(ours, p->count + 1);
		discard(p);
		return -error;
	}
	use_ends(p, ours);
	*out = p;
	return 0;
}

void key_process_close(struct key_process *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->count; i++) {
		if (p->channels[i].fd >= 0)
			close(p->channels[i].fd);
		pthread_mutex_destroy(&p->channels[i].lock);
	}
	close(p->alive_fd);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	discard(p);
}
