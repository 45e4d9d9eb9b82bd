/*
 * wsload - a small, fast WebSocket load generator (Linux, epoll, one thread).
 *
 *   gcc -O2 -Wall -Wextra -o wsload wsload.c -lssl -lcrypto -lz
 *   gcc -O2 -DNO_TLS -DNO_DEFLATE -o wsload wsload.c          (no libraries)
 *
 * Modes
 *   echo   every connection keeps W messages in flight; the server sends each
 *          one back.  Reports answers/s and round-trip latency.
 *   relay  connections are paired (0->1, 2->3, ...).  The even one sends to
 *          its peer; a message is finished when the PEER gets it.  Reports
 *          deliveries/s and end-to-end latency.  Acks are read and counted.
 *   idle   opens N connections, reports the connect rate, prints READY and
 *          holds them for the duration, so that its memory can be measured.
 *
 * Clients that must log in get a line each of --keys (tokens) and --names (user ids); clients
 * that must acknowledge do so by --confirm.
 *
 * The payload is a template, and the send time is found again in whatever
 * comes back by looking for a key, so the program does not care about the
 * protocol on top (plain JSON, Socket.IO, ...).  See --help.
 *
 * Frames are RFC 6455 client frames with a fresh mask each.  Every reading of
 * a socket handles all complete frames and sends all replies with one write.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifndef NO_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif
#ifndef NO_DEFLATE
#include <zlib.h>
#endif
#include "load/frames.h"
#include "load/histogram.h"
#include "load/templates.h"

#define MAX_HEADERS 16
#define IOBUF (1 << 20)

/* ------------------------------------------------------------------ options */

enum mode { ECHO, RELAY, IDLE };

static struct {
    enum mode mode;
    const char *host, *path, *payload, *first, *greet, *ready, *ts_key, *ack_key, *beat;
    const char *headers[MAX_HEADERS];
    int n_headers, port, conns, window, burst_connect, src_from, src_n, id_base;
    double duration, warmup, rate;
    long max_msgs;
    int tls, deflate, deflate_rx_only, no_read, credit_ack, quiet, pad, verbose, binary;
    int rcvbuf;
    const char *keys, *names, *confirm, *confirm_key, *delivery;
    int confirm_every;
} o = {
    .mode = ECHO, .host = "127.0.0.1", .port = 8000, .path = "/", .conns = 64, .window = 1,
    .duration = 3, .warmup = 0.5, .burst_connect = 64, .src_from = 1, .src_n = 1,
    .ts_key = "\"ts\":", .ack_key = "\"ack\"", .confirm_key = "\"position\":",
    .confirm_every = 64,
    .payload = "{\"type\":\"msg\",\"to\":\"u%p\",\"id\":%d,\"text\":\"Hi there, shall we meet at "
               "the station at half past eight?\",\"ts\":%t}",
};

static const char help[] =
    "usage: wsload [options]\n"
    "  -m, --mode echo|relay|idle   what to do                          [echo]\n"
    "  -H, --host A.B.C.D           server address                      [127.0.0.1]\n"
    "  -p, --port N                 server port                         [8000]\n"
    "  -P, --path TEMPLATE          request target                      [/]\n"
    "  -c, --conns N                number of connections               [64]\n"
    "  -w, --window W               messages in flight per sender       [1]\n"
    "  -d, --duration S             seconds measured (idle: held)       [3]\n"
    "  -W, --warmup S               seconds before measuring            [0.5]\n"
    "  -n, --max-msgs N             stop sending after N messages       [no limit]\n"
    "  -r, --rate R                 open loop: R messages/s in total, whatever the\n"
    "                               window (latency counts from the due time)\n"
    "  -x, --header TEMPLATE        extra request header, repeatable\n"
    "  -t, --payload TEMPLATE       message template\n"
    "  -z, --pad N                  length of what %z expands to        [0]\n"
    "  -b, --binary                 send binary frames instead of text\n"
    "  -F, --first TEMPLATE         message sent once, before the load\n"
    "      --greet STR              wait for a message starting with STR before --first\n"
    "      --ready STR              wait for a message starting with STR before the load\n"
    "      --keys FILE              line N is what %k expands to for connection N\n"
    "      --names FILE             line N is what %u expands to, %q for its peer\n"
    "      --confirm TEMPLATE       sent back after every 64 deliveries; %n is the number\n"
    "      --confirm-key STR        that followed STR in the last one   [\"position\":]\n"
    "      --confirm-every N        deliveries between two of them      [64]\n"
    "      --delivery STR           only messages starting with STR count as deliveries\n"
    "      --beat A=B               answer the message A with B (Engine.IO: 2=3)\n"
    "  -k, --ts-key STR             the time stamp follows STR          [\"ts\":]\n"
    "      --ack-key STR            messages with STR count as acks     [\"ack\"]\n"
    "      --credit-ack             relay: an ack, not the delivery, frees the window\n"
    "      --no-read                relay: receivers never read (slow reader test)\n"
    "      --rcvbuf N               SO_RCVBUF of the connections\n"
    "      --burst N                connections being opened at a time  [64]\n"
    "      --src FIRST,COUNT        spread over source addresses 127.0.0.FIRST...\n"
    "      --id-base N              added to every %i and %p            [0]\n"
    "      --tls                    wss (the certificate is not verified)\n"
    "      --deflate                offer permessage-deflate and compress\n"
    "      --deflate-rx             offer it, but send uncompressed\n"
    "  -q, --quiet                  print one line of key=value results only\n"
    "  -v, --verbose                print the first messages received\n"
    "templates: %d sequence number, %t time stamp in ns (19 digits), %i own number,\n"
    "           %p the peer's number, %z padding, %k %u %q from --keys and --names,\n"
    "           %n the number to confirm, %% a percent sign\n";

/* ------------------------------------------------------------------- helpers */

static void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

static inline uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ----------------------------------------------------------------- templates */

static char **keys, **names;      /* a line per connection */

static char **read_lines(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) die("%s: %s", path, strerror(errno));
    size_t n = 0, cap = 0, l = 0;
    char **lines = NULL, *line = NULL;
    for (ssize_t r; (r = getline(&line, &l, f)) > 0; n++) {
        if (n + 1 >= cap) {
            cap = cap ? cap * 2 : 1024;
            if (!(lines = realloc(lines, cap * sizeof *lines))) die("out of memory");
        }
        line[strcspn(line, "\n")] = 0;
        lines[n] = strdup(line);
    }
    free(line);
    fclose(f);
    if (n < (size_t)(o.id_base + o.conns)) die("%s has only %zu lines", path, n);
    return lines;
}

static int peer_of(int id);

static struct fill fill_for(int conn)
{
    int id = o.id_base + conn, peer = o.id_base + peer_of(conn);
    return (struct fill){ .id = id, .peer = peer, .pad = o.pad, .key = keys ? keys[id] : NULL,
                          .name = names ? names[id] : NULL, .other = names ? names[peer] : NULL };
}

static void must_compile(struct tmpl *t, const char *src)
{
    if (compile(t, src)) die("template too long");
}

static struct tmpl t_payload, t_first, t_path, t_confirm, t_header[MAX_HEADERS];

/* --------------------------------------------------------------- connections */

enum state { CLOSED, CONNECTING, TLS_SHAKE, UPGRADING, GREETING, WAIT_READY, READY };

struct buf { char *p; size_t n, cap; };

struct conn {
    int fd, id;
    enum state st;
    uint32_t events;            /* what epoll watches now */
    int credit;                 /* messages that may be sent */
    uint64_t seq;
    int unconfirmed;            /* deliveries since the last --confirm */
    struct buf in, out;         /* an incomplete frame / bytes the kernel refused */
    int rsv1;                   /* the current message is compressed */
#ifndef NO_TLS
    SSL *ssl;
#endif
#ifndef NO_DEFLATE
    z_stream *zi, *zo;
    int z_reset;                /* client_no_context_takeover */
#endif
};

static struct conn *conns;
static int ep, n_ready, n_opening, n_opened, n_failed;
static int running, measuring;                  /* the load is on / is measured */
static uint64_t n_sent, n_done, n_all, n_acks, n_other, n_bytes_in, n_closed, sent_total;
static char *rx, *tx;                           /* shared scratch buffers */
#ifndef NO_TLS
static SSL_CTX *tls_ctx;
#endif
static volatile sig_atomic_t stop;

static void on_signal(int s) { (void)s; stop = 1; }

static int peer_of(int id) { return o.mode == RELAY ? (id ^ 1) : id; }

static void buf_add(struct buf *b, const void *p, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        if (!(b->p = realloc(b->p, b->cap))) die("out of memory");
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void buf_free(struct buf *b) { free(b->p); memset(b, 0, sizeof *b); }

static void watch(struct conn *c, uint32_t ev)
{
    if (ev == c->events) return;
    struct epoll_event e = { .events = ev, .data.u32 = (uint32_t)c->id };
    epoll_ctl(ep, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e);
    c->events = ev;
}

static void conn_close(struct conn *c, const char *why)
{
    if (c->st == CLOSED) return;
    if (c->st == READY) { n_ready--; n_closed++; } else { n_opening--; n_failed++; }
    if (n_failed + (int)n_closed <= 3 && !stop)
        fprintf(stderr, "connection %d closed: %s\n", c->id, why);
#ifndef NO_TLS
    if (c->ssl) { SSL_free(c->ssl); c->ssl = NULL; }
#endif
    close(c->fd);
    c->st = CLOSED;
    c->events = 0;
    buf_free(&c->in);
    buf_free(&c->out);
}

/* raw I/O: > 0 bytes, 0 try later, -1 closed */
static ssize_t io_write(struct conn *c, const char *p, size_t n)
{
#ifndef NO_TLS
    if (c->ssl) {
        int r = SSL_write(c->ssl, p, (int)n);
        if (r > 0) return r;
        int e = SSL_get_error(c->ssl, r);
        return e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ ? 0 : -1;
    }
#endif
    ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);
    if (r >= 0) return r;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static ssize_t io_read(struct conn *c, char *p, size_t n)
{
#ifndef NO_TLS
    if (c->ssl) {
        size_t got = 0;                          /* drain: epoll does not see what SSL holds */
        while (got < n) {
            int r = SSL_read(c->ssl, p + got, (int)(n - got));
            if (r > 0) { got += (size_t)r; continue; }
            int e = SSL_get_error(c->ssl, r);
            if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) break;
            return got ? (ssize_t)got : -1;
        }
        return (ssize_t)got;
    }
#endif
    ssize_t r = recv(c->fd, p, n, 0);
    if (r > 0) return r;
    return r < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static uint32_t read_mask(struct conn *c)
{
    return o.no_read && c->st == READY && running && (c->id & 1) ? 0 : EPOLLIN;
}

static void conn_write(struct conn *c, const char *p, size_t n)
{
    if (c->st == CLOSED || !n) return;
    if (!c->out.n) {
        ssize_t r = io_write(c, p, n);
        if (r < 0) { conn_close(c, "write failed"); return; }
        if ((size_t)r == n) return;
        p += r; n -= (size_t)r;
    }
    buf_add(&c->out, p, n);
    watch(c, read_mask(c) | EPOLLOUT);
}

static void conn_flush(struct conn *c)
{
    while (c->out.n) {
        ssize_t r = io_write(c, c->out.p, c->out.n);
        if (r < 0) { conn_close(c, "write failed"); return; }
        if (!r) return;
        memmove(c->out.p, c->out.p + r, c->out.n - (size_t)r);
        c->out.n -= (size_t)r;
    }
    watch(c, read_mask(c));
}

/* -------------------------------------------------------------------- frames */

/* One data message, compressed if that was negotiated. */
static char *message(struct conn *c, char *p, const char *payload, size_t n)
{
    int op = o.binary ? 0x82 : 0x81;
#ifndef NO_DEFLATE
    if (c->zo) {
        static char z[IOBUF];
        if (c->z_reset) deflateReset(c->zo);
        c->zo->next_in = (Bytef *)payload; c->zo->avail_in = (uInt)n;
        c->zo->next_out = (Bytef *)z; c->zo->avail_out = sizeof z;
        deflate(c->zo, Z_SYNC_FLUSH);
        return frame(p, op | 0x40, z, sizeof z - c->zo->avail_out - 4);
    }
#else
    (void)c;
#endif
    return frame(p, op, payload, n);
}

/* Sends as many messages as the credit allows with one write. */
static void pump(struct conn *c, uint64_t ts)
{
    static char scratch[IOBUF / 2];
    if (!running || c->st != READY || c->credit <= 0) return;
    if (!ts) ts = now_ns();
    char *p = tx;
    struct fill f = fill_for(c->id);
    f.ts = ts;
    while (c->credit > 0 && p < tx + IOBUF / 2) {
        if (o.max_msgs && sent_total >= (uint64_t)o.max_msgs) break;
        f.seq = c->seq++;
        char *e = render(scratch, &t_payload, &f);
        p = message(c, p, scratch, (size_t)(e - scratch));
        c->credit--;
        sent_total++;
        n_sent += (uint64_t)measuring;
    }
    conn_write(c, tx, (size_t)(p - tx));
}

static int starts(const char *p, size_t n, const char *s)
{
    size_t l = strlen(s);
    return n >= l && !memcmp(p, s, l);
}

static void send_text(struct conn *c, const char *p, size_t n)
{
    conn_write(c, tx, (size_t)(message(c, tx, p, n) - tx));
}

static void ready(struct conn *c)
{
    c->st = READY;
    n_ready++; n_opening--;
    if (o.mode != IDLE && !o.rate && (o.mode == ECHO || !(c->id & 1))) c->credit = o.window;
    pump(c, 0);
}

static void send_first(struct conn *c)
{
    if (o.first) {
        static char s[65536];
        struct fill f = fill_for(c->id);
        f.ts = now_ns();
        send_text(c, s, (size_t)(render(s, &t_first, &f) - s));
    }
    if (o.ready) c->st = WAIT_READY; else ready(c);
}

static void confirm(struct conn *c, const char *p, size_t n)
{
    if (!o.confirm || ++c->unconfirmed < o.confirm_every) return;
    char s[512];
    c->unconfirmed = 0;
    struct fill f = fill_for(c->id);
    f.number = number_after(p, p + n, o.confirm_key, 0);
    send_text(c, s, (size_t)(render(s, &t_confirm, &f) - s));
}

static void on_message(struct conn *c, const char *p, size_t n, uint64_t now)
{
    if (o.verbose > 0) { o.verbose--; fprintf(stderr, "%d < %.*s\n", c->id, (int)n, p); }
    if (o.beat) {
        const char *eq = strchr(o.beat, '=');
        if (eq && n == (size_t)(eq - o.beat) && !memcmp(p, o.beat, n)) {
            send_text(c, eq + 1, strlen(eq + 1));
            return;
        }
    }
    if (c->st == GREETING) { if (starts(p, n, o.greet)) send_first(c); return; }
    if (c->st == WAIT_READY) { if (starts(p, n, o.ready)) ready(c); return; }
    n_bytes_in += (uint64_t)measuring * n;

    confirm(c, p, n);
    /* what comes back to the sender of a relayed message is its acknowledgement */
    int own = o.mode == RELAY && !(c->id & 1);
    int other = o.delivery && !starts(p, n, o.delivery);
    if (own || other || !memmem(p, n, o.ts_key, strlen(o.ts_key))) {
        if (own || memmem(p, n, o.ack_key, strlen(o.ack_key))) {
            n_acks += (uint64_t)measuring;
            if (o.credit_ack && !o.rate) c->credit++;
        } else {
            n_other += (uint64_t)measuring;
        }
        return;
    }
    /* one message of the protocol may bring several of the load */
    struct conn *sender = &conns[o.mode == RELAY ? (c->id ^ 1) : c->id];
    uint64_t ts;
    for (const char *at = p; next_number(&at, p + n, o.ts_key, &ts);) {
        n_all++;
        if (measuring) { n_done++; hist_add(now - ts); }
        if (!o.rate && !o.credit_ack) sender->credit++;
    }
    if (o.rate || o.credit_ack) return;
    if (sender != c) pump(sender, 0);
}

#ifndef NO_DEFLATE
static void on_compressed(struct conn *c, char *p, size_t n, uint64_t now)
{
    static char z[IOBUF];
    static const unsigned char tail[4] = { 0, 0, 0xff, 0xff };
    c->zi->next_out = (Bytef *)z; c->zi->avail_out = sizeof z;
    c->zi->next_in = (Bytef *)p; c->zi->avail_in = (uInt)n;
    inflate(c->zi, Z_SYNC_FLUSH);
    c->zi->next_in = (Bytef *)tail; c->zi->avail_in = 4;
    inflate(c->zi, Z_SYNC_FLUSH);
    on_message(c, z, sizeof z - c->zi->avail_out, now);
}
#endif

/* Handles all complete frames of p[0..n), returns the number of bytes used.
 * Fragmented data messages are not put together: nothing measured here sends them. */
static size_t on_frames(struct conn *c, char *p, size_t n, uint64_t now)
{
    size_t at = 0;
    size_t hl;
    uint64_t len;
    while (c->st != CLOSED && (hl = frame_header((unsigned char *)p + at, n - at, &len))) {
        unsigned char *h = (unsigned char *)p + at;
        char *body = p + at + hl;
        switch (h[0] & 0xF) {
        case 1: case 2:
#ifndef NO_DEFLATE
            if (h[0] & 0x40) {
                if (!c->zi) { conn_close(c, "unexpected RSV1"); return n; }
                on_compressed(c, body, len, now);
                break;
            }
#endif
            on_message(c, body, len, now);
            break;
        case 8:
            conn_close(c, "close frame");
            return n;
        case 9: conn_write(c, tx, (size_t)(frame(tx, 0x8A, body, len) - tx)); break;
        case 10: break;
        default: conn_close(c, "odd opcode"); return n;
        }
        at += hl + len;
    }
    if (c->st == READY) pump(c, now);
    return at;
}

static size_t on_upgraded(struct conn *c, char *p, size_t n)
{
    char *end = memmem(p, n, "\r\n\r\n", 4);
    if (!end) return 0;
    if (n < 12 || memcmp(p + 9, "101", 3)) {
        fprintf(stderr, "upgrade refused: %.*s\n", (int)strcspn(p, "\r\n"), p);
        conn_close(c, "upgrade refused");
        return n;
    }
#ifndef NO_DEFLATE
    if (o.deflate) {
        *end = 0;
        if (strcasestr(p, "permessage-deflate")) {
            c->zi = calloc(1, sizeof *c->zi);
            inflateInit2(c->zi, -15);
            c->z_reset = !!strcasestr(p, "client_no_context_takeover");
            if (!o.deflate_rx_only) {
                /* a client may only use the window that the server asks for */
                char *w = strcasestr(p, "client_max_window_bits=");
                int bits = w ? atoi(w + 23) : 15;
                c->zo = calloc(1, sizeof *c->zo);
                deflateInit2(c->zo, 1, Z_DEFLATED, -(bits < 9 ? 9 : bits), 5, Z_DEFAULT_STRATEGY);
            }
        } else {
            static int told;
            if (!told++) fprintf(stderr, "the server declined permessage-deflate\n");
        }
    }
#endif
    if (o.greet) c->st = GREETING; else send_first(c);
    return (size_t)(end + 4 - p);
}

static void on_readable(struct conn *c)
{
    size_t have = c->in.n;
    if (have > IOBUF / 2) die("message too long");
    if (have) memcpy(rx, c->in.p, have);
    ssize_t r = io_read(c, rx + have, IOBUF - have);
    if (r < 0) { conn_close(c, "closed by the server"); return; }
    if (!r) return;
    size_t n = have + (size_t)r, used = 0;
    c->in.n = 0;
    uint64_t now = now_ns();
    if (c->st == UPGRADING) used = on_upgraded(c, rx, n);
    if (c->st != CLOSED && c->st != UPGRADING) used += on_frames(c, rx + used, n - used, now);
    if (c->st != CLOSED && used < n) buf_add(&c->in, rx + used, n - used);
    else if (o.mode == IDLE) buf_free(&c->in);
}

/* ---------------------------------------------------------------- connecting */

static void send_upgrade(struct conn *c)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct fill f = fill_for(c->id);
    char req[8192], *p = req;
    p += sprintf(p, "GET ");
    p = render(p, &t_path, &f);
    p += sprintf(p, " HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ", o.host, o.port);
    for (int i = 0; i < 21; i++) *p++ = abc[rnd() >> 58];
    p += sprintf(p, "w==\r\n");                 /* 16 bytes in base64 */
    if (o.deflate)
        p += sprintf(p, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
    for (int i = 0; i < o.n_headers; i++) {
        p = render(p, &t_header[i], &f);
        p += sprintf(p, "\r\n");
    }
    p += sprintf(p, "\r\n");
    c->st = UPGRADING;
    watch(c, EPOLLIN);
    conn_write(c, req, (size_t)(p - req));
}

static void on_connected(struct conn *c)
{
    int err = 0;
    socklen_t l = sizeof err;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
    if (err) { conn_close(c, strerror(err)); return; }
#ifndef NO_TLS
    if (o.tls) {
        c->ssl = SSL_new(tls_ctx);
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_connect_state(c->ssl);
        c->st = TLS_SHAKE;
        return;
    }
#endif
    send_upgrade(c);
}

#ifndef NO_TLS
static void on_tls(struct conn *c)
{
    int r = SSL_do_handshake(c->ssl);
    if (r == 1) { send_upgrade(c); return; }
    int e = SSL_get_error(c->ssl, r);
    if (e == SSL_ERROR_WANT_READ) watch(c, EPOLLIN);
    else if (e == SSL_ERROR_WANT_WRITE) watch(c, EPOLLIN | EPOLLOUT);
    else conn_close(c, "TLS handshake failed");
}
#endif

static void open_next(void)
{
    struct conn *c = &conns[n_opened];
    memset(c, 0, sizeof *c);
    c->id = n_opened++;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket: %s (after %d connections)", strerror(errno), c->id);
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (o.rcvbuf) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &o.rcvbuf, sizeof o.rcvbuf);
    if (o.src_n > 1 || o.src_from > 1) {
        /* the port is chosen at connect(), so one address does for ~28k connections */
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        struct sockaddr_in s = { .sin_family = AF_INET };
        s.sin_addr.s_addr = htonl(0x7F000000u + (uint32_t)(o.src_from + c->id % o.src_n));
        if (bind(c->fd, (void *)&s, sizeof s)) die("bind: %s", strerror(errno));
    }
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)o.port) };
    inet_pton(AF_INET, o.host, &a.sin_addr);
    c->st = CONNECTING;
    n_opening++;
    if (connect(c->fd, (void *)&a, sizeof a) && errno != EINPROGRESS) {
        conn_close(c, strerror(errno));
        return;
    }
    watch(c, EPOLLOUT);
}

/* ----------------------------------------------------------------- main loop */

static void poll_for(uint64_t ns)
{
    static struct epoll_event ev[1024];
    struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };
    int n = epoll_pwait2(ep, ev, 1024, &t, NULL);
    for (int i = 0; i < n; i++) {
        struct conn *c = &conns[ev[i].data.u32];
        if (c->st == CLOSED) continue;
        if (c->st == CONNECTING) {
            on_connected(c);
            if (c->st != TLS_SHAKE) continue;
        }
#ifndef NO_TLS
        if (c->st == TLS_SHAKE) { on_tls(c); continue; }
#endif
        if (ev[i].events & EPOLLOUT) conn_flush(c);
        if (c->st != CLOSED && ev[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) on_readable(c);
    }
}

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6 +
           (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6;
}

/* Runs the load until `until`; with --rate it also sends what is due. */
static void run_until(uint64_t until, uint64_t *due, int *turn)
{
    double gap = o.rate ? 1e9 / o.rate : 0;
    int step = o.mode == RELAY ? 2 : 1;
    uint64_t now;
    while ((now = now_ns()) < until && !stop && n_ready) {
        if (o.rate) {
            int batch = 0;
            while (*due <= now && batch++ < 256) {
                struct conn *c = &conns[*turn];
                *turn = (*turn + step) % (o.conns - o.conns % step);
                c->credit = 1;
                pump(c, *due);
                *due += (uint64_t)gap;
            }
            /* sleeps until the next one is due: the server may need this core */
            now = now_ns();
            poll_for(*due > now ? *due - now : 0);
        } else {
            poll_for(20000000);
        }
    }
}

static void parse_options(int argc, char **argv)
{
    enum { GREET = 256, RDY, BEAT, ACKKEY, CREDIT, NOREAD, RCVBUF, BURST, SRC, IDB, TLS, DEFL, DEFLRX,
           KEYS, NAMES, CONFIRM, CKEY, CEVERY, DELIVERY };
    static const struct option lo[] = {
        { "mode", 1, 0, 'm' }, { "host", 1, 0, 'H' }, { "port", 1, 0, 'p' }, { "path", 1, 0, 'P' },
        { "conns", 1, 0, 'c' }, { "window", 1, 0, 'w' }, { "duration", 1, 0, 'd' },
        { "warmup", 1, 0, 'W' }, { "max-msgs", 1, 0, 'n' }, { "rate", 1, 0, 'r' },
        { "header", 1, 0, 'x' }, { "payload", 1, 0, 't' }, { "pad", 1, 0, 'z' },
        { "binary", 0, 0, 'b' }, { "first", 1, 0, 'F' }, { "greet", 1, 0, GREET },
        { "ready", 1, 0, RDY }, { "beat", 1, 0, BEAT }, { "ts-key", 1, 0, 'k' },
        { "ack-key", 1, 0, ACKKEY }, { "credit-ack", 0, 0, CREDIT }, { "no-read", 0, 0, NOREAD },
        { "rcvbuf", 1, 0, RCVBUF }, { "burst", 1, 0, BURST }, { "src", 1, 0, SRC },
        { "id-base", 1, 0, IDB }, { "tls", 0, 0, TLS }, { "deflate", 0, 0, DEFL },
        { "deflate-rx", 0, 0, DEFLRX }, { "quiet", 0, 0, 'q' }, { "verbose", 0, 0, 'v' },
        { "keys", 1, 0, KEYS }, { "names", 1, 0, NAMES }, { "confirm", 1, 0, CONFIRM },
        { "delivery", 1, 0, DELIVERY }, { "confirm-key", 1, 0, CKEY }, { "confirm-every", 1, 0, CEVERY },
        { "help", 0, 0, 'h' }, { 0, 0, 0, 0 } };
    int ch;
    while ((ch = getopt_long(argc, argv, "m:H:p:P:c:w:d:W:n:r:x:t:z:bF:k:qvh", lo, NULL)) != -1) {
        switch (ch) {
        case 'm':
            if (!strcmp(optarg, "echo")) o.mode = ECHO;
            else if (!strcmp(optarg, "relay")) o.mode = RELAY;
            else if (!strcmp(optarg, "idle")) o.mode = IDLE;
            else die("unknown mode %s", optarg);
            break;
        case 'H': o.host = optarg; break;
        case 'p': o.port = atoi(optarg); break;
        case 'P': o.path = optarg; break;
        case 'c': o.conns = atoi(optarg); break;
        case 'w': o.window = atoi(optarg); break;
        case 'd': o.duration = atof(optarg); break;
        case 'W': o.warmup = atof(optarg); break;
        case 'n': o.max_msgs = atol(optarg); break;
        case 'r': o.rate = atof(optarg); break;
        case 'x':
            if (o.n_headers == MAX_HEADERS) die("too many headers");
            o.headers[o.n_headers++] = optarg;
            break;
        case 't': o.payload = optarg; break;
        case 'z': o.pad = atoi(optarg); break;
        case 'b': o.binary = 1; break;
        case 'F': o.first = optarg; break;
        case GREET: o.greet = optarg; break;
        case RDY: o.ready = optarg; break;
        case BEAT: o.beat = optarg; break;
        case 'k': o.ts_key = optarg; break;
        case ACKKEY: o.ack_key = optarg; break;
        case CREDIT: o.credit_ack = 1; break;
        case NOREAD: o.no_read = 1; break;
        case RCVBUF: o.rcvbuf = atoi(optarg); break;
        case BURST: o.burst_connect = atoi(optarg); break;
        case SRC:
            if (sscanf(optarg, "%d,%d", &o.src_from, &o.src_n) != 2) die("--src FIRST,COUNT");
            break;
        case IDB: o.id_base = atoi(optarg); break;
        case KEYS: o.keys = optarg; break;
        case NAMES: o.names = optarg; break;
        case CONFIRM: o.confirm = optarg; break;
        case DELIVERY: o.delivery = optarg; break;
        case CKEY: o.confirm_key = optarg; break;
        case CEVERY: o.confirm_every = atoi(optarg); break;
        case TLS: o.tls = 1; break;
        case DEFL: o.deflate = 1; break;
        case DEFLRX: o.deflate = o.deflate_rx_only = 1; break;
        case 'q': o.quiet = 1; break;
        case 'v': o.verbose = 20; break;
        case 'h': fputs(help, stdout); exit(0);
        default: fputs("try --help\n", stderr); exit(2);
        }
    }
    if (optind < argc) die("unexpected argument %s", argv[optind]);
    if (o.conns < 1 || o.window < 1 || o.duration < 0) die("bad number");
    if (o.pad > IOBUF / 4) die("--pad is too large");
#ifdef NO_TLS
    if (o.tls) die("built without TLS");
#endif
#ifdef NO_DEFLATE
    if (o.deflate) die("built without permessage-deflate");
#endif
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    must_compile(&t_payload, o.payload);
    must_compile(&t_path, o.path);
    if (o.first) must_compile(&t_first, o.first);
    if (o.confirm) must_compile(&t_confirm, o.confirm);
    if (o.keys) keys = read_lines(o.keys);
    if (o.names) names = read_lines(o.names);
    for (int i = 0; i < o.n_headers; i++) must_compile(&t_header[i], o.headers[i]);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
#ifndef NO_TLS
    if (o.tls) {
        tls_ctx = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(tls_ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }
#endif
    rng ^= now_ns() * 2654435761u;
    rx = malloc(IOBUF); tx = malloc(IOBUF + 65536);
    conns = calloc((size_t)o.conns, sizeof *conns);
    ep = epoll_create1(EPOLL_CLOEXEC);
    if (!rx || !tx || !conns || ep < 0) die("setup failed");

    /* connect */
    uint64_t t0 = now_ns(), deadline = t0 + 120000000000u;
    while ((n_opened < o.conns || n_opening) && !stop && now_ns() < deadline) {
        while (n_opened < o.conns && n_opening < o.burst_connect) open_next();
        poll_for(100000000);
    }
    double t_conn = (double)(now_ns() - t0) / 1e9;
    if (!o.quiet || o.mode == IDLE) {
        printf("READY conns=%d failed=%d connect_s=%.3f connect_rate=%.0f\n", n_ready, n_failed,
               t_conn, n_ready / t_conn);
        fflush(stdout);
    }
    if (n_opening || n_closed || !n_ready)
        die("%d of %d connections got ready", n_ready, o.conns);

    if (o.mode == IDLE) {
        uint64_t until = now_ns() + (uint64_t)(o.duration * 1e9);
        run_until(until, NULL, NULL);
        printf("DONE ready=%d closed=%lu\n", n_ready, (unsigned long)n_closed);
        return 0;
    }

    /* load */
    running = 1;
    for (int i = 0; i < o.conns; i++) {
        if (conns[i].st != READY) continue;
        if (o.no_read && (i & 1)) watch(&conns[i], 0);
        pump(&conns[i], 0);
    }
    int turn = 0;
    uint64_t due = now_ns();
    run_until(now_ns() + (uint64_t)(o.warmup * 1e9), &due, &turn);
    double cpu0 = cpu_s();
    measuring = 1;
    t0 = now_ns();
    run_until(t0 + (uint64_t)(o.duration * 1e9), &due, &turn);
    double t = (double)(now_ns() - t0) / 1e9, cpu = cpu_s() - cpu0;
    measuring = 0;
    running = 0;

    const char *name = o.mode == ECHO ? "echo" : "relay";
    if (o.quiet) {
        printf("mode=%s conns=%d window=%d rate=%.0f p50=%.1f p99=%.1f p999=%.1f max=%.1f acks=%.0f "
               "other=%lu closed=%lu load_cpu=%.2f connect_rate=%.0f all=%lu\n",
               name, o.conns, o.window, (double)n_done / t, hist_us(.5), hist_us(.99),
               hist_us(.999), (double)hist_max / 1000, (double)n_acks / t, (unsigned long)n_other,
               (unsigned long)n_closed, cpu / t, o.conns / t_conn,
               (unsigned long)n_all);
    } else {
        printf("%s: %.0f messages/s %s (%lu in %.2f s, %.0f sent/s, %.0f acks/s, %lu other, %lu closed)\n",
               name, (double)n_done / t, o.mode == ECHO ? "answered" : "delivered",
               (unsigned long)n_done, t, (double)n_sent / t, (double)n_acks / t,
               (unsigned long)n_other, (unsigned long)n_closed);
        printf("latency us: p50 %.1f  p99 %.1f  p99.9 %.1f  max %.1f\n", hist_us(.5), hist_us(.99),
               hist_us(.999), (double)hist_max / 1000);
        printf("load generator: %.0f %% of a core, %.1f MB/s of payload read\n", 100 * cpu / t,
               (double)n_bytes_in / t / 1e6);
    }
    return 0;
}
