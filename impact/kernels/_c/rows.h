/* Columns turned into rows and back. */
#ifndef IMPACT_ROWS_H
#define IMPACT_ROWS_H

#include "pairs.h"

#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12)
typedef double Four __attribute__((vector_size(32)));

/* Sixteen numbers at from, from + from_step, … turned into four rows at to, to + to_step, … */
INLINE void transpose_four(const double *f0, const double *f1, const double *f2, const double *f3, double *t0, double *t1,
                           double *t2, double *t3) {
    Four a, b, c, d, e, f, g, h;
    memcpy(&a, f0, 32);
    memcpy(&b, f1, 32);
    memcpy(&c, f2, 32);
    memcpy(&d, f3, 32);
    e = __builtin_shufflevector(a, b, 0, 4, 2, 6);
    f = __builtin_shufflevector(a, b, 1, 5, 3, 7);
    g = __builtin_shufflevector(c, d, 0, 4, 2, 6);
    h = __builtin_shufflevector(c, d, 1, 5, 3, 7);
    a = __builtin_shufflevector(e, g, 0, 1, 4, 5);
    b = __builtin_shufflevector(f, h, 0, 1, 4, 5);
    c = __builtin_shufflevector(e, g, 2, 3, 6, 7);
    d = __builtin_shufflevector(f, h, 2, 3, 6, 7);
    memcpy(t0, &a, 32);
    memcpy(t1, &b, 32);
    memcpy(t2, &c, 32);
    memcpy(t3, &d, 32);
}
#else
INLINE void transpose_four(const double *f0, const double *f1, const double *f2, const double *f3, double *t0, double *t1,
                           double *t2, double *t3) {
    double own[16];
    memcpy(own, f0, 32);
    memcpy(own + 4, f1, 32);
    memcpy(own + 8, f2, 32);
    memcpy(own + 12, f3, 32);
    for (int i = 0; i < 4; i++) {
        t0[i] = own[4 * i];
        t1[i] = own[4 * i + 1];
        t2[i] = own[4 * i + 2];
        t3[i] = own[4 * i + 3];
    }
}
#endif

/* Keeps a compiler from turning a loop over rows into gathers and permutations, which are slower. */
#if defined(__GNUC__)
#define ROW_BY_ROW __asm__ volatile("" ::: "memory")
#else
#define ROW_BY_ROW (void)0
#endif

/* Contiguous columns at start into rows of width numbers, or back. The columns left over by fours come first and are
 * turned with a repeated column: what they write beyond their row is overwritten by the rows and columns that follow,
 * for which the buffer has room for four more numbers. */
CLONES static void turn_block(const Columns *c, index_t start, index_t count, double *buffer, int back) {
    index_t width = c->width, left_over = width % 4, ahead = start + 2 * count <= c->rows ? count : 0;
    for (index_t step = left_over ? -1 : 0; step < width / 4; step++) {
        index_t j = step < 0 ? width - left_over : 4 * step, columns = step < 0 ? left_over : 4, r = 0;
        index_t s1 = columns > 1, s2 = columns > 2, s3 = columns > 3;
        double unused[4], *column[4], *row = buffer + j;
        for (index_t i = 0; i < 4; i++) column[i] = i < columns ? (double *)c->base[j + i] + start : unused;
        double *c0 = column[0], *c1 = column[1], *c2 = column[2], *c3 = column[3];
        memset(unused, 0, sizeof unused);
        for (; r + 4 <= count; r += 4, row += 4 * width) {
            ROW_BY_ROW;
            if (!back) {
                FETCH_LINE(c0 + r + ahead);
                FETCH_LINE(c1 + r * s1 + ahead);
                FETCH_LINE(c2 + r * s2 + ahead);
                FETCH_LINE(c3 + r * s3 + ahead);
            }
            if (back)
                transpose_four(row, row + width, row + 2 * width, row + 3 * width, c0 + r, c1 + r * s1, c2 + r * s2,
                               c3 + r * s3);
            else
                transpose_four(c0 + r, c1 + r * s1, c2 + r * s2, c3 + r * s3, row, row + width, row + 2 * width,
                               row + 3 * width);
        }
        for (; r < count; r++)
            for (index_t i = 0; i < columns; i++) {
                if (back) column[i][r] = buffer[r * width + j + i];
                else buffer[r * width + j + i] = column[i][r];
            }
    }
}

/* Rows start, start + 1, … or those listed, to or from a buffer with one row after another. */
static void copy_rows(const Columns *c, index_t start, index_t count, const index_t *rows, double *buffer, int back) {
    if (rows == NULL && c->contiguous) {
        turn_block(c, start, count, buffer, back);
        return;
    }
    for (index_t r = 0; r < count; r++) {
        index_t row = rows ? rows[r] : start + r;
        double *own = buffer + r * c->width;
        for (index_t j = 0; j < c->width; j++) {
            double *at = (double *)(c->base[j] + row * c->stride[j]);
            if (back) *at = own[j];
            else own[j] = *at;
        }
    }
}

#endif
