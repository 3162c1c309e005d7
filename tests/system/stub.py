"""QEMU's GDB stub, without GDB: stops a machine where it is, counts its instructions, lets it go on.

    with Machine("virt", extra=stub.arguments(path)) as machine:
        stub = Stub(machine, path)

Connecting stops the machine; close() lets it run. Counting (-icount) makes the figures those of the machine's
own time: one instruction is one nanosecond, and so is one nanosecond of sleep.
"""

import re
import select
import socket
import time

BREAK, WATCH_WRITE, WATCH_READ = 0, 2, 3


SIGTRAP = 5


def arguments(path):
    return ["-chardev", "socket,id=stub,path=%s,server=on,wait=off" % path, "-gdb", "chardev:stub"]


class Stub:
    def __init__(self, machine, path, limit=30, cluster=1):
        """cluster: of the harts that are to be seen: sifive_u has its E51 in one and the U54 in another."""
        self.machine, self.limit, self.cluster = machine, limit, cluster
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + limit
        while True:  # QEMU makes the socket a moment after it was started
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
        self.pending = b""
        self.ask("qSupported:multiprocess+;xmlRegisters=riscv")
        if cluster > 1:
            self.put("vAttach;%d" % cluster)
            while not self.get().startswith("T%02x" % SIGTRAP):
                pass
            self.ask("Hgp%d.%d" % (cluster, cluster))
        self.registers = self.read_names()

    def read_names(self):
        """The number of each register in the protocol, by name."""
        numbers, count = {}, 0
        files = re.findall(r'href="([^"]+)"', self.read_features("target.xml"))
        for file in files:
            for name, rest in re.findall(r'<reg name="(\w+)"([^>]*)', self.read_features(file)):
                given = re.search(r'regnum="(\w+)"', rest)
                count = int(given[1], 0) if given else count
                numbers[name] = count
                count += 1
        return numbers

    def read_features(self, name):
        text, more = "", "m"
        while more == "m":
            answer = self.ask("qXfer:features:read:%s:%x,fff" % (name, len(text)))
            more, text = answer[:1], text + answer[1:]
        return text

    def put(self, text):
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))

    def get(self):
        """The next packet; acknowledgements are passed over."""
        while True:
            found = re.search(rb"\$([^#]*)#..", self.pending)
            if found:
                self.pending = self.pending[found.end():]
                self.socket.sendall(b"+")
                return found[1].decode("latin-1")
            self.wait()
            data = self.socket.recv(65536)
            if not data:
                raise OSError("QEMU closed the connection to its stub")
            self.pending += data

    def wait(self):
        """Until QEMU says something. What the machine prints is read meanwhile: a full terminal stops it."""
        while True:
            ready = select.select([self.socket, self.machine.output], [], [], self.limit)[0]
            if not ready:
                raise OSError("the stub does not answer")
            if self.socket in ready:
                return
            self.machine.read()

    def ask(self, text):
        """The answer; the machine also says unasked that it has stopped, when the stub is connected."""
        self.put(text)
        answer = self.get()
        while answer.startswith("T"):
            answer = self.get()
        return answer

    def register(self, name):
        return int.from_bytes(bytes.fromhex(self.ask("p%x" % self.registers[name])), "little")

    def place(self, kind, address, size=4, remove=False):
        if self.ask("%s%d,%x,%x" % ("z" if remove else "Z", kind, address, size)) != "OK":
            raise OSError("the stub refuses the place %#x" % address)

    def stored_byte(self):
        """What the `sb` stores before which the machine has stopped."""
        instruction = int.from_bytes(bytes.fromhex(self.ask("m%x,4" % self.register("pc"))), "little")
        if instruction & 0x707f != 0x23:
            raise OSError("%#x does not store a byte" % instruction)
        return int(self.ask("p%x" % (instruction >> 20 & 31))[:2], 16)

    def step(self):
        self.put("s")
        self.get()

    def go(self):
        """Lets the machine run until it comes to a place; stopped() waits for that."""
        self.put("c")

    def stopped(self):
        return self.get()

    def interrupt(self):
        """Stops it where it is."""
        self.socket.sendall(b"\x03")
        return self.get()

    def close(self):
        for process in range(1, self.cluster + 1):  # the first one is attached from the beginning
            self.ask("D;%d" % process)
        self.socket.close()
