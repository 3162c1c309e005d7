# tests/bench/programs.mk: the benchmark as a bundle; included by the top Makefile.

include tests/runtime/runtime.mk

BENCH_SOURCES := $(wildcard tests/bench/*.c tests/bench/*.S)

$(eval $(call runtime_program,bench/root,$(BENCH_SOURCES)))
$(eval $(call runtime_bundle,$(O)/bench/bundle.cpio,bench/root))
BENCH_BUNDLES += $(O)/bench/bundle.cpio
