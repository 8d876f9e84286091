# OPENMP: the flags that switch OpenMP on, or those of a single-threaded build, with a warning (macOS without libomp).
OPENMP := $(shell printf '\043include <omp.h>\nint main(void){return omp_get_max_threads()<1;}\n' | $(CC) -fopenmp -x c - -o /dev/null 2>/dev/null && echo -fopenmp)
ifeq ($(OPENMP),)
$(warning $(CC) has no OpenMP: the kernels are built single-threaded. The results are the same, slower.)
OPENMP := -Wno-unknown-pragmas
endif
