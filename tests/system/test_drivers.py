#!/usr/bin/env python3
"""System test: the drivers beside the console's, each asked for something through the shell.

    test_drivers.py BOARD

virt: clock, randomness, disk and a virtio console, with both generations of the virtio transport, and the
same commands where the devices are missing. sifive_u: the second UART. Second lines are sockets.
"""

import os
import re
import socket
import sys
import tempfile
import time

from qemu import Tap, end_on_signals, output, run_parts
import test_shell

SECTOR = 512
SECTORS = 203  # not a multiple of what the cache reads at a time
BAD_SECTOR = 160  # reading it fails
START = "2024-02-29T23:59:50"
DATE = re.compile(r"^(Thu 2024-02-29 23:59:5\d|Fri 2024-03-01 00:0\d:\d\d) UTC\n$")
KILLS_OF_CALLS, DRAWERS, DRAWS = 60, 3, 500
KILLS, QUIET_S, UNDER_WAY = 30, 3, 60
WAITING = 6000
GREETING = b"tessera: what you type comes back\r\n"
# The driver of the second line, and how many bytes may be on their way. QEMU throws away what its socket does not
# take at once: of a UART a few bytes, of a virtio console some hundred pieces, whatever their size.
LINES = {"virt": ("virtio-con", 20000), "sifive_u": ("uart1", 100)}


def pattern(sector):
    """512 bytes that no other sector has."""
    text = b"sector %d of the test disk. " % sector
    return (text + bytes((sector * 7 + i * i) % 256 for i in range(SECTOR)))[:SECTOR]


def read_dump(answer):
    """The bytes that hexdump printed, or None where a line is not as it should be."""
    data = b""
    for line in answer.splitlines():
        found = re.fullmatch(r"([0-9a-f]{4})  ((?:[0-9a-f]{2} {1,2}){16}) ?\|(.{16})\|", line)
        if not found or int(found[1], 16) != len(data):
            return None
        row = bytes.fromhex(found[2].replace(" ", ""))
        if found[3] != "".join(chr(byte) if 0x20 <= byte < 0x7f else "." for byte in row):
            return None
        data += row
    return data


class Line:
    """The other end of a second serial line. QEMU connects to it before the machine runs: nothing is lost."""

    def __init__(self, path, limit):
        self.limit = limit
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(limit)
        self.socket = None
        self.data = b""

    def accept(self):
        self.socket = self.listener.accept()[0]

    def send(self, data):
        self.socket.settimeout(self.limit)
        self.socket.sendall(data)

    def expect(self, wanted):
        """The next bytes, as many as wanted: are they those? And what they are."""
        deadline = time.monotonic() + self.limit
        while len(self.data) < len(wanted):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except socket.timeout:
                break
            if not more:
                break
            self.data += more
        got, self.data = self.data[:len(wanted)], self.data[len(wanted):]
        return got == wanted, got

    def some(self):
        """What has come meanwhile, which may be nothing; waits a little for it."""
        self.socket.settimeout(0.05)
        try:
            return self.socket.recv(65536)
        except socket.timeout:
            return b""

    def close(self):
        self.listener.close()
        if self.socket:
            self.socket.close()


def check_line(tap, machine, line, driver, window):
    """Over the second line: a greeting, some bytes, and more than all buffers on the way hold."""
    good, got = line.expect(GREETING)
    tap.check("the second line greets", good, got)
    line.send(b"over there?\r\n")
    good, got = line.expect(b"over there?\r\n")
    tap.check("the second line copies back", good, got)
    answer = machine.ask("kill mirror")
    good, got = line.expect(GREETING)
    tap.check("its user ended and started again, the line goes on", good, answer + repr(got))
    machine.ask("kill " + driver)
    line.send(b"still there?\r\n")
    good, got = line.expect(b"still there?\r\n")
    tap.check("its driver ended and started again, the line goes on", good, repr(got))
    much = bytes(i * i % 251 for i in range(20000))
    came = b""
    for at in range(0, len(much), window):
        line.send(much[at:at + window])
        came += line.expect(much[at:at + window])[1]
    tap.check("20000 bytes come back whole", came == much, "%d bytes came" % len(came))
    if window >= WAITING:  # the ring and all buffers are full, and the rest is still in the socket
        machine.ask("stop mirror")
        line.send(much[:WAITING])
        for _ in range(2):
            machine.ask("kill " + driver)
        machine.ask("resume mirror")
        good, got = line.expect(much[:WAITING])
        tap.check("a driver that waits for its user is ended: nothing is lost", good, "%d bytes came" % len(got))
    tap.check("the shell goes on meanwhile", machine.ask("echo here") == "here\n")


def check_line_under(tap, machine, line, driver, window, how):
    """Lines with numbers go over the second line and come back, while driver and user of it are replaced."""
    for names in ((driver,), (driver, "mirror")):
        machine.send("run killer %d %s %s &\r" % (KILLS, how, " ".join(names)))
        numbers, rest, sent, last = [], b"", 0, time.monotonic()
        done = False
        while not done or (len(set(numbers)) < sent and time.monotonic() - last < QUIET_S):
            while not done and sent - len(set(numbers)) < min(UNDER_WAY, window // 11):
                sent += 1
                line.send(b"%09d\r\n" % sent)
            came = line.some()
            last = time.monotonic() if came else last
            *whole, rest = (rest + came).split(b"\r\n")
            numbers += [int(one) for one in whole if re.fullmatch(rb"\d{9}", one)]
            machine.glance()
            done = "killer: " in machine.text[machine.position:] or time.monotonic() - last > QUIET_S
        machine.expect("killer: %d %ss\n" % (KILLS, how or "kill"))
        machine.settle()
        once = len(numbers) == len(set(numbers)) or not how
        tap.check("%s: %d %ss at work: every line comes back%s" % (" and ".join(names), KILLS, how or "kill",
                                                                  ", once" if how else ""),
                  sorted(set(numbers)) == list(range(1, sent + 1)) and once, "%d of %d" % (len(set(numbers)), sent))
        tap.note("%d lines there and back, %d twice" % (sent, len(numbers) - len(set(numbers))))


def check_line_killed(*arguments):
    """
    Ended at any instruction, at work: each line comes back at least once. (Not of a UART: reading a byte takes it out of
    the device, and who is ended right then has it.)
    """
    check_line_under(*arguments, "")


def check_line_upgraded(*arguments):
    """Nothing is lost, and nothing comes twice."""
    check_line_under(*arguments, "upgrade")


def check_clock(tap, machine):
    first, second = machine.ask("date"), machine.ask("date")
    tap.check("date tells the date and time it was set to", DATE.match(first), first)
    tap.check("and the clock does not go back", first[4:] <= second[4:], first + second)
    machine.ask("kill rtc")
    tap.check("date after the driver was ended and started again", DATE.match(machine.ask("date")))


def check_random(tap, machine):
    answers = [machine.ask("random") for _ in range(3)]
    tap.check("random prints 16 bytes", all(re.fullmatch(r"[0-9a-f]{32}\n", a) for a in answers), answers)
    tap.check("and others each time", len(set(answers)) == 3, answers)
    answer = machine.ask("random 40")
    tap.check("random 40", re.fullmatch(r"[0-9a-f]{32}\n[0-9a-f]{32}\n[0-9a-f]{16}\n", answer), answer)
    for word in ("1000", "many", "-1"):
        answer = machine.ask("random " + word)
        tap.check("random %s is refused" % word, answer.startswith("random: "), answer)
    machine.ask("kill virtio-rng")
    answer = machine.ask("random")
    tap.check("random after the driver was ended", re.fullmatch(r"[0-9a-f]{32}\n", answer), answer)


def check_sector(tap, machine, sector, how=""):
    answer = machine.ask("hexdump %d" % sector)
    tap.check("hexdump %d%s" % (sector, how), read_dump(answer) == pattern(sector), answer)


def check_calls(tap, machine, how):
    """Clock, randomness, block server and disk are replaced at any instruction while somebody calls them."""
    machine.text, machine.position = "", 0
    for _ in range(DRAWERS):
        machine.send("run draw %d &\r" % DRAWS)
    machine.send("run killer %d %s rtc virtio-rng block virtio-blk &\r" % (KILLS_OF_CALLS, how))
    machine.settle()
    good, wrong, sector = 0, [], 0
    while "killer: " not in machine.text and len(wrong) < 5:
        for line, fits in (("date", lambda answer: re.search(r" UTC$", answer, re.MULTILINE)),
                           ("random", lambda answer: re.search(r"^[0-9a-f]{32}$", answer, re.MULTILINE)),
                           ("hexdump %d" % sector, lambda answer: answer.count("|\n") == 32)):
            machine.send(line + "\r")
            machine.settle()
            answer = machine.text[machine.text.rindex(line + "\n"):]
            good += bool(fits(answer))
            if not fits(answer):
                wrong.append(answer)
        sector = (sector + 8) % 96  # more than the cache holds
    while machine.text.count("draw: %d times, " % DRAWS) < DRAWERS:
        machine.settle()
    drawn = machine.text.count("draw: %d times, 0 wrong\n" % DRAWS)
    tap.check("%ss: and programs that call all the time" % (how or "kill"), drawn == DRAWERS, drawn)
    tap.check("%ss: every call meanwhile is answered" % (how or "kill"), good > 10 and not wrong and
              "killer: %d %ss\n" % (KILLS_OF_CALLS, how or "kill") in machine.text, wrong or machine.tail())
    tap.note("%d calls, %d %ss" % (good, KILLS_OF_CALLS, how or "kill"))
    machine.text, machine.position = "", 0


def check_calls_killed(tap, machine):
    check_calls(tap, machine, "")


def check_calls_upgraded(tap, machine):
    check_calls(tap, machine, "upgrade")


def check_counts(tap, machine, what, wanted):
    answer = machine.ask("hexdump")
    found = re.fullmatch(r"disk: (\d+) sectors of 512 bytes; cache: (\d+) hits, (\d+) misses\n", answer)
    tap.check(what, found and tuple(int(n) for n in found.groups()) == wanted, answer)


def check_disk(tap, machine):
    check_counts(tap, machine, "hexdump tells the disk's size", (SECTORS, 0, 0))
    for sector in (0, 5):
        check_sector(tap, machine, sector)
    check_counts(tap, machine, "one block was read for both", (SECTORS, 1, 1))
    # Twelve blocks through a cache of eight, then the first one anew.
    for sector in range(0, 96, 8):
        check_sector(tap, machine, sector)
    check_sector(tap, machine, 3)
    check_sector(tap, machine, 95)
    check_counts(tap, machine, "the cache makes room", (SECTORS, 3, 13))
    check_sector(tap, machine, SECTORS - 1, ", the last one, in a block that is cut short")
    for _ in range(2):
        answer = machine.ask("hexdump %d" % BAD_SECTOR)
        tap.check("a sector that cannot be read", answer == "hexdump: the device reports an error\n", answer)
    check_sector(tap, machine, BAD_SECTOR + 8, " behind it")
    answer = machine.ask("hexdump %d" % SECTORS)
    tap.check("a sector behind the end", answer == "hexdump: there is no such sector\n", answer)
    answer = machine.ask("hexdump 18446744073709551615")
    tap.check("the largest number", answer == "hexdump: there is no such sector\n", answer)
    answer = machine.ask("hexdump x")
    tap.check("no number", answer == "hexdump: 'x' is not a number\n", answer)
    machine.ask("kill virtio-blk")
    check_sector(tap, machine, 104, " after the driver was ended")
    machine.ask("kill block")
    check_sector(tap, machine, 104, " after the block server was ended")


def check_authority(tap, machine):
    """A driver holds what it is meant to and no more: no untyped memory, no thread, no address space."""
    allowed = {
        "rtc": {"reply": 1, "endpoint": 5},
        "virtio-rng": {"reply": 5, "endpoint": 5, "irq-handler": 1, "frame": 1},
        "virtio-blk": {"reply": 5, "endpoint": 3, "irq-handler": 1, "frame": 9},
        "virtio-con": {"endpoint": 2, "notification": 2, "irq-handler": 1, "frame": 2},
        "block": {"reply": 1, "endpoint": 3},
        "mirror": {"endpoint": 1, "notification": 2},
    }
    for name, wanted in allowed.items():
        answer = machine.ask("caps " + name)
        held = {}
        for kind in re.findall(r"^ *\d+  ([a-z-]+) ", answer, re.MULTILINE):
            held[kind] = held.get(kind, 0) + 1
        tap.check("%s holds what it needs and no more" % name, held == wanted, answer)


def missing(tap, machine):
    # The machine itself always has the clock.
    tap.check("date without further devices", re.search(r"UTC\n$", machine.ask("date")))
    for command, answer in (("random", "random: this machine has no random-number device\n"),
                            ("hexdump 0", "hexdump: this machine has no disk\n")):
        got = machine.ask(command)
        tap.check("%s says that there is none" % command.split()[0], got == answer, got)
    for program in ("virtio-rng", "virtio-blk", "virtio-con", "block", "mirror", "uart1"):
        got = machine.ask("run " + program)
        tap.check("%s without its device is refused" % program,
                  "run: %s: this machine does not have " % program in got, got)
    answer = machine.ask("ps")
    tap.check("no driver runs without its device", not re.search(r"virtio|block|mirror|uart1", answer), answer)


def given_up(tap, machine):
    """Drivers that cannot work with their device end, are given up, and nobody waits for them for ever."""
    for program in ("virtio-rng", "virtio-blk"):
        for what in ("%s: the device insists on a feature this driver does not have\n" % program,
                     "%s: gave up after 3 crashes\n" % program):
            tap.check("%s: %s" % (program, what.split(": ")[1].strip()), wait_for(machine, what))
    # And who cannot work without it.
    tap.check("block: gave up after 3 crashes", wait_for(machine, "block: gave up after 3 crashes\n"))
    machine.settle()
    # One is found by name, and never registered; to the other one leads a channel.
    for command, says in (("random", "random: nobody serves that name now"), ("hexdump 0", "the driver does not answer")):
        got = machine.ask(command)
        tap.check("%s says that it does not work" % command.split()[0],
                  got == "%s: %s\n" % (command.split()[0], says), got)
    tap.check("the others work", re.search(r"UTC\n$", machine.ask("date")))


def wait_for(machine, text):
    """Until the machine has printed the text: root starts a driver again after a while."""
    while text not in machine.text:
        if not machine.read():
            return False
    return True


def boot(tap, board, name, extra, parts, second=None, check=check_line, initrd=None):
    tap.note(name)
    line = Line(second, 15) if second else None

    def use_line(tap, machine):
        if line:
            line.accept()
            check(tap, machine, line, *LINES[board])
    try:
        run_parts(tap, board, use_line, *parts, test_shell.check_exit, name=name, extra=extra, limit=100, initrd=initrd)
    finally:
        if line:
            line.close()
            os.unlink(second)


def virt(tap, folder):
    disk, second = os.path.join(folder, "disk.img"), os.path.join(folder, "second")
    with open(disk, "wb") as file:
        file.write(b"".join(pattern(sector) for sector in range(SECTORS)))
    devices = ["-rtc", "base=%s,clock=vm" % START,
               "-device", "virtio-rng-device",
               "-drive", "if=none,format=raw,id=disk,readonly=on,file.driver=blkdebug,file.image.driver=file,"
                         "file.image.filename=%s,file.inject-error.0.event=read_aio,"
                         "file.inject-error.0.sector=%d" % (disk, BAD_SECTOR),
               "-device", "virtio-blk-device,drive=disk",
               "-device", "virtio-serial-device",
               "-chardev", "socket,id=second,path=%s" % second,
               "-device", "virtconsole,chardev=second"]
    parts = (check_clock, check_random, check_disk, check_authority)
    boot(tap, "virt", "legacy transport", devices, parts, second)
    boot(tap, "virt", "modern transport", ["-global", "virtio-mmio.force-legacy=false"] + devices, parts, second)
    boot(tap, "virt", "kills", devices, (check_calls_killed,), second, check_line_killed, output("userland", "kills.cpio"))
    boot(tap, "virt", "upgrades", devices, (check_calls_upgraded,), second, check_line_upgraded, output("userland", "kills.cpio"))
    boot(tap, "virt", "no devices", [], (missing,))
    boot(tap, "virt", "devices that insist on an IOMMU",
         ["-global", "virtio-mmio.force-legacy=false", "-device", "virtio-rng-device,iommu_platform=on",
          "-drive", "file=%s,if=none,format=raw,id=disk,readonly=on" % disk,
          "-device", "virtio-blk-device,drive=disk,iommu_platform=on"], (given_up,))


def without_clock(tap, machine):
    for command, answer in (("date", "date: this machine has no clock\n"),
                            ("random", "random: this machine has no random-number device\n"),
                            ("hexdump", "hexdump: this machine has no disk\n")):
        got = machine.ask(command)
        tap.check("%s says that there is none" % command, got == answer, got)


def sifive_u(tap, folder):
    second = os.path.join(folder, "second")
    devices = ["-serial", "mon:stdio", "-serial", "chardev:second",
               "-chardev", "socket,id=second,path=%s" % second]
    boot(tap, "sifive_u", "second UART", devices, (without_clock,), second)
    boot(tap, "sifive_u", "upgrades", devices, (), second, check_line_upgraded, output("userland", "kills.cpio"))


def main():
    end_on_signals()
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="tessera-") as folder:
        {"virt": virt, "sifive_u": sifive_u}[sys.argv[1]](tap, folder)
    tap.finish()


if __name__ == "__main__":
    main()
