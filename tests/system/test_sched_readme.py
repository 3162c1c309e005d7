#!/usr/bin/env python3
"""System test: "Write a scheduler in an hour" in userland/servers/sched/README.md, followed in a copy of the tree.

Its blocks are done in order: `sh` is typed at the host, `diff` is applied, and after `make run` the `console` block is
typed at the board, where all numbers count as alike; that the shares are those of the weights is judged by itself.
"""

import os
import re
import subprocess
import tempfile

from qemu import ICOUNT, Machine, PROMPT, ROOT, Tap, Trouble, end_on_signals
from test_tutorial import BLOCK, copy_tree

README = os.path.join("userland", "servers", "sched", "README.md")
SECTION = "## Write a scheduler in an hour\n"
EXAMPLE = "userland/servers/sched/examples/lottery.c"
LINES = 80


def alike(text):
    """Without the columns of a table and the values of numbers."""
    return [re.sub(r"\s+", " ", re.sub(r"\d+", "N", line)).strip() for line in text.strip().split("\n")]


def run(tap, folder, command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return tap.check(" ".join(command), done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:])


def share(answer, weight):
    """The share of the client of that weight, in the last table."""
    found = re.findall(r"^ *\d+ +load +%d +\d+ +\d+/\d+ +([\d.]+)%%" % weight, answer, re.MULTILINE)
    return float(found[-1]) if found else 0.0


def type_block(tap, folder, block):
    steps = [part.split("\n", 1) for part in block.split(PROMPT)[1:]]
    with Machine("virt", initrd=os.path.join(folder, "build", "userland", "bundle.cpio"), icount=ICOUNT,
                 limit=120) as machine:
        machine.expect(PROMPT)
        for command, wanted in steps[:-1]:
            answer = machine.ask(command)
            tap.check(command, alike(answer) == alike(wanted), answer + "--- expected:\n" + wanted)
        one, three = share(answer, 1), share(answer, 3)
        tap.note("lottery: %.1f%% and %.1f%%" % (one, three))
        tap.check("30% and 70%, with some luck", 22 < one < 38 and 61 < three < 77, answer)
        machine.send(steps[-1][0] + "\r")
        machine.wait_end()


def main():
    end_on_signals()
    tap = Tap()
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BOARD", "CPUS", "O", "TESSERA_OUTPUT"):
        os.environ.pop(name, None)
    with open(os.path.join(ROOT, README)) as file:
        section = file.read().partition(SECTION)[2].split("\n## ")[0]
    with open(os.path.join(ROOT, EXAMPLE)) as file:
        lines = file.read().count("\n")
    tap.check("the example has at most %d lines: %d" % (LINES, lines), lines <= LINES)
    with tempfile.TemporaryDirectory() as folder:
        try:
            copy_tree(folder)
            for kind, text in BLOCK.findall(section):
                if kind == "sh" and text == "make run\n":
                    run(tap, folder, ["make", "-s", "-j2", "userland"])
                elif kind == "sh":
                    run(tap, folder, ["bash", "-e", "-c", text])
                elif kind == "diff":
                    with open(os.path.join(folder, "change"), "w") as file:
                        file.write(text)
                    run(tap, folder, ["patch", "-p1", "-i", "change"])
                elif kind == "console":
                    type_block(tap, folder, text)
        except (Trouble, OSError) as trouble:
            tap.check("reaches the end", False, trouble)
    tap.check("there was a session", tap.passed > 8, tap.passed)
    tap.finish()


if __name__ == "__main__":
    main()
