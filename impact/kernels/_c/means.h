/* Group sums turned into means. */
#ifndef IMPACT_MEANS_H
#define IMPACT_MEANS_H

#include "base.h"

CLONES static void group_means_rows(const double *RESTRICT sums, const double *RESTRICT counts, double *RESTRICT means,
                                    index_t groups, index_t width) {
    for (index_t g = 0; g < groups; g++) {
        double share = counts[g] > 0 ? counts[g] : 1.0;
        for (index_t j = 0; j < width; j++) means[g * width + j] = sums[g * width + j] / share;
    }
}

/* Largest absolute mean of each column; in four rows of numbers, so that one does not wait for the other. */
CLONES static void largest_means_rows(const double *RESTRICT sums, const double *RESTRICT counts, double *RESTRICT most,
                                      index_t groups, index_t width) {
    for (index_t j = 0; j < width; j++) {
        double largest[4] = {0.0, 0.0, 0.0, 0.0};
        int missing = 0;
        for (index_t g = 0; g < groups; g += 4)
            for (index_t l = 0; l < 4 && g + l < groups; l++) {
                double share = counts[g + l] > 0 ? counts[g + l] : INFINITY;
                double own = fabs(sums[(g + l) * width + j]) / share;
                largest[l] = own > largest[l] ? own : largest[l];
                missing |= own != own;
            }
        for (int l = 1; l < 4; l++) largest[0] = largest[l] > largest[0] ? largest[l] : largest[0];
        most[j] = missing ? NAN : largest[0];
    }
}

/* group_means(sums (G, p), counts (G,), means (G, p) or None, largest (p,) or None): groups without rows keep their sum
 * in the means, and are left out of the largest absolute mean */
static PyObject *group_means(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[4], *result = NULL;
    Matrix sums, counts, means, largest;
    if (!PyArg_ParseTuple(args, "OOOO", &o[0], &o[1], &o[2], &o[3])) return NULL;
    if (take_doubles(o[0], &sums, 0)) return NULL;
    index_t groups = sums.rows, width = sums.width;
    memset(&counts, 0, sizeof counts);
    memset(&means, 0, sizeof means);
    memset(&largest, 0, sizeof largest);
    release(&sums);
    if (take_table(o[0], &sums, groups, width, 0) || take_vector(o[1], &counts, "d", 8, groups, 0)) goto done;
    if (take_table(o[2], &means, groups, width, 1) || take_vector(o[3], &largest, "d", 8, width, 1)) goto done;
    if (!counts.held) {
        PyErr_SetString(PyExc_ValueError, "counts are needed");
        goto done;
    }
    if (means.held) group_means_rows((double *)sums.base, (double *)counts.base, (double *)means.base, groups, width);
    if (largest.held) largest_means_rows((double *)sums.base, (double *)counts.base, (double *)largest.base, groups, width);
    result = Py_NewRef(Py_None);
done:
    release(&sums);
    release(&counts);
    release(&means);
    release(&largest);
    return result;
}

#endif
