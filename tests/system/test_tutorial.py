#!/usr/bin/env python3
"""System test: "Write your first server" in userland/README.md, followed word for word in a copy of the tree.

Its blocks are done in order: `sh` is typed at the host, `c` replaces the file that its first comment names, `diff`
is applied, and after `make run` a `console` block is typed at the board. What the board prints must be the
block, but for addresses.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from qemu import Machine, PROMPT, ROOT, Tap, Trouble, end_on_signals

SECTION = "## Write your first server in fifteen minutes\n"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LIMIT = 120


def copy_tree(folder):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    paths = listed.stdout.splitlines()
    if listed.returncode != 0:  # not a git tree
        paths = [os.path.relpath(os.path.join(place, name), ROOT) for place, _, names in os.walk(ROOT)
                 for name in names]
        paths = [path for path in paths if not path.startswith(("build/", ".git/"))]
    for path in paths:
        if os.path.isfile(os.path.join(ROOT, path)):
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            shutil.copy2(os.path.join(ROOT, path), os.path.join(folder, path))


def forget_keeper(folder):
    """Whoever followed the tutorial in this tree has one already."""
    shutil.rmtree(os.path.join(folder, "userland/servers/keeper"), ignore_errors=True)
    for name, block in (("programs.mk", r"^USER_PROGRAMS \+= keeper\nSRC_keeper := .*\n\n"),
                        ("demo.system", r"^\n    <!-- keeper: (?:.*\n)*?(?:    <channel>\n(?:.*\n)*?    </channel>\n){2}")):
        path = os.path.join(folder, "userland", name)
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(re.sub(block, "", text, flags=re.MULTILINE))


def shown(text):
    """What a terminal shows of it: a line that is begun again covers what was there. Addresses are all alike."""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
    return re.sub(r"0x[0-9a-f]+", "0xN", "\n".join(lines)).strip()


def by_command(text):
    """Commands and what they say, the lines of each in order: what two programs say at once comes in either order."""
    parts = [part.split("\n") for part in text.split(PROMPT)]
    return [[lines[0], *sorted(filter(None, lines[1:]))] for lines in parts]


def expect_all(machine, lines):
    """Waits for all of them, in any order, and for the prompt behind the last."""
    begin = end = machine.position
    for line in lines:
        machine.position = begin
        machine.expect(re.compile(re.sub(r"0x[0-9a-f]+", "0x[0-9a-f]+", re.escape(line)) + r"\n"))
        end = max(end, machine.position)
    machine.position = end
    machine.expect(PROMPT)


def type_block(tap, folder, number, block):
    """One session: types what stands behind the prompts, and compares what is shown."""
    steps = [part.split("\n", 1) for part in block.split(PROMPT)[1:]]
    with Machine("virt", command=["make", "run"], folder=folder, limit=LIMIT) as machine:
        machine.expect(PROMPT)
        begin = machine.position - len(PROMPT)
        for command, answer in steps[:-1]:
            machine.send(command + "\r")
            machine.expect("\n")
            expect_all(machine, answer.splitlines())
        machine.send(steps[-1][0] + "\r")
        machine.wait_end()
        text = shown(machine.text[begin:])
        wanted = by_command(shown(block))
        tap.check("session %d is as the README has it" % number, by_command(text)[:len(wanted)] == wanted,
                  text + "\n--- expected:\n" + shown(block))


def follow(tap, folder, section):
    sessions, run = 0, False
    for kind, text in BLOCK.findall(section):
        if kind == "sh":
            run = text == "make run\n"
            if not run:
                done = subprocess.run(["bash", "-e", "-c", text], cwd=folder, capture_output=True, text=True)
                tap.check(text.strip(), done.returncode == 0, done.stdout + done.stderr)
                check_length(tap, folder)
        elif kind == "c":
            path = re.search(r"userland/\S+\.c", text)[0]
            with open(os.path.join(folder, path), "w") as file:
                file.write(text)
        elif kind == "diff":
            done = subprocess.run(["patch", "-p1"], cwd=folder, input=text, capture_output=True, text=True)
            tap.check("the change applies", done.returncode == 0, done.stdout + done.stderr)
        elif kind == "console":
            sessions += 1
            if tap.check("session %d begins with make run" % sessions, run):
                type_block(tap, folder, sessions, text)
            run = False
    tap.check("there was something to follow", sessions >= 3, sessions)


def refusals(tap, folder):
    """What `make new-server` refuses, it says why, and changes nothing."""
    def state():
        return [open(os.path.join(folder, path)).read() for path in ("userland/programs.mk", "userland/demo.system")]

    for name, why in (("keeper", "already"), ("uart", "already"), ("root", "taken"), ("Keeper", "not a name"),
                      ("a b", "not a name"), ("../up", "not a name"), ("", "no name"), ("x" * 24, "not a name"),
                      ("a'b", "not a name"), ("a$(MAKE)", "not a name"),
                      # A template; programs that only other bundles have.
                      ("program", "already"), ("parent", "already"), ("late", "already"), ("passive", "already")):
        before = state()
        done = subprocess.run(["make", "-s", "new-server", "NAME=" + name], cwd=folder, capture_output=True, text=True)
        tap.check("make new-server NAME=%s is refused" % shlex.quote(name),
                  done.returncode != 0 and why in done.stderr and state() == before, done.stdout + done.stderr)


def check_length(tap, folder):
    with open(os.path.join(folder, "userland/servers/keeper/keeper.c")) as file:
        lines = file.read().count("\n")
    tap.check("a new server has about thirty lines", 25 <= lines <= 40, lines)


def check_apart(tap, folder):
    """The descriptions of the tests, which add programs to the demo, are good beside a new server too."""
    done = subprocess.run(["make", "-s", "build/userland/kills.cpio", "build/userland/servers.cpio", "build/userland/mem.cpio"],
                          cwd=folder, capture_output=True, text=True)
    tap.check("tests are still built", done.returncode == 0, done.stderr)


def check_full(tap, folder):
    """New servers until there is no place for one more: what was made up to then is a description without errors."""
    for number in range(100):
        done = subprocess.run(["make", "-s", "new-server", "NAME=n%d" % number], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            break
    tap.check("in the end there is no place, and new-server says so", number > 3 and "no place for more" in done.stderr,
              done.stdout + done.stderr)
    elves = os.path.join(folder, "elves")
    os.makedirs(elves)
    with open(os.path.join(folder, "userland", "demo.system")) as file:
        for image in re.findall(r'program_image path="([^"]+)"', file.read()):
            open(os.path.join(elves, image), "w").close()
    done = subprocess.run([sys.executable, "userland/tools/system.py", "userland/demo.system", "--search-path", elves],
                          cwd=folder, capture_output=True, text=True)
    tap.check("what was made until then is a good description", done.returncode == 0, done.stderr)


def main():
    end_on_signals()
    tap = Tap()
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BOARD", "CPUS", "O", "TESSERA_OUTPUT"):
        os.environ.pop(name, None)
    with open(os.path.join(ROOT, "userland", "README.md")) as file:
        readme = file.read()
    section = readme.partition(SECTION)[2].split("\n## ")[0]
    with tempfile.TemporaryDirectory() as folder:
        try:
            copy_tree(folder)
            forget_keeper(folder)
            follow(tap, folder, section)
            refusals(tap, folder)
            check_apart(tap, folder)
            check_full(tap, folder)
        except (Trouble, OSError) as trouble:
            tap.check("reaches the end", False, trouble)
    tap.finish()


if __name__ == "__main__":
    main()
