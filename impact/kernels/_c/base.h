/* Arguments, threads and tasks of the compiled kernels.
 *
 * Conventions. Arrays arrive through the buffer protocol with any strides; outputs are allocated by the caller. Rows
 * are cut into tasks whose number depends on the data alone and whose results are added in task order, so that the
 * bytes of a result do not depend on the number of threads. Threads are POSIX; elsewhere there is one.
 */
#ifndef IMPACT_BASE_H
#define IMPACT_BASE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(_WIN32)
#include <pthread.h>
#define HAVE_THREADS 1
#else
#define HAVE_THREADS 0
#endif

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && defined(__GNUC__) && \
    (!defined(__clang__) || __clang_major__ >= 16)
#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CLONES
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#define RESTRICT __restrict__
#else
#define INLINE static inline
#define RESTRICT
#endif

typedef Py_ssize_t index_t;

#define LANES 8
#define TILE 4
#define GRAM_ROWS 1016
#define PACK_DOUBLES 4096
#define MAX_TASKS 32
#define SMALL_ROWS 8192

/* ---------------------------------------------------------------- arguments */

typedef struct {
    Py_buffer view;
    int held;
    char *base;
    index_t rows, width, row_stride, col_stride;
} Matrix;

static void release(Matrix *m) {
    if (m->held) PyBuffer_Release(&m->view);
    m->held = 0;
}

static int same_format(const char *format, const char *wanted) {
    if (format == NULL) return 0;
    if (*format == '@' || *format == '=') format++;
    for (; *wanted; wanted++)
        if (*format == *wanted && format[1] == 0) return 1;
    return 0;
}

/* One- or two-dimensional array of items whose format letter is in wanted and whose size is given. */
static int take(PyObject *object, Matrix *m, const char *wanted, index_t size, int writable) {
    memset(m, 0, sizeof *m);
    if (object == Py_None) return 0;
    int flags = PyBUF_STRIDES | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, &m->view, flags) != 0) return -1;
    m->held = 1;
    if (m->view.ndim < 1 || m->view.ndim > 2 || m->view.itemsize != size || !same_format(m->view.format, wanted)) {
        release(m);
        PyErr_SetString(PyExc_ValueError, "array of an unexpected type or number of dimensions");
        return -1;
    }
    m->base = m->view.buf;
    m->rows = m->view.shape[0];
    m->row_stride = m->view.strides[0];
    m->width = m->view.ndim == 2 ? m->view.shape[1] : 1;
    m->col_stride = m->view.ndim == 2 ? m->view.strides[1] : size;
    return 0;
}

static int take_doubles(PyObject *object, Matrix *m, int writable) { return take(object, m, "d", 8, writable); }

/* A contiguous vector of the given length; None leaves base NULL. */
static int take_vector(PyObject *object, Matrix *m, const char *wanted, index_t size, index_t length, int writable) {
    if (take(object, m, wanted, size, writable) != 0) return -1;
    if (!m->held) return 0;
    if (m->width != 1 || m->rows != length || (m->rows > 1 && m->row_stride != size)) {
        release(m);
        PyErr_SetString(PyExc_ValueError, "codes, values and weights differ in length or are not contiguous");
        return -1;
    }
    return 0;
}

static int take_codes(PyObject *object, Matrix *m, index_t length) {
    return take_vector(object, m, "il", 4, length, 0);
}

static int take_weights(PyObject *object, Matrix *m, index_t length) {
    return take_vector(object, m, "d", 8, length, 0);
}

/* A C-contiguous (rows, width) output or table of doubles. */
static int take_table(PyObject *object, Matrix *m, index_t rows, index_t width, int writable) {
    if (take_doubles(object, m, writable) != 0) return -1;
    if (!m->held) return 0;
    if (m->rows != rows || m->width != width || (width > 1 && m->col_stride != 8) ||
        (rows > 1 && m->row_stride != 8 * width)) {
        release(m);
        PyErr_SetString(PyExc_ValueError, "table of an unexpected shape");
        return -1;
    }
    return 0;
}

CLONES static void code_range(const int32_t *codes, index_t n, int32_t *lowest, int32_t *highest) {
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (index_t r = 0; r < n; r++) {
        low = codes[r] < low ? codes[r] : low;
        high = codes[r] > high ? codes[r] : high;
    }
    *lowest = low;
    *highest = high;
}

static int codes_fit(const int32_t *codes, index_t n, index_t levels) {
    int32_t low, high;
    code_range(codes, n, &low, &high);
    if (n > 0 && (low < 0 || high >= levels)) {
        PyErr_SetString(PyExc_ValueError, "a code lies outside the levels");
        return 0;
    }
    return 1;
}

/* Whether row r is in level r / T of the first codes and r % T of the second: all pairs of levels, in order. */
CLONES static int is_grid(const int32_t *first, const int32_t *second, index_t n, index_t levels, index_t second_levels) {
    if ((double)levels * (double)second_levels != (double)n || n > INT32_MAX) return 0;
    uint32_t times = (uint32_t)second_levels;
    for (index_t start = 0; start < n; start += 4096) {
        index_t stop = start + 4096 < n ? start + 4096 : n;
        uint32_t apart = 0, highest = 0, most = 0;
        for (index_t r = start; r < stop; r++) {
            uint32_t one = (uint32_t)first[r], other = (uint32_t)second[r];
            apart |= (one * times + other) ^ (uint32_t)r;
            highest = one > highest ? one : highest;
            most = other > most ? other : most;
        }
        if (apart || highest >= (uint32_t)levels || most >= times) return 0;
    }
    return 1;
}

/* Columns of several arrays side by side. */
typedef struct {
    Matrix *parts;
    index_t n_parts, rows, width;
    const char **base;
    index_t *stride;
    int contiguous; /* every column */
} Columns;

static void release_columns(Columns *c) {
    for (index_t i = 0; i < c->n_parts; i++) release(&c->parts[i]);
    free(c->parts);
    free((void *)c->base);
    free(c->stride);
    memset(c, 0, sizeof *c);
}

static int take_columns(PyObject *sequence, Columns *c, int writable) {
    memset(c, 0, sizeof *c);
    PyObject *items = PySequence_Fast(sequence, "a sequence of arrays is needed");
    if (!items) return -1;
    index_t count = PySequence_Fast_GET_SIZE(items), at = 0;
    c->parts = calloc((size_t)count + 1, sizeof(Matrix));
    if (!c->parts) goto memory;
    for (index_t i = 0; i < count; i++) {
        if (take_doubles(PySequence_Fast_GET_ITEM(items, i), &c->parts[i], writable)) goto fail;
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
    c->contiguous = 1;
    for (at = 0; at < c->width; at++) c->contiguous &= c->stride[at] == 8 || c->rows < 2;
    Py_DECREF(items);
    return 0;
memory:
    PyErr_NoMemory();
fail:
    Py_DECREF(items);
    release_columns(c);
    return -1;
}

/* ---------------------------------------------------------------- threads */

typedef void (*Work)(void *context, index_t task);

#if HAVE_THREADS
typedef struct {
    Work work;
    void *context;
    index_t next, tasks, done;
    int holders; /* threads that still look at this record */
    pthread_mutex_t lock;
    pthread_cond_t finished;
} Pool;

/* Take tasks until there is none. A helper that comes too late finds none and touches nothing of the caller's. */
static void *serve(void *argument) {
    Pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    while (pool->next < pool->tasks) {
        index_t task = pool->next++;
        pthread_mutex_unlock(&pool->lock);
        pool->work(pool->context, task);
        pthread_mutex_lock(&pool->lock);
        if (++pool->done == pool->tasks) pthread_cond_signal(&pool->finished);
    }
    int last = --pool->holders == 0;
    pthread_mutex_unlock(&pool->lock);
    if (last) {
        pthread_mutex_destroy(&pool->lock);
        pthread_cond_destroy(&pool->finished);
        free(pool);
    }
    return NULL;
}

/* The caller works, too, and waits for the tasks and not for the threads: on a busy machine a helper may start late. */
static int run_in_threads(Work work, void *context, index_t tasks, int threads) {
    Pool *pool = calloc(1, sizeof(Pool));
    pthread_attr_t detached;
    if (!pool || pthread_attr_init(&detached) != 0) {
        free(pool);
        return 0;
    }
    pool->work = work;
    pool->context = context;
    pool->tasks = tasks;
    pool->holders = threads + 1; /* the caller holds on twice: while it works and while it waits */
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->finished, NULL);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (int t = 1; t < threads; t++) {
        pthread_t started;
        if (pthread_create(&started, &detached, serve, pool) == 0) continue;
        pthread_mutex_lock(&pool->lock);
        pool->holders--;
        pthread_mutex_unlock(&pool->lock);
    }
    pthread_attr_destroy(&detached);
    serve(pool);
    pthread_mutex_lock(&pool->lock);
    while (pool->done < pool->tasks) pthread_cond_wait(&pool->finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    serve(pool);
    return 1;
}
#endif

static void run_tasks(Work work, void *context, index_t tasks, int threads) {
#if HAVE_THREADS
    if (threads > tasks) threads = (int)tasks;
    if (threads > 1 && run_in_threads(work, context, tasks, threads)) return;
#else
    (void)threads;
#endif
    for (index_t task = 0; task < tasks; task++) work(context, task);
}

/* Rows of one task: a multiple of unit, at least SMALL_ROWS, at most MAX_TASKS tasks. */
static index_t task_rows(index_t n, index_t unit) {
    index_t rows = (n + MAX_TASKS - 1) / MAX_TASKS;
    if (rows < SMALL_ROWS) rows = SMALL_ROWS;
    return (rows + unit - 1) / unit * unit;
}

#endif
