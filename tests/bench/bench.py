#!/usr/bin/env python3
"""`make bench`: what operations cost, in retired instructions, beside the anchor's figures.

Boots the bench bundle on virt with deterministic counting. Its root prints lines `bench: NAME NUMBER`
and then ends the machine, or prints `bench: end`. The rows and the anchor's figures are those of
tests/bench/anchor.csv; a name that is not there gets a row of its own, and a row that nobody measured is
named at the end. The result goes to bench.csv in the build output, and is compared with
tests/bench/BASELINE.csv, which changes (--accept) only in a commit that says why.

Never a pass or fail on a figure: the exit status says only whether the measurement came to its end.
"""

import argparse
import csv
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))
import qemu  # noqa: E402

LINE = re.compile(r"^bench: (\w+) (\d+)\s*$", re.MULTILINE)
END = re.compile(r"^bench: end\s*$", re.MULTILINE)


def measure(limit):
    """Boots the bench bundle; returns ({name: figure}, complaint or None)."""
    complaint, text = None, ""
    try:
        with qemu.Machine("virt", initrd=qemu.output("bench", "bundle.cpio"), icount=qemu.ICOUNT_ALONE,
                          limit=limit) as machine:
            try:
                while not END.search(machine.text) and machine.read():
                    if "tessera: panic: " in machine.text:
                        machine.expect(re.compile("tessera: panic: .*\n"))
                        raise qemu.Trouble("the kernel panicked:\n" + machine.tail())
            except qemu.Trouble as trouble:
                complaint = str(trouble)
            text = machine.text
    except (qemu.Trouble, OSError) as trouble:
        complaint = str(trouble)
    figures = {name: int(figure) for name, figure in LINE.findall(text)}
    if not figures and not complaint:
        complaint = "no `bench:` line came; the machine said:\n" + "\n".join(text.split("\n")[-12:])
    return figures, complaint


def measure_files():
    """Sizes that need no boot: kernel text, and the flat image."""
    figures = {}
    elf, flat = qemu.output("kernel", "tessera.elf"), qemu.output("kernel", "tessera.bin")
    if os.path.exists(elf):
        listing = subprocess.run(["riscv64-unknown-elf-size", "-A", elf], capture_output=True, text=True,
                                 check=True).stdout
        figures["kernel_text_bytes"] = sum(int(line.split()[1]) for line in listing.split("\n")
                                           if line.startswith(".text"))
    if os.path.exists(flat):
        figures["flat_image_bytes"] = os.path.getsize(flat)
    return figures


def read_csv(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def print_table(anchor, figures, baseline):
    head = ("operation (instructions, one way)", "seL4", "seL4 MCS", "ceiling", "aim", "ours", "baseline")
    rows = [head]
    known = {row["name"] for row in anchor}
    extra = [dict(name=name, operation=name, sel4="", sel4_mcs="", ceiling="", aim="")
             for name in figures if name not in known]
    for row in anchor + extra:
        ours, before = figures.get(row["name"]), baseline.get(row["name"])
        if ours is not None and before is not None and ours != before:
            change = "%d (%+d)" % (before, ours - before)
        else:
            change = "" if before is None else str(before)
        note = "" if ours is None or not row["ceiling"] else " *" if ours > int(row["ceiling"]) else ""
        rows.append((row["operation"], row["sel4"], row["sel4_mcs"], row["ceiling"], row["aim"],
                     "-" if ours is None else str(ours) + note, change))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
    print("* over its ceiling")


def main():
    parser = argparse.ArgumentParser(description="prints what operations cost, beside the anchor")
    parser.add_argument("--output", default="build")
    parser.add_argument("--limit", type=int, default=300, help="seconds the measurement may take")
    parser.add_argument("--accept", action="store_true", help="write the figures to BASELINE.csv")
    options = parser.parse_args()
    qemu.OUTPUT = os.path.abspath(options.output)
    qemu.end_on_signals()
    anchor = read_csv(os.path.join(HERE, "anchor.csv"))
    baseline_path = os.path.join(HERE, "BASELINE.csv")
    baseline = {row["name"]: int(row["figure"]) for row in read_csv(baseline_path)}
    figures = measure_files()
    measured, complaint = measure(options.limit)
    figures.update(measured)
    print_table(anchor, figures, baseline)
    missing = [row["name"] for row in anchor if row["name"] not in figures]
    if missing:
        print("not measured: " + ", ".join(missing))
    gone = [name for name in baseline if name not in figures]
    if gone:
        print("in the baseline, but not measured now: " + ", ".join(gone))
    os.makedirs(qemu.OUTPUT, exist_ok=True)
    for path in [qemu.output("bench.csv")] + ([baseline_path] if options.accept else []):
        with open(path, "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("name", "figure"))
            writer.writerows(figures.items())
        print("written: " + os.path.relpath(path))
    if complaint:
        print("bench: error: " + complaint)
    return 1 if complaint else 0


if __name__ == "__main__":
    sys.exit(main())
