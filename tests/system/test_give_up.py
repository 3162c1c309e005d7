#!/usr/bin/env python3
"""System test: programs that crash too often are given up, and whoever needed them is told so and not left waiting.

    test_give_up.py BOARD

A program is made to crash by an upgrade to tests/system/late.c, which says that it serves, and crashes. Root goes back
to the image of before each time, and counts.
"""

import os
import re
import sys
import tempfile

from qemu import Machine, PROMPT, Tap, Trouble, end_on_signals, output
from test_drivers import GREETING, LINES, Line

CRASHES = 3
GAVE_UP = "gave up after %d crashes\n" % CRASHES
SECOND = {"virt": ["-device", "virtio-serial-device", "-device", "virtconsole,chardev=second"],
          "sifive_u": ["-serial", "mon:stdio", "-serial", "chardev:second"]}


def ask(machine, line, *wanted):
    """Types a line; waits until all the texts have come, in any order, and for the prompt."""
    before = len(machine.text)
    machine.send(line + "\r")
    while not all(text in machine.text[before:] for text in wanted):
        if not machine.read():
            raise Trouble("QEMU ended, with %r still expected" % (wanted,))
    machine.settle()
    return machine.text[before:]


def crash(machine, name):
    """A program that was started again is not ready at once."""
    fault = "%s: fault: illegal instruction at " % name
    while True:
        machine.send("upgrade %s late\r" % name)
        if machine.expect(fault, "does not serve yet\n").endswith(fault):
            return
        machine.settle()


def give_up(machine, name):
    """Returns when root has said so: then there may be nobody who shows a prompt."""
    for number in range(1, CRASHES):
        crash(machine, name)
        machine.expect("%s: restarted (%d of %d)\n" % (name, number, CRASHES))
        machine.settle()
    crash(machine, name)
    machine.expect("%s: %s" % (name, GAVE_UP))


def check_second_line(tap, line, what):
    line.send(b"there?\r\n")
    good, got = line.expect(b"there?\r\n")
    tap.check("%s: the second line goes on" % what, good, got)


def check_devices(tap, machine, line):
    """The device server: who has a device keeps it, and nobody gets one any more."""
    give_up(machine, "devices")
    machine.settle()
    tap.check("the shell goes on without a device server", machine.ask("echo here") == "here\n")
    check_second_line(tap, line, "devices")
    answer = ask(machine, "devices")
    tap.check("who asks it is told", "devices: the device server does not answer\n" in answer, answer)
    driver = LINES[machine.board][0]
    answer = ask(machine, "kill " + driver, "root: cannot start %s: " % driver)
    tap.check("who needs it to start does not, and root says why",
              "root: cannot start %s: nobody gives out devices any more\n" % driver in answer, answer)
    if machine.board == "virt":
        answer = ask(machine, "kill rtc", "root: cannot start rtc: ")
        answer = ask(machine, "date")
        tap.check("whose clients are told", "date: " in answer and "UTC" not in answer, answer)
    line.send(b"anybody?\r\n")
    answer = ask(machine, "kill mirror", "mirror: " + GAVE_UP)
    tap.check("and who shares a line with it, when it tries", "mirror: start: capability 'driver' was not given" in answer, answer)


def check_console(tap, machine, line):
    """The console server: the shell ends, the rest goes on, and root speaks through the firmware."""
    give_up(machine, "console")
    said = machine.expect("shell: " + GAVE_UP)
    tap.check("root says who reads what is typed: nobody", "root: nobody reads what is typed any more" in said, said)
    check_second_line(tap, line, "console")


def check_uart(tap, machine, line):
    """Its driver: the same, when somebody has something to say."""
    machine.send("run count 2000 &\r")
    machine.expect("count 1 ")
    for number in range(1, CRASHES + 1):
        said = "uart: restarted (%d of %d)\n" % (number, CRASHES) if number < CRASHES else "uart: " + GAVE_UP
        while True:
            machine.send("run killer 1 to late uart &\r")
            if machine.expect(said, "it runs already").endswith(said):
                break
    said = machine.expect("shell: " + GAVE_UP)
    for text in ("root: nobody reads what is typed any more", "console: the line's driver is gone: ", "console: " + GAVE_UP):
        tap.check("uart: " + text.strip(), text in said, said)
    check_second_line(tap, line, "uart")


def boot(tap, board, folder, part):
    tap.note(part.__name__)
    path = os.path.join(folder, "second")
    line = Line(path, 30)
    try:
        with Machine(board, extra=SECOND[board] + ["-chardev", "socket,id=second,path=" + path], limit=100,
                     initrd=output("userland", "kills.cpio")) as machine:
            try:
                line.accept()
                machine.expect(PROMPT)
                good, got = line.expect(GREETING)
                tap.check("the second line greets", good, got)
                part(tap, machine, line)
                tap.check("the kernel did not panic", "tessera: panic: " not in machine.text, machine.tail())
            except (Trouble, OSError) as trouble:
                tap.check("%s: reaches the end" % part.__name__, False, trouble)
    except Trouble as trouble:
        tap.check("starts", False, trouble)
    finally:
        line.close()
        os.unlink(path)


def boot_without(tap, board):
    """A system whose device server never serves."""
    try:
        with Machine(board, limit=60, initrd=output("userland", "gone.cpio")) as machine:
            said = machine.expect("root: without a device server nothing else can be started\n")
            tap.check("a system whose device server never serves says so", "devices: " + GAVE_UP in said, said)
    except Trouble as trouble:
        tap.check("a system whose device server never serves says so", False, trouble)


def main():
    end_on_signals()
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="tessera-") as folder:
        for part in (check_devices, check_console, check_uart):
            boot(tap, sys.argv[1], folder, part)
    boot_without(tap, sys.argv[1])
    tap.finish()


if __name__ == "__main__":
    main()
