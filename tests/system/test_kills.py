#!/usr/bin/env python3
"""System test: servers of the terminal are killed while it is in use; nothing acknowledged is lost.

    test_kills.py BOARD [--rounds N]

First `kill uart` while somebody types. Then N rounds of killing uart and console in turn from the shell, while
a program prints numbered lines (tests/system/count.c) and this test types numbered `echo` commands. Then N
kills by a program that interrupts the two at any instruction (tests/system/killer.c). `make test` does it with
few rounds, `make soak` with many.

What is promised of a line whose write was answered: it appears, whole and in order, at least once. The shell's
kills find the servers between two requests: each line appears exactly once. Killed anywhere, a write under way is
made again by the client library: the line may appear twice, or its beginning once more; and the driver's
successor may send again the one byte that the device was just given. These are counted, and at most one
of them is allowed for each kill.

Before that, nobody is killed and this test reads nothing for a while: no line is lost. QEMU's model of the SiFive
UART throws away bytes that its terminal does not take, without a word to the driver (virt's waits), so the pipe to
this test must have room for them. TESSERA_PIPE=4096 gives it as much as a pseudo-terminal has: then lines are
lost on sifive_u, and none on virt.
"""

import argparse
import re
import time

from qemu import PROMPT, Tap, end_on_signals, output, run_parts

COUNTED = re.compile(r"count (\d+) abcdefghijklmnopqrstuvwxyz (\d+)\.")
LINE_BEGINS = re.compile(r"count \d")
TYPED = re.compile(r"typed (\d+)")
RESTARTED = re.compile(r"(?:uart|console): restarted\n")
# What else may be on the screen: the line that is being typed, and what ends the load.
EXPECTED = re.compile(r"(tessera> )?((echo (typed|settled) \d+)|(kill \w+)|(run \w+( \d+)? &))?|settled \d+|"
                      r"killer: \d+ kills")
SERVERS = ("uart", "console")
LINES_UNREAD = 1500


class Record:
    """The lines of the screen, checked as they come."""

    def __init__(self):
        self.counted, self.typed = 0, 0         # the highest number so far
        self.repeats, self.parts, self.doubled = 0, 0, 0
        self.restarts = 0
        self.wrong = []
        self.rest = ""

    def take(self, machine):
        """Takes over what the machine's expect() has passed; the machine forgets it."""
        text = self.rest + machine.text[:machine.position]
        machine.text, machine.position = machine.text[machine.position:], 0
        # While one of the two is down root says so through the firmware, in the middle of what is under way.
        text, restarts = RESTARTED.subn("", text)
        self.restarts += restarts
        *lines, self.rest = re.sub(r"\r+\n", "\n", text).split("\n")  # it may have come between these two
        for i, line in enumerate(lines):
            wrong = len(self.wrong)
            self.line(line.rsplit("\r", 1)[-1])  # the terminal wrote over what was before that
            if len(self.wrong) > wrong:
                self.wrong[-1] += " after %r" % lines[max(0, i - 3):i]

    def line(self, line):
        if self.known(line):
            return
        for i in range(1, len(line)):
            if line[i] == line[i - 1] and self.known(line[:i] + line[i + 1:]):
                self.doubled += 1
                return
        self.wrong.append("unexpected line: %r" % line)

    def known(self, line):
        counted, typed = COUNTED.fullmatch(line), TYPED.fullmatch(line)
        if counted and counted[1] == counted[2]:
            self.counted = self.next("count", self.counted, int(counted[1]))
        elif typed:
            self.typed = self.next("typed", self.typed, int(typed[1]))
        elif EXPECTED.fullmatch(line) or line.strip(" ") == "" or PROMPT.startswith(line):
            pass
        elif self.is_part(line):
            self.parts += 1
        else:
            return False
        return True

    def next(self, what, last, number):
        if number == last:
            self.repeats += 1
        elif number != last + 1:
            self.wrong.append("%s %d follows %s %d" % (what, number, what, last))
        return number

    def is_part(self, line):
        """The beginning of the line that is under way."""
        wanted = "count %d abcdefghijklmnopqrstuvwxyz %d." % (self.counted + 1, self.counted + 1)
        return line != "" and (wanted.startswith(line) or ("typed %d" % (self.typed + 1)).startswith(line))


def check_typing(tap, machine):
    """kill uart: what is typed from the message on arrives whole; nothing happens to other programs."""
    machine.send("kill uart\r")
    machine.expect("\nuart: restarted\n")
    machine.settle()
    programs, begin = machine.ask("ps"), len(machine.text)
    for number in range(5):
        machine.send("kill uart\r")
        machine.expect("\nuart: restarted\n")
        line = "typed at once %d %s" % (number, "0123456789" * 8)
        machine.send("echo %s\r" % line)  # without waiting for the prompt
        answer = machine.expect("\n" + line + "\n" + PROMPT)
        tap.check("a line typed from the message on arrives whole, %d" % number,
                  "unknown command" not in answer, answer)
    said = set(re.findall(r"^\S+: .*$", machine.text[begin:], re.MULTILINE))
    after = machine.ask("ps")
    tap.check("nothing else notices", said <= {"uart: restarted"} and after == programs,
              "%s\n%s%s" % (said, programs, after))


def check_reader(tap, machine):
    machine.text, machine.position = "", 0
    machine.send("run count %d\r" % LINES_UNREAD)
    while "count %d abc" % LINES_UNREAD not in machine.text:
        time.sleep(0.05)
        if not machine.read():
            break
    machine.expect("\n" + PROMPT)
    lines = [found[1] for found in COUNTED.finditer(machine.text) if found[1] == found[2]]
    tap.check("a slow reader loses nothing", len(lines) == LINES_UNREAD, "%d of %d" % (len(lines), LINES_UNREAD))


def begin_load(machine):
    machine.text, machine.position = machine.text[machine.position:], 0
    machine.send("run count &\r")
    machine.expect("count 1 ")
    return Record()


def end_load(machine, record):
    machine.send("kill count\r")
    machine.expect("kill count\n")
    machine.settle()
    record.take(machine)


def report(tap, record, what, seconds):
    for wrong in record.wrong[:20]:
        tap.note(wrong)
    tap.check("every acknowledged line appears, whole and in order", record.wrong == [], len(record.wrong))
    tap.note("%s in %.1f s: %d printed lines, %d typed lines, %d repeated, %d in part besides, "
             "%d with a byte doubled" % (what, seconds, record.counted, record.typed, record.repeats, record.parts,
                                         record.doubled))


def kill_under_load(tap, machine, rounds):
    """From the shell: the servers are at rest, their work is not."""
    record = begin_load(machine)
    started = time.monotonic()
    for number in range(1, rounds + 1):
        server = SERVERS[number % 2]
        for _ in range(1 + number * 7 % 40):
            machine.expect(LINE_BEGINS)
        # Both in one go: the answer of the first is on its way when the second ends who carries it.
        machine.send("echo typed %d\rkill %s\r" % (number, server))
        machine.expect("\n%s: restarted\n" % server)
        record.take(machine)
        if len(record.wrong) > 20:
            break
    end_load(machine, record)
    tap.check("%d kills, each server started again" % rounds, record.restarts == rounds, record.restarts)
    tap.check("every typed line is answered", record.typed == rounds, record.typed)
    tap.check("each line appears once", record.repeats + record.parts + record.doubled == 0)
    report(tap, record, "%d kills from the shell" % rounds, time.monotonic() - started)


def kill_anywhere(machine, rounds):
    """By a program that ends the servers at any instruction (tests/system/killer.c), nobody typing."""
    record = begin_load(machine)
    machine.send("run killer %d &\r" % rounds)
    while "killer: %d kills" % rounds not in machine.text[:machine.position] + record.rest:
        record.take(machine)
        machine.expect("\n")
    end_load(machine, record)
    return record


def account(machine):
    """Memory and root's capabilities, after everything that is used later was there once."""
    machine.ask("run hello")
    for server in SERVERS:
        machine.send("kill %s\r" % server)
        machine.expect("\n%s: restarted\n" % server)
        machine.settle()
    return machine.ask("mem") + machine.ask("caps root")


def session(tap, machine, rounds):
    check_reader(tap, machine)
    check_typing(tap, machine)
    kill_anywhere(machine, 2)
    before = account(machine)
    kill_under_load(tap, machine, rounds)
    started = time.monotonic()
    record = kill_anywhere(machine, rounds)
    tap.check("at most one repetition for each kill", record.repeats + record.parts + record.doubled <= rounds)
    tap.check("the program printed meanwhile", record.counted > rounds, record.counted)
    report(tap, record, "%d kills anywhere" % rounds, time.monotonic() - started)
    after = account(machine)
    tap.check("every byte and every slot is back", after == before, before + after)


def main():
    end_on_signals()
    parser = argparse.ArgumentParser()
    parser.add_argument("board")
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    tap = Tap()
    run_parts(tap, arguments.board, lambda tap, machine: session(tap, machine, arguments.rounds),
              initrd=output("userland", "kills.cpio"), limit=60 + 2 * arguments.rounds)
    tap.finish()


if __name__ == "__main__":
    main()
