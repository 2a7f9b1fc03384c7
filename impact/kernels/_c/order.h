/* The stable order of whole numbers, by counting their digits. */
#ifndef IMPACT_ORDER_H
#define IMPACT_ORDER_H

#include "base.h"

#define DIGIT_BITS 11
#define DIGITS (1 << DIGIT_BITS)

/* One pass: rows in the order of `from` (NULL: as they are) to `to`, by the digit that begins at a bit. */
static void order_by_digit(const int64_t *codes, const int64_t *from, int64_t *to, index_t n, int bit) {
    int64_t counts[DIGITS + 1];
    memset(counts, 0, sizeof counts);
    for (index_t r = 0; r < n; r++) counts[((codes[r] >> bit) & (DIGITS - 1)) + 1]++;
    for (int d = 0; d < DIGITS; d++) counts[d + 1] += counts[d];
    for (index_t r = 0; r < n; r++) {
        int64_t row = from ? from[r] : r;
        to[counts[(codes[row] >> bit) & (DIGITS - 1)]++] = row;
    }
}

/* The same for codes below 2^32, with each beside its row, so that reading is in sequence. */
static void order_beside(const int64_t *codes, uint64_t *one, uint64_t *other, int64_t *to, index_t n, int passes) {
    for (index_t r = 0; r < n; r++) one[r] = (uint64_t)codes[r] << 32 | (uint64_t)r;
    for (int pass = 0; pass < passes; pass++) {
        int64_t counts[DIGITS + 1];
        int bit = 32 + pass * DIGIT_BITS;
        memset(counts, 0, sizeof counts);
        for (index_t r = 0; r < n; r++) counts[((one[r] >> bit) & (DIGITS - 1)) + 1]++;
        for (int d = 0; d < DIGITS; d++) counts[d + 1] += counts[d];
        for (index_t r = 0; r < n; r++) other[counts[(one[r] >> bit) & (DIGITS - 1)]++] = one[r];
        uint64_t *swap = one;
        one = other;
        other = swap;
    }
    for (index_t r = 0; r < n; r++) to[r] = (int64_t)(one[r] & 0xFFFFFFFFu);
}

/* whole_order(codes (n,) int64 from zero, order (n,) int64) */
static PyObject *whole_order(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2], *result = NULL;
    Matrix codes, order;
    if (!PyArg_ParseTuple(args, "OO", &o[0], &o[1])) return NULL;
    if (take(o[0], &codes, "lq", 8, 0)) return NULL;
    index_t n = codes.rows;
    int64_t *other = NULL;
    memset(&order, 0, sizeof order);
    release(&codes);
    if (take_vector(o[0], &codes, "lq", 8, n, 0) || take_vector(o[1], &order, "lq", 8, n, 1)) goto done;
    if (!codes.held || !order.held) {
        PyErr_SetString(PyExc_ValueError, "an argument is missing");
        goto done;
    }
    other = malloc((size_t)(2 * n + 1) * sizeof(int64_t));
    if (!other) {
        PyErr_NoMemory();
        goto done;
    }
    const int64_t *own = (int64_t *)codes.base;
    int64_t *to = (int64_t *)order.base, largest = 0, least = 0;
    for (index_t r = 0; r < n; r++) {
        largest = own[r] > largest ? own[r] : largest;
        least = own[r] < least ? own[r] : least;
    }
    if (least < 0) {
        PyErr_SetString(PyExc_ValueError, "a code lies below zero");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    int passes = 0;
    while (passes < 6 && largest >> (passes * DIGIT_BITS)) passes++;
    if (!passes) passes = 1;
    const int64_t *from = NULL;
    if (largest >> 32 == 0 && (uint64_t)n >> 32 == 0) {
        order_beside(own, (uint64_t *)other, (uint64_t *)other + n, to, n, passes);
        passes = 0;
    }
    for (int pass = 0; pass < passes; pass++) {
        int64_t *target = (passes - pass) % 2 ? to : other;
        order_by_digit(own, from, target, n, pass * DIGIT_BITS);
        from = target;
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    free(other);
    release(&codes);
    release(&order);
    return result;
}

#endif
