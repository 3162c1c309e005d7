#!/usr/bin/env python3
"""Makes the image of a card that U-Boot boots from: a partition table, and one FAT partition with files.

    mkcard.py mbr CARD.IMG NAME=FILE...      for U-Boot in QEMU: MBR, the FAT partition is the only one
    mkcard.py hifive CARD.IMG NAME=FILE...   for a HiFive Unleashed: GPT, the FAT partition is the third,
                                             behind the empty ones for U-Boot SPL and for U-Boot

NAME is the path on the card. The FAT file system is mtools' work; no root and no loop device is needed.
The partition types of the second form are those that the boot ROM of the FU540 and U-Boot SPL look for.
"""

import argparse
import os
import struct
import subprocess
import sys
import uuid
import zlib

SECTOR = 512
FAT_SECTORS = 32 << 20 >> 9     # room for programs to come; 16-bit FAT with the clusters below
CLUSTER_SECTORS = 4
MBR_START = 2048
MBR_FAT, MBR_PROTECTIVE = 0x0e, 0xee
CHS_NONE = b"\xfe\xff\xff"      # the address is in the other fields

GPT_ENTRIES, GPT_ENTRY_BYTES = 128, 128
GPT_TABLE_SECTORS = GPT_ENTRIES * GPT_ENTRY_BYTES // SECTOR
GPT_FIRST = 2 + GPT_TABLE_SECTORS
GPT_BOOTABLE = 1 << 2           # U-Boot looks at bootable partitions, and without any at the first one
# name, type, first sector, sectors, attributes
HIFIVE = (
    ("spl", "5b193300-fc78-40cd-8002-e86c45580b47", 34, 2048, 0),
    ("u-boot", "2e54b353-1271-4842-806f-e436d6af6985", 2082, 8192, 0),
    ("tessera", "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", 12288, FAT_SECTORS, GPT_BOOTABLE),
)
NAMESPACE = uuid.UUID("7b0f1c52-6f0e-4c55-9d3e-2a4f5d1c7e90")  # the same card gets the same identifiers


def mbr(kind, bootable, start, sectors):
    """The first sector, with one partition."""
    entry = struct.pack("<B3sB3sII", 0x80 if bootable else 0, CHS_NONE, kind, CHS_NONE, start, sectors)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def gpt_header(here, other, table, sectors, entries):
    def pack(checksum):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, here, other,
                           GPT_FIRST, sectors - GPT_FIRST, uuid.uuid5(NAMESPACE, "disk").bytes_le, table,
                           GPT_ENTRIES, GPT_ENTRY_BYTES, zlib.crc32(entries))
    return pack(zlib.crc32(pack(0))).ljust(SECTOR, b"\0")


def write_mbr(card):
    card.truncate((MBR_START + FAT_SECTORS) * SECTOR)
    card.write(mbr(MBR_FAT, True, MBR_START, FAT_SECTORS))
    return MBR_START


def write_hifive(card):
    start = HIFIVE[-1][2]
    sectors = start + FAT_SECTORS + GPT_TABLE_SECTORS + 1
    entries = b"".join(
        struct.pack("<16s16sQQQ72s", uuid.UUID(kind).bytes_le, uuid.uuid5(NAMESPACE, name).bytes_le, first,
                    first + count - 1, attributes, name.encode("utf-16-le"))
        for name, kind, first, count, attributes in HIFIVE).ljust(GPT_ENTRIES * GPT_ENTRY_BYTES, b"\0")
    last = sectors - 1
    card.truncate(sectors * SECTOR)
    card.write(mbr(MBR_PROTECTIVE, False, 1, last))
    card.write(gpt_header(1, last, 2, sectors, entries) + entries)
    card.seek((last - GPT_TABLE_SECTORS) * SECTOR)
    card.write(entries + gpt_header(last, 1, last - GPT_TABLE_SECTORS, sectors, entries))
    return start


def write_files(path, start, files):
    """Formats the FAT partition and copies the files into it."""
    partition = "%s@@%d" % (path, start * SECTOR)

    def run(*words):
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    run("mformat", "-i", partition, "-T", str(FAT_SECTORS), "-h", "64", "-s", "32", "-c",
        str(CLUSTER_SECTORS), "-H", str(start), "-N", "54534552", "-v", "TESSERA", "::")
    made = set()
    for name, source in files:
        folder = os.path.dirname(name)
        if folder and folder not in made:
            run("mmd", "-i", partition, "::/" + folder)
            made.add(folder)
        run("mcopy", "-i", partition, source, "::/" + name)


def main():
    parser = argparse.ArgumentParser(description="makes the image of a card that U-Boot boots from")
    parser.add_argument("kind", choices=("mbr", "hifive"))
    parser.add_argument("card")
    parser.add_argument("files", nargs="+", metavar="NAME=FILE")
    options = parser.parse_args()
    files = [text.split("=", 1) for text in options.files]
    for text, parts in zip(options.files, files):
        if len(parts) != 2 or not os.path.isfile(parts[1]):
            sys.exit("mkcard.py: error: %s: no such file; write NAME=FILE" % text)
    try:
        with open(options.card, "wb") as card:
            start = write_mbr(card) if options.kind == "mbr" else write_hifive(card)
        write_files(options.card, start, files)
    except (OSError, subprocess.CalledProcessError) as error:
        if os.path.exists(options.card):
            os.remove(options.card)
        sys.exit("mkcard.py: error: %s; mtools makes the file system, is it installed?" % error)


if __name__ == "__main__":
    main()
