/* Columns copied side by side, and rows without missing values. */
#ifndef IMPACT_GATHER_H
#define IMPACT_GATHER_H

#include "base.h"

/* ---------------------------------------------------------------- gathering columns */

#define GATHER_ROWS 1024

typedef struct {
    const Columns *columns;
    const int64_t *rows;
    Matrix *out;
    index_t n, rows_a_task;
    unsigned char *finite;
} Gather;

CLONES static void mark_finite(const double *RESTRICT x, index_t count, unsigned char *RESTRICT finite) {
    for (index_t r = 0; r < count; r++) finite[r] &= (x[r] - x[r]) == 0.0;
}

static void gather_task(void *context, index_t task) {
    Gather *g = context;
    index_t first = task * g->rows_a_task, last = first + g->rows_a_task;
    if (last > g->n) last = g->n;
    for (index_t j = 0; j < g->columns->width; j++) {
        const char *source = g->columns->base[j];
        index_t stride = g->columns->stride[j];
        double *target = g->out->held ? (double *)(g->out->base + j * g->out->col_stride) : NULL;
        for (index_t start = first; start < last; start += GATHER_ROWS) {
            index_t stop = start + GATHER_ROWS < last ? start + GATHER_ROWS : last;
            if (target && g->rows)
                for (index_t r = start; r < stop; r++) target[r] = *(const double *)(source + g->rows[r] * stride);
            else if (target && stride == 8)
                memcpy(target + start, source + start * 8, (size_t)(stop - start) * 8);
            else if (target)
                for (index_t r = start; r < stop; r++) target[r] = *(const double *)(source + r * stride);
            if (!g->finite) continue;
            if (stride == 8) mark_finite((const double *)source + start, stop - start, g->finite + start);
            else
                for (index_t r = start; r < stop; r++) {
                    double value = *(const double *)(source + r * stride);
                    g->finite[r] &= (value - value) == 0.0;
                }
        }
    }
}

typedef struct {
    const Columns *columns;
    index_t rows_a_task;
    int finite[MAX_TASKS];
} Finite;

/* A sum of x - x is zero unless one of them is missing or infinite. */
CLONES static double sum_of_nothing(const double *x, index_t count) {
    double sums[LANES] = {0}, total = 0.0;
    for (index_t r = 0; r + LANES <= count; r += LANES)
        for (int l = 0; l < LANES; l++) sums[l] += x[r + l] - x[r + l];
    for (index_t r = count / LANES * LANES; r < count; r++) total += x[r] - x[r];
    for (int l = 0; l < LANES; l++) total += sums[l];
    return total;
}

static void finite_task(void *context, index_t task) {
    Finite *f = context;
    const Columns *c = f->columns;
    index_t start = task * f->rows_a_task, stop = start + f->rows_a_task < c->rows ? start + f->rows_a_task : c->rows;
    f->finite[task] = 1;
    for (index_t j = 0; j < c->width; j++) {
        if (c->stride[j] == 8) {
            f->finite[task] &= sum_of_nothing((const double *)c->base[j] + start, stop - start) == 0.0;
            continue;
        }
        for (index_t r = start; r < stop; r++) {
            double value = *(const double *)(c->base[j] + r * c->stride[j]);
            f->finite[task] &= (value - value) == 0.0;
        }
    }
}

/* all_finite(arrays, threads) */
static PyObject *all_finite(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *columns;
    int threads, finite = 1;
    Columns c;
    Finite f;
    if (!PyArg_ParseTuple(args, "Oi", &columns, &threads)) return NULL;
    if (take_columns(columns, &c, 0)) return NULL;
    f.columns = &c;
    f.rows_a_task = task_rows(c.rows, 64);
    index_t tasks = (c.rows + f.rows_a_task - 1) / f.rows_a_task;
    Py_BEGIN_ALLOW_THREADS
    run_tasks(finite_task, &f, tasks, threads);
    for (index_t t = 0; t < tasks; t++) finite &= f.finite[t];
    Py_END_ALLOW_THREADS
    release_columns(&c);
    return PyBool_FromLong(finite);
}

/* gather_columns(arrays, rows, out, finite, threads): fill out (n, k), column-major; clear finite (n,) where a column is
 * missing or infinite. Either may be None; finite needs all rows. */
static PyObject *gather_columns(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *columns, *o[3], *result = NULL;
    int threads;
    Columns c;
    Matrix rows, out, finite;
    Gather g;
    if (!PyArg_ParseTuple(args, "OOOOi", &columns, &o[0], &o[1], &o[2], &threads)) return NULL;
    if (take_columns(columns, &c, 0)) return NULL;
    memset(&rows, 0, sizeof rows);
    memset(&finite, 0, sizeof finite);
    memset(&g, 0, sizeof g);
    if (take_doubles(o[1], &out, 1) || take(o[0], &rows, "lq", 8, 0)) goto done;
    g.n = rows.held ? rows.rows : c.rows;
    if (take_vector(o[2], &finite, "?B", 1, c.rows, 1)) goto done;
    if ((finite.held && rows.held) || (!finite.held && !out.held) ||
        (out.held && (out.rows != g.n || out.width != c.width || (g.n > 1 && out.row_stride != 8)))) {
        PyErr_SetString(PyExc_ValueError, "the output has another shape");
        goto done;
    }
    g.columns = &c;
    g.rows = (int64_t *)rows.base;
    g.out = &out;
    g.finite = (unsigned char *)finite.base;
    g.rows_a_task = task_rows(g.n, 64);
    int fits = 1;
    Py_BEGIN_ALLOW_THREADS
    for (index_t r = 0; rows.held && r < g.n; r++) fits &= g.rows[r] >= 0 && g.rows[r] < c.rows;
    if (fits) run_tasks(gather_task, &g, (g.n + g.rows_a_task - 1) / g.rows_a_task, threads);
    Py_END_ALLOW_THREADS
    if (fits) result = Py_NewRef(Py_None);
    else PyErr_SetString(PyExc_ValueError, "a row number lies outside the columns");
done:
    release(&rows);
    release(&out);
    release(&finite);
    release_columns(&c);
    return result;
}

#endif
