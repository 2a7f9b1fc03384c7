/* Sums with their rounding errors, columns copied to contiguous buffers, and fetching ahead. */
#ifndef IMPACT_PAIRS_H
#define IMPACT_PAIRS_H

#include "base.h"

/* (column[start + r] - shift) * scale[r] into a contiguous buffer. */
INLINE void copy_column(const Columns *c, index_t j, index_t start, index_t count, double shift,
                        const double *RESTRICT scale, double *RESTRICT target) {
    const char *source = c->base[j] + start * c->stride[j];
    if (c->stride[j] == 8) {
        const double *RESTRICT from = (const double *)source;
        if (scale)
            for (index_t r = 0; r < count; r++) target[r] = (from[r] - shift) * scale[r];
        else
            for (index_t r = 0; r < count; r++) target[r] = from[r] - shift;
        return;
    }
    for (index_t r = 0; r < count; r++) {
        double value = *(const double *)(source + r * c->stride[j]) - shift;
        target[r] = scale ? value * scale[r] : value;
    }
}

INLINE void two_sum(double a, double b, double *sum, double *error) {
    double s = a + b, shadow = s - a;
    *error = (a - (s - shadow)) + (b - shadow);
    *sum = s;
}

#if defined(__GNUC__)
#define FETCH(address, bytes) \
    for (index_t line = 0; line < (bytes); line += 64) __builtin_prefetch((address) + line, 0, 2)
#else
#define FETCH(address, bytes) (void)0
#endif

#endif
