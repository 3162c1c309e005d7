#!/usr/bin/env python3
"""Damaged device trees, bundles and programs: each stops the boot with one clear line (BI-1 to BI-9).

Firmware cannot be trusted with a damaged tree: it reads the tree itself. So what it starts here is a
program of three instructions, which goes on to the kernel with another tree. Kernel, tree and bundle are
put into memory by QEMU; that the kernel lies elsewhere than usual is part of the test.
"""

import os
import re
import struct
import tempfile

from qemu import Machine, PROMPT, Tap, Trouble, command_line, end_on_signals, output
from tree import Tree, cells

ENTRY = 0x80200000   # where firmware jumps to
KERNEL = 0x80600000
TREE = 0x83000000
BUNDLE = 0x84000000
LINE = re.compile(r"^tessera: panic: (.*) at (?:0x[0-9a-f]{16}|entry) \((BI-[0-9])\)$", re.MULTILINE)


def jump(kernel, tree):
    """auipc a1, tree; auipc t0, kernel; jr t0: a0 stays the hart. Offsets are whole pages."""
    pages = [(tree - ENTRY) >> 12, (kernel - (kernel & 0xfff) - ENTRY) >> 12]
    return struct.pack("<3I", pages[0] << 12 | 0x597, pages[1] << 12 | 0x297,
                       ((kernel - 4) & 0xfff) << 20 | 0x28067)


class Board:
    """A board, and its tree as firmware would pass it on."""

    def __init__(self, name):
        self.name = name
        self.command = command_line(name)

    def tree(self):
        tree = Tree.of_board(self.command)
        reserved = tree["/reserved-memory"]
        reserved["#address-cells"] = reserved["#size-cells"] = cells(2)
        reserved["ranges"] = b""
        reserved.child("mmode_resv0@80000000")["reg"] = cells(0, 0x80000000, 0, 0x80000)
        tree["/chosen"]["bootargs"] = b"\0"
        return tree

    def boot(self, folder, blob, bundle, kernel=KERNEL, tree_at=TREE, bundle_at=BUNDLE):
        """The machine, with everything in its place."""
        def put(name, data, address):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(data)
            return ["-device", "loader,file=%s,addr=0x%x,force-raw=on" % (path, address)]

        extra = put("tree", blob, tree_at) + put("bundle", bundle, bundle_at)
        with open(output("kernel", "tessera.bin"), "rb") as file:
            extra += put("kernel", file.read(), kernel)
        path = os.path.join(folder, "jump")
        with open(path, "wb") as file:
            file.write(jump(kernel, tree_at))
        return Machine(self.name, kernel=path, linked=True, extra=extra, limit=40)


def set_initrd(tree, start, length):
    tree["/chosen"]["linux,initrd-start"] = cells(start)
    tree["/chosen"]["linux,initrd-end"] = cells(start + length)


def check_stops(tap, name, wanted, machine, powers_off=True):
    """The machine says one line, the wanted one, and powers off."""
    try:
        with machine:
            machine.expect(LINE)
            if powers_off:
                machine.wait_end()
            lines = [line for line in machine.text.split("\n") if line.startswith("tessera:")]
            what, clause = LINE.search(machine.text).groups()
            good = len(lines) == 1 and wanted in what
            tap.check("%s: %s" % (clause, name), good, "wanted one line with %r, got:\n%s" % (
                wanted, "\n".join(lines)))
    except Trouble as trouble:
        tap.check(name, False, trouble)


def check_boots(tap, name, machine, memory=None):
    """The machine comes up to the shell, and uses so many bytes of RAM or has them free."""
    try:
        with machine:
            machine.expect(PROMPT, LINE)
            tap.check(name, not LINE.search(machine.text) and (memory is None or re.search(
                r"^RAM, or mem= +%d$" % memory, machine.ask("footprint"), re.MULTILINE)), machine.tail())
    except Trouble as trouble:
        tap.check(name, False, trouble)


# ---- device trees -------------------------------------------------------------------------------------

def without(path, name=None):
    """Leaves out a property, or a node."""
    def change(tree):
        if name is None:
            parent, child = path.rsplit("/", 1)
            tree[parent].remove(child)
        else:
            del tree[path][name]
    return change


def with_value(path, name, value):
    def change(tree):
        tree[path][name] = value
    return change


TREES = (
    ("no memory", "no memory", without("/memory@80000000")),
    ("memory without the kernel", "kernel is not in memory",
     with_value("/memory@80000000", "reg", cells(0, 0x80000000, 0, 0x400000, 0, 0x82000000, 0, 0x6000000))),
    ("memory twice", "memory regions overlap",
     with_value("/memory@80000000", "reg", cells(0, 0x80000000, 0, 0x8000000, 0, 0x87000000, 0, 0x1000000))),
    ("memory that wraps", "beyond the physical address space",
     with_value("/memory@80000000", "reg", cells(0, 0x80000000, 0xffffffff, 0xffffffff))),
    ("reg of a wrong length", "reg property of a wrong length",
     with_value("/memory@80000000", "reg", cells(0, 0x80000000, 0))),
    ("three address cells", "of the root", with_value("/", "#address-cells", cells(3))),
    ("no harts", "no /cpus", without("/cpus")),
    ("no hart with an MMU", "no hart with an MMU", without("/cpus/cpu@0", "mmu-type")),
    ("another hart than the one that boots", "the hart that booted",
     with_value("/cpus/cpu@0", "reg", cells(7))),
    ("no timebase", "no timebase-frequency", without("/cpus", "timebase-frequency")),
    ("no PLIC", "no PLIC", without("/soc/plic@c000000")),
    ("no interrupts", "1 to 1023", without("/soc/plic@c000000", "riscv,ndev")),
    ("no PLIC contexts", "interrupts-extended", without("/soc/plic@c000000", "interrupts-extended")),
    ("no PLIC context of this hart", "has no PLIC context",
     with_value("/soc/plic@c000000", "interrupts-extended", cells(99, 11, 99, 9))),
    ("short PLIC", "too short", with_value("/soc/plic@c000000", "reg", cells(0, 0xc000000, 0, 0x200000))),
    ("mem= without a size", "mem= wants a size", with_value("/chosen", "bootargs", b"mem=many\0")),
    ("mem= less than the kernel and the initrd", "mem= leaves nothing",
     with_value("/chosen", "bootargs", b"mem=256K\0")),
    ("asidbits= too large", "asidbits= wants", with_value("/chosen", "bootargs", b"asidbits=17\0")),
    ("paging= unknown", "paging= wants", with_value("/chosen", "bootargs", b"paging=sv57\0")),
    ("endless boot arguments", "boot arguments without end", with_value("/chosen", "bootargs", b"x" * 500)),
    ("initrd without an end", "start or end", without("/chosen", "linux,initrd-end")),
    ("initrd backwards", "ends before it starts",
     with_value("/chosen", "linux,initrd-end", cells(0x1000))),
    ("initrd outside memory", "not in memory",
     with_value("/chosen", "linux,initrd-end", cells(0xf0000000))),
    ("initrd over the firmware", "overlaps reserved memory",
     with_value("/chosen", "linux,initrd-start", cells(0x80001000))),
    ("initrd over the kernel", "initrd overlaps the kernel",
     with_value("/chosen", "linux,initrd-start", cells(KERNEL + 0x1000))),
    ("initrd over the tree", "initrd overlaps the device tree",
     with_value("/chosen", "linux,initrd-start", cells(TREE))),
)


def damage_blob(blob):
    """(name, wanted, blob) for trees whose very form is wrong."""
    def word(at, value):
        return blob[:at] + cells(value) + blob[at + 4:]

    structure, strings = struct.unpack_from(">2I", blob, 8)
    return (
        ("nothing there", "wrong magic number", b"\0" * 64),
        ("an older version", "not of version 17", word(20, 3)),
        ("a huge tree", "larger than 2 MB", word(4, 1 << 30)),
        ("structure block outside", "structure block outside", word(8, 0x7ffffff0)),
        ("strings block outside", "strings block outside", word(12, 0xfffffffc)),
        ("endless reservations", "reservation block has no end", word(16, len(blob) & ~7)),
        ("cut off in the middle", "device tree: ", blob[:structure + (strings - structure) // 2]),
        ("unknown token", "unknown token", word(structure, 77)),
        ("no end", "node without end", word(structure + 8, 9)),
        ("endless property", "longer than the structure block", word(structure + 12, 0xffffff00)),
        ("nodes without end", "nested too deeply",
         blob[:structure] + cells(1, 0) * ((strings - structure) // 8) + blob[strings - 4:]),
    )


def check_trees(tap, board, folder, bundle):
    for name, wanted, change in TREES:
        tree = board.tree()
        set_initrd(tree, BUNDLE, len(bundle))
        change(tree)
        check_stops(tap, name, wanted, board.boot(folder, tree.blob(), bundle))
    tree = board.tree()
    set_initrd(tree, BUNDLE, len(bundle))
    for name, wanted, blob in damage_blob(tree.blob()):
        check_stops(tap, name, wanted, board.boot(folder, blob, bundle))


def check_limits(tap, board, folder, bundle):
    """mem= just above what the kernel and the bundle take; and where nothing but the bundle lies beyond."""
    with open(output("kernel", "tessera.bin"), "rb") as file:
        image = struct.unpack_from("<Q", file.read(24), 16)[0]
    pages = image + -(-len(bundle) // 4096) * 4096
    tree = board.tree()
    set_initrd(tree, BUNDLE, len(bundle))
    tree["/chosen"]["bootargs"] = b"mem=%d\0" % (pages + 4096)
    check_stops(tap, "too little memory", "not enough memory", board.boot(folder, tree.blob(), bundle))
    tree["/chosen"]["bootargs"] = b"mem=2M\0"
    check_boots(tap, "BI-9: initrd and tree beyond mem=", board.boot(folder, tree.blob(), bundle), 2 << 20)
    tree["/chosen"]["bootargs"] = b"mem=120M\0"
    check_boots(tap, "BI-9: less than mem= behind the kernel, the rest in front of it",
                board.boot(folder, tree.blob(), bundle, kernel=0x87c00000), 120 << 20)


def check_places(tap, board, folder, bundle):
    """Good trees and good bundles in unusual places."""
    tree = board.tree()
    set_initrd(tree, BUNDLE, len(bundle))
    blob = tree.blob()
    check_stops(tap, "kernel off its 2 MB", "not loaded at a multiple of 2 MB",
                board.boot(folder, blob, bundle, kernel=KERNEL + 0x1000))
    check_boots(tap, "BI-1: kernel at 0x80600000", board.boot(folder, blob, bundle))
    check_boots(tap, "BI-1: kernel at 0x86a00000", board.boot(folder, blob, bundle, kernel=0x86a00000))

    tree = board.tree()
    set_initrd(tree, BUNDLE + 0x124, len(bundle))
    check_boots(tap, "BI-3: initrd that does not begin with a page",
                board.boot(folder, tree.blob(), bundle, bundle_at=BUNDLE + 0x124))

    tree = board.tree()
    tree["/chosen"]["linux,initrd-start"] = cells(0, BUNDLE)
    tree["/chosen"]["linux,initrd-end"] = cells(0, BUNDLE + len(bundle))
    tree.reservations = [(BUNDLE, len(bundle)), (TREE, 0x4000)]
    check_boots(tap, "BI-2: initrd in two cells, it and the tree reserved, as U-Boot does",
                board.boot(folder, tree.blob(), bundle))


def check_paging(tap, board, folder, bundle):
    """paging=sv48 on a hart that, as its tree says, has Sv39 only: a line, and the shell."""
    tree = board.tree()
    set_initrd(tree, BUNDLE, len(bundle))
    tree["/chosen"]["bootargs"] = b"paging=sv48\0"
    tree["/cpus/cpu@0"]["mmu-type"] = b"riscv,sv39\0"
    machine = board.boot(folder, tree.blob(), bundle)
    check_boots(tap, "VM-19: a hart without Sv48 comes up with Sv39", machine)
    line = "tessera: paging=sv48: this hart has no Sv48; Sv39 is used\n"
    tap.check("VM-19: and says so", machine.text.count(line) == 1, machine.tail())


# ---- bundles and programs -----------------------------------------------------------------------------

def cpio(*members):
    out = b""
    for name, content in members + (("TRAILER!!!", b""),):
        name = name.encode() + b"\0"
        numbers = [1, 0o100755, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
        out += b"070701" + b"".join(b"%08x" % number for number in numbers) + name
        out += b"\0" * (-len(out) % 4) + content
        out += b"\0" * (-len(out) % 4)
    return out


def elf(segments, entry=0x100000, kind=2, machine=243):
    """segments: (flags, address, file offset, bytes in the file, bytes in memory)"""
    out = b"\177ELF\2\1\1" + b"\0" * 9
    out += struct.pack("<2HI3QI6H", kind, machine, 1, entry, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    for flags, address, offset, in_file, in_memory in segments:
        out += struct.pack("<2I6Q", 1, flags, offset, address, address, in_file, in_memory, 4096)
    return out + b"\x01\xa0" * 64  # j .


TEXT = (5, 0x100000, 0, 64, 64)


def bundles(good):
    root = cpio(("root", elf([TEXT])))
    return (
        ("text instead of an archive", "not a cpio archive", b"hello, world\n" * 100),
        ("empty archive", "no member named root", cpio()),
        ("no root in it", "no member named root", cpio(("rooot", b"x"))),
        ("two roots", "two members of one name", cpio(("root", b"x"), ("root", b"y"))),
        ("archive cut short", "bundle: ", good[:len(good) // 2]),
        ("archive without a trailer", "bundle: ", root[:-124]),
        ("header that is not hexadecimal", "hexadecimal", root[:54] + b"zzzzzzzz" + root[62:]),
        ("member longer than the archive", "longer than the archive", root[:54] + b"ffffffff" + root[62:]),
        ("empty root", "shorter than an ELF header", cpio(("root", b""))),
        ("script as root", "not an ELF file", cpio(("root", b"#!/bin/sh\n" * 20))),
        ("root of another machine", "not for 64-bit RISC-V", cpio(("root", elf([TEXT], machine=62)))),
        ("position-independent root", "statically linked", cpio(("root", elf([TEXT], kind=3)))),
        ("segment both W and X", "writable and executable",
         cpio(("root", elf([(7, 0x100000, 0, 64, 64)])))),
        ("segments on one page", "share a page",
         cpio(("root", elf([TEXT, (6, 0x100800, 0, 64, 64)])))),
        ("segment in the kernel's half", "outside the user addresses",
         cpio(("root", elf([TEXT, (6, 0xffffffff80000000, 0, 64, 64)])))),
        ("segment at page 0", "at page 0", cpio(("root", elf([TEXT, (6, 0x800, 0, 64, 64)])))),
        ("segment outside the file", "content outside",
         cpio(("root", elf([TEXT, (6, 0x200000, 1 << 20, 64, 64)])))),
        ("entry in the data", "entry outside",
         cpio(("root", elf([TEXT, (6, 0x200000, 0, 64, 64)], entry=0x200000)))),
        ("nothing to load", "nothing to load", cpio(("root", elf([])))),
        ("more memory than there is", "not enough memory",
         cpio(("root", elf([TEXT, (6, 0x200000, 0, 64, 256 << 20)])))),
        ("no room behind it", "no room for the boot information",
         cpio(("root", elf([TEXT, (6, (1 << 38) - 4096, 0, 64, 4096)])))),
    )


def check_bundles(tap, board, folder, good):
    for name, wanted, data in bundles(good):
        path = os.path.join(folder, "initrd")
        with open(path, "wb") as file:
            file.write(data)
        check_stops(tap, name, wanted, Machine(board.name, initrd=path, limit=40))
    check_stops(tap, "no bundle at all", "neither an initrd nor",
                Machine(board.name, kernel=output("kernel", "tessera.elf"), linked=True, limit=40))


def main():
    end_on_signals()
    tap = Tap()
    try:
        with open(output("userland", "bundle.cpio"), "rb") as file:
            good = file.read()
    except OSError as error:
        tap.check("the demo bundle", False, error)
        tap.finish()
    with tempfile.TemporaryDirectory() as folder:
        virt = Board("virt")
        check_trees(tap, virt, folder, good)
        check_limits(tap, virt, folder, good)
        check_places(tap, virt, folder, good)
        check_paging(tap, virt, folder, good)
        check_bundles(tap, virt, folder, good)
        # sifive_u has no power switch that works without its tree; the line is what counts.
        sifive = Board("sifive_u")
        tree = sifive.tree()
        without("/soc/interrupt-controller@c000000")(tree)
        check_stops(tap, "sifive_u without a PLIC", "no PLIC", sifive.boot(folder, tree.blob(), good),
                    powers_off=False)
    tap.finish()


if __name__ == "__main__":
    main()
