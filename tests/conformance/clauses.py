#!/usr/bin/env python3
"""The clauses of SPEC.md, what is said to check each of them, and whether it exists.

As a program, without QEMU, a suite of `make test`: each `test` clause has a test, each test names a clause,
each `build` clause stands beside an assertion, each `inspected` clause says where it is argued and that place
exists, each row of a state table is named by a test, and every clause that the tree cites is one. With --table
also the table. run.py prints the same table with what its machines said, so that nobody has to believe a number.
"""

import collections
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOWS = ("test", "build", "inspected")

# A clause begins a paragraph; what stands in brackets behind the mark says where it is argued.
CLAUSE = re.compile(r"^\*\*([A-Z]+)-(\d+)\*\*(?: `(\w+)`(?: \(((?:[^()]|\([^()]*\))*)\))?)?", re.MULTILINE)
TEST = re.compile(r"^(?:[A-Z]+_)?TEST\(\s*([A-Z]+)_(\d+)\s*,\s*\w+\s*,\s*((?:\"[^\"\n]*\"\s*)+)\)", re.MULTILINE)
# A row of a state table begins with its name, which tests of it say in brackets behind what they show.
ROW = re.compile(r"^\| ([A-Z]+-S\d+) \|", re.MULTILINE)
ROW_NAME = re.compile(r"\b[A-Z]+-S\d+\b")
# Chapters that tests outside the suite check too, by test names that begin with the clause.
OUTSIDE = ("BI", "FW")
RUNNER = "tests/conformance/run.py"
OUTSIDE_FILES = ("tests/system/*.py", "tests/unit/*.c")
NAMED = re.compile(r"[\"'](%s)[-_](\d+)\b" % "|".join(OUTSIDE))
# Where clauses are cited.
CITING = ("kernel/*.[chS]", "caps/*.[ch]", "platform/**/*.[chS]", "userland/**/*.[chS]", "tests/**/*.[chS]",
          "tests/**/*.py", "tests/**/*.md", "verify/**/*", "riscv.ld", "*.md")

Clause = collections.namedtuple("Clause", "name chapter how note line")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def files(*patterns):
    found = {os.path.relpath(path, ROOT) for pattern in patterns
             for path in glob.glob(os.path.join(ROOT, pattern), recursive=True)}
    return sorted(path for path in found if os.path.isfile(os.path.join(ROOT, path)))


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def name_of(chapter, number):
    """`UT-4`, however it was written."""
    return "%s-%d" % (chapter, int(number))


def read_spec():
    """All clauses in the order of SPEC.md, those that are there twice too."""
    text = read("SPEC.md")
    return [Clause(name_of(found[1], found[2]), found[1], found[3], " ".join((found[4] or "").split()),
                   line_of(text, found.start())) for found in CLAUSE.finditer(text)]


def tests_of_suite():
    """{clause: ["file:line", ...]}, and the lines that look like a test and are none."""
    tests, strange = {}, []
    for path in files("tests/conformance/*.c"):
        text = read(path)
        understood = set()
        for found in TEST.finditer(text):
            understood.add(found.start())
            place = "%s:%d" % (path, line_of(text, found.start()))
            tests.setdefault(name_of(found[1], found[2]), []).append(place)
        strange += ["%s:%d" % (path, line_of(text, found.start()))
                    for found in re.finditer(r"^(?:[A-Z]+_)?TEST\b", text, re.MULTILINE)
                    if found.start() not in understood]
    for chapter, number in set(NAMED.findall(read(RUNNER))):  # what a machine does behind its last line
        tests.setdefault(name_of(chapter, number), []).append(RUNNER)
    return tests, strange


def has_test(begin):
    """Is there a test of the suite whose name, as UT_04, begins so?"""
    return any(("%s_%s" % (found[1], found[2])).startswith(begin)
               for path in files("tests/conformance/*.c") for found in TEST.finditer(read(path)))


def read_rows():
    """{row: line} of all state tables, in the order of SPEC.md."""
    text = read("SPEC.md")
    return {found[1]: line_of(text, found.start()) for found in ROW.finditer(text)}


def tests_of_rows():
    """{row: ["file:line", ...]}: the tests that name it."""
    tests = {}
    for path in files("tests/conformance/*.c"):
        text = read(path)
        for found in TEST.finditer(text):
            for row in ROW_NAME.findall(found[3]):
                tests.setdefault(row, []).append("%s:%d" % (path, line_of(text, found.start())))
    return tests


def tests_outside():
    """{clause: [file, ...]} of the chapters that other tests check too."""
    tests = {}
    for path in files(*OUTSIDE_FILES):
        for chapter, number in sorted(set(NAMED.findall(read(path)))):
            tests.setdefault(name_of(chapter, number), []).append(path)
    return tests


def assertions(clause):
    """Places where the build asserts a clause: its name on, or at most two lines above, an assertion."""
    places, name = [], re.compile(r"\b%s\b" % clause)
    for path in files("kernel/*.[chS]", "caps/*.[ch]", "platform/**/*.[chS]", "riscv.ld"):
        lines = read(path).split("\n")
        for number, line in enumerate(lines):
            if name.search(line) and any(re.search(r"_Static_assert|ASSERT\(|#error", near)
                                         for near in lines[number:number + 3]):
                places.append("%s:%d" % (path, number + 1))
    return places


# ---- What must hold without running anything --------------------------------------------------------------


def check_form(clauses):
    seen = {}
    for clause in clauses:
        if clause.how not in HOWS:
            yield "SPEC.md:%d: error: %s does not say how it is checked; write %s behind it" % (
                clause.line, clause.name, ", ".join("`%s`" % how for how in HOWS))
        if clause.name in seen:
            yield "SPEC.md:%d: error: %s is also on line %d; take a number that never was" % (
                clause.line, clause.name, seen[clause.name])
        seen[clause.name] = clause.line


def check_tested(clauses):
    tests, outside = tests_of_suite()[0], tests_outside()
    for clause in clauses:
        if clause.how == "test" and clause.name not in tests and clause.name not in outside:
            yield "SPEC.md:%d: error: %s has no test; write one in tests/conformance" % (
                clause.line, clause.name)


def check_tests(clauses):
    tests, strange = tests_of_suite()
    names = {clause.name for clause in clauses}
    for name, places in list(tests.items()) + list(tests_outside().items()):
        if name not in names:
            yield "%s: error: %s is no clause of SPEC.md; name the one that is tested" % (places[0], name)
    for place in strange:
        yield "%s: error: a test without a clause; write TEST(UT_04, name, \"what it shows\")" % place


def check_build(clauses):
    for clause in clauses:
        if clause.how == "build" and not assertions(clause.name):
            yield "SPEC.md:%d: error: no assertion names %s; name it beside the one that holds it" % (
                clause.line, clause.name)


def check_inspected(clauses):
    """The note names files that exist, and sections of DESIGN.md that exist."""
    sections = re.findall(r"^(?:#+ |\*\*)([^*\n]*)", read("DESIGN.md"), re.MULTILINE)
    for clause in clauses:
        if clause.how != "inspected":
            continue
        where = "SPEC.md:%d: error: %s" % (clause.line, clause.name)
        if not clause.note:
            yield where + " does not say where it is argued; add it in brackets"
        for path in re.findall(r"\b(?:[a-z]+/)?[a-z_]+\.(?:c|h|S|ld)\b", clause.note):
            if not files(path, "kernel/" + path, "caps/" + path):
                yield "%s is argued in %s, which is not there" % (where, path)
        for section in re.findall(r"\"([^\"]+)\"", clause.note):
            if not any(section.rstrip(",.") in title for title in sections):
                yield "%s is argued in DESIGN.md, \"%s\", which is not there" % (where, section)


def check_rows(_):
    """Each row of a state table has a name of its own, in order, and a test that says it; no test says another."""
    text, rows, tests = read("SPEC.md"), read_rows(), tests_of_rows()
    for table in re.finditer(r"^\| row \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE):
        for number, line in enumerate(table[1].split("\n")[:-1]):
            if not ROW.match(line):
                yield "SPEC.md:%d: error: a row of a state table without a name; name it as those beside it" % (
                    line_of(text, table.start(1)) + number)
    last = {}
    for found in ROW.finditer(text):
        chapter, number = found[1].split("-S")
        if int(number) != last.get(chapter, 0) + 1:
            yield "SPEC.md:%d: error: row %s is not the next of its chapter; number them from 1 on" % (
                line_of(text, found.start()), found[1])
        last[chapter] = int(number)
    for row, line in rows.items():
        if row not in tests:
            yield "SPEC.md:%d: error: no test names row %s; write one with (%s) in its line" % (line, row, row)
    for row, places in tests.items():
        if row not in rows:
            yield "%s: error: %s is no row of a state table in SPEC.md; name the one that is shown" % (places[0], row)


PAIRS = "tests/conformance/pairs.c"
# Operations that its tables cannot hold: one never succeeds, two do not come back.
ALONE = {"TESS_TCB_STEP", "TESS_FIRMWARE_SHUTDOWN", "TESS_FIRMWARE_REBOOT"}


def check_pairs(_):
    """Each operation of the ABI is called with each defect, and with each two (pairs.c)."""
    tables = read(PAIRS) if files(PAIRS) else ""
    for path in files("caps/abi.h", "kernel/abi.h"):
        for body in re.findall(r"^enum tess_\w+_op \{(.*?)\};", read(path), re.DOTALL | re.MULTILINE):
            for name in re.findall(r"\bTESS_\w+", body):
                if name not in ALONE and not re.search(r"\b%s\b" % name, tables):
                    yield "%s:1: error: %s is not there; add its checks, in the order of SPEC.md" % (PAIRS, name)


ARGUMENTS = {"cap": "CAPABILITY", "info": "INFO", "reply": "REPLY", "op": "OPERATION", "x": "TRANSFER"}


def check_errors(clauses):
    """Each `ERROR@where` of a clause is expected by some test, with this argument."""
    suite = "\n".join(read(path) for path in files("tests/conformance/*.c"))
    text = read("SPEC.md").split("\n## Glossary")[0]
    starts = [found.start() for found in CLAUSE.finditer(text)] + [len(text)]
    for clause, begin, end in zip(clauses, starts, starts[1:]):
        for error, where in sorted(set(re.findall(r"`([A-Z_]+)@(cap|info|reply|op|x|w\d)\b", text[begin:end]))):
            argument = r"TESS_ARG_WORD\((?:%s|[a-z]\w*)\)" % where[1:] if where[0] == "w" else "TESS_ARG_" + ARGUMENTS[where]
            if not re.search(r"TESS_ERR_%s\b[^;]*?%s" % (error, argument), suite):
                yield "SPEC.md:%d: error: no test of the suite expects %s@%s of %s; write one" % (
                    clause.line, error, where, clause.name)


def check_citations(clauses):
    """Only words that look like a clause of a chapter that SPEC.md has."""
    names = {clause.name for clause in clauses}
    chapters = "|".join(sorted({clause.chapter for clause in clauses}))
    pattern = re.compile(r"(?<![-\w])(%s)-(\d+)\b(?!-)" % chapters)
    for path in files(*CITING):
        try:
            text = read(path)
        except UnicodeDecodeError:
            continue
        for found in pattern.finditer(text):
            if name_of(found[1], found[2]) not in names:
                yield "%s:%d: error: %s is no clause of SPEC.md; cite the one that is meant" % (
                    path, line_of(text, found.start()), found[0])


# What holds of the tree, and who finds where it does not.
CHECKS = (
    ("each clause has a number of its own, and says how it is checked", check_form),
    ("each clause marked test has a test", check_tested),
    ("each test names a clause", check_tests),
    ("each clause marked build stands beside an assertion", check_build),
    ("each clause marked inspected says where, and it is there", check_inspected),
    ("each row of a state table is named by a test", check_rows),
    ("each error that a clause names is expected by a test", check_errors),
    ("each operation is called with each two of its errors", check_pairs),
    ("each clause that is cited is there", check_citations),
)


def check_all():
    """Yields (what, complaints)."""
    clauses = read_spec()
    for what, check in CHECKS:
        yield what, list(check(clauses))


# ---- The table ------------------------------------------------------------------------------------------


class Results:
    """What the machines said of each clause, and of each row of a state table."""

    def __init__(self):
        self.counts, self.machines = {}, {}

    def add(self, test, kind):
        """test: `UT_04 what it shows [machine]`; kind: passed, failed or skipped."""
        found = re.match(r"([A-Z]+)_(\d+)\b", test)
        if found:
            machine = re.search(r"\[([\w-]+)\]", test)
            for name in [name_of(found[1], found[2])] + ROW_NAME.findall(test):
                self.counts.setdefault(name, collections.Counter())[kind] += 1
                self.machines.setdefault(name, set()).add(machine[1] if machine else "")

    def text(self, name):
        counts = self.counts.get(name)
        if not counts:
            return "not run"
        words = ["%d %s" % (counts[kind], kind.upper() if kind == "failed" else kind)
                 for kind in ("failed", "passed", "skipped") if counts[kind]]
        machines = len(self.machines[name])
        return "%s on %d machine%s" % (", ".join(words), machines, "" if machines == 1 else "s")

    def verdict(self, name):
        counts = self.counts.get(name, {})
        return next((kind for kind in ("failed", "passed", "skipped") if counts.get(kind)), "not run")


def elsewhere(clause, tests, outside):
    """Is it tested, but not by the suite?"""
    return clause.name in outside and clause.name not in tests


def row(clause, tests, outside, results):
    """How many tests of the suite, result."""
    count, also = len(tests.get(clause.name, [])), outside.get(clause.name, [])
    words = []
    if clause.how == "build":
        places = assertions(clause.name)
        words.append("asserted: " + ", ".join(places) if places else "NO ASSERTION")
    if clause.how == "inspected":
        words.append("argued: " + clause.note if clause.note else "ARGUED NOWHERE")
    if count or clause.name in results.counts:
        words.append(results.text(clause.name))
    if also:
        words.append("`make test`: " + ", ".join(also))
    return str(count or "-"), "; ".join(words) or "NO TEST"


def table(results, only=""):
    """Yields the lines of the table; only: of clauses whose tests' names begin so. The sums are of all."""
    clauses, tests, outside = read_spec(), tests_of_suite()[0], tests_outside()
    prefix = re.compile(r"%s" % re.escape(only.split("_")[0]))
    rows = [("clause", "how", "tests", "result")]
    for clause in clauses:
        if prefix.match(clause.chapter):
            rows.append((clause.name, clause.how or "?") + row(clause, tests, outside, results))
    states, shown = read_rows(), tests_of_rows()
    rows += [(name, "row", str(len(shown.get(name, [])) or "-"), results.text(name))
             for name in states if prefix.match(name)]
    widths = [max(len(line[i]) for line in rows) for i in range(3)]
    for line in rows:
        yield "%-*s  %-*s  %*s  %s" % (widths[0], line[0], widths[1], line[1], widths[2], line[2], line[3])
    count = collections.Counter(clause.how for clause in clauses)
    kinds = collections.Counter("by `make test` alone" if elsewhere(clause, tests, outside) else
                                results.verdict(clause.name) for clause in clauses if clause.how == "test")
    said = ", ".join("%d %s" % (kinds[kind], kind)
                     for kind in ("passed", "failed", "skipped", "not run", "by `make test` alone") if kinds[kind])
    yield "%d clauses: %d test (%s), %d build, %d inspected" % (
        len(clauses), count["test"], said, count["build"], count["inspected"])
    kinds = collections.Counter(results.verdict(name) for name in states)
    yield "%d rows of state tables: %s" % (
        len(states), ", ".join("%d %s" % (kinds[kind], kind) for kind in sorted(kinds)))


def check_results(results, everywhere):
    """After a run of the whole suite; everywhere: on all machines, so that somewhere each test can run."""
    clauses = {clause.name: clause for clause in read_spec()}
    tests, outside = tests_of_suite()[0], tests_outside()
    for clause in clauses.values():
        verdict = results.verdict(clause.name)
        if clause.how == "test" and not elsewhere(clause, tests, outside) and (verdict == "not run" or (everywhere and verdict == "skipped")):
            yield "SPEC.md:%d: error: tests of %s: %s" % (clause.line, clause.name, verdict)
    rows = read_rows()
    for name, line in rows.items():
        verdict = results.verdict(name)
        if verdict == "not run" or (everywhere and verdict == "skipped"):
            yield "SPEC.md:%d: error: tests of row %s: %s" % (line, name, verdict)
    for name in results.counts:
        if name not in clauses and name not in rows:
            yield "SPEC.md:1: error: a test says %s, which is no clause" % name


def main():
    failed = 0
    for number, (what, complaints) in enumerate(check_all(), 1):
        for complaint in complaints:
            print("# " + complaint)
        failed += bool(complaints)
        print("%s %d - SPEC %s" % ("not ok" if complaints else "ok", number, what))
    if "--table" in sys.argv[1:]:
        print("\n".join("# " + line for line in table(Results())))
    print("%d passed, %d failed" % (len(CHECKS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
