#!/usr/bin/env python3
"""System test: what root says of programs that loop or do not answer, and of whom it says nothing (userland/root/watch.c).

    test_watch.py BOARD

The gallery has one of each (test_gallery.py); here are the servers and clients among which a mistake could be made:
tests/system/watch.xml. A program computes beside them: counting instructions, QEMU's sifive_u stops its clock while all
harts sleep.
"""

import re
import sys

from qemu import Tap, end_on_signals, output, run_parts
from test_gallery import beside_spin, listing, pass_time

FOR_EVER, TIMES = 10 ** 15, 4000
LINE = re.compile(r"(\w+): ([^:\n]*) at 0x([0-9a-f]+), address 0x([0-9a-f]+)\n")


def run(machine, words):
    machine.send("run %s &\r" % words)
    machine.settle()


def told(machine, begin):
    """[(name, cause, pc, address)] of what was said since."""
    return LINE.findall(machine.text[begin:])


def is_in(image, functions, pc):
    table = re.findall(r"^([0-9a-f]+) ([0-9a-f]+) T (?:%s)$" % functions, listing(output("userland", image), "-S"), re.MULTILINE)
    return any(int(at, 16) <= int(pc, 16) < int(at, 16) + int(size, 16) for at, size in table)


@beside_spin
def check_in_time(tap, machine):
    """Three callers without a pause, one of whom found it by name, and one who waits for somebody else for long."""
    begin = len(machine.text)
    for words in ("slow", "prompt", "caller slow 1 %d" % FOR_EVER):
        run(machine, words)
    for words in ("finder prompt %d 10", "caller prompt %d 10", "caller prompt %d 10"):
        machine.send("run %s &\r" % (words % TIMES))
    for _ in range(3):
        machine.expect("caller: 55\n")
    machine.settle()
    pass_time(machine, 0.2)
    tap.check("nothing is said of a server that answers in time", not told(machine, begin), told(machine, begin))
    for name in ("slow", "prompt", "caller"):
        machine.send("kill %s\r" % name)
        machine.settle()


@beside_spin
def check_late(tap, machine):
    for words in ("caller late", "finder late"):
        run(machine, "late")
        begin = len(machine.text)
        machine.send("run %s 1 %d &\r" % (words, FOR_EVER))
        machine.expect(LINE)
        run(machine, "caller late 1 1")
        pass_time(machine, 0.2)
        found = told(machine, begin)
        name = words.split()[0]
        good = len(found) == 1 and found[0][:2] == ("late", "has not answered %s for 20 ms" % name) and \
            is_in("adder.elf", "protected|tess_mr_get", found[0][2]) and found[0][3] == "2"
        tap.check("a server that computes instead of answering '%s' is told of once" % words, good, found)
        for other in ("late", "caller", "finder"):
            machine.send("kill %s\r" % other)
            machine.settle()

    begin = len(machine.text)
    run(machine, "deaf")
    run(machine, "caller deaf 1 1")
    pass_time(machine, 0.2)
    found = told(machine, begin)
    tap.check("and one that never receives", len(found) == 1 and
              found[0][:2] == ("deaf", "has not answered caller for 20 ms") and found[0][3] == "2", found)
    machine.ask("kill deaf")
    machine.settle()


@beside_spin
def check_stopped(tap, machine):
    begin = len(machine.text)
    run(machine, "late")
    machine.ask("stop late")
    run(machine, "caller late 1 10")
    pass_time(machine, 0.2)
    machine.send("resume late\r")
    machine.expect("caller: 55\n")
    machine.settle()
    tap.check("nothing is said of a server that was stopped", not told(machine, begin), told(machine, begin))
    machine.ask("kill late")


@beside_spin
def check_child(tap, machine):
    begin = len(machine.text)
    run(machine, "parent")
    machine.expect("looper: budget used up")
    pass_time(machine, 0.3)
    found = told(machine, begin)
    good = len(found) == 1 and found[0][1] == "budget used up 20 times in a row" and is_in("spin.elf", "main", found[0][2])
    tap.check("root says of a child that it loops, once", good and found[0][2] == found[0][3], found)
    machine.ask("kill parent")
    machine.settle()


def check_denied(tap, machine):
    answer = machine.ask("run caller root")
    tap.check("who serves nobody cannot say who floods it", answer == "caller: this program may not ask that\n", answer)


def main():
    end_on_signals()
    tap = Tap()
    run_parts(tap, sys.argv[1], check_in_time, check_late, check_stopped, check_child, check_denied,
              initrd=output("userland", "watch.cpio"), limit=290)
    tap.finish()


if __name__ == "__main__":
    main()
