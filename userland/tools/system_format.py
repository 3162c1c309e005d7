"""Packs a checked system description (system.py) into the records of userland/root/system.h."""

import struct

PAGE = 0x1000
NAME, PROGRAM_NAME = 24, 32
DEVICES_MAX, REGIONS_MAX, PROGRAMS_MAX, VALUES_MAX = 24, 48, 32, 32
NAMES_MAX, FOUND_MAX = 48, 15  # userland/lib/names.h
ROOT_SIGNALS_MAX = 16  # SIGNALS_MAX of userland/root/policy.c
MAGIC, VERSION = b"tesssyst", 1
(DEVICE, REGION, PROGRAM, MAP, IRQ, SIGNAL, CALL, VALUE, ARGUMENT, PROVIDE, USE, CHILD) = range(1, 13)
(VALUE_NUMBER, VALUE_PROPERTY, VALUE_PHYSICAL, VALUE_BYTES) = range(4)
TEMPLATE, CONTROLLER, COUNTERS, SERVER, WAKE, BOOT, WAIT = 1, 2, 4, 8, 16, 32, 64
SCHED_CONTROL, SCHEDULER, PASSIVE, DEVICE_SERVER, PAGER, NAME_SERVER = 128, 256, 512, 1024, 2048, 4096
GRANTS, RECEIVES = 8192, 16384
PLACEMENTS = ("first-fit", "buddy", "colour")  # as in userland/servers/mem/placement.c
RIGHTS = {"r": 1, "w": 2, "x": 4}
LEVEL, EDGE = 0, 1
SPARE_SLOTS = 2  # of a CSpace
QUOTA_SLOTS = 64  # of the CSpace of a program with memory of its own


def record(kind, layout, *values, text=b""):
    body = struct.pack("<" + layout, *values) + text
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<II", kind, 8 + len(body)) + body


def string(text):
    return text.encode() + b"\0"


class Packer:
    """Numbers what others refer to, and writes the records in the order of userland/root/system.h."""

    def __init__(self, system):
        self.system = system
        self.devices = {name: number for number, name in enumerate(system.devices, 1)}
        self.regions = {name: number for number, name in enumerate(system.regions, 1)}
        names = ["root"] + [name for name in system.programs if name != "root"]
        self.programs = {name: number for number, name in enumerate(names, 1)}
        self.pagers = {program.get("pager") for program in system.programs.values()} - {None}
        self.signals, self.calls = {}, {}  # program -> [(name, other program, number, ...)]
        self.servers, self.woken, self.grants, self.receives = set(), set(), set(), set()
        for ends in system.channels:
            for (end, _), (other, _) in (ends, ends[::-1]):
                self.channel_end(end, other)

    def channel_end(self, end, other):
        own, peer = end.get("pd"), other.get("pd")
        name = end.get("name", "channel%d" % end.get("id"))
        if end.get("pp"):
            self.calls.setdefault(own, []).append((name, peer, other.get("id"), end.get("optional", False),
                                                   end.get("grant", False)))
            self.servers.add(peer)
            name += "_notify"
        if end.get("grant"):
            self.receives.add(peer)
            self.grants |= {own} if other.get("pp") else set()
        if end.get("notify", True):
            self.signals.setdefault(own, []).append((name, peer, other.get("id")))
            self.woken.add(peer)

    def device(self, element):
        strings = [element.get("path", "")] + element.get("compatible", "").split() + [""]
        return record(DEVICE, "24sIIII", element.get("name").encode(), element.get("virtio", 0),
                      element.get("optional", False), self.devices.get(element.get("unless"), 0), 0, text=b"".join(map(string, strings)))

    def region(self, element):
        return record(REGION, "24sQQII", element.get("name").encode(), element.get("size"),
                      element.get("phys_addr", 0), self.devices.get(element.get("device"), 0),
                      element.get("block", 0))

    def program(self, name):
        """The program's record and those of what it is given."""
        element = self.system.programs.get(name)
        if element is None:  # root, of which nothing was said
            return record(PROGRAM, "32s32s18I", b"root", b"root", 0, 255, 1, 1, 1, 0, 1, *[0] * 11) + \
                self.channels(name)
        irqs, maps = element.all("irq"), element.all("map")
        template = element.tag == "template"
        provides, uses = element.all("provides"), element.all("uses")
        children = element.all("protection_domain")
        server = name in self.servers or name in self.pagers or bool(provides or children) or any(
            element.get(word, False) for word in ("pp", "device_server", "name_server"))
        wake = name in self.woken or bool(irqs)
        replies = element.get("callers", 0) + 1 if server else 0
        boot = not template and name != "root" and element.get("start", "boot") == "boot"
        slots = 1 + 1 + wake + server + replies + len(irqs) + SPARE_SLOTS
        slots += len(self.signals.get(name, ())) + len(self.calls.get(name, ()))
        slots += sum(m.get("region").get("size") // PAGE for m in maps if m.get("frames"))
        slots += QUOTA_SLOTS if element.get("memory") else 0
        slots += (element.get("pager") is not None) + (name in self.pagers)
        slots += element.get("sched_control", False) + element.get("scheduler", False)
        slots += element.get("name_server", False) + bool(provides or uses) + bool(provides) + bool(uses)
        slots += 2 * element.get("device_server", False) + self.system.is_given_devices(element)
        slots += len(children) + (name in self.receives)
        flags = (TEMPLATE * template | CONTROLLER * element.get("controller", False) |
                 COUNTERS * element.get("counters", False) | SERVER * server | WAKE * wake | BOOT * boot |
                 WAIT * element.get("wait", False) | SCHED_CONTROL * element.get("sched_control", False) |
                 SCHEDULER * element.get("scheduler", False) | PASSIVE * element.get("passive", False) |
                 DEVICE_SERVER * element.get("device_server", False) | PAGER * (name in self.pagers) |
                 NAME_SERVER * element.get("name_server", False) | RECEIVES * (name in self.receives) |
                 GRANTS * (name in self.grants or element.get("name_server", False)))
        budget = element.get("budget", 1000)
        image = "" if template else "root" if name == "root" else element.all("program_image")[0].get("member")
        head = record(PROGRAM, "32s32s18I", name.encode(), image.encode(), flags, element.get("priority", 0),
                      budget, element.get("period", budget), element.get("stack_size", PAGE) // PAGE,
                      element.get("heap_size", 0) // PAGE, max(3, (slots - 1).bit_length()), replies,
                      element.get("crashes", 0), element.get("backoff", 0),
                      self.programs.get(element.get("after"), 0), element.get("memory", 0) // PAGE,
                      element.get("memory_most", 0) // PAGE, self.programs.get(element.get("pager"), 0),
                      element.get("quota", 0) // PAGE, PLACEMENTS.index(element.get("placement", PLACEMENTS[0])),
                      element.get("overruns", 0), element.get("answers", 0))
        return head + b"".join(map(self.map, maps)) + b"".join(map(self.irq, irqs)) + self.channels(name) + \
            b"".join(map(self.value, element.all("setvar"))) + b"".join(map(self.size, maps)) + \
            b"".join(map(self.argument, element.all("argument"))) + \
            b"".join(record(PROVIDE, "24sII", e.get("name").encode(), e.get("id"), 0) for e in provides) + \
            b"".join(record(USE, "24s", e.get("name").encode()) for e in uses) + \
            b"".join(map(self.child, children))

    def map(self, element):
        rights = sum(RIGHTS[letter] for letter in element.get("perms", "rw"))
        return record(MAP, "24sQIIII", element.get("setvar_vaddr", element.get("mr")).encode(),
                      element.get("vaddr"), self.regions[element.get("mr")], rights, element.get("frames", False), 0)

    def irq(self, element):
        return record(IRQ, "24sIIIIII", element.get("name", "irq%d" % element.get("id")).encode(),
                      element.get("irq", 0), self.devices.get(element.get("device"), 0), element.get("index", 0),
                      EDGE if element.get("trigger") == "edge" else LEVEL, element.get("id"), 0)

    def channels(self, name):
        out = b"".join(record(SIGNAL, "24sII", as_name.encode(), self.programs[peer], bit)
                       for as_name, peer, bit in self.signals.get(name, ()))
        return out + b"".join(record(CALL, "24sIIII", as_name.encode(), self.programs[peer], number, optional, grant)
                              for as_name, peer, number, optional, grant in self.calls.get(name, ()))

    def child(self, element):
        return record(CHILD, "24sII", b"child%d" % element.get("id"), self.programs[element.get("name")],
                      element.get("id"))

    def value(self, element):
        source, which, text = VALUE_NUMBER, 0, ""
        if "device" in element.values:
            source, which, text = VALUE_PROPERTY, self.devices[element.get("device")], element.get("property")
        elif "region_paddr" in element.values:
            source, which = VALUE_PHYSICAL, self.regions[element.get("region_paddr")]
        elif "region_size" in element.values:
            source, which = VALUE_BYTES, self.regions[element.get("region_size")]
        return record(VALUE, "24sQII", element.get("symbol").encode(),
                      element.get("value", element.get("default", 0)), source, which, text=string(text))

    def size(self, element):
        name = element.get("setvar_size")
        return b"" if name is None else record(VALUE, "24sQII", name.encode(), 0, VALUE_BYTES,
                                               self.regions[element.get("mr")], text=string(""))

    def argument(self, element):
        return record(ARGUMENT, "II", self.devices.get(element.get("device"), 0), 0,
                      text=string(element.get("text", "")))

    def pack(self):
        out = b"".join(map(self.device, self.system.devices.values()))
        out += b"".join(map(self.region, self.system.regions.values()))
        out += b"".join(map(self.program, self.programs))
        return MAGIC + struct.pack("<II", VERSION, 16 + len(out)) + out


def pack(system):
    return Packer(system).pack()
