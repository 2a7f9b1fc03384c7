/* Pairs of codings: nesting, components, completeness, tables. */
#ifndef IMPACT_LEVELS_H
#define IMPACT_LEVELS_H

#include "encode.h"

/* ---------------------------------------------------------------- pairs of codes */

static int take_two(PyObject *one, PyObject *other, Matrix *first, Matrix *second) {
    memset(second, 0, sizeof *second);
    if (take(one, first, "il", 4, 0)) return -1;
    if (first->width != 1 || (first->rows > 1 && first->row_stride != 4)) {
        PyErr_SetString(PyExc_ValueError, "codes must be contiguous");
        release(first);
        return -1;
    }
    if (take_codes(other, second, first->rows) == 0) return 0;
    release(first);
    return -1;
}

static int take_pair(PyObject *one, PyObject *other, Py_ssize_t *levels, Matrix *first, Matrix *second) {
    if (take_two(one, other, first, second)) return -1;
    if (codes_fit((int32_t *)first->base, first->rows, levels[0]) &&
        codes_fit((int32_t *)second->base, first->rows, levels[1]))
        return 0;
    release(first);
    release(second);
    return -1;
}

/* is_nested(inner, levels, outer, levels) */
static PyObject *is_nested(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2];
    Py_ssize_t levels[2];
    Matrix inner, outer;
    if (!PyArg_ParseTuple(args, "OnOn", &o[0], &levels[0], &o[1], &levels[1])) return NULL;
    if (take_pair(o[0], o[1], levels, &inner, &outer)) return NULL;
    int32_t *seen = malloc(((size_t)levels[0] + 1) * sizeof(int32_t));
    int nested = 1;
    if (seen) {
        const int32_t *in = (int32_t *)inner.base, *out = (int32_t *)outer.base;
        Py_BEGIN_ALLOW_THREADS
        for (index_t g = 0; g < levels[0]; g++) seen[g] = -1;
        for (index_t r = 0; r < inner.rows && nested; r++) {
            int32_t *own = &seen[in[r]];
            if (*own < 0) *own = out[r];
            nested = *own == out[r];
        }
        Py_END_ALLOW_THREADS
    }
    free(seen);
    release(&inner);
    release(&outer);
    return seen ? PyBool_FromLong(nested) : PyErr_NoMemory();
}

/* Runs of equal codes where these ascend, -1 where they do not; alone: whether one of the runs is a single row. */
CLONES static index_t ascending_runs(const int32_t *codes, index_t n, int *alone) {
    index_t runs = n > 0;
    int32_t single = n == 1 || (n > 1 && (codes[0] != codes[1] || codes[n - 1] != codes[n - 2]));
    for (index_t start = 1; start < n; start += ENCODE_ROWS) {
        index_t stop = start + ENCODE_ROWS < n - 1 ? start + ENCODE_ROWS : n - 1;
        int32_t falls = 0, starts = 0;
        for (index_t r = start; r < stop; r++) {
            int32_t fresh = codes[r] != codes[r - 1];
            falls |= codes[r] < codes[r - 1];
            starts += fresh;
            single |= fresh & (codes[r + 1] != codes[r]);
        }
        if (falls) return -1;
        runs += starts;
    }
    if (n > 1) {
        if (codes[n - 1] < codes[n - 2]) return -1;
        runs += codes[n - 1] != codes[n - 2];
    }
    *alone = single;
    return runs;
}

/* has_singleton(codes, levels): whether a level has exactly one row; stops when all levels have two */
static PyObject *has_singleton(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *object, *result = NULL;
    Py_ssize_t levels;
    Matrix codes;
    if (!PyArg_ParseTuple(args, "On", &object, &levels)) return NULL;
    if (take(object, &codes, "il", 4, 0)) return NULL;
    const int32_t *code = (int32_t *)codes.base;
    index_t n = codes.rows, once = 0, found = 0;
    int alone = 0;
    unsigned char *seen = NULL;
    if (codes.width != 1 || (n > 1 && codes.row_stride != 4)) {
        PyErr_SetString(PyExc_ValueError, "codes must be contiguous");
        goto done;
    }
    if (ascending_runs(code, n, &alone) < 0) {
        if (!codes_fit(code, n, levels)) goto done;
        seen = calloc((size_t)levels + 1, 1);
        if (!seen) {
            PyErr_NoMemory();
            goto done;
        }
        Py_BEGIN_ALLOW_THREADS
        for (index_t r = 0; r < n && (found < levels || once > 0); r++) {
            unsigned char own = seen[code[r]];
            if (own > 1) continue;
            seen[code[r]] = own + 1;
            found += own == 0;
            once += own == 0 ? 1 : -1;
        }
        Py_END_ALLOW_THREADS
        alone = once > 0;
    }
    result = PyBool_FromLong(alone);
done:
    free(seen);
    release(&codes);
    return result;
}

/* count_levels(codes, levels): levels that have rows; stops when all have been met */
static PyObject *count_levels(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *object;
    Py_ssize_t levels;
    Matrix codes;
    if (!PyArg_ParseTuple(args, "On", &object, &levels)) return NULL;
    if (take(object, &codes, "il", 4, 0)) return NULL;
    const int32_t *code = (int32_t *)codes.base;
    index_t n = codes.rows, found = 0;
    int alone;
    unsigned char *seen = NULL;
    PyObject *result = NULL;
    if (codes.width != 1 || (n > 1 && codes.row_stride != 4)) {
        PyErr_SetString(PyExc_ValueError, "codes must be contiguous");
        goto done;
    }
    index_t runs = ascending_runs(code, n, &alone);
    if (runs >= 0 && (n == 0 || (code[0] >= 0 && code[n - 1] < levels))) {
        result = PyLong_FromSsize_t(runs);
        goto done;
    }
    if (!codes_fit(code, n, levels)) goto done;
    seen = calloc((size_t)levels + 1, 1);
    if (!seen) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    for (index_t r = 0; r < n && found < levels; r++) {
        found += !seen[code[r]];
        seen[code[r]] = 1;
    }
    Py_END_ALLOW_THREADS
    result = PyLong_FromSsize_t(found);
done:
    free(seen);
    release(&codes);
    return result;
}

static int32_t root_of(int32_t *parent, int32_t node) {
    while (parent[node] != node) {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    return node;
}

/* connected_components(first, levels, second, levels, out): count */
static PyObject *connected_components(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[3];
    Py_ssize_t levels[2];
    Matrix first, second, out;
    if (!PyArg_ParseTuple(args, "OnOnO", &o[0], &levels[0], &o[1], &levels[1], &o[2])) return NULL;
    if (take_pair(o[0], o[1], levels, &first, &second)) return NULL;
    int32_t *parent = NULL, count = 0;
    PyObject *result = NULL;
    if (take_vector(o[2], &out, "il", 4, levels[0], 1)) goto done;
    parent = malloc(((size_t)(levels[0] + levels[1]) + 1) * sizeof(int32_t));
    if (!parent) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    const int32_t *one = (int32_t *)first.base, *other = (int32_t *)second.base;
    int32_t *component = (int32_t *)out.base;
    for (index_t g = 0; g < levels[0] + levels[1]; g++) parent[g] = (int32_t)g;
    for (index_t g = 0; g < levels[0]; g++) component[g] = -1;
    for (index_t r = 0; r < first.rows; r++) {
        int32_t a = root_of(parent, one[r]), b = root_of(parent, (int32_t)levels[0] + other[r]);
        if (a < b) parent[b] = a;
        else parent[a] = b;
    }
    for (index_t r = 0; r < first.rows; r++) component[one[r]] = 0;
    for (index_t g = 0; g < levels[0]; g++) {
        if (component[g] < 0) continue;
        int32_t root = root_of(parent, (int32_t)g); /* the smallest level of its component */
        component[g] = root == g ? count++ : component[root];
    }
    Py_END_ALLOW_THREADS
    result = PyLong_FromLong(count);
done:
    free(parent);
    release(&first);
    release(&second);
    release(&out);
    return result;
}

/* is_complete(first, levels, second, levels): every pair of levels has exactly one row */
static PyObject *is_complete(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2];
    Py_ssize_t levels[2];
    Matrix first, second;
    if (!PyArg_ParseTuple(args, "OnOn", &o[0], &levels[0], &o[1], &levels[1])) return NULL;
    if (take_two(o[0], o[1], &first, &second)) return NULL;
    index_t n = first.rows;
    const int32_t *one = (int32_t *)first.base, *other = (int32_t *)second.base;
    int complete = (double)levels[0] * (double)levels[1] == (double)n, failed = 0;
    if (!is_grid(one, other, n, levels[0], levels[1])) {
        unsigned char *seen = NULL;
        if (!codes_fit(one, n, levels[0]) || !codes_fit(other, n, levels[1])) failed = 1;
        else if (complete && !(seen = calloc((size_t)(n / 8 + 1), 1))) {
            PyErr_NoMemory();
            failed = 1;
        }
        Py_BEGIN_ALLOW_THREADS
        for (index_t r = 0; r < n && complete && !failed; r++) {
            index_t cell = one[r] * levels[1] + other[r];
            unsigned char bit = (unsigned char)(1 << (cell & 7));
            complete = !(seen[cell >> 3] & bit);
            seen[cell >> 3] |= bit;
        }
        Py_END_ALLOW_THREADS
        free(seen);
    }
    release(&first);
    release(&second);
    return failed ? NULL : PyBool_FromLong(complete);
}

/* cross_table(first, levels, second, levels, weights, out, totals, totals) */
static PyObject *cross_table(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[6], *result = NULL;
    Py_ssize_t levels[2];
    Matrix first, second, weights, out, rows, columns;
    if (!PyArg_ParseTuple(args, "OnOnOOOO", &o[0], &levels[0], &o[1], &levels[1], &o[2], &o[3], &o[4], &o[5]))
        return NULL;
    if (take_pair(o[0], o[1], levels, &first, &second)) return NULL;
    memset(&out, 0, sizeof out);
    memset(&rows, 0, sizeof rows);
    memset(&columns, 0, sizeof columns);
    if (take_weights(o[2], &weights, first.rows) || take_table(o[3], &out, levels[0], levels[1], 1)) goto done;
    if (take_vector(o[4], &rows, "d", 8, levels[0], 1) || take_vector(o[5], &columns, "d", 8, levels[1], 1)) goto done;
    Py_BEGIN_ALLOW_THREADS
    const int32_t *one = (int32_t *)first.base, *other = (int32_t *)second.base;
    const double *weight = (double *)weights.base;
    double *cell = (double *)out.base;
    memset(cell, 0, (size_t)(levels[0] * levels[1]) * 8);
    double *row_total = (double *)rows.base, *column_total = (double *)columns.base;
    for (index_t r = 0; r < first.rows; r++) cell[one[r] * levels[1] + other[r]] += weight ? weight[r] : 1.0;
    memset(column_total, 0, (size_t)levels[1] * 8);
    for (index_t g = 0; g < levels[0]; g++) {
        const double *RESTRICT own = cell + g * levels[1];
        double total = 0.0;
        for (index_t t = 0; t < levels[1]; t++) {
            total += own[t];
            column_total[t] += own[t];
        }
        row_total[g] = total;
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    release(&first);
    release(&second);
    release(&weights);
    release(&out);
    release(&rows);
    release(&columns);
    return result;
}

CLONES static void table_product_rows(const double *RESTRICT table, const double *RESTRICT left,
                                      const double *RESTRICT right, double *RESTRICT out, index_t groups, index_t levels,
                                      index_t width) {
    for (index_t g = 0; g < groups; g++) {
        const double *RESTRICT own = table + g * levels;
        for (index_t j = 0; j < width; j++) {
            if (left) { /* out is (p, T) here */
                double factor = left[g * width + j];
                for (index_t t = 0; t < levels; t++) out[j * levels + t] += factor * own[t];
                continue;
            }
            double sums[4] = {0.0, 0.0, 0.0, 0.0}; /* right is (p, T) here */
            index_t t = 0;
            for (; t + 4 <= levels; t += 4)
                for (int l = 0; l < 4; l++) sums[l] += own[t + l] * right[j * levels + t + l];
            for (; t < levels; t++) sums[0] += own[t] * right[j * levels + t];
            out[g * width + j] = (sums[0] + sums[2]) + (sums[1] + sums[3]);
        }
    }
}

/* table_product(table (G, T), left (G, p) or None, right (p, T) or None, out): (p, T) = left' table, or (G, p) = table right'
 * with additions in one order */
static PyObject *table_product(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[4], *result = NULL;
    Matrix table, left, right, out;
    if (!PyArg_ParseTuple(args, "OOOO", &o[0], &o[1], &o[2], &o[3])) return NULL;
    if (take_doubles(o[0], &table, 0)) return NULL;
    index_t groups = table.rows, levels = table.width;
    memset(&left, 0, sizeof left);
    memset(&right, 0, sizeof right);
    memset(&out, 0, sizeof out);
    if (take_doubles(o[3], &out, 1)) goto done;
    index_t width = o[1] != Py_None ? out.rows : out.width;
    if (table.row_stride != 8 * levels && groups > 1) {
        PyErr_SetString(PyExc_ValueError, "the table is not contiguous");
        goto done;
    }
    if (take_table(o[1], &left, groups, width, 0) || take_table(o[2], &right, width, levels, 0)) goto done;
    release(&out);
    if (take_table(o[3], &out, left.held ? width : groups, left.held ? levels : width, 1)) goto done;
    if (left.held == right.held) {
        PyErr_SetString(PyExc_ValueError, "one of the two factors is needed");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    if (left.held) memset(out.base, 0, (size_t)(width * levels) * 8);
    table_product_rows((double *)table.base, (double *)left.base, (double *)right.base, (double *)out.base, groups,
                       levels, width);
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    release(&table);
    release(&left);
    release(&right);
    release(&out);
    return result;
}

#endif
