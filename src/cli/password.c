/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads passwords byte by byte, so that nothing after the line is consumed and no copy stays in a
 * buffer.
 */
#include "cli/input_file.h"
#include "cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/tidy.h"
#include "util/file_agent.h"
#include "util/secret.h"

static bool wrong(struct error *err, const char *what, const char *why)
{
	snprintf(err->text, sizeof(err->text), "%.120s: %.120s", what, why);
	return false;
}

static const char zero_byte[] = "a zero byte in the password, as UTF-16 has: it must be UTF-8";
static const char too_long[] = "longer than 511 bytes";

static const char interrupted[] = "interrupted";

/* Like read() of one byte. EINTR: a signal that `mask` does not block has arrived. */
static ssize_t read_byte(int fd, char *c, const sigset_t *mask)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (mask && ppoll(&p, 1, NULL, mask) < 0)
		return -1;
	return read(fd, c, 1);
}

/*
 * Returns NULL, or why there is none; `interrupted` if a signal that `mask` (may be NULL) does not
 * block arrived.
 */
static const char *read_line(int fd, char to[PASSWORD_SIZE], const sigset_t *mask)
{
	size_t len = 0;
	char c = '\0';
	ssize_t n;

	while ((n = read_byte(fd, &c, mask)) != 0) {
		if (n < 0 && errno == EINTR && mask)
			return interrupted;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerror(errno);
		if (c == '\n')
			break;
		if (!c)
			return zero_byte;
		if (len + 1 >= PASSWORD_SIZE)
			return too_long;
		to[len++] = c;
	}
	if (len && to[len - 1] == '\r')
		len--;
	to[len] = '\0';
	return len || n > 0 ? NULL : "nothing to read";
}

bool password_from_fd(int fd, char to[PASSWORD_SIZE], struct error *err)
{
	const char *why = read_line(fd, to, NULL);
	char what[40] = "standard input";

	if (fd)
		snprintf(what, sizeof(what), "--password-fd %d", fd);
	return why ? wrong(err, what, why) : tidy_password(to, what, err);
}

/* The file is read only once, so it is not noted as one that the helper may open later. */
bool password_from_file(const char *file, char to[PASSWORD_SIZE], struct error *err)
{
	bool was_noted = file_note_paths(false);
	const char *why;
	int fd = input_file_open(file, &why);

	file_note_paths(was_noted);
	if (fd < 0)
		return wrong(err, file, why);
	why = read_line(fd, to, NULL);
	close(fd);
	return why ? wrong(err, file, why) : tidy_password(to, file, err);
}

static const char own_variable[] = "SSTP_PASSWORD";

/* Returns the value if `var` is this variable, else NULL. */
static char *value_in(char *var, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(var, name, len) && var[len] == '=' ? var + len + 1 : NULL;
}

/* Any process that may read /proc/PID/environ can see the values, so they are wiped in place. */
static void forget(const char *variable)
{
	for (char **var = environ; var && *var; var++) {
		char *value = value_in(*var, variable);

		if (value)
			secret_wipe(value, strlen(value));
	}
	unsetenv(variable);
}

bool password_from_variable(const char *variable, char to[PASSWORD_SIZE], struct error *err)
{
	const char *value = getenv(variable);
	bool ok = value && strlen(value) < PASSWORD_SIZE;

	if (ok) {
		strcpy(to, value);
		ok = tidy_password(to, variable, err);
	} else if (value) {
		wrong(err, variable, too_long);
	}
	forget(variable);
	return ok;
}

static const char proxy_variable[] = "SSTP_PROXY"; /* a URL, which may have a password in it */

void password_forget_proxy(void)
{
	const char *url = getenv(proxy_variable);

	forget("SSTP_PROXY_PASSWORD");
	if (url && strchr(url, '@'))
		forget(proxy_variable);
}

void password_forget_environment(void)
{
	forget(own_variable);
	password_forget_proxy();
}

bool password_from_environment(char to[PASSWORD_SIZE], struct error *err)
{
	return password_from_variable(own_variable, to, err);
}

/* ---- a terminal */

/*
 * Signals that are blocked while the echo is off, except while we wait for input: then the terminal
 * is restored first, and the signal has its former effect. An ignored signal stays ignored. After
 * SIGTSTP and a continue the question is asked again.
 */
static const int watched[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };
enum { WATCHED = sizeof(watched) / sizeof(*watched) };

struct question {
	int fd;
	const char *prompt;
	bool is_silent;
	struct termios before;
	struct sigaction actions[WATCHED];
	sigset_t mask;
};

static volatile sig_atomic_t came;

static void note_signal(int signal_number)
{
	came = signal_number;
}

static void take_signals(struct question *q)
{
	const struct sigaction ours = { .sa_handler = note_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < WATCHED; i++)
		sigaddset(&blocked, watched[i]);
	sigprocmask(SIG_BLOCK, &blocked, &q->mask);
	for (size_t i = 0; i < WATCHED; i++) {
		sigaction(watched[i], NULL, &q->actions[i]);
		if (q->actions[i].sa_handler != SIG_IGN)
			sigaction(watched[i], &ours, NULL);
	}
}

static void give_signals_back(const struct question *q)
{
	for (size_t i = 0; i < WATCHED; i++)
		sigaction(watched[i], &q->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &q->mask, NULL);
}

static const char *ask_once(struct question *q, char to[PASSWORD_SIZE])
{
	struct termios t = q->before;
	const char *why;

	if (q->is_silent) {
		t.c_lflag &= ~(tcflag_t)ECHO;
		t.c_lflag |= ECHONL;
	}
	take_signals(q);
	tcsetattr(q->fd, TCSAFLUSH, &t);
	dprintf(q->fd, "%s", q->prompt);
	why = read_line(q->fd, to, &q->mask);
	tcsetattr(q->fd, TCSAFLUSH, &q->before);
	if (why == interrupted)
		dprintf(q->fd, "\n");
	give_signals_back(q);
	return why;
}

/* Returns false if there is no terminal. */
static bool ask(const char *prompt, bool is_silent, char to[PASSWORD_SIZE], const char **why)
{
	struct question q = {
		.fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY),
		.prompt = prompt,
		.is_silent = is_silent,
	};
	bool is_terminal = q.fd >= 0 && tcgetattr(q.fd, &q.before) == 0;

	*why = NULL;
	while (is_terminal && (*why = ask_once(&q, to)) == interrupted) {
		secret_wipe(to, PASSWORD_SIZE);
		raise(came);
	}
	if (q.fd >= 0)
		close(q.fd);
	return is_terminal;
}

bool password_ask(const char *prompt, char to[PASSWORD_SIZE], struct error *err)
{
	const char *why;

	if (!ask(prompt, true, to, &why))
		return wrong(err, "no password",
			     "no terminal to ask on; use --password-file, --passwd-on-stdin or the "
			     "variable SSTP_PASSWORD");
	return why ? wrong(err, "the terminal", why) : tidy_password(to, "the terminal", err);
}

bool terminal_ask(const char *prompt, char to[PASSWORD_SIZE])
{
	const char *why;

	return ask(prompt, false, to, &why) && !why && *to;
}
