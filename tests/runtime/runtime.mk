# tests/runtime/runtime.mk: how programs that are root themselves are built (tests/runtime/runtime.h).
#
#     $(eval $(call runtime_program,NAME,SOURCES))          gives $(O)/NAME.elf, with a main of its own
#     $(eval $(call runtime_suite,NAME,SOURCES))            the same with the reporter of tests, suite.c
#     $(eval $(call runtime_bundle,ARCHIVE,NAME))           an archive whose only member, root, is NAME.elf

ifndef RUNTIME_CFLAGS

RUNTIME_ARCH := -march=rv64gc -mabi=lp64d -mcmodel=medany
RUNTIME_CFLAGS := $(RUNTIME_ARCH) -std=gnu11 -O2 -g -ffreestanding -nostdlib -fno-builtin -fno-pic -fno-common \
	-fno-strict-aliasing -fno-tree-loop-distribute-patterns -fno-stack-protector -fno-toplevel-reorder \
	-ffile-prefix-map=$(CURDIR)=. $(WARNINGS) -I.
RUNTIME_LDFLAGS := $(RUNTIME_ARCH) -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
	-Wl,--fatal-warnings -Wl,-T,tests/runtime/runtime.ld
RUNTIME_DIR := $(O)/runtime/obj
RUNTIME_MKBUNDLE := userland/tools/mkbundle.py
RUNTIME_BASE := tests/runtime/start.S tests/runtime/boot.c tests/runtime/print.c tests/runtime/memory.c \
	tests/runtime/thread.c

$(RUNTIME_DIR)/%.o: %.c Makefile tests/runtime/runtime.mk | setup-build
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(RUNTIME_CFLAGS) -MMD -MP -c $< -o $@

$(RUNTIME_DIR)/%.o: %.S Makefile tests/runtime/runtime.mk | setup-build
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(RUNTIME_CFLAGS) -MMD -MP -c $< -o $@

runtime_objects = $(addprefix $(RUNTIME_DIR)/,$(addsuffix .o,$(basename $(1))))

define runtime_program
$(O)/$(1).elf: $$(call runtime_objects,$$(RUNTIME_BASE) $(2)) tests/runtime/runtime.ld
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(RUNTIME_LDFLAGS) $$(filter %.o,$$^) -lgcc -o $$@
-include $$(patsubst %.o,%.d,$$(call runtime_objects,$$(RUNTIME_BASE) $(2)))
endef

define runtime_suite
$(call runtime_program,$(1),tests/runtime/suite.c $(2))
endef

define runtime_bundle
$(1): $(O)/$(2).elf $$(RUNTIME_MKBUNDLE)
	$$(call say,PACK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(PYTHON) $$(RUNTIME_MKBUNDLE) $$@ root=$(O)/$(2).elf
endef

endif
