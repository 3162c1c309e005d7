#!/usr/bin/env python3
"""System test: the scheduler server, asked and killed from the shell, with clients that compute and clients with jobs.

    test_sched.py BOARD [--kills N]

Shares and deadlines at their limits are measured on the bare kernel (tests/sched/); here it is the server, its
messages, the programs' lives, and what is left of it all when the server is ended: from the shell, which finds it at
rest, and by a program that interrupts it at any instruction (tests/system/killer.c).
"""

import argparse
import re

from qemu import PROMPT, Tap, end_on_signals, output, run_parts

POLICIES = ("fixed", "rr", "edf", "stride")
ROW = re.compile(r"^ *(\d+) +(\w+) +(\d+) +(\d+) +(\d+)/(\d+) +([\d.]+)% +(\d+) +(\d+) +(\d+)$", re.MULTILINE)


class Client:
    def __init__(self, row):
        self.number, self.name = int(row[0]), row[1]
        self.weight, self.priority, self.budget, self.period = map(int, row[2:6])
        self.share, self.jobs, self.missed, self.overran = float(row[6]), *map(int, row[7:])

    def granted(self):
        """What stays while nothing happens; the chosen one's priority is the same as any other one's."""
        return self.number, self.name, self.weight, self.budget, self.period


def look(machine):
    """(policy, clients)"""
    answer = machine.ask("sched")
    return answer.split(";")[0], [Client(row) for row in ROW.findall(answer)]


def start(machine, arguments):
    machine.ask("run load %s &" % arguments)
    return arguments


def pass_time(machine, ms):
    """Waits in the machine's own time, at little cost to anybody."""
    machine.send("run load budget=50 period=%d work=1 jobs=%d\r" % (10000, ms // 10))
    machine.expect(re.compile(r"\nload: .*\n"))
    machine.expect(PROMPT)


def kill_all(machine):
    for _ in range(12):
        if machine.ask("kill load") != "":
            return


def check_commands(tap, machine):
    policy, clients = look(machine)
    tap.check("at the start: fixed priority, no clients", policy == "fixed" and clients == [], (policy, clients))
    answer = machine.ask("sched nosuch")
    tap.check("an unknown policy: a list", answer.startswith("sched: nosuch: no such policy\n") and
              all("\n  " + name in answer for name in POLICIES), answer)
    answer = machine.ask("caps sched")
    types = sorted(set(re.findall(r"^ +\d+  (\S+)", answer, re.MULTILINE)))
    tap.check("it holds SchedControl, threads and what a server needs, and nothing else", types == sorted(
        ["cnode", "endpoint", "notification", "reply", "sched-control", "tcb", "timer", "untyped", "vspace"]), answer)


def check_shares(tap, machine):
    for weight in (1, 2, 4):
        start(machine, "weight=%d" % weight)
    for policy in ("rr", "stride"):
        machine.ask("sched " + policy)
        pass_time(machine, 20)
        look(machine)
        pass_time(machine, 400)
        found, clients = look(machine)
        spinning = [client for client in clients if client.weight in (1, 2, 4) and client.period < 10000]
        whole = sum(client.share for client in spinning)
        tap.note("%s: %s" % (policy, ", ".join("weight %d: %.1f%%" % (c.weight, c.share) for c in spinning)))
        tap.check("%s: weights 1, 2, 4" % policy, found == policy and len(spinning) == 3 and whole > 90 and all(
            abs(c.share * 7 / c.weight / whole - 1) < 0.05 for c in spinning), [vars(c) for c in clients])
    kill_all(machine)
    tap.check("who ends leaves", look(machine)[1] == [])


def check_deadlines(tap, machine):
    """One client always computes: a machine that sleeps is woken by the host, late, and no deadline holds."""
    machine.ask("sched edf")
    start(machine, "weight=1")
    start(machine, "budget=300 period=1000")
    machine.send("run load budget=1500 period=3000 jobs=100\r")
    answer = machine.expect("\n" + PROMPT)
    tap.check("edf: no job is late, with one that takes what is left", "load: 100 jobs, 0 late, " in answer, answer)
    answer = machine.ask("run load budget=700 period=1000")
    tap.check("edf: what is too much is refused, with the numbers", answer.startswith(
        "load: refused: load: deadlines would be missed: 100.00% of the processor, at most 97.00%\n"), answer)
    _, clients = look(machine)
    tap.check("edf: and all is as before", [(c.budget, c.period) for c in clients if c.budget < c.period] ==
              [(300, 1000)], [vars(c) for c in clients])
    kill_all(machine)
    machine.settle()
    start(machine, "weight=1")
    start(machine, "budget=100 period=1000 work=350")
    machine.send("run load budget=1500 period=2000 jobs=100\r")
    answer = machine.expect("\n" + PROMPT)
    tap.check("edf: who needs more than it asked for delays itself alone", "load: 100 jobs, 0 late, " in answer, answer)
    _, clients = look(machine)
    tap.check("edf: its overruns are counted", clients[1].overran > 10 and clients[1].missed > 10,
              [vars(c) for c in clients])
    kill_all(machine)


def check_switching(tap, machine):
    machine.ask("sched fixed")
    for _ in range(2):
        start(machine, "budget=600 period=1000")
    pass_time(machine, 20)
    answer = machine.ask("sched edf")
    tap.check("a policy that would refuse a client is refused", "sched: edf: refused: load: deadlines" in answer and
              "120.00%" in answer and look(machine)[0] == "fixed", answer)
    kill_all(machine)
    start(machine, "weight=3")
    start(machine, "budget=200 period=1000")
    jobs = 0
    for policy in POLICIES * 3:
        machine.ask("sched " + policy)
        pass_time(machine, 30)
        found, clients = look(machine)
        if not (found == policy and len(clients) == 2 and clients[1].jobs > jobs):
            tap.check("switch to %s" % policy, False, (found, [vars(c) for c in clients]))
        jobs = clients[1].jobs
    tap.check("policies change under running clients: %d jobs meanwhile" % jobs, jobs > 200, jobs)
    kill_all(machine)


def check_kill(tap, machine):
    """From the shell, under each policy: budgets stay, the next server goes on."""
    start(machine, "weight=1")
    start(machine, "weight=4")
    start(machine, "budget=200 period=1000")
    pass_time(machine, 100)  # until each has said what it needs
    for policy in POLICIES:
        machine.ask("sched " + policy)
        _, before = look(machine)
        machine.send("kill sched\r")
        text = machine.expect("sched: goes on with %s\n" % policy)
        machine.settle()
        found, after = look(machine)
        tap.check("%s: killed, it goes on" % policy, "sched: restarted\n" in text and found == policy and
                  [c.granted() for c in before] == [c.granted() for c in after], (text, found))
        pass_time(machine, 100)
        _, later = look(machine)
        tap.check("%s: and so do its clients" % policy, later[2].jobs > before[2].jobs + 80 and
                  all(c.share > 1 for c in later[:3]), [vars(c) for c in later])
    kill_all(machine)


def check_absence(tap, machine):
    """While there is no server, the kernel enforces what it was told."""
    machine.ask("sched rr")
    for weight in (1, 4):
        start(machine, "weight=%d" % weight)
    pass_time(machine, 20)
    machine.ask("stop sched")
    machine.ask("run work")  # ends after 200 million instructions of its own
    machine.ask("resume sched")
    _, clients = look(machine)
    one, four = clients[0].share, clients[1].share
    tap.note("without the server: weight 1: %.1f%%, weight 4: %.1f%%" % (one, four))
    tap.check("threads keep the budgets they have", one > 2 and 3.6 < four / one < 4.4, [vars(c) for c in clients])
    kill_all(machine)


def check_kill_anywhere(tap, machine, kills):
    for policy in ("edf", "stride"):
        machine.ask("sched " + policy)
        start(machine, "weight=2")
        machine.send("run load budget=150 period=1000 jobs=2000 &\r")
        machine.expect(PROMPT)
        machine.send("run killer %d sched &\r" % kills)
        machine.expect("killer: %d kills\n" % kills)
        machine.settle()
        found, clients = look(machine)
        jobs, missed = clients[1].jobs, clients[1].missed
        tap.note("%s: %d kills, %d jobs, %d of them late" % (policy, kills, jobs, missed))
        tap.check("%s: %d kills anywhere" % (policy, kills), found == policy and len(clients) == 2 and
                  clients[0].weight == 2 and (clients[1].budget, clients[1].period)[policy == "stride"] ==
                  (150, 1000)[policy == "stride"], [vars(c) for c in clients])
        pass_time(machine, 200)
        found, clients = look(machine)
        tap.check("%s: jobs are done again, and in time" % policy, clients[1].jobs >= jobs + 190 and
                  (policy != "edf" or clients[1].missed <= missed + 1), [vars(c) for c in clients])
        kill_all(machine)


def session(tap, machine, kills):
    machine.ask("run hello")
    check_commands(tap, machine)
    check_shares(tap, machine)
    check_deadlines(tap, machine)
    check_switching(tap, machine)
    check_kill(tap, machine)
    check_absence(tap, machine)
    check_kill_anywhere(tap, machine, kills)
    said = set(re.findall(r"^sched: .*$", machine.text, re.MULTILINE))
    wanted = {"sched: restarted"} | {"sched: goes on with " + policy for policy in POLICIES}
    tap.check("the server complained of nothing", all(
        line in wanted or "no such policy" in line or "refused" in line for line in said), said)


def main():
    end_on_signals()
    parser = argparse.ArgumentParser()
    parser.add_argument("board")
    parser.add_argument("--kills", type=int, default=25)
    arguments = parser.parse_args()
    tap = Tap()
    run_parts(tap, arguments.board, lambda tap, machine: session(tap, machine, arguments.kills),
              initrd=output("userland", "kills.cpio"), limit=240 + arguments.kills)
    tap.finish()


if __name__ == "__main__":
    main()
