/* A pass by groups over rows whose first codes come in runs. */
#ifndef IMPACT_RUNS_H
#define IMPACT_RUNS_H

#include "grid.h"

/* Sorted codes and few columns: rows are read where they lie, and the values and sums of a run of rows that share their
 * first code stay in registers. */
INLINE void runs_rows(const Effects *e, index_t task, index_t at, index_t count, index_t width, int subtract, int second,
                      int weighted) {
    const int32_t *one = e->codes[0] + at, *other = second ? e->codes[1] + at : NULL;
    const double *weights = weighted ? e->weights + at : NULL, *in[4];
    const double *one_value = e->values[0], *other_value = e->values[1];
    double *out[4], *sums = e->sums[0], *side = e->sums[1];
    if (sums && !e->by_range) sums += task * e->levels[0] * width;
    if (side) side += task * e->levels[1] * width;
    int squared = weighted && !subtract && e->squares;
    double value[4] = {0}, own[4] = {0}, squares[4] = {0};
    for (index_t j = 0; j < width; j++) {
        in[j] = (const double *)e->in->base[j] + at;
        out[j] = e->out->width ? (double *)e->out->base[j] + at : NULL;
    }
    for (index_t r = 0; r < count; r++) {
        int starts = r == 0 || one[r] != one[r - 1], ends = r + 1 == count || one[r + 1] != one[r];
        if (subtract && starts)
            for (index_t j = 0; j < width; j++) value[j] = one_value[(index_t)one[r] * width + j];
        double weight = weighted ? weights[r] : 1.0;
        for (index_t j = 0; j < width; j++) {
            double z = in[j][r];
            if (subtract) {
                z -= value[j];
                if (second) z -= other_value[(index_t)other[r] * width + j];
                out[j][r] = z;
            } else if (squared) {
                double d = z - e->shift[j];
                squares[j] += weight * (d * d);
            }
            double part = weighted ? weight * z : z;
            own[j] += part;
            if (second && side) side[(index_t)other[r] * width + j] += part;
        }
        if (!ends || !sums) continue;
        for (index_t j = 0; j < width; j++) {
            sums[(index_t)one[r] * width + j] += own[j];
            own[j] = 0.0;
        }
    }
    for (index_t j = 0; !subtract && e->squares && j < width; j++)
        e->squares[task * width + j] += weighted ? squares[j] : squares_of(in[j], count, e->shift[j]);
}

#define RUNS_ROWS(columns, weighted)                                                                      \
    if (e->values[0] && e->values[1]) runs_rows(e, task, at, count, columns, 1, 1, weighted);             \
    else if (e->values[0]) runs_rows(e, task, at, count, columns, 1, 0, weighted);                        \
    else if (e->sums[1]) runs_rows(e, task, at, count, columns, 0, 1, weighted);                          \
    else runs_rows(e, task, at, count, columns, 0, 0, weighted);

static void runs_block(const Effects *e, index_t task, index_t at, index_t count) {
    switch (e->width | (e->weights ? 8 : 0)) {
    case 1: RUNS_ROWS(1, 0) break;
    case 2: RUNS_ROWS(2, 0) break;
    case 3: RUNS_ROWS(3, 0) break;
    case 4: RUNS_ROWS(4, 0) break;
    case 9: RUNS_ROWS(1, 1) break;
    case 10: RUNS_ROWS(2, 1) break;
    case 11: RUNS_ROWS(3, 1) break;
    default: RUNS_ROWS(4, 1)
    }
}

/* Whether runs_block does all that is asked: sums by the first codes, and values with an output or neither. */
static int is_plain_run(const Effects *e) {
    int pair = !e->values[0] || !e->codes[1] || e->values[1];
    return e->by_runs && e->width >= 1 && e->width <= 4 && e->in->contiguous && (!e->out->width || e->out->contiguous) &&
           (e->values[0] != NULL) == (e->out->width > 0) && pair && !(e->values[0] && e->squares);
}

#endif
