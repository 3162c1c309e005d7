# tests/conformance/programs.mk: the conformance suite as a bundle; included by the top Makefile.

include tests/runtime/runtime.mk

CONFORMANCE_SOURCES := $(wildcard tests/conformance/*.c tests/conformance/*.S)

$(eval $(call runtime_suite,conformance/root,$(CONFORMANCE_SOURCES)))
$(eval $(call runtime_bundle,$(O)/conformance/bundle.cpio,conformance/root))
TEST_BUNDLES += $(O)/conformance/bundle.cpio

.PHONY: conformance
conformance: setup-run kernel $(O)/conformance/bundle.cpio ## The tests of SPEC.md; ONLY=UT chooses, KERNEL=file, V=1
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/conformance/run.py --table $(if $(V),--verbose) \
		$(if $(ONLY),--only $(ONLY)) $(if $(KERNEL),--kernel $(KERNEL))

# Which lines of the kernel the suite reaches. The plugin runs in QEMU, on this machine.
COVERAGE_PLUGIN := $(O)/coverage/plugin.so
$(COVERAGE_PLUGIN): tests/tools/coverage_plugin.c Makefile | setup-build
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -std=gnu11 -O2 $(WARNINGS) -fPIC -shared $< -o $@

.PHONY: coverage-kernel
coverage-kernel: setup-run kernel $(O)/conformance/bundle.cpio $(COVERAGE_PLUGIN) ## Lines of kernel/, caps/ not reached by conformance
	@$(PYTHON) tests/tools/kernel_coverage.py $(O)
