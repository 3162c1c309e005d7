# tests/mem/programs.mk: the memory server's code on a bare machine (tests/mem/stage.h); included by the top Makefile.

MEM_LOGIC := $(addprefix userland/servers/mem/,account.c buddy.c colour.c entry.c evict.c fault.c first_fit.c fork.c \
	frames.c hands.c placement.c pool.c region.c shared.c space.c swap.c)

SRC_mem-stage := $(wildcard tests/mem/*.c) $(MEM_LOGIC)
TEST_BUNDLES += $(O)/mem/stage.cpio
$(eval $(call user_program,mem-stage))
$(eval $(call user_bundle,$(O)/mem/stage.cpio,root=mem-stage))

.PHONY: mem-soak
mem-soak: setup-run kernel $(O)/mem/stage.cpio ## 64 clients of the memory server, 200,000 operations; frames of 1 GB; OPERATIONS=n
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/mem/run.py --soak $(or $(OPERATIONS),200000) --limit 1200
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/mem/run.py --sizes --limit 600
