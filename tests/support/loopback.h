/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP connections of a test with itself, over loopback. */
#ifndef SSTP_TESTS_SUPPORT_LOOPBACK_H
#define SSTP_TESTS_SUPPORT_LOOPBACK_H

/* A listening socket at a free port; options that connections inherit can be set on it. */
int loopback_listen(void);
/* A connection to it. *far: the end that was accepted; returns the other end. Both block. */
int loopback_connect(int listener, int *far);

#endif
