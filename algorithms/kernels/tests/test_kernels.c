/* Tests of the kernels against values worked out by hand from PS3.3 C.11.2.1.2, and of their promises. */
#include "mip_kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;

static void expect(int holds, const char *sentence) {
    if (holds) {
        passed++;
    } else {
        failed++;
        printf("FAILED: %s\n", sentence);
    }
}

static uint8_t window_of(int32_t function, double x, double center, double width) {
    uint8_t grey = 77;
    return mip_window(&x, 1, function, center, width, &grey, 1) == MIP_OK ? grey : 77;
}

static void windows(void) {
    /* LINEAR, c 2048, w 4096: the example of the standard: x <= 0 -> 0, x > 4095 -> 255, between (x - 2047.5) / 4095 + 0.5 */
    expect(window_of(MIP_LINEAR, 0, 2048, 4096) == 0, "LINEAR gives 0 at the lower edge");
    expect(window_of(MIP_LINEAR, 4095, 2048, 4096) == 255, "LINEAR gives 255 at the upper edge");
    expect(window_of(MIP_LINEAR, 2048, 2048, 4096) == 128, "LINEAR gives 128 just above the middle");
    expect(window_of(MIP_LINEAR, 2047, 2048, 4096) == 127, "LINEAR gives 127 just below the middle");
    expect(window_of(MIP_LINEAR, -1000, 40, 400) == 0, "LINEAR clips air in a soft-tissue window");
    expect(window_of(MIP_LINEAR, 40, 40, 400) == 128, "LINEAR gives 128 at the centre of a soft-tissue window");
    /* c 0, w 100: the standard says x <= -50 -> 0, x > 49 -> 255 */
    expect(window_of(MIP_LINEAR, -50, 0, 100) == 0, "LINEAR: c 0, w 100, x -50 is 0");
    expect(window_of(MIP_LINEAR, 49, 0, 100) == 255, "LINEAR: c 0, w 100, x 49 is 255");
    expect(window_of(MIP_LINEAR, 48, 0, 100) == 252, "LINEAR: c 0, w 100, x 48 is 252");
    /* c 0, w 1: x <= -0.5 -> 0, x > -0.5 -> 255 */
    expect(window_of(MIP_LINEAR, -0.5, 0, 1) == 0, "LINEAR of width 1 is a step: below");
    expect(window_of(MIP_LINEAR, 0, 0, 1) == 255, "LINEAR of width 1 is a step: above");
    expect(window_of(MIP_LINEAR_EXACT, 0, 2048, 4096) == 0, "LINEAR_EXACT gives 0 at the lower edge");
    expect(window_of(MIP_LINEAR_EXACT, 2048, 2048, 4096) == 128, "LINEAR_EXACT gives 127.5, up to 128, at the centre");
    expect(window_of(MIP_LINEAR_EXACT, 50, 0, 100) == 255, "LINEAR_EXACT gives 255 at the upper edge");
    expect(window_of(MIP_LINEAR_EXACT, 0.1, 0, 0.5) == 179, "LINEAR_EXACT takes a width below 1");
    expect(window_of(MIP_SIGMOID, 1, 0, 100) == 128, "SIGMOID of exp 1 is 127.5, up to 128");
    expect(window_of(MIP_SIGMOID, 0, 0, 100) == 255, "SIGMOID of exp 0 is 255");
    expect(window_of(MIP_SIGMOID, 1e308 * 10, 0, 100) == 0, "SIGMOID of exp infinity is 0");
}

static void refusals(void) {
    double x = 0, nan = x / x;
    uint8_t grey, table[2] = {3, 4};
    int16_t samples[2] = {0, 5};
    int64_t low, high;
    expect(mip_window(&x, 1, MIP_LINEAR, 0, 0.5, &grey, 1) == MIP_BAD_ARGUMENT, "LINEAR refuses a width below 1");
    expect(mip_window(&x, 1, MIP_SIGMOID, 0, 0, &grey, 1) == MIP_BAD_ARGUMENT, "SIGMOID refuses a width of 0");
    expect(mip_window(&x, 1, 3, 0, 1, &grey, 1) == MIP_BAD_ARGUMENT, "an unknown function is refused");
    expect(mip_window(&x, 1, MIP_LINEAR, nan, 1, &grey, 1) == MIP_BAD_ARGUMENT, "a centre that is no number is refused");
    expect(mip_window(&nan, 1, MIP_LINEAR, 0, 2, &grey, 1) == MIP_BAD_ARGUMENT, "a value that is no number is refused");
    expect(mip_window(NULL, 1, MIP_LINEAR, 0, 2, &grey, 1) == MIP_BAD_SHAPE, "no values are refused");
    uint8_t greys[2];
    expect(mip_lookup(samples, MIP_I16, 2, table, 0, 2, greys, 1) == MIP_OUT_OF_RANGE, "a sample above the table is refused");
    expect(mip_lookup(samples, MIP_I16, 2, table, 1, 2, greys, 1) == MIP_OUT_OF_RANGE, "a sample below the table is refused");
    expect(mip_lookup(samples, MIP_F64, 1, table, 0, 2, greys, 1) == MIP_BAD_TYPE, "lookup refuses float samples");
    expect(mip_luma(samples, MIP_I16, 0, greys, 1) == MIP_BAD_TYPE, "luma refuses signed samples");
    expect(mip_range(samples, MIP_I16, 0, &low, &high, 1) == MIP_BAD_SHAPE, "an empty array has no range");
    mip_array array = {samples, MIP_I16, 2, {INT64_MAX, 2, 0, 0}};
    expect(mip_length(&array) == -1, "a length that does not fit is refused");
}

static void greys_of_colours(void) {
    const uint8_t rgb[12] = {255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255};
    const uint16_t deep[3] = {65535, 65535, 65535};
    uint8_t greys[4];
    uint16_t grey;
    expect(mip_luma(rgb, MIP_U8, 4, greys, 2) == MIP_OK && greys[0] == 255 && greys[1] == 76 && greys[2] == 150 && greys[3] == 29,
           "white, red, green and blue are 255, 76, 150 and 29");
    expect(mip_luma(deep, MIP_U16, 1, &grey, 1) == MIP_OK && grey == 65535, "16-bit white stays 65535");
}

enum { MANY = 300007 };

/* A shuffled array, longer than the threshold for threads and no multiple of any vector or team. */
static void any_number_of_threads(void) {
    int16_t *samples = malloc(MANY * sizeof *samples);
    double *values = malloc(MANY * sizeof *values);
    uint8_t *table = malloc(65536), *first = malloc(MANY), *again = malloc(MANY);
    uint32_t state = 1;
    int64_t low, high, low1, high1;
    for (int i = 0; i < 65536; i++)
        table[i] = (uint8_t)(i * 31 >> 3);
    for (int i = 0; i < MANY; i++) {
        state = state * 1664525u + 1013904223u;
        samples[i] = (int16_t)(state >> 16);
        values[i] = samples[i] / 7.0;
    }
    const int counts[4] = {1, 2, 3, 8};
    mip_range(samples, MIP_I16, MANY, &low1, &high1, 1);
    for (int k = 0; k < 4; k++) {
        mip_lookup(samples, MIP_I16, MANY, table, -32768, 65536, first, 1);
        mip_lookup(samples, MIP_I16, MANY, table, -32768, 65536, again, counts[k]);
        expect(memcmp(first, again, MANY) == 0, "lookup gives the same bytes at 1, 2, 3 and 8 threads");
        mip_window(values, MANY, MIP_LINEAR, 40, 400, first, 1);
        mip_window(values, MANY, MIP_LINEAR, 40, 400, again, counts[k]);
        expect(memcmp(first, again, MANY) == 0, "window gives the same bytes at 1, 2, 3 and 8 threads");
        mip_luma(samples, MIP_U16, MANY / 3, values, 1);
        memcpy(first, values, MANY / 3 * 2);
        mip_luma(samples, MIP_U16, MANY / 3, values, counts[k]);
        expect(memcmp(first, values, MANY / 3 * 2) == 0, "luma gives the same bytes at 1, 2, 3 and 8 threads");
        mip_range(samples, MIP_I16, MANY, &low, &high, counts[k]);
        expect(low == low1 && high == high1, "range is the same at 1, 2, 3 and 8 threads");
        for (int i = 0; i < MANY; i++)
            values[i] = samples[i] / 7.0;
    }
    free(samples);
    free(values);
    free(table);
    free(first);
    free(again);
}

int main(void) {
    windows();
    refusals();
    greys_of_colours();
    any_number_of_threads();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
