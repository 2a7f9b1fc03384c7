/* Counting of codes, and encoding of whole numbers. */
#ifndef IMPACT_ENCODE_H
#define IMPACT_ENCODE_H

#include "base.h"

typedef struct {
    const int32_t *codes;
    index_t n, levels, rows_a_task;
    int32_t *counts; /* one table a task: whole numbers, so that their number does not matter */
} Count;

static void count_task(void *context, index_t task) {
    Count *c = context;
    index_t start = task * c->rows_a_task, stop = start + c->rows_a_task < c->n ? start + c->rows_a_task : c->n;
    int32_t *counts = c->counts + task * c->levels;
    /* Four places at once: the same code twice in a row does not wait for itself. */
    for (index_t r = start, part = (stop - start + 3) / 4, last = start + part; r < last; r++)
        for (index_t at = r; at < stop; at += part) counts[c->codes[at]]++;
}

/* group_counts(codes, levels, weights, out, threads) */
static PyObject *group_counts(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[3], *result = NULL;
    Py_ssize_t levels;
    int threads;
    if (!PyArg_ParseTuple(args, "OnOOi", &o[0], &levels, &o[1], &o[2], &threads)) return NULL;
    Matrix codes, weights, out;
    Count c = {NULL, 0, levels, 0, NULL};
    memset(&weights, 0, sizeof weights);
    memset(&out, 0, sizeof out);
    if (take(o[0], &codes, "il", 4, 0)) return NULL;
    c.n = codes.rows;
    if (codes.width != 1 || (c.n > 1 && codes.row_stride != 4)) {
        PyErr_SetString(PyExc_ValueError, "codes must be contiguous");
        goto done;
    }
    if (take_weights(o[1], &weights, c.n) || take_vector(o[2], &out, "d", 8, levels, 1)) goto done;
    c.codes = (int32_t *)codes.base;
    if (!codes_fit(c.codes, c.n, levels)) goto done;
    double *total = (double *)out.base;
    const double *weight = (double *)weights.base;
    index_t tasks = threads > 1 && levels < c.n / 4 ? threads : 1;
    c.rows_a_task = (c.n + tasks - 1) / tasks;
    if (!weight && !(c.counts = calloc((size_t)(tasks * levels + 1), sizeof(int32_t)))) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    if (weight) {
        memset(total, 0, (size_t)levels * 8);
        for (index_t r = 0; r < c.n; r++) total[c.codes[r]] += weight[r];
    } else {
        run_tasks(count_task, &c, tasks, threads);
        for (index_t g = 0; g < levels; g++) {
            total[g] = c.counts[g];
            for (index_t t = 1; t < tasks; t++) total[g] += c.counts[t * levels + g];
        }
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    free(c.counts);
    release(&codes);
    release(&weights);
    release(&out);
    return result;
}

/* ---------------------------------------------------------------- encoding of whole numbers */

#define ENCODE_ROWS 2048

typedef struct {
    const Matrix *values;
    char kind;
    int64_t low[MAX_TASKS], high[MAX_TASKS], origin;
    int whole[MAX_TASKS];
    index_t rows_a_task;
    int32_t *codes;
    const int32_t *table;
    unsigned char *present;
} Encode;

#define WHOLE_RANGE(name, type)                                                                           \
    CLONES static void name(const type *x, index_t count, int64_t *low, int64_t *high) {                  \
        type least = x[0], most = x[0];                                                                   \
        for (index_t r = 0; r < count; r++) {                                                             \
            least = x[r] < least ? x[r] : least;                                                          \
            most = x[r] > most ? x[r] : most;                                                             \
        }                                                                                                 \
        *low = (int64_t)least;                                                                            \
        *high = (int64_t)most;                                                                            \
    }

/* The difference of two whole doubles below 2^53 is exact. */
#define WHOLE_OFFSETS(name, type)                                                                         \
    CLONES static void name(const type *RESTRICT x, index_t count, type origin, int32_t *RESTRICT codes) { \
        for (index_t r = 0; r < count; r++) codes[r] = (int32_t)(x[r] - origin);                          \
    }

WHOLE_RANGE(long_range, int64_t)
WHOLE_RANGE(int_range, int32_t)
WHOLE_OFFSETS(long_offsets, int64_t)
WHOLE_OFFSETS(int_offsets, int32_t)
WHOLE_OFFSETS(double_offsets, double)

CLONES static int double_range(const double *x, index_t count, double *low, double *high) {
    double least[LANES], most[LANES];
    int whole = 1;
    for (int l = 0; l < LANES; l++) least[l] = most[l] = x[0];
    for (index_t r = 0; r + LANES <= count; r += LANES)
        for (int l = 0; l < LANES; l++) {
            double value = x[r + l];
            least[l] = value < least[l] ? value : least[l];
            most[l] = value > most[l] ? value : most[l];
            whole &= nearbyint(value) == value;
        }
    for (index_t r = count / LANES * LANES; r < count; r++) {
        least[0] = x[r] < least[0] ? x[r] : least[0];
        most[0] = x[r] > most[0] ? x[r] : most[0];
        whole &= nearbyint(x[r]) == x[r];
    }
    for (int l = 1; l < LANES; l++) {
        least[0] = least[l] < least[0] ? least[l] : least[0];
        most[0] = most[l] > most[0] ? most[l] : most[0];
    }
    *low = least[0];
    *high = most[0];
    return whole;
}

static void encode_range(void *context, index_t task) {
    Encode *e = context;
    index_t start = task * e->rows_a_task, stop = start + e->rows_a_task;
    if (stop > e->values->rows) stop = e->values->rows;
    if (e->kind == 'd') {
        double low, high;
        const double limit = 9007199254740992.0;
        e->whole[task] = double_range((const double *)e->values->base + start, stop - start, &low, &high) &&
                         low > -limit && high < limit;
        e->low[task] = e->whole[task] ? (int64_t)low : 0;
        e->high[task] = e->whole[task] ? (int64_t)high : 0;
        return;
    }
    if (e->kind == 'l') long_range((const int64_t *)e->values->base + start, stop - start, &e->low[task], &e->high[task]);
    else int_range((const int32_t *)e->values->base + start, stop - start, &e->low[task], &e->high[task]);
    e->whole[task] = e->low[task] > -9007199254740992 && e->high[task] < 9007199254740992;
}

/* Offsets, and which of them occur. A place is written once: threads that write the same line again and again wait for
 * each other. */
static void encode_mark(void *context, index_t task) {
    Encode *e = context;
    index_t start = task * e->rows_a_task, stop = start + e->rows_a_task;
    if (stop > e->values->rows) stop = e->values->rows;
    for (index_t at = start; at < stop; at += ENCODE_ROWS) {
        index_t count = stop - at < ENCODE_ROWS ? stop - at : ENCODE_ROWS;
        int32_t *codes = e->codes + at;
        if (e->kind == 'l') long_offsets((const int64_t *)e->values->base + at, count, e->origin, codes);
        else if (e->kind == 'i') int_offsets((const int32_t *)e->values->base + at, count, (int32_t)e->origin, codes);
        else double_offsets((const double *)e->values->base + at, count, (double)e->origin, codes);
        for (index_t r = 0; r < count; r++)
            if (!e->present[codes[r]]) e->present[codes[r]] = 1;
    }
}

static void encode_look_up(void *context, index_t task) {
    Encode *e = context;
    index_t start = task * e->rows_a_task, stop = start + e->rows_a_task;
    if (stop > e->values->rows) stop = e->values->rows;
    for (index_t r = start; r < stop; r++) e->codes[r] = e->table[e->codes[r]];
}

typedef struct {
    const Matrix *values;
    char kind;
    index_t rows_a_task;
    double low[MAX_TASKS], high[MAX_TASKS];
    int64_t least[MAX_TASKS], most[MAX_TASKS];
} Range;

static void range_task(void *context, index_t task) {
    Range *g = context;
    index_t start = task * g->rows_a_task, stop = start + g->rows_a_task;
    if (stop > g->values->rows) stop = g->values->rows;
    if (g->kind == 'l')
        long_range((const int64_t *)g->values->base + start, stop - start, &g->least[task], &g->most[task]);
    else double_range((const double *)g->values->base + start, stop - start, &g->low[task], &g->high[task]);
}

/* value_range(values, threads): smallest and largest of a contiguous vector of whole numbers, or of doubles without
 * missing values */
static PyObject *value_range(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *object, *result = NULL;
    int threads;
    Matrix values;
    Range g;
    if (!PyArg_ParseTuple(args, "Oi", &object, &threads)) return NULL;
    g.kind = 'l';
    if (take(object, &values, "lq", 8, 0)) {
        PyErr_Clear();
        g.kind = 'd';
        if (take_doubles(object, &values, 0)) return NULL;
    }
    if (values.width != 1 || values.rows < 1 || (values.rows > 1 && values.row_stride != 8)) {
        PyErr_SetString(PyExc_ValueError, "a contiguous vector with at least one number is needed");
    } else {
        g.values = &values;
        g.rows_a_task = task_rows(values.rows, 64);
        index_t tasks = (values.rows + g.rows_a_task - 1) / g.rows_a_task;
        Py_BEGIN_ALLOW_THREADS
        run_tasks(range_task, &g, tasks, threads);
        for (index_t t = 1; t < tasks && g.kind == 'd'; t++) {
            g.low[0] = g.low[t] < g.low[0] ? g.low[t] : g.low[0];
            g.high[0] = g.high[t] > g.high[0] ? g.high[t] : g.high[0];
        }
        for (index_t t = 1; t < tasks && g.kind == 'l'; t++) {
            g.least[0] = g.least[t] < g.least[0] ? g.least[t] : g.least[0];
            g.most[0] = g.most[t] > g.most[0] ? g.most[t] : g.most[0];
        }
        Py_END_ALLOW_THREADS
        result = g.kind == 'd' ? Py_BuildValue("dd", g.low[0], g.high[0])
                               : Py_BuildValue("LL", (long long)g.least[0], (long long)g.most[0]);
    }
    release(&values);
    return result;
}

/* encode_whole(values, codes, threads): bytes of the sorted distinct values as int64, or None */
static PyObject *encode_whole(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2], *result = NULL;
    int threads;
    if (!PyArg_ParseTuple(args, "OOi", &o[0], &o[1], &threads)) return NULL;
    Matrix values, codes;
    Encode e;
    int32_t *table = NULL;
    unsigned char *present = NULL;
    memset(&codes, 0, sizeof codes);
    memset(&e, 0, sizeof e);
    if (take(o[0], &values, "d", 8, 0) == 0) e.kind = 'd';
    else {
        PyErr_Clear();
        if (take(o[0], &values, "lq", 8, 0) == 0) e.kind = 'l';
        else {
            PyErr_Clear();
            if (take(o[0], &values, "il", 4, 0)) return NULL;
            e.kind = 'i';
        }
    }
    index_t n = values.rows;
    if (values.width != 1 || n == 0 || values.row_stride != values.view.itemsize) {
        result = Py_NewRef(Py_None);
        goto done;
    }
    if (take_vector(o[1], &codes, "il", 4, n, 1)) goto done;
    e.values = &values;
    e.codes = (int32_t *)codes.base;
    e.rows_a_task = task_rows(n, 64);
    index_t tasks = (n + e.rows_a_task - 1) / e.rows_a_task, found = 0, span = 0;
    int fits = 1;
    Py_BEGIN_ALLOW_THREADS
    run_tasks(encode_range, &e, tasks, threads);
    int64_t low = e.low[0], high = e.high[0];
    for (index_t t = 0; t < tasks; t++) {
        fits &= e.whole[t];
        low = e.low[t] < low ? e.low[t] : low;
        high = e.high[t] > high ? e.high[t] : high;
    }
    fits = fits && high - low + 1 <= 8 * (int64_t)n + 1024 && high - low < INT32_MAX;
    if (fits) {
        span = (index_t)(high - low + 1);
        e.origin = low;
        e.present = present = calloc((size_t)span, 1);
        e.table = table = malloc((size_t)span * sizeof(int32_t));
        if (present && table) {
            run_tasks(encode_mark, &e, tasks, threads);
            for (index_t v = 0; v < span; v++) {
                table[v] = (int32_t)found;
                found += present[v];
            }
            if (found < span) run_tasks(encode_look_up, &e, tasks, threads);
        }
    }
    Py_END_ALLOW_THREADS
    if (!fits) {
        result = Py_NewRef(Py_None);
        goto done;
    }
    if (!present || !table) {
        PyErr_NoMemory();
        goto done;
    }
    result = PyBytes_FromStringAndSize(NULL, found * 8);
    if (!result) goto done;
    int64_t *label = (int64_t *)PyBytes_AS_STRING(result);
    for (index_t v = 0; v < span; v++)
        if (present[v]) *label++ = e.origin + v;
done:
    free(table);
    free(present);
    release(&values);
    release(&codes);
    return result;
}

#endif
