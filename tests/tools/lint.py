#!/usr/bin/env python3
"""`make lint`: the rules of CONTRIBUTING.md that a program can check, one TAP line for each.

What may include what, no #if inside a function, files of at most 600 and functions of at most 60
lines, an opening comment in every file, nothing left for later, cppcheck, and the layout of .clang-format. That
everything compiles with -Werror is checked by building it: the flag is in every command of the Makefile.
Complaints read `file:line: error: what; what to do`.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FILE_LINES = 600
FUNCTION_LINES = 60

# What each folder's files may include from the tree. userland/ sees of the kernel only the ABI.
ARROWS = {
    "caps": ("caps/",),
    "kernel": ("kernel/", "caps/", "platform/platform.h"),
    "platform": ("platform/",),
    "userland": ("userland/", "caps/abi.h", "kernel/abi.h"),
    "tests": ("tests/", "userland/", "caps/", "kernel/", "platform/", "verify/"),
    "verify": ("verify/", "tests/", "userland/", "caps/", "kernel/", "platform/"),
}
# Programs that judge the kernel, and what they run on, see of the system the two ABI headers alone.
JUDGES = {
    "tests/conformance/": ("tests/conformance/", "tests/runtime/", "caps/abi.h", "kernel/abi.h"),
    "tests/bench/": ("tests/bench/", "tests/runtime/", "caps/abi.h", "kernel/abi.h"),
    "tests/runtime/": ("tests/runtime/", "caps/abi.h", "kernel/abi.h"),
}

# Headers every freestanding C compiler has; caps/, kernel/ and platform/ use no other.
FREESTANDING = {"float.h", "iso646.h", "limits.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h",
                "stddef.h", "stdint.h", "stdnoreturn.h"}
# Made by the build, so not in the tree.
GENERATED = {"kernel/offsets.h"}


def tree_files():
    """The files of the tree: what git knows, and what is new and not ignored; without git, all of them."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        paths = listed.stdout.split("\n")
    else:
        paths = [os.path.normpath(os.path.join(folder, name)) for folder, _, names in os.walk(".")
                 for name in names]
        paths = [path for path in paths if not path.startswith(("build/", ".git/"))]
    return sorted(path for path in paths if path and os.path.isfile(path))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def blank_comments(text, strings):
    """Replaces comments (and, on request, strings) by blanks, so that line numbers stay."""
    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"

    def blank(found):
        word = found.group(0)
        if word[0] in "\"'" and not strings:
            return word
        return re.sub(r"[^\n]", " ", word)

    return re.sub(pattern, blank, text, flags=re.DOTALL)


def functions(text):
    """Yields (name, first line, last line) of each function; text without comments and strings.

    A body is a brace at depth 0 before which, since the last `;` or `}`, a `)` ends the declarator.
    Lines of the preprocessor do not count as code.
    """
    lines = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda found: re.sub(r"[^\n]", " ", found.group(0)),
                   text, flags=re.MULTILINE)
    depth, head, first, name, line = 0, "", 0, None, 1
    for char in lines:
        if char == "\n":
            line += 1
        if char == "{":
            if depth == 0:
                found = re.search(r"(\w+)\s*\(.*\)\s*(?:__attribute__\s*\(\(.*\)\)\s*)?$", head.strip(),
                                  re.DOTALL)
                if found and "=" not in head.split("(")[0]:
                    name, first = re.search(r"(\w+)\s*\(", head)[1], line
                else:
                    name = None
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                if name:
                    yield name, first, line
                head, name = "", None
        elif char == ";" and depth == 0:
            head = ""
        elif depth == 0:
            head += char


def check_arrows(files):
    for path in files:
        folder = path.split("/")[0]
        if folder not in ARROWS or not path.endswith((".c", ".h", ".S")):
            continue
        allowed = next((JUDGES[judge] for judge in JUDGES if path.startswith(judge)), ARROWS[folder])
        for number, line in enumerate(blank_comments(read(path), strings=False).split("\n"), 1):
            found = re.match(r"\s*#\s*include\s*([<\"])([^>\"]+)[>\"]", line)
            if not found:
                continue
            quote, name = found.groups()
            if quote == "<":
                if folder in ("caps", "kernel", "platform") and name not in FREESTANDING:
                    yield "%s:%d: error: <%s> is not a freestanding header; do without it" % (
                        path, number, name)
            elif not name.startswith(allowed):
                yield "%s:%d: error: %s/ must not include %s; see the arrows in CONTRIBUTING.md" % (
                    path, number, folder, name)
            elif not os.path.isfile(name) and name not in GENERATED:
                yield "%s:%d: error: there is no %s; write the path from the root of the tree" % (
                    path, number, name)


def check_conditionals(files):
    """No #if inside a function: a configuration chooses a file or a constant."""
    for path in files:
        if not path.startswith(("caps/", "kernel/", "platform/")) or not path.endswith((".c", ".h")):
            continue
        text = blank_comments(read(path), strings=True)
        lines = text.split("\n")
        for name, first, last in functions(text):
            for number in range(first, last + 1):
                if re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b", lines[number - 1]):
                    yield "%s:%d: error: #if inside %s(); choose a file or a constant instead" % (
                        path, number, name)


def check_lengths(files):
    for path in files:
        if not path.endswith((".c", ".h", ".S", ".py", ".sh")):
            continue
        text = read(path)
        count = text.count("\n")
        if count > FILE_LINES:
            yield "%s:%d: error: %d lines, at most %d; split it" % (path, count, count, FILE_LINES)
        if not path.endswith((".c", ".h")):
            continue
        for name, first, last in functions(blank_comments(text, strings=True)):
            if last - first + 1 > FUNCTION_LINES:
                yield "%s:%d: error: %s() has %d lines, at most %d; split it" % (
                    path, first, name, last - first + 1, FUNCTION_LINES)


def check_openings(files):
    for path in files:
        if path.endswith((".c", ".h", ".S", ".ld")):
            text = read(path)
            if path.startswith("tests/unit/"):
                text = re.sub(r"\A/\* sources:.*\*/\n", "", text)
            if not text.lstrip().startswith("/*"):
                yield "%s:1: error: no opening comment; say what the file owns" % path
        elif path.endswith(".py") and not re.match(r'\A(#!.*\n)?(""")', read(path)):
            yield "%s:1: error: no opening docstring; say what the file is for" % path


def check_leftovers(files):
    word = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
    for path in files:
        if not path.endswith((".c", ".h", ".S", ".ld", ".py", ".sh", ".mk", "Makefile", ".md")):
            continue
        for number, line in enumerate(read(path).split("\n"), 1):
            found = word.search(line)
            if found:
                yield "%s:%d: error: %s; do it, or enter it under the open points of DESIGN.md" % (
                    path, number, found[0])
            if re.search(r"[ \t]+$", line):
                yield "%s:%d: error: blanks at the end of the line; remove them" % (path, number)


def run_tool(command, pattern):
    """Runs a checker and yields those of its lines that match."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        yield "%s: error: not installed; type `make doctor`" % command[0]
        return
    found = [line for line in (done.stdout + done.stderr).split("\n") if re.search(pattern, line)]
    yield from found
    if done.returncode != 0 and not found:
        yield "%s: error: exit status %d: %s" % (command[0], done.returncode, done.stderr.strip()[-300:])


def check_cppcheck(files):
    sources = [path for path in files if path.startswith(("caps/", "kernel/", "platform/", "userland/"))
               and path.endswith(".c")]
    if sources:
        yield from run_tool(
            ["cppcheck", "--quiet", "--std=c11", "--enable=warning,performance,portability", "-j2",
             "--inline-suppr", "--error-exitcode=1", "--suppress=missingIncludeSystem",
             "--suppressions-list=" + os.path.join(HERE, "cppcheck.suppress"),
             "--library=" + os.path.join(HERE, "cppcheck.cfg"), "-D__riscv",
             "-D__riscv_xlen=64", "-DCAPS_WINDOW=0xffffffc000000000", "-DKERNEL_BASE=0xffffffff80000000",
             "--platform=unix64", "-I.", "--template={file}:{line}: error: {id}: {message}"] + sources,
            r": error: ")


def check_format(files):
    sources = [path for path in files if path.endswith((".c", ".h"))]
    if sources:
        seen = set()
        for line in run_tool(["clang-format", "--dry-run", "-Werror"] + sources, r": error: "):
            path = line.split(":")[0]
            if path not in seen:
                seen.add(path)
                yield re.sub(r": error:.*", ": error: not laid out as .clang-format says; type `make format`",
                             line)


def check_appendix(files):
    yield from run_tool([sys.executable, "tests/tools/spec_constants.py", "--check"], r": error: ")


CHECKS = (
    ("include arrows", check_arrows),
    ("no #if inside functions", check_conditionals),
    ("files of %d and functions of %d lines at most" % (FILE_LINES, FUNCTION_LINES), check_lengths),
    ("every file says what it is", check_openings),
    ("no leftovers", check_leftovers),
    ("SPEC.md's appendix is that of the headers", check_appendix),
    ("cppcheck", check_cppcheck),
    ("clang-format", check_format),
)


def main():
    files = tree_files()
    failed = 0
    for number, (name, check) in enumerate(CHECKS, 1):
        complaints = list(check(files))
        for complaint in complaints:
            print(complaint)
        failed += bool(complaints)
        print("%s %d - %s" % ("not ok" if complaints else "ok", number, name), flush=True)
    print("%d passed, %d failed" % (len(CHECKS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
