#!/usr/bin/env python3
"""What is mapped while the system runs, read from the machine's page tables (BI-8).

QEMU's `info mem` lists the address space of the hart that runs: root's or a program's half below, the
kernel's above. (Without deterministic counting: with it the monitor waits for a hart that sleeps.)
"""

import os
import re
import socket
import tempfile

from boot_hart import BANNER
from qemu import Machine, PROMPT, Tap, Trouble, end_on_signals, output
from test_gallery import symbol

ROW = re.compile(r"^([0-9a-f]{16}) ([0-9a-f]{16}) ([0-9a-f]{16}) ([rwxugad-]{7})\s*$", re.MULTILINE)
KERNEL_HALF = 1 << 63
CAPS_WINDOW, WINDOW_END = 0xffffffc000000000, 0xffffffe000000000
DEVICE_WINDOW = 0xffffffffa0000000
RAM = range(0x80000000, 0x88000000)
FIRMWARE = range(0x80000000, 0x80020000)  # at the very least


class Row:
    def __init__(self, address, physical, size, rights):
        self.address, self.physical, self.size = int(address, 16), int(physical, 16), int(size, 16)
        self.rights = rights

    def __repr__(self):
        return "%x -> %x, %x bytes, %s" % (self.address, self.physical, self.size, self.rights)

    def kernel(self):
        return self.address >= KERNEL_HALF

    def shares_memory(self, other):
        return self.physical < other.physical + other.size and other.physical < self.physical + self.size


def monitor(path, command, deadline=20):
    """The answer to one command."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(deadline)
        link.connect(path)
        text = b""
        for line in (None,) + command:
            if line:
                text = b""
                link.sendall(line.encode() + b"\n")
            while not text.endswith(b"(qemu) "):
                text += link.recv(65536)
        return text.decode().replace("\r", "")


def read_map(board, folder, bootargs):
    path = os.path.join(folder, board + bootargs[:6])
    extra = ["-monitor", "unix:%s,server=on,wait=off" % path] + (["-append", bootargs] if bootargs else [])
    with Machine(board, icount=False, extra=extra) as machine:
        machine.expect(PROMPT)
        hart = BANNER.search(machine.text)[1]
        text = monitor(path, ("cpu " + hart, "info mem"))
        return [Row(*match.groups()) for match in ROW.finditer(text)]


def check_map(tap, board, rows):
    def none(name, wrong):
        wrong = list(wrong)
        tap.check("%s, %s: %s" % (name[:4], board, name[6:]), rows and not wrong,
                  "\n".join(map(str, wrong)) or "nothing is mapped")

    kernel = [row for row in rows if row.kernel()]
    window = [row for row in kernel if CAPS_WINDOW <= row.address < WINDOW_END]
    text = [row for row in kernel if "x" in row.rights]
    stack = max((row for row in kernel if row.address < DEVICE_WINDOW), key=lambda row: row.address)
    tap.check("BI-8, %s: window, text and stack are there" % board, window and len(text) == 1 and
              stack.rights.startswith("rw"), "\n".join(map(str, rows)))
    none("BI-8: nothing is both writable and executable",
         (row for row in rows if "w" in row.rights and "x" in row.rights))
    none("BI-8: the kernel's text is writable nowhere",
         (row for row in rows for one in text if "w" in row.rights and row.shares_memory(one)))
    kernel_file = output("kernel", "tessera.elf")
    base, end = symbol(kernel_file, "_start"), symbol(kernel_file, "__boot_end")
    none("BI-8: what only booted is gone from the image",
         (row for row in kernel if base <= row.address < end or base < row.address + row.size <= end))
    load = RAM.start + (2 << 20)
    shown = sum(max(0, min(row.physical + row.size, load + end - base) - max(row.physical, load))
                for row in window if row.rights.startswith("rw"))
    tap.check("BI-5, %s: and is memory like any other" % board, shown == end - base, "\n".join(map(str, window)))
    none("BI-8: the kernel's half is the kernel's, the other half is the user's",
         (row for row in rows if row.kernel() == ("u" in row.rights)))
    none("BI-8: the kernel's half is global, the other half is not",
         (row for row in rows if row.kernel() != ("g" in row.rights)))
    none("BI-8: the window shows RAM at its own offset, and no firmware",
         (row for row in window if row.address - CAPS_WINDOW != row.physical - RAM.start or
          row.physical < FIRMWARE.stop or row.physical + row.size > RAM.stop))
    none("BI-8: a guard page lies below the stack",
         (row for row in kernel if row is not stack and
          row.address <= stack.address - 1 < row.address + row.size))


def main():
    end_on_signals()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for board, bootargs in ("virt", ""), ("sifive_u", ""), ("virt", "paging=sv48"):
            name = board + (" with " + bootargs if bootargs else "")
            try:
                check_map(tap, name, read_map(board, folder, bootargs))
            except (Trouble, OSError) as trouble:
                tap.check("BI-8: the map of " + name, False, trouble)
    tap.finish()


if __name__ == "__main__":
    main()
