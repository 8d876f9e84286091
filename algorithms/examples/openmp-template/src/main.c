/*
 * openmp-template: the median of 3 x 3 samples, in every frame by itself; beyond an edge the edge's own samples go on.
 *
 * inputs   0  samples   uint8, int8, uint16 or int16 [frames][rows][columns]
 * outputs  0  filtered  the same type and shape
 *
 * Every row is computed by one thread from the input alone, so that the bytes are the same at any number of threads.
 */
#include <string.h>

#include "mip_algorithm.h"

enum { WINDOW = 9 };

/* One function for each type. A row is `line`; nine samples are sorted as they are taken in. */
#define MEDIAN(NAME, TYPE)                                                                                                      \
    static TYPE median_##NAME(const TYPE *above, const TYPE *here, const TYPE *below, int64_t left, int64_t at, int64_t right) { \
        const TYPE window[WINDOW] = {above[left], above[at], above[right], here[left], here[at],                               \
                                     here[right], below[left], below[at], below[right]};                                        \
        TYPE sorted[WINDOW];                                                                                                    \
        for (int taken = 0; taken < WINDOW; taken++) {                                                                          \
            int place = taken;                                                                                                  \
            for (; place > 0 && sorted[place - 1] > window[taken]; place--)                                                     \
                sorted[place] = sorted[place - 1];                                                                              \
            sorted[place] = window[taken];                                                                                      \
        }                                                                                                                       \
        return sorted[WINDOW / 2];                                                                                              \
    }                                                                                                                           \
    static void filter_##NAME(const TYPE *samples, const int64_t *shape, TYPE *filtered, int32_t threads) {                     \
        const int64_t rows = shape[1], columns = shape[2], all = shape[0] * rows;                                               \
        _Pragma("omp parallel for num_threads(threads) schedule(static)")                                                       \
        for (int64_t line = 0; line < all; line++) {                                                                            \
            const TYPE *here = samples + line * columns;                                                                        \
            const TYPE *above = line % rows > 0 ? here - columns : here;                                                        \
            const TYPE *below = line % rows < rows - 1 ? here + columns : here;                                                 \
            for (int64_t at = 0; at < columns; at++)                                                                            \
                filtered[line * columns + at] =                                                                                 \
                    median_##NAME(above, here, below, at > 0 ? at - 1 : at, at, at < columns - 1 ? at + 1 : at);                \
        }                                                                                                                       \
        (void)threads;                                                                                                          \
    }

MEDIAN(u8, uint8_t)
MEDIAN(i8, int8_t)
MEDIAN(u16, uint16_t)
MEDIAN(i16, int16_t)

int32_t mip_process(const mip_array *inputs, int32_t input_count, const mip_array *outputs, int32_t output_count,
                    int32_t threads) {
    if (input_count != 1 || output_count != 1)
        return MIP_BAD_COUNT;
    const mip_array *samples = &inputs[0], *filtered = &outputs[0];
    if (samples->type != filtered->type)
        return MIP_BAD_TYPE;
    if (mip_length(samples) < 0 || mip_length(filtered) < 0 || samples->dimensions != 3 || filtered->dimensions != 3 ||
        memcmp(samples->shape, filtered->shape, 3 * sizeof samples->shape[0]) != 0)
        return MIP_BAD_SHAPE;
    const int32_t team = threads < 1 ? 1 : threads;
    switch (samples->type) {
    case MIP_U8: filter_u8(samples->data, samples->shape, filtered->data, team); return MIP_OK;
    case MIP_I8: filter_i8(samples->data, samples->shape, filtered->data, team); return MIP_OK;
    case MIP_U16: filter_u16(samples->data, samples->shape, filtered->data, team); return MIP_OK;
    case MIP_I16: filter_i16(samples->data, samples->shape, filtered->data, team); return MIP_OK;
    default: return MIP_BAD_TYPE;
    }
}
