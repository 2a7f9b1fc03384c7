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
#define FETCH_LINE(address) __builtin_prefetch((address), 0, 2)
#else
#define FETCH_LINE(address) (void)0
#define FETCH(address, bytes) (void)0
#endif

/* ---------------------------------------------------------------- lanes */

#if defined(__GNUC__)
typedef double Lanes __attribute__((vector_size(8 * LANES)));
#define ZERO_LANES {0}
#define LOAD_LANES(target, source) memcpy(&(target), (source), sizeof(Lanes))
#define MULTIPLY_ADD(target, a, b) (target) += (a) * (b)
#define LANE(value, l) (value)[l]
#else
typedef struct {
    double lane[LANES];
} Lanes;
#define ZERO_LANES {{0}}
#define LOAD_LANES(target, source) memcpy((target).lane, (source), sizeof(Lanes))
#define MULTIPLY_ADD(target, a, b) \
    for (int l = 0; l < LANES; l++) (target).lane[l] += (a).lane[l] * (b).lane[l]
#define LANE(value, l) (value).lane[l]
#endif

INLINE double add_lanes(const Lanes *value) {
    double a = LANE(*value, 0) + LANE(*value, 4), b = LANE(*value, 1) + LANE(*value, 5);
    double c = LANE(*value, 2) + LANE(*value, 6), d = LANE(*value, 3) + LANE(*value, 7);
    return (a + c) + (b + d);
}

#endif
