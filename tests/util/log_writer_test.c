/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A log without a reader: no call blocks, whatever descriptor 2 is, and lost lines are counted.
 * alarm(2) ends a test that blocks.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/log.h"
#include "util/log_writer.h"

enum { PATIENCE_S = 120, MANY = 12 * 1000, TEXT_SIZE = 16 * 1024 * 1024, READ_SIZE = 16 * 1024 };

static char *text;
static char own_file[PATH_MAX]; /* not /proc/self/exe, which may be valgrind */

struct way {
	int reader, writer;
};

static struct way make_pipe(void)
{
	struct way way;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	way = (struct way){ ends[0], ends[1] };
	return way;
}

static struct way make_sockets(int type)
{
	struct way way;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, type, 0, ends), 0);
	way = (struct way){ ends[0], ends[1] };
	return way;
}

static struct way make_stream(void)
{
	return make_sockets(SOCK_STREAM);
}

static struct way make_datagrams(void)
{
	return make_sockets(SOCK_DGRAM);
}

static struct way make_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	return (struct way){ master, open(ptsname(master), O_RDWR | O_NOCTTY) };
}

static struct way make_nonblocking_pipe(void)
{
	struct way way = make_pipe();

	fcntl(way.writer, F_SETFL, O_NONBLOCK);
	return way;
}

static struct way make_fifo(void)
{
	char path[] = "/tmp/log_writer_test.XXXXXX";
	struct way way;

	assert_non_null(mkdtemp(path));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	way.reader = open(path, O_RDONLY | O_NONBLOCK);
	way.writer = open(path, O_WRONLY);
	fcntl(way.reader, F_SETFL, 0);
	unlink(path);
	return way;
}

/* Reads little at a time: valgrind checks the whole buffer of each read(). */
static ssize_t read_some(int fd, size_t len)
{
	size_t room = TEXT_SIZE - 1 - len;

	return read(fd, text + len, room < READ_SIZE ? room : READ_SIZE);
}

/* Reads until `what` has come. */
static void read_until(int fd, const char *what)
{
	size_t len = 0, from = 0;
	ssize_t n;

	text[0] = '\0';
	while (!strstr(text + from, what)) {
		n = read_some(fd, len);
		assert_true(n > 0);
		from = len > 100 ? len - 100 : 0;
		len += (size_t)n;
		text[len] = '\0';
	}
}

static char *counted; /* up to here */
static unsigned next; /* number */

/* Checks that lines are complete and in order, with a count where some are missing. */
static void count_lines(void)
{
	unsigned number;
	char *end;

	for (; (end = strchr(counted, '\n')); counted = end + 1) {
		*end = '\0'; /* sscanf() scans the whole string for its length */
		if (sscanf(counted, "warn: %u log line", &number) == 1)
			next += number;
		else if (sscanf(counted, "line %u xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|",
				&number) != 1 ||
			 number != next++)
			fail_msg("line %u expected: %.60s", next, counted);
		*end = '\n';
	}
}

static void read_lines(int fd, unsigned count)
{
	size_t len = strlen(text);
	ssize_t n;

	for (count_lines(); next < count; count_lines()) {
		n = read_some(fd, len);
		assert_true(n > 0);
		len += (size_t)n;
		text[len] = '\0';
	}
	assert_int_equal(next, count);
}

static void say(unsigned number)
{
	log_info(NULL, "line %u xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|", number);
}

/* No one reads while MANY lines are logged; then the test reads them. */
static void stuck(struct way (*make)(void))
{
	struct way way = make();
	int saved = dup(STDERR_FILENO);

	alarm(PATIENCE_S);
	text[0] = '\0';
	counted = text;
	next = 0;
	dup2(way.writer, STDERR_FILENO);
	for (unsigned i = 0; i < MANY; i++)
		say(i);
	log_flush(10);
	read_lines(way.reader, MANY);
	assert_non_null(strstr(text, "lost: they were not read in time"));
	say(MANY);
	read_lines(way.reader, MANY + 1);
	log_flush(PATIENCE_S * 1000);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(way.reader);
	close(way.writer);
	alarm(0);
}

static void a_log_that_is_not_read(void **state)
{
	(void)state;
	stuck(make_pipe);
	stuck(make_fifo);
	stuck(make_stream);
	stuck(make_datagrams);
	stuck(make_terminal);
	stuck(make_nonblocking_pipe);
}

static unsigned notices(const char *at)
{
	unsigned n = 0;

	while ((at = strstr(at, " lost: they were not read in time")))
		n++, at++;
	return n;
}

/* Lines that come faster than they are read: the log says that lines were lost now and then, not beside each line. */
static void a_log_that_is_read_slowly(void **state)
{
	enum {
		ROUNDS = 100,
		LINES_A_ROUND = 200,
		MOST_NOTICES = ROUNDS * PIPE_BUF / (LOG_RING_SIZE / 4) + 3
	};
	struct way way = make_pipe();
	int saved = dup(STDERR_FILENO);
	unsigned said = 0;
	size_t len = 0;
	ssize_t n;

	(void)state;
	alarm(PATIENCE_S);
	dup2(way.writer, STDERR_FILENO);
	while (said < MANY)
		say(said++);
	for (unsigned round = 0; round < ROUNDS; round++) {
		n = read(way.reader, text + len, PIPE_BUF);
		assert_true(n > 0);
		len += (size_t)n;
		log_flush(1); /* the writer fills the pipe again */
		for (unsigned i = 0; i < LINES_A_ROUND; i++)
			say(said++);
	}
	text[len] = '\0';
	counted = text;
	next = 0;
	read_lines(way.reader, said);
	assert_in_range(notices(text), 1, MOST_NOTICES);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(way.reader);
	close(way.writer);
	alarm(0);
}

/* With a descriptor 2 that blocks. */
static int fork_and_end(void)
{
	int status;
	pid_t pid;

	alarm(PATIENCE_S);
	for (unsigned i = 0; i < MANY; i++)
		say(i);
	pid = fork();
	if (pid == 0) {
		say(0);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* exit() ends the program although the thread blocks in write(2); a child of fork ends too. */
static void a_blocked_thread_does_not_stop_exit(void **state)
{
	struct way way = make_pipe();
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		dup2(way.writer, STDERR_FILENO);
		execl(own_file, own_file, "end", NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	close(way.reader);
	close(way.writer);
}

/* A line that a child logs before _exit is written, and no line of its parent is written twice. */
static void children_of_fork(void **state)
{
	struct way way = make_pipe();
	int saved = dup(STDERR_FILENO);

	(void)state;
	dup2(way.writer, STDERR_FILENO);
	log_info(NULL, "parent");
	log_flush(PATIENCE_S * 1000);
	if (fork() == 0) {
		log_info(NULL, "child");
		_exit(0);
	}
	wait(NULL);
	log_info(NULL, "end");
	log_flush(PATIENCE_S * 1000);
	dup2(saved, STDERR_FILENO);
	read_until(way.reader, "end\n");
	assert_string_equal(text, "parent\nchild\nend\n");
	close(saved);
	close(way.reader);
	close(way.writer);
}

/* As on a full disk: lines are lost and counted, and a truncated line gets a newline. */
static void a_file_that_is_full(void **state)
{
	char path[] = "/tmp/log_writer_test.XXXXXX";
	int fd = mkstemp(path), saved = dup(STDERR_FILENO);
	struct rlimit before, small;
	ssize_t n;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ 10, before.rlim_max };
	dup2(fd, STDERR_FILENO);
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 3; i++) {
		log_info(NULL, "123456789012345");
		log_flush(PATIENCE_S * 1000);
	}
	setrlimit(RLIMIT_FSIZE, &before);
	log_info(NULL, "room");
	log_flush(PATIENCE_S * 1000);
	dup2(saved, STDERR_FILENO);
	n = pread(fd, text, TEXT_SIZE - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(
		text,
		"1234567890\nwarn: 3 log lines were lost: they were not read in time\nroom\n");
	close(fd);
	close(saved);
	unlink(path);
}

/* ---- the journal */

static const char *with_journal(const char *before, const char *after)
{
	static char out[256];
	struct way way = make_pipe();
	struct stat st;
	char name[64];
	ssize_t n;

	if (fork() == 0) {
		dup2(way.writer, STDERR_FILENO);
		fstat(STDERR_FILENO, &st);
		snprintf(name, sizeof(name), "%llu:%s%llu%s", (unsigned long long)st.st_dev, before,
			 (unsigned long long)st.st_ino, after);
		setenv("JOURNAL_STREAM", name, 1);
		execl(own_file, own_file, "journal", NULL);
	}
	wait(NULL);
	n = read(way.reader, out, sizeof(out) - 1);
	out[n > 0 ? n : 0] = '\0';
	close(way.reader);
	close(way.writer);
	return out;
}

/* ---- a fork while other threads log */

enum { FORKS = 300, LOGGERS = 3 };

static struct log_limit limit = { .about = "the test", .max = 1 };
static const struct log limited = { .name = "test", .limit = &limit };
static atomic_bool is_over;

static void *log_on(void *arg)
{
	(void)arg;
	while (!is_over)
		log_warn(&limited, "a line with a time");
	return NULL;
}

/* Descriptor 2 is /dev/null. alarm(2) ends a child that waits for a lock that is never released. */
static int fork_and_log(const char *target)
{
	pthread_t thread[LOGGERS];
	int status = 0, worst = 0;

	log_set_timestamps(true);
	log_set_json(true);
	if (*target)
		log_writer_use_syslog(target);
	for (unsigned i = 0; i < LOGGERS; i++)
		pthread_create(&thread[i], NULL, log_on, NULL);
	for (unsigned i = 0; i < FORKS && !worst; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			alarm(PATIENCE_S / 4);
			log_warn(&limited, "the child's");
			log_info(NULL, "the child's");
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			worst = 9;
	}
	is_over = true;
	for (unsigned i = 0; i < LOGGERS; i++)
		pthread_join(thread[i], NULL);
	return worst;
}

static void other_threads_log(void **state)
{
	static const char *const targets[] = { "", "/no/such/syslog" };
	int status, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			dup2(null, STDERR_FILENO);
			execl(own_file, own_file, "forks", targets[i], NULL);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	close(null);
}

/* The first line is logged by a child. */
static int fork_first(void)
{
	if (fork() == 0) {
		log_info(NULL, "child");
		_exit(0);
	}
	wait(NULL);
	return 0;
}

static void a_child_before_any_line(void **state)
{
	struct way way = make_pipe();
	char got[64];
	ssize_t n;

	(void)state;
	if (fork() == 0) {
		dup2(way.writer, STDERR_FILENO);
		execl(own_file, own_file, "fork", NULL);
	}
	close(way.writer);
	wait(NULL);
	n = read(way.reader, got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	assert_string_equal(got, "child\n");
	close(way.reader);
}

/* ---- without a thread */

static bool has_one_thread(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *e;
	int count = 0;

	while ((e = readdir(tasks)))
		count += *e->d_name != '.';
	closedir(tasks);
	return count == 1;
}

/* Some lines are written, more wait until there is a thread; none is lost. */
static int wait_and_go_on(void)
{
	unsigned count = 0;
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	log_writer_wait();
	while (poll(&p, 1, 0) == 1)
		log_info(NULL, "line %u", ++count);
	log_info(NULL, "line %u", ++count);
	log_info(NULL, "line %u", ++count);
	if (!has_one_thread())
		return 1;
	log_writer_go_on();
	log_info(NULL, "end");
	log_flush(PATIENCE_S * 1000);
	return 0;
}

static void a_process_that_waits_with_its_thread(void **state)
{
	struct way way = make_pipe();
	struct pollfd full = { .fd = way.writer, .events = POLLOUT };
	unsigned count = 0;
	int status;

	(void)state;
	if (fork() == 0) {
		dup2(way.writer, STDERR_FILENO);
		execl(own_file, own_file, "wait", NULL);
	}
	while (poll(&full, 1, 0) == 1) /* else it could go on for as long as its lines are read */
		usleep(1000);
	close(way.writer);
	read_until(way.reader, "end\n");
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
		char wanted[32];

		snprintf(wanted, sizeof(wanted), "line %u\n", ++count);
		if (strncmp(at, "end\n", 4) != 0)
			assert_memory_equal(at, wanted, strlen(wanted));
	}
	assert_true(count > 3);
	close(way.reader);
}

/* A process that ends before writes its lines all the same. */
static int wait_and_end(void)
{
	log_writer_wait();
	log_info(NULL, "one");
	log_info(NULL, "two");
	return has_one_thread() ? 0 : 1;
}

static void a_process_that_waits_and_ends(void **state)
{
	struct way way = make_pipe();
	int status;

	(void)state;
	if (fork() == 0) {
		dup2(way.writer, STDERR_FILENO);
		execl(own_file, own_file, "wait-end", NULL);
	}
	close(way.writer);
	read_until(way.reader, "two\n");
	assert_string_equal(text, "one\ntwo\n");
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	close(way.reader);
}

static int log_and_end(void)
{
	log_error(NULL, "e");
	log_warn(NULL, "w");
	log_info(NULL, "i");
	return 0;
}

static void journal(void **state)
{
	(void)state;
	assert_string_equal(with_journal("", ""), "<3>error: e\n<4>warn: w\n<6>i\n");
	assert_string_equal(with_journal("1", ""), "error: e\nwarn: w\ni\n");
	assert_string_equal(with_journal("", ":3"), "error: e\nwarn: w\ni\n");
	assert_string_equal(with_journal("nonsense", ""), "error: e\nwarn: w\ni\n");
}

/* ---- syslog */

enum { SYSLOG_PATH_SIZE = 64 };

static int listen_as_syslog(const char *path, int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* "<28>Nov 29 13:22:05 sstp[4711]: warn: w": what follows the header. */
static const char *receive_syslog(int fd, const char *priority)
{
	static char got[512];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);
	int header = 0;
	unsigned day, hour, minute, second;
	char month[8];

	assert_true(n > 0);
	got[n] = '\0';
	assert_memory_equal(got, priority, strlen(priority));
	assert_int_equal(sscanf(got + strlen(priority), "%3s %2u %2u:%2u:%2u sstp[%*d]: %n", month,
				&day, &hour, &minute, &second, &header),
			 5);
	assert_true(header > 0);
	return got + strlen(priority) + header;
}

/* In a process of its own: it can't switch back from syslog. */
static int log_to_syslog(const char *path)
{
	int error = log_writer_use_syslog(path);

	log_error(NULL, "e");
	log_warn(NULL, "w");
	log_info(NULL, "i");
	log_flush(PATIENCE_S * 1000);
	return error ? 3 : 0;
}

static pid_t start_logging(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(PATIENCE_S);
		execl(own_file, own_file, "syslog", path, NULL);
	}
	return pid;
}

static void syslog_lines(void **state)
{
	char path[SYSLOG_PATH_SIZE];
	int fd, status;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/log_writer_test.%ld", (long)getpid());
	fd = listen_as_syslog(path, SOCK_DGRAM);
	pid = start_logging(path);
	assert_string_equal(receive_syslog(fd, "<27>"), "error: e");
	assert_string_equal(receive_syslog(fd, "<28>"), "warn: w");
	assert_string_equal(receive_syslog(fd, "<30>"), "i");
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(fd);
	unlink(path);
}

/* The daemon starts later than we do; a stream socket works too. */
static void syslog_comes_later(void **state)
{
	char path[SYSLOG_PATH_SIZE], got[512];
	int fd, status, conn;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/log_writer_test.%ld", (long)getpid());
	pid = start_logging(path);
	usleep(100 * 1000);
	fd = listen_as_syslog(path, SOCK_STREAM);
	conn = accept(fd, NULL, NULL);
	while ((n = read(conn, got + len, sizeof(got) - 1 - len)) > 0)
		len += (size_t)n;
	got[len] = '\0';
	assert_non_null(strstr(got, "]: error: e\n<28>"));
	assert_non_null(strstr(got, "]: i\n"));
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	close(conn);
	close(fd);
	unlink(path);
}

/* Logs to a terminal, and once more when that has hung up. */
static int outlive(const char *path)
{
	char c;

	log_writer_outlive_terminal(path);
	log_info(NULL, "before");
	log_flush(PATIENCE_S * 1000);
	if (read(STDIN_FILENO, &c, 1) != 0)
		return 4;
	log_warn(NULL, "after");
	log_flush(PATIENCE_S * 1000);
	return 0;
}

static void a_terminal_that_goes_away(void **state)
{
	struct way way = make_terminal(), go = make_pipe();
	char path[SYSLOG_PATH_SIZE];
	int fd, status;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/log_writer_test.%ld", (long)getpid());
	fd = listen_as_syslog(path, SOCK_DGRAM);
	pid = fork();
	if (pid == 0) {
		alarm(PATIENCE_S);
		dup2(way.writer, STDERR_FILENO);
		dup2(go.reader, STDIN_FILENO);
		for (int i = STDERR_FILENO + 1; i < 100; i++)
			close(i);
		execl(own_file, own_file, "outlive", path, NULL);
	}
	read_until(way.reader, "before\r\n");
	close(way.writer);
	close(way.reader);
	close(go.reader);
	close(go.writer);
	assert_string_equal(receive_syslog(fd, "<28>"), "warn: after");
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(fd);
	unlink(path);
}

/* Standard input is the way to the process that passes the lines on; when that has ended, standard error is left. */
static int log_through_other(void)
{
	char c;

	log_writer_use_syslog("/no/such/syslog");
	log_writer_pass_to(dup(STDIN_FILENO));
	log_warn(NULL, "first");
	log_writer_pass_rest();
	if (read(STDIN_FILENO, &c, 1) != 0)
		return 4;
	log_info(NULL, "last");
	log_flush(PATIENCE_S * 1000);
	return 0;
}

static void lines_that_another_passes_on(void **state)
{
	static char path[SYSLOG_PATH_SIZE];
	char record[LOG_RECORD_MAX + 2] = "\x09of no level\n", got[512];
	struct way way = make_pipe();
	int ends[2], fd, status;
	ssize_t n;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/log_writer_test.%ld", (long)getpid());
	fd = listen_as_syslog(path, SOCK_DGRAM);
	log_writer_outlive_terminal(path); /* only for its path */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	pid = fork();
	if (pid == 0) {
		alarm(PATIENCE_S);
		dup2(ends[1], STDIN_FILENO);
		dup2(way.writer, STDERR_FILENO);
		execl(own_file, own_file, "pass", NULL);
	}
	close(ends[1]);
	close(way.writer);
	log_writer_pass_on(4711, record, strlen(record));
	log_writer_pass_on(4711, record, sizeof(record));
	log_writer_pass_on(4711, record, 1);
	n = recv(ends[0], record, sizeof(record), 0);
	assert_true(n > 0);
	log_writer_pass_on(4711, record, (size_t)n);
	n = snprintf(record, sizeof(record), "%ctwo\n<0>lines\x1b", LOG_LEVEL_INFO);
	log_writer_pass_on(4712, record, (size_t)n);
	assert_string_equal(receive_syslog(fd, "<28>"), "warn: first");
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	got[n] = '\0';
	assert_non_null(strstr(got, " sstp[4712]: two?<0>lines"));
	assert_null(strchr(got, '\x1b'));
	close(ends[0]);
	read_until(way.reader, "last\n");
	close(way.reader);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(fd);
	unlink(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_that_is_not_read),
		cmocka_unit_test(a_log_that_is_read_slowly),
		cmocka_unit_test(a_blocked_thread_does_not_stop_exit),
		cmocka_unit_test(children_of_fork),
		cmocka_unit_test(a_child_before_any_line),
		cmocka_unit_test(a_process_that_waits_with_its_thread),
		cmocka_unit_test(a_process_that_waits_and_ends),
		cmocka_unit_test(other_threads_log),
		cmocka_unit_test(a_file_that_is_full),
		cmocka_unit_test(journal),
		cmocka_unit_test(syslog_lines),
		cmocka_unit_test(syslog_comes_later),
		cmocka_unit_test(a_terminal_that_goes_away),
		cmocka_unit_test(lines_that_another_passes_on),
	};
	int failed;

	if (!realpath(argv[0], own_file))
		return 1;
	if (argc > 1 && !strcmp(argv[1], "fork"))
		return fork_first();
	if (argc > 1 && !strcmp(argv[1], "wait"))
		return wait_and_go_on();
	if (argc > 1 && !strcmp(argv[1], "wait-end"))
		return wait_and_end();
	if (argc > 2 && !strcmp(argv[1], "forks"))
		return fork_and_log(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "journal"))
		return log_and_end();
	if (argc > 1 && !strcmp(argv[1], "end"))
		return fork_and_end();
	if (argc > 2 && !strcmp(argv[1], "outlive"))
		return outlive(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "pass"))
		return log_through_other();
	if (argc > 2 && !strcmp(argv[1], "syslog"))
		return log_to_syslog(argv[2]);
	text = malloc(TEXT_SIZE);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(text);
	return failed;
}
