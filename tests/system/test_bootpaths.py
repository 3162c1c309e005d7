#!/usr/bin/env python3
"""Boot path test: U-Boot in front of the kernel, and machines with next to no memory.

U-Boot reads the cards of `make sdcard` and `make hifive`: with the device tree of `make run BOOT=uboot`
in 128 MB, and as it comes in the 256 MB that its default environment wants. On the model of the HiFive
Unleashed it starts the kernel from memory. The commands that the README on that card says to type are
typed. And that model with a device tree that says what the tree of the real board says. The card of the HiFive
is looked at byte by byte, and its README's steps that a host can do are done. Machines without Sstc and of other
models without U-Boot: test_boot.py.
"""

import os
import re
import shlex
import shutil
import struct
import subprocess
import tempfile
import uuid
import zlib

from boot_hart import BANNER, ChosenHart
from qemu import Machine, PROMPT, ROOT, OUTPUT, Tap, Trouble, command_line, end_on_signals, output

LIMIT = 40  # seconds, for each machine; it takes 2 to 6
UBOOT = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin"
UBOOT_PROMPT = "=> "
STARTS = "\nStarting kernel ...\n"
HELLO = re.compile(r"^tessera: boot hart (\d+) of (\d+), (\d+) MB for root\n", re.MULTILINE)
NEEDED = ((UBOOT, "u-boot-qemu"), ("mformat", "mtools"), ("fdtput", "device-tree-compiler"))


def missing():
    """What must be installed for U-Boot and is not; empty: nothing."""
    return ", ".join(package for what, package in NEEDED
                     if not (os.path.exists(what) if what[0] == "/" else shutil.which(what)))


def make_run(board, cpus):
    """Machine's options for what `make run BOOT=uboot` runs."""
    words = ["make", "-s", "--no-print-directory", "-C", ROOT, "boot-files", "BOOT=uboot", "BOARD=" + board,
             "CPUS=%d" % cpus, "O=" + OUTPUT]
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BOARD", "CPUS")}
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise Trouble("make boot-files: " + done.stderr)
    files = shlex.split(done.stdout.splitlines()[-1])
    if files[0] != "-kernel":
        raise Trouble("make boot-files printed %r" % done.stdout)
    return dict(kernel=files[1], linked=True, cpus=cpus, extra=files[2:])


def as_it_comes(card, cpus, *extra):
    """Machine's options for U-Boot with its own device tree and environment."""
    if not os.path.exists(card):
        raise Trouble("%s was not built" % card)
    drive = ["-drive", "file=%s,format=raw,if=none,id=card,readonly=on" % card,
             "-device", "virtio-blk-device,drive=card"]
    return dict(kernel=UBOOT, linked=True, cpus=cpus, extra=["-m", "256M"] + drive + list(extra))


def commands():
    """The commands that the README on the card says to type, for the disk of this machine."""
    with open(os.path.join(ROOT, "platform", "card", "hifive.txt"), encoding="utf-8") as file:
        found = re.findall(r"^    ((?:load|booti) .*)$", file.read(), re.MULTILINE)
    if len(found) != 3:
        raise Trouble("hifive.txt: %d commands to type, not 3" % len(found))
    return ["virtio scan"] + [line.replace("load mmc 0:3", "load virtio 0:3") for line in found]


def board_tree(path, megabytes):
    """Writes the model's tree, changed to what the trees of the real board say where they differ from it."""
    subprocess.run(command_line("sifive_u", 5) + ["-m", "%dM" % megabytes, "-machine", "dumpdtb=" + path],
                   check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def put(kind, node, name, *values):
        subprocess.run(["fdtput", "-t", kind, path, node, name] + list(values), check=True)
    put("s", "/chosen", "stdout-path", "serial0:115200n8")
    put("s", "/cpus/cpu@0", "status", "disabled")
    for hart in range(1, 5):
        put("s", "/cpus/cpu@%d" % hart, "mmu-type", "riscv,sv39")
    for serial in ("/soc/serial@10010000", "/soc/serial@10011000"):
        put("s", serial, "compatible", "sifive,fu540-c000-uart", "sifive,uart0")
        put("s", serial, "status", "okay")
    plic = "/soc/interrupt-controller@c000000"
    put("s", plic, "compatible", "sifive,fu540-c000-plic", "sifive,plic-1.0.0")
    wires = subprocess.run(["fdtget", "-t", "u", path, plic, "interrupts-extended"], check=True,
                           capture_output=True, text=True).stdout.split()
    # What goes to M-mode is nobody's.
    wires[1::2] = [cause if cause == "9" else "0xffffffff" for cause in wires[1::2]]
    put("u", plic, "interrupts-extended", *wires)


def boot_as_board(megabytes):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "board.dtb")
        board_tree(path, megabytes)
        boot("sifive_u", megabytes, dict(cpus=5, extra=["-m", "%dM" % megabytes, "-dtb", path]), uboot=False)


def type_commands(machine):
    machine.expect("Hit any key to stop autoboot")
    machine.send(" ")
    for line in commands():
        machine.expect("\n" + UBOOT_PROMPT)
        machine.send(line + "\r")


def boot(board, megabytes, options, uboot=True, hart=None, typed=None):
    """Boots to the shell, asks it one thing, and exits."""
    chosen = None if hart is None else ChosenHart(hart, split=False)
    if chosen:
        options = dict(options, extra=options["extra"] + chosen.arguments)
    with Machine(board, limit=LIMIT, icount=(), **options) as machine:
        if chosen:
            chosen.start(machine)
        if typed:
            typed(machine)
        if uboot:
            machine.expect(STARTS)
        machine.expect(PROMPT)
        if machine.ask("echo alive") != "alive\n":
            raise Trouble("the shell did not answer:\n" + machine.tail())
        machine.send("exit\r")
        machine.wait_end()
        judge(machine, megabytes, {"sifive_u": 4}.get(board, options.get("cpus", 1)), hart)


def judge(machine, megabytes, harts, hart):
    """The machine has ended: as it should, and with the harts and the memory that it has?"""
    if machine.status != 0:
        raise Trouble("QEMU ended with status %d" % machine.status)
    hellos = HELLO.findall(machine.text)
    if len(hellos) != 1 or "tessera: panic: " in machine.text:
        raise Trouble("the kernel came up %d times, or panicked:\n%s" % (len(hellos), machine.tail()))
    entered, of, memory = (int(number) for number in hellos[0])
    if entered != int(BANNER.search(machine.text)[1]) or hart not in (None, entered):
        raise Trouble("booted on hart %d" % entered)
    # Firmware, kernel, root and the bundle take less than 2 MB.
    if of != harts or not megabytes - 2 <= memory < megabytes:
        raise Trouble("the kernel found %d harts and %d MB for root" % (of, memory))


# ---- The card of the HiFive ------------------------------------------------------------------------------------

SECTOR, ENTRY = 512, "<16s16sQQQ72s"


def told_partitions():
    """[(first sector, last sector, type)] by the README on the card."""
    with open(os.path.join(ROOT, "platform", "card", "hifive.txt"), encoding="utf-8") as file:
        text = file.read()
    return text, [(int(first), int(last), uuid.UUID(kind)) for first, last, kind in
                  re.findall(r"^ +\d +(\d+)\.\.(\d+) +([0-9A-F-]{36}) ", text, re.MULTILINE)]


def read_table(data, sector):
    """[(first, last, type, attributes)] of the GPT whose header is in this sector."""
    header = data[sector * SECTOR:sector * SECTOR + 92]
    magic, revision, size, checksum, _, here, other, _, _, _, table, count, bytes_each, entries_sum = struct.unpack(
        "<8sIIIIQQQQ16sQIII", header)
    entries = data[table * SECTOR:table * SECTOR + count * bytes_each]
    if (magic, revision, size, here) != (b"EFI PART", 0x10000, 92, sector) or zlib.crc32(entries) != entries_sum or \
            zlib.crc32(header[:16] + bytes(4) + header[20:]) != checksum:
        raise Trouble("the GPT header in sector %d is damaged" % sector)
    found = [struct.unpack_from(ENTRY, entries, at) for at in range(0, len(entries), bytes_each)]
    return other, [(first, last, uuid.UUID(bytes_le=kind), attributes)
                   for kind, _, first, last, attributes, _ in found if any(kind)]


def check_table(data):
    partitions = told_partitions()[1]
    last = len(data) // SECTOR - 1
    for sector, other in ((1, last), (last, 1)):
        points, found = read_table(data, sector)
        if points != other or [entry[:3] for entry in found] != partitions or len(partitions) != 3:
            raise Trouble("sector %d: %s, and the README says %s" % (sector, found, partitions))
        if [entry[3] for entry in found] != [0, 0, 4]:
            raise Trouble("not the third partition alone is marked bootable")
    protective = struct.unpack_from("<B3sB3sII", data, 446)
    if protective[2] != 0xee or protective[4:] != (1, last) or data[510:512] != b"\x55\xaa":
        raise Trouble("the protective MBR is %s" % (protective,))


def check_card():
    """What is on the card; then the firmware is put into the image as step 2 says, and the files are still there."""
    text, partitions = told_partitions()
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        commands_of = [" ".join(words.split()) for words in re.findall(r"`(dd if=u-boot[^`]*)`", file.read())]
    steps = [" ".join(words.split()) for words in re.findall(r"^ +(dd if=u-boot.*)$", text, re.MULTILINE)]
    if commands_of != steps or len(steps) != 2:
        raise Trouble("README.md says %s, and that on the card %s" % (commands_of, steps))
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(output("hifive"), folder, dirs_exist_ok=True)
        card = os.path.join(folder, "card.img")
        firmware = {}
        for name, (first, last, _) in zip(("u-boot-spl.bin", "u-boot.itb"), partitions):
            firmware[name] = os.urandom((last + 1 - first) * SECTOR)  # as much as there is room for
            with open(os.path.join(folder, name), "wb") as file:
                file.write(firmware[name])
        for step in steps:
            subprocess.run(shlex.split(step), cwd=folder, check=True, capture_output=True)
        with open(card, "rb") as file:
            data = file.read()
        check_table(data)
        for (first, last, _), content in zip(partitions, firmware.values()):
            if data[first * SECTOR:(last + 1) * SECTOR] != content:
                raise Trouble("what was written is not in the sectors %d to %d" % (first, last))
        for name in ("tessera.bin", "bundle.cpio", "extlinux/extlinux.conf"):
            read = subprocess.run(["mtype", "-i", "%s@@%d" % (card, partitions[2][0] * SECTOR), "::/" + name],
                                  check=True, capture_output=True).stdout
            with open(os.path.join(folder, name), "rb") as file:
                if read != file.read() or not read:
                    raise Trouble("%s on the card is not the one beside it" % name)
        if sorted(os.listdir(folder)) != ["README.txt", "bundle.cpio", "card.img", "extlinux", "tessera.bin",
                                          "u-boot-spl.bin", "u-boot.itb"]:
            raise Trouble("make hifive left %s" % os.listdir(folder))


# Name, board, megabytes, options of boot(), function that makes options of Machine, its arguments.
SMALL = (
    ("virt with 6 MB, initrd", dict(cpus=1, extra=["-m", "6M"])),
    ("virt with 6 MB, bundle inside the kernel", dict(cpus=1, linked=True, extra=["-m", "6M"])),
)
WITH_UBOOT = (
    ("make run BOOT=uboot: card with MBR, 128 MB", "virt", 128, {}, make_run, ("virt", 1)),
    ("make run BOOT=uboot CPUS=4", "virt", 128, {}, make_run, ("virt", 4)),
    ("make run BOOT=uboot BOARD=sifive_u", "sifive_u", 128, {}, make_run, ("sifive_u", 5)),
    ("U-Boot as it comes, four harts, booted on hart 2", "virt", 256, dict(hart=2), as_it_comes,
     ("card/card.img", 4)),
    ("U-Boot as it comes, without Sstc", "virt", 256, {}, as_it_comes,
     ("card/card.img", 1, "-cpu", "rv64,sstc=off")),
    ("U-Boot as it comes, U54 harts, card of the HiFive", "virt", 256, {}, as_it_comes,
     ("hifive/card.img", 4, "-cpu", "sifive-u54")),
    ("the commands of the HiFive's README, typed", "virt", 256, dict(typed=type_commands), as_it_comes,
     ("hifive/card.img", 1)),
)


def check(tap, name, action):
    try:
        action()
        tap.check(name, True)
    except (Trouble, OSError, struct.error, subprocess.CalledProcessError) as trouble:
        tap.check(name, False, trouble)


def main():
    end_on_signals()
    tap = Tap()
    for name, options in SMALL:
        check(tap, name, lambda: boot("virt", 6, options, uboot=False))
    name = "sifive_u with the device tree of the board, 2 GB"
    if shutil.which("fdtput"):
        check(tap, name, lambda: boot_as_board(2048))
    else:
        tap.skip(name, "not installed: device-tree-compiler")
    name = "make hifive: the card, its README's table, and step 2"
    if shutil.which("mtype"):
        check(tap, name, check_card)
    else:
        tap.skip(name, "not installed: mtools")
    absent = missing()
    for name, board, megabytes, how, prepare, arguments in WITH_UBOOT:
        if absent:
            tap.skip(name, "not installed: " + absent)
            continue
        if prepare is as_it_comes:
            arguments = (output(arguments[0]),) + arguments[1:]
        check(tap, name, lambda: boot(board, megabytes, prepare(*arguments), **how))
    tap.finish()


if __name__ == "__main__":
    main()
