#!/usr/bin/env python3
"""Packs programs into a bundle: a cpio archive (newc) the kernel and the root program read in place.

    mkbundle.py OUTPUT NAME=FILE...

The first member is `root`. The data of every member starts on a page of the archive: a member `.padN`, full
of zeros, fills the gap before it. Of an ELF file only what its program headers name is kept, so symbols
stay in the build folder. Every ELF file is checked against what the loaders accept.
"""

import struct
import sys

PAGE = 4096
IMAGE_BASE = 0x100000
IMAGE_LIMIT = 0x40000000
PT_LOAD, PF_X, PF_W = 1, 1, 2


class BundleError(Exception):
    """A message of the form file:line: error: WHAT; WHAT TO DO."""

    def __init__(self, path, what, todo):
        super().__init__(f"{path}:1: error: {what}; {todo}")


def check_segment(path, data, segment, end):
    """One PT_LOAD segment; `end`: the first page after the segments before it."""
    kind, flags, offset, address, _, in_file, in_memory, _ = segment
    del kind
    where = f"the segment at {address:#x}"
    script = "link it with userland/user.ld"
    if flags & PF_W and flags & PF_X:
        raise BundleError(path, f"{where} is writable and executable", script)
    if address % PAGE or offset % PAGE:
        raise BundleError(path, f"{where} does not start on a page", script)
    if in_file > in_memory or offset + in_file > len(data):
        raise BundleError(path, f"{where} is longer than the file", "build it again")
    if address < end:
        raise BundleError(path, f"{where} shares a page with the one before", script)
    if address < IMAGE_BASE or address + in_memory > IMAGE_LIMIT:
        raise BundleError(path, f"{where} is outside the image area", script)
    return -(-(address + in_memory) // PAGE) * PAGE


def trim(path, data):
    """The ELF file without section headers and whatever lies behind the last segment."""
    if len(data) < 64 or data[:6] != b"\x7fELF\x02\x01":
        raise BundleError(path, "not a 64-bit little-endian ELF file", "give a program built for the target")
    header = struct.unpack_from("<HHIQQQIHHHHHH", data, 16)
    kind, machine, _, entry, table, _, _, _, entry_size, count = header[:10]
    if kind != 2 or machine != 243:
        raise BundleError(path, "not an executable for RISC-V", "build it with the rules of userland/programs.mk")
    if entry_size != 56 or table + count * entry_size > len(data):
        raise BundleError(path, "the program headers are damaged", "build it again")
    end, keep, entry_ok = IMAGE_BASE, table + count * entry_size, False
    for i in range(count):
        segment = struct.unpack_from("<IIQQQQQQ", data, table + i * entry_size)
        if segment[0] != PT_LOAD:
            continue
        end = check_segment(path, data, segment, end)
        keep = max(keep, segment[2] + segment[5])
        entry_ok |= bool(segment[1] & PF_X) and segment[3] <= entry < segment[3] + segment[5]
    if not entry_ok:
        raise BundleError(path, f"the entry {entry:#x} is not in an executable segment", "check ENTRY(_start)")
    out = bytearray(data[:keep])
    struct.pack_into("<Q", out, 40, 0)  # e_shoff
    struct.pack_into("<HHH", out, 58, 0, 0, 0)  # e_shentsize, e_shnum, e_shstrndx
    return bytes(out)


def header(name, size, number):
    """A newc header and the name, padded to 4 bytes."""
    mode = 0o100555 if size or name.startswith(".pad") else 0
    fields = [number, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0]
    out = b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
    return out + b"\0" * (-len(out) % 4)


def append(archive, name, data, number):
    archive += header(name, len(data), number)
    archive += data + b"\0" * (-len(data) % 4)


def append_aligned(archive, name, data, number, alignment=PAGE):
    """As append, but behind a pad member that brings the data to the start of a page, or to that alignment."""
    own = len(header(name, len(data), 0))
    if (len(archive) + own) % alignment:
        pad = ".pad%03d" % number  # no two members share a name
        pad_header = len(header(pad, 0, 0))
        append(archive, pad, b"\0" * (-(len(archive) + pad_header + own) % alignment), 0)
    append(archive, name, data, number)


def pack(arguments, data=()):
    """The archive: programs, NAME=FILE, and behind the first one data: (name, bytes), aligned to 8 bytes."""
    archive, names = bytearray(), []
    for argument in arguments:
        name, equals, path = argument.partition("=")
        if not equals or not name or not path or "/" in name or name.startswith("."):
            raise BundleError("mkbundle", f"'{argument}' is not NAME=FILE", "give a name without / and a file")
        if name in names:
            raise BundleError(path, f"there are two members '{name}'", "leave one out")
        if len(name) > 31:
            raise BundleError(path, f"the name '{name}' is too long", "use at most 31 characters")
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise BundleError(path, f"cannot be read ({error.strerror})", "build it first") from error
        names.append(name)
        append_aligned(archive, name, trim(path, content), len(names))
        for name, content in data if len(names) == 1 else ():
            names.append(name)
            append_aligned(archive, name, content, len(names), alignment=8)
    if not names or names[0] != "root":
        raise BundleError("mkbundle", "the first member is not 'root'", "name the first program root=FILE")
    append(archive, "TRAILER!!!", b"", 0)
    return archive + b"\0" * (-len(archive) % PAGE)


def main():
    if len(sys.argv) < 3:
        print("usage: mkbundle.py OUTPUT NAME=FILE...", file=sys.stderr)
        return 2
    try:
        archive = pack(sys.argv[2:])
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    with open(sys.argv[1], "wb") as file:
        file.write(archive)
    return 0


if __name__ == "__main__":
    sys.exit(main())
