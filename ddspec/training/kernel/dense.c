/* Training of dense networks, one model after the other so that it stays in a core's own cache.

   Gradient steps of affine layers with optional batch normalization, activation and dropout,
   cross entropy or squared error, L1 and L2 penalties, SGD and Adam, in float32 and float64. A model
   is trained exactly alike whatever models come before and after it. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INLINE inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 64")
enum { STAGES = 64, CROSS_ENTROPY = 0, SGD = 0, ADAM = 1 };
enum { RECTIFIED = 1, TANH, SIGMOID, SILU };

/* Dropout at one place: its number in the network, and threshold and scale of every model. */
typedef struct {
    long number;
    const int32_t *threshold;
    const double *scale;
} Drop;

/* An affine layer and what follows it up to the next. mean, variance: running, (models, outputs). */
typedef struct {
    long inputs, outputs, bias, norm, act, drops;
    double slope, momentum, epsilon;
    void *mean, *variance;
    const Drop *drop;
} Stage;

/* A stack of models and its minibatches; see ddspec/training/native.py for the shapes. */
typedef struct {
    long stages, models, steps, rows, features, parameters;
    long loss, regression, optimizer, nesterov, dropped;
    const Stage *stage;
    const Drop *drop;
    const void *inputs;
    const int64_t *places;
    const void *targets, *seen;
    const double *rates;
    const int64_t *keys;
    void *weights, *first, *second;
    double *power1, *power2;
    const double *l1, *l2, *decay1, *decay2, *epsilon;
    void *outputs;
} Problem;

/* C (rows, columns) = A (rows, depth) B (depth, columns), and the strides of the three. */
typedef struct {
    long rows, columns, depth, a_row, a_column, b_row, c_row;
    long rectify;
    double slope;
} Product;

static const uint64_t LAYER_KEY = 0x94D049BB133111EBu, ROW_KEY = 0x9E3779B97F4A7C15u,
                      COLUMN_KEY = 0xBF58476D1CE4E5B9u;

static INLINE uint64_t mix(uint64_t x) {
    x *= 0xD1342543DE82EF95u;
    x ^= x >> 32;
    x *= 0xF1357AEA2E62A9C5u;
    return x ^ (x >> 32);
}

typedef struct {
    float rate, l1, l2, keep1, keep2, new1, new2, root, epsilon;
} Pace_f32;
typedef struct {
    double rate, l1, l2, keep1, keep2, new1, new2, root, epsilon;
} Pace_f64;

#define NAME(x) x##_f32
#define REAL float
#define MASK int32_t
#define LANES 16
#define SQRT sqrtf
#define MANTISSA 23
#define ROUNDER 12582912.0
#define LEAST_EXPONENT -87.0
#define LN2_HIGH 0.693359375
#define LN2_LOW -2.12194440054690583e-4
#define TERMS 7
#include "dense.h"
#undef NAME
#undef REAL
#undef MASK
#undef LANES
#undef SQRT
#undef MANTISSA
#undef ROUNDER
#undef LEAST_EXPONENT
#undef LN2_HIGH
#undef LN2_LOW
#undef TERMS

#define NAME(x) x##_f64
#define REAL double
#define MASK int64_t
#define LANES 8
#define SQRT sqrt
#define MANTISSA 52
#define ROUNDER 6755399441055744.0
#define LEAST_EXPONENT -708.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define TERMS 13
#include "dense.h"
