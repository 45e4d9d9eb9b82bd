/*
 * exchange - pairs of chat clients in one thread (Linux, epoll), the same for every server.
 *
 * The even clients send to the odd ones. A message is finished when it has been acknowledged
 * to its sender, in whatever way the server does that, AND has arrived at its receiver. Finished
 * messages are counted and free the window; a time is that from sending (with --rate: from when
 * it was due) to the later of the two. See --help.
 *
 *   gcc -O2 -Wall -Wextra -o exchange exchange.c connection.c websocket.c xmpp.c login.c options.c
 */
#include "exchange.h"
#include "histogram.h"
#include <signal.h>
#include <sys/resource.h>

#define RING 65536
enum { ACKNOWLEDGED = 1, DELIVERED = 2, FINISHED = 3 };

/* The messages of one sender by number; as many as may be unfinished at once. */
struct sender {
    uint64_t next, through;     /* the next number; all below `through` are acknowledged */
    uint64_t sent_at[RING];
    uint8_t marks[RING];
    int credit, queued;
};

static struct sender *senders;
static int *waiting, n_waiting;                 /* senders with new credit */
static uint64_t first_sent;                     /* messages sent before are warm-up */
static uint64_t n_sent, n_finished, n_measured, n_repeated;
static int sending, measuring;

static void on_signal(int s) { (void)s; stopped = 1; }

static void finish(struct conn *c, struct sender *s, uint64_t number)
{
    uint64_t at = s->sent_at[number % RING];
    n_finished++;
    if (measuring && at >= first_sent) { n_measured++; hist_add(now_ns() - at); }
    if (o.rate) return;
    s->credit++;
    if (!s->queued) { s->queued = 1; waiting[n_waiting++] = c->id & ~1; }
}

static void mark(struct conn *c, uint64_t number, uint8_t what)
{
    struct sender *s = &senders[c->id / 2];
    if (number >= s->next || number + RING < s->next) return;
    uint8_t *marks = &s->marks[number % RING];
    if (*marks & what) { n_repeated++; return; }
    *marks |= what;
    if (*marks == FINISHED) finish(c, s, number);
}

static void acknowledged(struct conn *c, uint64_t number)
{
    if (!o.cumulative) { mark(c, number, ACKNOWLEDGED); return; }
    struct sender *s = &senders[c->id / 2];
    while (s->through < number && s->through < s->next) mark(c, s->through++, ACKNOWLEDGED);
}

/* Counts deliveries, and confirms up to the last position in p[0..n) when due. */
static void confirm(struct conn *c, const char *p, size_t n, int came)
{
    uint64_t position = 0;
    if (!o.confirm.n || (c->unconfirmed += came) < 64) return;
    for (const char *end = p + n; next_number(&p, end, o.position, &position);) ;
    if (!position) return;
    c->unconfirmed = 0;
    send_message(c, &o.confirm, position);
}

void on_message(struct conn *c, const char *p, size_t n)
{
    if (o.verbose > 0) { o.verbose--; fprintf(stderr, "%d < %.*s\n", c->id, (int)n, p); }
    if (o.ask && n == strlen(o.ask) && !memcmp(p, o.ask, n)) {
        send_text(c, o.answer, strlen(o.answer));
        return;
    }
    if (c->st == LOGIN) { login_message(c, p, n); return; }
    if (!sending && !measuring) return;
    uint64_t number;
    const char *at = p, *end = p + n;
    int came = 0;
    if (!(c->id & 1)) {
        if (next_number(&at, end, o.acknowledged, &number)) acknowledged(c, number);
    } else {
        /* one message of the protocol may bring several of the load */
        for (; next_number(&at, end, o.delivered, &number); came++) mark(c, number, DELIVERED);
    }
    confirm(c, p, n, came ? came : 1);
}

/* Sends what the credit allows with one write. */
static void pump(struct conn *c, uint64_t at)
{
    static char plain[IOBUF / 4], tx[IOBUF + IOBUF / 4];
    struct sender *s = &senders[c->id / 2];
    struct fill f = fill_for(c);
    char *p = tx;
    s->queued = 0;
    if (!sending || c->st != READY) return;
    for (; s->credit > 0 && p < tx + IOBUF / 2; s->credit--, n_sent++) {
        f.seq = s->next;
        f.ts = at;
        s->sent_at[s->next % RING] = at;
        s->marks[s->next++ % RING] = 0;
        p = o.transport->wrap(p, plain, (size_t)(render(plain, &o.message, &f) - plain));
    }
    conn_write(c, tx, (size_t)(p - tx));
}

/* With --rate: sends the messages that are due, and sleeps until the next is. */
static void pace(void)
{
    static uint64_t due;
    static int turn;
    if (!due) due = now_ns();
    for (int batch = 0; due <= now_ns() && batch < 256; batch++) {
        senders[turn / 2].credit = 1;
        pump(&conns[turn], due);
        turn = (turn + 2) % o.conns;
        due += (uint64_t)(1e9 / o.rate);
    }
    uint64_t now = now_ns();
    poll_for(due > now ? due - now : 0);
}

/* Runs for this time, and until this many are finished: a slow server gets more time. */
static void run_until(uint64_t until, uint64_t finished)
{
    uint64_t deadline = until + 30000000000u, now = now_ns();
    while ((now < until || (n_finished < finished && now < deadline)) && !stopped && n_ready &&
           (sending || n_finished < n_sent)) {
        if (o.rate && sending) pace();
        else poll_for(20000000);
        now = now_ns();
        for (int i = 0; i < n_waiting; i++) pump(&conns[waiting[i]], now);
        n_waiting = 0;
    }
}

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void connect_all(void)
{
    uint64_t began = now_ns(), deadline = began + 120000000000u;
    while ((n_opened < o.conns || n_opening) && !stopped && now_ns() < deadline) {
        while (n_opened < o.conns && n_opening < 64) open_next();
        poll_for(100000000);
    }
    if (n_ready < o.conns) die("%d of %d connections got ready", n_ready, o.conns);
    if (!o.idle) return;
    printf("READY connect_rate=%.0f\n", o.conns / ((double)(now_ns() - began) / 1e9));
    fflush(stdout);
}

static void exchange(void)
{
    senders = calloc((size_t)o.conns / 2, sizeof *senders);
    waiting = calloc((size_t)o.conns / 2, sizeof *waiting);
    if (!senders || !waiting) die("out of memory");
    sending = 1;
    uint64_t now = now_ns();
    for (int i = 0; i < o.conns && !o.rate; i += 2) {
        senders[i / 2].credit = o.window;
        pump(&conns[i], now);
    }
    run_until(now + (uint64_t)(o.warmup * 1e9), n_sent);
    double cpu = cpu_s();
    measuring = 1;
    uint64_t began = now_ns();
    first_sent = o.rate ? began : 0;
    run_until(began + (uint64_t)(o.duration * 1e9), o.rate ? 0 : n_sent);
    double took = (double)(now_ns() - began) / 1e9;
    uint64_t measured = n_measured;             /* late messages still add a time */
    cpu = cpu_s() - cpu;
    sending = 0;
    run_until(now_ns(), n_sent);
    printf("rate=%.1f p50=%.1f p99=%.1f max=%.1f sent=%lu unfinished=%lu repeated=%lu closed=%d "
           "load_cpu=%.3f\n", (double)measured / took, hist_us(.5), hist_us(.99),
           (double)hist_max / 1000, (unsigned long)n_sent, (unsigned long)(n_sent - n_finished),
           (unsigned long)n_repeated, n_closed, cpu / took);
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN);
    connections_setup();
    connect_all();
    if (!o.idle) { exchange(); return 0; }
    uint64_t until = now_ns() + (uint64_t)(o.duration * 1e9);
    while (now_ns() < until && !stopped && n_ready) poll_for(100000000);
    return n_closed ? 1 : 0;
}
