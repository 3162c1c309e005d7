#!/usr/bin/env python3
"""Footprint test: the minimal system in 512 KB, and the complete demo in 4 MB, of RAM above the firmware.

    test_footprint.py
    test_footprint.py --show BOARD SYSTEM LIMIT      prints the table of one machine: `make footprint`

mem= holds them there (BI-9); QEMU has more, because it places kernel, initrd and device tree far apart.
"""

import os
import re
import sys
import tempfile

import test_drivers
import test_gallery
import test_programs
import test_shell
from qemu import Machine, OUTPUT, PROMPT, ROOT, Tap, end_on_signals, output, run_parts

SMALL, LINKED, DEMO = 512 << 10, 1 << 20, 4 << 20


def read_table(text):
    """What `footprint` printed: the lines of two columns, and for each program its sum and what that is of."""
    lines = {name.strip(): int(number) for name, number in
             re.findall(r"^([a-zA-Z][a-zA-Z:,'= ]{1,25}) +(\d+)$", text, re.MULTILINE)}
    programs = {}
    for name, numbers in re.findall(r"^(\S+)((?: +\d+){12})$", text, re.MULTILINE):
        numbers = [int(number) for number in numbers.split()]
        programs[name] = dict(parts=numbers[:10], sum=numbers[10], placed=numbers[11])
    return lines, programs


def check_footprint(tap, machine, limit):
    """Each byte is somewhere: the lines make up what is used, and that with what is free what mem= allows."""
    answer = machine.ask("footprint")
    lines, programs = read_table(answer)
    try:
        free, total, used = (lines.pop(name) for name in ("free", "RAM, or mem=", "in use"))
    except KeyError as missing:
        tap.check("footprint prints its table", False, "no line %s:\n%s" % (missing, answer))
        return
    tap.check("footprint: the table has its 16 lines", len(lines) == 16, answer)
    tap.check("the columns of each program make up its sum",
              programs and all(sum(p["parts"]) == p["sum"] for p in programs.values()), answer)
    everything = sum(lines.values()) + sum(p["sum"] for p in programs.values())
    tap.check("the lines make up what is in use: %d" % used, everything == used, answer)
    tap.check("in use and free make up mem=%d" % limit, used + free == total == limit, answer)
    tap.check("the programs are those that ps shows", sorted(programs) == sorted(
        line.split()[0] for line in machine.ask("ps").splitlines()[2:] if " crashed " not in line), answer)
    tap.check("no line is a heap of what nobody knows", lines["root: alignment"] < 3 * 4096 and
              all(p["parts"][-1] < 4096 for p in programs.values()), answer)
    kernel = output("kernel", "tessera.elf")
    text = test_gallery.symbol(kernel, "__text_end") - test_gallery.symbol(kernel, "__boot_end")
    tap.check("the kernel's text is that of the ELF file, without what only boots", lines["kernel: text"] == text, answer)
    tap.note("%d KB in use of %d\n%s" % (-(-used // 1024), limit >> 10, "\n".join(
        "# " + line for line in answer.splitlines())))


def check_minimal(tap, machine):
    """A shell one can work with."""
    check_footprint(tap, machine, SMALL)
    answer = machine.ask("help")
    tap.check("help", re.search(r"^ +footprint ", answer, re.MULTILINE), answer)
    answer = machine.ask("echo as large as life")
    tap.check("echo", answer == "as large as life\n", answer)
    answer = machine.ask("ps")
    tap.check("ps: root, devices, uart, console and shell, and no more",
              re.findall(r"^(\w+) ", answer, re.MULTILINE)[1:] == ["root", "devices", "uart", "console", "shell"], answer)
    for name in ("uart", "console"):
        answer = machine.ask("kill " + name)
        machine.settle()
        tap.check("%s is killed and comes back" % name, "%s: restarted\n" % name in machine.text, machine.tail())


def check_demo(tap, machine):
    """Everything the demo can do: commands, programs, faults, restarts, drivers, misbehaviour."""
    check_footprint(tap, machine, DEMO)
    answer = machine.ask("ps")
    for name in ("root", "uart", "console", "rtc", "virtio-rng", "virtio-blk", "block", "shell"):
        tap.check("%s runs" % name, re.search("^%s " % name, answer, re.MULTILINE), answer)
    test_drivers.check_clock(tap, machine)
    test_drivers.check_random(tap, machine)
    answer = machine.ask("hexdump 3")
    tap.check("hexdump", test_drivers.read_dump(answer) == test_drivers.pattern(3), answer)
    test_shell.check_commands(tap, machine)
    test_shell.check_programs(tap, machine)
    test_shell.check_editing(tap, machine)
    test_programs.check_background(tap, machine)
    test_programs.check_restart(tap, machine)
    test_gallery.check_ends(tap, machine)


def run(tap, board, name, limit, check, **options):
    tap.note("%s on %s, mem=%d" % (name, board, limit))
    options["extra"] = ["-append", "mem=%d" % limit] + list(options.get("extra", ()))

    def boots(tap, machine):
        tap.check("boots to the prompt", " KB for root\n" in machine.text or limit > SMALL, machine.tail())
    run_parts(tap, board, boots, check, test_shell.check_exit, name="%s on %s" % (name, board), limit=100, **options)


def show(board, system, limit):
    """Prints what `footprint` prints on that board."""
    bundle = output("userland", "bundle.cpio" if system == "demo" else system + ".cpio")
    with Machine(board, limit=60, initrd=bundle, extra=["-append", "mem=" + limit]) as machine:
        machine.expect(PROMPT)
        print(machine.ask("footprint"))


def main():
    end_on_signals()
    if sys.argv[1:2] == ["--show"]:
        show(*sys.argv[2:])
        return
    tap = Tap()
    minimal = output("userland", "minimal.cpio")
    run(tap, "virt", "minimal", SMALL, check_minimal, initrd=minimal)
    # `env`: what the make around this test passes on is not for this one.
    run(tap, "virt", "make minimal", SMALL, lambda tap, machine: check_footprint(tap, machine, SMALL),
        command=["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "MFLAGS", "-u", "BOARD", "-u", "CPUS",
                 "make", "-C", ROOT, "O=" + OUTPUT, "minimal"])
    run(tap, "sifive_u", "minimal", SMALL, check_minimal, initrd=minimal)
    run(tap, "virt", "demo with its bundle inside the kernel", LINKED,
        lambda tap, machine: check_footprint(tap, machine, LINKED), linked=True)
    with tempfile.TemporaryDirectory(prefix="tessera-") as folder:
        disk = os.path.join(folder, "disk.img")
        with open(disk, "wb") as file:
            file.write(b"".join(test_drivers.pattern(sector) for sector in range(test_drivers.SECTORS)))
        run(tap, "virt", "demo", DEMO, check_demo,
            extra=["-rtc", "base=%s,clock=vm" % test_drivers.START, "-device", "virtio-rng-device",
                   "-drive", "file=%s,if=none,format=raw,id=disk,readonly=on" % disk,
                   "-device", "virtio-blk-device,drive=disk"])
    tap.finish()


if __name__ == "__main__":
    main()
