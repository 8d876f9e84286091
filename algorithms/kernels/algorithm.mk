# Builds an algorithm's src/*.c into ../build/lib$(NAME).so against the kernels. Included by algorithms/<name>/src/Makefile.
# The library finds the kernels beside it, both in the repository (kernels/build) and in an image (kernels/lib).
CC ?= cc
CFLAGS ?= -O3 -g
KERNELS := $(dir $(lastword $(MAKEFILE_LIST)))
include $(KERNELS)openmp.mk
include $(KERNELS)reproducible.mk
STRICT = -std=c11 -Wall -Wextra -Werror -Wshadow -Wconversion -ffp-contract=off -fPIC -I$(KERNELS)include
SOURCES = $(sort $(wildcard *.c))
LIBRARY = ../build/lib$(NAME).so
ifeq ($(shell uname -s),Darwin)
ORIGIN = @loader_path
SONAME = -install_name @rpath/lib$(NAME).so
else
ORIGIN = $$ORIGIN
SONAME = -Wl,-soname,lib$(NAME).so
endif
RPATH = -Wl,-rpath,'$(ORIGIN)/../../kernels/lib' -Wl,-rpath,'$(ORIGIN)/$(KERNELS)build'

all: $(LIBRARY)

$(KERNELS)build/libmip_kernels.so: $(wildcard $(KERNELS)src/*.[ch] $(KERNELS)include/*.h)
	$(MAKE) -C $(KERNELS)

# Written beside its place and moved, so that a reader never sees half a library.
$(LIBRARY): $(SOURCES) $(KERNELS)build/libmip_kernels.so Makefile $(wildcard $(KERNELS)*.mk)
	@mkdir -p ../build
	$(CC) $(STRICT) $(CFLAGS) $(REPRODUCIBLE) $(OPENMP) -shared $(SONAME) $(SOURCES) -L$(KERNELS)build -lmip_kernels $(RPATH) -o $@.$$$$ && mv $@.$$$$ $@

clean:
	rm -rf ../build

.PHONY: all clean
