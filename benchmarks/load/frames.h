/* RFC 6455 client frames, each with a fresh mask. */
#ifndef FRAMES_H
#define FRAMES_H
#include <stdint.h>
#include <string.h>

static uint64_t rng = 0x9E3779B97F4A7C15u;
static inline uint64_t rnd(void)
{
    rng ^= rng << 13; rng ^= rng >> 7; rng ^= rng << 17;
    return rng;
}

/* Puts one masked frame at p (the payload is copied), returns the end. */
static inline char *frame(char *p, int first_byte, const char *payload, size_t n)
{
    uint32_t mask = (uint32_t)rnd();
    *p++ = (char)first_byte;
    if (n < 126) {
        *p++ = (char)(0x80 | n);
    } else if (n < 65536) {
        *p++ = (char)0xFE;
        *p++ = (char)(n >> 8);
        *p++ = (char)n;
    } else {
        *p++ = (char)0xFF;
        for (int s = 56; s >= 0; s -= 8) *p++ = (char)((uint64_t)n >> s);
    }
    memcpy(p, &mask, 4);
    p += 4;
    uint64_t m8 = ((uint64_t)mask << 32) | mask, w;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&w, payload + i, 8);
        w ^= m8;
        memcpy(p + i, &w, 8);
    }
    for (; i < n; i++) p[i] = payload[i] ^ ((const char *)&mask)[i & 3];
    return p + n;
}

/* The length of the header at h and, in *len, of what follows it; 0 if more is needed. */
static inline size_t frame_header(const unsigned char *h, size_t n, uint64_t *len)
{
    size_t hl = 2;
    if (n < 2) return 0;
    *len = h[1] & 0x7F;
    if (*len == 126) {
        if (n < 4) return 0;
        *len = (uint64_t)h[2] << 8 | h[3];
        hl = 4;
    } else if (*len == 127) {
        if (n < 10) return 0;
        *len = 0;
        for (int i = 2; i < 10; i++) *len = *len << 8 | h[i];
        hl = 10;
    }
    return n - hl < *len ? 0 : hl;
}
#endif
