"""A board on QEMU, typed at through a pseudo-terminal, and read through a pipe.

    with Machine("virt") as machine:
        machine.expect("tessera> ")
        machine.send("help\\r")

Nothing here waits for time: expect() returns as soon as the text is there. The time limit of a machine
is for the case that it never comes. A machine ends its own QEMU and no other, in every way this program
can end: normally, by an exception, by a signal, and even when it is killed, because then the terminal
hangs up and QEMU goes.

QEMU's model of the SiFive UART throws away what its terminal does not take at once, and a pseudo-terminal takes
4 KB: when this program was not run for some milliseconds, output was lost, up to whole lines (test_kills.py has
the experiment). A pipe takes 1 MB. QEMU's other models wait.

The QEMU command lines are those of the Makefile (`make qemu-command`).
"""

import codecs
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import termios
import time
import tty

PROMPT = "tessera> "
# One instruction is one nanosecond. A board that is typed at sleeps in real time: with sleep=off, one that
# waits for a key with no timer armed leaps to the end of time, and QEMU stays there. A board that nobody
# types at does not wait.
ICOUNT = ["-icount", "shift=0"]
ICOUNT_ALONE = ["-icount", "shift=0,sleep=off"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PIPE_BYTES = int(os.environ.get("TESSERA_PIPE", 1 << 20))
OUTPUT = os.environ.get("TESSERA_OUTPUT") or os.path.join(ROOT, "build")


class Trouble(Exception):
    """The machine did not do what was expected; the text says what it did."""


def output(*parts):
    """The path of a file of the build."""
    return os.path.join(OUTPUT, *parts)


def command_line(board, cpus=None):
    """The board's QEMU command line, from the Makefile."""
    words = ["make", "-s", "--no-print-directory", "-C", ROOT, "qemu-command", "BOARD=" + board]
    if cpus is not None:
        words.append("CPUS=%d" % cpus)
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BOARD", "CPUS")}
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=environment)
    return shlex.split(done.stdout)


class Machine:
    def __init__(self, board, kernel=None, initrd=None, linked=False, cpus=None, icount=ICOUNT, extra=(),
                 limit=60, command=None, folder=None):
        """command: instead of QEMU's, one that ends in it, such as `make run`; run in that folder."""
        self.board, self.limit = board, limit
        self.text = ""      # everything the machine has printed
        self.pending = ""   # a \r at the end of what was read, until it is known what follows
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.position = 0   # how much of it expect() has consumed
        self.status = None  # exit status of QEMU, once it has ended
        self.command = command or self.qemu_command(kernel, initrd, linked, cpus, icount, extra)
        self.deadline = time.monotonic() + limit
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.output, pipe = os.pipe()
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.child = subprocess.Popen(self.command, stdin=slave, stdout=pipe, stderr=pipe, cwd=folder,
                                      start_new_session=True, preexec_fn=take_terminal)
        os.close(slave)
        os.close(pipe)

    def qemu_command(self, kernel, initrd, linked, cpus, icount, extra):
        kernel = kernel or output("linked" if linked else "kernel", "tessera.elf")
        command = command_line(self.board, cpus) + ["-kernel", kernel]
        if not linked:
            command += ["-initrd", initrd or output("userland", "bundle.cpio")]
        for path in [kernel] + ([] if linked else [command[command.index("-initrd") + 1]]):
            if not os.path.exists(path):
                raise Trouble("%s was not built" % path)
        return command + list(icount or ()) + list(extra)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def read(self):
        """Waits for the machine to print more and adds it to the text. False: it has ended."""
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.output], [], [], left)[0]:
            raise Trouble("%d s have passed; the last lines were:\n%s" % (self.limit, self.tail()))
        data = os.read(self.output, 65536)
        # The guest ends lines with \r\n and QEMU's terminal adds another \r; a \r inside a line stays.
        text = self.pending + self.decoder.decode(data)
        kept = text.rstrip("\r") if data else text
        self.pending = text[len(kept):]
        self.text += re.sub(r"\r+\n", "\n", kept)
        return bool(data)

    def glance(self):
        """Adds to the text what has been printed already."""
        while select.select([self.output], [], [], 0)[0] and self.read():
            pass

    def expect(self, *wanted):
        """Waits for one of the texts or compiled patterns; returns what was printed up to its end."""
        while True:
            rest = self.text[self.position:]
            ends = [find(one, rest) for one in wanted]
            ends = [end for end in ends if end is not None]
            if ends:
                found = rest[:min(ends)]
                self.position += len(found)
                return found
            if not self.read():
                raise Trouble("QEMU ended, with %r still expected; the last lines were:\n%s" % (
                    wanted, self.tail()))

    def send(self, text):
        os.write(self.master, text.encode())

    def ask(self, line, prompt=PROMPT):
        """Types a line at the prompt; returns the answer, without the echo and the next prompt."""
        self.send(line + "\r")
        answer = self.expect("\n" + prompt)
        return answer[:-len(prompt)].split("\n", 1)[1] if "\n" in answer else ""

    def settle(self):
        """Passes all prompts that were shown again below text that came by itself."""
        self.settled = getattr(self, "settled", 0) + 1
        self.send("echo settled %d\r" % self.settled)
        # What comes by itself may come between the answer and the prompt, too.
        self.expect(re.compile(r"\nsettled %d\n(.*\n)*?%s" % (self.settled, re.escape(PROMPT))))

    def wait_end(self):
        """Waits until QEMU ends by itself; returns what it printed meanwhile."""
        while self.read():
            pass
        rest, self.position = self.text[self.position:], len(self.text)
        try:
            self.status = self.child.wait(max(1, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Trouble("QEMU closed its terminal and did not end")
        return rest

    def tail(self):
        return "\n".join("    > " + line for line in self.text.split("\n")[-12:])

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
        self.status = self.child.wait()
        if self.master is not None:
            os.close(self.master)
            os.close(self.output)
            self.master = None


def take_terminal():
    """In the child: its terminal becomes the controlling one, so that a hang-up reaches it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def find(wanted, text):
    """The end of the first occurrence, or None."""
    if isinstance(wanted, str):
        start = text.find(wanted)
        return None if start < 0 else start + len(wanted)
    found = wanted.search(text)
    return found.end() if found else None


class Tap:
    """Prints test lines and the final line."""

    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def number(self):
        return self.passed + self.failed + self.skipped

    def check(self, name, good, detail=""):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        print("%s %d - %s" % ("ok" if good else "not ok", self.number(), name), flush=True)
        if not good and detail:
            print("\n".join("# " + line for line in str(detail).split("\n")), flush=True)
        return good

    def skip(self, name, reason):
        self.skipped += 1
        print("ok %d - %s # SKIP %s" % (self.number(), name, reason), flush=True)

    def note(self, text):
        print("# " + text, flush=True)

    def finish(self):
        """Prints the final line and ends the program."""
        print("%d passed, %d failed" % (self.passed, self.failed) +
              (", %d skipped" % self.skipped if self.skipped else ""), flush=True)
        sys.exit(1 if self.failed else 0)


def run_parts(tap, board, *parts, name="", **options):
    """Boots a board to the prompt, for parts of a test: functions of tap and machine, one after the other.

    A board that does not do what is expected, or says what cannot be read, is one failed test more.
    """
    before, machine = name + ": " if name else "", None
    try:
        with Machine(board, **options) as machine:
            machine.expect(PROMPT)
            for part in parts:
                part(tap, machine)
            tap.check(before + "the kernel did not panic", "tessera: panic: " not in machine.text, machine.tail())
    except Trouble as trouble:
        tap.check(before + "reaches the end", False, trouble)
    except (OSError, LookupError, TypeError) as error:
        tap.check(before + "reaches the end", False, "%r\n%s" % (error, machine.tail() if machine else ""))


def end_on_signals():
    """A signal that asks this program to end becomes an exception, so that machines are closed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
