# REPRODUCIBLE: the flags that keep this checkout's path out of the debug information, so that the same sources give the same bytes
# and an image built from them the same digest. The compiler believes PWD, which a shell may have reached through a link.
export PWD := $(CURDIR)
REPRODUCIBLE := '-ffile-prefix-map=$(CURDIR)=.'
