/* The interfaces between the parts of `exchange`. */
#ifndef EXCHANGE_H
#define EXCHANGE_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "templates.h"

#define IOBUF (1 << 20)
#define MAX_STEPS 16
#define MAX_HEADERS 8

/* ------------------------------------------------------------- options.c */

struct step { int wait; const char *text; struct tmpl t; };

struct options {
    const struct transport *transport;
    int port, conns, window, idle, verbose, cumulative;
    double duration, warmup, rate;
    const char *acknowledged, *delivered, *position;
    const char *ask, *answer;
    struct step steps[MAX_STEPS];
    int n_steps;
    struct tmpl path, header[MAX_HEADERS], message, confirm;
    int n_headers;
    char **keys, **names;
};
extern struct options o;
void parse_options(int argc, char **argv);
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* ---------------------------------------------------------- connection.c */

enum state { CLOSED, CONNECTING, UPGRADING, LOGIN, READY };
struct buf { char *p; size_t n, cap; };

struct conn {
    int fd, id;
    enum state st;
    uint32_t events;            /* what epoll watches now */
    int step;                   /* of the login */
    int unconfirmed;            /* messages since the last --confirm */
    int counting;               /* XEP-0198: stanzas are counted */
    uint64_t handled;           /* the number of them */
    struct buf in, out;         /* an incomplete message, bytes the kernel refused */
};

extern struct conn *conns;
extern int n_ready, n_opening, n_opened, n_closed;
extern volatile int stopped;
void connections_setup(void);
void open_next(void);
void conn_write(struct conn *c, const char *p, size_t n);
void conn_close(struct conn *c, const char *why);
void poll_for(uint64_t ns);

/* ------------------------------------------------- websocket.c and xmpp.c */

/* The encoding and decoding of messages. */
struct transport {
    void (*begin)(struct conn *c);                              /* TCP is connected */
    size_t (*split)(struct conn *c, char *p, size_t n);         /* bytes used */
    char *(*wrap)(char *to, const char *message, size_t n);     /* the end */
};
extern const struct transport websocket, xmpp;

/* --------------------------------------------------------------- login.c */

void login(struct conn *c);                    /* the transport is open */
void login_message(struct conn *c, const char *p, size_t n);
void send_message(struct conn *c, const struct tmpl *t, uint64_t number);
void send_text(struct conn *c, const char *p, size_t n);
struct fill fill_for(const struct conn *c);

/* ------------------------------------------------------------ exchange.c */

void on_message(struct conn *c, const char *p, size_t n);

static inline uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
#endif
