/* Cross-products of columns side by side, in blocks of rows added with compensation. */
#ifndef IMPACT_GRAM_H
#define IMPACT_GRAM_H

#include "pairs.h"

/* ---------------------------------------------------------------- Z'WZ */

typedef struct {
    const Columns *columns;
    const double *weights, *shift;
    index_t rows_a_task;
    double *total; /* a task: sums (width x width), then what their additions lost */
    int failed;
} Gram;

/* Products of ni columns with nj columns over the rows of one block, added to total with compensation. */
INLINE void gram_tile(const double *RESTRICT left, const double *RESTRICT right, index_t rows, double *RESTRICT total,
                      double *RESTRICT lost, index_t width, int ni, int nj, int diagonal, const char *ahead) {
    Lanes sums[TILE][TILE];
    for (int i = 0; i < ni; i++)
        for (int j = 0; j < nj; j++) sums[i][j] = (Lanes)ZERO_LANES;
    for (index_t r = 0; r < rows; r += LANES) {
        Lanes a[TILE], b[TILE];
        FETCH_LINE(ahead + r * 8);
        for (int i = 0; i < ni; i++) LOAD_LANES(a[i], left + i * GRAM_ROWS + r);
        for (int j = 0; j < nj; j++) LOAD_LANES(b[j], right + j * GRAM_ROWS + r);
        for (int i = 0; i < ni; i++)
            for (int j = diagonal ? i : 0; j < nj; j++) MULTIPLY_ADD(sums[i][j], a[i], b[j]);
    }
    for (int i = 0; i < ni; i++)
        for (int j = diagonal ? i : 0; j < nj; j++) {
            double error;
            two_sum(total[i * width + j], add_lanes(&sums[i][j]), &total[i * width + j], &error);
            lost[i * width + j] += error;
        }
}

/* The number of columns at the edges is a constant for the compiler, so that no product is wasted. */
INLINE void gram_tiles(const double *left, const double *right, index_t rows, double *total, double *lost, index_t width,
                       index_t ni, index_t nj, int diagonal, const char *ahead) {
    switch ((ni << 4) | (nj << 1) | diagonal) {
    case (4 << 4) | (4 << 1) | 1: gram_tile(left, right, rows, total, lost, width, 4, 4, 1, ahead); break;
    case (3 << 4) | (3 << 1) | 1: gram_tile(left, right, rows, total, lost, width, 3, 3, 1, ahead); break;
    case (2 << 4) | (2 << 1) | 1: gram_tile(left, right, rows, total, lost, width, 2, 2, 1, ahead); break;
    case (1 << 4) | (1 << 1) | 1: gram_tile(left, right, rows, total, lost, width, 1, 1, 1, ahead); break;
    case (4 << 4) | (4 << 1): gram_tile(left, right, rows, total, lost, width, 4, 4, 0, ahead); break;
    case (4 << 4) | (3 << 1): gram_tile(left, right, rows, total, lost, width, 4, 3, 0, ahead); break;
    case (4 << 4) | (2 << 1): gram_tile(left, right, rows, total, lost, width, 4, 2, 0, ahead); break;
    default: gram_tile(left, right, rows, total, lost, width, 4, 1, 0, ahead);
    }
}

/* All products of one block; while they are formed the columns of the next block are fetched, a line at a time. */
CLONES static void gram_block(const double *buffer, index_t rows, index_t width, double *total, double *lost,
                              const Columns *c, index_t next) {
    index_t ahead = 0;
    int more = next + GRAM_ROWS <= c->rows;
    for (index_t i = 0; i < width; i += TILE)
        for (index_t j = i; j < width; j += TILE) {
            const char *line = (const char *)buffer;
            if (more && ahead < width && c->stride[ahead] == 8) line = c->base[ahead] + next * 8;
            ahead++;
            gram_tiles(buffer + i * GRAM_ROWS, buffer + j * GRAM_ROWS, rows, total + i * width + j, lost + i * width + j,
                       width, width - i < TILE ? width - i : TILE, width - j < TILE ? width - j : TILE, i == j, line);
        }
    for (; more && ahead < width; ahead++)
        if (c->stride[ahead] == 8) FETCH(c->base[ahead] + next * 8, GRAM_ROWS * 8);
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
    index_t width = c->width, size = width * width;
    index_t stop = (task + 1) * g->rows_a_task < c->rows ? (task + 1) * g->rows_a_task : c->rows;
    double *total = g->total + 2 * task * size;
    double *buffer = malloc((size_t)(width * GRAM_ROWS + GRAM_ROWS) * sizeof(double));
    if (!buffer) {
        g->failed = 1;
        return;
    }
    double *scale = g->weights ? buffer + width * GRAM_ROWS : NULL;
    for (index_t start = task * g->rows_a_task; start < stop; start += GRAM_ROWS) {
        index_t count = stop - start < GRAM_ROWS ? stop - start : GRAM_ROWS;
        for (index_t r = 0; scale && r < count; r++) scale[r] = sqrt(g->weights[start + r]);
        gram_copy(c, start, count, g->shift, scale, buffer);
        gram_block(buffer, (count + LANES - 1) / LANES * LANES, width, total, total + size, c, start + GRAM_ROWS);
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
    if (take_columns(o[0], &c, 0)) return NULL;
    index_t p = c.width;
    if (take_weights(o[1], &weights, c.rows) || take_vector(o[2], &shift, "d", 8, p, 0)) goto done;
    if (take_table(o[3], &out, p, p, 1)) goto done;
    g.columns = &c;
    g.weights = (double *)weights.base;
    g.shift = (double *)shift.base;
    g.rows_a_task = task_rows(c.rows, GRAM_ROWS);
    index_t tasks = (c.rows + g.rows_a_task - 1) / g.rows_a_task, size = p * p;
    g.total = calloc((size_t)(2 * tasks * size + 1), sizeof(double));
    if (!g.total) goto memory;
    Py_BEGIN_ALLOW_THREADS
    run_tasks(gram_task, &g, tasks, threads);
    for (index_t i = 0; i < p; i++)
        for (index_t j = i; j < p; j++) {
            double sum = 0.0, lost = 0.0, error;
            for (index_t t = 0; t < tasks; t++) {
                two_sum(sum, g.total[2 * t * size + i * p + j], &sum, &error);
                lost += error + g.total[(2 * t + 1) * size + i * p + j];
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

#endif
