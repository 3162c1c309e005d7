# userland/programs.mk: the user programs and how they are built; included by the top Makefile.
#
# To add a program: a folder with a C file, its name in USER_PROGRAMS, its files in SRC_<name>. It is in the
# demo bundle then, and the shell starts it with `run NAME`. Optional: PRINTF_<name> := double for printf with
# floating point (the default is integers only, 5 KB less).
#
# Other bundles (tests, benchmarks) are made with the same rules, in their own makefile, from any sources:
#     SRC_conform := tests/conformance/main.c ...
#     $(eval $(call user_program,conform))                                   gives $(O)/userland/conform.elf
#     $(eval $(call user_bundle,$(O)/conform.cpio,root=conform hello))       member root is conform.elf
# or, with our root, from a system description (userland/demo.system is the demo's):
#     $(eval $(call user_system,$(O)/other.cpio,tests/system/other.system,root hello crash))

USER_PROGRAMS := root devices uart console console2 shell hello crash spin flood rtc virtio-rng virtio-con virtio-blk \
	block mirror call bad work now names mem pages sched load

SRC_root := $(wildcard userland/root/*.c)
SRC_devices := $(wildcard userland/servers/devices/*.c) userland/root/system.c
SRC_names := userland/servers/names/main.c userland/root/system.c
SRC_now := userland/examples/now/now.c
SRC_uart := $(wildcard userland/drivers/uart/*.c)
CONSOLE_SOURCES := $(filter-out %/version1.c %/version2.c,$(wildcard userland/servers/console/*.c))
SRC_console := $(CONSOLE_SOURCES) userland/servers/console/version1.c
SRC_console2 := $(CONSOLE_SOURCES) userland/servers/console/version2.c
SRC_rtc := userland/drivers/rtc/main.c
VIRTIO := $(wildcard userland/drivers/virtio/*.c)
SRC_virtio-rng := userland/drivers/virtio-rng/main.c $(VIRTIO)
SRC_virtio-con := userland/drivers/virtio-con/main.c $(VIRTIO)
SRC_virtio-blk := userland/drivers/virtio-blk/main.c $(VIRTIO)
SRC_block := $(wildcard userland/servers/block/*.c)
SRC_mirror := userland/servers/mirror/main.c
SRC_shell := $(wildcard userland/shell/*.c)
SRC_hello := userland/examples/hello/hello.c
PRINTF_hello := double
SRC_crash := userland/examples/crash/crash.c
SRC_spin := userland/examples/spin/spin.c
SRC_sched := $(wildcard userland/servers/sched/*.c userland/servers/sched/policies/*.c)
SRC_load := userland/examples/load/load.c
SRC_flood := userland/examples/flood/flood.c
SRC_work := userland/examples/work/work.c
SRC_call := userland/examples/call/call.c
SRC_mem := $(wildcard userland/servers/mem/*.c)
SRC_pages := userland/examples/pages/pages.c
SRC_bad := $(wildcard userland/examples/bad/*.c)

# ---- Rules -------------------------------------------------------------------------------------------

USER_CFLAGS += -Os -msave-restore
USER_LIB := $(O)/userland/libtess.a
USER_LIB_OBJECTS := $(patsubst %.c,$(O)/userland/obj/%.o,$(wildcard userland/lib/*.c))
USER_CRT0 := $(O)/userland/obj/userland/lib/crt0.o
USER_MKBUNDLE := userland/tools/mkbundle.py
USER_SYSTEM := userland/tools/system.py $(USER_MKBUNDLE) $(wildcard userland/tools/system_*.py)
# The library comes before picolibc for lib/system.c: picolibc has an sbrk as well, for machines without a system.
USER_FIRST := -Wl,-u,_exit $(USER_LIB)
USER_PRINTF_double := -DPICOLIBC_DOUBLE_PRINTF_SCANF
USER_PRINTF_integer := -DPICOLIBC_INTEGER_PRINTF_SCANF

$(O)/userland/obj/%.o: %.c Makefile userland/programs.mk | setup-build
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(O)/userland/obj/%.o: %.S Makefile userland/programs.mk | setup-build
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(USER_LIB): $(USER_LIB_OBJECTS)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(CROSS)ar rcs $@ $^

-include $(USER_LIB_OBJECTS:.o=.d) $(USER_CRT0:.o=.d)

# $(1): name. Objects of sources shared by several programs are compiled once.
define user_program
$(O)/userland/$(1).elf: $$(addprefix $(O)/userland/obj/,$$(addsuffix .o,$$(basename $$(SRC_$(1))))) \
		$(USER_CRT0) $(USER_LIB) userland/user.ld
	$$(call say,LD,$$@)
	$$(Q)$(CC) $(USER_LDFLAGS) $$(USER_PRINTF_$$(or $$(PRINTF_$(1)),integer)) -Wl,--fatal-warnings \
		-T userland/user.ld $$(filter %.o,$$^) $(USER_FIRST) -L$(O)/userland --oslib=tess -o $$@
-include $$(addprefix $(O)/userland/obj/,$$(addsuffix .d,$$(basename $$(SRC_$(1)))))
endef

# $(1): the archive. $(2): members, NAME or NAME=PROGRAM, `root` first.
define user_bundle
$(1): $$(foreach m,$(2),$(O)/userland/$$(lastword $$(subst =, ,$$(m))).elf) $(USER_MKBUNDLE)
	$$(call say,PACK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(PYTHON) $(USER_MKBUNDLE) $$@ \
		$$(foreach m,$(2),$$(firstword $$(subst =, ,$$(m)))=$(O)/userland/$$(lastword $$(subst =, ,$$(m))).elf)
endef

# $(1): the archive. $(2): the system description, for our root. $(3): programs; those it does not name as well.
define user_system
$(1): $(2) $$(foreach m,$(3),$(O)/userland/$$(m).elf) $(USER_SYSTEM)
	$$(call say,PACK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(PYTHON) userland/tools/system.py $(2) --search-path $(O)/userland -o $$@ \
		$$(foreach m,$(3),$$(m)=$(O)/userland/$$(m).elf)
endef

$(foreach program,$(USER_PROGRAMS),$(eval $(call user_program,$(program))))
$(eval $(call user_system,$(BUNDLE),userland/demo.system,$(USER_PROGRAMS)))

# The least that one can type at (make minimal).
$(eval $(call user_system,$(O)/userland/minimal.cpio,userland/minimal.system,root devices uart console shell))

# Examples of programs with entry points (make run SYSTEM=examples).
EXAMPLES := parent child writer reader gate bell
$(foreach program,$(EXAMPLES),$(eval SRC_$(program) := userland/examples/$(program)/$(program).c))
$(foreach program,$(EXAMPLES),$(eval $(call user_program,$(program))))
$(eval $(call user_system,$(O)/userland/examples.cpio,userland/examples.system,root devices uart console shell call \
	$(EXAMPLES)))

# The system test of crashes and restarts.
SRC_large := tests/system/large.c
SRC_relapse := tests/system/relapse.c
TEST_BUNDLES += $(O)/userland/restart.cpio
$(foreach program,large relapse,$(eval $(call user_program,$(program))))
$(eval $(call user_system,$(O)/userland/restart.cpio,tests/system/restart.system,root devices uart console shell hello crash \
	large relapse))

# The system test of kills under load: the demo, a program that prints numbered lines, and one that kills.
SRC_count := tests/system/count.c
SRC_killer := tests/system/killer.c
TEST_BUNDLES += $(O)/userland/kills.cpio
$(eval $(call user_program,count))
$(eval $(call user_program,killer))

# And that of upgrades: a successor that crashes, and a server in two forms.
SRC_meter := tests/system/meter.c
SRC_poke := tests/system/poke.c
SRC_late := tests/system/late.c
SRC_draw := tests/system/draw.c
SRC_tally := tests/system/tally.c tests/system/tally_form1.c
SRC_tally2 := tests/system/tally.c tests/system/tally_form2.c
$(foreach program,late draw tally tally2 meter poke,$(eval $(call user_program,$(program))))
$(eval $(call user_system,$(O)/userland/kills.cpio,$(O)/userland/kills.system,$(USER_PROGRAMS) count killer \
	late draw tally tally2 meter poke))

# The one that kills needs a tenth of the processor: four programs the test does not use give up half of theirs.
$(O)/userland/kills.system: userland/demo.system tests/system/killer.xml userland/programs.mk
	@mkdir -p $(@D)
	$(Q){ sed -e '/^<.system>/d' -e 's/budget="500"/budget="250"/' $<; cat tests/system/killer.xml; echo '</system>'; } > $@

# The system test of servers of policy: the demo, and programs that use what such servers give and are given.
SRC_watcher := tests/system/watcher.c
SRC_adder := tests/system/adder.c
SRC_measure := tests/system/measure.c
SRC_outsider := tests/system/outsider.c
SERVERS_TEST := watcher adder measure outsider
TEST_BUNDLES += $(O)/userland/servers.cpio
$(foreach program,$(SERVERS_TEST),$(eval $(call user_program,$(program))))
$(eval $(call user_system,$(O)/userland/servers.cpio,$(O)/userland/servers.system,$(USER_PROGRAMS) $(SERVERS_TEST)))

# As above: what these programs may use of the processor is taken from some that the test does not need. One scheduler
# at a time: that of the demo is not started.
$(O)/userland/servers.system: userland/demo.system tests/system/servers.xml userland/programs.mk
	@mkdir -p $(@D)
	$(Q){ sed -e '/^<.system>/d' -e 's/budget="500"/budget="250"/' \
		-e 's/name="sched" priority/start="request" &/' $<; cat tests/system/servers.xml; echo '</system>'; } > $@

# The system test of what root says of programs that do not fault: the demo, servers, and who calls them.
WATCH_TEST := caller dozer relay
$(foreach program,$(WATCH_TEST),$(eval SRC_$(program) := tests/system/$(program).c))
$(foreach program,$(WATCH_TEST),$(eval $(call user_program,$(program))))
TEST_BUNDLES += $(O)/userland/watch.cpio $(O)/userland/loops.cpio
$(eval $(call user_system,$(O)/userland/watch.cpio,$(O)/userland/watch.system,$(USER_PROGRAMS) adder \
	caller relay))
$(O)/userland/watch.system: userland/demo.system tests/system/watch.xml userland/programs.mk
	@mkdir -p $(@D)
	$(Q){ sed -e '/^<.system>/d' -e 's/budget="500"/budget="250"/' $<; cat tests/system/watch.xml; echo '</system>'; } > $@

# And a template whose programs have a budget to use up.
$(eval $(call user_system,$(O)/userland/loops.cpio,$(O)/userland/loops.system,$(USER_PROGRAMS) caller dozer \
	tally tally2))
$(O)/userland/loops.system: userland/demo.system tests/system/loops.xml userland/programs.mk
	@mkdir -p $(@D)
	$(Q){ sed -e '/^<.system>/d' -e 's/\(<template .*\) budget="10000"/\1 budget="2000" overruns="20"/' $<; \
		cat tests/system/loops.xml; echo '</system>'; } > $@

# The system test of programs inside programs, and of capabilities that travel: the examples, and programs that do all
# there is to do.
FAMILY_TEST := nanny kid giver taker asker bare
TEST_BUNDLES += $(O)/userland/family.cpio
$(foreach program,$(FAMILY_TEST),$(eval SRC_$(program) := tests/system/$(program).c))
$(foreach program,$(FAMILY_TEST),$(eval $(call user_program,$(program))))
$(eval $(call user_system,$(O)/userland/family.cpio,$(O)/userland/family.system,root devices uart console shell call crash \
	$(EXAMPLES) $(FAMILY_TEST)))
$(O)/userland/family.system: userland/examples.system tests/system/family.xml userland/programs.mk
	@mkdir -p $(@D)
	$(Q){ sed '/^<.system>/d' $<; cat tests/system/family.xml; echo '</system>'; } > $@

# A system without a device server: what has its name crashes.
TEST_BUNDLES += $(O)/userland/gone.cpio
$(eval $(call user_system,$(O)/userland/gone.cpio,$(O)/userland/gone.system,root crash uart console shell))
$(O)/userland/gone.system: userland/minimal.system userland/programs.mk
	@mkdir -p $(@D)
	$(Q)sed 's/devices\.elf/crash.elf/' $< > $@
