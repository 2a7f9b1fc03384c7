/* Cholesky factors of small matrices and their systems, in one thread: for sizes at which a library's threads cost more
 * than they save. */
#ifndef IMPACT_POSITIVE_H
#define IMPACT_POSITIVE_H

#include "base.h"

/* Sum of products of two rows of numbers, in eight sums. */
INLINE double row_product(const double *RESTRICT one, const double *RESTRICT other, index_t count) {
    double sums[8] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    index_t r = 0;
    for (; r + 8 <= count; r += 8)
        for (int l = 0; l < 8; l++) sums[l] += one[r + l] * other[r + l];
    for (; r < count; r++) sums[0] += one[r] * other[r];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/* The lower factor in place, row by row; 0 where a pivot is not positive. */
CLONES static int factor_rows(double *a, index_t n) {
    for (index_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (index_t j = 0; j < i; j++) row[j] = (row[j] - row_product(row, a + j * n, j)) / a[j * n + j];
        double pivot = row[i] - row_product(row, row, i);
        if (!(pivot > 0.0)) return 0;
        row[i] = sqrt(pivot);
        for (index_t j = i + 1; j < n; j++) row[j] = 0.0;
    }
    return 1;
}

/* Forwards and backwards for right sides side by side, in place. */
CLONES static void solve_rows(const double *a, index_t n, double *b, index_t width) {
    for (index_t i = 0; i < n; i++) {
        double *own = b + i * width;
        for (index_t j = 0; j < i; j++)
            for (index_t c = 0; c < width; c++) own[c] -= a[i * n + j] * b[j * width + c];
        for (index_t c = 0; c < width; c++) own[c] /= a[i * n + i];
    }
    for (index_t i = n - 1; i >= 0; i--) {
        double *own = b + i * width;
        for (index_t c = 0; c < width; c++) own[c] /= a[i * n + i];
        for (index_t j = 0; j < i; j++)
            for (index_t c = 0; c < width; c++) b[j * width + c] -= a[i * n + j] * own[c];
    }
}

/* positive_system(matrix (n, n), right (n, p) or None, first): with first the matrix is replaced by its lower factor,
 * without it is that factor already; right sides are solved in place; returns whether the factor exists */
static PyObject *positive_system(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2], *result = NULL;
    int first;
    Matrix matrix, right;
    if (!PyArg_ParseTuple(args, "OOi", &o[0], &o[1], &first)) return NULL;
    if (take_doubles(o[0], &matrix, first)) return NULL;
    index_t n = matrix.rows, width = 0;
    memset(&right, 0, sizeof right);
    release(&matrix);
    if (take_table(o[0], &matrix, n, n, first)) goto done;
    if (o[1] != Py_None) {
        if (take_doubles(o[1], &right, 1)) goto done;
        width = right.width;
        release(&right);
        if (take_table(o[1], &right, n, width, 1)) goto done;
    }
    int found = 1;
    Py_BEGIN_ALLOW_THREADS
    if (first) found = factor_rows((double *)matrix.base, n);
    if (found && right.held) solve_rows((double *)matrix.base, n, (double *)right.base, width);
    Py_END_ALLOW_THREADS
    result = PyBool_FromLong(found);
done:
    release(&matrix);
    release(&right);
    return result;
}

#endif
