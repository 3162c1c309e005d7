#!/usr/bin/env python3
"""Runs the memory server's code on the stage of tests/mem/stage.h and hands on its test lines.

    run.py [--soak OPERATIONS] [--sizes] [--limit SECONDS]

--sizes: instead of everything else, the leaks with frames of 1 GB too, on a machine of 3 GB.
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
import qemu  # noqa: E402

TEST = re.compile(r"^(ok|not ok) \d+ - (.*)$", re.MULTILINE)
FINAL = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def main():
    qemu.end_on_signals()
    parser = argparse.ArgumentParser(description="the memory server on a bare machine")
    parser.add_argument("--soak", type=int, default=20000, metavar="OPERATIONS")
    parser.add_argument("--sizes", action="store_true", help="the leaks alone, with frames of 1 GB")
    parser.add_argument("--limit", type=int, default=200, help="seconds")
    options = parser.parse_args()
    tap = qemu.Tap()
    words = "sizes=1" if options.sizes else "soak=%d" % options.soak
    extra = ["-m", "3G" if options.sizes else "512M", "-append", words]
    try:
        with qemu.Machine("virt", initrd=qemu.output("mem", "stage.cpio"), icount=qemu.ICOUNT_ALONE, extra=extra,
                          limit=options.limit) as machine:
            machine.wait_end()
            for line in machine.text.split("\n"):
                found = TEST.match(line)
                if found:
                    tap.check(found[2], found[1] == "ok")
                elif line.startswith("# "):
                    tap.note(line[2:])
            final = FINAL.search(machine.text)
            tap.check("comes to its end, with as many lines", final and int(final[1]) + int(final[2]) == tap.number(),
                      machine.tail())
    except qemu.Trouble as trouble:
        tap.check("runs", False, trouble)
    tap.finish()


if __name__ == "__main__":
    main()
