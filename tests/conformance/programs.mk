# tests/conformance/programs.mk: the conformance suite as a bundle; included by the top Makefile.

include tests/runtime/runtime.mk

CONFORMANCE_SOURCES := $(wildcard tests/conformance/*.c tests/conformance/*.S)

$(eval $(call runtime_suite,conformance/root,$(CONFORMANCE_SOURCES)))
$(eval $(call runtime_bundle,$(O)/conformance/bundle.cpio,conformance/root))

# What machines of run.py are given: RAM as it is before anything was written, and a device tree.
$(O)/conformance/ram.bin: Makefile
	@mkdir -p $(@D)
	$(Q)head -c 128M /dev/zero | tr '\0' '\245' >$@.new && mv $@.new $@

$(O)/conformance/256-irqs.dtb: tests/system/tree.py Makefile | setup-run
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< $@ /soc/plic@c000000 riscv,ndev 256 $(shell $(MAKE) -s qemu-command BOARD=virt)

CONFORMANCE := $(addprefix $(O)/conformance/,bundle.cpio ram.bin 256-irqs.dtb)
TEST_BUNDLES += $(CONFORMANCE)

.PHONY: conformance conformance-files
conformance-files: $(CONFORMANCE) # for tests/tools

conformance: setup-run kernel $(KERNEL) $(CONFORMANCE) ## The tests of SPEC.md; ONLY=UT chooses, KERNEL=file, CHECK=1, V=1
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/conformance/run.py --table $(if $(V),--verbose) \
		$(if $(ONLY),--only $(ONLY)) $(if $(KERNEL),--kernel $(KERNEL)) $(if $(CHECK),virt-untimed virt-1-asid-bit virt-no-asids)

# Which lines of the kernel the suite reaches. The plugin runs in QEMU, on this machine.
COVERAGE_PLUGIN := $(O)/coverage/plugin.so
$(COVERAGE_PLUGIN): tests/tools/coverage_plugin.c Makefile | setup-build
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -std=gnu11 -O2 $(WARNINGS) -fPIC -shared $< -o $@

.PHONY: coverage mutants boot-only
boot-only: # for tests/tools
	@echo '$(BOOT_ONLY) kernel/entry'

coverage: setup-run kernel $(CONFORMANCE) $(COVERAGE_PLUGIN) ## Lines of kernel/ and caps/ that conformance reaches; each other, and why
	@$(PYTHON) tests/tools/kernel_coverage.py $(O)

# Small defects in kernel/ and caps/, and whether a test sees them. A sample leaves the report in the tree alone.
MUTANT_NEEDS = setup-test kernel unit-programs $(TEST_KERNELS) $(CONFORMANCE) $(BUNDLE)
mutants: $(MUTANT_NEEDS) ## 500 defects in the kernel: do tests see them? To tests/conformance/MUTANTS.md; SAMPLE=n (0: all), SEED=n, FILE=part of a name, REUSE=1
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/tools/mutants.py --seed $(or $(SEED),1) $(if $(REUSE),--reuse) \
		--sample $(or $(SAMPLE),$(if $(FILE),0,500)) $(if $(FILE),--only $(FILE)) \
		--report $(if $(FILE)$(SEED)$(filter-out 0,$(SAMPLE)),$(O),tests/conformance)/MUTANTS.md

# Tests that must fail, for the test of what runs and judges tests (tests/tools/test_judges.py).
$(eval $(call runtime_suite,runtime/selftest,tests/runtime/selftest.c))
$(eval $(call runtime_bundle,$(O)/runtime/selftest.cpio,runtime/selftest))
TEST_BUNDLES += $(O)/runtime/selftest.cpio
