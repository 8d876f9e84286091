#include "mip_kernels.h"
#include "threads.h"

/* Halves go up, as NumPy's floor(y + 0.5) does; y is in 0…255, so the cast truncates as floor does. */
static uint8_t rounded(double y) { return (uint8_t)(y + 0.5); }

static uint8_t linear(double x, double center, double width) {
    double middle = center - 0.5, half = (width - 1.0) / 2.0;
    if (x <= middle - half)
        return 0;
    if (x > middle + half)
        return 255;
    return rounded(((x - middle) / (width - 1.0) + 0.5) * 255.0);
}

static uint8_t linear_exact(double x, double center, double width) {
    if (x <= center - width / 2.0)
        return 0;
    if (x > center + width / 2.0)
        return 255;
    return rounded(((x - center) / width + 0.5) * 255.0);
}

static int is_finite(double value) { return value - value == 0.0; }

int32_t mip_window(const double *values, int64_t count, int32_t function, double center, double width, uint8_t *greys,
                   int32_t threads) {
    if (values == NULL || greys == NULL || count < 0)
        return MIP_BAD_SHAPE;
    if (!is_finite(center) || !is_finite(width) || width <= 0.0 || (function == MIP_LINEAR && width < 1.0) ||
        function < MIP_LINEAR || function > MIP_SIGMOID)
        return MIP_BAD_ARGUMENT;
    int wrong = 0;
#pragma omp parallel for num_threads(mip_team(threads, count)) schedule(static) reduction(| : wrong)
    for (int64_t i = 0; i < count; i++) {
        double value = values[i];
        if (value != value) {
            wrong |= 1;
            greys[i] = 0;
        } else if (function == MIP_LINEAR) {
            greys[i] = linear(value, center, width);
        } else if (function == MIP_LINEAR_EXACT) {
            greys[i] = linear_exact(value, center, width);
        } else {
            wrong |= value < 0.0;
            greys[i] = value < 0.0 ? 0 : rounded(255.0 / (1.0 + value));
        }
    }
    (void)threads;
    return wrong ? MIP_BAD_ARGUMENT : MIP_OK;
}
