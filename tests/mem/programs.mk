# tests/mem/programs.mk: the memory server's code on a bare machine (tests/mem/stage.h); included by the top Makefile.

MEM_LOGIC := $(addprefix userland/servers/mem/,account.c buddy.c colour.c entry.c evict.c fault.c first_fit.c fork.c \
	frames.c hands.c placement.c pool.c region.c shared.c space.c swap.c)

# A client has one page of this program, so nothing of it may be anywhere else.
$(O)/userland/obj/tests/mem/client.o: USER_CFLAGS += -mno-save-restore
$(O)/userland/obj/tests/mem/client.o: tests/mem/programs.mk

SRC_mem-stage := $(wildcard tests/mem/*.c) $(MEM_LOGIC)
TEST_BUNDLES += $(O)/mem/stage.cpio
$(eval $(call user_program,mem-stage))
$(eval $(call user_bundle,$(O)/mem/stage.cpio,root=mem-stage))

.PHONY: mem-soak
mem-soak: setup-run kernel $(O)/mem/stage.cpio $(O)/userland/mem.cpio ## 64 clients of the memory server, 200,000 operations; frames of 1 GB; OPERATIONS=n
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/mem/run.py --soak $(or $(OPERATIONS),200000) --limit 1200
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/mem/run.py --sizes --limit 600
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/system/test_mem.py --touches 16384 --limit 1200

# The system test: the demo, with quotas that 64 MB do not fit into, programs that write to the disk, and one whose
# faults come with badges as low as the numbers of clients.
SRC_scribe := tests/system/scribe.c
TEST_BUNDLES += $(O)/userland/mem.cpio
SRC_intruder := tests/system/intruder.c
$(foreach program,scribe intruder,$(eval $(call user_program,$(program))))
$(eval $(call user_system,$(O)/userland/mem.cpio,$(O)/userland/mem.system,$(USER_PROGRAMS) scribe intruder))

$(O)/userland/mem.system: userland/demo.system tests/system/mem.xml tests/mem/programs.mk
	@mkdir -p $(@D)
	$(Q){ sed -e '/^<.system>/d' -e 's/quota="0x40000"/quota="0x400000"/' \
		-e 's|<setvar symbol="writers" value="0x4" />|<map mr="disk_scribe" perms="rw" setvar_vaddr="shared3" />\
			<map mr="disk_guest" perms="rw" setvar_vaddr="shared4" /><setvar symbol="writers" value="0xc" />|' $<; \
		cat tests/system/mem.xml; echo '</system>'; } > $@
