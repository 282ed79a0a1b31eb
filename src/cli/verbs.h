/* The verbs: each takes the words after its own and returns an exit code, a command's or ours. */
#ifndef SSTP_CLI_VERBS_H
#define SSTP_CLI_VERBS_H

int verb_connect(int argc, char **argv);
int verb_run(int argc, char **argv);
int verb_proxy(int argc, char **argv);
int verb_serve(int argc, char **argv);
int verb_probe(int argc, char **argv);
int verb_passwd(int argc, char **argv);
int verb_cert(int argc, char **argv);
int verb_healthcheck(int argc, char **argv);

#endif
