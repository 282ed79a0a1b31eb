/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sstp sessions: who is connected to the running server, as a table that fits the terminal: of columns that
 * do not fit the least important ones are left out. With --watch as many rows as the screen has, again every
 * two seconds, with rates.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/ask_program.h"
#include "cli/exit_code.h"
#include "cli/value.h"
#include "cli/verbs.h"
#include "util/clock.h"
#include "util/ip.h"

enum { WATCH_MS = 2000, CELL_SIZE = 64, SCREEN_ROWS_MIN = 5 };

/* In the order in which they are printed. */
enum column {
	COLUMN_ID,
	COLUMN_USER,
	COLUMN_ADDRESS,
	COLUMN_FROM,
	COLUMN_AGE,
	COLUMN_RECEIVED,
	COLUMN_SENT,
	COLUMN_RECEIVING, /* with --watch */
	COLUMN_SENDING,
	COLUMN_RTT,
	COLUMN_RETRANS,
	COLUMN_WAITING,
	COLUMNS,
};

static const struct {
	const char *head, *sort; /* the word for --sort */
	bool is_text;            /* to the left, and sorted from the first to the last */
	unsigned rank;           /* the columns that fit are those of the lowest ranks */
} columns[COLUMNS] = {
	[COLUMN_ID] = { "ID", "id", false, 0 },
	[COLUMN_USER] = { "USER", "user", true, 0 },
	[COLUMN_ADDRESS] = { "ADDRESS", "address", true, 0 },
	[COLUMN_FROM] = { "FROM", "from", true, 4 },
	[COLUMN_AGE] = { "AGE", "age", false, 1 },
	[COLUMN_RECEIVED] = { "RECEIVED", "received", false, 2 },
	[COLUMN_SENT] = { "SENT", "sent", false, 2 },
	[COLUMN_RECEIVING] = { "RECEIVING", "receiving", false, 1 },
	[COLUMN_SENDING] = { "SENDING", "sending", false, 1 },
	[COLUMN_RTT] = { "RTT", "rtt", false, 3 },
	[COLUMN_RETRANS] = { "RETRANS", "retrans", false, 6 },
	[COLUMN_WAITING] = { "WAITING", "waiting", false, 5 },
};

enum { RANKS = 7 };

struct sessions_settings {
	struct ask_settings ask;
	const char *who; /* NULL: all */
	enum column sort;
	bool is_sorted; /* --sort was given */
	bool watch;
};

struct row {
	uint64_t number
		[COLUMNS]; /* of columns with numbers; ages in seconds, times in milliseconds */
	char user[CELL_SIZE], address[CELL_SIZE], from[CELL_SIZE];
	struct ip_addr ip; /* of `address`, for the order */
};

struct table {
	struct row *rows;
	size_t count;
	uint64_t at_ms;
	bool has_rates;
};

/* ---- the options */

static bool set_sort(void *to, const char *value, struct error *err)
{
	struct sessions_settings *s = to;

	for (unsigned c = 0; c < COLUMNS; c++)
		if (!strcmp(columns[c].sort, value)) {
			s->sort = (enum column)c;
			s->is_sorted = true;
			return true;
		}
	snprintf(err->text, sizeof(err->text),
		 "must be id, user, address, from, age, received, sent, rtt, retrans or waiting; "
		 "with --watch also receiving or sending");
	return false;
}

static bool take_who(void *to, const char *word, struct error *err)
{
	const char **at = to;

	if (*at) {
		snprintf(err->text, sizeof(err->text), "only one can be given (already: %s)", *at);
		return false;
	}
	*at = word;
	return true;
}

#define AT(member) offsetof(struct sessions_settings, member)

static const struct option sessions_table[] = {
	{ .name = "sort",
	  .arg = "COLUMN",
	  .words = "id user address from age received sent receiving sending rtt retrans waiting",
	  .help = "sort by this column, numbers from the largest on (but id); default id, with "
		  "--watch what is busiest",
	  .set = set_sort,
	  .flags = OPTION_CLI_ONLY },
	{ .name = "watch",
	  .short_name = 'w',
	  .help = "print as many as the screen has room for, every 2 seconds, with the rates, until "
		  "Ctrl-C",
	  .set = set_flag,
	  .at = AT(watch),
	  .flags = OPTION_CLI_ONLY },
};

static const struct option_group sessions_options = OPTION_GROUP(sessions_table);

static const struct option_use uses[] = {
	{ .heading = "Options", .group = &sessions_options },
	{ .group = &ask_options, .at = AT(ask) },
	{ .group = &help_options },
};

/* ---- reading */

static void read_row(struct bytes o, struct row *r)
{
	struct ask_text source = ask_text(o, "source");

	memset(r, 0, sizeof(*r));
	snprintf(r->user, sizeof(r->user), "%.*s", CELL_SIZE - 1, ask_text(o, "user").text);
	snprintf(r->address, sizeof(r->address), "%.*s", CELL_SIZE - 1,
		 ask_text(o, "address").text);
	if (*source.text)
		snprintf(r->from, sizeof(r->from),
			 strchr(source.text, ':') ? "[%.46s]:%llu" : "%.46s:%llu", source.text,
			 (unsigned long long)ask_number(o, "source_port"));
	ip_parse(r->address, &r->ip);
	r->number[COLUMN_ID] = ask_number(o, "id");
	r->number[COLUMN_AGE] = ask_number(o, "age_s");
	r->number[COLUMN_RECEIVED] = ask_number(o, "rx_bytes");
	r->number[COLUMN_SENT] = ask_number(o, "tx_bytes");
	r->number[COLUMN_RTT] = ask_number(o, "rtt_ms");
	r->number[COLUMN_RETRANS] = ask_number(o, "retransmitted");
	r->number[COLUMN_WAITING] = ask_number(o, "waiting_bytes");
}

/* A user, an address in the tunnel, or the client's own address. */
static bool is_wanted(const struct row *r, const char *who)
{
	size_t len = who ? strlen(who) : 0;

	return !who || !strcmp(r->user, who) || !strcmp(r->address, who) ||
	       (!strncmp(r->from, who, len) && r->from[len] == ':') ||
	       (r->from[0] == '[' && !strncmp(r->from + 1, who, len) && r->from[len + 1] == ']');
}

/* False: no memory. */
static bool read_rows(struct bytes object, const char *who, struct table *t)
{
	struct bytes array, item;
	size_t room = 0;

	*t = (struct table){ .at_ms = clock_now_ms() };
	if (!json_member(object, "sessions", &array))
		return true;
	while (json_next(&array, &item)) {
		if (t->count == room) {
			struct row *more = realloc(t->rows, (2 * room + 64) * sizeof(*more));

			if (!more)
				return false;
			t->rows = more;
			room = 2 * room + 64;
		}
		read_row(item, &t->rows[t->count]);
		t->count += is_wanted(&t->rows[t->count], who);
	}
	return true;
}

/* ---- order */

static enum column sorted_by; /* for qsort */

static int compare_text(const struct row *a, const struct row *b)
{
	switch (sorted_by) {
	case COLUMN_USER:
		return strcmp(a->user, b->user);
	case COLUMN_ADDRESS:
		return memcmp(&a->ip.bytes, &b->ip.bytes, sizeof(a->ip.bytes));
	default:
		return strcmp(a->from, b->from);
	}
}

static int compare(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	uint64_t x = a->number[sorted_by], y = b->number[sorted_by];
	int order = columns[sorted_by].is_text            ? compare_text(a, b)
		    : x == y                              ? 0
		    : (x < y) == (sorted_by == COLUMN_ID) ? -1
							  : 1;

	if (order)
		return order;
	return (a->number[COLUMN_ID] > b->number[COLUMN_ID]) -
	       (a->number[COLUMN_ID] < b->number[COLUMN_ID]);
}

static void sort(struct table *t, enum column by)
{
	sorted_by = by;
	if (t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), compare);
}

/* What each has done since `last`, which is sorted by id. */
static void set_rates(struct table *t, const struct table *last)
{
	uint64_t ms = t->at_ms - last->at_ms;

	sort(t, COLUMN_ID);
	t->has_rates = last->at_ms && ms;
	for (size_t i = 0, k = 0; t->has_rates && i < t->count; i++) {
		uint64_t *now = t->rows[i].number;
		const uint64_t *then;

		while (k < last->count && last->rows[k].number[COLUMN_ID] < now[COLUMN_ID])
			k++;
		then = k < last->count && last->rows[k].number[COLUMN_ID] == now[COLUMN_ID]
			       ? last->rows[k].number
			       : NULL;
		if (!then)
			continue;
		now[COLUMN_RECEIVING] = (now[COLUMN_RECEIVED] - then[COLUMN_RECEIVED]) * 8000 / ms;
		now[COLUMN_SENDING] = (now[COLUMN_SENT] - then[COLUMN_SENT]) * 8000 / ms;
	}
}

/* ---- printing */

static const char *cell(const struct row *r, enum column c, char to[CELL_SIZE])
{
	uint64_t n = r->number[c];

	switch (c) {
	case COLUMN_USER:
		return r->user;
	case COLUMN_ADDRESS:
		return *r->address ? r->address : "-";
	case COLUMN_FROM:
		return *r->from ? r->from : "a Unix socket";
	case COLUMN_AGE:
		snprintf(to, CELL_SIZE, "%.*s", CELL_SIZE - 1, ask_time(n).text);
		return to;
	case COLUMN_RECEIVING:
	case COLUMN_SENDING:
		snprintf(to, CELL_SIZE, "%.*s", CELL_SIZE - 1, n ? ask_rate(n).text : "-");
		return to;
	case COLUMN_RECEIVED:
	case COLUMN_SENT:
	case COLUMN_WAITING:
		snprintf(to, CELL_SIZE, "%.*s", CELL_SIZE - 1, n ? ask_bytes(n).text : "-");
		return to;
	case COLUMN_RTT:
		snprintf(to, CELL_SIZE, "%llu ms", (unsigned long long)n);
		return to;
	case COLUMN_ID:
	case COLUMN_RETRANS:
	case COLUMNS:
		break;
	}
	snprintf(to, CELL_SIZE, "%llu", (unsigned long long)n);
	return to;
}

/* Characters, of which each takes one place; those of East Asia that take two are not known here. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void measure(const struct table *t, size_t shown, int width[COLUMNS])
{
	char text[CELL_SIZE];

	for (unsigned c = 0; c < COLUMNS; c++) {
		bool is_rate = c == COLUMN_RECEIVING || c == COLUMN_SENDING;

		width[c] = is_rate && !t->has_rates ? 0 : (int)strlen(columns[c].head);
		for (size_t i = 0; width[c] && i < shown; i++) {
			int n = width_of(cell(&t->rows[i], (enum column)c, text));

			width[c] = n > width[c] ? n : width[c];
		}
	}
}

/* Sets the width of what does not fit to 0, and of all that is less important. `room`: of the screen; 0: unlimited. */
static void choose(int width[COLUMNS], int room)
{
	int used = 0;
	bool fits = true;

	for (unsigned rank = 0; rank < RANKS; rank++)
		for (unsigned c = 0; c < COLUMNS; c++) {
			if (columns[c].rank != rank || !width[c])
				continue;
			fits = fits && (!rank || !room || used + 2 + width[c] <= room);
			if (fits)
				used += (used ? 2 : 0) + width[c];
			else
				width[c] = 0;
		}
}

static void print_cell(enum column c, int width, const char *text, bool is_last)
{
	int pad = width - width_of(text);

	if (columns[c].is_text)
		printf("%s%*s", text, is_last ? 0 : pad, "");
	else
		printf("%*s%s", pad, "", text);
	if (!is_last)
		printf("  ");
}

static void print_line(const struct row *r, const int width[COLUMNS])
{
	char text[CELL_SIZE];
	unsigned last = 0;

	for (unsigned c = 0; c < COLUMNS; c++)
		if (width[c])
			last = c;
	for (unsigned c = 0; c <= last; c++)
		if (width[c])
			print_cell((enum column)c, width[c],
				   r ? cell(r, (enum column)c, text) : columns[c].head, c == last);
	putchar('\n');
}

static int compare_users(const void *left, const void *right)
{
	return strcmp(((const struct row *)left)->user, ((const struct row *)right)->user);
}

/* Sorts the rows by their users. */
static size_t count_users(struct table *t)
{
	size_t users = t->count > 0;

	if (t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), compare_users);
	for (size_t i = 1; i < t->count; i++)
		users += strcmp(t->rows[i].user, t->rows[i - 1].user) != 0;
	return users;
}

/* The rows are in another order afterwards. */
static void print_sums(struct table *t, size_t shown)
{
	uint64_t sum[COLUMNS] = { 0 };
	size_t users = count_users(t);

	for (size_t i = 0; i < t->count; i++)
		for (unsigned c = 0; c < COLUMNS; c++)
			sum[c] += t->rows[i].number[c];
	printf("%zu session%s of %zu user%s: %s received, %s sent", t->count,
	       t->count == 1 ? "" : "s", users, users == 1 ? "" : "s",
	       ask_bytes(sum[COLUMN_RECEIVED]).text, ask_bytes(sum[COLUMN_SENT]).text);
	if (t->has_rates)
		printf("; now %s and %s", ask_rate(sum[COLUMN_RECEIVING]).text,
		       ask_rate(sum[COLUMN_SENDING]).text);
	if (sum[COLUMN_WAITING])
		printf("; %s wait", ask_bytes(sum[COLUMN_WAITING]).text);
	if (shown < t->count)
		printf("; %zu are not shown", t->count - shown);
	putchar('\n');
}

/* `rows`: how many at most; 0: all. `room`: of the screen's width; 0: unlimited. */
static void print_table(struct table *t, size_t rows, int room)
{
	size_t shown = rows && t->count > rows ? rows : t->count;
	int width[COLUMNS];

	if (!t->count) {
		printf("no sessions\n");
		return;
	}
	measure(t, shown, width);
	choose(width, room);
	print_line(NULL, width);
	for (size_t i = 0; i < shown; i++)
		print_line(&t->rows[i], width);
	print_sums(t, shown);
}

/* ---- asking */

/* The sum of both directions decides; then the number of bytes so far. */
static void sort_by_rate(struct table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		uint64_t *n = t->rows[i].number;

		n[COLUMN_RECEIVING] += n[COLUMN_SENDING];
	}
	sort(t, COLUMN_RECEIVING);
	for (size_t i = 0; i < t->count; i++) {
		uint64_t *n = t->rows[i].number;

		n[COLUMN_RECEIVING] -= n[COLUMN_SENDING];
	}
}

static bool is_screen(struct winsize *w)
{
	return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, w) && w->ws_col;
}

static void print_fitting(const struct sessions_settings *s, struct table *t)
{
	struct winsize w = { .ws_col = 0 };
	bool is_on_screen = is_screen(&w);
	size_t rows = 0;

	if (s->watch && is_on_screen) /* the head, the sums, and the line of the cursor */
		rows = w.ws_row > SCREEN_ROWS_MIN ? w.ws_row - 3U : SCREEN_ROWS_MIN - 3U;
	if (s->watch && is_on_screen)
		printf("\033[H\033[J");
	print_table(t, rows, is_on_screen ? w.ws_col : 0);
}

static int out_of_memory(void)
{
	cli_error(&sessions_verb, "out of memory");
	return EXIT_FAILURE;
}

/* Asks and prints once. `last` is what was there before, and becomes what there is now. */
static int show(const struct sessions_settings *s, const char *path, struct table *last)
{
	struct control_answer a = { .status = 0 };
	struct bytes object = { NULL, 0 };
	struct table t = { .rows = NULL };
	int code = ask_program(&sessions_verb, &s->ask, path, "GET", "/v1/sessions", &a, &object);

	if (code == EXIT_OK && s->ask.json) {
		ask_print_json(object);
	} else if (code == EXIT_OK && !read_rows(object, s->who, &t)) {
		code = out_of_memory();
	} else if (code == EXIT_OK) {
		set_rates(&t, last);
		if (s->is_sorted)
			sort(&t, s->sort);
		else if (s->watch)
			sort_by_rate(&t);
		print_fitting(s, &t);
		sort(&t, COLUMN_ID);
		free(last->rows);
		*last = t;
		t.rows = NULL;
	}
	free(t.rows);
	control_answer_free(&a);
	return code;
}

static int run(void *arg)
{
	static struct table last;
	const struct sessions_settings *s = arg;
	const struct timespec pause = { WATCH_MS / 1000, 0 };
	char path[CONTROL_PATH_SIZE];
	int code;

	if (!s->watch && (s->sort == COLUMN_RECEIVING || s->sort == COLUMN_SENDING)) {
		cli_error(&sessions_verb, "--sort %s is for --watch, which shows rates",
			  columns[s->sort].sort);
		return EXIT_USAGE;
	}
	if (s->ask.json && (s->watch || s->is_sorted || s->who)) {
		cli_error(&sessions_verb, "--json prints all sessions as the server lists them; "
					  "it excludes --watch, --sort and USER");
		return EXIT_USAGE;
	}
	code = ask_choose(&sessions_verb, &s->ask, "server", path);
	if (code == EXIT_OK)
		code = show(s, path, &last);
	while (s->watch && code == EXIT_OK && !fflush(stdout)) {
		nanosleep(&pause, NULL);
		if (!isatty(STDOUT_FILENO))
			putchar('\n');
		code = show(s, path, &last);
	}
	free(last.rows);
	last.rows = NULL;
	return code;
}

static struct sessions_settings settings;

const struct verb sessions_verb = {
	.name = "sessions",
	.summary = "list the sessions of the running server",
	.usage = "[options] [USER|ADDRESS]",
	.about =
		"Lists the sessions of the running sstp serve, all or those of a user or an address: FROM is the client's own address, RECEIVED and SENT are bytes of packets from the client and to it, RETRANS are TCP segments that were sent again, WAITING are bytes that wait to be sent. On a terminal the columns are those that fit.",
	.notes =
		"  sstp sessions\n  sstp sessions --sort sent\n  sstp sessions --watch\n  sstp sessions ann\n",
	.uses = uses,
	.use_count = sizeof(uses) / sizeof(*uses),
	.positional = take_who,
	.positional_at = AT(who),
	.settings = &settings,
	.run = run,
};
