#!/usr/bin/env python3
"""Tests of userland/tools/mkbundle.py: what it packs, and what it refuses and how it says so."""

import os
import re
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, "userland", "tools", "mkbundle.py")
BASE = 0x100000
results = []


def check(name, good, detail=""):
    results.append(bool(good))
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name), flush=True)
    if not good and detail:
        print("# " + str(detail).strip().replace("\n", "\n# "), flush=True)


def program(segments=((5, 0, BASE, 0x1234, 0x1234), (6, 0x2000, BASE + 0x2000, 0x30, 0x5000)),
            entry=BASE + 0x100, machine=243, kind=2, behind=b"section headers"):
    """An ELF file; segments are (flags, offset, address, bytes in the file, bytes in memory)."""
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    head += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry, 64, 0x3000, 0, 64, 56, len(segments), 64, 5, 4)
    for flags, offset, address, in_file, in_memory in segments:
        head += struct.pack("<IIQQQQQQ", 1, flags, offset, address, address, in_file, in_memory, 4096)
    end = max([offset + in_file for _, offset, _, in_file, _ in segments] + [len(head)])
    return head + bytes(i * 7 & 255 for i in range(end - len(head))) + behind


def pack(folder, *members):
    """Packs (name, content) pairs; returns (exit status, messages, archive or None)."""
    arguments, output = [], os.path.join(folder, "out.cpio")
    for number, (name, content) in enumerate(members):
        path = os.path.join(folder, "member%d" % number)
        with open(path, "wb") as file:
            file.write(content)
        arguments.append("%s=%s" % (name, path))
    if os.path.exists(output):
        os.remove(output)
    done = subprocess.run([sys.executable, TOOL, output] + arguments, capture_output=True, text=True, check=False)
    archive = None
    if os.path.exists(output):
        with open(output, "rb") as file:
            archive = file.read()
    return done.returncode, done.stderr, archive


def unpack(archive):
    """[(name, offset of the data, data)], by the rules of newc."""
    members, at = [], 0
    while True:
        assert archive[at:at + 6] == b"070701", "a header at %#x" % at
        fields = [int(archive[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        size, name_size = fields[6], fields[11]
        name = archive[at + 110:at + 110 + name_size - 1].decode()
        data = -(-(at + 110 + name_size) // 4) * 4
        if name == "TRAILER!!!":
            return members
        members.append((name, data, archive[data:data + size]))
        at = -(-(data + size) // 4) * 4


def check_packing(folder):
    status, messages, archive = pack(folder, ("root", program()), ("one", program(entry=BASE)), ("two", program()))
    check("packs three programs", status == 0 and not messages, messages)
    members = [m for m in unpack(archive) if not m[0].startswith(".")]
    check("in the order given", [name for name, _, _ in members] == ["root", "one", "two"])
    check("each on a page", all(at % 4096 == 0 for _, at, _ in members), [at for _, at, _ in members])
    check("the archive ends on a page", len(archive) % 4096 == 0)
    kept, whole = members[0][2], program()
    check("segments are kept and nothing behind them", len(kept) == 0x2030 and kept[64:] == whole[64:0x2030])
    check("no section headers are promised", kept[40:48] == b"\0" * 8 and kept[58:64] == b"\0" * 6)
    check("the other headers are as they were", kept[:40] == whole[:40] and kept[48:58] == whole[48:58])
    listed = subprocess.run(["cpio", "-t", "--quiet"], input=archive, capture_output=True, check=False)
    check("cpio reads it", listed.returncode == 0 and b"root" in listed.stdout, listed.stderr)
    check("packing twice gives the same bytes", pack(folder, ("root", program()), ("one", program(entry=BASE)),
                                                     ("two", program()))[2] == archive)


def check_refusals(folder):
    def refused(name, expected, *members):
        status, messages, archive = pack(folder, *members)
        form = re.fullmatch(r"\S+:\d+: error: .+; .+\n", messages)
        check("refuses " + name, status == 1 and form and expected in messages and archive is None, messages)

    data = (6, 0x2000, BASE + 0x2000, 0x30, 0x5000)
    text = (5, 0, BASE, 0x1234, 0x1234)
    refused("a text file", "not a 64-bit", ("root", b"hello"))
    refused("a cut file", "longer than the file", ("root", program(behind=b"")[:0x2010]))
    refused("another machine", "not an executable for RISC-V", ("root", program(machine=62)))
    refused("a shared object", "not an executable for RISC-V", ("root", program(kind=3)))
    refused("a writable and executable segment", "writable and executable",
            ("root", program([text, (7,) + data[1:]])))
    refused("a segment inside a page", "does not start on a page",
            ("root", program([text, (6, 0x2010, BASE + 0x2010, 0x30, 0x5000)])))
    refused("two segments in one page", "shares a page",
            ("root", program([text, (6, 0x2000, BASE + 0x1000, 0x30, 0x5000)])))
    refused("a segment at page 0", "shares a page", ("root", program([(5, 0, 0, 0x1234, 0x1234)], entry=0x100)))
    refused("a segment too far up", "outside the image area",
            ("root", program([text, (6, 0x2000, 0x3ffff000, 0x30, 0x5000)])))
    refused("an entry in data", "not in an executable segment", ("root", program(entry=BASE + 0x2000)))
    refused("two members of one name", "two members", ("root", program()), ("root", program()))
    refused("a bundle without root", "is not 'root'", ("hello", program()))
    refused("root in second place", "is not 'root'", ("hello", program()), ("root", program()))
    refused("a long name", "too long", ("root", program()), ("x" * 32, program()))
    refused("a name with a slash", "is not NAME=FILE", ("bin/root", program()))
    done = subprocess.run([sys.executable, TOOL, os.path.join(folder, "o"), "root=/nowhere/at/all"],
                          capture_output=True, text=True, check=False)
    check("refuses a missing file", done.returncode == 1 and "cannot be read" in done.stderr, done.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_packing(folder)
        check_refusals(folder)
    print("%d passed, %d failed" % (results.count(True), results.count(False)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
