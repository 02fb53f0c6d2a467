/* One precision of the dense step: included by dense.c with REAL, MASK, LANES and NAME defined.

   Matrices are kept row by row, every row filled up with zeros to whole vectors. Zeros stay zeros:
   no gradient reaches them and no penalty or optimizer moves them. */

typedef REAL NAME(Vector) __attribute__((vector_size(64)));
typedef REAL NAME(Loose) __attribute__((vector_size(64), aligned(sizeof(REAL)), may_alias));
typedef MASK NAME(Bits) __attribute__((vector_size(64)));
#define Vector NAME(Vector)
#define Loose NAME(Loose)
#define Bits NAME(Bits)
#define padded(n) (((n) + LANES - 1) / LANES * LANES)

static INLINE Vector NAME(load)(const REAL *place) { return *(const Loose *)place; }
static INLINE void NAME(save)(REAL *place, Vector value) { *(Loose *)place = value; }
static INLINE Vector NAME(all)(REAL value) { return value - (Vector){0}; }

/* x where it is above zero, slope x below; what is not a number stays so. */
static INLINE Vector NAME(rectified)(Vector x, Vector slope) {
    Bits below = (Bits)(x < (Vector){0});
    return (Vector)(((Bits)x & ~below) | ((Bits)(x * slope) & below));
}

/* rows x (vectors LANES) of C = A B + shift: sums stay in registers over the whole depth. */
#define TILE(ROWS, VECTORS)                                                                        \
    static void NAME(tile_##ROWS##_##VECTORS)(Product p, const REAL *a, const REAL *b, REAL *c,    \
                                              const REAL *shift) {                                 \
        Vector sums[ROWS][VECTORS];                                                                \
        UNROLL for (int i = 0; i < ROWS; i++)                                                      \
            UNROLL for (int j = 0; j < VECTORS; j++)                                               \
                sums[i][j] = shift ? NAME(load)(shift + LANES * j) : (Vector){0};                  \
        for (long q = 0; q < p.depth; q++) {                                                       \
            Vector right[VECTORS];                                                                 \
            UNROLL for (int j = 0; j < VECTORS; j++)                                               \
                right[j] = NAME(load)(b + q * p.b_row + LANES * j);                                \
            UNROLL for (int i = 0; i < ROWS; i++) {                                                \
                Vector left = NAME(all)(a[i * p.a_row + q * p.a_column]);                          \
                UNROLL for (int j = 0; j < VECTORS; j++) sums[i][j] += left * right[j];            \
            }                                                                                      \
        }                                                                                          \
        Vector slope = NAME(all)((REAL)p.slope);                                                   \
        UNROLL for (int i = 0; i < ROWS; i++)                                                      \
            UNROLL for (int j = 0; j < VECTORS; j++) {                                             \
                Vector value = sums[i][j];                                                         \
                if (p.rectify) value = NAME(rectified)(value, slope);                              \
                NAME(save)(c + i * p.c_row + LANES * j, value);                                    \
            }                                                                                      \
    }
TILE(12, 2) TILE(10, 2) TILE(8, 2) TILE(4, 2) TILE(2, 2) TILE(1, 2)
TILE(12, 1) TILE(10, 1) TILE(8, 1) TILE(4, 1) TILE(2, 1) TILE(1, 1)
#undef TILE

#define STRIP(VECTORS)                                                                             \
    static void NAME(strip_##VECTORS)(Product p, const REAL *a, const REAL *b, REAL *c,            \
                                      const REAL *shift) {                                         \
        long i = 0, tens = p.rows % 10 ? 0 : p.rows; /* as many minibatches have */                \
        for (; i < tens; i += 10)                                                                  \
            NAME(tile_10_##VECTORS)(p, a + i * p.a_row, b, c + i * p.c_row, shift);                \
        for (; i + 12 <= p.rows; i += 12)                                                          \
            NAME(tile_12_##VECTORS)(p, a + i * p.a_row, b, c + i * p.c_row, shift);                \
        for (; i + 8 <= p.rows; i += 8)                                                            \
            NAME(tile_8_##VECTORS)(p, a + i * p.a_row, b, c + i * p.c_row, shift);                 \
        for (; i + 4 <= p.rows; i += 4)                                                            \
            NAME(tile_4_##VECTORS)(p, a + i * p.a_row, b, c + i * p.c_row, shift);                 \
        for (; i + 2 <= p.rows; i += 2)                                                            \
            NAME(tile_2_##VECTORS)(p, a + i * p.a_row, b, c + i * p.c_row, shift);                 \
        for (; i < p.rows; i++)                                                                    \
            NAME(tile_1_##VECTORS)(p, a + i * p.a_row, b, c + i * p.c_row, shift);                 \
    }
STRIP(2) STRIP(1)
#undef STRIP

/* C (rows, columns) = A (rows, depth) B (depth, columns) + shift; columns fill whole vectors. */
static void NAME(multiply)(Product p, const REAL *a, const REAL *b, REAL *c, const REAL *shift) {
    long j = 0;
    for (; j + 2 * LANES <= p.columns; j += 2 * LANES)
        NAME(strip_2)(p, a, b + j, c + j, shift ? shift + j : 0);
    for (; j < p.columns; j += LANES) NAME(strip_1)(p, a, b + j, c + j, shift ? shift + j : 0);
}

/* A square of LANES x LANES from rows to columns: halves change places, then quarters, ... */
static INLINE void NAME(turn)(const REAL *a, long a_row, REAL *b, long b_row) {
    Vector line[LANES];
#ifdef __clang__
    UNROLL for (int v = 0; v < LANES; v++)
        UNROLL for (int u = 0; u < LANES; u++) line[v][u] = a[u * a_row + v];
#else
    UNROLL for (int u = 0; u < LANES; u++) line[u] = NAME(load)(a + u * a_row);
    UNROLL for (int half = LANES / 2; half; half /= 2) {
        Bits upper, lower;
        UNROLL for (int j = 0; j < LANES; j++) {
            upper[j] = j & half ? LANES + j - half : j;
            lower[j] = j & half ? LANES + j : j + half;
        }
        UNROLL for (int u = 0; u < LANES; u++) if (!(u & half)) {
            Vector one = line[u], other = line[u + half];
            line[u] = __builtin_shuffle(one, other, upper);
            line[u + half] = __builtin_shuffle(one, other, lower);
        }
    }
#endif
    UNROLL for (int v = 0; v < LANES; v++) NAME(save)(b + v * b_row, line[v]);
}

/* B (columns, rows) from A (rows, columns), a square of LANES at a time. */
static void NAME(transpose)(long rows, long columns, const REAL *a, long a_row, REAL *b,
                            long b_row) {
    for (long j = 0; j < columns; j += LANES)
        for (long i = 0; i < rows; i += LANES) {
            long high = rows - i < LANES ? rows - i : LANES;
            long wide = columns - j < LANES ? columns - j : LANES;
            if (high == LANES && wide == LANES)
                NAME(turn)(a + i * a_row + j, a_row, b + j * b_row + i, b_row);
            else
                for (long v = 0; v < wide; v++)
                    for (long u = 0; u < high; u++)
                        b[(j + v) * b_row + i + u] = a[(i + u) * a_row + j + v];
        }
}

/* exp(x) - 1, x <= 0: 2^n (exp(r) - 1) + 2^n - 1 with |r| <= ln 2 / 2, by its power series.
   What is not a number stays so, through r. */
static INLINE Vector NAME(exponential_less_1)(Vector x) {
    const Vector least = NAME(all)((REAL)LEAST_EXPONENT);
    Bits tiny = (Bits)(x < least);
    x = (Vector)(((Bits)x & ~tiny) | ((Bits)least & tiny));
    const Vector magic = NAME(all)((REAL)ROUNDER); /* adding it rounds to a whole number */
    Vector shifted = x * NAME(all)((REAL)1.4426950408889634074) + magic;
    Vector whole = shifted - magic;
    Vector r = x - whole * NAME(all)((REAL)LN2_HIGH) - whole * NAME(all)((REAL)LN2_LOW);
    Vector sum = NAME(all)(1);
    UNROLL for (int k = TERMS; k >= 2; k--) sum = sum * r * NAME(all)((REAL)(1.0 / k)) + (REAL)1;
    Bits bits = ((Bits)shifted - (Bits)magic) << MANTISSA;
    Vector power = (Vector)((Bits)NAME(all)(1) + bits);
    return power * (sum * r) + (power - (REAL)1);
}

/* A smooth activation of z in place, and its slope where `bend` is wanted. */
static void NAME(activate)(int act, long count, REAL *z, REAL *bend) {
    const Vector one = NAME(all)(1), two = NAME(all)(2), half = NAME(all)((REAL)0.5);
    const Bits sign = (Bits)NAME(all)((REAL)-0.0);
    for (long i = 0; i < count; i += LANES) {
        Vector x = NAME(load)(z + i), y = act == TANH ? x : x * half;
        Vector low = NAME(exponential_less_1)(-two * (Vector)((Bits)y & ~sign));
        Vector tanh = (Vector)((Bits)(-low / (low + two)) ^ ((Bits)y & sign));
        Vector share = tanh * half + half;
        Vector value = act == TANH ? tanh : act == SIGMOID ? share : x * share;
        if (bend) {
            Vector steep = act == TANH ? one - tanh * tanh : share * (one - share);
            NAME(save)(bend + i, act == SILU ? share + x * steep : steep);
        }
        NAME(save)(z + i, value);
    }
}

/* One model at work: padded weights and states by stage, and what a minibatch leaves behind. */
typedef struct {
    REAL *weights[STAGES], *first[STAGES], *second[STAGES]; /* first, second: of the optimizer */
    REAL *out[STAGES], *bend[STAGES], *factor[STAGES], *normed[STAGES], *inverse[STAGES];
    REAL *mean[STAGES], *variance[STAGES]; /* running, padded */
    REAL *inputs, *slope, *next, *turned, *gradient, *line;
} NAME(Model);
#define Model NAME(Model)

/* A stage's numbers in padded form: weights (inputs, width), then bias, scale and shift. */
static INLINE long NAME(numbers)(const Stage *s) {
    long width = padded(s->outputs);
    return width * (s->inputs + (s->bias ? 1 : 0) + (s->norm ? 2 : 0));
}

static INLINE REAL *NAME(scale)(const Stage *s, REAL *weights) {
    return weights + padded(s->outputs) * (s->inputs + (s->bias ? 1 : 0));
}

/* Move a model between torch's order, (outputs, inputs) and no padding, and ours. */
static void NAME(move)(const Problem *p, REAL *flat, REAL *const *stages, int out) {
    for (int n = 0; n < p->stages; n++) {
        const Stage *s = p->stage + n;
        long width = padded(s->outputs), rest = (s->bias ? 1 : 0) + (s->norm ? 2 : 0);
        if (out)
            NAME(transpose)(s->inputs, s->outputs, stages[n], width, flat, s->inputs);
        else
            NAME(transpose)(s->outputs, s->inputs, flat, s->inputs, stages[n], width);
        flat += s->inputs * s->outputs;
        for (long r = 0; r < rest; r++, flat += s->outputs) {
            REAL *row = stages[n] + width * (s->inputs + r);
            memcpy(out ? flat : row, out ? row : flat, s->outputs * sizeof(REAL));
        }
    }
}

/* The optimizer's step for `count` numbers in a row. */
static void NAME(update)(const Problem *p, const NAME(Pace) *pace, long count, REAL *restrict w,
                         REAL *restrict first, REAL *restrict second, const REAL *restrict given) {
    const REAL l1 = pace->l1, l2 = pace->l2, rate = pace->rate;
    const REAL keep1 = pace->keep1, keep2 = pace->keep2, new1 = pace->new1, new2 = pace->new2;
    const REAL root = pace->root, epsilon = pace->epsilon;
    if (p->optimizer == ADAM) {
        for (long i = 0; i < count; i++) {
            REAL g = given[i] + l2 * w[i] + (w[i] > 0 ? l1 : w[i] < 0 ? -l1 : 0);
            first[i] = keep1 * first[i] + new1 * g;
            second[i] = keep2 * second[i] + new2 * g * g;
            w[i] -= rate * first[i] / (SQRT(second[i]) / root + epsilon);
        }
    } else if (p->nesterov || l1 != 0) {
        for (long i = 0; i < count; i++) {
            REAL g = given[i] + l2 * w[i] + (w[i] > 0 ? l1 : w[i] < 0 ? -l1 : 0);
            first[i] = keep1 * first[i] + g;
            w[i] -= rate * (p->nesterov ? g + keep1 * first[i] : first[i]);
        }
    } else {
        for (long i = 0; i < count; i++) {
            first[i] = keep1 * first[i] + given[i] + l2 * w[i];
            w[i] -= rate * first[i];
        }
    }
}

/* factor (rows, width) of dropout: 0, or the scale of what is kept; it agrees bit for bit with
   ddspec.vocabulary.layers.random_bits. */
static void NAME(drop)(const Drop *d, long model, uint64_t key, long rows, long width, int fresh,
                       REAL *restrict factor) {
    const REAL scale = (REAL)d->scale[model];
    const int32_t threshold = d->threshold[model];
    uint64_t columns[width / 2]; /* a hash serves two columns */
    for (long pair = 0; pair < width / 2; pair++)
        columns[pair] = mix(COLUMN_KEY * (uint64_t)(pair + 1));
    for (long i = 0; i < rows; i++) {
        uint64_t place = LAYER_KEY * (uint64_t)(d->number + 1) + ROW_KEY * (uint64_t)(i + 1);
        uint64_t row = mix(key + place);
        REAL *line = factor + i * width;
        for (long pair = 0; pair < width / 2; pair++) {
            uint64_t bits = mix(row ^ columns[pair]);
            REAL low = (int32_t)(uint32_t)bits >= threshold ? scale : 0;
            REAL high = (int32_t)(bits >> 32) >= threshold ? scale : 0;
            line[2 * pair] = fresh ? low : line[2 * pair] * low;
            line[2 * pair + 1] = fresh ? high : line[2 * pair + 1] * high;
        }
    }
}

/* Batch normalization of z (rows, width) over rows weighted by share; z becomes the output. */
static void NAME(normalize)(const Stage *s, Model *m, int n, long rows, const REAL *share,
                            REAL count, REAL *restrict z) {
    long width = padded(s->outputs);
    REAL *restrict mean = m->line, *restrict variance = m->inverse[n];
    const REAL *scale = NAME(scale)(s, m->weights[n]), *shift = scale + width;
    memset(mean, 0, width * sizeof(REAL));
    memset(variance, 0, width * sizeof(REAL));
    for (long i = 0; i < rows; i++)
        for (long j = 0; j < width; j++) mean[j] += share[i] * z[i * width + j];
    for (long i = 0; i < rows; i++)
        for (long j = 0; j < width; j++) {
            REAL apart = z[i * width + j] - mean[j];
            variance[j] += share[i] * apart * apart;
        }
    const REAL gain = (REAL)s->momentum, kept = (REAL)(1 - s->momentum);
    const REAL unbiased = count / (count - 1 > 1 ? count - 1 : 1);
    for (long j = 0; j < width; j++) {
        m->mean[n][j] = kept * m->mean[n][j] + gain * mean[j];
        m->variance[n][j] = kept * m->variance[n][j] + gain * (variance[j] * unbiased);
        variance[j] = 1 / SQRT(variance[j] + (REAL)s->epsilon);
    }
    REAL *restrict normed = m->normed[n];
    for (long i = 0; i < rows; i++)
        for (long j = 0; j < width; j++) {
            REAL value = (z[i * width + j] - mean[j]) * variance[j];
            normed[i * width + j] = value;
            z[i * width + j] = value * scale[j] + shift[j];
        }
}

static void NAME(rectify)(long count, REAL slope, REAL *values) {
    for (long i = 0; i < count; i += LANES)
        NAME(save)(values + i, NAME(rectified)(NAME(load)(values + i), NAME(all)(slope)));
}

/* The outputs of a minibatch, in out[last]; m->inputs holds its inputs. */
static void NAME(forward)(const Problem *p, Model *m, long model, uint64_t key, const REAL *share,
                          REAL count) {
    const REAL *before = m->inputs;
    long stride = p->features;
    for (int d = 0; d < p->dropped; d++) NAME(drop)(p->drop + d, model, key, p->rows, padded(stride), d == 0, m->turned);
    if (p->dropped)
        for (long i = 0; i < p->rows; i++)
            for (long j = 0; j < stride; j++)
                m->inputs[i * stride + j] *= m->turned[i * padded(stride) + j];
    for (int n = 0; n < p->stages; n++) {
        const Stage *s = p->stage + n;
        long width = padded(s->outputs), size = p->rows * width;
        Product product = {p->rows, width, s->inputs, stride, 1, width, width,
                           s->act == RECTIFIED && !s->norm, s->slope};
        REAL *bias = s->bias ? m->weights[n] + s->inputs * width : 0;
        NAME(multiply)(product, before, m->weights[n], m->out[n], bias);
        if (s->norm) {
            NAME(normalize)(s, m, n, p->rows, share, count, m->out[n]);
            if (s->act == RECTIFIED) NAME(rectify)(size, (REAL)s->slope, m->out[n]);
        }
        if (s->act > RECTIFIED) NAME(activate)(s->act, size, m->out[n], m->bend[n]);
        for (int d = 0; d < s->drops; d++)
            NAME(drop)(s->drop + d, model, key, p->rows, width, d == 0, m->factor[n]);
        if (s->drops)
            for (long i = 0; i < size; i++) m->out[n][i] *= m->factor[n][i];
        before = m->out[n], stride = width;
    }
}

/* The slope of the mean loss at the outputs: m->slope from out[last]. */
static void NAME(slope_of_loss)(const Problem *p, const Model *m, const REAL *share,
                                const int64_t *classes, const REAL *values) {
    const REAL *outputs = m->out[p->stages - 1];
    long count = p->stage[p->stages - 1].outputs, width = padded(count);
    for (long i = 0; i < p->rows; i++) {
        const REAL *row = outputs + i * width;
        REAL *slope = m->slope + i * width;
        if (p->loss == CROSS_ENTROPY) {
            REAL most = row[0], sum = 0;
            for (long j = 1; j < count; j++) most = row[j] > most || row[j] != row[j] ? row[j] : most;
            for (long j = 0; j < width; j += LANES)
                NAME(save)(slope + j, NAME(exponential_less_1)(NAME(load)(row + j) - NAME(all)(most)));
            for (long j = 0; j < count; j++) sum += slope[j] += 1;
            REAL part = share[i] / sum;
            for (long j = 0; j < width; j++) slope[j] = j < count ? slope[j] * part : 0;
            slope[classes[i]] -= share[i];
        } else {
            for (long j = 0; j < width; j++) {
                REAL wanted = p->regression ? values[i] : (REAL)(j == classes[i]);
                slope[j] = j < count ? share[i] * 2 / (REAL)count * (row[j] - wanted) : 0;
            }
        }
    }
}

/* From the slope at a stage's output, m->slope, to that before its normalization, in place. */
static void NAME(slope_before)(const Problem *p, const Stage *s, Model *m, int n, const REAL *share,
                               REAL *restrict scaled, REAL *restrict shifted) {
    long width = padded(s->outputs), size = p->rows * width;
    REAL *restrict slope = m->slope;
    const REAL *out = m->out[n], *factor = m->factor[n];
    if (s->act == RECTIFIED) {
        const REAL below = (REAL)s->slope;
        for (long i = 0; i < size; i++) slope[i] *= out[i] > 0 ? 1 : below;
    } else if (s->act) {
        for (long i = 0; i < size; i++) slope[i] *= m->bend[n][i];
    }
    if (s->drops)
        for (long i = 0; i < size; i++) slope[i] *= factor[i];
    if (!s->norm) return;
    memset(scaled, 0, width * sizeof(REAL));
    memset(shifted, 0, width * sizeof(REAL));
    const REAL *normed = m->normed[n], *scale = NAME(scale)(s, m->weights[n]);
    for (long i = 0; i < p->rows; i++)
        for (long j = 0; j < width; j++) {
            scaled[j] += slope[i * width + j] * normed[i * width + j];
            shifted[j] += slope[i * width + j];
        }
    for (long i = 0; i < p->rows; i++)
        for (long j = 0; j < width; j++)
            slope[i * width + j] = m->inverse[n][j] * scale[j] *
                (slope[i * width + j] - share[i] * (shifted[j] + normed[i * width + j] * scaled[j]));
}

/* Update a stage's weights from m->slope, the slope before its normalization, a few rows at a time
   so that a gradient never leaves the nearest cache. */
static void NAME(learn)(const Problem *p, const NAME(Pace) *pace, const Stage *s, Model *m, int n,
                        const REAL *before, long stride, const REAL *scaled) {
    long width = padded(s->outputs), row = s->inputs * width;
    REAL *w = m->weights[n], *first = m->first[n], *second = m->second[n];
    for (long i = 0; i < s->inputs; i += 12) {
        long rows = s->inputs - i < 12 ? s->inputs - i : 12, at = i * width;
        Product product = {rows, width, p->rows, 1, stride, width, width, 0, 0};
        NAME(multiply)(product, before + i, m->slope, m->gradient, 0);
        NAME(update)(p, pace, rows * width, w + at, first + at, second ? second + at : 0, m->gradient);
    }
    if (s->bias) {
        memset(m->line, 0, width * sizeof(REAL));
        for (long i = 0; i < p->rows; i++)
            for (long j = 0; j < width; j++) m->line[j] += m->slope[i * width + j];
        NAME(update)(p, pace, width, w + row, first + row, second ? second + row : 0, m->line);
        row += width;
    }
    if (s->norm)
        NAME(update)(p, pace, 2 * width, w + row, first + row, second ? second + row : 0, scaled);
}

/* One step of one model. */
static void NAME(step)(const Problem *p, const NAME(Pace) *pace, Model *m, long model, uint64_t key,
                       const REAL *seen, const int64_t *classes, const REAL *values) {
    REAL share[p->rows], count = 0;
    for (long i = 0; i < p->rows; i++) count += seen[i];
    for (long i = 0; i < p->rows; i++) share[i] = seen[i] / count;
    NAME(forward)(p, m, model, key, share, count);
    NAME(slope_of_loss)(p, m, share, classes, values);
    for (int n = p->stages - 1; n >= 0; n--) {
        const Stage *s = p->stage + n;
        long width = padded(s->outputs), stride = n ? padded(p->stage[n - 1].outputs) : p->features;
        REAL *before = n ? m->out[n - 1] : m->inputs;
        REAL moments[2 * width];
        NAME(slope_before)(p, s, m, n, share, moments, moments + width);
        if (n) { /* before the weights change */
            NAME(transpose)(s->inputs, s->outputs, m->weights[n], width, m->turned, stride);
            for (long j = 0; j < s->outputs; j++) /* it was used for other shapes */
                memset(m->turned + j * stride + s->inputs, 0, (stride - s->inputs) * sizeof(REAL));
            Product product = {p->rows, stride, s->outputs, width, 1, stride, stride, 0, 0};
            NAME(multiply)(product, m->slope, m->turned, m->next, 0);
        }
        NAME(learn)(p, pace, s, m, n, before, stride, moments);
        REAL *kept = m->slope;
        m->slope = m->next, m->next = kept;
    }
}

/* The rates, decays and strengths of one model at one step, in this precision. */
static NAME(Pace) NAME(pace_of)(const Problem *p, long model, double rate) {
    NAME(Pace) pace = {(REAL)rate, (REAL)p->l1[model], (REAL)p->l2[model],
                       (REAL)p->decay1[model], 0, 1, 0, 1, 0};
    if (p->optimizer == ADAM) {
        double *power1 = p->power1 + model, *power2 = p->power2 + model;
        *power1 *= p->decay1[model];
        *power2 *= p->decay2[model];
        pace.keep2 = (REAL)p->decay2[model];
        pace.new1 = (REAL)(1 - p->decay1[model]);
        pace.new2 = (REAL)(1 - p->decay2[model]);
        pace.rate = (REAL)(rate / (1 - *power1));
        pace.root = (REAL)sqrt(1 - *power2);
        pace.epsilon = (REAL)p->epsilon[model];
    }
    return pace;
}

/* Room for one model, cut from one piece of memory; how much is needed when there is none yet. */
static long NAME(lay_out)(const Problem *p, Model *m, REAL *memory) {
    long used = 0, widest = padded(p->features), largest = widest * LANES;
#define ROOM(count) (used += padded(count), memory ? memory + used - padded(count) : 0)
    for (int n = 0; n < p->stages; n++) {
        const Stage *s = p->stage + n;
        long width = padded(s->outputs), size = p->rows * width, count = NAME(numbers)(s);
        if (width > widest) widest = width;
        if (width * padded(s->inputs) > largest) largest = width * padded(s->inputs);
        m->weights[n] = ROOM(count);
        m->first[n] = p->first ? ROOM(count) : 0;
        m->second[n] = p->second ? ROOM(count) : 0;
        m->out[n] = ROOM(size);
        m->bend[n] = s->act > RECTIFIED ? ROOM(size) : 0;
        m->factor[n] = s->drops ? ROOM(size) : 0;
        m->normed[n] = s->norm ? ROOM(size) : 0;
        m->inverse[n] = ROOM(s->norm ? width : 0);
        m->mean[n] = ROOM(s->norm ? width : 0);
        m->variance[n] = ROOM(s->norm ? width : 0);
    }
    if (p->rows * widest > largest) largest = p->rows * widest;
    m->inputs = ROOM(p->rows * padded(p->features));
    m->slope = ROOM(p->rows * widest);
    m->next = ROOM(p->rows * widest);
    m->turned = ROOM(largest);
    m->gradient = ROOM(12 * widest);
    m->line = ROOM(widest);
#undef ROOM
    return used;
}

static REAL *NAME(room)(const Problem *p, Model *m) {
    long bytes = NAME(lay_out)(p, m, 0) * (long)sizeof(REAL);
    REAL *memory = aligned_alloc(64, (bytes + 4095) / 64 * 64);
    if (memory) {
        memset(memory, 0, bytes);
        NAME(lay_out)(p, m, memory);
    }
    return memory;
}

static void NAME(move_running)(const Problem *p, Model *m, long model, int out) {
    for (int n = 0; n < p->stages; n++) {
        const Stage *s = p->stage + n;
        if (!s->norm) continue;
        REAL *mean = (REAL *)s->mean + model * s->outputs;
        REAL *variance = (REAL *)s->variance + model * s->outputs;
        memcpy(out ? mean : m->mean[n], out ? m->mean[n] : mean, s->outputs * sizeof(REAL));
        memcpy(out ? variance : m->variance[n], out ? m->variance[n] : variance,
               s->outputs * sizeof(REAL));
    }
}

static void NAME(move_all)(const Problem *p, Model *m, long model, int out) {
    long at = model * p->parameters;
    NAME(move)(p, (REAL *)p->weights + at, m->weights, out);
    if (p->first) NAME(move)(p, (REAL *)p->first + at, m->first, out);
    if (p->second) NAME(move)(p, (REAL *)p->second + at, m->second, out);
    NAME(move_running)(p, m, model, out);
}

static void NAME(gather)(const Problem *p, const int64_t *places, REAL *into) {
    for (long i = 0; i < p->rows; i++)
        memcpy(into + i * p->features, (const REAL *)p->inputs + places[i] * p->features,
               p->features * sizeof(REAL));
}

/* The outputs of the rows in m->inputs in evaluation, in out[last]. */
static void NAME(evaluate)(const Problem *p, Model *m) {
    const REAL *before = m->inputs;
    long stride = p->features;
    for (int n = 0; n < p->stages; n++) {
        const Stage *s = p->stage + n;
        long width = padded(s->outputs);
        Product product = {p->rows, width, s->inputs, stride, 1, width, width,
                           s->act == RECTIFIED && !s->norm, s->slope};
        const REAL *bias = s->bias ? m->weights[n] + s->inputs * width : 0;
        NAME(multiply)(product, before, m->weights[n], m->out[n], bias);
        if (s->norm) {
            const REAL *scale = NAME(scale)(s, m->weights[n]), *shift = scale + width;
            for (long j = 0; j < width; j++)
                m->line[j] = 1 / SQRT(m->variance[n][j] + (REAL)s->epsilon) * scale[j];
            for (long i = 0; i < p->rows; i++)
                for (long j = 0; j < width; j++) {
                    REAL *z = m->out[n] + i * width + j;
                    *z = (*z - m->mean[n][j]) * m->line[j] + shift[j];
                }
            if (s->act == RECTIFIED) NAME(rectify)(p->rows * width, (REAL)s->slope, m->out[n]);
        }
        if (s->act > RECTIFIED) NAME(activate)(s->act, p->rows * width, m->out[n], 0);
        before = m->out[n], stride = width;
    }
}

/* Train every model through all steps, one model after the other; 1 without memory for that. */
int NAME(dense_train)(const Problem *p) {
    Model m;
    REAL *memory = NAME(room)(p, &m);
    if (!memory) return 1;
    for (long model = 0; model < p->models; model++) {
        NAME(move_all)(p, &m, model, 0);
        for (long step = 0; step < p->steps; step++) {
            long at = step * p->models + model, row = at * p->rows;
            NAME(Pace) pace = NAME(pace_of)(p, model, p->rates[at]);
            NAME(gather)(p, p->places + row, m.inputs);
            NAME(step)(p, &pace, &m, model, (uint64_t)p->keys[at], (const REAL *)p->seen + row,
                       p->regression ? 0 : (const int64_t *)p->targets + row,
                       p->regression ? (const REAL *)p->targets + row : 0);
        }
        NAME(move_all)(p, &m, model, 1);
    }
    free(memory);
    return 0;
}

/* The outputs of every model in evaluation, (models, steps, rows, outputs): `steps` chunks of
   `rows` samples a model; batch normalization by its running averages, folded into a line. */
int NAME(dense_outputs)(const Problem *p) {
    Model m;
    REAL *memory = NAME(room)(p, &m);
    if (!memory) return 1;
    long outputs = p->stage[p->stages - 1].outputs, last = padded(outputs);
    for (long model = 0; model < p->models; model++) {
        NAME(move)(p, (REAL *)p->weights + model * p->parameters, m.weights, 0);
        NAME(move_running)(p, &m, model, 0);
        for (long step = 0; step < p->steps; step++) {
            long row = (model * p->steps + step) * p->rows;
            NAME(gather)(p, p->places + row, m.inputs);
            NAME(evaluate)(p, &m);
            for (long i = 0; i < p->rows; i++)
                memcpy((REAL *)p->outputs + (row + i) * outputs, m.out[p->stages - 1] + i * last,
                       outputs * sizeof(REAL));
        }
    }
    free(memory);
    return 0;
}

#undef Vector
#undef Loose
#undef Bits
#undef Model
#undef padded
