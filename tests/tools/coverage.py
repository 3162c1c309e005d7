#!/usr/bin/env python3
"""Line coverage of a folder by the host unit tests that have run.

    coverage.py OUTPUT FOLDER [--list]

Prints the share of FOLDER's lines that were reached and writes the others to OUTPUT/unit/coverage.txt.
With --list, prints the share of each file and the lines not reached. Never a pass or fail: a line is not
tested because it was reached.
"""

import glob
import json
import os
import subprocess
import sys


def main():
    out, folder, listing = os.path.abspath(sys.argv[1]), sys.argv[2], "--list" in sys.argv[3:]
    lines = {}  # file -> {line number: times}
    for notes in sorted(glob.glob(os.path.join(out, "unit", "obj", "**", "*.gcno"), recursive=True)):
        if not os.path.exists(notes[:-5] + ".gcda"):
            continue
        done = subprocess.run(["gcov", "--json-format", "--stdout", notes], capture_output=True, text=True)
        for record in done.stdout.splitlines():
            for file in json.loads(record)["files"]:
                counts = lines.setdefault(os.path.relpath(file["file"]), {})
                for line in file["lines"]:
                    number = line["line_number"]
                    counts[number] = counts.get(number, 0) + line["count"]
    # A source that no test links was not reached at all; nobody counted its lines.
    unlinked = [path for path in sorted(glob.glob(os.path.join(folder, "*.c")))
                if not os.path.exists(os.path.join(out, "unit", "obj", path[:-2] + ".o"))]
    missed, total, shares = [], 0, []
    for path in sorted(path for path in lines if path.startswith(folder + "/")):
        text = open(path).read().split("\n")
        total += len(lines[path])
        reached = sum(1 for times in lines[path].values() if times)
        shares.append("%-24s %4d of %4d lines" % (path, reached, len(lines[path])))
        missed += ["%s:%d: %s" % (path, number, text[number - 1].strip())
                   for number, times in sorted(lines[path].items()) if times == 0]
    missed += ["%s: linked by no unit test" % path for path in unlinked]
    report = os.path.join(out, "unit", "coverage.txt")
    os.makedirs(os.path.dirname(report), exist_ok=True)
    with open(report, "w") as file:
        file.write("".join(line + "\n" for line in missed))
    if listing:
        print("\n".join(shares + missed))
    if total == 0:
        print("%s/: no unit test has run" % folder)
        return
    reached = total - len(missed) + len(unlinked)
    print("%s/: host unit tests reach %d of %d lines (%.1f%%)%s; the others: %s" % (
        folder, reached, total, 100.0 * reached / total,
        " and link none of " + ", ".join(unlinked) if unlinked else "", os.path.relpath(report)))


if __name__ == "__main__":
    main()
