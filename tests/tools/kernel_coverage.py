#!/usr/bin/env python3
"""Which lines of kernel/ and caps/ the conformance suite reaches, on all its machines.

    kernel_coverage.py OUTPUT [MACHINE...] [--no-run]

Runs tests/conformance/run.py with tests/tools/coverage_plugin.c in QEMU, which counts each instruction of the
kernel that is shipped, and leads the instructions back to lines by the kernel's debugging information. A line
is reached when an instruction made from it has run. Prints the share of each file, files that only run at boot
(BOOT_ONLY of the Makefile) apart, and each line not reached with its reason from
tests/conformance/UNREACHED.md. Fails when a line has none, a row there is for nothing, or the suite fails; never
because of a share. Then the longest stretch of instructions in the kernel. In OUTPUT/coverage stay: lines.txt,
each line with its count; partly.txt, lines of which some instructions ran and others did not. --no-run: judge
what the last run counted.
"""

import argparse
import collections
import os
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import lint  # noqa: E402

TOOLS = "riscv64-unknown-elf-"
REASONS = "tests/conformance/UNREACHED.md"
WAY_BLOCKS = 65536  # as in the plugin
HEAD = 3 + WAY_BLOCKS

Row = collections.namedtuple("Row", "path where reason line")


def tool(name, *words, text=None):
    done = subprocess.run([TOOLS + name, *words], check=True, input=text, capture_output=True, text=True)
    return done.stdout


class Kernel:
    """Instructions, their functions and lines, of the kernel's ELF file."""

    def __init__(self, path):
        self.path = path
        segment = re.search(r"LOAD\s+\S+ (\S+) (\S+) (\S+)", tool("readelf", "-lW", path))
        self.base, self.load, self.size = (int(word, 16) for word in segment.groups())
        self.symbols = {words[2]: int(words[0], 16) for words in map(str.split, tool("nm", path).splitlines())
                        if len(words) == 3}
        self.instructions = []  # addresses
        self.after_wfi = []
        waits = False
        for line in tool("objdump", "-d", "-j", ".boot", "-j", ".text", path).splitlines():
            found = re.match(r"\s*([0-9a-f]+):\t[0-9a-f ]+\t(\S+)", line)
            if found:
                self.instructions.append(int(found[1], 16))
                if waits:
                    self.after_wfi.append(self.instructions[-1])
                waits = found[2] == "wfi"
        self.read_lines()

    def read_lines(self):
        """For each instruction its lines, the inlined one first and then who called it, and its function."""
        self.lines, self.function = {}, {}
        asked = "".join("%#x\n" % address for address in self.instructions)
        function, address = None, None
        for line in tool("addr2line", "-a", "-f", "-i", "-e", self.path, text=asked).splitlines():
            if re.match(r"0x[0-9a-f]{16}$", line):
                address, function = int(line, 16), None
                self.lines[address] = []
            elif function is None:
                function = line
            else:
                found = re.match(r"(?:\./)?(.*?):(\d+)", line)
                if found and found[2] != "0":
                    path = os.path.normpath(found[1])  # of assembly: from the root of the file system
                    path = os.path.relpath(path) if os.path.isabs(path) else path
                    self.lines[address].append((path, int(found[2])))
                self.function[address], function = function, None

    def edges(self):
        """Where the kernel can turn to others: trap entry, looks for interrupts, behind a wait for one."""
        return [self.symbols[name] for name in ("trap_entry", "object_preempt", "trap_device_pending")] + self.after_wfi


class Counts:
    """What the plugin counted on one machine."""

    def __init__(self, path, kernel):
        with open(path, "rb") as file:
            data = file.read()
        words = struct.unpack("<%dQ" % (len(data) // 8), data)
        self.longest, blocks, self.entries = words[:3]
        self.way = words[3:3 + min(blocks, WAY_BLOCKS)]
        self.count = {address: words[HEAD + (address - kernel.base) // 2] for address in kernel.instructions}

    def way_text(self, kernel):
        """The functions of the longest stretch, in the order in which they began, with blocks in each."""
        seen = collections.Counter(kernel.function.get(address, "?") for address in self.way)
        return ", ".join(name if times == 1 else "%s (%d)" % (name, times) for name, times in seen.items())


def read_reasons():
    """Rows of the table: file; `text`, `function()` or `function(): text`; reason. `...` ends a beginning."""
    rows = []
    if os.path.exists(REASONS):
        for number, line in enumerate(open(REASONS), 1):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
            if len(cells) == 3 and re.match(r"(kernel|caps)/", cells[0]):
                rows.append(Row(cells[0], cells[1].strip("`").replace("\\|", "|"), cells[2], number))
    return rows


class Source:
    """Text and functions of a file of the tree."""

    def __init__(self, path):
        text = lint.read(path)
        self.lines = text.split("\n")
        self.functions = [] if path.endswith(".S") else list(lint.functions(lint.blank_comments(text, True)))

    def text(self, number):
        return self.lines[number - 1].strip()

    def function(self, number):
        # The line of the brace is the first that is known; the declarator stands above it.
        return next((name for name, first, last in self.functions if first - 4 <= number <= last), "")


def reason_for(path, number, source, rows, used):
    function, text = source.function(number) + "()", source.text(number)
    for row in rows:
        begins = row.where.endswith("...") and (text.startswith(row.where[:-3])
                                                or (function + ": " + text).startswith(row.where[:-3]))
        if row.path == path and (begins or row.where in (function, text, function + ": " + text)):
            used.add(row)
            return row.reason
    return None


def complaints(missed, sources, rows):
    """Prints the lines not reached with their reasons; yields what is wrong with the reasons."""
    used = set()
    for path, number in missed:
        reason = reason_for(path, number, sources[path], rows, used)
        print("  %s:%d: %s\n      %s" % (path, number, sources[path].text(number), reason or "NO REASON GIVEN"))
        if not reason:
            yield "%s:%d: error: no test reaches this line; write one, or the reason in %s" % (
                path, number, REASONS)
    for row in rows:
        if row not in used:
            yield "%s:%d: error: its lines are reached, or gone; remove the row" % (REASONS, row.line)


def share(reached, total):
    return "%5d of %5d (%5.1f%%)" % (reached, total, 100.0 * reached / max(total, 1))


def run_suite(kernel, folder, machines, output):
    plugin = os.path.join(folder, "plugin.so")
    words = [plugin, "out=%s/{machine}.counts" % folder, "base=%#x" % kernel.base, "size=%#x" % kernel.size,
             "load=%#x" % kernel.load, "begin=%#x" % kernel.symbols["upper_half"]]
    words += ["edge=%#x" % edge for edge in kernel.edges()]
    for name in os.listdir(folder):
        if name.endswith(".counts"):
            os.unlink(os.path.join(folder, name))
    command = [sys.executable, "tests/conformance/run.py", "--plugin", ",".join(words), *machines]
    done = subprocess.run(command, env=dict(os.environ, TESSERA_OUTPUT=output), capture_output=True, text=True)
    last = (done.stdout.strip().split("\n") or [""])[-1]
    if done.returncode != 0:
        print("\n".join(line for line in done.stdout.split("\n") if line.startswith(("not ok", "#")))
              + "\n" + done.stderr, end="")
    print("the suite, counted: %s" % last)
    return done.returncode


def judge(kernel, total, folder, boot_only):
    """Adds up by line; prints shares and lines not reached; how many complaints there are."""
    lines, partly = collections.defaultdict(int), collections.defaultdict(set)
    instructions = collections.Counter()
    for address in kernel.instructions:
        for depth, place in enumerate(kernel.lines[address]):
            if place[0].startswith(("kernel/", "caps/")):
                lines[place] += total[address]
                if depth == 0:
                    partly[place].add(total[address] > 0)
                    instructions[place[0], total[address] > 0] += 1
    sources = {path: Source(path) for path in sorted({place[0] for place in lines})}
    sums = collections.Counter()
    for boot in (False, True):
        print("boot only:" if boot else "lines and instructions reached:")
        for path in sources:
            if (os.path.splitext(path)[0] in boot_only) != boot:
                continue
            own = sorted(number for place, number in lines if place == path)
            hit = [number for number in own if lines[path, number]]
            done, left = instructions[path, True], instructions[path, False]
            print("  %-24s lines %s  instructions %s" % (
                path, share(len(hit), len(own)), share(done, done + left)))
            sums.update({(boot, "lines"): len(own), (boot, "hit"): len(hit), (boot, "done"): done,
                         (boot, "left"): left})
        print("  %-24s lines %s  instructions %s" % (
            "together", share(sums[boot, "hit"], sums[boot, "lines"]),
            share(sums[boot, "done"], sums[boot, "done"] + sums[boot, "left"])))
    print("lines not reached:")
    missed = sorted(place for place, count in lines.items() if not count)
    wrong = list(complaints(missed, sources, read_reasons()))
    hit = sums[False, "hit"] + sums[True, "hit"]
    print("%d of %d lines reached (%.1f%%); without those that only run at boot: %d of %d (%.1f%%)" % (
        hit, len(lines), 100.0 * hit / len(lines), sums[False, "hit"], sums[False, "lines"],
        100.0 * sums[False, "hit"] / max(sums[False, "lines"], 1)))
    with open(os.path.join(folder, "lines.txt"), "w") as file:
        for (path, number), count in sorted(lines.items()):
            file.write("%12d  %s:%d: %s\n" % (count, path, number, sources[path].text(number)))
    with open(os.path.join(folder, "partly.txt"), "w") as file:
        for (path, number), kinds in sorted(partly.items()):
            if len(kinds) == 2:
                file.write("%s:%d: %s\n" % (path, number, sources[path].text(number)))
    print("".join(complaint + "\n" for complaint in wrong), end="")
    return len(wrong)


def main():
    parser = argparse.ArgumentParser(description="line coverage of the kernel by the conformance suite")
    parser.add_argument("output")
    parser.add_argument("machines", nargs="*", metavar="MACHINE")
    parser.add_argument("--no-run", action="store_true")
    options = parser.parse_args()
    output = os.path.abspath(options.output)
    folder = os.path.join(output, "coverage")
    kernel = Kernel(os.path.join(output, "kernel", "tessera.elf"))
    boot_only = subprocess.run(["make", "-s", "--no-print-directory", "boot-only"], check=True, capture_output=True,
                               text=True).stdout.split()
    status = 0 if options.no_run else run_suite(kernel, folder, options.machines, output)
    counts = {name[:-7]: Counts(os.path.join(folder, name), kernel)
              for name in sorted(os.listdir(folder)) if name.endswith(".counts")}
    if not counts:
        sys.exit("kernel_coverage.py: error: nothing was counted; run it without --no-run")
    total = collections.Counter()
    for one in counts.values():
        total.update(one.count)
    wrong = judge(kernel, total, folder, boot_only)
    name, one = max(counts.items(), key=lambda item: item[1].longest)
    print("longest stretch in the kernel between entry, exit and looks for interrupts: %d instructions, on %s; of"
          " %d stretches on all machines" % (one.longest, name, sum(each.entries for each in counts.values())))
    print("  through: " + one.way_text(kernel))
    return 1 if status or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
