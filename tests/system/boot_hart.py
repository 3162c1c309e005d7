"""Chooses the hart on which firmware boots a machine.

Harts race for it in OpenSBI, and which one wins is chance: on an idle host it is the first one in nineteen
boots out of twenty. To boot on another one every time, QEMU is started halted, and through its debug
port all harts run until the first reaches an atomic swap in the firmware: the lottery. Then only the
chosen hart goes on, until firmware has said where it boots. Then all run, undisturbed.
"""

import os
import re
import socket
import struct
import tempfile
import time

FIRMWARE = "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin"  # what `-bios default` loads
FIRMWARE_BASE = 0x80000000
BANNER = re.compile(r"^Boot HART ID\s*: (\d+)\n", re.MULTILINE)


def atomic_swaps():
    """Addresses of the instructions amoswap.w and amoswap.d in the firmware."""
    with open(FIRMWARE, "rb") as file:
        image = file.read()
    words = ((offset, struct.unpack_from("<I", image, offset)[0]) for offset in range(0, len(image) - 3, 2))
    return [FIRMWARE_BASE + offset for offset, word in words
            if word & 0x7f == 0x2f and word >> 27 == 1 and word >> 12 & 7 in (2, 3)]


class Port:
    """QEMU's debug port (GDB remote serial protocol)."""

    def __init__(self, path, deadline):
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        while True:
            try:
                self.link.connect(path)
                break
            except OSError:  # QEMU has not made it yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        self.link.settimeout(max(1, deadline - time.monotonic()))

    def send(self, text):
        data = text.encode()
        self.link.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))

    def answer(self):
        data = b""
        while not re.search(rb"\$[^#]*#..", data):
            more = self.link.recv(4096)
            if not more:
                raise OSError("QEMU closed its debug port")
            data += more
        self.link.sendall(b"+")
        return re.search(rb"\$([^#]*)#", data)[1].decode()

    def ask(self, text):
        self.send(text)
        return self.answer()


class ChosenHart:
    """For one machine: extra QEMU arguments, and what to do once QEMU runs."""

    def __init__(self, hart, split):
        """split: hart 0 is in a group of its own for the debugger, as on sifive_u."""
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "gdb.sock")
        self.arguments = ["-S", "-gdb", "unix:%s,server=on,wait=off" % self.path]
        self.groups = (1, 2) if split else (1,)
        self.thread = "p%x.%x" % (self.groups[-1], hart + 1)

    def start(self, machine):
        port = Port(self.path, machine.deadline)
        port.ask("qSupported:multiprocess+;vContSupported+")
        for group in self.groups[1:]:
            port.ask("vAttach;%x" % group)
        swaps = atomic_swaps()
        for address in swaps:
            port.ask("Z1,%x,4" % address)
        port.ask("vCont;c")
        for address in swaps:
            port.ask("z1,%x,4" % address)
        port.send("vCont;c:" + self.thread)
        machine.expect(BANNER)
        port.link.sendall(b"\x03")
        port.answer()
        for group in self.groups:
            port.ask("D;%x" % group)
        port.link.close()
        self.folder.cleanup()
