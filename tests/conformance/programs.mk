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
