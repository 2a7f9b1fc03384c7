/* Residuals and gradients, in twice the working precision or in plain doubles. */
#ifndef IMPACT_REFINE_H
#define IMPACT_REFINE_H

#include "pairs.h"

/* ---------------------------------------------------------------- residual and gradient */

#define REFINE_ROWS 512

typedef struct {
    const Columns *columns; /* x, then y */
    const double *weights, *shift, *high, *low;
    double *residual, *rest;
    double constant[2];
    int exact;
    index_t rows_a_task;
    double *total; /* a task: k + 2 sums, then what their additions lost */
    int failed;
} Refine;

/* a b = product + error, exactly. The build turns contraction off, so that these sums stay as written. */
INLINE void two_product(double a, double b, double *product, double *error) {
    double p = a * b;
    *error = fma(a, b, -p);
    *product = p;
}

/* residual -= x (high + low), as a pair */
CLONES static void refine_column(const double *RESTRICT x, index_t count, double high, double low,
                                 double *RESTRICT residual, double *RESTRICT rest) {
    for (index_t r = 0; r < count; r++) {
        double product, error, sum, lost;
        two_product(x[r], high, &product, &error);
        two_sum(residual[r], -product, &sum, &lost);
        residual[r] = sum;
        rest[r] += lost - (error + x[r] * low);
    }
}

/* The same in plain doubles, several columns at once: the residual is read and written once for them. */
INLINE void plain_columns_of(const double *const *x, index_t count, const double *params, double *RESTRICT residual,
                             int columns) {
    const double *x0 = x[0], *x1 = columns > 1 ? x[1] : x0, *x2 = columns > 2 ? x[2] : x0, *x3 = columns > 3 ? x[3] : x0;
    double b0 = params[0], b1 = columns > 1 ? params[1] : 0.0, b2 = columns > 2 ? params[2] : 0.0;
    double b3 = columns > 3 ? params[3] : 0.0;
    for (index_t r = 0; r < count; r++) {
        double own = residual[r] - x0[r] * b0;
        if (columns > 1) own -= x1[r] * b1;
        if (columns > 2) own -= x2[r] * b2;
        if (columns > 3) own -= x3[r] * b3;
        residual[r] = own;
    }
}

CLONES static void plain_columns(const double *const *x, index_t k, index_t count, const double *params,
                                 double *RESTRICT residual) {
    index_t j = 0;
    for (; j + TILE <= k; j += TILE) plain_columns_of(x + j, count, params + j, residual, 4);
    if (k - j == 3) plain_columns_of(x + j, count, params + j, residual, 3);
    if (k - j == 2) plain_columns_of(x + j, count, params + j, residual, 2);
    if (k - j == 1) plain_columns_of(x + j, count, params + j, residual, 1);
}

/* Sums of several columns times the score over a whole block, each in two rows of lanes; ahead are the columns of the
 * next block, to be fetched meanwhile. */
INLINE void plain_dots_of(const double *const *x, const double *score, const char *const *ahead, double *total,
                          double *lost, int columns) {
    Lanes sums[TILE][2];
    for (int i = 0; i < columns; i++) sums[i][0] = sums[i][1] = (Lanes)ZERO_LANES;
    for (index_t r = 0; r < REFINE_ROWS; r += 2 * LANES) {
        Lanes s0, s1, a;
        LOAD_LANES(s0, score + r);
        LOAD_LANES(s1, score + r + LANES);
        for (int i = 0; i < columns; i++) {
            FETCH_LINE(ahead[i] + r * 8);
            FETCH_LINE(ahead[i] + r * 8 + 64);
            LOAD_LANES(a, x[i] + r);
            MULTIPLY_ADD(sums[i][0], a, s0);
            LOAD_LANES(a, x[i] + r + LANES);
            MULTIPLY_ADD(sums[i][1], a, s1);
        }
    }
    for (int i = 0; i < columns; i++) {
        double error;
        two_sum(total[i], add_lanes(&sums[i][0]) + add_lanes(&sums[i][1]), &total[i], &error);
        lost[i] += error;
    }
}

CLONES static void plain_dots(const double *const *x, index_t k, const double *score, const char *const *ahead,
                              double *total, double *lost) {
    index_t j = 0;
    for (; j + TILE <= k; j += TILE) plain_dots_of(x + j, score, ahead + j, total + j, lost + j, 4);
    if (k - j == 3) plain_dots_of(x + j, score, ahead + j, total + j, lost + j, 3);
    if (k - j == 2) plain_dots_of(x + j, score, ahead + j, total + j, lost + j, 2);
    if (k - j == 1) plain_dots_of(x + j, score, ahead + j, total + j, lost + j, 1);
}

/* Sum of x times score in twice the working precision: Ogita, Rump and Oishi (2005), in lanes. */
CLONES static void refine_dot(const double *RESTRICT x, index_t count, const double *RESTRICT score,
                              const double *RESTRICT tail, double *total, double *lost) {
    double sum[2 * LANES] = {0}, rest[2 * LANES] = {0};
    for (index_t r = 0; r + 2 * LANES <= count; r += 2 * LANES)
        for (int l = 0; l < 2 * LANES; l++) {
            double product, error, added, missed;
            two_product(x[r + l], score[r + l], &product, &error);
            two_sum(sum[l], product, &added, &missed);
            sum[l] = added;
            rest[l] += missed + (error + x[r + l] * tail[r + l]);
        }
    for (int l = 0; l < 2 * LANES; l++) {
        double error;
        two_sum(*total, sum[l], total, &error);
        *lost += error + rest[l];
    }
}

/* Residual and score of one block, each as a pair; both are filled with zeros to a whole number of lanes. */
CLONES static void refine_scores(const Refine *f, index_t start, index_t count, double *RESTRICT high,
                                 double *RESTRICT low, double *RESTRICT score, double *RESTRICT tail) {
    const double *weights = f->weights ? f->weights + start : NULL;
    if (!f->exact && !f->shift && !weights && count == REFINE_ROWS) {
        memcpy(f->residual + start, high, REFINE_ROWS * 8);
        memcpy(score, high, REFINE_ROWS * 8);
        return;
    }
    for (index_t r = 0; r < count; r++) {
        double sum, lost, product, error;
        two_sum(high[r], low[r], &sum, &lost);
        high[r] = score[r] = f->residual[start + r] = sum;
        low[r] = tail[r] = lost;
        if (!weights) continue;
        two_product(sum, weights[r], &product, &error);
        score[r] = product;
        tail[r] = lost * weights[r] + error;
    }
    if (f->rest) memcpy(f->rest + start, low, (size_t)count * 8);
    for (index_t r = count; r < REFINE_ROWS; r++) high[r] = low[r] = score[r] = tail[r] = 0.0;
}

/* The totals of a task: gradients by column, sum of squares, sum of scores. The shift enters only through the
 * constant y0 - sum of x0 b, and through the sum of scores at the end: nothing cancels in pairs of doubles. */
static void refine_task(void *context, index_t task) {
    Refine *f = context;
    const Columns *c = f->columns;
    index_t k = c->width - 1;
    index_t stop = (task + 1) * f->rows_a_task < c->rows ? (task + 1) * f->rows_a_task : c->rows;
    double *total = f->total + 2 * task * (k + 2), *lost = total + k + 2;
    double *buffer = calloc((size_t)((k + 5) * REFINE_ROWS), sizeof(double));
    const double **own = calloc((size_t)k + 1, sizeof(double *));
    const char **ahead = calloc((size_t)k + 1, sizeof(char *));
    if (!buffer || !own || !ahead) {
        f->failed = 1;
        goto done;
    }
    double *high = buffer + k * REFINE_ROWS, *low = high + REFINE_ROWS;
    double *score = low + REFINE_ROWS, *tail = score + REFINE_ROWS, *ones = tail + REFINE_ROWS;
    for (index_t r = 0; r < REFINE_ROWS; r++) ones[r] = 1.0;
    for (index_t start = task * f->rows_a_task; start < stop; start += REFINE_ROWS) {
        index_t count = stop - start < REFINE_ROWS ? stop - start : REFINE_ROWS;
        copy_column(c, k, start, count, 0.0, NULL, high);
        memset(low, 0, REFINE_ROWS * 8);
        if (f->shift) refine_column(ones, count, f->constant[0], f->constant[1], high, low);
        for (index_t j = 0; j < k; j++) {
            int whole = c->stride[j] == 8 && count == REFINE_ROWS, more = whole && start + 2 * REFINE_ROWS <= c->rows;
            own[j] = whole ? (const double *)c->base[j] + start : buffer + j * REFINE_ROWS;
            ahead[j] = (const char *)(own[j] + (more ? REFINE_ROWS : 0));
            if (!whole) copy_column(c, j, start, count, 0.0, NULL, buffer + j * REFINE_ROWS);
            if (f->exact) refine_column(own[j], count, f->high[j], f->low[j], high, low);
        }
        if (!f->exact) plain_columns(own, k, count, f->high, high);
        refine_scores(f, start, count, high, low, score, tail);
        for (index_t j = 0; j < k && f->exact; j++) refine_dot(own[j], REFINE_ROWS, score, tail, &total[j], &lost[j]);
        if (!f->exact) plain_dots(own, k, score, ahead, total, lost);
        if (!f->exact) {
            const double *two[2] = {high, ones};
            const char *none[2] = {(const char *)high, (const char *)ones};
            plain_dots(two, f->shift ? 2 : 1, score, none, &total[k], &lost[k]);
            continue;
        }
        if (f->shift) refine_dot(ones, REFINE_ROWS, score, tail, &total[k + 1], &lost[k + 1]);
        refine_dot(high, REFINE_ROWS, score, tail, &total[k], &lost[k]);
        refine_dot(low, REFINE_ROWS, score, tail, &total[k], &lost[k]);
    }
done:
    free(buffer);
    free((void *)own);
    free((void *)ahead);
}

/* y0 - sum of x0 (high + low), as a pair */
static void refine_constant(Refine *f, index_t k) {
    f->constant[0] = f->constant[1] = 0.0;
    if (!f->shift) return;
    f->constant[0] = f->shift[k];
    for (index_t j = 0; j < k; j++) {
        double product, error, sum, lost;
        two_product(f->shift[j], f->high[j], &product, &error);
        two_sum(f->constant[0], -product, &sum, &lost);
        two_sum(sum, f->constant[1] + (lost - (error + f->shift[j] * f->low[j])), &f->constant[0], &f->constant[1]);
    }
}

/* residual_gradient(arrays, weights, shift, high, low, residual, rest, gradient, exact, threads): sum of squares */
static PyObject *residual_gradient(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *columns, *o[7];
    int threads, exact;
    if (!PyArg_ParseTuple(args, "OOOOOOOOii", &columns, &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &o[6], &exact,
                          &threads))
        return NULL;
    Columns c;
    Matrix m[7];
    Refine f;
    PyObject *result = NULL;
    double *sums = NULL;
    memset(m, 0, sizeof m);
    memset(&f, 0, sizeof f);
    if (take_columns(columns, &c, 0)) return NULL;
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
    f.exact = exact;
    f.rows_a_task = task_rows(n, REFINE_ROWS);
    index_t tasks = (n + f.rows_a_task - 1) / f.rows_a_task;
    f.total = calloc((size_t)(2 * tasks * (k + 2) + 1), sizeof(double));
    sums = calloc((size_t)(2 * (k + 2)), sizeof(double));
    if (!f.total || !sums) goto memory;
    refine_constant(&f, k);
    Py_BEGIN_ALLOW_THREADS
    run_tasks(refine_task, &f, tasks, threads);
    double *lost = sums + k + 2, *gradient = (double *)m[6].base;
    for (index_t j = 0; j < k + 2; j++)
        for (index_t t = 0; t < tasks; t++) {
            double error;
            two_sum(sums[j], f.total[2 * t * (k + 2) + j], &sums[j], &error);
            lost[j] += error + f.total[(2 * t + 1) * (k + 2) + j];
        }
    for (index_t j = 0; j < k; j++) {
        double product = 0.0, error = 0.0, sum, missed;
        if (f.shift) two_product(f.shift[j], sums[k + 1], &product, &error);
        two_sum(sums[j], -product, &sum, &missed);
        gradient[j] = sum + (missed - error + lost[j] - (f.shift ? f.shift[j] * lost[k + 1] : 0.0));
    }
    Py_END_ALLOW_THREADS
    if (f.failed) goto memory;
    result = PyFloat_FromDouble(sums[k] + sums[2 * k + 2]);
    goto done;
memory:
    PyErr_NoMemory();
done:
    if (!result && !PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no columns");
    free(f.total);
    free(sums);
    for (int i = 0; i < 7; i++) release(&m[i]);
    release_columns(&c);
    return result;
}

#endif
