/* A template is a list of literal pieces and placeholders, rendered once per message. */
#ifndef TEMPLATES_H
#define TEMPLATES_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MAX_SEGS 64
struct seg { char kind; const char *lit; size_t len; };
struct tmpl { struct seg s[MAX_SEGS]; int n; };

/* The values of the placeholders. */
struct fill {
    uint64_t seq;              /* %d */
    uint64_t ts;               /* %t */
    int id, peer;              /* %i %p */
    const char *key;           /* %k */
    const char *name, *other;  /* %u %q */
    uint64_t number;           /* %n */
    int pad;                   /* %z */
};

/* Returns 0, or -1 if there are too many pieces. */
static inline int compile(struct tmpl *t, const char *src)
{
    t->n = 0;
    while (*src) {
        if (t->n >= MAX_SEGS) return -1;
        struct seg *s = &t->s[t->n++];
        if (src[0] == '%' && src[1] && strchr("dtipzkuqn%", src[1])) {
            s->kind = src[1];
            src += 2;
        } else {
            size_t n = 1 + strcspn(src + 1, "%");
            s->kind = 0; s->lit = src; s->len = n;
            src += n;
        }
    }
    return 0;
}

static inline char *put_uint(char *p, uint64_t v)
{
    char tmp[24];
    int n = 0;
    do tmp[n++] = (char)('0' + v % 10); while (v /= 10);
    while (n) *p++ = tmp[--n];
    return p;
}

static inline char *put_str(char *p, const char *s)
{
    size_t n = s ? strlen(s) : 0;
    if (n) memcpy(p, s, n);
    return p + n;
}

/* Returns the end. */
static inline char *render(char *p, const struct tmpl *t, const struct fill *f)
{
    for (int i = 0; i < t->n; i++) {
        const struct seg *s = &t->s[i];
        switch (s->kind) {
        case 0: memcpy(p, s->lit, s->len); p += s->len; break;
        case 'd': p = put_uint(p, f->seq); break;
        case 't': p = put_uint(p, f->ts); break;
        case 'i': p = put_uint(p, (uint64_t)f->id); break;
        case 'p': p = put_uint(p, (uint64_t)f->peer); break;
        case 'z': memset(p, 'x', (size_t)f->pad); p += f->pad; break;
        case 'k': p = put_str(p, f->key); break;
        case 'u': p = put_str(p, f->name); break;
        case 'q': p = put_str(p, f->other); break;
        case 'n': p = put_uint(p, f->number); break;
        case '%': *p++ = '%'; break;
        }
    }
    return p;
}

/* Moves *p behind the first number after `key` in *p..end and returns 1, or 0 if there is none. */
static inline int next_number(const char **p, const char *end, const char *key, uint64_t *v)
{
    const char *k = memmem(*p, (size_t)(end - *p), key, strlen(key));
    if (!k) return 0;
    k += strlen(key);
    while (k < end && (*k < '0' || *k > '9')) k++;
    if (k == end) return 0;
    for (*v = 0; k < end && *k >= '0' && *k <= '9'; k++) *v = *v * 10 + (uint64_t)(*k - '0');
    *p = k;
    return 1;
}

static inline uint64_t number_after(const char *p, const char *end, const char *key, uint64_t none)
{
    uint64_t v;
    return next_number(&p, end, key, &v) ? v : none;
}
#endif
