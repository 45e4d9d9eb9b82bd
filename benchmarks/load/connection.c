/* Sockets: opened, read and written without blocking, on one epoll. */
#include "exchange.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct conn *conns;
int n_ready, n_opening, n_opened, n_closed;
volatile int stopped;
static int ep;
static char *rx;

void connections_setup(void)
{
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    rx = malloc(IOBUF);
    conns = calloc((size_t)o.conns, sizeof *conns);
    ep = epoll_create1(EPOLL_CLOEXEC);
    if (!rx || !conns || ep < 0) die("setup failed");
}

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

static void watch(struct conn *c, uint32_t events)
{
    if (events == c->events) return;
    struct epoll_event e = { .events = events, .data.u32 = (uint32_t)c->id };
    epoll_ctl(ep, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e);
    c->events = events;
}

void conn_close(struct conn *c, const char *why)
{
    if (c->st == CLOSED) return;
    if (c->st == READY) n_ready--; else n_opening--;
    if (n_closed++ < 3 && !stopped) fprintf(stderr, "connection %d closed: %s\n", c->id, why);
    close(c->fd);
    c->st = CLOSED;
    c->events = 0;
    buf_free(&c->in);
    buf_free(&c->out);
}

void conn_write(struct conn *c, const char *p, size_t n)
{
    if (c->st == CLOSED || !n) return;
    if (!c->out.n) {
        ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);
        if (r < 0 && errno != EAGAIN) { conn_close(c, strerror(errno)); return; }
        if (r < 0) r = 0;
        if ((size_t)r == n) return;
        p += r; n -= (size_t)r;
    }
    buf_add(&c->out, p, n);
    watch(c, EPOLLIN | EPOLLOUT);
}

static void flush(struct conn *c)
{
    ssize_t r = c->out.n ? send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL) : 0;
    if (r < 0 && errno != EAGAIN) { conn_close(c, strerror(errno)); return; }
    if (r < 0) return;
    memmove(c->out.p, c->out.p + r, c->out.n - (size_t)r);
    c->out.n -= (size_t)r;
    if (!c->out.n) watch(c, EPOLLIN);
}

static void on_readable(struct conn *c)
{
    size_t have = c->in.n;
    if (have > IOBUF / 2) die("message too long");
    if (have) memcpy(rx, c->in.p, have);
    ssize_t r = recv(c->fd, rx + have, IOBUF - have, 0);
    if (r < 0 && errno == EAGAIN) return;
    if (r <= 0) { conn_close(c, "closed by the server"); return; }
    size_t n = have + (size_t)r;
    c->in.n = 0;
    size_t used = o.transport->split(c, rx, n);
    if (c->st != CLOSED && used < n) buf_add(&c->in, rx + used, n - used);
    else if (o.idle) buf_free(&c->in);
}

static void on_connected(struct conn *c)
{
    int err = 0;
    socklen_t l = sizeof err;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
    if (err) { conn_close(c, strerror(err)); return; }
    watch(c, EPOLLIN);
    o.transport->begin(c);
}

void open_next(void)
{
    struct conn *c = &conns[n_opened];
    c->id = n_opened++;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket: %s (after %d connections)", strerror(errno), c->id);
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)o.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    c->st = CONNECTING;
    n_opening++;
    if (connect(c->fd, (void *)&a, sizeof a) && errno != EINPROGRESS) {
        conn_close(c, strerror(errno));
        return;
    }
    watch(c, EPOLLOUT);
}

/* Handles the sockets that are ready, waiting for this time at most. */
void poll_for(uint64_t ns)
{
    static struct epoll_event ev[1024];
    struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };
    int n = epoll_pwait2(ep, ev, 1024, &t, NULL);
    for (int i = 0; i < n; i++) {
        struct conn *c = &conns[ev[i].data.u32];
        if (c->st == CONNECTING) { on_connected(c); continue; }
        if (c->st != CLOSED && ev[i].events & EPOLLOUT) flush(c);
        if (c->st != CLOSED && ev[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) on_readable(c);
    }
}
