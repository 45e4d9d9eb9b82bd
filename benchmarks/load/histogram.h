/* Latencies: 64 linear steps per power of two, so the error is below 1.6 %. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H
#include <stddef.h>
#include <stdint.h>

#define HSUB 6
#define HSIZE (64 << HSUB)
static uint64_t hist[HSIZE], hist_n, hist_max;

static inline void hist_add(uint64_t v)
{
    unsigned msb = v < (1u << HSUB) ? HSUB : 63 - (unsigned)__builtin_clzll(v);
    unsigned shift = msb - HSUB;
    size_t i = ((size_t)shift << HSUB) + (v >> shift);
    hist[i < HSIZE ? i : HSIZE - 1]++;
    hist_n++;
    if (v > hist_max) hist_max = v;
}

/* The quantile q of what was added in ns, in microseconds. */
static inline double hist_us(double q)
{
    uint64_t want = (uint64_t)(q * (double)hist_n), seen = 0;
    for (size_t i = 0; i < HSIZE; i++) {
        seen += hist[i];
        if (seen > want) {
            size_t shift = i >> HSUB ? (i >> HSUB) - 1 : 0;
            size_t sub = shift || i >> HSUB ? i - (shift << HSUB) : i;
            return (double)((uint64_t)sub << shift) / 1000.0;
        }
    }
    return (double)hist_max / 1000.0;
}
#endif
