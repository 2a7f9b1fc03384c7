/* One pass over the rows that subtracts values by group and adds up groups: see effects_pass below. */
#ifndef IMPACT_EFFECTS_H
#define IMPACT_EFFECTS_H

#include "grid.h"
#include "runs.h"

INLINE void add_groups(double *RESTRICT sums, const int32_t *RESTRICT codes, const double *RESTRICT buffer,
                       const double *RESTRICT weights, index_t count, index_t width) {
    for (index_t r = 0; r < count; r++) {
        double *RESTRICT target = sums + (index_t)codes[r] * width;
        const double *RESTRICT row = buffer + r * width;
        double weight = weights ? weights[r] : 1.0;
        if (weights)
            for (index_t j = 0; j < width; j++) target[j] += weight * row[j];
        else
            for (index_t j = 0; j < width; j++) target[j] += row[j];
    }
}

INLINE void take_values(double *RESTRICT buffer, const int32_t *RESTRICT codes, const double *RESTRICT values,
                        index_t count, index_t width) {
    for (index_t r = 0; r < count; r++) {
        const double *RESTRICT value = values + (index_t)codes[r] * width;
        double *RESTRICT row = buffer + r * width;
        ROW_BY_ROW;
        for (index_t j = 0; j < width; j++) row[j] -= value[j];
    }
}

/* Rows that follow one another in the same group are added up before they are added to the group. */
INLINE void add_runs(double *RESTRICT sums, const int32_t *RESTRICT codes, const double *RESTRICT buffer,
                     const double *RESTRICT weights, index_t count, index_t width) {
    double own[8];
    for (index_t j = 0; j < width; j++) own[j] = 0.0;
    for (index_t r = 0; r < count; r++) {
        double weight = weights ? weights[r] : 1.0;
        for (index_t j = 0; j < width; j++) own[j] += weight * buffer[r * width + j];
        if (r + 1 < count && codes[r + 1] == codes[r]) continue;
        for (index_t j = 0; j < width; j++) {
            sums[(index_t)codes[r] * width + j] += own[j];
            own[j] = 0.0;
        }
    }
}

/* (Weighted) squares of every width-th number about the shift, in four sums. */
INLINE double column_squares(const double *RESTRICT buffer, const double *RESTRICT weights, index_t count, index_t width,
                             double shift) {
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    for (index_t r = 0; r + 4 <= count; r += 4)
        for (int i = 0; i < 4; i++) {
            double d = buffer[(r + i) * width] - shift;
            sums[i] += d * d * (weights ? weights[r + i] : 1.0);
        }
    for (index_t r = count / 4 * 4; r < count; r++) {
        double d = buffer[r * width] - shift;
        sums[0] += d * d * (weights ? weights[r] : 1.0);
    }
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/* One block of rows already copied to the buffer, with the codes and weights of those rows. */
INLINE void effects_rows(const Effects *e, index_t task, double *RESTRICT buffer, const int32_t *first,
                         const int32_t *second, const double *weights, index_t count, index_t width) {
    if (e->values[0]) take_values(buffer, first, e->values[0], count, width);
    if (e->values[1]) take_values(buffer, second, e->values[1], count, width);
    if (e->squares) {
        double *squares = e->squares + task * width;
        for (index_t j = 0; j < width; j++) squares[j] += column_squares(buffer + j, weights, count, width, e->shift[j]);
    }
    if (e->sums[0]) {
        double *own = e->sums[0] + (e->by_range ? 0 : task * e->levels[0] * width);
        if (e->by_runs && width <= 8) add_runs(own, first, buffer, weights, count, width);
        else add_groups(own, first, buffer, weights, count, width);
    }
    if (e->sums[1]) add_groups(e->sums[1] + task * e->levels[1] * width, second, buffer, weights, count, width);
}

/* The number of columns is a constant in the usual cases, so that their loops are unrolled. */
#define EFFECTS_ROWS(name, columns)                                                                              \
    CLONES static void name(const Effects *e, index_t task, double *buffer, const int32_t *first,                \
                            const int32_t *second, const double *weights, index_t count) {                       \
        effects_rows(e, task, buffer, first, second, weights, count, columns);                                   \
    }
EFFECTS_ROWS(effects_rows_1, 1)
EFFECTS_ROWS(effects_rows_2, 2)
EFFECTS_ROWS(effects_rows_3, 3)
EFFECTS_ROWS(effects_rows_4, 4)
EFFECTS_ROWS(effects_rows_5, 5)
EFFECTS_ROWS(effects_rows_6, 6)
EFFECTS_ROWS(effects_rows_any, e->width)

static void effects_block(const Effects *e, index_t task, double *buffer, const int32_t *first, const int32_t *second,
                          const double *weights, index_t count) {
    switch (e->width) {
    case 1: effects_rows_1(e, task, buffer, first, second, weights, count); break;
    case 2: effects_rows_2(e, task, buffer, first, second, weights, count); break;
    case 3: effects_rows_3(e, task, buffer, first, second, weights, count); break;
    case 4: effects_rows_4(e, task, buffer, first, second, weights, count); break;
    case 5: effects_rows_5(e, task, buffer, first, second, weights, count); break;
    case 6: effects_rows_6(e, task, buffer, first, second, weights, count); break;
    default: effects_rows_any(e, task, buffer, first, second, weights, count);
    }
}

static void effects_task(void *context, index_t task) {
    Effects *e = context;
    index_t block = e->block;
    index_t start = e->by_range ? 0 : task * e->rows_a_task;
    index_t stop = e->by_range ? e->n : start + e->rows_a_task;
    int64_t low = e->by_range ? (int64_t)e->levels[0] * task / e->tasks : 0;
    int64_t high = e->by_range ? (int64_t)e->levels[0] * (task + 1) / e->tasks : INT64_MAX;
    if (stop > e->n) stop = e->n;
    double *buffer = malloc((size_t)(block * e->width + 4) * sizeof(double));
    index_t *rows = malloc((size_t)block * sizeof(index_t));
    int32_t *first = malloc((size_t)block * 2 * sizeof(int32_t));
    double *weights = malloc((size_t)block * sizeof(double));
    if (!buffer || !rows || !first || !weights) {
        e->failed = 1;
        goto done;
    }
    int32_t *second = first + block;
    for (index_t at = start; at < stop; at += block) {
        index_t count = stop - at < block ? stop - at : block;
        int whole = 1;
        if (e->by_range) {
            index_t b = at / block;
            if (e->low[b] >= high || e->high[b] < low) continue;
            whole = e->low[b] >= low && e->high[b] < high;
        }
        if (whole && e->plain_run) {
            runs_block(e, task, at, count);
            continue;
        }
        if (whole) {
            copy_rows(e->in, at, count, NULL, buffer, 0);
            effects_block(e, task, buffer, e->codes[0] + at, e->codes[1] ? e->codes[1] + at : NULL,
                          e->weights ? e->weights + at : NULL, count);
            if (e->out->width) copy_rows(e->out, at, count, NULL, buffer, 1);
            continue;
        }
        index_t found = 0;
        for (index_t r = 0; r < count; r++) {
            rows[found] = at + r;
            found += e->codes[0][at + r] >= low && e->codes[0][at + r] < high;
        }
        for (index_t r = 0; r < found; r++) {
            first[r] = e->codes[0][rows[r]];
            if (e->codes[1]) second[r] = e->codes[1][rows[r]];
            if (e->weights) weights[r] = e->weights[rows[r]];
        }
        copy_rows(e->in, 0, found, rows, buffer, 0);
        effects_block(e, task, buffer, first, e->codes[1] ? second : NULL, e->weights ? weights : NULL, found);
        if (e->out->width) copy_rows(e->out, 0, found, rows, buffer, 1);
    }
done:
    free(buffer);
    free(rows);
    free(first);
    free(weights);
}

/* Add the tables of all tasks, in task order, into the output. */
static void gather(const double *sums, index_t tables, index_t size, Matrix *out) {
    double *RESTRICT target = (double *)out->base;
    memcpy(target, sums, (size_t)size * 8);
    for (index_t t = 1; t < tables; t++)
        for (index_t i = 0; i < size; i++) target[i] += sums[t * size + i];
}

CLONES static index_t count_runs(const int32_t *codes, index_t n) {
    index_t runs = n > 0;
    for (index_t r = 1; r < n; r++) runs += codes[r] != codes[r - 1];
    return runs;
}

/* Decide how the rows are cut; low and high of each block are filled when cutting by ranges of the first codes. */
static int plan_effects(Effects *e, int want_first) {
    e->block = PACK_DOUBLES / (e->width ? e->width : 1);
    if (e->block < 16) e->block = 16;
    if (e->block > 1024) e->block = 1024;
    e->rows_a_task = task_rows(e->n, e->block);
    e->tasks = (e->n + e->rows_a_task - 1) / e->rows_a_task;
    if (e->tasks < 1) e->tasks = 1;
    if (e->tasks > 8) {
        e->rows_a_task = ((e->n + 7) / 8 + e->block - 1) / e->block * e->block;
        e->tasks = (e->n + e->rows_a_task - 1) / e->rows_a_task;
    }
    e->by_runs = count_runs(e->codes[0], e->n) * 3 < e->n;
    e->by_range = want_first && e->tasks > 1 && e->levels[0] * e->width > 32768;
    if (!e->by_range) return 0;
    index_t blocks = (e->n + e->block - 1) / e->block;
    int32_t *low = malloc((size_t)blocks * 2 * sizeof(int32_t));
    if (!low) return -1;
    double width = 0.0;
    for (index_t b = 0; b < blocks; b++) {
        index_t start = b * e->block, stop = start + e->block < e->n ? start + e->block : e->n;
        code_range(e->codes[0] + start, stop - start, &low[b], &low[blocks + b]);
        width += (double)low[blocks + b] - low[b];
    }
    e->low = low;
    e->high = low + blocks;
    /* Sorted codes: many narrow ranges share the work evenly. Scattered codes: every range reads every block. */
    e->tasks = width / blocks * 16 < e->levels[0] ? 8 : 2;
    return 0;
}

/* effects_pass(columns, out, first, levels, second, levels, values1, values2, weights, sums1, sums2, squares, shift,
 * threads) */
static PyObject *effects_pass(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[11];
    Py_ssize_t levels[2];
    int threads;
    if (!PyArg_ParseTuple(args, "OOOnOnOOOOOOOi", &o[0], &o[1], &o[2], &levels[0], &o[3], &levels[1], &o[4], &o[5],
                          &o[6], &o[7], &o[8], &o[9], &o[10], &threads))
        return NULL;
    Matrix m[11];
    Columns in, out;
    memset(m, 0, sizeof m);
    memset(&out, 0, sizeof out);
    PyObject *result = NULL;
    double *scratch[3] = {NULL, NULL, NULL};
    Effects e;
    memset(&e, 0, sizeof e);
    if (take_columns(o[0], &in, 0)) return NULL;
    index_t n = in.rows, p = in.width;
    if (o[1] != Py_None && take_columns(o[1], &out, 1)) goto done;
    if (out.width && (out.rows != n || out.width != p)) {
        PyErr_SetString(PyExc_ValueError, "the output has another shape");
        goto done;
    }
    if (take_codes(o[2], &m[2], n) || take_codes(o[3], &m[3], n)) goto done;
    if (take_table(o[4], &m[4], levels[0], p, 0) || take_table(o[5], &m[5], levels[1], p, 0)) goto done;
    if (take_weights(o[6], &m[6], n)) goto done;
    if (take_table(o[7], &m[7], levels[0], p, 1) || take_table(o[8], &m[8], levels[1], p, 1)) goto done;
    if (take_vector(o[9], &m[9], "d", 8, p, 1) || take_vector(o[10], &m[10], "d", 8, p, 0)) goto done;
    if (!m[2].held || (m[9].held && !m[10].held) || ((m[5].held || m[8].held) && !m[3].held)) {
        PyErr_SetString(PyExc_ValueError, "an argument is missing");
        goto done;
    }
    int grid = m[3].held && is_grid((int32_t *)m[2].base, (int32_t *)m[3].base, n, levels[0], levels[1]);
    if (!grid && !codes_fit((int32_t *)m[2].base, n, levels[0])) goto done;
    if (!grid && m[3].held && !codes_fit((int32_t *)m[3].base, n, levels[1])) goto done;
    e.in = &in;
    e.out = &out;
    e.n = n;
    e.width = p;
    for (int f = 0; f < 2; f++) {
        e.codes[f] = (int32_t *)m[2 + f].base;
        e.levels[f] = levels[f];
    }
    e.weights = (double *)m[6].base;
    e.grid = grid && n > 0 && !m[6].held && m[7].held && m[8].held && in.contiguous && (!out.width || out.contiguous) &&
             m[4].held == (out.width > 0) && m[5].held == (out.width > 0) && !(out.width && m[9].held);
    if (e.grid) plan_grid(&e);
    else if (plan_effects(&e, m[7].held)) goto memory;
    for (int f = 0; f < 2; f++) {
        e.values[f] = (double *)m[4 + f].base;
        if (!m[7 + f].held) continue;
        if (f == 0 && (e.by_range || e.grid || e.tasks == 1)) {
            e.sums[f] = (double *)m[7].base; /* tasks write disjoint rows of the output itself */
            memset(e.sums[f], 0, (size_t)(levels[f] * p) * 8);
            continue;
        }
        e.sums[f] = scratch[f] = calloc((size_t)(e.tasks * levels[f] * p + 1), sizeof(double));
        if (!e.sums[f]) goto memory;
    }
    if (m[9].held) {
        e.squares = scratch[2] = calloc((size_t)(e.tasks * p + 1), sizeof(double));
        e.shift = (double *)m[10].base;
        if (!e.squares) goto memory;
    }
    e.plain_run = !e.grid && is_plain_run(&e);
    Py_BEGIN_ALLOW_THREADS
    run_tasks(e.grid ? grid_task : effects_task, &e, e.tasks, threads);
    for (int f = 0; f < 2; f++)
        if (scratch[f]) gather(scratch[f], e.tasks, levels[f] * p, &m[7 + f]);
    if (scratch[2]) gather(scratch[2], e.tasks, p, &m[9]);
    Py_END_ALLOW_THREADS
    if (e.failed) goto memory;
    result = Py_NewRef(Py_None);
    goto done;
memory:
    PyErr_NoMemory();
done:
    free((void *)e.low);
    for (int f = 0; f < 3; f++) free(scratch[f]);
    for (int f = 0; f < 11; f++) release(&m[f]);
    release_columns(&in);
    release_columns(&out);
    return result;
}

#endif
