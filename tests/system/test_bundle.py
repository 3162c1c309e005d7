#!/usr/bin/env python3
"""Boots a bundle whose root is a test program, and hands on what it prints.

    test_bundle.py BOARD BUNDLE [QEMU ARGUMENT...]

The program prints test lines and a final line as tests/tools/run_suites.py describes them; what firmware
prints before is left out. The board may power off after the final line; it need not. Without that line,
or with a kernel panic, this program prints none either, and says what came last.
"""

import re
import sys

from qemu import ICOUNT_ALONE, Machine, Trouble, end_on_signals, output

FINAL = re.compile(r"^\d+ passed, (\d+) failed(, \d+ skipped)?\n", re.MULTILINE)
FIRST = re.compile(r"^(ok|not ok|PASS|FAIL|SKIP|TAP|1\.\.|#) ?", re.MULTILINE)
PANIC = re.compile(r"^tessera: panic: .*\n", re.MULTILINE)


def main():
    end_on_signals()
    board, bundle, extra = sys.argv[1], sys.argv[2], sys.argv[3:]
    try:
        with Machine(board, initrd=output(bundle), icount=ICOUNT_ALONE, extra=extra, limit=240) as machine:
            try:
                text = machine.expect(FINAL, PANIC)
            except Trouble as trouble:
                text = machine.text
                print(text[FIRST.search(text).start():] if FIRST.search(text) else "")
                raise trouble
    except Trouble as trouble:
        print("# " + str(trouble).replace("\n", "\n# "))
        return 1
    begin = FIRST.search(text)
    print(text[begin.start():] if begin else text, end="")
    final = FINAL.search(text)
    return 0 if final and final[1] == "0" else 1


if __name__ == "__main__":
    sys.exit(main())
