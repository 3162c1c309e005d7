#!/usr/bin/env python3
"""Checks a system description and packs it, with the programs it names, into a bundle.

    system.py DESCRIPTION [--search-path DIR]... [-o OUTPUT] [NAME=FILE...]

The description is XML in the vocabulary of Microkit's .system files; what ours has beyond them is listed in
userland/README.md. Programs are looked for in the folders given; NAME=FILE adds members, `root` first of all.
Without -o nothing is written. Everything that is wrong is reported, with its line:

    FILE:LINE: error: WHAT; WHAT TO DO
"""

import argparse
import os
import re
import sys
import xml.parsers.expat

import mkbundle
import system_family
import system_format
import system_pager
import system_servers
import system_start

PAGE = 0x1000
REGIONS, REGIONS_END, FAR, FAR_END = 0x20000, 0x40000, 0x2000000, 0x40000000  # userland/lib/layout.h
IDS = 62  # the two highest bits of a notification are root's
NAME = re.compile(r"[A-Za-z0-9_.-]+")
ROOT_IMAGE = "root"

# ---- What may be written ---------------------------------------------------------------------------------

# Attributes of each element: name -> kind; a kind that ends in ! is required. Kinds: text, name, number, yes
# (true or false), rights (letters of rwx), or the words allowed, separated by |.
PROGRAM = {"name": "program!", "priority": "number", "budget": "number", "period": "number",
           "stack_size": "number", "pp": "yes", "heap_size": "number", "controller": "yes", "counters": "yes",
           "wait": "yes", "memory": "number", "pager": "text", "quota": "number", "overruns": "number",
           "placement": "|".join(system_format.PLACEMENTS)}
# What a template cannot have.
AUTHORITY = {"memory_most": "number", "sched_control": "yes", "scheduler": "yes", "passive": "yes",
             "device_server": "yes", "name_server": "yes"}
ATTRIBUTES = {
    "system": {},
    "device": {"name": "name!", "path": "text", "compatible": "text", "virtio": "number", "optional": "yes",
               "unless": "text"},
    "memory_region": {"name": "name!", "size": "number!", "page_size": "number", "phys_addr": "number",
                      "device": "text", "block": "number"},
    "protection_domain": dict(PROGRAM, **AUTHORITY, callers="number", crashes="number", backoff="number",
                              after="text", start="boot|request", id="number", answers="number"),
    "template": PROGRAM,
    "program_image": {"path": "text!"},
    "map": {"mr": "text!", "vaddr": "number", "perms": "rights", "cached": "yes", "setvar_vaddr": "name",
            "setvar_size": "name", "frames": "yes"},
    "irq": {"irq": "number", "id": "number!", "trigger": "level|edge", "device": "text", "index": "number",
            "name": "name"},
    "setvar": {"symbol": "name!", "value": "number", "region_paddr": "text", "region_size": "text",
               "device": "text", "property": "text", "default": "number"},
    "argument": {"text": "text", "device": "text"},
    "provides": {"name": "name!", "id": "number!"},
    "uses": {"name": "name!"},
    "channel": {},
    "end": {"pd": "text!", "id": "number!", "pp": "yes", "notify": "yes", "name": "name", "optional": "yes",
            "grant": "yes"},
}
GIVEN = ("map", "setvar", "argument")
CHILDREN = {
    "system": ("device", "memory_region", "protection_domain", "template", "channel"),
    "protection_domain": ("program_image", "irq", "provides", "uses", "protection_domain") + GIVEN,
    "template": ("uses",) + GIVEN,
    "channel": ("end",),
}


class Element:
    """An element and its line; attributes have the values their kinds say."""

    def __init__(self, tag, line, parent):
        self.tag, self.line, self.parent = tag, line, parent
        self.values, self.children = {}, []

    def get(self, name, otherwise=None):
        return self.values.get(name, otherwise)

    def all(self, *tags):
        return [child for child in self.children if child.tag in tags]


# Root is there, whether the description says something of it or not.
ROOT_ELEMENT = Element("protection_domain", 0, None)
ROOT_ELEMENT.values["name"] = ROOT_IMAGE


class Report:
    """The errors found, each with its line."""

    def __init__(self, path):
        self.path, self.found = path, []

    def error(self, line, what, todo):
        self.found.append((line, "%s:%d: error: %s; %s" % (self.path, line, what, todo)))

    def lines(self):
        return [text for _, text in sorted(self.found, key=lambda pair: pair[0])]


# ---- Reading ---------------------------------------------------------------------------------------------

def read_value(report, element, name, kind, text):
    """The value of an attribute, or None and an error."""
    where = '%s="%s"' % (name, text)
    if kind == "number":
        if re.fullmatch(r"0[xX][0-9a-fA-F_]+|[0-9][0-9_]*", text):
            value = int(text.replace("_", ""), 16 if text[:2] in ("0x", "0X") else 10)
            if value < 1 << 64:
                return value
        report.error(element.line, where + " is not a number", "write it like 4096 or 0x1_000")
    elif kind == "yes":
        if text in ("true", "false"):
            return text == "true"
        report.error(element.line, where + " is neither true nor false", "write one of them")
    elif kind == "rights":
        if re.fullmatch("[rwx]+", text) and len(set(text)) == len(text):
            return "".join(letter for letter in "rwx" if letter in text)
        report.error(element.line, where + " is not known", "write some of the letters r, w and x")
    elif kind in ("name", "program"):
        most = system_format.NAME if kind == "name" else system_format.PROGRAM_NAME
        if NAME.fullmatch(text) and len(text) < most:
            return text
        report.error(element.line, where + " is not a name",
                     "use at most %d letters, digits, and _ . -" % (most - 1))
    elif "|" in kind:
        if text in kind.split("|"):
            return text
        report.error(element.line, where + " is not known", "write one of: " + " ".join(kind.split("|")))
    else:
        return text
    return None


def read_attributes(report, element, given):
    known = ATTRIBUTES[element.tag]
    for name, text in given.items():
        if name not in known:
            allowed = ", ".join(known) or "none"
            report.error(element.line, "unknown attribute '%s' of <%s>" % (name, element.tag),
                         "remove it, or use one of: " + allowed)
            continue
        value = read_value(report, element, name, known[name].rstrip("!"), text)
        if value is not None:
            element.values[name] = value
    for name, kind in known.items():
        if kind.endswith("!") and name not in given:
            report.error(element.line, "<%s> has no attribute '%s'" % (element.tag, name), "add it")


def parse(path, report):
    """The <system> element, or None when there is none to work with."""
    parser = xml.parsers.expat.ParserCreate()
    stack, roots = [], []

    def start(tag, given):
        line, parent = parser.CurrentLineNumber, stack[-1] if stack else None
        element = Element(tag, line, parent)
        stack.append(element)
        if parent is None and tag != "system":
            report.error(line, "the outermost element is <%s>" % tag, "put everything into one <system>")
        elif parent is not None and parent.tag in ATTRIBUTES and tag not in CHILDREN.get(parent.tag, ()):
            known = CHILDREN.get(parent.tag)
            allowed = "use one of: " + ", ".join(known) if known else "<%s> has nothing inside" % parent.tag
            report.error(line, "unknown element <%s> in <%s>" % (tag, parent.tag), "remove it; " + allowed
                         if known else allowed)
            element.tag = None  # nothing in it is looked at
        elif parent is not None and parent.tag is None:
            element.tag = None
        elif tag in ATTRIBUTES:
            read_attributes(report, element, given)
            (parent.children if parent else roots).append(element)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: stack.pop()
    try:
        with open(path, "rb") as file:
            parser.ParseFile(file)
    except OSError as error:
        report.error(1, "cannot be read (%s)" % error.strerror, "give an existing file")
        return None
    except xml.parsers.expat.ExpatError as error:
        report.error(error.lineno, "not well-formed XML (%s)" % xml.parsers.expat.errors.messages[error.code],
                     "correct it")
        return None
    return roots[0] if roots else None


# ---- Checking --------------------------------------------------------------------------------------------

class System:
    """The description, with every reference resolved: what system_format.py packs."""

    def __init__(self, tree, report, folders):
        self.report, self.folders = report, folders
        self.error = report.error
        self.images = {}  # member -> file
        self.ids = {}     # (program, id) -> line of its first use
        self.devices = self.named(tree.all("device"), "device")
        self.regions = self.named(tree.all("memory_region"), "memory_region")
        self.programs = self.named(system_family.all_programs(tree), "program")
        system_family.settle(self)
        for device in self.devices.values():
            self.check_device(device)
        self.check_regions()
        for program in self.programs.values():
            self.check_program(program)
        self.channels = [ends for ends in map(self.check_channel, tree.all("channel")) if ends]
        self.check_after()
        system_family.check(self)
        system_servers.check(self)
        system_pager.check(self)
        system_start.check(self)
        self.check_templates(tree)
        self.check_budgets(tree)
        if not self.programs:
            self.error(tree.line, "there is no program", "add a <protection_domain>")
        for what, things, most in (("devices", self.devices, system_format.DEVICES_MAX),
                                   ("memory regions", self.regions, system_format.REGIONS_MAX),
                                   ("programs", self.programs, system_format.PROGRAMS_MAX - 1)):
            if len(things) > most:
                self.error(list(things.values())[most].line, "more than %d %s" % (most, what), "remove some")

    def check_templates(self, tree):
        for template in tree.all("template")[1:]:
            self.error(template.line, "a second <template>", "leave one: it runs all programs without a description")

    def named(self, elements, what):
        found = {}
        for element in elements:
            name = element.get("name")
            if name in found:
                self.error(element.line, "a second %s named '%s', after line %d" % (what, name, found[name].line),
                           "give it another name")
            elif name is not None:
                found[name] = element
        return found

    def refer(self, element, attribute, things, what):
        """The thing the attribute names, or None; says so when there is none of that name."""
        name = element.get(attribute)
        if name is None or name in things:
            return things.get(name)
        known = ", ".join(things) or "none"
        self.error(element.line, "there is no %s '%s'" % (what, name),
                   "correct %s, or declare it; there are: %s" % (attribute, known))
        return None

    def need_page(self, element, *attributes):
        for attribute in attributes:
            value = element.get(attribute)
            if value is not None and value % PAGE:
                self.error(element.line, "%s %#x is not a multiple of a page" % (attribute, value),
                           "use a multiple of %#x" % PAGE)
                element.values[attribute] = -(-value // PAGE) * PAGE

    def need_range(self, element, attribute, least, most):
        value = element.get(attribute)
        if value is not None and not least <= value <= most:
            self.error(element.line, "%s %d is out of range" % (attribute, value),
                       "use %d to %d" % (least, most))
            element.values[attribute] = least

    def check_device(self, device):
        self.need_range(device, "virtio", 1, 0xffffffff)
        self.refer(device, "unless", self.devices, "device")
        if not device.get("path") and not device.get("compatible"):
            self.error(device.line, "device '%s' says neither where nor what it is" % device.get("name"),
                       "add path or compatible")

    def check_regions(self):
        places = []
        for region in self.regions.values():
            self.need_page(region, "size", "phys_addr")
            self.need_range(region, "size", PAGE, 4096 * PAGE)
            if region.get("page_size", PAGE) != PAGE:
                self.error(region.line, "page_size %#x is not supported" % region.get("page_size"),
                           "use %#x or leave it out" % PAGE)
            device = self.refer(region, "device", self.devices, "device")
            if device and "phys_addr" in region.values:
                self.error(region.line, "both device and phys_addr say where the region is", "leave one out")
            elif device:
                place = ("device", device.get("name"), region.get("block", 0))
                places.append((place, 0, 1, region))
            elif region.get("phys_addr") == 0:
                self.error(region.line, "phys_addr 0 is nowhere", "give the address of the registers")
            elif "phys_addr" in region.values:
                places.append(("physical", region.get("phys_addr"), region.get("size", PAGE), region))
        self.check_overlaps(places, "memory regions")

    def check_overlaps(self, places, what):
        """places: (space, start, bytes, element)."""
        order = sorted(places, key=lambda place: (str(place[0]), place[1], place[3].line))
        for before, after in zip(order, order[1:]):
            if before[0] == after[0] and before[1] + before[2] > after[1]:
                first, second = sorted((before[3], after[3]), key=lambda element: element.line)
                self.error(second.line, "%s overlap: this one and the one of line %d" % (what, first.line),
                           "move one of them")

    # Programs.

    def check_program(self, program):
        name = program.get("name")
        self.need_page(program, "stack_size", "heap_size", "memory", "memory_most", "quota")
        self.need_range(program, "stack_size", PAGE, 64 * PAGE)
        self.need_range(program, "heap_size", 0, 512 << 20 if program.get("pager") else 4096 * PAGE)
        self.need_range(program, "memory_most", 0, 1 << 30)
        self.need_range(program, "memory", 0, 1 << 30)
        self.need_range(program, "priority", 0, 254)
        self.need_range(program, "callers", 0, 63)
        self.need_range(program, "crashes", 0, 1000)
        self.need_range(program, "backoff", 0, 60_000_000)
        self.need_range(program, "overruns", 1, 1_000_000)
        self.need_range(program, "answers", 1000, 3_600_000_000)
        self.need_range(program, "budget", 20, 60_000_000)
        self.need_range(program, "period", 20, 60_000_000)
        budget = program.get("budget", 1000)
        if program.get("period", budget) < budget:
            self.error(program.line, "the budget of '%s' is larger than its period" % name,
                       "make period at least %d" % budget)
        if program.get("backoff") and not program.get("crashes"):
            self.error(program.line, "'%s' has a backoff and is never started again" % name, "add crashes")
        if program.tag == "protection_domain":
            self.check_image(program)
        self.check_maps(program)
        self.check_names(program)
        for irq in program.all("irq"):
            self.check_irq(program, irq)
        for setvar in program.all("setvar"):
            self.check_setvar(setvar)
        for argument in program.all("argument"):
            device = self.refer(argument, "device", self.devices, "device")
            if device and not device.get("compatible"):
                self.error(argument.line, "device '%s' may be anything" % device.get("name"), "say what it is: compatible")
            if ("device" in argument.values) == ("text" in argument.values):
                self.error(argument.line, "an <argument> is either a text or about a device", "give one of them")

    def check_image(self, program):
        images, name = program.all("program_image"), program.get("name")
        if name == ROOT_IMAGE:
            if images or program.all("irq"):
                self.error(program.line, "root runs already, and has no image or interrupt here", "remove them")
            return
        if len(images) != 1:
            line = images[1].line if images else program.line
            self.error(line, "program '%s' has %s <program_image>" % (name, "a second" if images else "no"),
                       "leave exactly one")
        for image in images[:1]:
            path = image.get("path")
            if path is None:
                continue
            member = os.path.splitext(os.path.basename(path))[0]
            places = [os.path.join(folder, path) for folder in self.folders] or [path]
            files = [place for place in places if os.path.isfile(place)]
            if not files:
                self.error(image.line, "there is no program '%s' in %s" % (
                    path, ", ".join(self.folders) or "this folder"), "build it, or correct the path")
            elif not NAME.fullmatch(member) or member in (ROOT_IMAGE, "system"):
                self.error(image.line, "a program cannot be called '%s'" % member, "rename the file")
            else:
                self.images[member] = files[0]
            image.values["member"] = member

    def check_maps(self, program):
        places, free = [], []
        for entry in program.all("map"):
            region = self.refer(entry, "mr", self.regions, "memory region")
            entry.values["region"] = region
            size = region.get("size", PAGE) if region else PAGE
            if entry.get("perms") in ("w", "x"):
                self.error(entry.line, 'perms="%s" cannot be had without r' % entry.get("perms"), "add r")
            if entry.get("perms") == "rwx":
                self.error(entry.line, "memory that is written and executed is refused", "take w or x away")
            if region and entry.get("frames") and ("device" in region.values or "phys_addr" in region.values):
                self.error(entry.line, "frames of registers stay with the device server", "take frames out")
            if region and entry.get("cached") is not None and \
                    entry.get("cached") == ("device" in region.values or "phys_addr" in region.values):
                self.error(entry.line, "registers are never cached, and memory always is", "leave cached out")
            self.need_page(entry, "vaddr")
            vaddr = entry.get("vaddr")
            if vaddr is None:
                free.append((entry, size))
            elif not any(start <= vaddr and vaddr + size <= end
                         for start, end in ((REGIONS, REGIONS_END), (FAR, FAR_END))):
                self.error(entry.line, "vaddr %#x is outside the region areas" % vaddr,
                           "stay between %#x and %#x, or %#x and %#x, or leave vaddr out" % (
                               REGIONS, REGIONS_END, FAR, FAR_END))
            else:
                places.append(("maps", vaddr, size, entry))
        frames = [entry for entry in program.all("map") if entry.get("frames") and entry.get("region")]
        if sum(entry.get("region").get("size", PAGE) for entry in frames) > 4096 * PAGE:
            self.error(frames[-1].line, "'%s' is given more than 4096 frames" % program.get("name"), "take frames out of a map")
        self.check_overlaps(places, "maps")
        taken = sorted((start, start + size) for _, start, size, _ in places)
        for entry, size in free:
            entry.values["vaddr"] = self.place(program, entry, size, taken)

    def place(self, program, entry, size, taken):
        """The lowest free address; pages of different regions do not touch explicit ones."""
        at = REGIONS
        for start, end in taken:
            if at + size <= start or start >= FAR:
                break
            at = max(at, end)
        if at + size > REGIONS_END:
            self.error(entry.line, "no address is left in '%s' for %#x bytes" % (program.get("name"), size),
                       "write a vaddr, from %#x on" % FAR)
            return REGIONS
        taken.append((at, at + size))
        taken.sort()
        return at

    def check_names(self, program):
        """Names in the start block: each once for each kind of record."""
        seen = {}
        pairs = [("region", entry.get("setvar_vaddr", entry.get("mr")), entry) for entry in program.all("map")]
        pairs += [("value", entry.get("symbol"), entry) for entry in program.all("setvar")]
        pairs += [("value", entry.get("setvar_size"), entry) for entry in program.all("map") if entry.get("setvar_size")]
        for kind, name, element in pairs:
            self.once(seen, (kind, name), element, "name '%s' in program '%s'" % (name, program.get("name")))

    def once(self, seen, key, element, what):
        if key in seen:
            self.error(element.line, "a second %s, after line %d" % (what, seen[key]), "use another one")
        seen.setdefault(key, element.line)

    def check_id(self, program, element):
        self.need_range(element, "id", 0, IDS - 1)
        if element.get("id") is not None:
            self.once(self.ids, (program.get("name"), element.get("id")), element,
                      "id %d in program '%s'" % (element.get("id"), program.get("name")))

    def check_irq(self, program, irq):
        self.check_id(program, irq)
        self.need_range(irq, "irq", 1, 1023)
        self.refer(irq, "device", self.devices, "device")
        if ("device" in irq.values) == ("irq" in irq.values):
            self.error(irq.line, "an <irq> is either a number or of a device", "give one of irq and device")

    def check_setvar(self, setvar):
        self.refer(setvar, "device", self.devices, "device")
        for attribute in ("region_paddr", "region_size"):
            self.refer(setvar, attribute, self.regions, "memory region")
        sources = [name for name in ("value", "region_paddr", "region_size", "device") if name in setvar.values]
        if len(sources) != 1:
            self.error(setvar.line, "a <setvar> has one source, and this one has %d" % len(sources),
                       "give one of value, region_paddr, region_size, device")
        if ("device" in setvar.values) != ("property" in setvar.values):
            self.error(setvar.line, "device and property belong together", "give both or neither")

    # Between programs.

    def check_channel(self, channel):
        """[(end, program), (end, program)], or None."""
        ends = channel.all("end")
        if len(ends) != 2:
            self.error(channel.line, "a channel has two ends, and this one has %d" % len(ends),
                       "write two <end> elements")
        programs = dict(self.programs)
        programs.setdefault(ROOT_IMAGE, None)
        pairs = []
        for end in ends:
            name = end.get("pd")
            if name is not None and name not in programs:
                self.refer(end, "pd", programs, "program")
            elif name is not None:
                pairs.append((end, programs[name]))
                self.check_id(programs[name] or ROOT_ELEMENT, end)
        if len(ends) != 2 or len(pairs) != 2:
            return None
        for (end, _), (other, program) in (pairs, pairs[::-1]):
            if other.get("pd") == end.get("pd"):
                self.error(channel.line, "both ends are '%s'" % end.get("pd"), "connect two programs")
                return None
            template = program is not None and program.tag == "template"
            if template and (end.get("notify", True) or end.get("pp")):
                self.error(end.line, "'%s' is a template, of which there can be many or none" % other.get("pd"),
                           'write notify="false", and no pp, at the end of \'%s\'' % end.get("pd"))
            if other.get("pd") == ROOT_IMAGE and end.get("pp"):
                self.error(end.line, "every program can call root already", "leave pp out")
            if end.get("optional") and not end.get("pp"):
                self.error(end.line, "only a call can be optional", "leave optional out, or add pp")
            if end.get("grant") and not end.get("pp") and not other.get("pp"):
                self.error(end.line, "capabilities travel with calls and answers, and nobody calls here",
                           "add pp to an end, or leave grant out")
        return pairs

    def is_given_devices(self, program):
        regions = [self.regions.get(entry.get("mr")) for entry in program.all("map")]
        return bool(program.all("irq")) or any(r and {"device", "phys_addr"} & set(r.values) for r in regions)

    def check_after(self):
        for program in self.programs.values():
            seen, at = {program.get("name")}, program
            if program.tag == "protection_domain":
                self.refer(program, "after", self.programs, "program")
            while at is not None and at.get("after") in self.programs:
                at = self.programs[at.get("after")]
                if at.get("name") in seen:
                    self.error(program.line, "'%s' waits for itself to start" % program.get("name"),
                               "break the circle of after")
                    break
                seen.add(at.get("name"))

    def check_budgets(self, tree):
        """Who has budget = period takes what is left, and counts for nothing."""
        total, parts = 0, []
        for program in self.programs.values():
            budget = program.get("budget", 1000)
            period = program.get("period", budget)
            # The budget of a passive program is for its start.
            if program.tag == "protection_domain" and 0 < budget < period and not program.get("passive"):
                total += budget / period
                parts.append((program, "%s %d/%d" % (program.get("name"), budget, period)))
            if total > 1 + 1e-9:
                self.error(program.line, "the budgets add up to %.2f processors: %s" % (
                    total, ", ".join(text for _, text in parts)), "lower a budget or lengthen a period")
                return


# ---- The bundle ------------------------------------------------------------------------------------------

def members(system, extra):
    """[(name, file)] in the order of the bundle."""
    given = {}
    for argument in extra:
        name, equals, path = argument.partition("=")
        if not equals or not name or not path:
            raise mkbundle.BundleError("system", "'%s' is not NAME=FILE" % argument, "give a name and a file")
        given[name] = path
    for name, path in system.images.items():
        given.setdefault(name, path)
    if ROOT_IMAGE not in given:
        raise mkbundle.BundleError("system", "there is no program 'root'", "add root=FILE")
    return [(ROOT_IMAGE, given.pop(ROOT_IMAGE))] + list(given.items())


def main():
    parser = argparse.ArgumentParser(description="Checks a system description and packs a bundle.")
    parser.add_argument("description")
    parser.add_argument("--search-path", action="append", default=[], metavar="DIR")
    parser.add_argument("-o", "--output")
    parser.add_argument("members", nargs="*", metavar="NAME=FILE")
    arguments = parser.parse_intermixed_args()
    report = Report(arguments.description)
    tree = parse(arguments.description, report)
    system = System(tree, report, arguments.search_path) if tree else None
    if report.found:
        print("\n".join(report.lines()), file=sys.stderr)
        return 1
    if arguments.output is None:
        return 0
    try:
        archive = mkbundle.pack(["%s=%s" % pair for pair in members(system, arguments.members)],
                                [("system", system_format.pack(system))])
    except mkbundle.BundleError as error:
        print(error, file=sys.stderr)
        return 1
    with open(arguments.output, "wb") as file:
        file.write(archive)
    return 0


if __name__ == "__main__":
    sys.exit(main())
