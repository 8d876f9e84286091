/*
 * grayscale: red, green and blue to one grey of the same depth.
 *
 * inputs   0  rgb    uint8 or uint16 [frames][rows][columns][3]
 * outputs  0  greys  the same type [frames][rows][columns]
 */
#include "mip_kernels.h"

int32_t mip_process(const mip_array *inputs, int32_t input_count, const mip_array *outputs, int32_t output_count,
                    int32_t threads) {
    if (input_count != 1 || output_count != 1)
        return MIP_BAD_COUNT;
    if (inputs[0].type != outputs[0].type)
        return MIP_BAD_TYPE;
    int64_t samples = mip_length(&inputs[0]), greys = mip_length(&outputs[0]);
    if (samples < 0 || inputs[0].dimensions != 4 || inputs[0].shape[3] != 3 || greys != samples / 3)
        return MIP_BAD_SHAPE;
    return mip_luma(inputs[0].data, inputs[0].type, greys, outputs[0].data, threads);
}
