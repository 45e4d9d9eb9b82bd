/*
 * Messages as the elements of an XML stream (RFC 6120), with stream management (XEP-0198): the
 * server's requests are answered with the number of stanzas that came since <enabled/>.
 */
#include "exchange.h"

static void begin(struct conn *c) { c->st = LOGIN; login(c); }

static char *wrap(char *to, const char *message, size_t n)
{
    memcpy(to, message, n);
    return to + n;
}

static int starts(const char *p, size_t n, const char *s)
{
    size_t l = strlen(s);
    return n >= l && !memcmp(p, s, l);
}

static void element(struct conn *c, const char *p, size_t n)
{
    if (starts(p, n, "<enabled")) c->counting = 1;
    else if (starts(p, n, "<r") && n > 2 && (p[2] == ' ' || p[2] == '/' || p[2] == '>')) {
        char a[80];
        int l = sprintf(a, "<a xmlns='urn:xmpp:sm:3' h='%lu'/>", (unsigned long)c->handled);
        conn_write(c, a, (size_t)l);
        return;
    } else if (starts(p, n, "<message") || starts(p, n, "<presence") || starts(p, n, "<iq")) {
        c->handled += (uint64_t)c->counting;
    }
    on_message(c, p, n);
}

/* The elements right below <stream>. Neither server puts a bare '>' into an attribute. */
static size_t split(struct conn *c, char *p, size_t n)
{
    size_t used = 0;
    int depth = 0;
    char *at = p, *end = p + n, *close;
    while (c->st != CLOSED && (at = memchr(at, '<', (size_t)(end - at))) &&
           (close = memchr(at, '>', (size_t)(end - at)))) {
        if (starts(at, (size_t)(end - at), "</stream:stream")) {
            conn_close(c, "end of the stream");
            return n;
        }
        /* the declaration and the stream element itself do not count as nesting */
        int head = at[1] == '?' || starts(at, (size_t)(end - at), "<stream:stream");
        if (!head) depth += at[1] == '/' ? -1 : close[-1] != '/';
        at = close + 1;
        if (depth) continue;
        if (!head) element(c, p + used, (size_t)(at - p) - used);
        used = (size_t)(at - p);
    }
    return used;
}

const struct transport xmpp = { begin, split, wrap };
