/*
 * Kernels that the algorithms share. Each takes flat arrays of `count` elements in any pixel order, since none looks at a
 * neighbour. No output may overlap an input. No libm, no floating-point reduction, no state: the same bytes at any number of
 * threads (`threads` < 1 is taken as 1). Without OpenMP they run in the calling thread.
 * All return a mip_status (mip_algorithm.h).
 */
#ifndef MIP_KERNELS_H
#define MIP_KERNELS_H

#include "mip_algorithm.h"

enum mip_window_function { MIP_LINEAR = 0, MIP_LINEAR_EXACT = 1, MIP_SIGMOID = 2 };

/*
 * DICOM PS3.3 C.11.2.1.2 to 0…255, rounded by floor(y + 0.5).
 * values  float64[count]: LINEAR and LINEAR_EXACT: x in modality units. SIGMOID: exp(-4 (x - center) / width), computed by the
 *         caller, so that no libm is needed here; +infinity is allowed and gives 0.
 * greys   uint8[count]
 * width   LINEAR: at least 1; LINEAR_EXACT and SIGMOID: above 0. MIP_BAD_ARGUMENT otherwise, or when one is not finite.
 */
int32_t mip_window(const double *values, int64_t count, int32_t function, double center, double width, uint8_t *greys,
                   int32_t threads);

/*
 * greys[i] = table[samples[i] - first], for 0 <= samples[i] - first < entries.
 * samples  uint8, int8, uint16 or int16 [count], by `type`
 * table    uint8[entries]
 * A sample outside the table gives MIP_OUT_OF_RANGE after the whole array was looked at, and no read outside it.
 */
int32_t mip_lookup(const void *samples, int32_t type, int64_t count, const uint8_t *table, int64_t first, int64_t entries,
                   uint8_t *greys, int32_t threads);

/*
 * grey = (299 R + 587 G + 114 B + 500) div 1000, exact in 32 bits.
 * rgb    uint8 or uint16 [count][3], interleaved, by `type`
 * greys  the same type [count]
 */
int32_t mip_luma(const void *rgb, int32_t type, int64_t count, void *greys, int32_t threads);

/* The smallest and the largest sample; count of at least 1. samples: uint8, int8, uint16 or int16, by `type`. */
int32_t mip_range(const void *samples, int32_t type, int64_t count, int64_t *smallest, int64_t *largest, int32_t threads);

/* 1 when built with OpenMP, else 0. */
int32_t mip_parallel(void);

#endif
