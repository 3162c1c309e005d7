#!/usr/bin/env python3
"""Runs the system-call fuzzer (tests/fuzz/syscalls.c) on QEMU.

    run.py [BOARD] [--rounds N] [--seed N] [--kernel path] [--limit SECONDS]

The guest prints its own TAP line; a panic, or no last line in time, is a failure. Exit status 0: passed.
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
import qemu  # noqa: E402

END = re.compile(r"^\d+ passed, \d+ failed\n|^tessera: panic: .*\n|^runtime: stopped: .*\n", re.MULTILINE)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("board", nargs="?", default="virt")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kernel", default=qemu.output("kernel", "tessera.elf"))
    parser.add_argument("--limit", type=int, default=3600)
    options = parser.parse_args()

    arguments = ["-append", "rounds=%d seed=%d" % (options.rounds, options.seed)]
    with qemu.Machine(options.board, kernel=options.kernel, initrd=qemu.output("fuzz", "bundle.cpio"),
                      icount=qemu.ICOUNT_ALONE, extra=arguments, limit=options.limit) as machine:
        while not END.search(machine.text) and machine.read():
            pass
        for line in machine.text.split("\n"):
            if line.startswith(("# ", "ok ", "not ok ", "tessera: panic", "runtime: stopped")):
                print(line)
    passed = "\n1 passed, 0 failed" in machine.text.replace("\r", "")
    if not passed:
        print("not ok 1 - seed %d: the fuzzer did not come to its end" % options.seed)
    print("%d passed, %d failed" % (passed, not passed))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
