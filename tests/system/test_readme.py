#!/usr/bin/env python3
"""System test: what README.md shows and tells people to type is so.

Its session is typed, and each answer compared, where all numbers count as alike. The "things to try" are done, item by
item: each begins a board; every shell command of it must be done, none refused; of every `make` it names the Makefile
knows how. Its figures must be those of tests/bench/BASELINE.csv, which `make bench` compares with what it counts.
"""

import os
import re
import subprocess

from qemu import OUTPUT, PROMPT, ROOT, Tap, end_on_signals, run_parts
from test_sched_readme import alike
from test_shell import COMMANDS

REFUSED = re.compile(r"unknown command|: there is no |runs already|does not suffice|^\S+ what\?|try print|\bmakes no sense|"
                     r"too many words|: exit \d", re.MULTILINE)
DATE = re.compile(r"^\w+ \d+-\d+-\d+ \d+:\d+:\d+ UTC$", re.MULTILINE)
MAKE = ("env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "MFLAGS", "-u", "BOARD", "-u", "CPUS", "make", "-C", ROOT,
        "O=" + OUTPUT)
# Row of the table, and of the baseline.
FIGURES = {
    "Call, 0 to 8 words": ("call_0", "call_8"),
    "ReplyRecv, 0 to 8 words": ("reply_recv_0", "reply_recv_8"),
    "Call, 10 words": ("call_10",),
    "Signal to a waiting higher-priority thread": ("signal_higher",),
    "page fault to handler": ("fault",),
    "interrupt to user-level driver thread": ("irq_driver",),
    "longest stretch with interrupts off, seen by the benchmark": ("interrupts_off_longest",),
    "kernel text, bytes: all; what stays after boot": ("kernel_text_bytes", "kernel_text_after_boot_bytes"),
}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def session(text):
    """[(command, answer)] of the block that README.md shows."""
    block = text.partition("## What it looks like\n")[2].split("\n`make")[0]
    parts = re.sub(r"^    ", "", block, flags=re.MULTILINE).split(PROMPT)[1:]
    return [part.split("\n", 1) for part in parts]


def check_session(steps):
    def check(tap, machine):
        while not re.search(r"^rtc .* passive ", machine.ask("ps"), re.MULTILINE):
            pass  # it is a millisecond after its start
        for command, wanted in steps[:-1]:
            if command == "run spin":
                machine.send("run spin\r")
                machine.expect("press Ctrl-C to end it\n")
                machine.send("\x03")
                answer = machine.expect("\n" + PROMPT)[:-len(PROMPT)]
                wanted = wanted.split("\n", 1)[1]
            else:
                answer = machine.ask(command)
            masked = [alike(DATE.sub("a date", text)) for text in (answer, wanted)]
            tap.check("README, session: " + command, masked[0] == masked[1], answer + "--- expected:\n" + wanted)
    return check


def items(text):
    """[(words behind make run, [what is typed at the shell])] and every `make` of the things to try."""
    section = text.partition("## Seven things to try\n")[2].split("\n## ")[0]
    boards, makes = [], []
    for item in re.split(r"^\d\. ", section, flags=re.MULTILINE)[1:]:
        quoted = [" ".join(words.split()) for words in re.findall(r"`([^`]+)`", item)]
        makes += [words for words in quoted if words.startswith("make ")]
        run = [words for words in quoted if words.startswith("make run")] or ["make run"]
        typed = [words for words in quoted if words.split()[0] in COMMANDS]
        if typed and not any(words.startswith("make new-server") for words in quoted):  # the tutorial's
            boards.append((run[0].split()[2:], typed))
    return boards, makes


def check_typed(commands):
    def check(tap, machine):
        for command in commands:
            begin = len(machine.text)
            answer = machine.ask(command)
            machine.settle()
            answer = machine.text[begin:]
            tap.check("README, to try: " + command, not REFUSED.search(answer), answer)
    return check


def check_figures(tap, text):
    baseline = dict(line.split(",")[:2] for line in read("tests/bench/BASELINE.csv").split("\n") if "," in line)
    for row, names in FIGURES.items():
        found = re.search(r"^\| %s \|.*\| ([^|]*) \|$" % re.escape(row), text, re.MULTILINE)
        said = re.findall(r"\d+", re.sub(r"[,*]", "", found[1])) if found else None
        wanted = list(dict.fromkeys(baseline[name] for name in names))
        tap.check("README, figures: " + row, said == wanted, "%s, and the baseline has %s" % (said, wanted))


def main():
    end_on_signals()
    tap, text = Tap(), read("README.md")
    steps = session(text)
    tap.check("README has a session", len(steps) > 10, steps)
    run_parts(tap, "virt", check_session(steps), name="README, session", limit=100)
    boards, makes = items(text)
    tap.check("README has things to try", len(boards) > 4 and len(makes) > 6, (boards, makes))
    for words, commands in boards:
        run_parts(tap, "virt", check_typed(commands), name="README, to try", limit=100,
                  command=[*MAKE, "run", *words])
    for words in makes:
        done = subprocess.run([*MAKE, "-n", *words.split()[1:]], capture_output=True, text=True)
        tap.check("README, to try: " + words, done.returncode == 0, done.stderr)
    check_figures(tap, text)
    tap.finish()


if __name__ == "__main__":
    main()
