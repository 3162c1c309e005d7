#!/usr/bin/env python3
"""Makes small defects in kernel/ and caps/, one at a time, and looks whether the tests see them.

    mutants.py [--sample N] [--seed N] [--only FILE] [--jobs N] [--report FILE] [--reuse]

The sites are those of mutant_sites.py; a sample is drawn from them with the seed. Of the kernel only what the
changed file goes into is built, beside the build in the output folder, which must be up to date. A mutant is
booted with the chapter of SPEC.md that its file names first, then with the chapters that take no long, then with
the whole conformance suite on virt; one that still lives also on the kernel without the direct path, that with the ghost of verify/ and other machines of
run.py, where these can show more (MORE).
What no program on the machine can see is left to the unit tests that link the changed file. Files that only run
at boot (BOOT_ONLY of the Makefile) are left out, for they have run before there is a suite, but for those that
unit tests link; tests/system/test_damaged.py and others there test them. A mutant is killed by the first test that
fails, by a panic, or when it does not come to its end: its processor time is limited to some times what the boot
takes without a defect, which does not depend on what else this machine does. One that does not compile, or gives the same kernel, does not count. With --reuse,
mutants that the last runs killed in files that have not changed since are not tried again, and those that lived
not while the suite has not changed either.

tests/conformance/SURVIVORS.md says for each survivor why nothing kills it: it is equivalent, or a clause that is
`inspected` covers it, or a test is missing, and why. It is found there by file, function, defect and text. A survivor that has no row is an
error, and so is, after a full run, a row without a survivor. --report writes tests/conformance/MUTANTS.md.
"""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import resource
import select
import shlex
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "system"), os.path.join(ROOT, "tests", "conformance")]
import lint  # noqa: E402
import mutant_sites  # noqa: E402
import qemu  # noqa: E402
import run  # noqa: E402

REASONS = "tests/conformance/SURVIVORS.md"
CPU_LIMIT = 3, 4  # processor time of a boot: seconds, and times as much as without a defect
LOOK = 5  # seconds without a word until one looks whether the machine sleeps for good
SILENCE = 180  # seconds for a unit test
FAILED = re.compile(r"^not ok \d+ - (\S+)|^.*(tessera: panic: .*|runtime: stopped: .*)", re.MULTILINE)
# All of the suite but the chapters on time, which take most of its time.
QUICK, SLOW = "virt-untimed", ("SC", "TM")
FIRST, C_PATH, GHOST = "virt", "virt, without the direct path", "virt, with the ghost"
# Where a kernel without the direct path, and other machines, can show more than `virt` does.
MORE = (
    (r"kernel/(context|endpoint|fault|fp|ipc|notification|reply|sched|syscall|tcb)\.", (C_PATH,)),
    (r"kernel/(mmu|trap|vspace)\.", ("virt-2-asid-bits", "virt-no-asids")),
    (r"kernel/(mmu|range|trap|vspace)\.", (GHOST,)),
    (r"kernel/irq\.", ("sifive_u", "virt-256-irqs")),
    (r"kernel/firmware\.", ("virt-reboot",)),
)
Row = collections.namedtuple("Row", "path function rule shown kind reason line")
KINDS = ("equivalent", "inspected", "missing")


class Trouble(Exception):
    """The mutants cannot be judged; the text says what to do."""


def told(command):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise Trouble("%s: error: it failed:\n%s" % (" ".join(command), done.stdout + done.stderr))
    return done.stdout


# ---- Building ------------------------------------------------------------------------------------------------


class Commands:
    """How the build makes kernels and unit tests: the compiler's command lines, as make would give them."""

    def __init__(self, output):
        self.output = output
        self.kernels = {FIRST: os.path.join(output, "kernel", "tessera.elf"),
                        C_PATH: os.path.join(output, "c-path", "tessera.elf"),
                        GHOST: os.path.join(output, "check", "tessera.elf")}
        self.compile, self.link, self.objects_of = {}, {}, collections.defaultdict(set)
        text = told(["make", "-n", "-B", "--no-print-directory", "O=" + output, "unit-programs",
                     *self.kernels.values()])
        for line in text.splitlines():
            words = shlex.split(line) if re.match(r"(riscv64-unknown-elf-)?gcc ", line) else []
            if "-o" not in words:
                continue
            target = words[words.index("-o") + 1]
            if "-c" in words:
                self.compile[target] = [word for word in words if word not in ("-MMD", "-MP", "-Werror", "-g")]
            elif "-S" not in words:
                self.link[target] = words
        for notes in glob.glob(os.path.join(output, "**", "*.d"), recursive=True):
            made = notes[:-2] + ".o"
            if made in self.compile:
                for path in re.findall(r"[^\s\\:]+", lint.read(notes)):
                    self.objects_of[os.path.normpath(path)].add(made)

    def programs(self, objects):
        """Unit tests that these objects go into."""
        return sorted(target for target, words in self.link.items()
                      if target not in self.kernels.values() and objects & set(words))

    def build(self, folder, site, objects):
        """Compiles these objects with the defect; {object: mutated object}, or None."""
        tree = os.path.join(folder, "tree")
        shutil.rmtree(tree, ignore_errors=True)
        changed = os.path.join(tree, site.path)
        os.makedirs(os.path.dirname(changed))
        with open(changed, "w", encoding="utf-8") as file:
            file.write(mutant_sites.mutated(lint.read(os.path.join(ROOT, site.path)), site))
        made = {}
        for number, target in enumerate(sorted(objects)):
            made[target] = os.path.join(folder, "%d-%s.o" % (number, target.strip("/").replace("/", "-")[-60:]))
            words = [changed if word == site.path else made[target] if word == target else word
                     for word in self.compile[target]]
            words.insert(words.index("-I."), "-I" + tree)
            if subprocess.run(words + ["-w"], cwd=ROOT, capture_output=True).returncode != 0:
                return None
        return made

    def linked(self, folder, target, made):
        """The program with the mutated objects in place of its own; None: it does not link."""
        path = os.path.join(folder, target.strip("/").replace("/", "-"))
        words = [made.get(word, path if word == target else word) for word in self.link[target]
                 if not word.startswith("-Wl,-Map")]
        return path if subprocess.run(words, cwd=ROOT, capture_output=True).returncode == 0 else None


def image(path):
    """What the machine sees of a kernel."""
    flat = path + ".bin"
    subprocess.run(["riscv64-unknown-elf-objcopy", "-O", "binary", path, flat], check=True)
    with open(flat, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


# ---- Judging -------------------------------------------------------------------------------------------------


class Machines:
    """The machines of run.py, and what the suite says on each with the kernel as it is."""

    def __init__(self, output):
        self.bundle = os.path.join(output, "conformance", "bundle.cpio")
        self.boards = {board: qemu.command_line(board) for board in {row[0] for row in run.MACHINES.values()}}
        self.finals, self.lock = {}, threading.Lock()

    def expect(self, name, only, kernel):
        """The last line that this kernel, without a defect, gives, and its processor time; remembered."""
        with self.lock:
            if (name, only, kernel) not in self.finals:
                text, why, used = self.boot(name, only, kernel, 600)
                if why:
                    raise Trouble("the suite fails on %s without a defect: %s; mend that first" % (name, why))
                self.finals[name, only, kernel] = run.FINAL.search(text)[0], used
            return self.finals[name, only, kernel]

    def command(self, name, only, kernel):
        board, extra, bootargs = run.MACHINES[name]
        bootargs = "only=" + only if only else bootargs
        return (self.boards[board] + ["-kernel", kernel, "-initrd", self.bundle] + qemu.ICOUNT_ALONE + extra
                + (["-append", bootargs] if bootargs else []))

    def boot(self, name, only, kernel, limit):
        """What it printed, up to the first failure; why it was ended, "" when it came to its end; processor time."""
        text, final, used = "", None, 0.0
        with subprocess.Popen(self.command(name, only, kernel), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as machine:
            try:
                while True:
                    ready, before = select.select([machine.stdout], [], [], LOOK)[0], used
                    used, sleeps = processor_time(machine.pid)
                    if used > limit or not ready and sleeps and used == before:
                        return text, "no end", used
                    if not ready:
                        continue
                    data = os.read(machine.stdout.fileno(), 65536)
                    text += data.decode("utf-8", "replace").replace("\r", "")
                    found = FAILED.search(text[:text.rfind("\n") + 1])
                    if found:
                        return text, found[1] or found[2], used
                    final = run.FINAL.search(text)
                    if name in run.RESTARTS and final and run.BOOTED.search(text, final.end()):
                        return text, "", used
                    if not data:
                        break
            finally:
                machine.kill()
            machine.wait()
        if not final:
            return text, "no last line", used
        why = "no reboot" if name in run.RESTARTS else "" if machine.returncode == 0 else "no shutdown"
        return text, why, used

    def judge(self, name, only, kernel, mutant):
        """Why the mutant of this kernel is dead, or ""."""
        final, used = self.expect(name, only, kernel)
        text, why, _ = self.boot(name, only, mutant, CPU_LIMIT[0] + CPU_LIMIT[1] * used)
        return why or ("" if run.FINAL.search(text)[0] == final else "tests went missing")


def fields_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()


def processor_time(process):
    """Seconds that a process has used, and whether all its threads sleep."""
    tasks, (user, system) = glob.glob("/proc/%d/task/*/stat" % process), fields_of("/proc/%d/stat" % process)[11:13]
    try:
        sleeps = all(fields_of(path)[0] == "S" for path in tasks)
    except OSError:  # a thread has ended
        sleeps = False
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), sleeps


def chapter_of(path):
    """The first chapter of SPEC.md that a file says it implements."""
    found = re.search(r"\(SPEC ([A-Z]+)|\(([A-Z]+)-\d", lint.read(os.path.join(ROOT, path))[:2000])
    return (found[1] or found[2]) if found else ""


Verdict = collections.namedtuple("Verdict", "kind why")  # kind: killed, elsewhere, lives, same, uncompiled


class Judge:
    def __init__(self, output, folder):
        self.commands = Commands(output)
        self.machines = Machines(output)
        self.original = image(self.commands.kernels[FIRST])
        self.known, self.lock, self.folder = {}, threading.Lock(), folder

    def verdict(self, site):
        folder = os.path.join(self.folder, str(threading.get_ident()))
        os.makedirs(folder, exist_ok=True)
        parts = collections.defaultdict(set)  # for each kernel, and for the unit tests
        for target in self.commands.objects_of[site.path]:
            parts[os.path.relpath(target, self.commands.output).split("/")[0]].add(target)
        made = self.commands.build(folder, site, parts["kernel"])
        kernel = made and self.commands.linked(folder, self.commands.kernels[FIRST], made)
        if not kernel:
            return Verdict("uncompiled", "")
        now = image(kernel)
        if now == self.original:
            return Verdict("same", "")
        with self.lock:
            if now in self.known:
                return self.known[now]
        verdict = self.boots(site, kernel, folder, parts)
        if verdict.kind == "lives" and parts["unit"]:
            verdict = self.unit(site, folder, parts["unit"]) or verdict
        with self.lock:
            self.known[now] = verdict
        return verdict

    def boots(self, site, kernel, folder, parts):
        chapter = chapter_of(site.path)
        tries = [(FIRST, chapter)] if chapter not in ("", *SLOW) else []
        tries += [(QUICK, ""), (FIRST, "")]
        tries += [(name, "") for pattern, names in MORE if re.match(pattern, site.path) for name in names]
        for name, only in tries:
            base, mutant, machine = self.commands.kernels.get(name, self.commands.kernels[FIRST]), kernel, name
            if name in (C_PATH, GHOST):
                objects = parts["kernel"] | parts["c-path" if name == C_PATH else "check"]
                mutant = self.commands.linked(folder, base, self.commands.build(folder, site, objects))
                machine = FIRST if name == C_PATH else QUICK
            why = self.machines.judge(machine, only, base, mutant)
            if why:
                return Verdict("killed", why if name in (FIRST, QUICK) else "%s [%s]" % (why, name))
        return Verdict("lives", "")

    def unit(self, site, folder, host):
        made = self.commands.build(folder, site, host)
        for target in self.commands.programs(host):
            program = made and self.commands.linked(folder, target, made)
            try:
                if program and subprocess.run([program], capture_output=True, timeout=SILENCE).returncode != 0:
                    return Verdict("elsewhere", os.path.basename(target))
            except subprocess.TimeoutExpired:
                return Verdict("elsewhere", os.path.basename(target) + ", no end")
        return None


# ---- Reasons and report ----------------------------------------------------------------------------------------


def read_reasons(text):
    """Rows of the table: file, function, defect, text, kind, reason."""
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]
        if len(cells) == 6 and re.match(r"(kernel|caps)/", cells[0]):
            cells[1], cells[3] = cells[1].strip("`"), cells[3].strip("`")
            rows.append(Row(*cells, number))
    return rows


def key_of(row):
    return row.path, row.function.replace("()", ""), row.rule, row.shown


def match(survivors, rows, everything):
    """({site: row}, complaints). everything: all sites were judged, so that each row must have its survivor."""
    by_key = {key_of(row): row for row in rows}
    reasons = {site: by_key[key_of(site)] for site in survivors if key_of(site) in by_key}
    complaints = ["%s:%d: error: the tests do not see this defect: %s: %s; write a test, or the reason in %s" % (
        site.path, site.line, site.rule, site.shown, REASONS) for site in survivors if site not in reasons]
    for row in rows:
        if row.kind.split(" ")[0] not in KINDS:
            complaints.append("%s:%d: error: %s is no kind of reason; write one of %s" % (
                REASONS, row.line, row.kind, ", ".join(KINDS)))
        if everything and key_of(row) not in map(key_of, survivors):
            complaints.append("%s:%d: error: no mutant that lives is meant; remove the row" % (REASONS, row.line))
    return reasons, complaints


def percent(part, whole):
    return "%.1f%%" % (100.0 * part / max(whole, 1))


def score(verdicts, reasons):
    """Numbers of one list of (site, verdict), as words in the report's table."""
    count = collections.Counter(verdict.kind for _, verdict in verdicts)
    kinds = collections.Counter(reasons[site].kind.split(" ")[0] for site, verdict in verdicts
                                if verdict.kind == "lives" and site in reasons)
    equivalent = kinds["equivalent"]
    counted = count["killed"] + count["elsewhere"] + count["lives"]
    return {"sites": len(verdicts), "out": count["same"] + count["uncompiled"], "counted": counted,
            "killed": count["killed"], "elsewhere": count["elsewhere"], "lives": count["lives"], "equivalent": equivalent,
            "inspected": kinds["inspected"], "missing": count["lives"] - equivalent - kinds["inspected"],
            "share": percent(count["killed"] + count["elsewhere"], counted - equivalent)}


HEAD = """# Mutants

Made by `make mutants`; do not edit. %(sites)d small defects, of %(total)d that the rules in `tests/tools/mutant_sites.py` find in
`kernel/` and `caps/`, drawn with seed %(seed)d; without files that have run before there is a suite (`make coverage`
lists them). %(out)d do not compile or give the same kernel and do not count. Of the other
%(counted)d, the conformance suite kills %(killed)d; %(elsewhere)d more, which no program on the machine can see, the unit
tests of the host; %(lives)d live. Of these, %(equivalent)d are equivalent, %(inspected)d are covered by clauses
marked `inspected`, and for %(missing)d a test is missing. Killed of those not equivalent: **%(share)s**.

| file | sites | not counted | killed | killed elsewhere | live | equivalent | killed of the others |
|---|---|---|---|---|---|---|---|
"""


def cell(text):
    return text.replace("|", "\\|")


def report_text(verdicts, reasons, seed, total):
    whole = score(verdicts, reasons)
    text = HEAD % dict(whole, seed=seed, total=total)
    for path in sorted({site.path for site, _ in verdicts}):
        own = score([row for row in verdicts if row[0].path == path], reasons)
        text += "| %s | %d | %d | %d | %d | %d | %d | %s |\n" % (path, *(own[key] for key in (
            "sites", "out", "killed", "elsewhere", "lives", "equivalent", "share")))
    text += "\n## Survivors\n\n| file | function | defect | text | kind | reason |\n|---|---|---|---|---|---|\n"
    for site, verdict in verdicts:
        if verdict.kind == "lives":
            row = reasons.get(site)
            text += "| %s | `%s` | %s | `%s` | %s | %s |\n" % (
                site.path, site.function, site.rule, cell(site.shown), row.kind if row else "NONE",
                cell(row.reason) if row else "NO REASON GIVEN")
    text += "\n## Killed elsewhere\n\n| file | function | defect | text | by |\n|---|---|---|---|---|\n"
    for site, verdict in verdicts:
        if verdict.kind == "elsewhere":
            text += "| %s | `%s` | %s | `%s` | %s |\n" % (
                site.path, site.function, site.rule, cell(site.shown), verdict.why)
    return text


class Memory:
    """Verdicts of runs before, by site and the text of its file; kept as they come, a line each."""

    def __init__(self, output):
        self.path, self.texts = os.path.join(output, "mutants", "verdicts"), {}
        self.verdicts = {}  # with the suite that judged
        with open(os.path.join(output, "conformance", "root.elf"), "rb") as file:
            self.suite = hashlib.sha256(file.read()).hexdigest()

    def load(self):
        if os.path.exists(self.path):
            for line in lint.read(self.path).splitlines():
                key, *verdict = json.loads(line)
                self.verdicts[key] = verdict

    def key(self, site):
        if site.path not in self.texts:
            text = lint.read(os.path.join(ROOT, site.path))
            self.texts[site.path] = hashlib.sha256(text.encode()).hexdigest()
        return "%s %s %d %d %s" % (self.texts[site.path], site.path, site.begin, site.end, site.put.strip())

    def known(self, site):
        kind, why, suite = self.verdicts.get(self.key(site), ("lives", "", ""))
        return Verdict(kind, why) if kind != "lives" or suite == self.suite else None

    def keep(self, site, verdict):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps([self.key(site), *verdict, self.suite]) + "\n")


WORDS = {"killed": "killed  ", "elsewhere": "killed  ", "lives": "SURVIVED", "same": "skipped ",
         "uncompiled": "skipped "}
WHY = {"same": "same kernel", "uncompiled": "does not compile"}


def at_boot(path, names):
    """Does the file run before there is a suite, and no unit test link it?"""
    return os.path.splitext(path)[0] in names and not any(
        re.match(r"/\* sources:.*\b%s\b" % re.escape(path), lint.read(test))
        for test in glob.glob(os.path.join(ROOT, "tests", "unit", "test_*.c")))


def choose(options):
    """The sites, of how many, and whether these are all."""
    chosen = mutant_sites.sites(ROOT, options.only)
    names = told(["make", "-s", "--no-print-directory", "boot-only"]).split()
    left_out = {path for path in {site.path for site in chosen} if at_boot(path, names)}
    chosen = [site for site in chosen if site.path not in left_out]
    total = len(chosen)
    if not 0 < options.sample < total:
        return chosen, total, not options.only
    # By a number that depends on the site alone: what is changed elsewhere leaves the sample as it was, and a
    # larger sample holds every smaller one.
    order = sorted(chosen, key=lambda site: hashlib.sha256(
        " ".join((str(options.seed), *site[:2], site.rule, site.shown)).encode()).digest())
    return order[:options.sample], total, False


def judge_all(chosen, output, options):
    """[(site, verdict)], printed as they come."""
    memory, verdicts = Memory(output), []
    if options.reuse:
        memory.load()
    folder = os.path.join(output, "mutants", str(os.getpid()))
    pool = concurrent.futures.ThreadPoolExecutor(options.jobs)
    try:
        judge = Judge(output, folder)
        tried = {pool.submit(lambda site: memory.known(site) or judge.verdict(site), site): site for site in chosen}
        for done in concurrent.futures.as_completed(tried):
            site, verdict = tried[done], done.result()
            if not memory.known(site):
                memory.keep(site, verdict)
            verdicts.append((site, verdict))
            print("%s %s:%d: %s: %s [%s]" % (WORDS[verdict.kind], site.path, site.line, site.rule, site.shown,
                                            WHY.get(verdict.kind, verdict.why)), flush=True)
    except Trouble as trouble:
        sys.exit("mutants.py: error: %s" % trouble)
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)
    return verdicts


def main():
    qemu.end_on_signals()
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--report")
    parser.add_argument("--reuse", action="store_true")
    options = parser.parse_args()
    os.nice(5)
    chosen, total, everything = choose(options)
    if not chosen:
        parser.error("no file of kernel/ or caps/ that a test links has %s in its name; as in FILE=sched" % options.only)
    output = os.path.abspath(os.environ.get("TESSERA_OUTPUT") or os.path.join(ROOT, "build"))
    begin = time.monotonic()
    verdicts = sorted(judge_all(chosen, output, options), key=lambda row: (row[0].path, row[0].begin, row[0].end))
    survivors = [site for site, verdict in verdicts if verdict.kind == "lives"]
    rows = read_reasons(lint.read(os.path.join(ROOT, REASONS)))
    reasons, complaints = match(survivors, rows, everything)
    if options.report:
        with open(options.report, "w", encoding="utf-8") as file:
            file.write(report_text(verdicts, reasons, options.seed, total))
    print("".join("# %s\n" % complaint for complaint in complaints), end="")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("# %(killed)d of %(counted)d mutants killed, %(elsewhere)d more by other tests; %(lives)d live, %(equivalent)d of them"
          " equivalent; of the others killed: %(share)s" % score(verdicts, reasons))
    print("# %d minutes, %d of one processor" % ((time.monotonic() - begin) / 60,
                                                (used.ru_utime + used.ru_stime) / 60))
    print("%s 1 - each of %d defects is seen by a test, or the reason is known" % (
        "not ok" if complaints else "ok", len(chosen)))
    print("%d passed, %d failed" % (not complaints, bool(complaints)))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
