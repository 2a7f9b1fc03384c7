/* A pass by groups over a full grid: row r is in level r / T of the first codes and r % T of the second. No code is read,
 * and the rows of several first levels are taken at once, so that short rows of T numbers fill the vectors, too. */
#ifndef IMPACT_GRID_H
#define IMPACT_GRID_H

#include "grouped.h"

#define GRID_ROWS 256

INLINE double sum_of(const double *RESTRICT x, index_t count) {
    double sums[LANES] = {0}, rest = 0.0;
    index_t r = 0;
    if (count >= 4 * LANES) {
        for (; r + LANES <= count; r += LANES)
            for (int l = 0; l < LANES; l++) sums[l] += x[r + l];
        for (int step = LANES / 2; step > 0; step /= 2)
            for (int l = 0; l < step; l++) sums[l] += sums[l + step];
    }
    for (; r < count; r++) rest += x[r];
    return sums[0] + rest;
}

CLONES static double squares_of(const double *RESTRICT x, index_t count, double shift) {
    double sums[2 * LANES] = {0}, rest = 0.0;
    index_t r = 0;
    for (; r + 2 * LANES <= count; r += 2 * LANES)
        for (int l = 0; l < 2 * LANES; l++) sums[l] += (x[r + l] - shift) * (x[r + l] - shift);
    for (; r < count; r++) rest += (x[r] - shift) * (x[r] - shift);
    for (int step = LANES; step > 0; step /= 2)
        for (int l = 0; l < step; l++) sums[l] += sums[l + step];
    return sums[0] + rest;
}

/* One column over a few first levels. second: the values of the second factor, repeated; side: its sums, place by place. */
CLONES static void grid_column(const Effects *e, index_t task, index_t j, index_t level, index_t levels,
                               const double *RESTRICT second, double *RESTRICT side) {
    index_t times = e->levels[1], width = e->width, start = level * times, count = levels * times;
    const double *RESTRICT z = (const double *)e->in->base[j] + start;
    int more = start + 2 * count <= e->n;
    if (e->out->width) {
        double *RESTRICT out = (double *)e->out->base[j] + start;
        for (index_t g = 0; g < levels; g++) {
            double value = e->values[0][(level + g) * width + j];
            FETCH((const char *)(z + (g + levels) * times), more ? times * 8 : 0);
            FETCH((const char *)(out + (g + levels) * times), more ? times * 8 : 0);
            for (index_t r = g * times; r < (g + 1) * times; r++) out[r] = z[r] - value - second[r];
        }
        for (index_t r = 0; r < count; r++) side[r] += out[r];
        for (index_t g = 0; g < levels; g++) e->sums[0][(level + g) * width + j] = sum_of(out + g * times, times);
        return;
    }
    for (index_t r = 0; r < count; r++) side[r] += z[r];
    for (index_t g = 0; g < levels; g++) e->sums[0][(level + g) * width + j] = sum_of(z + g * times, times);
    if (e->squares) e->squares[task * width + j] += squares_of(z, count, e->shift[j]);
}

static void grid_task(void *context, index_t task) {
    Effects *e = context;
    index_t times = e->levels[1], width = e->width, block = e->block * times;
    index_t start = task * e->rows_a_task, stop = start + e->rows_a_task < e->levels[0] ? start + e->rows_a_task : e->levels[0];
    double *second = calloc((size_t)(2 * width * block + 1), sizeof(double));
    if (!second) {
        e->failed = 1;
        return;
    }
    double *side = second + width * block;
    for (index_t j = 0; e->out->width && j < width; j++)
        for (index_t r = 0; r < block; r++) second[j * block + r] = e->values[1][r % times * width + j];
    for (index_t level = start; level < stop; level += e->block)
        for (index_t j = 0; j < width; j++)
            grid_column(e, task, j, level, stop - level < e->block ? stop - level : e->block, second + j * block,
                        side + j * block);
    double *sums = e->sums[1] + task * times * width;
    for (index_t j = 0; j < width; j++)
        for (index_t r = 0; r < block; r++) sums[r % times * width + j] += side[j * block + r];
    free(second);
}

/* Tasks are ranges of first levels; block and rows_a_task count these. */
static void plan_grid(Effects *e) {
    index_t levels = e->levels[0], times = e->levels[1], tasks = e->n > SMALL_ROWS ? 8 : 1;
    e->block = times < GRID_ROWS ? GRID_ROWS / times : 1;
    e->rows_a_task = (levels + tasks - 1) / tasks;
    e->tasks = (levels + e->rows_a_task - 1) / e->rows_a_task;
}

#endif
