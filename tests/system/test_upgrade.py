#!/usr/bin/env python3
"""System test: running servers are replaced by other versions of themselves, with their state, under load.

    test_upgrade.py BOARD [--rounds N]

First what can be seen: a half-typed line, the history, callers that wait. Then successors that refuse, crash,
end or never answer: the old one goes on. Then N upgrades in a row, of the console server to its second
version and back and of the serial driver, while three programs print numbered lines and this test types: every
line appears, whole, in order and once.
"""

import argparse
import re
import time

from qemu import ICOUNT, PROMPT, Tap, end_on_signals, output, run_parts

UP, STATUS = "\033[A", "\x14"
TRIES = 5
NAMES = ("first", "second", "third")
COUNTED = re.compile(r"(first|second|third) (\d+) abcdefghijklmnopqrstuvwxyz (\d+)\.")
UPGRADED = re.compile(r"(console|uart): upgraded from (\w+) to (\w+)")
# What else may be on the screen: the line that is being typed, and what ends the load.
EXPECTED = re.compile(r"(tessera> )?(echo (typed|settled) \d+|run .* &|e|ec|ech|echo.*|r|ru|run.*)?|settled \d+|"
                      r"killer: \d+ upgrades")


def upgrade(tap, machine, name, image, before):
    machine.send("upgrade %s %s\r" % (name, image))
    machine.expect("\n%s: upgraded from %s to %s\n" % (name, before, image))
    machine.settle()
    answer = machine.ask("echo after %s" % image)
    tap.check("%s upgraded to %s" % (name, image), answer == "after %s\n" % image, answer)


def status(machine):
    machine.send(STATUS)
    found = machine.expect(re.compile(r"console 2: \d+ writes, \d+ readers, handed over \d+ times\n"))
    machine.expect(PROMPT)
    return [int(number) for number in re.findall(r"\d+", found)[-3:]]


def check_state(tap, machine):
    """The line that is being typed, and those before."""
    machine.ask("echo remembered")
    machine.send("run killer 1 upgrade &\r")
    machine.expect("console: upgraded from console to console2\n")
    machine.expect("killer: 1 upgrades\n")
    machine.settle()
    writes, readers, times = status(machine)
    tap.check("the second version shows what the first counted", writes > 2 and readers == 1 and times == 1,
              "%d %d %d" % (writes, readers, times))
    # The letters come in one by one meanwhile; `half` is there when the upgrade comes, or typed ahead.
    machine.send("run killer 4 upgrade &\r")
    for letter in "echo half":
        machine.send(letter)
    for what in ("console2 to console2", "uart to uart", "console2 to console", "uart to uart"):
        machine.expect("upgraded from %s\n" % what)
    machine.expect("killer: 4 upgrades\n")
    machine.send(" and half\r")
    machine.expect("\nhalf and half\n" + PROMPT)
    tap.check("a line half typed before goes on after it", True)
    machine.settle()
    upgrade(tap, machine, "console", "console2", "console")
    answer = machine.ask(UP * 9)
    tap.check("earlier lines are remembered", answer.endswith("remembered\n"), answer)
    upgrade(tap, machine, "console", "console", "console2")


def check_caller(tap, machine):
    """A program that waits in a server gets its answer from the next version of it."""
    machine.send("run tally &\r")
    machine.expect("tally: form 1\n")
    machine.settle()
    machine.ask("run call tally 10")
    machine.send("run ask tally &\r")
    machine.settle()
    machine.send("upgrade tally tally2\r")
    machine.expect("tally: form 2, a successor\n")
    machine.expect("tally: upgraded from tally to tally2\n")
    machine.settle()
    machine.send("run call tally 5\r")
    machine.expect("tally: label 1, 15\n")
    machine.settle()
    tap.check("who waited is answered by the next version, of the sum of before",
              "tally: label 0, 15\n" in machine.text and "CANCELLED" not in machine.text, machine.tail())
    answer = machine.ask("upgrade tally tally")
    tap.check("a version that does not know the form refuses",
              "tally: the state it was handed (version 2, 16 bytes): this program does not know its form\n" in answer and
              "the old one goes on" in answer and "upgrade: tally: the new version did not take over" in answer, answer)
    answer = machine.ask("run call tally 1")
    tap.check("and nothing of the state is lost", answer == "tally: label 0, 16\n", answer)
    machine.send("run poke\r")
    answer = machine.expect("poke: channel 1, label 0, sum 18\n")
    tap.check("signals and calls between programs with entry points", "tally: signal on channel 5\n" in answer, answer)
    machine.settle()
    machine.send("kill tally\r")
    machine.expect("tally: restarted\n")
    machine.expect("tally: form 2\n")  # by itself, above the prompt
    machine.settle()


def check_stays(tap, machine, name, image, why):
    machine.send("upgrade %s %s\r" % (name, image))
    machine.expect("%s: upgrade: %s; the old one goes on\n" % (name, why))
    machine.expect("upgrade: %s: the new version did not take over\n" % name)
    machine.settle()
    tap.check("%s in place of %s: %s" % (image, name, why), machine.ask("echo here") == "here\n")


def check_time(tap, machine):
    """A successor that never serves, and a server that never hands over."""
    check_stays(tap, machine, "console", "spin", "the new one does not take over in time")
    machine.send("run tally &\r")
    machine.expect("tally: form 1\n")
    machine.settle()
    machine.send("run ask tally 1 2 &\r")
    machine.expect("tally: never done\n")
    machine.settle()
    check_stays(tap, machine, "tally", "tally2", "it does not hand over in time")
    machine.ask("kill tally")
    machine.settle()


def check_old_ends(tap, machine):
    """A server that crashes, or does not come to an end, while it hands over: it is started again, as at other times."""
    for number, (first, why) in enumerate(((666, "the old one ended"), (660, "it does not hand over in time")), 1):
        machine.ask("run call tally %d" % first)
        machine.send("upgrade tally tally2\r")
        machine.expect("tally: upgrade: %s\n" % why)
        machine.expect("tally: restarted (%d of 3)\n" % number)
        machine.expect("upgrade: tally: the new version did not take over\n")
        machine.settle()
        machine.send("run call tally 7\r")
        answer = machine.expect(re.compile("tally: label .*\n"))
        machine.settle()
        tap.check("tally, while it hands over: %s; it serves again" % why, "label 0, 7\n" in answer, answer)
    machine.ask("kill tally")
    machine.settle()


def during(machine, line, *said):
    """
    Types the line while a successor of tally that never serves makes it wait; whether all of that is said. The wait is
    half a second, which may be over before a busy host comes to the line: so there are some tries.
    """
    for _ in range(TRIES):
        before = len(machine.text)
        machine.send("run killer 1 to spin tally &\r%s\r" % line)
        machine.expect(re.compile("killer: .*\n"))
        machine.settle()
        said_it = all(text in machine.text[before:] for text in said)
        machine.ask("resume tally")  # it was stopped, if the upgrade was over already
        while re.search("^killer ", machine.ask("ps"), re.MULTILINE):
            pass
        if said_it:
            return True
    return False


def check_meanwhile(tap, machine):
    """What is done to a server while it is upgraded."""
    for line in ("upgrade tally tally2", "upgrade console", "stop tally"):
        tap.check("'%s' during an upgrade of tally is refused" % line,
                  during(machine, line, ": another upgrade is under way\n"), machine.tail())
    for number, line in ((3, "kill"), (4, "restart")):
        tap.check("%s during its upgrade: it is started again" % line,
                  during(machine, line + " tally", "tally: upgrade: the old one ended\n", "tally: restarted\n"), machine.tail())
        machine.send("run call tally %d\r" % number)
        answer = machine.expect(re.compile("tally: label .*\n"))
        machine.settle()
        tap.check("and serves", "label 0, %d\n" % number in answer, answer)
    machine.send("run killer 1 to tally2 tally &\rkill killer\r")
    machine.settle()
    machine.send("run call tally 1\r")
    machine.expect("\ntally: label 0, 5\n")
    tap.check("who asked for an upgrade may end", True)


def check_bad(tap, machine):
    """Successors that cannot: the old one goes on, with the line that is being typed."""
    for image in ("hello", "crash", "tally2"):
        check_stays(tap, machine, "console", image, "the new one ended")
    machine.send("upgrade console late\r")
    machine.expect("console: fault: illegal instruction at ")
    machine.expect("console: back to console\n")
    machine.expect("console: restarted (1 of 3)\n")
    machine.expect("console: upgraded from console to late\n")  # it came into the log before
    machine.settle()
    tap.check("one that crashes afterwards: back to the one before", machine.ask("echo here") == "here\n")
    machine.ask("stop tally")
    answer = machine.ask("upgrade tally")
    tap.check("one that is stopped is not upgraded", answer == "upgrade: tally: it is stopped, or does not serve yet\n", answer)
    machine.ask("resume tally")
    answer = machine.ask("upgrade tally")
    machine.settle()
    tap.check("and resumed, it is", "tally: upgraded from tally2 to tally2\n" in machine.text, answer)
    for line, why in (("upgrade shell", "nothing to hand over"), ("upgrade nosuch", "no program of that name"),
                      ("upgrade console root", "no program of that name"), ("upgrade console nosuch", "no program of that name"), ("upgrade", "what?"),
                      ("upgrade console system", "the file is not a program for this machine")):
        answer = machine.ask(line)
        tap.check("'%s' is refused" % line, re.search("^upgrade.*" + re.escape(why), answer, re.MULTILINE), answer)


class Record:
    """The lines of the screen: each number of each program once and in order."""

    def __init__(self, names):
        self.at = dict.fromkeys(names, 0)
        self.typed, self.upgrades = 0, []
        self.wrong = []

    def take(self, text):
        for line in re.sub(r"\r+\n", "\n", text).split("\n"):
            self.line(line.rsplit("\r", 1)[-1])

    def line(self, line):
        counted, upgraded = COUNTED.fullmatch(line), UPGRADED.fullmatch(line)
        typed = re.fullmatch(r"typed (\d+)", line)
        if counted:
            if counted[2] != counted[3] or int(counted[2]) != self.at.get(counted[1], -1) + 1:
                self.wrong.append("%r after %d" % (line, self.at.get(counted[1], -1)))
            self.at[counted[1]] = int(counted[2])
        elif upgraded:
            self.upgrades.append(upgraded[1])
        elif typed:
            if int(typed[1]) != self.typed + 1:
                self.wrong.append("%r after %d" % (line, self.typed))
            self.typed = int(typed[1])
        elif line.strip(" ") and not EXPECTED.fullmatch(line):
            self.wrong.append("unexpected line: %r" % line)


def check_load(tap, machine, rounds):
    lines = 40 * rounds
    machine.text, machine.position = "", 0
    started = time.monotonic()
    for name in NAMES:
        machine.send("run count %d %s &\r" % (lines, name))
    machine.send("run killer %d upgrade &\r" % rounds)
    typed = 0
    while "killer: %d upgrades\n" % rounds not in machine.text:
        typed += 1
        machine.send("echo typed %d\r" % typed)
        machine.expect("\ntyped %d\n" % typed)
    for name in NAMES:
        if "%s %d abc" % (name, lines) not in machine.text:
            machine.expect(re.compile(r"%s %d abc.*\n" % (name, lines)))
    machine.settle()
    record = Record(NAMES)
    record.take(machine.text[:machine.position])
    for wrong in record.wrong[:20]:
        tap.note(wrong)
    tap.check("%d upgrades under load" % rounds, record.upgrades == ["console", "uart"] * (rounds // 2),
              record.upgrades)
    tap.check("every printed line appears whole, in order, once",
              not record.wrong and all(at == lines for at in record.at.values()), record.at)
    tap.check("every typed line is answered once", record.typed == typed, "%d of %d" % (record.typed, typed))
    tap.note("%d upgrades in %.1f s: %d printed lines, %d typed lines" % (
        rounds, time.monotonic() - started, lines * len(NAMES), typed))


def check_waiting(tap, machine):
    """The driver of the line crashes and is away for a while: who waits for it meanwhile goes on, and nothing is lost."""
    lines = 300
    machine.text, machine.position = "", 0
    machine.send("run count %d %s &\r" % (lines, NAMES[0]))
    machine.expect("%s 1 " % NAMES[0])
    machine.send("run killer 1 to late uart &\r")
    machine.expect("uart: restarted (1 of 3)\n")
    if "%s %d abc" % (NAMES[0], lines) not in machine.text:
        machine.expect(re.compile(r"%s %d abc.*\n" % (NAMES[0], lines)))
    machine.settle()
    # Root speaks through the firmware meanwhile, in the middle of what is under way.
    text, said = re.subn(r"uart: (fault: .*|back to uart|restarted \(1 of 3\))\n", "", machine.text[:machine.position])
    record = Record(NAMES)
    record.take(text.replace("uart: upgraded from uart to late\n", "").replace("killer: 1 upgrades\n", ""))
    tap.check("a driver that is away for a while: every line appears once", said == 3 and not record.wrong and
              record.at[NAMES[0]] == lines, "%d %s %s" % (said, record.wrong[:5], record.at))


def check_loads(rounds):
    def check(tap, machine):
        check_load(tap, machine, 4)
        before = account(machine)
        check_load(tap, machine, rounds)
        after = account(machine)
        tap.check("every byte and every slot is back", after == before, "%s\n%s" % (before, after))
    return check


def account(machine):
    """Where memory is, and how many capabilities root has; the order of both is that of the programs."""
    while re.search(r"^(count|killer) ", machine.ask("ps"), re.MULTILINE):
        pass  # they have said their last word, and end
    return sorted(machine.ask("mem").split("\n")), machine.ask("caps root").count("\n")


def boot(tap, arguments, icount, *parts):
    run_parts(tap, arguments.board, *parts, initrd=output("userland", "kills.cpio"), icount=icount,
              limit=100 + 2 * arguments.rounds)


def main():
    end_on_signals()
    parser = argparse.ArgumentParser()
    parser.add_argument("board")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    tap = Tap()
    boot(tap, arguments, ICOUNT, check_state, check_caller, check_bad, check_waiting, check_loads(arguments.rounds))
    # In real time: counting instructions, QEMU's sifive_u stops its clock while all harts sleep.
    boot(tap, arguments, None, check_time, check_old_ends, check_meanwhile)
    tap.finish()


if __name__ == "__main__":
    main()
