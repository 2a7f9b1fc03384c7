/* One Newton step of a Poisson regression with one or two sets of dummies, in one pass over the rows. */
#ifndef IMPACT_POISSON_H
#define IMPACT_POISSON_H

#include "base.h"

#define POISSON_ROWS 256
#define POISSON_COLUMNS 16
#define POISSON_TASKS 8

typedef struct {
    index_t n, k, width, tasks;
    const double *x[POISSON_COLUMNS], *y, *base, *weights, *params, *values[2];
    const int32_t *codes[2], *place;
    const int64_t *start;
    index_t levels[2];
    double *eta, *table, *sums[2], *moments, *likelihood; /* sums[1], moments and likelihood: one of each task */
    int restart, whole, failed;
    index_t bounds[POISSON_TASKS + 1];
} Poisson;

/* exp in plain arithmetic, within an ulp or two from -708 to 709 and constant beyond: loops of it become vectors. */
INLINE double plain_exp(double v) {
    v = v < -708.0 ? -708.0 : v;
    v = v > 709.0 ? 709.0 : v;
    double shifted = v * 1.4426950408889634 + 6755399441055744.0;
    double whole = shifted - 6755399441055744.0;
    double r = (v - whole * 6.93147180369123816490e-01) - whole * 1.90821492927058770002e-10;
    double p = 1.6059043836821613e-10;
    p = p * r + 2.08767569878681e-09;
    p = p * r + 2.505210838544172e-08;
    p = p * r + 2.755731922398589e-07;
    p = p * r + 2.7557319223985893e-06;
    p = p * r + 2.48015873015873e-05;
    p = p * r + 0.0001984126984126984;
    p = p * r + 0.001388888888888889;
    p = p * r + 0.008333333333333333;
    p = p * r + 0.041666666666666664;
    p = p * r + 0.16666666666666666;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    int64_t bits;
    memcpy(&bits, &shifted, 8);
    bits = (int64_t)((uint64_t)(bits + 1023) << 52);
    double scale;
    memcpy(&scale, &bits, 8);
    return p * scale;
}

/* Sum of products of two columns, in eight sums. */
INLINE double block_product(const double *RESTRICT one, const double *RESTRICT other, index_t count) {
    double sums[8] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    index_t r = 0;
    for (; r + 8 <= count; r += 8)
        for (int l = 0; l < 8; l++) sums[l] += one[r + l] * other[r + l];
    for (; r < count; r++) sums[0] += one[r] * other[r];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/* The predictor of a block of rows: moved by a step, or the base and the whole of it. */
INLINE void poisson_predictor(const Poisson *q, index_t at, index_t count, double *RESTRICT eta) {
    if (q->restart)
        for (index_t r = 0; r < count; r++) eta[r] = q->base ? q->base[at + r] : 0.0;
    else memcpy(eta, q->eta + at, (size_t)count * 8);
    if (!q->params) return;
    for (index_t j = 0; j < q->k; j++) {
        const double *RESTRICT x = q->x[j] + at;
        double own = q->params[j];
        for (index_t r = 0; r < count; r++) eta[r] += own * x[r];
    }
    for (int f = 0; f < 2; f++) {
        if (!q->values[f]) continue;
        const int32_t *RESTRICT codes = q->codes[f] + at;
        for (index_t r = 0; r < count; r++) eta[r] += q->values[f][codes[r]];
    }
    memcpy(q->eta + at, eta, (size_t)count * 8);
}

/* Means, scores and likelihood of a block: z holds the mean, the mean times each column, and the score, all weighted. */
INLINE double poisson_means(const Poisson *q, index_t at, index_t count, const double *RESTRICT eta, double *RESTRICT z) {
    double *RESTRICT mean = z, *RESTRICT score = z + (q->k + 1) * POISSON_ROWS;
    const double *RESTRICT y = q->y + at;
    double sums[8] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    double each[POISSON_ROWS];
    for (index_t r = 0; r < count; r++) {
        mean[r] = plain_exp(eta[r]);
        score[r] = y[r] - mean[r];
        each[r] = y[r] * eta[r] - mean[r];
    }
    if (q->weights)
        for (index_t r = 0; r < count; r++) {
            mean[r] *= q->weights[at + r];
            score[r] *= q->weights[at + r];
            each[r] *= q->weights[at + r];
        }
    if (q->whole)
        for (index_t r = 0; r < count; r++) score[r] += mean[r] * (eta[r] - (q->base ? q->base[at + r] : 0.0));
    for (index_t j = 0; j < q->k; j++) {
        const double *RESTRICT x = q->x[j] + at;
        double *RESTRICT own = z + (j + 1) * POISSON_ROWS;
        for (index_t r = 0; r < count; r++) own[r] = mean[r] * x[r];
    }
    for (index_t r = 0; r < count; r++) sums[r & 7] += each[r];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/* Sums by group and in the table; rows that follow one another in the same first group are added up first. */
INLINE void poisson_groups(const Poisson *q, index_t task, index_t at, index_t count, const double *RESTRICT z,
                           index_t width) {
    const int32_t *RESTRICT first = q->codes[0] + at, *RESTRICT second = q->codes[1] ? q->codes[1] + at : NULL;
    double *RESTRICT sums = q->sums[0], *RESTRICT others = second ? q->sums[1] + task * q->levels[1] * width : NULL;
    double own[POISSON_COLUMNS + 2];
    for (index_t j = 0; j < width; j++) own[j] = 0.0;
    for (index_t r = 0; r < count; r++) {
        if (second) {
            double *RESTRICT target = others + (index_t)second[r] * width;
            for (index_t j = 0; j < width; j++) target[j] += z[j * POISSON_ROWS + r];
            q->table[q->start[first[r]] + q->place[second[r]]] += z[r];
        }
        for (index_t j = 0; j < width; j++) own[j] += z[j * POISSON_ROWS + r];
        if (r + 1 < count && first[r + 1] == first[r]) continue;
        double *RESTRICT target = sums + (index_t)first[r] * width;
        for (index_t j = 0; j < width; j++) {
            target[j] += own[j];
            own[j] = 0.0;
        }
    }
}

INLINE void poisson_block(const Poisson *q, index_t task, index_t at, index_t count, double *z, index_t width) {
    double eta[POISSON_ROWS];
    poisson_predictor(q, at, count, eta);
    q->likelihood[task] += poisson_means(q, at, count, eta, z);
    double *moments = q->moments + task * q->k * (q->k + 1);
    for (index_t j = 0; j < q->k; j++) {
        for (index_t l = 0; l <= j; l++)
            moments[j * q->k + l] += block_product(z + (j + 1) * POISSON_ROWS, q->x[l] + at, count);
        moments[q->k * q->k + j] += block_product(z + (q->k + 1) * POISSON_ROWS, q->x[j] + at, count);
    }
    poisson_groups(q, task, at, count, z, width);
}

/* The number of columns is a constant in the usual cases. */
#define POISSON_RANGE(name, columns)                                                                    \
    CLONES static void name(const Poisson *q, index_t task, double *z) {                                \
        for (index_t at = q->bounds[task]; at < q->bounds[task + 1]; at += POISSON_ROWS) {              \
            index_t left = q->bounds[task + 1] - at;                                                    \
            poisson_block(q, task, at, left < POISSON_ROWS ? left : POISSON_ROWS, z, columns);          \
        }                                                                                               \
    }
POISSON_RANGE(poisson_range_3, 3)
POISSON_RANGE(poisson_range_4, 4)
POISSON_RANGE(poisson_range_5, 5)
POISSON_RANGE(poisson_range_6, 6)
POISSON_RANGE(poisson_range_any, q->width)

static void poisson_task(void *context, index_t task) {
    Poisson *q = context;
    double *z = malloc((size_t)(q->width * POISSON_ROWS) * sizeof(double));
    if (!z) {
        q->failed = 1;
        return;
    }
    switch (q->width) {
    case 3: poisson_range_3(q, task, z); break;
    case 4: poisson_range_4(q, task, z); break;
    case 5: poisson_range_5(q, task, z); break;
    case 6: poisson_range_6(q, task, z); break;
    default: poisson_range_any(q, task, z);
    }
    free(z);
}

/* Rows sorted by the first group are cut between groups, so that tasks write rows of their own; others are one task. */
static void poisson_bounds(Poisson *q) {
    const int32_t *codes = q->codes[0];
    int sorted = 1;
    for (index_t r = 1; r < q->n && sorted; r++) sorted = codes[r] >= codes[r - 1];
    index_t wanted = sorted ? q->n / SMALL_ROWS : 1;
    if (wanted > POISSON_TASKS) wanted = POISSON_TASKS;
    if (wanted < 1) wanted = 1;
    q->tasks = wanted;
    q->bounds[0] = 0;
    for (index_t t = 1; t < wanted; t++) {
        index_t at = q->n * t / wanted;
        if (at < q->bounds[t - 1]) at = q->bounds[t - 1];
        while (at > 0 && at < q->n && codes[at] == codes[at - 1]) at++;
        q->bounds[t] = at;
    }
    q->bounds[wanted] = q->n;
}

static void add_tasks(const double *own, index_t tasks, index_t size, double *out) {
    memcpy(out, own, (size_t)size * 8);
    for (index_t t = 1; t < tasks; t++)
        for (index_t i = 0; i < size; i++) out[i] += own[t * size + i];
}

/* poisson_pass(eta, y, columns, (base, weights), step or None, codes, (start, place), (table, sums1, sums2), moments,
 *              (restart, whole), threads): step is (params, values1, values2) and moves eta; returns the likelihood */
static PyObject *poisson_pass(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[16], *columns, *result = NULL;
    Poisson q;
    memset(&q, 0, sizeof q);
    Matrix m[16], held[POISSON_COLUMNS];
    memset(m, 0, sizeof m);
    memset(held, 0, sizeof held);
    int threads;
    if (!PyArg_ParseTuple(args, "OOO!(OO)(OOO)(OO)(OO)(OOO)O(ii)i", &o[0], &o[1], &PyTuple_Type, &columns, &o[2], &o[3],
                          &o[4], &o[5], &o[6], &o[7], &o[8], &o[9], &o[10], &o[11], &o[12], &o[13], &o[14], &q.restart,
                          &q.whole, &threads))
        return NULL;
    q.k = PyTuple_GET_SIZE(columns);
    q.width = q.k + 2;
    if (q.k > POISSON_COLUMNS) return PyErr_Format(PyExc_ValueError, "at most %d columns", POISSON_COLUMNS);
    if (take_doubles(o[0], &m[0], 1)) return NULL;
    q.n = m[0].rows;
    release(&m[0]);
    if (take_vector(o[0], &m[0], "d", 8, q.n, 1)) return NULL;
    double *scratch = NULL;
    for (index_t j = 0; j < q.k; j++) {
        if (take_vector(PyTuple_GET_ITEM(columns, j), &held[j], "d", 8, q.n, 0)) goto done;
        q.x[j] = (double *)held[j].base;
    }
    if (take_vector(o[1], &m[1], "d", 8, q.n, 0) || take_weights(o[2], &m[2], q.n) || take_weights(o[3], &m[3], q.n))
        goto done;
    if (take_codes(o[7], &m[7], q.n) || take_codes(o[8], &m[8], q.n)) goto done;
    if (take_doubles(o[12], &m[12], 1)) goto done;
    q.levels[0] = m[12].rows;
    if (o[13] != Py_None) {
        if (take_doubles(o[13], &m[13], 1)) goto done;
        q.levels[1] = m[13].rows;
    }
    release(&m[12]);
    release(&m[13]);
    if (take_table(o[12], &m[12], q.levels[0], q.width, 1) || take_table(o[13], &m[13], q.levels[1], q.width, 1))
        goto done;
    if (take_vector(o[4], &m[4], "d", 8, q.k, 0) || take_vector(o[5], &m[5], "d", 8, q.levels[0], 0) ||
        take_vector(o[6], &m[6], "d", 8, q.levels[1], 0))
        goto done;
    if (take_vector(o[9], &m[9], "lq", 8, q.levels[0], 0) || take_vector(o[10], &m[10], "il", 4, q.levels[1], 0)) goto done;
    if (take_doubles(o[11], &m[11], 1)) goto done;
    if (take_table(o[14], &m[14], q.k + 1, q.k, 1)) goto done;
    int two = m[8].held;
    if (!m[1].held || !m[7].held || !m[12].held || !m[14].held || two != m[13].held || two != m[11].held ||
        two != m[9].held || two != m[10].held || (m[4].held != m[5].held) || (two && m[5].held != m[6].held)) {
        PyErr_SetString(PyExc_ValueError, "an argument is missing");
        goto done;
    }
    if (!codes_fit((int32_t *)m[7].base, q.n, q.levels[0]) ||
        (two && !codes_fit((int32_t *)m[8].base, q.n, q.levels[1])))
        goto done;
    index_t cells = two ? m[11].rows : 0;
    q.start = (int64_t *)m[9].base;
    q.place = (int32_t *)m[10].base;
    int64_t furthest = 0;
    int32_t widest = 0;
    for (index_t g = 0; two && g < q.levels[0]; g++) furthest = q.start[g] > furthest ? q.start[g] : furthest;
    for (index_t g = 0; two && g < q.levels[1]; g++) widest = q.place[g] > widest ? q.place[g] : widest;
    for (index_t g = 0; two && g < q.levels[0]; g++) two = q.start[g] < 0 ? 2 : two;
    for (index_t g = 0; two && g < q.levels[1]; g++) two = q.place[g] < 0 ? 2 : two;
    if (two == 2 || (two && (m[11].width != 1 || (cells > 1 && m[11].row_stride != 8) || furthest + widest >= cells))) {
        PyErr_SetString(PyExc_ValueError, "a cell lies outside the table");
        goto done;
    }
    q.eta = (double *)m[0].base;
    q.y = (double *)m[1].base;
    q.base = (double *)m[2].base;
    q.weights = (double *)m[3].base;
    q.params = (double *)m[4].base;
    for (int f = 0; f < 2; f++) {
        q.values[f] = (double *)m[5 + f].base;
        q.codes[f] = (int32_t *)m[7 + f].base;
    }
    q.table = (double *)m[11].base;
    q.sums[0] = (double *)m[12].base;
    poisson_bounds(&q);
    index_t second = two ? q.levels[1] * q.width : 0, moments = q.k * (q.k + 1);
    scratch = calloc((size_t)(q.tasks * (second + moments + 1) + 1), sizeof(double));
    if (!scratch) {
        PyErr_NoMemory();
        goto done;
    }
    q.sums[1] = scratch;
    q.moments = scratch + q.tasks * second;
    q.likelihood = q.moments + q.tasks * moments;
    Py_BEGIN_ALLOW_THREADS
    memset(q.sums[0], 0, (size_t)(q.levels[0] * q.width) * 8);
    if (two) memset(q.table, 0, (size_t)cells * 8);
    run_tasks(poisson_task, &q, q.tasks, threads);
    if (two) add_tasks(q.sums[1], q.tasks, second, (double *)m[13].base);
    add_tasks(q.moments, q.tasks, moments, (double *)m[14].base);
    Py_END_ALLOW_THREADS
    if (q.failed) {
        PyErr_NoMemory();
        goto done;
    }
    double likelihood = 0.0;
    for (index_t t = 0; t < q.tasks; t++) likelihood += q.likelihood[t];
    result = PyFloat_FromDouble(likelihood);
done:
    free(scratch);
    for (int i = 0; i < 16; i++) release(&m[i]);
    for (index_t j = 0; j < q.k; j++) release(&held[j]);
    return result;
}

#endif
