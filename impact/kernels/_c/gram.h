/* Cross-products, and residuals with gradients in twice the working precision. */
#ifndef IMPACT_GRAM_H
#define IMPACT_GRAM_H

#include "base.h"

/* Columns of several arrays side by side. */
typedef struct {
    Matrix *parts;
    index_t n_parts, rows, width;
    const char **base;
    index_t *stride;
} Columns;

static void release_columns(Columns *c) {
    for (index_t i = 0; i < c->n_parts; i++) release(&c->parts[i]);
    free(c->parts);
    free((void *)c->base);
    free(c->stride);
    memset(c, 0, sizeof *c);
}

static int take_columns(PyObject *sequence, Columns *c) {
    memset(c, 0, sizeof *c);
    PyObject *items = PySequence_Fast(sequence, "a sequence of arrays is needed");
    if (!items) return -1;
    index_t count = PySequence_Fast_GET_SIZE(items), at = 0;
    c->parts = calloc((size_t)count + 1, sizeof(Matrix));
    if (!c->parts) goto memory;
    for (index_t i = 0; i < count; i++) {
        if (take_doubles(PySequence_Fast_GET_ITEM(items, i), &c->parts[i], 0)) goto fail;
        c->n_parts = i + 1;
        c->width += c->parts[i].width;
        if (c->parts[i].rows != c->parts[0].rows) {
            PyErr_SetString(PyExc_ValueError, "columns differ in length");
            goto fail;
        }
    }
    c->rows = count ? c->parts[0].rows : 0;
    c->base = malloc(((size_t)c->width + 1) * sizeof(char *));
    c->stride = malloc(((size_t)c->width + 1) * sizeof(index_t));
    if (!c->base || !c->stride) goto memory;
    for (index_t i = 0; i < count; i++)
        for (index_t j = 0; j < c->parts[i].width; j++, at++) {
            c->base[at] = c->parts[i].base + j * c->parts[i].col_stride;
            c->stride[at] = c->parts[i].row_stride;
        }
    Py_DECREF(items);
    return 0;
memory:
    PyErr_NoMemory();
fail:
    Py_DECREF(items);
    release_columns(c);
    return -1;
}

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

/* ---------------------------------------------------------------- Z'WZ */

typedef struct {
    const Columns *columns;
    const double *weights, *shift;
    index_t padded, rows_a_task;
    double *total; /* a task: sums (padded x padded), then what their additions lost */
    int failed;
} Gram;

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

/* Products of TILE columns with TILE columns over the rows of one block, added to total with compensation. */
INLINE void gram_tile(const double *RESTRICT left, const double *RESTRICT right, index_t rows, double *RESTRICT total,
                      double *RESTRICT lost, index_t padded) {
    Lanes sums[TILE][TILE];
    for (int i = 0; i < TILE; i++)
        for (int j = 0; j < TILE; j++) sums[i][j] = (Lanes)ZERO_LANES;
    for (index_t r = 0; r < rows; r += LANES) {
        Lanes a[TILE], b[TILE];
        for (int i = 0; i < TILE; i++) {
            LOAD_LANES(a[i], left + i * GRAM_ROWS + r);
            LOAD_LANES(b[i], right + i * GRAM_ROWS + r);
        }
        for (int i = 0; i < TILE; i++)
            for (int j = 0; j < TILE; j++) MULTIPLY_ADD(sums[i][j], a[i], b[j]);
    }
    for (int i = 0; i < TILE; i++)
        for (int j = 0; j < TILE; j++) {
            double error;
            two_sum(total[i * padded + j], add_lanes(&sums[i][j]), &total[i * padded + j], &error);
            lost[i * padded + j] += error;
        }
}

CLONES static void gram_block(const double *buffer, index_t rows, index_t padded, double *total, double *lost) {
    for (index_t i = 0; i < padded; i += TILE)
        for (index_t j = i; j < padded; j += TILE)
            gram_tile(buffer + i * GRAM_ROWS, buffer + j * GRAM_ROWS, rows, total + i * padded + j,
                      lost + i * padded + j, padded);
}

CLONES static void gram_copy(const Columns *c, index_t start, index_t count, const double *shift, const double *scale,
                             double *buffer) {
    for (index_t j = 0; j < c->width; j++) {
        copy_column(c, j, start, count, shift ? shift[j] : 0.0, scale, buffer + j * GRAM_ROWS);
        for (index_t r = count; r < GRAM_ROWS && r < (count + LANES - 1) / LANES * LANES; r++)
            buffer[j * GRAM_ROWS + r] = 0.0;
    }
}

static void gram_task(void *context, index_t task) {
    Gram *g = context;
    const Columns *c = g->columns;
    index_t padded = g->padded, size = padded * padded;
    index_t stop = (task + 1) * g->rows_a_task < c->rows ? (task + 1) * g->rows_a_task : c->rows;
    double *total = g->total + 2 * task * size;
    double *buffer = calloc((size_t)(padded * GRAM_ROWS + GRAM_ROWS), sizeof(double));
    if (!buffer) {
        g->failed = 1;
        return;
    }
    double *scale = g->weights ? buffer + padded * GRAM_ROWS : NULL;
    for (index_t start = task * g->rows_a_task; start < stop; start += GRAM_ROWS) {
        index_t count = stop - start < GRAM_ROWS ? stop - start : GRAM_ROWS;
        for (index_t r = 0; scale && r < count; r++) scale[r] = sqrt(g->weights[start + r]);
        gram_copy(c, start, count, g->shift, scale, buffer);
        gram_block(buffer, (count + LANES - 1) / LANES * LANES, padded, total, total + size);
    }
    free(buffer);
}

/* cross_product(arrays, weights, shift, out, threads) */
static PyObject *cross_product(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[4];
    int threads;
    if (!PyArg_ParseTuple(args, "OOOOi", &o[0], &o[1], &o[2], &o[3], &threads)) return NULL;
    Columns c;
    Matrix weights, shift, out;
    Gram g;
    PyObject *result = NULL;
    memset(&weights, 0, sizeof weights);
    memset(&shift, 0, sizeof shift);
    memset(&out, 0, sizeof out);
    memset(&g, 0, sizeof g);
    if (take_columns(o[0], &c)) return NULL;
    index_t p = c.width;
    if (take_weights(o[1], &weights, c.rows) || take_vector(o[2], &shift, "d", 8, p, 0)) goto done;
    if (take_table(o[3], &out, p, p, 1)) goto done;
    g.columns = &c;
    g.weights = (double *)weights.base;
    g.shift = (double *)shift.base;
    g.padded = (p + TILE - 1) / TILE * TILE;
    g.rows_a_task = task_rows(c.rows, GRAM_ROWS);
    index_t tasks = (c.rows + g.rows_a_task - 1) / g.rows_a_task, size = g.padded * g.padded;
    g.total = calloc((size_t)(2 * tasks * size + 1), sizeof(double));
    if (!g.total) goto memory;
    Py_BEGIN_ALLOW_THREADS
    run_tasks(gram_task, &g, tasks, threads);
    for (index_t i = 0; i < p; i++)
        for (index_t j = i; j < p; j++) {
            double sum = 0.0, lost = 0.0, error;
            for (index_t t = 0; t < tasks; t++) {
                two_sum(sum, g.total[2 * t * size + i * g.padded + j], &sum, &error);
                lost += error + g.total[(2 * t + 1) * size + i * g.padded + j];
            }
            ((double *)out.base)[i * p + j] = ((double *)out.base)[j * p + i] = sum + lost;
        }
    Py_END_ALLOW_THREADS
    if (g.failed) goto memory;
    result = Py_NewRef(Py_None);
    goto done;
memory:
    PyErr_NoMemory();
done:
    free(g.total);
    release(&weights);
    release(&shift);
    release(&out);
    release_columns(&c);
    return result;
}

/* ---------------------------------------------------------------- residual and gradient */

#define REFINE_ROWS 256

typedef struct {
    const Columns *columns; /* x, then y */
    const double *weights, *shift, *high, *low;
    double *residual, *rest;
    index_t rows_a_task;
    double *total; /* a task: k gradients and the residual's weighted sum of squares, then what their sums lost */
    int failed;
} Refine;

/* a b = product + error, exactly. The build turns contraction off, so that these sums stay as written. */
INLINE void two_product(double a, double b, double *product, double *error) {
    double p = a * b;
    *error = fma(a, b, -p);
    *product = p;
}

/* residual -= (x - shift) (high + low), as a pair */
CLONES static void refine_column(const double *RESTRICT x, index_t count, double shift, double high, double low,
                                 double *RESTRICT residual, double *RESTRICT rest) {
    for (index_t r = 0; r < count; r++) {
        double centred, tail, product, error, sum, lost;
        two_sum(x[r], -shift, &centred, &tail);
        two_product(centred, high, &product, &error);
        two_sum(residual[r], -product, &sum, &lost);
        residual[r] = sum;
        rest[r] += lost - (error + (centred * low + tail * high));
    }
}

/* Sum of (x - shift) times score in twice the working precision: Ogita, Rump and Oishi (2005), in lanes. */
CLONES static void refine_dot(const double *RESTRICT x, index_t count, double shift, const double *RESTRICT score,
                              const double *RESTRICT tail_score, double *total, double *lost) {
    double sum[LANES] = {0}, rest[LANES] = {0};
    for (index_t r = 0; r + LANES <= count; r += LANES)
        for (int l = 0; l < LANES; l++) {
            double centred, tail, product, error, added, error_sum;
            two_sum(x[r + l], -shift, &centred, &tail);
            two_product(centred, score[r + l], &product, &error);
            two_sum(sum[l], product, &added, &error_sum);
            sum[l] = added;
            rest[l] += error_sum + (error + (centred * tail_score[r + l] + tail * score[r + l]));
        }
    for (int l = 0; l < LANES; l++) {
        double error;
        two_sum(*total, sum[l], total, &error);
        *lost += error + rest[l];
    }
}

static void refine_task(void *context, index_t task) {
    Refine *f = context;
    const Columns *c = f->columns;
    index_t k = c->width - 1;
    index_t stop = (task + 1) * f->rows_a_task < c->rows ? (task + 1) * f->rows_a_task : c->rows;
    double *total = f->total + 2 * task * (k + 1), *lost = total + k + 1;
    double *buffer = calloc((size_t)((k + 4) * REFINE_ROWS), sizeof(double));
    if (!buffer) {
        f->failed = 1;
        return;
    }
    double *high = buffer + k * REFINE_ROWS, *low = high + REFINE_ROWS;
    double *score = low + REFINE_ROWS, *tail = score + REFINE_ROWS;
    for (index_t start = task * f->rows_a_task; start < stop; start += REFINE_ROWS) {
        index_t count = stop - start < REFINE_ROWS ? stop - start : REFINE_ROWS;
        index_t filled = (count + LANES - 1) / LANES * LANES;
        copy_column(c, k, start, count, 0.0, NULL, high);
        for (index_t r = 0; r < count; r++) two_sum(high[r], f->shift ? -f->shift[k] : 0.0, &high[r], &low[r]);
        for (index_t j = 0; j < k; j++) {
            double *own = buffer + j * REFINE_ROWS;
            copy_column(c, j, start, count, 0.0, NULL, own);
            refine_column(own, count, f->shift ? f->shift[j] : 0.0, f->high[j], f->low[j], high, low);
        }
        for (index_t r = 0; r < count; r++) {
            two_sum(high[r], low[r], &high[r], &low[r]);
            f->residual[start + r] = high[r];
            if (f->rest) f->rest[start + r] = low[r];
            score[r] = high[r];
            tail[r] = low[r];
            if (f->weights) {
                double error;
                two_product(high[r], f->weights[start + r], &score[r], &error);
                tail[r] = low[r] * f->weights[start + r] + error;
            }
        }
        for (index_t r = count; r < filled; r++) score[r] = tail[r] = high[r] = 0.0;
        for (index_t j = 0; j < k; j++)
            refine_dot(buffer + j * REFINE_ROWS, filled, f->shift ? f->shift[j] : 0.0, score, tail, &total[j], &lost[j]);
        for (index_t r = 0; r < count; r++) {
            double product, error, more;
            two_product(high[r], score[r], &product, &error);
            two_sum(total[k], product, &total[k], &more);
            lost[k] += more + (error + (high[r] * tail[r] + low[r] * score[r]));
        }
    }
    free(buffer);
}

/* residual_gradient(x, y, weights, shift, high, low, residual, rest, gradient, threads): sum of squares */
static PyObject *residual_gradient(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *columns, *o[7];
    int threads;
    if (!PyArg_ParseTuple(args, "OOOOOOOOi", &columns, &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &o[6], &threads))
        return NULL;
    Columns c;
    Matrix m[7];
    Refine f;
    PyObject *result = NULL;
    memset(m, 0, sizeof m);
    memset(&f, 0, sizeof f);
    if (take_columns(columns, &c)) return NULL;
    index_t n = c.rows, k = c.width - 1;
    if (k < 0 || take_weights(o[0], &m[0], n) || take_vector(o[1], &m[1], "d", 8, k + 1, 0)) goto done;
    if (take_vector(o[2], &m[2], "d", 8, k, 0) || take_vector(o[3], &m[3], "d", 8, k, 0)) goto done;
    if (take_vector(o[4], &m[4], "d", 8, n, 1) || take_vector(o[5], &m[5], "d", 8, n, 1)) goto done;
    if (take_vector(o[6], &m[6], "d", 8, k, 1)) goto done;
    f.columns = &c;
    f.weights = (double *)m[0].base;
    f.shift = (double *)m[1].base;
    f.high = (double *)m[2].base;
    f.low = (double *)m[3].base;
    f.residual = (double *)m[4].base;
    f.rest = (double *)m[5].base;
    f.rows_a_task = task_rows(n, REFINE_ROWS);
    index_t tasks = (n + f.rows_a_task - 1) / f.rows_a_task;
    f.total = calloc((size_t)(2 * tasks * (k + 1) + 1), sizeof(double));
    if (!f.total) goto memory;
    double squares = 0.0;
    Py_BEGIN_ALLOW_THREADS
    run_tasks(refine_task, &f, tasks, threads);
    for (index_t j = 0; j <= k; j++) {
        double sum = 0.0, lost = 0.0, error;
        for (index_t t = 0; t < tasks; t++) {
            two_sum(sum, f.total[2 * t * (k + 1) + j], &sum, &error);
            lost += error + f.total[(2 * t + 1) * (k + 1) + j];
        }
        if (j < k) ((double *)m[6].base)[j] = sum + lost;
        else squares = sum + lost;
    }
    Py_END_ALLOW_THREADS
    if (f.failed) goto memory;
    result = PyFloat_FromDouble(squares);
    goto done;
memory:
    PyErr_NoMemory();
done:
    if (!result && !PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no columns");
    free(f.total);
    for (int i = 0; i < 7; i++) release(&m[i]);
    release_columns(&c);
    return result;
}

#endif
