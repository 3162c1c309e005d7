# tests/sched/programs.mk: the scenes that show the scheduling policies; included by the top Makefile.

include tests/runtime/runtime.mk

SCHED_POLICY_SOURCES := $(filter-out %/main.c,$(wildcard userland/servers/sched/*.c))

$(eval $(call runtime_program,sched/root,tests/sched/stage.c tests/sched/scenes.c $(SCHED_POLICY_SOURCES)))
$(eval $(call runtime_bundle,$(O)/sched/bundle.cpio,sched/root))
TEST_BUNDLES += $(O)/sched/bundle.cpio
