#include "mip_kernels.h"
#include "threads.h"

/* 1000 · 65535 + 500 is below 2^26: unsigned 32 bits hold every sum. */
#define LUMA(NAME, TYPE)                                                                                                        \
    static void luma_##NAME(const TYPE *rgb, int64_t count, TYPE *greys, int32_t threads) {                                     \
        _Pragma("omp parallel for num_threads(mip_team(threads, count)) schedule(static)")                                      \
        for (int64_t i = 0; i < count; i++)                                                                                     \
            greys[i] = (TYPE)((299u * rgb[3 * i] + 587u * rgb[3 * i + 1] + 114u * rgb[3 * i + 2] + 500u) / 1000u);              \
        (void)threads;                                                                                                          \
    }

LUMA(u8, uint8_t)
LUMA(u16, uint16_t)

int32_t mip_luma(const void *rgb, int32_t type, int64_t count, void *greys, int32_t threads) {
    if (rgb == NULL || greys == NULL || count < 0)
        return MIP_BAD_SHAPE;
    if (type == MIP_U8)
        luma_u8(rgb, count, greys, threads);
    else if (type == MIP_U16)
        luma_u16(rgb, count, greys, threads);
    else
        return MIP_BAD_TYPE;
    return MIP_OK;
}
