#!/usr/bin/env python3
"""The appendix of SPEC.md: every constant and structure of the two ABI headers.

Without arguments it puts the appendix into SPEC.md, between its two marks. With --check it changes nothing and
fails when SPEC.md has something else there, so that the text and the headers cannot drift apart.
"""

import os
import re
import sys

HEADERS = ("caps/abi.h", "kernel/abi.h")
SPEC = "SPEC.md"
BEGIN = "<!-- constants: begin; made by tests/tools/spec_constants.py, do not edit -->"
END = "<!-- constants: end -->"

# Bytes of the types that structures use; alignment is the same.
TYPES = {"tess_word": 8, "tess_cptr": 8, "uint64_t": 8, "uint32_t": 4, "char": 1}


class Problem(Exception):
    """A header says something this program does not understand."""


def clean(comment):
    """A comment without its marks, in one line, safe in a table; a list in it, `name    text`, as lines of the cell."""
    text = re.sub(r"^/\*|\*/$", "", comment.strip())
    text = re.sub(r"\n +(\w+(?: \w+)?) {2,}", r"<br>\1: ", text)
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def evaluate(text, known):
    """The value of a constant expression of C, or None when it is none."""
    text = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)(?:u|ull|ul|U|ULL)\b", r"\1", text.strip())
    text = re.sub(r"\bTESS_\w+\b", lambda found: str(known.get(found.group(0), found.group(0))), text)
    if not re.fullmatch(r"[0-9a-fA-Fx\s()<>+*|-]+", text):
        return None
    return eval(text, {"__builtins__": {}})  # digits and operators only: see the pattern


def show(value):
    return "%d" % value if value < 4096 else "%#x" % value


def enum_rows(body, known):
    value = -1
    for found in re.finditer(r"(\w+)\s*(?:=\s*([^,/]+?))?\s*(?:,|$)\s*(/\*.*?\*/)?", body, re.DOTALL):
        name, text, comment = found.groups()
        value = evaluate(text, known) if text else value + 1
        if value is None:
            raise Problem("enumerator %s has a value that is no number" % name)
        known[name] = value
        yield name, show(value), clean(comment or "")


def struct_rows(name, body, known, sizes):
    """Rows of offset, member, comment; adds the structure to sizes."""
    offset, align = 0, 1
    members = re.findall(r"(struct \w+|\w+)\s+(\w+)(\[(\w*)\])?\s*;\s*(/\*.*?\*/)?", body, re.DOTALL)
    for kind, member, array, count, comment in members:
        if kind not in sizes:
            raise Problem("struct %s has a member of unknown type %s" % (name, kind))
        size, unit = sizes[kind]
        offset = (offset + unit - 1) // unit * unit
        align = max(align, unit)
        yield show(offset), "%s %s%s" % (kind, member, array), clean(comment)
        offset += size * (0 if array == "[]" else known.get(count) or int(count) if array else 1)
    total = (offset + align - 1) // align * align
    sizes["struct " + name] = (total, align)
    yield show(total), "(bytes in all)", ""


def table(title, heads, rows):
    yield ""
    yield "**%s**" % title
    yield ""
    yield "| %s |" % " | ".join(heads)
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| %s |" % " | ".join("`%s`" % cell if i < len(row) - 1 else cell for i, cell in enumerate(row))


def header_lines(path, known, sizes):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    yield ""
    yield "### %s" % path
    # What is in a header, in its order: enumerations, structures, runs of #define.
    pattern = (r"^enum (?P<enum>\w+) \{(?P<enum_body>.*?)\};|^struct (?P<struct>\w+) \{(?P<struct_body>.*?)^\};"
               r"|(?P<defines>(?:^#define TESS_\w+[^\n]*\n)+)")
    for found in re.finditer(pattern, text, re.DOTALL | re.MULTILINE):
        if found["enum"]:
            rows = enum_rows(found["enum_body"], known)
            yield from table("enum " + found["enum"], ("name", "value", "meaning"), rows)
        elif found["struct"]:
            rows = struct_rows(found["struct"], found["struct_body"], known, sizes)
            yield from table("struct " + found["struct"], ("offset", "member", "meaning"), rows)
        else:
            yield from define_lines(found["defines"], known)


def define_lines(text, known):
    constants, macros = [], []
    for line in text.strip().split("\n"):
        name, arguments, value, comment = re.fullmatch(
            r"#define (TESS_\w+)(\([^)]*\))?\s*(.*?)\s*(/\*.*\*/)?", line).groups()
        if arguments:
            macros.append((name + arguments, value.replace("|", "\\|"), clean(comment or "")))
            continue
        number = evaluate(value, known)
        if number is None:
            raise Problem("%s has a value that is no number: %s" % (name, value))
        known[name] = number
        constants.append((name, show(number), clean(comment or "")))
    if constants:
        yield from table("constants", ("name", "value", "meaning"), constants)
    if macros:
        yield from table("macros", ("name", "expansion", "meaning"), macros)


def appendix(headers):
    known = {}
    sizes = {name: (size, size) for name, size in TYPES.items()}
    lines = [BEGIN]
    for path in headers:
        lines += header_lines(path, known, sizes)
    return "\n".join(lines + ["", END])


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit("usage: spec_constants.py [--check]")
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    with open(SPEC, encoding="utf-8") as file:
        before = file.read()
    if before.count(BEGIN) != 1 or before.count(END) != 1:
        sys.exit("%s:1: error: the marks of the appendix are missing; restore them" % SPEC)
    first, last = before.index(BEGIN), before.index(END) + len(END)
    try:
        after = before[:first] + appendix(HEADERS) + before[last:]
    except Problem as problem:
        sys.exit("%s: error: %s; teach tests/tools/spec_constants.py" % (HEADERS[0], problem))
    if after == before:
        return
    if check:
        line = before[:first].count("\n") + 1
        sys.exit("%s:%d: error: the appendix differs from the ABI headers; run tests/tools/spec_constants.py"
                 % (SPEC, line))
    with open(SPEC, "w", encoding="utf-8") as file:
        file.write(after)


if __name__ == "__main__":
    main()
