# tests/sched/programs.mk: the scenes that show the scheduling policies; included by the top Makefile.

include tests/runtime/runtime.mk

SCHED_POLICY_SOURCES := userland/servers/sched/scheduler.c $(wildcard userland/servers/sched/policies/*.c)

$(eval $(call runtime_program,sched/root,tests/sched/stage.c tests/sched/scenes.c $(SCHED_POLICY_SOURCES)))
$(eval $(call runtime_bundle,$(O)/sched/bundle.cpio,sched/root))
TEST_BUNDLES += $(O)/sched/bundle.cpio

.PHONY: schedule-plot
schedule-plot: setup-run kernel $(O)/sched/bundle.cpio ## Draw who ran when under each policy: build/sched/schedule.svg
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/sched/plot.py $(O)/sched/schedule.svg
