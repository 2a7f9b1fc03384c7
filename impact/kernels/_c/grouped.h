/* What one pass by groups is asked for. */
#ifndef IMPACT_GROUPED_H
#define IMPACT_GROUPED_H

#include "rows.h"

typedef struct {
    const Columns *in, *out;
    index_t n, width, block;
    const int32_t *codes[2];
    index_t levels[2];
    const double *values[2]; /* tables to subtract, or NULL */
    double *sums[2];         /* one table a task; the first factor has one in all when by_range */
    const double *weights, *shift;
    double *squares; /* one row a task, or NULL */
    int by_range, by_runs, plain_run, grid;
    index_t tasks, rows_a_task;
    const int32_t *low, *high; /* of the first codes in each block, by_range only */
    int failed;
} Effects;

#endif
