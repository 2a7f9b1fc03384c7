/* A pass by groups over rows whose first codes come in runs. */
#ifndef IMPACT_RUNS_H
#define IMPACT_RUNS_H

#include "grouped.h"

/* Sorted codes and few columns: rows are read where they lie, and the values and sums of a run of rows that share their
 * first code stay in registers. */
INLINE void runs_rows(const Effects *e, index_t task, index_t at, index_t count, index_t width, int subtract, int second) {
    const int32_t *one = e->codes[0] + at, *other = second ? e->codes[1] + at : NULL;
    const double *weights = e->weights ? e->weights + at : NULL, *in[4];
    double *out[4], *sums = e->sums[0] ? e->sums[0] + (e->by_range ? 0 : task * e->levels[0] * width) : NULL, *side = e->sums[1] ? e->sums[1] + task * e->levels[1] * width : NULL;
    double value[4] = {0}, own[4] = {0}, squares[4] = {0};
    for (index_t j = 0; j < width; j++) {
        in[j] = (const double *)e->in->base[j] + at;
        out[j] = e->out->width ? (double *)e->out->base[j] + at : NULL;
    }
    for (index_t r = 0; r < count; r++) {
        int starts = r == 0 || one[r] != one[r - 1], ends = r + 1 == count || one[r + 1] != one[r];
        if (subtract && starts)
            for (index_t j = 0; j < width; j++) value[j] = e->values[0][one[r] * width + j];
        double weight = weights ? weights[r] : 1.0;
        for (index_t j = 0; j < width; j++) {
            double z = in[j][r];
            if (subtract) {
                z -= value[j];
                if (second) z -= e->values[1][other[r] * width + j];
                out[j][r] = z;
            } else if (e->squares) {
                double d = z - e->shift[j];
                squares[j] += weight * (d * d);
            }
            own[j] += weight * z;
            if (second && side) side[other[r] * width + j] += weight * z;
        }
        if (!ends || !sums) continue;
        for (index_t j = 0; j < width; j++) {
            sums[one[r] * width + j] += own[j];
            own[j] = 0.0;
        }
    }
    for (index_t j = 0; !subtract && e->squares && j < width; j++) e->squares[task * width + j] += squares[j];
}

#define RUNS_ROWS(columns)                                                                                \
    if (e->values[0] && e->values[1]) runs_rows(e, task, at, count, columns, 1, 1);                       \
    else if (e->values[0]) runs_rows(e, task, at, count, columns, 1, 0);                                  \
    else if (e->sums[1]) runs_rows(e, task, at, count, columns, 0, 1);                                    \
    else runs_rows(e, task, at, count, columns, 0, 0);

static void runs_block(const Effects *e, index_t task, index_t at, index_t count) {
    switch (e->width) {
    case 1: RUNS_ROWS(1) break;
    case 2: RUNS_ROWS(2) break;
    case 3: RUNS_ROWS(3) break;
    default: RUNS_ROWS(4)
    }
}

/* Whether runs_block does all that is asked: sums by the first codes, and values with an output or neither. */
static int is_plain_run(const Effects *e) {
    int pair = !e->values[0] || !e->codes[1] || e->values[1];
    return e->by_runs && e->width >= 1 && e->width <= 4 && e->in->contiguous && (!e->out->width || e->out->contiguous) &&
           (e->values[0] != NULL) == (e->out->width > 0) && pair && !(e->values[0] && e->squares);
}

#endif
