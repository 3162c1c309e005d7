#!/usr/bin/env python3
"""Footprint test: the minimal system in 512 KB, and the complete demo in 4 MB, of RAM above the firmware.

mem= holds them there (BI-9); QEMU has more, because it places kernel, initrd and device tree far apart.
"""

import os
import re
import tempfile

import test_drivers
import test_gallery
import test_programs
import test_shell
from qemu import Machine, PROMPT, Tap, Trouble, end_on_signals, output

SMALL, DEMO = 512 << 10, 4 << 20


def check_minimal(tap, machine):
    """A shell one can work with."""
    answer = machine.ask("help")
    tap.check("help", re.search(r"^ +mem ", answer, re.MULTILINE), answer)
    answer = machine.ask("echo as large as life")
    tap.check("echo", answer == "as large as life\n", answer)
    answer = machine.ask("ps")
    tap.check("ps: root, uart, console and shell, and no more",
              re.findall(r"^(\w+) ", answer, re.MULTILINE)[1:] == ["root", "uart", "console", "shell"], answer)
    for name in ("uart", "console"):
        answer = machine.ask("kill " + name)
        machine.settle()
        tap.check("%s is killed and comes back" % name, "%s: restarted\n" % name in machine.text, machine.tail())


def check_demo(tap, machine):
    """Everything the demo can do: commands, programs, faults, restarts, drivers, misbehaviour."""
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
    test_gallery.check_reports(tap, machine)


def run(tap, board, name, limit, check, **options):
    tap.note("%s on %s, mem=%d" % (name, board, limit))
    options["extra"] = ["-append", "mem=%d" % limit] + list(options.get("extra", ()))
    try:
        with Machine(board, limit=100, **options) as machine:
            machine.expect(PROMPT)
            tap.check("boots to the prompt", " KB for root\n" in machine.text or limit > SMALL, machine.tail())
            check(tap, machine)
            test_shell.check_exit(tap, machine)
    except (Trouble, OSError) as trouble:
        tap.check("%s on %s reaches the end" % (name, board), False, trouble)


def main():
    end_on_signals()
    tap = Tap()
    minimal = output("userland", "minimal.cpio")
    run(tap, "virt", "minimal", SMALL, check_minimal, initrd=minimal)
    run(tap, "sifive_u", "minimal", SMALL, check_minimal, initrd=minimal)
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
