#!/usr/bin/env python3
"""System test: servers of policy, and what root gives them of the machine and of other programs.

    test_servers.py BOARD

virt counts instructions; sifive_u runs in real time: counting, QEMU's stops its clock while all harts sleep.
"""

import os
import re
import sys

from qemu import ICOUNT, ROOT, Tap, Trouble, end_on_signals, output, run_parts


def do(machine, line, *wanted):
    """Types a line, waits until all the texts have come, in any order, and until the prompt is there again."""
    before = len(machine.text)
    machine.send(line + "\r")
    while not all(text in machine.text[before:] for text in wanted):
        if not machine.read():
            raise Trouble("QEMU ended, with %r still expected; the last lines were:\n%s" % (wanted, machine.tail()))
    machine.settle()
    return machine.text[before:]


def wait_for(machine, state):
    """Asks ps until a line matches; the whole of what it said last, or None."""
    for _ in range(200):
        answer = do(machine, "ps")
        if re.search(state, answer, re.MULTILINE):
            return answer
    return None


def wait_end(machine, name):
    while re.search(r"^%s " % name, do(machine, "ps"), re.MULTILINE):
        pass


def check_scheduler(tap, machine):
    """tests/system/watcher.c: a server that holds all threads and contexts."""
    text = do(machine, "run watcher &", "watcher: watcher runs, priority 205, 100/1000 us\n")
    tap.check("a scheduler is shown who runs already", "watcher: console runs, priority 180, 2000/10000 us\n" in text,
              text)
    text = do(machine, "run spin a &", "spinning;", "watcher: spin has priority 1 and ")
    tap.check("and who is started, with thread and context",
              "watcher: spin runs, priority 50, 10000/10000 us\n" in text, text)
    answer = do(machine, "ps")
    tap.check("what it sets is in force", re.search(r"^spin +\S+ +1 +1000/100000 ", answer, re.MULTILINE), answer)
    text = do(machine, "kill spin", " is free\n")
    tap.check("and who has ended", re.search(r"watcher: number \d+ is free\n", text), text)
    do(machine, "run spin b &", "spinning;", "watcher: spin has priority 1 and ")
    text = do(machine, "kill watcher", "watcher: spin has priority 1 and ")
    tap.check("a scheduler that is started again finds all of them", "watcher: restarted\n" in text and
              "watcher: shell runs" in text, text)
    do(machine, "kill spin", " is free\n")
    do(machine, "stop watcher")


SETTLED = r"^passive +receiving +60 +passive"
AT_WORK = r"^passive +ready +60 +passive"


def check_sum(tap, machine, what):
    text = do(machine, "run call passive 1000", "passive: label ")
    tap.check(what, "passive: label 0, 500500\n" in text, text)


def check_forsaken(tap, machine):
    do(machine, "run call passive 3000000 &")
    wait_for(machine, AT_WORK)
    do(machine, "kill call")
    check_sum(tap, machine, "whose caller is ended goes on by itself, and answers the next")
    tap.check("and gives its context back again", wait_for(machine, SETTLED), machine.tail())


def check_passive(tap, machine, counts):
    """tests/system/adder.c: a server that runs on its callers' contexts."""
    for name in ("active", "passive"):
        do(machine, "run %s &" % name)
    tap.check("a passive server gives its context back", wait_for(machine, SETTLED), machine.tail())
    tap.check("and one that is not passive does not", wait_for(machine, r"^active +receiving +60 +10000/10000"))
    check_sum(tap, machine, "a passive server answers")
    text = do(machine, "run measure", "instructions, passive ")
    found = re.search(r"call and its answer: (\d+) instructions, passive (\d+)\n", text)
    cheaper = found and int(found[2]) < int(found[1])
    tap.check("calls are measured" + (", and one of it costs less" if counts else ""),
              found and (cheaper or not counts), text)
    tap.note(found[0].strip() if found else "")
    if counts:
        with open(os.path.join(ROOT, "userland", "README.md"), encoding="utf-8") as file:
            said = re.search(r"(\d+) instructions there and back instead of (\d+)", file.read())
        tap.check("the README's figures are no more than a tenth off", said and found and all(
            abs(int(found[i]) / int(said[3 - i]) - 1) < 0.1 for i in (1, 2)), said and said[0])
    for way in ("kill", "stop"):
        do(machine, "run call passive 1000000000000 &")
        tap.check("it works on its caller's context", wait_for(machine, AT_WORK), machine.tail())
        do(machine, "%s call" % way)
        do(machine, "kill call")
        do(machine, "kill passive", "passive: restarted\n")
        wait_for(machine, SETTLED)
        check_sum(tap, machine, "after the %s of its caller and its own end it answers" % way)
    check_forsaken(tap, machine)
    do(machine, "stop passive")
    tap.check("stop", wait_for(machine, r"^passive +stopped "), machine.tail())
    do(machine, "resume passive")
    check_sum(tap, machine, "stopped and resumed, it answers")
    wait_for(machine, SETTLED)
    do(machine, "run call passive 1000000000000 &")
    wait_for(machine, AT_WORK)
    text = do(machine, "kill passive", "passive: restarted\n", "call: CANCELLED: the partner")
    tap.check("killed under a caller, it is restarted and the caller is told", text)
    wait_end(machine, "call")
    check_sum(tap, machine, "and answers")


def check_passive_upgraded(tap, machine, counts):
    """At work on its caller's context, it hands over when it has answered. In real time it must not take too long."""
    number = 20000000 if counts else 1000000
    do(machine, "run passive &")
    wait_for(machine, SETTLED)
    before = len(machine.text)
    do(machine, "run call passive %d &" % number)
    at_work = wait_for(machine, AT_WORK) if counts else True
    text = do(machine, "upgrade passive", "upgrade")
    tap.check("a passive server at work is upgraded when it has answered", at_work and
              "passive: upgraded from adder to adder\n" in text, machine.text[before:])
    wait_end(machine, "call")
    tap.check("and its caller has the answer", "passive: label 0, %d\n" % (number * (number + 1) // 2) in
              machine.text[before:], machine.text[before:])
    tap.check("the new one gives its context back", wait_for(machine, SETTLED), machine.tail())
    for name, image in (("passive", "adder"), ("passive", "adder"), ("names", "names"), ("devices", "devices")):
        text = do(machine, "upgrade " + name, "upgrade")
        tap.check("%s at rest is upgraded" % name, "%s: upgraded from %s to %s\n" % (name, image, image) in text, text)
    wait_for(machine, SETTLED)
    check_sum(tap, machine, "and answers")
    check_forsaken(tap, machine)


def held(machine):
    """Device -> who has it, by `devices`."""
    answer = do(machine, "devices")
    return {found[1]: found[3] for found in re.finditer(r"^(\w+) +0x[0-9a-f]+ +\d+  (\S+) +(\S+)$", answer, re.MULTILINE)}


def check_devices(tap, machine):
    """The device server: registers and interrupts for those that the description names."""
    second = "rtc" if machine.board == "virt" else "uart1"
    device = "clock" if machine.board == "virt" else "second_line"
    found = held(machine)
    tap.check("devices tells who has what", found.get("console_line") == "uart" and found.get(device) == second, found)
    answer = do(machine, "caps root")
    tap.check("root has no handler, no right to interrupts, no frame of registers", "irq" not in answer and not
              re.search(r" frame +\S+ +0x(?!8)", answer), answer)
    answer = do(machine, "run outsider claim", "outsider: devices: ")
    tap.check("who is given no device is refused",
              "outsider: devices: the system description gives this program no device\n" in answer, answer)
    do(machine, "stop watcher")
    before = frees(machine)
    for name in ("devices", second, "uart", "devices"):
        do(machine, "kill " + name, name + ": restarted\n")
        tap.check("%s killed: everybody has what is his" % name, held(machine) == found, machine.tail())
    tap.check("nothing is left over", frees(machine) == before, machine.tail())
    do(machine, "stop devices")
    do(machine, "kill " + second, second + ": restarted\n")
    do(machine, "resume devices")
    tap.check("a driver waits for a device server that is stopped", wait_for_devices(machine, found), machine.tail())


def names(machine):
    """Name -> (provider, state, users), by `names`."""
    answer = do(machine, "names")
    return {found[1]: (found[2], found[3], found[4].split()) for found in re.finditer(
        r"^(\w+) +([\w-]+) +(registered|-) +(.*)$", answer, re.MULTILINE)}


def find(machine, arguments, wanted):
    return wanted in do(machine, "run outsider " + arguments, "outsider: ")


def check_denials(tap, machine):
    text = do(machine, "run outsider root", "outsider: root was asked\n")
    tap.check("what only some may ask of root is denied to others", "was not denied" not in text, text)


def check_names(tap, machine):
    """The name server: who may find whom."""
    clock = "registered" if machine.board == "virt" else "-"
    found = names(machine)
    tap.check("names tells providers and users", found.get("clock") == ("rtc", clock, ["shell", "program", "outsider"]) and
              found.get("sum") == ("summer", "-", ["outsider"]), found)
    tap.check("a name that is not described", find(machine, "colour", "outsider: colour: the system description knows no such"))
    tap.check("a name that another program may use",
              find(machine, "random", "outsider: random: the system description does not allow this program that name"))
    tap.check("a name whose provider does not run", find(machine, "sum", "outsider: sum: nobody serves that name now"))
    do(machine, "run summer &")
    while names(machine)["sum"][1] != "registered":
        pass
    tap.check("who is described finds it, and calls", find(machine, "sum 100", "outsider: sum answers 5050"))
    do(machine, "kill names", "names: restarted\n")
    tap.check("the name server killed, nothing is lost", find(machine, "sum 10", "outsider: sum answers 55") and
              names(machine)["sum"][1] == "registered", machine.tail())
    do(machine, "kill summer", "summer: restarted\n")
    tap.check("the provider killed, it registers again", find(machine, "sum 4", "outsider: sum answers 10"))
    do(machine, "stop names")
    do(machine, "run outsider sum 3 &")
    text = do(machine, "resume names", "outsider: sum answers 6\n")
    wait_end(machine, "outsider")
    tap.check("who asks while the name server is stopped waits", text)
    text = do(machine, "run outsider sum 13", "outsider: CANCELLED", "summer: restarted (1 of 2)\n")
    tap.check("a provider that crashes is there again", find(machine, "sum 3", "outsider: sum answers 6"), text)
    do(machine, "run outsider sum 13", "summer: gave up after 2 crashes\n")
    tap.check("and given up, its name is served no more", find(machine, "sum", "nobody serves that name now") and
              names(machine)["sum"][1] == "-", machine.tail())
    if machine.board == "virt":
        tap.check("a program of the template finds the clock", re.search(
            r"^now: \d+ seconds since 1970$", do(machine, "run now", "now: "), re.MULTILINE), machine.tail())
        do(machine, "kill rtc", "rtc: restarted\n")
        tap.check("and finds it again", "now: " in do(machine, "run now", "seconds since 1970"))
    else:
        tap.check("a machine without a clock", "now: clock: this machine lacks what would serve that name" in do(machine, "run now", "now: "))


def start_once(machine):
    do(machine, "run once &")
    while names(machine)["single"][1] != "registered":
        pass


def check_once(tap, machine):
    """A provider that nobody starts again: its callers are told, its name is served no more, until it runs by hand."""
    for turn in ("", ", run by hand once more"):
        start_once(machine)
        tap.check("a provider without a restart policy is found" + turn, find(machine, "single 10", "outsider: single answers 55"))
        do(machine, "run outsider single 1000000000000 &")
        wait_for(machine, r"^once +ready +40 +passive")
        do(machine, "run call once 3 &")
        wait_for(machine, r"^outsider +in-call (.*\n)*call +calling ")
        text = do(machine, "kill once", "outsider: ", "call: ")
        tap.check("ended, whom it served and who waited are told" + turn,
                  "outsider: CANCELLED: " in text and "call: CANCELLED: " in text, text)
        wait_end(machine, "call")
        wait_end(machine, "outsider")
        tap.check("and its name is free" + turn, names(machine)["single"][1] == "-" and
                  find(machine, "single 10", "outsider: single: nobody serves that name now"), machine.tail())
    start_once(machine)
    text = do(machine, "run outsider single 13", "outsider: ", "once: fault: ")
    tap.check("a crash of it is the same", "outsider: CANCELLED: " in text and
              names(machine)["single"][1] == "-", text)
    text = do(machine, "run summer colour &", "summer: providing")
    tap.check("a name that cannot be provided is complained of",
              "summer: providing 'colour': the system description knows no such name\n" in text, text)
    do(machine, "kill summer", "summer: restarted\n")
    text = do(machine, "run once sum &", "once: providing")
    tap.check("and one that is another's",
              "once: providing 'sum': the system description does not allow this program that name\n" in text, text)


def frees(machine):
    """What must come back; sizes of pieces may differ."""
    text = do(machine, "caps root")
    return len(re.findall(r"^ +\d+  (?!untyped)", text, re.MULTILINE)), re.findall(r"free +\d+", do(machine, "mem"))


def wait_for_devices(machine, wanted):
    for _ in range(50):
        if held(machine) == wanted:
            return True
    return False


def main():
    end_on_signals()
    board, tap = sys.argv[1], Tap()
    counts = board == "virt"
    run_parts(tap, board, check_scheduler, check_devices, check_denials, check_names, check_once,
              lambda tap, machine: check_passive(tap, machine, counts),
              lambda tap, machine: check_passive_upgraded(tap, machine, counts),
              initrd=output("userland", "servers.cpio"), icount=ICOUNT if counts else None, limit=100)
    tap.finish()


if __name__ == "__main__":
    main()
