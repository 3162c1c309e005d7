#!/usr/bin/env python3
"""System test: a program that writes without end does not use up the console server's time for the others.

    test_fair.py BOARD

tests/system/meter.c measures how long a call to the console server takes, at no particular time of its budget's
period: alone, and beside `flood`. A program that computes for ever runs beside both: counting instructions,
QEMU's sifive_u stops its clock while all harts sleep.
"""

import re
import sys

from qemu import Tap, end_on_signals, output, run_parts

CALLS, SLOWER_US = 200, 500  # the server's budget comes back after 8000 us


def measure(tap, machine, what):
    machine.send("run meter %d\r" % CALLS)
    found = machine.expect(re.compile(r"meter: middle \d+, of ten nine below \d+, most \d+ us\n"))
    tap.note("%s: %s" % (what, found[found.index("meter: ") + 7:].strip()))
    return int(re.findall(r"\d+", found)[-1])


def check(tap, machine):
    machine.send("run spin &\r")
    machine.expect("spinning")
    machine.settle()
    alone = measure(tap, machine, "alone")
    for what in ("print", "flush", "nonsense", "log"):
        machine.send("run flood %s &\r" % what)
        if what in ("print", "log"):
            machine.expect("...\n")
        machine.settle()
        beside = measure(tap, machine, "beside 'flood %s'" % what)
        tap.check("no call waits for the end of a budget that 'flood %s' used up" % what, beside < alone + SLOWER_US,
                  "%d us alone, %d us beside it" % (alone, beside))
        machine.ask("kill flood")
        machine.settle()
    machine.ask("kill spin")


def main():
    end_on_signals()
    tap = Tap()
    run_parts(tap, sys.argv[1], check, initrd=output("userland", "kills.cpio"), limit=100)
    tap.finish()


if __name__ == "__main__":
    main()
