/* One loop for each of the four sample types that DICOM images have; the macros give each loop its type at compile time. */
#include "mip_kernels.h"
#include "threads.h"

#define FOR_EACH_SAMPLE_TYPE(LOOP)                                                                                              \
    LOOP(u8, uint8_t)                                                                                                           \
    LOOP(i8, int8_t)                                                                                                            \
    LOOP(u16, uint16_t)                                                                                                         \
    LOOP(i16, int16_t)

#define LOOKUP(NAME, TYPE)                                                                                                      \
    static int lookup_##NAME(const TYPE *samples, int64_t count, const uint8_t *table, int64_t first, int64_t entries,          \
                             uint8_t *greys, int32_t threads) {                                                                 \
        int wrong = 0;                                                                                                          \
        _Pragma("omp parallel for num_threads(mip_team(threads, count)) schedule(static) reduction(| : wrong)")                 \
        for (int64_t i = 0; i < count; i++) {                                                                                   \
            uint64_t index = (uint64_t)samples[i] - (uint64_t)first;                                                            \
            int outside = index >= (uint64_t)entries;                                                                           \
            wrong |= outside;                                                                                                   \
            greys[i] = table[outside ? 0 : index];                                                                              \
        }                                                                                                                       \
        (void)threads;                                                                                                          \
        return wrong ? MIP_OUT_OF_RANGE : MIP_OK;                                                                               \
    }

#define RANGE(NAME, TYPE)                                                                                                       \
    static void range_##NAME(const TYPE *samples, int64_t count, int64_t *smallest, int64_t *largest, int32_t threads) {        \
        TYPE low = samples[0], high = samples[0];                                                                               \
        _Pragma("omp parallel for num_threads(mip_team(threads, count)) schedule(static) reduction(min : low) reduction(max : high)") \
        for (int64_t i = 0; i < count; i++) {                                                                                   \
            low = samples[i] < low ? samples[i] : low;                                                                          \
            high = samples[i] > high ? samples[i] : high;                                                                       \
        }                                                                                                                       \
        (void)threads;                                                                                                          \
        *smallest = low;                                                                                                        \
        *largest = high;                                                                                                        \
    }

FOR_EACH_SAMPLE_TYPE(LOOKUP)
FOR_EACH_SAMPLE_TYPE(RANGE)

int32_t mip_lookup(const void *samples, int32_t type, int64_t count, const uint8_t *table, int64_t first, int64_t entries,
                   uint8_t *greys, int32_t threads) {
    if (samples == NULL || table == NULL || greys == NULL || count < 0 || entries < 1)
        return MIP_BAD_SHAPE;
    switch (type) {
    case MIP_U8:
        return lookup_u8(samples, count, table, first, entries, greys, threads);
    case MIP_I8:
        return lookup_i8(samples, count, table, first, entries, greys, threads);
    case MIP_U16:
        return lookup_u16(samples, count, table, first, entries, greys, threads);
    case MIP_I16:
        return lookup_i16(samples, count, table, first, entries, greys, threads);
    default:
        return MIP_BAD_TYPE;
    }
}

int32_t mip_range(const void *samples, int32_t type, int64_t count, int64_t *smallest, int64_t *largest, int32_t threads) {
    if (samples == NULL || smallest == NULL || largest == NULL || count < 1)
        return MIP_BAD_SHAPE;
    switch (type) {
    case MIP_U8:
        range_u8(samples, count, smallest, largest, threads);
        return MIP_OK;
    case MIP_I8:
        range_i8(samples, count, smallest, largest, threads);
        return MIP_OK;
    case MIP_U16:
        range_u16(samples, count, smallest, largest, threads);
        return MIP_OK;
    case MIP_I16:
        range_i16(samples, count, smallest, largest, threads);
        return MIP_OK;
    default:
        return MIP_BAD_TYPE;
    }
}

int32_t mip_parallel(void) {
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}
