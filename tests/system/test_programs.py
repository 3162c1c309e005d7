#!/usr/bin/env python3
"""System test: programs come and go, and servers are ended under their clients; nothing is lost by it.

    test_programs.py BOARD
"""

import re
import sys

from qemu import PROMPT, Tap, end_on_signals, run_parts

ROUNDS = 100
LEFT, UP = "\033[D", "\033[A"


def check_interrupt(tap, machine):
    machine.send("run spin\r")
    machine.expect("spinning")
    machine.send("\x03")
    answer = machine.expect("\n" + PROMPT)
    tap.check("Ctrl-C ends a program that computes for ever", "spin: interrupted" in answer, answer)
    machine.send("half a line\x03")
    machine.expect("^C\n" + PROMPT)
    answer = machine.ask("echo new line")
    tap.check("Ctrl-C gives a line up", answer == "new line\n", answer)


def check_background(tap, machine):
    machine.send("run spin &\r")
    machine.expect("spinning")  # above the prompt, which appears again
    machine.expect(PROMPT)
    answer = machine.ask("ps")
    tap.check("a program in the background runs", re.search(r"^spin +ready", answer, re.MULTILINE), answer)
    answer = machine.ask("echo prompt")
    tap.check("while the shell answers", "prompt\n" in answer, answer)
    machine.ask("kill spin")
    answer = machine.ask("ps")
    tap.check("until it is ended", not re.search(r"^spin", answer, re.MULTILINE), answer)


def check_restart(tap, machine):
    for server in ("uart", "console"):
        machine.send("kill %s\r" % server)
        machine.expect("\n%s: restarted\n" % server)
        machine.expect(PROMPT)
        answer = machine.ask("echo line after %s" % server)
        tap.check("a line typed after %s restarted arrives whole" % server,
                  answer == "line after %s\n" % server, answer)
    machine.send("kill shell\r")
    machine.expect("\nshell: restarted\n")
    machine.expect(PROMPT)
    answer = machine.ask("echo again")
    tap.check("the shell is started again", answer == "again\n", answer)


def check_editing(tap, machine):
    answer = machine.ask("eco one" + LEFT * 5 + "h")
    tap.check("a letter put in with the arrow keys", answer.endswith("one\n"), answer)
    machine.ask("echo earlier")
    answer = machine.ask(UP)
    tap.check("an earlier line with the arrow keys", answer.endswith("earlier\n"), answer)
    machine.send("\x04")
    answer = machine.expect("\n" + PROMPT)
    tap.check("Ctrl-D says how to leave", "exit" in answer, answer)


def check_memory(tap, machine):
    """Watermarks, free memory and root's capabilities are the same after many programs as after one."""
    for command in ("run hello", "run crash", "kill uart", "kill console"):
        machine.ask(command)
    before = machine.ask("mem") + machine.ask("caps root")
    crashes = 0
    for number in range(ROUNDS):
        answer = machine.ask("run hello %d" % number)
        if "argument 1: %d\n" % number not in answer:
            tap.check("run hello, round %d" % number, False, answer)
        crashes += "crash: fault: read at " in machine.ask("run crash")
        machine.ask("kill uart")
        machine.ask("kill console")
    tap.check("%d crashes are reported" % ROUNDS, crashes == ROUNDS, crashes)
    after = machine.ask("mem") + machine.ask("caps root")
    tap.check("every byte and every slot is back", after == before, before + after)
    answer = machine.ask("ps")
    tap.check("ps counts the faults", re.search(r"^crash .*\b%d  last: read" % (ROUNDS + 1), answer, re.MULTILINE),
              answer)


def check_capabilities(tap, machine):
    answer = machine.ask("caps uart")
    lines = answer.strip().split("\n")[1:]
    types = sorted(line.split()[1] for line in lines)
    tap.check("the driver holds what it needs and no more",
              types == ["endpoint", "endpoint", "irq-handler", "notification", "notification"], answer)
    answer = machine.ask("caps")
    # Root, console, device server, name server, memory server and scheduler, and where the name server puts what it finds.
    tap.check("the shell holds endpoints to call, room for more, and nothing else",
              len(re.findall(r"endpoint +--c-", answer)) == 6 and answer.count(" cnode ") == 1 and
              answer.count("\n") == 8, answer)
    answer = machine.ask("caps nosuch")
    tap.check("a program that is not there has no capabilities", "nosuch" in answer, answer)


def main():
    end_on_signals()
    tap = Tap()
    run_parts(tap, sys.argv[1], check_interrupt, check_background, check_restart, check_editing, check_memory,
              check_capabilities, limit=140)
    tap.finish()


if __name__ == "__main__":
    main()
