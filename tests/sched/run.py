#!/usr/bin/env python3
"""Plays the scenes of tests/sched/scenes.c on QEMU and judges what they measured.

    run.py [BOARD] [--only SCENE]... [--kernel path] [--limit SECONDS]

Counting is deterministic (one instruction is one nanosecond), so the numbers are the same on every machine.
They are printed as they come; each promise of userland/servers/sched/README.md is one line.
"""

import argparse
import os
import sys
import xml.dom.minidom

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
import plot  # noqa: E402
import qemu  # noqa: E402
from scene import PERIOD, Scene  # noqa: E402

# Ticks that a budget may be off in any stretch of one period (SC-9): 2 microseconds. The longest stretch without
# preemption point is 1,400 instructions, the way from the timer to the thread 600.
ERROR = 20
SHARES_ERROR = 0.02


def in_window(bursts, begin, end):
    return sum(max(0, min(start + length, end) - max(start, begin)) for start, length in bursts)


def windows(bursts, ticks):
    """The least and the most that anyone can find in a window of one period, wherever it is put: they lie at
    the end and at the beginning of a burst."""
    inside = [(start, length) for start, length in bursts if 0 <= start <= ticks - 2 * PERIOD]
    least = most = None
    for i, (start, length) in enumerate(inside):
        near = bursts[max(0, bursts.index((start, length)) - 3):][:12]
        after = in_window(near, start + length, start + length + PERIOD)
        from_here = in_window(near, start, start + PERIOD)
        least = after if least is None else min(least, after)
        most = from_here if most is None else max(most, from_here)
    return len(inside), least, most


def isolation(tap, options):
    for budget in (100, 200):
        scene = Scene(options, scene="isolation", policy="fixed", budget=budget, periods=1003)
        count, least, most = windows(scene.bursts, scene.ticks)
        wanted = budget * PERIOD // 1000
        tap.note("%d us each ms, spinning, the most urgent among three greedy ones: %d bursts; in any ms at "
                 "least %.1f us, at most %.1f us; charged %.3f%%" %
                 (budget, count, least / 10, most / 10, 100 * scene.actors[0]["used"] / (scene.ticks + 2 * PERIOD)))
        tap.check("%d%% in every one of 1000 periods" % (budget // 10), count >= 1000 and least >= wanted - ERROR,
                  (count, least))
        tap.check("never more than %d%%" % (budget // 10), most <= wanted + ERROR, most)
        tap.check("and the greedy ones have the rest", scene.sum("used", scene.actors[1:]) >
                  0.97 * (scene.ticks - scene.actors[0]["used"]), scene.actors)


def show_tasks(tap, scene, tasks):
    for task in tasks:
        tap.note("%(name)s: %(work)4d us each %(period)4d us: %(jobs)4d jobs, %(late)3d late, longest response "
                 "%(latest)4d per mille of the period" % task)


def deadlines(tap, options):
    scene = Scene(options, scene="deadlines", policy="edf", ms=660)
    tasks, ninth = scene.actors[:8], scene.actors[8]
    load = sum(task["work"] / task["period"] for task in tasks)
    jobs, late = scene.sum("jobs", tasks), scene.sum("late", tasks)
    tap.note("edf: eight tasks, %.2f%% of the processor in their own work" % (100 * load))
    show_tasks(tap, scene, tasks)
    tap.check("the load is 95%", 0.9495 <= load <= 0.951, load)
    tap.check("edf: %d jobs, none late" % jobs, jobs >= 2000 and late == 0, (jobs, late))
    tap.check("edf: a ninth task, %.2f%% in all, is refused" % (ninth["would_be"] / 10000),
              ninth["refused"] == 1 and ninth["would_be"] > 970000 and ninth["jobs"] == 0, ninth)
    scene = Scene(options, scene="deadlines", policy="edf", ms=300, overrun=4)
    others, last = scene.actors[:7], scene.actors[7]
    tap.check("edf: t8 needs four times what it asked for: of its %d jobs %d are late, of the others' %d none" %
              (last["jobs"], last["late"], scene.sum("jobs", others)),
              scene.sum("late", others) == 0 and scene.sum("jobs", others) > 800 and last["late"] > 0, scene.actors)
    scene = Scene(options, scene="deadlines", policy="fixed", ms=660)
    show_tasks(tap, scene, scene.actors)
    jobs, late = scene.sum("jobs"), scene.sum("late")
    tap.check("fixed priority: the same tasks, %d jobs, %d late" % (jobs, late), jobs >= 1500 and late > 0)


def shares(tap, options):
    for policy in ("rr", "stride"):
        scene = Scene(options, scene="shares", policy=policy, ms=1000)
        whole = scene.sum("used")
        worst = 0
        for actor in scene.actors:
            wanted = actor["weight"] / 7
            got = actor["used"] / whole
            worst = max(worst, abs(got / wanted - 1))
            tap.note("%s: %-4s weight %d: %.3f%% of what all had, wanted %.3f%%" %
                     (policy, actor["name"], actor["weight"], 100 * got, 100 * wanted))
        tap.check("%s: 1:2:4 within 2%% in 1 s: %.2f%% off" % (policy, 100 * worst), worst <= SHARES_ERROR)
        tap.check("%s: and nothing is lost" % policy, whole >= 0.97 * scene.ticks, whole / scene.ticks)


def timeline(tap, options):
    """The kernel's trace says what the kernel charged, and is drawn."""
    played = [(policy, plot.play(options, policy, 30)) for policy in plot.POLICIES]
    for policy, scene in played:
        ran = plot.intervals(scene.events, scene.ticks, scene.events[0][0])
        off = max(abs(sum(stop - begin for begin, stop in ran.get(i + 1, ())) - actor["used"])
                  for i, actor in enumerate(scene.actors))
        tap.check("%s: %d events of the trace, %d ticks from what was charged" % (policy, len(scene.events), off),
                  len(scene.events) > 20 and off <= 50, scene.actors)
    picture = xml.dom.minidom.parseString(plot.draw(played, 30))
    tap.check("the picture has a row for each", len(picture.getElementsByTagName("rect")) > 200)


SCENES = {"isolation": isolation, "deadlines": deadlines, "shares": shares, "timeline": timeline}


def main():
    qemu.end_on_signals()
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("board", nargs="?", default="virt")
    parser.add_argument("--only", action="append", choices=sorted(SCENES))
    parser.add_argument("--kernel")
    parser.add_argument("--limit", type=int, default=120)
    options = parser.parse_args()
    tap = qemu.Tap()
    for name in options.only or SCENES:
        try:
            SCENES[name](tap, options)
        except qemu.Trouble as trouble:
            tap.check("%s: reaches the end" % name, False, trouble)
    tap.finish()


if __name__ == "__main__":
    main()
