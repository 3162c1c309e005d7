#!/usr/bin/env python3
"""Draws who ran when under each policy, from the kernel's trace of the same programs: `make schedule-plot`.

    plot.py OUTPUT [POLICY]... [--ms N]

Each policy is a panel, each program a row; `scheduler` is the thread that decides. Small marks above video and
audio are the releases of their jobs. The share at the right is of the time shown.
"""

import argparse
import sys
from xml.sax.saxutils import escape

from scene import PERIOD, Scene, qemu

POLICIES = ("fixed", "rr", "edf", "stride")
TITLES = {"fixed": "fixed priority: video before audio before the rest, which take turns of 10 ms",
          "rr": "weighted round robin: turns of 1, 1, 1, 2 and 4 ms",
          "edf": "earliest deadline first: video and audio by deadline; the rest take what is left, 1 ms each",
          "stride": "stride: proportional shares, chosen each ms"}
COLOURS = ["#c0392b", "#e08e0b", "#2471a3", "#148f77", "#6c3483", "#4d5656"]
SCHEDULER = 100
LEFT, RIGHT, TOP, WIDTH, ROW, GAP = 88, 62, 64, 1000, 20, 58
FONT = 'font-family="sans-serif"'


def play(options, policy, ms):
    return Scene(options, scene="timeline", policy=policy, ms=ms)


def intervals(events, end, start=0):
    """{badge: [(from, to)]} of the part of the scene that is shown, in ticks; badge 0 is nobody."""
    found = {}
    for (time, badge), (until, _) in zip(events, events[1:] + [(end, 0)]):
        begin, stop = max(time, start), min(until, end)
        if begin < stop:
            found.setdefault(badge, []).append((begin, stop))
    return found


def text(x, y, content, size=12, anchor="start", colour="#222"):
    return '<text x="%.1f" y="%.1f" font-size="%d" text-anchor="%s" fill="%s" %s>%s</text>' % (
        x, y, size, anchor, colour, FONT, escape(content))


def panel(top, policy, scene, ms):
    end = ms * PERIOD
    scale = WIDTH / end
    ran = intervals(scene.events, end)
    rows = [(i + 1, actor["name"], COLOURS[i]) for i, actor in enumerate(scene.actors)]
    rows.append((SCHEDULER, "scheduler", COLOURS[-1]))
    out = [text(LEFT, top - 12, TITLES.get(policy, policy), 14)]
    for step in range(ms + 1):
        x = LEFT + step * PERIOD * scale
        major = step % 5 == 0
        out.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s"/>' % (
            x, top, x, top + ROW * len(rows) + (4 if major else 0), "#bbb" if major else "#eee"))
        if major:
            out.append(text(x, top + ROW * len(rows) + 16, "%d ms" % step, 10, "middle", "#666"))
    for number, (badge, name, colour) in enumerate(rows):
        y = top + number * ROW
        out.append(text(LEFT - 8, y + 14, name, 12, "end"))
        bars = ran.get(badge, [])
        for begin, stop in bars:
            out.append('<rect x="%.2f" y="%d" width="%.2f" height="%d" fill="%s"/>' % (
                LEFT + begin * scale, y + 4, max((stop - begin) * scale, 0.6), ROW - 6, colour))
        share = sum(stop - begin for begin, stop in bars) / end
        out.append(text(LEFT + WIDTH + 8, y + 14, "%.1f %%" % (100 * share), 11, colour="#444"))
        if badge != SCHEDULER and scene.actors[badge - 1]["period"]:
            period = scene.actors[badge - 1]["period"] * PERIOD // 1000
            marks = " ".join("M%.1f %dv4" % (LEFT + at * scale, y - 1) for at in range(0, end, period))
            out.append('<path d="%s" stroke="#222" stroke-width="1.2"/>' % marks)
    late = scene.sum("late")
    if late:
        out.append(text(LEFT + WIDTH, top - 12, "%d late jobs" % late, 12, "end", "#c0392b"))
    return out, top + ROW * len(rows) + GAP


def draw(played, ms):
    body, top = [], TOP
    for policy, scene in played:
        part, top = panel(top, policy, scene, ms)
        body += part
    head = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">' % (LEFT + WIDTH + RIGHT, top - 24),
            '<rect width="100%" height="100%" fill="white"/>',
            text(LEFT, 26, "Who ran when: the same five programs under each policy", 17),
            text(LEFT + WIDTH, 26, "from the kernel's trace, tests/sched/plot.py", 11, "end", "#666")]
    return "\n".join(head + body + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("output")
    parser.add_argument("policies", nargs="*", default=POLICIES)
    parser.add_argument("--ms", type=int, default=30)
    options = parser.parse_args()
    options.board, options.kernel, options.limit = "virt", None, 120
    played = []
    for policy in options.policies:
        try:
            played.append((policy, play(options, policy, options.ms)))
        except qemu.Trouble as trouble:
            print("plot.py: error: %s" % trouble, file=sys.stderr)
            return 1
    with open(options.output, "w") as file:
        file.write(draw(played, options.ms))
    print("drew " + options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
