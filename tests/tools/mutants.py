#!/usr/bin/env python3
"""Makes small defects in kernel/ and caps/, one at a time, and looks whether the conformance suite sees them.

    mutants.py [--sample N] [--seed N] [--only FILE] [--report FILE] [--limit SECONDS]

Works on a copy of the tree in the build output. The sites are all places where a rule below applies, in
the order of files and lines; a sample is drawn from them with the seed. A mutant is killed when the suite
fails, panics or does not come to its end in time; one that does not compile, or whose object code is the
same, does not count. Prints one line for each, and the score; --report writes the survivors as a table.
"""

import argparse
import glob
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUTPUT = os.path.abspath(os.environ.get("TESSERA_OUTPUT") or os.path.join(ROOT, "build"))

# What runs once at boot, before there is a suite, is not judged by it; panics and debug text neither.
LEFT_OUT = {"boot.c", "root.c", "bootinfo.c", "bootmem.c", "bundle.c", "elf.c", "kmap.c", "panic.c", "print.c",
            "memory.c", "offsets.c"}

# Name, what to find, what to put there. Applied to code without comments, at every place on a line.
RULES = [
    ("less or equal", re.compile(r"(?<=\s)<(?=\s)"), "<="),
    ("less", re.compile(r"(?<=\s)<=(?=\s)"), "<"),
    ("greater or equal", re.compile(r"(?<=\s)>(?=\s)"), ">="),
    ("greater", re.compile(r"(?<=\s)>=(?=\s)"), ">"),
    ("not equal", re.compile(r"(?<=\s)==(?=\s)"), "!="),
    ("equal", re.compile(r"(?<=\s)!=(?=\s)"), "=="),
    ("or", re.compile(r"&&"), "||"),
    ("and", re.compile(r"\|\|"), "&&"),
    ("condition never", re.compile(r"(?<=\bif )\((.*)\)$"), r"(0 && (\1))"),
    ("statement gone", re.compile(r"^(\s+)(?!return|break|continue|goto|case|default|struct|word|bool|unsigned|"
                                  r"uint|const|enum|static|int|pte)[A-Za-z_*(][^;{}]*;$"), r"\1;"),
    ("check gone", re.compile(r"^(\s+)TRY\(.*\);$"), r"\1;"),
    ("mask gone", re.compile(r" & ~[A-Za-z_0-9()]+"), ""),
    ("bit not set", re.compile(r"(?<=\w) \|= "), " &= "),
]


def code_of(line):
    """The line without its comment, same columns."""
    return re.sub(r"/\*.*?\*/", lambda found: " " * len(found[0]), line).split("//")[0].rstrip()


def sites(only):
    found = []
    for path in sorted(glob.glob(os.path.join(ROOT, "caps", "*.c")) + glob.glob(os.path.join(ROOT, "kernel", "*.c"))):
        if os.path.basename(path) in LEFT_OUT or (only and only not in path):
            continue
        comment = False
        for number, line in enumerate(open(path).read().split("\n")):
            if line.lstrip().startswith("/*"):
                comment = True
            code = "" if comment or line.startswith(("#", " *")) else code_of(line)
            if "*/" in line:
                comment = False
            for name, find, put in RULES:
                for match in find.finditer(code):
                    changed = code[:match.start()] + match.expand(put) + code[match.end():]
                    found.append((os.path.relpath(path, ROOT), number, name, changed))
    return found


class Copy:
    """A copy of the tree that one mutant after the other is built in."""

    def __init__(self):
        self.tree = os.path.join(OUTPUT, "mutants", "tree")
        shutil.rmtree(self.tree, ignore_errors=True)
        os.makedirs(self.tree)
        for name in ("caps", "kernel", "platform", "userland", "tests", "Makefile", "riscv.ld", "SPEC.md"):
            source = os.path.join(ROOT, name)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, os.path.join(self.tree, name))
        if not self.build():
            sys.exit("mutants.py: error: the tree does not build; mend it first")
        self.original = self.digest()

    def output(self, *parts):
        return os.path.join(self.tree, "build", *parts)

    def build(self):
        done = subprocess.run(["make", "-s", "WARNINGS=-w", "kernel", "build/conformance/bundle.cpio"], cwd=self.tree,
                              capture_output=True, text=True)
        return done.returncode == 0

    def digest(self):
        return hashlib.sha256(open(self.output("kernel", "tessera.bin"), "rb").read()).hexdigest()

    def judge(self, limit):
        """Killed? By what?"""
        environment = dict(os.environ, TESSERA_OUTPUT=self.output())
        try:
            done = subprocess.run([sys.executable, "tests/conformance/run.py", "--limit", str(limit), "virt"],
                                  cwd=self.tree, env=environment, capture_output=True, text=True, timeout=limit * 3)
        except subprocess.TimeoutExpired:
            return True, "no end"
        if done.returncode == 0:
            return False, ""
        first = re.search(r"^not ok \d+ - (\S+)|^.*(tessera: panic.*)", done.stdout, re.MULTILINE)
        return True, (first[1] or first[2]) if first else "no last line"

    def mutate(self, site, limit):
        path, number, _, changed = site
        full = os.path.join(self.tree, path)
        text = open(full).read()
        lines = text.split("\n")
        lines[number] = changed
        open(full, "w").write("\n".join(lines))
        try:
            if not self.build():
                return None, "does not compile"
            if self.digest() == self.original:
                return None, "same code"
            return self.judge(limit)
        finally:
            open(full, "w").write(text)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--report")
    parser.add_argument("--limit", type=int, default=60)
    options = parser.parse_args()

    chosen = sites(options.only)
    total = len(chosen)
    if options.sample and options.sample < total:
        chosen = sorted(random.Random(options.seed).sample(chosen, options.sample))
    copy = Copy()
    if copy.judge(options.limit)[0]:
        sys.exit("mutants.py: error: the suite fails without a mutant; mend that first")
    killed, survivors = 0, []
    for site in chosen:
        dead, why = copy.mutate(site, options.limit)
        where = "%s:%d: %s: %s" % (site[0], site[1] + 1, site[2], site[3].strip())
        print("%s %s%s" % ("skipped " if dead is None else "killed  " if dead else "SURVIVED", where,
                           " [%s]" % why if why else ""), flush=True)
        killed += dead is True
        if dead is False:
            survivors.append(site)
    counted = killed + len(survivors)
    score = "%d of %d mutants killed (%.0f%%), of %d sites, seed %d" % (
        killed, counted, 100.0 * killed / max(counted, 1), total, options.seed)
    print(score)
    if options.report:
        with open(options.report, "w") as report:
            report.write("# Mutants\n\nMade by `make mutants`: %s.\n\n| survivor | defect | line |\n|---|---|---|\n"
                         % score)
            for path, number, name, changed in survivors:
                report.write("| %s:%d | %s | `%s` |\n" % (path, number + 1, name, changed.strip().replace("|", "\\|")))


if __name__ == "__main__":
    main()
