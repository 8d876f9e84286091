/*
 * window-level: stored samples to 8 bits through a window.
 *
 * inputs   0  samples     uint8, int8, uint16 or int16, any shape
 *          1  values      float64[entries]: for stored sample `first + i`, x in modality units, or, for SIGMOID,
 *                         exp(-4 (x - center) / width)
 *          2  parameters  float64[5]: first, function (enum mip_window_function), center, width,
 *                         inverted (1 for MONOCHROME1: 255 - y, else 0)
 * outputs  0  greys       uint8, the shape of the samples
 *
 * A stored sample has at most 2^16 values, so the window is worked out once for each value and looked up for each pixel.
 */
#include "mip_kernels.h"

enum { MOST_VALUES = 65536 };

int32_t mip_process(const mip_array *inputs, int32_t input_count, const mip_array *outputs, int32_t output_count,
                    int32_t threads) {
    uint8_t table[MOST_VALUES];
    if (input_count != 3 || output_count != 1)
        return MIP_BAD_COUNT;
    if (inputs[1].type != MIP_F64 || inputs[2].type != MIP_F64 || outputs[0].type != MIP_U8)
        return MIP_BAD_TYPE;
    int64_t count = mip_length(&inputs[0]), entries = mip_length(&inputs[1]);
    if (count < 0 || entries < 1 || entries > MOST_VALUES || mip_length(&inputs[2]) != 5 || mip_length(&outputs[0]) != count)
        return MIP_BAD_SHAPE;
    const double *parameters = inputs[2].data;
    if (!(parameters[0] >= -MOST_VALUES && parameters[0] <= MOST_VALUES && parameters[1] >= MIP_LINEAR && parameters[1] <= MIP_SIGMOID))
        return MIP_BAD_ARGUMENT;
    int32_t status = mip_window(inputs[1].data, entries, (int32_t)parameters[1], parameters[2], parameters[3], table, 1);
    if (status != MIP_OK)
        return status;
    if (parameters[4] != 0.0)
        for (int64_t i = 0; i < entries; i++)
            table[i] = (uint8_t)(255 - table[i]);
    return mip_lookup(inputs[0].data, inputs[0].type, count, table, (int64_t)parameters[0], entries, outputs[0].data, threads);
}
