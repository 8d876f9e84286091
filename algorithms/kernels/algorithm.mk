# Builds an algorithm's src/*.c into ../build/lib$(NAME).so against the kernels. Included by algorithms/<name>/src/Makefile.
# The library finds the kernels beside it, both in the repository (kernels/build) and in an image (kernels/lib).
CC ?= cc
CFLAGS ?= -O3 -g
KERNELS := $(dir $(lastword $(MAKEFILE_LIST)))
include $(KERNELS)openmp.mk
STRICT = -std=c11 -Wall -Wextra -Werror -Wshadow -Wconversion -ffp-contract=off -fPIC -I$(KERNELS)include
LIBRARY = ../build/lib$(NAME).so
ifeq ($(shell uname -s),Darwin)
ORIGIN = @loader_path
else
ORIGIN = $$ORIGIN
endif
RPATH = -Wl,-rpath,'$(ORIGIN)/../../kernels/lib' -Wl,-rpath,'$(ORIGIN)/../../kernels/build'

all: $(LIBRARY)

$(KERNELS)build/libmip_kernels.so: $(wildcard $(KERNELS)src/*.[ch] $(KERNELS)include/*.h)
	$(MAKE) -C $(KERNELS)

# Written beside its place and moved, so that a reader never sees half a library.
$(LIBRARY): $(wildcard *.c) $(KERNELS)build/libmip_kernels.so Makefile
	@mkdir -p ../build
	$(CC) $(STRICT) $(CFLAGS) $(OPENMP) -shared $(wildcard *.c) -L$(KERNELS)build -lmip_kernels $(RPATH) -o $@.$$$$ && mv $@.$$$$ $@

clean:
	rm -rf ../build

.PHONY: all clean
