/* Messages as RFC 6455 text frames. Fragments are not supported: no measured server sends any. */
#include "exchange.h"
#include "frames.h"

static void begin(struct conn *c)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct fill f = fill_for(c);
    char request[8192], *p = request;
    p = put_str(p, "GET ");
    p = render(p, &o.path, &f);
    p += sprintf(p, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ", o.port);
    for (int i = 0; i < 21; i++) *p++ = abc[rnd() >> 58];
    p = put_str(p, "w==\r\n");                  /* 16 bytes in base64 */
    for (int i = 0; i < o.n_headers; i++) {
        p = render(p, &o.header[i], &f);
        p = put_str(p, "\r\n");
    }
    p = put_str(p, "\r\n");
    c->st = UPGRADING;
    conn_write(c, request, (size_t)(p - request));
}

static char *wrap(char *to, const char *message, size_t n) { return frame(to, 0x81, message, n); }

static size_t upgraded(struct conn *c, char *p, size_t n)
{
    char *end = memmem(p, n, "\r\n\r\n", 4);
    if (!end) return 0;
    if (n < 12 || memcmp(p + 9, "101", 3)) {
        fprintf(stderr, "upgrade refused: %.*s\n", (int)strcspn(p, "\r\n"), p);
        conn_close(c, "upgrade refused");
        return n;
    }
    c->st = LOGIN;
    login(c);
    return (size_t)(end + 4 - p);
}

static size_t split(struct conn *c, char *p, size_t n)
{
    size_t at = c->st == UPGRADING ? upgraded(c, p, n) : 0, hl;
    uint64_t len;
    while (c->st > UPGRADING && (hl = frame_header((unsigned char *)p + at, n - at, &len))) {
        char *body = p + at + hl, pong[160];
        switch (p[at] & 0xF) {
        case 1: case 2: on_message(c, body, len); break;
        case 8: conn_close(c, "close frame"); return n;
        case 9: conn_write(c, pong, (size_t)(frame(pong, 0x8A, body, len < 126 ? len : 125) - pong));
        }
        at += hl + len;
    }
    return at;
}

const struct transport websocket = { begin, split, wrap };
