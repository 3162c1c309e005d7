#!/usr/bin/env python3
"""System test: programs are stopped, resumed, restarted from the shell, and started again after crashes.

    test_system.py BOARD

Two boots: the demo, and tests/system/restart.system, which has programs that crash and one whose device no
machine has. The second one runs in real time: counting instructions, QEMU's sifive_u stops its clock while all
harts sleep.
"""

import re
import sys
import time

from qemu import ICOUNT, PROMPT, Tap, end_on_signals, output, run_parts

RESTARTED = "patient: restarted (%d of 3)"


def state(machine, name):
    found = re.search(r"^%s +(\S+)" % name, machine.ask("ps"), re.MULTILINE)
    return found[1] if found else None


def refused(tap, machine, line, why):
    answer = machine.ask(line)
    command = line.split()[0]
    tap.check("'%s' is refused" % line, answer.startswith(command) and why in answer, answer)


def check_stop(tap, machine):
    machine.send("run spin one &\r")
    machine.expect("spinning")
    machine.settle()
    tap.check("stop", machine.ask("stop spin") == "" and state(machine, "spin") == "stopped")
    tap.check("what is stopped keeps its capabilities", "endpoint" in machine.ask("caps spin"))
    refused(tap, machine, "stop spin", "already")
    tap.check("resume", machine.ask("resume spin") == "" and state(machine, "spin") == "ready")
    refused(tap, machine, "resume spin", "already")
    machine.send("restart spin\r")
    answer = machine.expect(re.compile(r"spin: restarted\n[^$]*spinning"))
    tap.check("restart", "spin: restarted" in answer, answer)
    machine.settle()
    tap.check("a restarted program runs", state(machine, "spin") == "ready")
    machine.ask("stop spin")
    tap.check("what is stopped can be killed", machine.ask("kill spin") == "" and state(machine, "spin") is None)


def check_refusals(tap, machine):
    for name in ("uart", "console", "shell"):
        refused(tap, machine, "stop " + name, "nobody could type")
    for command in ("stop", "resume", "restart", "kill"):
        refused(tap, machine, command + " nosuch", "no program of that name")
        refused(tap, machine, command, "what?")
    refused(tap, machine, "run uart", "runs already")
    refused(tap, machine, "run system", "no program of that name")
    tap.check("the description is not among the programs", not re.search(r"\bsystem\b", machine.ask("run")))


def check_servers(tap, machine):
    for name in ("uart", "console"):
        machine.send("restart %s\r" % name)
        machine.expect("\n%s: restarted\n" % name)
        machine.settle()
        answer = machine.ask("echo after %s" % name)
        tap.check("restart of %s" % name, answer == "after %s\n" % name, answer)
    machine.send("restart shell\r")
    machine.expect("\nshell: restarted\n")
    machine.settle()
    tap.check("restart of the shell, by itself", machine.ask("echo new") == "new\n")


def check_stopped_server(tap, machine):
    """A driver that is stopped under a shell that calls it: Ctrl-C is the way out."""
    if state(machine, "rtc") is None:
        return
    machine.ask("stop rtc")
    machine.send("date\r")
    machine.expect("date\n")
    machine.send("\x03")
    answer = machine.expect("\n" + PROMPT)
    tap.check("Ctrl-C resumes what the shell waits for", "rtc: resumed\n" in answer and " UTC\n" in answer, answer)


def demo(tap, machine):
    before = machine.ask("mem") + machine.ask("caps root")
    for part in (check_stop, check_refusals, check_servers, check_stopped_server):
        part(tap, machine)
    after = machine.ask("mem") + machine.ask("caps root")
    tap.check("nothing is lost by it", frees(before) == frees(after), before + after)


def frees(text):
    """What must come back; sizes of pieces may differ."""
    return len(re.findall(r"^ +\d+  ", text, re.MULTILINE)) - len(re.findall(r"^ +\d+  untyped", text, re.MULTILINE))


def check_back_off(tap, machine):
    started = time.monotonic()
    machine.send("run patient &\r")
    machine.expect("patient: fault: read at ")
    machine.expect(RESTARTED % 1)
    first = time.monotonic()
    machine.expect("patient: fault: read at ")
    machine.expect(RESTARTED % 2)
    second = time.monotonic()
    machine.expect("patient: fault: read at ")
    machine.expect("patient: gave up after 3 crashes\n")
    machine.settle()
    tap.check("a crashed program is started again, and again later", first - started >= 0.15 and
              second - first >= 0.3, "%.3f s, %.3f s" % (first - started, second - first))
    tap.check("and in the end no more", state(machine, "patient") == "crashed")
    answer = machine.ask("ps")
    tap.check("ps counts its crashes", re.search(r"^patient .* 3  last: read$", answer, re.MULTILINE), answer)
    machine.send("run patient &\r")
    machine.expect(RESTARTED % 1)
    machine.expect("patient: fault: read at ")
    machine.settle()
    tap.check("started by hand, it has all its chances again", True)
    begin = len(machine.text)
    machine.ask("kill patient")
    pass_time(machine, 0.5)
    tap.check("kill ends the waiting", state(machine, "patient") == "crashed" and
              set(re.findall("patient: .*", machine.text[begin:])) == {"patient: not started again"}, machine.text[begin:])


def uptime(machine):
    machine.send("uptime\r")
    text = machine.expect(re.compile(r"\nup [\d.]+ s\n"))
    machine.settle()
    return float(text.split()[-2])


def pass_time(machine, seconds):
    """Of the machine's own time: one that the host keeps waiting has not had it."""
    end = uptime(machine) + seconds
    while uptime(machine) < end:
        pass


def check_relapse(tap, machine):
    """tests/system/relapse.c: whoever ran for ten seconds has all its chances again."""
    machine.send("run relapse &\r")
    machine.expect("relapse: restarted (1 of 2)\n")
    machine.expect("relapse: waits\n")
    said = machine.expect("relapse: gave up after 2 crashes\n")
    tap.check("after ten seconds of running its crashes are forgotten", said.count("relapse: restarted (1 of 2)\n") == 1, said)
    machine.settle()


def crashes(tap, machine):
    check_back_off(tap, machine)
    check_relapse(tap, machine)
    answer = machine.ask("run once")
    tap.check("a program without crashes to spend is not started again",
              "once: fault: " in answer and "restarted" not in answer and "gave up" not in answer, answer)
    answer = machine.ask("run hello from a template")
    tap.check("the template runs every other program", "argument 3: template\n" in answer, answer)
    tap.check("a program whose device is absent is not started", state(machine, "driver") is None)
    refused(tap, machine, "run driver", "does not have the device")
    refused(tap, machine, "run client", "does not have the device")
    for before in (0, 4096):
        answer = machine.ask("run large")
        tap.check("a program with the largest region, heap and stack runs; the region stays, %d pages" % before, answer ==
                  "large: %d pages of before\nlarge: region 4096, heap 3968, stack 60\n" % before, answer)
    answer = machine.ask("restart hello")
    tap.check("what has ended well is no longer there to restart", "no program" in answer, answer)


def main():
    end_on_signals()
    board, tap = sys.argv[1], Tap()
    for part, bundle, icount in ((demo, "bundle.cpio", ICOUNT), (crashes, "restart.cpio", None)):
        run_parts(tap, board, part, initrd=output("userland", bundle), icount=icount, limit=120)
    tap.finish()


if __name__ == "__main__":
    main()
