#!/usr/bin/env python3
"""Where the instructions of one benchmark row go: counts per kernel function, CSR writes, fences.

    python3 tests/tools/trace_path.py --only ipc --from bench_before --to bench_after [--list] [--skip N]

Boots the bench bundle with one group of rows (tests/bench/bench.c), executes one instruction at a time and
follows every address. A path goes from the last `--from` label before a `--to` label; the labels are those
of tests/bench/stamp.S. The paths of one kind, that is, of the same instructions, are printed once, with how
often they came: instructions of each function in the order of its first one, then CSR accesses, fences,
loads, stores and branches. --list prints the instructions themselves. --table prints a line for each row
instead. Firmware is not seen: an `ecall` in the kernel is a call to it.
"""

import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))
import qemu  # noqa: E402

TRACE = re.compile(rb"^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/")
LINE = re.compile(r"^\s*([0-9a-f]+):\s+[0-9a-f ]+\t(\S+)\s*(.*)$")
HEAD = re.compile(r"^([0-9a-f]+) <(.+)>:$")
USER_TEXT = 0x100000
ROW = re.compile(r"^bench: (\w+(?: n=\d+)?) (\d+)", re.MULTILINE)


class Program:
    """Instructions and labels of an ELF file."""

    def __init__(self, path):
        self.instructions, self.labels, function = {}, {}, "?"
        listing = subprocess.run(["riscv64-unknown-elf-objdump", "-d", path], check=True,
                                 capture_output=True, text=True).stdout
        for line in listing.split("\n"):
            head, found = HEAD.match(line), LINE.match(line)
            if head:
                function = head[2]
                self.labels[function] = int(head[1], 16)
            elif found:
                self.instructions[int(found[1], 16)] = (function, found[2], found[3].split("#")[0].strip())


STARTS = ("bench_before", "bench_fault_before", "bench_store_before")
ENDS = ("bench_after", "bench_fault_after")
REPORT = "bench_report_n"  # begins when a row is printed


def addresses(options, group, output):
    """Yields each address executed while the group runs; the text it prints goes to the file `output`."""
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "trace")
        os.mkfifo(fifo)
        command = qemu.command_line("virt") + qemu.ICOUNT + [
            "-kernel", qemu.output("kernel", "tessera.elf"), "-initrd", qemu.output("bench", "bundle.cpio"),
            "-append", "only=" + group, "-singlestep", "-d", "exec,nochain", "-D", fifo,
            "-dfilter", "0xffffffff80000000+0x100000,0x%x+0x10000" % USER_TEXT]
        child = subprocess.Popen(["timeout", str(options.limit)] + command, stdin=subprocess.DEVNULL,
                                 stdout=output, stderr=subprocess.DEVNULL)
        last = None
        try:
            with open(fifo, "rb") as trace:
                for line in trace:
                    found = TRACE.match(line)
                    # An access to a device is begun twice and done once.
                    if found and found[1] != last:
                        last = found[1]
                        yield int(last, 16)
        finally:
            child.kill()
            child.wait()


def paths(options, start, end):
    """Yields what was executed from the last `start` before an `end` up to it."""
    path = None
    with open(os.devnull, "wb") as nowhere:
        for at in addresses(options, options.only, nowhere):
            if at == start:
                path = [at]
            elif path is not None:
                path.append(at)
                if at == end:
                    yield tuple(path)
                    path = None


def rows(options, group, user):
    """Yields (row, figure, path) of a group. A row's path is the one as long as its figure."""
    starts, ends = [{user.labels[name] for name in names} for names in (STARTS, ENDS)]
    batches, seen, path = [], {}, None
    with tempfile.TemporaryFile() as output:
        for at in addresses(options, group, output):
            if at == user.labels[REPORT]:
                batches.append(seen)
                path = None
            elif at in starts:
                if batches and batches[-1] is seen:  # a new row begins; rows printed together share their paths
                    seen = {}
                path = [at]
            elif path is not None:
                path.append(at)
                if at in ends:
                    seen.setdefault(len(path) - 2, tuple(path))
                    path = None
        output.seek(0)
        lines = ROW.findall(output.read().decode("utf-8", "replace"))
    for (name, figure), batch in zip(lines, batches):
        # A load that faults is executed and does not retire.
        yield name, int(figure), batch.get(int(figure)) or batch.get(int(figure) + 1)


def kind_of(mnemonic, operands):
    if mnemonic.startswith("csr") or mnemonic in ("rdtime", "rdinstret", "rdcycle"):
        return "%s %s" % (mnemonic, operands)
    if mnemonic.startswith("sfence") or mnemonic.startswith("fence") or mnemonic in ("ecall", "sret", "wfi"):
        return mnemonic
    if re.match(r"(c\.)?l(d|w|wu|h|hu|b|bu|r)(sp)?\b", mnemonic):
        return "loads"
    if re.match(r"(c\.)?s(d|w|h|b|c)(sp)?\b", mnemonic):
        return "stores"
    if re.match(r"(c\.)?(b(eq|ne|lt|ge|gt|le)\w*|j\w*|ret)$", mnemonic):
        return "branches and jumps"
    return None


def show(path, times, program, options):
    functions, kinds = collections.OrderedDict(), collections.Counter()
    # The reading of the counter at the start is not part of the operation, nor is the last address.
    for at in path[1:-1]:
        function, mnemonic, operands = program.get(at, ("?", "?", ""))
        functions[function] = functions.get(function, 0) + 1
        kind = kind_of(mnemonic, operands)
        if kind:
            kinds[kind] += 1
        if options.list:
            print("    %16x  %-24s %s %s" % (at, function, mnemonic, operands))
    print("%d instructions, seen %d times" % (len(path) - 2, times))
    for function, count in functions.items():
        print("    %5d  %s" % (count, function))
    print("    " + "; ".join("%d %s" % (count, kind) for kind, count in sorted(kinds.items())))


COLUMNS = (
    ("instructions", lambda m, o: True),
    ("loads", lambda m, o: kind_of(m, o) == "loads"),
    ("stores", lambda m, o: kind_of(m, o) == "stores"),
    ("branches", lambda m, o: kind_of(m, o) == "branches and jumps"),
    ("CSR reads", lambda m, o: m == "csrr"),
    ("CSR writes", lambda m, o: m.startswith("csr") and m != "csrr" and "satp" not in o),
    ("satp", lambda m, o: m == "csrw" and "satp" in o),
    ("fences", lambda m, o: m.startswith(("sfence", "fence"))),
    ("clock", lambda m, o: m == "rdtime"),
)


def table(options, user, program):
    """For each row of the groups: instructions by kind, and accesses that cost more than they count."""
    print("%-22s" % "row" + "".join("%13s" % name for name, _ in COLUMNS))
    found = False
    for group in options.only.split(","):
        for name, figure, path in rows(options, group, user):
            if path is None:
                print("%-22s%13d  no path of this length was seen" % (name, figure))
                continue
            found = True
            known = [program.get(at, ("?", "?", ""))[1:] for at in path[1:-1]]
            print("%-22s" % name + "".join("%13d" % sum(test(*one) for one in known) for _, test in COLUMNS))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", required=True, help="the group of rows, as tests/bench/bench.c names it")
    parser.add_argument("--from", dest="start", default="bench_before")
    parser.add_argument("--to", dest="end", default="bench_after")
    parser.add_argument("--table", action="store_true", help="a line for each row; --only a,b takes several groups")
    parser.add_argument("--list", action="store_true", help="print every instruction")
    parser.add_argument("--least", type=int, default=4, help="paths seen less often are not printed")
    parser.add_argument("--output", default=qemu.OUTPUT)
    parser.add_argument("--limit", type=int, default=300, help="seconds it may take")
    options = parser.parse_args()
    qemu.OUTPUT = os.path.abspath(options.output)
    user, kernel = Program(qemu.output("bench", "root.elf")), Program(qemu.output("kernel", "tessera.elf"))
    program = {**kernel.instructions, **user.instructions}
    if options.table:
        return 0 if table(options, user, program) else 1
    seen = collections.OrderedDict()
    for path in paths(options, user.labels[options.start], user.labels[options.end]):
        seen[path] = seen.get(path, 0) + 1
    for path, times in seen.items():
        if times >= options.least:
            show(path, times, program, options)
    if not seen:
        print("trace_path.py: error: no path from %s to %s; choose another group or other labels" % (
            options.start, options.end))
    return 0 if seen else 1


if __name__ == "__main__":
    sys.exit(main())
