#!/usr/bin/env python3
"""System test: what root says of programs that loop or do not answer, and of whom it says nothing (userland/root/watch.c).

    test_watch.py BOARD

The gallery has one of each (test_gallery.py); here are the servers and clients among which a mistake could be made:
tests/system/watch.xml; and upgrades, schedulers and copies, beside a template with `overruns`: tests/system/loops.xml. A
program computes beside them: counting instructions, QEMU's sifive_u stops its clock while all harts sleep.
"""

import re
import sys

from qemu import Tap, end_on_signals, output, run_parts
from test_gallery import beside_spin, listing, pass_time

FOR_EVER, TIMES = 10 ** 15, 4000
LINE = re.compile(r"(\w+): ([^:\n]*) at 0x([0-9a-f]+), address 0x([0-9a-f]+)\n")


def run(machine, words):
    machine.send("run %s &\r" % words)
    machine.settle()


def told(machine, begin):
    """[(name, cause, pc, address)] of what was said since."""
    return LINE.findall(machine.text[begin:])


def alone(check):
    """With no more said than what the check finds, beside who computes when nobody else wants to."""
    def part(tap, machine):
        run(machine, "idler")
        check(tap, machine)
        machine.ask("kill idler")
        machine.settle()
    return part


def end(machine, *names):
    for name in names:
        machine.send("kill %s\r" % name)
        machine.settle()


def upgrade(machine, words):
    """Who has said something need not serve yet."""
    begin = None
    while begin is None or "does not serve yet" in machine.text[begin:]:
        begin = len(machine.text)
        machine.send("upgrade %s\r" % words)
        machine.settle()
    return machine.text[begin:]


def is_in(image, functions, pc):
    table = re.findall(r"^([0-9a-f]+) ([0-9a-f]+) T (?:%s)$" % functions, listing(output("userland", image), "-S"), re.MULTILINE)
    return any(int(at, 16) <= int(pc, 16) < int(at, 16) + int(size, 16) for at, size in table)


@beside_spin
def check_in_time(tap, machine):
    """Three callers without a pause, one of whom found it by name, and one who waits for somebody else for long."""
    begin = len(machine.text)
    for words in ("slow", "prompt", "caller slow 1 %d" % FOR_EVER):
        run(machine, words)
    for words in ("finder prompt %d 10", "caller prompt %d 10", "caller prompt %d 10"):
        machine.send("run %s &\r" % (words % TIMES))
    for _ in range(3):
        machine.expect("caller: 55\n")
    machine.settle()
    pass_time(machine, 0.2)
    tap.check("nothing is said of a server that answers in time", not told(machine, begin), told(machine, begin))
    for name in ("slow", "prompt", "caller"):
        machine.send("kill %s\r" % name)
        machine.settle()


@beside_spin
def check_late(tap, machine):
    for words in ("caller late", "finder late"):
        run(machine, "late")
        begin = len(machine.text)
        machine.send("run %s 1 %d &\r" % (words, FOR_EVER))
        machine.expect(LINE)
        run(machine, "caller late 1 1")
        pass_time(machine, 0.2)
        found = told(machine, begin)
        name = words.split()[0]
        good = len(found) == 1 and found[0][:2] == ("late", "has not answered %s for 20 ms" % name) and \
            is_in("adder.elf", "protected|tess_mr_get", found[0][2]) and found[0][3] == "2"
        tap.check("a server that computes instead of answering '%s' is told of once" % words, good, found)
        for other in ("late", "caller", "finder"):
            machine.send("kill %s\r" % other)
            machine.settle()

    begin = len(machine.text)
    run(machine, "deaf")
    run(machine, "caller deaf 1 1")
    pass_time(machine, 0.2)
    found = told(machine, begin)
    tap.check("and one that never receives", len(found) == 1 and
              found[0][:2] == ("deaf", "has not answered caller for 20 ms") and found[0][3] == "2", found)
    machine.ask("kill deaf")
    machine.settle()


@beside_spin
def check_several(tap, machine):
    """Two wait, of whom one might: which of them it is, nobody can say."""
    begin = len(machine.text)
    for words in ("late", "slow", "caller slow 1 %d" % FOR_EVER):
        run(machine, words)
    calls = 0
    while calls < 2:  # for good, not only to say that it is there
        calls = calls + 1 if re.search(r"^caller +in-call ", machine.ask("ps"), re.MULTILINE) else 0
    run(machine, "finder late 1 %d" % FOR_EVER)
    pass_time(machine, 0.1)
    found = told(machine, begin)
    tap.check("who may be another one is not named", [one[:2] for one in found] ==
              [("late", "has not answered a client for 20 ms")], found)
    end(machine, "late", "slow", "finder", "caller")


@beside_spin
def check_passive(tap, machine):
    """A passive client runs on its caller's context."""
    begin = len(machine.text)
    for words in ("late", "relay"):
        run(machine, words)
    machine.ask("run user relay 3 500000")
    tap.check("nothing is said of a server that answers a passive client in time", not told(machine, begin), told(machine, begin))
    run(machine, "user relay 1 %d" % FOR_EVER)
    machine.expect(LINE)
    pass_time(machine, 0.1)
    found = told(machine, begin)
    tap.check("a passive client waits for too long", [one[:2] for one in found] ==
              [("late", "has not answered relay for 20 ms")], found)
    end(machine, "late", "user", "relay")


@beside_spin
def check_stopped(tap, machine):
    begin = len(machine.text)
    run(machine, "late")
    machine.ask("stop late")
    run(machine, "caller late 1 10")
    pass_time(machine, 0.2)
    machine.send("resume late\r")
    machine.expect("caller: 55\n")
    machine.settle()
    tap.check("nothing is said of a server that was stopped", not told(machine, begin), told(machine, begin))
    machine.ask("kill late")


@beside_spin
def check_child(tap, machine):
    begin = len(machine.text)
    run(machine, "parent")
    machine.expect("looper: budget used up")
    pass_time(machine, 0.3)
    found = told(machine, begin)
    good = len(found) == 1 and found[0][1] == "budget used up 20 times in a row" and is_in("spin.elf", "main", found[0][2])
    tap.check("root says of a child that it loops, once", good and found[0][2] == found[0][3], found)
    machine.ask("kill parent")
    machine.settle()


def check_denied(tap, machine):
    answer = machine.ask("run caller root")
    tap.check("who serves nobody cannot say who floods it", answer == "caller: this program may not ask that\n", answer)


# ---- Upgrades, schedulers, copies ----------------------------------------------------------------------------

@alone
def check_upgrades(tap, machine):
    """`tally` holds a call until it is sent another word; its second form cannot go back to the first."""
    said = ("tally", "has not answered call for 100 ms")

    def serve_and_call():
        machine.send("run tally &\r")
        machine.expect("tally: form")
        machine.settle()
        run(machine, "call tally")

    def wait_and_count(begin):
        machine.expect(LINE)
        pass_time(machine, 0.3)
        return [one[:2] for one in told(machine, begin)]

    begin = len(machine.text)
    serve_and_call()
    answer = upgrade(machine, "tally tally2")
    found = wait_and_count(begin)
    tap.check("a call that was taken over and is not answered is told of once", found == [said], (answer, found))
    upgrade(machine, "tally tally")
    pass_time(machine, 0.3)
    found = [one[:2] for one in told(machine, begin)]
    tap.check("nor again when an upgrade fails", "the old one goes on" in machine.text[begin:] and found == [said],
              (found, machine.text[begin:]))
    upgrade(machine, "tally tally2")
    pass_time(machine, 0.3)
    found = [one[:2] for one in told(machine, begin)]
    tap.check("nor by the next version", machine.text[begin:].count("tally: upgraded") == 2 and found == [said], found)
    run(machine, "caller tally 1 1")
    pass_time(machine, 0.1)
    begin = len(machine.text)
    run(machine, "call tally")
    found = wait_and_count(begin)
    tap.check("but of the next call", found == [said], found)
    end(machine, "call", "tally")
    begin = len(machine.text)
    serve_and_call()
    upgrade(machine, "tally tally")
    found = wait_and_count(begin)
    tap.check("an upgrade that stays with the old one: told of once", found == [said] and
              "the old one goes on" in machine.text[begin:], (found, machine.text[begin:]))
    end(machine, "call", "tally")


@alone
def check_slow_upgrade(tap, machine):
    begin = len(machine.text)
    run(machine, "dozer")
    machine.ask("run caller dozer 1 1")  # it serves
    run(machine, "caller dozer 30000 1")
    machine.send("upgrade dozer\r")
    machine.expect("dozer: upgraded")
    pass_time(machine, 0.1)
    tap.check("nothing is said of who waited while a server was upgraded", not told(machine, begin), told(machine, begin))
    end(machine, "caller", "dozer")


@alone
def check_complaints(tap, machine):
    """What a server may say of its clients: `dozer` is told whom it is to accuse, and sends back root's answer."""
    def accuse(words):
        machine.send("run call dozer %s\r" % words)
        answer = machine.expect(re.compile(r"dozer: label 0, \d+\n")).split()[-1]
        machine.settle()
        return answer

    run(machine, "dozer")
    begin = len(machine.text)
    answers = [accuse(words) for words in ("77 0xffffffffffffffff", "1 0")]
    tap.check("nothing is said of a badge that nobody has, nor of a run that began later",
              answers == ["3", "3"] and not told(machine, begin), answers)
    answer = accuse("1 0xffffffffffffffff")
    found = told(machine, begin)
    tap.check("but of one that ran", answer == "0" and [one[:2] for one in found] == [("call", "floods dozer")], found)
    for name in ("caller", "finder"):
        begin = len(machine.text)
        machine.send("run %s dozer 1 99 where\r" % name)
        by = machine.expect(re.compile(r"caller: by 0x([0-9a-f]+)\n")).split()[-1]
        machine.settle()
        found = told(machine, begin)
        tap.check("'%s' is said to call by the capability that it calls by" % name, len(found) == 1 and
                  found[0][:2] == (name, "floods dozer") and "0x" + found[0][3] == by, (found, by))
    end(machine, "dozer")


@alone
def check_one_line(tap, machine):
    begin = len(machine.text)
    run(machine, "caller console 2000 0 spin")
    machine.expect("caller: ")
    pass_time(machine, 0.5)
    found = told(machine, begin)
    tap.check("who floods and computes for ever then is told of once", [one[:2] for one in found] ==
              [("caller", "floods console")], found)
    end(machine, "caller")


@alone
def check_copy(tap, machine):
    begin = len(machine.text)
    run(machine, "paged console 1000000 0 copy")
    machine.expect("floods console")
    pass_time(machine, 0.2)
    found = re.findall(r"(\S+): floods console", machine.text[begin:])
    tap.check("of a program and its copy, that one is told of which floods", len(found) == 1 and
              re.fullmatch(r"paged\.\d+", found[0]), found)
    end(machine, "paged", *found)


@alone
def check_scheduled(tap, machine):
    """The timeout faults of a template's program are a scheduler's when it asks for them, until the next run."""
    said = ("spin", "budget used up 20 times in a row")
    machine.ask("sched edf")
    begin = len(machine.text)
    run(machine, "spin")
    pass_time(machine, 0.5)
    overran = re.search(r"^ *\d+ +spin .* (\d+)$", machine.ask("sched"), re.MULTILINE)
    tap.check("under EDF the scheduler is told of used-up budgets, and root says nothing", overran and
              int(overran[1]) > 20 and not told(machine, begin), (overran and overran[0], told(machine, begin)))
    machine.ask("sched fixed")
    pass_time(machine, 0.5)
    tap.check("nor later in this run", not told(machine, begin), told(machine, begin))
    machine.ask("run hello")
    end(machine, "spin")
    run(machine, "spin")
    pass_time(machine, 0.5)
    found = [one[:2] for one in told(machine, begin)]
    tap.check("but in the next one", found == [said], found)
    for policy in ("edf", "stride", "rr", "fixed"):
        machine.ask("sched " + policy)
        pass_time(machine, 0.1)
    found = [one[:2] for one in told(machine, begin)]
    tap.check("once, whatever policies come", found == [said], found)
    end(machine, "spin")
    begin = len(machine.text)
    run(machine, "load budget=2000 period=40000 work=8000")
    pass_time(machine, 1.2)
    found = [one[1] for one in told(machine, begin)]
    tap.check("periods are those that the scheduler has set", found == [said[1]], found)
    end(machine, "load")


def main():
    end_on_signals()
    tap = Tap()
    run_parts(tap, sys.argv[1], check_in_time, check_late, check_several, check_passive, check_stopped, check_child,
              check_denied, initrd=output("userland", "watch.cpio"), limit=290)
    run_parts(tap, sys.argv[1], check_upgrades, check_slow_upgrade, check_complaints, check_one_line, check_copy,
              check_scheduled, initrd=output("userland", "loops.cpio"), limit=290, name="loops")
    tap.finish()


if __name__ == "__main__":
    main()
