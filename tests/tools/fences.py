#!/usr/bin/env python3
"""Leaves out each fence of the kernel in turn, and whether the ghost sees it (verify/README.md).

    fences.py              on the host: tests/unit/test_vspace.c with the ghost; a few seconds
    fences.py --kernel     on QEMU: the kernel with the ghost under the conformance tests of address spaces; minutes

A mutant is one statement of kernel/vspace.c or kernel/range.c that fences, replaced by nothing, or one of SLIPS
below. A TAP line for each: ok when the ghost panics, or a test fails. On the host also: that these files change
entries, and fence, through kernel/mmu.h alone. The tree itself is not touched.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TREE, "tests", "system"))
from qemu import Tap  # noqa: E402

SOURCES = ("kernel/vspace.c", "kernel/range.c")
STATEMENT = re.compile(r"^\s*(?:mmu_fence|fence|vspace_fence)_\w+\(.*\);(?: /\*.*\*/)?$")
TEST = "tests/unit/test_vspace.c"

# What these files must leave to kernel/mmu.h, where the ghost hears of it: instructions, writes of entries.
UNHEARD = re.compile(r"\basm\b|^\s*\*(?:entry|parent)\s*=[^=]|\b(?:entries|root)\[\w+\]\s*=[^=]")

# Other ways to go wrong: (file, what stands there, what the mutant has).
SLIPS = (
    ("kernel/vspace.c", "mmu_fence_space(vspace_asid(vspace));", "mmu_fence_leaf(0, vspace_asid(vspace));"),
    ("kernel/vspace.c", "    mmu_switch(satp);\n    if (fence)\n        mmu_fence_all();\n",
     "    if (fence)\n        mmu_fence_all();\n    mmu_switch(satp);\n"),
    ("kernel/vspace.c", "        hart->asid_generation++;\n", ""),
    ("kernel/vspace.c", "    bool fence = !hart->asid_last;\n", "    bool fence = false;\n"),
    ("kernel/vspace.c", "asid_assign(vspace))\n            fence = true;", "asid_assign(vspace))\n            fence = false;"),
    ("kernel/vspace.c", "    vspace->root = NULL;\n    vspace->generation = 0;\n", "    vspace->root = NULL;\n"),
)


def read(path):
    with open(os.path.join(TREE, path), encoding="utf-8") as file:
        return file.read()


def mutants():
    """Yields (name, path, mutated text)."""
    for path in SOURCES:
        lines = read(path).split("\n")
        for number, line in enumerate(lines):
            if STATEMENT.match(line):
                indent = line[:len(line) - len(line.lstrip())]
                yield ("%s:%d without %s" % (path, number + 1, line.strip().split(";")[0]), path,
                       "\n".join(lines[:number] + [indent + "{}"] + lines[number + 1:]))
    for path, old, new in SLIPS:
        text = read(path)
        if text.count(old) != 1:
            sys.exit("tests/tools/fences.py: error: %s does not have once %r; change SLIPS" % (path, old))
        yield ("%s:%d with %s" % (path, text[:text.index(old)].count("\n") + 1, " ".join(new.split()) or "nothing"),
               path, text.replace(old, new))


# ---- on the host --------------------------------------------------------------------------------------

def host_command():
    window = re.search(r"^HOST_CAPS_WINDOW := (\w+)$", read("Makefile"), re.MULTILINE)[1]
    return ["gcc", "-std=gnu11", "-O1", "-fno-strict-aliasing", "-fno-common", "-w", "-DTESSERA_CHECK",
            "-DCAPS_WINDOW=" + window, "-I."]


def host_sources():
    first = read(TEST).split("\n")[0]
    return [TEST] + re.match(r"/\* sources: (.*) \*/", first)[1].split()


def host_prepare(folder):
    """Compiles everything once; returns the objects by source."""
    objects = {}
    for source in host_sources():
        objects[source] = os.path.join(folder, source.replace("/", "_") + ".o")
        subprocess.run(host_command() + ["-c", source, "-o", objects[source]], cwd=TREE, check=True)
    return objects


def host_run(folder, objects, number, path, text):
    """The output of the test with this mutant, or None when it passed."""
    source, program = os.path.join(folder, "%d.c" % number), os.path.join(folder, str(number))
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    others = [object_ for name, object_ in objects.items() if name != path]
    subprocess.run(host_command() + [source] + others + ["-o", program], cwd=TREE, check=True)
    return run([program], 60)


# ---- on QEMU ------------------------------------------------------------------------------------------

def kernel_prepare(folder):
    copy = os.path.join(folder, "tree")
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TREE, capture_output=True, text=True,
                           check=True).stdout.split("\n")
    for name in filter(None, files):
        os.makedirs(os.path.dirname(os.path.join(copy, name)), exist_ok=True)
        shutil.copy2(os.path.join(TREE, name), os.path.join(copy, name))
    kernel_build(copy)
    return copy


def kernel_build(copy):
    subprocess.run(["make", "-s", "-j2", "WARNINGS=-w", "build/check/tessera.elf", "conformance-files"], cwd=copy,
                   check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, MAKEFLAGS=""))


def kernel_run(copy, path, text):
    with open(os.path.join(copy, path), "w", encoding="utf-8") as file:
        file.write(text)
    try:
        kernel_build(copy)
        return run([sys.executable, os.path.join(copy, "tests/conformance/run.py"), "--kernel",
                    os.path.join(copy, "build/check/tessera.elf"), "--only", "VM", "virt", "virt-1-asid-bit",
                    "virt-no-asids"], 300)
    finally:
        with open(os.path.join(copy, path), "w", encoding="utf-8") as file:
            file.write(read(path))


# ---- both ---------------------------------------------------------------------------------------------

def run(command, limit):
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    return done.stdout if done.returncode else None


def report(tap, name, output):
    tap.check(name, output is not None, "nothing saw it")
    if output:
        seen = [line for line in output.split("\n") if "ghost: " in line or line.startswith("not ok")]
        tap.note(seen[0].lstrip("# ") if seen else "the test ended in the middle")


def main():
    parser = argparse.ArgumentParser(description="leaves out each fence in turn")
    parser.add_argument("--kernel", action="store_true", help="on QEMU")
    options = parser.parse_args()
    tap, found = Tap(), list(mutants())
    with tempfile.TemporaryDirectory() as folder:
        if options.kernel:
            copy = kernel_prepare(folder)
            for name, path, text in found:
                report(tap, name, kernel_run(copy, path, text))
        else:
            for path in SOURCES:
                unheard = [line.strip() for line in read(path).split("\n") if UNHEARD.search(line)]
                tap.check("%s does all this through kernel/mmu.h" % path, not unheard, "\n".join(unheard))
            objects = host_prepare(folder)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                runs = [pool.submit(host_run, folder, objects, number, path, text)
                        for number, (_, path, text) in enumerate(found)]
                for (name, _, _), output in zip(found, runs):
                    report(tap, name, output.result())
    tap.finish()


if __name__ == "__main__":
    main()
