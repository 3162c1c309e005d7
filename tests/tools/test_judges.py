#!/usr/bin/env python3
"""Tests of what judges the kernel: the checker of clauses, the suite's runner, coverage and mutants.

A judge that never complains is worthless: each complaint is provoked once, and once is not.
"""

import collections
import contextlib
import io
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CONFORMANCE = os.path.join(ROOT, "tests", "conformance")
sys.path[:0] = [HERE, CONFORMANCE]
import clauses  # noqa: E402
import kernel_coverage  # noqa: E402
import mutant_sites  # noqa: E402
import mutants  # noqa: E402
import run  # noqa: E402

results = []


def check(name, good):
    results.append(bool(good))
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name), flush=True)


# ---- clauses.py ----------------------------------------------------------------------------------------------

TREE = {
    "SPEC.md": "**AA-1** `test` One.\n\n**AA-2** `build` Two.\n\n**AA-3** `inspected` (kernel/a.c; DESIGN.md, \"Why\")"
               " Three.\n\n**BI-1** `test` Boot.\n",
    "DESIGN.md": "## Why\n",
    "kernel/a.c": "_Static_assert(1, \"\"); /* AA-2 */\n",
    "tests/conformance/a.c": "TEST(AA_01, one, \"shows one\")\n",
    "tests/conformance/run.py": "",
    "tests/system/b.py": "check(\"BI-1: boots\")\n",
}


@contextlib.contextmanager
def tree(**changes):
    """A tree of TREE's files in place of ours; `__` in a name stands for /, `_dot_` for a dot."""
    files = dict(TREE, **{name.replace("__", "/").replace("_dot_", "."): text for name, text in changes.items()})
    before = clauses.ROOT
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(folder, path), "w") as file:
                file.write(text)
        clauses.ROOT = folder
        try:
            yield
        finally:
            clauses.ROOT = before


def complaints(**changes):
    with tree(**changes):
        return [complaint for _, found in clauses.check_all() for complaint in found]


def check_clauses():
    spec = TREE["SPEC.md"]
    check("clauses: a tree in order", complaints() == [])
    check("clauses: one without a mark", complaints(SPEC_dot_md=spec.replace("`test` One", "One")))
    check("clauses: one with a mark that is none", complaints(SPEC_dot_md=spec.replace("`test` One", "`hope` One")))
    check("clauses: a number that is there twice", complaints(SPEC_dot_md=spec + "\n**AA-1** `test` Again.\n"))
    check("clauses: `test` without a test", complaints(SPEC_dot_md=spec + "\n**AA-4** `test` Four.\n"))
    check("clauses: `test` by a test of the system", not complaints() and complaints(tests__system__b_dot_py=""))
    check("clauses: a test that names no clause",
          complaints(tests__conformance__b_dot_c="TEST(AA_09, nine, \"shows nine\")\n"))
    check("clauses: a test without a number", complaints(tests__conformance__b_dot_c="TEST(NAME, x, \"text\")\n"))
    check("clauses: `build` without an assertion", complaints(kernel__a_dot_c="/* AA-2 */\n"))
    check("clauses: `inspected` argued nowhere",
          complaints(SPEC_dot_md=spec.replace(" (kernel/a.c; DESIGN.md, \"Why\")", "")))
    check("clauses: `inspected` argued in a file that is not there",
          complaints(SPEC_dot_md=spec.replace("kernel/a.c", "kernel/b.c")))
    check("clauses: `inspected` argued in a section that is not there", complaints(DESIGN_dot_md="## Else\n"))
    check("clauses: an error that no test expects",
          complaints(SPEC_dot_md=spec.replace("One.", "`RANGE@w1(9)`."))
          and not complaints(SPEC_dot_md=spec.replace("One.", "`RANGE@w1(9)`."), tests__conformance__b_dot_c=(
              "EXPECT_ERROR(r, TESS_ERR_RANGE,\n TESS_ARG_WORD(1), 9);\n")))
    rows = {"SPEC_dot_md": spec + "\n| row | state |\n|---|---|\n| AA-S1 | idle |\n| AA-S2 | busy |\n"}
    both = "TEST(AA_01, two, \"shows both \"\n     \"(AA-S1, AA-S2)\")\n"
    check("clauses: rows of a state table that tests name", not complaints(**rows, tests__conformance__b_dot_c=both))
    check("clauses: a row that no test names",
          len(complaints(**rows, tests__conformance__b_dot_c=both.replace(", AA-S2", ""))) == 1)
    check("clauses: a row that is none", complaints(tests__conformance__b_dot_c=both))
    check("clauses: a row without a name, or with another than the next", all(
        complaints(SPEC_dot_md=rows["SPEC_dot_md"].replace("AA-S2", other), tests__conformance__b_dot_c=both.replace(
            ", AA-S2", added)) for other, added in (("idle", ""), ("AA-S3", ", AA-S3"), ("AA-S1", ""))))
    header = {"kernel__abi_dot_h": "enum tess_x_op {\n    TESS_X_GO = 1, /* to */\n};\n"}
    check("clauses: an operation that is called with no two errors", complaints(**header)
          and not complaints(**header, tests__conformance__pairs_dot_c="CHECK_OPERATION(x, TESS_X_GO, (0));\n"))
    check("clauses: a citation of a clause that is none", complaints(kernel__b_dot_c="/* AA-9 */\n"))


def check_table():
    with tree():
        said = clauses.Results()
        said.add("AA_01 shows one [virt]", "passed")
        said.add("AA_01 shows one [sifive_u]", "failed")
        text = "\n".join(clauses.table(said))
        check("table: clause, how, tests, result, of each clause",
              all(word in text for word in ("AA-1", "AA-2", "AA-3", "BI-1", "1 FAILED, 1 passed on 2 machines")))
        check("table: the count of `inspected`, also when few clauses are shown",
              "1 inspected" in text and "1 inspected" in "\n".join(clauses.table(said, "BI")))
        check("table: a failed test is no passed clause", "1 failed, 1 by `make test` alone" in text)
        check("results: a clause that only other tests check need not run here",
              not list(clauses.check_results(said, True)))
    with tree(SPEC_dot_md=TREE["SPEC.md"] + "\n**AA-4** `test` Four.\n",
              tests__conformance__b_dot_c="TEST(AA_04, four, \"shows four\")\n"):
        check("results: a clause that was not run", len(list(clauses.check_results(said, True))) == 1)
        said.add("AA_04 four", "skipped")
        check("results: a clause that was skipped everywhere", len(list(clauses.check_results(said, True))) == 1
              and not list(clauses.check_results(said, False)))
    with tree(SPEC_dot_md=TREE["SPEC.md"] + "\n| row | state |\n|---|---|\n| AA-S1 | idle |\n"):
        said = clauses.Results()
        said.add("AA_01 shows one [virt]", "passed")
        check("results: a row of a state table that was not run", len(list(clauses.check_results(said, False))) == 1)
        said.add("AA_01 shows a row (AA-S1) [virt]", "passed")
        check("results: a row that was", not list(clauses.check_results(said, True))
              and "1 rows of state tables: 1 passed" in "\n".join(clauses.table(said)))
    with tree():
        said = clauses.Results()
        said.add("AA_01 shows one [virt]", "passed")
        said.add("AA_09 what [virt]", "passed")
        check("results: a test of no clause", len(list(clauses.check_results(said, False))) == 1)


# ---- run.py and suite.c --------------------------------------------------------------------------------------


def suite(*words):
    done = subprocess.run([sys.executable, os.path.join(CONFORMANCE, "run.py"), "--bundle",
                           run.qemu.output("runtime", "selftest.cpio"), *words], capture_output=True, text=True)
    return done.returncode, done.stdout.split("\n")


def check_skips():
    def complains(*lines):
        report, said = run.Report(), io.StringIO()
        with contextlib.redirect_stdout(said):
            for line in lines:
                report.test(True, line)
            report.check(everywhere=True)
        return "a test that no machine can run: ABI_01 it" in said.getvalue()
    skips = ("ABI_01 it [virt] # SKIP why", "ABI_01 it [sifive_u] # SKIP why")
    check("runner: a test that is skipped on all machines", complains(*skips))
    check("runner: and one that is not", not complains(*skips, "ABI_01 it [virt-u54]"))


def check_runner():
    status, lines = suite("virt")
    failed = {line.split(" - ")[1] for line in lines if line.startswith("not ok")}
    for what in ("ABI_01 a test that made no assertion", "ABI_01 a test that ends at a wrong assertion",
                 "ABI_01 a test whose first assertion is wrong, and whose second is right",
                 "ABI_01 a test that does not end", "ABI_01 a test that writes below its stack",
                 "ABI_01 a test that faults, with nobody to handle it"):
        check("runner: fails " + what[7:], what + " [virt]" in failed)
    passed = [line for line in lines if line.startswith("ok")]
    check("runner: passes the good, also behind the bad", len(passed) == 5 and any("after bad" in line for line in passed))
    check("runner: says where a wrong assertion stands",
          any(line.startswith("# tests/runtime/selftest.c:") for line in lines))
    check("runner: a test of a clause that is none", any("ZZ-99, which is no clause" in line for line in lines))
    check("runner: a clause without a test", any("tests of UT-4: not run" in line for line in lines))
    check("runner: the plan, the sum and the exit status", "1..12" in lines and status == 1
          and "4 passed, 7 failed, 1 skipped" in lines)
    status, lines = suite("--only", "ABI_02", "virt")
    check("runner: chooses tests", status == 0 and "1 passed, 0 failed, 1 skipped" in lines)
    check("runner: says nothing but tests", not any("OpenSBI" in line for line in lines))
    status, lines = suite("--only", "ABI_02", "--verbose", "virt")
    check("runner: or all that the machine says", status == 0 and any("OpenSBI" in line for line in lines))
    status, lines = suite("--kernel", "/no/such/kernel", "virt")
    check("runner: a kernel that is not there", status == 1 and any("was not built" in line for line in lines))
    status, lines = suite("--kernel", run.qemu.output("runtime", "selftest.elf"), "--limit", "5", "virt")
    check("runner: a kernel that does not come up", status == 1)


# ---- kernel_coverage.py --------------------------------------------------------------------------------------


def check_coverage():
    Source = collections.namedtuple("Source", "text function")
    lines = {3: "panic(\"a\");", 7: "return 0;"}
    source = Source(lines.get, lambda number: "f" if number < 5 else "g")

    def wrong(*rows):
        with contextlib.redirect_stdout(io.StringIO()):
            return list(kernel_coverage.complaints([("kernel/a.c", 3), ("kernel/a.c", 7)], {"kernel/a.c": source},
                                                   [kernel_coverage.Row("kernel/a.c", *row) for row in rows]))
    check("coverage: lines without a reason", len(wrong()) == 2)
    check("coverage: a reason by text and one by function", not wrong(("panic(\"a\");", "r", 1), ("g()", "r", 2)))
    check("coverage: a reason by a beginning", not wrong(("panic(...", "r", 1), ("g(): ret...", "r", 2)))
    check("coverage: a row for nothing", len(wrong(("f()", "r", 1), ("g()", "r", 2), ("h()", "r", 3))) == 1)


# ---- mutants.py and mutant_sites.py --------------------------------------------------------------------------

CODE = """/* if (comment) gone(); */
#define MACRO if (macro) gone()
static int f(int a, struct b *b)
{
    int c = a & 7;
    if (a < 2 && b) {
        b->text = "if (string) x = 1;";
        TRY(g(a,
              c));
    } else if (c)
        return a;
    asm volatile("sfence.vma" ::: "memory");
    return a == c;
}
"""
ASSEMBLY = """name:
    beqz t1, slow /* no sd here */
1:  sd t1, 8(tp)
    li t2, 0
"""


def check_sites():
    sites = list(mutant_sites.sites_of_c("a.c", CODE))
    found = {(site.line, site.rule) for site in sites}
    for rule, line in (("condition never", 6), ("less or equal", 6), ("or", 6), ("statement gone", 7),
                       ("check gone", 8), ("condition always", 10), ("fence gone", 12), ("not equal", 13),
                       ("mask gone", 5)):
        check("sites: %s" % rule, (line, rule) in found)
    check("sites: no more than these", len(sites) == 10)
    check("sites: a declaration, a comment, a string, a macro are none", not any(site.line < 5 for site in sites)
          and not any("string) x" in site.shown for site in sites if site.rule != "statement gone"))
    check("sites: lines stay where they are",
          all(mutant_sites.mutated(CODE, site).count("\n") == CODE.count("\n") for site in sites))
    check("sites: each is another program", len({mutant_sites.mutated(CODE, site) for site in sites}) == len(sites))
    check("sites: instructions",
          [(site.line, site.rule, site.function) for site in mutant_sites.sites_of_assembly("a.S", ASSEMBLY)]
          == [(2, "check gone", "name"), (3, "store gone", "name"), (4, "clear gone", "name")])
    check("sites: an instruction is shown with the one before it",
          list(mutant_sites.sites_of_assembly("a.S", ASSEMBLY))[1].shown == "beqz t1, slow; sd t1, 8(tp)")


def judged(script, kind="virt"):
    """Why a machine that prints what this script does is dead."""
    class Machines(mutants.Machines):
        def __init__(self):
            pass

        def command(self, name, only, kernel):
            return ["sh", "-c", script]
    return Machines().boot(kind, "", "", 1)[1]


def check_judging():
    end = "echo '1 passed, 0 failed'"
    check("mutants: a suite that passes lets it live", judged("echo 'ok 1 - A'; " + end) == "")
    check("mutants: a test that fails kills it", judged("echo 'not ok 1 - AA_01 what'; " + end) == "AA_01")
    check("mutants: so does a panic", judged("echo 'tessera: panic: x'; sleep 9").startswith("tessera: panic"))
    check("mutants: so does an end without the last line", judged("echo 'ok 1 - A'") == "no last line")
    check("mutants: so does a machine that does not shut down well", judged(end + "; exit 1") == "no shutdown")
    check("mutants: so does one that does not boot again", judged(end, "virt-reboot") == "no reboot")
    check("mutants: so does one that sleeps for good", judged("exec sleep 99") == "no end")
    check("mutants: so does using too much time", judged("while :; do echo; done") == "no end")


def refused(*command):
    """Does it end with an error, having tried nothing?"""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    return done.returncode == 2 and "error: no " in done.stderr and not done.stdout


def check_choices():
    check("runner: tests that are not there are not passed", refused("tests/conformance/run.py", "--only", "XX"))
    check("suites: one that is not there is not passed", refused("tests/tools/run_suites.py", "lint", "nosuch"))
    check("mutants: a file that is not there is not well tested", refused("tests/tools/mutants.py", "--only", "nosuch"))


def check_reasons():
    site = next(mutant_sites.sites_of_c("kernel/a.c", CODE))
    table = "| kernel/a.c | `f()` | %s | `%s` | equivalent | because |\n" % (site.rule, mutants.cell(site.shown))
    rows = mutants.read_reasons("| file |\n" + table)
    check("mutants: a reason is found by file, function, defect and text",
          mutants.match([site], rows, True) == ({site: rows[0]}, []))
    check("mutants: a survivor without a reason", len(mutants.match([site], [], True)[1]) == 1)
    check("mutants: a reason without a survivor, after a full run",
          len(mutants.match([], rows, True)[1]) == 1 and not mutants.match([], rows, False)[1])
    check("mutants: a reason of no kind",
          len(mutants.match([site], mutants.read_reasons(table.replace("equivalent", "well")), True)[1]) == 1)
    verdicts = [(site, mutants.Verdict(kind, "")) for kind in ("killed", "elsewhere", "lives", "same", "uncompiled")]
    numbers = mutants.score(verdicts, {site: rows[0]})
    check("mutants: the score leaves out what is equivalent",
          (numbers["counted"], numbers["equivalent"], numbers["share"]) == (3, 1, "100.0%"))
    check("mutants: the score counts what is not", mutants.score(verdicts, {})["share"] == "66.7%")
    text = mutants.report_text(verdicts, {site: rows[0]}, 1, 9)
    check("mutants: the report names each survivor and its reason", "| equivalent | because |" in text)
    check("mutants: and says when there is none", "NO REASON GIVEN" in mutants.report_text(verdicts, {}, 1, 9))


def main():
    check_clauses()
    check_table()
    check_runner()
    check_skips()
    check_coverage()
    check_sites()
    check_judging()
    check_choices()
    check_reasons()
    print("%d passed, %d failed" % (sum(results), len(results) - sum(results)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
