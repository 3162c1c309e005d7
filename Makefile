# Makefile: the front door of Tessera. `make help` lists what it can do.
#
# Output, all of it below $(O) (default: build):
#   kernel/tessera.elf, tessera.bin   the kernel, one binary for all boards, as ELF and as flat image
#   linked/tessera.elf, tessera.bin   the same with the demo bundle inside, for boots without an initrd
#   card/card.img                     a card from which U-Boot boots them in QEMU
#   hifive/                           what goes onto the card of a HiFive Unleashed
#   userland/                         programs and bundles, the same for all boards
#   unit/, conformance/, bench/       test programs
#   logs/                             what the last run of each suite printed
#   virt/, sifive_u/                  consoles of boards started by `make debug`

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
SHELL := /bin/bash

BOARD ?= virt
BOOT ?=
SYSTEM ?= demo
O ?= build
V ?=
LINKED ?=
KERNEL ?=
CHECK ?=
SUITES ?=
comma := ,

# Quiet unless V=1.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2))

# ---- Memory layout constants, defined here and nowhere else ----------------------------------------

CAPS_WINDOW := 0xffffffc000000000
KERNEL_BASE := 0xffffffff80000000

# Unit tests run caps/ on the host, with the physical window at an address the host can map: outside
# the program, the stack, and the shadow memory of the address sanitizer.
HOST_CAPS_WINDOW := 0x200000000000

# ---- Tools -----------------------------------------------------------------------------------------

CROSS := riscv64-unknown-elf-
CC := $(CROSS)gcc
OBJCOPY := $(CROSS)objcopy
HOST_CC := gcc
PYTHON := python3
QEMU := qemu-system-riscv64

# Runs before anything that needs a tool; installs with apt what is missing, or says what to type.
.PHONY: setup-build setup-run setup-test setup-debug setup-card setup-uboot
setup-build:
	@tests/tools/setup.sh ensure build
setup-run:
	@tests/tools/setup.sh ensure build run
setup-test:
	@tests/tools/setup.sh ensure build run test
	@tests/tools/setup.sh ensure card uboot || \
		echo 'tessera: without these, the tests that boot with U-Boot are skipped'
setup-debug:
	@tests/tools/setup.sh ensure build run debug
setup-card:
	@tests/tools/setup.sh ensure build card
setup-uboot:
	@tests/tools/setup.sh ensure build run card uboot

# ---- Boards: the QEMU command lines, here and nowhere else ------------------------------------------

CPUS_virt := 1
CPUS_sifive_u := 5
CPUS ?= $(CPUS_$(BOARD))

# sifive_u: hart 0 is an E51 without an MMU; its firmware powers off by a reset, which -no-reboot ends.
QEMU_virt := $(QEMU) -M virt -m 128M -nographic -bios default
QEMU_sifive_u := $(QEMU) -M sifive_u -m 128M -nographic -bios default -no-reboot
# CHECK=1: tests run on the kernel that has the ghost.
ifneq ($(CHECK),)
KERNEL := $(O)/check/tessera.elf
else ifneq ($(KERNEL),)
$(if $(filter $(O)/%,$(KERNEL))$(wildcard $(KERNEL)),,$(error KERNEL=$(KERNEL) is no file; build it, or use CHECK=1 or neither))
endif

ifeq ($(QEMU_$(BOARD)),)
$(error BOARD=$(BOARD) is not a board; use BOARD=virt or BOARD=sifive_u)
endif

# $(1): the variable's name, $(2): what its value must look like, $(3): what is said else.
must_be = $(if $($(1)),$(if $(shell grep -xE '$(2)' <<< '$($(1))'),,$(error $(1)=$($(1)) is not $(3))))
$(call must_be,CPUS,[1-9][0-9]*,a number of harts; use CPUS=4$(comma) or none)

# SYSTEM: which of the descriptions in userland/ runs. MEM: the boot argument mem=, RAM to use (BI-9).
ifneq ($(filter-out demo minimal examples,$(SYSTEM)),)
$(error SYSTEM=$(SYSTEM) is not a system; use SYSTEM=demo, SYSTEM=minimal or SYSTEM=examples)
endif
MEM_minimal := 512K
MEM ?= $(MEM_$(SYSTEM))
$(call must_be,MEM,[1-9][0-9]*[KMG],a size; use MEM=512K$(comma) MEM=4M or none)
ifneq ($(BOOT)$(LINKED),)
ifneq ($(filter-out demo,$(SYSTEM))$(MEM),)
$(error SYSTEM= and MEM= go neither with BOOT= nor with LINKED=; leave those out)
endif
endif

# BOOT=uboot: firmware enters U-Boot, which starts the kernel; the device tree tells it how.
ifneq ($(filter-out uboot,$(BOOT)),)
$(error BOOT=$(BOOT) is not a way to boot; use BOOT=uboot, or none: the firmware enters the kernel)
endif
UBOOT := /usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin
UBOOT_TREE = $(O)/$(BOARD)/uboot-$(CPUS).dtb
CARD = $(O)/card/card.img
UBOOT_FILES_virt = -drive file=$(CARD),format=raw,if=none,id=card -device virtio-blk-device,drive=card
# Debian's U-Boot has no driver for this board's card: QEMU puts the files where uboot_tree.sh expects them.
UBOOT_FILES_sifive_u = -device loader,file=$(O)/kernel/tessera.bin,addr=0x84000000,force-raw=on \
	-device loader,file=$(BUNDLE),addr=0x85200000,force-raw=on

BOOT_NEEDS = $(if $(BOOT),setup-uboot $(CARD) $(UBOOT_TREE))
BOOT_FILES = $(if $(BOOT),-kernel $(UBOOT) -dtb $(UBOOT_TREE) $(UBOOT_FILES_$(BOARD)),$(DIRECT_FILES))
DIRECT_FILES = $(if $(LINKED),-kernel $(O)/linked/tessera.elf,-kernel $(O)/kernel/tessera.elf \
	-initrd $(if $(filter demo,$(SYSTEM)),$(BUNDLE),$(O)/userland/$(SYSTEM).cpio)) $(if $(MEM),-append mem=$(MEM))
QEMU_COMMAND = $(QEMU_$(BOARD)) -smp $(CPUS)

# SWAP: a disk of that size for the memory server (userland/servers/mem/disk.c says how it knows one).
SWAP_DISK = $(O)/virt/swap-$(SWAP).img
SWAP_FILES = -drive file=$(SWAP_DISK),format=raw,if=none,id=swap -device virtio-blk-device,drive=swap
$(call must_be,SWAP,[1-9][0-9]*[MG],a size; use SWAP=64M$(comma) or none)
ifneq ($(SWAP),)
ifneq ($(BOARD)$(BOOT),virt)
$(error SWAP= is for BOARD=virt without BOOT=; leave it out)
endif
endif
$(O)/virt/swap-%.img:
	@mkdir -p $(@D)
	$(Q)printf 'tessera swap 1\n' > $@ && truncate -s $* $@
CONSOLE = $(O)/$(BOARD)/console.sock

# ---- The kernel --------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Werror -Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes
KERNEL_ARCH := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany
KERNEL_CFLAGS := $(KERNEL_ARCH) -std=gnu11 -O2 -g -ffreestanding -nostdlib -fno-pic -fno-strict-aliasing \
	-fno-common -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. $(WARNINGS) \
	-DCAPS_WINDOW=$(CAPS_WINDOW) -DKERNEL_BASE=$(KERNEL_BASE) -I.
# The link names its architecture without the CSR extensions, or gcc picks libgcc for the wrong ABI.
KERNEL_LDFLAGS := -march=rv64imac -mabi=lp64 -mcmodel=medany -nostdlib -static -Wl,--gc-sections \
	-Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,--fatal-warnings -Wl,-T,riscv.ld \
	-Wl,--defsym=CAPS_WINDOW=$(CAPS_WINDOW) -Wl,--defsym=KERNEL_BASE=$(KERNEL_BASE)

KERNEL_C := $(filter-out kernel/offsets.c,$(wildcard kernel/*.c caps/*.c platform/*.c platform/*/*.c))
KERNEL_S := $(filter-out kernel/fastpath.S,$(wildcard kernel/*.S platform/*.S))
KERNEL_OBJECTS := $(KERNEL_C:%.c=$(O)/kernel/%.o) $(KERNEL_S:%=$(O)/kernel/%.o)
OFFSETS := $(O)/kernel/include/kernel/offsets.h

# What runs once, at boot, is compiled for size: the text of the kernel has a budget of 40,000 bytes. (What of it goes
# after boot, riscv.ld says.)
BOOT_ONLY := $(addprefix kernel/,boot bootinfo bootmem bundle elf kmap panic print root) \
	$(addprefix platform/,fdt machine region)
$(BOOT_ONLY:%=$(O)/kernel/%.o) $(BOOT_ONLY:%=$(O)/check/%.o): KERNEL_CFLAGS += -Os -msave-restore

# What answers rarely too; without -msave-restore, which drivers would feel. Elsewhere gcc's copies of blocks are
# worth their bytes only where threads queue: without them the rest is 2% smaller and no row of `make bench` is
# more than 2% worse.
SELDOM := $(addprefix kernel/,context firmware irq timer trace)
QUEUES := $(addprefix kernel/,deadline endpoint notification queue reply sched)
$(SELDOM:%=$(O)/kernel/%.o): KERNEL_CFLAGS += -Os
$(filter-out $(QUEUES:%=$(O)/kernel/%.o),$(KERNEL_C:%.c=$(O)/kernel/%.o)): \
	KERNEL_CFLAGS += -freorder-blocks-algorithm=simple

.PHONY: kernel
kernel: $(O)/kernel/tessera.elf $(O)/kernel/tessera.bin $(O)/kernel/appendix ## Build the kernel: ELF and flat image

$(O)/kernel/%.o: %.c Makefile | setup-build
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@

$(O)/kernel/%.S.o: %.S $(OFFSETS) Makefile | setup-build
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -I$(O)/kernel/include -MMD -MP -c $< -o $@

# Numbers that assembly shares with C: the compiler writes lines `.ascii "->NAME value"` (kernel/offsets.c).
$(OFFSETS): kernel/offsets.c Makefile | setup-build
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MMD -MP -MT $@ -MF $@.d -S $< -o $@.s
	$(Q){ echo '/* Made from $<. */'; \
		sed -n 's/^[[:space:]]*\.ascii "->\([A-Za-z0-9_]*\) \(-\{0,1\}[0-9]*\)"$$/#define \1 \2/p' $@.s; } > $@
	$(Q)grep -q '#define' $@ || { echo 'kernel/offsets.c: error: no offsets came out of it'; rm -f $@; exit 1; }

$(O)/kernel/tessera.elf: $(KERNEL_OBJECTS) riscv.ld
	$(call say,LD,$@)
	$(Q)$(CC) $(KERNEL_LDFLAGS) -Wl,-Map,$(@:.elf=.map) $(KERNEL_OBJECTS) -lgcc -o $@

# The variant that carries a bundle: the same objects, and one more with the archive in it.
$(O)/linked/bundle.o: $(O)/userland/bundle.cpio Makefile | setup-build
	@mkdir -p $(@D)
	$(Q)printf '.section .bundle,"a",@progbits\n.balign 4096\n.incbin "%s"\n.balign 4096\n' $< > $(@:.o=.S)
	$(Q)$(CC) $(KERNEL_ARCH) -c $(@:.o=.S) -o $@

$(O)/linked/tessera.elf: $(KERNEL_OBJECTS) $(O)/linked/bundle.o riscv.ld
	$(call say,LD,$@)
	$(Q)$(CC) $(KERNEL_LDFLAGS) -Wl,-Map,$(@:.elf=.map) $(KERNEL_OBJECTS) $(O)/linked/bundle.o -lgcc -o $@

# The variant without the direct path: every system call takes the way through C. Tests run on both.
$(O)/c-path/trap.S.o: kernel/trap.S $(OFFSETS) Makefile | setup-build
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -I$(O)/kernel/include -DNO_DIRECT_PATH -MMD -MP -c $< -o $@

$(O)/c-path/tessera.elf: $(filter-out %/trap.S.o,$(KERNEL_OBJECTS)) $(O)/c-path/trap.S.o riscv.ld
	$(call say,LD,$@)
	$(Q)$(CC) $(KERNEL_LDFLAGS) $(filter %.o,$^) -lgcc -o $@

# The variant that checks itself: with the ghost of TLB and instruction cache (verify/README.md).
CHECK_OBJECTS := $(KERNEL_C:%.c=$(O)/check/%.o) $(O)/check/verify/ghost.o
$(O)/check/%.o: %.c Makefile | setup-build
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -DTESSERA_CHECK -MMD -MP -c $< -o $@

$(O)/check/tessera.elf: $(CHECK_OBJECTS) $(KERNEL_S:%=$(O)/kernel/%.o) riscv.ld
	$(call say,LD,$@)
	$(Q)$(CC) $(KERNEL_LDFLAGS) $(filter %.o,$^) -lgcc -o $@

TEST_KERNELS := $(O)/c-path/tessera.elf $(O)/check/tessera.elf
-include $(CHECK_OBJECTS:.o=.d)
-include $(O)/c-path/trap.S.d

# The appendix of SPEC.md is that of the headers.
$(O)/kernel/appendix: SPEC.md caps/abi.h kernel/abi.h tests/tools/spec_constants.py
	$(Q)$(PYTHON) tests/tools/spec_constants.py --check
	@mkdir -p $(@D) && touch $@

%/tessera.bin: %/tessera.elf
	$(Q)$(OBJCOPY) -O binary $< $@

-include $(KERNEL_OBJECTS:.o=.d) $(OFFSETS).d

# ---- User programs and bundles -----------------------------------------------------------------------

USER_CFLAGS := -march=rv64gc -mabi=lp64d -mcmodel=medany --specs=picolibc.specs -std=gnu11 -O2 -g \
	-ffunction-sections -fdata-sections -fno-common -ffile-prefix-map=$(CURDIR)=. $(WARNINGS) -I.
USER_LDFLAGS := -march=rv64gc -mabi=lp64d -mcmodel=medany --specs=picolibc.specs -nostartfiles -static \
	-Wl,--gc-sections -Wl,--build-id=none -Wl,-z,max-page-size=4096

# How programs and bundles are made: userland/programs.mk. Tests and benchmarks add their own.
BUNDLE := $(O)/userland/bundle.cpio
TEST_BUNDLES :=
BENCH_BUNDLES :=
-include userland/programs.mk
-include tests/conformance/programs.mk
-include tests/mem/programs.mk
-include tests/bench/programs.mk
-include tests/fuzz/programs.mk
-include tests/sched/programs.mk

.PHONY: userland new-server
userland: $(BUNDLE) ## Build the user programs and pack the demo bundle

new-server: ## Make a server that works, to start from; NAME=x
	@$(PYTHON) userland/tools/new_server.py '$(subst ','\'',$(value NAME))'

# ---- Running ---------------------------------------------------------------------------------------

.PHONY: all run minimal debug console qemu-command boot-files
all: kernel userland $(O)/userland/minimal.cpio $(O)/userland/examples.cpio $(O)/linked/tessera.elf $(O)/linked/tessera.bin ## Build everything that runs on a board

run: setup-run all $(BOOT_NEEDS) $(if $(SWAP),$(SWAP_DISK)) ## Boot to the shell; BOARD=virt|sifive_u, CPUS=n, SYSTEM=minimal|examples, MEM=4M, LINKED=1, BOOT=uboot, SWAP=64M
	$(Q)$(QEMU_COMMAND) $(BOOT_FILES) $(if $(SWAP),$(SWAP_FILES))

minimal: ## Boot the least one can type at, in 512 KB: the same as make run SYSTEM=minimal
	+@$(MAKE) --no-print-directory run SYSTEM=minimal

# QEMU gets a session of its own: Ctrl-C is for GDB.
debug: setup-debug all $(BOOT_NEEDS) ## The same with the board halted and GDB attached; type at it with `make console`
	@mkdir -p $(O)/$(BOARD)
	$(Q)setsid $(QEMU_COMMAND) $(BOOT_FILES) -S -s -display none -monitor none -serial chardev:console \
		-chardev socket,id=console,path=$(CONSOLE),server=on,wait=off,logfile=$(CONSOLE:.sock=.log) \
		</dev/null & qemu=$$!; trap "kill $$qemu 2>/dev/null" EXIT; \
	gdb-multiarch -q -x tests/tools/debug.gdb $(addprefix -x ,$(wildcard tests/tools/debug-$(BOARD).gdb)) \
		$(O)/$(if $(LINKED),linked,kernel)/tessera.elf

console: ## The console of a board started by `make debug`, in a second terminal
	@$(PYTHON) tests/tools/console.py $(CONSOLE)

# For the drivers in tests/: the command line without kernel and initrd.
qemu-command:
	@echo '$(QEMU_COMMAND)'

# And what `make run` adds to it.
boot-files: $(BOOT_NEEDS)
	@echo '$(BOOT_FILES)'

# ---- Cards: for U-Boot in QEMU, and for the HiFive Unleashed -----------------------------------------

CARD_FILES = tessera.bin=$(O)/kernel/tessera.bin bundle.cpio=$(BUNDLE) \
	extlinux/extlinux.conf=platform/card/extlinux.conf
CARD_SOURCES = $(O)/kernel/tessera.bin $(BUNDLE) platform/card/extlinux.conf platform/card/mkcard.py
HIFIVE = $(O)/hifive

.PHONY: sdcard hifive
sdcard: $(CARD) ## Make the image of a card for U-Boot in QEMU, as BOOT=uboot uses it
	@echo 'made $(CARD)'

hifive: $(HIFIVE)/card.img ## Make the card of a HiFive Unleashed, and say what to do with it
	@cat $(HIFIVE)/README.txt

$(CARD): $(CARD_SOURCES) | setup-card
	$(call say,CARD,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) platform/card/mkcard.py mbr $@ $(CARD_FILES)

$(HIFIVE)/card.img: $(CARD_SOURCES) platform/card/hifive.txt | setup-card
	$(call say,CARD,$@)
	@mkdir -p $(@D)/extlinux
	$(Q)cp $(O)/kernel/tessera.bin $(@D)/
	$(Q)cp $(BUNDLE) $(@D)/bundle.cpio
	$(Q)cp platform/card/extlinux.conf $(@D)/extlinux/
	$(Q)cp platform/card/hifive.txt $(@D)/README.txt
	$(Q)$(PYTHON) platform/card/mkcard.py hifive $@ $(CARD_FILES)

$(UBOOT_TREE): platform/card/uboot_tree.sh $(BUNDLE) Makefile | setup-uboot
	@mkdir -p $(@D)
	$(Q)platform/card/uboot_tree.sh $@ $(BOARD) $(BUNDLE) $(QEMU_COMMAND)

# ---- Tests -----------------------------------------------------------------------------------------

# A unit test is tests/unit/test_NAME.c; its first line, /* sources: a.c b.c */, names what it links, also with *.
UNIT_NAMES := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_PROGRAMS := $(UNIT_NAMES:%=$(O)/unit/%)
UNIT_CFLAGS := -std=gnu11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	--coverage -fno-strict-aliasing -fno-common $(WARNINGS) -DCAPS_WINDOW=$(HOST_CAPS_WINDOW) -DTESSERA_CHECK -I.
unit_sources = $(wildcard $(shell sed -n '1s:^/\* sources\: *\(.*\) \*/$$:\1:p' tests/unit/$(1).c))

define UNIT_RULE
$(O)/unit/$(1): $(patsubst %.c,$(O)/unit/obj/%.o,tests/unit/$(1).c $(call unit_sources,$(1)))
	$$(call say,HOSTLD,$$@)
	$$(Q)$(HOST_CC) $(UNIT_CFLAGS) $$^ -o $$@
-include $(patsubst %.c,$(O)/unit/obj/%.d,tests/unit/$(1).c $(call unit_sources,$(1)))
endef
$(foreach name,$(UNIT_NAMES),$(eval $(call UNIT_RULE,$(name))))

$(O)/unit/obj/%.o: %.c Makefile | setup-test
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) $(UNIT_CFLAGS) -MMD -MP -c $< -o $@

.PHONY: unit-programs test-programs test unit coverage-unit lint format fences soak echo bench footprint ci doctor clean help
unit-programs: $(UNIT_PROGRAMS)

# The cards only where they can be made: without, tests/system/test_bootpaths.py says what is missing.
test-programs: unit-programs all $(TEST_KERNELS) $(TEST_BUNDLES) \
	$(if $(wildcard /usr/bin/mformat),$(CARD) $(HIFIVE)/card.img)

# Programs of an earlier state must not stand in for ones that no longer build: they go first. What does
# not build fails its suite, and the others still run.
COVERAGE = $(PYTHON) tests/tools/coverage.py $(O) caps
RUN_SUITES = $(PYTHON) tests/tools/run_suites.py --output $(O) $(if $(V),--verbose)
define run_suites
	@rm -f $(UNIT_PROGRAMS)
	@find $(O)/unit -name '*.gcda' -delete 2>/dev/null || true
	+@$(MAKE) --no-print-directory -k $(1) || echo '# something did not build; its suites fail below'
	@$(RUN_SUITES) $(2)
endef

test: setup-test ## Run every suite; SUITES="unit/* boot" chooses some, V=1 shows their output
	$(call run_suites,test-programs,--after '$(COVERAGE)' $(if $(SUITES),'$(SUITES)'))

unit: setup-test ## Run the host unit tests alone, and print the line coverage of caps/
	$(call run_suites,unit-programs,--after '$(COVERAGE)' 'unit/*')

coverage-unit: unit ## Lines of caps/ that no host unit test reaches
	@$(COVERAGE) --list

lint: setup-test ## Check include arrows, layout, function and file length, cppcheck
	@$(PYTHON) tests/tools/lint.py

format: setup-test ## Apply .clang-format to every C file
	$(Q)git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

fences: setup-run ## Leave out each fence of the kernel, and see whether the ghost does, on QEMU
	@$(PYTHON) tests/tools/fences.py --kernel

soak: setup-run kernel $(O)/userland/kills.cpio ## Kill uart and console under load, 1000 times; BOARD=b, ROUNDS=n
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/system/test_kills.py $(BOARD) --rounds $(or $(ROUNDS),1000)

echo: setup-run all ## Instructions from keystroke to echo, idle and beside misbehaviour; BOARD=b
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/system/test_gallery.py $(BOARD) --echo

bench: setup-run kernel $(BENCH_BUNDLES) ## Print instructions per operation beside the anchor's figures
	@$(PYTHON) tests/bench/bench.py --output $(O) $(BENCH_ARGS)

footprint: setup-run all ## Print where each byte of RAM is; BOARD=b, SYSTEM=demo, MEM=4M (default: minimal, 512K)
	@TESSERA_OUTPUT=$(abspath $(O)) $(PYTHON) tests/system/test_footprint.py --show $(BOARD) \
		$(if $(filter command line,$(origin SYSTEM)),$(SYSTEM) $(or $(MEM),4M),minimal $(or $(MEM),512K))

doctor: ## List the tools and what is missing; installs nothing
	@tests/tools/setup.sh doctor

clean: ## Remove the build output
	rm -rf $(O)

help: ## This list
	@echo 'Tessera: a capability microkernel for RISC-V. Targets:'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name what; do printf '%-14s %s\n' "$$name" "$$what"; done
	@echo 'Variables: BOARD=virt|sifive_u  CPUS=n  SYSTEM=demo|minimal|examples  MEM=size  LINKED=1  BOOT=uboot  O=directory  V=1'
