#!/usr/bin/env python3
"""Runs the conformance suite on QEMU and hands on its test lines.

    run.py [MACHINE...]        as in MACHINES below; without any: all of them

    --only UT                  only tests whose name begins so
    --kernel path              another kernel under the suite (default: that of the build)
    --bundle path              another build of the suite
    --limit SECONDS            for each machine
    --verbose                  whatever the machine prints, firmware included
    --plugin WORDS             a QEMU plugin and its arguments; {machine} stands for the machine's name
    --table                    afterwards each clause of SPEC.md: how it is checked, by how many tests, result

Test lines are those of the Test Anything Protocol, their plan `1..N` stands behind them. Each keeps its text and
says behind it on which machine it ran. The last line is the sum, `N passed, N failed`; a machine that does not come to its own last line, or panics, counts as one failed
test more. So do, unless --only chose some, a clause marked `test` of which nothing ran, a test that names
no clause, and, of a run on all machines, a test that each of them skipped; with --table also what clauses.py finds in the tree. Exit status 0: nothing failed.
"""

import argparse
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))
import clauses  # noqa: E402
import qemu  # noqa: E402

# RAM that is not zero when the machine starts, as on a board; and more interrupts than are usable (Makefile).
RAM = ["-machine", "memory-backend=ram", "-object", "memory-backend-file,id=ram,size=128M,share=off,mem-path="
       + qemu.output("conformance", "ram.bin")]
INTERRUPTS = ["-dtb", qemu.output("conformance", "256-irqs.dtb")]
# Board, QEMU arguments beside those of the board, boot arguments.
MACHINES = {
    "virt": ("virt", RAM, ""),
    "virt-no-sstc": ("virt", ["-cpu", "rv64,sstc=off"], ""),
    # For kernels that check themselves, which takes longer than these chapters allow.
    "virt-untimed": ("virt", RAM, "without=SC,TM"),
    "virt-sv48": ("virt", [], "paging=sv48"),
    "virt-u54": ("virt", ["-cpu", "sifive-u54"], "only=VM"),
    "virt-svpbmt": ("virt", ["-cpu", "rv64,svpbmt=on"], "only=VM"),
    "virt-3-gb": ("virt", ["-m", "3G"], "only=VM"),
    "virt-2-asid-bits": ("virt", [], "asidbits=2 only=VM"),
    "virt-1-asid-bit": ("virt", [], "asidbits=1 only=VM"),
    "virt-no-asids": ("virt", [], "asidbits=0 only=VM"),
    "virt-48-mb": ("virt", [], "mem=48M only=BI"),
    "virt-127-mb": ("virt", [], "mem=127M only=BI"),  # more RAM than there is behind the kernel
    "virt-256-irqs": ("virt", INTERRUPTS, "only=IRQ"),
    "virt-reboot": ("virt", [], "end=reboot only=FW"),
    "sifive_u": ("sifive_u", RAM, ""),
}
# What a machine does behind the last line of the suite, which ends with SHUTDOWN or REBOOT.
RESTARTS = {"virt-reboot"}
BOOTED = re.compile(r"^tessera: boot hart ", re.MULTILINE)
FINAL = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\n", re.MULTILINE)
END = re.compile(r"^tessera: panic: .*\n|^runtime: stopped: .*\n", re.MULTILINE)
TEST = re.compile(r"^(ok|not ok) \d+ - (.*)$")


class Report:
    """Numbers the test lines of all machines through, and remembers what was said of each clause."""

    def __init__(self):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.results = clauses.Results()
        self.ran, self.skipped = set(), set()  # tests, without the machine

    def test(self, good, text):
        kind = "failed" if not good else "skipped" if "# SKIP" in text else "passed"
        self.counts[kind] += 1
        self.results.add(text, kind)
        (self.skipped if kind == "skipped" else self.ran).add(text.split(" [")[0])
        print("%s %d - %s" % ("ok" if good else "not ok", sum(self.counts.values()), text), flush=True)

    def check(self, everywhere):
        """No clause that is to be tested was forgotten, and no test was for nothing."""
        complaints = list(clauses.check_results(self.results, everywhere))
        if everywhere:
            complaints += ["a test that no machine can run: " + text for text in sorted(self.skipped - self.ran)]
        print("".join("# %s\n" % complaint for complaint in complaints), end="")
        self.test(not complaints, "SPEC what ran: every clause marked test, and no test of anything else")

    def check_tree(self):
        """The same from the sources, and what else clauses.py finds there."""
        for what, complaints in clauses.check_all():
            print("".join("# %s\n" % complaint for complaint in complaints), end="")
            self.test(not complaints, "SPEC " + what)

    def table(self, only):
        print("".join("# %s\n" % line for line in clauses.table(self.results, only)), end="")

    def finish(self):
        print("1..%d" % sum(self.counts.values()))
        line = "%(passed)d passed, %(failed)d failed" % self.counts
        print(line + (", %(skipped)d skipped" % self.counts if self.counts["skipped"] else ""), flush=True)
        return 1 if self.counts["failed"] else 0


def run(name, options, report):
    """One machine; its lines are printed as they come."""
    board, extra, bootargs = MACHINES[name]
    if options.only and "only=" in bootargs:
        own = bootargs.split("only=")[1]
        if not options.only.startswith(own) and not own.startswith(options.only):
            return
        bootargs = bootargs.replace("only=" + own, "only=" + max(own, options.only, key=len))
    elif options.only:
        bootargs = "only=" + options.only
    extra = extra + (["-append", bootargs] if bootargs else [])
    extra += ["-plugin", options.plugin.format(machine=name)] if options.plugin else []
    complaint, said = None, [0]

    def show(text):
        end = text.rfind("\n") + 1
        for line in text[said[0]:end].split("\n")[:-1]:
            found = TEST.match(line)
            if found:
                what, mark, reason = found[2].partition(" # ")
                report.test(found[1] == "ok", "%s [%s]%s%s" % (what, name, mark, reason))
            elif options.verbose or line.startswith("# "):
                print(line, flush=True)
        said[0] = end

    try:
        with qemu.Machine(board, kernel=options.kernel, initrd=options.bundle, icount=qemu.ICOUNT_ALONE,
                          extra=extra, limit=options.limit) as machine:
            try:
                while not FINAL.search(machine.text) and not END.search(machine.text) and machine.read():
                    show(machine.text)
            finally:
                show(machine.text)
            final = FINAL.search(machine.text)
            if not final:
                complaint = "it ended before its last line:\n" + machine.tail()
            elif name in RESTARTS:
                while not BOOTED.search(machine.text, final.end()) and machine.read():
                    pass
                report.test(BOOTED.search(machine.text, final.end()), "FW_02 REBOOT boots again [%s]" % name)
            else:
                machine.wait_end()
                report.test(machine.status == 0, "FW_02 SHUTDOWN ends the machine [%s]" % name)
    except (qemu.Trouble, OSError) as trouble:
        complaint = str(trouble)
    if complaint:
        print("# " + complaint.replace("\n", "\n# "))
        report.test(False, "SPEC the suite comes to its end [%s]" % name)


def main():
    qemu.end_on_signals()
    parser = argparse.ArgumentParser(description="runs the conformance suite on QEMU")
    parser.add_argument("machines", nargs="*", metavar="MACHINE", help=", ".join(MACHINES))
    parser.add_argument("--only", default="", help="tests whose name begins so")
    parser.add_argument("--kernel", help="another kernel")
    parser.add_argument("--bundle", default=qemu.output("conformance", "bundle.cpio"))
    parser.add_argument("--limit", type=int, default=240, help="seconds for each machine")
    parser.add_argument("--verbose", action="store_true", help="whatever the machine prints")
    parser.add_argument("--plugin", default="", help="a QEMU plugin and its arguments, with {machine}")
    parser.add_argument("--table", action="store_true", help="afterwards each clause, how it is checked, result")
    options = parser.parse_args()
    for name in options.machines:
        if name not in MACHINES:
            parser.error("no machine %s; there are %s" % (name, ", ".join(MACHINES)))
    if not clauses.has_test(options.only):
        parser.error("no test begins with %s; name a chapter of SPEC.md, as UT, or a clause, as UT_04" % options.only)
    report = Report()
    for name in options.machines or MACHINES:
        run(name, options, report)
    if not options.only and any(not MACHINES[name][2] for name in options.machines or MACHINES):
        report.check(everywhere=not options.machines)
    if options.table:
        report.check_tree()
        report.table(options.only)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
