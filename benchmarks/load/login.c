/* The frames that a client sends and waits for before it counts as ready. */
#include "exchange.h"

static char plain[IOBUF / 4], wrapped[IOBUF / 2];

struct fill fill_for(const struct conn *c)
{
    int peer = c->id ^ 1;
    if (peer >= o.conns) peer = c->id;
    return (struct fill){ .id = c->id, .peer = peer, .key = o.keys ? o.keys[c->id] : NULL,
                          .name = o.names ? o.names[c->id] : NULL,
                          .other = o.names ? o.names[peer] : NULL };
}

void send_text(struct conn *c, const char *p, size_t n)
{
    conn_write(c, wrapped, (size_t)(o.transport->wrap(wrapped, p, n) - wrapped));
}

void send_message(struct conn *c, const struct tmpl *t, uint64_t number)
{
    struct fill f = fill_for(c);
    f.number = number;
    send_text(c, plain, (size_t)(render(plain, t, &f) - plain));
}

void login(struct conn *c)
{
    while (c->st == LOGIN && c->step < o.n_steps && !o.steps[c->step].wait)
        send_message(c, &o.steps[c->step++].t, 0);
    if (c->st != LOGIN || c->step < o.n_steps) return;
    c->st = READY;
    n_ready++; n_opening--;
}

void login_message(struct conn *c, const char *p, size_t n)
{
    const char *awaited = o.steps[c->step].text;
    if (!memmem(p, n, awaited, strlen(awaited))) return;
    c->step++;
    login(c);
}
