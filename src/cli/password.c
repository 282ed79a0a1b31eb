/* Reading passwords: byte by byte, so that nothing behind the line is eaten and no copy stays. */
#include "cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/tidy.h"
#include "util/secret.h"

static bool wrong(struct option_error *err, const char *what, const char *why)
{
	snprintf(err->text, sizeof(err->text), "%.120s: %.120s", what, why);
	return false;
}

static const char zero_byte[] = "a zero byte in the password: text in UTF-16 has such; UTF-8 is wanted";
static const char too_long[] = "longer than 511 bytes";

/* NULL, or why there is none. */
static const char *read_line(int fd, char to[PASSWORD_ROOM])
{
	size_t len = 0;
	char c = '\0';
	ssize_t n;

	while ((n = read(fd, &c, 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerror(errno);
		if (c == '\n')
			break;
		if (!c)
			return zero_byte;
		if (len + 1 >= PASSWORD_ROOM)
			return too_long;
		to[len++] = c;
	}
	if (len && to[len - 1] == '\r')
		len--;
	to[len] = '\0';
	return len || n > 0 ? NULL : "nothing to read";
}

bool password_from_fd(int fd, char to[PASSWORD_ROOM], struct option_error *err)
{
	const char *why = read_line(fd, to);
	char what[40] = "standard input";

	if (fd)
		snprintf(what, sizeof(what), "--password-fd %d", fd);
	return why ? wrong(err, what, why) : tidy_password(to, what, err);
}

bool password_from_file(const char *file, char to[PASSWORD_ROOM], struct option_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	const char *why;

	if (fd < 0)
		return wrong(err, file, strerror(errno));
	why = read_line(fd, to);
	close(fd);
	return why ? wrong(err, file, why) : tidy_password(to, file, err);
}

static const char variable[] = "SSTP_PASSWORD";

/* The value, if that is what this is; else NULL. */
static char *password_in(char *var)
{
	size_t len = sizeof(variable) - 1;

	return !strncmp(var, variable, len) && var[len] == '=' ? var + len + 1 : NULL;
}

/* Where the values lie, anybody who may look at our processes can read them (/proc/PID/environ). */
void password_forget_environment(void)
{
	for (char **var = environ; var && *var; var++) {
		char *value = password_in(*var);

		if (value)
			secret_wipe(value, strlen(value));
	}
	unsetenv(variable);
}

bool password_from_environment(char to[PASSWORD_ROOM], struct option_error *err)
{
	const char *value = getenv(variable);
	bool ok = value && strlen(value) < PASSWORD_ROOM;

	if (ok) {
		strcpy(to, value);
		ok = tidy_password(to, variable, err);
	} else if (value) {
		wrong(err, variable, too_long);
	}
	password_forget_environment();
	return ok;
}

/* For a signal that comes while the echo is off. */
static int asked_fd;
static struct termios asked_before;
static struct sigaction asked_int, asked_term; /* what these signals did before */

static void give_signals_back(void)
{
	sigaction(SIGINT, &asked_int, NULL);
	sigaction(SIGTERM, &asked_term, NULL);
}

static void put_echo_back(int signal_number)
{
	tcsetattr(asked_fd, TCSAFLUSH, &asked_before);
	give_signals_back();
	raise(signal_number);
}

static void take_signals(void)
{
	struct sigaction ours = { .sa_handler = put_echo_back };

	sigaction(SIGINT, &ours, &asked_int);
	sigaction(SIGTERM, &ours, &asked_term);
}

static bool ask(const char *prompt, bool is_silent, char to[PASSWORD_ROOM], const char **why)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct termios t;

	*why = NULL;
	if (fd < 0 || tcgetattr(fd, &asked_before)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	asked_fd = fd;
	t = asked_before;
	if (is_silent) {
		t.c_lflag &= ~(tcflag_t)ECHO;
		t.c_lflag |= ECHONL;
	}
	take_signals();
	tcsetattr(fd, TCSAFLUSH, &t);
	dprintf(fd, "%s", prompt);
	*why = read_line(fd, to);
	tcsetattr(fd, TCSAFLUSH, &asked_before);
	give_signals_back();
	close(fd);
	return true;
}

bool password_ask(const char *prompt, char to[PASSWORD_ROOM], struct option_error *err)
{
	const char *why;

	if (!ask(prompt, true, to, &why))
		return wrong(err, "no password",
			     "no terminal to ask on; use --password-file, --passwd-on-stdin or the "
			     "variable SSTP_PASSWORD");
	return why ? wrong(err, "the terminal", why) : tidy_password(to, "the terminal", err);
}

bool terminal_ask(const char *prompt, char to[PASSWORD_ROOM])
{
	const char *why;

	return ask(prompt, false, to, &why) && !why && *to;
}
