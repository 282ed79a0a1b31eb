/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread that writes log lines, and the ring between it and all other threads.
 *
 * Why a thread: standard error is an open file description shared with the process that started us, so
 * we must not make it nonblocking, and it may be anything. Polling before each write does not suffice,
 * since another writer of the same pipe may fill it in between; /proc/self/fd/2 can't be opened
 * if the pipe or terminal belongs to another user, nor if it is a socket; and a file on a
 * hung network file system blocks whatever its flags are. A thread that blocks in write(2) does no
 * harm: the ring collects the lines meanwhile, and exit(3) ends the thread like any other.
 *
 * All signals are blocked in the thread; the loop handles them. Also SIGTTOU, so that a background job
 * may write to a terminal with `stty tostop`. A line is one write of less than PIPE_BUF bytes; if a
 * terminal takes only a part, the rest is written before anything else.
 *
 * A process that is about to give its privileges up must have no thread before that: log_writer_wait. What a poll
 * says can be written is written by the caller then.
 *
 * A line is written at once. But after BUSY_LINES in a second the thread sleeps for BATCH_MS after each look and takes
 * what has come meanwhile: to be woken for each line costs more than to write it, when thousands of clients log in.
 *
 * A child of fork has no such thread. It writes its few lines directly.
 */
#include "util/log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"

enum {
	STACK_SIZE = 256 * 1024,
	CHILD_WAIT_MS = 200, /* how long a child of fork waits until it can write */
	RECONNECT_MS = 250,  /* between two attempts to connect to syslog */
	BATCH_MS = 5,
	BUSY_LINES = 200,       /* in a second */
	RECORD_HEADER_SIZE = 3, /* length in two bytes, level */
	RECORD_FOR_USER = 0x80, /* flags in the byte of the level */
	RECORD_OF_OTHER = 0x40, /* for syslog, of the process whose lines we pass on */
	LEVEL_BITS = 0x3f,
	RESUME_SIZE = LOG_RING_SIZE / 4,
	RECORD_LOST = 0xff, /* in place of a level: the record is a count of lost lines */
};

enum target { TO_STDERR, TO_SYSLOG };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Both ways; the clock of both is CLOCK_MONOTONIC. Who waits for a batch is woken by `hurry` alone. */
static pthread_cond_t changed, hurry;

/* Under the lock. */
static struct {
	uint8_t ring[LOG_RING_SIZE];
	size_t head, used;     /* bytes */
	unsigned long lost;    /* lines lost since that was last logged */
	unsigned long failed;  /* lines that could not be written: logged before the next line */
	unsigned long written; /* lines, to see whether there is progress */
	bool is_writing;       /* the thread is writing a line */
	bool is_started, is_child, is_woken;
	bool waits;        /* there must be no thread yet */
	unsigned flushing; /* threads that wait in log_flush */
	enum target target;
	bool outlives_terminal;
} w;

/* ---- the ring, under the lock */

static void copy_in(const void *from, size_t len)
{
	size_t at = (w.head + w.used) % LOG_RING_SIZE;
	size_t first = len < LOG_RING_SIZE - at ? len : LOG_RING_SIZE - at;

	memcpy(w.ring + at, from, first);
	memcpy(w.ring, (const char *)from + first, len - first);
	w.used += len;
}

static void copy_out(void *to, size_t len)
{
	size_t first = len < LOG_RING_SIZE - w.head ? len : LOG_RING_SIZE - w.head;

	memcpy(to, w.ring + w.head, first);
	memcpy((char *)to + first, w.ring, len - first);
	w.head = (w.head + len) % LOG_RING_SIZE;
	w.used -= len;
}

static bool has_room(size_t len)
{
	return w.used + RECORD_HEADER_SIZE + len <= LOG_RING_SIZE;
}

static void add(unsigned level, const void *line, size_t len)
{
	const uint8_t header[RECORD_HEADER_SIZE] = { (uint8_t)(len >> 8), (uint8_t)len,
						     (uint8_t)level };

	copy_in(header, sizeof(header));
	copy_in(line, len);
}

/* One line, or the count of lost lines in its place. */
struct record {
	enum log_level level;
	bool for_user, is_of_other;
	unsigned long lost; /* how many lines were lost here; 0: it is a line */
	char text[LOG_RECORD_MAX];
	size_t len;
};

static void say_lost(struct record *r, unsigned long lost)
{
	r->level = LOG_LEVEL_WARN;
	r->for_user = r->is_of_other = false;
	r->lost = lost;
	r->len = log_lost_line(r->text, sizeof(r->text), lost);
}

/* Only if there is a record, or lines were lost. */
static void take(struct record *r)
{
	uint8_t header[RECORD_HEADER_SIZE];
	unsigned long lost;

	if (!w.used) {
		say_lost(r, w.lost);
		w.lost = 0;
		return;
	}
	copy_out(header, sizeof(header));
	if (header[2] == RECORD_LOST) {
		copy_out(&lost, sizeof(lost));
		say_lost(r, lost);
		return;
	}
	r->lost = 0;
	r->level = (enum log_level)(header[2] & LEVEL_BITS);
	r->for_user = header[2] & RECORD_FOR_USER;
	r->is_of_other = header[2] & RECORD_OF_OTHER;
	r->len = (size_t)header[0] << 8 | header[1];
	copy_out(r->text, r->len);
}

/* After a loss only errors and lines for the user fit before RESUME_SIZE is free: else a slow reader would get a count
   of one lost line beside each line. */
static bool fits(unsigned level, size_t len)
{
	if (!w.lost)
		return has_room(len);
	len += RECORD_HEADER_SIZE + sizeof(w.lost);
	return has_room(level == LOG_LEVEL_ERROR || level & RECORD_FOR_USER ? len : RESUME_SIZE);
}

/* The count of lost lines is added at the position of the lost lines. */
static void add_or_count(unsigned level, const char *line, size_t len)
{
	w.lost += w.failed;
	w.failed = 0;
	if (!fits(level, len)) {
		w.lost++;
		return;
	}
	if (w.lost)
		add(RECORD_LOST, &w.lost, sizeof(w.lost));
	w.lost = 0;
	add(level, line, len);
}

/* ---- standard error */

/* sd-daemon(3): only if standard error is still the stream from the journal. */
static bool has_journal;

static void find_journal(void)
{
	const char *name = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char end;

	has_journal = name && sscanf(name, "%llu:%llu%c", &dev, &ino, &end) == 2 &&
		      !fstat(STDERR_FILENO, &st) && st.st_dev == dev && st.st_ino == ino;
}

static int priority_of(enum log_level level)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,
		[LOG_LEVEL_WARN] = LOG_WARNING,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};

	return priorities[level];
}

/* A process that shares the file description may have made it nonblocking. */
static void wait_for_room(int ms)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	poll(&p, 1, ms);
}

/* 0, or the error. *done: how many bytes were written. */
static int write_whole(const char *text, size_t len, size_t *done)
{
	ssize_t n;

	for (*done = 0; *done<len; *done += n> 0 ? (size_t)n : 0) {
		n = write(STDERR_FILENO, text + *done, len - *done);
		if (n < 0 && errno == EAGAIN)
			wait_for_room(-1);
		else if (n < 0 && errno != EINTR)
			return errno;
	}
	return 0;
}

/* If a full disk truncated a line, the next begins on a new line. */
static int to_stderr(enum log_level level, const char *line, size_t len)
{
	static bool is_cut;
	char text[LOG_RECORD_MAX + 8];
	size_t n = 0, done;
	int error;

	if (is_cut)
		text[n++] = '\n';
	if (has_journal)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "<%d>", priority_of(level));
	memcpy(text + n, line, len);
	n += len;
	error = write_whole(text, n, &done);
	if (done)
		is_cut = text[done - 1] != '\n';
	return error;
}

/* ---- syslog: RFC 3164's form, as the C library writes it. syslog(3) itself may wait under a lock. */

static const char *syslog_path = _PATH_LOG;
static int syslog_fd = -1;
static bool syslog_is_stream;
static int other_fd = -1; /* to the process that passes our lines on; -1: none */
static pid_t other_pid;   /* of the process whose lines we pass on */

static int syslog_connect(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
	int error = 0;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", syslog_path);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		syslog_fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (syslog_fd < 0)
			return errno;
		if (!connect(syslog_fd, (const struct sockaddr *)&at, sizeof(at))) {
			fcntl(syslog_fd, F_SETFL, 0); /* the thread may block in send */
			syslog_is_stream = types[i] == SOCK_STREAM;
			return 0;
		}
		error = errno;
		close(syslog_fd);
		syslog_fd = -1;
		if (error != EPROTOTYPE)
			break;
	}
	return error;
}

static void syslog_close(void)
{
	if (syslog_fd >= 0)
		close(syslog_fd);
	syslog_fd = -1;
}

/* To the process that passes it on: the level, and the line. */
static int to_other(enum log_level level, const char *line, size_t len)
{
	const uint8_t head = (uint8_t)level;
	struct iovec part[2] = { { (void *)(uintptr_t)&head, 1 },
				 { (void *)(uintptr_t)line, len } };
	const struct msghdr m = { .msg_iov = part, .msg_iovlen = 2 };

	while (sendmsg(other_fd, &m, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

static int to_syslog(enum log_level level, const char *line, size_t len, pid_t pid)
{
	char text[LOG_RECORD_MAX + 128], when[32];
	size_t n;
	int error = syslog_fd < 0 ? syslog_connect() : 0;

	if (error)
		return error;
	log_syslog_time(when, sizeof(when));
	n = (size_t)snprintf(text, sizeof(text),
			     "<%d>%s sstp[%ld]: ", LOG_DAEMON | priority_of(level), when,
			     (long)pid);
	memcpy(text + n, line, len);
	n += len;
	if (!syslog_is_stream)
		n--; /* a datagram needs no newline */
	/* the thread may block, a caller in a forked child may not */
	while (send(syslog_fd, text, n, MSG_NOSIGNAL | (w.is_child ? MSG_DONTWAIT : 0)) < 0) {
		error = errno;
		if (error == EINTR)
			continue;
		syslog_close();
		return error;
	}
	return 0;
}

/* ---- the thread */

static void pause_ms(unsigned ms)
{
	const struct timespec t = { .tv_nsec = (long)ms * 1000000L };

	nanosleep(&t, NULL);
}

static enum target get_target(void)
{
	enum target target;

	pthread_mutex_lock(&lock);
	target = w.target;
	pthread_mutex_unlock(&lock);
	return target;
}

/* Switches to syslog if standard error was a terminal that has hung up, and this was requested. */
static bool turns_to_syslog(int error)
{
	bool turns;

	pthread_mutex_lock(&lock);
	turns = error == EIO && w.outlives_terminal;
	if (turns)
		w.target = TO_SYSLOG;
	pthread_mutex_unlock(&lock);
	return turns;
}

/*
 * For syslog: waits until the daemon accepts the line, and so do all later lines. If the process that passes lines on has
 * ended, it writes to standard error. Otherwise it returns whether the line was written.
 */
static bool deliver(const struct record *r)
{
	int error;

	if (r->for_user || (get_target() == TO_STDERR && !r->is_of_other)) {
		error = to_stderr(r->level, r->text, r->len);
		if (!error || !turns_to_syslog(error))
			return !error;
	}
	if (other_fd >= 0)
		return !to_other(r->level, r->text, r->len) ||
		       !to_stderr(r->level, r->text, r->len);
	while (to_syslog(r->level, r->text, r->len, r->is_of_other ? other_pid : getpid()))
		pause_ms(RECONNECT_MS);
	return true;
}

static struct timespec time_of(uint64_t ms)
{
	return (struct timespec){ .tv_sec = (time_t)(ms / 1000),
				  .tv_nsec = (long)(ms % 1000) * 1000000L };
}

/* Under the lock: until there is something to do. */
static void wait_until(uint64_t due_ms)
{
	struct timespec until = time_of(due_ms);

	while (!w.used && !w.lost && !w.is_woken)
		if (due_ms == UINT64_MAX)
			pthread_cond_wait(&changed, &lock);
		else if (pthread_cond_timedwait(&changed, &lock, &until))
			break;
	w.is_woken = false;
}

/* Called under the lock, which it releases while writing. */
static void write_one(void)
{
	struct record r;
	bool was_written;

	take(&r);
	w.is_writing = true;
	pthread_mutex_unlock(&lock);
	was_written = deliver(&r);
	pthread_mutex_lock(&lock);
	w.is_writing = false;
	w.written++;
	if (!was_written)
		w.failed += r.lost ? r.lost : 1;
	pthread_cond_broadcast(&changed);
}

/* Whether more lines than BUSY_LINES were written in this second. Called by the thread alone. */
static bool is_busy(uint64_t now_ms)
{
	static unsigned long written_before;
	static uint64_t second;

	if (now_ms / 1000 != second) {
		second = now_ms / 1000;
		written_before = w.written;
	}
	return w.written - written_before > BUSY_LINES;
}

/* Under the lock. Who flushes does not wait for it. */
static void await_batch(void)
{
	uint64_t now_ms = clock_now_ms();
	struct timespec until = time_of(now_ms + BATCH_MS);

	if (!is_busy(now_ms))
		return;
	while (!w.flushing && w.used <= LOG_RING_SIZE / 2 &&
	       !pthread_cond_timedwait(&hurry, &lock, &until))
		;
}

static void *thread_main(void *arg)
{
	uint64_t due_ms = UINT64_MAX;

	(void)arg;
	pthread_mutex_lock(&lock);
	for (;;) {
		wait_until(due_ms);
		while (w.used || w.lost)
			write_one();
		pthread_mutex_unlock(&lock);
		due_ms = log_tick(clock_now_ms());
		pthread_mutex_lock(&lock);
		await_batch();
	}
	return NULL;
}

static int start_thread(void)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int rc = pthread_attr_init(&attr);

	if (rc)
		return rc;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, thread_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

/* ---- fork */

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

static void make_condition(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attr);
	pthread_cond_init(&hurry, &attr);
	pthread_condattr_destroy(&attr);
}

/* The parent writes what is in the ring. */
static void in_child(void)
{
	pthread_mutex_unlock(&lock);
	make_condition();
	w.used = 0;
	w.lost = 0;
	w.is_writing = false;
	w.is_started = false;
	w.flushing = 0;
	w.is_child = true;
}

/* The descriptors belong to the parent; this process may close them without knowing it. */
void log_writer_after_fork(void)
{
	w.is_child = false;
	other_fd = -1;
	syslog_close();
}

static void write_at_once(unsigned level, const char *line, size_t len)
{
	enum log_level plain = (enum log_level)(level & LEVEL_BITS);
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (level & RECORD_OF_OTHER)
		to_syslog(plain, line, len, other_pid);
	else if (!(level & RECORD_FOR_USER) && w.target == TO_SYSLOG)
		to_syslog(plain, line, len, getpid());
	else if (poll(&p, 1, CHILD_WAIT_MS) == 1)
		to_stderr(plain, line, len);
}

/* ---- the callers */

static void flush_at_exit(void)
{
	if (!w.is_child)
		log_flush(LOG_FLUSH_MS);
}

/* Before main: a child that is forked before the first line must be recognized as a child. */
__attribute__((constructor)) static void set_up(void)
{
	make_condition();
	find_journal();
	pthread_atfork(before_fork, in_parent, in_child);
	atexit(flush_at_exit);
}

/* Under the lock. Writes what can be written without blocking; the thread will write the rest. */
static void write_without_thread(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	while ((w.used || w.lost) && w.target == TO_STDERR && poll(&p, 1, 0) == 1)
		write_one();
}

/* Under the lock. False: each line is written at once. */
static bool has_thread(void)
{
	if (w.is_child || w.waits)
		return false;
	if (!w.is_started)
		w.is_started = !start_thread();
	return w.is_started;
}

static void put(unsigned level, const char *line, size_t len)
{
	bool is_threaded;

	pthread_mutex_lock(&lock);
	is_threaded = !w.is_child && (w.waits || has_thread());
	if (is_threaded) {
		add_or_count(level, line, len);
		pthread_cond_broadcast(&changed);
		if (w.used > LOG_RING_SIZE / 2)
			pthread_cond_broadcast(&hurry);
	}
	if (w.waits && is_threaded)
		write_without_thread();
	pthread_mutex_unlock(&lock);
	if (!is_threaded)
		write_at_once(level, line, len);
}

void log_writer_put(enum log_level level, bool for_user, const char *line, size_t len)
{
	char cut[LOG_RECORD_MAX];

	if (len > sizeof(cut)) {
		memcpy(cut, line, sizeof(cut) - 1);
		cut[sizeof(cut) - 1] = '\n';
		line = cut;
		len = sizeof(cut);
	}
	put((unsigned)level | (for_user ? RECORD_FOR_USER : 0), line, len);
}

void log_writer_wake(void)
{
	pthread_mutex_lock(&lock);
	w.is_woken = true;
	if (has_thread())
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void log_writer_wait(void)
{
	pthread_mutex_lock(&lock);
	w.waits = !w.is_started;
	pthread_mutex_unlock(&lock);
}

void log_writer_go_on(void)
{
	pthread_mutex_lock(&lock);
	w.waits = false;
	if (w.used || w.lost || w.is_woken)
		has_thread();
	pthread_mutex_unlock(&lock);
}

int log_writer_use_syslog(const char *path)
{
	int error;

	pthread_mutex_lock(&lock);
	w.target = TO_SYSLOG;
	if (path)
		syslog_path = path;
	error = syslog_fd < 0 ? syslog_connect() : 0;
	pthread_mutex_unlock(&lock);
	return -error;
}

void log_writer_outlive_terminal(const char *path)
{
	pthread_mutex_lock(&lock);
	if (path)
		syslog_path = path;
	w.outlives_terminal = isatty(STDERR_FILENO);
	pthread_mutex_unlock(&lock);
}

/* A thread from before may use the socket to syslog, so the socket stays open, as it does without a sandbox. */
void log_writer_pass_to(int fd)
{
	pthread_mutex_lock(&lock);
	if (!w.is_started)
		syslog_close();
	if (other_fd >= 0)
		close(other_fd);
	other_fd = fd;
	pthread_mutex_unlock(&lock);
}

void log_writer_pass_rest(void)
{
	if (other_fd >= 0 && get_target() == TO_SYSLOG)
		log_flush(LOG_FLUSH_MS);
}

/* It may come from an attacker, who must not be able to write several lines by one record. */
static void make_one_line(char *line, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len - 1] = '\n';
}

void log_writer_pass_on(pid_t pid, char *record, size_t len)
{
	if (len < 2 || len > 1 + LOG_RECORD_MAX || (unsigned char)record[0] > LOG_LEVEL_DEBUG)
		return;
	other_pid = pid;
	make_one_line(record + 1, len - 1);
	put((unsigned char)record[0] | RECORD_OF_OTHER, record + 1, len - 1);
}

void log_flush(unsigned ms)
{
	unsigned long written;
	int rc = 0;

	if (w.waits)
		log_writer_go_on(); /* this process ends */
	pthread_mutex_lock(&lock);
	w.flushing++;
	pthread_cond_broadcast(&hurry);
	while (w.is_started && (w.used || w.is_writing) && !rc) {
		struct timespec until = time_of(clock_now_ms() + ms);

		written = w.written;
		while ((w.used || w.is_writing) && w.written == written && !rc)
			rc = pthread_cond_timedwait(&changed, &lock, &until);
	}
	w.flushing--;
	pthread_mutex_unlock(&lock);
}
