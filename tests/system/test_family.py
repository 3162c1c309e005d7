#!/usr/bin/env python3
"""System test: programs inside programs, capabilities that travel, and the server library: userland/examples.system and
what tests/system/family.xml adds.

    test_family.py BOARD

virt counts instructions; sifive_u runs in real time: counting, QEMU's stops its clock while all harts sleep.
"""

import os
import random
import re
import sys

from qemu import ICOUNT, ROOT, Tap, end_on_signals, output, run_parts
from test_servers import do, frees, wait_end, wait_for


ROUNDS = 100
FAILED = (1 << 52) - 1  # TESS_LABEL_FAILED


def line_of(name, state):
    return r"^%s +%s " % (name, state)


def readme_lines():
    """What userland/README.md shows of a parent and its child, without what is typed."""
    with open(os.path.join(ROOT, "userland", "README.md"), encoding="utf-8") as file:
        section = file.read().partition("\n## Programs inside programs\n")[2].partition("\n## ")[0]
    return [line for line in re.findall(r"^    (?! )(.+)$", section, re.MULTILINE) if re.match(r"\w+: ", line)]


def alike(text):
    return re.sub(r"0x[0-9a-f]+", "0xN", text)


def check_parent(tap, machine):
    """userland/examples/parent: the fault entry point; restart, stop and resume of a child."""
    do(machine, "run parent &", "first: ready\n", "second: ready\n")
    do(machine, "run call second 1", "second: label 0, 1\n")
    for count in range(2):
        text = do(machine, "run call first 13", "first: restarted\n", "first: ready\n", "call: CANCELLED: the partner")
        tap.check("a child faults: its parent tells the cause and starts it again, %d" % (count + 1), re.search(
            r"^parent: child 0: write at 0x[0-9a-f]+, address 0xd$", text, re.MULTILINE), text)
        tap.check("and root says nothing of the fault", "first: fault" not in text, text)
    shown = readme_lines()
    tap.check("userland/README.md shows the same", len(shown) == 2 and all(alike(line) in alike(text) for line in shown), shown)
    tap.check("a child that is started again begins anew", do(machine, "run call first 1", "first: label 0, 1\n"))
    tap.check("a second child goes on as if nothing were", do(machine, "run call second 1", "second: label 0, 2\n"))
    text = do(machine, "run call first 13", "first: restarted (1 of 2)\n", "first: ready\n")
    tap.check("what the parent passes on, root handles as it is described", re.search(
        r"parent: child 0: write [^\n]+\nfirst: fault: write at 0x[0-9a-f]+, address 0xd\n", text), text)
    text = do(machine, "ps")
    tap.check("ps counts the faults of both kinds", re.search(r"^first .* 3  last: write$", text, re.MULTILINE), text)
    do(machine, "run call parent 1 1", "parent: label 0\n")
    tap.check("a parent stops its child", wait_for(machine, line_of("second", "stopped")))
    do(machine, "run call parent 1 1", "parent: label 13\n")
    do(machine, "run call parent 1 2", "parent: label 0\n")
    tap.check("and resumes it", do(machine, "run call second 1", "second: label 0, 3\n"))
    do(machine, "run call parent 1 2", "parent: label 13\n")
    do(machine, "run call parent 1 0", "second: restarted\n", "second: ready\n")
    tap.check("and restarts it", do(machine, "run call second 1", "second: label 0, 1\n"))
    text = do(machine, "caps parent")
    tap.check("all it holds of them are two endpoints to call", len(re.findall(r"endpoint +--c- +0x1\d{8} ", text)) == 2 and
              not re.search(r" (tcb|cnode|vspace|untyped|sched-context) ", text), text)


def check_shell(tap, machine):
    """What run, kill, stop, resume and restart do with parents and children."""
    text = do(machine, "kill first", "first: restarted\n", "first: ready\n")
    tap.check("kill of a child: root starts it again as it is described", "parent:" not in text, text)
    do(machine, "kill second")
    tap.check("or not", not re.search(line_of("second", r"\S+"), do(machine, "ps"), re.MULTILINE))
    do(machine, "run call parent 1 0", "parent: label 0\n", "second: ready\n")
    tap.check("restart by the parent starts one that does not run", True)
    do(machine, "restart second", "second: restarted\n", "second: ready\n")
    do(machine, "stop parent")
    do(machine, "run call first 13 &")
    tap.check("a fault waits for a parent that is stopped", wait_for(machine, line_of("first", "faulted")), machine.tail())
    text = do(machine, "resume parent", "parent: child 0: write", "first: gave up after 2 crashes\n")
    tap.check("root gives a child up as any other program", text)
    wait_end(machine, "call")
    text = do(machine, "kill parent", "parent: restarted\n", "first: ready\n", "second: ready\n")
    tap.check("the end of a parent is that of its children, which start behind it again",
              "first: ended" not in text and "second: ended with its parent, parent\n" in text, text)
    do(machine, "run call first 13", "first: restarted\n", "first: ready\n")
    do(machine, "run call first 13", "first: restarted\n", "first: ready\n")
    do(machine, "run call first 13", "first: restarted (1 of 2)\n", "first: ready\n")
    tap.check("and all is as at first", do(machine, "run call first 1", "first: label 0, 1\n"))


def manner(machine, number):
    do(machine, "run call nanny %d" % number, "nanny: label 0\n")


def check_faults(tap, machine):
    """tests/system/nanny.c: all that a fault entry point can answer."""
    do(machine, "run nanny &", "kid: ready\n", "toddler: ready\n")
    manner(machine, 1)
    text = do(machine, "run call kid 5", "kid: label 0, 0\n")
    tap.check("an answer with a word: the child goes on there",
              text.count("nanny: child 0: write at address 0x5, 4 words: skip\n") == 1, text)
    manner(machine, 2)
    text = do(machine, "run call kid 5", "kid: label 0, 0\n")
    tap.check("an answer without: at its pc", text.count("4 words: again\n") == 3, text)
    manner(machine, 0)
    do(machine, "run call kid 5 &", "4 words: leave\n")
    tap.check("no answer: it stays where it is", wait_for(machine, r"^kid +inactive .* 1  last: write$"), machine.tail())
    do(machine, "resume kid", "4 words: leave\n")
    manner(machine, 1)
    text = do(machine, "resume kid", "4 words: skip\n", "kid: label 0, 0\n")
    tap.check("resume lets it try again", text)
    manner(machine, 3)
    do(machine, "run call kid 5 &", "4 words: hold\n")
    tap.check("a held fault", wait_for(machine, line_of("kid", "faulted")))
    do(machine, "upgrade nanny", "nanny: upgraded from nanny to nanny\n")
    tap.check("is still held after an upgrade of the parent", wait_for(machine, line_of("kid", "faulted")))
    do(machine, "run call nanny 10", "kid: label 0, 0\n")
    tap.check("and answered later", wait_for(machine, line_of("kid", "receiving")))
    manner(machine, 5)
    do(machine, "run call kid 5 &", "nanny: stopped: no error\n")
    tap.check("a child that is stopped in its fault", wait_for(machine, line_of("kid", "stopped")))
    manner(machine, 4)
    text = do(machine, "resume kid", "nanny: passed on: no error\n", "kid: restarted (1 of 3)\n", "toddler: ready\n")
    tap.check("a child that is ended ends its own", "toddler: ended with its parent, kid\n" in text and
              "kid: fault: write at " in text, text)
    wait_end(machine, "call")
    text = do(machine, "run call nanny 11", "nanny: label 0\n")
    tap.check("what stands at no fault is not passed on", "nanny: the request makes no sense\n" in text, text)
    text = do(machine, "run call nanny 12", "nanny: label 0\n")
    tap.check("what a parent holds of a child is good for nothing else", "nanny: this program may not ask that\n" in text, text)
    manner(machine, 3)
    do(machine, "run call kid 5 &", "4 words: hold\n")
    do(machine, "kill kid", "kid: restarted\n", "toddler: ready\n", "call: CANCELLED")
    do(machine, "run call nanny 10", "nanny: label 0\n")
    manner(machine, 1)
    text = do(machine, "run call kid 5", "kid: label 0, 0\n")
    tap.check("an answer to a child that was ended in its fault goes nowhere", "4 words: skip\n" in text, text)
    text = do(machine, "run call toddler 5", "toddler: restarted (1 of 2)\n", "toddler: ready\n")
    tap.check("a parent without a fault entry point leaves its child to root", "toddler: fault: write at" in text and
              "nanny: child" not in text, text)


def check_upgrade(tap, machine):
    manner(machine, 1)
    do(machine, "upgrade kid", "kid: upgraded from kid to kid\n")
    text = do(machine, "run call kid 5", "4 words: skip\n", "kid: label 0, 0\n")
    tap.check("an upgraded child is still its parent's", text)
    text = do(machine, "upgrade kid crash", "kid: upgrade: the new one ended; the old one goes on\n")
    tap.check("a new version that crashes before it serves is root's", "kid: fault: read at" in text and
              "nanny: child" not in text, text)
    do(machine, "run call kid 5", "4 words: skip\n", "kid: label 0, 0\n")
    manner(machine, 7)
    text = do(machine, "run call kid 5", "4 words: restart\n", "kid: restarted\n", "toddler: ready\n")
    tap.check("one that faults soon, and is started again by its parent, is what was before", "kid: back to kid\n" in text, text)
    text = do(machine, "run call kid 5", "4 words: restart\n", "kid: restarted\n", "toddler: ready\n")
    tap.check("once", "kid: back" not in text, text)


def check_orphans(tap, machine):
    do(machine, "kill nanny", "toddler: ended with its parent, kid\n", "kid: ended with its parent, nanny\n")
    for name in ("kid", "toddler"):
        text = do(machine, "run " + name, "run: %s: " % name)
        tap.check("run %s, without its parent" % name, "the program that it is a child of does not run" in text, text)
    before = frees(machine)
    do(machine, "run nanny &", "toddler: ready\n")
    manner(machine, 6)
    do(machine, "run call toddler 5", "toddler: fault: ")
    text = do(machine, "run call kid 5", "nanny: fault: ", "kid: ended with its parent, nanny\n", "call: CANCELLED")
    tap.check("a parent that faults at a fault of its child is root's, and the child goes with it", "kid: fault" not in text, text)
    text = do(machine, "ps")
    tap.check("and a grandchild is no more to be started again", re.search(line_of("toddler", "crashed"), text, re.MULTILINE), text)
    for _ in range(2):
        do(machine, "run nanny &", "toddler: ready\n")
        manner(machine, 4)
        do(machine, "run call kid 5 &", "kid: restarted (1 of 3)\n", "toddler: ready\n")
        wait_end(machine, "call")
        do(machine, "kill nanny", "kid: ended with its parent, nanny\n")
    tap.check("nothing is left over", frees(machine) == before, machine.tail())


# What may come in any order: {} is one of NAMES.
COMMANDS = ("kill {}", "restart {}", "stop {}", "resume {}", "run {} &", "upgrade nanny", "upgrade kid", "upgrade kid crash",
            "upgrade toddler", "run call kid 5 &", "run call toddler 5 &", "run call first 13 &", "run call nanny 10 &")
NAMES = ("nanny", "kid", "toddler", "cousin", "parent", "first", "second")


def at_rest(machine):
    """Nobody waits, and of the second family nobody is there: what root has then."""
    for name in NAMES:
        do(machine, "resume " + name)
    while re.search(r"^call ", do(machine, "ps"), re.MULTILINE):
        do(machine, "kill call")
    for name in ("cousin", "toddler", "kid", "nanny"):
        do(machine, "kill " + name)
    do(machine, "kill nanny")
    do(machine, "restart parent", "second: ready\n")
    return frees(machine)[0]


def check_disorder(tap, machine):
    """Families that are killed, stopped, upgraded and crash in any order, and what is left of that."""
    chance = random.Random(5)
    do(machine, "run nanny &", "toddler: ready\n")
    wait_for(machine, line_of("toddler", "receiving"))
    do(machine, "upgrade toddler", "toddler: upgraded")
    do(machine, "run cousin &", "cousin: ready\n")
    before = at_rest(machine)
    for i in range(ROUNDS):
        if i % 20 == 0:
            do(machine, "run nanny &")
            do(machine, "run call nanny %d &" % (i // 20 % 8))
        do(machine, chance.choice(COMMANDS).replace("{}", chance.choice(NAMES)))
    after = at_rest(machine)
    tap.check("%d commands in any order leave nothing behind" % ROUNDS, after == before, "%s, %s" % (before, after))
    do(machine, "run nanny &", "toddler: ready\n")
    manner(machine, 1)
    tap.check("and the families are as at first", do(machine, "run call kid 5", "kid: label 0, 0\n") and
              do(machine, "run call first 1", "first: label 0, 1\n"))


def give(machine, channel, what, number, count):
    """(what the taker says came, what the giver says of the answer) of a call with `count` capabilities."""
    text = do(machine, "run giver %d %d %d %d" % (channel, what, number, count), "giver: label ")
    wait_end(machine, "giver")
    return re.search(r"^taker2?: channel \d+: *(.*)$", text, re.MULTILINE)[1], re.search(r"^giver: (.*)$", text, re.MULTILINE)[1]


LOOK, WINDOW, KEEP, USE, DROP, ANSWER, HOLD = range(7)
ADDRESS, TYPE = 2, 3  # enum tess_error: no address at all, and one where nothing is
NOTHING = "| null null"
QUIET = "label 0, word 0; came: nothing"


def check_grant(tap, machine):
    """userland/examples/writer and reader; tests/system/giver.c and taker.c."""
    do(machine, "run reader &", "reader: ready\n")
    text = do(machine, "run writer 1 hello", "writer: ")
    tap.check("a capability travels where the channel says grant, and is used",
              "reader: channel 1: hello\nwriter: it was read\n" in text, text)
    text = do(machine, "run writer 2 hello", "writer: ")
    tap.check("and nowhere else", "reader: channel 2: no capability came\nwriter: it did not arrive\n" in text, text)
    for name in ("gate", "taker", "taker2"):
        do(machine, "run %s &" % name, name + ": ready\n")
    tap.check("it lies in the window", give(machine, 3, LOOK, 0, 1) == ("placed | notification null", QUIET))
    tap.check("which is empty when nothing was sent", give(machine, 3, LOOK, 0, 0) == (NOTHING, QUIET))
    tap.check("two lie behind one another", give(machine, 3, LOOK, 0, 2)[0] == "placed placed | notification notification")
    tap.check("eight have room", give(machine, 3, LOOK, 0, 8)[0].split(" |")[0] == " ".join(8 * ["placed"]))
    tap.check("without grant nothing travels", give(machine, 5, LOOK, 0, 2) == ("no-grant no-grant " + NOTHING, QUIET))
    give(machine, 3, WINDOW, 1, 0)
    tap.check("a window that is too small (EP-9)", give(machine, 3, LOOK, 0, 2)[0] == "placed no-slot | notification null")
    give(machine, 3, WINDOW, 0, 0)
    tap.check("no window", give(machine, 3, LOOK, 0, 1)[0] == "no-slot " + NOTHING)
    give(machine, 3, WINDOW, 8, 0)


def check_keep(tap, machine):
    give(machine, 3, KEEP, 0, 1)
    text = do(machine, "run giver 3 %d 0 0" % USE, "gate: channel 6 opens it for 0\n", "giver: label ")
    tap.check("what is kept is there in the next call", "taker: channel 3: | null null\n" in text, text)
    text = do(machine, "run giver 3 %d 0 0" % ANSWER, "gate: channel 6 opens it for 0\n", "giver: signal: OK\n")
    tap.check("an answer brings a capability where the server's end says grant",
              "giver: label 0, word 0; came: notification\n" in text, text)
    text = do(machine, "run asker", "gate: channel 6 opens it for 0\n", "asker: signal: OK\n")
    tap.check("to a program with a main function as well", "asker: exit" not in text, text)
    give(machine, 4, KEEP, 0, 1)
    tap.check("and nowhere else", give(machine, 4, ANSWER, 0, 0) == (NOTHING, QUIET))
    do(machine, "run giver 3 %d 0 0 &" % HOLD, "taker: channel 3: | null null\n")
    do(machine, "kill giver")
    wait_end(machine, "giver")
    tap.check("what was set for a caller that is held goes to no other one", give(machine, 3, LOOK, 0, 0) == (NOTHING, QUIET))
    give(machine, 3, DROP, 0, 0)
    tap.check("what is dropped is gone", give(machine, 3, USE, 0, 0) == (NOTHING, "label 0, word %d; came: nothing" % TYPE))
    for _ in range(7):
        give(machine, 3, KEEP, 0, 1)
    text = do(machine, "run giver 3 %d 0 0" % USE, "gate: channel 6 opens it for 0\n", "giver: label ")
    tap.check("seven can be kept", text)
    give(machine, 3, KEEP, 0, 1)
    text = give(machine, 3, USE, 0, 0)[1]
    tap.check("and no more", text == "label 0, word %d; came: nothing" % ADDRESS, text)


def check_gate(tap, machine):
    """userland/examples/gate and bell: held callers, signals, interrupts."""
    do(machine, "run bell &", "bell: ready\n")
    for _ in range(3):
        do(machine, "run call gate 0 &")
    while len(re.findall(r"^call +in-call ", do(machine, "ps"), re.MULTILINE)) != 3:
        pass
    text = do(machine, "run call gate 0", "gate: label ")
    tap.check("more callers than can be held", "gate: label 1\n" in text, text)
    before = len(machine.text)
    do(machine, "run call gate 1", "gate: label 0, 3\n", "gate: label 0, 1\n", "gate: label 0, 2\n")
    wait_end(machine, "call")
    text = machine.text[before:]
    tap.check("held callers are answered later, each with its own", text.count("gate: label 0, 3\n") == 2, text)
    do(machine, "run call gate 0 &")
    while not re.search(r"^call +in-call ", do(machine, "ps"), re.MULTILINE):
        pass
    text = do(machine, "run call bell 3", "bell: 1\n", "bell: 2\n", "bell: 3\n", "gate: channel 2 opens it for 1\n",
              "gate: label 0, 1\n")
    tap.check("interrupts come one after the other when they are acknowledged, and a signal after them", text)
    do(machine, "run call gate 0 &")
    do(machine, "kill call")
    wait_end(machine, "call")
    do(machine, "kill bell", "bell: restarted\n", "bell: ready\n")
    text = do(machine, "run call bell 2", "bell: 2\n", "gate: channel 2 opens it for ")
    tap.check("a driver that is started again has its interrupt, and a caller that is gone is no harm", text)


def check_bare(tap, machine):
    """tests/system/bare.c: entry points that are not there, and channels that do not lead where they are used."""
    do(machine, "run bare &", "bare: ready\n")
    text = do(machine, "run call bare 5", "bare: label ")
    tap.check("a call without protected(): the server says so, and the caller is told",
              "bare: channel 2 called, and there is no protected()\nbare: label %d\n" % FAILED in text, text)
    text = do(machine, "run barker signal", "no notified()\n")
    tap.check("a signal without notified()", "bare: channel 1 signalled, and there is no notified()\n" in text, text)
    for what, number, why in (("call", 1, "the other side cannot be called"), ("child", 1, "it is no child"),
                              ("nobody", 9, "the other side cannot be signalled"), ("ack", 1, "it is no interrupt")):
        text = do(machine, "run barker " + what, "barker: exit 1\n")
        tap.check("a channel that is not there: " + why, "barker: channel %d: %s; see the system description\n" %
                  (number, why) in text and "barker: ready" not in text, text)


def main():
    end_on_signals()
    board, tap = sys.argv[1], Tap()
    run_parts(tap, board, check_parent, check_shell, check_faults, check_upgrade, check_orphans,
              check_disorder, check_grant, check_keep, check_gate, check_bare,
              initrd=output("userland", "family.cpio"), icount=ICOUNT if board == "virt" else None, limit=120)
    tap.finish()


if __name__ == "__main__":
    main()
