/* Optional compiled kernels: the list of functions. Each has a twin in numpy_twins.py that says what it computes. */
#include "_c/effects.h"
#include "_c/encode.h"
#include "_c/gather.h"
#include "_c/gram.h"
#include "_c/levels.h"
#include "_c/means.h"
#include "_c/order.h"
#include "_c/poisson.h"
#include "_c/positive.h"
#include "_c/refine.h"

static PyMethodDef methods[] = {
    {"effects_pass", effects_pass, METH_VARARGS, NULL},
    {"cross_product", cross_product, METH_VARARGS, NULL},
    {"residual_gradient", residual_gradient, METH_VARARGS, NULL},
    {"group_counts", group_counts, METH_VARARGS, NULL},
    {"encode_whole", encode_whole, METH_VARARGS, NULL},
    {"count_levels", count_levels, METH_VARARGS, NULL},
    {"has_singleton", has_singleton, METH_VARARGS, NULL},
    {"group_means", group_means, METH_VARARGS, NULL},
    {"is_nested", is_nested, METH_VARARGS, NULL},
    {"connected_components", connected_components, METH_VARARGS, NULL},
    {"is_complete", is_complete, METH_VARARGS, NULL},
    {"table_product", table_product, METH_VARARGS, NULL},
    {"cross_table", cross_table, METH_VARARGS, NULL},
    {"poisson_pass", poisson_pass, METH_VARARGS, NULL},
    {"whole_order", whole_order, METH_VARARGS, NULL},
    {"positive_system", positive_system, METH_VARARGS, NULL},
    {"value_range", value_range, METH_VARARGS, NULL},
    {"all_finite", all_finite, METH_VARARGS, NULL},
    {"gather_columns", gather_columns, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_compiled", "Compiled kernels of impact.", -1, methods, NULL, NULL, NULL, NULL,
};

// Raised with every change of what a function takes or gives: compiled.py uses only the version it was written for.
#define KERNELS_VERSION 3

PyMODINIT_FUNC PyInit__compiled(void) {
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddIntConstant(made, "VERSION", KERNELS_VERSION) < 0) Py_CLEAR(made);
    return made;
}
