/*
 * The one interface between the worker and an algorithm written in C: arrays in, arrays out.
 *
 * An algorithm is a shared library that exports mip_process(). It opens no file, starts no process, keeps no state between
 * calls and frees nothing it was given. The worker stays in its process from job to job and calls it once for each image.
 *
 * Arrays   are C-contiguous in the order of `shape` (frame, row, column, sample), aligned to their element.
 *          An input is never written; an output is written whole when MIP_OK is returned, and is undefined otherwise.
 * Aliasing no output may overlap another array; inputs may overlap each other.
 * Threads  at most `threads`, at least 1; the bytes of the result do not depend on the number.
 * Errors   a negative mip_status; nothing is printed.
 */
#ifndef MIP_ALGORITHM_H
#define MIP_ALGORITHM_H

#include <stddef.h>
#include <stdint.h>

enum mip_status {
    MIP_OK = 0,
    MIP_BAD_COUNT = -1,    /* not the number of arrays that the algorithm takes */
    MIP_BAD_TYPE = -2,     /* an element type that the algorithm does not take */
    MIP_BAD_SHAPE = -3,    /* a NULL array, a negative extent, or extents that do not fit together */
    MIP_BAD_ARGUMENT = -4, /* a parameter outside its range, or not a number */
    MIP_OUT_OF_RANGE = -5, /* a sample outside the range that the caller declared */
    MIP_NO_MEMORY = -6
};

enum mip_type { MIP_U8 = 0, MIP_I8 = 1, MIP_U16 = 2, MIP_I16 = 3, MIP_F64 = 4 };

#define MIP_MAX_DIMENSIONS 4

typedef struct {
    void *data;
    int32_t type;       /* enum mip_type */
    int32_t dimensions; /* 1 to MIP_MAX_DIMENSIONS; the entries of `shape` that count */
    int64_t shape[MIP_MAX_DIMENSIONS];
} mip_array;

/* Which arrays, in which order and shape, is said at the top of each algorithm's main.c. */
int32_t mip_process(const mip_array *inputs, int32_t input_count, const mip_array *outputs, int32_t output_count,
                    int32_t threads);

/* The number of elements of an array, or -1 when an extent is negative or the product does not fit. */
static inline int64_t mip_length(const mip_array *array) {
    int64_t length = 1;
    if (array->dimensions < 1 || array->dimensions > MIP_MAX_DIMENSIONS || array->data == NULL)
        return -1;
    for (int32_t axis = 0; axis < array->dimensions; axis++) {
        int64_t extent = array->shape[axis];
        if (extent < 0 || (extent > 0 && length > INT64_MAX / extent))
            return -1;
        length *= extent;
    }
    return length;
}

#endif
