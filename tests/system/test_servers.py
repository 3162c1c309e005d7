#!/usr/bin/env python3
"""System test: servers of policy, and what root gives them of the machine and of other programs.

    test_servers.py BOARD
"""

import re
import sys

from qemu import Machine, PROMPT, Tap, Trouble, end_on_signals, output


def check_scheduler(tap, machine):
    """tests/system/watcher.c: a server that holds all threads and contexts."""
    machine.send("run watcher &\r")
    text = machine.expect(re.compile(r"watcher: watcher runs, priority 205, 100/1000 us\n"))
    machine.settle()
    tap.check("a scheduler is shown who runs already", re.search(
        r"watcher: console runs, priority 180, 2000/10000 us\n", text), text)
    machine.send("run spin a &\r")
    text = machine.expect(re.compile(r"watcher: spin has priority 1 and \d+ of \d+\n"))
    machine.settle()
    tap.check("and who is started, with thread and context",
              "watcher: spin runs, priority 50, 10000/10000 us\n" in text, text)
    answer = machine.ask("ps")
    tap.check("what it sets is in force", re.search(r"^spin +\S+ +1 +1000/100000 ", answer, re.MULTILINE), answer)
    machine.send("kill spin\r")
    text = machine.expect(re.compile(r"watcher: number \d+ is free\n"))
    machine.settle()
    tap.check("and who has ended", text)
    machine.send("run spin b &\r")
    machine.expect("watcher: spin has priority 1")
    machine.settle()
    machine.send("kill watcher\r")
    text = machine.expect("watcher: spin has priority 1")
    machine.settle()
    tap.check("a scheduler that is started again finds all of them", "watcher: restarted\n" in text and
              "watcher: shell runs" in text, text)
    machine.ask("kill spin")
    machine.settle()


def session(tap, machine):
    machine.expect(PROMPT)
    check_scheduler(tap, machine)


def main():
    end_on_signals()
    board, tap = sys.argv[1], Tap()
    try:
        with Machine(board, initrd=output("userland", "servers.cpio"), limit=100) as machine:
            try:
                session(tap, machine)
                tap.check("the kernel did not panic", "tessera: panic: " not in machine.text, machine.tail())
            except Trouble as trouble:
                tap.check("reaches the end", False, trouble)
    except Trouble as trouble:
        tap.check("starts", False, trouble)
    tap.finish()


if __name__ == "__main__":
    main()
