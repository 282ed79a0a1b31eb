/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The login options of the client verbs, and how the user name and password are obtained. */
#include "cli/login.h"

#include <stdio.h>
#include <string.h>

#include "cli/exit_code.h"
#include "cli/tidy.h"
#include "client/machine_id.h"
#include "ppp/mschap_message.h"
#include "util/log.h"
#include "util/secret.h"

enum { RETRIES_MAX = 3 /* other passwords that are asked for */ };

#define AT(member) offsetof(struct login_settings, member)

static const struct option login_table[] = {
	{ .name = "user",
	  .short_name = 'u',
	  .arg = "NAME",
	  .help = "the user name; DOMAIN\\NAME where there are domains",
	  .set = set_text,
	  .at = AT(user) },
	{ .name = "password-file",
	  .arg = "FILE",
	  .help = "the first line of FILE is the password",
	  .set = set_file,
	  .at = AT(password_file) },
	{ .name = "new-password-file",
	  .arg = "FILE",
	  .help = "the first line of FILE is the password to set when the server says that "
		  "the present one has expired (MS-CHAPv2); default: ask on the terminal",
	  .set = set_file,
	  .at = AT(new_password_file) },
	{ .name = "password-fd",
	  .arg = "N",
	  .help = "read the password from descriptor N",
	  .set = set_descriptor,
	  .at = AT(password_fd),
	  .flags = OPTION_CLI_ONLY },
	{ .name = "passwd-on-stdin",
	  .help = "read the password from standard input",
	  .set = set_flag,
	  .at = AT(passwd_on_stdin),
	  .flags = OPTION_CLI_ONLY },
};

const struct option_group login_options = OPTION_GROUP(login_table);

/* Its settings are a struct auth_list. */
static const struct option auth_table[] = {
	{ .name = "auth",
	  .arg = "LIST",
	  .words = AUTH_WORDS,
	  .help = "authentication methods that may be used, the preferred one first: " AUTH_NAMES
		  "; default: mschapv2, eap-mschapv2",
	  .set = set_auth,
	  .at = 0 },
};

const struct option_group auth_options = OPTION_GROUP(auth_table);

static const struct option retry_table[] = {
	{ .name = "once",
	  .help = "end when the connection is lost",
	  .set = set_flag,
	  .at = AT(once) },
	{ .name = "keep-trying",
	  .help = "keep trying even if the first attempt finds no server",
	  .set = set_flag,
	  .at = AT(keep_trying) },
};

const struct option_group retry_options = OPTION_GROUP(retry_table);

#undef AT

#define AT(member) offsetof(struct link_settings, member)

static const struct option link_table[] = {
	{ .name = "mtu",
	  .short_name = 'm',
	  .arg = "BYTES",
	  .help = "of the tunnel; default 1400",
	  .set = set_mtu,
	  .at = AT(mtu) },
	{ .name = "congestion",
	  .arg = "NAME",
	  .words = "auto system bbr cubic",
	  .help = "congestion control of the TCP connection, for what this end sends: a name "
		  "of the kernel's, or system; default auto: the system's, and bbr where the line "
		  "loses packets without being full, or has a long queue",
	  .set = set_congestion,
	  .at = AT(congestion) },
	{ .name = "no-ipv6",
	  .help = "do not negotiate IPv6 in the tunnel",
	  .set = set_flag,
	  .at = AT(no_ipv6) },
};

const struct option_group link_options = OPTION_GROUP(link_table);

#undef AT

/* Reserved: zero (RFC 4291 section 2.6.1) and anycast addresses (RFC 2526). */
static bool is_iid(const struct ip_addr *a)
{
	static const uint8_t zero[PPP_IID_LEN];
	static const uint8_t anycast[PPP_IID_LEN - 1] = {
		0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};
	const uint8_t *iid = a->bytes + PPP_IID_LEN;

	return a->family == AF_INET6 && !memcmp(a->bytes, zero, PPP_IID_LEN) &&
	       memcmp(iid, zero, PPP_IID_LEN) != 0 &&
	       (memcmp(iid, anycast, sizeof(anycast)) != 0 || iid[PPP_IID_LEN - 1] < 0x80);
}

static bool set_ipv6_id(void *to, const char *value, struct error *err)
{
	struct ipv6_id *id = to;
	struct ip_addr a;

	*id = (struct ipv6_id){ .is_stable = !strcmp(value, "stable") };
	if (id->is_stable || !strcmp(value, "random"))
		return true;
	if (!ip_parse(value, &a) || !is_iid(&a)) {
		snprintf(err->text, sizeof(err->text),
			 "must be random, stable, or the lower 64 bits of an address, such as "
			 "::1:2:3:4");
		return false;
	}
	memcpy(id->iid, a.bytes + PPP_IID_LEN, PPP_IID_LEN);
	return true;
}

static const struct option ipv6_id_table[] = {
	{ .name = "ipv6-id",
	  .arg = "ID",
	  .words = "random stable",
	  .help = "the interface identifier of this host's IPv6 addresses: random, stable (the same "
		  "each time for this host, server and user) or ::1:2:3:4; default random",
	  .set = set_ipv6_id },
};

const struct option_group ipv6_id_options = OPTION_GROUP(ipv6_id_table);

/* Returns NULL if there is no terminal or nothing was typed. */
static const char *ask_user(const char *host)
{
	static char user[PASSWORD_SIZE];
	struct error err;
	char prompt[300];

	snprintf(prompt, sizeof(prompt), "User name at %s: ", host);
	if (!terminal_ask(prompt, user) ||
	    !tidy_value(user, &(struct tidy_place){ .name = "the terminal" }, &err))
		return NULL;
	return *user ? user : NULL;
}

static bool apply(const struct verb *verb, const struct login_settings *s,
		  struct server_settings *server, bool is_check, struct client_cfg *cfg)
{
	static struct control_settings control; /* until the program ends */

	*cfg = (struct client_cfg){
		.auth_count = s->auth.count,
		.eap_count = s->auth.eap_count,
		.mtu = s->link.mtu,
		.congestion = s->link.congestion,
		.ipv6 = !s->link.no_ipv6 && s->link.mtu >= 1280,
		.once = s->once,
		.keep_trying = s->keep_trying,
	};
	memcpy(cfg->auth, s->auth.at, sizeof(cfg->auth));
	memcpy(cfg->eap, s->auth.eap, sizeof(cfg->eap));
	if (!server_settings_apply(verb, server, &cfg->server) ||
	    !eap_settings_apply(verb, &s->eap, cfg) ||
	    !control_options_apply(verb, &s->control, &s->metrics, &control))
		return false;
	cfg->control = &control;
	cfg->more = server->more;
	cfg->more_count = server->more_count;
	/* otherwise the name in the client's certificate, if there is one */
	if (s->user || server->at.user[0])
		cfg->user = s->user ? s->user : server->at.user;
	if (s->once && s->keep_trying) {
		cli_error(verb, "--once and --keep-trying contradict each other");
		return false;
	}
	if (memcmp(&s->ipv6_id, &(struct ipv6_id){ 0 }, sizeof(s->ipv6_id)) != 0 && !cfg->ipv6) {
		cli_error(verb, "--ipv6-id needs IPv6, and %s excludes it",
			  s->link.no_ipv6 ? "--no-ipv6" : "an --mtu under 1280");
		return false;
	}
	if (!cfg->user && is_check)
		cli_error(verb, "no user name: --user NAME");
	return cfg->user || !is_check;
}

/* False after printing an error. */
static bool fill_ipv6_id(const struct verb *verb, const struct ipv6_id *id, struct client_cfg *cfg)
{
	uint8_t digest[SHA256_LEN];

	memcpy(cfg->own_iid, id->iid, sizeof(cfg->own_iid));
	if (!id->is_stable)
		return true;
	if (!machine_id_digest("sstp IPv6 interface identifier", cfg->server.host, cfg->user,
			       digest)) {
		cli_error(verb, "--ipv6-id stable: this host has no /etc/machine-id; give an "
				"identifier such as ::1:2:3:4");
		return false;
	}
	memcpy(cfg->own_iid, digest, sizeof(cfg->own_iid));
	cfg->own_iid[0] &= (uint8_t)~0x02; /* RFC 5072 section 4.1: not globally unique */
	return true;
}

static bool ask_for_user(const struct verb *verb, struct client_cfg *cfg)
{
	cfg->user = ask_user(cfg->server.host);
	if (!cfg->user)
		cli_error(verb, "no user name: --user NAME");
	return cfg->user;
}

/* Asks for it on the terminal. */
static bool ask_password(const struct client_cfg *cfg, const char *again, char to[PASSWORD_SIZE],
			 struct error *err)
{
	char prompt[600];

	snprintf(prompt, sizeof(prompt), "Password of %s at %s%s: ", cfg->user, cfg->server.host,
		 again);
	return password_ask(prompt, to, err);
}

/* Otherwise users would look for a wrong password in a source that is not used. */
static void warn_unused_passwords(const struct login_settings *s, bool has_variable)
{
	const struct {
		const char *name;
		bool is_given;
	} sources[] = { { "--password-fd", s->password_fd >= 0 },
			{ "--passwd-on-stdin", s->passwd_on_stdin },
			{ "--password-file", s->password_file },
			{ "SSTP_PASSWORD", has_variable } };
	const char *used = NULL;

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		if (used && sources[i].is_given)
			log_warn(NULL, "%s gives the password: %s is not used", used,
				 sources[i].name);
		if (!used && sources[i].is_given)
			used = sources[i].name;
	}
}

/* `was_asked`: the user is at the terminal. */
static bool get_password(const struct verb *verb, const struct login_settings *s,
			 struct client_cfg *cfg, char to[PASSWORD_SIZE], bool *was_asked)
{
	struct error err = { "" };
	/* called even if another source is used: the variable must not stay in the environment */
	bool ok = password_from_environment(to, &err);

	*was_asked = false;
	/* before the question: the user should not type a password and then learn of a bad file */
	if (!server_settings_check(verb, &cfg->server) || !eap_settings_check(verb, cfg) ||
	    (!cfg->user && !ask_for_user(verb, cfg)))
		return false;
	if (!eap_needs_password(cfg))
		return true;
	warn_unused_passwords(s, ok);
	if (s->password_fd >= 0) {
		ok = password_from_fd(s->password_fd, to, &err);
	} else if (s->passwd_on_stdin) {
		ok = password_from_fd(0, to, &err);
	} else if (s->password_file) {
		ok = password_from_file(s->password_file, to, &err);
	} else if (!ok && !*err.text) {
		*was_asked = true;
		ok = ask_password(cfg, "", to, &err);
	}
	if (!ok)
		cli_error(verb, "%s", err.text);
	else if (!*to && !*was_asked)
		log_warn(NULL, "the password is empty: only the first line is read");
	return ok;
}

static bool get_new_password(const struct verb *verb, const struct login_settings *s,
			     struct client_cfg *cfg, char to[PASSWORD_SIZE])
{
	struct error err;

	if (!s->new_password_file)
		return true;
	if (!password_from_file(s->new_password_file, to, &err)) {
		cli_error(verb, "%s", err.text);
		return false;
	}
	cfg->new_password = to;
	return true;
}

/* The new password has to be typed twice. */
static bool ask_new_password(const struct client_cfg *cfg, char to[PASSWORD_SIZE])
{
	char again[PASSWORD_SIZE], prompt[600];
	struct error err;
	bool ok;

	snprintf(prompt, sizeof(prompt),
		 "The password has expired. New password of %s at %s: ", cfg->user,
		 cfg->server.host);
	ok = password_ask(prompt, to, &err) && *to &&
	     password_ask("The new password again: ", again, &err);
	if (ok && strcmp(to, again) != 0) {
		fprintf(stderr, "the two are not the same\n");
		ok = false;
	}
	secret_wipe(again, sizeof(again));
	return ok;
}

/* What the user may type to log in after all. */
struct second_try {
	char *password, *new_password; /* PASSWORD_SIZE bytes each */
	unsigned tries;
};

/*
 * After a refusal, where the user is at the terminal: another password if the server takes one
 * (R=1 of MS-CHAPv2), or a new one in place of one that has expired. False: nothing to be done.
 */
static bool ask_again(struct client_cfg *cfg, struct second_try *second)
{
	struct error err;

	if (++second->tries > RETRIES_MAX)
		return false;
	if (cfg->refusal->error == MSCHAP_PASSWORD_EXPIRED && !cfg->new_password) {
		cfg->new_password = second->new_password;
		return ask_new_password(cfg, second->new_password);
	}
	if (cfg->refusal->error != MSCHAP_WRONG_PASSWORD || !cfg->refusal->may_retry)
		return false;
	return ask_password(cfg, ", again", second->password, &err);
}

static int check(const struct verb *verb, const struct login_settings *s, struct client_cfg *cfg)
{
	char password[PASSWORD_SIZE] = "";
	struct error err = { "" };

	if (!password_from_environment(password, &err) && *err.text) {
		cli_error(verb, "%s", err.text);
		return EXIT_USAGE;
	}
	if (!server_settings_check(verb, &cfg->server) || !eap_settings_check(verb, cfg))
		return EXIT_USAGE;
	if (s->password_file && !password_from_file(s->password_file, password, &err)) {
		cli_error(verb, "%s", err.text);
		return EXIT_USAGE;
	}
	secret_wipe(password, sizeof(password));
	printf("configuration OK\n");
	return EXIT_OK;
}

static bool take_memory(const struct verb *verb, struct second_try *second)
{
	second->password = secret_alloc(2 * PASSWORD_SIZE);
	if (!second->password) {
		cli_error(verb, "out of memory");
		return false;
	}
	second->new_password = second->password + PASSWORD_SIZE;
	return true;
}

int login_run(const struct verb *verb, const struct login_settings *s,
	      struct server_settings *server, bool is_check,
	      int (*start)(void *arg, struct client_cfg *cfg), void *arg)
{
	struct second_try second = { .tries = 0 };
	struct client_refusal refusal = { 0 };
	struct client_cfg cfg;
	bool was_asked;
	int code = EXIT_USAGE;

	if (!apply(verb, s, server, is_check, &cfg))
		return EXIT_USAGE;
	if (is_check)
		return check(verb, s, &cfg);
	if (!take_memory(verb, &second))
		return EXIT_OTHER;
	if (upstream_settings_ask(verb, &server->upstream) &&
	    get_password(verb, s, &cfg, second.password, &was_asked) &&
	    fill_ipv6_id(verb, &s->ipv6_id, &cfg) &&
	    get_new_password(verb, s, &cfg, second.new_password)) {
		cfg.password = second.password;
		cfg.refusal = &refusal;
		cfg.is_asked = was_asked;
		do {
			refusal = (struct client_refusal){ 0 };
			code = start(arg, &cfg);
		} while (code == EXIT_AUTH && was_asked && ask_again(&cfg, &second));
	}
	upstream_settings_wipe(&server->upstream);
	secret_free(second.password, 2 * PASSWORD_SIZE);
	return code;
}

void login_keep_from_children(const struct client_cfg *cfg)
{
	secret_keep_from_children((void *)(uintptr_t)cfg->password, 2 * PASSWORD_SIZE);
}

int login_connect(const struct client_cfg *cfg)
{
	int status;
	enum tunnel_reason reason = client_run(cfg, &status);

	return reason == REASON_NONE ? status : (int)exit_code_of(reason);
}
