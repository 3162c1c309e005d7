#!/usr/bin/env python3
"""`make bench`: what operations cost, in retired instructions, beside the anchor's figures.

Boots the bench bundle on virt with deterministic counting. Its root prints lines `bench: NAME NUMBER`,
or `bench: NAME n=K NUMBER` for a cost that grows with n, each with ` from LOW to HIGH` behind it if its runs
differed, and then ends the machine, or prints `bench: end`. The rows and the anchor's figures are those of
tests/bench/anchor.csv; a name that is not there gets a row of its own, growing costs get a table of theirs,
and a row that nobody measured is named at the end. The result goes to bench.csv in the build output, and
is compared with tests/bench/BASELINE.csv, which changes (--accept) only in a commit that says why.

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

LINE = re.compile(r"^bench: (\w+(?: n=\d+)?) (\d+)(?: from (\d+) to (\d+))?\s*$", re.MULTILINE)
END = re.compile(r"^bench: end\n", re.MULTILINE)


def measure(limit):
    """Boots the bench bundle; returns ({name: figure}, {name: (low, high)}, complaint or None).

    The ranges are of those rows whose runs differed.
    """
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
    figures = {name: int(figure) for name, figure, _, _ in LINE.findall(text)}
    ranges = {name: (int(low), int(high)) for name, _, low, high in LINE.findall(text) if low}
    if not complaint and (not figures or not END.search(text)):
        complaint = "the machine ended before the benchmark did; it said:\n" + "\n".join(text.split("\n")[-12:])
    return figures, ranges, complaint


def measure_files():
    """Sizes that need no boot: kernel text, and the flat image."""
    figures = {}
    elf, flat = qemu.output("kernel", "tessera.elf"), qemu.output("kernel", "tessera.bin")
    if os.path.exists(elf):
        listing = subprocess.run(["riscv64-unknown-elf-size", "-A", elf], capture_output=True, text=True,
                                 check=True).stdout
        sizes = {line.split()[0]: int(line.split()[1]) for line in listing.split("\n") if line.startswith(".")}
        figures["kernel_text_bytes"] = sizes.get(".text", 0) + sizes.get(".boot", 0)
        figures["kernel_text_after_boot_bytes"] = sizes.get(".text", 0)
        figures["kernel_static_bytes"] = sum(size for name, size in sizes.items()
                                             if name.startswith((".data", ".bss", ".stack")))
    if os.path.exists(flat):
        figures["flat_image_bytes"] = os.path.getsize(flat)
    return figures


def read_csv(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def change_of(ours, before):
    """The baseline's figure, and the change since."""
    if ours is not None and before is not None and ours != before:
        return "%d (%+d)" % (before, ours - before)
    return "" if before is None else str(before)


def print_rows(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def print_table(anchor, figures, ranges, baseline):
    rows = [("operation (instructions, one way)", "seL4", "seL4 MCS", "ceiling", "aim", "ours", "baseline")]
    known = {row["name"] for row in anchor}
    extra = [dict(name=name, operation=name, sel4="", sel4_mcs="", ceiling="", aim="")
             for name in figures if name not in known and " n=" not in name]
    for row in anchor + extra:
        ours, before = figures.get(row["name"]), baseline.get(row["name"])
        note = "" if ours is None or not row["ceiling"] else " *" if ours > int(row["ceiling"]) else ""
        rows.append((row["operation"], row["sel4"], row["sel4_mcs"], row["ceiling"], row["aim"],
                     "-" if ours is None else str(ours) + note, change_of(ours, before)))
    print_rows(rows)
    print("* over its ceiling")
    for name, (low, high) in ranges.items():
        print("the runs of %s differ: from %d to %d" % (name, low, high))


def print_growth(figures, baseline):
    """Costs that grow: a line for each name, a column for each n."""
    growing = [name.split(" n=") + [figure] for name, figure in figures.items() if " n=" in name]
    names = list(dict.fromkeys(name for name, _, _ in growing))
    groups = {}  # names with the same columns share a table
    for name in names:
        groups.setdefault(tuple(int(n) for other, n, _ in growing if other == name), []).append(name)
    for columns, members in groups.items():
        rows = [("growth (instructions), n =",) + tuple(str(n) for n in columns)]
        for name in members:
            keys = ["%s n=%d" % (name, n) for n in columns]
            rows.append((name,) + tuple(str(figures[key]) for key in keys))
            if any(key in baseline and baseline[key] != figures[key] for key in keys):
                rows.append(("    baseline",) + tuple(str(baseline.get(key, "-")) for key in keys))
        print()
        print_rows(rows)


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
    measured, ranges, complaint = measure(options.limit)
    figures.update(measured)
    print_table(anchor, figures, ranges, baseline)
    print_growth(figures, baseline)
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
