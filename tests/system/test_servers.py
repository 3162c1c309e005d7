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


def budget(machine, name):
    """What ps says of a program's budget: "passive", numbers, or None."""
    found = re.search(r"^%s +\S+ +\d+ +(\S+)" % name, machine.ask("ps"), re.MULTILINE)
    return found[1] if found else None


def settle_passive(machine):
    """Waits until the passive server has given its context back."""
    for _ in range(50):
        if budget(machine, "passive") == "passive":
            return True
    return False


def check_sum(tap, machine, what, number=1000):
    answer = machine.ask("run call passive %d" % number)
    tap.check(what, answer == "passive: label 0, %d\n" % (number * (number + 1) // 2), answer)


def check_passive(tap, machine):
    """tests/system/adder.c: a server that runs on its callers' contexts."""
    machine.ask("stop watcher")
    for name in ("active", "passive"):
        machine.ask("run %s &" % name)
    tap.check("a passive server gives its context back", settle_passive(machine), machine.tail())
    tap.check("and one that is not passive does not", budget(machine, "active") == "10000/10000")
    check_sum(tap, machine, "a passive server answers")
    answer = machine.ask("run measure")
    found = re.search(r"instructions|: (\d+) instructions, passive (\d+)\n", answer)
    tap.check("a call of it costs less", found and found[1] and int(found[2]) < int(found[1]), answer)
    tap.note(answer.strip())
    for way in ("kill", "stop"):
        machine.ask("run call passive 1000000000000 &")
        answer = machine.ask("ps")
        tap.check("it works on its caller's context", re.search(r"^passive +ready +60 +passive", answer, re.MULTILINE),
                  answer)
        machine.ask("%s call" % way)
        machine.ask("kill call")
        machine.ask("kill passive")
        settle_passive(machine)
        check_sum(tap, machine, "after the %s of its caller and its own end it answers" % way)
    machine.ask("run call passive 3000000 &")
    machine.ask("kill call")
    check_sum(tap, machine, "whose caller is ended goes on by itself, and answers the next")
    tap.check("and gives its context back again", settle_passive(machine), machine.tail())
    tap.check("stop", machine.ask("stop passive") == "")
    tap.check("resume", machine.ask("resume passive") == "")
    check_sum(tap, machine, "stopped and resumed, it answers")
    machine.send("run call passive 1000000000000 &\r")
    machine.settle()
    machine.send("kill passive\r")
    machine.expect("passive: restarted\n")
    text = machine.expect("call: CANCELLED: the partner or the operation went away")
    machine.settle()
    tap.check("killed under a caller, it is restarted and the caller is told", text)
    check_sum(tap, machine, "and answers")


def session(tap, machine):
    machine.expect(PROMPT)
    check_scheduler(tap, machine)
    check_passive(tap, machine)


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
