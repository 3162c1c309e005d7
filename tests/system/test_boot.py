#!/usr/bin/env python3
"""Boot test: every way in which the kernel is to come up, to the shell and down again.

Several harts, without deterministic counting: wherever firmware enters the kernel, and on each hart in
turn. Machines without the timer extension, without hypervisor, of another model, with more memory. A
bundle inside the kernel instead of an initrd, the flat image instead of the ELF.
"""

from boot_hart import BANNER, ChosenHart
from qemu import Machine, PROMPT, Tap, Trouble, end_on_signals, output

CHANCE_BOOTS = 3


def boot(board, hart=None, **options):
    """Boots to the shell, asks it one thing, and exits. Returns the boot hart, which `hart` chooses."""
    chosen = None if hart is None else ChosenHart(hart, split=board == "sifive_u")
    if chosen:
        options["extra"] = chosen.arguments
    with Machine(board, limit=60, **options) as machine:
        if chosen:
            chosen.start(machine)
        machine.expect(PROMPT)
        answer = machine.ask("echo alive")
        if answer != "alive\n":
            raise Trouble("the shell answered %r" % answer)
        machine.send("exit\r")
        machine.wait_end()
        if machine.status != 0:
            raise Trouble("QEMU ended with status %d" % machine.status)
        if "tessera: panic: " in machine.text:
            raise Trouble("the kernel panicked:\n" + machine.tail())
        return int(BANNER.search(machine.text)[1])


def check_harts(tap, board, cpus, harts):
    """Boots where chance will have it, and on each of these harts."""
    for hart in [None] * CHANCE_BOOTS + list(harts):
        name = "%s with %d harts, booted %s" % (
            board, cpus, "where firmware will have it" if hart is None else "on hart %d" % hart)
        try:
            entered = boot(board, hart, cpus=cpus, icount=())
        except (Trouble, OSError) as trouble:
            tap.check(name, False, trouble)
            continue
        tap.check(name, hart in (None, entered), "it was entered on hart %d" % entered)
        tap.note("boot hart: %d" % entered)


def check_precedence(tap):
    """An initrd goes before the bundle inside the kernel: one that is no bundle stops the boot."""
    name = "an initrd goes before the bundle inside the kernel"
    try:
        with Machine("virt", kernel=output("linked", "tessera.elf"), initrd=__file__, limit=60) as machine:
            machine.wait_end()
            tap.check(name, "tessera: panic: bundle: " in machine.text, machine.tail())
    except Trouble as trouble:
        tap.check(name, False, trouble)


VARIANTS = (
    ("virt without Sstc", "virt", dict(extra=["-cpu", "rv64,sstc=off"])),
    ("virt without hypervisor extension", "virt", dict(extra=["-cpu", "rv64,h=off"])),
    ("virt with U54 harts", "virt", dict(extra=["-cpu", "sifive-u54"])),
    ("virt with Sv48", "virt", dict(extra=["-append", "paging=sv48"])),
    ("virt, the kernel with the ghost", "virt", dict(kernel=output("check", "tessera.elf"))),
    ("virt, the same with Sv48 and three ASIDs", "virt",
     dict(kernel=output("check", "tessera.elf"), extra=["-append", "paging=sv48 asidbits=2"])),
    ("virt with 1 GB of memory", "virt", dict(extra=["-m", "1G"])),
    ("virt, bundle inside the kernel", "virt", dict(linked=True)),
    ("virt, flat image and initrd", "virt", dict(kernel=output("kernel", "tessera.bin"))),
    ("virt, flat image with the bundle inside", "virt",
     dict(linked=True, kernel=output("linked", "tessera.bin"))),
    ("sifive_u, bundle inside the kernel", "sifive_u", dict(linked=True)),
)


def main():
    end_on_signals()
    tap = Tap()
    for name, board, options in VARIANTS:
        try:
            boot(board, **options)
            tap.check(name, True)
        except Trouble as trouble:
            tap.check(name, False, trouble)
    check_precedence(tap)
    check_harts(tap, "virt", 4, range(0, 4))
    check_harts(tap, "sifive_u", 5, range(1, 5))
    tap.finish()


if __name__ == "__main__":
    main()
