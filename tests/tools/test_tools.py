#!/usr/bin/env python3
"""Tests of the test tools, and of the Makefile: a runner that never fails and a lint that never complains are worthless."""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import lint  # noqa: E402
import run_suites  # noqa: E402

results = []


def check(name, good):
    results.append(bool(good))
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name), flush=True)


def complaints(checker, **files):
    """What a lint check says about a tree of these files; `__` in a name stands for /, `_dot_` for a dot."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, text in files.items():
            path = name.replace("__", "/").replace("_dot_", ".")
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(folder, path), "w") as file:
                file.write(text)
            paths.append(path)
        os.chdir(folder)
        try:
            return list(checker(paths))
        finally:
            os.chdir(before)


def check_lint():
    arrows = lint.check_arrows
    good = '#include <stdint.h>\n#include "caps/b.h"\n'
    check("arrows: caps may include caps", not complaints(arrows, caps__a_dot_c=good, caps__b_dot_h=""))
    check("arrows: caps may not include kernel",
          complaints(arrows, caps__a_dot_c='#include "kernel/b.h"\n', kernel__b_dot_h=""))
    check("arrows: kernel sees one header of platform",
          complaints(arrows, kernel__a_dot_c='#include "platform/sbi.h"\n', platform__sbi_dot_h="")
          and not complaints(arrows, kernel__a_dot_c='#include "platform/platform.h"\n',
                             platform__platform_dot_h=""))
    check("arrows: userland sees the ABI and not the kernel",
          complaints(arrows, userland__a_dot_c='#include "caps/cdt.h"\n', caps__cdt_dot_h="")
          and not complaints(arrows, userland__a_dot_c='#include "caps/abi.h"\n', caps__abi_dot_h=""))
    check("arrows: nobody includes tests/",
          complaints(arrows, userland__a_dot_c='#include "tests/b.h"\n', tests__b_dot_h=""))
    check("arrows: a conformance test sees the ABI and no other header of the kernel",
          complaints(arrows, tests__conformance__a_dot_c='#include "kernel/tcb.h"\n', kernel__tcb_dot_h="")
          and not complaints(arrows, tests__conformance__a_dot_c='#include "kernel/abi.h"\n',
                             kernel__abi_dot_h=""))
    check("arrows: no hosted header in caps/", complaints(arrows, caps__a_dot_c="#include <stdio.h>\n"))
    check("arrows: hosted headers in userland/",
          not complaints(arrows, userland__a_dot_c="#include <stdio.h>\n"))
    check("arrows: a path that does not exist", complaints(arrows, caps__a_dot_c='#include "caps/no.h"\n'))
    check("arrows: a comment includes nothing",
          not complaints(arrows, caps__a_dot_c='/*\n#include "kernel/b.h"\n*/\n'))

    conditional = "static int f(int a)\n{\n#if A\n    a++;\n#endif\n    return a;\n}\n"
    check("conditionals: #if inside a function",
          complaints(lint.check_conditionals, kernel__a_dot_c=conditional))
    check("conditionals: #if around a function",
          not complaints(lint.check_conditionals, kernel__a_dot_c="#if A\nint f(void)\n{\n}\n#endif\n"))
    check("conditionals: #if inside a table",
          not complaints(lint.check_conditionals, kernel__a_dot_c="int t[] = {\n#if A\n1,\n#endif\n};\n"))

    def function(lines):
        return "int f(int (*g)(int), char c)\n{\n" + "    g('}'); /* } */\n" * (lines - 2) + "}\n"
    check("lengths: a function of 60 lines", not complaints(lint.check_lengths, caps__a_dot_c=function(60)))
    check("lengths: a function of 61 lines", complaints(lint.check_lengths, caps__a_dot_c=function(61)))
    check("lengths: a file of 600 lines", not complaints(lint.check_lengths, caps__a_dot_c=";\n" * 600))
    check("lengths: a file of 601 lines", complaints(lint.check_lengths, caps__a_dot_c=";\n" * 601))
    check("openings: a file without a comment", complaints(lint.check_openings, caps__a_dot_c="int a;\n"))
    check("leftovers: " + "TO" + "DO", complaints(lint.check_leftovers, caps__a_dot_c="/* TO" "DO */\n"))
    check("cppcheck: a null dereference",
          complaints(lint.check_cppcheck, caps__a_dot_c="int f(void)\n{\n    int *p = 0;\n    return *p;\n}\n"))


def check_reading():
    def complaint(text):
        return run_suites.read_output(text)[3]
    check("runner: a good suite", complaint("ok 1 - a\nok 2 - b\n2 passed, 0 failed\n") is None)
    check("runner: no final line", complaint("ok 1 - a\n"))
    check("runner: something after the final line", complaint("ok 1 - a\n1 passed, 0 failed\nSegfault\n"))
    check("runner: a final line that hides a failure", complaint("ok 1 - a\nnot ok 2 - b\n2 passed, 0 failed\n"))
    check("runner: a suite without tests", complaint("0 passed, 0 failed\n"))
    passed, failed, skipped, trouble = run_suites.read_output(
        "ok 1 - a\nok 2 - b # SKIP no such board\nnot ok 3 - c\n1 passed, 1 failed, 1 skipped\n")
    check("runner: counts and names", (passed, failed, trouble) == (1, ["c"], None)
          and skipped == ["b # SKIP no such board"])


def run_table(*rows):
    """Runs a table of suites; returns (exit status, printed text)."""
    with tempfile.TemporaryDirectory() as folder:
        table = os.path.join(folder, "suites.txt")
        with open(table, "w") as file:
            file.write("\n".join(rows) + "\n")
        saved, text = sys.argv, io.StringIO()
        sys.argv = ["run_suites.py", "--output", folder, "--table", table]
        try:
            with contextlib.redirect_stdout(text):
                status = run_suites.main()
        finally:
            sys.argv = saved
    return status, text.getvalue()


def check_running():
    status, text = run_table("a 1 9 printf 'ok 1 - x\\n1 passed, 0 failed\\n'",
                             "b 2 9 printf 'ok 1 - y\\n1 passed, 0 failed\\n'")
    check("runner: sums up", status == 0 and text.endswith("\n2 passed, 0 failed\n"))
    status, text = run_table("a 1 9 sh -c \"echo 'ok 1 - x'; echo '1 passed, 0 failed'; exit 3\"")
    check("runner: an exit status counts", status == 1 and text.endswith("\n1 passed, 1 failed\n"))
    status, text = run_table("a 1 1 sleep 60")
    check("runner: a time limit counts", status == 1 and "not ended after 1 s" in text)
    status, text = run_table("a 1 9 /no/such/program")
    check("runner: a program that is not there counts", status == 1 and "cannot start it" in text)


# Named where it is told how to make them.
MADE = {"tests/unit/test_NAME.c", "userland/servers/keeper/keeper.c", "userland/servers/sched/policies/lottery.c",
        "kernel/offsets.h"}
NAMED = re.compile(r"(?<![\w/.$)}-])((?:kernel|caps|platform|userland|tests|verify)/[\w./-]*\.(?:[chS]|py|md|sh))\b")


def check_documents():
    """What the documents tell to make is in `make help`; what they, and comments, name of the tree is there."""
    listed = subprocess.run(["make", "-s", "-C", ROOT, "help"], capture_output=True, text=True).stdout
    targets = set(re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE))
    os.chdir(ROOT)
    paths = [path for path in lint.tree_files() if path.endswith((".c", ".h", ".S", ".md"))]
    for path in paths:
        text = lint.read(path)
        absent = sorted(name for name in set(NAMED.findall(text)) - MADE if not os.path.exists(name))
        told = re.findall(r"(?:`|^ {4,})make ([a-z][a-z-]*)", text, re.MULTILINE) if path.endswith(".md") else []
        absent += sorted("make " + target for target in set(told) - targets)
        if absent or path.endswith(".md"):
            check("documents: all that %s names is there %s" % (path, " ".join(absent)), not absent)


def check_library():
    """Each operation of the ABI, and each system call, has a function in the library."""
    headers = lint.read(os.path.join(ROOT, "caps", "abi.h")) + lint.read(os.path.join(ROOT, "kernel", "abi.h"))
    operations = [name for body in re.findall(r"enum tess_(?:\w+_op|syscall) \{(.*?)\}", headers, re.DOTALL)
                  for name in re.findall(r"\bTESS_\w+", body)]
    library = lint.read(os.path.join(ROOT, "userland", "lib", "tess.c"))
    missing = [name for name in operations if not re.search(r"\b%s\b" % name, library)]
    check("library: a function for each of %d operations %s" % (len(operations), " ".join(missing)),
          len(operations) > 50 and not missing)


def make(*words):
    """(exit status, what the Makefile would do, or says)."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BOARD", "CPUS", "O")}
    done = subprocess.run(["make", "-n", "-C", ROOT, *words], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout + done.stderr


def check_makefile():
    for word in ("BOARD=pine", "SYSTEM=none", "BOOT=grub", "CPUS=abc", "CPUS=0", "MEM=abc", "MEM=4", "MEM=4MB",
                 "SWAP=foo", "SWAP=0", "KERNEL=missing"):
        status, text = make("run", word)
        check("make: %s is refused before anything is built, with what to do" % word,
              status == 2 and word + " is " in text and "; " in text and "qemu" not in text)
    for word in ("BOARD=sifive_u", "SYSTEM=minimal", "BOOT=uboot", "CPUS=4", "MEM=4M", "MEM=512K", "SWAP=64M",
                 "KERNEL=build/c-path/tessera.elf"):
        check("make: %s is not" % word, make("run", word)[0] == 0)
    check("make: each build compares SPEC.md's appendix with the headers",
          "spec_constants.py --check" in make("kernel", "O=/no/such/folder")[1])
    text = make("conformance", "ONLY=UT", "V=1", "KERNEL=build/c-path/tessera.elf")[1]
    check("make: conformance hands on ONLY, V and KERNEL, and asks for the table",
          all(words in text for words in ("--table", "--only UT", "--verbose", "--kernel build/c-path/tessera.elf")))
    socket = "build/sifive_u/console.sock"
    check("make: debug and console mean the same place",
          all(socket in make(target, "BOARD=sifive_u")[1] for target in ("debug", "console")))


if __name__ == "__main__":
    check_lint()
    check_reading()
    check_running()
    check_makefile()
    check_library()
    check_documents()
    print("%d passed, %d failed" % (sum(results), len(results) - sum(results)))
    sys.exit(0 if all(results) else 1)
