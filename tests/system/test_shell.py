#!/usr/bin/env python3
"""System test: types at the shell of one board and checks the answers.

    test_shell.py BOARD

One boot with deterministic counting. Every step waits for the prompt.
"""

import re
import sys

from qemu import PROMPT, Tap, end_on_signals, run_parts

COMMANDS = ("help", "ps", "caps", "footprint", "mem", "echo", "uptime", "run", "kill", "restart", "stop", "resume",
            "upgrade", "sched", "date", "random", "hexdump", "devices", "names", "exit")
FAULT = re.compile(r"^(\S+): fault: (.+) at (0x[0-9a-f]+), address (0x[0-9a-f]+)$", re.MULTILINE)
CONTROL_C = "\x03"
CONTROL_U = "\x15"
DELETE = "\x7f"


def check_commands(tap, machine):
    answer = machine.ask("help")
    for command in COMMANDS:
        tap.check("help names %s" % command, re.search(r"^\s*%s\b" % command, answer, re.MULTILINE), answer)

    answer = machine.ask("ps")
    for program in ("uart", "console", "shell"):
        tap.check("ps shows %s" % program, re.search(r"\b%s\b" % program, answer), answer)

    answer = machine.ask("caps")
    tap.check("caps shows capabilities by type", re.search(r"endpoint", answer, re.IGNORECASE), answer)

    answer = machine.ask("mem")
    tap.check("mem shows figures", re.search(r"\d{3}", answer), answer)

    answer = machine.ask("echo one two  three")
    tap.check("echo", re.fullmatch(r"one two +three\n", answer), answer)

    first, second = machine.ask("uptime"), machine.ask("uptime")
    numbers = [re.search(r"\d+(\.\d+)?", answer) for answer in (first, second)]
    tap.check("uptime does not go backwards",
              all(numbers) and float(numbers[0][0]) <= float(numbers[1][0]), first + second)


def check_programs(tap, machine):
    answer = machine.ask("run hello")
    tap.check("run hello", "hello" in answer.lower(), answer)
    answer = machine.ask("run hello")
    tap.check("run hello a second time", "hello" in answer.lower(), answer)

    answer = machine.ask("run crash")
    fault = FAULT.search(answer)
    tap.check("a faulting program is reported in one line", fault and fault[1] == "crash", answer)
    answer = machine.ask("echo still here")
    tap.check("the shell goes on after it", answer == "still here\n", answer)

    answer = machine.ask("ps")
    tap.check("ps remembers the fault", re.search(r"^crash\b.*\bread$", answer, re.MULTILINE), answer)

    machine.send("run spin\r")
    machine.expect("spinning")
    machine.send(CONTROL_C)
    answer = machine.expect("\n" + PROMPT)
    tap.check("Ctrl-C ends a program that never sleeps", "interrupted" in answer, answer)

    answer = machine.ask("run nosuchprogram")
    tap.check("a program that is not there is named", "nosuchprogram" in answer, answer)
    answer = machine.ask("frobnicate")
    tap.check("an unknown command is named", "frobnicate" in answer, answer)


# What is typed, and what the answer is or begins with.
WRONG = (
    ("run", "run what? The bundle has: "),
    ("run &", "run what? The bundle has: "),
    ("kill", "kill what? 'ps' lists the programs\n"),
    ("upgrade", "upgrade what? "),
    ("kill uart console", "kill: too many words; as in: kill NAME\n"),
    ("ps -a", "ps: too many words; as in: ps\n"),
    ("hexdump 1 2", "hexdump: too many words; as in: hexdump [SECTOR]\n"),
    ("random many", "random: "),
    ("kill nosuch", "kill: nosuch: "),
    ("restart nosuch", "restart: nosuch: "),
    ("stop console", "stop: console: "),
    ("resume shell", "resume: shell: "),
    ("upgrade nosuch", "upgrade: nosuch: "),
    ("upgrade uart nosuch", "upgrade: uart: "),
    ("sched nosuch", "sched: nosuch: no such policy\n"),
    ("run root", "run: root: "),
    ("echo " + " ".join("x" * 16), "a line has at most 16 words\n"),
)


def check_refusals(tap, machine):
    for line, begin in WRONG:
        answer = machine.ask(line)
        tap.check("refused: " + line, answer.startswith(begin), answer)
    answer = machine.ask("caps nosuch")
    tap.check("refused: caps nosuch", "caps: nosuch: " in answer, answer)
    answer = machine.ask("echo " + " ".join("x" * 15))
    tap.check("sixteen words are not too many", answer == " ".join("x" * 15) + "\n", answer)


def check_editing(tap, machine):
    answer = machine.ask("ecko" + DELETE * 2 + "ho left over" + DELETE * 5)
    tap.check("delete takes characters back", answer.strip() == "left", answer)
    answer = machine.ask("garbage" + CONTROL_U + "echo clean")
    tap.check("Ctrl-U takes the line back", answer == "clean\n", answer)
    answer = machine.ask("")
    tap.check("an empty line does nothing", answer == "", answer)
    answer = machine.ask(DELETE * 3 + "echo start")
    tap.check("delete on an empty line does nothing", answer == "start\n", answer)
    machine.send("x" * 2000)
    machine.send(CONTROL_U)
    answer = machine.ask("echo after")
    tap.check("a line of 2000 characters does no harm", answer.endswith("after\n"), answer[-300:])
    machine.send("echo first\recho second\r")
    answer = machine.expect("second\n" + PROMPT)
    tap.check("what is typed ahead is kept", "\nfirst\n" in answer, answer)


def check_exit(tap, machine):
    machine.send("exit\r")
    rest = machine.wait_end()
    tap.check("exit ends the board, and QEMU by itself", machine.status == 0, rest)


def main():
    end_on_signals()
    tap = Tap()
    run_parts(tap, sys.argv[1], check_commands, check_programs, check_refusals, check_editing, check_exit, limit=120)
    tap.finish()


if __name__ == "__main__":
    main()
