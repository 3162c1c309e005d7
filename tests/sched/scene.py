"""A scene of tests/sched/scenes.c, played on QEMU: what it printed."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
import qemu  # noqa: E402

END = re.compile(r"^scene over\n|^tessera: panic: .*\n|^runtime: stopped: .*\n", re.MULTILINE)
PERIOD = 10000  # ticks: 1 ms


def fields(line):
    """The KEY=VALUE words of a line; numbers as numbers."""
    pairs = (word.split("=", 1) for word in line.split() if "=" in word)
    return {key: int(value) if value.isdigit() else value for key, value in pairs}


class Scene:
    def __init__(self, options, **arguments):
        words = " ".join("%s=%s" % pair for pair in arguments.items())
        with qemu.Machine(options.board, kernel=options.kernel, initrd=qemu.output("sched", "bundle.cpio"),
                          icount=qemu.ICOUNT_ALONE, extra=["-append", words], limit=options.limit) as machine:
            while not END.search(machine.text) and machine.read():
                pass
            text = machine.text.replace("\r", "")
        if "\nscene over\n" not in text:
            raise qemu.Trouble("%s did not come to its end:\n%s" % (words, text[-800:]))
        self.ticks = fields(re.search(r"^scene .*$", text, re.MULTILINE)[0])["ticks"]
        self.actors = [fields(line) for line in re.findall(r"^actor .*$", text, re.MULTILINE)]
        self.bursts = [(signed(start), int(length)) for start, length in
                       re.findall(r"^burst (\d+) (\d+)$", text, re.MULTILINE)]

        self.events = [(signed(time), int(badge)) for time, badge in
                       re.findall(r"^event (\d+) (\d+)$", text, re.MULTILINE)]

    def sum(self, key, actors=None):
        return sum(actor[key] for actor in (self.actors if actors is None else actors))


def signed(text):
    value = int(text)
    return value - (1 << 64) if value >> 63 else value
