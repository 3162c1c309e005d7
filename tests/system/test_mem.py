#!/usr/bin/env python3
"""System test: the memory server and its clients, without a disk, with one to swap to, and with others.

    test_mem.py [--touches N] [--limit SECONDS]

The clients are userland/examples/pages; --touches: how many pages of 64 MB it touches with the disk;
--limit: for each machine.
"""

import argparse
import hashlib
import os
import re
import struct
import tempfile

from qemu import PROMPT, Tap, end_on_signals, output, run_parts
from test_servers import wait_end
import test_shell

MARK = b"tessera swap 1\n"
REGION = 64 << 20
KILLS = 25
CLIENT = re.compile(r"^(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)  (\S+)$", re.MULTILINE)
SERVER = re.compile(r"^memory server: (\d+) pages, (\d+) free, (\d+) promised; swap disk: (.*)$", re.MULTILINE)
FIELDS = ("quota", "resident", "shared", "copied", "swapped", "tables", "in_place", "faults")


def clients(machine):
    """What `mem` says of each client, by name; and the line of the server."""
    answer = machine.ask("mem")
    found = {line[0]: dict(zip(FIELDS, map(int, line[1:9]))) for line in CLIENT.findall(answer)}
    return found, SERVER.search(answer)


def expect_line(tap, machine, command, wanted, name):
    answer = machine.ask(command)
    tap.check(name, re.search(wanted, answer, re.MULTILINE), answer)


def background(machine, command, text):
    """A program that does not end: until it has said something."""
    machine.send(command + " &\r")
    machine.expect(text)
    machine.settle()


def check_regions(tap, machine):
    expect_line(tap, machine, "run pages heap", r"^heap: malloc gave (3\d|40)\d\d KB and then said no$",
                "the heap grows to the quota, and malloc says no")
    expect_line(tap, machine, "run pages file", r"^file: hello begins with ELF$", "a file of the bundle, as memory")
    expect_line(tap, machine, "run pages guard",
                r"^pages: fault: write at 0x[0-9a-f]+, address 0x[0-9a-f]+: a guard page$", "a guard page")
    expect_line(tap, machine, "run pages stack",
                r"^stack: 112 KB\n(.*\n)*pages: fault: write at 0x[0-9a-f]+, address 0xc[0-9a-f]{4}$",
                "the stack grows, and ends where the description says")
    expect_line(tap, machine, "run pages late",
                r"^pages: fault: write at .*: its quota of memory is used up$",
                "a quota used up by touching is a fault that root reports")
    answer = machine.ask("run pages fork")
    tap.check("a copy goes on where the program is, and each has its own",
              re.search(r"^fork: child: counter 42, half of the old one 20.5$", answer, re.MULTILINE) and
              re.search(r"^fork: parent: counter 41, shared 42$", answer, re.MULTILINE), answer)


def check_places(tap, machine):
    for address, wanted in (("0x20000", "no such place is free"), ("0x100000", "no such place is free"),
                            ("0x20000000", "no error"), ("0x20000800", "the request makes no sense"),
                            ("0x7fffffff000", "the request makes no sense")):
        expect_line(tap, machine, "run pages place " + address, "^place: %s$" % wanted,
                    "a page at %s: %s" % (address, wanted))


def check_sharing(tap, machine):
    background(machine, "run pages offer steward", "offer: no error, number ")
    number = re.search(r"number (\d+)", machine.text[machine.text.rindex("offer: no error"):])[1]
    expect_line(tap, machine, "run patron attach " + number, r"^attach: there is nothing",
                "shared memory that was offered to somebody else is not found")
    machine.ask("kill pages")
    machine.settle()
    background(machine, "run pages offer patron", "offer: no error, number ")
    number = re.search(r"number (\d+)", machine.text[machine.text.rindex("offer: no error"):])[1]
    expect_line(tap, machine, "run patron attach %d" % (int(number) + 1), r"^attach: there is nothing",
                "shared memory that was not offered is not found")
    machine.send("run patron attach %s\r" % number)
    machine.expect("attach: no error, 4096 bytes")
    machine.expect("attach: reads 1234")
    machine.expect("offer: 1235 came back")
    machine.settle()
    wait_end(machine, "pages")  # which goes on for a moment when it has said what it has to say
    tap.check("shared memory, offered to a program by name", True)


def check_shown(tap, machine):
    background(machine, "run pages", "counter 41")
    found, server = clients(machine)
    pages = found.get("pages", {})
    tap.check("mem shows the client: its quota, what is resident, in place, and its faults",
              pages.get("quota") == 1024 and 0 < pages["resident"] < 20 and pages["in_place"] > 0 and
              pages["faults"] >= pages["resident"] and pages["swapped"] == 0 and int(server[3]) >= 1024, (found, server))
    machine.ask("kill pages")
    found, server = clients(machine)
    tap.check("and when it is killed nothing of it", not found and server[2] == server[1] and server[3] == "0",
              (found, server and server[0]))


def check_intruder(tap, machine):
    """Faults of a program that is no client, with badges that are as low as the numbers of clients."""
    background(machine, "run pages wait", "counter 41")
    before, server = clients(machine)
    for number in range(8, 13):
        background(machine, "run intruder %d" % number, "intruder: faults\n")
        machine.ask("kill intruder")
    machine.settle()
    after, server = clients(machine)
    tap.check("who is no client cannot fault in the place of one", "pages" in before and after == before, (before, after))
    machine.ask("kill pages")


def check_server_ends(tap, machine):
    machine.ask("stop mem")
    start = len(machine.text)
    machine.send("run pages file &\r")
    machine.expect(PROMPT)
    machine.settle()
    waited = "file: hello" not in machine.text[start:]
    machine.send("resume mem\r")
    machine.expect("file: hello begins with ELF")
    machine.settle()
    wait_end(machine, "pages")
    tap.check("clients of a server that is stopped wait, and go on when it does", waited)
    background(machine, "run pages wait", "counter 41")
    machine.send("kill mem\r")
    machine.expect("pages: ended: its memory went with its memory server, mem\n")
    machine.expect("mem: restarted\n")
    machine.expect(PROMPT)
    expect_line(tap, machine, "run pages file", r"^file: hello begins with ELF$",
                "when the server ends its clients are ended, and the next server serves")


def check_kills(tap, machine):
    """Root's memory and capabilities, and the server's, are the same after many ends as after one."""
    for command in ("run pages file", "run pages fork", "kill mem"):
        machine.ask(command)
    before = machine.ask("mem") + machine.ask("caps root")
    for number in range(KILLS):
        machine.send("run pages wait &\r")
        machine.expect(PROMPT)
        if number % 2:
            machine.settle()
        machine.ask("kill pages")
        if number % 5 == 0:
            machine.ask("run pages fork")
            machine.ask("run pages late")
    machine.settle()
    after = machine.ask("mem") + machine.ask("caps root")
    tap.check("every byte and every slot is back after %d kills" % KILLS, after == before, before + after)


def killing(kills):
    """The server is ended at any instruction, with a client that has it fetch pages of the bundle."""
    def run(tap, machine):
        machine.send("run killer %d mem &\r" % kills)
        machine.settle()
        while "killer: %d kills" % kills not in machine.text:
            machine.ask("run pages file 2000")
            machine.settle()
        machine.settle()
        expect_line(tap, machine, "run pages file", r"^file: hello begins with ELF$",
                    "after %d kills anywhere the server fetches pages as before" % kills)
        said = set(re.findall(r"^mem: .*$", machine.text, re.MULTILINE))
        tap.check("and has complained of nothing", said == {"mem: restarted"}, said)
    return run


def check_restarts(tap, machine):
    background(machine, "run steward", "counter 41")
    machine.send("kill mem\r")
    for text in ("steward: ended: its memory went", "mem: restarted\n", "counter 41"):
        machine.expect(text)
    machine.settle()
    tap.check("a client that is to be started again is, when its server is back",
              "steward: restarted (1 of 3)\n" in machine.text, machine.tail())
    found, server = clients(machine)
    tap.check("and has its memory", found.get("steward", {}).get("resident", 0) > 0, server[0])


def no_disk(tap, machine):
    found, server = clients(machine)
    tap.check("mem shows a server with no client and no disk", not found and server and server[4] == "none", server)
    expect_line(tap, machine, "run pages swap %d 2000" % (REGION >> 10), r"^pages: map: the quota does not suffice$",
                "64 MB in a quota of 4 MB without a disk is refused")
    check_regions(tap, machine)
    check_places(tap, machine)
    check_sharing(tap, machine)
    check_shown(tap, machine)
    check_intruder(tap, machine)
    check_server_ends(tap, machine)
    check_kills(tap, machine)
    check_restarts(tap, machine)


def swapping(touches):
    def run(tap, machine):
        expect_line(tap, machine, "run pages swap %d %d" % (REGION >> 10, touches),
                    r"^swap: %d pages of %d KB written and read back, 0 wrong$" % (touches, REGION >> 10),
                    "64 MB at random in a quota of 4 MB with a disk: %d pages, all right" % touches)
        found, server = clients(machine)
        tap.check("and afterwards the disk is free again", not found and server[4] == "%d pages, 0 used" % (
            (72 << 20 >> 12) - 1), server[0])
        machine.send("run pages swap %d %d &\r" % (REGION >> 10, 1500))
        for number in range(10):
            machine.settle()
            name = ("virtio-blk", "block")[number % 2]
            answer = machine.ask("upgrade " + name)
            tap.check("%s upgraded meanwhile" % name, "%s: upgraded from" % name in answer, answer)
        machine.expect(re.compile(r"swap: 1500 pages of %d KB written and read back, 0 wrong\n" % (REGION >> 10)))
        machine.settle()
        machine.send("run pages swap %d %d &\r" % (REGION >> 10, 1500))
        for number in range(6):
            machine.settle()
            machine.ask("kill " + ("virtio-blk", "block")[number % 2])
        machine.expect(re.compile(r"swap: 1500 pages of %d KB written and read back, 0 wrong\n" % (REGION >> 10)))
        tap.check("driver and block server may be ended meanwhile", True)
        machine.settle()
        check_writes(tap, machine)
    return run


def check_writes(tap, machine):
    """Sectors at the end of the disk, where nothing was swapped to."""
    last = (72 << 20 >> 9) - 8
    expect_line(tap, machine, "run scribe write %d 8 1000" % last, "no error", "a block is written")
    expect_line(tap, machine, "run scribe write %d 1 5000" % (last + 3), "no error", "and a sector of it")
    expect_line(tap, machine, "run scribe read %d 1" % (last + 3), "no error: 5000$", "it reads as it was written")
    machine.ask("kill block")
    expect_line(tap, machine, "run scribe read %d 1" % (last + 4), r"no error: 1256$",
                "and its neighbour too, from the disk")
    expect_line(tap, machine, "run guest write %d 1 7" % last, "may not write", "who may not write is refused")
    expect_line(tap, machine, "run guest read %d 1" % last, "no error: 1000$", "and reads what is there")
    expect_line(tap, machine, "run scribe write %d 1 7" % (last + 8), "no such sector", "nothing is behind the end")


def foreign(tap, machine):
    found, server = clients(machine)
    tap.check("a disk that does not say it is for swapping is not used", not found and server[4] == "none", server[0])
    expect_line(tap, machine, "run pages swap %d 2000" % (REGION >> 10), "the quota does not suffice", "so 64 MB are refused")


def failing(tap, machine):
    expect_line(tap, machine, "run pages swap %d 2000" % (REGION >> 10),
                r"^pages: fault: write at .*: the swap disk failed$", "a disk that cannot be written is a fault of the client")
    found, server = clients(machine)
    tap.check("which gives everything back", not found and server[4].endswith(" 0 used"), server[0])


def boot(tap, limit, name, disk, parts, options="", bundle="mem.cpio"):
    tap.note(name)
    extra = ["-drive", "file=%s,format=raw,if=none,id=d%s" % (disk, options), "-device", "virtio-blk-device,drive=d"] \
        if disk else []
    run_parts(tap, "virt", lambda tap, machine: machine.settle(), parts, test_shell.check_exit, name=name,
              initrd=output("userland", bundle), extra=extra, limit=limit)


def make_disk(path, first):
    with open(path, "wb") as file:
        file.write(first)
        file.truncate(72 << 20)
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def main():
    end_on_signals()
    parser = argparse.ArgumentParser(description="the memory server and its clients")
    parser.add_argument("--touches", type=int, default=2500)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--limit", type=int, default=200)
    options, tap = parser.parse_args(), Tap()
    with tempfile.TemporaryDirectory() as folder:
        boot(tap, options.limit, "without a disk", None, no_disk)
        disk = make_disk(os.path.join(folder, "swap.img"), MARK)
        boot(tap, options.limit, "with a disk", disk, swapping(options.touches))
        with open(disk, "rb") as file:
            file.seek((72 << 20) - 4096)
            words = struct.unpack("<512Q", file.read(4096))
        tap.check("what was written is on the disk", words[0] == 1000 and words[3 * 64] == 5000 and
                  words[3 * 64 + 63] == 5063 and words[4 * 64] == 1256, words[:4])
        boot(tap, options.limit, "a disk that is for reading", disk, failing, ",readonly=on")
        disk = make_disk(os.path.join(folder, "other.img"), b"somebody's data")
        before = digest(disk)
        boot(tap, options.limit, "somebody's disk", disk, foreign)
        tap.check("somebody's disk is as it was", digest(disk) == before)
        boot(tap, options.limit, "killed", None, killing(options.kills), bundle="kills.cpio")
    tap.finish()


if __name__ == "__main__":
    main()
