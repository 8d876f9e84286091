/* OpenMP when the compiler has it; without it the pragmas are ignored and the loops run in the calling thread. */
#ifndef MIP_THREADS_H
#define MIP_THREADS_H

#include <stdint.h>

/* Below this many elements a team of threads costs more than it saves. */
#define MIP_PARALLEL_FROM 65536

static inline int mip_team(int32_t threads, int64_t count) {
    return threads < 1 || count < MIP_PARALLEL_FROM ? 1 : threads;
}

#endif
