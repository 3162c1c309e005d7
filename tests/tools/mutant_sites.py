"""Where small defects can be made in kernel/ and caps/, and what each of them is.

A site is one place at which one rule applies: a condition decided beforehand, a check, a statement, a fence, a
store or a mask that is gone, a comparison or a logical operator exchanged. The rules look at code without
comments and strings, inside functions of C files and headers, and at instructions of assembly. A mutated file
has as many lines as before.
"""

import collections
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lint  # noqa: E402

# shown: the defect as a reader sees it, and, with file, function and rule, what a reason is found by.
Site = collections.namedtuple("Site", "path function line rule shown begin end put")

PATTERNS = ("caps/*.c", "caps/*.h", "kernel/*.c", "kernel/*.h", "kernel/*.S")
# No code of the kernel: made for the compiler, or the contract.
LEFT_OUT = ("kernel/offsets.c", "caps/abi.h", "kernel/abi.h")

# Name, what to find, what to put there.
OPERATORS = [
    ("less or equal", re.compile(r"(?<=\s)<(?=\s)"), "<="),
    ("less", re.compile(r"(?<=\s)<=(?=\s)"), "<"),
    ("greater or equal", re.compile(r"(?<=\s)>(?=\s)"), ">="),
    ("greater", re.compile(r"(?<=\s)>=(?=\s)"), ">"),
    ("not equal", re.compile(r"(?<=\s)==(?=\s)"), "!="),
    ("equal", re.compile(r"(?<=\s)!=(?=\s)"), "=="),
    ("or", re.compile(r"&&"), "||"),
    ("and", re.compile(r"\|\|"), "&&"),
    ("mask gone", re.compile(r" & ~?(?:0x[0-9a-f]+|\d+|[A-Z][A-Z_0-9]+)\b(?!\()"), ""),
    ("mask gone", re.compile(r" & ~\((?:[^()]|\([^()]*\))*\)"), ""),
    ("bits not set", re.compile(r"(?<=[\w\])] )\|=(?= )"), "&="),
    ("bits not cleared", re.compile(r"(?<=[\w\])] )&= ~"), "|= "),
]
INSTRUCTIONS = [
    ("check gone", re.compile(r"\bb[a-z]+ [^:]*, (?:slow|\\away)$"), ""),
    ("branch gone", re.compile(r"\bb(?:eq|ne|eqz|nez|ltu|geu|gtu|leu) .*$"), ""),
    ("less or equal", re.compile(r"\bbltu(?= )"), "bleu"),
    ("greater or equal", re.compile(r"\bbgtu(?= )"), "bgeu"),
    ("store gone", re.compile(r"\b(?:sd|sw|sh|sb) .*$"), ""),
    ("register not kept", re.compile(r"\\op .*$"), ""),
    ("clear gone", re.compile(r"\bli (?:a0|a7|t[0-3]), 0$"), ""),
    ("statement gone", re.compile(r"\b(?:csr[a-z]+|sc\.d|sfence\.vma) .*$|\b(?:fp_\w+|sfence\.vma)$"), ""),
]

SKIPPED = re.compile(r"\s+|[{}]|(?:else|do)\b|case\b[^:]*:|default\s*:|\w+:(?!:)")
CONTROL = re.compile(r"(if|for|while|switch)\s*\(")
NO_EFFECT = re.compile(r"(?:return|break|continue|goto|asm goto|_Static_assert)\b|\(void\)")
DECLARATION = re.compile(r"(?:const|static|register|struct|enum|union|unsigned|volatile)\b|[a-z_]\w*\s+\**[a-z_]\w*\s*[=;,\[]")
COMPARES = re.compile(r"[<>=!]=|\s[<>]\s|&&|\|\|")
PAIRS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def closing(code, at):
    """The bracket that closes the one at this place."""
    depth = 0
    for end in range(at, len(code)):
        depth += PAIRS.get(code[end], 0)
        if depth == 0:
            return end
    return len(code) - 1


def parts(code, begin, end):
    """Yields (kind, begin, end) of what a function's body consists of: `if` and the like, and statements."""
    at = begin
    while at < end:
        skipped, control = SKIPPED.match(code, at), CONTROL.match(code, at)
        if control:
            stop = closing(code, control.end() - 1)
            yield control[1], control.end(), stop
            at = stop + 1
        elif skipped:
            at = skipped.end()
        else:
            stop, depth = at, 0
            while stop < end and (depth or code[stop] != ";"):
                depth += PAIRS.get(code[stop], 0)
                stop += 1
            yield "statement", at, stop + 1
            at = stop + 1


def blank_lines_of_preprocessor(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda found: re.sub(r"[^\n]", " ", found[0]), code,
                  flags=re.MULTILINE)


def bodies(code):
    """Yields (name, begin, end) of each function, as places in the text."""
    starts = [0] + [found.end() for found in re.finditer("\n", code)] + [len(code)]
    for name, first, last in lint.functions(code):
        begin = code.find("{", starts[first - 1]) + 1
        yield name, begin, starts[last]


def statement_rule(text, code):
    if NO_EFFECT.match(code) or DECLARATION.match(code) or code == ";":
        return None
    if code.startswith("TRY("):
        return "check gone"
    return "fence gone" if code.startswith("asm") and "fence" in text else "statement gone"


def changes(text, code, begin, end):
    """Yields (rule, begin, end, new text) within a function."""
    for kind, first, stop in parts(code, begin, end):
        if kind == "if":
            yield "condition never", first, stop, "(%s) && 0" % text[first:stop]
            if not COMPARES.search(code, first, stop):
                yield "condition always", first, stop, "(%s) || 1" % text[first:stop]
        elif kind == "statement":
            rule = statement_rule(text[first:stop], code[first:stop])
            if rule:
                yield rule, first, stop, ";"
    for rule, find, put in OPERATORS:
        for found in find.finditer(code, begin, end):
            yield rule, found.start(), found.end(), put


def shown(text, begin, end, put):
    """What is gone, or the line as it becomes."""
    if put in ("", ";"):
        what = text[begin:end].strip()
        if put == "" and what.startswith("&"):
            line = text[text.rfind("\n", 0, begin) + 1:(text + "\n").index("\n", end)]
            what = "%s without %s" % (line.strip(), what)
    else:
        first, last = text.rfind("\n", 0, begin) + 1, (text + "\n").index("\n", end)
        what = text[first:begin] + put + text[end:last]
    return " ".join(re.sub(r"/\*.*?\*/", "", what, flags=re.DOTALL).split())


def sites_of_c(path, text):
    code = blank_lines_of_preprocessor(lint.blank_comments(text, strings=True))
    for name, begin, end in bodies(code):
        for rule, first, stop, put in sorted(changes(text, code, begin, end), key=lambda row: (row[1], row[0])):
            yield Site(path, name + "()", text.count("\n", 0, first) + 1, rule, shown(text, first, stop, put),
                       first, stop, put + "\n" * (text.count("\n", first, stop) - put.count("\n")))


def sites_of_assembly(path, text):
    """Instructions; the label or macro above them stands for the function."""
    code = blank_lines_of_preprocessor(lint.blank_comments(text, strings=True))
    place, where, above = 0, "", ""
    for number, line in enumerate(code.split("\n"), 1):
        named = re.match(r"\.macro (\w+)|([A-Za-z_]\w*):", line.strip())
        where = (named[1] or named[2]) if named else where
        bare = line.rstrip()
        for rule, find, put in INSTRUCTIONS:
            for found in find.finditer(bare):
                if rule == "branch gone" and INSTRUCTIONS[0][1].search(bare):
                    continue
                begin, end = place + found.start(), place + found.end()
                what = "%s; %s" % (above, shown(text, begin, end, put))  # one of many like it
                yield Site(path, where, number, rule, what, begin, end, put)
        place += len(line) + 1
        above = " ".join(line.split()) or above


def sites(root, only=""):
    """All of them, in the order of files and places."""
    found = []
    for pattern in PATTERNS:
        for full in sorted(glob.glob(os.path.join(root, pattern))):
            path = os.path.relpath(full, root)
            if path in LEFT_OUT or only not in path:
                continue
            text = lint.read(full)
            found += (sites_of_assembly if path.endswith(".S") else sites_of_c)(path, text)
    return found


def mutated(text, site):
    return text[:site.begin] + site.put + text[site.end:]
