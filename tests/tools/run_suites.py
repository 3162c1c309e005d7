#!/usr/bin/env python3
"""Runs the test suites of tests/suites.txt and adds up their results.

A suite is a program that prints one line for each test,

    ok 3 - UT_04 retype at the watermark
    not ok 4 - UT_05 count of zero
    ok 5 - UT_06 device memory # SKIP this board has none

(or the same with PASS, FAIL and SKIP as the first word), and as its last line `N passed, N failed`,
to which `, N skipped` may be added. A suite without that last line has failed: it did not get there.
So has one whose last line disagrees with its own test lines, whose exit status does, that ran no test
at all, or that did not end in time.

The last line printed here is the sum, in the same form. Exit status 0 means that nothing failed.
"""

import argparse
import fnmatch
import glob
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

FINAL = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
TEST = re.compile(r"^(ok|not ok|PASS|FAIL|SKIP)\b[ \t]*(.*)$")
SKIP = re.compile(r"# *skip\b", re.IGNORECASE)


def read_output(text):
    """Returns (passed, failed, skipped, names of failed, names of skipped, complaint or None)."""
    passed, failed, skipped = 0, [], []
    for line in text.splitlines():
        found = TEST.match(line.strip())
        if not found:
            continue
        kind, name = found.groups()
        name = re.sub(r"^\d+\s*(-\s*)?", "", name)
        if kind == "SKIP" or (kind == "ok" and SKIP.search(name)):
            skipped.append(name)
        elif kind in ("ok", "PASS"):
            passed += 1
        else:
            failed.append(name)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    final = FINAL.match(lines[-1]) if lines else None
    if not final:
        return passed, failed, skipped, "no final line `N passed, N failed`"
    stated = (int(final[1]), int(final[2]), int(final[3] or 0))
    counted = (passed, len(failed), len(skipped))
    if stated != counted:
        return passed, failed, skipped, "final line %s, but its test lines say %s" % (stated, counted)
    if stated == (0, 0, 0):
        return passed, failed, skipped, "it contains no tests"
    return passed, failed, skipped, None


class Suite:
    def __init__(self, name, slots, limit, command):
        self.name, self.slots, self.limit, self.command = name, slots, limit, command
        self.passed, self.failed, self.skipped = 0, [], []
        self.seconds, self.log = 0.0, ""

    def run(self, log_folder):
        begin = time.monotonic()
        log_path = os.path.join(log_folder, self.name.replace("/", "-") + ".log")
        complaint, status = None, None
        with open(log_path, "wb") as log:
            try:
                child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                         stderr=subprocess.STDOUT, start_new_session=True)
            except OSError as error:
                complaint = "cannot start it: %s" % error
            else:
                status, complaint = self.wait(child)
        with open(log_path, "rb") as log:
            self.log = log.read().decode("utf-8", "replace")
        self.passed, self.failed, self.skipped, trouble = read_output(self.log)
        complaint = complaint or trouble
        if not complaint and status != 0 and not self.failed:
            complaint = "exit status %d, though no test failed" % status
        if complaint:
            self.failed.append("(the suite itself) " + complaint)
        self.seconds = time.monotonic() - begin

    def wait(self, child):
        """First asks it to end, so that it can clean up; then kills its process group, and no other."""
        try:
            return child.wait(self.limit), None
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()
        return None, "not ended after %d s" % self.limit

    def report(self, verbose):
        numbers = "%d passed, %d failed" % (self.passed, len(self.failed))
        if self.skipped:
            numbers += ", %d skipped" % len(self.skipped)
        lines = ["%s %-28s %-32s %6.1f s" % ("FAIL" if self.failed else "PASS", self.name, numbers,
                                             self.seconds)]
        lines += ["     FAIL " + name for name in self.failed]
        lines += ["     SKIP " + name for name in self.skipped]
        if verbose:
            lines += ["     | " + line for line in self.log.splitlines()]
        elif self.failed:
            lines += ["     | " + line for line in self.log.splitlines()[-25:]]
        return "\n".join(lines)


def read_table(path, output):
    """The table's rows: name, slots, limit, command. {*} in a command repeats the row for each match."""
    suites = []
    for number, line in enumerate(open(path), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        try:
            name, slots, limit, command = line.split(None, 3)
            slots, limit = int(slots), int(limit)
        except ValueError:
            sys.exit("%s:%d: error: not a suite; write: name slots seconds command" % (path, number))
        if "*" not in name:
            suites.append(Suite(name, slots, limit, shlex.split(command.format(output=output))))
            continue
        source, command = command.split(None, 1)
        for match in sorted(glob.glob(source)):
            stem = os.path.splitext(os.path.basename(match))[0]
            words = shlex.split(command.format(output=output, name=stem, path=match))
            suites.append(Suite(name.replace("*", stem.replace("test_", "", 1)), slots, limit, words))
    return suites


def run_all(suites, log_folder, verbose):
    """A suite takes its slots of as many as there are processors (at least two), longest first."""
    total = max(2, os.cpu_count() or 2)
    free, condition, printing = [total], threading.Condition(), threading.Lock()

    def work(suite, need):
        suite.run(log_folder)
        with printing:
            print(suite.report(verbose), flush=True)
        with condition:
            free[0] += need
            condition.notify_all()

    threads = []
    for suite in sorted(suites, key=lambda suite: -suite.limit):
        need = min(suite.slots, total)
        with condition:
            condition.wait_for(lambda: free[0] >= need)
            free[0] -= need
        thread = threading.Thread(target=work, args=(suite, need))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()


def main():
    parser = argparse.ArgumentParser(description="runs the suites of tests/suites.txt")
    parser.add_argument("--output", default="build", help="build output root")
    parser.add_argument("--table", default="tests/suites.txt")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--after", help="a command whose output is printed before the sum")
    parser.add_argument("names", nargs="*", help="run only these suites (patterns)")
    options = parser.parse_args()
    output = os.path.abspath(options.output)
    os.environ["TESSERA_OUTPUT"] = output
    patterns = [pattern for name in options.names for pattern in name.split()]
    table = read_table(options.table, output)
    for pattern in patterns:
        if not any(fnmatch.fnmatch(suite.name, pattern) for suite in table):
            parser.error("no suite is named %s; there are %s" % (pattern, " ".join(suite.name for suite in table)))
    suites = [suite for suite in table
              if not patterns or any(fnmatch.fnmatch(suite.name, pattern) for pattern in patterns)]
    log_folder = os.path.join(output, "logs")
    os.makedirs(log_folder, exist_ok=True)
    run_all(suites, log_folder, options.verbose)
    passed = sum(suite.passed for suite in suites)
    failed = sum(len(suite.failed) for suite in suites)
    skipped = sum(len(suite.skipped) for suite in suites)
    if options.after:
        subprocess.run(shlex.split(options.after), check=False)
    print("logs: %s" % os.path.relpath(log_folder))
    print("%d passed, %d failed" % (passed, failed) + (", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
