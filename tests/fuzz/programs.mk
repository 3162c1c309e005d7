# tests/fuzz/programs.mk: the system-call fuzzer as a bundle; included by the top Makefile.

include tests/runtime/runtime.mk

$(eval $(call runtime_program,fuzz/root,tests/fuzz/syscalls.c))
$(eval $(call runtime_bundle,$(O)/fuzz/bundle.cpio,fuzz/root))
TEST_BUNDLES += $(O)/fuzz/bundle.cpio

.PHONY: fuzz
fuzz: setup-run kernel $(O)/fuzz/bundle.cpio ## Random system calls on QEMU; ROUNDS=n, SEED=n
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/fuzz/run.py $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(SEED),--seed $(SEED))
